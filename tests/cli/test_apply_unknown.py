"""``mailrules apply`` tells of rules that could not be decided, also of messages that other rules act on."""

from __future__ import annotations

import asyncio
import json
import sys
from typing import TYPE_CHECKING

import pytest

from mailrules.demo import MemoryServer, Refuse
from tests.builders import message
from tests.cli.running import rule_file
from tests.daemon.house import account

if TYPE_CHECKING:
    from pathlib import Path

RULES = """
[[rules]]
name = "asks the server"
match.search = "BODY hello"
then.add_flags = ["$Hello"]

[[rules]]
name = "acts"
match = "everything"
then.move = "Box"
"""


@pytest.mark.parametrize("mode", ["--dry-run", "--yes"])
async def test_a_rule_whose_search_is_refused_is_named_as_unknown(tmp_path: Path, mode: str) -> None:
    async with MemoryServer() as server:
        server.deliver("INBOX", message("one"))
        # What is refused by its new name is asked in the old way, too.
        server.faults.plan("UID SEARCH", Refuse("NO [CANNOT] look into bodies"), times=9)
        options = server.options
        path = rule_file(tmp_path, RULES, account("work", server.port, options.user, password=options.password))
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "mailrules", "apply", "-c", str(path), mode, "--json"),
            stdout=asyncio.subprocess.PIPE,
        )
        out, _ = await asyncio.wait_for(process.communicate(), 90)
    shown = json.loads(out)
    assert (process.returncode, shown["matched"], shown["unknown"]) == (0, ["acts"], ["asks the server"])
