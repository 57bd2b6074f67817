"""NOTIFY: groups are written as RFC 5465 has them or refused here, and BADEVENT is read however it is written."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailrules.imap import (
    INBOX,
    ArgumentError,
    BadEvent,
    EventGroup,
    Filter,
    Items,
    Kind,
    MailboxName,
    Notify,
    NotifyEvent,
    NotifyWithStatus,
    OtherCode,
    ResponseCode,
    Tagged,
    header_fields,
)
from mailrules.imap.grammar import LiteralMode, segments
from mailrules.imap.parser import parse

NEW, GONE, CHANGED = NotifyEvent.MESSAGE_NEW, NotifyEvent.MESSAGE_EXPUNGE, NotifyEvent.FLAG_CHANGE


@pytest.mark.parametrize(
    ("group", "why"),
    [
        (EventGroup(Filter.SELECTED, (NEW,)), "go together"),
        (EventGroup(Filter.SELECTED, (CHANGED,)), "need MessageNew"),
        (EventGroup(Filter.SELECTED, (NotifyEvent.MAILBOX_NAME,)), "only messages"),
        (EventGroup(Filter.PERSONAL, (NEW, GONE), items=(Items.UID,)), "in the selected mailbox"),
        (EventGroup(Filter.SELECTED, (), items=(Items.UID,)), "in the selected mailbox"),
        (EventGroup(Filter.MAILBOXES, (NEW, GONE)), "names go with"),
        (EventGroup(Filter.INBOXES, (NEW, GONE), names=(INBOX,)), "names go with"),
    ],
)
def test_what_the_rfc_does_not_allow_is_refused_before_it_is_sent(group: EventGroup, why: str) -> None:
    with pytest.raises(ArgumentError, match=why):
        tuple(Notify((group,)).arguments())


def test_to_ask_for_nothing_is_refused() -> None:
    with pytest.raises(ArgumentError, match="nothing is asked for"):
        tuple(NotifyWithStatus(()).arguments())


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("BADEVENT (MessageNew MessageExpunge)", BadEvent(("MESSAGENEW", "MESSAGEEXPUNGE"))),
        ("BADEVENT AnnotationChange ServerMetadataChange", BadEvent(("ANNOTATIONCHANGE", "SERVERMETADATACHANGE"))),
        ("BADEVENT", BadEvent()),
        ("BADEVENT (MessageNew", OtherCode("BADEVENT", b"(MessageNew")),
    ],
)
def test_badevent_is_read_with_parentheses_and_without(written: str, code: ResponseCode) -> None:
    assert parse(f"a NO [{written}] no".encode()) == Tagged(b"a", Kind.NO, code, "no")


OTHERS = [Filter.INBOXES, Filter.PERSONAL, Filter.SUBSCRIBED]
NAMES = st.lists(
    st.text('a Z/.\\"()%*&é漢', min_size=1, max_size=12).map(MailboxName.from_text), min_size=1, max_size=4
).map(tuple)
FIELDS = st.sets(st.sampled_from(["From", "Subject", "List-Id"]), min_size=1).map(lambda names: (header_fields(names),))
GROUPS = (
    st.builds(
        EventGroup, st.sampled_from([Filter.SELECTED, Filter.SELECTED_DELAYED]), st.just((NEW, GONE)), items=FIELDS
    )
    | st.builds(EventGroup, st.sampled_from(OTHERS), st.sampled_from([(), (NEW, GONE), tuple(NotifyEvent)]))
    | st.builds(EventGroup, st.sampled_from([Filter.SUBTREE, Filter.MAILBOXES]), st.just((NEW, GONE)), names=NAMES)
)


@given(st.lists(GROUPS, min_size=1, max_size=3))
def test_what_is_allowed_is_written_on_one_line_with_a_list_for_each_group(groups: list[EventGroup]) -> None:
    words = tuple(NotifyWithStatus(groups).arguments())
    written = b"".join(segments(words, LiteralMode.LITERAL_PLUS))
    assert len(words) == len(groups)
    assert (written.startswith(b"("), written.endswith(b")\r\n"), written.count(b"\r\n")) == (True, True, 1)
