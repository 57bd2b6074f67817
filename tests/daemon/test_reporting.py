"""A report goes through JSON unchanged, also between versions that know different things."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailrules.daemon.reporting import from_json, to_json
from mailrules.daemon.vitals import AccountReport, Condition, DaemonReport, MailboxReport
from tests.daemon.reports import DEAD, FORGOTTEN, REPORT, WELL, WORK, with_accounts

moments = st.datetimes(min_value=datetime(1970, 1, 1), max_value=datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
counts = st.integers(0, 10**9)
troubles = {"reason": st.text(), "next_try": st.none() | moments}
conditions = st.sampled_from(Condition)
mailboxes = st.builds(
    MailboxReport, path=st.text(), condition=conditions, since=moments, alive=st.none() | moments,
    last_message=st.none() | moments, backlog=counts, pending=counts, held=counts, **troubles,
)  # fmt: skip
accounts = st.builds(
    AccountReport, name=st.text(), condition=conditions, since=moments, mailboxes=st.tuples(mailboxes), **troubles
)
reports = st.builds(
    DaemonReport, version=st.text(), pid=counts, started=moments, rules=counts, loaded=moments, refused=st.text(),
    late=st.tuples(st.text()), accounts=st.tuples(accounts, accounts),
)  # fmt: skip


@given(reports)
def test_a_report_goes_through_json_unchanged(report: DaemonReport) -> None:
    assert from_json(json.loads(json.dumps(to_json(report)))) == report


def test_what_follows_from_the_rest_is_told_too() -> None:
    told = to_json(with_accounts(WORK, DEAD))
    assert told["well"] is False
    assert isinstance(told["accounts"], list)
    assert [account["well"] for account in told["accounts"]] == [True, False]
    assert told["accounts"][1]["condition"] == "backing off"


def test_what_a_newer_daemon_tells_beside_is_passed_over_and_what_an_older_one_does_not_know_has_a_default() -> None:
    told = to_json(with_accounts(replace(WORK, mailboxes=(replace(WELL, backlog=0),))))
    told["metrics"] = {"x": 1}
    assert isinstance(told["accounts"], list)
    told["accounts"][0]["mailboxes"][0]["colour"] = "red"
    del told["accounts"][0]["mailboxes"][0]["backlog"]
    assert from_json(told) == with_accounts(replace(WORK, mailboxes=(replace(WELL, backlog=0),)))


@pytest.mark.parametrize("told", [None, [], {}, {"version": "1"}, {**to_json(REPORT), "started": "yesterday"}])
def test_what_is_no_report_is_a_value_error(told: object) -> None:
    with pytest.raises(ValueError, match="DaemonReport"):
        from_json(told)


@pytest.mark.parametrize(
    ("report", "well"),
    [
        (REPORT, True),
        (replace(REPORT, refused="rules.toml:1: no"), False),
        (replace(REPORT, late=("work",)), False),
        (with_accounts(WORK, DEAD), False),
        (with_accounts(replace(WORK, mailboxes=(WELL, FORGOTTEN))), False),
        (with_accounts(replace(WORK, condition=Condition.STARTING)), False),
    ],
)
def test_all_is_well_when_everything_is(report: DaemonReport, well: bool) -> None:
    assert report.well is well


def test_times_keep_their_zone() -> None:
    assert from_json(to_json(REPORT)).started.utcoffset() == timedelta(0)
