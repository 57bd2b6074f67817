"""What ``apply`` runs over the mail of an account: the rules for new mail, or the scheduled ones."""

from collections.abc import Awaitable, Callable

from mailrules.cli.applying import Applying
from mailrules.cli.failures import Status, complain
from mailrules.cli.output import count
from mailrules.cli.tally import Tally
from mailrules.client import MailboxInfo
from mailrules.daemon.calling import Lease
from mailrules.engine.apply import ApplyMode, ApplySummary, apply
from mailrules.engine.recovery import finish_begun
from mailrules.engine.schedule import places, record_runs, scheduled_rules
from mailrules.engine.sweeping import Extent, NotOpened, Reach, Swept, sweep
from mailrules.imap import Refused
from mailrules.rules import Rule
from mailrules.store import EntryState
from mailrules.values import value


@value(frozen=True, slots=True)
class Pass:
    """One kind of rules and the way they are run."""

    takes: Callable[[Rule], bool]
    """Whether a rule is of that kind."""
    where: str
    """The mailboxes that they run over."""
    run: Callable[[Applying, Lease, str | None, ApplyMode, Tally], Awaitable[None]]
    """Run them over the mailbox of this path, or over all of theirs."""


async def _for_new_mail(work: Applying, _lease: Lease, path: str | None, mode: ApplyMode, tally: Tally) -> None:
    for info in work.mailboxes(path):
        try:
            with tally.progress(f"{work.name} {info.path}") as progress:
                summary = await apply(work.context, work.session, info.name, mode=mode, progress=progress)
        except Refused as error:
            _say(work, info, error, tally)
        else:
            tally.add(work.name, info.path, summary)
            for rule, number in summary.left.items():
                left = f"{count(number, 'message')} left where {'it is' if number == 1 else 'they are'}"
                limit = f"rule '{rule}' has reached its limit: {left}"
                tally.failures.say(f"account '{work.name}': {info.path}: {limit}", Status.FAILED)


async def _scheduled(work: Applying, lease: Lease, path: str | None, mode: ApplyMode, tally: Tally) -> None:
    context, began = work.context, work.context.now()
    rules = scheduled_rules(context)
    chosen = None if path is None else work.mailboxes(path)
    extent = Extent(Reach.ALL if lease is Lease.OWN else Reach.HANDLED)
    total, counts = Swept(), chosen is None
    for info, here in places(context, rules).items():
        if chosen is not None and info not in chosen:
            continue
        try:
            if mode is ApplyMode.DO:
                await finish_begun(context, info.name)
            with tally.progress(f"{work.name} {info.path}") as progress:
                swept = await sweep(context, work.session, info.name, here, mode=mode, progress=progress, extent=extent)
        except NotOpened as error:
            _say(work, info, error.refused, tally)
        except Refused as error:
            _say(work, info, error, tally)
            counts = False
        else:
            tally.add(work.name, info.path, _summary(swept))
            total.add(swept)
    for rule in total.full_until:
        complain(f"account '{work.name}': rule '{rule}' has reached its limit: the rest waits for another run")
    if counts:
        await record_runs(context, rules, began, total.full_until)


def _summary(swept: Swept) -> ApplySummary:
    states = swept.states
    return ApplySummary(
        messages=swept.looked_at[""],
        matched=dict(swept.matched),
        done=states[EntryState.DONE],
        pending=states[EntryState.PENDING],
        held=states[EntryState.HELD],
    )


def _say(work: Applying, info: MailboxInfo, error: Refused, tally: Tally) -> None:
    tally.failures.say(f"account '{work.name}': {info.path}: {error}", Status.FAILED)


FOR_NEW_MAIL = Pass(lambda rule: rule.every is None, "the watched mailboxes", _for_new_mail)
SCHEDULED = Pass(lambda rule: rule.every is not None, "their mailboxes", _scheduled)
