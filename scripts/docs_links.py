"""A hook of mkdocs: links out of docs/ become plain text, since the site lacks their files."""

import re
from typing import Any

OUTSIDE = re.compile(r"\[([^\]]+)\]\(((?:\.\./)+)([^)#]+)(?:#[^)]*)?\)")


def on_page_markdown(markdown: str, *, page: Any, **_: Any) -> str:
    """The page's markdown without links that leave docs/."""
    depth = page.file.src_uri.count("/")

    def plain(link: re.Match[str]) -> str:
        text, up, path = link.groups()
        if up.count("../") <= depth and not path.startswith("results"):
            return link.group()
        return text if "`" in text else f"{text} (`{path}`)"

    without = re.sub(r"\[([^\]]+)\]\(results[^)]*\)", r"\1", markdown)
    return OUTSIDE.sub(plain, without)
