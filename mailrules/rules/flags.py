"""The flags that rule files may name (RFC 9051 §2.3.2)."""

from __future__ import annotations

import re
from collections.abc import Iterable

from mailrules.rules.plan import SPECIAL_USES
from mailrules.rules.tables import any_case, each, kind, wrong
from mailrules.rules.text import is_unprintable

SETTABLE_FLAGS = (r"\Seen", r"\Answered", r"\Flagged", r"\Draft")
_SYSTEM = {flag.lower(): flag for flag in (*SETTABLE_FLAGS, r"\Deleted", r"\Recent")}
_SPECIAL_USES = {use.lower() for use in SPECIAL_USES}
# RFC 9051 §9: a keyword is an atom.
_KEYWORD = re.compile(r'[^\x00-\x20\x7f-\U0010ffff(){%*"\\\]]+')

_KEYWORD_SCHEMA = r"[!#$&'+-\[^-z|}~]+"


def _schema(flags: Iterable[str]) -> str:
    return rf"^(\\({any_case(*(flag.removeprefix(chr(92)) for flag in flags))})|{_KEYWORD_SCHEMA})$"


FLAG_SCHEMA = _schema(_SYSTEM.values())
"""What a flag is like that a message can have, as a regular expression of JSON Schema."""
SETTABLE_FLAG_SCHEMA = _schema(SETTABLE_FLAGS)
"""What a flag is like that rules can set."""


def read_flag(value: object) -> str:
    """Read a flag that a message can have."""
    if not isinstance(value, str):
        raise wrong(f"a flag is text, not {kind(value)}: write '\\Seen' or \"$Invoice\"")
    if not value:
        raise wrong("a flag can't be empty: write '\\Seen' or \"$Invoice\"")
    if any(map(is_unprintable, value)):
        raise wrong(r"there is a control character in this flag: TOML reads \ in double quotes, so write '\Seen'")
    if value.startswith("\\"):
        return _read_system_flag(value)
    if not _KEYWORD.fullmatch(value):
        raise wrong(f'"{value}" can\'t be a keyword: use ASCII without spaces and without ( ) {{ % * " \\ ]')
    return value


def _read_system_flag(value: str) -> str:
    flag = _SYSTEM.get(value.lower())
    if flag is None and value.lower() in _SPECIAL_USES:
        raise wrong(f"{value} is a mailbox and no flag: write then.move = '{value}', or a keyword such as ${value[1:]}")
    if flag is None:
        raise wrong(f"{value} is no flag of IMAP: write one of {', '.join(SETTABLE_FLAGS)}, or a keyword such as $Work")
    return flag


def read_settable_flag(value: object) -> str:
    """Read a flag that a rule may set or take away."""
    flag = read_flag(value)
    if flag == r"\Deleted":
        raise wrong(r"\Deleted is for clients that expunge later: write then.expunge = true or then.trash = true")
    if flag == r"\Recent":
        raise wrong(r"\Recent is the server's own and can't be changed; use a keyword such as $New")
    return flag


def read_flags(value: object) -> tuple[str, ...]:
    """Read one flag or several to look for."""
    return each(value, read_flag, "an empty list names no flag; write at least one, as in ['\\Seen']")


def read_settable_flags(value: object) -> tuple[str, ...]:
    """Read one flag or several to change."""
    return each(value, read_settable_flag, "an empty list changes nothing; write at least one flag, as in ['\\Seen']")


def read_all_flags(value: object) -> tuple[str, ...]:
    """Read all flags that a message shall have; an empty list for none."""
    return () if value == [] else read_settable_flags(value)
