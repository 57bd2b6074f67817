"""``mailrules schema``: prints the JSON Schema of the rule file."""

import json

from mailrules.cli.options import ConfigFile
from mailrules.config import json_schema


def command(config: ConfigFile = None) -> None:  # noqa: ARG001 - taken everywhere, needed here by nobody
    """Print the JSON Schema of the rule file, for editors.

    It is the same for every rule file: -c is taken as everywhere, and not read.
    """
    print(json.dumps(json_schema(), indent=2, ensure_ascii=False))
