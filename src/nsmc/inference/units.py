"""The tokenizer of a model directory, and whether it cuts as it did in training."""

import warnings

from nsmc.config.text import TextConfig
from nsmc.errors import ModelError
from nsmc.inference.directory import ModelDirectory
from nsmc.text.tokenizer import (
    Tokenizer,
    declared_identity,
    differences,
    is_learned,
    make_tokenizer,
)


def text_config_of(model: ModelDirectory) -> TextConfig:
    """How a model's comments are cut.

    Raises:
        ModelError: this version of nsmc prepares comments in another way than the one that trained
            the model, or the model lacks the units that its config had learnt.
    """
    config = model.config.text
    declared = declared_identity(config)
    if wrong := differences({k: model.identity.get(k, "") for k in declared}, declared):
        raise ModelError(
            f"{model.path} was trained on comments prepared in another way "
            f"({'; '.join(wrong)}); train it again with this version of nsmc"
        )
    if is_learned(config) and model.learned is None:
        raise ModelError(
            f"{model.path} doesn't fit together: its config has units that are learnt, and it "
            "holds none; train again"
        )
    return config


def open_tokenizer(model: ModelDirectory, config: TextConfig) -> Tokenizer:
    """A model's tokenizer; warns if a program or dictionary that it uses has changed.

    Args:
        model: a verified model directory.
        config: of `text_config_of`.

    Raises:
        NsmcError: what the tokenizer needs can't be used.
    """
    tokenizer = make_tokenizer(config, model.learned)
    if changed := differences(model.identity, tokenizer.identity()):
        warnings.warn(
            "this model was trained on units cut by other versions, so scores may differ "
            f"a little: {'; '.join(changed)}",
            stacklevel=2,
        )
    return tokenizer
