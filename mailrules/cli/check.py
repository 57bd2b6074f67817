"""``mailrules check``: says what is wrong with the rule file."""

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from mailrules.cli.failures import Status, complain
from mailrules.cli.options import ConfigFile
from mailrules.cli.output import count
from mailrules.config import ConfigError, find_config, load


def command(
    file: Annotated[Path | None, typer.Argument(metavar="FILE", hidden=True)] = None,
    config: ConfigFile = None,
) -> None:
    """Check the rule file and run its tests.

    FILE is the same as -c FILE. Exit status 0 if it is fine, also with warnings; 2 if not.
    """
    try:
        loaded = load(find_config(file or config))
        loaded.require_tests()
    except ConfigError as error:
        complain(str(error))
        complain(count(len(error.problems), "problem"))
        raise typer.Exit(Status.USAGE) from None
    for warning in loaded.warnings:
        complain(str(replace(warning, where=f"warning: {warning.where}" if warning.where else "warning")))
    parts = [count(len(loaded.ruleset.rules), "rule"), count(len(loaded.config.accounts), "account")]
    if loaded.tests:
        parts.append(count(len(loaded.tests), "test"))
    print(f"{', '.join(parts)}: fine")
