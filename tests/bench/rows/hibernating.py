"""Mailboxes at rest on a real server whose idle connections hibernate; what ``idle`` measures on a stand-in."""

from tests.bench.rows.idle import on_dovecot as rows

__all__ = ["rows"]
