"""What wildcards and groups of regular expressions stood for is what targets are filled with."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailrules.rules import Message, MoveTo, Ruleset
from mailrules.rules.captures import exact_glob_group, glob_group, glob_has, regex_has
from mailrules.rules.definitions import Definitions
from mailrules.rules.lookup import Lookup
from mailrules.rules.match import Match
from mailrules.rules.matching import glob
from mailrules.rules.text import Text
from tests.rules.builders import decide, message, problems, rule

MAIL = message(
    "From: J\u00fcrgen <juergen+Ticket-77@Mail.Acme.example>",
    "To: sales+a.b@example.org, help+c.d@example.org",
    "Subject: [Support #123] Stra\u00dfe gesperrt",
    "List-Id: Devs <Python-Dev.Python.org>",
    "X-Way: north/west",
    "X-Way: East by South",
)
NO_GROUP = "rule 'r': {{{}}} has no value in this message"
NOT_THERE = "rule 'r': {queues[subject.1]} has no value: 'S' is not in the table"
DEFINITIONS = Definitions(
    {"queues": Lookup({"123": "Old", "support": "Help desk"}), "acme": Lookup({"acme.example": "Acme"}, parents=True)},
    {"ticket": Match.model_validate({"subject": {"regex": r"#(?P<number>\d+)"}})},
)


def moved(match: object, target: str, mail: Message = MAIL) -> str | None:
    """Say where a message is moved; or why not."""
    verdict = decide(Ruleset((rule(match, {"move": target}),), DEFINITIONS), mail)
    if verdict.error is not None:
        return verdict.error
    assert isinstance(verdict.plan.ending, MoveTo)
    return verdict.plan.ending.target.path


@pytest.mark.parametrize(
    ("match", "target", "path"),
    [
        ({"subject": {"regex": r"#(\d+)\]"}}, "T/{subject.1}", "T/123"),
        ({"subject": {"regex": r"#(?P<ticket>\d+)"}}, "T/{subject.ticket}", "T/123"),
        ({"subject": {"regex": r"#(?P<ticket>\d+)"}}, "T/{subject.1}", "T/123"),
        ({"subject": {"regex": r"#\d+"}}, "T/{subject.0}", "T/_123"),
        ({"subject": {"regex": ["never(.)", r"\[(\w+)"]}}, "{subject.1}", "Support"),
        # a glob's wildcards: as little as each can, as the text has it
        ({"subject": {"glob": "[* #*] *"}}, "{subject.1}/{subject.2}/{subject.3}", "Support/123/Straße gesperrt"),
        ({"subject": {"glob": "[SUPPORT*] STRASSE *"}}, "{subject.1}/{subject.2}", "_123/gesperrt"),
        ({"subject": {"glob": "*STRA?SE*"}}, "{subject.2}", "ß"),
        (
            {"subject": {"glob": "* *", "case_sensitive": True}},
            "{subject.1}/{subject.2}",
            "[Support/_123] Straße gesperrt",
        ),
        ({"subject": {"glob": ["x*", "*gesperrt"]}}, "{subject.1}", "[Support #123] Straße"),
        # where the operator stands
        ({"header": {"x-way": {"glob": "*/*"}}}, "{header.X-Way.2}", "west"),
        ({"header": {"X-Way": {"regex": r"(?P<from>\w+) by (?P<to>\w+)"}}}, "{header.x-way.to}", "South"),
        ({"header": {"X-Way": {"nth": -1, "glob": "* *"}}}, "{header.X-Way.1}", "East"),
        ({"to": {"detail": {"glob": "c.*"}}}, "{to.detail.1}/{to.user}", "d/help"),
        ({"recipient": {"detail": {"glob": "?.?"}}}, "{recipient.detail.2}", "b"),
        ({"from": {"detail": {"regex": "-(.*)"}}}, "{from.detail.1}", "77"),
        ({"from": {"domain": {"glob": "*.ACME.example"}}}, "{from.domain.1}", "mail"),
        ({"from": {"regex": "^(\\pL+) <"}}, "{from.1}", "Jürgen"),
        ({"from": {"glob": "* <*@*>", "domain": {"glob": "*.acme.*"}}}, "{from.1}/{from.domain.2}", "Jürgen/example"),
        ({"list_id": {"glob": "*.python.org"}}, "{list_id.1}", "python-dev"),
        ({"list_id": {"name": {"regex": "-(.*)"}}}, "{list_id.name.1}", "dev"),
        # through groups and names
        ({"any": [{"subject": "never"}, {"subject": {"regex": r"#(\d)"}}]}, "{subject.1}", "1"),
        ({"all": [{"subject": {"regex": r"#(\d)"}}, {"subject": {"regex": "St(.)"}}]}, "{subject.1}", "1"),
        ({"condition": "ticket"}, "{subject.number}", "123"),
        # as the key of a table
        ({"subject": {"regex": r"#(\d+)"}}, "{queues[subject.1]}", "Old"),
        ({"subject": {"glob": "[* *"}}, "{queues[subject.1]}", "Help desk"),
        # no value
        ({"subject": {"regex": "(never)?#"}}, "{subject.1}", NO_GROUP.format("subject.1")),
        (
            {"not": {"not": {"subject": {"regex": "(.)"}}}},
            "{subject.1}",
            NO_GROUP.format("subject.1"),
        ),
        (
            {"subject": {"regex": "(S)"}},
            "{queues[subject.1]}",
            NOT_THERE,
        ),
        ({"any": [{"from": "*"}, {"subject": {"regex": "(.)"}}]}, "{subject.1}", "["),
        (
            {"any": [{"to": "never@*"}, {"size": {"over": 1}}, {"cc": {"regex": "(.)"}}]},
            "{cc.1}",
            NO_GROUP.format("cc.1"),
        ),
    ],
    ids=str,
)
def test_a_group_is_filled_in(match: object, target: str, path: str) -> None:
    assert moved(match, target) == path


@pytest.mark.parametrize(
    ("target", "path"),
    [
        ("{account}/{mailbox}", "work/INBOX"),
        ("{mailbox}", "_INBOX"),
        ("{acme[from.domain]}", "Acme"),
        ("A/{acme[from.domain]}/x", "A/Acme/x"),
        ("{acme[to.domain]}", "rule 'r': {acme[to.domain]} has no value: 'example.org' is not in the table"),
        ("{acme[cc.domain]}", "rule 'r': {acme[cc.domain]} has no value: there is no cc.domain in this message"),
    ],
)
def test_places_and_tables_are_filled_in(target: str, path: str) -> None:
    assert moved("everything", target) == path


@pytest.mark.parametrize(
    ("target", "words"),
    [
        ("{size.1}", "is no value that is known"),
        ("{acme[]}", "is no value that is known"),
        ("{acme[form.domain]}", "did you mean {from.domain}?"),
        ("{acme[acme[from.domain]]}", "is no value that is known"),
        ("{from.domian}", "did you mean {from.domain}?"),
        ("{acount}", "did you mean {account}?"),
        ("{acme[received:%Y]}", "is no value that is known"),
    ],
)
def test_what_is_no_value_is_an_error_when_it_is_read(target: str, words: str) -> None:
    ((where, message),) = problems(then={"move": target})

    assert where == ("then", "move")
    assert words in message


@pytest.mark.parametrize(
    ("pattern", "name", "has"),
    [("(a)(b)", "2", True), ("(a)", "2", False), ("a", "0", True), ("(?P<x>a)", "x", True), ("(?P<x>a)", "y", False)],
)
def test_a_regex_has_a_group_or_not(pattern: str, name: str, *, has: bool) -> None:
    assert regex_has(pattern, name) == has


TEXTS = st.text(st.sampled_from("aAbßẞİı\u0345\u03b1ΐﬁ *?.\n\u00a0\u00ad"), max_size=8)


@given(TEXTS, st.lists(st.sampled_from(["*", "?", "a", "ss", "b", "i"]), min_size=1, max_size=5).map("".join))
def test_the_wildcards_of_a_glob_that_covers_a_text_make_it_up(text: str, pattern: str) -> None:
    """Whatever case folding does to the text: no wildcard raises, and exact ones put together give the text again."""
    seen = Text.of(text)
    wildcards = [place for place in range(1, 9) if glob_has(pattern, str(place))]

    for place in wildcards:
        for each in (seen, Text.flowing(text)):
            found = glob_group([pattern], each, str(place))
            assert (found is not None) == glob([pattern])(each.folded)
            assert found is None or found in each.value or found in each.folded
    exact = [exact_glob_group([pattern], seen, str(place)) for place in wildcards]
    if glob([pattern])(seen.value):
        values = iter(exact)
        assert "".join(next(values) or "" if each in "*?" else each for each in pattern) == seen.value
    else:
        assert exact == [None] * len(wildcards)


@pytest.mark.parametrize(("place", "expected"), [("1", "Ann\nLee"), ("2", "4\u00ad2")])
def test_of_a_text_that_flows_a_wildcard_is_what_was_written(place: str, expected: str) -> None:
    assert expected == glob_group(
        ["dear *, your number: *."], Text.flowing("Dear\r\nAnn\nLee,\n  your\nnumber:\t 4\u00ad2."), place
    )


def test_a_glob_of_very_many_wildcards_has_groups_too() -> None:
    pattern = "?" * 60_000

    assert exact_glob_group([pattern], Text.of("x" * 59_999 + "y"), "999") == "x"
