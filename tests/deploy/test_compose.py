"""The compose file obeys the Compose Specification, and its container may do as little as the image needs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import yaml

from mailrules.config import load

DEPLOY = Path(__file__).parents[2] / "deploy"
COMPOSE = DEPLOY / "compose.yaml"


def validate(path: Path) -> subprocess.CompletedProcess[str]:
    """Hold a file against the Compose Specification's own schema."""
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", str(path)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


def test_the_file_obeys_the_specification() -> None:
    verdict = validate(COMPOSE)
    assert 0 == verdict.returncode, verdict.stdout


def test_a_misspelt_key_would_not_pass(tmp_path: Path) -> None:
    wrong = tmp_path / "compose.yaml"
    wrong.write_text(COMPOSE.read_text().replace("read_only:", "readonly:"))
    assert "'readonly' was unexpected" in validate(wrong).stdout


def test_the_container_is_closed() -> None:
    service = yaml.safe_load(COMPOSE.read_text())["services"]["mailrules"]
    assert service["read_only"] is True
    assert ["ALL"] == service["cap_drop"]
    assert ["no-new-privileges:true"] == service["security_opt"]
    assert "environment" not in service, "a password in the environment is seen by whoever may inspect the container"


def test_what_the_file_names_is_there() -> None:
    content = yaml.safe_load(COMPOSE.read_text())
    service = content["services"]["mailrules"]
    assert (DEPLOY / service["build"]["context"] / service["build"]["dockerfile"]).is_file()
    assert (DEPLOY / "compose" / "rules" / "rules.toml").is_file()
    assert set(service["secrets"]) == set(content["secrets"])
    assert {"state", "mail"} == set(content["volumes"])


def test_its_rules_are_right() -> None:
    loaded = load(DEPLOY / "compose" / "rules" / "rules.toml")
    assert ["ann"] == list(loaded.config.accounts)
    assert () == tuple(loaded.warnings)
