"""A mailbox of many messages is made of few."""

from __future__ import annotations

from tests.bench.stock import Stock
from tests.servers.dovecot import Dovecot


def test_a_large_mailbox_has_the_same_letters_again_and_again(dovecot: Dovecot) -> None:
    stock = Stock(dovecot, 3)
    user = stock.large_user(8)
    found = dovecot.look(user)["INBOX"]
    again = [found[each % 3] for each in range(8)]
    assert [*range(1, 9)] == [message.uid for message in found]
    assert [message.message_id for message in again] == [message.message_id for message in found]
    assert 8 == stock.left(user)
