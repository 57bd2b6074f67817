"""Copies a state that may be in use, so that it can be looked at without being changed or held up."""

import sqlite3
from contextlib import closing
from pathlib import Path

from mailrules.store.database import explain, look


def copy_state(state: Path, to: Path) -> None:
    """Copy the state as it is at this moment; nothing, if there is none yet. Raises StateError.

    Whoever works on it goes on meanwhile: its lease is not asked for.
    """
    if not state.exists():
        return
    to.touch(mode=0o600)
    try:
        with closing(look(state)) as db, closing(sqlite3.connect(to)) as copy:
            db.backup(copy)
    except sqlite3.Error as error:
        raise explain(error, state) from error
