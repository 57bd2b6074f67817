"""Writes what came out of tests as JUnit XML, which CI systems read."""

import re
from collections.abc import Sequence
from pathlib import Path
from xml.etree import ElementTree as ET

from mailrules.config import Loaded, PlacedCase
from mailrules.config.cases import reasons
from mailrules.rules.selftest import Result

# XML 1.0 §2.2 has no other characters, escaped or not.
_IMPOSSIBLE = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def write_junit(file: Path, loaded: Loaded, results: Sequence[tuple[PlacedCase, Result]]) -> None:
    """Write one testsuite with a testcase for each test. Raises OSError."""
    failed = sum(not result.passed for _, result in results)
    counts = {"tests": str(len(results)), "failures": str(failed), "errors": "0", "skipped": "0"}
    suites = ET.Element("testsuites", counts)
    suite = ET.SubElement(suites, "testsuite", {"name": _text(loaded.file), **counts})
    for test, result in results:
        name = {"name": _text(test.case.name), "classname": _text(test.document.file)}
        case = ET.SubElement(suite, "testcase", {**name, "file": _text(test.document.file), "line": str(test.line)})
        if not result.passed:
            told = [_text(reason) for reason in reasons(result, loaded.place_of)]
            ET.SubElement(case, "failure", {"message": told[0], "type": "difference"}).text = "\n".join(told)
    ET.indent(suites)
    file.write_bytes(ET.tostring(suites, encoding="utf-8", xml_declaration=True))


def _text(value: object) -> str:
    return _IMPOSSIBLE.sub("\ufffd", str(value))
