"""The same research in DuckDB and in pandas, written by hand: rivals in speed, and witnesses that results are right."""

from __future__ import annotations

import numpy as np
import pandas as pd

TOP = 25
SKEW_S = 5
COLUMNS = {
    "top": [
        "subject", "other", "n", "n_calls", "n_texts", "n_out", "n_in", "talk_s", "first_at", "last_at", "n_days",
        "is_listed", "rank",
    ],
    "common": ["other", "n_subjects", "n", "first_at", "last_at"],
    "weeks": [
        "number", "week", "active_days", "call_duration_mean", "percent_nocturnal_text", "interevent_time_text_mean",
        "number_of_contacts_call", "number_of_contacts_text", "entropy_of_contacts_call",
    ],
}  # fmt: skip
PARTS = ("operator", "imei", "imsi", "first_cell", "last_cell")  # what a record tells of its own side
_OWN = f"struct_pack({', '.join(f'{part} := {part}' for part in PARTS)})"
_KEYS = {"top": ["subject", "other"], "common": ["other"], "weeks": ["number", "week"]}

_SQL = f"""
CREATE TEMP TABLE legs AS
WITH mine AS (
  SELECT * FROM read_parquet('{{source}}/*.parquet')
  WHERE a_number IN (SELECT value FROM wanted) OR b_number IN (SELECT value FROM wanted)),
gaps AS (
  SELECT *, CASE WHEN epoch_us(started_at) - lag(epoch_us(started_at)) OVER w > {SKEW_S} * 1000000
    THEN 1 ELSE 0 END AS s
  FROM mine WINDOW w AS (PARTITION BY a_number, b_number, type ORDER BY started_at, direction, event_id)),
runs AS (
  SELECT *, sum(s) OVER (PARTITION BY a_number, b_number, type ORDER BY started_at, direction, event_id
                         ROWS UNBOUNDED PRECEDING) AS run FROM gaps),
placed AS (
  SELECT *, row_number() OVER (PARTITION BY a_number, b_number, type, run, direction ORDER BY started_at, event_id) AS k
  FROM runs),
calls AS (
  SELECT a_number, b_number, type, arg_min(started_at, (direction = 'INCOMING')::INT) AS started_at,
         max(duration_s) AS duration_s, min(event_id) AS call_id,
         max({_OWN}) FILTER (direction <> 'INCOMING') AS a, max({_OWN}) FILTER (direction = 'INCOMING') AS b
  FROM placed GROUP BY a_number, b_number, type, run, k)
SELECT a_number AS number, b_number AS other, true AS is_out, type, started_at, duration_s, call_id, unnest(a)
FROM calls WHERE a_number IN (SELECT value FROM wanted)
UNION ALL
SELECT b_number, a_number, false, type, started_at, duration_s, call_id, unnest(b)
FROM calls WHERE b_number IN (SELECT value FROM wanted)
"""
_CONTACTS = """
CREATE TEMP TABLE contacts AS
WITH found AS (
  SELECT number AS subject, other, count(*) AS n, count(*) FILTER (type = 'VOICE') AS n_calls,
         count(*) FILTER (type = 'SMS') AS n_texts, count(*) FILTER (is_out) AS n_out,
         count(*) FILTER (NOT is_out) AS n_in, sum(CASE WHEN type = 'VOICE' THEN duration_s ELSE 0 END) AS talk_s,
         min(started_at) AS first_at, max(started_at) AS last_at, count(DISTINCT started_at::DATE) AS n_days
  FROM legs GROUP BY number, other)
SELECT *, other IN (SELECT value FROM wanted) AS is_listed,
       row_number() OVER (PARTITION BY subject ORDER BY n DESC, talk_s DESC, other) AS rank FROM found
"""
_TOP = f"""
SELECT * FROM contacts WHERE rank <= {TOP}
"""
_COMMON = """
SELECT other, count(*) AS n_subjects, sum(n)::BIGINT AS n, min(first_at) AS first_at, max(last_at) AS last_at
FROM contacts WHERE NOT is_listed GROUP BY other HAVING count(*) > 1
"""
_WEEKS = """
WITH r AS (
  SELECT *, date_trunc('week', started_at::TIMESTAMP)::DATE AS week, epoch_us(started_at) // 1000000 AS s FROM legs),
g AS (SELECT *, s - lag(s) OVER (PARTITION BY number, week, type ORDER BY s, call_id, is_out) AS gap FROM r),
u AS (
  SELECT number, week, count(DISTINCT started_at::DATE) AS active_days,
    avg(duration_s) FILTER (type = 'VOICE') AS call_duration_mean,
    avg(CASE WHEN s % 86400 >= 68400 OR s % 86400 <= 25200 THEN 1.0 ELSE 0.0 END) FILTER (type = 'SMS')
      AS percent_nocturnal_text,
    avg(gap) FILTER (type = 'SMS') AS interevent_time_text_mean FROM g GROUP BY number, week),
c AS (SELECT number, week, type, other, count(*) AS n FROM r GROUP BY ALL),
p AS (SELECT *, n / sum(n) OVER (PARTITION BY number, week, type) AS p FROM c),
e AS (
  SELECT number, week, nullif(count(*) FILTER (type = 'VOICE'), 0) AS number_of_contacts_call,
    nullif(count(*) FILTER (type = 'SMS'), 0) AS number_of_contacts_text,
    sum(-p * ln(p)) FILTER (type = 'VOICE') AS entropy_of_contacts_call FROM p GROUP BY number, week)
SELECT * FROM u JOIN e USING (number, week)
"""


