"""The import of libraries that cut comments, with advice where one is missing."""

from importlib import import_module
from types import ModuleType

from nsmc.errors import NsmcError


def import_library(module: str, advice: str) -> ModuleType:
    """Import what a tokenizer needs.

    Raises:
        NsmcError: it is missing or doesn't load; the message ends with ``advice``.
    """
    try:
        return import_module(module)
    except ImportError as error:
        raise NsmcError(
            f"cannot import {module}, which cuts comments into units ({error}). {advice}"
        ) from error
