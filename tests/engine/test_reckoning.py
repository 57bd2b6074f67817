"""What two looks say of copies and moves whose answer was never seen."""

import pytest

from mailrules.engine.reckoning import Claim, Finding, Found, reckon

ARRIVED, ABSENT, UNDECIDABLE = Finding.ARRIVED, Finding.ABSENT, Finding.UNDECIDABLE


@pytest.mark.parametrize(
    ("claims", "arrived", "expected"),
    [
        pytest.param([(1, "a", True)], [], {1: (ABSENT, None)}, id="nothing came"),
        pytest.param([(1, "a", True)], [(9, "b")], {1: (ABSENT, None)}, id="something else came"),
        pytest.param([(1, "a", False)], [(9, "a")], {1: (ARRIVED, 9)}, id="moved"),
        pytest.param([(1, "a", True)], [(9, "a")], {1: (ARRIVED, 9)}, id="stands in both"),
        pytest.param([(1, "a", False)], [], {1: (ABSENT, None)}, id="in neither"),
        pytest.param(
            [(1, "a", True), (2, "a", False)],
            [(9, "a")],
            {1: (ABSENT, None), 2: (ARRIVED, 9)},
            id="of two equal ones the vanished one arrived",
        ),
        pytest.param(
            [(1, "a", True), (2, "a", True)],
            [(9, "a")],
            {1: (UNDECIDABLE, None), 2: (UNDECIDABLE, None)},
            id="one of two equal ones arrived and both are still there",
        ),
        pytest.param(
            [(1, "a", True), (2, "a", True)],
            [(9, "a"), (8, "a")],
            {1: (ARRIVED, 8), 2: (ARRIVED, 9)},
            id="both equal ones arrived",
        ),
        pytest.param(
            [(1, "a", True)], [(8, "a"), (9, "a")], {1: (ARRIVED, 8)}, id="a second, genuine delivery is left over"
        ),
    ],
)
def test_claims_are_matched_with_what_arrived_as_multisets(
    claims: list[tuple[int, str, bool]],
    arrived: list[tuple[int, str]],
    expected: dict[int, tuple[Finding, int | None]],
) -> None:
    found = reckon([Claim(*claim) for claim in claims], arrived)

    assert found == {key: Found(*finding) for key, finding in expected.items()}
