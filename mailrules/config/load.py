"""Loads a rule file: reads it, checks everything in it, and gives the settings and the rules, or all that is wrong.

``load`` is what the daemon, a reload, ``check`` and every other command call. It looks at files only: no server is
asked, no password is read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import islice, takewhile
from pathlib import Path
from typing import TYPE_CHECKING

from mailrules.config import traps
from mailrules.config.advice import PlacedRule, advice
from mailrules.config.cases import PlacedCase, check_cases, failing, read_cases, unasked_searches
from mailrules.config.definitions import read_definitions
from mailrules.config.doubts import doubts
from mailrules.config.findings import Findings
from mailrules.config.model import Account, Config, Daemon
from mailrules.config.problems import ConfigError, KeyPath, Problem
from mailrules.config.references import check_references, find_references, reference_warnings
from mailrules.config.searches import wrong_searches
from mailrules.config.sources import Document, read_sources
from mailrules.config.walking import tables_in
from mailrules.config.watch import Watch, watch
from mailrules.config.words import expected, keys_at
from mailrules.rules import Rule, Ruleset, selftest
from mailrules.values import value

if TYPE_CHECKING:
    from mailrules.rules.selftest import Result


@value(frozen=True, slots=True)
class Loaded:
    """A rule file in which nothing is wrong."""

    config: Config
    ruleset: Ruleset
    warnings: tuple[Problem, ...]
    """What is surely not meant, but does no harm."""
    watch: Watch
    """What to watch for changes, and which changes concern these rules."""
    file: Path
    tests: tuple[PlacedCase, ...] = ()
    rules: tuple[PlacedRule, ...] = ()

    @property
    def files(self) -> frozenset[Path]:
        """Everything whose change matters: the files that were read, and the folders in which others may appear."""
        return self.watch.files | self.watch.folders

    def require_accounts(self) -> None:
        """Raise ConfigError if there is no account: rules can be checked and explained without one, but not run."""
        if not self.config.accounts:
            problem = Problem(self.file, None, "", "there is no account to watch; add a table [accounts.NAME]")
            raise ConfigError([problem], self.watch)

    def place_of(self, rule: str) -> str | None:
        """Say where a rule stands, ``rules.toml:14``; None if there is none of this name."""
        return next((placed.document.place(placed.path) for placed in self.rules if placed.rule.name == rule), None)

    def run_tests(self, tests: Sequence[PlacedCase] | None = None) -> Iterator[tuple[PlacedCase, Result]]:
        """Run some of the tests of the file, or all of them."""
        chosen, now = self.tests if tests is None else tests, datetime.now(UTC)
        trials = [test.trial(self.config.accounts, self.config.daemon.timezone, now) for test in chosen]
        return zip(chosen, selftest.run(self.ruleset, trials, now), strict=True) if trials else iter(())

    def require_tests(self, goes_on: Callable[[], bool] = lambda: True) -> None:
        """Raise ConfigError with the first of the tests that fail: such rules are not taken into use.

        There may be many tests, so it asks between two of them whether it ``goes_on``.
        """
        results = takewhile(lambda _: goes_on(), self.run_tests())
        if problems := list(islice(failing(results, self.place_of), _MOST_TOLD)):
            raise ConfigError(problems, self.watch)


def load(path: Path) -> Loaded:
    """Load the rule file and what it includes. Raises ConfigError with everything that is wrong in them."""
    try:
        return _load(path)
    except RecursionError:
        problem = Problem(path, None, "", "it is nested too deeply; conditions are read up to some hundred levels")
        raise ConfigError([problem], watch([path], path.parent, ())) from None


def _load(path: Path) -> Loaded:
    sources = read_sources(path)
    main, *included = sources.documents
    findings = Findings(sources.documents, homes)
    _top_level(main, findings)
    for document in included:
        _only_rules(document, main, findings)
    daemon = findings.validate(main, ("daemon",), Daemon, "daemon") if "daemon" in main.values else Daemon()
    accounts = dict(_accounts(main, findings))
    rules = [placed for document in sources.documents for placed in _rules(document, findings)]
    defined = read_definitions(sources.documents, findings)
    tables = tables_in(rules, defined)
    references = find_references(tables, rules)
    check_references(references, defined, findings)
    cases = [placed for document in sources.documents for placed in read_cases(document, findings)]
    check_cases(sources.documents, cases, accounts, findings)
    for key, noun in (("rules", "rule"), ("tests", "test")):
        _unique_names(sources.documents, key, noun, findings)
    beside = (*defined.files, *(case.file for case in cases if case.file))
    watched = watch([*sources.files, *beside], path.parent, sources.include)
    problems = (*sources.problems, *findings.problems())
    if problems or defined.problems or daemon is None:
        raise ConfigError([*sorted(problems, key=sources.order), *defined.problems], watched)
    definitions = defined.definitions()
    # Each part of it has been validated on its own.
    config = Config.model_construct(
        include=sources.include,
        daemon=daemon,
        accounts=accounts,
        tables=defined.settings,
        conditions=definitions.conditions,
        rules=tuple(placed.rule for placed in rules),
        tests=tuple(placed.case for placed in cases),
    )
    ruleset = Ruleset(config.rules, definitions)
    if unasked := list(unasked_searches(cases, ruleset)):
        raise ConfigError(sorted(unasked, key=sources.order), watched)
    warned = (
        *sources.warnings,
        *advice(config, main, rules),
        *doubts(tables, rules),
        *reference_warnings(references, defined),
    )
    warnings = sorted(warned, key=sources.order)
    return Loaded(config, ruleset, tuple(warnings), watched, path, tuple(cases), tuple(rules))


def homes() -> Mapping[str, frozenset[str]]:
    """Give the keys that each kind of table knows."""
    return {
        "[daemon]": keys_at(Daemon),
        "[accounts.NAME]": keys_at(Account),
        "[[rules]]": keys_at(Rule),
        "[[tests]]": keys_at(selftest.Case),
    }


_INCLUDED = frozenset({"rules", "tables", "conditions", "tests"})
"""What included files may hold."""

_MOST_TOLD = 10
"""Failing tests that are told of when rules are refused."""


def _top_level(main: Document, findings: Findings) -> None:
    known = keys_at(Config)
    findings.unknown(main, (), [key for key in main.values if key not in known], known)


def _only_rules(document: Document, main: Document, findings: Findings) -> None:
    known = keys_at(Config)
    for key in document.values.keys() & known - _INCLUDED:
        text = (
            f"this belongs in the main file, {main.file}; included files hold rules, tables, conditions and tests only"
        )
        findings.add(document, (key,), text)
    findings.unknown(document, (), [key for key in document.values if key not in known], _INCLUDED)


def _accounts(main: Document, findings: Findings) -> Iterator[tuple[str, Account]]:
    tables, known = main.values.get("accounts", {}), keys_at(Account)
    if isinstance(tables, list):
        findings.add(main, ("accounts",), "an account has a name, and single brackets around it: [accounts.NAME]")
    elif not isinstance(tables, dict):
        findings.add(main, ("accounts",), expected("tables [accounts.NAME]", tables))
    elif any(key in known and not isinstance(value, dict) for key, value in tables.items()):
        findings.add(main, ("accounts",), "an account has a name: [accounts.NAME], such as [accounts.work]")
    else:
        for name in tables:
            if account := findings.validate(main, ("accounts", name), Account, "account"):
                yield name, account


def _rules(document: Document, findings: Findings) -> Iterator[PlacedRule]:
    tables = document.values.get("rules", [])
    if isinstance(tables, dict):
        findings.add(document, ("rules",), traps.SINGLE_BRACKETS)
    elif not isinstance(tables, list):
        findings.add(document, ("rules",), expected("tables [[rules]]", tables))
    else:
        for index in range(len(tables)):
            path: KeyPath = ("rules", index)
            for where, text in wrong_searches(document.at((*path, "match")), (*path, "match")):
                findings.add(document, where, text)
            if rule := findings.validate(document, path, Rule, "rule"):
                yield PlacedRule(rule, document, path)


def _unique_names(documents: Sequence[Document], key: str, noun: str, findings: Findings) -> None:
    first: dict[str, tuple[Document, KeyPath]] = {}
    for document in documents:
        tables = document.values.get(key)
        for index, table in enumerate(tables if isinstance(tables, list) else ()):
            name = table.get("name") if isinstance(table, dict) else None
            if not isinstance(name, str):
                continue
            path: KeyPath = (key, index, "name")
            document_of_first, path_of_first = first.setdefault(name, (document, path))
            if path_of_first is not path:
                place = document_of_first.place(path_of_first)
                findings.add(document, path, f"there is a {noun} of this name already, at {place}")
