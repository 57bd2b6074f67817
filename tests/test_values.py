"""Values are made and copied quickly, as classes and as objects, and are what frozen dataclasses are."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace

import pytest

from mailrules.values import copier, value


@value(frozen=True, slots=True)
class Point:
    x: int
    y: int = 0
    name: str = ""


def test_a_value_is_equal_to_its_like_and_can_be_a_key() -> None:
    assert {Point(1): "here"}[Point(1, 0)] == "here"
    assert not hasattr(Point(1), "__dict__")


@value(slots=True)
class Rich:
    """Has an attribute of every kind."""

    given: int
    secret: str = field(repr=False)
    texts: list[str] = field(default_factory=list)
    aside: int = field(default=3, compare=False)
    seen: list[int] = field(default_factory=list, init=False)
    sums: int = field(init=False)
    named: str = field(default="", kw_only=True)

    def __post_init__(self) -> None:
        self.sums = self.given + self.aside


@dataclass(slots=True)
class Plain:
    """Has them as a dataclass."""

    given: int
    secret: str = field(repr=False)
    texts: list[str] = field(default_factory=list)
    aside: int = field(default=3, compare=False)
    seen: list[int] = field(default_factory=list, init=False)
    sums: int = field(init=False)
    named: str = field(default="", kw_only=True)

    def __post_init__(self) -> None:
        self.sums = self.given + self.aside


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (Rich(1, "x"), Plain(1, "x")),
        (Rich(1, "x", ["a"], 5, named="b"), Plain(1, "x", ["a"], 5, named="b")),
        (Rich(1, secret="x", aside=7), Plain(1, secret="x", aside=7)),
    ],
)
def test_it_is_made_as_a_dataclass_is_and_read_as_one(ours: Rich, theirs: Plain) -> None:
    assert repr(ours) == repr(theirs).replace("Plain", "Rich")
    assert asdict(ours) == asdict(theirs)
    assert ours == replace(ours)
    assert Rich.__match_args__ == Plain.__match_args__


def test_a_child_that_shows_nothing_of_its_own_keeps_its_secrets() -> None:
    @value(frozen=True, slots=True, repr=False)
    class Closed(Point):
        secret: str = "hush"

    assert repr(Closed(1)).endswith("Closed(x=1, y=0, name='')")


def test_what_does_not_count_does_not_tell_objects_apart() -> None:
    @value(frozen=True, slots=True)
    class Noted:
        x: int
        note: str = field(default="", compare=False)

    assert Noted(1, "a") == Noted(1, "b")
    assert hash(Noted(1, "a")) == hash(Noted(1, "b"))
    assert Noted(1) != Noted(2)


def test_each_object_has_lists_of_its_own() -> None:
    one, other = Rich(1, "x"), Rich(1, "x")
    one.seen.append(1)
    assert other.seen == []


def test_what_can_change_is_no_key() -> None:
    with pytest.raises(TypeError, match="unhashable"):
        hash(Rich(1, "x"))


@pytest.mark.parametrize("wrong", [(), (1,), (1, "x", [], 3, "too many")])
def test_wrong_arguments_are_told_by_the_names_of_the_class(wrong: tuple[object, ...]) -> None:
    for _ in "once when it is written", "and later":
        with pytest.raises(TypeError, match=r"Rich\.__init__\(\) (missing|takes)"):
            Rich(*wrong)  # type: ignore[arg-type] # that is the point


def test_a_method_of_its_own_stays() -> None:
    @value(frozen=True, slots=True)
    class Odd(Point):
        z: int = 0

        def __eq__(self, other: object) -> bool:
            return isinstance(other, Odd)

        def __hash__(self) -> int:
            return 7

        def __repr__(self) -> str:
            return "odd"

    assert Odd(1) == Odd(2)
    assert repr(Odd(1, z=2)) == "odd"
    assert hash(Odd(1)) == 7


def test_a_hidden_one_shows_what_its_parent_shows() -> None:
    @value(frozen=True, slots=True, repr=False)
    class Hidden:
        secret: str

        def __repr__(self) -> str:
            return "(hidden)"

    @value(frozen=True, slots=True, repr=False)
    class Child(Hidden):
        further: str

    assert repr(Child("a", "b")) == "(hidden)"


def test_no_method_is_written_before_it_is_called() -> None:
    @value(frozen=True, slots=True)
    class Fresh:
        x: int

    before = dict(vars(Fresh))
    Fresh(1)
    written = {name for name, method in vars(Fresh).items() if method is not before[name]}
    assert written == {"__init__"}


def test_a_copy_has_what_was_changed_and_the_rest_as_it_was() -> None:
    point = Point(1, 2, "a")
    assert copier(Point, "y")(point, 5) == replace(point, y=5)
    assert copier(Point, "name", "x")(point, "b", 7) == Point(7, 2, "b")
    assert point == Point(1, 2, "a")


def test_what_is_no_attribute_cannot_be_changed() -> None:
    with pytest.raises(TypeError, match="Point has no z"):
        copier(Point, "x", "z")
