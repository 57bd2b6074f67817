"""A share of all prefixes of the write-ahead log and of all crashes; ``python -m tests.faults disk`` takes them all."""

import random
from pathlib import Path

import pytest

from tests.faults.campaigns import Options, Tally
from tests.faults.disk_prefixes import crashes, opens, prefixes, recovers
from tests.faults.disk_recording import Scenario, recorded

SCENARIOS = [
    Scenario("MOVE", "UID MOVE", makes_lists=True),
    Scenario("UIDPLUS only", "UID COPY"),
    Scenario("neither"),
]
OPENED, RECOVERED = 40, 7


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.lowering)
async def test_whatever_a_power_cut_leaves_is_whole_and_recovered_from(scenario: Scenario, tmp_path: Path) -> None:
    run = await recorded(scenario, tmp_path)
    tally = Tally()
    for prefix in Options(most=OPENED).share(list(prefixes(run, random.Random(1)))):
        tally += await opens(run, prefix)
    for crash in Options(most=RECOVERED).share(list(crashes(run))):
        tally += await recovers(run, crash)
    assert tally == Tally(OPENED + RECOVERED)
