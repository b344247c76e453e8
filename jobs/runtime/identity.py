"""Who it is: taken from the operating system, or refused. Nobody is "unknown" in a decision or in the log.

Environment variables such as USER are not asked: whoever starts a process writes them.
"""

from __future__ import annotations

import os
import pwd
from typing import TYPE_CHECKING

from schemas.errors import UserError

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


class NobodyError(UserError):
    """Nobody can be named as the one who looks or decides."""


def person() -> str:
    """Login name of the account that this process runs under.

    Raises:
        NobodyError: the account has no name on this machine.
    """
    try:
        name = pwd.getpwuid(os.getuid()).pw_name.strip()
    except KeyError:
        name = ""
    if not name:
        raise NobodyError(
            f"User id {os.getuid()} has no account on this machine, so the log cannot say who this is. "
            "Log in under your own account, or say who you are with --reviewer (reviewer=... in a notebook)."
        )
    return name


def account() -> str:
    """The account that this process runs under, for the log: its login name, or its user id where it has none."""
    try:
        return person()
    except NobodyError:
        return f"uid {os.getuid()}"


def signed_in(spark: SparkSession) -> str:
    """The user that a Databricks workspace signed in, whatever the process runs under.

    Raises:
        NobodyError: the workspace names nobody.
    """
    name = str(spark.sql("SELECT current_user()").collect()[0][0] or "").strip()
    if not name:
        raise NobodyError("The workspace names no signed-in user, so the log cannot say who this is: sign in again.")
    return name