def by_duckdb(source: str, values: list[str]) -> dict[str, pd.DataFrame]:
    import duckdb

    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    connection.register("listed", pd.DataFrame({"value": values}))
    connection.execute("CREATE TEMP TABLE wanted AS SELECT value FROM listed")
    connection.execute(_SQL.format(source=source))
    connection.execute(_CONTACTS)
    found = {"top": _TOP, "common": _COMMON, "weeks": _WEEKS}
    return {name: connection.execute(sql).df()[COLUMNS[name]] for name, sql in found.items()}


def by_pandas(source: str, values: list[str]) -> dict[str, pd.DataFrame]:
    events = pd.read_parquet(source)
    listed = set(values)
    events = events[events["a_number"].isin(listed) | events["b_number"].isin(listed)]
    legs = _legs(events, listed)
    is_call = legs["type"] == "VOICE"
    legs["talk_s"], legs["day"] = legs["duration_s"].where(is_call, 0.0), legs["started_at"].dt.normalize()
    legs["is_call"], legs["is_text"], legs["is_in"] = is_call, ~is_call, ~legs["is_out"]
    contacts = legs.groupby(["subject", "other"], as_index=False).agg(
        n=("call_id", "size"), n_calls=("is_call", "sum"), n_texts=("is_text", "sum"), n_out=("is_out", "sum"),
        n_in=("is_in", "sum"), talk_s=("talk_s", "sum"), first_at=("started_at", "min"), last_at=("started_at", "max"),
        n_days=("day", "nunique"),
    )  # fmt: skip
    contacts["is_listed"] = contacts["other"].isin(listed)
    top = contacts.sort_values(["subject", "n", "talk_s", "other"], ascending=[True, False, False, True])
    top["rank"] = top.groupby("subject").cumcount() + 1
    others = contacts[~contacts["is_listed"]].groupby("other", as_index=False)
    common = others.agg(
        n_subjects=("n", "size"), n=("n", "sum"), first_at=("first_at", "min"), last_at=("last_at", "max")
    )
    found = {"top": top[top["rank"] <= TOP], "common": common[common["n_subjects"] > 1], "weeks": _weeks(legs)}
    return {name: df[COLUMNS[name]] for name, df in found.items()}


