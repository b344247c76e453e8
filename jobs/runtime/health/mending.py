"""Going back to a version of a table that is whole, or doing without one night of it, logged before it is done.

Neither reads the data files that are broken, so both work where reading no longer does.
"""

from __future__ import annotations

from datetime import date

from py4j.protocol import Py4JJavaError
from pyspark.errors import PySparkException

from jobs.runtime.audit import operations
from jobs.runtime.context import RunContext
from jobs.runtime.delta import delta_log
from jobs.runtime.health import table_health
from schemas import catalogue
from schemas.contract import Table
from schemas.errors import InvalidInputError, NotFoundError


def restore(ctx: RunContext, path: str, version: int, *, who: str, why: str) -> int:
    """Make a version of the table at `path` its newest again, and return the number that it has then.

    Raises:
        NotFoundError: there is no such table, or no such version of it, or files of that version are gone.
    """
    table = _opened(ctx, _table(path))
    _refuse_unless_whole(ctx, table, version)
    operations.home_mended(ctx.audit, who, f"{path} back to version {version}", why)
    try:
        ctx.spark.sql(f"RESTORE TABLE {ctx.lake.sql_name(table)} TO VERSION AS OF {int(version)}").collect()
    except (PySparkException, Py4JJavaError) as error:  # the latter: what pyspark has no class for
        raise NotFoundError(f"{path} cannot go back to version {version}: {_line(error)}") from error
    return _version(ctx, table)


def remove_night(ctx: RunContext, path: str, night: date, *, who: str, why: str) -> int:
    """Take what `night` wrote out of the table at `path`, for it to be run again; returns the version after.

    Raises:
        NotFoundError: there is no such table.
        InvalidInputError: the table is not kept by night.
    """
    table = _table(path)
    if "night" not in table.partition_by:
        raise InvalidInputError(f"{path} is not kept by night: give the version to go back to.")
    _opened(ctx, table)
    operations.home_mended(ctx.audit, who, f"{path} without night {night}", why)
    # Of whole partitions: no file is read. Delta takes no parameters here; a date holds digits and dashes alone.
    ctx.spark.sql(f"DELETE FROM {ctx.lake.sql_name(table)} WHERE night = DATE '{night.isoformat()}'").collect()
    return _version(ctx, table)


def _refuse_unless_whole(ctx: RunContext, table: Table, version: int) -> None:
    """Delta looks only for files that the newest version lacks: one that both need, and is gone, it does not miss."""
    state = delta_log.read(table_health.folder_of(ctx.settings.lakehouse, table)).at(version)
    broken = [] if state is None else [live for live in state.files.values() if not table_health.is_there(live)]
    if broken:
        raise NotFoundError(
            f"{table.path} cannot go back to version {version}: {len(broken)} of its files are gone or changed, "
            f"{broken[0].path.name} first. `nightjar doctor` names the newest version that is whole."
        )


def _table(path: str) -> Table:
    for table in catalogue.TABLES:
        if table.path == path:
            return table
    raise NotFoundError(f"There is no table {path!r}: docs/data-dictionary.md lists them.")


def _opened(ctx: RunContext, table: Table) -> Table:
    """The table, if its log can be read."""
    if not ctx.lake.exists(table):
        raise NotFoundError(f"{table.path} was never written.")
    try:
        _version(ctx, table)
    except PySparkException as error:
        raise NotFoundError(
            f"The log of {table.path} cannot be read: {_line(error)}. Run `nightjar doctor`."
        ) from error
    return table


def _version(ctx: RunContext, table: Table) -> int:
    return int(ctx.spark.sql(f"DESCRIBE HISTORY {ctx.lake.sql_name(table)} LIMIT 1").collect()[0].version)


def _line(error: Exception) -> str:
    return " ".join(str(error).split())[:300]
