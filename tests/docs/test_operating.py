"""The page about watching over a daemon shows what is shown, and leaves no condition and no exit status out."""

from __future__ import annotations

import re
from contextlib import redirect_stdout
from dataclasses import replace
from io import StringIO

from rich.text import Text

from mailrules import __version__
from mailrules.cli.reportview import show
from mailrules.daemon.vitals import Condition
from tests.daemon.reports import DEAD, FORGOTTEN, NOW, REPORT, WELL, WORK, ago
from tests.docs.pages import text_of


class Terminal(StringIO):
    def isatty(self) -> bool:
        return True


def test_the_example_is_what_the_command_shows() -> None:
    lists = replace(
        FORGOTTEN, condition=Condition.ROUNDS, alive=ago(40), last_message=ago(3 * 3600), reason="", next_try=None
    )
    work = replace(WORK, mailboxes=(WELL, lists))
    with redirect_stdout(Terminal()) as out:
        show(replace(REPORT, version=__version__, accounts=(work, DEAD)), NOW)
    shown = [Text.from_ansi(line).plain.rstrip() for line in out.getvalue().splitlines()]
    (block,) = re.findall(r"^```\n\$ mailrules status\n(.*?)^```$", text_of("operating"), re.MULTILINE | re.DOTALL)
    began = re.compile(r"since [0-9-]+ [0-9:]+ [^,]+")  # in the reader's time zone
    assert [began.sub("since then", line) for line in shown] == [
        began.sub("since then", line) for line in block.splitlines()
    ]


def test_every_condition_is_told() -> None:
    assert [each.value for each in Condition if f"`{each.value}`" not in text_of("operating")] == []
