"""Domains as they are compared: lower case, every label an A-label (RFC 5890)."""

from __future__ import annotations

from functools import lru_cache
from unicodedata import normalize

_IDEOGRAPHIC_DOT = "\u3002"  # one of the full stops that RFC 3490 §3.1 counts as one; NFKC makes the others these two
_LONGEST_LABEL = 63  # octets, RFC 1035 §2.3.4

LONGEST_DOMAIN = 255
"""Octets (RFC 1035 §2.3.4): what is longer names nothing and is not worth remembering."""


def a_labels(domain: str) -> str:
    """Give a domain, or a glob over domains, with each international label in its ASCII form.

    A label or a domain that is none (too long, or a label with a wildcard in it) is compared as it is, without case.
    """
    domain = domain.rstrip(".")
    return _spelling(domain) if len(domain) <= LONGEST_DOMAIN else domain.lower()


@lru_cache(maxsize=4096)
def _spelling(domain: str) -> str:
    if domain.isascii():
        return domain.lower()
    text = normalize("NFKC", normalize("NFKC", domain).lower()).replace(_IDEOGRAPHIC_DOT, ".")
    return ".".join(map(_a_label, text.split("."))).rstrip(".")


def _a_label(label: str) -> str:
    if label.isascii() or "*" in label or "?" in label or len(label) > _LONGEST_LABEL:
        return label
    # Not the standard library's idna codec: that is IDNA 2003, which makes ß ss and knows Unicode 3.2 only.
    encoded = "xn--" + label.encode("punycode").decode("ascii")
    return encoded if len(encoded) <= _LONGEST_LABEL else label
