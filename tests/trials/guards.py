"""Guards that trials stand for, broken on purpose: each is taken out of a copy of the checkout, and a test must fail.

    python -m tests.trials.guards            all of them: most of an hour
    python -m tests.trials.guards 17 18      those of some trials

Prints a row of docs/guards.md per guard. A test that passes without its guard tests nothing: it is to be mended. Guards
whose tests start Spark or run nights are not here.
"""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = (
    "schemas",
    "pipelines",
    "models",
    "jobs",
    "notebooks",
    "infra",
    "tests",
    "docs",
    "pyproject.toml",
    "Makefile",
)
MEMORY, PATIENCE_S = 6 << 30, 900
BOMBS = 11  # the trial whose files become gigabytes without their guards

MODELS, POISON = "tests/faults/test_models.py", "tests/faults/test_poison_files.py"
VERIFICATION, ARTEFACT = "models/registry/verification.py", "models/serving/artefact.py"
READERS, NORMALISATION = "pipelines/ingest/readers", "models/text/normalisation.py"
STEPS = "_STEPS = (_without_width_and_compatible, _latin, _joined, _lettered)"


@dataclass(frozen=True)
class Guard:
    """A guard of a trial: `code` of `file`, in whose place `without` is put, and where the tests are that must fail.

    Attributes:
        words: of the tests' names, as pytest's `-k` takes them.
    """

    trial: int
    file: str
    code: str
    without: str
    tests: str
    words: str


def _model(trial: int, file: str, code: str, without: str, words: str) -> Guard:
    return Guard(trial, file, code, without, MODELS, words)


def _bomb(file: str, code: str, *names: str) -> Guard:
    return Guard(BOMBS, f"{READERS}/{file}", code, "if False:", POISON, f"trial_11 and ({' or '.join(names)})")


GUARDS = (
    Guard(
        6, "jobs/runtime/lock.py", "wait_s: float = 3.0", "wait_s: float = 40.0", "tests/faults/test_two_writers.py",
        "second_night",
    ),
    Guard(
        6, "jobs/runtime/lock.py", "(process {_holder(folder)})", "(another)", "tests/faults/test_two_writers.py",
        "second_night",
    ),
    _bomb(
        "base.py", "if n_bytes > MIN_UNPACKED and n_bytes > MAX_RATIO * self._n_landed:", "dictionary", "nulls",
        "shared_string", "wide_names",
    ),
    _bomb("parquet_rows.py", "if sum(load.n_resident for load in loads) > MAX_RESIDENT:", "columns"),
    _bomb("workbook_parts.py", "if self._n_styles > MAX_STYLES or len(self._codes) > MAX_STYLES:", "styles"),
    _bomb("workbook_parts.py", "if self._column > MAX_COLUMN:", "long_row", "far_cells"),
    _bomb("xml_events.py", "if self._depth > MAX_DEPTH:", "deep"),
    _bomb("json_shape.py", "if len(paths) > MAX_PATHS:", "keys"),
    *(
        Guard(17, NORMALISATION, STEPS, without, "tests/models/text/test_evasion.py", "hidden_words")
        for without in (
            STEPS.replace("_without_width_and_compatible, ", ""),
            STEPS.replace("_latin, ", ""),
            STEPS.replace("_joined, ", ""),
            STEPS.replace(", _lettered", ""),
        )
    ),
    _model(18, VERIFICATION, "if not expected or files != expected:", "if not expected:", "malicious"),
    _model(18, VERIFICATION, "if not manifest.is_sealed(", "if False and not manifest.is_sealed(", "malicious"),
    _model(18, VERIFICATION, "    if not is_ours:", "    if False:", "seal_do_not"),
    _model(18, VERIFICATION, '        and not function.get("code")\n', "", "seal_do_not"),
    _model(18, VERIFICATION, 'function.get("loader_module") == FROM_CODE', "True", "seal_do_not"),
    _model(18, VERIFICATION, '        and not function.get("model_config")\n', "", "seal_do_not"),
    _model(18, VERIFICATION, '        and packaging.is_package(files["code"])\n', "", "seal_do_not"),
    _model(
        18, VERIFICATION,
        'if function.get("loader_module") != SKLEARN or function.get("code") or flavor.get("code"):', "if False:",
        "seal_do_not",
    ),
    _model(18, ARTEFACT, "    if untrusted:", "    if False:", "seal_do_not"),
    _model(19, ARTEFACT, "if not isinstance(text, str):", "if False:", "typed_error"),
    _model(
        19, ARTEFACT,
        "if not (pa.types.is_string(texts.type) or pa.types.is_large_string(texts.type)) or texts.null_count:",
        "if texts.null_count:", "typed_error",
    ),
    _model(19, ARTEFACT, ") or texts.null_count:", "):", "typed_error"),
    _model(19, ARTEFACT, "if scores.shape != (len(checked_texts), 2):", "if False:", "typed_error"),
    _model(19, ARTEFACT, " and (score <= 1).all()", "", "typed_error"),
    _model(19, VERIFICATION, 'if about.get("signature") is not None and', "if False and", "another_signature"),
    Guard(
        30, "jobs/night/run.py", "    dg.DagsterRunStatus.STARTED,\n", "", "tests/faults/test_orchestrator.py",
        "left_open",
    ),
    Guard(
        30, "jobs/night/run.py", "    dg.DagsterRunStatus.NOT_STARTED,\n", "", "tests/faults/test_orchestrator.py",
        "left_open",
    ),
)  # fmt: skip


def place(guard: Guard) -> int:
    """The line of the guard's file that it begins in.

    Raises:
        ValueError: the code is not there, or not once.
    """
    text = (ROOT / guard.file).read_text(encoding="utf-8")
    if text.count(guard.code) != 1:
        raise ValueError(f"{guard.file} has {guard.code!r} {text.count(guard.code)} times")
    return text[: text.index(guard.code)].count("\n") + 1


def broken(guard: Guard, copy: Path) -> str:
    """Break the guard in a copy of the checkout, run its tests, mend it; what failed, or what else came of it."""
    path = copy / guard.file
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace(guard.code, guard.without), encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", guard.tests, "-k", guard.words]
    try:
        ended = subprocess.run(
            command,
            cwd=copy,
            env={**os.environ, "PYTHONPATH": str(copy)},
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            check=False,
            preexec_fn=_bounded if guard.trial == BOMBS else None,
        )
    except subprocess.TimeoutExpired:
        return f"it did not end within {PATIENCE_S} s"
    finally:
        path.write_text(text, encoding="utf-8")
    lines = [line for line in ended.stdout.splitlines() if line.startswith("FAILED")]
    failed = [line.split(" - ")[0].rsplit("::", 1)[1] for line in lines]
    return f"`{failed[0]}`" if failed else f"NOTHING FAILED (pytest ended with {ended.returncode})"


def _bounded() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))


def main(numbers: Iterable[int]) -> int:
    wanted = set(numbers) or {guard.trial for guard in GUARDS}
    n_passed = 0
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "copy"
        copy.mkdir()
        for name in FOLDERS:
            source = ROOT / name
            (shutil.copytree if source.is_dir() else shutil.copy)(source, copy / name)
        for jars in (".jars", ".venv"):
            (copy / jars).symlink_to((ROOT / jars).resolve())
        for guard in (guard for guard in GUARDS if guard.trial in wanted):
            failed = broken(guard, copy)
            n_passed += failed.startswith("NOTHING")
            print(f"| {guard.trial} | `{guard.file}:{place(guard)}` | {failed} |", flush=True)
    return int(n_passed > 0)


if __name__ == "__main__":
    sys.exit(main(map(int, sys.argv[1:])))
