"""The image's steps, done in a plain folder: what it copies is enough to build from, and what it installs runs.

No container engine is asked: these are the steps of deploy/Containerfile without one.
"""

from __future__ import annotations

import asyncio
import os
import re
import shlex
import shutil
import socket
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from mailrules import __version__
from mailrules.daemon.control import answering
from tests.daemon.reports import DEAD, REPORT, with_accounts

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from mailrules.daemon.vitals import DaemonReport

ROOT = Path(__file__).parents[2]
CONTAINERFILE = (ROOT / "deploy" / "Containerfile").read_text()
NOBODY = 65534


def run(*command: str | Path, user: int | None = None) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "PYTHONDONTWRITEBYTECODE": "1"}
    environment |= {name: value for name, value in os.environ.items() if name.startswith("PIP_")}
    return subprocess.run(
        command, capture_output=True, text=True, check=False, timeout=300, user=user, cwd="/", env=environment
    )


@pytest.fixture(scope="module")
def public() -> Iterator[Path]:
    """Make a folder that everybody may enter, which pytest's own are not."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder)
        path.chmod(0o755)
        yield path


@pytest.fixture(scope="module")
def interpreter() -> Path:
    """Find a Python that an unprivileged user may run: a developer's own often stands in a closed home."""
    for candidate in (Path("/usr/bin/python3"), Path(sys.executable).resolve()):
        if candidate.exists() and run(candidate, "-c", CAN_BE_USED, user=other_user()).returncode == 0:
            return candidate
    raise AssertionError("no python3 of 3.11 or newer with venv can be run by an unprivileged user")


CAN_BE_USED = "import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))"


def other_user() -> int | None:
    """Name the unprivileged user: nobody if we are root, else ourselves."""
    return NOBODY if os.geteuid() == 0 else None


@pytest.fixture(scope="module")
def installed(public: Path, interpreter: Path) -> Path:
    """Build from the files that the image copies, install into a fresh environment, and make that read-only."""
    source = public / "source"
    source.mkdir()
    for line in re.findall(r"^COPY (?!--from)(.+)$", CONTAINERFILE, re.MULTILINE):
        *names, target = shlex.split(line)
        for name in names:
            if (ROOT / name).is_dir():
                shutil.copytree(ROOT / name, source / target, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(ROOT / name, source / target)
    environment = public / "environment"
    for command in (
        (interpreter, "-m", "venv", environment),
        (environment / "bin" / "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", public, source),
        (environment / "bin" / "pip", "install", "--quiet", "--no-cache-dir", wheel_name(public)),
    ):
        done = run(*command)
        assert 0 == done.returncode, done.stderr
    for path in (environment, *environment.rglob("*")):
        if not path.is_symlink():
            path.chmod(path.stat().st_mode & ~0o222 | 0o444)
    return environment


def wheel_name(folder: Path) -> Path:
    return folder / f"mailrules-{__version__}-py3-none-any.whl"


def test_the_ignore_file_lets_through_what_the_image_copies() -> None:
    ignored = (ROOT / "deploy" / "Containerfile.dockerignore").read_text().splitlines()
    assert ignored[0] == "*"
    let_through = {line.removeprefix("!") for line in ignored if line.startswith("!")}
    copied = {
        name
        for line in re.findall(r"^COPY (?!--from)(.+)$", CONTAINERFILE, re.MULTILINE)
        for name in shlex.split(line)[:-1]
    }
    assert copied == let_through


def test_the_installed_program_runs_unprivileged_on_read_only_files(installed: Path) -> None:
    program = installed / "bin" / "mailrules"
    done = run(program, "--version", user=other_user())
    assert (0, f"mailrules {__version__}\n", "") == (done.returncode, done.stdout, done.stderr)
    probe = "import os, re2, sys; sys.exit(os.access(re2.__file__, os.W_OK) or os.access(sys.prefix, os.W_OK))"
    assert 0 == run(installed / "bin" / "python", "-c", probe, user=other_user()).returncode


def test_the_wheel_holds_the_program_and_its_types_and_no_tests(installed: Path) -> None:
    (package,) = installed.glob("lib/python*/site-packages/mailrules")
    assert (package / "py.typed").is_file()
    assert not (package.parent / "tests").exists()


def test_the_image_runs_as_an_unprivileged_user() -> None:
    last_stage = CONTAINERFILE.rpartition("\nFROM ")[2]
    assert re.findall(r"^USER (.+)$", last_stage, re.MULTILINE) == ["10001"]


@pytest.fixture
def health(tmp_path: Path, installed: Path) -> list[str]:
    """Read the image's health check, as a command over a state in `tmp_path`."""
    (check,) = re.findall(r"^HEALTHCHECK .*\\\n +CMD (.+)$", CONTAINERFILE, re.MULTILINE)
    return ["env", f"PATH={installed}/bin:/usr/bin:/bin", f"STATE_DIRECTORY={tmp_path}", "sh", "-c", check]


@pytest.mark.parametrize(
    ("report", "status", "said"),
    [
        (REPORT, 0, ""),
        (with_accounts(DEAD), 0, ""),
        (replace(REPORT, refused="rules.toml:1: no"), 0, ""),
        (replace(REPORT, late=("work: INBOX: at work", "the state")), 1, "work: INBOX: at work\nthe state\n"),
        (replace(REPORT, late=("work: Lists/Büro\x1b[2J: at work",)), 1, "'work: Lists/B\\xfcro\\x1b[2J: at work'\n"),
    ],
)
async def test_the_image_is_healthy_while_the_daemon_itself_is_sound(
    tmp_path: Path, health: list[str], report: DaemonReport, status: int, said: str
) -> None:
    async def tell() -> DaemonReport:
        return report

    async with answering(tmp_path / "state.db", pause, tell):
        done = await asyncio.to_thread(run, *health)
    assert (done.returncode, done.stdout, done.stderr) == (status, "", said)


@asynccontextmanager
async def pause(name: str) -> AsyncIterator[None]:
    assert not name, "nobody wants an account paused"
    yield


def test_a_daemon_that_is_not_there_or_says_nothing_of_use_is_not_healthy(tmp_path: Path, health: list[str]) -> None:
    assert (1, 1) == ((done := run(*health)).returncode, done.stderr.count("no answer from the daemon"))
    with socket.socket(socket.AF_UNIX) as door:
        door.bind(str(tmp_path / "state.db.sock"))
        assert 1 == run(*health).returncode
        door.listen()
        with ThreadPoolExecutor() as pool:
            asked = pool.submit(run, *health)
            visitor, _ = door.accept()
            with visitor:
                visitor.sendall(b"nonsense\n")
                done = asked.result()
    assert (1, "") == (done.returncode, done.stdout)
    assert "Traceback" not in done.stderr
