"""Another client acts at each point of one message's way: on its messages, and on the mailboxes themselves."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from enum import Enum
from itertools import product

from mailrules.engine.outcome import OutcomeState
from tests.faults.campaigns import Options, Tally
from tests.faults.wire_lane import DELETED, FLAGS, MAILBOXES, Lane, OtherClient, Row, trials
from tests.faults.wire_moments import Arrival, Moment, moments
from tests.servers.dovecot import Dovecot
from tests.servers.faults import Point

POINTS = (Point.BEFORE_COMMAND, Point.BEFORE_ANSWER)


class Act(Enum):
    """What the other client does to messages; all but the first are about the one that is being filed, or its place."""

    ARRIVAL = "lets another message come"
    EXPUNGE_ANOTHER = "expunges a message before it"
    ANSWER = r"sets \Answered"
    UNFLAG = "removes the rule's flags"
    MARK = r"marks it \Deleted"
    EXPUNGE = "expunges it"
    MOVE = "moves it elsewhere"
    COPY = "copies it to the target"


@dataclass(frozen=True, slots=True)
class Meeting:
    """An act at a point of a command."""

    act: Act
    moment: Moment
    point: Point

    def __str__(self) -> str:
        return f"{self.act.value}, {self.point.name.lower()} of {self.moment}"


async def meet(here: Lane, meeting: Meeting) -> Tally:
    """Whatever another client does to messages meanwhile: none vanishes, none is doubled but by that client."""
    arrive = Arrival(here)
    victim = here.other.append("bystander, but not for long")
    more: list[str] = []

    def act() -> None:
        _act(here.other, meeting.act, arrive.name, victim, more)

    here.it.proxy.meanwhile(meeting.moment.pattern, meeting.point, act, nth=meeting.moment.nth)
    await here.finish(arrive)
    await here.retry()
    await here.finish()
    what = f"{here.row.name} {meeting}"
    if here.it.proxy.outstanding:
        return Tally(tried=1, wrong=1, notes=(f"{what}: it never came to that",))
    return _judge(here, meeting.act, arrive.name, victim, more, what)


def _act(other: OtherClient, act: Act, name: str, victim: str, more: list[str]) -> None:
    match act:
        case Act.ARRIVAL:
            more.append(other.append())
        case Act.EXPUNGE_ANOTHER:
            other.remove("INBOX", lambda one: one == victim)
        case Act.ANSWER:
            other.store(name, "+FLAGS", r"\Answered")
        case Act.UNFLAG:
            other.store(name, "-FLAGS", " ".join(FLAGS))
        case Act.MARK:
            other.store(name, "+FLAGS", DELETED)
        case Act.EXPUNGE:
            other.remove("INBOX", lambda one: one == name)
        case Act.MOVE:
            other.transfer("MOVE", name, "Trash")
        case Act.COPY:
            other.transfer("COPY", name, "Filed")


def _judge(here: Lane, act: Act, name: str, victim: str, more: list[str], what: str) -> Tally:
    r"""Count by places: where it may be, what the other client did to it is its own affair."""
    seen = {mailbox: here.other.found(mailbox) for mailbox in (*MAILBOXES, "Trash")}
    tally, state = Tally(tried=1), here.state(name)
    for mailbox, before in here.bystanders.items():
        standing = Counter(seen[mailbox].values())
        tally += Tally(expunged=(before - standing).total())
    victims = [found for found in seen["INBOX"].values() if found[0] == victim]
    tally += Tally(expunged=int(act is not Act.EXPUNGE_ANOTHER and victims != [(victim, frozenset())]))
    places = {mailbox: [flags for one, flags in found.values() if one == name] for mailbox, found in seen.items()}
    filed, copies, left, trash = (len(places[mailbox]) for mailbox in ("Filed", "Copies", "INBOX", "Trash"))
    unmarked = sum(DELETED not in flags for flags in places["INBOX"])
    tally += Tally(doubled=max(0, copies - 1))
    match act:
        case Act.EXPUNGE:
            tally += Tally(doubled=max(0, filed - 1) + left)
        case Act.MOVE:
            # Who copies and then removes may have copied before the other moved: that is two copies by two clients.
            most = 1 if here.row is Row.MOVE else 2
            tally += Tally(lost=int(filed + trash == 0), doubled=max(0, filed + trash - most) + left)
        case Act.COPY:
            lost = filed + unmarked == 0
            tally += Tally(lost=int(lost), doubled=max(0, filed + unmarked - 2))
        case Act.MARK if left:
            tally += Tally(wrong=int(unmarked > 0), doubled=max(0, left + filed - 2))
        case _:
            tally += Tally(lost=int(filed == 0), doubled=max(0, filed - 1) + unmarked)
            tally += Tally(wrong=int(state is not OutcomeState.DONE))
            wanted = FLAGS - {r"\Answered"} if act is not Act.UNFLAG else frozenset[str]()
            tally += Tally(wrong=int(any(not wanted <= flags for flags in places["Filed"])))
    for one in more:
        found = [flags for other, flags in seen["Filed"].values() if other == one]
        tally += Tally(
            lost=int(not found), doubled=max(0, len(found) - 1), wrong=int(any(FLAGS != one for one in found))
        )
    if tally.clean:
        return tally
    return tally + Tally(notes=(f"{what}: {state}; " + "; ".join(f"{box} {flags}" for box, flags in places.items()),))


async def every_meeting(server: Dovecot, options: Options) -> Tally:
    """Let each act happen at each point of each command, for each row."""
    tally = Tally()
    for row in Row:
        commands = await moments(server, row)
        begin = [moment.name for moment in commands].index("DONE")
        todo = [
            Meeting(act, moment, point)
            for act, moment, point in product(Act, commands[begin:], POINTS)
            if (moment.name, point) not in {("DONE", Point.BEFORE_ANSWER), ("IDLE", Point.BEFORE_ANSWER)}
        ]
        tally += await trials(server, row, options.share(todo), meet, options)
    return tally
