"""``mailrules check``: says what is wrong with the rule file."""

from pathlib import Path
from typing import Annotated

import typer

from mailrules.cli.failures import Status, complain
from mailrules.cli.options import ConfigFile
from mailrules.cli.output import count
from mailrules.config import ConfigError, find_config, load


def command(
    file: Annotated[Path | None, typer.Argument(metavar="[FILE]", help="The rule file, instead of -c.")] = None,
    config: ConfigFile = None,
) -> None:
    """Check the rule file and say what is wrong with it.

    Exit status 0 if it is fine, also with warnings; 2 if not.
    """
    try:
        loaded = load(find_config(file or config))
    except ConfigError as error:
        complain(str(error))
        complain(count(len(error.problems), "problem"))
        raise typer.Exit(Status.USAGE) from None
    for warning in loaded.warnings:
        complain(f"{warning} (warning)")
    print(f"{count(len(loaded.ruleset.rules), 'rule')}, {count(len(loaded.config.accounts), 'account')}: fine")
