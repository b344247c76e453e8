"""Errors that a person can act on: one base class, so that one place turns them into one sentence.

The message says what is wrong and what to do, for whoever typed the command. Anything else that is raised is a defect
of the code and stays a traceback. Below every layer, because every layer raises them.
"""

from __future__ import annotations


class UserError(Exception):
    """An error that a person can act on; its message is shown as it is, without a traceback."""


class NotFoundError(UserError, LookupError):
    """Nothing of that name, or nothing yet."""


class InvalidInputError(UserError, ValueError):
    """What was given cannot be used."""
