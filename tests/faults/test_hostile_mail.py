"""Mail that was written to do harm: it takes time in proportion to its size, ends no command and leaves no mailbox."""

from __future__ import annotations

import encodings
import random
from base64 import b64encode
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from pkgutil import iter_modules
from unicodedata import category

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mailrules.client import Namespace
from mailrules.demo.parse import parse_command
from mailrules.imap import UID, UIDSet
from mailrules.imap.commands.copy import UidCopy
from mailrules.imap.grammar import LiteralMode, segments
from mailrules.rules import Facts, Message, MoveTo, Needs, Verdict
from mailrules.rules.encoded import decode_words
from mailrules.rules.questions import Search
from mailrules.rules.reader import local_answers
from mailrules.rules.text import JOINERS
from tests.engine.scene import ruleset
from tests.faults.hostile import Told, happens, rule_file
from tests.faults.hostile_lies import lines
from tests.faults.hostile_server import Liar, Lie
from tests.faults.process import daemon
from tests.growth import is_linear

FACTS = Facts(now=datetime(2026, 11, 23, tzinfo=UTC), timezone=UTC, account="work", mailbox="INBOX")
EVERYTHING = ruleset(
    """
[[rules]]
name = "looks at everything"
match.any = [
    { from.domain = "nobody.example" },
    { to.name = "nobody" },
    { recipient = "nobody@nobody.example" },
    { subject.regex = "n[o]body$" },
    { list_id = "nobody.example" },
    { header."X-Nobody".exists = true },
    { sent.before = "1990-01-01" },
    { auth.dkim = "pass", from.domain = "nobody.example" },
    { body = "nobody at all" },
    { attachment.name.glob = "*.nobody" },
]
then.move = "Wrong"

[[rules]]
name = "files"
match = "everything"
then.move = "By/{subject}"
"""
)


def judged(raw: bytes) -> Verdict:
    """Decide about a message with every answer that it gives."""
    message = Message(raw.partition(b"\r\n\r\n")[0] + b"\r\n\r\n", size=len(raw), received=FACTS.now, flags=frozenset())
    for _ in range(10):
        match EVERYTHING.evaluate(message, FACTS):
            case Needs(questions=asked):
                assert not any(isinstance(each, Search) for each in asked)
                message = message.answered(local_answers(raw, asked))
            case Verdict() as verdict:
                return verdict
    raise AssertionError("it asks for ever")


def field(name: str, unit: str) -> Callable[[int], bytes]:
    """A header with one field that says the same over and over."""
    return lambda size: f"Subject: x\r\n{name}: {unit * (size // len(unit))}\r\n\r\nbody\r\n".encode()


