"""Where a mailbox's handling starts, and what a new UIDVALIDITY does to it."""

from datetime import timedelta
from pathlib import Path

from mailrules.engine.outcome import OutcomeState
from mailrules.imap import INBOX, MailboxName
from tests.builders import message
from tests.engine.scene import Scene, rule, scene
from tests.servers.dovecot import Dovecot

COPY = rule("copy", 'subject.starts_with = "m"', 'copy = "Copies"')
DATES = ["03-Mar-2026 09:00:00 +0000", "04-Mar-2026 09:00:00 +0000", "05-Mar-2026 09:00:00 +0000"]


A_YEAR_AGO = timedelta(days=-365)


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
        assert it.reason() == "UIDVALIDITY changed, and it may have been handled before"


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


async def test_a_backlog_comes_in_windows(dovecot: Dovecot, user: str, tmp_path: Path) -> None:
    async with scene(dovecot, user, tmp_path, COPY) as it:
        for _ in range(12):
            dovecot.deliver(user, *(message(f"m {number}") for number in range(100)))

        await it.file(INBOX)

        assert len(it.subjects()["Copies"]) == 1_200
        assert it.proxy.recording.names.count("UID FETCH") <= 4
