"""A BERT that has read a lakehouse's reports, for `training.bert.weights` to name. Made by a person."""

from __future__ import annotations

import os
import time
from datetime import date
from importlib import util
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pyspark.sql import functions as F

from jobs.runtime import progress
from jobs.runtime.audit import operations
from jobs.runtime.context import RunContext
from schemas.errors import InvalidInputError, UserError

if TYPE_CHECKING:
    from models.candidates.bert import pretraining

MIN_TEXTS = 1_000  # fewer say too little about language: `bert_compact` is made of what there is


def pretrain(
    ctx: RunContext, night: date, folder: Path, size: pretraining.Size, *,
    max_reports: int, epochs: int, rate: float, batch: int, device: str,
) -> dict[str, Any]:  # fmt: skip
    """Pretrain on reports known in `night`, tagged or not, and write the encoder to `folder`. No label is read.

    Beyond `max_reports` a sample by hash of the report id. As in training, reports with an item graded E are left out.

    Raises:
        InvalidInputError: there are too few reports, or `folder` holds something already.
        UserError: PyTorch or Transformers is not installed.
    """
    absent = [name for name in ("torch", "transformers") if util.find_spec(name) is None]
    if absent:
        raise UserError(f"Not installed: {', '.join(absent)}. Run `make setup-bert` first.")
    from models.candidates.bert import pretraining, training_loop
    from models.text import masking

    if folder.exists() and any(folder.iterdir()):
        raise InvalidInputError(f"{folder} holds something already: name a new folder")
    known = ctx.known(night).training_reports().where(~F.col("is_suspected_false"))
    known = known.orderBy(F.xxhash64("report_id"), "report_id").limit(max_reports)
    frame = known.select("report_id", "text").toPandas()
    texts = masking.texts(frame["text"])  # as other classifiers read them
    if len(texts) < MIN_TEXTS:
        raise InvalidInputError(f"{len(texts):,} reports are known in {night}: pretraining takes {MIN_TEXTS:,} or more")
    operations.pretraining_read(ctx.audit, night, str(folder), frame["report_id"], {"reports": len(texts)})
    begun, seed = time.monotonic(), ctx.settings.night_seed(night)
    with training_loop.repeatable(seed, os.cpu_count() or 1):
        language = pretraining.pretrained(
            texts,
            size,
            training_loop.Steps(seed, batch, device),
            epochs=epochs,
            rate=rate,
            progress=progress.CURRENT.say,
        )
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)  # what has read reports is marked as they are
    pretraining.save(language, folder)
    return {
        "folder": str(folder), "n_reports": len(texts), "n_pieces": language.tokenizer.get_vocab_size(),
        "losses": [round(loss, 4) for loss in language.losses], "seconds": round(time.monotonic() - begun, 1),
    }  # fmt: skip


def text(made: dict[str, Any]) -> str:
    losses = ", ".join(f"{loss:.3f}" for loss in made["losses"])
    return (
        f"pretrained on {made['n_reports']:,} reports in {made['seconds']:.0f} s, {made['n_pieces']:,} word pieces\n"
        f"loss a masked piece after each epoch: {losses}\n"
        f"next: set training.bert.weights to {made['folder']} and run nightjar train classifiers"
    )
