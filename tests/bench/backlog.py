"""A big mailbox in a moment, and as many rules for it as one likes."""

from __future__ import annotations

import socket
from collections.abc import Iterator, Sequence

from tests.servers.dovecot import HOST, PASSWORD, Dovecot

TARGETS = 20
_AT_ONCE = 1_000  # messages of one APPEND


def rules(number: int) -> str:
    """Write rules of the three usual kinds into ``TARGETS`` mailboxes; rule n is for the messages of sender n."""
    kinds = ('from = "ann@sender-{n}.example"', 'list_id = "list-{n}.example"', 'subject.contains = "[topic-{n}]"')
    return "\n".join(
        f'[[rules]]\nname = "rule {n}"\nmatch.{kinds[n % 3].format(n=n)}\nthen.move = "Box/{n % TARGETS:02}"\n'
        for n in range(number)
    )


def mail(number: int, *, senders: int = 1_000) -> bytes:
    """Write message ``number``; the messages come from as many senders in turn, each with all that a rule may ask."""
    n = number * 7 % senders
    lines = [
        "Received: from relay.example by mail.example; Mon, 3 Mar 2025 09:00:00 +0000",
        f"DKIM-Signature: v=1; a=rsa-sha256; d=sender-{n}.example; s=2025; b={'x' * 300}",
        f"From: Ann <ann@sender-{n}.example>",
        "To: everybody@example.org",
        f"Subject: [topic-{n}] message {number}",
        "Date: Mon, 03 Mar 2025 09:00:00 +0000",
        f"Message-ID: <{number}@sender-{n}.example>",
        f"List-Id: Everything of {n} <list-{n}.example>",
        "",
        "Good morning.",
        "",
    ]
    return "\r\n".join(lines).encode()


def fill(server: Dovecot, user: str, messages: Sequence[bytes]) -> None:
    """Put messages into INBOX by MULTIAPPEND (RFC 3502), which takes a third of a millisecond each."""
    with socket.create_connection((HOST, server.ports.imap), timeout=60) as sock, sock.makefile("rb") as answers:
        sock.sendall(f"0 LOGIN {user} {PASSWORD}\r\n".encode())
        _await(answers, b"0 OK")
        for start in range(0, len(messages), _AT_ONCE):
            sock.sendall(b"1 APPEND INBOX" + b"".join(_literals(messages[start : start + _AT_ONCE])) + b"\r\n")
            _await(answers, b"1 OK")


def _literals(messages: Sequence[bytes]) -> Iterator[bytes]:
    for each in messages:
        yield b" {%d+}\r\n" % len(each)
        yield each


def _await(answers: Iterator[bytes], wanted: bytes) -> None:
    for line in answers:
        if line.startswith(wanted):
            return
        if not line.startswith(b"*"):
            raise RuntimeError(line.decode())
    raise EOFError
