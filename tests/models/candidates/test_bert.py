"""Fine-tuned BERT at the smallest size that still learns: windows, early stop, calibration, reasons, storage."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest

pytest.importorskip("transformers", reason="the extra `bert` is not installed")
pytest.importorskip("torch", reason="the extra `bert` is not installed")

from models.candidates import candidates as candidates_module
from models.candidates.bert import classifier, pretraining, tokenisation, training_loop
from models.explanation import terms
from models.serving import artefact
from tests.models import frames

pytestmark = pytest.mark.bert

TINY = {
    "n_layers": 1, "hidden": 32, "n_heads": 2, "vocabulary": 300, "pretrain_epochs": 3, "pretrain_rate": 3e-3,
    "epochs": 6, "patience": 2, "window": 32, "stride": 16, "max_windows": 4, "batch": 16, "learning_rate": 3e-3,
    "device": "cpu",
}  # fmt: skip


@pytest.fixture(scope="module")
def frame():
    return frames.training_frame(n=400, share=0.3)


@pytest.fixture(scope="module")
def fitted(frame) -> classifier.BertClassifier:
    return classifier.BertClassifier(seed=1, **TINY).fit(frame["text"].to_numpy(), frame["label"].to_numpy())


def test_it_learns_words_that_no_list_holds(fitted: classifier.BertClassifier):
    fresh = frames.training_frame(n=100, share=0.3, seed=9)
    score = fitted.predict_proba(fresh["text"].to_numpy())[:, 1]
    label = fresh["label"].to_numpy()
    assert score[label].mean() > score[~label].mean() + 0.2
    kinds = [set(entry) for entry in fitted.log_]
    assert {"pretraining_epoch", "loss"} in kinds
    reached = [entry["held_out_average_precision"] for entry in fitted.log_ if "epoch" in entry]
    assert len(reached) <= TINY["epochs"]


def test_reasons_are_words_with_their_places(fitted: classifier.BertClassifier):
    text = "officer noted vehicle. Parcel collected nightly near bridge"
    (found,) = terms.terms(fitted, [text])
    assert found[0].weight > 0
    assert text[found[0].start : found[0].end].lower() == found[0].text
    assert {term.text for term in found[:4]} & {"parcel", "collected", "nightly"}
    assert terms.terms(fitted, [""]) == [[]]


def test_it_is_stored_without_code_and_comes_back_the_same(fitted: classifier.BertClassifier):
    form, blob = artefact.dumps(fitted)
    assert form == artefact.BERT
    back = artefact.load(blob, hashlib.sha256(blob).hexdigest(), form)
    texts = ["parcel collected nightly", "garden window market"]
    assert artefact.probabilities(back, texts) == pytest.approx(artefact.probabilities(fitted, texts), abs=1e-6)
    with pytest.raises(artefact.ModelRefusedError, match="was"):
        artefact.load(blob + b" ", hashlib.sha256(blob).hexdigest(), form)


def test_what_has_read_reports_is_fine_tuned_from_its_folder(frame, tmp_path):
    """The folder that any BERT is published as: configuration, safetensors, word pieces."""
    texts, label = frame["text"].to_numpy(), frame["label"].to_numpy()
    said: list[str] = []
    size = pretraining.Size(n_layers=1, hidden=32, n_heads=2, vocabulary=300, window=32)
    steps = training_loop.Steps(seed=1, batch=16, device="cpu")
    with training_loop.repeatable(1, 1):
        language = pretraining.pretrained(texts, size, steps, epochs=8, rate=3e-3, progress=said.append)
    assert language.losses[-1] < 0.9 * language.losses[0]
    assert len(said) == 1 + 8
    pretraining.save(language, tmp_path / "1x32 read")
    candidate = candidates_module.fine_tuned(str(tmp_path / "1x32 read"), **{**TINY, "epochs": 1})
    assert candidate.name == "bert_1x32_read"
    made = candidate.build(1, **candidate.grid[0]).fit(texts[:60], label[:60])
    assert made.tokenizer_.get_vocab() == language.tokenizer.get_vocab()
    assert not any("pretraining_epoch" in entry for entry in made.log_)
    fresh, read = (dict(model.bert.named_parameters()) for model in (made.model_, language.model))
    layer = "embeddings.word_embeddings.weight"
    assert np.corrcoef(fresh[layer].detach().ravel(), read[layer].detach().ravel())[0, 1] > 0.9


def test_a_long_report_is_read_in_windows_up_to_a_bound(fitted: classifier.BertClassifier):
    short, long = "parcel collected nightly", "garden window market " * 4000
    read = tokenisation.windows(fitted.tokenizer_, [short, long, ""], length=32, stride=16, most=4)
    assert np.bincount(read.of_text).tolist() == [1, 4, 1]
    assert max(len(window) for window in read.ids) == 32
    parts = ["garden window market " * 10 + "parcel collected nightly", "harbour"]
    own = tokenisation.windows(fitted.tokenizer_, parts, length=32, stride=16, most=4)
    by_window = fitted._scored(own.ids)
    assert len(by_window) > 2
    assert fitted.decision_function(parts) == pytest.approx([by_window[:-1].max(), by_window[-1]])  # its highest window
    assert len(fitted.word_parts("parcel collected nightly " + long)) <= classifier.MOST_WORDS


def test_protected_words_and_long_numbers_are_blanked_in_place():
    text = "A Somali male, IC3, ring 07700900123, 14yo"
    read = tokenisation.readable(text)
    assert len(read) == len(text)
    assert read.split() == ["A", "male,", ",", "ring", ",", "14yo"]


def test_the_same_texts_give_the_same_word_pieces(frame):
    texts = frame["text"].to_numpy()
    first, again = (tokenisation.vocabulary(some, 300) for some in (texts, texts[::-1]))
    assert first.get_vocab() == again.get_vocab()
    assert {"[MASK]", "p", "##a"} <= set(first.get_vocab())
    assert max(map(len, first.get_vocab())) > 6  # words were put together
    encoded = first.encode("[MASK] parcel ##a", add_special_tokens=False).tokens
    assert encoded[0] == "[MASK]"
    assert "##a" not in encoded  # in a text these are marks and a letter


def test_masking_asks_for_no_special_piece_and_hides_most_of_what_it_asks_for(fitted: classifier.BertClassifier):
    ids, mask = tokenisation.padded([[2, *range(5, 65), 3], [2, 7, 3]], 0)
    given, asked = tokenisation.masked(ids, mask, fitted.tokenizer_, np.random.default_rng(0))
    is_asked = asked != tokenisation.IGNORED
    assert not is_asked[:, 0].any()
    assert not is_asked[mask == 0].any()
    assert (asked[is_asked] == ids[is_asked]).all()
    assert (given[~is_asked] == ids[~is_asked]).all()
    assert 0.5 < (given[is_asked] == fitted.tokenizer_.token_to_id("[MASK]")).mean() <= 1
