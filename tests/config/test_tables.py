"""Lookup tables and named conditions are read from wherever they stand, and all their files are watched."""

import time
from pathlib import Path

import pytest

from mailrules.config import ConfigError, load
from mailrules.config.rows import read_rows
from mailrules.rules import Message, Verdict
from tests.rules.builders import FACTS, message

GOOD = Path(__file__).parent.parent / "configs" / "good" / "tables.toml"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "lists").mkdir()
    (tmp_path / "rules.toml").write_text(
        '[tables.customers]\nfile = "lists/customers.csv"\n'
        '[[rules]]\nname = "a"\nmatch.from.domain.in = "customers"\nthen.move = "{customers[from.domain]}"\n'
    )
    return tmp_path


def moved(file: Path, mail: Message) -> object:
    verdict = load(file).ruleset.evaluate(mail, FACTS)
    assert isinstance(verdict, Verdict)
    return verdict.plan.to_json()


def test_tables_of_all_kinds_are_read_with_what_includes_add() -> None:
    loaded = load(GOOD)
    tables = {name: dict(table.rows) for name, table in loaded.ruleset.definitions.tables.items()}

    assert tables == {
        "customers": {
            "acme.example": "Acme",
            "ACME.example": "Acme",
            "Big, Bigger.example": 'Big "&" Co',
            "münchen.example": "Munich / South",
        },
        "people": {"ann@example.org": "", "@boss.example, really": ""},
        "words": {"one": "", "two": ""},
        "inline": {"first": "1", "FIRST": "1", "second": "2"},
        "addresses": {"@ann@example.org": "", "bob@example.org": ""},
    }
    assert loaded.ruleset.definitions.tables["customers"].parents
    assert set(loaded.config.tables) == set(tables)
    assert set(loaded.config.conditions) == {"important", "urgent"}
    assert load(GOOD).config == loaded.config


def test_a_table_and_a_condition_decide_and_fill_targets() -> None:
    plan = moved(
        GOOD,
        message("From: x@mail.ACME.example", "To: help+first@example.org", "Subject: again #42", "X-Priority: 1"),
    )

    assert plan == [
        {"copy": "work/INBOX/42"},
        {"copy": "1"},
        {"move": "Customers/Acme"},
    ]


@pytest.mark.parametrize("there", [True, False])
def test_the_files_of_tables_are_watched_even_if_they_are_missing(folder: Path, *, there: bool) -> None:
    file = folder / "lists" / "customers.csv"
    if there:
        file.write_text("acme.example,Acme\n")
        watched = load(folder / "rules.toml").watch
    else:
        with pytest.raises(ConfigError, match="there is no such file") as raised:
            load(folder / "rules.toml")
        watched = raised.value.watch

    assert watched.concerns(file)
    assert folder / "lists" in watched.folders
    assert not watched.concerns(folder / "lists" / "other.csv")


def test_a_table_that_is_wrong_is_watched_and_named_with_its_line(folder: Path) -> None:
    file = folder / "lists" / "customers.csv"
    file.write_text("acme.example,Acme\nother.example\n")
    with pytest.raises(ConfigError) as raised:
        load(folder / "rules.toml")

    assert str(raised.value).startswith(f"{file}:2: table 'customers': expected two columns")
    assert raised.value.watch.concerns(file)


def test_a_changed_table_is_another_ruleset(folder: Path) -> None:
    file = folder / "lists" / "customers.csv"
    digests = set()
    for rows in ("a.example,A\nb.example,B\n", "b.example,B\n# the same\na.example,A\n", "a.example,A\nb.example,C\n"):
        file.write_text(rows)
        digests.add(load(folder / "rules.toml").ruleset.digest)
    assert len(digests) == 2
    assert moved(folder / "rules.toml", message("From: x@b.example")) == [{"move": "C"}]


def test_a_file_starts_from_the_folder_of_the_file_that_names_it(tmp_path: Path) -> None:
    (tmp_path / "parts").mkdir()
    (tmp_path / "rules.toml").write_text('include = "parts/a.toml"\n')
    (tmp_path / "parts" / "a.toml").write_text('[tables.a]\nfile = "a.txt"\n')
    (tmp_path / "parts" / "a.txt").write_text("one\n")

    assert dict(load(tmp_path / "rules.toml").ruleset.definitions.tables["a"].rows) == {"one": ""}


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("a,b", {"a": "b"}),
        ("a,b\r\nc,d\r\n", {"a": "b", "c": "d"}),
        ("a,b\rc,d", {"a": "b", "c": "d"}),
        (" a , b c ", {"a": "b c"}),
        ("# no\n\n  # no\na,b", {"a": "b"}),
        ('"#a","b"', {"#a": "b"}),
        ('"a,b", "c ""d"""', {"a,b": 'c "d"'}),
        ("a\nb", {"a": "", "b": ""}),
        ("a,b\na,b\nA,b", {"a": "b", "A": "b"}),
        ("a\u2028b,c\x0bd", {"a\u2028b": "c\x0bd"}),
    ],
)
def test_rows_are_read(tmp_path: Path, text: str, rows: dict[str, str]) -> None:
    file = tmp_path / "rows.csv"
    file.write_bytes(text.encode())

    assert read_rows(file, "table 'a'", 0) == rows


