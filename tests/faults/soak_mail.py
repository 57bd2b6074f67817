"""The mail of the soak: what comes, what becomes of it, and a second client that refills and empties mailboxes."""

from __future__ import annotations

import imaplib
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from tests.builders import message
from tests.servers.dovecot import HOST, PASSWORD, Dovecot

KINDS = (*["filed"] * 8, *["copied"] * 5, *["kept"] * 3, *["trashed"] * 2, "seen", "stays")
"""Of twenty messages in a row, what becomes of each."""
PLACES: Mapping[str, Sequence[str]] = {
    "filed": ["Filed"],
    "copied": ["Archive", "Lists"],
    "kept": ["Kept"],
    "trashed": ["Trash"],
    "seen": ["INBOX"],
    "stays": ["INBOX"],
}
MAILBOXES = ("INBOX", "Filed", "Archive", "Lists", "Kept", "Trash")
ACTING = len(KINDS) - KINDS.count("stays")
_FLAGS = {"filed": "$work", "seen": r"\seen"}
_STOCK = "Stock"
_LINE = re.compile(rb"FLAGS \((?P<flags>[^)]*)\)")
_WORDS = re.compile(rb"Subject: (?P<kind>\w+) (?P<number>\d+)")


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one round has come to: messages that are nowhere, twice, or have not the flags that they should."""

    lost: int
    doubled: int
    unflagged: int


def acted_on(twenties: int) -> int:
    """How many of a round's messages have a rule that acts."""
    return ACTING * twenties


class OtherClient:
    """Another mail client of the same user."""

    def __init__(self, imap: imaplib.IMAP4, twenties: int) -> None:
        self._imap = imap
        self._twenties = twenties
        counts = Counter(KINDS)
        self._expected: Counter[str] = Counter()
        for kind, places in PLACES.items():
            self._expected.update(dict.fromkeys(places, counts[kind] * twenties))

    def stock(self) -> None:
        """Make the mailboxes, and put a round's mail into one that nobody watches."""
        for name in (_STOCK, *MAILBOXES):
            self._imap.create(name)
        for number in range(self._twenties):
            for place, kind in enumerate(KINDS):
                subject = f"{kind} {number * len(KINDS) + place}"
                self._imap.append(_STOCK, "", "", message(subject))

    def refill(self) -> None:
        """Let a round's mail come into INBOX."""
        self._imap.select(_STOCK)
        _require(self._imap.uid("COPY", "1:*", "INBOX"))

    def counts(self) -> Mapping[str, int]:
        """Ask how many messages each mailbox has."""
        found = {}
        for name in MAILBOXES:
            answer = _require(self._imap.status(name, "(MESSAGES)"))[0]
            found[name] = int(answer.rsplit(b" ", 1)[1].rstrip(b")"))
        return found

    @property
    def expected(self) -> Mapping[str, int]:
        """How many there are in each at the end of a round."""
        return self._expected

    def judge_and_empty(self) -> Verdict:
        """Look at each message of the round, then expunge them all."""
        seen: Counter[tuple[str, bytes]] = Counter()
        unflagged = 0
        for name in MAILBOXES:
            self._imap.select(name)
            for kind, number, flags in self._messages():
                seen[name, b"%b %b" % (kind, number)] += 1
                unflagged += _FLAGS.get(kind.decode(), "") not in flags.decode().lower()
            self._imap.uid("STORE", "1:*", "+FLAGS.SILENT", r"(\Deleted)")
            _require(self._imap.expunge())
        wanted = {
            (place, b"%b %d" % (kind.encode(), number * len(KINDS) + index))
            for number in range(self._twenties)
            for index, kind in enumerate(KINDS)
            for place in PLACES[kind]
        }
        lost = len(wanted - seen.keys())
        doubled = sum(count - 1 for count in seen.values()) + len(seen.keys() - wanted)
        return Verdict(lost, doubled, unflagged)

    def _messages(self) -> Iterator[tuple[bytes, bytes, bytes]]:
        answer = self._imap.uid("FETCH", "1:*", "(FLAGS BODY.PEEK[HEADER.FIELDS (SUBJECT)])")[1]
        for item in answer:
            if not isinstance(item, tuple):
                continue
            line, words = _LINE.search(item[0]), _WORDS.search(item[1])
            assert line is not None, item
            assert words is not None, item
            yield words["kind"], words["number"], line["flags"]


@contextmanager
def other_client(server: Dovecot, user: str, twenties: int) -> Iterator[OtherClient]:
    """Sign the other client in, past every proxy."""
    imap = imaplib.IMAP4(HOST, server.ports.imap, timeout=300)
    try:
        imap.login(user, PASSWORD)
        yield OtherClient(imap, twenties)
    finally:
        imap.shutdown()


def _require(answer: tuple[str, list[bytes]]) -> list[bytes]:
    if answer[0] != "OK":
        raise RuntimeError(str(answer))
    return answer[1]
