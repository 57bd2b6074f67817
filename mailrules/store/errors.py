"""The ways in which the state can fail its reader, each with a sentence for the person who has to act.

::

    StateError            the state cannot be used now: disk full, read-only, no permission, closed
      StateTooNew         a newer mailrules wrote it
      StateTooOld         an older one did, and whoever only reads may not migrate it
      StateDamaged        it is no mailrules state, or its bytes are broken
      Locked              another process holds the account's lease
"""

from pathlib import Path


class StateError(Exception):
    """The state cannot be read or written; its text says why and what to do."""


class StateTooNew(StateError):
    """The state was written by a newer mailrules, whose schema this one does not know."""


class StateTooOld(StateError):
    """The state was written by an older mailrules, and is to be read as it is."""


class StateDamaged(StateError):
    """The file is not a mailrules state, or it is one whose content is broken."""


class Locked(StateError):
    """Another process works on this account: `pid` is its process id, None when it could not be read."""

    def __init__(self, account: str, pid: int | None, database: Path) -> None:
        holder = f"process {pid}" if pid is not None else "another process"
        what = f"account '{account}' is in use by {holder}: stop it, or wait until it has finished"
        super().__init__(f"{database}: {what}")
        self.account = account
        self.pid = pid
