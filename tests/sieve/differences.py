"""Where mailrules and Pigeonhole differ over a message, and why each of these is meant."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Difference:
    """Tests that come out otherwise for some messages."""

    reason: str
    mails: str
    """A regular expression over the names of the messages."""
    tests: str
    """One over the tests, searched for."""

    def covers_some(self, mail: str) -> bool:
        """Tell whether this is about a message in particular."""
        return self.mails != ".*" and re.fullmatch(self.mails, mail) is not None

    def covers(self, mail: str, test: str) -> bool:
        """Tell whether this is the reason."""
        return re.fullmatch(self.mails, mail) is not None and re.search(self.tests, test) is not None


DIFFERENCES = (
    Difference(
        'Pigeonhole takes no notice of what stands between a ? and a * behind it: it lets "x?b*" match "xyz"',
        ".*",
        r':matches .*"\?nn@\*"',
    ),
    Difference(
        "an address that is not as RFC 5322 has it is read here as a person would; Pigeonhole sees none, or all of it",
        "from: (a dot at the end|unclosed bracket|unclosed quote|brackets twice|two at signs|no domain|name alone"
        "|dots in a row|quoted .*)|to: (a semicolon|no comma|a comma in a name)",
        "address ",
    ),
    Difference(
        "a header that holds no address has none here; Pigeonhole counts an empty one",
        "from: (empty brackets|empty)|to: an empty group",
        "address :",
    ),
    Difference("Pigeonhole reads only the first 4 KiB of an address header", "to: many", "address "),
    Difference(
        "encoded words that are cut inside a character are joined before they are decoded",
        "subject: a word split inside a character",
        "header .*grüße",
    ),
    Difference("letters are compared in Unicode's composed form", "subject: decomposed", "header .*grüße"),
    Difference("octets that are no UTF-8 are read as Windows-1252", "raw Latin-1", "header .*grüße"),
    Difference(
        "RFC 4790 takes every text that begins with no digit for the same, an empty one too; Pigeonhole excepts that",
        ".*",
        'header :is .*i;ascii-numeric.*"none"',
    ),
    Difference(
        "a fold is one space here, as it is shown; Pigeonhole keeps the white space of the next line",
        "subject: folded (after the colon|twice)",
        'header .*"subject"',
    ),
    Difference(
        "-0000 says that the zone is not told (RFC 5322 §3.3), and stays so here",
        "date: minus zero",
        'date .*:originalzone .*"zone"',
    ),
    Difference(
        "ISO 8601 has two ways to write UTC: +00:00 here, Z in Pigeonhole",
        ".*",
        r'date :value "(eq|ne)" :zone "\+0000" "date" "iso8601"',
    ),
    Difference("tags within a word do not part it, as on the screen", "body: html", "body :text"),
    Difference("where a line was wrapped there is a space, as for the reader", "body: a wrapped line", "body :text"),
    Difference("a soft hyphen does not part a word, as on the screen", "subject: a soft hyphen", "header "),
    Difference(
        "forwarded messages and files of text are attachments here, and :text leaves these out; RFC 5173 §5.3 leaves it"
        " open",
        "body: (a message inside|a file of text)",
        "body :text",
    ),
    Difference(
        "Pigeonhole does not see the parts behind one without a header", "body: an attachment", ":mime :anychild"
    ),
    Difference("IMAP servers give out no NUL; what stands for it is up to them", "NUL", "header"),
)
"""All that are known. Each is here because the reader of a mail, or an RFC, is on our side."""

DIFFERENT_SCRIPTS = {
    "variables-string": "`string` minds the case in Pigeonhole; in RFC 5228 §2.7.3 no test does without being told to",
    "gui-horde": "the namespace INBOX. is not written in rules, nor the server's dots",
    "gui-fastmail": "the namespace INBOX. is not written in rules, nor the server's dots",
}
"""The scripts that do something else here, and why."""


def reason(mail: str, test: str) -> str | None:
    """Say why a test comes out otherwise for a message; None if nobody knows."""
    return next((each.reason for each in DIFFERENCES if each.covers(mail, test)), None)
