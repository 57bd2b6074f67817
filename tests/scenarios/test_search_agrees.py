"""What rules find is what a real server's SEARCH finds, or the difference has a reason that is written here."""

from __future__ import annotations

import asyncio
import tomllib
from base64 import b64encode
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest

from mailrules.client import Credentials, Endpoint, Session, Timeouts, TLSMode
from mailrules.engine.asking import Answers, ask
from mailrules.engine.reading import Fetched, fetch
from mailrules.imap import INBOX, UIDSet, parse_search
from mailrules.rules import Facts, Needs, Rule, Ruleset, Verdict
from mailrules.rules.questions import Question
from tests.servers.dovecot import HOST, PASSWORD, Dovecot

NOW = datetime(2025, 6, 15, 12, 0, tzinfo=UTC)
FACTS = Facts(now=NOW, timezone=UTC, account="work", mailbox="INBOX")


def word(text: str, charset: str = "utf-8") -> str:
    """An encoded word in B."""
    return f"=?{charset}?B?{b64encode(text.encode(charset)).decode()}?="


@dataclass(frozen=True)
class Mail:
    """A message by what makes it hard; without a From or Date of its own it gets ordinary ones."""

    header: str
    body: str = "Good morning.\n"
    flags: tuple[str, ...] = ()
    received: str = "03-Mar-2025 09:00:00 +0000"

    def octets(self) -> bytes:
        """As it is delivered: UTF-8, where a surrogate stands for a raw octet."""
        header = self.header.strip("\n") + "\n"
        for name, value in (("From", "Bob <bob@example.com>"), ("Date", "Mon, 3 Mar 2025 09:00:00 +0000")):
            if f"\n{name.lower()}:" not in f"\n{header.lower()}":
                header += f"{name}: {value}\n"
        text = f"{header}\n{self.body}" if "\n\n" not in self.header else header
        return text.replace("\n", "\r\n").encode("utf-8", "surrogateescape")


