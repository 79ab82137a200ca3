"""The page's files, and what it is told of the model; without the server's libraries."""

from pathlib import Path
from typing import Any

from nsmc._version import __version__
from nsmc.inference.classifier import Classifier
from nsmc.report.fonts import FILE as FONT

_PAGE = Path(__file__).parent / "page"
FILES = {
    "index.html": _PAGE / "index.html",
    "app.css": _PAGE / "app.css",
    "app.js": _PAGE / "app.js",
    "backend.js": _PAGE / "backend.js",
    "font.woff": FONT,
}
"""By the names under which the page asks for them."""


def described(classifier: Classifier[Any]) -> dict[str, Any]:
    """`nsmc.serving.schemas.ModelAnswer` without the limits."""
    task = classifier.task
    return {
        "version": __version__,
        "task": task.name,
        "labels": list(task.classes) or (["negative", "positive"] if task.has_threshold else []),
        "results": list(task.results),
        "threshold": classifier.threshold if task.has_threshold else None,
        "units": classifier.explained_units,
        "vocabulary": len(classifier.model.vocabulary),
    }
