"""A model directory with its tokenizer, and whether that cuts as it did in training."""

import threading
import warnings

from nsmc.errors import ModelError
from nsmc.inference.directory import ModelDirectory
from nsmc.messages.translate import tr
from nsmc.text.reading import Reading
from nsmc.text.tokenizer import (
    Tokenizer,
    declared_identity,
    differences,
    is_learned,
    make_tokenizer,
)


class TextModel:
    """A verified model directory whose tokenizer is opened once, also by threads.

    ``reading`` is the tokenizer's; None reads as in training.

    Raises:
        ModelError: this version of nsmc prepares comments in another way than the one that trained
            the model, or the model lacks the units that its tokenizer had learnt.
    """

    def __init__(self, model: ModelDirectory, reading: Reading | None = None) -> None:
        self.model = model
        self.text_config = model.config.text
        self.reading = reading or Reading(self.text_config.max_characters)
        declared = declared_identity(self.text_config)
        if wrong := differences({k: model.identity.get(k, "") for k in declared}, declared):
            raise ModelError(
                "{path} was trained on comments prepared in another way ({wrong}); train it "
                "again with this version of nsmc",
                path=model.path,
                wrong="; ".join(wrong),
            )
        if is_learned(self.text_config) and model.learned is None:
            raise ModelError(
                "{path} doesn't fit together: its config has units that are learnt, and it "
                "holds none; train again",
                path=model.path,
            )
        self._tokenizer: Tokenizer | None = None
        self._lock = threading.Lock()

    @property
    def tokenizer(self) -> Tokenizer:
        """The model's tokenizer; opening it warns if its program or dictionary has changed.

        Raises:
            NsmcError: what the tokenizer needs can't be used.
        """
        with self._lock:
            if self._tokenizer is None:
                learned = self.model.learned
                self._tokenizer = make_tokenizer(self.text_config, learned, self.reading)
                if changed := differences(self.model.identity, self._tokenizer.identity()):
                    warnings.warn(
                        tr(
                            "this model was trained on units cut by other versions, so scores "
                            "may differ a little: {changed}",
                            changed="; ".join(changed),
                        ),
                        stacklevel=2,
                    )
            return self._tokenizer