def _legs(events: pd.DataFrame, listed: set[str]) -> pd.DataFrame:
    parties = ["a_number", "b_number", "type"]
    events = events.sort_values([*parties, "started_at", "direction", "event_id"])
    gap = events.groupby(parties)["started_at"].diff() > pd.Timedelta(seconds=SKEW_S)
    events["run"] = gap.groupby([events[p] for p in parties]).cumsum()
    events = events.sort_values([*parties, "run", "direction", "started_at", "event_id"])
    events["k"] = events.groupby([*parties, "run", "direction"]).cumcount()
    events = events.sort_values("direction", ascending=False, kind="stable")  # OUTGOING first: it says when
    is_b = events["direction"] == "INCOMING"
    own = {f"{side}_{part}": events[part].where(is_b == (side == "b")) for side in "ab" for part in PARTS}
    calls = events.assign(**own).groupby([*parties, "run", "k"], as_index=False).agg(
        started_at=("started_at", "first"), duration_s=("duration_s", "max"), call_id=("event_id", "min"),
        **{name: (name, "first") for name in own},
    )  # fmt: skip
    sides = []
    for mine, theirs, is_out in (("a", "b", True), ("b", "a", False)):
        names = {f"{mine}_number": "subject", f"{theirs}_number": "other", **{f"{mine}_{p}": p for p in PARTS}}
        side = calls[calls[f"{mine}_number"].isin(listed)].rename(columns=names)
        sides.append(side[["call_id", "type", "started_at", "duration_s", *names.values()]].assign(is_out=is_out))
    return pd.concat(sides, ignore_index=True)


def _weeks(legs: pd.DataFrame) -> pd.DataFrame:
    at = legs["started_at"].dt.tz_localize(None)
    legs = legs.assign(
        number=legs["subject"], day=at.dt.normalize(), week=(at - pd.to_timedelta(at.dt.weekday, "D")).dt.normalize(),
        s=at.astype("datetime64[s]").astype("int64"),
    )  # fmt: skip
    key = ["number", "week"]
    legs = legs.sort_values([*key, "type", "s", "call_id", "is_out"])
    second = legs["s"] % 86_400
    is_text = legs["type"] == "SMS"
    legs["gap"] = legs.groupby([*key, "type"])["s"].diff().where(is_text)
    legs["night"] = ((second >= 68_400) | (second <= 25_200)).astype(float).where(is_text)
    legs["talk"] = legs["duration_s"].where(~is_text)
    use = legs.groupby(key).agg(
        active_days=("day", "nunique"), call_duration_mean=("talk", "mean"), percent_nocturnal_text=("night", "mean"),
        interevent_time_text_mean=("gap", "mean"),
    )  # fmt: skip
    n = legs.groupby([*key, "type", "other"]).size().rename("n").reset_index()
    p = n["n"] / n.groupby([*key, "type"])["n"].transform("sum")
    n["h"] = -p * np.log(p)
    by_kind = n.groupby([*key, "type"]).agg(c=("n", "size"), h=("h", "sum")).unstack("type")
    use["number_of_contacts_call"], use["number_of_contacts_text"] = by_kind["c"]["VOICE"], by_kind["c"]["SMS"]
    use["entropy_of_contacts_call"] = by_kind["h"]["VOICE"]
    return use.reset_index()


def compare(found: dict[str, pd.DataFrame], expected: dict[str, pd.DataFrame], engine: str) -> None:
    """Raises AssertionError where an engine's tables differ from the first engine's."""
    for name, keys in _KEYS.items():
        one, other = (_plain(df[name], keys) for df in (found, expected))
        pd.testing.assert_frame_equal(one, other, check_dtype=False, rtol=1e-9, atol=1e-9, obj=f"{engine} {name}")


def _plain(df: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    plain = df.copy()
    if "week" in plain:
        plain["week"] = pd.to_datetime(plain["week"]).astype("datetime64[s]")
    for name in plain.columns:
        if name in ("first_at", "last_at"):
            plain[name] = pd.to_datetime(plain[name], utc=True).astype("datetime64[us, UTC]")
        elif name not in ("subject", "other", "number", "week"):
            plain[name] = plain[name].astype(float)
    return plain.sort_values(keys).reset_index(drop=True)
