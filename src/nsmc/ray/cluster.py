"""The cluster that this process works with."""

import signal
import threading

from nsmc.errors import NsmcError


def connect() -> None:
    """Connect with the cluster of ``RAY_ADDRESS``, else start one on this machine; once.

    Raises:
        NsmcError: there is none.
    """
    import ray

    if ray.is_initialized():
        return
    terminates = signal.getsignal(signal.SIGTERM)
    try:
        ray.init(include_dashboard=False, log_to_driver=False, logging_level="ERROR")
    except Exception as error:  # it has no class of its own for this
        raise NsmcError(
            "Ray doesn't start: {error}; start a cluster by `ray start --head` and name it in "
            "RAY_ADDRESS, or leave out --engine",
            error=str(error).splitlines()[0][:300],
        ) from error
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, terminates)  # Ray's own handler ends in an abort


def room(num_gpus: float = 0, num_cpus: float = 1) -> int:
    """Actors that the cluster has room for, by its GPUs if each takes some, else by its cores."""
    import ray

    there = ray.cluster_resources()
    actors = there.get("GPU", 0) / num_gpus if num_gpus else there.get("CPU", 1) / num_cpus
    return max(1, int(actors))


def gpus() -> float:
    """The GPUs of the cluster."""
    import ray

    return float(ray.cluster_resources().get("GPU", 0))
