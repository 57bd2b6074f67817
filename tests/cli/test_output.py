"""What is printed for programs holds nothing that a terminal would obey."""

import json

import pytest

from mailrules.cli.output import action_json, print_json
from mailrules.engine.outcome import ActionDone, ActionKind


def test_json_is_printed_with_control_and_bidi_characters_as_escapes(capsys: pytest.CaptureFixture[str]) -> None:
    value = {"\x9b2J": ["\x1b\x7f", "\u202e\u2028\n", "\udce9", "\U000e0041", "für 🙂"]}
    print_json(value)
    shown = capsys.readouterr().out
    assert shown == (r'{"\u009b2J": ["\u001b\u007f", "\u202e\u2028\n", "\udce9", "\udb40\udc41", "für 🙂"]}' "\n")
    assert json.loads(shown) == value


@pytest.mark.parametrize(
    ("action", "shown"),
    [
        (ActionDone(ActionKind.MOVE, "r", target="A/B"), {"move": "A/B"}),
        (ActionDone(ActionKind.ADD_FLAGS, "r", flags=("$A", "$B")), {"add_flags": ["$A", "$B"]}),
        (ActionDone(ActionKind.SET_FLAGS, "r"), {"set_flags": []}),
        (ActionDone(ActionKind.EXPUNGE, "r"), {"expunge": True}),
    ],
)
def test_an_action_is_an_object_of_one_key(action: ActionDone, shown: dict[str, object]) -> None:
    assert action_json(action) == shown