HEADERS = {
    "plain": Mail("Subject: Invoice 42\nTo: Ann Lee <ann@example.org>\nCc: carl@example.net"),
    "no subject": Mail("To: ann@example.org"),
    "an empty subject": Mail("Subject:\nTo: ann@example.org"),
    "two subjects": Mail("Subject: invoice first\nSubject: receipt second\nTo: ann@example.org"),
    "upper case": Mail("SUBJECT: INVOICE IN UPPER CASE\nTO: ANN@EXAMPLE.ORG"),
    "B and Q": Mail(f"Subject: {word('Überweisung')} =?iso-8859-1?q?f=FCr_invoice?="),
    "split inside a character": Mail(
        "Subject: =?utf-8?B?w5w=?= =?utf-8?B?YmVy?= =?utf-8?B?d2Vpc3XD?= =?utf-8?B?n2U=?="
    ),
    "koi8-r": Mail(f"Subject: {word('Рахунок 7', 'koi8-r')}"),
    "raw utf-8": Mail("Subject: Рахунок Ümlaut\nTo: Ännchen <ann@example.org>"),
    "raw latin-1": Mail("Subject: caf\udce9 invoice"),
    "an unknown charset": Mail("Subject: =?x-unknown?Q?invoice?= after"),
    "a word that is none": Mail("Subject: =?utf-8?B?!!!?= invoice =?utf-8?Q?no end"),
    "folded": Mail("Subject: the invoice\n of\n\tMarch\nTo: ann@example.org,\n carl@example.net"),
    "a group": Mail("Subject: group\nTo: friends: Ann <ann@example.org>, carl@example.net;, dora@example.com"),
    "an empty group": Mail("Subject: nobody\nTo: undisclosed-recipients:;"),
    "comments": Mail(
        "Subject: comments (in it)\nFrom: bob@example.com (Bob (the (builder)))\nTo: (x) ann@example.org (y)"
    ),
    "quoted pairs": Mail('Subject: quotes\nFrom: "Bob \\"Bobby\\" B." <"b \\"o b"@example.com>'),
    "a route": Mail("Subject: route\nFrom: Bob <@relay.example,@other.example:bob@example.com>"),
    "no brackets": Mail("Subject: bare\nFrom: bob@example.com"),
    "a name alone": Mail("Subject: name\nFrom: MAILER-DAEMON"),
    "a display name in an encoded word": Mail(f"Subject: name\nFrom: {word('Jörg Müller')} <joerg@example.com>"),
    "an encoded word in quotes": Mail(f'Subject: name\nFrom: "{word("Jörg Müller")}" <joerg@example.com>'),
    "a domain of its own script": Mail("Subject: idn\nFrom: info@münchen.example"),
    "a list": Mail("Subject: list\nList-Id: Python developers <python-dev.python.org>\nPrecedence: list"),
    "a doubled header": Mail("Subject: x\nX-Tag: alpha\nX-Tag: beta\nX-Empty:"),
    "white space before the colon": Mail("Subject : obsolete invoice\nX-Tag : gamma"),
    "two To headers": Mail("Subject: twice\nTo: ann@example.org\nTo: carl@example.net"),
    "an old date": Mail("Subject: date\nDate: Fri, 31 Jan 20 23:30:00 PST", received="01-Jan-2020 00:30:00 +0200"),
    "no date": Mail("Subject: date", received="14-Jun-2025 23:59:59 -0500"),
    "a date that is none": Mail("Subject: date\nDate: yesterday", received="15-Jun-2025 00:00:00 +0000"),
    "a zone in a comment": Mail(
        "Subject: date\nDate: 1 Mar 2025 00:10 +0200 (EET)", received="28-Feb-2025 22:10:00 +0000"
    ),
    "seen": Mail("Subject: flags", flags=("\\Seen",)),
    "flagged and answered": Mail("Subject: flags", flags=("\\Flagged", "\\Answered", "$Work")),
    "large": Mail("Subject: large", body="x" * 70 + "\n" + "y" * 20_000 + "\n"),
    "text in utf-8": Mail(
        "Subject: body\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit",
        "Grüße, der Rahmenvertrag.\n",
    ),
    "text in base64": Mail(
        "Subject: body\nMIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: base64",
        b64encode("Grüße, der Rahmenvertrag.\n".encode()).decode() + "\n",
    ),
    "text in quoted-printable": Mail(
        "Subject: body\nMIME-Version: 1.0\nContent-Type: text/plain; charset=iso-8859-1\n"
        "Content-Transfer-Encoding: quoted-printable",
        "Gr=FC=DFe, der Rahmen=\nvertrag.\n",
    ),
    "html": Mail(
        "Subject: body\nMIME-Version: 1.0\nContent-Type: text/html; charset=utf-8",
        "<p>Gr&uuml;&szlig;e, der <b>Rahmen</b>vertrag.</p><script>var secret = 1</script>\n",
    ),
    "alternatives": Mail(
        'Subject: body\nMIME-Version: 1.0\nContent-Type: multipart/alternative; boundary="b"',
        "--b\nContent-Type: text/plain\n\nder Rahmenvertrag\n--b\nContent-Type: text/html\n\n<i>kursiv</i>\n--b--\n",
    ),
    "an attachment of text": Mail(
        'Subject: body\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary="b"',
        "--b\nContent-Type: text/plain\n\nsee attached\n--b\nContent-Type: text/plain; name=a.txt\n"
        "Content-Disposition: attachment; filename=a.txt\n\nder Rahmenvertrag\n--b--\n",
    ),
}

_TEXTS = [
    "invoice",
    "INVOICE",
    "Überweisung",
    "рахунок",
    "café",
    "of March",
    "ß",
    "42",
    "Ümlaut",
    "no end",
    "first",
    "second",
]
_PEOPLE = {
    "from": ["bob@example.com", "Jörg", "müller", "example", "Bobby", "builder", "daemon", "other.example"],
    "to": ["ann", "Lee", "example", "carl@example.net", "dora", "friends", "recipients", "Ännchen"],
    "cc": ["example", "CARL@example.net"],
}
_BODY = ["Rahmenvertrag", "Grüße", "morning", "kursiv", "secret", "see attached", "yyyyyyyyyy"]


