"""The tests that a rule file holds: their models, and the runner that says what came out of them.

``run(ruleset, trials, now)`` gives a `Result` for each; the files that tests name are read where the rule file is.
"""

from mailrules.rules.selftest.asked import asked_searches
from mailrules.rules.selftest.case import Case
from mailrules.rules.selftest.closest import Closest
from mailrules.rules.selftest.differences import Difference
from mailrules.rules.selftest.run import Result, run
from mailrules.rules.selftest.stage import Trial

__all__ = ["Case", "Closest", "Difference", "Result", "Trial", "asked_searches", "run"]
