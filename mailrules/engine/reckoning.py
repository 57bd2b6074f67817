"""After a crash: which unanswered copies and moves happened, told from what stands where; pure.

A COPY or MOVE whose answer was not seen is never simply repeated (RFC 9051 §6.4.7 makes a second
copy of a message as readily as a first). The source and the target are looked at, and each
step gets one of three findings.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from enum import Enum

from mailrules.values import value

__all__ = ["Claim", "Finding", "Found", "reckon"]


class Finding(Enum):
    """What the look at source and target says of one copy or move."""

    ARRIVED = "in the target"
    ABSENT = "not in the target"
    UNDECIDABLE = "whether it arrived can't be told from what stands in its target"


@value(frozen=True, slots=True)
class Claim:
    """One unanswered copy or move: which message it was about, and whether it still is in the source."""

    key: int
    """The caller's name for it."""
    fingerprint: str
    in_source: bool


@value(frozen=True, slots=True)
class Found:
    """The finding for one claim, with the UID in the target where it is certain."""

    finding: Finding
    uid: int | None = None


def reckon(claims: Sequence[Claim], arrived: Iterable[tuple[int, str]]) -> Mapping[int, Found]:
    """Match the claims on one target with the messages that have come there since, as multisets.

    ``arrived`` are (UID, fingerprint) of messages above the UIDNEXT known from before, less those
    that the journal knows as other steps' own. A message that is gone from the source has the
    first claim on an equal one in the target.
    """
    candidates: dict[str, list[int]] = defaultdict(list)
    for uid, fingerprint in sorted(arrived):
        candidates[fingerprint].append(uid)
    wanted: dict[str, list[Claim]] = defaultdict(list)
    for claim in claims:
        wanted[claim.fingerprint].append(claim)
    findings: dict[int, Found] = {}
    for fingerprint, equals in wanted.items():
        findings.update(_among_equals(equals, candidates[fingerprint]))
    return findings


def _among_equals(equals: Sequence[Claim], uids: list[int]) -> Mapping[int, Found]:
    gone = [claim for claim in equals if not claim.in_source]
    still = [claim for claim in equals if claim.in_source]
    findings: dict[int, Found] = {}
    for claim in gone:
        findings[claim.key] = Found(Finding.ARRIVED, uids.pop(0)) if uids else Found(Finding.ABSENT)
    if not uids:
        findings |= {claim.key: Found(Finding.ABSENT) for claim in still}
    elif len(uids) >= len(still):
        findings |= {claim.key: Found(Finding.ARRIVED, uid) for claim, uid in zip(still, uids, strict=False)}
    else:
        findings |= {claim.key: Found(Finding.UNDECIDABLE) for claim in still}
    return findings
