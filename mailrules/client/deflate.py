"""The codec of COMPRESS=DEFLATE: two raw deflate streams, one each way. RFC 4978 §3 and §4."""

from __future__ import annotations

import zlib

from mailrules.imap import ProtocolError

_RAW = -15
"""No header, and the widest window: the server may use what it likes."""

_OWN_WINDOW = -13
_OWN_MEMORY = 6
"""What we send is short: this takes 64 KiB instead of 256, and costs hardly an octet."""


class Deflate:
    """Both directions of one connection. What comes is decompressed by pieces: a few octets may stand for a lot."""

    __slots__ = ("_deflater", "_inflater", "_taken")

    def __init__(self) -> None:
        self._deflater = zlib.compressobj(wbits=_OWN_WINDOW, memLevel=_OWN_MEMORY)
        self._inflater = zlib.decompressobj(wbits=_RAW)
        self._taken = b""

    def compress(self, data: bytes) -> bytes:
        """Return what stands for the data, so that the server can read all of it at once."""
        return self._deflater.compress(data) + self._deflater.flush(zlib.Z_SYNC_FLUSH)

    def take(self, data: bytes) -> None:
        """Take octets from the server; then read them."""
        self._taken += data

    def read(self, most: int) -> bytes:
        """Return at most so many of the octets that the server meant; empty when it has to send more first.

        Raises ProtocolError for what is no deflate stream, or goes on behind its end.
        """
        try:
            data = self._inflater.decompress(self._taken, most)
        except zlib.error as error:
            raise ProtocolError(f"COMPRESS: the stream is damaged: {error}") from error
        if self._inflater.unused_data:
            raise ProtocolError("COMPRESS: the stream goes on behind its end")
        self._taken = self._inflater.unconsumed_tail
        return data
