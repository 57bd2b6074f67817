"""``mailrules schema``: prints the JSON Schema of the rule file."""

import json

from mailrules.config import json_schema


def command() -> None:
    """Print the JSON Schema of the rule file, for editors."""
    print(json.dumps(json_schema(), indent=2, ensure_ascii=False))
