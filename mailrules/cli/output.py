"""What commands print: tables and colours on a terminal, plain lines elsewhere, JSON where asked for."""

import json
import sys
from collections.abc import Iterable, Mapping, Sequence

from rich.console import Console
from rich.table import Table

from mailrules.daemon.cleaning import cleaned

Json = Mapping[str, object] | Sequence[object]


def console() -> Console:
    """Give a console that neither wraps nor guesses: what is piped stays one line a line."""
    return Console(highlight=False, markup=False, emoji=False, soft_wrap=True)


def print_json(value: Json) -> None:
    """Print one object on a line of its own."""
    print(json.dumps(value, ensure_ascii=False), flush=True)


def print_table(headings: Sequence[str], rows: Iterable[Sequence[str | int | None]]) -> None:
    """Print a table: in columns on a terminal, else fields parted by tabs without a heading. None is an empty field."""
    rows = list(rows)
    cells = [["" if value is None else cleaned(str(value)) for value in row] for row in rows]
    if not sys.stdout.isatty():
        for row in cells:
            print("\t".join(row))
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for place, heading in enumerate(headings):
        numbers = any(isinstance(row[place], int) for row in rows)
        table.add_column(heading, justify="right" if numbers else "left", overflow="fold")
    for row in cells:
        table.add_row(*row)
    console().print(table)


def count(number: int, singular: str) -> str:
    """Say ``1 rule`` or ``3 rules``."""
    return f"{number:,} {singular}" if number == 1 else f"{number:,} {singular}s"
