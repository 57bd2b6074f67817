"""Gives the example rule file, and turns a copy of it to the demo's own server."""

from __future__ import annotations

import json
import re
import tomllib
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from mailrules.demo.server import HOST

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mailrules.demo.server import MemoryServer

NAME = "rules.example.toml"

_TABLE = re.compile(r"^(?:#.*\n)*\[", re.MULTILINE)
"""Where a table begins: at its header, or at the comment directly above."""

_SETTINGS = re.compile(r"(?:#.*\n)*\[\s*(?:daemon|accounts)\b")


def example() -> str:
    """Return the text of the example: the one that lies beside this file in a wheel, in a checkout at the top.

    Raises FileNotFoundError if there is neither.
    """
    here = Path(__file__).resolve().parent
    places = (here / NAME, here.parent.parent / NAME)
    found = next((place for place in places if place.is_file()), places[0])
    return found.read_text(encoding="utf-8")


def for_server(text: str, server: MemoryServer, state: Path) -> str:
    """Return the rule file with settings for a server in the place of its own; its rules stand as they are.

    The account keeps what rules may speak of: the name of the file's first one, its addresses and its `authserv_id`.
    """
    accounts: Mapping[str, Mapping[str, object]] = tomllib.loads(text).get("accounts", {})
    name, account = next(iter(accounts.items()), ("demo", {}))
    username = str(account.get("username", ""))
    addresses = account.get("addresses", [username if "@" in username else "ann@example.org"])
    lines = [
        "[daemon]",
        f"state = {_quoted(str(state))}",
        "",
        f"[accounts.{_quoted(name)}]",
        f"host = {_quoted(HOST)}",
        f"port = {server.port}",
        'tls = "none"  # it never leaves this machine',
        f"username = {_quoted(server.options.user)}",
        f"password = {_quoted(server.options.password)}",
        f"addresses = {_quoted(addresses)}",
        *([f"authserv_id = {_quoted(account['authserv_id'])}"] if "authserv_id" in account else []),
    ]
    cuts = [0, *(found.start() for found in _TABLE.finditer(text)), len(text)]
    head, *tables = (text[begin:end] for begin, end in pairwise(cuts))
    rules = "".join(table for table in tables if not _SETTINGS.match(table))
    return head + "\n".join(lines) + "\n\n" + rules


def _quoted(value: object) -> str:
    """Return a TOML string or an array of them; JSON's escapes are TOML's as well."""
    return json.dumps(value, ensure_ascii=False)
