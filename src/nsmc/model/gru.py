"""A GRU whose gradient is written out, for training on the CPU.

Shapes: T steps, B reviews, I input size, D directions, H hidden size.
"""

from collections.abc import Sequence
from itertools import chain
from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable
from torch.nn.functional import dropout


class GRU(nn.GRU):
    """``nn.GRU``, whose parameters and equations it has, with less work to learn on the CPU.

    torch's own records every operation on every gate, adds up the weights' gradients step by step
    and multiplies the zeros before the first step as well. The results differ in their last digits,
    because sums have another order.
    """

    def forward(self, inputs: Tensor) -> tuple[Tensor, Any]:  # type: ignore[override]
        """From [T, B, I] to the outputs [T, B, D·H] and the last ones, or None in training."""
        learns = self.training and torch.is_grad_enabled()
        if not learns or inputs.device.type != "cpu" or torch.is_autocast_enabled("cpu"):
            outputs, last = super().forward(inputs)
            return outputs, last
        directions = 1 + self.bidirectional
        for layer in range(self.num_layers):
            if layer:
                inputs = dropout(inputs, self.dropout)  # [T, B, D·H]
            weights = self.all_weights[directions * layer : directions * (layer + 1)]
            inputs = _Layer.apply(inputs, *chain(*weights))  # type: ignore[no-untyped-call]
        return inputs, None


class _Layer(torch.autograd.Function):
    """One layer by the equations of `nsmc.model.cells`.

    The gates r and z are side by side in one tensor. n, before which r comes in between, is in a
    second one, and what r multiplies, m_t = W_hn h_{t-1} + b_hn, in a third.
    """

    @staticmethod
    def forward(ctx: Any, inputs: Tensor, *weights: Tensor) -> Tensor:
        length, batch, _ = inputs.shape
        size, directions = weights[1].shape[1], len(weights) // 4
        flat = inputs.flatten(0, 1)  # [T·B, I]
        outputs = inputs.new_empty(length, batch, directions * size)  # [T, B, D·H]
        saved = []
        for index, states in enumerate(outputs.chunk(directions, dim=-1)):  # [T, B, H]
            (w_ig, w_in), (w_hg, w_hn), (b_ig, b_in), (b_hg, b_hn) = _split(weights, index)
            gates = torch.addmm(b_ig + b_hg, flat, w_ig.T).view(length, batch, -1)  # [T, B, 2H]
            new = torch.addmm(b_in, flat, w_in.T).view(length, batch, -1)  # [T, B, H]
            inner = b_hn.repeat(length, batch, 1)  # [T, B, H]
            h = torch.zeros_like(new[0])  # [B, H]
            for step, (gate, n, m, state) in enumerate(_steps(index, gates, new, inner, states)):
                if step:
                    gate.addmm_(h, w_hg.T)
                    m.addmm_(h, w_hn.T)
                r, z = gate.sigmoid_().chunk(2, dim=1)  # [B, H]
                n.addcmul_(r, m).tanh_()
                h = torch.lerp(n, h, z, out=state)
            saved += [gates, new, inner]
        ctx.save_for_backward(inputs, outputs, *weights, *saved)
        return outputs

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, ...]:
        """With g the gradient of h_t, and a_n of what goes into tanh, a_r and a_z into σ:

            a_n = g ⊙ (1 - z_t) ⊙ (1 - n_t²)
            a_z = g ⊙ (h_{t-1} - n_t) ⊙ z_t ⊙ (1 - z_t)
            a_r = a_n ⊙ m_t ⊙ r_t ⊙ (1 - r_t)

        m_t gets a_n ⊙ r_t, and h_{t-1} besides what these give it g ⊙ z_t.
        """
        inputs, outputs, *others = ctx.saved_tensors
        directions = len(others) // 7
        weights, saved = others[: 4 * directions], others[4 * directions :]
        flat = inputs.flatten(0, 1)  # [T·B, I]
        of_inputs, of_weights = torch.empty_like(flat), []
        halves = (whole.chunk(directions, dim=-1) for whole in (outputs, gradient))
        for index, (states, given) in enumerate(zip(*halves, strict=True)):  # [T, B, H]
            (w_ig, w_in), (w_hg, w_hn), *_ = _split(weights, index)
            gates, new, inner = saved[3 * index : 3 * index + 3]
            both = torch.empty_like(gates[0])  # [B, 2H]
            of_r, of_z = both.chunk(2, dim=1)  # [B, H]
            zeros = torch.zeros_like(new[0])  # [B, H]
            steps, passed = _steps(index, gates, new, inner, states, given), zeros
            for step in reversed(range(len(steps))):
                gate, n, m, _, of_output = steps[step]
                h = steps[step - 1][3] if step else zeros
                r, z = gate.chunk(2, dim=1)
                of_h = passed + of_output
                torch.sub(h, n, out=of_z).mul_(of_h)
                passed = of_h * z
                of_n = of_h.sub_(passed)
                # From here on the saved tensors hold the gradients of what went into them.
                torch.addcmul(of_n, of_n * n, n, value=-1, out=n)
                torch.mul(n, m, out=of_r)
                torch.mul(n, r, out=m)
                both.mul_(gate)
                torch.addcmul(both, both, gate, value=-1, out=gate)
                if step:
                    passed.addmm_(gate, w_hg).addmm_(m, w_hn)
            a_g, a_n, a_m = (part.flatten(0, 1) for part in (gates, new, inner))  # [T·B, 2H], …
            of_inputs.addmm_(a_g, w_ig, beta=index).addmm_(a_n, w_in)
            # No state is before the first step, and none of the last one's is used.
            ends = slice(len(zeros), None), slice(-len(zeros))
            first, last = reversed(ends) if index else ends
            before = states.flatten(0, 1)[last]  # [(T - 1)·B, H]
            of_gates = a_g.sum(0)  # [2H]
            of_weights += [
                torch.cat([a_g.T @ flat, a_n.T @ flat]),  # [3H, I]
                torch.cat([a_g[first].T @ before, a_m[first].T @ before]),  # [3H, H]
                torch.cat([of_gates, a_n.sum(0)]),  # [3H]
                torch.cat([of_gates, a_m.sum(0)]),  # [3H]
            ]
        return of_inputs.view_as(inputs), *of_weights


def _split(weights: Sequence[Tensor], index: int) -> list[tuple[Tensor, ...]]:
    """The four parameters of a direction, each by the rows of r and z and those of n."""
    of_direction = weights[4 * index : 4 * index + 4]
    size = of_direction[1].shape[1]
    return [parameter.tensor_split([2 * size]) for parameter in of_direction]


def _steps(backwards: int, *tensors: Tensor) -> list[tuple[Tensor, ...]]:
    """Tensors [T, …] step by step, in the order in which a direction reads."""
    steps = list(zip(*(tensor.unbind(0) for tensor in tensors), strict=True))
    return steps[::-1] if backwards else steps
