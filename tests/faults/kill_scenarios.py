r"""What the daemon has to do while it is killed: rules, mail, and how the mailboxes must look in the end.

Every mailbox holds bystanders: of the same subject under another Message-ID, marked \Deleted by somebody else, marked
otherwise; and each target a message from before that is the very one which is to come, a second time.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from tests.builders import message
from tests.faults.checking import Copy, Mailboxes

LOWERINGS: Mapping[str, tuple[str, ...]] = {"MOVE": (), "UIDPLUS": ("MOVE",), "neither": ("MOVE", "UIDPLUS")}
"""What the server lacks, by the row of the table of lowerings."""
DELETED = "\\Deleted"
DATE = "03-Mar-2025 10:00:00 +0000"
"""When all mail arrived that may be taken for other mail; more than a season ago."""
SUBJECT = "m"


@dataclass(frozen=True, slots=True)
class Mail:
    """One message to be appended to a mailbox; `date` is as in INTERNALDATE, empty for now."""

    mailbox: str
    name: str
    flags: frozenset[str] = frozenset()
    subject: str = SUBJECT
    date: str = ""

    @property
    def message_id(self) -> str:
        """Its Message-ID."""
        return f"<{self.name}@example.com>"

    @property
    def data(self) -> bytes:
        """The message itself."""
        return message(self.subject, message_id=self.message_id)


@dataclass(frozen=True, slots=True)
class Scenario:
    """One rule, on `accounts` accounts at once, and mail for it in `source`.

    `ending` is the mailbox to which messages are moved; empty: they are expunged. A `fresh` one is not there before.
    `every`: the rule runs by the clock, over mail that is old. `live`: the mail comes while the daemon idles, which the
    server tells of by NOTIFY, in the selected mailbox or in another one, unless that is what it `lacks`.
    """

    name: str
    then: tuple[str, ...]
    ending: str
    copies: tuple[str, ...] = ()
    add: frozenset[str] = frozenset()
    remove: frozenset[str] = frozenset()
    accounts: int = 1
    source: str = "INBOX"
    fresh: bool = False
    every: str = ""
    live: bool = False
    watch: tuple[str, ...] = ("INBOX",)
    """What the daemon watches; the mail comes into the last of it, if it is no clock that brings the rule to it."""
    lacks: tuple[str, ...] = ()

    @property
    def rules(self) -> str:
        """The rule, as TOML."""
        lines = ["[[rules]]", 'name = "rule"', f'match.subject = "{SUBJECT}"']
        if self.every:
            lines += [f'every = "{self.every}"', f'mailboxes = ["{self.source}"]', 'match.age.over = "90 days"']
        return "\n".join([*lines, *(f"then.{line}" for line in self.then)]) + "\n"

    @property
    def before(self) -> list[Mail]:
        """What is there before the daemon comes to know the account."""
        bystanders = [
            Mail(mailbox, f"{kind}.{mailbox}", frozenset(flags))
            for mailbox in sorted({"INBOX", self.source, *self._targets})
            for kind, flags in (("same", ()), ("deleted", (DELETED,)), ("marked", ("\\Seen", "$Theirs")))
        ]
        earlier = [Mail(mailbox, "plain", date=DATE) for mailbox in self._targets]
        return bystanders + earlier

    @property
    def new(self) -> list[Mail]:
        """What comes then and is the rule's."""
        kinds = (("plain", ()), ("marked", ("\\Flagged", "$Theirs", "$Drop")), ("seen", ("\\Seen",)))
        return [Mail(self.source, kind, frozenset(flags), date=DATE) for kind, flags in kinds]

    @property
    def beside(self) -> list[Mail]:
        """What comes with it and is not the rule's."""
        kinds = (("stays", ()), ("stays.deleted", (DELETED, "\\Answered", "$Theirs")))
        return [Mail(self.source, kind, frozenset(flags), "other", DATE) for kind, flags in kinds]

    @property
    def _targets(self) -> list[str]:
        return [mailbox for mailbox in (*self.copies, self.ending) if mailbox and not self.fresh]

    @property
    def bystanders(self) -> frozenset[str]:
        """The Message-IDs of what must stay as it is."""
        ours = {mail.message_id for mail in self.new}
        return frozenset(mail.message_id for mail in (*self.before, *self.beside)) - ours

    def after(self, lowering: str) -> Mailboxes:
        r"""How the mailboxes of one account must look in the end.

        Where the server can't expunge by UID, what was moved away stays in the source, marked \Deleted.
        """
        expected: dict[str, Counter[Copy]] = {}
        for mail in (*self.before, *self.beside):
            _put(expected, mail.mailbox, mail.message_id, mail.flags)
        for mail in self.new:
            flags = (mail.flags | self.add) - self.remove
            for mailbox in (*self.copies, self.ending):
                if mailbox:
                    _put(expected, mailbox, mail.message_id, flags)
            if lowering == "neither":
                _put(expected, self.source, mail.message_id, flags | {DELETED})
        return expected


def _put(mailboxes: dict[str, Counter[Copy]], mailbox: str, message_id: str, flags: Iterable[str]) -> None:
    mailboxes.setdefault(mailbox, Counter())[Copy(message_id, frozenset(flags))] += 1


_MOVE = 'move = "Lists"'
_COPY = 'copy = "Archive"'
_FLAGS = ('add_flags = ["$Work", "\\\\Seen"]', 'remove_flags = ["$Drop"]')
_ALL = (*_FLAGS, _COPY, _MOVE)
_ADD, _REMOVE = frozenset({"$Work", "\\Seen"}), frozenset({"$Drop"})

SCENARIOS = (
    Scenario("move", (_MOVE,), "Lists"),
    Scenario("copy + move", (_COPY, _MOVE), "Lists", ("Archive",)),
    Scenario("flags + move", (*_FLAGS, _MOVE), "Lists", (), _ADD, _REMOVE),
    Scenario("copy + expunge", (_COPY, "expunge = true"), "", ("Archive",)),
    Scenario("trash", ("trash = true",), "Trash"),
    Scenario("move to a new mailbox", ('move = "Lists/New"',), "Lists/New", fresh=True),
    Scenario("two accounts", _ALL, "Lists", ("Archive",), _ADD, _REMOVE, accounts=2),
    Scenario("while it idles", _ALL, "Lists", ("Archive",), _ADD, _REMOVE, live=True, lacks=("NOTIFY",)),
    Scenario("shown by NOTIFY", _ALL, "Lists", ("Archive",), _ADD, _REMOVE, live=True),
    Scenario(
        "told by NOTIFY", _ALL, "Lists", ("Archive",), _ADD, _REMOVE, source="Box", live=True, watch=("INBOX", "Box")
    ),
    Scenario("by the clock", _ALL, "Lists", ("Archive",), _ADD, _REMOVE, source="Box", every="1 day"),
    Scenario("expunge by the clock", ("expunge = true",), "", source="Box", every="1 day"),
)
