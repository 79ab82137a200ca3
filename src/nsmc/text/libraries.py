"""The libraries that cut comments: their import, and what of it is put off."""

import importlib
import importlib.util
import sys
import threading
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import Any

from nsmc.errors import NsmcError


def import_library(module: str, advice: str) -> ModuleType:
    """Import what a tokenizer needs.

    Raises:
        NsmcError: it is missing or doesn't load; the message ends with ``advice``.
    """
    try:
        return importlib.import_module(module)
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


def import_when_used(name: str) -> None:
    """Let imports of a module give one that loads when something of it is first asked for.

    It is in ``sys.modules`` until then, for everyone. One that is loaded already, or missing, is
    left alone. (`importlib.util.LazyLoader` loads at an import already.)
    """
    if name in sys.modules or (spec := importlib.util.find_spec(name)) is None:
        return
    sys.modules[name] = module = _Late(spec)
    parent, _, child = name.rpartition(".")
    if parent:  # as an import sets it: of ``import a.b``, a program uses ``a.b``
        setattr(sys.modules[parent], child, module)


class _Late(ModuleType):
    """Stands for a module; whoever kept it reads the attributes of that."""

    def __init__(self, spec: ModuleSpec) -> None:
        super().__init__(spec.name)
        self.__spec__ = spec
        self.__file__ = spec.origin

    def __getattr__(self, attribute: str) -> Any:
        with _lock:
            if sys.modules.get(self.__name__) is self:
                del sys.modules[self.__name__]
        return getattr(importlib.import_module(self.__name__), attribute)


_lock = threading.Lock()
