"""Domains as they are compared: lower case, every label an A-label (RFC 5890)."""

from __future__ import annotations

import re
from functools import lru_cache
from unicodedata import normalize

from mailrules.rules.text import fold

_DOTS = re.compile("[.\u3002\uff0e\uff61]")  # the full stops that RFC 3490 §3.1 counts as one
_LONGEST_LABEL = 63  # octets, RFC 1035 §2.3.4


@lru_cache(maxsize=4096)
def a_labels(domain: str) -> str:
    """Give a domain, or a glob over domains, with each international label in its ASCII form.

    A label that is none (too long, or with a wildcard in it) is compared as it is, without case.
    """
    if domain.isascii():
        return domain.lower().removesuffix(".")
    return ".".join(_a_label(label) for label in _DOTS.split(domain)).removesuffix(".")


def _a_label(label: str) -> str:
    # Not the standard library's codec: it is IDNA 2003, which turns ß into ss and knows Unicode 3.2 only.
    text = normalize("NFKC", label.lower())
    if text.isascii():
        return text
    if "*" in text or "?" in text or len(text) > _LONGEST_LABEL:
        return fold(label)
    encoded = "xn--" + text.encode("punycode").decode("ascii")
    return encoded if len(encoded) <= _LONGEST_LABEL else fold(label)
