"""The rule file that is meant is found, or the places where it was looked for are named."""

from pathlib import Path

import pytest

from mailrules.config import ConfigError, find_config


@pytest.fixture(autouse=True)
def empty_world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A working directory and a home with nothing in them."""
    work, home = tmp_path / "work", tmp_path / "home"
    work.mkdir()
    home.mkdir()
    monkeypatch.chdir(work)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    monkeypatch.delenv("MAILRULES_CONFIG", raising=False)


def put(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    return path


def test_the_one_named_on_the_command_line_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    named = put(tmp_path / "named.toml")
    monkeypatch.setenv("MAILRULES_CONFIG", str(put(tmp_path / "other.toml")))
    put(Path("rules.toml"))
    assert find_config(named) == named


def test_then_the_one_named_by_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path / "home" / "mine.toml")
    put(Path("rules.toml"))
    monkeypatch.setenv("MAILRULES_CONFIG", "~/mine.toml")
    assert find_config(None) == tmp_path / "home" / "mine.toml"


def test_then_the_working_directorys(tmp_path: Path) -> None:
    put(tmp_path / "home/.config/mailrules/rules.toml")
    put(Path("rules.toml"))
    assert find_config(None) == Path("rules.toml")


def test_then_the_users_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = put(tmp_path / "home/.config/mailrules/rules.toml")
    assert find_config(None) == own
    monkeypatch.setenv("XDG_CONFIG_HOME", "relative/and/so/ignored")
    assert find_config(None) == own
    other = put(tmp_path / "xdg/mailrules/rules.toml")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "xdg"))
    assert find_config(None) == other


def test_without_any_all_places_are_named(tmp_path: Path) -> None:
    if Path("/etc/mailrules/rules.toml").exists():
        pytest.fail("this machine has a rule file of its own, which the test would find")
    with pytest.raises(ConfigError) as raised:
        find_config(None)
    assert str(raised.value).splitlines() == [
        "there is no rule file; name one with -c FILE or $MAILRULES_CONFIG, or put one here:",
        "  rules.toml",
        f"  {tmp_path}/home/.config/mailrules/rules.toml",
        "  /etc/mailrules/rules.toml",
    ]


def test_one_that_is_named_must_be_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(Path("rules.toml"))
    with pytest.raises(ConfigError, match=r"^typo\.toml: there is no such file$"):
        find_config(Path("typo.toml"))
    with pytest.raises(ConfigError, match="this is a directory; name the rule file in it"):
        find_config(tmp_path)
    monkeypatch.setenv("MAILRULES_CONFIG", "typo.toml")
    with pytest.raises(ConfigError, match=r"^typo\.toml \(named by \$MAILRULES_CONFIG\): there is no such file$"):
        find_config(None)
