"""How mailboxes are shared out among connections."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailrules.daemon.layout import Layout, arrange
from mailrules.imap import MailboxName


def names(text: str) -> tuple[MailboxName, ...]:
    return tuple(MailboxName.from_text(name) for name in text.split())


def layout(held: str, lead: str, rounds: str = "") -> Layout:
    return Layout(names(held), names(lead)[0] if lead else None, names(rounds))


@pytest.mark.parametrize(
    ("watched", "connections", "expected"),
    [
        ("", 5, layout("", "")),
        ("INBOX", 5, layout("", "INBOX")),
        ("INBOX A B", 5, layout("INBOX A", "B")),
        ("INBOX A B C D", 5, layout("INBOX A B C", "D")),
        ("INBOX A B C D E F", 5, layout("INBOX A B C", "D", "E F")),
        ("INBOX A B", 1, layout("", "INBOX", "A B")),
        ("INBOX A B", 2, layout("INBOX", "A", "B")),
    ],
)
def test_the_first_mailboxes_get_connections_and_the_rest_is_visited(
    watched: str, connections: int, expected: Layout
) -> None:
    assert arrange(names(watched), connections) == expected


@pytest.mark.parametrize(
    ("before", "watched", "expected"),
    [
        (layout("", "INBOX"), "INBOX A", layout("A", "INBOX")),
        (layout("INBOX", "A", "B"), "INBOX B A", layout("INBOX", "A", "B")),
        (layout("INBOX", "A", "B C"), "A B C", layout("B", "A", "C")),
        (layout("INBOX", "A", "B"), "INBOX B", layout("INBOX", "B")),
        (layout("INBOX", "A"), "INBOX", layout("INBOX", "")),
        (layout("INBOX", "A"), "", layout("", "")),
    ],
)
def test_what_is_watched_already_stays_where_it_is(before: Layout, watched: str, expected: Layout) -> None:
    assert arrange(names(watched), 2, before) == expected


some_names = st.lists(st.sampled_from(names("INBOX A B C D E F G")), unique=True)


@given(before=some_names, watched=some_names, connections=st.integers(1, 5))
def test_every_watched_mailbox_has_exactly_one_place_and_no_connection_too_many(
    before: list[MailboxName], watched: list[MailboxName], connections: int
) -> None:
    result = arrange(watched, connections, arrange(before, connections))
    lead = () if result.lead is None else (result.lead,)
    placed = (*result.held, *lead, *result.rounds)
    assert sorted(placed, key=lambda name: name.raw) == sorted(watched, key=lambda name: name.raw)
    assert len(result.held) + 1 <= max(connections, 1)
    assert not result.rounds or len(result.held) == connections - 1
