"""What a server allows and how long it waits."""

from dataclasses import dataclass
from pathlib import Path

METRICS_DIRECTORY = "PROMETHEUS_MULTIPROC_DIR"
"""The variable that names where worker processes share their numbers; the client library of
Prometheus reads it when it is imported."""


@dataclass(frozen=True)
class ServerSettings:
    """Limits of one server process. Seconds and bytes."""

    spool: Path
    """A directory for uploads and scored tables, the same for all worker processes."""
    body_bytes: int = 1 << 20
    table_bytes: int = 100 << 20
    spool_bytes: int = 2 << 30
    """Of all uploads and results together; a further table gets 503."""
    tables: int = 4
    """Tables that are received or scored at a time; one more gets 503."""
    waiting: int = 10_000
    """Comments in the queue at most; the next request gets 503."""
    waiting_explanations: int = 100
    batch: int = 256
    """Comments scored together at most, unless one request has more."""
    window: float = 0.002
    """How long a batch waits for more, where the last one had several requests."""
    deadline: float = 10.0
    """Until the first byte of an answer; then 504."""
    upload_seconds: float = 10.0
    """For a whole body, and between two blocks of a table; then 408."""
    kept_seconds: float = 900.0
    """How long a scored table can be downloaded."""
    drain_seconds: float = 1.0
    """How long readiness fails before a stopping server refuses connections."""
    grace_seconds: float = 30.0
    """How long a stopping server waits for answers that are under way."""
    origins: tuple[str, ...] = ()
    """Other origins whose pages may call this server (CORS)."""
    token: str | None = None
    """What ``Authorization: Bearer`` must hold for /v1 and /metrics; None asks for none."""