_DATES = (
    ("sent.before", "SENTBEFORE", ("2020-02-01", "2025-03-01", "2025-03-03")),
    ("sent.after", "SENTSINCE", ("2020-01-31", "2025-03-01", "2025-03-02")),
    ("sent.date", "SENTON", ("2020-01-31", "2025-03-01", "2025-03-03")),
    ("received.before", "BEFORE", ("2020-01-01", "2025-03-01", "2025-03-03")),
    ("received.after", "SINCE", ("2020-01-01", "2025-03-03", "2025-06-15")),
    ("received.date", "ON", ("2019-12-31", "2025-02-28", "2025-06-15")),
)


def _dated(key: str, day: datetime) -> str:
    """SEARCH takes a Date header's day as it is written, whatever the time zone (RFC 9051 §6.4.4)."""
    field, part = key.split(".")
    zone = ', timezone = "original"' if field == "sent" else ""
    return f'{field} = {{ {part} = "{day:%Y-%m-%d}"{zone} }}'


QUESTIONS: dict[str, tuple[str, str]] = {
    **{f"subject {text}": (f'subject.contains = "{text}"', f'SUBJECT "{text}"') for text in _TEXTS},
    **{
        f"{field} {text}": (f'{field}.contains = "{text}"', f'{field.upper()} "{text}"')
        for field, texts in _PEOPLE.items()
        for text in texts
    },
    **{
        f"x-tag {text}": (f'header."X-Tag".contains = "{text}"', f'HEADER X-Tag "{text}"')
        for text in ("alpha", "beta", "ALPHA", "gamma")
    },
    "has x-tag": ('header."X-Tag".exists = true', 'HEADER X-Tag ""'),
    "has x-empty": ('header."X-Empty".exists = true', 'HEADER X-Empty ""'),
    "has subject": ("subject.exists = true", 'HEADER Subject ""'),
    "list-id": ('header."List-Id".contains = "python"', 'HEADER List-Id "python"'),
    "seen": (r"flags = '\Seen'", "SEEN"),
    "unflagged": (r"not.flags = '\Flagged'", "UNFLAGGED"),
    "answered": (r"flags = '\Answered'", "ANSWERED"),
    "keyword": ("flags = '$work'", "KEYWORD $Work"),
    "larger": ("size.over = 20000", "LARGER 20000"),
    "smaller": ("size.under = 200", "SMALLER 200"),
    **{f"body {text}": (f'body.contains = "{text}"', f'BODY "{text}"') for text in _BODY},
    **{
        f"{ours} {day:%Y-%m-%d}": (_dated(ours, day), f"{theirs} {day:%-d-%b-%Y}")
        for ours, theirs, days in _DATES
        for day in map(datetime.fromisoformat, days)
    },
}

_SERVER_READS_NO_RAW_OCTETS = "the server takes octets that are no UTF-8 for unknown ones; rules guess the charset"
_SERVER_READS_NO_UNKNOWN_CHARSET = "the server leaves such an encoded word as it is; rules read what is ASCII in it"
_SERVER_READS_WORDS_ALONE = "the server decodes each encoded word by itself and loses a character split between two"
_SERVER_SEES_ROUTES = "rules see an address without its route (RFC 5322 §4.4), the server all that is written"
_SERVER_READS_SOURCE = (
    "the server looks into the source of HTML, tags and scripts too; rules into the text that is shown"
)
_SERVER_OPENS_ATTACHMENTS = "the server looks into attachments; rules into the body that is read"
_SERVER_DATES_WHAT_HAS_NO_DATE = "to the server it is of 1970; to rules there is no date"

