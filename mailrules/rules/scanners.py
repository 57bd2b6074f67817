"""What spam and virus scanners have found, from the header fields that the usual ones write.

Anybody can write such a field before the message reaches the scanner. So of one field the first counts, since scanners
put theirs above what was there, and what accuses a message outweighs what acquits it: who forges can only harm himself.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING

from mailrules.rules.conditions.numbers import leading_number

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mailrules.rules.message import HeaderFields, Message

# Each with the words that it begins with when it is spam, and when it is not.
_SPAM_WORDS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "X-SPAM-FLAG": (("yes", "true"), ("no", "false")),  # SpamAssassin, amavis, rspamd
    "X-SPAM-STATUS": (("yes",), ("no",)),  # SpamAssassin, amavis, rspamd
    "X-SPAM": (("yes", "true", "spam"), ("no", "false")),  # rspamd
    "X-SPAMD-RESULT": (("default: true",), ("default: false",)),  # rspamd
    "X-RSPAMD-ACTION": (("add header", "rewrite subject", "reject"), ("no action", "greylist")),  # rspamd
    "X-BARRACUDA-SPAM-FLAG": (("yes",), ("no",)),
    "X-BARRACUDA-SPAM-STATUS": (("yes",), ("no",)),
    "X-BOGOSITY": (("spam", "yes"), ("ham", "no", "unsure")),  # Bogofilter
    "X-DSPAM-RESULT": (("spam",), ("innocent", "whitelisted")),
    "X-SPAMBAYES-CLASSIFICATION": (("spam",), ("ham", "unsure")),
    "X-CRM114-STATUS": (("spam",), ("good", "unsure")),
}
_SCL = "X-MS-EXCHANGE-ORGANIZATION-SCL"  # Exchange's spam confidence level: -1, or 0 to 9
_FOREFRONT = "X-FOREFRONT-ANTISPAM-REPORT"
_SPAM_SCL = 5

_VIRUS_WORDS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "X-VIRUS-STATUS": (("infected", "yes"), ("clean", "no")),  # ClamAV's milter
    "X-VIRUS-FLAG": (("yes", "true"), ("no", "false")),
    "X-AMAVIS-ALERT": (("infected",), ()),
    "X-ANTIVIRUS-STATUS": (("infected",), ("clean",)),  # Avast
    "X-MAILSCANNER": (("found to be infected",), ("found to be clean",)),
}
_VIRUS_NAMES = "X-VIRUS"  # rspamd: the names of what was found

_SCORE = re.compile(r"\b(?:score|hits)=\s*([+-]?[0-9]{1,9}(?:\.[0-9]{0,9})?)")
_NEEDED = re.compile(r"\b(?:required|tag2)=\s*([+-]?[0-9]{1,9}(?:\.[0-9]{0,9})?)")
_OF_RSPAMD = re.compile(r"\[\s*([+-]?[0-9]{1,9}(?:\.[0-9]{0,9})?)\s*/\s*([+-]?[0-9]{1,9}(?:\.[0-9]{0,9})?)\s*\]")
_LEVEL = re.compile(r"(?:^|;)\s*scl:\s*(-?[0-9])")
_CHANCE = {  # by the names of fields that say how likely it is spam, from 0 to 1
    "X-BOGOSITY": re.compile(r"\bspamicity=([01](?:\.[0-9]{0,9})?)"),
    "X-DSPAM-PROBABILITY": re.compile(r"\A([01](?:\.[0-9]{0,9})?)"),
    "X-SPAMBAYES-CLASSIFICATION": re.compile(r"\A[a-z]+;\s*([01](?:\.[0-9]{0,9})?)"),
}

SPAM_HEADERS = frozenset(
    {*_SPAM_WORDS, *_CHANCE, _SCL, _FOREFRONT, "X-SPAM-SCORE", "X-RSPAMD-SCORE", "X-BARRACUDA-SPAM-SCORE"}
)
"""The header fields that tell of spam, in upper case."""

VIRUS_HEADERS = frozenset({*_VIRUS_WORDS, _VIRUS_NAMES})
"""The header fields that tell of viruses, in upper case."""


def is_spam(message: Message) -> bool | None:
    """Tell whether a scanner calls the message spam; None if none says anything."""
    return message.fields.once(is_spam, _is_spam)


def has_virus(message: Message) -> bool | None:
    """Tell whether a scanner has found a virus; None if none says anything."""
    return message.fields.once(has_virus, _has_virus)


def score(message: Message) -> Decimal | None:
    """Give the points that scanners have given for what looks like spam, the most of them; None if none did."""
    return message.fields.once(score, lambda fields: max(_scores(fields), default=None))


def percent(message: Message) -> Decimal | None:
    """Give how near the message is to what a scanner calls spam, which is 100, or how likely it is spam; 0 to 100."""
    return message.fields.once(percent, lambda fields: max(_percents(fields), default=None))


def _is_spam(fields: HeaderFields) -> bool | None:
    verdicts = [*_verdicts(fields, _SPAM_WORDS), *(level >= _SPAM_SCL for level in _levels(fields))]
    return any(verdicts) if verdicts else None


def _has_virus(fields: HeaderFields) -> bool | None:
    verdicts = list(_verdicts(fields, _VIRUS_WORDS))
    names = fields.first(_VIRUS_NAMES)
    if names:
        verdicts.append(names not in {"no", "none", "clean"})
    return any(verdicts) if verdicts else None


def _verdicts(fields: HeaderFields, words: dict[str, tuple[tuple[str, ...], tuple[str, ...]]]) -> Iterator[bool]:
    for name, (guilty, innocent) in words.items():
        said = fields.first(name)
        if said.startswith(guilty):
            yield True
        elif innocent and said.startswith(innocent):
            yield False


def _levels(fields: HeaderFields) -> Iterator[Decimal]:
    level = leading_number(fields.first(_SCL))
    if level is not None:
        yield level
    elif found := _LEVEL.search(fields.first(_FOREFRONT)):
        yield Decimal(found[1])


def _scores(fields: HeaderFields) -> Iterator[Decimal]:
    status = _SCORE.search(fields.first("X-SPAM-STATUS"))
    if status:
        yield Decimal(status[1])
    elif (found := leading_number(fields.first("X-SPAM-SCORE"))) is not None:
        yield found  # where there is a status, cPanel has ten times the score here
    if of_rspamd := _OF_RSPAMD.search(fields.first("X-SPAMD-RESULT")):
        yield Decimal(of_rspamd[1])
    for name in ("X-RSPAMD-SCORE", "X-BARRACUDA-SPAM-SCORE"):
        found = leading_number(fields.first(name))
        if found is not None:
            yield found


def _percents(fields: HeaderFields) -> Iterator[Decimal]:
    status = fields.first("X-SPAM-STATUS")
    given, needed = _SCORE.search(status), _NEEDED.search(status)
    pairs = [(given[1], needed[1])] if given and needed else []
    if of_rspamd := _OF_RSPAMD.search(fields.first("X-SPAMD-RESULT")):
        pairs.append((of_rspamd[1], of_rspamd[2]))
    for points, limit in pairs:
        if Decimal(limit) > 0:
            yield _within(100 * Decimal(points) / Decimal(limit))
    for name, pattern in _CHANCE.items():
        if found := pattern.search(fields.first(name)):
            yield _within(100 * Decimal(found[1]))


def _within(number: Decimal) -> Decimal:
    return min(max(number, Decimal(0)), Decimal(100))
