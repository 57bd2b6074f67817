"""Finds the server's own separator in what an author wrote: no mailbox is meant by such a name in a rule file.

Who knows the server's names from elsewhere writes `INBOX.Lists.Python`. The values of a template are cleaned of the
separator before, so wherever one is left the author wrote it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from mailrules.client import Namespace
from mailrules.rules import Rule, Ruleset
from mailrules.rules.conditions import Condition

__all__ = ["mistake", "of_rules"]


def mistake(path: str, namespace: Namespace) -> str | None:
    """What to write instead of a path, or of a pattern of paths; None if the server's separator is not in it."""
    separator = _separator(namespace)
    return None if separator is None else _mistake(path, path.replace(separator, "/"), namespace)


def of_rules(rules: Iterable[Rule], ruleset: Ruleset, namespace: Namespace) -> Iterator[str]:
    """The mistakes in some of the rules and in the conditions that all of them may refer to, a sentence each."""
    separator = _separator(namespace)
    if separator is None:
        return
    for rule in rules:
        targets = [(target.text, target.with_slashes(separator)) for target in rule.then.targets()]
        paths = [*(rule.mailboxes or ()), *_named(() if rule.match == "everything" else rule.match.walk())]
        for text, written in (*targets, *((path, path.replace(separator, "/")) for path in paths)):
            if wrong := _mistake(text, written, namespace):
                yield f"rule '{rule.name}': {wrong}"
    for name, match in ruleset.definitions.conditions.items():
        for path in _named(match.walk()):
            if wrong := mistake(path, namespace):
                yield f"condition '{name}': {wrong}"


def _named(conditions: Iterable[Condition]) -> Iterator[str]:
    for condition in conditions:
        yield from condition.mailboxes()


def _separator(namespace: Namespace) -> str | None:
    return None if namespace.delimiter == "/" else namespace.delimiter


def _mistake(text: str, written: str, namespace: Namespace) -> str | None:
    if written == text:
        return None
    prefix = namespace.prefix.replace(namespace.delimiter or "", "/")
    return (
        f"{text}: write {written.removeprefix(prefix) or written}; "
        f"in rule files / separates the levels, whatever the server uses (here {namespace.delimiter})"
    )
