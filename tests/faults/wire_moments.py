"""Refusals and BYE at each command of one message's way."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, replace
from itertools import product

from mailrules.engine.outcome import OutcomeState
from tests.faults.campaigns import Options, Tally
from tests.faults.wire_lane import DELETED, FLAGS, Lane, Row, judge, lane, trials
from tests.servers.dovecot import Dovecot
from tests.servers.faults import Point

ANSWERS = (
    "NO Not now",
    "BAD What",
    *(
        f"NO [{code}] No"
        for code in (
            "ALREADYEXISTS",
            "AUTHENTICATIONFAILED",
            "CANNOT",
            "CLIENTBUG",
            "CONTACTADMIN",
            "CORRUPTION",
            "EXPIRED",
            "EXPUNGEISSUED",
            "INUSE",
            "LIMIT",
            "NONEXISTENT",
            "NOPERM",
            "OVERQUOTA",
            "SERVERBUG",
            "TRYCREATE",
            "UNAVAILABLE",
        )
    ),
    "BAD [SERVERBUG] No",
)
"""RFC 9051 §7.1 and what else servers say."""


@dataclass(frozen=True, slots=True)
class Moment:
    """A command of the way: the `nth` that begins like this."""

    name: str
    pattern: str
    nth: int

    def __str__(self) -> str:
        return f"{self.name} ({self.nth})"


async def moments(server: Dovecot, row: Row) -> tuple[Moment, ...]:
    """Go the way once without a fault, and return its commands."""
    async with lane(server, row) as here:
        here.it.proxy.recording.forget()
        await here.way(here.other.append)
        patterns = [(one.name, _pattern(one.name, one.text)) for one in here.it.proxy.recording.commands]
    return tuple(
        Moment(name, pattern, 1 + [other for _, other in patterns[:index]].count(pattern))
        for index, (name, pattern) in enumerate(patterns)
    )


def _pattern(name: str, text: bytes) -> str:
    """Match the same command in another account."""
    return name if name == "AUTHENTICATE" else re.sub(r"\d+", r"\\d+", re.escape(text.decode()))


# --- refusals


@dataclass(frozen=True, slots=True)
class Refusal:
    """An answer in place of the server's, once or until somebody has mended it."""

    moment: Moment
    answer: str
    times: int | None

    def __str__(self) -> str:
        return f"{self.moment}: {self.answer}, {'once' if self.times else 'until it is mended'}"


async def refuse(here: Lane, refusal: Refusal) -> Tally:
    """A message whose command is refused waits or is held where it was, or is filed all the same: never twice."""
    what, proxy, arrive = f"{here.row.name} {refusal}", here.it.proxy, Arrival(here)
    proxy.refuse(refusal.moment.pattern, refusal.answer, times=refusal.times, nth=refusal.moment.nth)
    await here.attempt(arrive, times=2)
    if not any(one.answer == refusal.answer.encode() for one in proxy.recording.commands):
        return Tally(tried=1, wrong=1, notes=(f"{what}: nothing was refused",))
    waiting = Tally() if here.state(arrive.name) is OutcomeState.DONE else waits(here, arrive.name, what)
    here.forgive()
    await here.finish(arrive)
    for _ in range(3):
        await here.retry()
    if here.state(arrive.name) is OutcomeState.HELD:
        return waiting + waits(here, arrive.name, what)
    expected = here.expected(arrive.name)
    if (
        here.row is Row.UIDPLUS and "left marked" in here.it.reason()
    ):  # UIDPLUS is only announced, as Proton Bridge has it
        expected["INBOX"][arrive.name, FLAGS | {DELETED}] += 1
    return waiting + judge(expected, here.other.standing(), [arrive.name], what)


class Arrival:
    """The one message of a trial, which comes when this is called, once."""

    def __init__(self, here: Lane) -> None:
        self._here = here
        self.name = ""

    def __call__(self) -> bool:
        """Let it come; return whether it has come now."""
        if self.name:
            return False
        self.name = self._here.other.append()
        return True


def waits(here: Lane, name: str, what: str) -> Tally:
    """Judge a message that is not filed: it is where it was, and anywhere else once at most.

    A copy that was made before the refusal stays. Where none stands in the target, it has none of the rule's flags.
    """
    seen = here.other.standing()
    expected = {mailbox: Counter(found) for mailbox, found in here.bystanders.items()}
    for mailbox, found in seen.items():
        expected[mailbox].update([message for message in found if message[0] == name][:1])
    if not any(message[0] == name for message in seen["Filed"]):
        expected["INBOX"] = here.bystanders["INBOX"] + Counter([(name, frozenset[str]())])
    return replace(judge(expected, seen, [name], what), tried=0)


async def every_refusal(server: Dovecot, options: Options) -> Tally:
    """Refuse each command, by each answer, for each row."""
    tally = Tally()
    for row in Row:
        asked = [moment for moment in await moments(server, row) if moment.name != "DONE"]
        todo = [Refusal(*one) for one in product(asked, ANSWERS, (1, None)) if not _is_no_refusal(*one[:2])]
        tally += Tally(notes=(f"{row.name}: {len(asked)} commands, {len(ANSWERS)} answers, once and for long",))
        tally += await trials(server, row, options.share(todo), refuse, options)
    return tally


def _is_no_refusal(moment: Moment, answer: str) -> bool:
    """To a FETCH it says that what was not told is gone (RFC 9051 §7.1): nobody can see through a lie there."""
    return moment.name == "UID FETCH" and "EXPUNGEISSUED" in answer


# --- BYE


@dataclass(frozen=True, slots=True)
class Farewell:
    """A BYE in place of a command, which the server never sees, or before the `nth` thing that the server says."""

    moment: Moment | None
    nth: int

    def __str__(self) -> str:
        return f"BYE to {self.moment}" if self.moment else f"BYE before response {self.nth}"


BYE = "* BYE Going down"


async def dismiss(here: Lane, farewell: Farewell) -> Tally:
    """What the server ends at any time is finished on the next connection."""
    arrive = Arrival(here)
    if farewell.moment:
        here.it.proxy.cut(farewell.moment.pattern, Point.BEFORE_COMMAND, nth=farewell.nth, say=BYE)
    else:
        here.it.proxy.rewrite(r"\A", f"{BYE}\r\n", times=1, nth=farewell.nth)
    await here.finish(arrive)
    said = b"".join(here.it.proxy.recording.replies).count(BYE.encode())
    what = f"{here.row.name} {farewell}"
    result = judge(here.expected(arrive.name), here.other.standing(), [arrive.name], what)
    return result if said or farewell.moment else result + Tally(wrong=1, notes=(f"{what}: never said",))


async def every_farewell(server: Dovecot, options: Options) -> Tally:
    """Say BYE in place of each command and before each response, for each row."""
    tally = Tally()
    for row in Row:
        commands = await moments(server, row)
        async with lane(server, row) as here:
            here.it.proxy.recording.forget()
            await here.way(here.other.append)
            responses = len(here.it.proxy.recording.replies)
        todo = [Farewell(moment, moment.nth) for moment in commands]
        todo += [Farewell(None, nth) for nth in range(1, responses + 1)]
        tally += await trials(server, row, options.share(todo), dismiss, options)
    return tally
