"""Templates take the value that matched, cleaned of all that could lead it astray."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailrules.rules import Message, MoveTo
from mailrules.rules.cleaning import MAX_VALUE, clean
from mailrules.rules.templates import DATE_CODES
from tests.rules.builders import FACTS, decide, message, rule, ruleset

MAIL = message(
    "From: =?utf-8?Q?J=C3=BCrgen?= <J.M+Work@M\u00dcLLER.Example>, second@example.org",
    "To: Ann <ann@example.org>, bob@example.net (Bob/B)",
    "Subject: Re: a/b",
    "Message-ID: <a@b>",
    "List-Id: Devs <Python-Dev.Python.org>",
    "X-Ticket: one",
    "X-Ticket: two",
    "X-Empty: ",
    received=datetime(2025, 3, 9, 23, 5, 7, tzinfo=UTC),
)


def moved(
    text: str,
    match: object = "everything",
    mail: Message = MAIL,
    delimiter: str = "/",
    reserved: tuple[str, ...] = (),
) -> str | None:
    """Say where a message is moved by a template; or why not."""
    facts = replace(FACTS, timezone=timezone(timedelta(hours=2)), delimiter=delimiter, reserved=reserved)
    verdict = decide(ruleset(rule(match, {"move": text})), mail, facts)
    if verdict.error is not None:
        assert not verdict.plan
        return verdict.error
    assert isinstance(verdict.plan.ending, MoveTo)
    return verdict.plan.ending.target.path


@pytest.mark.parametrize(
    ("template", "path"),
    [
        ("Plain/Path", "Plain/Path"),
        ("{{x}} {{{subject}}}", "{x} {Re: a_b}"),
        ("{from.name}", "Jürgen"),
        ("{from.address}", "J.M+Work@xn--mller-kva.example"),
        ("{from.local}", "J.M+Work"),
        ("{from.user}", "J.M"),
        ("{from.detail}", "Work"),
        ("{from.domain}", "xn--mller-kva.example"),
        ("{to.name}", "Ann"),
        ("{recipient.domain}", "example.org"),
        ("{subject}", "Re: a_b"),
        ("{message_id}", "<a@b>"),
        ("{list_id}", "python-dev.python.org"),
        ("Lists/{list_id.name}", "Lists/python-dev"),
        ("{header.X-Ticket}", "one"),
        ("{header.x-ticket}", "one"),
        ("{from.user} of {from.domain}/x", "J.M of xn--mller-kva.example/x"),
        # the date, in the facts' time zone
        ("Archive/{received:%Y-%m}", "Archive/2025-03"),
        ("{received:%Y/%m/%d}", "2025/03/10"),
        ("{received:%y %H%M%S %j}", "25 010507 069"),
        ("{received:%G-W%V-%u}", "2025-W11-1"),
    ],
)
def test_a_template_is_filled_in(template: str, path: str) -> None:
    assert moved(template) == path


@pytest.mark.parametrize(
    ("template", "match", "path"),
    [
        ("{from.domain}", {"from": "second@example.org"}, "example.org"),
        ("{from.local}", {"from": {"domain": "example.org"}}, "second"),
        ("{from.local}", {"from": {"contains": "second"}}, "J.M+Work"),
        ("{to.name}", {"to": {"domain": "example.net"}}, "Bob_B"),
        ("{to.domain}", {"recipient": {"domain": "example.net"}}, "example.org"),
        ("{recipient.domain}", {"recipient": {"domain": "example.net"}}, "example.net"),
        ("{header.X-Ticket}", {"header": {"x-ticket": "two"}}, "two"),
        ("{from.domain}", {"any": [{"subject": "never"}, {"from": "second@*"}]}, "example.org"),
        ("{from.domain}", {"all": [{"from": "second@*"}, {"from": {"name": "jürgen"}}]}, "example.org"),
        ("{from.domain}", {"not": {"from": "third@*"}}, "xn--mller-kva.example"),
        ("{from.domain}", {"not": {"not": {"from": "second@*"}}}, "xn--mller-kva.example"),
        ("{to.domain}", {"from": "second@example.org"}, "example.org"),
    ],
)
def test_the_value_is_the_one_that_matched_else_the_first(template: str, match: object, path: str) -> None:
    assert moved(template, match) == path


@pytest.mark.parametrize(
    ("template", "error"),
    [
        ("{cc.domain}", "rule 'r': {cc.domain} has no value in this message"),
        ("A/{header.X-None}", "rule 'r': {header.X-None} has no value in this message"),
        ("A/{header.X-Empty}", "rule 'r': {header.X-Empty} has no value in this message"),
        ("{list_id.name}/{cc.name}", "rule 'r': {cc.name} has no value in this message"),
    ],
)
def test_without_a_value_the_rule_errs_and_the_message_stays(template: str, error: str) -> None:
    assert moved(template) == error


def test_without_a_date_of_arrival_the_rule_errs() -> None:
    assert moved("{received:%Y}", mail=message(received=None)) == (
        "rule 'r': {received} has no value: the date is not known"
    )


@pytest.mark.parametrize("received", [datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)])
def test_an_absurd_date_of_arrival_is_no_date(received: datetime) -> None:
    assert moved("{received:%Y}", mail=message(received=received)) == (
        "rule 'r': {received} has no value: the date is not known"
    )


@pytest.mark.parametrize(
    ("template", "header", "path"),
    [
        ("{sent:%Y/%m/%d %H}", "Date: Tue, 31 Dec 2024 23:30:00 +0000", "2025/01/01 00"),
        ("{sent:%Y-%m-%d}", "Date: nonsense\r\nDate: 5 Mar 24 10:00 EST", "2024-03-05"),
        ("{date.resent-date:%Y}", "Resent-Date: Tue, 5 Mar 2024 10:00:00 +0100", "2024"),
        ("{now:%Y-%m-%d %H}", "Subject: x", "2025-06-15 13"),
        ("{sent:%Y}", "Subject: x", "rule 'r': {sent} has no value: there is no such date in this message"),
        ("{sent:%Y}", "Date: soon", "rule 'r': {sent} has no value: there is no such date in this message"),
        ("{date.X-Due:%Y}", "Due: x", "rule 'r': {date.X-Due} has no value: there is no such date in this message"),
    ],
)
def test_dates_are_written_in_the_time_zone_of_the_facts(template: str, header: str, path: str) -> None:
    facts = replace(FACTS, timezone=timezone(timedelta(hours=1)))
    rules = ruleset(rule(then={"move": template}))
    verdict = decide(rules, message(header), facts)

    assert (verdict.error or verdict.plan.to_json()[0]["move"]) == path


def test_a_dates_header_is_fetched_for_a_template() -> None:
    rules = ruleset(rule(then={"move": "{sent:%Y}/{date.Resent-Date:%Y}/{received:%Y}/{now:%Y}"}))

    assert rules.header_fields == {"DATE", "RESENT-DATE"}


def test_an_error_undoes_what_other_rules_wanted() -> None:
    rules = ruleset(rule(then={"copy": "A"}, name="one"), rule(then={"move": "{cc.name}"}, name="two"))
    verdict = decide(rules, MAIL)

    assert (bool(verdict.plan), verdict.matched) == (False, ("one", "two"))
    assert verdict.error == "rule 'two': {cc.name} has no value in this message"


@pytest.mark.parametrize(
    ("value", "cleaned"),
    [
        ("plain", "plain"),
        ("für", "für"),
        ("fu\u0308r", "für"),
        ("a/b", "a_b"),
        ("../../etc", ".._.._etc"),
        ("a%b*c", "a_b_c"),
        ('a\\b"c', "a_b_c"),
        (".", "_"),
        ("..", "__"),
        ("...", "___"),
        ("~ann", "_ann"),
        ("#news", "_news"),
        ("a~#", "a~#"),
        ("  a \t\r\n b  ", "a b"),
        ("a\x00\x1b\x7fb", "ab"),
        ("\u202eabc\u2066\u200f", "abc"),
        ("a\u2028b\u2029c", "a b c"),
        ("\x00", ""),
        ("   ", ""),
        ("", ""),
        # what nobody could see
        ("INBOX\u200d", "INBOX"),
        ("\u200cIN\u200d\u200dBOX \u200c", "INBOX"),
        ("\u3164", ""),
        ("\u115f\u1160\u034f\uffa0\u17b4\ufe0f\U000e0101", ""),
        ("❤\ufe0f", "❤"),
        ("👩\u200d💻", "👩💻"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("ශ්\u200dරී", "ශ්\u200dරී"),
        ("a" * (MAX_VALUE - 3) + "\u200db", "a" * (MAX_VALUE - 3)),
        ("x" * 500, "x" * MAX_VALUE),
        ("é" * 500, "é" * (MAX_VALUE // 2)),
        ("a" * (MAX_VALUE - 1) + "é", "a" * (MAX_VALUE - 1)),
        ("a" * (MAX_VALUE - 1) + " b", "a" * (MAX_VALUE - 1)),
    ],
)
def test_a_value_is_cleaned(value: str, cleaned: str) -> None:
    assert clean(value, "/") == cleaned


@pytest.mark.parametrize(
    ("delimiter", "cleaned"), [("/", "a.b_c\\d"), (".", "a_b_c_d"), ("\\", "a.b_c_d"), ("", "a.b_c_d")]
)
def test_the_servers_delimiter_is_cleaned_too(delimiter: str, cleaned: str) -> None:
    assert clean("a.b/c\\d", delimiter).replace("\\", "_") == cleaned.replace("\\", "_")


@given(st.text(), st.sampled_from(["/", ".", "\\", "^", "_", ""]))
def test_no_value_leaves_its_level(value: str, delimiter: str) -> None:
    cleaned = clean(value, delimiter)

    assert not set(cleaned) & ({"/", "%", "*", "\r", "\n", "\0", "\u202e", delimiter} - {""})
    assert cleaned not in {".", ".."}
    assert not cleaned.startswith(("~", "#", " "))
    assert not cleaned.endswith(" ")
    assert len(cleaned.encode()) <= MAX_VALUE
    assert clean(cleaned, delimiter) == cleaned


def test_values_that_only_together_lead_astray_are_cleaned_too() -> None:
    mail = message("Subject: x", "X-A: .", "X-B: .")

    assert moved("A/{header.X-A}{header.X-B}", mail=mail) == "A/__"
    assert moved("A/.{header.X-A}", mail=mail) == "A/._"


def test_the_files_own_text_is_left_as_it_is() -> None:
    assert moved("#A/#{from.user}", delimiter=".") == "#A/#J_M"


def test_every_date_code_that_is_stated_works() -> None:
    template = " ".join(DATE_CODES)

    assert moved(f"{{received:{template}}}") == "2025 25 03 10 01 05 07 069 2025 11 1"


@pytest.mark.parametrize(
    ("template", "subject", "path"),
    [
        ("{subject}/2025", "Public", "_Public/2025"),
        ("{subject}/2025", "oTHER users", "_oTHER users/2025"),
        ("{subject}/2025", "inbox", "_inbox/2025"),
        ("{subject}", "INBOX", "_INBOX"),
        ("{subject}", "INBOX\u200d", "_INBOX"),
        ("{subject}", "IN\u200dBOX", "_IN\u200dBOX"),
        ("P{subject}", "ublic", "_Public"),
        ("{subject}/2025", "Publications", "Publications/2025"),
        ("Lists/{subject}", "Public", "Lists/Public"),
        ("Public/{subject}", "x", "Public/x"),
        ("inbox/{subject}", "x", "inbox/x"),
    ],
)
def test_no_value_names_a_first_level_that_is_reserved(template: str, subject: str, path: str) -> None:
    mail = message(f"Subject: {subject}")

    assert moved(template, mail=mail, reserved=("Public", "Other Users")) == path
