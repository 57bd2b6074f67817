"""Short ways to run a rule file's tests that are written as TOML."""

from __future__ import annotations

import tomllib
from datetime import UTC, datetime

from mailrules.rules import Facts, Rule, Ruleset
from mailrules.rules.selftest import Case, Result, Trial, run

NOW = datetime(2025, 6, 15, 12, 0, tzinfo=UTC)
FACTS = Facts(now=NOW, timezone=UTC, account="work", mailbox="INBOX", addresses=("ann@example.org",))


def results(text: str, content: bytes | None = None) -> list[Result]:
    """Run the [[tests]] of a TOML text with its [[rules]]; `content` is what is in a file that one names."""
    tables = tomllib.loads(text)
    ruleset = Ruleset(tuple(map(Rule.model_validate, tables["rules"])))
    trials = [Trial(Case.model_validate(test), FACTS, content) for test in tables["tests"]]
    return list(run(ruleset, trials, NOW))


def one(rules: str, message: str, expect: str, content: bytes | None = None, extra: str = "") -> Result:
    """Run one test; each argument is the TOML of that part, its lines without the first key."""
    (result,) = results(f'{rules}\n[[tests]]\nname = "t"\n{extra}\nmessage = {message}\nexpect = {expect}\n', content)
    return result


def rule(name: str, match: str, then: str, **keys: str) -> str:
    """One rule of one condition and one action."""
    lines = [f"{key} = {value}" for key, value in keys.items()]
    return "\n".join(["[[rules]]", f'name = "{name}"', *lines, f"match.{match}", f"then.{then}", ""])


def told(result: Result) -> list[tuple[str, str, str | None]]:
    """What was not as expected."""
    return [(each.want, each.got, each.rule) for each in result.differences]
