"""The delays between tries, and the moments that are shared."""

from itertools import islice

import pytest

from mailrules.daemon.backoff import delays, together


def test_delays_double_up_to_the_ceiling() -> None:
    assert list(islice(delays(1, 10, chance=lambda: 1.0), 6)) == [1, 2, 4, 8, 10, 10]


@pytest.mark.parametrize("chance", [0.0, 0.3, 0.999])
def test_every_delay_lies_in_the_upper_half_of_its_step(chance: float) -> None:
    full = islice(delays(2, 60, chance=lambda: 1.0), 10)
    drawn = islice(delays(2, 60, chance=lambda: chance), 10)
    assert all(step / 2 <= delay <= step for step, delay in zip(full, drawn, strict=True))


def test_two_connections_cut_at_once_come_back_apart() -> None:
    first, second = (tuple(islice(delays(), 5)) for _ in range(2))
    assert first != second


def test_what_falls_into_one_second_begins_together_and_nothing_is_put_off() -> None:
    assert [together(at, 900.0) for at in (7.0, 7.1, 7.999, 8.0)] == [7.0, 7.0, 7.0, 8.0]
    assert together(7.1, 0.0) == 7.1
