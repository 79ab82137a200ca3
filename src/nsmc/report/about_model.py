"""What model a report is of, in a few words."""

from nsmc.config.text import UNIT_NAMES
from nsmc.inference.directory import SHIPPED, ModelDirectory
from nsmc.messages.translate import tr


def about_model(model: ModelDirectory) -> dict[str, str]:
    """The model's ``name``, ``network`` and ``trained_on``."""
    config, data = model.config.model, model.metrics.get("data")
    network = tr(
        "{layers}-layer bidirectional {cell} of {size} units, {pooling} pooling, {count} {units}"
        if config.bidirectional
        else "{layers}-layer {cell} of {size} units, {pooling} pooling, {count} {units}",
        layers=config.layers,
        cell=config.cell.upper(),
        size=config.hidden_size,
        pooling=config.pooling,
        count=f"{len(model.vocabulary):,}",
        units=tr(UNIT_NAMES[model.config.text.unit]),
    )
    trained_on = tr("not recorded")
    if data:
        comments = tr("{name}, {reviews:,} comments", name=data["name"], reviews=data["reviews"])
        trained_on = f"{comments} · SHA-256 {data['sha256'][:16]}…"
    name = tr("the one inside the package") if model.path == SHIPPED else str(model.path)
    return {"name": name, "network": network, "trained_on": trained_on}
