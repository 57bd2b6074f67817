"""What can be wanted of a number, as counts, scores and parts of dates share it."""

from decimal import Decimal

import jsonschema
import pytest
from pydantic import ValidationError

from mailrules.rules.conditions.numbers import Count, Numbers, leading_number


@pytest.mark.parametrize(
    ("wanted", "number", "expected"),
    [
        (5, 5, True),
        (5, 6, False),
        (5, 5.0, True),
        ([1, 2.5], 2.5, True),
        ([1, 2.5], 2, False),
        ({"is": 0}, 0, True),
        ({"over": 5}, 5, False),
        ({"over": 5}, 6, True),
        ({"under": 5}, 5, False),
        ({"under": 5}, 4, True),
        ({"at_least": 5}, 5, True),
        ({"at_least": 5}, 4, False),
        ({"at_most": 5}, 5, True),
        ({"at_most": 5}, 6, False),
        ({"over": 1, "under": 3}, 2, True),
        ({"over": 1, "under": 3}, 3, False),
        ({"is": [1, 9], "over": 5}, 9, True),
        ({"is": [1, 9], "over": 5}, 1, False),
        ({"at_least": 5, "at_most": 5}, 5, True),
        ({"over": -5}, -4, True),
        # decimal, as it is written
        ({"at_least": 5.3}, Decimal("5.3"), True),
        ({"over": 5.3}, Decimal("5.3"), False),
        ({"is": 0.1}, 0.1, True),
        ({"is": 10**20}, Decimal(10**20 + 1), False),
    ],
)
def test_a_number_is_compared_as_it_is_written(wanted: object, number: float | Decimal, *, expected: bool) -> None:
    assert expected == Numbers.model_validate(wanted).holds(number)


@pytest.mark.parametrize(
    ("model", "value", "place", "words"),
    [
        (Numbers, "5", (), "write the number without quotes: 5"),
        (Numbers, "many", (), "this is text: write a number"),
        (Numbers, True, (), "this is true: write a number"),
        (Numbers, float("nan"), (), "too large"),
        (Numbers, float("inf"), (), "too large"),
        (Numbers, 10**40, (), "too large"),
        (Numbers, [], ("is",), "at least one number"),
        (Numbers, {}, (), "write a number, a list of numbers"),
        (Numbers, {"is": [1, "x"]}, ("is", 1), "this is text"),
        (Numbers, {"over": "5"}, ("over",), "without quotes: 5"),
        (Numbers, {"over": 5, "under": 5}, (), "all of this at once"),
        (Numbers, {"over": 5, "at_most": 5}, (), "all of this at once"),
        (Numbers, {"is": 5, "over": 5}, (), "all of this at once"),
        (Count, 1.5, ("is",), "a whole number"),
        (Count, -1, ("is",), "0 or more"),
        (Count, {"under": 0}, (), "write 0 for none"),
        (Count, {"at_most": -1}, ("at_most",), "0 or more"),
    ],
    ids=str,
)
def test_a_mistake_says_what_to_write(
    model: type[Numbers], value: object, place: tuple[str | int, ...], words: str
) -> None:
    with pytest.raises(ValidationError) as raised:
        model.model_validate(value)

    (error,) = raised.value.errors()
    assert error["loc"] == place
    assert words in error["msg"]


@pytest.mark.parametrize("value", [5, [1, 2], {"over": 1, "at_most": 7}])
@pytest.mark.parametrize("model", [Numbers, Count])
def test_what_is_written_is_read_as_the_same_and_fits_the_schema(model: type[Numbers], value: object) -> None:
    read = model.model_validate(value)
    written = read.model_dump(mode="json", exclude_defaults=True)

    assert read == model.model_validate(written)
    for each in (value, written):
        jsonschema.validate(each, model.model_json_schema())


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("5", "5"),
        ("-3.5 required 5.0", "-3.5"),
        ("+7", "7"),
        ("  12 items", "12"),
        (".5", "0.5"),
        ("5.", "5"),
        ("5.3.1", "5.3"),
        ("007", "7"),
        ("9" * 500, "9" * 500),
        ("", None),
        ("score 5", None),
        ("- 5", None),
        (".", None),
        ("٣", None),
    ],
)
def test_a_text_begins_with_a_number_or_has_none(text: str, number: str | None) -> None:
    assert leading_number(text) == (None if number is None else Decimal(number))


def test_a_number_is_read_as_far_as_anybody_would_write_it() -> None:
    assert leading_number("1" * 100_000 + ".5") == Decimal("1" * 1_000)
    assert leading_number(" " * 100_000 + "5") is None


def test_a_number_with_a_point_and_nothing_behind_it_is_the_whole_number() -> None:
    point, whole = (Numbers.model_validate({"over": limit, "is": [limit + 1, 7.5]}) for limit in (5.0, 5))
    assert point.model_dump_json() == whole.model_dump_json()
