"""Some rows of a table, as a frame or as lists: what reads and writes text needs no frame."""

import abc
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from nsmc.tables.cells import cell_values

if TYPE_CHECKING:
    import pandas as pd

Kind = Literal["text", "number", "count", "flag"]
"""What a column holds that is added to a table."""
_TYPES: dict[Kind, tuple[Any, Callable[[Any], Any]]] = {
    "text": ("string", str),
    "number": ("Float64", float),
    "count": ("Int64", int),
    "flag": ("boolean", bool),
}
"""As a frame has it, and as Python does."""


class Rows(abc.ABC):
    """R rows of a table."""

    @property
    @abc.abstractmethod
    def columns(self) -> list[str]:
        """The names of the columns."""

    @abc.abstractmethod
    def __len__(self) -> int:
        """R."""

    @abc.abstractmethod
    def values(self, name: str) -> list[Any]:
        """[R] a column's cells, as `nsmc.tables.cells.cell_values` gives them."""

    @property
    @abc.abstractmethod
    def frame(self) -> "pd.DataFrame":
        """The rows as a frame."""

    @abc.abstractmethod
    def take(self, places: Sequence[int]) -> "Rows":
        """Some of the rows, in the order given."""

    @abc.abstractmethod
    def with_columns(
        self, names: Sequence[str], kinds: Sequence[Kind], cells: Sequence[list[Any]]
    ) -> "Rows":
        """The rows with new columns after their own, of [R] cells each; None for an empty one."""


def rows_of(rows: "Rows | pd.DataFrame") -> Rows:
    """A frame as rows; rows as they are."""
    return rows if isinstance(rows, Rows) else FrameRows(rows)


class FrameRows(Rows):
    """Rows of a frame, whose columns have the types of the file."""

    def __init__(self, frame: "pd.DataFrame") -> None:
        self._frame = frame

    @property
    def columns(self) -> list[str]:
        """See `Rows`."""
        names: list[str] = self._frame.columns.tolist()
        return names

    def __len__(self) -> int:
        """See `Rows`."""
        return len(self._frame)

    def values(self, name: str) -> list[Any]:
        """See `Rows`."""
        return cell_values(self._frame[name])

    @property
    def frame(self) -> "pd.DataFrame":
        """See `Rows`."""
        return self._frame

    def take(self, places: Sequence[int]) -> Rows:
        """See `Rows`."""
        return FrameRows(self._frame.iloc[list(places)].reset_index(drop=True))

    def with_columns(
        self, names: Sequence[str], kinds: Sequence[Kind], cells: Sequence[list[Any]]
    ) -> Rows:
        """See `Rows`."""
        import pandas as pd

        new = {
            name: pd.array(values, dtype=_TYPES[kind][0])
            for name, kind, values in zip(names, kinds, cells, strict=True)
        }
        # Not assign, which puts in one column after another: there may be a thousand.
        beside = pd.DataFrame(new, index=self._frame.index)
        return FrameRows(pd.concat([self._frame, beside], axis=1))


@dataclass(frozen=True)
class ListRows(Rows):
    """Rows of values of Python; a frame is made of them only where one is asked for."""

    cells: Mapping[str, Sequence[Any]]
    """[R] of each column."""
    dtype: Any
    """Of the frame: ``str`` if every cell is one, else ``object``."""
    added: Mapping[str, tuple[Kind, list[Any]]] = field(default_factory=dict)
    """Columns after these."""

    @property
    def columns(self) -> list[str]:
        """See `Rows`."""
        return [*self.cells, *self.added]

    def __len__(self) -> int:
        """See `Rows`."""
        return len(next(iter(self.cells.values())))

    def values(self, name: str) -> list[Any]:
        """See `Rows`."""
        if name not in self.added:
            return list(self.cells[name])
        kind, values = self.added[name]
        if kind == "text":
            return values
        of = _TYPES[kind][1]
        # A NaN is no number, as in a frame.
        return [None if value is None or value != value else of(value) for value in values]

    @property
    def frame(self) -> "pd.DataFrame":
        """See `Rows`."""
        import pandas as pd

        frame = pd.DataFrame(self.cells, dtype=self.dtype)
        if not self.added:
            return frame
        kinds, cells = zip(*self.added.values(), strict=True)
        return FrameRows(frame).with_columns(list(self.added), kinds, cells).frame

    def take(self, places: Sequence[int]) -> Rows:
        """See `Rows`."""
        return ListRows(
            {name: [values[place] for place in places] for name, values in self.cells.items()},
            self.dtype,
            {
                name: (kind, [values[place] for place in places])
                for name, (kind, values) in self.added.items()
            },
        )

    def with_columns(
        self, names: Sequence[str], kinds: Sequence[Kind], cells: Sequence[list[Any]]
    ) -> Rows:
        """See `Rows`."""
        new = zip(names, zip(kinds, cells, strict=True), strict=True)
        return ListRows(self.cells, self.dtype, {**self.added, **dict(new)})
