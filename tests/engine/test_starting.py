"""Where a mailbox's handling starts, and what a new UIDVALIDITY does to it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from mailrules.engine import reading
from mailrules.engine.outcome import OutcomeState
from mailrules.imap import MailboxName
from mailrules.store import SqliteStore
from tests.builders import message
from tests.engine.scene import Scene, rule, scene
from tests.servers.dovecot import Dovecot
from tests.servers.faults import Point

COPY = rule("copy", 'subject.starts_with = "m"', 'copy = "Copies"')
DATES = [f"{datetime.now(UTC) - timedelta(days=days):%d-%b-%Y %H:%M:%S +0000}" for days in (30, 20, 10)]
A_YEAR_AGO = timedelta(days=-365)
SUPPORT = MailboxName(b"Support")


def put(it: Scene, subject: str, date: str, message_id: str) -> None:
    """Another client appends a message with this INTERNALDATE."""
    with it.server.session(it.user) as other:
        other.append("INBOX", "", f'"{date}"', message(subject, message_id=message_id))


async def test_the_first_run_leaves_alone_what_is_there(dovecot: Dovecot, user: str, tmp_path: Path) -> None:
    dovecot.deliver(user, message("m old"))
    async with scene(dovecot, user, tmp_path, COPY) as it:
        dovecot.deliver(user, message("m new"))

        await it.file()
        await it.file()

        assert it.subjects() == {"INBOX": ["m old", "m new"], "Copies": ["m new"]}


async def test_after_a_new_uidvalidity_only_what_is_new_is_handled(dovecot: Dovecot, user: str, tmp_path: Path) -> None:
    async with scene(dovecot, user, tmp_path, COPY, ahead=A_YEAR_AGO) as it:
        put(it, "m handled", DATES[1], "<1@x>")
        await it.file()
        it.renumber()
        put(it, "m later", DATES[2], "<2@x>")
        put(it, "m earlier", DATES[0], "<3@x>")

        await it.file()
        await it.file()

        assert sorted(it.subjects()["Copies"]) == ["m handled", "m later"]


async def test_what_may_have_been_handled_before_is_held_once(dovecot: Dovecot, user: str, tmp_path: Path) -> None:
    async with scene(dovecot, user, tmp_path, COPY, ahead=A_YEAR_AGO) as it:
        put(it, "m handled", DATES[1], "<1@x>")
        await it.file()
        it.renumber()
        put(it, "m of the same second", DATES[1], "<2@x>")

        await it.file()
        await it.file()

        assert it.subjects()["Copies"] == ["m handled"]
        assert it.states() == [OutcomeState.DONE, OutcomeState.HELD]
        assert it.reason() == "the mailbox was renumbered, and it may have been handled before"


async def test_uids_that_begin_again_without_a_word_are_a_new_numbering(
    dovecot: Dovecot, user: str, tmp_path: Path
) -> None:
    """A UID far beyond all others was seen once, and the server gives lower ones since."""
    async with scene(dovecot, user, tmp_path, COPY, ahead=A_YEAR_AGO) as it:
        put(it, "m handled", DATES[0], "<1@x>")
        await it.file()
        seen = await it.store.checkpoint("work", b"INBOX")
        assert seen is not None
        await it.store.set_checkpoint(replace(seen, uid=2**32 - 1))
        put(it, "m later", DATES[1], "<2@x>")

        await it.file()
        put(it, "m last", DATES[2], "<3@x>")
        await it.file()

        assert it.subjects()["Copies"] == ["m handled", "m later", "m last"]
        assert it.states() == [OutcomeState.DONE] * 3


async def test_a_uidnext_that_lags_behind_is_no_new_numbering(dovecot: Dovecot, user: str, tmp_path: Path) -> None:
    async with scene(dovecot, user, tmp_path, COPY) as it:
        dovecot.deliver(user, message("m 1"), message("m 2"))
        await it.file()
        it.proxy.rewrite(r"\[UIDNEXT \d+\]", "[UIDNEXT 1]")
        dovecot.deliver(user, message("m 3"))

        await it.file()

        assert it.subjects()["Copies"] == ["m 1", "m 2", "m 3"]
        assert len(it.proxy.recording.find("UID FETCH 1:")) == 0


async def test_mail_of_before_the_first_run_stays_old_under_a_new_uidvalidity(
    dovecot: Dovecot, user: str, tmp_path: Path
) -> None:
    """Whatever the dates are, and although the newest message is there no more."""
    for subject, date in [("m first", DATES[1]), ("m older", DATES[0]), ("newest", DATES[2])]:
        dovecot.append(user, "INBOX", message(subject), date=date)
    with dovecot.session(user) as other:
        other.select("INBOX")
        other.store("3", "+FLAGS", r"(\Deleted)")
        other.expunge()
    async with scene(dovecot, user, tmp_path, COPY) as it:
        it.renumber()

        await it.file()

        assert it.subjects() == {"INBOX": ["m first", "m older"]}


async def test_a_connection_that_is_lost_after_a_new_uidvalidity_loses_nothing(
    dovecot: Dovecot, user: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All that is new is one batch, however many windows it takes to fetch: the new checkpoint stands for all of it."""
    monkeypatch.setattr(reading, "WINDOW", 2)
    async with scene(dovecot, user, tmp_path, COPY, ahead=A_YEAR_AGO) as it:
        it.renumber()
        for number in range(5):
            put(it, f"m {number}", DATES[1], f"<{number}@x>")
        it.proxy.cut("UID COPY", Point.BEFORE_COMMAND)

        await it.until_filed()

        assert it.subjects()["Copies"] == ["m 0", "m 1", "m 2", "m 3", "m 4"]


