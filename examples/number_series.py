"""A little number series: five numbers go into an LSTM, the sixth comes out.

    python examples/number_series.py

Words are not needed for a recurrent network: each step's input can be one number. The last state
goes through a Linear layer, and the loss is the squared distance from the number that follows.

Shapes: S series, T steps, H hidden units.
"""

import torch
from torch import Tensor, nn

STEPS, HIDDEN = 5, 32


class Next(nn.Module):
    """Series [S, T] → the number [S] after each."""

    def __init__(self) -> None:
        super().__init__()
        self.lstm = nn.LSTM(1, HIDDEN, batch_first=True)
        self.linear = nn.Linear(HIDDEN, 1)

    def forward(self, series: Tensor) -> Tensor:
        """The number [S] that follows each series [S, T]."""
        states, _ = self.lstm(series[:, :, None])  # [S, T, H]
        numbers: Tensor = self.linear(states[:, -1])  # [S, 1]
        return numbers[:, 0]  # [S]


def arithmetic(starts: Tensor, differences: Tensor) -> Tensor:
    """Series [S, T + 1] that begin at ``starts`` [S] and grow by ``differences`` [S]."""
    return starts[:, None] + differences[:, None] * torch.arange(STEPS + 1)  # [S, T + 1]


def main() -> None:
    """Train on random series with gaps among the differences; ask for differences in the gaps."""
    torch.manual_seed(1)
    series = arithmetic(torch.rand(200) * 20 - 10, torch.randint(-2, 3, (200,)).float()) / 10
    network = Next()
    optimizer = torch.optim.Adam(network.parameters(), lr=0.01)
    # The step size falls to zero, or the last steps would shake what the first have found.
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 400)
    for step in range(1, 401):
        loss = nn.functional.mse_loss(network(series[:, :-1]), series[:, -1])
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        schedule.step()
        if step % 100 == 0:
            print(f"step {step}  mean squared error {loss.item():.5f}")
    # Half steps stood nowhere in the training.
    asked = arithmetic(torch.tensor([1.0, -3.0, 6.0]), torch.tensor([1.5, 0.5, -1.5]))
    with torch.no_grad():
        answers = network(asked[:, :-1] / 10) * 10  # [S]
    for row, answer in zip(asked.tolist(), answers.tolist(), strict=True):
        print(*(f"{number:g}" for number in row[:-1]), f"→ {answer:.1f} (truth {row[-1]:g})")


if __name__ == "__main__":
    main()
