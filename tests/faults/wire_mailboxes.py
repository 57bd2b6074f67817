"""Somebody deletes, renames or renumbers the source or a target at each point of one message's way."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass
from enum import Enum
from itertools import product

from mailrules.engine.outcome import OutcomeState
from tests.faults.campaigns import Options, Tally
from tests.faults.wire_lane import LANES, Lane, Row, attempted, lane
from tests.faults.wire_moments import Arrival, Moment, moments
from tests.faults.wire_others import POINTS
from tests.servers.dovecot import Dovecot
from tests.servers.faults import Point

EVERYWHERE = ("INBOX", "Copies", "Filed", "Renamed")


class Deed(Enum):
    """What is done to a mailbox."""

    DELETE = "deleted"
    RENAME = "renamed"
    MAKE_ANEW = "deleted and made anew"
    RENUMBER = "given another UIDVALIDITY"


@dataclass(frozen=True, slots=True)
class Upheaval:
    """A deed at a point of a command. INBOX can't be deleted, and RENAME moves its messages away (RFC 9051 §6.3.6)."""

    deed: Deed
    mailbox: str
    moment: Moment
    point: Point

    def __str__(self) -> str:
        return f"{self.mailbox} is {self.deed.value}, {self.point.name.lower()} of {self.moment}"


async def upset(here: Lane, upheaval: Upheaval) -> Tally:
    """Afterwards the message is somewhere, once, unless it was deleted with its mailbox; and the next one is filed."""
    arrive = Arrival(here)
    taken: Counter[str] = Counter()

    def act() -> None:
        taken.update(_taken_by(here, upheaval))

    what = f"{here.row.name} {upheaval}"
    here.it.proxy.meanwhile(upheaval.moment.pattern, upheaval.point, act, nth=upheaval.moment.nth)
    await here.finish(arrive)
    for _ in range(3):
        await here.retry()
    if here.it.proxy.outstanding:
        return Tally(tried=1, wrong=1, notes=(f"{what}: it never came to that",))
    result = _judge(here, arrive.name, taken, what)
    further = here.other.append(mailbox="INBOX")
    await here.finish()
    await here.retry()
    if here.state(further) is not OutcomeState.DONE:
        result += Tally(wrong=1, notes=(f"{what}: the next message was not filed: {here.state(further)}",))
    return result


def _taken_by(here: Lane, upheaval: Upheaval) -> Counter[str]:
    """Do it; return which messages went away with the mailbox."""
    it, box = here.it, upheaval.mailbox
    if upheaval.deed is Deed.RENUMBER:
        it.server.doveadm("mailbox", "update", "-u", it.user, "--uid-validity", "4242", box)
        return Counter()
    before = Counter(one for one, _ in here.other.found(box).values())
    with it.server.session(it.user) as other:
        if upheaval.deed is Deed.RENAME:
            other.rename(box, "Renamed")
            return Counter()
        other.delete(box)
        if upheaval.deed is Deed.MAKE_ANEW:
            other.create(box)
    return before


def _judge(here: Lane, name: str, taken: Counter[str], what: str) -> Tally:
    seen = {mailbox: here.other.found(mailbox) for mailbox in EVERYWHERE}
    ids = {mailbox: Counter(one for one, _ in found.values()) for mailbox, found in seen.items()}
    bystanders = Counter(one for found in here.bystanders.values() for one, _ in found.elements())
    everything = sum(ids.values(), Counter[str]())
    gone = bystanders - everything - taken
    sources = [*seen["INBOX"].values(), *seen["Renamed"].values()]
    marked = sum(one == name and r"\Deleted" in flags for one, flags in sources)
    there = everything[name] - marked
    held = here.state(name) is OutcomeState.HELD
    # The rule makes two of each: a copy and the message. What is held may stand in both places, and is listed.
    lost = there + taken[name] == 0
    doubled = max(0, there - 2 - held, ids["Filed"][name] - 1, ids["Copies"][name] - 1)
    wrong = int(here.state(name) is None and ids["INBOX"][name] > 0)
    tally = Tally(tried=1, lost=int(lost), doubled=doubled, expunged=gone.total(), wrong=wrong)
    if tally.clean:
        return tally
    places = {mailbox: found[name] for mailbox, found in ids.items()}
    return tally + Tally(notes=(f"{what}: {places}, taken {taken[name]}, {gone}; {here.told()}",))


async def every_upheaval(server: Dovecot, options: Options) -> Tally:
    """Each deed to each mailbox, at each point of each command from DONE on, for each row; an account for each."""
    todo: list[tuple[Row, Upheaval]] = []
    for row in Row:
        commands = await moments(server, row)
        begin = [moment.name for moment in commands].index("DONE")
        for deed, mailbox, moment, point in product(Deed, ("INBOX", "Copies", "Filed"), commands[begin:], POINTS):
            possible = mailbox != "INBOX" or deed in {Deed.RENAME, Deed.RENUMBER}
            if possible and (moment.name, point) not in {("DONE", POINTS[1]), ("IDLE", POINTS[1])}:
                todo.append((row, Upheaval(deed, mailbox, moment, point)))
    left = iter(options.share(todo))
    tally = Tally()

    async def work() -> None:
        nonlocal tally
        for row, upheaval in left:
            async with lane(server, row) as here:
                result = await attempted(here, upheaval, upset)
            tally += result

    await asyncio.gather(*(work() for _ in range(LANES * options.jobs)))
    return tally
