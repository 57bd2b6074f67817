"""After a random day of filing, undo puts every message back where it was, with the flags that it had."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest

from mailrules.engine.apply import ApplyMode
from mailrules.engine.undone import Undone
from tests.engine.scene import scene
from tests.engine.undo_day import OTHERS, RULES, WATCHED, Day, alive, mail
from tests.servers.dovecot import Dovecot

LOWERINGS = [
    pytest.param((), id="MOVE"),
    pytest.param(("MOVE",), id="UIDPLUS"),
    pytest.param(("MOVE", "UIDPLUS"), id="neither"),
    pytest.param(("UIDPLUS",), id="MOVE without UIDPLUS"),
]


@pytest.mark.parametrize("seed", [21])
@pytest.mark.parametrize("without", LOWERINGS)
async def test_all_is_where_it_was_with_the_flags_it_had(
    dovecot: Dovecot, user: str, tmp_path: Path, without: Sequence[str], seed: int
) -> None:
    dovecot.create(user, *WATCHED, *OTHERS)
    async with scene(dovecot, user, tmp_path, RULES, without=without, watch=list(WATCHED)) as it:
        day = Day(it, random.Random(seed), alike="UIDPLUS" in without)
        for _ in range(3):
            day.arrive(12)
            await day.file()
        filed = mail(dovecot, user)

        foretold = await day.take_back(ApplyMode.DRY_RUN)
        assert mail(dovecot, user) == filed
        results = await day.take_back()

        gone = "UIDPLUS" not in without
        lost = {one.entry.message_id for one in results if one.state is not Undone.DONE}
        assert lost == ({one for one in day.words if day.is_expunged(one)} if gone else set())
        assert {one.entry.id for one in foretold if one.state is Undone.FORESEEN} == {
            one.entry.id for one in results if one.state is Undone.DONE
        }
        found = mail(dovecot, user)
        assert (found if gone else alive(found)) == day.expected(gone=gone)
        assert filed != found

        await day.watch()
        assert mail(dovecot, user) == found
        assert {one.state for one in await day.take_back()} <= {Undone.BEFORE, Undone.FAILED}
        assert mail(dovecot, user) == found


@pytest.mark.parametrize("without", LOWERINGS[:3])
async def test_what_somebody_else_did_since_stays_as_they_left_it(
    dovecot: Dovecot, user: str, tmp_path: Path, without: Sequence[str]
) -> None:
    dovecot.create(user, *WATCHED, *OTHERS)
    async with scene(dovecot, user, tmp_path, RULES, without=without, watch=list(WATCHED)) as it:
        day = Day(it, random.Random(7), twice=False)
        day.arrive(36)
        await day.file()
        touched = day.interfere(12)
        left = alive(mail(dovecot, user))

        results = await day.take_back()

        found = alive(mail(dovecot, user))
        gone = "UIDPLUS" not in without
        for message_id in day.words:
            here = Counter({one: number for one, number in found.items() if one[1] == message_id})
            if message_id in touched.taken:
                assert here == Counter({one: number for one, number in left.items() if one[1] == message_id})
                assert Undone.DONE not in {one.state for one in results if one.entry.message_id == message_id}
            else:
                expected = Counter(one for one in day.expected(gone=gone) if one[1] == message_id)
                assert here == touched.marked(expected)
