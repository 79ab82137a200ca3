"""A table of an object store, as files of this machine while it is scored."""

import contextlib
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from nsmc.storage.objects import ObjectPath, fetch, path_or_object, store
from nsmc.tables.options import ReadOptions

Place = Path | ObjectPath
"""Where a table is, or goes."""


@dataclass(frozen=True)
class Staged:
    """Where a table is read and written meanwhile."""

    source: Path
    target: Path
    reading: ReadOptions | None
    mtime_ns: int
    """When the source was written."""
    _places: tuple[tuple[str, str], ...] = ()

    def words(self, text: str) -> str:
        """A text with the names of the object store for those of this machine."""
        for here, there in self._places:
            text = text.replace(here, there)
        return text


@contextlib.contextmanager
def staged(
    source: Place | str, target: Place | str, reading: ReadOptions | None
) -> Iterator[Staged]:
    """Copy a source of an object store here, and a target there if the block ends well.

    A table is read more than once, and its results appear only whole, so both have to be files.

    Raises:
        NsmcError: the store doesn't give or take a file.
    """
    source, target = path_or_object(source), path_or_object(target)
    with contextlib.ExitStack() as stack:
        places = []
        if isinstance(source, ObjectPath):
            place = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="nsmc-")))
            reading = reading or ReadOptions()
            reading = replace(reading, name=reading.name or str(source))
            here = place / source.name
            mtime_ns = fetch(source, here).mtime_ns
        else:
            here = source
            mtime_ns = source.stat().st_mtime_ns if source.exists() else 0
        if isinstance(target, Path):
            yield Staged(here, target, reading, mtime_ns)
            return
        results = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="nsmc-")))
        parent = target.parent
        places.append((f"{results}/", f"{parent}/"))
        yield Staged(here, results / target.name, reading, mtime_ns, tuple(places))
        # Rows that were left out are beside it, and the table itself comes last.
        for path in sorted(results.iterdir(), key=lambda path: path.name == target.name):
            if not path.name.startswith("."):
                store(path, parent / path.name)
