"""The options that several commands share."""

from pathlib import Path
from typing import Annotated

import typer

ConfigFile = Annotated[
    Path | None,
    typer.Option(
        "-c", "--config", metavar="FILE", help="The rule file. [default: $MAILRULES_CONFIG, else the usual places]"
    ),
]
AccountName = Annotated[str | None, typer.Option("--account", metavar="NAME", help="Only this account.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, one object a line.")]
