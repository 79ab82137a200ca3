"""Some rows of a table, as a frame or as lists: what reads and writes text needs no frame."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from nsmc.tables.cells import cell_values

if TYPE_CHECKING:
    import pandas as pd

Kind = Literal["text", "number", "count", "flag"]
"""What a column holds that is added to a table."""
Columns = Mapping[str, tuple[Kind, list[Any]]]
"""New columns by name: what they hold, and R cells; None for an empty one."""
_TYPES: dict[Kind, tuple[Any, Callable[[Any], Any]]] = {
    "text": ("string", str),
    "number": ("Float64", float),
    "count": ("Int64", int),
    "flag": ("boolean", bool),
}
"""As a frame has it, and as Python does."""


@dataclass(frozen=True)
class ListRows:
    """R rows of a table as values of Python; a frame of them is made only when one is asked for."""

    cells: Mapping[str, Sequence[Any]]
    """[R] of each column."""
    dtype: Any
    """Of the frame: ``str`` if every cell is one, else ``object``."""
    added: Columns = field(default_factory=dict)
    """Columns after these."""

    @property
    def columns(self) -> list[str]:
        """The names of the columns."""
        return [*self.cells, *self.added]

    def __len__(self) -> int:
        """R."""
        return len(next(iter(self.cells.values())))

    def values(self, name: str) -> list[Any]:
        """[R] a column's cells, as `nsmc.tables.cells.cell_values` gives them."""
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
        """The rows as a frame."""
        import pandas as pd

        frame = pd.DataFrame(self.cells, dtype=self.dtype)
        return FrameRows(frame).with_columns(self.added).frame if self.added else frame

    def take(self, places: Sequence[int]) -> "ListRows":
        """Some of the rows, in the order given."""
        return ListRows(
            {name: [values[place] for place in places] for name, values in self.cells.items()},
            self.dtype,
            {
                name: (kind, [values[place] for place in places])
                for name, (kind, values) in self.added.items()
            },
        )

    def with_columns(self, new: Columns) -> "ListRows":
        """The rows with new columns after their own."""
        return ListRows(self.cells, self.dtype, {**self.added, **new})


@dataclass(frozen=True, eq=False)
class FrameRows:
    """The same of a frame, whose columns have the types of the file."""

    frame: "pd.DataFrame"

    @property
    def columns(self) -> list[str]:
        """See `ListRows`."""
        names: list[str] = self.frame.columns.tolist()
        return names

    def __len__(self) -> int:
        """See `ListRows`."""
        return len(self.frame)

    def values(self, name: str) -> list[Any]:
        """See `ListRows`."""
        return cell_values(self.frame[name])

    def take(self, places: Sequence[int]) -> "FrameRows":
        """See `ListRows`."""
        return FrameRows(self.frame.iloc[list(places)].reset_index(drop=True))

    def with_columns(self, new: Columns) -> "FrameRows":
        """See `ListRows`."""
        import pandas as pd

        arrays = {
            name: pd.array(cells, dtype=_TYPES[kind][0]) for name, (kind, cells) in new.items()
        }
        # Not assign, which puts in one column after another: there may be a thousand.
        beside = pd.DataFrame(arrays, index=self.frame.index)
        return FrameRows(pd.concat([self.frame, beside], axis=1))


Rows = ListRows | FrameRows


def rows_of(rows: "Rows | pd.DataFrame") -> Rows:
    """A frame as rows; rows as they are."""
    return rows if isinstance(rows, Rows) else FrameRows(rows)
