"""The example's rules are taken over as they are; its accounts are not."""

from __future__ import annotations

import tomllib
from pathlib import Path

from mailrules.demo import MemoryServer, rulefile

TEXT = """# What this is.

include = ["rules.d/*.toml"]

# About the daemon.
[daemon]
state = "~/state.db"

# [accounts.other]
# host = "other.example"

[accounts.work]
host = "imap.example.org"
username = "ann@example.org"
password.file = "/run/secrets/work"
addresses = ["ann@example.org", "ann@example.com"]

[accounts.home]
host = "imap.example.net"

# Lists go away.
[[rules]]
name = "lists"

[[rules]]
name = "rest"  # the [rest]
"""


async def test_settings_are_replaced_and_rules_stay() -> None:
    async with MemoryServer() as server:
        text = rulefile.for_server(TEXT, server, Path("/tmp/it's.db"))
    assert tomllib.loads(text) == {
        "include": ["rules.d/*.toml"],
        "daemon": {"state": "/tmp/it's.db"},
        "accounts": {
            "work": {
                "host": "127.0.0.1",
                "port": tomllib.loads(text)["accounts"]["work"]["port"],
                "tls": "none",
                "username": server.options.user,
                "password": server.options.password,
                "addresses": ["ann@example.org", "ann@example.com"],
            }
        },
        "rules": [{"name": "lists"}, {"name": "rest"}],
    }
    assert text.startswith("# What this is.\n")
    assert text.endswith(TEXT[TEXT.index("# Lists go away.") :])
    assert "About the daemon" not in text


async def test_a_file_of_rules_alone_gets_an_account() -> None:
    async with MemoryServer() as server:
        text = rulefile.for_server('[[rules]]\nname = "a"\n', server, Path("state.db"))
    assert tomllib.loads(text)["accounts"]["demo"]["addresses"] == ["ann@example.org"]


def test_the_example_is_found() -> None:
    assert "rules" in tomllib.loads(rulefile.example())
