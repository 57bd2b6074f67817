"""The wire campaigns: everything that a network, a server and another client can do to one message's way."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from tests.faults.campaigns import Campaign, Options, Tally
from tests.faults.wire_big import every_kill
from tests.faults.wire_bytes import every_byte
from tests.faults.wire_late import every_lateness
from tests.faults.wire_mailboxes import every_upheaval
from tests.faults.wire_moments import every_farewell, every_refusal
from tests.faults.wire_others import every_meeting
from tests.faults.wire_storm import every_storm
from tests.servers.dovecot import Dovecot


def _on_a_server(run: Callable[[Dovecot, Options], Awaitable[Tally]]) -> Callable[[Options], Awaitable[Tally]]:
    async def on_its_own(options: Options) -> Tally:
        with Dovecot() as server:
            return await run(server, options)

    return on_its_own


CAMPAIGNS = (
    Campaign("wire: bytes", "cuts", _on_a_server(every_byte)),
    Campaign("wire: refusals", "commands refused", _on_a_server(every_refusal)),
    Campaign("wire: BYE", "connections ended", _on_a_server(every_farewell)),
    Campaign("wire: another client", "acts", _on_a_server(every_meeting)),
    Campaign("wire: mailboxes", "upheavals", _on_a_server(every_upheaval)),
    Campaign("wire: late", "commands late", _on_a_server(every_lateness)),
    Campaign("wire: big moves", "processes killed", _on_a_server(every_kill)),
    Campaign("wire: storms", "storms", _on_a_server(every_storm)),
)
