"""`nightjar train classifiers`, `train dataset`, `train bert`, `models`: comparing, a BERT of one's own, versions."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click

from jobs.cli.common import NIGHT, as_json, future, show
from jobs.runtime import identity


@click.command()
@click.option("--night", type=NIGHT, help="Train on what was known in this night (default: tonight).")
@future
@as_json
def train(night: datetime | None, is_future_allowed: bool, as_json: bool) -> None:
    """Compare the candidates on identical grouped folds, register the best, promote it if it meets the criteria."""
    from jobs.runtime import context, settings
    from jobs.training import champion as training_job
    from jobs.training import summary

    with context.writer(is_future_allowed=is_future_allowed) as ctx:
        outcome = training_job.train(ctx, night.date() if night else settings.load().tonight())
    show(outcome, as_json, summary.text(outcome))


@click.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.option("--night", type=NIGHT, help="Read what was known in this night (default: tonight).")
@click.option(
    "--reports", default=200_000, show_default=True, help="Reports read; of more, a sample by hash of the id."
)
@click.option("--layers", default=12, show_default=True)
@click.option("--width", default=768, show_default=True)
@click.option("--heads", default=12, show_default=True)
@click.option("--pieces", default=30_522, show_default=True, help="Word pieces at most.")
@click.option("--epochs", default=3, show_default=True)
@click.option("--rate", default=1e-4, show_default=True, help="Highest learning rate.")
@click.option("--batch", default=64, show_default=True, help="Windows per step.")
@click.option("--device", type=click.Choice(["auto", "cpu", "cuda"]), default="auto", show_default=True)
@as_json
def pretrain(
    folder: Path, night: datetime | None, reports: int, layers: int, width: int, heads: int, pieces: int, epochs: int,
    rate: float, batch: int, device: str, as_json: bool,
) -> None:  # fmt: skip
    """Pretrain a BERT on the texts of all reports, tagged or not, and write it to FOLDER.

    The defaults are the size of bert-base-uncased and want an accelerator. Then set `training.bert.weights` to FOLDER.
    """
    from jobs.runtime import context, settings
    from jobs.training import pretraining
    from models.candidates.bert import pretraining as bert_pretraining

    size = bert_pretraining.Size(layers, width, heads, pieces)
    day = night.date() if night else settings.load().tonight()
    made = pretraining.pretrain(
        context.reader(), day, folder, size,
        max_reports=reports, epochs=epochs, rate=rate, batch=batch, device=device,
    )  # fmt: skip
    show(made, as_json, pretraining.text(made))


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--text", default="text", show_default=True, help="Column of the texts.")
@click.option(
    "--label", default="label", show_default=True, help="Column of the labels: 1 or 0, true or false, yes or no."
)
@click.option("--group", help="Column of what ties rows together: those of one value never straddle folds.")
@click.option("--candidate", "names", multiple=True, help="Candidate to compare; repeat it (default: all but BERT).")
@click.option("--capacity", type=click.IntRange(1), help="Rows that would be read (default: the queue's capacity).")
@click.option("--seed", default=1, show_default=True, help="Of folds and classifiers.")
@as_json
def dataset(
    file: Path, text: str, label: str, group: str | None, names: tuple[str, ...], capacity: int | None, seed: int,
    as_json: bool,
) -> None:  # fmt: skip
    """Compare the candidates on FILE, a CSV from outside: text, label and group per row. Nothing is registered."""
    from jobs.runtime import context
    from jobs.training import dataset as outside
    from jobs.training import summary

    columns = outside.Columns(text, label, group)
    outcome = outside.train(context.reader(), file, columns, names=names, capacity=capacity, seed=seed)
    show(outcome, as_json, summary.outside_text(outcome))


_why = click.option("--why", required=True, help="Reason in your words: it is logged.")


@click.group("models")
def registered() -> None:
    """Registered classifiers. The registry's alias `champion` names the one that nights use; each move is logged."""


@registered.command("list")
@as_json
def list_versions(as_json: bool) -> None:
    """Show the registered versions, the newest first, and which one is champion."""
    from jobs.runtime import context
    from jobs.training import versions

    kept = versions.listed(context.reader())
    show(kept, as_json, versions.list_text(kept))


@registered.command("promote")
@click.argument("version")
@_why
@click.option("--although-refused", is_flag=True, help="Take a version that the criteria of promotion refused.")
@as_json
def promote_version(version: str, why: str, although_refused: bool, as_json: bool) -> None:
    """Make VERSION the champion from the next night on: a roll-back, or a refusal that was looked into."""
    from jobs.runtime import context
    from jobs.training import versions

    outcome = versions.promote(context.reader(), version, why, identity.person(), although_refused=although_refused)
    show(outcome, as_json, versions.promoted_text(outcome))


@registered.command("withdraw")
@click.argument("version")
@_why
@as_json
def withdraw_version(version: str, why: str, as_json: bool) -> None:
    """Take VERSION out of use for good, and say which scores, queue rows, decisions and nights it touched."""
    from jobs.runtime import context
    from jobs.training import versions

    outcome = versions.withdraw(context.reader(), version, why, identity.person())
    show(outcome, as_json, versions.withdrawn_text(outcome))
