"""Asks mailrules and Pigeonhole the same of many messages: ``python -m tests.sieve.campaign [MESSAGES] [SCRIPTS]``."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain

from tests.sieve.conditions import REQUIRE, conditions
from tests.sieve.differences import reason
from tests.sieve.generated import SWITCHES, message, script, switched
from tests.sieve.imported import carried, outcome_of, ruleset_of, verdict_of
from tests.sieve.messages import MESSAGES
from tests.sieve.pigeonhole import Outcome, Pigeonhole, pigeonhole

_ONE_SET_OF_FLAGS = ("one set of flags", "a copy has the flags")


@dataclass(slots=True)
class Tally:
    """What came of it."""

    comparisons: int = 0
    explained: dict[str, int] = field(default_factory=dict)
    """How often, by reason."""
    unexplained: list[str] = field(default_factory=list)

    def note(self, where: str, why: str | None) -> None:
        """Count a difference."""
        if why is None:
            self.unexplained.append(where)
        else:
            self.explained[why] = self.explained.get(why, 0) + 1


def compare_conditions(server: Pigeonhole, mails: Mapping[str, bytes], tally: Tally) -> None:
    """Ask every single test of each message: one run of Pigeonhole a message."""
    tests = conditions()
    text = REQUIRE + "".join(f'if {test} {{ fileinto :copy "c{number}"; }}\n' for number, test in enumerate(tests))
    imported = carried(text)
    assert imported.notes == ()
    ruleset = ruleset_of(imported.text)
    for name, raw in mails.items():
        theirs = server.run(text, raw).mailboxes.keys()
        verdict = verdict_of(ruleset, raw)
        assert (verdict.unknown, verdict.error) == ((), None), name
        ours = outcome_of(verdict.plan).mailboxes.keys()
        tally.comparisons += len(tests)
        for mailbox in theirs ^ ours:
            test = tests[int(mailbox[1:])]
            tally.note(f"{name}: {test}: {'yes' if mailbox in ours else 'no'} here", reason(name, test))


def compare_outcomes(server: Pigeonhole, text: str, mails: Iterable[tuple[str, bytes]], tally: Tally) -> None:
    """Compare what becomes of messages by a whole script."""
    imported = carried(text)
    ruleset = ruleset_of(imported.text)
    flags_differ = any(word in note for note in imported.notes for word in _ONE_SET_OF_FLAGS)
    for name, raw in mails:
        theirs = server.run(text, raw)
        verdict = verdict_of(ruleset, raw)
        assert (verdict.unknown, verdict.error) == ((), None), f"{name}:\n{text}"
        ours = outcome_of(verdict.plan)
        tally.comparisons += 1
        if theirs != ours:
            same_places = theirs.mailboxes.keys() == ours.mailboxes.keys()
            why = "the import says so in a comment: one set of flags" if flags_differ and same_places else None
            tally.note(f"{name}: {theirs}, but {ours} here, by\n{text}\n{imported.text}", why)


def made_up(seeds: Iterable[int]) -> dict[str, bytes]:
    """Give messages made up by seed."""
    return {f"seed {seed}": message(seed) for seed in seeds}


def switches(seed: int, number: int) -> Iterator[tuple[str, bytes]]:
    """Give some of the messages that differ in what made-up scripts ask for."""
    for place in range(number):
        bits = (seed * 31 + place * 23) % (1 << len(SWITCHES))
        on = "".join(letter for at, letter in enumerate(SWITCHES) if bits >> at & 1)
        yield f"with {on or 'nothing'}", switched(on)


def campaign(messages: int, scripts: int, each: int) -> Tally:
    """Compare over all hand-written messages, and over this many made-up messages and scripts."""
    tally = Tally()
    with pigeonhole() as server:
        compare_conditions(server, {**MESSAGES, **made_up(range(messages))}, tally)
        for seed in range(scripts):
            compare_outcomes(server, script(seed), switches(seed, each), tally)
    return tally


def main() -> None:
    """Run the whole and say what came of it."""
    messages, scripts = chain(map(int, sys.argv[1:]), (2000, 1500)[len(sys.argv[1:]) :])
    tally = campaign(messages, scripts, 8)
    print(f"{tally.comparisons:,} comparisons")
    for why, count in sorted(tally.explained.items(), key=lambda item: -item[1]):
        print(f"{count:6,}  {why}")
    print(f"{len(tally.unexplained):,} differences that nobody can explain")
    for where in tally.unexplained[:20]:
        print(where)
    sys.exit(bool(tally.unexplained))


if __name__ == "__main__":
    main()


__all__ = ["Outcome", "Tally", "campaign", "compare_conditions", "compare_outcomes", "made_up", "switches"]
