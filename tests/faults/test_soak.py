"""Thousands of messages and hundreds of reconnects leave nothing behind in the daemon. The long soak is a command."""

from pathlib import Path

from tests.faults.soak import Plan, soak
from tests.servers.dovecot import Dovecot

PLAN = Plan(messages=5_000, reconnects=200, twenties=53, cuts=1, warm_up=0.4, traced_from=4)


async def test_mail_and_reconnects_leave_nothing_behind(dovecot: Dovecot, user: str, tmp_path: Path) -> None:
    report = await soak(dovecot, user, tmp_path, PLAN)
    last = report.samples[-1]
    assert last.messages >= 5_000
    assert last.reconnects >= 200
    assert (report.lost, report.doubled, report.unflagged, report.errors) == (0, 0, 0, [])
    assert report.over_bounds() == []
    later = report.samples[report.warm_up :]
    assert {one.held.tasks for one in later} == {last.held.tasks}
    # After the warm-up come 3,000 messages and 120 connections, and in the last round 1,000 and 40: what each left
    # behind would show.
    assert report.growth(lambda one: one.held.objects) < 1_000
    assert last.held.traced < 400_000
