"""Training by several processes that torchrun starts, on one machine or several.

Each has the whole network and a share of every batch, and takes the same step from the summed
gradients (synchronous data parallelism). Those of the tables are exchanged as the rows that have
one: whole tables would be tens of times more.

Shapes: S rows of a table with a gradient, E numbers of a row.
"""

import contextlib
import datetime
import itertools
import json
import os
import time
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

from nsmc.errors import NsmcError, UsageError

if TYPE_CHECKING:
    import torch
    from torch import Tensor, nn

    from nsmc.model.network import RecurrentNetwork

TIMEOUT = "NSMC_RANK_TIMEOUT"
"""The variable that holds the seconds after which a process that doesn't answer counts as hung."""
SECONDS = 60.0
"""Its value where it isn't set."""
PATIENCE = 3600.0
"""Seconds for what takes one process long and the others must wait for, such as tokenizing."""

_TRAININGS = itertools.count()

Value = TypeVar("Value")


class RankLostError(NsmcError):
    """Another process of the training has ended or doesn't answer."""


class Ranks:
    """The processes that train together; this one is number ``rank`` of ``count``.

    One process alone is the usual case, for which no method does anything. Only the `first` writes
    and says something. Every method that waits for the others raises `RankLostError`.
    """

    def __init__(self, rank: int = 0, count: int = 1, timeout: float = SECONDS) -> None:
        self.rank, self.count, self._timeout = rank, count, timeout
        self.first = rank == 0

    @classmethod
    def started(cls) -> "Ranks":
        """Those that torchrun has started, or this process alone.

        Raises:
            UsageError: `TIMEOUT` isn't a number of seconds.
        """
        if "TORCHELASTIC_RUN_ID" not in os.environ:
            return cls()
        return cls(int(os.environ["RANK"]), int(os.environ["WORLD_SIZE"]), _timeout())

    def device(self, name: str) -> str:
        """The device of this process: of several, each takes the GPU of its number.

        Raises:
            UsageError: a device that several processes can't share.
        """
        if self.count == 1 or name == "cpu":
            return name
        if name not in ("auto", "cuda"):
            raise UsageError(
                "of several processes each takes the GPU of its number: expected --device "
                "auto, cpu or cuda, found {name!r}",
                name=name,
            )
        import torch

        on_gpu = name == "cuda" or torch.cuda.is_available()
        return f"cuda:{os.environ['LOCAL_RANK']}" if on_gpu else "cpu"

    @contextlib.contextmanager
    def in_turn(self) -> Iterator[None]:
        """Let a machine's first process go through the block before its others, who find its cache.

        Raises:
            RankLostError: it takes longer than `PATIENCE`.
        """
        key, local = f"cached/{os.environ.get('GROUP_RANK')}", os.environ.get("LOCAL_RANK")
        if self.count > 1 and local != "0":
            self._wait_for(key)
        yield
        if self.count > 1 and local == "0":
            self._store.set(key, "")

    def meet(self, device: "torch.device", same: Mapping[str, str]) -> None:
        """Connect with all others; ``same`` must be the same everywhere, by its names.

        Raises:
            NsmcError: it isn't.
        """
        if self.count == 1:
            return
        self._store.set(f"same/{self.rank}", json.dumps(dict(same)))
        keys = [f"same/{rank}" for rank in range(self.count)]
        self._wait_for(*keys)
        ours, *others = (json.loads(self._store.get(key)) for key in keys)
        for rank, theirs in enumerate(others, 1):
            if wrong := [name for name in ours if theirs[name] != ours[name]]:
                raise NsmcError(
                    "expected the same {names} in all processes of a training, found others in "
                    "that of rank {rank} than in that of rank 0",
                    names=", ".join(wrong),
                    rank=rank,
                )
        if device.type == "cuda":
            import torch

            torch.cuda.set_device(device)
        with self._answered() as dist:
            dist.init_process_group(
                "cpu:gloo,cuda:nccl" if device.type == "cuda" else "gloo",
                store=self._store,
                rank=self.rank,
                world_size=self.count,
                timeout=datetime.timedelta(seconds=self._timeout),
            )

    def seed_step(self, seed: int, step: int) -> None:
        """Begin a step's random numbers: others in each process, the same when it is repeated."""
        if self.count > 1:
            import torch

            torch.manual_seed(hash((seed, step, self.rank)))

    def from_first(self, value: Value) -> Value:
        """What the first process has, which may be anything."""
        if self.count == 1:
            return value
        values = [value]
        with self._answered() as dist:
            dist.broadcast_object_list(values)
        return values[0]

    def gathered(self, tensors: "tuple[Tensor, ...]") -> "tuple[Tensor, ...]":
        """Each of the tensors with the rows of all processes; a flat one without any counts."""
        if self.count == 1:
            return tensors
        import torch

        parts: list[Any] = [None] * self.count
        with self._answered() as dist:
            dist.all_gather_object(parts, tensors)
        return tuple(torch.cat(same) for same in zip(*parts, strict=True))

    def sum_gradients(self, network: "RecurrentNetwork", share: float, sums: "Tensor") -> "Tensor":
        """Give every process the gradients of the whole batch, and the sums over it.

        Args:
            network: with the gradients of this process' mean loss.
            share: of this process in the batch's reviews; 0 if its review only stands in.
            sums: [N] of its reviews.

        Returns:
            Sums [N] of all reviews.
        """
        if self.count == 1:
            return sums
        import torch

        tables, dense = network.tables(), network.dense_parameters()
        rows = [_rows(table, share) for table in tables]
        # What a layer gets no gradient for in any process, the optimizer has to leave alone.
        facts = torch.tensor([*(len(r) for r, _ in rows), *(p.grad is not None for p in dense)])
        everyones = [torch.empty_like(facts) for _ in range(self.count)]
        with self._answered() as dist:
            dist.all_gather(everyones, facts)
        counts = [every[: len(tables)].tolist() for every in everyones]  # of [tables] each
        self._exchange_rows(tables, rows, counts)
        has = torch.stack(everyones)[:, len(tables) :].any(dim=0).tolist()
        learns = [p for p, some in zip(dense, has, strict=True) if some]
        gradients = [torch.zeros_like(p) if p.grad is None else p.grad * share for p in learns]
        flat = torch.cat([sums * (share > 0), *(g.flatten() for g in gradients)])
        with self._answered() as dist:
            dist.all_reduce(flat)
        total, *summed = flat.split_with_sizes([len(sums), *(p.numel() for p in learns)])
        for parameter, gradient in zip(learns, summed, strict=True):
            parameter.grad = gradient.view_as(parameter)
        return total

    def _exchange_rows(
        self,
        tables: "list[nn.Parameter]",
        rows: "list[tuple[Tensor, Tensor]]",
        counts: list[list[int]],
    ) -> None:
        """Give ``tables`` the gradients of all processes: theirs have ``counts`` rows a table."""
        import torch

        # The bits of the floats as integers, so that both kinds travel together.
        pieces = [piece for r, v in rows for piece in (r.int(), v.flatten().view(torch.int32))]
        ours = torch.cat(pieces)
        widths = [1 + table.shape[1] for table in tables]
        longest = max(sum(map(int.__mul__, each, widths)) for each in counts)
        padded = torch.nn.functional.pad(ours, (0, longest - len(ours)))
        received = [torch.empty_like(padded) for _ in range(self.count)]
        with self._answered() as dist:
            dist.all_gather(received, padded)
        indices: list[list[Tensor]] = [[] for _ in tables]
        values: list[list[Tensor]] = [[] for _ in tables]
        for every, each in zip(received, counts, strict=True):
            for index, (count, width) in enumerate(zip(each, widths, strict=True)):
                numbers, floats, every = every.tensor_split([count, count * width])
                indices[index].append(numbers)
                values[index].append(floats.view(torch.float32).view(count, width - 1))
        for table, row, value in zip(tables, indices, values, strict=True):
            # The optimizer adds up the rows that several have.
            table.grad = torch.sparse_coo_tensor(
                torch.cat(row)[None], torch.cat(value), table.shape, check_invariants=False
            )

    def part(self) -> None:
        """End the connection; the others may end."""
        if self.count > 1:
            with self._answered() as dist:
                dist.barrier()
            dist.destroy_process_group()

    def result(self, value: Value) -> Value:
        """What the first process, which has gone on alone, gives here; of the kind of JSON.

        Raises:
            RankLostError: it takes longer than `PATIENCE`.
        """
        if self.count == 1:
            return value
        if self.first:
            self._store.set("result", json.dumps(value))
        self._wait_for("result")
        result: Value = json.loads(self._store.get("result"))
        return result

    @cached_property
    def _store(self) -> Any:
        from torch.distributed.distributed_c10d import PrefixStore
        from torch.distributed.rendezvous import rendezvous

        with self._answered():
            # A script's next training must not read what this one has written.
            return PrefixStore(f"training/{next(_TRAININGS)}", next(rendezvous("env://"))[0])

    def _wait_for(self, *keys: str) -> None:
        ends = time.monotonic() + PATIENCE
        with self._answered(PATIENCE):
            # Not its wait, during which Python would answer no signal.
            while not self._store.check(list(keys)):
                if time.monotonic() > ends:
                    raise RuntimeError(f"nothing came of {keys}")
                time.sleep(0.1)

    @contextlib.contextmanager
    def _answered(self, seconds: float | None = None) -> Iterator[Any]:
        """Give ``torch.distributed``, and say in plain words that others are lost."""
        import torch.distributed

        try:
            yield torch.distributed
        except RuntimeError as error:
            raise RankLostError(
                "rank {rank} of {count}: another process of this training has ended, or has "
                "given no answer for {seconds:g} seconds ({variable}); its own message, if "
                "any, says why. Go on from the newest checkpoint with --resume",
                rank=self.rank,
                count=self.count,
                seconds=seconds or self._timeout,
                variable=TIMEOUT,
            ) from error


def _rows(table: "nn.Parameter", share: float) -> "tuple[Tensor, Tensor]":
    """Which rows of a table have a gradient [S], and ``share`` of it [S, E]."""
    if table.grad is None:
        return table.new_zeros(0).long(), table.new_zeros(0, table.shape[1])
    gradient = table.grad.coalesce()
    return gradient.indices()[0], gradient.values() * share


def _timeout() -> float:
    given = os.environ.get(TIMEOUT, SECONDS)
    try:
        seconds = float(given)
    except ValueError:
        seconds = 0
    if not 0 < seconds < 1e6:
        raise UsageError(
            "expected seconds above 0 in {variable}, found {given!r}", variable=TIMEOUT, given=given
        )
    return seconds
