"""How the network is trained."""

from dataclasses import dataclass
from typing import Literal

from nsmc.config.fields import require, require_at_least, require_at_most, require_share


@dataclass(frozen=True)
class TrainingConfig:
    """What drives the loop."""

    epochs: int = 5
    """Passes over the training part."""
    batch_size: int = 128
    """Reviews a step, all of one length; more is faster a pass and needs more passes."""
    learning_rate: float = 0.003
    """Adam's step size at its highest."""
    warmup: float = 0.05
    """Share of all steps over which the step size rises from zero."""
    schedule: Literal["constant", "linear", "cosine"] = "linear"
    """How the step size falls after that, to zero at the last step."""
    weight_decay: float = 0.0
    """Decoupled decay (AdamW) of all weights but the embedding tables."""
    clip_norm: float = 1.0
    """Longest gradient of the recurrent and linear layers, in the L2 norm; 0 clips nothing."""
    adversarial_norm: float = 1.0
    """Length of the step against the gradient by which each review's vectors are moved for a second
    loss (adversarial training); 0 leaves it out and halves the time."""
    patience: int = 2
    """Epochs without a better validation loss after which training stops; 0 never stops early."""
    init_from: str = ""
    """The directory of a model whose vectors and recurrent layers to start from, such as a language
    model's; of one of the same task the head and the wide layer, too. Empty starts from nothing."""
    linear_start: bool = False
    """Fit a head that is new to the model of ``init_from``, and the weights of n-grams, first:
    logistic regression of the whole table. What is trained after that has to be better."""
    seed: int = 1
    """Decides initial weights, order and dropout; the split has its own."""
    precision: Literal["auto", "float32", "bfloat16"] = "auto"
    """``auto`` is mixed bfloat16 on a CUDA device that has it, else float32."""
    deterministic: bool = True
    """The same weights from the same command on the same machine; on CUDA at some cost of speed."""
    threads: int = 1
    """CPU threads of torch. The matrices of a step are small: a second thread saves a sixth of the
    time on an idle machine and multiplies it on a busy one; wide networks gain more."""
    checkpoint_steps: int = 500
    """Steps between the checkpoints that --resume continues from; each epoch's end has one too."""

    def __post_init__(self) -> None:
        require_at_least(self, 1, "epochs", "batch_size", "threads", "checkpoint_steps")
        require_at_most(self, 1024, "threads")
        require(
            0 < self.learning_rate < 1e37,  # Adam's first step is ten times it: what float32 holds
            "learning_rate must be above 0 and below 1e37, found {learning_rate}",
            learning_rate=self.learning_rate,
        )
        require(
            bool(self.init_from) or not self.linear_start,
            "linear_start needs a trained network: set init_from, or use nsmc train --from",
        )
        require_share(self, "warmup")
        for check, limit in ((require_at_least, 0), (require_at_most, 2**63 - 1)):
            check(self, limit, "weight_decay", "clip_norm", "adversarial_norm", "patience", "seed")