@pytest.mark.parametrize("rows", ['rows = ["Foo", "foo"]', 'rows = { "Foo" = "x", "foo" = "x" }', 'file = "rows.csv"'])
@pytest.mark.parametrize("subject", ["Foo", "foo"])
def test_each_spelling_of_a_key_is_found_where_the_case_matters(tmp_path: Path, rows: str, subject: str) -> None:
    (tmp_path / "rows.csv").write_text("Foo,x\nfoo,x\n")
    (tmp_path / "rules.toml").write_text(
        f'[tables.words]\n{rows}\n[[rules]]\nname = "a"\n'
        'match.subject = { in = "words", case_sensitive = true }\nthen.move = "A"\n'
    )
    assert moved(tmp_path / "rules.toml", message(f"Subject: {subject}")) == [{"move": "A"}]
    assert moved(tmp_path / "rules.toml", message("Subject: FOO")) == []


@pytest.mark.parametrize("rows", ['{ " acme.example " = "A" }', '[" acme.example"]'])
def test_keys_have_no_spaces_around_them(tmp_path: Path, rows: str) -> None:
    (tmp_path / "rules.toml").write_text(
        f'[tables.a]\nrows = {rows}\n[[rules]]\nname = "a"\nmatch.from.domain.in = "a"\nthen.move = "A"\n'
    )
    assert moved(tmp_path / "rules.toml", message("From: x@acme.example")) == [{"move": "A"}]


def test_a_list_in_a_text_file_has_one_key_on_a_line(tmp_path: Path) -> None:
    file = tmp_path / "rows.TXT"
    file.write_text('a,b\n"c"\n# d\n')

    assert read_rows(file, "table 'a'", 0) == {"a,b": "", '"c"': ""}
    assert read_rows(file, "table 'a'", 1) == {'"c"': ""}


def test_what_may_have_no_end_is_not_read() -> None:
    with pytest.raises(OSError, match="this is no file"):
        read_rows(Path("/dev/zero"), "table 'a'", 0)


def test_a_chain_of_very_many_conditions_is_no_crash(tmp_path: Path) -> None:
    links = "".join(f'[conditions.c{n}]\ncondition = "c{n + 1}"\n' for n in range(2000))
    (tmp_path / "rules.toml").write_text(links + '[conditions.c2000]\nsubject = "x"\n')
    with pytest.raises(ConfigError, match="nested too deeply"):
        load(tmp_path / "rules.toml")


def test_conditions_that_double_with_each_line_are_refused(tmp_path: Path) -> None:
    rules = '[[rules]]\nname = "a"\nmatch.condition = "c0"\nthen.stop = true\n'
    links = "".join(
        f'[conditions.c{n}]\nall = [{{condition = "c{n + 1}"}}, {{condition = "c{n + 1}"}}]\n' for n in range(64)
    )
    (tmp_path / "rules.toml").write_text(rules + links + '[conditions.c64]\nsubject = "x"\n')
    with pytest.raises(ConfigError) as raised:
        load(tmp_path / "rules.toml")

    (problem,) = raised.value.problems
    assert (problem.where, problem.message[:38]) == ("condition 'c52'", "it leads to more than 10,000 condition")


def test_a_hundred_thousand_rows_are_read_in_the_time_that_is_there(tmp_path: Path) -> None:
    """It takes a third of a second; the limit is for a busy machine, and far below anything quadratic."""
    (tmp_path / "customers.csv").write_text("".join(f"c{n}.example,Customer {n % 500}\n" for n in range(100_000)))
    (tmp_path / "rules.toml").write_text(
        '[tables.c]\nfile = "customers.csv"\n[[rules]]\nname = "a"\nmatch.from.domain.in = "c"\nthen.stop = true\n'
    )
    start = time.process_time()
    table = load(tmp_path / "rules.toml").ruleset.definitions.tables["c"]

    assert time.process_time() - start < 3
    assert len(table.rows) == 100_000
    assert len(set(map(id, table.rows.values()))) == 500
