"""What the program says of itself, and what it imports for that."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from mailrules import __version__
from mailrules.cli import COMMANDS, build
from tests.cli.running import mailrules

FULL = Path("/dev/full")


def test_help_names_every_command() -> None:
    result = mailrules("--help")
    assert result.exit_code == 0
    for name, summary in COMMANDS.items():
        assert name in result.stdout
        assert summary[:30] in result.stdout


@pytest.mark.parametrize("name", COMMANDS)
def test_a_commands_own_help_begins_with_its_line_in_the_table(name: str) -> None:
    result = mailrules(name, "--help")
    assert result.exit_code == 0
    assert COMMANDS[name] in " ".join(result.stdout.split())


@pytest.mark.parametrize("name", ["", *COMMANDS])
def test_help_fits_a_terminal_and_names_no_types(name: str) -> None:
    result = mailrules(*filter(None, [name]), "--help")
    assert max(map(len, result.stdout.splitlines())) <= 80
    assert "<" not in result.stdout


def test_version() -> None:
    result = mailrules("--version")
    assert (result.exit_code, result.stdout) == (0, f"mailrules {__version__}\n")


@pytest.mark.parametrize(
    "arguments", [["nonsense"], ["check", "--nonsense"], ["explain"], ["run", "--log-level", "shout"], ["--nonsense"]]
)
def test_wrong_usage_is_exit_status_2(arguments: list[str]) -> None:
    result = mailrules(*arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "Usage: " in result.stderr


def test_without_arguments_it_shows_its_help() -> None:
    assert "Usage: " in mailrules().output


def test_help_imports_nothing_that_takes_its_time() -> None:
    script = "import sys, mailrules.cli; mailrules.cli.build(['--help'])(['--help'], standalone_mode=False)"
    script += "; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60)
    slow = {"asyncio", "pydantic", "re2", "rich", "structlog", "watchfiles", "sqlite3", "ssl"}
    assert slow.isdisjoint(done.stdout.splitlines()[-1].split())


@pytest.mark.parametrize("name", ["check", "apply"])
def test_a_command_imports_nothing_that_others_need(name: str) -> None:
    script = f"import sys, mailrules.cli; mailrules.cli.build([{name!r}]); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60)
    others = {"rich", "structlog", "watchfiles", "uvloop", "h11", "mailrules.demo", "mailrules.sieve"}
    assert others.isdisjoint(done.stdout.split())


def test_apply_imports_what_every_run_needs() -> None:
    """A module takes about half a millisecond: conditions are imported with the first rule that has them."""
    script = "import sys, mailrules.cli; mailrules.cli.build(['apply']); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60)
    imported = [name for name in done.stdout.split() if name.startswith("mailrules.")]
    rare = {"attachment", "auth", "body", "duplicate", "kind", "mime", "part", "spam", "thread"}
    assert {f"mailrules.rules.conditions.{name}" for name in rare}.isdisjoint(imported)
    assert not [name for name in imported if name.startswith("mailrules.rules.selftest.")]  # most files hold no tests
    assert len(imported) <= 280


def test_only_the_command_that_is_asked_for_is_imported() -> None:
    before = set(sys.modules)
    sys.modules.pop("mailrules.cli.schema", None)
    build(["check", "rules.toml"])
    assert "mailrules.cli.schema" not in set(sys.modules) - before


def test_the_module_can_be_run() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "mailrules", "--version"],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        env={**os.environ, "PYTHONWARNINGS": "error"},
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, f"mailrules {__version__}\n", "")


@pytest.mark.parametrize("module", ["typer", "mailrules.cli.failures", "mailrules.cli.check", "mailrules.store.schema"])
def test_ctrl_c_while_a_module_is_imported_is_no_traceback(module: str) -> None:
    script = f"""
import runpy, signal, sys

class Interrupting:
    def find_spec(self, name, path=None, target=None):
        if name == {module!r}:
            signal.raise_signal(signal.SIGINT)

sys.meta_path.insert(0, Interrupting())
sys.argv = ["mailrules", "check"]
runpy.run_module("mailrules", run_name="__main__")
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "")


def test_a_reader_that_goes_away_is_no_traceback() -> None:
    done = subprocess.run(
        f"{sys.executable} -m mailrules schema | true",
        shell=True,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.stderr == ""


@pytest.mark.skipif(not FULL.exists(), reason="only some systems have a device that is full")
@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_output_that_finds_no_room_is_said_to_be_what_could_not_be_written(unbuffered: str) -> None:
    with FULL.open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "mailrules", "schema"],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
            timeout=60,
            env={**os.environ, "PYTHONUNBUFFERED": unbuffered},
        )
    assert (done.returncode, done.stderr) == (1, "the output cannot be written: No space left on device\n")
