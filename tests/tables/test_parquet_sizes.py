"""The sizes that a footer tells are those that Arrow reads from it."""

import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from nsmc.tables.parquet_sizes import TAIL, column_sizes


@pytest.fixture
def written(tmp_path: Path) -> Path:
    """A file with columns of many types, and more of them than fit into a short list's header."""
    rows = 2_500
    columns = {
        "document": [f"영화 {n}" for n in range(rows)],
        "nested": [[{"a": n, "b": [str(n)] * (n % 3)}] for n in range(rows)],
        "map": pa.array([[("a", 1.5)]] * rows, pa.map_(pa.string(), pa.float64())),
        "when": [datetime.datetime(2026, 1, 1)] * rows,
        "null": pa.nulls(rows),
        **{f"n{n}": [n % 2 == 0] * rows for n in range(20)},
    }
    path = tmp_path / "a.parquet"
    table = pa.table(columns).replace_schema_metadata({"author": "나" * 300})
    pq.write_table(table, path, row_group_size=100, compression="zstd", write_page_index=True)
    return path


def test_sizes_are_as_arrow_reads_them(written: Path) -> None:
    metadata = pq.ParquetFile(written).metadata
    expected = []
    for group in range(metadata.num_row_groups):
        for place in range(metadata.num_columns):
            column = metadata.row_group(group).column(place)
            sizes = (column.total_uncompressed_size, column.total_compressed_size)
            expected.append((group, column.path_in_schema, column.num_values, *sizes))
    found = [
        (one.row_group, one.name, one.values, one.unpacked, one.packed)
        for one in column_sizes(written)
    ]
    assert len(found) == 25 * metadata.num_columns
    assert found == expected


@pytest.mark.parametrize(
    ("footer", "words"),
    [
        (b"\x49\x1c\x19", "ends early"),
        (b"\x1c" * 100, "nests too deep"),
        (b"\x15" + b"\xff" * 1000, "number that is too large"),
        (b"\x1d", "unknown type"),
        (b"\x18\xff\x7f", "ends early"),
        (None, "a footer of 999 bytes in a file of 12"),
    ],
)
def test_a_footer_that_is_none_is_an_error(
    tmp_path: Path, footer: bytes | None, words: str
) -> None:
    path = tmp_path / "a.parquet"
    data = b"PAR1" + (footer or b"")
    length = 999 if footer is None else len(footer)
    path.write_bytes(data + length.to_bytes(4, "little") + b"PAR1")
    assert TAIL == 8
    with pytest.raises(ValueError, match=words):
        list(column_sizes(path))