def mixed(*parts: str) -> Callable[[int], bytes]:
    """Very many parts, each of these in turn."""
    piece = "".join(f"--b\r\n{part}\r\n" for part in parts)
    top = 'Subject: x\r\nContent-Type: multipart/mixed; boundary="b"\r\n\r\n'
    return lambda size: (top + piece * (size // len(piece))).encode()


def nested(size: int) -> bytes:
    """Multiparts within multiparts, each with a boundary of its own."""
    levels = range(size // 60)
    opened = "".join(f"Content-Type: multipart/mixed; boundary=b{at}\r\n\r\n--b{at}\r\n" for at in levels)
    return f"Subject: x\r\n{opened}\r\nneedle\r\n".encode()


def forwarded(size: int) -> bytes:
    """Messages within messages."""
    return b"Subject: x\r\n" + b"Content-Type: message/rfc822\r\n\r\n" * (size // 32) + b"\r\nneedle\r\n"


def continued(size: int) -> bytes:
    """A file name in very many pieces (RFC 2231)."""
    pieces = "".join(f";\r\n filename*{number}*=%41%42" for number in range(size // 24))
    return f"Subject: x\r\nContent-Disposition: attachment{pieces}\r\n\r\nx\r\n".encode()


def garbage(size: int) -> bytes:
    """A text in base64 that is none."""
    noise = random.Random(0).randbytes(size).replace(b"\n", b"=")
    return b"Subject: x\r\nContent-Type: text/html\r\nContent-Transfer-Encoding: base64\r\n\r\n" + noise


def bombs() -> dict[str, tuple[Callable[[int], bytes], int]]:
    """Messages by what is wrong with them, each with the number of octets at which it is tried."""
    word = f"=?utf-8?b?{b64encode(b'x' * 30).decode()}?= "
    return {
        "100,000 fields": (lambda size: b"".join(b"X-%d: y\r\n" % each for each in range(size // 12)), 1_200_000),
        "100,000 fields of one name": (lambda size: b"Received: by x; y\r\n" * (size // 19), 1_900_000),
        "a field of 10 MB": (field("Subject", "x"), 10_000_000),
        "a field of 10 MB in folds": (field("Subject", "x\r\n "), 10_000_000),
        "addresses": (field("To", "Ann Lee <ann@example.org>, "), 400_000),
        "an address of 200 KB": (
            lambda size: b"To: " + b"a" * size + b"@" + b"b." * (size // 2) + b"\r\n\r\n",
            200_000,
        ),
        "comments 100,000 deep": (field("From", "("), 100_000),
        "comments 50,000 deep that end": (lambda size: b"From: a@b %s%s\r\n\r\n" % (b"(" * size, b")" * size), 50_000),
        "a group that never ends": (field("Cc", "a: "), 200_000),
        "100,000 encoded words": (field("Subject", "=?u?q?a?= "), 1_000_000),
        "encoded words": (field("Subject", word), 1_000_000),
        "an encoded word of 10 MB": (
            lambda size: b"Subject: =?utf-8?q?%s?=\r\n\r\n" % (b"=41" * (size // 3)),
            10_000_000,
        ),
        "dates": (field("Date", "(Mon, "), 200_000),
        "a date of digits": (field("Date", "9"), 200_000),
        "references": (field("References", "<a@b> "), 200_000),
        "results": (field("Authentication-Results", "x; dkim=pass ("), 200_000),
        "list-ids": (field("List-Id", "<a."), 200_000),
        "types": (field("Content-Type", 'text/plain; a="'), 200_000),
        "parameters": (field("Content-Type", "text/plain; a=b; "), 200_000),
        "a name in pieces": (continued, 240_000),
        "a name that is percents": (field("Content-Disposition", "attachment; filename*=utf-8''%%%"), 200_000),
        "10,000 parts": (mixed("Content-Type: text/plain\r\n\r\nx", "Content-Type: a/b; name=x\r\n\r\nx"), 400_000),
        "empty parts": (mixed(""), 400_000),
        "parts 10,000 deep": (nested, 600_000),
        "messages 10,000 deep": (forwarded, 320_000),
        "garbage in base64": (garbage, 2_000_000),
        "tags that never end": (
            lambda size: b"Subject: x\r\nContent-Type: text/html\r\n\r\n" + b"<a <!-- &#x" * (size // 11),
            400_000,
        ),
        "no end of header": (lambda size: b"no colon\r\n" * (size // 10), 1_000_000),
    }


@pytest.mark.parametrize("bomb", bombs())
def test_a_message_takes_time_in_proportion_to_its_size(bomb: str) -> None:
    build, size = bombs()[bomb]
    assert is_linear(lambda octets: judged(build(octets)), size)


def test_no_name_of_a_charset_does_more_than_to_fail() -> None:
    """Python's codecs also hold compressors, escapes and one that always raises."""
    names = encodings.aliases.aliases.keys() | {module.name for module in iter_modules(encodings.__path__)}
    data = b"x\x9c+\xce,)\x01\x00\x04\xb2\x01\xb4\\ud800\\N{BELL}+2AA-xn--a\xff"
    for name in sorted(names | {"undefined", "../x", "utf-8\0", "a" * 10_000, "U+D800", ""}):
        for encoding, text in (("B", b64encode(data).decode()), ("Q", "".join(f"={octet:02X}" for octet in data))):
            shown = decode_words(f"=?{name}?{encoding}?{text}?=")
            assert not any(category(each) == "Cs" for each in shown), name


# --- values in the names of mailboxes

NASTY = st.text(
    st.sampled_from(
        "/\\.~#&*%\"'(){}[]+-_@ \t\r\n\0\x1b\x7f\u2215\u2044\uff0f\u29f8\uff0e\u2024\u202e\u2066\u200b\u200d"
        "\ufeff\u0301\u00e9aAI\u0130\U0001f600\U000e0041\ud800\udfff|^"
    ),
    max_size=40,
)


@given(NASTY | st.text(max_size=40), st.sampled_from(["/", ".", "\\", "^", "_", "&", "|", "#", ""]))
@example("../../etc", "/")
@example("a\r\nA1 DELETE INBOX", "/")
@example("&AC8-..&AC8-", ".")
@example("x" * 1_000_000, "/")
@example("\ud800", "/")
def test_no_value_leaves_its_level_or_its_command(value: str, delimiter: str) -> None:
    """The mailbox stays below what the rule says, in the octets on the wire too, and no other command appears."""
    octets = value.encode("utf-8", "surrogatepass")
    for written in (octets, b"=?utf-8?b?%s?=" % b64encode(octets)):
        verdict = RULE.evaluate(Message(b"Subject: %s\r\n\r\n" % written), replace(FACTS, delimiter=delimiter))
        assert isinstance(verdict, Verdict)
        if verdict.error is not None:
            assert not verdict.plan
            continue
        assert isinstance(verdict.plan.ending, MoveTo)
        path = verdict.plan.ending.target.path
        assert_below(path, "/")
        name = Namespace(prefix=f"INBOX{delimiter}", delimiter=delimiter or None).to_wire(path)
        line = segments((b"A1", UidCopy.name, *UidCopy(UIDSet([UID(7)]), name).arguments()), LiteralMode.LITERAL_PLUS)
        command = parse_command(line[0].removesuffix(b"\r\n"))
        assert (len(line), line[0].count(b"\r\n"), command.name) == (1, 1, "UID COPY")
        assert command.arguments.space().sequence_set().pick([7, 8]) == [7]
        assert command.arguments.space().astring() == name.raw
        command.arguments.end()
        if delimiter:
            assert_below(name.text().removeprefix(f"INBOX{delimiter}"), delimiter)
            assert name.raw.count(delimiter.encode()) >= 3


RULE = ruleset('[[rules]]\nname = "r"\nmatch = "everything"\nthen.move = "By/{subject}/in"\n')


def assert_below(path: str, delimiter: str) -> None:
    """Hold a path against the template."""
    first, level, last = path.split(delimiter)
    assert (first, last) == ("By", "in")
    assert level.strip(" .")
    assert level[0] not in "~#"
    assert not any(category(each) in {"Cc", "Cf", "Cs", "Zl", "Zp"} and each not in JOINERS for each in level)


# --- what is shown

HARM = "\x1b[2J\x1b]0;pwned\x07\u202etxt.exe\u2066\u2028\x9b31m\x7f\0\b"


@pytest.mark.parametrize("form", ["json", "text"])
async def test_no_terminal_is_led_astray_by_what_the_daemon_writes(tmp_path: Path, form: str) -> None:
    """By a subject, a Message-ID, the name of a mailbox, or the words of a server."""
    async with Liar("stay", "stay") as liar:
        liar.lies += [
            Lie("before SELECT", lines(f"* NO [ALERT] {HARM}")),
            Lie("after UID MOVE", lines(f"* BYE {HARM}")),
        ]
        path = rule_file(tmp_path, [liar])
        path.write_text(path.read_text().replace('"Filed"', '"By/{subject}"'))
        told = Told(form, "", lines())
        async with daemon(path, options=["--log-format", form, "--log-level", "debug"]) as running:
            await happens(running, told, lambda: any("IDLE" in text for text in liar.commands))
            liar.deliver(f"m {HARM}")
            await happens(running, told, lambda: "interrupted" in "".join(running.raw))
            await running.stop()
    written = "".join(running.raw)
    assert "pwned" in written
    assert [each for each in written if category(each) in {"Cc", "Cf", "Cs", "Zl", "Zp"} and each != "\n"] == []
    assert [text for text in liar.commands if text.startswith("UID MOVE")] == [
        text for text in liar.commands if "/m " in text and text.startswith("UID MOVE 3 ")
    ]
