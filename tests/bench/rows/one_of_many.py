"""A message for one of many watched mailboxes, beside a message for the only one; measured where ``idle`` is."""

from tests.bench.rows.idle import answers as rows

__all__ = ["rows"]
