"""Libraries that cut comments: imported when a tokenizer is made, and named when one is missing."""

from importlib import import_module
from importlib.metadata import version
from types import ModuleType

from nsmc.errors import NsmcError


def import_library(module: str, advice: str) -> ModuleType:
    """Import what a tokenizer stands on.

    Args:
        module: its full name.
        advice: the end of the message when it can't be imported: what to do.

    Raises:
        NsmcError: it is missing or doesn't load.
    """
    try:
        return import_module(module)
    except ImportError as error:
        raise NsmcError(
            f"cannot import {module}, which cuts comments into units ({error}). {advice}"
        ) from error


def version_of(distribution: str) -> str:
    """The version of an installed distribution, for a tokenizer's identity."""
    return version(distribution)
