"""Reads the tests of a rule file, the messages in files beside it too, and runs them.

A rule file whose tests fail is as good as broken: whoever is about to take its rules into use asks here first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, tzinfo
from pathlib import Path
from typing import TYPE_CHECKING

from mailrules.config import traps
from mailrules.config.problems import Problem, did_you_mean
from mailrules.config.values import resolve
from mailrules.config.words import expected
from mailrules.rules import Facts, selftest
from mailrules.rules.text import printable
from mailrules.values import value

if TYPE_CHECKING:
    from mailrules.config.findings import Findings
    from mailrules.config.model import Account
    from mailrules.config.problems import KeyPath
    from mailrules.config.sources import Document
    from mailrules.rules import Ruleset
    from mailrules.rules.selftest import Case, Result, Trial


@value(frozen=True, slots=True)
class PlacedCase:
    """A test as it stands in a file, with the message that it names, if it names one."""

    case: Case
    document: Document
    path: KeyPath
    file: Path | None = None
    content: bytes | None = None

    @property
    def line(self) -> int | None:
        """The line on which it begins."""
        return self.document.locator.line(self.path)

    @property
    def place(self) -> str:
        """Where it stands: ``rules.toml:40``."""
        return self.document.place(self.path)

    def trial(self, accounts: Mapping[str, Account], timezone: tzinfo, now: datetime) -> Trial:
        """Make it ready to run, in the account that it names or in the first."""
        name = self.case.message.account or next(iter(accounts), "")
        account = accounts.get(name)
        facts = Facts(now, timezone, name, "INBOX")
        if account is not None:
            believed = tuple(each.lower() for each in account.authserv_id)
            facts = replace(facts, addresses=account.addresses, authserv_ids=believed)
        return selftest.Trial(self.case, facts, self.content)


# Reading


def read_cases(document: Document, findings: Findings) -> Iterator[PlacedCase]:
    """Give the tests of one document that are right; the others are noted."""
    tables = document.values.get("tests", [])
    if isinstance(tables, dict):
        findings.add(document, ("tests",), traps.SINGLE_BRACKETS_OF_TESTS)
    elif not isinstance(tables, list):
        findings.add(document, ("tests",), expected("tables [[tests]]", tables))
    else:
        for index in range(len(tables)):
            path: KeyPath = ("tests", index)
            if case := findings.validate(document, path, selftest.Case, "test"):
                yield _with_content(PlacedCase(case, document, path), findings)


def _with_content(placed: PlacedCase, findings: Findings) -> PlacedCase:
    """Read the message that a test names."""
    name = placed.case.message.file
    if name is None:
        return placed
    where = (*placed.path, "message", "file")
    try:
        file = resolve(name, placed.document.file.parent)
    except ValueError as error:
        findings.add(placed.document, where, str(error))
        return placed
    content = None
    try:
        content = file.read_bytes()
    except ValueError:  # a NUL in the name, which is reported as such
        return placed
    except OSError as error:
        missing = isinstance(error, FileNotFoundError)
        why = "there is no such file" if missing else f"cannot be read ({(error.strerror or 'unknown error').lower()})"
        findings.add(placed.document, where, f"{printable(str(file))}: {why}")
    return PlacedCase(placed.case, placed.document, placed.path, file, content)


def check_cases(
    documents: Sequence[Document], cases: Iterable[PlacedCase], accounts: Iterable[str], findings: Findings
) -> None:
    """Note the rules and accounts that tests name and that there are not."""
    accounts = tuple(accounts)
    rules = {name: table for document in documents for name, table in _named_rules(document)}
    for placed in cases:
        if placed.case.scheduled and not any("every" in rule for rule in rules.values()):
            findings.add(placed.document, (*placed.path, "scheduled"), "there is no rule with every, so none would run")
        where = (*placed.path, "message", "account")
        account = placed.case.message.account
        if account is not None and accounts and account not in accounts:
            findings.add(
                placed.document, where, f"there is no account '{printable(account)}'{did_you_mean(account, accounts)}"
            )
        for key in ("matched", "not_matched"):
            for where, name in _texts(placed, ("expect", key)):
                if name not in rules:
                    findings.add(
                        placed.document, where, f"there is no rule '{printable(name)}'{did_you_mean(name, rules)}"
                    )
                elif key == "matched" and (why := _never(rules[name], placed.case)):
                    findings.add(placed.document, where, f"rule '{printable(name)}' {why}")


def _named_rules(document: Document) -> Iterator[tuple[str, Mapping[str, object]]]:
    tables = document.values.get("rules", [])
    for table in tables if isinstance(tables, list) else ():
        if isinstance(table, dict) and isinstance(name := table.get("name"), str):
            yield name, table


def _texts(placed: PlacedCase, path: KeyPath) -> Iterator[tuple[KeyPath, str]]:
    """Give one text or the texts of a list with their places; they are known to be right."""
    value = placed.document.at((*placed.path, *path))
    if isinstance(value, str):
        yield (*placed.path, *path), value.strip()
    elif isinstance(value, list):
        yield from (((*placed.path, *path, index), str(item).strip()) for index, item in enumerate(value))


def _never(rule: Mapping[str, object], case: Case) -> str | None:
    """Say why a rule can't match in a test, whatever the message is."""
    if rule.get("enabled") is False:
        return "is out of use (enabled = false)"
    if ("every" in rule) is case.scheduled:
        return None
    if case.scheduled:
        return "is for new mail, and this test is for those with every: leave scheduled out"
    return "goes over whole mailboxes (every): write scheduled = true in this test"


def unasked_searches(cases: Iterable[PlacedCase], ruleset: Ruleset) -> Iterator[Problem]:
    """Give a problem for each search that a test answers and no rule asks."""
    answering = [placed for placed in cases if placed.case.message.search]
    known = selftest.asked_searches(ruleset) if answering else frozenset()
    for placed in answering:
        for text in placed.case.message.search or ():
            if text not in known:
                where = (*placed.path, "message", "search", text)
                yield placed.document.problem(where, f"no rule asks this search{did_you_mean(text, known)}")


# Running


def failing(results: Iterable[tuple[PlacedCase, Result]], place_of: Callable[[str], str | None]) -> Iterator[Problem]:
    """Give a problem for each test that fails, as the reason to refuse the rules."""
    for placed, result in results:
        if not result.passed:
            yield placed.document.problem(placed.path, f"the test fails: {'; '.join(reasons(result, place_of))}")


def reasons(result: Result, place_of: Callable[[str], str | None]) -> Iterator[str]:
    """Say what was not as expected, by which rule, and which rule came closest; one sentence each."""
    for each in result.differences:
        by = f" by {_rules(each.rule, place_of)}" if each.rule else ""
        yield f"want {each.want}  got {each.got}{by}"
    if result.closest is not None:
        yield f"closest: {_rules(result.closest.rule, place_of)}: {result.closest.reason}"
    yield from result.notes


def _rules(names: str, place_of: Callable[[str], str | None]) -> str:
    """Name a rule, or several with commas between them, each with its place."""
    known = [names] if place_of(names) else names.split(", ")
    return " and ".join(f"rule '{printable(name)}' ({place_of(name) or '?'})" for name in known)
