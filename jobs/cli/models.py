"""`nightjar train`, `pretrain` and `models`: comparing classifiers, a BERT that has read the reports, the registry."""

from __future__ import annotations

import os
import pwd
from datetime import datetime
from pathlib import Path

import click

from jobs.cli.common import NIGHT, Failures, as_json, show


@click.command()
@click.option("--night", type=NIGHT, help="Train on what was known in this night (default: tonight).")
@as_json
def train(night: datetime | None, as_json: bool) -> None:
    """Compare the candidates on identical grouped folds, register the best, promote it if it meets the criteria."""
    from jobs.runtime import context, lock, settings
    from jobs.training import champion as training_job
    from jobs.training import summary

    try:
        with context.writer() as ctx:
            outcome = training_job.train(ctx, night.date() if night else settings.load().tonight())
    except (lock.LakehouseBusyError, ValueError) as error:  # a training that the data do not allow says what is missing
        raise Failures(str(error)) from error
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
@click.option("--batch", default=64, show_default=True, help="Windows a step.")
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
    try:
        made = pretraining.pretrain(
            context.reader(), day, folder, size,
            max_reports=reports, epochs=epochs, rate=rate, batch=batch, device=device,
        )  # fmt: skip
    except ModuleNotFoundError as error:
        raise Failures(f"{error.name} is not installed: make setup-bert") from error
    except (ValueError, FileExistsError) as error:
        raise Failures(str(error)) from error
    show(made, as_json, pretraining.text(made))


def _account() -> str:
    """Who acts: the account of the operating system, whatever the environment says."""
    return pwd.getpwuid(os.getuid()).pw_name


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
    from models.registry import registry
    from models.serving import artefact

    try:
        outcome = versions.promote(
            context.reader(), version, why, _account(), although_refused=although_refused
        )  # fmt: skip
    except (registry.RegistryError, artefact.ModelRefusedError) as error:
        raise click.ClickException(str(error)) from error
    show(outcome, as_json, versions.promoted_text(outcome))


@registered.command("withdraw")
@click.argument("version")
@_why
@as_json
def withdraw_version(version: str, why: str, as_json: bool) -> None:
    """Take VERSION out of use for good, and say which scores, queue rows, decisions and nights it touched."""
    from jobs.runtime import context
    from jobs.training import versions
    from models.registry import registry

    try:
        outcome = versions.withdraw(context.reader(), version, why, _account())
    except registry.RegistryError as error:
        raise click.ClickException(str(error)) from error
    show(outcome, as_json, versions.withdrawn_text(outcome))
