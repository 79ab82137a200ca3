"""The language of a request's errors: what it accepts, else the server's own."""

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from nsmc.messages.translate import LANGUAGES, in_language, language


class Languages:
    """Gives the messages of a request the language that it accepts."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        accepted = ",".join(Headers(scope=scope).getlist("accept-language"))
        with in_language(wanted(accepted) or language()):
            await self.app(scope, receive, send)


def wanted(accepted: str) -> str | None:
    """The one of our languages that an ``Accept-Language`` likes best (RFC 9110, 12.5.4).

    Returns:
        None where it names none of them, or likes ``*`` better.
    """
    best, weight = None, 0.0
    for one in accepted.lower().split(","):
        tag, _, parameter = one.partition(";")
        name = tag.strip().partition("-")[0]
        if (liked := _weight(parameter)) > weight and name in (*LANGUAGES, "*"):
            best, weight = name, liked
    return best if best in LANGUAGES else None


def _weight(parameter: str) -> float:
    """The number of a ``q=0.8``: 1 where there is none, 0 where it is no number up to 1."""
    name, _, value = parameter.partition("=")
    if name.strip() != "q":
        return 1.0
    try:
        weight = float(value)
    except ValueError:
        return 0.0
    return weight if 0 <= weight <= 1 else 0.0
