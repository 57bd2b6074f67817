"""The table of conditions is whole, and what no rule asks for is not imported."""

from __future__ import annotations

import subprocess
import sys
from importlib import import_module
from pkgutil import iter_modules

import pytest

from mailrules.rules import conditions
from mailrules.rules.conditions import CONDITIONS
from mailrules.rules.conditions.base import REGISTERED


def test_the_table_has_every_condition_that_there_is() -> None:
    for module in iter_modules(conditions.__path__, f"{conditions.__name__}."):
        import_module(module.name)
    assert set(CONDITIONS) == set(REGISTERED)
    assert {key: each.key for key, each in CONDITIONS.items()} == {key: key for key in CONDITIONS}


def test_what_match_does_not_know_is_no_condition() -> None:
    assert "colour" not in CONDITIONS
    assert CONDITIONS.get("colour") is None
    with pytest.raises(KeyError):
        CONDITIONS["colour"]


def test_a_rule_imports_the_conditions_that_it_has() -> None:
    script = """
import sys
from mailrules.rules import Rule
known = set(sys.modules)
Rule.model_validate({"name": "r", "match": {"spam": True}, "then": {"trash": True}})
print(*sorted(each for each in set(sys.modules) - known if "conditions" in each))
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.split() == ["mailrules.rules.conditions.spam"]
