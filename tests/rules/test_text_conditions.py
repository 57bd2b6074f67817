"""Conditions on text: every operator on subject, message_id, header.NAME and list_id."""

import pytest

from mailrules.rules import Message
from tests.rules.builders import matches, message, problems

UNSEEN = message("Subject: Ihre Rech\u00adnung\u200b \u00fcber 10\u00a0000\u202f\u20ac")
MAIL = message(
    "Subject: =?utf-8?Q?Ihre_Rechnung_f=C3=BCr_M=C3=A4rz?=",
    "Message-ID: <abc.123@Mail.example.org>",
    "X-Spam-Flag: YES",
    "X-Twice: one",
    "X-Twice: two",
    "X-Empty:",
    "List-Id: Python developers <Python-Dev.python.org>",
)


@pytest.mark.parametrize(
    ("match", "expected"),
    [
        # the shorthand is contains
        ({"subject": "rechnung"}, True),
        ({"subject": "invoice"}, False),
        ({"subject": ["invoice", "rechnung"]}, True),
        ({"subject": ["invoice", "bill"]}, False),
        ({"subject": "FÜR MÄRZ"}, True),
        ({"subject": "fu\u0308r"}, True),
        ({"subject": {"contains": "rechnung"}}, True),
        ({"subject": {"is": "ihre rechnung für märz"}}, True),
        ({"subject": {"is": "rechnung"}}, False),
        ({"subject": {"is": ["x", "Ihre Rechnung für März"]}}, True),
        ({"subject": {"starts_with": "ihre"}}, True),
        ({"subject": {"starts_with": "rechnung"}}, False),
        ({"subject": {"ends_with": "MÄRZ"}}, True),
        ({"subject": {"ends_with": "für"}}, False),
        ({"subject": {"glob": "*rechnung*m?rz"}}, True),
        ({"subject": {"glob": "rechnung*"}}, False),
        ({"subject": {"regex": "R.chnung"}}, True),
        ({"subject": {"regex": "rechnung"}}, False),
        ({"subject": {"regex": "(?i)rechnung$"}}, False),
        ({"subject": {"regex": ["x", "^Ihre .* M.rz$"]}}, True),
        ({"subject": {"exists": True}}, True),
        ({"subject": {"exists": False}}, False),
        # case
        ({"subject": {"contains": "Rechnung", "case_sensitive": True}}, True),
        ({"subject": {"contains": "rechnung", "case_sensitive": True}}, False),
        ({"subject": {"is": "ihre rechnung für märz", "case_sensitive": True}}, False),
        ({"subject": {"glob": "Ihre*", "case_sensitive": True}}, True),
        ({"subject": {"starts_with": "ihre", "case_sensitive": True}}, False),
        ({"subject": {"ends_with": "März", "case_sensitive": True}}, True),
        # all operators of one table must hold
        ({"subject": {"starts_with": "Ihre", "ends_with": "März", "contains": "rechnung"}}, True),
        ({"subject": {"starts_with": "Ihre", "ends_with": "Mai"}}, False),
        ({"subject": {"contains": "rechnung", "exists": True}}, True),
        # message_id
        ({"message_id": "@mail.example.org>"}, True),
        ({"message_id": {"is": "<abc.123@mail.example.org>"}}, True),
        ({"message_id": {"is": "abc.123@mail.example.org"}}, False),
        # header.NAME
        ({"header": {"X-Spam-Flag": "yes"}}, True),
        ({"header": {"x-sPAM-flag": {"is": "yes"}}}, True),
        ({"header": {"X-Spam-Flag": {"is": "no"}}}, False),
        ({"header": {"X-Spam-Flag": {"exists": True}, "X-None": {"exists": False}}}, True),
        ({"header": {"X-None": {"exists": True}}}, False),
        ({"header": {"X-None": "a"}}, False),
        ({"header": {"X-Empty": {"exists": True}}}, True),
        ({"header": {"X-Empty": {"regex": "^$"}}}, True),
        ({"header": {"X-Empty": {"contains": "a"}}}, False),
        # one occurrence must hold it all
        ({"header": {"X-Twice": {"is": "one"}}}, True),
        ({"header": {"X-Twice": {"is": "two"}}}, True),
        ({"header": {"X-Twice": {"starts_with": "o", "ends_with": "o"}}}, False),
        ({"header": {"X-Twice": {"starts_with": "t", "ends_with": "o"}}}, True),
        # list_id
        ({"list_id": "python.org"}, True),
        ({"list_id": {"is": "python-dev.python.org"}}, True),
        ({"list_id": {"is": "Python developers"}}, False),
        ({"list_id": "developers"}, False),
        ({"list_id": {"name": "python"}}, True),
        ({"list_id": {"name": {"is": "python-dev"}}}, True),
        ({"list_id": {"name": {"is": "python-dev"}, "ends_with": ".org"}}, True),
        ({"list_id": {"name": {"is": "python-dev"}, "ends_with": ".com"}}, False),
        ({"list_id": {"exists": True}}, True),
        ({"list_id": {"name": {"is": "python-dev", "case_sensitive": True}}}, False),
    ],
)
def test_text_is_matched(match: object, expected: bool) -> None:
    assert matches(match, MAIL) is expected


@pytest.mark.parametrize("field", ["subject", "message_id", "list_id"])
def test_what_is_absent_matches_nothing_but_its_absence(field: str) -> None:
    absent = message()

    assert not matches({field: "a"}, absent)
    assert not matches({field: {"glob": "*"}}, absent)
    assert not matches({field: {"regex": ".*"}}, absent)
    assert not matches({field: {"exists": True}}, absent)
    assert matches({field: {"exists": False}}, absent)
    assert matches({"not": {field: "a"}}, absent)


@pytest.mark.parametrize(
    ("mail", "pattern"),
    [
        (message("Subject: Re: =?utf-8?B?0KDQsNGF0YM=?=\r\n =?utf-8?B?0L3QvtC6?="), "рахунок"),
        (message("Subject: a rather long subject that was\r\n\tfolded"), "was folded"),
        (message("Subject: für".encode("latin-1")), "für"),
        (message("SUBJECT: shouting"), "shouting"),
    ],
)
def test_text_is_matched_as_people_see_it(mail: Message, pattern: str) -> None:
    assert matches({"subject": pattern}, mail)


@pytest.mark.parametrize(
    ("operators", "expected"),
    [
        ({"contains": "rechnung über"}, True),
        ({"contains": "10 000 €"}, True),
        ({"contains": "Rech\u00adnung"}, True),
        ({"is": "ihre rechnung über 10 000 €"}, True),
        ({"glob": "* 10\u00a0000 €"}, True),
        ({"contains": "Rechnung", "case_sensitive": True}, False),
        ({"contains": "10 000", "case_sensitive": True}, False),
        ({"contains": "10\u00a0000", "case_sensitive": True}, True),
        ({"regex": r"h\x{00ad}n"}, True),
    ],
)
def test_what_nobody_sees_makes_no_difference_unless_all_is_minded(operators: object, expected: bool) -> None:
    assert matches({"subject": operators}, UNSEEN) is expected


@pytest.mark.parametrize("pattern", ["\u200b", "*\u00ad?", "\ufeff\u2060"])
def test_a_pattern_of_what_nobody_sees_is_refused(pattern: str) -> None:
    expected = r"nothing in this pattern can be seen; look for such characters by regex = '\x{200B}'"
    ((_, found),) = problems(match={"subject": pattern})
    assert found == expected
