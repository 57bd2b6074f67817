"""Mail as people have it, and the rules for it, both by number: the same on each machine and in each run.

Of 10,000 messages 10, 100 and 1,000 rules file 18, 64 and 95 %; sizes are 2.6, 10.8 and 54 KB at the 10th, 50th and
90th percentile; 26 % of the subjects are encoded words, 44 % of the messages have a List-Id.
"""

from __future__ import annotations

import math
import random
from base64 import b64encode
from dataclasses import dataclass
from functools import cached_property

TARGETS = 20
FIELDS = ("FROM", "LIST-ID", "SUBJECT")
"""What the rules ask for."""

_FILED = ((10, 0.18), (100, 0.64), (1_000, 0.95))
"""Which part of the mail so many rules file."""
_MEDIAN = 10_800
_SMALLER, _LARGER = math.log(10.8 / 2.6) / 1.2816, math.log(54 / 10.8) / 1.2816  # deviations of the size's logarithm
_ENCODED = 0.26
_LISTED = 0.44
_WORDS = (
    "the",
    "of",
    "plan",
    "for",
    "report",
    "Tuesday",
    "summer",
    "budget",
    "question",
    "about",
    "new",
    "meeting",
    "notes",
)
_LINE = b"Lorem ipsum dolor sit amet, consectetur adipiscing elit, sed do eiusmod tempor incidi\r\n"


def target(rule: int) -> str:
    """Give the mailbox into which a rule moves."""
    return f"Box/{rule % TARGETS:02}"


@dataclass(frozen=True, slots=True)
class Pattern:
    """What a rule looks for: one of four usual kinds, by its number."""

    rule: int

    @property
    def kind(self) -> str:
        """The field, with what is looked for in it."""
        return ("from", "list_id", "subject", "domain")[self.rule % 4]

    @property
    def value(self) -> str:
        """The text that it looks for."""
        n = self.rule
        return {
            "from": f"ann.{n}@people.example",
            "list_id": f"list-{n}.example.org",
            "subject": f"[topic {n}]",
            "domain": f"company-{n}.example",
        }[self.kind]

    def toml(self) -> str:
        """Write it as the match of a rule."""
        key = {"from": "from", "list_id": "list_id", "subject": "subject.contains", "domain": "from.domain"}[self.kind]
        return f'match.{key} = "{self.value}"'


def rules(number: int) -> str:
    """Write so many rules."""
    return "\n".join(
        f'[[rules]]\nname = "rule {n}"\n{Pattern(n).toml()}\nthen.move = "{target(n)}"\n' for n in range(number)
    )


class Letter:
    """Message ``number``."""

    def __init__(self, number: int) -> None:
        self.number = number
        pick = random.Random(number)
        self.rule = _rule(pick)
        deviation = pick.gauss(0, 1)
        self._size = round(_MEDIAN * math.exp(deviation * (_SMALLER if deviation < 0 else _LARGER)))
        listing = Pattern(self.rule).kind == "list_id"
        self._encoded = pick.random() < _ENCODED
        self._listed = listing or pick.random() < (_LISTED - 0.25) / 0.75
        self._words = pick.choices(_WORDS, k=pick.randint(2, 8))

    def destination(self, rules: int) -> str | None:
        """Give the mailbox into which the first so many rules move it."""
        return target(self.rule) if self.rule < rules else None

    @cached_property
    def header(self) -> bytes:
        """Its header block, with the empty line."""
        n, rule = self.number, Pattern(self.rule)
        sender = {
            "from": f"ann.{self.rule}@people.example",
            "domain": f"office@company-{self.rule}.example",
        }.get(rule.kind, f"user.{n}@elsewhere.example")
        words = " ".join(self._words) + (f" {rule.value}" if rule.kind == "subject" else "")
        lines = [
            f"Return-Path: <bounces+{n}@relay.example>",
            f"Received: from relay.example ([192.0.2.{n % 250}]) by mx.example.org with ESMTPS id {n:09d};\r\n"
            "\tMon, 3 Mar 2025 09:00:00 +0000",
            f"DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=relay.example; s=2025;\r\n\tb={'x' * 340}",
            "Authentication-Results: mx.example.org; dkim=pass header.d=relay.example;\r\n"
            f"\tspf=pass smtp.mailfrom={sender}",
            "Date: Mon, 03 Mar 2025 09:00:00 +0000",
            f"Message-ID: <{n}.{self.rule}@relay.example>",
            f"From: {'Ann Lee' if n % 3 else '=?utf-8?q?J=C3=BCrgen?='} <{sender}>",
            "To: Everybody <everybody@example.org>",
            f"Subject: {_encoded(words) if self._encoded else words}",
            "MIME-Version: 1.0",
            "Content-Type: text/plain; charset=utf-8",
        ]
        if self._listed:
            name = rule.value if rule.kind == "list_id" else f"other-{n % 977}.example.net"
            lines.append(f"List-Id: What is said of {n % 977} <{name}>")
        return "\r\n".join([*lines, "", ""]).encode()

    def octets(self) -> bytes:
        """Write it whole."""
        return self.header + _LINE * max(1, (self._size - len(self.header)) // len(_LINE))


def _rule(pick: random.Random) -> int:
    """Choose the rule that files it; a number above those of all rules where none does."""
    chance, low, below = pick.random(), 0, 0.0
    for number, filed in _FILED:
        if chance < filed:
            return low + int((chance - below) / (filed - below) * (number - low))
        low, below = number, filed
    return low + pick.randrange(1_000)


def _encoded(text: str) -> str:
    """Write text as encoded words (RFC 2047) of at most 75 characters, one a line."""
    octets = (text + " – ü").encode()
    pieces, start = [], 0
    while start < len(octets):
        end = min(start + 42, len(octets))
        while end < len(octets) and octets[end] & 0xC0 == 0x80:  # not within a character
            end -= 1
        pieces.append(f"=?utf-8?B?{b64encode(octets[start:end]).decode()}?=")
        start = end
    return "\r\n ".join(pieces)
