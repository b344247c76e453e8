"""The writer's lock where there are no locks: one holder, whoever is killed, whoever tries at once."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from jobs.runtime import lease, lock
from jobs.runtime.lakehouse import Lakehouse
from schemas import bronze
from tests.jobs.runtime.test_log_port import context

pytestmark = pytest.mark.spark
Writer = Callable[[], AbstractContextManager[None]]


@pytest.fixture
def lake(spark: SparkSession, tmp_path: Path) -> Lakehouse:
    return Lakehouse(spark, tmp_path / "home" / "lakehouse")


@pytest.mark.parametrize("kind", ["file", "table"])
def test_the_settings_choose_and_a_holder_is_seen(kind: str, spark: SparkSession, tmp_path: Path) -> None:
    ctx = context(kind, spark, tmp_path / "home")
    assert not ctx.is_written_to()
    with ctx.alone():
        assert ctx.is_written_to()
        assert (tmp_path / "home" / "lakehouse" / lock.LOCK).exists() == (kind == "file")
    assert not ctx.is_written_to()
    with ctx.registry._alone():  # a promotion: on a volume under the same lease, where there is no other lock
        assert ctx.is_written_to() == (kind == "table")
    assert (ctx.settings.mlflow / ".promotion.lock").exists() == (kind == "file")
    with ctx.alone():
        ctx.is_writer = True
        with ctx.registry._alone():  # within a run that has the lease already
            pass
    with pytest.raises(ZeroDivisionError), ctx.alone():
        raise ZeroDivisionError
    assert not ctx.is_written_to()


def test_a_second_writer_is_refused_and_told_who_holds_it(lake: Lakehouse) -> None:
    with lease.writer(lake):
        (row,) = lake.read(bronze.WRITER_LEASE).collect()
        with pytest.raises(lock.LakehouseBusyError) as told, lease.writer(lake):
            raise AssertionError("two hold it")
        assert row.holder in str(told.value)
        assert lake.read(bronze.WRITER_LEASE).collect() == [row]  # the first is unharmed
    with lease.writer(lake):
        pass


def test_a_lease_that_expired_is_taken_and_never_renewed_by_its_old_holder(lake: Lakehouse) -> None:
    """Whoever was killed does not give it back: it is there until its time has passed."""
    killed = lease._Lease(lake, "killed", lasts_s=60)
    assert killed.taken()
    assert not lease._Lease(lake, "next", lasts_s=60).taken()
    killed.claimed("there.token = new.token", lasts_s=-1)
    assert lease._Lease(lake, "next", lasts_s=60).taken()
    assert not killed.claimed("there.token = new.token")  # and it never gets it back by renewing
    assert [row.token for row in lake.read(bronze.WRITER_LEASE).collect()] == ["next"]


def test_of_eight_that_try_at_once_one_holds_it(lake: Lakehouse) -> None:
    lake.append_new(lake.read(bronze.WRITER_LEASE), bronze.WRITER_LEASE)  # the table is there
    together = threading.Barrier(8)

    def work(n: int) -> bool:
        own = lease._Lease(Lakehouse(lake.spark, lake.root), f"token {n}", lasts_s=60)
        together.wait()
        return own.taken()

    with ThreadPoolExecutor(8) as pool:
        taken = list(pool.map(work, range(8)))
    assert sum(taken) == 1
    assert [row.token for row in lake.read(bronze.WRITER_LEASE).collect()] == [f"token {taken.index(True)}"]


def test_it_is_renewed_while_it_is_held(lake: Lakehouse) -> None:
    with lease.writer(lake, renewed_every_s=0.1):
        first = lake.read(bronze.WRITER_LEASE).collect()[0].renewed_at
        deadline = time.monotonic() + 60
        while lake.read(bronze.WRITER_LEASE).collect()[0].renewed_at == first:
            assert time.monotonic() < deadline


def test_a_holder_that_lost_it_is_interrupted_and_takes_nothing_back(lake: Lakehouse) -> None:
    """By the signal itself, which is how a night is interrupted that waits for Spark."""

    def night() -> None:
        with lease.writer(lake, renewed_every_s=0.1):
            assert lease._Lease(lake, "another", lasts_s=60).claimed("true")
            time.sleep(60)

    with pytest.raises(lease.LeaseLostError):
        night()
    assert [row.token for row in lake.read(bronze.WRITER_LEASE).collect()] == ["another"]
    assert lease.is_held(lake)


@pytest.mark.parametrize("lasts_s", [0.0, 600.0])
def test_a_server_that_does_not_answer_is_asked_again_until_the_lease_may_have_expired(
    lasts_s: float, lake: Lakehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = lease._Lease(lake, "mine", lasts_s)
    n_tries, ended, lost = 0, threading.Event(), threading.Event()

    def silent(*_: object, **__: object) -> bool:
        nonlocal n_tries
        n_tries += 1
        if n_tries == 3:
            ended.set()
        raise OSError("no answer")

    monkeypatch.setattr(held, "claimed", silent)
    held.renew(ended, 0.01, lost.set)
    assert (held.is_lost, lost.is_set(), n_tries) == ((True, True, 1) if lasts_s == 0 else (False, False, 3))
