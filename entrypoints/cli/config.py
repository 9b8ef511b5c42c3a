"""`tessera config`."""

from urllib.parse import SplitResult, parse_qsl, urlencode, urlsplit

import attrs
import typer
from pydantic import SecretStr

from entrypoints.cli.doctor import Verdict, examined
from entrypoints.cli.failures import Misused, Refused, told_plainly
from entrypoints.cli.options import AsJson
from entrypoints.cli.output import show_json, show_table, show_values
from entrypoints.settings.loading import load_settings

app = typer.Typer(help="The settings: show them, check them.", add_completion=False)

_MASK = "********"
_SECRET_PARAMETERS = frozenset({"password", "sslpassword", "ssl_password"})


@app.command("show")
def show(as_json: AsJson = False) -> None:
    """Show every setting as it is in force, secrets masked."""
    with told_plainly():
        settings = load_settings()
    values = {name.upper(): _shown(name, value) for name, value in settings}
    if as_json:
        show_json(values)
    else:
        show_values(values)


def _shown(name: str, value: object) -> object:
    if isinstance(value, SecretStr):
        return _MASK
    if isinstance(value, tuple) and any(isinstance(each, SecretStr) for each in value):
        return [_MASK for _ in value]
    if name in {"broker_url", "database_url", "redis_url"} and isinstance(value, str):
        return _without_password(urlsplit(value))
    if name == "database_replica_urls" and isinstance(value, tuple):
        return [_without_password(urlsplit(url)) for url in value]
    return value


def _without_password(url: SplitResult) -> str:
    user, at, host = url.netloc.rpartition("@")
    if ":" in user:
        user = f"{user.partition(':')[0]}:{_MASK}"
    query = [
        (name, _MASK if name in _SECRET_PARAMETERS else value)
        for name, value in parse_qsl(url.query, keep_blank_values=True)
    ]
    return url._replace(netloc=f"{user}{at}{host}", query=urlencode(query, safe="*/")).geturl()


@app.command("check")
def check(as_json: AsJson = False) -> None:
    """Examine all that a start stands on, and name every fault. The status is 2 where a setting is
    wrong, 1 where something is away or not ready and may be so at another time, else 0."""
    findings = list(examined())
    wrong = [each for each in findings if each.verdict is Verdict.WRONG]
    faults = [each for each in findings if each.verdict is Verdict.FAULT]
    if as_json:
        show_json({"ok": not wrong + faults, "checks": [attrs.asdict(each) for each in findings]})
    else:
        show_table(_COLUMNS, [attrs.astuple(each) for each in findings])
    if wrong or faults:
        told = "\n".join(f"{each.check}: {each.result}" for each in [*wrong, *faults])
        raise (Misused if wrong else Refused)(told)


_COLUMNS = ("check", "verdict", "result")
