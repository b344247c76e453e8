"""Dagster's web server on loopback, behind a check of who asks: `python -m jobs.night.webserver PORT [read-only]`."""

from __future__ import annotations

import sys

import dagster as dg
import uvicorn
from dagster._core.workspace.context import WorkspaceProcessContext
from dagster._core.workspace.load_target import ModuleTarget
from dagster_webserver.app import create_app_from_workspace_process_context
from dagster_webserver.cli import (
    DEFAULT_DB_STATEMENT_TIMEOUT,
    DEFAULT_POOL_MAX_OVERFLOW,
    DEFAULT_POOL_RECYCLE,
)
from dagster_webserver.version import __version__

from jobs.night.own_pages import OwnPagesOnly
from jobs.runtime import home

MODULE = "jobs.night.definitions"


def serve(port: int, *, is_read_only: bool) -> None:
    """Serve the pages of the instance that `DAGSTER_HOME` names until interrupted.

    Read-only, the page shows everything and starts nothing.
    """
    home.private()
    with dg.DagsterInstance.get() as instance:
        instance.optimize_for_webserver(DEFAULT_DB_STATEMENT_TIMEOUT, DEFAULT_POOL_RECYCLE, DEFAULT_POOL_MAX_OVERFLOW)
        target = ModuleTarget(module_name=MODULE, attribute=None, working_directory=None, location_name=MODULE)
        with WorkspaceProcessContext(
            instance, workspace_load_target=target, version=__version__, read_only=is_read_only
        ) as process:
            app = OwnPagesOnly(create_app_from_workspace_process_context(process))
            uvicorn.run(app, host="127.0.0.1", port=port, log_level="warning")


if __name__ == "__main__":
    serve(int(sys.argv[1]), is_read_only="read-only" in sys.argv[2:])
