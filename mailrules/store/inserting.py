"""Inserts rows several at a time, with what they have in common said once.

What is bound to a statement costs more than what SQLite does with it.
"""

import sqlite3
from collections.abc import Callable, Sequence
from itertools import chain

from mailrules.store.rows import Column, text_column

TOGETHER = (64, 8, 1)
"""So many rows go in one statement: few different statements, so that SQLite need not compile them anew."""


def values(rows: int, width: int, shared: int, constant: str) -> str:
    """Write the VALUES of so many rows: each its own parameters, then what `constant` says, in which ?1 is shared."""
    firsts = range(shared + 1, shared + 1 + rows * width, width)
    own = (", ".join(f"?{place}" for place in range(first, first + width)) for first in firsts)
    return "VALUES " + ", ".join(f"({each}{constant})" for each in own)


def insert_rows(
    db: sqlite3.Connection,
    statement: Callable[[int], str],
    shared: tuple[Column, ...],
    rows: Sequence[tuple[Column, ...]],
) -> None:
    """Insert rows by the statement for so many; first it takes what they share, then each row.

    Text need not be spelt: what is no Unicode shows itself.
    """
    done = 0
    for together in TOGETHER:
        while len(rows) - done >= together:
            bound = (*shared, *chain.from_iterable(rows[done : done + together]))
            try:
                db.execute(statement(together), bound)
            except UnicodeEncodeError:  # before anything was written
                db.execute(statement(together), [text_column(one) if isinstance(one, str) else one for one in bound])
            done += together
