"""The tests that a rule file holds: their models, and the runner that says what came out of them.

``run(ruleset, trials, now)`` gives a `Result` for each; the files that tests name are read where the rule file is.
Most rule files are read for other things than their tests, and many hold none: a module here is imported when the
first of its names is asked for.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mailrules.rules.selftest.asked import asked_searches
    from mailrules.rules.selftest.case import Case
    from mailrules.rules.selftest.closest import Closest
    from mailrules.rules.selftest.differences import Difference
    from mailrules.rules.selftest.running import Result, run
    from mailrules.rules.selftest.stage import Trial

__all__ = ["Case", "Closest", "Difference", "Result", "Trial", "asked_searches", "run"]

_HOMES = {
    "Case": "case",
    "Closest": "closest",
    "Difference": "differences",
    "Result": "running",
    "Trial": "stage",
    "asked_searches": "asked",
    "run": "running",
}
"""The module that each name is in."""


def __getattr__(name: str) -> object:
    """Import the module that a name is in. PEP 562."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
