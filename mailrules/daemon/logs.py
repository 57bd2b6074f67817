"""Turns what happens into log lines: for people on a terminal, JSON for machines.

Whatever came with the mail or from a server is cleaned before it is written: a subject must not
move the cursor, recolour a terminal or turn the reading direction.
"""

from __future__ import annotations

import json
import logging
import os
import sys
from enum import StrEnum
from typing import TYPE_CHECKING, TextIO

import structlog

from mailrules.daemon.crowd import Crowd
from mailrules.engine.outcome import OutcomeState
from mailrules.rules import ConditionTrace, Truth
from mailrules.rules.text import printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from structlog.typing import EventDict, FilteringBoundLogger, Processor, WrappedLogger

    from mailrules.engine.outcome import ActionDone, Outcome

__all__ = ["LogFormat", "LogLevel", "configure", "log_outcome", "logger"]

_WORDS = {
    OutcomeState.DONE: (logging.INFO, "acted"),
    OutcomeState.PENDING: (logging.WARNING, "will be tried again"),
    OutcomeState.HELD: (logging.WARNING, "held: needs a person"),
    OutcomeState.GONE: (logging.INFO, "gone before its turn"),
    OutcomeState.OBSERVED: (logging.INFO, "would act"),
}


class LogFormat(StrEnum):
    """How lines look; ``auto`` is ``text`` on a terminal and ``json`` elsewhere."""

    AUTO = "auto"
    TEXT = "text"
    JSON = "json"


class LogLevel(StrEnum):
    """From which level on lines are written."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


def configure(form: LogFormat = LogFormat.AUTO, level: LogLevel = LogLevel.INFO, stream: TextIO | None = None) -> None:
    """Set up logging for the whole process, to ``stream`` (standard error if none is given)."""
    stream = stream or sys.stderr
    number = logging.getLevelNamesMapping()[level.upper()]
    if form is LogFormat.JSON or (form is LogFormat.AUTO and not stream.isatty()):
        ending = _for_machines()
    else:
        ending = _for_people(colors=stream.isatty() and "NO_COLOR" not in os.environ)
    structlog.configure(
        processors=[
            Crowd(_tell_of_more),
            structlog.processors.add_log_level,
            structlog.processors.format_exc_info,
            _clean,
            *ending,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.PrintLoggerFactory(stream),
        cache_logger_on_first_use=False,
    )
    logging.basicConfig(handlers=[_Forward()], level=max(number, logging.WARNING), force=True)


def _tell_of_more(event: str, level: str, more: int) -> None:
    logger().log(logging.getLevelNamesMapping()[level.upper()], event, more=more)


def logger(**fields: str) -> FilteringBoundLogger:
    """Give a logger whose lines all carry ``fields``."""
    bound: FilteringBoundLogger = structlog.get_logger(**fields)
    return bound


def log_outcome(outcome: Outcome) -> None:
    """Write one line for each action of a message, or one for the message where there is none."""
    level, event = _WORDS[outcome.state]
    if outcome.undoes is not None and outcome.state is OutcomeState.DONE:
        event = "took back"
    if outcome.state is OutcomeState.DONE and outcome.reason:
        level = logging.WARNING  # something of it could not be done
    line = logger(account=outcome.account, mailbox=outcome.mailbox).bind(
        uid=outcome.uid, message_id=outcome.message_id, state=outcome.state.value
    )
    if outcome.undoes is not None:
        line = line.bind(undoes=outcome.undoes)
    if outcome.reason:
        line = line.bind(reason=outcome.reason)
    for action in outcome.actions:
        line.log(level, event, **_action_fields(action), **_because(outcome, action.rule))
    if not outcome.actions:
        line.log(level, event, rule=", ".join(outcome.rules or outcome.observed))


def _action_fields(action: ActionDone) -> dict[str, str]:
    fields = {"rule": action.rule, "action": action.kind.value}
    if action.target is not None:
        fields["target"] = action.target
    if action.flags:
        fields["flags"] = " ".join(action.flags)
    return fields


def _because(outcome: Outcome, rules: str) -> dict[str, str]:
    """Say why the rules of an action matched: each condition that held, and the value it saw."""
    named = rules.split(", ")
    held = [
        f"{leaf.key} {leaf.wanted}: {leaf.seen}"
        for trace in outcome.trace
        if trace.rule in named
        for leaf in _leaves(trace.conditions)
        if leaf.result is Truth.TRUE
    ]
    return {"because": "; ".join(held)} if held else {}


def _leaves(conditions: Iterable[ConditionTrace]) -> Iterator[ConditionTrace]:
    for condition in conditions:
        if condition.children:
            yield from _leaves(condition.children)
        else:
            yield condition


def _for_machines() -> list[Processor]:
    return [
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.JSONRenderer(serializer=json.dumps, ensure_ascii=False),
    ]


def _for_people(*, colors: bool) -> list[Processor]:
    return [
        structlog.processors.TimeStamper(fmt="%Y-%m-%d %H:%M:%S", utc=False),
        structlog.dev.ConsoleRenderer(colors=colors, exception_formatter=structlog.dev.plain_traceback),
    ]


def _clean(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    for key, value in event.items():
        if isinstance(value, str):
            # A traceback is the one value of several lines; each of them is cleaned by itself.
            event[key] = "\n".join(map(printable, value.split("\n"))) if key == "exception" else printable(value)
    return event


class _Forward(logging.Handler):
    """Hands the warnings of libraries that use the standard library's logging to ours."""

    def emit(self, record: logging.LogRecord) -> None:
        logger(source=record.name).log(record.levelno, record.getMessage(), exc_info=record.exc_info)
