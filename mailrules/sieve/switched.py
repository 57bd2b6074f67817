"""What mail clients and providers write around filters: which are switched off, and which mail none is meant for."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from mailrules.sieve.errors import SieveError
from mailrules.sieve.events import Disabled
from mailrules.sieve.logic import TRUE
from mailrules.sieve.naming import is_switched_off, name_from
from mailrules.sieve.parser import parse
from mailrules.sieve.state import Script, State
from mailrules.sieve.syntax import Strings

if TYPE_CHECKING:
    from mailrules.sieve.syntax import Command, Test

Run = Callable[[Script, State, "Sequence[Command]"], None]

_TEST_IN_COMMENT: Final = re.compile(r"if\s+false\s*#(?P<test>[^\r\n]*)(?P<rest>.*)", re.DOTALL | re.IGNORECASE)
"""How Roundcube switches a filter off."""

SPAM_LEFT_OUT: Final = (
    "the filters below are not meant for spam, but only the server knows its measure of that; if they see any, put a"
    " rule before them with match.spam = true and then.stop = true"
)


def leaves_spam_out(chain: Sequence[Command]) -> bool:
    """Tell whether this is what Proton Mail puts at the head of a script so that it ends there for spam."""
    command, *others = chain
    ends = [each.name for each in command.block or ()] in (["return"], ["stop"])
    return ends and not others and any(map(_asks_for_threshold, command.tests))


def _asks_for_threshold(test: Test) -> bool:
    values = [each.values for each in test.arguments if isinstance(each, Strings)]
    return (test.name == "environment" and ("vnd.proton.spam-threshold",) in values) or (
        test.name == "allof" and any(map(_asks_for_threshold, test.tests))
    )


def switched_off(script: Script, state: State, chain: Sequence[Command], run: Run) -> bool:
    """Note what a filter would do that is switched off; false if this is none, or none that can be read."""
    first = chain[0]
    name = name_from(first.comments)
    found = _TEST_IN_COMMENT.fullmatch(first.source)
    if state.path or not (is_switched_off(first.comments) or (found and len(chain) == 1)):
        return False
    alone = Script(script.file, script.required, script.look_up, captures=script.captures, dotted=script.dotted)
    try:
        commands = _switched_on(first, found["test"] + found["rest"]) if found else chain
        named = [replace(each, comments=(f"rule:[{name}]",)) for each in commands]
        run(alone, State(variables=dict(state.variables)), named)
    except SieveError:
        return False
    script.ifs += 1
    script.events.append(Disabled(TRUE, ((script.ifs, 0),), first.place, name, alone, first.source))
    return True


def _switched_on(command: Command, condition: str) -> Sequence[Command]:
    """Read the test in the comment, on the line that it stands on. Raises SieveError."""
    return parse("\n" * (command.place.line - 1) + f"if {condition}", command.place.file)
