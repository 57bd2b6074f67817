"""Whatever an entry holds comes back from the file as it was."""

from __future__ import annotations

import tempfile
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mailrules.store import Entry, EntryState, SqliteStore, Step, StepKind, StepState
from mailrules.store.rows import text_column, text_value, time_column, time_value
from tests.store.builders import ACCOUNT, NOW

# Lone surrogates too: undecodable octets in a header are read into them.
TEXT = st.text(st.characters(codec=None, exclude_categories=()), max_size=12)
TEXTS = st.lists(TEXT, max_size=3).map(tuple)
RAW = st.binary(min_size=1, max_size=12)
NUMBER = st.integers(0, 2**63 - 1)
UINT32 = st.integers(1, 2**32 - 1)
TIME = st.datetimes(timezones=st.just(UTC))

STEPS = st.builds(
    Step,
    kind=st.sampled_from(StepKind),
    rule=TEXT,
    add=TEXTS,
    remove=TEXTS,
    replace=st.none() | TEXTS,
    target=RAW,
    target_uidvalidity=st.none() | UINT32,
    target_uidnext=st.none() | UINT32,
    target_uid=st.none() | UINT32,
    state=st.sampled_from(StepState),
)

ENTRIES = st.builds(
    Entry,
    account=TEXT,
    mailbox=RAW,
    uidvalidity=UINT32,
    uid=UINT32,
    message_id=TEXT,
    fingerprint=TEXT,
    internaldate=TIME,
    size=NUMBER,
    prior_flags=TEXTS,
    rules=TEXTS,
    ruleset=TEXT,
    trace=TEXT,
    chain=st.booleans(),
    hops=st.integers(0, 8),
    steps=st.lists(STEPS, max_size=4).map(tuple),
    state=st.just(EntryState.BEGUN),
    attempts=st.integers(0, 100),
    due=st.none() | TIME,
    reason=TEXT,
    sender=TEXT,
    subject=TEXT,
    undoes=st.none() | NUMBER,
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(entry=ENTRIES)
async def test_what_begin_has_written_is_what_unfinished_reads(entry: Entry) -> None:
    with tempfile.TemporaryDirectory() as folder:
        async with SqliteStore(Path(folder) / "state.db") as store:
            begun = await store.begin([entry], None, now=NOW)
        async with SqliteStore(Path(folder) / "state.db") as store:
            assert begun == await store.unfinished(entry.account, entry.mailbox)
            assert entry.steps == begun[0].steps


@given(TEXT)
def test_every_text_comes_back(text: str) -> None:
    assert text == text_value(text_column(text))


@given(st.datetimes(timezones=st.timezones()))
def test_a_time_comes_back_as_the_same_moment_in_utc(time: datetime) -> None:
    back = time_value(time_column(time))
    assert UTC == back.tzinfo
    assert time_column(time) == time_column(back)


def test_a_date_beyond_the_calendar_in_utc_is_taken_to_its_edge() -> None:
    """A server may send any year; the journal must be able to read it back."""
    first = datetime.min.replace(tzinfo=timezone(timedelta(hours=14)))
    last = datetime.max.replace(tzinfo=timezone(timedelta(hours=-12)))
    assert datetime.min.replace(tzinfo=UTC) == time_value(time_column(first))
    assert datetime.max.replace(tzinfo=UTC) == time_value(time_column(last))


async def test_a_time_without_a_zone_is_refused(store: SqliteStore) -> None:
    with pytest.raises(ValueError, match="zone"):
        await store.prune(datetime(2026, 3, 1), now=NOW)  # noqa: DTZ001 - this is what is refused
    assert await store.unfinished(ACCOUNT, b"INBOX") == ()
