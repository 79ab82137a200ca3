"""The page of `nsmc serve` as a static site that scores in the browser.

Its files can lie on any static host or be opened from disk. There a browser lets no page fetch its
neighbours or import modules, so everything comes by classic scripts, the weights in base64.
"""

import base64
import json
from pathlib import Path

from safetensors.numpy import save

from nsmc.errors import NsmcError
from nsmc.exporting.text_side import check_needs_no_mecab, text_side
from nsmc.inference.classifier import Classifier
from nsmc.inference.directory import ModelDirectory, open_model
from nsmc.inference.quantized import quantized
from nsmc.inference.shapley import EXACT
from nsmc.messages.translate import tr
from nsmc.serving.page_files import FILES, described
from nsmc.storage.files import whole_directory

RUNTIME = Path(__file__).parent / "browser"
SCRIPTS = ("text.js", "network.js", "classifier.js", "tables.js", "backend.js")
MODEL = "model.js"
MARK = "<!-- written by nsmc export --web -->"
"""In a site's index.html: only a directory with such a one is replaced."""
CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; font-src 'self'; "
    "connect-src 'none'; form-action 'none'; base-uri 'none'"
)
LARGEST_TABLE = 100 << 20
"""Bytes of a file that the page takes: it is in memory some times over."""


def export_web(
    model: Path | str | None, output: Path | str, *, int8: bool = False, overwrite: bool = False
) -> Path:
    """Write the page with a model inside.

    It always asks the whole network, and scores as `nsmc.load(model, exact=True)` does, to 1e-4.

    Args:
        model: a model directory of syllables, jamo or pieces; None for the one in the package.
        output: the new directory; also what is returned.
        int8: tables in 8 bits and recurrent matrices in 16, so that there is less to load.
        overwrite: replace a site that is there already.

    Raises:
        ModelError: the model is missing or damaged, or labels nothing.
        UsageError: it needs Mecab.
        NsmcError: ``output`` is there already, holds other things, or can't be written.
    """
    target = Path(output)
    index = target / "index.html"
    ours = index.is_file() and MARK in index.read_text(encoding="utf-8", errors="replace")
    if target.is_file() or (target.is_dir() and any(target.iterdir()) and not ours):
        raise NsmcError("{target} holds other things; give a new directory to --web", target=target)
    if ours and not overwrite:
        raise NsmcError(
            "{target} is there already; give another directory, or --overwrite", target=target
        )
    source = open_model(None if model is None else Path(model))
    check_needs_no_mecab(source, tr("a page that scores in the browser"))
    classifier = Classifier(source)
    with whole_directory(target) as directory:
        for name, file in FILES.items():
            (directory / name).write_bytes(file.read_bytes())
        page = FILES["index.html"].read_text(encoding="utf-8")
        script = '<script src="backend.js" defer></script>'
        policy = f'<meta http-equiv="content-security-policy" content="{CSP}">'
        charset = '<meta charset="utf-8">'
        page = page.replace(script, f'<script src="{MODEL}" defer></script>\n{script}')
        page = page.replace(charset, f"{charset}\n{MARK}\n{policy}")
        (directory / "index.html").write_text(page, encoding="utf-8")
        (directory / "backend.js").write_text(_backend(), encoding="utf-8")
        (directory / MODEL).write_text(_model(classifier, source, int8), encoding="utf-8")
    return target


def _backend() -> str:
    """The scripts of the runtime as one; their names are their own, not the page's."""
    parts = [(RUNTIME / name).read_text(encoding="utf-8") for name in SCRIPTS]
    first, last = (
        '"use strict";\n\nconst backend = (() => {',
        "return makeBackend(EXPORTED);\n})();\n",
    )
    return "\n".join([first, *parts, last])


def _model(classifier: Classifier, source: ModelDirectory, int8: bool) -> str:
    """The script with all that is the model's."""
    weights = dict(quantized(source.stored) if int8 else source.stored)
    stars = source.config.stars
    exported = {
        "model": {**described(classifier), "limits": {"table_bytes": LARGEST_TABLE}},
        "task": {
            "name": classifier.task.name,
            "classes": list(classifier.task.classes),
            "threshold": classifier.threshold if classifier.task.has_threshold else None,
            "low": stars.low,
            "high": stars.high,
        },
        "config": source.config.to_dict()["model"],
        "exact": EXACT,
        "side": text_side(source),
        "weights": base64.b64encode(save(weights)).decode("ascii"),
    }
    values = json.dumps(exported, ensure_ascii=False, separators=(",", ":"))
    return f'"use strict";\nconst EXPORTED = {values};\n'
