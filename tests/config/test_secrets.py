"""A password is read where it is kept, when it is asked for, and is shown by nothing else."""

import copy
import sys
import traceback
from pathlib import Path

import pytest
from pydantic import TypeAdapter, ValidationError

from mailrules.config.model import Account
from mailrules.config.secrets import CommandSecret, EnvSecret, FileSecret, PlainSecret, Secret, SecretError, SecretField
from mailrules.config.values import Place

OWNER = "account 'work'"
SOURCES: TypeAdapter[Secret] = TypeAdapter(SecretField)


def parse(value: object, folder: Path = Path("/etc/mailrules")) -> Secret:
    return SOURCES.validate_python(value, context=Place(folder, OWNER))


def complaint(value: object) -> str:
    with pytest.raises(ValidationError) as raised:
        parse(value)
    return str(raised.value.errors()[0]["ctx"]["error"])


def test_a_plain_password_is_revealed_as_it_is() -> None:
    assert parse("pass word\\").reveal() == "pass word\\"


def test_a_file_is_read_each_time_without_its_last_line_break(tmp_path: Path) -> None:
    file = tmp_path / "password"
    secret = parse({"file": "password"}, tmp_path)
    file.write_text("first\n")
    assert secret.reveal() == "first"
    file.write_bytes(b"\xef\xbb\xbf second \r\n")
    assert secret.reveal() == " second "


def test_a_files_path_starts_from_the_rule_file_or_from_home(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/ann")
    assert parse({"file": "secrets/work"}) == FileSecret(OWNER, Path("/etc/mailrules/secrets/work"))
    assert parse({"file": "/run/work"}) == FileSecret(OWNER, Path("/run/work"))
    assert parse({"file": "~/work"}) == FileSecret(OWNER, Path("/home/ann/work"))


def test_an_environment_variable_is_read_when_it_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    secret = parse({"env": "WORK_PASSWORD"})
    monkeypatch.setenv("WORK_PASSWORD", "from outside")
    assert secret.reveal() == "from outside"


def test_a_command_gives_what_it_prints() -> None:
    assert parse({"command": [sys.executable, "-c", "print('printed')"]}).reveal() == "printed"


def test_a_command_by_path_starts_from_the_rule_file_and_a_bare_one_is_looked_up() -> None:
    assert parse({"command": ["bin/secret", "a/b"]}) == CommandSecret(OWNER, ("/etc/mailrules/bin/secret", "a/b"))
    assert parse({"command": ["pass", "work"]}) == CommandSecret(OWNER, ("pass", "work"))


@pytest.mark.parametrize(
    ("secret", "message"),
    [
        (
            EnvSecret(OWNER, "MAILRULES_NOT_SET"),
            "account 'work': the environment variable MAILRULES_NOT_SET is not set: "
            "set it for the process that runs mailrules",
        ),
        (
            FileSecret(OWNER, Path("/nowhere/work")),
            "account 'work': the password file /nowhere/work cannot be read (No such file or directory): "
            "create it, readable for the user that runs mailrules",
        ),
        (
            FileSecret(OWNER, Path("/dev/null")),
            "account 'work': the password file /dev/null is empty: put the password there",
        ),
        (
            CommandSecret(OWNER, ("/nowhere/pass", "two words")),
            "account 'work': the password command `/nowhere/pass` cannot be run "
            "(No such file or directory): install it, or give its full path",
        ),
        (
            CommandSecret(OWNER, ("sh", "-c", "echo no such entry >&2; exit 3")),
            "account 'work': the password command `sh` failed with status 3: "
            "run it yourself, as the user that runs mailrules, to see why",
        ),
        (
            CommandSecret(OWNER, ("printf", "a\\nb")),
            "account 'work': the password command `printf` gives more than one line: only the password may stand there",
        ),
    ],
)
def test_a_failure_names_the_account_and_the_remedy(secret: Secret, message: str) -> None:
    with pytest.raises(SecretError) as raised:
        secret.reveal()
    assert str(raised.value) == message


def test_a_command_that_waits_for_someone_is_given_up() -> None:
    with pytest.raises(SecretError, match=r"took longer than 0\.05 seconds: it must not wait for someone to type"):
        CommandSecret(OWNER, ("sleep", "60"), timeout=0.05).reveal()


def test_bytes_that_are_no_text_are_not_quoted(tmp_path: Path) -> None:
    (tmp_path / "password").write_bytes(b"hunter\xff2")
    with pytest.raises(SecretError, match="is not UTF-8 text: save it as UTF-8") as raised:
        FileSecret(OWNER, tmp_path / "password").reveal()
    assert "hunter" not in "".join(traceback.format_exception(raised.value))


@pytest.mark.parametrize(
    "script", ["echo hunter2; echo hunter2 >&2; exit 1", "exec sleep 60 # hunter2", "printf 'hunter2\\377'"]
)
def test_of_a_failed_command_neither_arguments_nor_output_are_shown(script: str) -> None:
    with pytest.raises(SecretError) as raised:
        CommandSecret(OWNER, ("sh", "-c", script), timeout=0.5).reveal()
    assert "the password command `sh` " in str(raised.value)
    assert "hunter2" not in "".join(traceback.format_exception(raised.value))


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (5, 'expected text, or one of password.file = "…", password.env = "…", password.command = ["…"], not a number'),
        ("", "must not be empty"),
        ({}, "give one of 'file', 'env' and 'command', not none"),
        ({"file": "a", "env": "b"}, "give one of 'file', 'env' and 'command', not 2"),
        ({"command": "pass work"}, 'the command is a list of words: command = ["pass", "work"]'),
        ({"command": []}, "the command must not be empty"),
        ({"command": [1]}, 'expected a list of texts, as in command = ["pass", "work"], not a list'),
        ({"env": 3}, "expected text, not a number"),
    ],
)
def test_a_wrong_way_to_keep_it_is_explained(value: object, message: str) -> None:
    assert complaint(value) == message


def test_an_unknown_way_to_keep_it_gets_a_suggestion() -> None:
    assert complaint({"fil": "x"}).startswith("unknown key 'fil' (did you mean 'file'?); expected text, or one of")


def test_two_secrets_are_equal_if_they_are_kept_in_the_same_place() -> None:
    assert parse({"env": "A"}) == parse({"env": "A"})
    assert parse({"env": "A"}) != parse({"env": "B"})
    assert parse({"env": "A"}) != parse({"file": "A"})
    assert parse("a") != parse("b")


def test_nothing_but_reveal_shows_the_password() -> None:
    account = Account.model_validate({"host": "h", "username": "u", "password": "hunter2"}, context=Place(owner=OWNER))
    with pytest.raises(ValidationError) as raised:
        Account.model_validate({"host": "h", "username": "u", "password": ["hunter2"]})
    shown = [repr(account), str(account), str(account.model_dump()), account.model_dump_json(), repr(account.password)]
    shown += [f"{account.password}", str(raised.value), repr(raised.value)]
    assert [text for text in shown if "hunter2" in text] == []
    assert account.password.reveal() == "hunter2"
    assert "<Secret of account 'work': the password in the rule file>" in shown


def test_a_copy_is_the_same_secret() -> None:
    secret = PlainSecret(OWNER, "hunter2")
    assert copy.deepcopy(secret) == secret
