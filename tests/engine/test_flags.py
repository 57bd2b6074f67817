"""What a STORE is made of, whether it was kept, and what undoes it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mailrules.engine.flags import kept, put_back, reopen_flags, store_command
from mailrules.engine.flights import Work
from mailrules.imap import UID, StoreMode, UIDSet, UidStore
from mailrules.store import Step, StepKind, StepState
from tests.store.builders import entry, move

ADD, REMOVE, REPLACE = StoreMode.ADD, StoreMode.REMOVE, StoreMode.REPLACE
DONE, BEGUN = StepState.DONE, StepState.BEGUN


def store(
    *add: str, remove: tuple[str, ...] = (), all_: tuple[str, ...] | None = None, state: StepState = DONE
) -> Step:
    """Build a flag step; `all_` are the only flags that the message shall have."""
    return Step(kind=StepKind.STORE_FLAGS, rule="r", add=add, remove=remove, replace=all_, state=state)


def work(prior: tuple[str, ...], *steps: Step) -> Work:
    """Build the work of a message that had these flags before."""
    return Work(replace(entry(5, *steps), prior_flags=prior), list(steps), shareable=True)


@pytest.mark.parametrize(
    ("step", "mode", "flags"),
    [
        (store("\\Seen", "$Work"), ADD, {"\\Seen", "$Work"}),
        (store(remove=("\\Seen",)), REMOVE, {"\\Seen"}),
        (store(all_=("\\Seen",)), REPLACE, {"\\Seen"}),
        (store(all_=()), REPLACE, set()),
    ],
)
def test_a_flag_step_is_one_store(step: Step, mode: StoreMode, flags: set[str]) -> None:
    uids = UIDSet([UID(5)])

    assert store_command(step, uids) == UidStore(uids, mode, frozenset(flags))


@pytest.mark.parametrize(
    ("step", "shown", "missing"),
    [
        (store("\\Seen", "$Work"), ("\\Seen", "$Work", "$Other"), ()),
        (store("\\Seen", "$Work"), ("\\SEEN", "$work"), ()),
        (store("\\Seen", "$Work", "$Alpha"), ("\\Seen",), ("$Alpha", "$Work")),
        (store(all_=("$Work",)), (), ("$Work",)),
        (store(all_=()), ("$Sticky",), ()),
        (store(remove=("$Work",)), ("$Work",), ()),
    ],
)
def test_what_was_asked_for_and_is_not_shown_was_not_kept(
    step: Step, shown: tuple[str, ...], missing: tuple[str, ...]
) -> None:
    assert kept(step, shown) == missing


@pytest.mark.parametrize(
    ("prior", "step", "expected"),
    [
        pytest.param((), store("\\Flagged"), [(REMOVE, {"\\Flagged"})], id="added"),
        pytest.param(("\\FLAGGED",), store("\\Flagged", "$A"), [(REMOVE, {"$A"})], id="one was there in another case"),
        pytest.param(("$A",), store("$A"), [], id="was there"),
        pytest.param(("$A", "$B"), store(remove=("$A",)), [(ADD, {"$A"})], id="removed"),
        pytest.param(("$A", "$B"), store(all_=("$B", "$C")), [(REMOVE, {"$C"}), (ADD, {"$A"})], id="replaced"),
        pytest.param(("$A",), store(all_=()), [(ADD, {"$A"})], id="all taken away"),
        pytest.param(("\\Recent",), store(all_=("$B",)), [(REMOVE, {"$B"})], id="nobody can set Recent"),
        pytest.param((), store("$A", state=BEGUN), [], id="not done"),
        pytest.param((), move(state=DONE), [], id="no flags"),
    ],
)
def test_only_what_a_step_changed_is_changed_back(
    prior: tuple[str, ...], step: Step, expected: list[tuple[StoreMode, set[str]]]
) -> None:
    uids = UIDSet([UID(5)])

    assert list(put_back(work(prior, step))) == [UidStore(uids, mode, frozenset(flags)) for mode, flags in expected]


def test_after_that_the_flags_are_to_be_set_again_and_the_rest_stays_as_it_is() -> None:
    done = work((), store("$A"), move(state=DONE))

    reopen_flags(done)

    assert [step.state for step in done.steps] == [BEGUN, DONE]
