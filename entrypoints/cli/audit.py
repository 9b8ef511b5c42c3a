"""`tessera audit`."""

from typing import Annotated

import attrs
import typer

from application.audit.list_audit import ListAudit, ListAuditHandler
from application.audit.listing import AuditFilter
from application.audit.seal_audit import AuditSealed, SealAuditHandler
from application.audit.verify_audit import (
    AuditFlaw,
    AuditVerified,
    VerifyAudit,
    VerifyAuditHandler,
)
from application.audit.views import AuditView
from application.paging import Page, PageRequest
from domain.access import SYSTEM
from domain.audit import SecurityEvent
from entrypoints.bootstrap.services import Services
from entrypoints.cli.declaring import list_command
from entrypoints.cli.failures import Misused, Refused
from entrypoints.cli.options import AsJson, FromTime, ToTime
from entrypoints.cli.output import show_json
from entrypoints.cli.session import id_named, with_services

app = typer.Typer(help="Who did what to whom: list, seal, verify.", add_completion=False)

MOST_FLAWS_LISTED = 100
_COLUMNS = ("id", "occurred_at", "event", "actor_id", "target_id", "subject", "address", "sequence")

Somebody = Annotated[
    str | None, typer.Option(metavar="USER", help="Only of this account: email, username or id.")
]


async def _chosen(
    services: Services,
    event: Annotated[SecurityEvent | None, typer.Option(help="Only these.")] = None,
    actor: Somebody = None,
    target: Somebody = None,
    occurred_from: FromTime = None,
    occurred_to: ToTime = None,
) -> AuditFilter:
    return AuditFilter(
        event=event,
        actor_id=await id_named(services, actor),
        target_id=await id_named(services, target),
        occurred_from=occurred_from,
        occurred_to=occurred_to,
    )


@list_command(app, _COLUMNS, _chosen)
async def list_audit(services: Services, chosen: AuditFilter, page: PageRequest) -> Page[AuditView]:
    """List who did what to whom, the newest first; sorts by occurred_at."""
    return await services[ListAuditHandler](ListAudit(chosen=chosen, page=page), SYSTEM)


@app.command("seal")
def seal_audit(as_json: AsJson = False) -> None:
    """Put what is not in the chain yet into it; a schedule does so by itself."""

    async def work(services: Services) -> AuditSealed:
        return await services[SealAuditHandler](SYSTEM)

    sealed = with_services(work)
    if as_json:
        show_json(attrs.asdict(sealed))
    else:
        print(f"sealed {sealed.sealed}{_end(sealed.sequence, sealed.seal)}")


@app.command("verify")
def verify_audit(
    known: Annotated[
        str | None,
        typer.Option(
            metavar="NUMBER:SEAL",
            help="What an earlier seal or verify printed: the chain must still hold it.",
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Find what somebody changed, took out, put in or moved; refuse a trail with any of it."""
    flaws: list[AuditFlaw] = []

    def report(flaw: AuditFlaw) -> None:
        if len(flaws) < MOST_FLAWS_LISTED:
            flaws.append(flaw)

    command = VerifyAudit(report=report, known=None if known is None else _place(known))

    async def work(services: Services) -> AuditVerified:
        return await services[VerifyAuditHandler](command, SYSTEM)

    verified = with_services(work)
    if as_json:
        show_json({**attrs.asdict(verified), "errors": [attrs.asdict(flaw) for flaw in flaws]})
    if verified.flaws:
        raise Refused("\n".join([*map(_told, flaws), f"{verified.flaws} flaws in the trail"]))
    if not as_json:
        end = _end(verified.sequence, verified.seal)
        print(f"{verified.sealed} sealed, {verified.unsealed} not yet: nothing is wrong{end}")


def _place(text: str) -> tuple[int, str]:
    number, _, seal = text.partition(":")
    if not number.isdecimal() or not seal:
        raise Misused("--known: must be like 4711:0a1b2c")
    return int(number), seal.lower()


def _end(sequence: int, seal: str | None) -> str:
    return "" if seal is None else f"\nthe chain ends at {sequence}:{seal}"


def _told(flaw: AuditFlaw) -> str:
    if flaw.entry_id is None:
        return flaw.detail
    place = "not sealed" if flaw.sequence is None else str(flaw.sequence)
    return f"{flaw.entry_id} ({place}): {flaw.detail}"
