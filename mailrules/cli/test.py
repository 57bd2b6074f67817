"""``mailrules test``: runs the tests that the rule file holds."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from mailrules.cli.failures import Status, complain
from mailrules.cli.junit import write_junit
from mailrules.cli.options import AsJson, ConfigFile
from mailrules.cli.output import console, count, print_json
from mailrules.config import ConfigError, Loaded, PlacedCase, Problem, find_config, load
from mailrules.config.cases import reasons
from mailrules.config.problems import did_you_mean
from mailrules.rules import matching
from mailrules.rules.selftest import Result
from mailrules.rules.text import printable

_HINT = """\
there are no tests in it. A test says what is to happen with a message:

[[tests]]
name = "invoices are filed"
message = { from = "bob@example.com", subject = "invoice" }
expect.move = "Invoices"
"""


def command(
    names: Annotated[list[str] | None, typer.Argument(metavar="NAME", hidden=True)] = None,
    config: ConfigFile = None,
    as_json: AsJson = False,
    junit: Annotated[
        Path | None, typer.Option("--junit", metavar="FILE", help="Write a report for CI as JUnit XML.")
    ] = None,
) -> None:
    """Run the tests that the rule file holds.

    Each NAME is a test's name, or a pattern (*, ?) for several. Exit status 1 if a test fails, 2 if the rule file is
    broken.
    """
    loaded = load(find_config(config))
    chosen = _chosen(loaded, names or [])
    results = []
    for test, result in loaded.run_tests(chosen):
        results.append((test, result))
        if as_json:
            print_json(_json(loaded, test, result))
        else:
            _show(loaded, test, result)
    if not as_json:
        _conclude(loaded, [result for _, result in results])
    if junit is not None:
        _report(junit, loaded, results)
    if any(not result.passed for _, result in results):
        raise typer.Exit(Status.FAILED)


def _chosen(loaded: Loaded, names: Sequence[str]) -> Sequence[PlacedCase]:
    """Give the tests of these names. Raises ConfigError for a name that no test has."""
    if not names:
        return loaded.tests
    known = [test.case.name for test in loaded.tests]
    problems = [
        Problem(loaded.file, None, "", f"there is no test '{printable(name)}'{did_you_mean(name, known)}")
        for name in names
        if name not in known and not any(map(matching.glob([name]), known))
    ]
    if problems:
        raise ConfigError(problems)
    fits = matching.glob(names)
    return [test for test in loaded.tests if test.case.name in names or fits(test.case.name)]


def _show(loaded: Loaded, test: PlacedCase, result: Result) -> None:
    out = console()
    name = printable(test.case.name)
    if result.passed:
        out.print(Text.assemble(("ok    ", "green"), name))
        return
    out.print(Text.assemble(("FAIL  ", "bold red"), (name, "bold"), f" ({test.place})"))
    for reason in reasons(result, loaded.place_of):
        out.print(Text(f"        {reason}"))


def _conclude(loaded: Loaded, results: Sequence[Result]) -> None:
    if not results:
        print(f"{loaded.file}: {_HINT}", end="")
        return
    failed = sum(not result.passed for result in results)
    style = "bold red" if failed else "bold green"
    console().print(Text(f"{count(len(results), 'test')}: {len(results) - failed:,} passed, {failed:,} failed", style))


def _json(loaded: Loaded, test: PlacedCase, result: Result) -> dict[str, object]:
    return {
        "test": test.case.name,
        "place": test.place,
        "passed": result.passed,
        "matched": result.verdict.matched,
        "observed": result.verdict.observed,
        "unknown": result.verdict.unknown,
        "steps": result.verdict.plan.to_json(),
        "reasons": list(reasons(result, loaded.place_of)),
    }


def _report(file: Path, loaded: Loaded, results: Sequence[tuple[PlacedCase, Result]]) -> None:
    try:
        write_junit(file, loaded, results)
    except OSError as error:
        complain(f"{file}: {error.strerror or error}")
        raise typer.Exit(Status.USAGE) from None
