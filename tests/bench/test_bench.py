"""The benchmark runs: a small backlog from the command line, the script for the peer, the places of the stages."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.bench import __main__ as command_line
from tests.bench import floor, sieve
from tests.bench.kept import Measured, load, save
from tests.bench.mixed import headers, mixed_rules
from tests.bench.stages import BESIDE, STAGES, original_of
from tests.bench.table import Goal, Row, Sample

ROOT = Path(__file__).parents[2]


def test_a_small_backlog_is_measured_and_told(tmp_path: Path) -> None:
    """Whether goals are reached says nothing here: the machine is busy with other tests."""
    command = [
        sys.executable,
        "-m",
        "tests.bench",
        "backlog",
        "--quick",
        "--markdown",
        "--json",
        str(tmp_path / "rows"),
    ]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    rows = {row.axis: row for row in load([tmp_path / "rows"]).rows}
    trips = rows["200 messages, 100 rules, no delay: round trips"]
    assert trips.floor is not None
    assert 2 == trips.floor.median, done.stderr
    assert "| **200 messages, 100 rules, no delay** |" in done.stdout
    assert "| round trips | 2 |" in done.stdout
    assert "not measured" not in done.stderr


def test_what_was_measured_axis_by_axis_fills_the_pages_together(tmp_path: Path) -> None:
    """Exit status 1: one of the two misses its goal."""
    page = tmp_path / "page.md"
    page.write_text("<!-- measured: goals -->\n<!-- measured -->\n")
    names = {"one": Goal(5), "two": Goal(1)}
    for name, goal in names.items():
        save(Measured([Row(name, "s", Sample.of([2.0]), goal=goal)], cores=3), tmp_path / name)
    shown = [option for name in names for option in ("--show", str(tmp_path / name))]
    command = [sys.executable, "-m", "tests.bench", *shown, "--page", str(page)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert 1 == done.returncode, done.stderr
    assert (
        "| one, in s |  |  | 2 |  | ≤ 5 | reached |\n| two, in s |  |  | 2 |  | ≤ 1 | **missed** |" in page.read_text()
    )


@pytest.mark.parametrize(("counted", "quick", "status"), [(False, False, 1), (False, True, 0), (True, True, 1)])
def test_the_exit_status_of_a_quick_run_is_by_counts_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, counted: bool, quick: bool, status: int
) -> None:
    missed = Row("axis", "", Sample.of([2.0]), goal=Goal(1), counted=counted)
    save(Measured([missed], cores=3), tmp_path / "rows")
    monkeypatch.setattr(sys, "argv", ["bench", "--show", str(tmp_path / "rows"), *["--quick"] * quick])
    assert status == command_line.main()


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["profile", "start"], "profile is measured alone"),
        (["start", "faults"], "faults is measured alone"),
        (["--show", "/nosuch.json"], "--show: [Errno 2] No such file or directory: '/nosuch.json'"),
        (["--show", __file__], "--show: "),
        (["nosuch"], "no axis: nosuch"),
    ],
)
def test_a_mistake_on_the_command_line_is_said_in_words(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], arguments: list[str], reason: str
) -> None:
    monkeypatch.setattr(sys, "argv", ["bench", *arguments])
    with pytest.raises(SystemExit) as ended:
        command_line.main()
    assert 2 == ended.value.code
    assert f"error: {reason}" in capsys.readouterr().err


def test_an_axis_whose_packages_are_not_there_is_not_measured(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "tests.bench.rows.start", None)
    monkeypatch.setattr(sys, "argv", ["bench", "start"])
    assert 1 == command_line.main()
    told = capsys.readouterr().err
    assert "start: not measured: " in told
    assert "pip install -e '.[test,bench]'" in told


def test_the_rules_as_a_sieve_script_file_no_more_than_the_rules() -> None:
    mails = [block + b"Good morning.\r\n" * 300 for block in headers(20)]
    own = 'match.subject.contains = "#3"\nthen.move = "Found"\n'
    with TemporaryDirectory() as name:
        Path(name).chmod(0o755)  # it is read as another user
        mailbox = sieve.Filter(Path(name), mails)
        assert 0 == mailbox.filed(mailbox.compiled(sieve.script(mixed_rules(60))))
        assert 1 == mailbox.filed(mailbox.compiled(sieve.script(f'[[rules]]\nname = "own"\n{own}')))


@pytest.mark.parametrize("place", [*STAGES.values(), *BESIDE.values()])
def test_each_stage_begins_where_the_profile_looks(place: str) -> None:
    assert callable(original_of(place))


def test_uid_sets_of_the_floor_fit_into_command_lines() -> None:
    sets = floor.uid_sets(range(1, 20_000, 2))
    assert all(len(one) < 8_000 for one in sets)
    assert [*range(1, 20_000, 2)] == [int(uid) for one in sets for uid in one.split(",")]
    assert ["1:3,7"] == floor.uid_sets([1, 2, 3, 7])
