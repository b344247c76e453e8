"""The Spark Connect server that the pinned pyspark ships, on loopback, as a process of its own."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyspark

from jobs.runtime import jars

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_S = 120
# Over a cluster's settings: what lets one machine do a small night, and what no session of ours may take over.
SMALL = {
    "spark.master": "local[2]",
    "spark.driver.memory": "2g",
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.ui.enabled": "false",
    "spark.log.level": "ERROR",
    "spark.sql.shuffle.partitions": "2",
    "spark.databricks.delta.snapshotPartitions": "1",
    "spark.sql.adaptive.enabled": "false",
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
    "spark.connect.grpc.binding.address": "127.0.0.1",
    "spark.sql.session.timeZone": "America/New_York",
}


@contextmanager
def running(folder: Path) -> Iterator[str]:
    """The server's address, for `SPARK_REMOTE`; its scratch and log are in `folder`. It ends with the block."""
    port = free_port()
    package = Path(pyspark.__file__).parent
    (connect,) = (package / "jars").glob("spark-connect_*.jar")
    settings = {
        **SMALL,
        "spark.connect.grpc.binding.port": str(port),
        "spark.driver.extraClassPath": os.pathsep.join(map(str, sorted(jars.folder().glob("*.jar")))),
        "spark.local.dir": str(folder / "scratch"),
        "spark.sql.warehouse.dir": str(folder / "warehouse"),
        "spark.driver.extraJavaOptions": f"-Duser.timezone=UTC -Dderby.system.home={folder} -XX:TieredStopAtLevel=1",
    }
    words = [str(package / "bin" / "spark-submit"), "--properties-file", str(ROOT / "infra" / "spark-defaults.conf")]
    words += ["--class", "org.apache.spark.sql.connect.service.SparkConnectServer", "--name", "connect"]
    words += [word for name, value in settings.items() for word in ("--conf", f"{name}={value}")]
    # Its Python workers are of this environment, and find the code as a cluster's find an installed wheel.
    environment = {**os.environ, "SPARK_HOME": str(package), "PYSPARK_PYTHON": sys.executable, "PYTHONPATH": str(ROOT)}
    environment.pop("SPARK_REMOTE", None)
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "server.log").open("wb") as log:
        process = subprocess.Popen(
            [*words, str(connect)], cwd=folder, env=environment, stdout=log, stderr=log, start_new_session=True
        )
    try:
        await_answer(process, port, folder / "server.log")
        yield f"sc://127.0.0.1:{port}"
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def free_port() -> int:
    """A port of loopback that nobody listens on."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])


def await_answer(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    """Wait until the server listens.

    Raises:
        AssertionError: it ended, or took too long; with the end of its log.
    """
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until and process.poll() is None:
        with socket.socket() as trying:
            if trying.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.2)
    raise AssertionError(f"the server does not answer: {log.read_text(errors='replace')[-2000:]}")
