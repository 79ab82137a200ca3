"""Modules that a library imports at its start and that nothing here ever asks it for."""

import importlib.util
import sys
import threading
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any


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
