"""Every rule over one message: who matches, and what they want done together."""

from __future__ import annotations

from mailrules.rules.verdict import Facts, Needs, Verdict

__all__ = ["Facts", "Needs", "Verdict"]
