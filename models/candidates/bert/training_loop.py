"""What pretraining and fine-tuning of BERT share: the loop over epochs, on a processor or an accelerator."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from models.candidates.bert import tokenisation

WARM_UP = 0.1  # share of the steps over which the learning rate rises

# Of a model, piece numbers, attention mask, and which rows these are: the loss, as a tensor.
Loss = Callable[[Any, np.ndarray, np.ndarray, np.ndarray], Any]


@dataclass(frozen=True)
class Steps:
    """How a model is trained: seed of the order of batches, windows a batch, `device` "auto", "cpu" or "cuda"."""

    seed: int
    batch: int
    device: str

    @property
    def where(self) -> str:
        import torch

        return ("cuda" if torch.cuda.is_available() else "cpu") if self.device == "auto" else self.device

    def tensors(self, **arrays: np.ndarray) -> dict[str, Any]:
        import torch

        return {name: torch.from_numpy(np.ascontiguousarray(a)).to(self.where) for name, a in arrays.items()}

    def epochs(
        self, model: Any, ids: list[list[int]], pad: int, loss: Loss, rate: float, n: int
    ) -> Iterator[tuple[int, float]]:
        """Train by AdamW; after each epoch its number, from 1, and mean loss.

        On an accelerator products are taken in bfloat16, which needs no scaling of the loss (Kalamkar et al. 2019);
        scores are always single precision, so that a model scores alike wherever it runs.
        """
        import torch

        rng, where = np.random.default_rng(self.seed), self.where
        model.to(where)
        optimiser = torch.optim.AdamW(model.parameters(), lr=rate, weight_decay=0.01)
        steps = n * -(-len(ids) // self.batch)
        rise = max(1, int(WARM_UP * steps))
        schedule = torch.optim.lr_scheduler.LambdaLR(
            optimiser, lambda step: min((step + 1) / rise, max(0.0, (steps - step) / max(1, steps - rise)))
        )
        for epoch in range(1, n + 1):
            model.train()
            spent = torch.zeros((), device=where)
            batches = tokenisation.batches(ids, self.batch, rng)
            for rows in batches:
                with torch.autocast("cuda", dtype=torch.bfloat16, enabled=where == "cuda"):
                    batch_loss = loss(model, *tokenisation.padded([ids[k] for k in rows], pad), rows)
                optimiser.zero_grad()
                batch_loss.backward()
                torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
                optimiser.step()
                schedule.step()
                spent += batch_loss.detach().float()  # read once an epoch: each reading would wait for the accelerator
            model.eval()
            yield epoch, float(spent) / len(batches)


@contextmanager
def repeatable(seed: int, n_threads: int) -> Iterator[None]:
    """The same seed gives the same weights; others' random numbers and threads are as before."""
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(n_threads)
    try:
        with torch.random.fork_rng(devices=range(torch.cuda.device_count())):
            torch.manual_seed(seed)
            yield
    finally:
        torch.set_num_threads(threads)
