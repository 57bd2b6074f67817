"""What a malicious server may say: floods, endless things, deep things, and lies about messages and commands."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from tests.faults.hostile_server import Liar

MEGABYTE = 1 << 20
COMMANDS = ("NAMESPACE", "LIST", "SELECT", "UID FETCH", "UID MOVE")
STAGES = (
    "greeting",
    "idle",
    *(f"{place} {command}" for command in COMMANDS for place in ("before", "after")),
)
"""Where a lie is told: not to AUTHENTICATE, since whoever hangs up there is left alone for two minutes."""

Pieces = Callable[[], Iterable[bytes]]


def repeated(unit: bytes, octets: int) -> Pieces:
    """The same again and again."""
    piece = unit * (65_536 // len(unit) + 1)
    return lambda: (piece for _ in range(octets // len(piece) + 1))


def enclosed(first: bytes, unit: bytes, last: bytes, octets: int = 6 * MEGABYTE, times: int = 1) -> Pieces:
    """One response, some times over, that is as long as such responses may be."""

    def pieces() -> Iterator[bytes]:
        for _ in range(times):
            yield first
            yield from repeated(unit, octets)()
            yield last + b"\r\n"

    return pieces


def numbered(first: bytes, last: bytes, octets: int = 6 * MEGABYTE, times: int = 1) -> Pieces:
    """One response of words none of which is like another, some times over."""

    def pieces() -> Iterator[bytes]:
        for _ in range(times):
            yield first
            said = number = 0
            while said < octets:
                piece = b" ".join(b"%d" % each for each in range(number, number + 10_000)) + b" "
                said, number = said + len(piece), number + 10_000
                yield piece
            yield last + b"\r\n"

    return pieces


def lines(*texts: str) -> Pieces:
    """Some lines."""
    return lambda: [f"{text}\r\n".encode() for text in texts]


FLOODS: dict[str, str] = {
    "EXISTS up and down": "* 7 EXISTS\r\n* 2 EXISTS\r\n",
    "EXPUNGE": "* 1 EXPUNGE\r\n",
    "RECENT": "* 9 RECENT\r\n",
    "FETCH FLAGS": "* 1 FETCH (UID 1 FLAGS (\\Deleted))\r\n",
    "FETCH without UID": "* 1 FETCH (FLAGS (\\Deleted))\r\n",
    "LIST": '* LIST () "/" Somewhere\r\n',
    "STATUS": "* STATUS INBOX (MESSAGES 7 UIDNEXT 999)\r\n",
    "OK with codes": "* OK [UIDNEXT 99] so\r\n* OK [ALERT] so\r\n",
    "NO and BAD": "* NO really\r\n* BAD really\r\n",
    "continuations": "+ go on\r\n",
    "foreign tags": "Z9 OK done\r\n",
    "nonsense": "hm\r\n",
    "empty lines": "\r\n",
}
"""What comes by the million."""

LONG: dict[str, Pieces] = {
    "a line without end": enclosed(b"* OK ", b"x", b"", 40 * MEGABYTE),
    "a line without end that is no text": enclosed(b"* 1 FETCH (", b"x", b"", 40 * MEGABYTE),
    "a literal without end": enclosed(b"* 1 FETCH (UID 9 BODY[HEADER] {16000000}\r\n", b"X: yyyy\r\n", b"", 16_100_000),
    **{
        f"a literal of {announced}": enclosed(
            f"* 1 FETCH (UID 9 BODY[HEADER] {announced}\r\n".encode(), b"X: y\r\n", b"", MEGABYTE // 4
        )
        for announced in (
            "{16777217}",
            f"{{{2**40}}}",
            f"{{{2**63}}}",
            f"{{{2**64}}}",
            "{-1}",
            "{007}",
            "{1+}",
            "~{5}",
            "{0x10}",
        )
    },
    "literals within literals": repeated(
        b"* 1 FETCH (BODY[] {25}\r\n* 1 FETCH (BODY[] {99}\r\n {1}\r\na)\r\n", MEGABYTE
    ),
    "too many literals": enclosed(b"* LIST (", b"{0}\r\n", b"", MEGABYTE),
    "flags": numbered(b"* FLAGS (", b")", times=2),
    "flags that last": numbered(b"* OK [PERMANENTFLAGS (", b")]", times=2),
    "flags of a message": numbered(b"* 1 FETCH (UID 9 FLAGS (", b"))", times=2),
    "capabilities": numbered(b"* CAPABILITY ", b"", times=2),
    "attributes": numbered(b"* LIST (", b') "/" x', times=2),
    "hits": numbered(b"* SEARCH ", b"", times=4),
    "a set of UIDs": enclosed(b'* ESEARCH (TAG "A9") UID ALL 1', b",3,1", b"", times=2),
    "UIDs that were copied": enclosed(b"* OK [COPYUID 7 1", b",3,1", b" 1] so", times=2),
    "parts": enclosed(b"* 1 FETCH (UID 9 BODYSTRUCTURE (", b'("A" "B" NIL NIL NIL NIL 1)', b' "mixed"))', times=2),
    "parameters": enclosed(b'* 1 FETCH (UID 9 BODYSTRUCTURE ("A" "B" (', b'"a" "b" ', b") NIL NIL NIL 1))", times=2),
    "addresses": enclosed(b"* 1 FETCH (UID 9 ENVELOPE (NIL NIL (", b"(NIL NIL NIL NIL)", b") NIL NIL NIL))", times=2),
    "parentheses": enclosed(b"* 1 FETCH (UID 9 BODYSTRUCTURE ", b"(", b"", times=2),
    "a thread": enclosed(b"* THREAD ", b"(1 (2", b"", times=2),
    "a backslash": enclosed(b'* LIST () "', b"\\", b'" x', times=2),
    "headers": lambda: (
        b"* 1 FETCH (UID %d FLAGS () BODY[HEADER.FIELDS (SUBJECT)] {100011}\r\nSubject: %s\r\n)\r\n"
        % (uid, b"y" * 100_000)
        for uid in range(100, 900)
    ),
    "small answers": lambda: (
        b"".join(b"* 1 FETCH (UID %d FLAGS (x) BODY[HEADER] {3}\r\nabc)\r\n" % uid for uid in range(at, at + 1_000))
        for at in range(100, 250_100, 1_000)
    ),
}
"""What fills the memory of who believes it."""

STAY = Liar("stay", "stay")
"""A mailbox as it is when lies are told."""

FALSE: dict[str, Pieces] = {
    "EXISTS 4294967295": lines("* 4294967295 EXISTS", "* 99999999999999999999 EXISTS"),
    "a mailbox that is empty": lines("* 0 EXISTS", "* 0 RECENT"),
    "EXPUNGE 0 and beyond": lines("* 0 EXPUNGE", "* 4294967295 EXPUNGE", "* 99999999999999999999 EXPUNGE"),
    "VANISHED": lines("* VANISHED 1:4294967295", "* VANISHED 1:*", "* VANISHED (EARLIER) *", "* VANISHED 0"),
    "another message's subject": lambda: [STAY.line(uid, "m").encode() for uid in (1, 2)],
    "another message's subject, by number": lambda: [STAY.line(1, "m").replace("UID 1 ", "").encode()],
    "UID 0": lambda: [STAY.line(0, "m").encode()],
    "two UIDs": lambda: [STAY.line(1, "m").replace("(UID 1", "(UID 9 UID 1").encode()],
    "a marked message": lines(r"* 1 FETCH (UID 1 FLAGS (\Deleted))", r"* 2 FETCH (FLAGS (\Deleted))"),
    "COPYUID of others": lines("* OK [COPYUID 7 1:2 1:2] so", "* OK [COPYUID 7 1:4294967295 1:4294967295] so"),
    "COPYUID that does not count": lines("* OK [COPYUID 7 1,2 1] so", "* OK [COPYUID 7 3 1:9] so", "[COPYUID 7 3 1]"),
    "COPYUID without end": lines("* OK [COPYUID 7 1:* 1:*] so", "* OK [COPYUID 0 3 3] so"),
    "a tag that was not sent": lines("A999 OK done", "a1 OK done", "* OK done", "OK done"),
    "tags to come": lines(*(f"A{number} OK done" for number in range(300, 400))),
    "the same answer again": lines("TAG OK done", "TAG OK done"),
    "go on": lines("+", "+ go on", "+ ", "+ PASS"),
    "a capability or two": lines(
        "* CAPABILITY IMAP4rev1 LITERAL+ MOVE UIDPLUS X-WISH", "* ENABLED UTF8=ACCEPT QRESYNC"
    ),
    "BYE": lines(*["* BYE so long"] * 1_000),
    "PREAUTH": lines("* PREAUTH welcome back"),
    "UIDNEXT": lines("* OK [UIDNEXT 1] so", "* OK [UIDNEXT 4294967295] so", "* OK [UIDNEXT 99999999999999999999] so"),
    "read-only": lines("* OK [READ-ONLY] so", "* OK [PERMANENTFLAGS ()] so", "* OK [READ-WRITE] so"),
    "control characters": lines(
        "* OK \x1b[2J\u202e\x07 so", "* NO [ALERT] \x1b]0;x\x07", '* LIST () "\x1b" "a\x1b[0m"'
    ),
    "octets that are no text": lambda: [bytes(range(256)).replace(b"\n", b"") + b"\r\n", b"\0" * 99 + b"\r\n"],
}
"""What is not so."""


def lies(flood: int) -> dict[str, Pieces]:
    """Every lie by its name; `flood` is how many responses are one."""
    floods = {name: repeated(unit.encode(), flood * len(unit) // unit.count("\n")) for name, unit in FLOODS.items()}
    return {f"{flood:,} {name}": pieces for name, pieces in floods.items()} | LONG | FALSE
