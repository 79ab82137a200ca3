"""Tables that a script writes into a page of the documentation."""

from collections.abc import Sequence
from pathlib import Path

END = "<!-- /measured -->\n"


def put(page: Path, text: str, name: str = "") -> None:
    """Replace what stands in a page between the marks of a name; a page without them ends with it.

    Args:
        page: a Markdown file; it may not exist yet.
        text: Markdown that ends with a line break.
        name: of the block, where a page has several.
    """
    begin = f"<!-- measured: {name} -->\n" if name else "<!-- measured -->\n"
    old = page.read_text(encoding="utf-8") if page.exists() else ""
    before, _, rest = old.partition(begin)
    _, _, after = rest.partition(END)
    page.write_text(before + begin + text + END + after, encoding="utf-8")


def table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table, numbers to the right of their columns but for the first."""
    lines = [f"| {' | '.join(row)} |\n" for row in [heads, *rows]]
    return "".join([lines[0], f"|---|{'---:|' * (len(heads) - 1)}\n", *lines[1:]])


def machine_line(about: dict[str, object]) -> str:
    """Where and when something was measured, in a line; the versions are in its results alone."""
    return ", ".join(str(about[name]) for name in ("processor", "system", "date")) + "."
