"""Round trips, commands and moments are read from what has passed as a client has felt them."""

from __future__ import annotations

from itertools import count

from tests.bench.relay import Passed, Way
from tests.bench.wire import filings_of, read, work_of

SELECTED = ["C: a SELECT INBOX", "S: * 3 EXISTS", "S: a OK done"]


def passed(*lines: str) -> list[Passed]:
    """Let lines pass, one a second; a line that begins with a blank passes with the one before."""
    pieces: list[Passed] = []
    clock = count(1)
    for line in lines:
        data = line.lstrip()[3:].encode() + b"\r\n"
        way = Way.UP if line.lstrip().startswith("C:") else Way.DOWN
        if line.startswith(" "):
            last = pieces.pop()
            pieces.append(Passed(1, way, last.came, last.went, last.cpu, last.data + data))
        else:
            now = float(next(clock))
            pieces.append(Passed(1, way, now, now, now / 1000, data))
    return pieces


def trips(*lines: str) -> list[tuple[str, int]]:
    return [(command.name, command.trip) for command in read(passed(*lines)).commands]


def test_commands_sent_together_are_one_round_trip() -> None:
    lines = ["C: a NOOP", "C: b NOOP", "S: a OK", "S: b OK", "C: c NOOP", "S: c OK"]
    assert [("NOOP", 1), ("NOOP", 1), ("NOOP", 2)] == trips(*lines)


def test_a_command_after_a_part_of_an_answer_waits_for_that_answer_alone() -> None:
    """However often a client writes while one answer streams in, it has waited for one answer."""
    lines = ["C: a UID FETCH 1:2 UID", "S: * 1 FETCH (UID 1)", "C: b UID MOVE 1 X", "S: * 2 FETCH (UID 2)"]
    lines += ["C: c UID MOVE 2 X", "S: a OK", "S: b OK", "S: c OK"]
    assert [("UID FETCH", 1), ("UID MOVE", 2), ("UID MOVE", 2)] == trips(*lines)


def test_literals_are_no_lines() -> None:
    data = b"a b\r\n* 9 EXISTS\r\n"
    answer = b"* 1 FETCH (BODY[] {%d}\r\n%s UID 1)\r\na OK\r\n" % (len(data), data)
    pieces = [Passed(1, Way.UP, 1, 1, 0, b"a UID FETCH 1 BODY[]\r\n")]
    pieces += [Passed(1, Way.DOWN, 2, 2, 0, answer[at : at + 5]) for at in range(0, len(answer), 5)]
    talk = read(pieces)
    assert [(1, True)] == [(command.trip, command.answered > 0) for command in talk.commands]
    assert [] == talk.arrivals


def test_a_message_that_is_pushed_in_idle_is_filed_in_one_round_trip() -> None:
    lines = [*SELECTED, "C: b IDLE", "S: + idling", "S: * 4 EXISTS", " S: * 4 FETCH (UID 4)"]
    lines += ["C: DONE", " C: c UID MOVE 4 X", " C: d IDLE", "S: b OK", " S: c OK", " S: + idling"]
    assert [(2.0, 1)] == [(filing.seconds, filing.trips) for filing in filings_of(passed(*lines))]


def test_a_message_that_is_fetched_first_is_filed_in_two() -> None:
    lines = [*SELECTED, "C: b IDLE", "S: + idling", "S: * 4 EXISTS", "C: DONE", " C: c UID FETCH 4 UID", "S: b OK"]
    lines += [" S: * 4 FETCH (UID 4)", " S: c OK", "C: d UID MOVE 4 X", " C: e IDLE", "S: d OK", " S: + idling"]
    assert [(4.0, 2)] == [(filing.seconds, filing.trips) for filing in filings_of(passed(*lines))]


def test_work_begins_with_select_s_ok_and_ends_with_the_last_but_logout_s() -> None:
    lines = [*SELECTED, "C: b UID FETCH 1:3 UID", "S: b OK", "C: c UID MOVE 1 X", "S: c OK", "C: d LOGOUT", "S: d OK"]
    work = work_of(passed(*lines))
    assert (4.0, 2, 2) == (work.seconds, work.trips, work.commands)
    assert (len("b UID FETCH 1:3 UID\r\nc UID MOVE 1 X\r\n"), len("a OK done\r\nb OK\r\nc OK\r\n")) == (
        work.up,
        work.down,
    )
    assert 0.004 == round(work.cpu, 6)
