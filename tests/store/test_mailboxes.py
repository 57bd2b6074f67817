"""The state remembers the last LIST, the mailboxes it made, and the messages it has met."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from mailrules.store import FINGERPRINTS, Naming, SqliteStore
from tests.store.builders import ACCOUNT, INBOX, LISTS, NOW, checkpoint, entry, seen

if TYPE_CHECKING:
    from pathlib import Path


async def test_before_the_first_list_no_mailboxes_are_known(store: SqliteStore) -> None:
    """The first run is told from an account without mailboxes."""
    await store.set_checkpoint(checkpoint(1))
    assert await store.known_mailboxes(ACCOUNT) is None
    await store.remember_mailboxes(ACCOUNT, {})
    assert {} == await store.known_mailboxes(ACCOUNT)
    assert await store.known_mailboxes("private") is None


async def test_the_last_list_is_the_one_that_counts(store: SqliteStore) -> None:
    await store.remember_mailboxes(ACCOUNT, {INBOX: 1, LISTS: 2, b"Old": 3})
    listed: dict[bytes, int | None] = {INBOX: 1, LISTS: 5, b"New": None}
    await store.remember_mailboxes(ACCOUNT, listed)
    assert listed == await store.known_mailboxes(ACCOUNT)


async def test_a_list_that_says_nothing_new_costs_no_commit(store: SqliteStore) -> None:
    await store.remember_mailboxes(ACCOUNT, {INBOX: 1, LISTS: 2})
    before = store.commits
    await store.remember_mailboxes(ACCOUNT, {LISTS: 2, INBOX: 1})
    assert before == store.commits


async def test_a_mailbox_that_comes_back_is_new_but_keeps_its_checkpoint(store: SqliteStore) -> None:
    await store.remember_mailboxes(ACCOUNT, {INBOX: 7})
    await store.set_checkpoint(checkpoint(9))
    await store.remember_mailboxes(ACCOUNT, {})
    assert {} == await store.known_mailboxes(ACCOUNT)
    assert checkpoint(9) == await store.checkpoint(ACCOUNT, INBOX)


async def test_created_mailboxes_are_counted_by_account_and_time(store: SqliteStore) -> None:
    await store.begin([entry(1)], None, created=[b"A", b"B"], now=NOW)
    await store.begin([entry(2)], None, created=[b"C"], now=NOW + timedelta(hours=1))
    await store.begin([entry(1, account="private")], None, created=[b"A"], now=NOW)
    assert 3 == await store.created_since(ACCOUNT, NOW)
    assert 1 == await store.created_since(ACCOUNT, NOW + timedelta(minutes=1))
    await store.prune(NOW + timedelta(minutes=1), now=NOW)
    assert 1 == await store.created_since(ACCOUNT, NOW)


async def test_the_last_ten_thousand_messages_are_remembered(store: SqliteStore) -> None:
    await store.begin([], checkpoint(FINGERPRINTS), [seen(uid) for uid in range(1, FINGERPRINTS + 1)], now=NOW)
    await store.begin([], checkpoint(FINGERPRINTS + 2), [seen(FINGERPRINTS + 2), seen(FINGERPRINTS + 1)], now=NOW)
    remembered = await store.fingerprints(ACCOUNT, INBOX)
    assert FINGERPRINTS == len(remembered)
    assert {f"fingerprint-{uid}" for uid in range(3, FINGERPRINTS + 3)} == remembered


async def test_of_a_batch_that_is_larger_than_the_memory_the_newest_are_remembered(store: SqliteStore) -> None:
    await store.begin([], checkpoint(10_500), [seen(uid) for uid in range(10_500, 0, -1)], now=NOW)
    assert {f"fingerprint-{uid}" for uid in range(501, 10_501)} == await store.fingerprints(ACCOUNT, INBOX)


async def test_each_mailbox_remembers_its_own(store: SqliteStore) -> None:
    await store.begin([], checkpoint(1, b"A"), [seen(1)], now=NOW)
    await store.begin([], checkpoint(2, b"B"), [seen(2)], now=NOW)
    assert {"fingerprint-1"} == await store.fingerprints(ACCOUNT, b"A")
    assert frozenset() == await store.fingerprints(ACCOUNT, b"C")


async def test_how_a_server_names_mailboxes_is_known_after_the_first_sign_in(path: Path) -> None:
    async with SqliteStore(path) as store:
        await store.remember_mailboxes(ACCOUNT, {})
        assert await store.naming(ACCOUNT) is None
        await store.remember_naming(ACCOUNT, Naming("INBOX.", ".", ("user.", "shared.")))
    async with SqliteStore(path) as store:
        assert Naming("INBOX.", ".", ("user.", "shared.")) == await store.naming(ACCOUNT)
        await store.remember_naming(ACCOUNT, Naming("", None))
        assert Naming("", None) == await store.naming(ACCOUNT)
        assert await store.naming("private") is None
        before = store.commits
        await store.remember_naming(ACCOUNT, Naming("", None))
        assert before == store.commits
