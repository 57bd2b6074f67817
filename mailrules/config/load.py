"""Loads a rule file: reads it, checks everything in it, and gives the settings and the rules, or all that is wrong.

``load`` is what the daemon, a reload, ``check`` and every other command call. It looks at files only: no server is
asked, no password is read.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from mailrules.config import traps
from mailrules.config.advice import PlacedRule, advice
from mailrules.config.findings import Findings
from mailrules.config.model import Account, Config, Daemon
from mailrules.config.problems import ConfigError, KeyPath, Problem
from mailrules.config.searches import wrong_searches
from mailrules.config.sources import Document, read_sources
from mailrules.config.watch import Watch, watch
from mailrules.config.words import expected, keys_at
from mailrules.rules import Rule, Ruleset


@dataclass(frozen=True, slots=True)
class Loaded:
    """A rule file in which nothing is wrong."""

    config: Config
    ruleset: Ruleset
    warnings: tuple[Problem, ...]
    """What is surely not meant, but does no harm."""
    watch: Watch
    """What to watch for changes, and which changes concern these rules."""
    file: Path

    @property
    def files(self) -> frozenset[Path]:
        """Everything whose change matters: the files that were read, and the folders in which others may appear."""
        return self.watch.files | self.watch.folders

    def require_accounts(self) -> None:
        """Raise ConfigError if there is no account: rules can be checked and explained without one, but not run."""
        if not self.config.accounts:
            problem = Problem(self.file, None, "", "there is no account to watch; add a table [accounts.NAME]")
            raise ConfigError([problem], self.watch)


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
    findings = Findings(sources.documents, HOMES)
    _top_level(main, findings)
    for document in included:
        _only_rules(document, main, findings)
    daemon = findings.validate(main, ("daemon",), Daemon, "daemon") if "daemon" in main.values else Daemon()
    accounts = dict(_accounts(main, findings))
    rules = [placed for document in sources.documents for placed in _rules(document, findings)]
    _unique_names(sources.documents, findings)
    problems = (*sources.problems, *findings.problems())
    if problems or daemon is None:
        raise ConfigError(sorted(problems, key=sources.order), sources.watch)
    config = Config(
        include=sources.include, daemon=daemon, accounts=accounts, rules=tuple(placed.rule for placed in rules)
    )
    warnings = sorted((*sources.warnings, *advice(config, main, rules)), key=sources.order)
    return Loaded(config, Ruleset(config.rules), tuple(warnings), sources.watch, path)


HOMES = {
    "[daemon]": keys_at(Daemon),
    "[accounts.NAME]": keys_at(Account),
    "[[rules]]": keys_at(Rule),
}
"""The keys that each kind of table knows."""


def _top_level(main: Document, findings: Findings) -> None:
    known = keys_at(Config)
    findings.unknown(main, (), [key for key in main.values if key not in known], known)


def _only_rules(document: Document, main: Document, findings: Findings) -> None:
    known = keys_at(Config)
    for key in document.values.keys() & known - {"rules"}:
        findings.add(document, (key,), f"this belongs in the main file, {main.file}; included files hold rules only")
    findings.unknown(document, (), [key for key in document.values if key not in known], {"rules"})


def _accounts(main: Document, findings: Findings) -> Iterator[tuple[str, Account]]:
    tables = main.values.get("accounts", {})
    if isinstance(tables, list):
        findings.add(main, ("accounts",), "an account has a name, and single brackets around it: [accounts.NAME]")
    elif not isinstance(tables, dict):
        findings.add(main, ("accounts",), expected("tables [accounts.NAME]", tables))
    elif any(key in HOMES["[accounts.NAME]"] and not isinstance(value, dict) for key, value in tables.items()):
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


def _unique_names(documents: Sequence[Document], findings: Findings) -> None:
    first: dict[str, tuple[Document, KeyPath]] = {}
    for document in documents:
        rules = document.at(("rules",))
        for index in range(len(rules) if isinstance(rules, list) else 0):
            path: KeyPath = ("rules", index, "name")
            name = document.at(path)
            if isinstance(name, str) and name in first:
                document_of_first, path_of_first = first[name]
                place = document_of_first.place(path_of_first)
                findings.add(document, path, f"there is a rule of this name already, at {place}")
            elif isinstance(name, str):
                first[name] = (document, path)
