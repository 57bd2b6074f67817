"""The page on the history names every option of its commands, and every key of the objects that they print."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING

import pytest

from tests.cli.running import mailrules, objects, rule_file
from tests.cli.test_history import a_day, write
from tests.docs.pages import DOCS

if TYPE_CHECKING:
    from pathlib import Path

TEXT = (DOCS / "history.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("command", ["history", "retry", "resume"])
def test_every_option_is_told(command: str) -> None:
    options = set(re.findall(r"--[a-z][a-z-]+", mailrules(command, "--help").stdout)) - {"--config", "--help"}
    assert options >= {"--account", "--json"}
    assert {option for option in options if f"`{option}" not in TEXT} == set()


def test_every_key_is_told(tmp_path: Path) -> None:
    asyncio.run(write(tmp_path / "state.db", a_day()))
    (shown, *_) = objects(mailrules("history", "-c", rule_file(tmp_path), "--json"))
    assert {key for key in shown if f"`{key}`" not in TEXT} == set()
