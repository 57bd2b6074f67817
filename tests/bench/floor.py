"""The physical floor: bare sockets, no rules, no parser, no journal; each destination is known beforehand.

    floor.py backlog PORT USER PASSWORD FIELDS PLAN         files the backlog of INBOX
    floor.py notify PORT USER PASSWORD FIELDS MAILBOX       files each new message there, as the server pushes it
    floor.py idle PORT USER PASSWORD FIELDS MAILBOX         the same with IDLE and FETCH

PLAN is a JSON file: the mailbox of each message of INBOX by place, null for those that stay. A client can't do less
than this: one UID FETCH of the header fields, then UID MOVE with UID sets, all of them at once. It is run as a file and
imports next to nothing, since its whole process is measured too.
"""

from __future__ import annotations

import json
import re
import socket
import sys
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

HOST = "127.0.0.1"
_LONGEST = 8_000  # octets of a command line that every server takes (RFC 7162 §4)


class Line:
    """A connection that is read only as far as needed."""

    def __init__(self, port: int, user: str, password: str) -> None:
        self._socket = socket.create_connection((HOST, port))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.until(b"\r\n")
        self.ask(f"a LOGIN {user} {password}", b"a OK ")
        self.ask("b SELECT INBOX", b"b OK ")

    def send(self, *lines: str) -> None:
        """Send all lines in one write."""
        self._socket.sendall("".join(line + "\r\n" for line in lines).encode())

    def ask(self, line: str, wanted: bytes) -> bytes:
        """Send a line and read until a line that begins so has come whole; give the last of what came."""
        self.send(line)
        return self.until(wanted)

    def until(self, wanted: bytes) -> bytes:
        """Read on until these octets have come, and a line ends; give the last of what came."""
        tail = b""
        while not (wanted in tail and tail.endswith(b"\r\n")):
            data = self._socket.recv(1_048_576)
            if not data:
                raise EOFError(tail.decode("ascii", "replace"))
            tail = tail[-300:] + data
        return tail


def uid_sets(uids: Sequence[int]) -> list[str]:
    """Write ascending UIDs as sets that each fit into a command line."""
    ranges: list[list[int]] = []
    for uid in uids:
        if ranges and ranges[-1][1] == uid - 1:
            ranges[-1][1] = uid
        else:
            ranges.append([uid, uid])
    sets = [""]
    for low, high in ranges:
        text = str(low) if low == high else f"{low}:{high}"
        if len(sets[-1]) + len(text) > _LONGEST - 100:
            sets.append("")
        sets[-1] += ("," if sets[-1] else "") + text
    return sets


def backlog(line: Line, items: str, plan: Sequence[str | None]) -> None:
    """File a backlog whose messages have the UIDs from 1 on."""
    line.ask(f"c UID FETCH 1:{len(plan)} ({items})", b"c OK ")
    places: dict[str, list[int]] = defaultdict(list)
    for uid, mailbox in enumerate(plan, 1):
        if mailbox is not None:
            places[mailbox].append(uid)
    moves = [f'UID MOVE {uids} "{mailbox}"' for mailbox, found in places.items() for uids in uid_sets(found)]
    if moves:
        line.send(*(f"d{number} {move}" for number, move in enumerate(moves)))
        line.until(f"d{len(moves) - 1} OK ".encode())


def arrivals_by_notify(line: Line, items: str, mailbox: str) -> None:
    """File what the server pushes during IDLE (RFC 5465): one round trip a message."""
    line.ask(f"c NOTIFY SET (SELECTED (MessageNew ({items}) MessageExpunge))", b"c OK ")
    line.ask("d IDLE", b"+ ")
    while True:
        tail = line.until(b"FETCH (")
        uid = _uid_of(tail)
        line.send("DONE", f'e UID MOVE {uid} "{mailbox}"', "d IDLE")
        line.until(b"+ ")


def arrivals_by_idle(line: Line, items: str, mailbox: str) -> None:
    """Fetch what IDLE tells of, and file it: two round trips a message."""
    line.ask("d IDLE", b"+ ")
    while True:
        line.until(b" EXISTS")
        line.send("DONE", f"c UID FETCH * ({items})")
        uid = _uid_of(line.until(b"c OK "))
        line.send(f'e UID MOVE {uid} "{mailbox}"', "d IDLE")
        line.until(b"+ ")


def _uid_of(tail: bytes) -> int:
    found = re.findall(rb"\(UID (\d+)", tail)
    if not found:
        raise ValueError(tail.decode("ascii", "replace"))
    return int(found[-1])


def main(what: str, port: str, user: str, password: str, fields: str, where: str) -> None:
    """Do what the command line says."""
    line = Line(int(port), user, password)
    items = f"UID BODY.PEEK[HEADER.FIELDS ({fields})]"
    match what:
        case "backlog":
            backlog(line, items, json.loads(Path(where).read_text()))
        case "notify":
            arrivals_by_notify(line, items, where)
        case _:
            arrivals_by_idle(line, items, where)


if __name__ == "__main__":
    main(*sys.argv[1:])
