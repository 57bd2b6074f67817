r"""Warns of conditions and actions that can be carried out and are surely not meant: ``flags = "Seen"``."""

import re
from collections.abc import Iterable, Iterator

from mailrules.config.advice import PlacedRule
from mailrules.config.problems import KeyPath, Problem, render
from mailrules.config.sources import Document
from mailrules.config.walking import written
from mailrules.rules import Rule, Table
from mailrules.rules.actions import AddFlags, RemoveFlags, SetFlags
from mailrules.rules.conditions.address import AddressCondition
from mailrules.rules.conditions.flags import Flags
from mailrules.rules.plan import flag_key
from mailrules.rules.text import printable

_ADDRESS = re.compile(r"[^\s<>,]*@[^\s<>,]*")
_MEANT = {
    "seen": r"for the flag that says a message was read write '\Seen'",
    "answered": r"for the flag that says a message was answered write '\Answered'",
    "flagged": r"for the flag that marks a message write '\Flagged'",
    "draft": r"for the flag that says a message is a draft write '\Draft'",
    **dict.fromkeys(("unseen", "unread"), r"a message is unread as long as it lacks the flag '\Seen'"),
}
_MEANT_IN_MATCH = _MEANT | {"deleted": r"messages with the flag '\Deleted' are left alone"}
_MEANT_IN_THEN = _MEANT | {"deleted": "to remove a message write then.trash = true or then.expunge = true"}


def doubts(tables: Iterable[tuple[Document, KeyPath, Table]], rules: Iterable[PlacedRule]) -> Iterator[Problem]:
    """Return the warnings about single tables of conditions, and about single rules."""
    for document, where, table in tables:
        if isinstance(table, Flags):
            yield from _flags_looked_for(document, where, table)
        elif isinstance(table, AddressCondition):
            yield from _addresses_as_headers(document, where, table)
    for placed in rules:
        yield from _flags_changed(placed)
        if _empties_mailboxes(placed.rule):
            message = "it expunges every message of its mailboxes each time, and nothing can bring them back"
            yield placed.problem(("then",), f"{message}; if that is not meant, say which, as in match.age.over")


def _flags_looked_for(document: Document, path: KeyPath, flags: Flags) -> Iterator[Problem]:
    for position, flag in enumerate(flags.has or ()):
        where = written((*path, "has", position), document)
        if meant := _MEANT_IN_MATCH.get(flag_key(flag)):
            yield document.problem(where, f'"{flag}" is a keyword of that name; {meant}')
        elif flag == r"\Deleted":
            yield document.problem(where, "messages with this flag are left alone, so none that rules see has it")


def _addresses_as_headers(document: Document, path: KeyPath, operators: AddressCondition) -> Iterator[Problem]:
    field = render(path[-2:] if type(operators) is AddressCondition else path[-1:])
    whole = {"is": operators.is_, "glob": operators.glob}
    for key, patterns in {**whole, "starts_with": operators.starts_with, "ends_with": operators.ends_with}.items():
        for position, pattern in enumerate(patterns or ()):
            if _ADDRESS.fullmatch(pattern) and not (key == "glob" and pattern[0] == pattern[-1] == "*"):
                meant = field if key in whole or pattern.startswith("@") else f"{field}.address.{key}"
                message = f'"{printable(pattern)}" is compared with the whole header, "Bob <bob@x.example>"'
                where = written((*path, key, position), document)
                yield document.problem(where, f'{message}; for the address write {meant} = "{printable(pattern)}"')


def _flags_changed(placed: PlacedRule) -> Iterator[Problem]:
    for action in placed.rule.then.actions():
        if isinstance(action, AddFlags | RemoveFlags | SetFlags):
            for position, flag in enumerate(action.root):
                if meant := _MEANT_IN_THEN.get(flag_key(flag)):
                    path = written(("then", action.key, position), placed.document, placed.path)
                    yield placed.problem(path, f'"{flag}" is a keyword of that name; {meant}')


def _empties_mailboxes(rule: Rule) -> bool:
    """Return whether a scheduled rule removes all that there is, whatever it is."""
    if not rule.enabled or rule.every is None or rule.match != "everything" or rule.mode is not None:
        return False
    return any(action.key == "expunge" for action in rule.then.actions())
