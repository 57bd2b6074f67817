"""Every transcript plays to its end, and it makes no difference how the server's octets are chopped up."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.transcript import TRANSCRIPTS, play

FILES = sorted(TRANSCRIPTS.rglob("*.txt"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(TRANSCRIPTS)))
def test_a_transcript_plays_the_same_whole_and_octet_by_octet(path: Path) -> None:
    assert play(path) == play(path, piece=1)


@pytest.mark.parametrize(
    ("dialogue", "place", "why"),
    [
        ("do: Noop()\nC: a NOOP\nS: a OK\n", 3, "this happened, too"),
        ("do: Noop()\nC: a CHECK\n", 2, "wanted b'A1 CHECK"),
        ("do: Noop()\nS: a OK\n", 2, "the client also said"),
        ("do: Noop()\nC: a NOOP\nS: a NO\nR: None\n", 4, "got Tagged"),
        ("do: Noop()\nC: a NOOP\nR: None\n", 3, "nothing happened"),
        ("do: Nope()\n", 1, "NameError"),
        ("check: p.selected\n", 1, "not true"),
        ("what is this?\n", 1, "not a line of a transcript"),
    ],
)
def test_a_transcript_that_is_wrong_names_the_line(tmp_path: Path, dialogue: str, place: int, why: str) -> None:
    path = tmp_path / "wrong.txt"
    path.write_text("given: authenticated IMAP4rev1\n" + dialogue)
    with pytest.raises(AssertionError) as raised:
        play(path)
    assert str(raised.value).startswith(f"{path}:{place + 1}: ")
    assert why in str(raised.value)
