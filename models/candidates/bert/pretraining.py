"""A BERT that has read reports and seen no label: masked language modelling (Devlin et al. 2019) on a body of text.

Untagged reports are many where tagged ones are few. `pretrained` reads them; `save` writes a folder as any BERT is
published, for `training.bert.weights` to name. PyTorch and transformers (extra `bert`) are imported when called.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from models.candidates.bert import tokenisation, training_loop

SPECIAL = dict(
    zip(("pad_token", "unk_token", "cls_token", "sep_token", "mask_token"), tokenisation.SPECIAL, strict=True)
)


@dataclass(frozen=True)
class Size:
    """Of an encoder: layers, width, heads, word pieces at most, pieces a window, windows of one report at most."""

    n_layers: int = 12
    hidden: int = 768
    n_heads: int = 12
    vocabulary: int = 30_522
    window: int = 128
    max_windows: int = 8


@dataclass(frozen=True)
class Language:
    """A language model of reports, its word pieces, and the mean loss (nats a masked piece) of each epoch."""

    model: Any
    tokenizer: Any
    losses: tuple[float, ...]


def pretrained(
    texts: np.ndarray,
    size: Size,
    steps: training_loop.Steps,
    *,
    epochs: int,
    rate: float,
    progress: Callable[[str], None] = lambda said: None,
) -> Language:
    """Word pieces learnt from `texts`, then an encoder of `size` that guesses those that are hidden from it.

    Args:
        rate: highest learning rate; beyond a compact size it must be low (1e-4 for twelve layers) to learn at all.
    """
    from transformers import BertConfig, BertForMaskedLM

    tokenizer = tokenisation.vocabulary(texts, size.vocabulary)
    pad = tokenizer.token_to_id("[PAD]")
    about: Any = {
        "vocab_size": tokenizer.get_vocab_size(), "hidden_size": size.hidden, "num_hidden_layers": size.n_layers,
        "num_attention_heads": size.n_heads, "intermediate_size": 4 * size.hidden, "num_labels": 2,
        "max_position_embeddings": size.window, "pad_token_id": pad,
    }  # fmt: skip
    model = BertForMaskedLM(BertConfig(**about))
    read = tokenisation.windows(tokenizer, texts, length=size.window, stride=size.window - 2, most=size.max_windows)
    progress(f"{len(texts):,} texts, {len(read.ids):,} windows, {tokenizer.get_vocab_size():,} word pieces")
    rng = np.random.default_rng(steps.seed)

    def loss(model: Any, ids: np.ndarray, mask: np.ndarray, _: np.ndarray) -> Any:
        shown, asked = tokenisation.masked(ids, mask, tokenizer, rng)
        return model(**steps.tensors(input_ids=shown, attention_mask=mask, labels=asked)).loss

    losses = []
    for epoch, spent in steps.epochs(model, read.ids, pad, loss, rate, epochs):
        progress(f"epoch {epoch} of {epochs}: loss {spent:.3f}")
        losses.append(spent)
    return Language(model, tokenizer, tuple(losses))


def classifier(language: Language) -> Any:
    """The encoder under a new classification head."""
    from transformers import BertForSequenceClassification

    model = BertForSequenceClassification(language.model.config)
    model.bert.load_state_dict(language.model.bert.state_dict(), strict=False)  # the pooler is new
    return model


def save(language: Language, folder: Path) -> None:
    """Configuration, safetensors and word pieces, in the layout of published BERTs. Overwrites."""
    from transformers import PreTrainedTokenizerFast

    language.model.cpu().save_pretrained(folder)
    PreTrainedTokenizerFast(tokenizer_object=language.tokenizer, **SPECIAL).save_pretrained(folder)
