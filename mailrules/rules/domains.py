"""Domains as they are compared: lower case, whole ones with every label an A-label (RFC 5890)."""

from __future__ import annotations

from functools import lru_cache
from unicodedata import normalize

_IDEOGRAPHIC_DOT = "\u3002"  # one of the full stops that RFC 3490 §3.1 counts as one; NFKC makes the others these two
_LONGEST_LABEL = 63  # octets, RFC 1035 §2.3.4

LONGEST_DOMAIN = 255
"""Octets (RFC 1035 §2.3.4): what is longer names nothing and is not worth remembering."""


def a_labels(domain: str) -> str:
    """Give a whole domain with each international label in its ASCII form, and without the root's dot.

    A label or a domain that is none, as it is too long, is compared as it is, without case.
    """
    domain = domain.rstrip(".")
    if domain.isascii():
        return domain.lower()
    return _spelling(domain) if len(domain) <= LONGEST_DOMAIN else domain.lower()


def part_of_domain(text: str) -> str:
    """Give what is looked for in domains, such as a glob over them: without case, every dot where it is."""
    if text.isascii():
        return text.lower()
    return normalize("NFKC", normalize("NFKC", text).lower()).replace(_IDEOGRAPHIC_DOT, ".")


@lru_cache(maxsize=4096)
def u_labels(domain: str) -> str:
    """Give what `a_labels` gave as people write it: `münchen.example` for `xn--mnchen-3ya.example`."""
    if "xn--" not in domain or len(domain) > LONGEST_DOMAIN:
        return domain
    return ".".join(map(_u_label, domain.split(".")))


@lru_cache(maxsize=4096)
def _spelling(domain: str) -> str:
    return ".".join(map(_a_label, part_of_domain(domain).split("."))).rstrip(".")


def _u_label(label: str) -> str:
    if not label.startswith("xn--") or len(label) > _LONGEST_LABEL:
        return label
    try:
        decoded = label.removeprefix("xn--").encode("ascii").decode("punycode")
        decoded.encode()
    except UnicodeError:
        return label
    return decoded if _spelling(decoded) == label else label  # else a label could be made to look like another domain


def _a_label(label: str) -> str:
    if label.isascii() or len(label) > _LONGEST_LABEL:
        return label
    # Not the standard library's idna codec: that is IDNA 2003, which makes ß ss and knows Unicode 3.2 only.
    encoded = "xn--" + label.encode("punycode").decode("ascii")
    return encoded if len(encoded) <= _LONGEST_LABEL else label
