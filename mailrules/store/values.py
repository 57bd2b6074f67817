"""The journal's values: what was decided about a message, step by step, and how far each mailbox has been read.

They know neither IMAP nor SQL. A mailbox is named by its raw bytes as the server spells them; every time is an
aware datetime; UIDs, UIDVALIDITYs and sizes (octets) are plain ints.
"""

from collections.abc import Mapping
from datetime import datetime
from enum import Enum

from mailrules.values import value


class Replay(Enum):
    """What may be done with a step whose answer was never seen."""

    REPEAT = "repeat"
    """Doing it twice is the same as doing it once."""
    CHECK_FIRST = "check first"
    """Doing it twice would double a message: source and target are looked at first."""


class StepKind(Enum):
    """One IMAP command's worth of work on one message."""

    STORE_FLAGS = "store flags"
    COPY = "copy"
    MOVE = "move"
    MARK_DELETED = "mark deleted"
    UID_EXPUNGE = "uid expunge"

    @property
    def replay(self) -> Replay:
        """How this kind of step is replayed after a crash."""
        return Replay.CHECK_FIRST if self in (StepKind.COPY, StepKind.MOVE) else Replay.REPEAT


class StepState(Enum):
    """How far a step has come."""

    BEGUN = "begun"
    """Its command may have been sent; no answer is known."""
    DONE = "done"
    FAILED = "failed"
    """Refused by the server for sure: it did not happen."""


class EntryState(Enum):
    """How far a message's plan has come."""

    BEGUN = "begun"
    """Being carried out; after a crash, this is what recovery starts from."""
    DONE = "done"
    PENDING = "pending"
    """To be tried again at `due`."""
    HELD = "held"
    """Needs a person."""
    GONE = "gone"
    """The message vanished before its turn; nothing is left to do."""

    @property
    def final(self) -> bool:
        """Whether nothing will be done about the entry any more."""
        return self in (EntryState.DONE, EntryState.GONE)


@value(frozen=True, slots=True, kw_only=True)
class Step:
    """One step of an entry.

    `add`, `remove` and `replace` (None: no replacing) are the flags of a STORE. `target` is a COPY's or MOVE's mailbox;
    `target_uidvalidity` and `target_uidnext` are what was known of it beforehand, `target_uid` is what the message
    became there (by COPYUID, by looking, or because `Store.arrivals` met it).
    """

    kind: StepKind
    rule: str
    add: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()
    replace: tuple[str, ...] | None = None
    target: bytes | None = None
    target_uidvalidity: int | None = None
    target_uidnext: int | None = None
    target_uid: int | None = None
    state: StepState = StepState.BEGUN

    def __post_init__(self) -> None:
        if self.target is None and self.kind.replay is Replay.CHECK_FIRST:
            raise ValueError(f"a {self.kind.value} step needs a target")


@value(frozen=True, slots=True, kw_only=True)
class Entry:
    """What was decided about one message, and how far it has come.

    `fingerprint` recognises the message in another mailbox. `rules` are those that acted, `ruleset` is the digest of
    the rules in force and `trace` their reasons as JSON. `chain` says whether rules may run again on the message in its
    target, `hops` how often it has been moved on before. `sender` and `subject` are what people know the message by.
    `undoes` is the id of the entry whose steps this one takes back. `retried` is when a person last had it tried again.
    The store gives `id`, `begun` and `finished`.
    """

    account: str
    mailbox: bytes
    uidvalidity: int
    uid: int
    message_id: str
    fingerprint: str
    internaldate: datetime
    size: int
    prior_flags: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()
    ruleset: str = ""
    trace: str = "[]"
    chain: bool = False
    hops: int = 0
    steps: tuple[Step, ...] = ()
    state: EntryState = EntryState.BEGUN
    attempts: int = 0
    due: datetime | None = None
    reason: str = ""
    id: int | None = None
    begun: datetime | None = None
    finished: datetime | None = None
    sender: str = ""
    subject: str = ""
    undoes: int | None = None
    retried: datetime | None = None

    def __post_init__(self) -> None:
        if self.state is EntryState.PENDING and self.due is None:
            raise ValueError("a pending entry needs the time at which it is due")


@value(frozen=True, slots=True, kw_only=True)
class HistoryQuery:
    """Which of the journal's entries are wanted; what is None or empty asks for nothing.

    In one of `mailboxes` the message was found, or a step had it for its target. `rule` acted on it. `since`
    and `until` (exclusive) are when mailrules took responsibility for the message. `sender` and `subject` are in those,
    in whatever case. At most `limit` entries come, the newest; `after` is the id of the last one of those that
    came before.
    """

    account: str | None = None
    mailboxes: frozenset[bytes] = frozenset()
    rule: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    message_id: str | None = None
    states: frozenset[EntryState] = frozenset()
    ids: tuple[int, ...] = ()
    sender: str = ""
    subject: str = ""
    limit: int | None = None
    after: int | None = None


@value(frozen=True, slots=True)
class Naming:
    """How a server names the user's own mailboxes: what to begin with, what parts the levels (None: there are none).

    `foreign` are the beginnings of the names of other users' and shared mailboxes.
    """

    prefix: str
    delimiter: str | None
    foreign: tuple[str, ...] = ()


@value(frozen=True, slots=True)
class Checkpoint:
    """How far a mailbox has been handled: every message up to `uid`; `newest` is the latest INTERNALDATE among them."""

    account: str
    mailbox: bytes
    uidvalidity: int
    uid: int
    newest: datetime | None = None


@value(frozen=True, slots=True)
class Seen:
    """A message as it was met in a mailbox."""

    uid: int
    fingerprint: str
    internaldate: datetime


@value(frozen=True, slots=True)
class Met:
    """A mark that a message of the batch leaves: by `key` it is known again as a duplicate among those of `handle`.

    The message itself is known again by its place, whatever the server tells of it, and by its fingerprint, wherever it
    has been moved. `received` is its INTERNALDATE.
    """

    account: str
    mailbox: bytes
    uidvalidity: int
    uid: int
    fingerprint: str
    received: datetime
    handle: str
    key: str


@value(frozen=True, slots=True)
class MetBefore:
    """A message that has left a mark; `order` numbers the messages as they were met."""

    received: datetime
    order: int


@value(frozen=True, slots=True)
class Marked:
    """Who left one mark: the `newest` of all messages that did, and of those that were asked about each, by UID."""

    newest: tuple[MetBefore, ...]
    own: Mapping[int, MetBefore]


@value(frozen=True, slots=True)
class Acted:
    """A use of a rule: it acts on this message of the batch."""

    rule: str
    uidvalidity: int
    uid: int


@value(frozen=True, slots=True)
class Own:
    """The arrival is mailrules' own doing, by this entry; `chain`, `hops` and `rules` are that entry's."""

    entry: int
    chain: bool
    hops: int
    rules: tuple[str, ...]


@value(frozen=True, slots=True)
class Awaited:
    """The arrival may be the doing of these entries, whose COPY or MOVE has no answer yet: wait until they settle."""

    entries: tuple[int, ...]


Arrival = Own | Awaited
Arrivals = Mapping[int, Arrival]
"""By UID. A message that is not in it is a genuine delivery."""


@value(frozen=True, slots=True)
class Counts:
    """How many of a mailbox's messages wait to be tried again, and how many need a person."""

    pending: int
    held: int
