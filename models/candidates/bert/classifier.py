"""Fine-tuned BERT (Devlin et al. 2019) as a classifier of texts, on a processor or an accelerator.

With `weights`, any BERT from a local folder or a hub's name is fine-tuned. Without, a compact BERT is made here: own
word pieces, a few layers, pretrained with masked language modelling on the training reports alone and then fine-tuned.
That one is called `bert_compact`: it is not Google's and shares nothing with it but the architecture.

A report is read in sliding windows and scores as its highest window does. One fold of the training reports is held out:
training stops when average precision on it no longer rises, and Platt's sigmoid is fitted on it. PyTorch and
transformers (extra `bert`) are imported when a classifier is fitted or loaded.
"""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Any, Self

import numpy as np
from scipy.special import expit
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.calibration import _SigmoidCalibration

from models.candidates.bert import pretraining, tokenisation, training_loop
from models.evaluation import metrics

Texts = Sequence[str] | np.ndarray
WORD = re.compile(r"(?u)\b[^\W_]\w*\b")
MOST_WORDS = 300  # words whose part is asked for by occlusion: of longer reports, those of the highest window
READ_BATCH = 64  # windows scored at a time


class BertClassifier(ClassifierMixin, BaseEstimator):
    """Texts to calibrated probability.

    Args:
        weights: folder or hub name of a BERT; None makes a compact one.
        n_layers, hidden, n_heads, vocabulary, pretrain_epochs, pretrain_rate: of one made here; beyond a compact size
            the learning rate of pretraining must be lower (1e-4 for twelve layers), or it learns nothing.
        window, stride, max_windows: pieces a window, pieces between windows' starts, windows of one report.
        epochs, patience: most epochs, and how many without a better held-out figure end the training.
        learning_rate: of fine-tuning; None for 5e-4 for the compact one and 3e-5 for given weights.
        device: "auto" (an accelerator if there is one), "cpu", "cuda".
        n_threads: processor threads; one, since candidates run in parallel.
    """

    def __init__(
        self,
        seed: int = 0,
        weights: str | None = None,
        n_layers: int = 2,
        hidden: int = 128,
        n_heads: int = 2,
        vocabulary: int = 4000,
        pretrain_epochs: int = 3,
        pretrain_rate: float = 5e-4,
        window: int = 128,
        stride: int = 64,
        max_windows: int = 8,
        epochs: int = 6,
        patience: int = 2,
        batch: int = 32,
        learning_rate: float | None = None,
        device: str = "auto",
        n_threads: int = 1,
    ) -> None:
        self.seed, self.weights, self.n_layers, self.hidden = seed, weights, n_layers, hidden
        self.n_heads, self.vocabulary = n_heads, vocabulary
        self.pretrain_epochs, self.pretrain_rate = pretrain_epochs, pretrain_rate
        self.window, self.stride, self.max_windows = window, stride, max_windows
        self.epochs, self.patience, self.batch, self.learning_rate = epochs, patience, batch, learning_rate
        self.device, self.n_threads = device, n_threads

    def fit(self, texts: Texts, label: np.ndarray, fold: np.ndarray | None = None) -> Self:
        """Make or load the encoder, fine-tune it, calibrate it.

        Args:
            fold: fold of each text; the lowest is held out. Without, every fifth text is.
        """
        fold = np.arange(len(label)) % 5 if fold is None else fold
        held_out = fold == fold.min()
        texts, label = np.asarray(texts, dtype=object), np.asarray(label, dtype=bool)
        self.classes_ = np.array([False, True])
        self.log_: list[dict[str, float]] = []
        with self._repeatable():
            self.model_, self.tokenizer_ = self._loaded() if self.weights else self._compact(texts[~held_out])
            self._fine_tune(texts[~held_out], label[~held_out], texts[held_out], label[held_out])
            sigmoid = _SigmoidCalibration().fit(self.decision_function(texts[held_out]), label[held_out])
        self.slope_, self.offset_ = -float(sigmoid.a_), -float(sigmoid.b_)
        return self

    def decision_function(self, texts: Texts) -> np.ndarray:
        """Log-odds before calibration per text: of its highest window."""
        read = self._windows(texts)
        by_window = self._scored(read.ids)
        highest = np.full(len(texts), -np.inf)
        np.maximum.at(highest, read.of_text, by_window)
        return highest

    def predict_proba(self, texts: Texts) -> np.ndarray:
        """Calibrated probabilities, shape (n_texts, 2)."""
        if not len(texts):
            return np.zeros((0, 2))
        with self._repeatable():
            score = expit(self.slope_ * self.decision_function(list(texts)) + self.offset_)
        return np.column_stack([1 - score, score])

    def predict(self, texts: Texts) -> np.ndarray:
        """True from a probability of one half."""
        return self.predict_proba(texts)[:, 1] >= 0.5

    def word_parts(self, text: str) -> list[tuple[int, int, float]]:
        """(start, end, part in the calibrated log-odds) of each word, by occlusion (Zeiler and Fergus 2014): how
        far the score falls when the word is blanked out. Words that are never read have no part."""
        words = [m.span() for m in WORD.finditer(tokenisation.readable(text))]
        if len(words) > MOST_WORDS:
            words = self._in_highest_window(text, words)
        low, high = (words[0][0], words[-1][1]) if words else (0, 0)
        passage = text[low:high]
        without = [passage[: s - low] + " " * (e - s) + passage[e - low :] for s, e in words]
        with self._repeatable():
            raw = self.decision_function([passage, *without]) if words else np.zeros(1)
        return [(s, e, self.slope_ * float(raw[0] - r)) for (s, e), r in zip(words, raw[1:], strict=True)]

    def to_bytes(self) -> bytes:
        """One safetensors file: weights, and in its header configuration, word pieces and calibration. No code."""
        from safetensors.torch import save

        about = {
            "config": json.dumps(self.model_.config.to_dict(), default=str, sort_keys=True),
            "tokenizer": self.tokenizer_.to_str(),
            "estimator": json.dumps(self.get_params(), sort_keys=True),
            "calibration": json.dumps([self.slope_, self.offset_]),
        }
        tensors = {name: t.detach().cpu().contiguous() for name, t in self.model_.state_dict().items()}
        return bytes(save(tensors, metadata=about))

    # -- training ---------------------------------------------------------------------------------------------------

    def _compact(self, texts: np.ndarray) -> tuple[Any, Any]:
        """An encoder of our own, pretrained on these texts, under a new classification head."""
        language = self.pretrained(texts)
        self.log_ += [{"pretraining_epoch": k, "loss": loss} for k, loss in enumerate(language.losses, 1)]
        return pretraining.classifier(language), language.tokenizer

    def pretrained(
        self, texts: np.ndarray, progress: Callable[[str], None] = lambda said: None
    ) -> pretraining.Language:
        """What is made here of these texts before a label is seen."""
        size = pretraining.Size(
            self.n_layers, self.hidden, self.n_heads, self.vocabulary, self.window, self.max_windows
        )
        return pretraining.pretrained(
            texts, size, self._steps, epochs=self.pretrain_epochs, rate=self.pretrain_rate, progress=progress
        )

    def _loaded(self) -> tuple[Any, Any]:
        """A BERT from a folder or a hub, safetensors only, none of its own code."""
        from transformers import AutoTokenizer, BertForSequenceClassification

        tokenizer = AutoTokenizer.from_pretrained(self.weights, use_fast=True, trust_remote_code=False)
        model = BertForSequenceClassification.from_pretrained(self.weights, num_labels=2, use_safetensors=True)
        return model, tokenizer.backend_tokenizer

    def _fine_tune(self, texts: np.ndarray, label: np.ndarray, held_out: np.ndarray, truth: np.ndarray) -> None:
        """Keeps the weights of the epoch with the highest held-out average precision."""
        import torch

        read = self._windows(texts)
        target = label[read.of_text].astype(np.int64)
        share = max(target.mean(), 1 / len(target))
        weight = self._steps.tensors(weight=np.array([0.5 / (1 - share), 0.5 / share], dtype=np.float32))["weight"]

        def loss(model: Any, ids: np.ndarray, mask: np.ndarray, rows: np.ndarray) -> Any:
            logits = model(**self._steps.tensors(input_ids=ids, attention_mask=mask)).logits
            wanted = self._steps.tensors(wanted=target[rows])["wanted"]
            return torch.nn.functional.cross_entropy(logits, wanted, weight=weight)

        pad = self.tokenizer_.token_to_id("[PAD]")
        rate = self.learning_rate or (3e-5 if self.weights else 5e-4)
        best, kept, worse = -1.0, copy.deepcopy(self.model_.state_dict()), 0
        for epoch, spent in self._steps.epochs(self.model_, read.ids, pad, loss, rate, self.epochs):
            reached = metrics.average_precision(truth, self.decision_function(held_out))
            self.log_.append({"epoch": epoch, "loss": spent, "held_out_average_precision": reached})
            if reached > best:
                best, kept, worse = reached, copy.deepcopy(self.model_.state_dict()), 0
            else:
                worse += 1
                if worse >= self.patience:
                    break
        self.model_.load_state_dict(kept)

    # -- reading ----------------------------------------------------------------------------------------------------

    def _windows(self, texts: Texts) -> tokenisation.Windows:
        length = min(self.window, self.model_.config.max_position_embeddings)
        return tokenisation.windows(self.tokenizer_, texts, length=length, stride=self.stride, most=self.max_windows)

    def _scored(self, ids: list[list[int]]) -> np.ndarray:
        """Log-odds per window."""
        import torch

        pad = self.tokenizer_.token_to_id("[PAD]")
        self.model_.to(self._steps.where).eval()
        probabilities = np.zeros(len(ids))
        with torch.inference_mode():
            for rows in tokenisation.batches(ids, READ_BATCH):
                tokens, mask = tokenisation.padded([ids[k] for k in rows], pad)
                logits = self.model_(**self._steps.tensors(input_ids=tokens, attention_mask=mask)).logits
                probabilities[rows] = (logits[:, 1] - logits[:, 0]).float().cpu().numpy()
        return probabilities

    def _in_highest_window(self, text: str, words: list[tuple[int, int]]) -> list[tuple[int, int]]:
        """Of a long report, `MOST_WORDS` words around the highest of its parts."""
        parts = [words[k : k + MOST_WORDS // 2] for k in range(0, len(words), MOST_WORDS // 2)]
        kept = np.unique(np.linspace(0, len(parts) - 1, 32).round().astype(int))
        passages = [text[parts[k][0][0] : parts[k][-1][1]] for k in kept]
        first = int(kept[int(np.argmax(self.decision_function(passages)))]) * (MOST_WORDS // 2)
        return words[first : first + MOST_WORDS // 2]

    @property
    def _steps(self) -> training_loop.Steps:
        return training_loop.Steps(self.seed, self.batch, self.device)

    def _repeatable(self) -> AbstractContextManager[None]:
        return training_loop.repeatable(self.seed, self.n_threads)


def loads(blob: bytes) -> BertClassifier:
    """A classifier from `BertClassifier.to_bytes`. Reads numbers and JSON; nothing in the file can run.

    Raises:
        ValueError: the file lacks a part, or holds other tensors than its configuration needs.
    """
    from safetensors.torch import load
    from tokenizers import Tokenizer
    from transformers import BertConfig, BertForSequenceClassification

    about = header(blob)
    made = BertClassifier(**json.loads(about["estimator"]))
    made.model_ = BertForSequenceClassification(BertConfig.from_dict(json.loads(about["config"])))
    try:
        made.model_.load_state_dict(load(blob))
    except RuntimeError as error:
        raise ValueError(f"the weights do not fit the configuration: {error}") from error
    made.model_.eval()
    made.tokenizer_ = Tokenizer.from_str(about["tokenizer"])
    made.slope_, made.offset_ = json.loads(about["calibration"])
    made.classes_ = np.array([False, True])
    return made


def header(blob: bytes) -> dict[str, str]:
    """What `to_bytes` wrote beside the weights.

    Raises:
        ValueError: not a safetensors file, or not one of ours.
    """
    size = int.from_bytes(blob[:8], "little")
    try:
        metadata = json.loads(blob[8 : 8 + size])["__metadata__"]
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError("not a safetensors file with a classifier in it") from error
    missing = {"config", "tokenizer", "estimator", "calibration"} - set(metadata)
    if missing:
        raise ValueError(f"the file lacks {', '.join(sorted(missing))}")
    return dict(metadata)
