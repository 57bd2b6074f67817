"""What commands print: tables and colours on a terminal, plain lines elsewhere, JSON where asked for.

Rich is imported by what draws with it: to import it takes as long as to read some hundred rules.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from mailrules.engine.outcome import ActionDone, ActionKind
from mailrules.rules.text import is_unprintable, printable

if TYPE_CHECKING:
    from rich.console import Console

Json = Mapping[str, object] | Sequence[object]


def console() -> Console:
    """Give a console that neither wraps nor guesses: what is piped stays one line a line."""
    from rich.console import Console  # noqa: PLC0415 - see above

    return Console(highlight=False, markup=False, emoji=False, soft_wrap=True)


def print_json(value: Json) -> None:
    """Print one object on a line of its own; what a terminal would obey is escaped."""
    text = json.dumps(value, ensure_ascii=False)
    print("".join(_json_escape(each) if is_unprintable(each) else each for each in text), flush=True)


def _json_escape(character: str) -> str:
    units = character.encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{units[at : at + 4]}" for at in range(0, len(units), 4))


def action_json(action: ActionDone) -> Mapping[str, object]:
    """Give an action as an object of one key: what is done, and where to or with which flags."""
    if action.target is not None:
        return {action.kind.value: action.target}
    whole = action.kind in {ActionKind.TRASH, ActionKind.EXPUNGE}
    return {action.kind.value: True if whole else list(action.flags)}


def print_table(headings: Sequence[str], rows: Iterable[Sequence[str | int | None]]) -> None:
    """Print a table: in columns on a terminal, else fields parted by tabs without a heading. None is an empty field."""
    rows = list(rows)
    if not sys.stdout.isatty():
        for row in rows:
            print_row(row)
        return
    from rich.table import Table  # noqa: PLC0415 - see above

    table = Table(box=None, pad_edge=False, header_style="bold")
    for place, heading in enumerate(headings):
        numbers = any(isinstance(row[place], int) for row in rows)
        table.add_column(heading, justify="right" if numbers else "left", overflow="fold")
    for row in rows:
        table.add_row(*map(_cell, row))
    console().print(table)


def print_row(row: Sequence[str | int | None]) -> None:
    """Print one line of fields parted by tabs."""
    print("\t".join(map(_cell, row)))


def _cell(value: str | int | None) -> str:
    return "" if value is None else printable(str(value))


def count(number: int, singular: str) -> str:
    """Say ``1 rule`` or ``3 rules``."""
    return f"{number:,} {singular}" if number == 1 else f"{number:,} {singular}s"
