"""The systemd unit is one that systemd understands, and it leaves the daemon next to nothing to do harm with."""

from __future__ import annotations

import configparser
import shutil
import subprocess
from pathlib import Path

import pytest

UNIT = Path(__file__).parents[2] / "deploy" / "mailrules.service"
EXPOSURE = 15
"""The most that `systemd-analyze security` may find, in tenths: a service that talks to servers cannot have nothing."""

ANALYZE = shutil.which("systemd-analyze", path="/usr/bin:/bin")


def analyze(*arguments: str) -> subprocess.CompletedProcess[str]:
    assert ANALYZE is not None, "systemd-analyze is missing: `deploy/dev test` installs Debian's package systemd"
    return subprocess.run([ANALYZE, *arguments], capture_output=True, text=True, check=False, timeout=60)


@pytest.fixture
def unit(tmp_path: Path) -> Path:
    """Copy the unit with a program that is here: `verify` looks whether it can be executed."""
    program = tmp_path / "mailrules"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    copy = tmp_path / UNIT.name
    copy.write_text(UNIT.read_text().replace("/opt/mailrules/bin/mailrules", str(program)))
    return copy


def test_systemd_finds_no_fault_with_the_unit(unit: Path) -> None:
    verdict = analyze("verify", "--man=no", str(unit))
    assert (0, "") == (verdict.returncode, verdict.stderr)


def test_systemd_would_find_a_fault(unit: Path) -> None:
    """The check above can fail: a misspelt setting is one."""
    unit.write_text(unit.read_text().replace("Restart=", "Restrat="))
    assert "'Restrat'" in analyze("verify", "--man=no", str(unit)).stderr


def test_the_service_may_do_little(unit: Path) -> None:
    verdict = analyze("security", "--offline=yes", "--no-pager", f"--threshold={EXPOSURE}", str(unit))
    assert 0 == verdict.returncode, verdict.stdout


def test_the_unit_says_what_the_daemon_does() -> None:
    """The daemon speaks sd_notify, reloads on SIGHUP and ends with 2 over a wrong rule file."""
    parser = configparser.ConfigParser(strict=False, interpolation=None)
    parser.optionxform = str  # type: ignore[assignment,method-assign]  # typeshed wants a method; keys keep their case
    parser.read(UNIT)
    service = parser["Service"]
    assert "notify" == service["Type"]
    assert "/bin/sh -c 'kill -HUP $MAINPID'" == service["ExecReload"]
    assert "2" == service["RestartPreventExitStatus"]
    assert "mailrules" == service["StateDirectory"]
