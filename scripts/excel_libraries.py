"""How fast libraries read and write Excel files, and in how much memory.

    pip install openpyxl && python scripts/excel_libraries.py --rows 100000

Each library does it in a process of its own, in turns; the numbers are medians over the rounds.
"""

import argparse
import json
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from machine import machine

RESULTS = Path(__file__).parent.parent / "docs" / "results" / "excel.json"
WORDS = "정말 재미있게 봤어요 영화 최고 별로 지루 감동 연기 배우".split()  # noqa: SIM905
HEADER = ["id", "document", "rating", "date", "label"]


def row(number: int, draw: random.Random) -> list[object]:
    """A row of a table of comments."""
    text = f"{' '.join(draw.choices(WORDS, k=10))} {number}"
    return [number, text, draw.randint(1, 10), "2024-01-02", "positive"]


def write_xlsxwriter(path: str, rows: int) -> None:
    """Write with one row in memory."""
    import xlsxwriter

    draw = random.Random(1)
    with xlsxwriter.Workbook(path, {"constant_memory": True}) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, HEADER)
        for number in range(1, rows + 1):
            sheet.write_row(number, 0, row(number, draw))


def write_openpyxl(path: str, rows: int) -> None:
    """Write as a stream."""
    import openpyxl

    draw = random.Random(1)
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet()
    sheet.append(HEADER)
    for number in range(1, rows + 1):
        sheet.append(row(number, draw))
    book.save(path)


def read_calamine(path: str, rows: int) -> None:
    """Read all rows."""
    from python_calamine import CalamineWorkbook

    found = list(CalamineWorkbook.from_path(path).get_sheet_by_index(0).iter_rows())
    assert len(found) == rows + 1


def read_nsmc(path: str, rows: int) -> None:
    """Read all rows as `nsmc predict --input` does, with the check of their size."""
    from nsmc.tables.table import open_table

    with open_table(Path(path)) as table:
        assert sum(len(chunk.texts) for chunk in table.chunks()) == rows


def read_openpyxl(path: str, rows: int) -> None:
    """Read all rows as a stream."""
    import openpyxl

    book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    assert sum(1 for _ in book.worksheets[0].iter_rows(values_only=True)) == rows + 1


TASKS = (write_xlsxwriter, write_openpyxl, read_calamine, read_nsmc, read_openpyxl)


def main() -> None:
    """Measure and write the result."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--one", nargs=2, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.one:
        name, path = args.one
        started = time.process_time()
        next(task for task in TASKS if task.__name__ == name)(path, args.rows)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(json.dumps([time.process_time() - started, peak]))
        return
    measured: dict[str, list[list[float]]] = {task.__name__: [] for task in TASKS}
    with tempfile.TemporaryDirectory() as place:
        for _ in range(args.rounds):
            for name, results in measured.items():
                command = [sys.executable, __file__, "--rows", str(args.rows)]
                command += ["--one", name, f"{place}/a.xlsx"]
                results.append(json.loads(subprocess.check_output(command)))
    record = {
        "rows": args.rows,
        "rounds": args.rounds,
        "machine": machine("python-calamine", "openpyxl", "XlsxWriter"),
        "processor_seconds": {
            name: round(statistics.median(one[0] for one in results), 2)
            for name, results in measured.items()
        },
        "peak_mib": {
            name: round(statistics.median(one[1] for one in results))
            for name, results in measured.items()
        },
    }
    RESULTS.write_text(json.dumps(record, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    print(json.dumps(record, indent=2, ensure_ascii=False))


if __name__ == "__main__":
    main()
