"""The state: the journal of what was decided and done, and the checkpoint of every mailbox.

`base` says what a state can do, `values` what it holds. `sqlite` keeps it in one file, written by the one thread in
`writer`.
"""

from mailrules.store.base import FINGERPRINTS, MARKS_KEPT, MET_BEFORE, USES_KEPT, Store
from mailrules.store.database import connect_to_read
from mailrules.store.errors import Locked, StateDamaged, StateError, StateTooNew, StateTooOld
from mailrules.store.lease import holders
from mailrules.store.origin import Origin
from mailrules.store.snapshot import copy_state
from mailrules.store.sqlite import SqliteStore
from mailrules.store.values import (
    Acted,
    Arrival,
    Arrivals,
    Awaited,
    Checkpoint,
    Counts,
    Entry,
    EntryState,
    HistoryQuery,
    Marked,
    Met,
    MetBefore,
    Naming,
    Own,
    Replay,
    Seen,
    Step,
    StepKind,
    StepState,
)

__all__ = [
    "FINGERPRINTS",
    "MARKS_KEPT",
    "MET_BEFORE",
    "USES_KEPT",
    "Acted",
    "Arrival",
    "Arrivals",
    "Awaited",
    "Checkpoint",
    "Counts",
    "Entry",
    "EntryState",
    "HistoryQuery",
    "Locked",
    "Marked",
    "Met",
    "MetBefore",
    "Naming",
    "Origin",
    "Own",
    "Replay",
    "Seen",
    "SqliteStore",
    "StateDamaged",
    "StateError",
    "StateTooNew",
    "StateTooOld",
    "Step",
    "StepKind",
    "StepState",
    "Store",
    "connect_to_read",
    "copy_state",
    "holders",
]
