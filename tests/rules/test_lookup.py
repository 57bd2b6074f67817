"""A table is looked up in by the spelling of what is looked up, and is in memory once."""

import pytest

from mailrules.rules.lookup import Lookup
from mailrules.rules.spelling import Spelling

ROWS = {
    "acme.example": "Acme",
    "München.example": "Munich",
    "Ann@Example.org": "Ann",
    "@boss.example": "Boss",
    "Straße": "Street",
}
LOOSE, STRICT = Lookup(ROWS, parents=True), Lookup(ROWS)


@pytest.mark.parametrize(
    ("spelling", "text", "value"),
    [
        (Spelling.TEXT, "ACME.example", "Acme"),
        (Spelling.TEXT, "STRASSE", "Street"),
        (Spelling.TEXT, "mail.acme.example", None),
        (Spelling.DOMAIN, "acme.example", "Acme"),
        (Spelling.DOMAIN, "xn--mnchen-3ya.example", "Munich"),
        (Spelling.DOMAIN, "other.example", None),
        (Spelling.DOMAIN, "example", None),
        (Spelling.DOMAIN, "", None),
        (Spelling.ADDRESS, "ann@example.org", "Ann"),
        (Spelling.ADDRESS, "ANN@EXAMPLE.ORG", "Ann"),
        (Spelling.ADDRESS, "anyone@boss.example", "Boss"),
        (Spelling.ADDRESS, "anyone@acme.example", None),
        (Spelling.ADDRESS, "acme.example", "Acme"),
    ],
)
@pytest.mark.parametrize("table", [STRICT, LOOSE])
def test_a_key_is_found_however_it_is_written(table: Lookup, spelling: Spelling, text: str, value: str | None) -> None:
    keys = table.keys(spelling)

    assert keys.value(spelling.of(text, exact=False)) == value
    assert (spelling.of(text, exact=False) in keys) == (value is not None)


@pytest.mark.parametrize(
    ("spelling", "text", "value"),
    [
        (Spelling.DOMAIN, "a.mail.acme.example", "Acme"),
        (Spelling.DOMAIN, "notacme.example", None),
        (Spelling.ADDRESS, "x@mail.boss.example", "Boss"),
        (Spelling.ADDRESS, "x@notboss.example", None),
        (Spelling.TEXT, "a.acme.example", None),
    ],
)
def test_parent_domains_count_only_where_the_table_says_so(spelling: Spelling, text: str, value: str | None) -> None:
    assert LOOSE.keys(spelling).value(text) == value
    assert STRICT.keys(spelling).value(text) is None


def test_the_nearest_parent_is_the_one() -> None:
    table = Lookup({"example": "far", "a.example": "near"}, parents=True)

    assert table.keys(Spelling.DOMAIN).value("b.a.example") == "near"
    assert table.keys(Spelling.DOMAIN).value("b.example") == "far"


@pytest.mark.parametrize(("text", "found"), [("Straße", True), ("straße", False), ("STRASSE", False)])
def test_exact_keys_mind_the_case(text: str, *, found: bool) -> None:
    assert (text in LOOSE.keys(Spelling.TEXT, exact=True)) == found


def test_a_hostile_domain_of_very_many_labels_is_not_taken_apart() -> None:
    assert LOOSE.keys(Spelling.DOMAIN).value("a." * 100_000 + "acme.example") is None


def test_a_table_in_lower_case_is_in_memory_once() -> None:
    table = Lookup({f"customer{number}.example": "x" for number in range(100)})

    rows = {id(table.keys(spelling, exact=exact)._rows) for spelling in Spelling for exact in (False, True)}

    assert rows == {id(table.rows)}
    assert table.keys(Spelling.DOMAIN) is table.keys(Spelling.DOMAIN)


def test_a_table_cannot_be_changed() -> None:
    rows = {"a": "b"}
    table = Lookup(rows)
    rows["c"] = "d"

    assert table.rows == {"a": "b"}
    with pytest.raises(TypeError):
        table.rows["a"] = "c"  # type: ignore[index]  # that mypy sees it too is no proof


def test_the_digest_tells_contents_apart_and_not_their_order() -> None:
    digest = Lookup({"a": "b", "c": "d"}).digest

    assert Lookup({"c": "d", "a": "b"}).digest == digest
    others = [Lookup({"a": "b", "c": "e"}), Lookup({"a": "b"}), Lookup({"a": "b", "c": "d"}, parents=True)]
    assert digest not in {other.digest for other in others}
