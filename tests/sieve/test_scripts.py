"""Scripts as people and their mail clients write them, each beside the rules that it becomes."""

from __future__ import annotations

from pathlib import Path

import pytest

from mailrules.config import load
from mailrules.sieve import CarriedOver, carry_over

SCRIPTS = sorted((Path(__file__).parent / "scripts").glob("*.sieve"))
CARRIED_WHOLLY = 0.7
"""The share of these scripts for which no comment is needed; most of the others are there for what can't be carried."""
NOTHING_LOST = (
    "rfc-",
    "flow-",
    "relational",
    "date-",
    "subaddress",
    "index",
    "body",
    "variables-constants",
    "variables-modifiers",
    "variables-in-branches",
    "variables-string",
)
"""What only asks of header, address, size, body, date and flags, files and stops has to come over wholly."""


def import_script(script: Path) -> CarriedOver:
    """Import a script with those in ``included`` beside it."""

    def look_up(name: str) -> str | None:
        path = script.parent / "included" / f"{name}.sieve"
        return path.read_text() if path.is_file() else None

    return carry_over(script.read_text(), script.name, look_up)


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_a_script_becomes_the_rules_beside_it(script: Path) -> None:
    assert script.with_suffix(".toml").read_text() == import_script(script).text


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_what_was_imported_loads(script: Path, tmp_path: Path) -> None:
    carried = import_script(script)
    file = tmp_path / "rules.toml"
    file.write_text(carried.text)

    assert carried.rules == len(load(file).ruleset.rules)


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_a_comment_stands_for_what_is_lost_or_to_be_known_and_for_nothing_else(script: Path) -> None:
    carried = import_script(script)
    said = [line.removeprefix("# ") for line in carried.text.splitlines() if line.startswith("# ")]
    said = [line for line in said if not line.startswith("    ")]

    assert list(carried.notes) == [line for line in said if "not carried over: " in line]
    assert list(carried.hints) == [line for line in said if "not carried over: " not in line]


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_scripts_of_the_plain_kind_lose_nothing(script: Path) -> None:
    if script.stem.startswith(NOTHING_LOST):
        assert import_script(script).notes == ()


def test_most_scripts_lose_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    wholly = [script for script in SCRIPTS if not import_script(script).notes]
    share = len(wholly) / len(SCRIPTS)
    with capsys.disabled():
        print(f"\n{len(wholly)} of {len(SCRIPTS)} Sieve scripts ({share:.0%}) carry over without a comment")

    assert share >= CARRIED_WHOLLY
