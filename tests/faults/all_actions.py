"""Rules that do each thing that can be done to a message."""

from __future__ import annotations

RULES = r"""
[[rules]]
name = "flag and move"
match.subject.contains = "filed"
then.add_flags = ["$Work"]
then.move = "Filed"

[[rules]]
name = "copy and move"
match.subject.contains = "copied"
then.copy = "Archive"
then.move = "Lists"

[[rules]]
name = "copy and expunge"
match.subject.contains = "kept"
then.copy = "Kept"
then.expunge = true

[[rules]]
name = "trash"
match.subject.contains = "trashed"
then.trash = true

[[rules]]
name = "flag"
match.subject.contains = "seen"
then.add_flags = ['\Seen']
"""
