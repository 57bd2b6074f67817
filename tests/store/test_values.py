"""The values refuse what no journal could replay."""

import pytest

from mailrules.store import EntryState, Replay, Step, StepKind
from tests.store.builders import NOW, entry


@pytest.mark.parametrize(
    ("kind", "replay"),
    [
        (StepKind.STORE_FLAGS, Replay.REPEAT),
        (StepKind.MARK_DELETED, Replay.REPEAT),
        (StepKind.UID_EXPUNGE, Replay.REPEAT),
        (StepKind.COPY, Replay.CHECK_FIRST),
        (StepKind.MOVE, Replay.CHECK_FIRST),
    ],
)
def test_only_what_could_double_a_message_is_checked_before_it_is_repeated(kind: StepKind, replay: Replay) -> None:
    assert replay == kind.replay


@pytest.mark.parametrize("kind", [StepKind.COPY, StepKind.MOVE])
def test_a_copy_or_move_without_a_target_is_refused(kind: StepKind) -> None:
    with pytest.raises(ValueError, match="needs a target"):
        Step(kind=kind, rule="lists")


def test_a_pending_entry_without_a_time_is_refused() -> None:
    with pytest.raises(ValueError, match="due"):
        entry(state=EntryState.PENDING)
    assert entry(state=EntryState.PENDING, due=NOW).due == NOW


def test_done_and_gone_are_final() -> None:
    assert {EntryState.DONE, EntryState.GONE} == {state for state in EntryState if state.final}
