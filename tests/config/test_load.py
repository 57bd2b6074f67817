"""A rule file loads as it is meant, or everything that is wrong in it is said at once, each mistake once.

What is said of the files in configs/bad stands beside them. When words have changed on purpose, run this file with
WRITE_EXPECTED=1 and read the difference: it is what users will see.
"""

import os
import shutil
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from mailrules.config import ConfigError, Listen, Problem, load

CONFIGS = Path(__file__).parent.parent / "configs"
GOOD = sorted((CONFIGS / "good").glob("*.toml"))
BAD = sorted((CONFIGS / "bad").glob("*.toml"))


def names(path: Path) -> str:
    return path.stem


@pytest.mark.parametrize("file", GOOD, ids=names)
def test_a_good_file_loads_with_the_warnings_beside_it(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(file.parent)
    beside = file.with_suffix(".txt")
    expected = beside.read_text() if beside.exists() else ""
    assert expected.splitlines() == [str(warning) for warning in load(Path(file.name)).warnings]


@pytest.mark.parametrize("file", BAD, ids=names)
def test_a_bad_file_is_refused_in_the_words_beside_it(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(file.parent)
    with pytest.raises(ConfigError) as raised:
        load(Path(file.name))
    expected = file.with_suffix(".txt")
    if os.environ.get("WRITE_EXPECTED"):
        expected.write_text(f"{raised.value}\n")
    assert expected.read_text().splitlines() == str(raised.value).splitlines()
    assert [str(problem) for problem in raised.value.problems] == str(raised.value).splitlines()


def test_ten_mistakes_are_ten_lines() -> None:
    with pytest.raises(ConfigError) as raised:
        load(CONFIGS / "bad" / "ten-mistakes.toml")
    assert len(raised.value.problems) == 10


def test_no_problem_speaks_pydantics_language_or_shows_a_password() -> None:
    words = "\n".join(file.with_suffix(".txt").read_text() for file in BAD)
    strange = [
        "Input should",
        "valid string",
        "Field required",
        "Extra inputs",
        "does not fit here",
        "hunter",
        "Value error",
    ]
    assert [phrase for phrase in strange if phrase in words] == []


def test_a_rule_can_be_written_in_four_ways() -> None:
    rules = load(CONFIGS / "good" / "one-rule-in-four-ways.toml").config.rules
    assert len(rules) == 4
    assert len({rule.model_copy(update={"name": ""}).model_dump_json() for rule in rules}) == 1


def test_the_settings_are_those_in_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(CONFIGS / "good")
    config = load(Path("every-setting.toml")).config
    work, local = config.accounts["work"], config.accounts["local server"]
    assert config.daemon.state == Path("/var/lib/mailrules/state.db")
    assert str(config.daemon.timezone) == "Europe/Kyiv"
    assert config.daemon.listen == Listen("::1", 9464)
    assert config.daemon.mode == "observe"
    assert (work.host, work.tls, work.port, work.ca_file) == ("imap.example.org", "starttls", 1143, Path("company.pem"))
    assert (work.username, work.auth, work.trash) == ("ann", "plain", "Deleted Items")
    assert work.addresses == ("ann@example.org", "ann@example.com")
    assert work.watch == ("INBOX", "Support/*", "Büro/%")
    assert (work.create_limit, work.max_connections, work.poll, work.keepalive) == (0, 1, 30.0, 1740.0)
    assert repr(work.password) == "<Secret of account 'work': the password file /run/secrets/work>"
    assert repr(local.password) == "<Secret of account 'local server': the password command `pass`>"


def test_included_rules_follow_the_main_files_in_the_order_of_their_paths() -> None:
    loaded = load(CONFIGS / "good" / "including.toml")
    assert [rule.name for rule in loaded.config.rules] == ["lists", "a", "a2", "b"]
    assert loaded.ruleset.rules == loaded.config.rules
    assert {CONFIGS / "good" / "parts", CONFIGS / "good" / "parts" / "10-a.toml"} <= loaded.files


def test_two_loads_of_one_file_are_equal() -> None:
    first, second = (load(CONFIGS / "good" / "every-setting.toml") for _ in range(2))
    assert first.config == second.config
    assert first.ruleset.digest == second.ruleset.digest


def test_rules_alone_can_be_checked_but_not_run() -> None:
    load(CONFIGS / "good" / "account-only.toml").require_accounts()
    alone = load(CONFIGS / "good" / "rules-only.toml")
    with pytest.raises(
        ConfigError, match=r"rules-only\.toml: there is no account to watch; add a table \[accounts\.NAME\]"
    ):
        alone.require_accounts()


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as raised:
        load(tmp_path / "rules.toml")
    assert str(raised.value) == f"{tmp_path}/rules.toml: there is no such file"
    assert raised.value.watch.concerns(tmp_path / "rules.toml")
    with pytest.raises(ConfigError, match=r"cannot be read \(is a directory\)"):
        load(tmp_path)


def test_a_refused_file_is_watched_with_what_it_includes(tmp_path: Path) -> None:
    (tmp_path / "rules.toml").write_text('include = "new/*.toml"\n')
    (tmp_path / "new").mkdir()
    (tmp_path / "new" / "a.toml").write_text("[[rules")
    with pytest.raises(ConfigError) as raised:
        load(tmp_path / "rules.toml")
    assert tmp_path / "new" in raised.value.watch.folders
    assert raised.value.watch.concerns(tmp_path / "new" / "a.toml")


def test_kubernetes_copies_are_not_read_twice(tmp_path: Path) -> None:
    """A mounted ConfigMap is a folder of links into ``..data``, itself a link to the newest copy."""
    rules = "[[rules]]\nname = 'a'\nmatch = 'everything'\nthen.stop = true\n"
    (tmp_path / "..2025_01_01").mkdir()
    (tmp_path / "..2025_01_01" / "a.toml").write_text(rules)
    (tmp_path / "..data").symlink_to("..2025_01_01")
    (tmp_path / "a.toml").symlink_to("..data/a.toml")
    (tmp_path / "rules.toml").write_text('include = ["*.toml", ".*/*.toml"]\n')
    assert len(load(tmp_path / "rules.toml").config.rules) == 1


@pytest.mark.parametrize(("mode", "warned"), [(0o644, True), (0o640, False), (0o600, False)])
def test_a_password_that_everyone_can_read_is_warned_of(tmp_path: Path, mode: int, *, warned: bool) -> None:
    file = tmp_path / "rules.toml"
    file.write_text('[accounts.work]\nhost = "h"\nusername = "u"\npassword = "hunter2"\n\n' + (GOOD_RULE))
    file.chmod(mode)
    warnings = [str(warning) for warning in load(file).warnings]
    assert warnings == [f"{file}:4: account 'work': password: {READABLE.format(file)}"] * warned


def test_all_passwords_that_everyone_can_read_are_named_in_one_warning(tmp_path: Path) -> None:
    file = tmp_path / "rules.toml"
    account = '[accounts.{}]\nhost = "h"\nusername = "u"\npassword{} = "hunter2"\n\n'
    accounts = [("work", ""), ("kept", ".env"), ("home", ""), ("club", "")]
    file.write_text("".join(account.format(*each) for each in accounts) + GOOD_RULE)
    file.chmod(0o644)
    words = READABLE.format(file).replace("password;", "password, and that of 'home' and 'club';")
    assert [str(each) for each in load(file).warnings] == [f"{file}:4: account 'work': password: {words}"]


@pytest.mark.parametrize(("mode", "warned"), [(0o644, True), (0o640, False), (0o600, False), (None, False)])
def test_a_password_file_that_everyone_can_read_is_warned_of(tmp_path: Path, mode: int | None, *, warned: bool) -> None:
    """One that is not there yet is none of these."""
    file, secret = tmp_path / "rules.toml", tmp_path / "password"
    file.write_text('[accounts.work]\nhost = "h"\nusername = "u"\npassword.file = "password"\n\n' + GOOD_RULE)
    if mode is not None:
        secret.write_text("hunter2")
        secret.chmod(mode)
    warnings = [str(warning) for warning in load(file).warnings]
    reason = f"everyone on this machine can read this password; chmod 600 {secret}"
    assert warnings == [f"{file}:4: account 'work': password: {reason}"] * warned


GOOD_RULE = "[[rules]]\nname = 'a'\nmatch = 'everything'\nthen.stop = true\n"
READABLE = (
    "everyone on this machine can read this password; "
    "chmod 600 {}, or keep it elsewhere (password.file, password.env, password.command)"
)


# --- any file ---------------------------------------------------------------------------------------------------------

TEXTS = [file.read_bytes() for file in (*GOOD, *BAD)]
SNIPPETS = st.sampled_from(
    [b"[[rules]]\n", b"[", b"]", b"=", b"'", b'"', b"\\", b"\n", b"{", b"}", b"0", b"\xff", b"\0", b".", b"#"]
)


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    """A file of ours with some pieces cut out, doubled, or put in."""
    text = draw(st.sampled_from(TEXTS))
    for _ in range(draw(st.integers(0, 4))):
        begin = draw(st.integers(0, len(text)))
        end = draw(st.integers(begin, min(len(text), begin + 20)))
        piece = draw(SNIPPETS | st.just(text[begin:end] * 2) | st.just(b""))
        text = text[:begin] + piece + text[end:]
    return text


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("mutated")
    shutil.copytree(CONFIGS / "good" / "parts", folder / "parts")
    return folder


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=mutated())
@example(data=b"a = " + b"[" * 5000)
@example(data=b"a = " + b"1" * 5000)
def test_whatever_the_file_holds_only_config_errors_come_of_it(folder: Path, data: bytes) -> None:
    file = folder / "rules.toml"
    file.write_bytes(data)
    problems = problems_of(file)
    lines = data.count(b"\n") + 1
    assert [problem for problem in problems if problem.file == file and not 1 <= (problem.line or 0) <= lines] == []
    assert "\n" not in "".join(map(str, problems))


def problems_of(file: Path) -> tuple[Problem, ...]:
    try:
        load(file)
    except ConfigError as error:
        return error.problems
    return ()


@pytest.mark.parametrize("wildcards", [100, 101])
def test_a_glob_whose_wildcards_are_written_in_targets_has_no_more_of_them_than_are_found_quickly(
    tmp_path: Path, wildcards: int
) -> None:
    file = tmp_path / "rules.toml"
    rule = f'[[rules]]\nname = "a"\nmatch.subject.glob = "{"*a" * wildcards}"\n'
    file.write_text(f'{rule}then.move = "A"\n')
    load(file)
    file.write_text(f'{rule}then.move = "{{subject.1}}"\n')
    if wildcards <= 100:
        load(file)
    else:
        with pytest.raises(ConfigError, match="a glob whose wildcards are written in targets has at most 100"):
            load(file)
