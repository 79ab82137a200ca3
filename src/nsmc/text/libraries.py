"""The import of libraries that cut comments, with advice where one is missing."""

from importlib import import_module
from pathlib import Path
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
            "cannot import {module}, which cuts comments into units ({error}). {advice}",
            module=module,
            error=error,
            advice=advice,
        ) from error


def version_of(module: ModuleType, distribution: str) -> str:
    """The version of the distribution that a module is installed by.

    By the name of the directory beside it: importlib.metadata imports all of email, for which a
    typed comment would wait.
    """
    beside = Path(str(module.__file__)).resolve().parent.parent
    directories = list(beside.glob(f"{distribution.replace('-', '_')}-*.dist-info"))
    if len(directories) == 1:
        return directories[0].stem.rpartition("-")[2]
    from importlib.metadata import version

    return version(distribution)
