"""What was kept does no harm, and neither does what comes of it in a moment."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fuzz.fuzzing import fuzz, kept
from tests.fuzz.targets import TARGETS, seeds

RUNS = 1_500
MOMENT = 8  # seconds at most, on a machine that is busy with something else

KEPT = [(name, path) for name in TARGETS for path in kept(name)]


@pytest.mark.parametrize(("name", "path"), [pytest.param(*one, id=f"{one[0]}-{one[1].name}") for one in KEPT])
def test_what_was_kept_does_no_harm(name: str, path: Path) -> None:
    TARGETS[name](path.read_bytes())


@pytest.mark.parametrize("name", TARGETS)
def test_what_makes_sense_does_no_harm(name: str) -> None:
    for seed in seeds(name):
        TARGETS[name](seed)


@pytest.mark.parametrize("name", TARGETS)
def test_what_comes_of_it_does_no_harm(name: str) -> None:
    """The seed is fixed, so that it is the same octets each time; `python -m tests.fuzz` looks for others."""
    done = fuzz(name, "-seed=1", f"-runs={RUNS}", f"-max_total_time={MOMENT}")
    assert done.harm == ()
    assert done.runs > 0


def test_harm_is_found() -> None:
    """A fuzzer that finds nothing has to be one that would."""
    (octets,) = fuzz("broken", "-seed=1", f"-max_total_time={MOMENT}").harm
    assert b"(" in octets
