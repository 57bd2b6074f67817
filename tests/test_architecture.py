"""The house stands as its plan says: imports point down, what should be pure is, no file is too long."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "mailrules"
FLOORS = {
    "values": -1,  # one file, for all
    "imap": 0,
    "rules": 0,
    "client": 1,
    "config": 1,
    "store": 1,
    "sieve": 1,
    "demo": 1,
    "engine": 2,
    "daemon": 3,
    "cli": 4,
}
MAY_IMPORT_BESIDE = {
    ("config", "imap"),
    ("config", "rules"),
    ("client", "imap"),
    ("store", "imap"),
    ("demo", "imap"),
    ("sieve", "config"),
}
IMPURE = {
    "asyncio",
    "datetime.now",
    "http",
    "logging",
    "multiprocessing",
    "os",
    "random",
    "selectors",
    "socket",
    "ssl",
    "structlog",
    "subprocess",
    "threading",
    "time",
}
THIRD_PARTY = {
    "imap": set[str](),
    "rules": {"pydantic", "pydantic_core", "re2", "ahocorasick_rs"},
    "sieve": {"pydantic", "pydantic_core", "re2"},
}
LONGEST = 500

SOURCES = sorted(PACKAGE.rglob("*.py"))
TESTS = sorted((ROOT / "tests").rglob("*.py"))


def imported(source: Path) -> Iterator[str]:
    """The absolute names of all modules that a file imports, wherever in the file."""
    for node in ast.walk(ast.parse(source.read_text())):
        match node:
            case ast.Import(names=names):
                yield from (alias.name for alias in names)
            case ast.ImportFrom(module=str(module), level=0):
                yield module
            case ast.ImportFrom(level=level) if level:
                raise AssertionError(f"{source}: a relative import hides the floor it leads to")


def floor_of(source: Path) -> str | None:
    """The package directly under mailrules that a file belongs to."""
    parts = source.relative_to(PACKAGE).parts
    return parts[0] if len(parts) > 1 else None


def relative(source: Path) -> str:
    return str(source.relative_to(ROOT))


@pytest.mark.parametrize("source", SOURCES, ids=relative)
def test_imports_point_down(source: Path) -> None:
    own = floor_of(source) or "cli"  # the package's front door leads to the command line
    reached = {name.split(".")[1] for name in imported(source) if name.startswith("mailrules.")}
    up_or_beside = {
        other for other in reached - {own} if FLOORS[other] >= FLOORS[own] and (own, other) not in MAY_IMPORT_BESIDE
    }

    assert up_or_beside == set()


@pytest.mark.parametrize("source", [one for one in SOURCES if floor_of(one) in THIRD_PARTY], ids=relative)
def test_the_pillars_are_pure(source: Path) -> None:
    own = floor_of(source) or ""
    roots = {name.split(".")[0] for name in imported(source)}
    allowed_outside = THIRD_PARTY[own] | {"mailrules"}
    foreign = {root for root in roots if root not in sys.stdlib_module_names} - allowed_outside
    clocks = {
        f"{node.value.id}.{node.attr}"
        for node in ast.walk(ast.parse(source.read_text()))
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)
    }

    assert (roots | clocks) & IMPURE == set()
    assert foreign == set()


@pytest.mark.parametrize("source", [*SOURCES, *TESTS], ids=relative)
def test_no_file_is_too_long(source: Path) -> None:
    assert len(source.read_text().splitlines()) <= LONGEST


@pytest.mark.parametrize("source", SOURCES, ids=relative)
def test_every_file_says_its_one_job_first(source: Path) -> None:
    docstring = ast.get_docstring(ast.parse(source.read_text())) or ""
    first = docstring.splitlines()[0] if docstring else ""

    assert first.endswith((".", ":", "?")), f"the first line of {relative(source)} is {first!r}"


def test_every_floor_is_in_the_plan() -> None:
    folders = {path.name for path in PACKAGE.iterdir() if path.is_dir() and path.name != "__pycache__"}

    assert folders - set(FLOORS) <= {"docs"}


def test_nothing_else_lies_at_the_top() -> None:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    tops = {line.split("/")[0] for line in listed.splitlines()}
    expected = {"pyproject.toml", "README.md", "LICENSE", "mailrules", "rules.example.toml", "tests", "deploy"}

    assert {top for top in tops if not top.startswith(".")} - expected == set()
