"""Who it is comes from the operating system, or is refused; the log says under which account."""

from __future__ import annotations

import json
import os
import pwd
import subprocess
import sys
from pathlib import Path

import pytest

from jobs.runtime import audit, identity, settings
from schemas.errors import UserError

NO_ACCOUNT = 54_321  # a user id that no machine of ours gives a name


def _python(code: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run `code` in a process that knows nothing but what is given, as a service or a container starts one."""
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=settings.ROOT,
        env={"PYTHONPATH": str(settings.ROOT), "PATH": os.defpath, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_person_is_the_account_and_not_what_the_environment_says() -> None:
    account = subprocess.run(["id", "-un"], capture_output=True, text=True, check=True).stdout.strip()
    code = "from jobs.runtime import identity; print(identity.person())"
    assert _python(code).stdout.strip() == account
    assert _python(code, USER="somebody.else", LOGNAME="somebody.else").stdout.strip() == account


@pytest.mark.skipif(os.getuid() != 0, reason="only root can become a user id without an account")
def test_a_process_without_an_account_is_refused_with_what_to_do() -> None:
    code = f"""
import os
from jobs.runtime import identity
os.setuid({NO_ACCOUNT})
print(identity.account())
identity.person()
"""
    ended = _python(code, USER="unknown")
    assert ended.stdout.strip() == f"uid {NO_ACCOUNT}"
    assert f"NobodyError: User id {NO_ACCOUNT} has no account" in ended.stderr
    assert "--reviewer" in ended.stderr


def test_nobody_is_refused_as_a_mistake_that_a_person_can_mend(monkeypatch: pytest.MonkeyPatch) -> None:
    def unlisted(uid: int) -> pwd.struct_passwd:
        raise KeyError(f"getpwuid(): uid not found: {uid}")

    monkeypatch.setattr(pwd, "getpwuid", unlisted)
    with pytest.raises(identity.NobodyError, match="has no account") as refused:
        identity.person()
    assert isinstance(refused.value, UserError)
    assert identity.account() == f"uid {os.getuid()}"


def test_the_log_says_the_account_whoever_the_reviewer_is_said_to_be(tmp_path: Path) -> None:
    log = audit.Audit(tmp_path)
    log.append("consultation", "a.colleague", "gold.queue_items")
    (entry,) = log.entries()
    assert (entry["who"], entry["account"]) == ("a.colleague", identity.person())
    assert log.verify() is None


BEFORE = (  # an entry as it was written before the log named the account
    b'{"n":1,"at":"2026-01-05T02:00:00.000000+00:00","action":"collection","who":"nightjar","on_what":"a file",'
    b'"to_whom":null,"why":null,"counts":{},"previous":"' + b"0" * 64 + b'",'
    b'"hash":"4f14bce80a8e2331b5e93a7597e76eb448604f52b4d878df858dceab0695cb9a"}\n'
)


def test_a_log_from_before_the_account_was_written_still_verifies(tmp_path: Path) -> None:
    log = audit.Audit(tmp_path)
    log.path.write_bytes(BEFORE)
    head = {"n": 1, "n_bytes": len(BEFORE), "hash": json.loads(BEFORE)["hash"]}
    log.head_path.write_text(json.dumps({"head": head, "intent": None}))
    assert log.verify() is None
    log.append("consultation", "a.analyst", "gold.queue_items")
    assert log.verify() is None


@pytest.mark.parametrize(("there", "instead"), [(b'"account":"', b'"account":"x'), (b'"account":', b'"accounx":')])
def test_an_account_that_was_changed_is_found(tmp_path: Path, there: bytes, instead: bytes) -> None:
    log = audit.Audit(tmp_path)
    log.append("consultation", "a.analyst", "gold.queue_items")
    log.path.write_bytes(log.path.read_bytes().replace(there, instead))
    assert log.verify() is not None
