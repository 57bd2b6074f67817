"""Trust: certificates and host names are verified, TLS is 1.2 at least, and a failure says what to do about it."""

from __future__ import annotations

import ssl
from functools import lru_cache
from typing import TYPE_CHECKING

from mailrules.client.errors import TLSFailure

if TYPE_CHECKING:
    from pathlib import Path

    from mailrules.client.endpoint import Endpoint

# X509_V_ERR_*, as OpenSSL numbers them
_NOT_YET_VALID = 9
_EXPIRED = 10
_UNTRUSTED = frozenset({18, 19, 20, 21})  # self-signed, or an authority that is not known here
_WRONG_HOST = frozenset({62, 64})

_HUNG_UP = "the server ended the connection in the TLS handshake"


def context(ca_file: Path | None) -> ssl.SSLContext:
    """Return the TLS settings for servers vouched for by the system's authorities, or only by those in `ca_file`.

    All connections share them, since the system's authorities take half a megabyte. Raises TLSFailure if `ca_file`
    cannot be used.
    """
    if ca_file is None:
        return _context(None, 0)
    try:
        return _context(ca_file, ca_file.stat().st_mtime_ns)
    except ssl.SSLError as error:
        raise TLSFailure(f"ca_file {ca_file}: no certificate in PEM form is in it") from error
    except OSError as error:
        raise TLSFailure(f"ca_file {ca_file}: {error.strerror or error}") from error


@lru_cache(maxsize=32)
def _context(ca_file: Path | None, changed: int) -> ssl.SSLContext:  # noqa: ARG001 - a changed file is read again
    made = ssl.create_default_context(cafile=ca_file)
    made.minimum_version = ssl.TLSVersion.TLSv1_2
    return made


def explain(endpoint: Endpoint, error: Exception) -> TLSFailure:
    """Turn a failed handshake into words for the person who wrote the rule file."""
    return TLSFailure(f"{endpoint}: {_reason(endpoint, error)}")


def _reason(endpoint: Endpoint, error: Exception) -> str:
    match error:
        case ssl.SSLCertVerificationError(verify_code=code, verify_message=message):
            if code == _EXPIRED:
                return "the server's certificate has expired"
            if code == _NOT_YET_VALID:
                return "the server's certificate is not valid yet; is the clock right?"
            if code in _WRONG_HOST:
                return f"the server's certificate is for another host than {endpoint.host}"
            if code in _UNTRUSTED:
                return (
                    "the server's certificate is vouched for by nobody known here; "
                    "if it is your own, give its authority's certificate as ca_file"
                )
            return f"the server's certificate is not valid: {message}"
        case ssl.SSLEOFError():
            return _HUNG_UP
        case ssl.SSLError(reason="WRONG_VERSION_NUMBER" | "HTTP_REQUEST" | "RECORD_LAYER_FAILURE"):
            return 'the server does not speak TLS on this port; is it for tls = "starttls"?'
        case ssl.SSLError(reason="UNSUPPORTED_PROTOCOL" | "TLSV1_ALERT_PROTOCOL_VERSION"):
            return "the server speaks no TLS newer than 1.1, which is not safe"
        case ssl.SSLError(reason=str(reason)):
            return f"TLS failed: {reason.replace('_', ' ').lower()}"
        case _:
            return _HUNG_UP
