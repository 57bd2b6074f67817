"""Entries whose messages are looked at again: what becomes of each is told without a word to anybody."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from mailrules.engine.reviving import without_steps
from mailrules.store import Entry, EntryState, Step, StepKind
from tests.store.builders import entry

if TYPE_CHECKING:
    import pytest

MARKED = (Step(kind=StepKind.MARK_DELETED, rule="old"),)


def test_thousands_that_fall_due_together_are_parted_without_comparing_each_with_each(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bare = replace(entry(1), steps=())
    some = [bare, replace(bare, uid=2, steps=MARKED), replace(bare, uid=3, state=EntryState.GONE), replace(bare, uid=4)]
    compared: list[Entry] = []

    def compare(self: Entry, _other: object) -> bool:
        compared.append(self)
        return False

    monkeypatch.setattr(Entry, "__eq__", compare)

    met, others = without_steps(some)

    assert ([1, 4], [2, 3]) == ([each.uid for each in met], [each.uid for each in others])
    assert not compared
