"""Where downloaded data and caches live on this system."""

import os
from pathlib import Path


def data_directory() -> Path:
    """Directory of the official files: ``NSMC_DATA`` when set, else the system's place for data.

    The directory need not exist.
    """
    if chosen := os.environ.get("NSMC_DATA"):
        return Path(chosen).expanduser()
    import platformdirs

    return Path(platformdirs.user_data_dir("nsmc", appauthor=False))


def cache_directory() -> Path:
    """Directory of what can be made again: ``NSMC_CACHE`` when set, else the system's place.

    The directory need not exist.
    """
    if chosen := os.environ.get("NSMC_CACHE"):
        return Path(chosen).expanduser()
    import platformdirs

    return Path(platformdirs.user_cache_dir("nsmc", appauthor=False))
