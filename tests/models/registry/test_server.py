"""The registry on a server of its own, which `NIGHTJAR_MLFLOW_URI` names: where a home takes no SQLite."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from sklearn.pipeline import Pipeline

from models.registry import registry
from models.serving import artefact
from models.training import promotion
from tests.models.registry.test_registry import TAGS
from tests.models.registry.test_registry import comparison as comparison  # the fixture

pytestmark = pytest.mark.slow

PATIENCE_S = 600


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """MLflow's own server with a database and artefacts of its own, on loopback."""
    folder = tmp_path_factory.mktemp("server")
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        port = listening.getsockname()[1]
    command = [str(Path(sys.executable).parent / "mlflow"), "server", "--host", "127.0.0.1", "--port", str(port)]
    command += ["--workers", "1", "--backend-store-uri", f"sqlite:///{folder}/server.db"]
    command += ["--artifacts-destination", str(folder / "artifacts")]
    quiet = {**os.environ, "MLFLOW_DISABLE_TELEMETRY": "true", "DO_NOT_TRACK": "true"}
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, cwd=folder, env=quiet, stdout=log, stderr=log, start_new_session=True)
    address = f"http://127.0.0.1:{port}"
    try:
        until = time.monotonic() + PATIENCE_S
        while not answers(address):
            assert process.poll() is None, (folder / "log").read_text()[-2000:]
            assert time.monotonic() < until, (folder / "log").read_text()[-2000:]
            time.sleep(0.5)
        yield address
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def answers(address: str) -> bool:
    with suppress(OSError), urllib.request.urlopen(f"{address}/health", timeout=2) as answer:
        return bool(answer.status == 200)
    return False


def test_a_model_is_registered_on_the_server_and_verified_from_it(
    server: str, comparison: registry.comparison.Comparison, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NIGHTJAR_MLFLOW_URI", server)
    here, elsewhere = tmp_path / "here", tmp_path / "elsewhere"
    made = registry.Registry(here)
    result = comparison.result("tfidf_logistic")
    version = made.register("reclassify", result, made.log(comparison, TAGS), TAGS)
    assert made.promote("reclassify", version, result, comparison, promotion.Criteria()) == []

    with pytest.raises(artefact.ModelRefusedError, match="its seal is not ours"):  # whose key is in another folder
        registry.Registry(elsewhere).champion("reclassify")
    champion = registry.Registry(here).champion("reclassify")
    assert champion is not None
    assert champion.version == version
    texts = ["older male, gifts and a hotel", "a dog at the garden fence"]
    assert isinstance(result.pipeline, Pipeline)
    assert np.array_equal(champion.load().predict_proba(texts), result.pipeline.predict_proba(texts))
    kept = [path for folder in (here, elsewhere) for path in folder.rglob("*") if path.is_file()]
    assert not [path for path in kept if path.suffix == ".db" or path.name in ("model.skops", "MLmodel")]
