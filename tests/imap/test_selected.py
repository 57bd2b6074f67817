"""The selected mailbox follows what the server tells of it."""

from __future__ import annotations

import pytest

from mailrules.imap import INBOX, SelectedMailbox
from mailrules.imap.parser import parse


def after(*lines: str) -> SelectedMailbox:
    """Return a mailbox of five messages after these responses."""
    mailbox = SelectedMailbox(INBOX, exists=5)
    for line in lines:
        mailbox.update(parse(line.encode()))
    return mailbox


@pytest.mark.parametrize(
    ("lines", "exists", "arrived"),
    [
        (["* 5 EXISTS"], 5, 0),
        (["* 8 EXISTS"], 8, 3),
        (["* 6 EXISTS", "* 7 EXISTS"], 7, 2),
        (["* 1 EXPUNGE", "* 5 EXISTS"], 5, 1),
        (["* 1 EXPUNGE", "* 1 EXPUNGE"], 3, 0),
        (["* 2 EXISTS"], 2, 0),
        (["* 2 EXISTS", "* 3 EXISTS"], 3, 1),
        (["* VANISHED 1,7:8", "* 3 EXISTS"], 3, 1),
        (["* VANISHED (EARLIER) 1:3"], 5, 0),
        (["* VANISHED 1:100"], 0, 0),
        (["* OK Still here", "* 3 FETCH (FLAGS ())", "nonsense"], 5, 0),
    ],
)
def test_arrivals_are_counted_whatever_goes(lines: list[str], exists: int, arrived: int) -> None:
    mailbox = after(*lines)
    assert (mailbox.exists, mailbox.arrived) == (exists, arrived)


def test_codes_change_what_they_are_about() -> None:
    mailbox = after(
        "* OK [UIDVALIDITY 3] x",
        "* OK [UIDNEXT 9] x",
        "* OK [PERMANENTFLAGS (\\Seen \\*)] x",
        "* OK [HIGHESTMODSEQ 12]",
        "* FLAGS (\\Seen)",
        "* 2 RECENT",
        "a OK [READ-ONLY] x",
    )
    assert mailbox == SelectedMailbox(
        INBOX, 5, 2, 0, 3, 9, frozenset({"\\Seen"}), frozenset({"\\Seen", "\\*"}), 12, read_only=True
    )
    mailbox.update(parse(b"* OK [READ-WRITE] x"))
    assert not mailbox.read_only


def test_uidnext_is_what_select_said() -> None:
    """A later one may count messages that are not shown yet: who reads up to it would pass over them."""
    assert after("* OK [UIDNEXT 9] x", "* OK [UIDNEXT 12] x").uidnext == 9
