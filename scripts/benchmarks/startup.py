"""How long a command takes from Enter to its answer, and how much memory."""

import compileall
import sys
from pathlib import Path
from statistics import median

from benchmarks.common import (
    Row,
    Sizes,
    in_turn,
    measured_process,
    median_ratio,
    seconds_of,
    spread,
)

PYTHON = [sys.executable, "-c"]
NSMC = [sys.executable, "-m", "nsmc"]


def startup_rows(sizes: Sizes) -> list[Row]:
    """`nsmc predict` beside `import torch`; help, version and usage errors beside `pass`."""
    import nsmc

    # As pip does what it installs: PYTHONDONTWRITEBYTECODE keeps Python from it.
    compileall.compile_dir(Path(nsmc.__file__).parent, quiet=1)
    heavy = in_turn(
        sizes.repeats,
        {
            "predict": lambda: seconds_of([*NSMC, "predict", "재밌다"]),
            "torch": lambda: seconds_of([*PYTHON, "import torch"]),
        },
    )
    resident = median(
        measured_process([*NSMC, "predict", "재밌다"])[1] for _ in range(sizes.repeats)
    )
    share = 1 / median_ratio(heavy["predict"], heavy["torch"])
    rows = [
        Row(
            '`nsmc predict "재밌다"`, whole process',
            spread(heavy["predict"], "s"),
            f"`import torch` {spread(heavy['torch'], 's')}",
            share,
            "at most 0.2 ×",
            share <= 0.2,
            details=heavy,
        ),
        Row(
            '`nsmc predict "재밌다"`, resident memory',
            f"{resident:,.0f} MB",
            "",
            resident,
            "at most 300 MB",
            resident <= 300,
        ),
    ]
    commands = {
        "`nsmc --help`": ["--help"],
        "`nsmc --version`": ["--version"],
        "a mistyped command": ["predcit"],
        "a mistyped option": ["predict", "--modle"],
    }
    light = in_turn(
        sizes.starts,
        {
            "pass": lambda: seconds_of([*PYTHON, "pass"]),
            **{
                name: (lambda arguments=arguments: seconds_of([*NSMC, *arguments]))  # type: ignore[misc]
                for name, arguments in commands.items()
            },
        },
    )
    for name in commands:
        times = 1 / median_ratio(light[name], light["pass"])
        rows.append(
            Row(
                name,
                spread([1000 * t for t in light[name]], "ms", 1),
                f"`python -c pass` {spread([1000 * t for t in light['pass']], 'ms', 1)}",
                times,
                "at most 4 ×",
                times <= 4,
                details={"seconds": light[name], "pass": light["pass"]},
            )
        )
    return rows
