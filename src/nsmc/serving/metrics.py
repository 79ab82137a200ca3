"""What /metrics tells, of all worker processes together. No label holds text of a request."""

import os

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.multiprocess import MultiProcessCollector

from nsmc.serving.settings import METRICS_DIRECTORY

SECONDS = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
METHODS = {"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"}


class Metrics:
    """The counters of one process."""

    def __init__(self) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]
        self._registry = registry = CollectorRegistry()
        self.requests = Counter(
            "nsmc_requests",
            "Requests by what answered them.",
            ["method", "path", "status"],
            registry=registry,
        )
        self.seconds = Histogram(
            "nsmc_request_seconds",
            "From a request's head to the end of its answer.",
            ["path"],
            buckets=SECONDS,
            registry=registry,
        )
        self.comments = Counter("nsmc_comments", "Comments scored.", ["kind"], registry=registry)
        self.batches = Histogram(
            "nsmc_batch_comments",
            "Comments scored together.",
            buckets=(1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024),
            registry=registry,
        )
        self.waiting = Gauge(
            "nsmc_waiting_comments",
            "Comments in the queue.",
            registry=registry,
            multiprocess_mode="livesum",
        )
        self.rows = Counter("nsmc_table_rows", "Rows of tables scored.", registry=registry)

    def text(self) -> bytes:
        """All numbers in Prometheus' text format."""
        registry = self._registry
        if os.environ.get(METRICS_DIRECTORY):
            registry = CollectorRegistry()
            MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
        return generate_latest(registry)
