"""What is only observed is told and not done."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from mailrules.config import Daemon
from mailrules.engine.outcome import ActionDone, ActionKind, OutcomeState
from tests.builders import message
from tests.engine.scene import rule, scene
from tests.servers.dovecot import Dovecot

MOVE = rule("move", 'subject = "one"', 'move = "Lists"')
OBSERVED = """
[[rules]]
name = "trial"
mode = "observe"
match.subject = "one"
then.move = "Trial"
"""


async def test_an_account_that_observes_tells_what_it_would_do(dovecot: Dovecot, user: str, tmp_path: Path) -> None:
    async with scene(dovecot, user, tmp_path, MOVE) as it:
        it.context = replace(it.context, general=lambda: Daemon(mode="observe"))
        dovecot.deliver(user, message("one"), message("two"))

        await it.file()
        await it.file()

        assert it.subjects() == {"INBOX": ["one", "two"]}
        assert it.states() == [OutcomeState.OBSERVED]
        assert it.outcomes[0].actions == (ActionDone(ActionKind.MOVE, "move", target="Lists"),)


async def test_a_rule_on_trial_is_told_beside_what_the_others_do(dovecot: Dovecot, user: str, tmp_path: Path) -> None:
    async with scene(dovecot, user, tmp_path, OBSERVED + MOVE) as it:
        dovecot.deliver(user, message("one"))

        await it.file()

        assert it.subjects() == {"Lists": ["one"]}
        told = [(outcome.state, outcome.rules, outcome.observed, len(outcome.actions)) for outcome in it.outcomes]
        assert told == [(OutcomeState.OBSERVED, (), ("trial",), 1), (OutcomeState.DONE, ("move",), (), 1)]
        assert [trace.rule for outcome in it.outcomes for trace in outcome.trace] == ["trial", "move"]
