"""Many to many: for every syllable the network says whether a space follows.

    python examples/many_to_many.py

The comments' own spaces are the labels, so nobody has to write any. The recurrent layer is the one
that `nsmc train` builds; the Linear layer reads it at every step and not only at the last. A batch
holds comments of one length, so nothing is padded.

Shapes: B comments of a batch, T syllables of each, V kinds of syllables, H hidden units.
"""

import torch
from lesson import sample_comments
from torch import Tensor, nn

from nsmc.config.model import ModelConfig
from nsmc.model.cells import make_encoder

EPOCHS = 6


class Spacing(nn.Module):
    """Syllables [T, B] → log odds [T, B] that a space follows each."""

    def __init__(self, syllables: int) -> None:
        super().__init__()
        config = ModelConfig(cell="lstm", bidirectional=True, embedding_size=48, hidden_size=48)
        self.embedding = nn.Embedding(syllables, config.embedding_size)
        self.encoder = make_encoder(config)
        self.linear = nn.Linear(2 * config.hidden_size, 1)

    def forward(self, ids: Tensor) -> Tensor:
        """Log odds [T, B] for the syllables' numbers [T, B]."""
        states, _ = self.encoder(self.embedding(ids))  # [T, B, 2H]
        odds: Tensor = self.linear(states)  # [T, B, 1]
        return odds[:, :, 0]  # [T, B]


def targets(text: str) -> tuple[str, list[float]]:
    """The text without spaces, and 1 for each syllable that one follows."""
    words = text.split()
    spaces = [float(place == len(word) - 1) for word in words for place in range(len(word))]
    return "".join(words), [*spaces[:-1], 0.0]


def batches(texts: list[str], numbers: dict[str, int]) -> list[tuple[Tensor, Tensor]]:
    """Syllables and targets [T, B] each, comments of one length together."""
    groups: dict[int, list[tuple[str, list[float]]]] = {}
    for bare, spaces in map(targets, texts):
        groups.setdefault(len(bare), []).append((bare, spaces))
    return [
        (
            torch.tensor([[numbers.get(syllable, 0) for syllable in bare] for bare, _ in group]).T,
            torch.tensor([spaces for _, spaces in group]).T,
        )
        for group in groups.values()
    ]


def main() -> None:
    """Train on the sample's comments; put the spaces back into some that were not learnt."""
    torch.manual_seed(1)
    texts = [text for text, _ in sample_comments("train")]
    numbers = {syllable: number for number, syllable in enumerate(sorted(set("".join(texts))), 1)}
    network = Spacing(len(numbers) + 1)
    optimizer = torch.optim.Adam(network.parameters(), lr=0.01)
    train = batches(texts, numbers)
    for epoch in range(1, EPOCHS + 1):
        losses = []
        for place in torch.randperm(len(train)).tolist():
            syllables, spaces = train[place]  # [T, B], [T, B]
            loss = nn.functional.binary_cross_entropy_with_logits(network(syllables), spaces)
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            losses.append(loss.item())
        print(f"epoch {epoch:2}  loss {sum(losses) / len(losses):.3f}")
    right = places = 0
    with torch.no_grad():
        for syllables, spaces in batches([text for text, _ in sample_comments("test")], numbers):
            right += int(((network(syllables) > 0) == (spaces > 0)).sum())
            places += spaces.numel()
        for text, _ in sample_comments("test")[:3]:
            bare, _ = targets(text)
            ((syllables, _),) = batches([text], numbers)
            follows = network(syllables)[:, 0] > 0  # [T]
            print("".join(s + " " * bool(f) for s, f in zip(bare, follows, strict=True)))
    print(f"{right / places:.1%} of {places} places right")


if __name__ == "__main__":
    main()
