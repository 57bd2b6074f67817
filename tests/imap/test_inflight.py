"""What came together is handed out at once, to the commands that would get each by itself."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailrules.imap import (
    INBOX,
    UID,
    ClientProtocol,
    Completed,
    Items,
    MessageData,
    Response,
    Select,
    SeqNum,
    UidFetch,
    UIDSet,
)
from mailrules.imap.commands.base import Share

WINDOW = 300


@given(
    st.sets(st.integers(1, 9), min_size=1),
    st.lists(st.tuples(st.none() | st.integers(1, 9), st.none() | st.just(4)), min_size=1),
)
def test_the_share_of_a_fetch_in_many_responses_agrees_with_what_it_claims_one_by_one(
    uids: set[int], told: list[tuple[int | None, int | None]]
) -> None:
    command = UidFetch(UIDSet(map(UID, uids)), (Items.UID, Items.SIZE))
    responses = [MessageData(SeqNum(1), None if uid is None else UID(uid), size=size) for uid, size in told]
    claimed = [command.claims(response) for response in responses]
    share = command.share(responses)
    assert share is Share.SOME or share is (Share.ALL if all(claimed) else Share.NONE)
    assert share is not Share.NONE or not any(claimed)


def test_messages_of_several_windows_are_not_looked_at_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server may answer all before it completes the first, and one reading may bring the answers to several."""
    protocol = ClientProtocol()
    protocol.receive_data(b"* PREAUTH hi\r\n")
    protocol.send(Select(INBOX))
    protocol.receive_data(b"A1 OK\r\n")
    firsts = range(1, 4 * WINDOW, WINDOW)
    for first in firsts:
        protocol.send(UidFetch(UIDSet.from_ranges([(first, first + WINDOW - 1)]), (Items.UID, Items.FLAGS)))
    protocol.data_to_send()
    protocol.events()
    looked_at: list[Response] = []
    claims = UidFetch.claims

    def counted(self: UidFetch, response: Response) -> bool:
        looked_at.append(response)
        return claims(self, response)

    monkeypatch.setattr(UidFetch, "claims", counted)
    protocol.receive_data(b"".join(b"* %d FETCH (UID %d FLAGS ())\r\n" % (n, n) for n in range(1, 4 * WINDOW + 1)))
    protocol.receive_data(b"".join(b"A%d OK\r\n" % (number + 2) for number in range(4)))
    answers = [event.answer.untagged for event in protocol.events() if isinstance(event, Completed)]
    assert [[first, WINDOW] for first in firsts] == [
        [min(one.seq for one in answer if isinstance(one, MessageData)), len(answer)] for answer in answers
    ]
    assert len(looked_at) < WINDOW
