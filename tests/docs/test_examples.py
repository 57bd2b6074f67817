"""What the reference shows works as it says: each example is run, and each message in it meets with what it claims."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest
from jsonschema import Draft7Validator

from mailrules.config import json_schema, load
from tests.docs.pages import RULE, Example, examples, warnings_of

EXAMPLES = list(examples())


@pytest.fixture(scope="module")
def schema() -> Draft7Validator:
    return Draft7Validator(json_schema())


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.place)
def test_an_example_holds_what_it_says(example: Example, tmp_path: Path, schema: Draft7Validator) -> None:
    path = example.write(tmp_path)
    written = json.loads(json.dumps(tomllib.loads(path.read_text(encoding="utf-8")), default=str))
    assert [error.message for error in schema.iter_errors(written)] == []

    loaded = load(path)
    assert warnings_of(loaded) == []

    claims = {f"{claim.word}: {claim.message}".replace("'", "’")[:190]: claim for claim in example.claims}
    assert len(claims) == len(example.claims)
    for placed, result in loaded.run_tests():
        claim = claims.get(placed.case.name)
        if claim is not None and claim.word == "unknown":
            assert result.verdict.unknown == (RULE,), placed.case.name
            continue
        assert [f"want {each.want} got {each.got}" for each in result.differences] == [], placed.case.name
        assert claim is None or result.verdict.unknown == (), placed.case.name


def test_there_are_examples_and_claims() -> None:
    assert len(EXAMPLES) > 150
    assert sum(len(example.claims) for example in EXAMPLES) > 200
