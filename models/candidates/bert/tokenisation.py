"""How BERT reads a report: word pieces with their places, in windows that slide over long texts."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from models.text import vocabulary as text_vocabulary

os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")  # its threads would outlive a fork of the Spark worker

SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
IGNORED = -100  # label of a place that masked language modelling does not ask for
# What other candidates never see, BERT never sees: protected words, and numbers of more than two figures.
_UNREAD = re.compile(rf"(?i)\b(?:{'|'.join(text_vocabulary.PROTECTED_WORDS)})\b|\b\w*\d{{3,}}\w*\b")


def readable(text: str) -> str:
    """The text with what must not be read blanked out: as long as before, so places stay."""
    return _UNREAD.sub(lambda match: " " * len(match.group()), text)


def vocabulary(texts: Sequence[str] | np.ndarray, size: int) -> Any:
    """A WordPiece vocabulary learnt from these texts (Schuster and Nakajima 2012), as a `tokenizers.Tokenizer`.

    The same texts give the same vocabulary.
    """
    from tokenizers import models, trainers

    learnt = _empty(models.WordPiece(unk_token="[UNK]"))
    # The trainer numbers letters within words in the order of a hash table, which no two runs share, and settles ties
    # of its merges by number. Named beforehand they have numbers, as special pieces of a tokenizer that is dropped.
    letters = {c for text in texts for c in learnt.normalizer.normalize_str(readable(text)) if not c.isspace()}
    within = [f"##{letter}" for letter in sorted(letters)]
    trainer = trainers.WordPieceTrainer(vocab_size=size, special_tokens=[*SPECIAL, *within], show_progress=False)
    learnt.train_from_iterator((readable(text) for text in texts), trainer)
    made = _empty(models.WordPiece(vocab=learnt.get_vocab(), unk_token="[UNK]"))
    made.add_special_tokens(list(SPECIAL))
    return made


def _empty(model: Any) -> Any:
    """A tokenizer of lower-case words and marks, as BERT's."""
    from tokenizers import Tokenizer, normalizers, pre_tokenizers

    made = Tokenizer(model)
    made.normalizer = normalizers.BertNormalizer(lowercase=True)
    made.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    return made


@dataclass(frozen=True)
class Windows:
    """Windows of several texts.

    Attributes:
        ids: piece numbers of each window, [CLS] and [SEP] included.
        of_text: text that each window is from, in rising order; each text has at least one.
    """

    ids: list[list[int]]
    of_text: np.ndarray


def windows(tokenizer: Any, texts: Sequence[str] | np.ndarray, *, length: int, stride: int, most: int) -> Windows:
    """Windows of `length` pieces, each `stride` after the one before; of a text with more than `most`, evenly spread
    ones, the first and the last among them: a report of a megabyte costs what any long report costs."""
    first, last = tokenizer.token_to_id("[CLS]"), tokenizer.token_to_id("[SEP]")
    ids: list[list[int]] = []
    of_text: list[int] = []
    for number, encoding in enumerate(tokenizer.encode_batch([readable(t) for t in texts], add_special_tokens=False)):
        pieces, room = encoding.ids, length - 2
        starts = list(range(0, max(1, len(pieces) - room + stride), stride))
        if len(starts) > most:
            starts = [starts[k] for k in np.unique(np.linspace(0, len(starts) - 1, most).round().astype(int))]
        ids += [[first, *pieces[start : start + room], last] for start in starts]
        of_text += [number] * len(starts)
    return Windows(ids, np.array(of_text, dtype=np.int64))


def batches(ids: Sequence[Sequence[int]], size: int, rng: np.random.Generator | None = None) -> list[np.ndarray]:
    """Positions of windows in batches of like length, so that little is padded; in drawn order with `rng`."""
    length = np.array([len(window) for window in ids])
    jitter = rng.random(len(ids)) if rng is not None else np.zeros(len(ids))
    order = np.lexsort((jitter, length // 8))
    parts = [order[start : start + size] for start in range(0, len(order), size)]
    return [parts[k] for k in rng.permutation(len(parts))] if rng is not None else parts


def padded(ids: Sequence[Sequence[int]], pad: int) -> tuple[np.ndarray, np.ndarray]:
    """(piece numbers, attention mask), both windows x longest."""
    longest = max(len(window) for window in ids)
    filled = np.full((len(ids), longest), pad, dtype=np.int64)
    mask = np.zeros((len(ids), longest), dtype=np.int64)
    for row, window in enumerate(ids):  # a batch
        filled[row, : len(window)], mask[row, : len(window)] = window, 1
    return filled, mask


def masked(
    ids: np.ndarray, attention: np.ndarray, tokenizer: Any, rng: np.random.Generator, share: float = 0.15
) -> tuple[np.ndarray, np.ndarray]:
    """(input, labels) of masked language modelling: of the pieces asked for, 80 % are masked, 10 % replaced at random,
    10 % left (Devlin et al. 2019)."""
    is_special = np.isin(ids, [tokenizer.token_to_id(name) for name in SPECIAL]) | (attention == 0)
    asked = (rng.random(ids.shape) < share) & ~is_special
    how = rng.random(ids.shape)
    shown = np.where(asked & (how < 0.8), tokenizer.token_to_id("[MASK]"), ids)
    drawn = rng.integers(len(SPECIAL), tokenizer.get_vocab_size(), ids.shape)
    shown = np.where(asked & (how >= 0.8) & (how < 0.9), drawn, shown)
    return shown, np.where(asked, ids, IGNORED)
