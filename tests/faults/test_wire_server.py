"""A slow, silent, restarted, full or forbidding server, and responses in odd pieces."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from mailrules.client import Timeouts
from mailrules.engine.outcome import OutcomeState
from tests.builders import message
from tests.engine import scene as scene_module
from tests.faults.wire_lane import Lane, Row, judge, lane
from tests.faults.wire_moments import Arrival, waits
from tests.servers.configuration import Layout
from tests.servers.dovecot import Dovecot
from tests.servers.faults import Point


async def filed(here: Lane, arrive: Arrival) -> None:
    """Bring a message, let it be filed, and a further one; hold what is in the mailboxes against the rules."""
    await here.finish(arrive)
    await here.retry()
    further = here.other.append()
    await here.finish()
    tally = judge(here.expected(arrive.name, further), here.other.standing(), [arrive.name, further], here.row.name)
    assert tally.clean, tally.notes


@pytest.mark.parametrize(
    ("row", "pieces"),
    [
        pytest.param(Row.MOVE, {"segment": 1}, id="one byte each"),
        pytest.param(Row.NEITHER, {"segment": 1}, id="one byte each, with more commands"),
        pytest.param(Row.UIDPLUS, {"segment": 7}, id="seven bytes each, which cuts every literal"),
        pytest.param(Row.UIDPLUS, {"gather": 0.02}, id="several responses at once"),
        pytest.param(Row.MOVE, {"delay": 0.02}, id="late"),
    ],
)
async def test_it_does_not_matter_in_which_pieces_bytes_come(
    dovecot: Dovecot, row: Row, pieces: dict[str, float]
) -> None:
    async with lane(dovecot, row) as here:
        for name, value in pieces.items():
            setattr(here.it.proxy, name, value)
        await filed(here, Arrival(here))


@pytest.mark.parametrize("command", ["UID FETCH", "UID COPY", "UID MOVE"])
async def test_a_connection_that_is_open_and_dead_is_given_up_and_its_work_is_finished_on_another(
    dovecot: Dovecot, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    """The server has the command and carries it out; nothing is heard of it, nor of the connection's end."""
    monkeypatch.setattr(scene_module, "Timeouts", lambda connect, silence: Timeouts(connect, silence / 120))
    async with lane(dovecot, Row.MOVE) as here:
        here.it.hasty = True
        here.it.proxy.freeze(command)
        await filed(here, Arrival(here))
        assert not here.it.proxy.outstanding


@pytest.mark.parametrize("row", Row)
async def test_a_server_that_is_restarted_in_the_middle_loses_and_doubles_nothing(row: Row) -> None:
    """Once when it has a copy to make, once when it has the last command; everything of it is killed."""
    with Dovecot() as server:
        turn = threading.Lock()

        def restart() -> None:
            with turn:  # it may answer, and be brought down again, before it is known to be up
                server.kill()
                server.start()

        async with lane(server, row) as here:
            arrive = Arrival(here)
            here.it.proxy.meanwhile("UID COPY", Point.AFTER_COMMAND, restart)
            last = r"UID (MOVE|EXPUNGE)|UID STORE \d+ \+FLAGS \(.Deleted"
            here.it.proxy.meanwhile(last, Point.AFTER_COMMAND, restart)
            await here.finish(arrive)
            assert not here.it.proxy.outstanding
            with turn, server.session(here.it.user) as imap:
                here.other.imap = imap
                await filed(here, arrive)


@pytest.mark.parametrize("row", Row)
async def test_a_message_waits_where_it_was_until_there_is_room(row: Row) -> None:
    with Dovecot(Layout(quota=45)) as server:
        async with lane(server, row) as here:
            with server.session(here.it.user) as imap:
                imap.append("Junk", "", "", message("in the way", body="x" * 24_000))
            name = "<large@example.com>"
            here.other.put(message("m", body="x" * 12_000, message_id=name))
            await here.finish()
            assert (here.state(name), "Quota exceeded" in here.it.reason()) == (OutcomeState.PENDING, True)
            assert judge(here.expected(stay=[name]), here.other.standing(), [name], row).clean, here.told()

            server.doveadm("expunge", "-u", here.it.user, "mailbox", "Junk", "all")
            server.doveadm("quota", "recalc", "-u", here.it.user)
            await here.retry()

            assert judge(here.expected(name), here.other.standing(), [name], row).clean, here.told()


@pytest.fixture(scope="module")
def strict() -> Iterator[Dovecot]:
    """A server on which rights can be taken away (RFC 4314)."""
    acl = "protocol imap {\n  mail_plugins = acl imap_acl\n}\nplugin {\n  acl = vfile\n}\nmail_plugins = acl\n"
    with Dovecot(Layout(extra=acl)) as server:
        yield server


NOT_MARKED = r"the server answered OK but did not mark it \Deleted"


@pytest.mark.parametrize(
    ("row", "mailbox", "rights", "reason"),
    [
        pytest.param(row, "Filed", "lookup read write", "[NOPERM]", id=f"no right to put anything there, {row.name}")
        for row in Row
    ]
    + [
        pytest.param(row, "INBOX", "lookup read write", why, id=f"no right to take anything away, {row.name}")
        for row, why in ((Row.MOVE, "[NOPERM]"), (Row.UIDPLUS, NOT_MARKED), (Row.NEITHER, NOT_MARKED))
    ]
    + [
        pytest.param(
            Row.MOVE, "INBOX", "lookup read expunge write-deleted", "does not keep", id="no right to set flags"
        ),
    ],
)
async def test_a_message_that_rights_were_taken_away_for_stays_and_the_next_one_is_filed(
    strict: Dovecot, row: Row, mailbox: str, rights: str, reason: str
) -> None:
    async with lane(strict, row) as here:
        strict.doveadm("acl", "set", "-u", here.it.user, mailbox, "owner", *rights.split())
        arrive = Arrival(here)
        await here.finish(arrive)
        waiting = here.state(arrive.name)
        assert waiting in {OutcomeState.HELD, OutcomeState.PENDING}
        assert reason in here.it.reason()
        assert waits(here, arrive.name, here.it.reason()).clean, here.told()

        strict.doveadm("acl", "delete", "-u", here.it.user, mailbox, "owner")
        further = here.other.append()
        await here.finish()
        await here.retry()

        assert here.state(further) is OutcomeState.DONE
        again = {OutcomeState.PENDING: OutcomeState.DONE}.get(waiting, waiting)
        assert here.state(arrive.name) is again
