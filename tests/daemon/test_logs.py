"""What log lines look like, and what never gets into one."""

from __future__ import annotations

import asyncio
import io
import json
import logging
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
import structlog

from mailrules.daemon.logs import LogFormat, LogLevel, configure, log_outcome, logger
from mailrules.engine.outcome import ActionDone, ActionKind, Outcome, OutcomeState

if TYPE_CHECKING:
    from collections.abc import Iterator


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def put_back() -> Iterator[None]:
    before = logging.root.handlers[:]
    yield
    structlog.reset_defaults()
    logging.root.handlers[:] = before


def outcome(state: OutcomeState, *actions: ActionDone, message_id: str = "<a@b>", reason: str = "") -> Outcome:
    return Outcome("work", "INBOX", 7, message_id, "Bob <bob@b>", "Hello", state, ("lists",), actions, reason)


MOVE = ActionDone(ActionKind.MOVE, "lists", target="Lists/Имя")
FLAG = ActionDone(ActionKind.ADD_FLAGS, "lists", flags=("\\Seen", "$List"))


def lines(*outcomes: Outcome, form: LogFormat = LogFormat.AUTO) -> list[dict[str, object]]:
    stream = io.StringIO()
    configure(form, LogLevel.INFO, stream)
    for one in outcomes:
        log_outcome(one)
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_each_action_is_one_json_line_where_there_is_no_terminal() -> None:
    flags, move = lines(outcome(OutcomeState.DONE, FLAG, MOVE))
    common = {"account": "work", "mailbox": "INBOX", "uid": 7, "message_id": "<a@b>", "rule": "lists", "state": "done"}
    assert common.items() <= flags.items()
    assert common.items() <= move.items()
    assert (flags["action"], flags["flags"], flags["level"]) == ("add_flags", "\\Seen $List", "info")
    assert (move["action"], move["target"], move["event"]) == ("move", "Lists/Имя", "acted")


def test_each_action_says_why_its_rule_matched() -> None:
    conditions = [
        {"key": "subject.contains", "result": "true", "wanted": '"invoice"', "seen": "Invoice 17"},
        {
            "key": "not",
            "result": "true",
            "children": [{"key": "from", "result": "false", "wanted": '"@x"', "seen": ""}],
        },
    ]
    why = json.dumps([{"rule": "lists", "conditions": conditions}, {"rule": "other", "conditions": conditions}])
    (move,) = lines(replace(outcome(OutcomeState.DONE, MOVE), why=why))
    assert move["because"] == 'subject.contains "invoice": Invoice 17'


@pytest.mark.parametrize("state", [OutcomeState.PENDING, OutcomeState.HELD])
def test_what_was_not_done_is_a_warning_with_its_reason(state: OutcomeState) -> None:
    (line,) = lines(outcome(state, MOVE, reason="the server says: over quota"))
    assert (line["level"], line["state"], line["reason"]) == ("warning", state.value, "the server says: over quota")


@pytest.mark.parametrize(
    ("state", "event"), [(OutcomeState.DONE, "took back"), (OutcomeState.PENDING, "will be tried again")]
)
def test_what_takes_an_entry_back_is_not_told_as_a_rules_doing(state: OutcomeState, event: str) -> None:
    (line,) = lines(replace(outcome(state, MOVE), undoes=17))
    assert (line["event"], line["undoes"]) == (event, 17)


def test_a_message_without_actions_has_a_line_as_well() -> None:
    (line,) = lines(outcome(OutcomeState.HELD, reason="no value for {list_id}"))
    assert (line["rule"], line["reason"]) == ("lists", "no value for {list_id}")


@pytest.mark.parametrize("form", [LogFormat.TEXT, LogFormat.JSON])
def test_nothing_that_came_with_the_mail_reaches_a_terminal_raw(form: LogFormat) -> None:
    screen = Terminal()
    configure(form, LogLevel.INFO, screen)
    log_outcome(outcome(OutcomeState.DONE, MOVE, message_id="<\x1b]0;title\x07\u202e@b>"))
    assert "\x1b]" not in screen.getvalue()
    assert "\x07" not in screen.getvalue()
    assert "\u202e" not in screen.getvalue()


def test_colours_are_for_terminals_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    screen, pipe = Terminal(), io.StringIO()
    for stream in (screen, pipe):
        configure(LogFormat.TEXT, LogLevel.INFO, stream)
        logger(account="work").info("signed in")
    assert "\x1b[" in screen.getvalue()
    assert "\x1b[" not in pipe.getvalue()
    assert "signed in" in pipe.getvalue()


def test_no_color_is_respected(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    screen = Terminal()
    configure(LogFormat.AUTO, LogLevel.INFO, screen)
    logger().info("signed in")
    assert "\x1b[" not in screen.getvalue()


def test_lines_below_the_level_are_not_written() -> None:
    stream = io.StringIO()
    configure(LogFormat.JSON, LogLevel.WARNING, stream)
    logger().info("quiet")
    logger().warning("loud")
    assert [json.loads(line)["event"] for line in stream.getvalue().splitlines()] == ["loud"]


@pytest.mark.parametrize("form", [LogFormat.TEXT, LogFormat.JSON])
def test_a_traceback_shows_no_local_variables(form: LogFormat) -> None:
    stream = Terminal()
    configure(form, LogLevel.DEBUG, stream)

    def sign_in(password: str) -> None:
        raise ValueError(f"{len(password)} characters\x1b[2J")

    try:
        sign_in("canary-" + "secret")
    except ValueError:
        logger().exception("failed")
    assert "13 characters" in stream.getvalue()
    assert "canary-secret" not in stream.getvalue()
    assert "\x1b[2J" not in stream.getvalue()


def test_what_libraries_warn_of_is_logged_alike() -> None:
    stream = io.StringIO()
    configure(LogFormat.JSON, LogLevel.INFO, stream)
    logging.getLogger("asyncio").warning("slow %s", "callback")
    logging.getLogger("asyncio").info("not ours")
    (line,) = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert (line["event"], line["source"], line["level"]) == ("slow callback", asyncio.__name__, "warning")
