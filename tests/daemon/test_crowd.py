"""What happens to thousands of mailboxes at once is counted in the log, after the first lines."""

from __future__ import annotations

import asyncio
import io
import json
import logging
from typing import TYPE_CHECKING

import pytest
import structlog

from mailrules.daemon import crowd, logs
from mailrules.daemon.logs import LogFormat
from tests.daemon.house import until

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    monkeypatch.setattr(crowd, "_PERIOD", 0.05)
    stream, before = io.StringIO(), logging.root.handlers[:]
    logs.configure(LogFormat.JSON, stream=stream)
    yield stream
    structlog.reset_defaults()
    logging.root.handlers[:] = before


def lines(stream: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


async def test_after_the_first_lines_of_a_kind_they_are_counted(written: io.StringIO) -> None:
    for number in range(crowd._LINES + 7):
        logs.logger(account=f"a{number}").info("signed in")
    await until(lambda: "more" in written.getvalue())
    *first, last = lines(written)
    assert [line["account"] for line in first] == [f"a{number}" for number in range(crowd._LINES)]
    assert (last["event"], last["level"], last["more"]) == ("signed in", "info", 7)


async def test_in_the_next_period_lines_are_written_again(written: io.StringIO) -> None:
    for _ in range(2):
        logs.logger(account="work").warning("interrupted", reason="the connection broke")
        await asyncio.sleep(0.1)
    assert [line["event"] for line in lines(written)] == ["interrupted"] * 2


async def test_what_is_done_with_mail_is_written_line_by_line(written: io.StringIO) -> None:
    for number in range(3 * crowd._LINES):
        logs.logger(account="work").info("acted", uid=number)
    assert len(lines(written)) == 3 * crowd._LINES
