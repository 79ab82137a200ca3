"""Every shipped recipe loads and says what its fields trade."""

import re
import tomllib
from pathlib import Path

import pytest

from nsmc.config.schema import Config, load_config

ROOT = Path(__file__).parent.parent.parent
RECIPES = sorted((ROOT / "configs").glob("*.toml"))


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda path: path.stem)
def test_a_recipe_loads_and_comments_every_choice_at_least_once(recipe: Path) -> None:
    config = load_config(recipe)
    assert Config.from_dict(config.to_dict()) == config
    text = recipe.read_text(encoding="utf-8")
    assert text.startswith("# ")
    for line in re.findall(r"^\w+ = .*$", text, re.MULTILINE):
        name = line.split(" = ")[0]
        commented = "#" in line
        # A field that stands for its default needs no second explanation.
        assert commented or f"{name} = " in (ROOT / "configs/default.toml").read_text("utf-8"), line


def test_the_default_recipe_is_the_default() -> None:
    path = ROOT / "configs" / "default.toml"
    assert load_config(path) == Config()
    assert tomllib.loads(path.read_text(encoding="utf-8")) == Config().to_dict()
    for line in re.findall(r"^\w+ = .*$", path.read_text(encoding="utf-8"), re.MULTILINE):
        assert re.search(r"  # \S", line), f"not explained: {line}"
