"""What the page of promises and the README point to is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.faults.campaigns import MODULES

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "mailrules/docs/promises.md", ROOT / "README.md"]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_test_that_it_names_is_there(page: Path) -> None:
    named = re.findall(r"\btests/[\w/]+(?:\.py)?", page.read_text())
    assert [name for name in named if not (ROOT / name).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_campaign_that_it_names_is_one(page: Path) -> None:
    named = set(re.findall(r"python -m tests\.faults (\w+)", page.read_text()))
    assert named <= {*MODULES, "all"}


def test_promises_name_every_campaign() -> None:
    (listed,) = re.findall(r"or one of: ([\w ]+)", PAGES[0].read_text())
    assert set(listed.split()) == set(MODULES)
