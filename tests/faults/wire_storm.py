"""A storm: other clients move, flag, copy and expunge the very messages that are being filed, while lines are cut."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from dataclasses import dataclass, field

from mailrules.engine.outcome import OutcomeState
from tests.faults.campaigns import Options, Tally
from tests.faults.wire_lane import DELETED, LANES, MAILBOXES, Lane, OtherClient, Row, attempted, lane
from tests.servers.dovecot import Dovecot
from tests.servers.faults import Side

STORMS = 60
MESSAGES = 12
ACTS = 40
PLACES = (*MAILBOXES, "Trash")


@dataclass
class Toll:
    """What the storm has done itself, by Message-ID."""

    names: list[str] = field(default_factory=list)
    expunged: set[str] = field(default_factory=set)
    spread: Counter[str] = field(default_factory=Counter)
    """How often it has copied or moved one."""


def storm(other: OtherClient, lots: random.Random, toll: Toll) -> None:
    """Let messages come, and do things to those in INBOX and in the targets."""
    for turn in range(ACTS):
        if len(toll.names) < MESSAGES and (turn % 3 == 0 or not toll.names):
            toll.names.append(other.append())
        name, where = lots.choice(toll.names), lots.choice(MAILBOXES)
        match lots.randrange(6):
            case 0:
                toll.expunged.add(name)
                other.remove(where, lambda one, name=name: one == name)  # type: ignore[misc]
            case 1:
                toll.spread[name] += 1
                other.transfer("MOVE", name, "Trash")
            case 2:
                toll.spread[name] += 1
                other.transfer("COPY", name, lots.choice(("Filed", "Trash")))
            case 3:
                other.store(name, "+FLAGS", r"\Answered")
            case 4:
                other.store(name, "-FLAGS", r"$Work \Flagged")
            case _:
                other.store(name, lots.choice(("+FLAGS", "-FLAGS")), "$Theirs")


async def weather(here: Lane, seed: int) -> Tally:
    """File in the storm, on lines that are cut now and then; count afterwards what the storm can't account for."""
    lots, toll = random.Random(seed), Toll()
    with here.it.server.session(here.it.user) as imap:
        raging = asyncio.create_task(asyncio.to_thread(storm, OtherClient(imap), lots, toll))
        while not raging.done():
            side, flight = lots.choice((Side.CLIENT, Side.SERVER)), lots.randrange(5, 12)
            here.it.proxy.sever(side, flight, lots.randrange(0, 200))
            await here.finish()
        await raging
    here.forgive()
    for _ in range(3):
        await here.finish()
        await here.retry()
    further = here.other.append()
    await here.finish()
    return _count(here, toll, f"{here.row.name} storm {seed}") + Tally(
        wrong=int(here.state(further) is not OutcomeState.DONE)
    )


def _count(here: Lane, toll: Toll, what: str) -> Tally:
    tally = Tally(tried=1)
    seen = {mailbox: here.other.found(mailbox) for mailbox in PLACES}
    for mailbox, before in here.bystanders.items():
        gone = before - Counter(seen[mailbox].values())
        tally += Tally(expunged=gone.total())
    for name in toll.names:
        places = {mailbox: [flags for one, flags in found.values() if one == name] for mailbox, found in seen.items()}
        alive = sum(DELETED not in flags for found in places.values() for flags in found)
        # By the rule a copy and the message; a move that isn't one act may be crossed by each of the storm's.
        most = 2 + toll.spread[name] + (toll.spread[name] if here.row is not Row.MOVE else 0)
        stuck = [flags for flags in places["INBOX"] if DELETED not in flags]
        lost = int(alive == 0 and name not in toll.expunged)
        doubled = max(0, alive - most)
        wrong = int(bool(stuck) and here.state(name) is OutcomeState.DONE)
        if lost or doubled or wrong:
            note = f"{what}: {name} {here.state(name)} {places}, by the storm {toll.spread[name]}"
            tally += Tally(lost=lost, doubled=doubled, wrong=wrong, notes=(note,))
    return tally


async def every_storm(server: Dovecot, options: Options) -> Tally:
    """Storms of many seeds, for each row in turn; an account for each."""
    rows = tuple(Row)
    left = iter(options.share([(rows[number % 3], options.seed + number) for number in range(STORMS)]))
    tally = Tally()

    async def work() -> None:
        nonlocal tally
        for row, seed in left:
            async with lane(server, row) as here:
                result = await attempted(here, seed, weather)
            tally += result

    await asyncio.gather(*(work() for _ in range(LANES * options.jobs // 2)))
    return tally
