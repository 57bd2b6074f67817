"""The peer: Debian's imapfilter, with the rules of ``letters`` in each of the styles that its users write."""

from __future__ import annotations

import os
import shutil
from enum import Enum
from pathlib import Path

from tests.bench.letters import TARGETS, Pattern, target
from tests.servers.dovecot import HOST, PASSWORD

_ACCOUNT = """\
options.starttls = false
options.timeout = 600
options.info = false
account = IMAP {{ server = '{host}', port = {port}, username = '{user}', password = '{password}' }}
inbox = account['INBOX']
"""
_LOOP = "while true do\n{round}\ninbox:enter_idle()\nend\n"


class Style(Enum):
    """How its rules are written."""

    SEARCH = "imapfilter, a SEARCH a rule"  # as in its manual: each rule searches and moves
    GATHER = "imapfilter, a move a mailbox"  # the searches of all rules of a mailbox, then one move
    LUA = "imapfilter in Lua"  # its own patterns, over fields that it fetches


def available() -> bool:
    """Whether it is installed."""
    return shutil.which("imapfilter") is not None


def command(config: Path) -> list[str]:
    """Give its command line."""
    return ["imapfilter", "-c", str(config)]


def environment(folder: Path) -> dict[str, str]:
    """Give it a home, so that it finds nothing of the user's."""
    return {**os.environ, "HOME": str(folder), "IMAPFILTER_HOME": str(folder)}


def write(folder: Path, style: Style, rules: int, *, user: str, port: int, loop: bool = False) -> Path:
    """Write a configuration that runs the rules once, or at each arrival."""
    account = _ACCOUNT.format(host=HOST, port=port, user=user, password=PASSWORD)
    head, body = {Style.SEARCH: _by_search, Style.GATHER: _gathered, Style.LUA: _in_lua}[style](rules)
    path = folder / "config.lua"
    path.write_text(account + head + (_LOOP.format(round=body) if loop else body))
    return path


def _search(rule: int) -> str:
    pattern = Pattern(rule)
    call = {"from": "contain_from", "domain": "contain_from", "subject": "contain_subject", "list_id": "contain_field"}
    value = f"@{pattern.value}" if pattern.kind == "domain" else pattern.value
    field = "'List-Id', " if pattern.kind == "list_id" else ""
    return f"inbox:{call[pattern.kind]}({field}'{value}')"


def _by_search(rules: int) -> tuple[str, str]:
    return "", "".join(f"{_search(n)}:move_messages(account['{target(n)}'])\n" for n in range(rules))


def _gathered(rules: int) -> tuple[str, str]:
    lines = []
    for box in range(min(TARGETS, rules)):
        searches = " + ".join(f"({_search(n)})" for n in range(box, rules, TARGETS))
        lines.append(f"found = {searches}\nfound:move_messages(account['{target(box)}'])\n")
    return "", "".join(lines)


def _in_lua(rules: int) -> tuple[str, str]:
    """Look values up in tables: what its users would write for so many rules, and the fastest that it can."""
    tables: dict[str, list[str]] = {"from": [], "domain": [], "list_id": [], "subject": []}
    for n in range(rules):
        pattern = Pattern(n)
        tables[pattern.kind].append(f"['{pattern.value}'] = '{target(n)}'")
    head = "".join(f"by_{kind} = {{ {', '.join(entries)} }}\n" for kind, entries in tables.items())
    head += """
function field(header, name)
    return string.match(header, '\\n' .. name .. ':%s*([^\\r\\n]*)') or ''
end
function place(message)
    local header = '\\n' .. message:fetch_header()
    local from = string.lower(string.match(field(header, 'From'), '<([^>]*)>') or '')
    local list = string.lower(string.match(field(header, 'List%-Id'), '<([^>]*)>') or '')
    local topic = string.match(string.lower(field(header, 'Subject')), '%[topic %d+%]') or ''
    return by_from[from] or by_domain[string.match(from, '@(.*)') or ''] or by_list_id[list] or by_subject[topic]
end
"""
    body = """
places = {}
for _, found in ipairs(inbox:select_all()) do
    local box, uid = table.unpack(found)
    local where = place(box[uid])
    if where then
        if not places[where] then places[where] = Set {} end
        table.insert(places[where], found)
    end
end
for where, messages in pairs(places) do
    inbox:move_messages(account[where], messages)
end
"""
    return head, body
