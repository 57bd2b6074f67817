"""`deploy/dev` says what it can do, and what it lacks in one line."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DEV = ROOT / "deploy" / "dev"


@pytest.fixture
def bare(tmp_path: Path) -> dict[str, str]:
    """Pretend that Python has no venv, and that `apt-get` only writes down what it is asked."""
    for name, script in {
        "python3": "exit 1",
        "id": "echo $PRETENDED_USER",
        "apt-get": f'echo "$@" >>{tmp_path}/asked',
    }.items():
        program = tmp_path / name
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(0o755)
    return {"PATH": f"{tmp_path}:/usr/bin:/bin"}


def run(
    *arguments: str, cwd: Path = ROOT, environment: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [DEV, *arguments], cwd=cwd, env=environment or dict(os.environ), capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize("arguments", [(), ("tset",)])
def test_without_a_known_word_it_tells_its_usage(arguments: tuple[str, ...]) -> None:
    done = run(*arguments)
    assert 2 == done.returncode
    assert done.stderr.startswith("deploy/dev: usage: deploy/dev demo | test")


@pytest.mark.parametrize("script", [DEV, ROOT / ".ci" / "run"])
def test_the_scripts_are_executable_and_parse(script: Path) -> None:
    assert os.access(script, os.X_OK)
    shell = script.read_text().partition("\n")[0].rpartition("/")[2].rpartition(" ")[2]
    assert 0 == subprocess.run([shell, "-n", script], check=False).returncode


def test_a_user_is_told_in_one_line_what_to_install(bare: dict[str, str], tmp_path: Path) -> None:
    done = run("demo", cwd=tmp_path, environment=bare | {"PRETENDED_USER": "1000"})
    assert 1 == done.returncode
    assert "deploy/dev: please install these packages first (Debian's names): python3-venv\n" == done.stderr


def test_root_has_it_installed(bare: dict[str, str], tmp_path: Path) -> None:
    run("demo", cwd=tmp_path, environment=bare | {"PRETENDED_USER": "0"})
    assert ["update -qq", "install -y -qq --no-install-recommends python3-venv"] == (
        tmp_path / "asked"
    ).read_text().splitlines()
