"""``mailrules explain`` of a file: its parts answer for themselves, and a terminal shows a tree."""

from __future__ import annotations

import fcntl
import os
import pty
import struct
import subprocess
import sys
import termios
from pathlib import Path

import pytest

from tests.cli.running import mailrules, objects, rule_file
from tests.cli.test_explain_server import REPORT, RULES


@pytest.fixture
def report(tmp_path: Path) -> Path:
    file = tmp_path / "report.eml"
    file.write_bytes(REPORT)
    return file


def rules(folder: Path, search: str = "") -> Path:
    return rule_file(folder, RULES.replace('match.search = "UNSEEN"\n', search))


def test_bodies_and_attachments_are_looked_at_in_the_file(tmp_path: Path, report: Path) -> None:
    (shown,) = objects(mailrules("explain", report, "-c", rules(tmp_path), "--json"))
    assert (shown["matched"], shown["steps"]) == (["reports"], [{"move": "Reports"}])
    assert shown["scheduled"] == {"matched": [], "observed": [], "unknown": ["old"], "steps": []}


def test_a_rule_that_needs_a_server_is_unknown(tmp_path: Path, report: Path) -> None:
    result = mailrules("explain", report, "-c", rules(tmp_path, 'match.search = "KEYWORD x"\n'))
    assert '  rule "reports" unknown without a server' in result.stdout.splitlines()
    assert "    yes     attachment.name.glob" in result.stdout


def test_a_file_is_as_big_as_it_would_be_on_a_server(tmp_path: Path) -> None:
    file = tmp_path / "a.eml"
    file.write_bytes(b"Subject: x\n\none\ntwo\n")
    path = rule_file(tmp_path, '[[rules]]\nname = "r"\nmatch.size.over = 23\nthen.move = "X"\n')
    (shown,) = objects(mailrules("explain", file, "-c", path, "--json"))
    assert shown["matched"] == ["r"]


def test_a_terminal_shows_a_tree(tmp_path: Path, report: Path) -> None:
    lines = on_a_terminal("explain", report, "-c", rules(tmp_path))
    assert lines == [
        str(report),
        '├── rule "reports" matches',
        '│   ├── yes     attachment.name.glob "*.pdf" – saw report.pdf (application/pdf)',
        '│   └── yes     body.contains "enclosed" – saw Please find enclosed.',
        "├── → move Reports",
        "└── on schedule, apart from new mail:",
        '    ├── rule "old" (every 1 day) unknown without a server',
        "    │   └── unknown search SUBJECT report – saw (unknown)",
        "    └── nothing to do: the message stays as it is",
    ]


def on_a_terminal(*arguments: str | Path) -> list[str]:
    """Run a command as on a terminal without colours, 200 columns wide."""
    ours, its = pty.openpty()
    fcntl.ioctl(its, termios.TIOCSWINSZ, struct.pack("HHHH", 50, 200, 0, 0))
    words = [sys.executable, "-m", "mailrules", *map(str, arguments)]
    environment = {**os.environ, "NO_COLOR": "1", "TERM": "dumb", "COLUMNS": "200"}
    with subprocess.Popen(words, stdin=its, stdout=its, stderr=its, env=environment) as process:
        os.close(its)
        seen = b""
        try:
            while chunk := os.read(ours, 4096):
                seen += chunk
        except OSError:  # what Linux says when the last one at the other end has gone
            pass
        assert process.wait(60) == 0
    os.close(ours)
    return [line.rstrip() for line in seen.decode().splitlines()]