async def test_a_mailbox_that_was_deleted_and_made_again_is_judged_by_dates_as_a_renumbered_one(
    dovecot: Dovecot, user: str, tmp_path: Path
) -> None:
    """A LIST that lacks all mailboxes for once, as in a migration, must not make all old mail new."""
    dovecot.create(user, "Support")
    async with scene(dovecot, user, tmp_path, COPY, watch=["INBOX", "Support"], ahead=A_YEAR_AGO) as it:
        dovecot.append(user, "Support", message("handled"), date=DATES[1])
        await it.file(SUPPORT)
        with dovecot.session(user) as other:
            other.delete("Support")
        await it.file()
        dovecot.append(user, "Support", message("m older"), date=DATES[0])
        dovecot.append(user, "Support", message("m newer"), date=DATES[2])

        await it.file(SUPPORT)

        assert it.subjects() == {"Support": ["m older", "m newer"], "Copies": ["m newer"]}


async def test_a_mailbox_that_is_new_since_the_last_list_is_handled_from_its_first_message(
    dovecot: Dovecot, user: str, tmp_path: Path
) -> None:
    async with scene(dovecot, user, tmp_path, COPY, watch=["INBOX", "Support/*"]) as it:
        dovecot.append(user, "Support/New", message("m"))

        await it.file(MailboxName(b"Support/New"))

        assert it.subjects() == {"Support/New": ["m"], "Copies": ["m"]}


async def test_a_renamed_mailbox_keeps_its_checkpoint(dovecot: Dovecot, user: str, tmp_path: Path) -> None:
    dovecot.append(user, "Support/Old", message("m before"))
    async with scene(dovecot, user, tmp_path, COPY, watch=["INBOX", "Support/*"]) as it:
        await it.file(MailboxName(b"Support/Old"))
        with dovecot.session(user) as other:
            other.rename("Support/Old", "Support/Renamed")
        dovecot.append(user, "Support/Renamed", message("m after"))

        await it.file(MailboxName(b"Support/Renamed"))

        assert it.subjects()["Copies"] == ["m after"]


async def test_a_new_mailbox_that_has_the_uidvalidity_of_a_vanished_one_is_no_rename(
    dovecot: Dovecot, user: str, tmp_path: Path
) -> None:
    """Exchange gives the same to many."""
    dovecot.create(user, "Support/Old")
    async with scene(dovecot, user, tmp_path, COPY, watch=["INBOX", "Support/*"]) as it:
        it.proxy.rewrite(r"UIDVALIDITY \d+", "UIDVALIDITY 14")
        dovecot.append(user, "Support/Old", message("handled"))
        dovecot.append(user, "Support/Old", message("handled"))
        await it.file(MailboxName(b"Support/Old"))
        with dovecot.session(user) as other:
            other.delete("Support/Old")
        dovecot.append(user, "Support/New", message("m"))

        await it.file(MailboxName(b"Support/New"))

        assert it.subjects() == {"Support/New": ["m"], "Copies": ["m"]}


@pytest.mark.parametrize("filled", [True, False])
@pytest.mark.parametrize("uidnext", [True, False])
async def test_a_mailbox_that_was_there_and_not_watched_begins_with_mail_from_now_on(
    dovecot: Dovecot, user: str, tmp_path: Path, filled: bool, uidnext: bool
) -> None:
    """Courier and Twisted do not tell UIDNEXT at SELECT."""
    dovecot.create(user, "Support")
    if filled:
        dovecot.append(user, "Support", message("m old"))
    async with scene(dovecot, user, tmp_path, COPY) as it:
        if not uidnext:
            it.proxy.rewrite(r"\* OK \[UIDNEXT \d+\][^\r]*\r\n", "")
        await it.file(SUPPORT)
        dovecot.append(user, "Support", message("m new"))

        await it.file(SUPPORT)

        assert it.subjects()["Copies"] == ["m new"]


async def test_what_may_not_be_looked_at_at_the_first_run_begins_where_it_is_when_it_can_be_selected(
    dovecot: Dovecot, user: str, tmp_path: Path
) -> None:
    dovecot.append(user, "Support", message("m old"))
    async with (
        scene(dovecot, user, tmp_path, COPY, without=["LIST-STATUS"]) as it,
        SqliteStore(tmp_path / "other.db") as store,
    ):
        settings = it.settings.model_copy(update={"watch": ("INBOX", "Support")})
        first = Scene(dovecot, user, it.proxy, store, settings, it.rules)
        it.proxy.refuse('STATUS "?Support', "NO [NOPERM] Permission denied")
        await first.file()
        refused = await store.checkpoint("work", SUPPORT.raw)
        it.proxy.accept()
        await first.file(SUPPORT)
        dovecot.append(user, "Support", message("m new"))

        await first.file(SUPPORT)

        assert refused is None
        assert it.subjects()["Copies"] == ["m new"]


async def test_a_backlog_comes_in_windows(
    dovecot: Dovecot, user: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "WINDOW", 10)
    async with scene(dovecot, user, tmp_path, COPY) as it:
        dovecot.deliver(user, *(message(f"m {number}") for number in range(25)))

        await it.file()

        assert it.subjects()["Copies"] == [f"m {number}" for number in range(25)]
        assert it.proxy.recording.names.count("UID FETCH") == 3
