"""Finds the comments in a structured header field (RFC 5322 §3.2.2), in one pass."""

from __future__ import annotations

import re

_BRACKET = re.compile(r"\\.|[()]", re.DOTALL)


def comment_ends(text: str) -> dict[int, int]:
    """Give where each bracket opens that is closed, and where its comment ends; comments within comments too."""
    ends: dict[int, int] = {}
    opened: list[int] = []
    if "(" in text:
        for bracket in _BRACKET.finditer(text):
            if bracket[0] == "(":
                opened.append(bracket.start())
            elif bracket[0] == ")" and opened:
                ends[opened.pop()] = bracket.end()
    return ends
