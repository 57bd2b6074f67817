"""`kind`: what mailers really send, each with the kinds it is of; what only looks like one is of none."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailrules.rules import Message, Needs, Truth
from mailrules.rules.kinds import Kind
from mailrules.rules.questions import Structure
from mailrules.rules.structure import Part
from tests.rules.builders import FACTS, decide, matches, message, problems, rule, ruleset

ME = replace(FACTS, addresses=("ann@example.org", "Ann@Exämple.com"))
HUMAN = ("From: Bob <bob@example.com>", "To: ann@example.org", "Subject: Lunch?", "Message-ID: <1@example.com>")
REPORT = 'Content-Type: multipart/report; report-type=delivery-status;\r\n\tboundary="b1"'
NOTIFIED = 'Content-Type: multipart/report; boundary="b"; report-type="disposition-notification"'
NO_PARTS = Part("", "multipart/mixed", children=(Part("1", "text/plain"), Part("2", "application/pdf")))

MAIL: dict[str, tuple[set[str], tuple[str, ...]]] = {
    # People
    "a person": (set(), HUMAN),
    "Auto-Submitted: no": (set(), (*HUMAN, "Auto-Submitted: no")),
    "asks for a receipt": (set(), (*HUMAN, "Disposition-Notification-To: bob@example.com", "Return-Receipt-To: b@c.d")),
    "wants no automatic answer": (set(), (*HUMAN, "X-Auto-Response-Suppress: All", "Feedback-ID: 1.eu.x:AmazonSES")),
    "of normal precedence": (set(), (*HUMAN, "Precedence: normal", "Priority: bulk")),
    "an answer of a person": (set(), (*HUMAN, "In-Reply-To: <0@example.org>", "References: <0@example.org>")),
    "empty fields": (set(), (*HUMAN, "List-Id:", "List-Unsubscribe:  ", "X-Autoreply:", "Precedence:")),
    "X-Autoreply: no": (set(), (*HUMAN, "X-Autoreply: No")),
    "forwarded by a rule in Outlook": (
        set(),
        (*HUMAN, "X-MS-Exchange-Inbox-Rules-Loop: c@example.com", "Auto-Submitted: auto-generated"),
    ),
    "about bounces": (set(), ("From: postmaster@example.com", "Subject: Undelivered Mail Returned to Sender")),
    "a parameter in a quoted text": (
        set(),
        (*HUMAN, 'Content-Type: multipart/mixed; boundary="; report-type=delivery-status"'),
    ),
    # Machines that write first
    "cron": (set(), ("From: root@host (Cron Daemon)", "Auto-Submitted: auto-generated", "Precedence: normal")),
    "Jira": ({"bulk"}, ("From: jira@example.com", "Auto-Submitted: auto-generated", "Precedence: bulk")),
    "a sieve notification": (set(), (*HUMAN, "Auto-Submitted: auto-notified; owner-email=ann@example.org")),
    "a complaint (ARF)": (set(), (*HUMAN, "Content-Type: multipart/report; report-type=feedback-report; boundary=x")),
    "a TLS report": (set(), (*HUMAN, "Content-Type: multipart/report; report-type=tlsrpt; boundary=x")),
    # Lists
    "Mailman": (
        {"list", "bulk"},
        (
            *HUMAN,
            "Precedence: list",
            "X-Mailman-Version: 2.1.39",
            "List-Id: Python developers <python-dev.python.org>",
            "List-Unsubscribe: <mailto:python-dev-leave@python.org>",
        ),
    ),
    "ezmlm": (
        {"list", "bulk"},
        (*HUMAN, "Mailing-List: contact dev-help@example.com; run by ezmlm", "Precedence: bulk"),
    ),
    "Majordomo of old": ({"list"}, (*HUMAN, "Precedence: LIST")),
    "an announcement list": ({"list"}, (*HUMAN, "List-Post: NO (posting not allowed)")),
    "GitHub": (
        {"list", "bulk"},
        (
            "From: Bob <notifications@github.com>",
            "In-Reply-To: <a/b/1@github.com>",
            "X-Auto-Response-Suppress: All",
            "Precedence: list",
            "List-ID: a/b <b.a.github.com>",
            "List-Unsubscribe: <https://github.com/notifications/unsubscribe/x>",
        ),
    ),
    "Google Groups": (
        {"list", "bulk"},
        (*HUMAN, "Precedence: list", "X-Google-Group-Id: 1", "List-Unsubscribe: <x:y>"),
    ),
    # Sent to many
    "a newsletter": ({"bulk"}, (*HUMAN, "List-Unsubscribe: <https://n.example/u>", "List-Help: <https://n.example>")),
    "one-click": ({"bulk"}, (*HUMAN, "List-Unsubscribe-Post: List-Unsubscribe=One-Click")),
    "a campaign": ({"bulk"}, (*HUMAN, "X-Campaign-Id: 4711")),
    "junk by its own word": ({"bulk"}, (*HUMAN, "Precedence: junk")),
    # Automatic answers
    "vacation (Sieve)": ({"auto-reply"}, (*HUMAN, "Auto-Submitted: auto-replied (vacation)", "Precedence: bulk")),
    "vacation with a parameter": ({"auto-reply"}, (*HUMAN, "auto-submitted: AUTO-REPLIED; owner-email=a@b.c")),
    "Exchange out of office": (
        {"auto-reply"},
        (
            *HUMAN,
            "X-Auto-Response-Suppress: All",
            "X-MS-Exchange-Inbox-Rules-Loop: bob@example.com",
            "auto-submitted: auto-generated",
            "x-ms-exchange-generated-message-source: Mailbox Rules Agent",
            "In-Reply-To: <0@example.org>",
        ),
    ),
    "Gmail's vacation responder": (
        {"auto-reply"},
        (*HUMAN, "Precedence: bulk", "X-Autoreply: yes", "Auto-Submitted: auto-replied"),
    ),
    "cPanel's autoresponder": ({"auto-reply"}, (*HUMAN, "X-Autorespond: Lunch?", "Precedence: auto_reply")),
    "by precedence alone": ({"auto-reply"}, (*HUMAN, "Precedence: auto-reply")),
    "of an old gateway": ({"auto-reply"}, (*HUMAN, "X-POST-MessageClass: 9; Autoresponder")),
    "delivered to an autoresponder": ({"auto-reply"}, (*HUMAN, "Delivered-To: Autoresponder")),
    "with a null return path": ({"auto-reply"}, (*HUMAN, "Return-Path: <>", "X-Autoreply-From: ann@example.org")),
    # Reports
    "Postfix": (
        {"bounce"},
        (
            "Return-Path: <>",
            "From: MAILER-DAEMON@mx.example (Mail Delivery System)",
            "Auto-Submitted: auto-replied",
            REPORT,
        ),
    ),
    "Exchange": ({"bounce"}, ("From: Microsoft Outlook <MicrosoftExchange329e71@example.com>", REPORT)),
    "Exim": ({"bounce"}, ("From: Mail Delivery System <Mailer-Daemon@mx.example>", "X-Failed-Recipients: a@b.example")),
    "qmail": ({"bounce"}, ("Return-Path: <>", "From: MAILER-DAEMON@mx.example", "Subject: failure notice")),
    "Gmail": ({"bounce"}, ("From: Mail Delivery Subsystem <mailer-daemon@googlemail.com>", REPORT)),
    "the report alone": ({"bounce"}, (*HUMAN, "Content-Type: message/delivery-status")),
    "a swindle": (set(), ("Return-Path: <x@spam.example>", "From: Mailer-Daemon <mailer-daemon@example.org>")),
    "a report for a list's owner": ({"bounce", "bulk"}, (REPORT, "List-Unsubscribe: <mailto:x@y.example>")),
    "Outlook's receipt": ({"receipt"}, (*HUMAN, NOTIFIED)),
    "Thunderbird's receipt": ({"receipt"}, (*HUMAN, "Return-Path: <>", "Auto-Submitted: auto-replied", NOTIFIED)),
    "the notification alone": ({"receipt"}, (*HUMAN, "Content-Type: message/disposition-notification")),
    # Calendars
    "an invitation": ({"calendar"}, (*HUMAN, 'Content-Type: text/calendar; method=REQUEST; charset="utf-8"')),
    "Outlook's meeting": (
        {"calendar"},
        (*HUMAN, "Content-Class: urn:content-classes:calendarmessage", "Content-Type: multipart/alternative"),
    ),
    "an ics file": ({"calendar"}, (*HUMAN, "Content-Type: APPLICATION/ICS; name=invite.ics")),
    # Mine
    "sent by me": ({"own"}, ("From: ANN <ann@EXAMPLE.org>", "To: bob@example.com")),
    "by me with a detail": ({"own"}, ("From: ann+shop@example.org",)),
    "by me at the other address": ({"own"}, ("From: ann@xn--exmple-cua.com",)),
    "one of the authors is me": ({"own"}, ("From: bob@example.com, ann@example.org",)),
    "by somebody of my name": (set(), ('From: "ann@example.org" <bob@example.com>', "Sender: ann@example.org")),
    "my own copy from a list": ({"own", "list"}, ("From: ann@example.org", "List-Id: <l.example.org>")),
}


def kinds_of(mail: Message) -> set[str]:
    return {kind.value for kind in Kind if matches({"kind": kind.value}, mail, ME)}


@pytest.mark.parametrize(("expected", "lines"), MAIL.values(), ids=list(MAIL))
def test_what_is_sent_is_of_these_kinds(expected: set[str], lines: tuple[str, ...]) -> None:
    assert kinds_of(message(*lines).answered({Structure(): NO_PARTS})) == expected


@pytest.mark.parametrize("kind", [kind.value for kind in Kind])
@pytest.mark.parametrize(("expected", "lines"), [MAIL["Mailman"], MAIL["Postfix"], MAIL["an invitation"]])
def test_the_header_fields_that_are_fetched_are_enough(kind: str, expected: set[str], lines: tuple[str, ...]) -> None:
    wanted = ruleset(rule({"kind": kind})).header_fields
    fetched = message(*(line for line in lines if line.partition(":")[0].upper() in wanted))
    assert matches({"kind": kind}, fetched.answered({Structure(): NO_PARTS}), ME) is (kind in expected)


def test_of_several_kinds_one_is_enough() -> None:
    mail = message(*MAIL["Jira"][1])
    assert matches({"kind": ["list", "bulk"]}, mail)
    assert not matches({"kind": ["list", "bounce"]}, mail)
    assert matches({"not": {"kind": ["list", "bounce"]}}, mail)


MIXED = message(*HUMAN, "Content-Type: multipart/mixed; boundary=b")


@pytest.mark.parametrize(
    ("structure", "expected"),
    [
        (Part("", "multipart/mixed", children=(Part("1", "text/plain"), Part("2", "text/calendar"))), Truth.TRUE),
        (
            Part(
                "", "multipart/mixed", children=(Part("1", "multipart/x", children=(Part("1.1", "application/ics"),)),)
            ),
            Truth.TRUE,
        ),
        (NO_PARTS, Truth.FALSE),
        (
            Part(
                "", "multipart/mixed", children=(Part("1", "message/rfc822", children=(Part("1.1", "text/calendar"),)),)
            ),
            Truth.FALSE,
        ),
        (None, Truth.UNKNOWN),
    ],
)
def test_a_calendar_inside_of_a_message_is_asked_for(structure: Part | None, expected: Truth) -> None:
    rules = ruleset(rule({"kind": "calendar"}))
    assert rules.evaluate(MIXED, ME) == Needs(frozenset({Structure()}))
    verdict = decide(rules, MIXED.answered({Structure(): structure}), ME)
    assert (Truth.UNKNOWN if verdict.unknown else Truth.TRUE if verdict.matched else Truth.FALSE) is expected


@pytest.mark.parametrize("line", ["Content-Type: text/plain; charset=utf-8", "Content-Type: text/html", "X-Other: x"])
def test_the_server_is_not_asked_about_a_message_in_one_part(line: str) -> None:
    assert decide(ruleset(rule({"kind": "calendar"})), message(*HUMAN, line)).matched == ()


def test_without_addresses_nobody_knows_what_is_own() -> None:
    assert decide(ruleset(rule({"kind": "own"})), message("From: ann@example.org"), FACTS).unknown == ("r",)
    assert decide(ruleset(rule({"kind": ["own", "list"]})), message("List-Id: <x>"), FACTS).matched == ("r",)


def seen(kind: str, mail: Message) -> str:
    return ruleset(rule({"kind": kind})).explain(mail, ME).trace[0].conditions[0].seen


def test_a_trace_shows_what_it_went_by() -> None:
    assert seen("list", message("List-Id: <x.example.org>")) == "List-Id: <x.example.org>"
    assert seen("bulk", message("Precedence: Bulk")) == "Precedence: bulk"
    assert seen("auto-reply", message("Auto-Submitted: auto-replied")) == "Auto-Submitted: auto-replied"
    assert seen("bounce", message("From: MAILER-DAEMON@x")) == "From: MAILER-DAEMON@x"
    assert seen("receipt", message(NOTIFIED)) == "Content-Type: disposition-notification"
    assert seen("calendar", message("Content-Type: text/calendar")) == "Content-Type: text/calendar"
    assert seen("calendar", MIXED) == "(not asked)"
    assert seen("calendar", MIXED.answered({Structure(): None})) == "(unknown)"
    assert seen("calendar", MIXED.answered({Structure(): NO_PARTS})) == "(no sign of it)"
    inside = Part("", "multipart/mixed", children=(Part("1", "text/calendar"),))
    assert seen("calendar", MIXED.answered({Structure(): inside})) == "a calendar file in it"
    assert seen("own", message("From: Bob <bob@x>")) == "Bob <bob@x>"
    assert seen("own", message("To: x")) == "(no sign of it)"
    trace = ruleset(rule({"kind": "own"})).explain(message("From: a@b"), FACTS).trace
    assert trace[0].conditions[0].seen == "(the account has no addresses)"


FIELDS = st.sampled_from(sorted({"From", "Content-Type", "Auto-Submitted", "Precedence", "Return-Path", "List-Id"}))
LINES = st.lists(st.tuples(FIELDS, st.binary(max_size=80)))


@given(LINES)
def test_whatever_is_written_a_kind_is_told_without_an_error(lines: list[tuple[str, bytes]]) -> None:
    mail = Message(b"".join(b"%s: %s\r\n" % (name.encode(), value) for name, value in lines))
    for kind in Kind:
        ruleset(rule({"kind": kind.value})).explain(mail, ME)


@pytest.mark.parametrize(
    ("match", "where", "says"),
    [
        ("newsletter", (), '"newsletter" is no kind of mail: write one of "list", "bulk"'),
        (["list", "List"], (1,), '"List" is no kind of mail'),
        (7, (), "this is a number: write one of"),
        ([], (), "an empty list matches nothing"),
        ({}, (), "an empty table says nothing"),
    ],
)
def test_a_mistake_is_an_error_that_says_what_to_write(match: object, where: tuple[object, ...], says: str) -> None:
    ((place, text),) = problems(match={"kind": match})
    assert place == ("match", "kind", *where)
    assert says in text