REASONS: dict[tuple[str, str], str] = {
    ("subject invoice", "an unknown charset"): _SERVER_READS_NO_UNKNOWN_CHARSET,
    ("subject INVOICE", "an unknown charset"): _SERVER_READS_NO_UNKNOWN_CHARSET,
    ("subject café", "raw latin-1"): _SERVER_READS_NO_RAW_OCTETS,
    ("from other.example", "a route"): _SERVER_SEES_ROUTES,
    ("body Rahmenvertrag", "html"): _SERVER_READS_SOURCE,
    ("body Grüße", "html"): _SERVER_READS_SOURCE,
    ("body secret", "html"): _SERVER_READS_SOURCE,
    ("body Rahmenvertrag", "an attachment of text"): _SERVER_OPENS_ATTACHMENTS,
    ("subject ß", "split inside a character"): _SERVER_READS_WORDS_ALONE,
    **{
        (f"sent.before {day}", "a date that is none"): _SERVER_DATES_WHAT_HAS_NO_DATE
        for day in ("2020-02-01", "2025-03-01", "2025-03-03")
    },
}
"""By question and message: why the answers differ."""


@pytest.fixture(scope="module")
def mailbox(dovecot: Dovecot) -> str:
    """A user with all the messages in INBOX, in the order of `HEADERS`."""
    user = "searcher"
    for mail in HEADERS.values():
        dovecot.append(user, "INBOX", mail.octets(), mail.flags, mail.received)
    return user


@dataclass(frozen=True)
class Asked:
    """The messages of the mailbox by their names, and who finds which by each question."""

    ours: dict[str, set[str]]
    theirs: dict[str, set[str]]


@pytest.fixture(scope="module")
def asked(dovecot: Dovecot, mailbox: str) -> Asked:
    """Put every question to the rules and to the server."""
    return asyncio.run(_ask_all(dovecot, mailbox))


async def _ask_all(dovecot: Dovecot, mailbox: str) -> Asked:
    endpoint = Endpoint(HOST, dovecot.ports.imap, TLSMode.NONE)
    session = await Session.open(endpoint, Credentials(mailbox, PASSWORD), Timeouts(connect=30.0, silence=60.0))
    try:
        await session.examine(INBOX)
        return await _compare(session)
    finally:
        await session.connection.close()


async def _compare(session: Session) -> Asked:
    rules = {name: _ruleset(match) for name, (match, _) in QUESTIONS.items()}
    fields = frozenset[str]().union(*(each.header_fields for each in rules.values()))
    messages = await fetch(session, UIDSet.all(), fields)
    names = {message.uid: name for message, name in zip(messages, HEADERS, strict=True)}
    ours = {name: {names[uid] for uid in await _found(session, each, messages)} for name, each in rules.items()}
    searches = {name: session.search(parse_search(keys)) for name, (_, keys) in QUESTIONS.items()}
    return Asked(ours, {name: {names[uid] for uid in await found} for name, found in searches.items()})


def _ruleset(match: str) -> Ruleset:
    return Ruleset((Rule.model_validate({"name": "r", "then": {"stop": True}, **tomllib.loads(f"match.{match}")}),))


async def _found(session: Session, rules: Ruleset, messages: Sequence[Fetched]) -> set[int]:
    """Which messages the rule matches, asking the server what it needs of them."""
    answers = Answers()
    open_ones = list(messages)
    found: set[int] = set()
    while open_ones:
        wanted: defaultdict[Question[object], list[int]] = defaultdict(list)
        again: list[Fetched] = []
        for message in open_ones:
            match rules.evaluate(message.message.answered(answers.of(message.uid)), FACTS):
                case Needs(questions):
                    again.append(message)
                    for question in questions:
                        wanted[question].append(message.uid)
                case Verdict(matched=matched):
                    found |= {message.uid} if matched else set()
        await ask(session, wanted, answers)
        open_ones = again
    return found


@pytest.mark.parametrize("question", QUESTIONS)
def test_rules_find_what_the_server_finds(asked: Asked, question: str) -> None:
    different = asked.ours[question] ^ asked.theirs[question]

    assert {name for name in different if (question, name) not in REASONS} == set()


def test_every_question_is_answered_by_some_message_and_not_by_all(asked: Asked) -> None:
    idle = [name for name, found in asked.theirs.items() if len(found) in {0, len(HEADERS)} and not asked.ours[name]]

    assert idle == []


def test_every_reason_is_still_one(asked: Asked) -> None:
    stale = [key for key in REASONS if key[1] not in asked.ours[key[0]] ^ asked.theirs[key[0]]]

    assert stale == []
