"""Carries a script over: from its text to the text of a rule file, with a comment for what rules can't do."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from pydantic import ValidationError

from mailrules.config.printing import print_table
from mailrules.rules import Rule
from mailrules.rules.text import excerpt, printable
from mailrules.sieve.errors import NOWHERE
from mailrules.sieve.logic import TRUE, Atom, Toml, as_match, conjuncts
from mailrules.sieve.mailboxes import on_levels
from mailrules.sieve.naming import Names, name_by
from mailrules.sieve.parser import parse
from mailrules.sieve.requiring import requirements
from mailrules.sieve.run import run
from mailrules.sieve.settle import Draft, End, Hint, Item, Note, settle
from mailrules.sieve.state import Script, State
from mailrules.sieve.values import Placeholder, shown, uses_captures
from mailrules.values import value

if TYPE_CHECKING:
    from collections.abc import Iterator

_MOST_SOURCE: Final = 12
"""Lines of the script that a comment quotes."""


@value(frozen=True, slots=True)
class CarriedOver:
    """A script as rules."""

    text: str
    """TOML, with comments for what could not be carried over, and for how the script was understood."""
    rules: int
    notes: tuple[str, ...]
    """What could not be carried over, with the line in the script."""
    hints: tuple[str, ...] = ()
    """What else the comments say: how the script was understood."""


def carry_over(script: str, file: str, look_up: Callable[[str], str | None] = lambda _name: None) -> CarriedOver:
    """Write a script as rules; `look_up` gives the text of a script to include. Raises SieveError."""
    commands = parse(script, file)
    running = Script(file, requirements(commands), look_up, captures=uses_captures(script))
    run(running, State(), commands)
    writer = _Writer(file)
    for item in (*(Hint(NOWHERE, text) for text in on_levels(running.dotted)), *settle(running)):
        writer.add(item)
    text = "\n\n".join(writer.blocks) + "\n" if writer.blocks else ""
    return CarriedOver(text, writer.rules, tuple(writer.notes), tuple(writer.hints))


class _Writer:
    def __init__(self, file: str) -> None:
        self._file = file
        self._names = Names()
        self._broken: str | None = None
        """Why no more rules can be written."""
        self.blocks: list[str] = []
        self.rules = 0
        self.notes: list[str] = []
        self.hints: list[str] = []

    def add(self, item: Item) -> None:
        """Write a rule, or say what is lost or else to be known."""
        if not isinstance(item, Draft):
            self._note(item)
            return
        problem = self._broken or _problem(item)
        table = _table(item) if problem is None else {}
        problem = problem or _refusal(table)
        if problem is None:
            self._write(table)
            return
        self._note(Note(item.place, problem, print_table("rules", table) if table else ""))
        if item.ending is not None and item.enabled and not self._broken:
            self._stop_instead(item, problem)

    def _stop_instead(self, draft: Draft, problem: str) -> None:
        """Let a message that a rule was to end for stay: the rules behind it are not meant for it."""
        table = _table(replace(draft, flags=(), copies=(), ending=End.STAY))
        if _refusal(table) is None:
            self._write(table)
        else:
            self._broken = f"it stands behind a rule that could not be carried over: {problem}"

    def _write(self, table: dict[str, Toml]) -> None:
        table["name"] = self._names.unique(str(table["name"]))
        self.blocks.append(print_table("rules", table))
        self.rules += 1

    def _note(self, note: Note | Hint) -> None:
        kind, said = ("not carried over", self.notes) if isinstance(note, Note) else ("note", self.hints)
        text = f"{note.place if note.place.line else self._file}: {kind}: {note.reason}"
        if text in said:
            return
        said.append(text)
        quoted = [printable(line.rstrip("\r")) for line in note.source.split("\n")] if note.source else []
        lines = [*quoted[:_MOST_SOURCE], "…"] if len(quoted) > _MOST_SOURCE else quoted
        self.blocks.append("\n".join([f"# {printable(text)}", *(f"#     {line}".rstrip() for line in lines)]))


def _table(draft: Draft) -> dict[str, Toml]:
    then: dict[str, Toml] = dict(_flags(draft))
    copies: list[Toml] = [shown(copy) for copy in draft.copies]
    if copies:
        then["copy"] = copies[0] if len(copies) == 1 else copies
    match draft.ending:
        case tuple() as mailbox:
            then["move"] = shown(mailbox)
        case End.STAY:
            then["stop"] = True
        case End.REMOVE:
            then["expunge"] = True
    match: Toml = "everything" if draft.guard == TRUE else dict(as_match(draft.guard))
    enabled: dict[str, Toml] = {} if draft.enabled else {"enabled": False}
    return {"name": draft.name or name_by(then), **enabled, "match": match, "then": then}


def _flags(draft: Draft) -> Iterator[tuple[str, Toml]]:
    """Put changes of flags together that follow each other in one rule; the last word on a flag counts."""
    replaced = False
    wishes: dict[str, tuple[str, bool]] = {}
    for change, flags in draft.flags:
        if change == "set":
            replaced, wishes = True, {}
        for flag in flags:
            wishes[flag.lower()] = (flag, change != "remove")
    added: list[Toml] = [flag for flag, is_set in wishes.values() if is_set]
    removed: list[Toml] = [flag for flag, is_set in wishes.values() if not is_set]
    if replaced:
        yield "set_flags", added
        return
    if added:
        yield "add_flags", added[0] if len(added) == 1 else added
    if removed:
        yield "remove_flags", removed[0] if len(removed) == 1 else removed


def _problem(draft: Draft) -> str | None:
    """Say why the values of a rule's targets can't be had; None if they can."""
    targets = [*draft.copies, *([draft.ending] if isinstance(draft.ending, tuple) else [])]
    present = [item for item in conjuncts(draft.guard) if isinstance(item, Atom)]
    for piece in (piece for target in targets for piece in target):
        if not isinstance(piece, Placeholder) or piece.of is None:
            continue
        if piece.of not in present:
            return f"{piece.text} is captured by a condition that does not stand in the same rule"
        path = _field(piece.of.table)
        if sum(_field(atom.table) == path for atom in present) > 1:
            return f"{piece.text} could be captured by several conditions of the rule"
    return None


def _field(table: Mapping[str, Toml]) -> tuple[str, ...]:
    """Give the keys that lead to the operators."""
    keys: list[str] = []
    value: Toml | Mapping[str, Toml] = table
    while isinstance(value, Mapping) and len(value) == 1:
        key, value = next(iter(value.items()))
        keys.append(key)
    return tuple(keys[:-1] if not isinstance(value, Mapping) else keys)


def _refusal(table: Mapping[str, Toml]) -> str | None:
    """Let rules themselves say whether this is one."""
    try:
        Rule.model_validate(table)
    except ValidationError as error:
        return f"rules do not take this: {excerpt(_messages(error), 300)}"
    return None


def _messages(error: ValidationError) -> str:
    return "; ".join(problem["msg"] for problem in error.errors())
