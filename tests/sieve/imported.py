"""Runs scripts as mailrules does once they are imported."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial

from mailrules.rules import Facts, Message, MoveTo, Rule, Ruleset, Verdict
from mailrules.rules.plan import Expunge, Plan, Trash
from mailrules.rules.reader import local_answers
from mailrules.rules.settling import settle
from mailrules.sieve import CarriedOver, carry_over
from tests.sieve.pigeonhole import Outcome


def no_scripts(_name: str) -> None:
    """There is nothing to include."""


def carried(script: str, look_up: Callable[[str], str | None] = no_scripts) -> CarriedOver:
    """Import a script."""
    return carry_over(script, "script.sieve", look_up)


def ruleset_of(text: str) -> Ruleset:
    """Read rules."""
    return Ruleset(tuple(Rule.model_validate(table) for table in tomllib.loads(text).get("rules", ())))


def header_of(raw: bytes) -> bytes:
    """Give the header block, with its empty line."""
    ends = [raw.find(mark) + len(mark) for mark in (b"\r\n\r\n", b"\n\n") if mark in raw]
    if raw.startswith((b"\n", b"\r\n")):
        return b"\n"
    return raw[: min(ends)] if ends else raw


def verdict_of(ruleset: Ruleset, raw: bytes, now: datetime | None = None) -> Verdict:
    """Let rules decide on a message at hand."""
    now = now or datetime.now(UTC)
    size = len(raw.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n"))
    message = Message(header=header_of(raw), size=size, received=now, flags=frozenset())
    facts = Facts(now, UTC, "home", "INBOX", mailboxes=frozenset({"INBOX"}))
    return settle(ruleset, message, facts, partial(local_answers, raw))[1]


def outcome_of(plan: Plan) -> Outcome:
    """Say where a message ends up that had no flags."""
    flags: frozenset[str] = frozenset()
    if plan.flags is not None:
        flags = frozenset(
            flag.lower() for flag in (plan.flags.add if plan.flags.replace is None else plan.flags.replace)
        )
    names = [str(copy.target) for copy in plan.copies]
    match plan.ending:
        case MoveTo(target=target):
            names.append(str(target))
        case None:
            names.append("INBOX")
        case Expunge() | Trash():
            pass
    return Outcome(dict.fromkeys(names, flags))
