"""The options that several commands share."""

from pathlib import Path
from typing import Annotated

import typer

ConfigFile = Annotated[
    Path | None,
    typer.Option(
        "-c",
        "--config",
        metavar="FILE",
        help="The rule file. Without it: $MAILRULES_CONFIG, ./rules.toml, ~/.config/mailrules/rules.toml or "
        "/etc/mailrules/rules.toml, whichever is there first.",
    ),
]
AccountName = Annotated[str | None, typer.Option("--account", metavar="NAME", help="Only this account.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, one object a line.")]
