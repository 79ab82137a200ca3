"""`nsmc serve`: a page to type into and a service to call."""

import argparse
import ipaddress
from pathlib import Path

from nsmc.cli.common import add_model_option, add_threshold_option, say
from nsmc.cli.reading import add_reading_options, reading_options
from nsmc.errors import NsmcError, UsageError
from nsmc.messages.translate import tr

EPILOG = """examples:
  nsmc serve --open
  nsmc serve --port 0 --model runs/first
  nsmc serve --host 0.0.0.0 --token-file token.txt --workers 4
  curl -H 'content-type: application/json' -d '{"text": "재밌다"}' http://127.0.0.1:8000/v1/predict

The page is at /, what programs may ask at /openapi.json. SIGTERM ends it when all that it took on
is answered. It needs pip install "nsmc[serve]"."""
LEAST_TOKEN = 16


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of the command."""
    parser.add_argument(
        "--host",
        default="127.0.0.1",
        metavar="H",
        help="address to listen on (default: 127.0.0.1, this machine alone)",
    )
    parser.add_argument(
        "--port", type=int, default=8000, metavar="N", help="0 takes a free one (default: 8000)"
    )
    add_model_option(parser)
    add_threshold_option(parser)
    add_reading_options(parser)
    parser.add_argument(
        "--workers", type=int, default=1, metavar="N", help="server processes (default: 1)"
    )
    parser.add_argument("--open", action="store_true", help="open the page in the browser")
    parser.add_argument(
        "--token-file",
        type=Path,
        metavar="F",
        help="ask for the token in this file: Authorization: Bearer TOKEN",
    )
    parser.add_argument(
        "--cors-origin",
        action="append",
        default=[],
        metavar="ORIGIN",
        help="let pages of this origin call, such as https://example.org; may be repeated",
    )
    parser.add_argument(
        "--drain-seconds",
        type=float,
        default=1.0,
        metavar="S",
        help="after SIGTERM: how long /readyz says 503 before connections are refused (default: 1)",
    )


def run(args: argparse.Namespace) -> int:
    """Serve until a signal ends it."""
    _check(args)
    token = None if args.token_file is None else _token(args.token_file)
    import tempfile

    from nsmc.serving.server import Service, bind, serve
    from nsmc.serving.settings import ServerSettings
    from nsmc.storage.leftovers import temporary_beside

    options = {"threshold": args.threshold, **reading_options(args, tell=True)}
    listening = bind(args.host, args.port)
    host, port = listening.getsockname()[:2]
    if not ipaddress.ip_address(host).is_loopback and token is None:
        say(
            "warning: listening on {host} without authentication: everybody who reaches this "
            "machine can use it; --token-file F asks for a token",
            host=host,
        )
    shown = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)
    address = f"http://{shown}:{port}"

    def on_ready() -> None:
        say("serving {address} (Ctrl-C stops)", address=address)
        if args.open:
            import threading
            import webbrowser

            threading.Thread(target=webbrowser.open, args=(address,), daemon=True).start()

    # What a killed server left of its clients' tables goes here, too.
    spool = Path(tempfile.gettempdir()) / "nsmc-serve"
    with listening, temporary_beside(spool, directory=True) as spool:
        settings = ServerSettings(
            spool=spool,
            token=token,
            origins=tuple(args.cors_origin),
            drain_seconds=args.drain_seconds,
        )
        service = Service(args.model, settings, options)
        if serve(service, listening, args.workers, on_ready):
            raise KeyboardInterrupt
    return 0


def _check(args: argparse.Namespace) -> None:
    from nsmc.workers import check_processes

    if not 0 <= args.port <= 65535:
        raise UsageError("expected a --port from 0 to 65535, found {value}", value=args.port)
    check_processes("--workers", args.workers)
    if not 0 <= args.drain_seconds <= 3600:
        raise UsageError(
            "expected --drain-seconds from 0 to 3600, found {value}", value=args.drain_seconds
        )
    for origin in args.cors_origin:
        scheme, _, host = origin.partition("://")
        if scheme not in ("http", "https") or not host or "/" in host or "*" in host:
            raise UsageError(
                "expected an origin such as https://example.org for --cors-origin, found {value!r}",
                value=origin,
            )


def _token(path: Path) -> str:
    """The token in a file.

    Raises:
        NsmcError: the file can't be read.
        UsageError: what it holds is no token.
    """
    try:
        token = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise NsmcError(
            "expected a file with a token in {path}, found none that can be read: {reason}",
            path=path,
            reason=getattr(error, "strerror", None) or tr("it is no UTF-8"),
        ) from error
    if len(token) < LEAST_TOKEN or not token.isascii() or len(token.split()) != 1:
        raise UsageError(
            "expected a token in {path} of at least {count} ASCII characters, no spaces; "
            "make one: python -c 'import secrets; print(secrets.token_urlsafe())' > {path}",
            path=path,
            count=LEAST_TOKEN,
        )
    return token
