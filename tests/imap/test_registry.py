"""An extension's readers are found by name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from mailrules.imap.codes import OtherCode, ResponseCode
from mailrules.imap.registry import RESPONSE_CODES, UNTAGGED, response_code, untagged
from mailrules.imap.responses import Kind, Response, StatusResponse, Unknown
from tests.imap.reading import response

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mailrules.imap.cursor import Cursor


@dataclass(frozen=True, slots=True)
class Weather(Response):
    degrees: int


@dataclass(frozen=True, slots=True)
class WeatherCode(ResponseCode):
    name = "X-WEATHER"

    degrees: int


@pytest.fixture(autouse=True)
def weather() -> Iterator[None]:
    @untagged(b"X-WEATHER")
    def _weather(cursor: Cursor) -> Weather:
        return Weather(cursor.number())

    @response_code(b"X-WEATHER")
    def _weather_code(cursor: Cursor) -> WeatherCode:
        degrees = cursor.number()
        if degrees > 50:
            raise ValueError(degrees)
        return WeatherCode(degrees)

    yield
    del UNTAGGED[b"X-WEATHER"]
    del RESPONSE_CODES[b"X-WEATHER"]


def test_untagged_data() -> None:
    assert response(b"* x-weather  21 ") == Weather(21)
    assert response(b"* X-WEATHER hot") == Unknown(b"* X-WEATHER hot")
    assert response(b"* X-WEATHER 21 22") == Unknown(b"* X-WEATHER 21 22")


def test_a_response_code() -> None:
    assert response(b"* OK [X-Weather 21 ] nice") == StatusResponse(Kind.OK, WeatherCode(21), "nice")
    assert response(b"* OK [X-WEATHER hot] nice") == StatusResponse(Kind.OK, OtherCode("X-WEATHER", b"hot"), "nice")
    assert response(b"* OK [X-WEATHER 99] nice") == StatusResponse(Kind.OK, OtherCode("X-WEATHER", b"99"), "nice")
    assert response(b"[X-WEATHER 21] nice") == StatusResponse(Kind.OK, WeatherCode(21), "nice")
