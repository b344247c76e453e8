"""The one door to Splink: which pairs of nominal records are one person, how sure, and why.

The model is Fellegi and Sunter's with adjustment for term frequency (Fellegi and Sunter 1969; Winkler 1988). Its
probabilities are written priors (`NOMINALS`), or what Splink fits from a deployment's own records: u by random
sampling, m by expectation maximisation. A pandas frame is linked by DuckDB in this process, a Spark DataFrame by Spark:
the settings are the same object.

A pair is *admitted* only if at least two of forename, surname and date of birth agree, and neither the forenames nor
the date of birth contradict. So no telephone or address makes two records one person, however rare it is: twins in a
children's home share a surname, a birthday, an address and a telephone.
"""

from __future__ import annotations

import json
import math
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import duckdb
import pandas as pd
import splink.comparison_level_library as cll
import splink.comparison_library as cl
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from splink import DuckDBAPI, Linker, SettingsCreator, SparkAPI, block_on
from splink.backends.spark import similarity_jar_location
from splink.blocking_analysis import count_comparisons_from_blocking_rules
from splink.blocking_rule_library import CustomRule

ID = "record_id"
SMOOTHING = 500  # records
LINKS = ("left_id", "right_id", "match_weight", "match_probability", "is_admitted", "waterfall")


@dataclass(frozen=True)
class Spec:
    """What is compared, how pairs are found, and how a model of it may be fitted.

    A rule of `blocking` is columns that are equal, or an SQL condition on the two records `l` and `r`. `rules` are
    pairs that are surely one person, `recall` the share of such pairs that they find: from both Splink estimates the
    prior. `training` holds what each expectation maximisation blocks on. A pair is admitted where at least `n_agreeing`
    of `agreeing` speak for it and none of `contradicting` is at its last level.
    """

    comparisons: tuple[Any, ...]
    blocking: tuple[tuple[str, ...] | str, ...]
    rules: tuple[tuple[str, ...], ...]
    recall: float
    training: tuple[tuple[str, ...], ...]
    prior: float = 1e-4
    agreeing: tuple[str, ...] = ()
    n_agreeing: int = 0
    contradicting: tuple[str, ...] = ()

    def settings(self) -> SettingsCreator:
        return SettingsCreator(
            link_type="dedupe_only",
            unique_id_column_name=ID,
            comparisons=list(self.comparisons),
            blocking_rules_to_generate_predictions=[blocked(rule) for rule in self.blocking],
            probability_two_random_records_match=self.prior,
            retain_matching_columns=False,
            retain_intermediate_calculation_columns=True,
        )


def connection(n_threads: int = 2) -> duckdb.DuckDBPyConnection:
    """The one maker of DuckDB connections: in memory, reaching nothing outside this process, and locked as it is.

    By default DuckDB fetches extensions from its makers' server, installs and loads them by itself, and reads whatever
    file or address an SQL text names.
    """
    config: dict[str, Any] = {
        "threads": n_threads,
        "temp_directory": "",  # nothing is spilled to disk: a bound on the number of records keeps it in memory
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
        "allow_community_extensions": False,
    }
    made = duckdb.connect(config=config)
    made.execute("SET enable_external_access = false")  # no INSTALL or LOAD, no file, no address; not before the others
    made.execute("SET lock_configuration = true")  # no SQL text undoes any of it
    return made


def blocked(rule: tuple[str, ...] | str) -> Any:
    """A rule of blocking as Splink takes it."""
    return CustomRule(rule) if isinstance(rule, str) else block_on(*rule)


def level(sql: str, label: str, m: float, u: float) -> Any:
    """A level by an SQL condition on `<column>_l` and `<column>_r` that DuckDB and Spark both read."""
    return cll.CustomLevel(sql, label_for_charts=label).configure(m_probability=m, u_probability=u)


def neutral(sql: str, label: str) -> Any:
    """A level that says neither yes nor no, whatever a deployment's records say of it."""
    made = cll.CustomLevel(sql, label_for_charts=label)
    return made.configure(m_probability=0.01, u_probability=0.0101, fix_m_probability=True, fix_u_probability=True)


def exact(column: str, m: float, u: float, *, is_adjusted: bool = False) -> Any:
    """Equal values; where `is_adjusted`, the rarer the value the more it says (at most as if one in 100,000 had it)."""
    made = cll.ExactMatchLevel(column, term_frequency_adjustments=is_adjusted)
    if is_adjusted:
        return made.configure(m_probability=m, u_probability=u, tf_minimum_u_value=1e-5)
    return made.configure(m_probability=m, u_probability=u)


def alike(column: str, least: float, m: float, u: float) -> Any:
    """Jaro-Winkler similarity of at least `least`."""
    return cll.JaroWinklerLevel(column, least).configure(m_probability=m, u_probability=u)


def absent(sql: str) -> Any:
    return cll.CustomLevel(sql, label_for_charts="not known").configure(is_null_level=True)


def otherwise(m: float, u: float) -> Any:
    return cll.ElseLevel().configure(m_probability=m, u_probability=u)


def comparison(name: str, *levels: Any) -> Any:
    """Levels in the order in which they are tried, the first for what is not known, the last for what differs."""
    return cl.CustomComparison(output_column_name=name, comparison_levels=list(levels))


def _unknown(column: str) -> Any:
    return absent(f"{column}_l is null or {column}_r is null")


_SWAPPED = "born_on_l = concat(substr(born_on_r, 1, 5), substr(born_on_r, 9, 2), '-', substr(born_on_r, 6, 2))"
_SOUNDS_OR_PART = (
    "surname_key_l = surname_key_r or surname_l like concat('% ', surname_r) or surname_l like concat(surname_r, ' %')"
    " or surname_r like concat('% ', surname_l) or surname_r like concat(surname_l, ' %')"
)
_SOUNDS_OR_START = (
    "forename_key_l = forename_key_r"
    " or (length(forename_l) >= 3 and substr(forename_r, 1, length(forename_l)) = forename_l)"
    " or (length(forename_r) >= 3 and substr(forename_l, 1, length(forename_r)) = forename_r)"
)
# A form was filled in the wrong way round; or what stands first here stands later there (ELLA GRACE, GRACE).
_NAMES_SWAPPED = "forename_key_l = surname_key_r and surname_key_l = forename_key_r"
_ANOTHER_FORENAME = (
    "concat(' ', second_forenames_l, ' ') like concat('% ', forename_r, ' %')"
    " or concat(' ', second_forenames_r, ' ') like concat('% ', forename_l, ' %')"
)
_INITIAL = "(length(forename_l) = 1 or length(forename_r) = 1) and substr(forename_l, 1, 1) = substr(forename_r, 1, 1)"
_SOME_SECOND_FORENAME = (
    "concat(' ', second_forenames_l, ' ') like concat('% ', second_forenames_r, ' %')"
    " or concat(' ', second_forenames_r, ' ') like concat('% ', second_forenames_l, ' %')"
)
_SECOND_INITIAL = (
    "(length(second_forenames_l) = 1 or length(second_forenames_r) = 1)"
    " and substr(second_forenames_l, 1, 1) = substr(second_forenames_r, 1, 1)"
)
_SAME_YEAR_OR_MONTH = (
    "substr(born_on_l, 1, 4) = substr(born_on_r, 1, 4)"
    " or abs(12 * (cast(substr(born_on_l, 1, 4) as int) - cast(substr(born_on_r, 1, 4) as int))"
    " + cast(substr(born_on_l, 6, 2) as int) - cast(substr(born_on_r, 6, 2) as int)) <= 1"
)
_NO_ADDRESS = "(address_l is null and postcode_l is null) or (address_r is null and postcode_r is null)"

# Each rule needs a name and one thing more, or a day of birth and a place: pairs grow with records, not their square.
_NO_DATE = (
    "l.forename_group = r.forename_group and l.surname_key = r.surname_key and (l.born_on is null or r.born_on is null)"
)
_SWAPPED_KEYS = "l.forename_key = r.surname_key and l.surname_key = r.forename_key"
_SWAPPED_BORN = f"{_SWAPPED_KEYS} and l.born_on = r.born_on"
_SWAPPED_NEAR = f"{_SWAPPED_KEYS} and l.postcode = r.postcode"

# What a nominal record is compared by. m: how often two records of one person are at that level; u: how often two
# records of different people are. Written from how police records err (short forms, slips of a key, people who move
# and change numbers), not from the synthetic world; a deployment fits its own by `nightjar train linkage`.
NOMINALS = Spec(
    comparisons=(
        comparison(
            "forename", _unknown("forename"),
            exact("forename", 0.72, 0.008, is_adjusted=True),
            level("forename_group_l = forename_group_r", "forms of one name", 0.15, 0.002),
            alike("forename", 0.9, 0.05, 0.009),
            level(_SOUNDS_OR_START, "sounds alike, or the start of it", 0.02, 0.004),
            level(_NAMES_SWAPPED, "swapped with the surname", 0.01, 0.0003),
            level(_ANOTHER_FORENAME, "another of the forenames", 0.01, 0.0015),
            neutral(_INITIAL, "the initial of it"),
            otherwise(0.03, 0.9652),
        ),
        comparison(
            "second_forenames", _unknown("second_forenames"),
            exact("second_forenames", 0.75, 0.02),
            level(_SOME_SECOND_FORENAME, "some of them", 0.05, 0.004),
            alike("second_forenames", 0.9, 0.06, 0.006),
            level(_SECOND_INITIAL, "the initial of it", 0.08, 0.05),
            otherwise(0.06, 0.92),
        ),
        comparison(
            "surname", _unknown("surname"),
            exact("surname", 0.86, 0.005, is_adjusted=True),
            alike("surname", 0.92, 0.06, 0.002),
            level(_SOUNDS_OR_PART, "sounds alike, or a part of it", 0.03, 0.002),
            level(_NAMES_SWAPPED, "swapped with the forename", 0.01, 0.0003),
            otherwise(0.04, 0.9907),
        ),
        comparison(
            "born_on", _unknown("born_on"),
            exact("born_on", 0.93, 0.0001),
            level(_SWAPPED, "day and month swapped", 0.01, 0.0001),
            cll.DamerauLevenshteinLevel("born_on", 1).configure(m_probability=0.03, u_probability=0.003),
            level(_SAME_YEAR_OR_MONTH, "same year, or the next month", 0.015, 0.03),
            otherwise(0.015, 0.9668),
        ),
        comparison("sex", _unknown("sex"), exact("sex", 0.99, 0.5), otherwise(0.01, 0.5)),
        comparison(
            "address", absent(_NO_ADDRESS),
            exact("address", 0.55, 0.0005, is_adjusted=True),
            level("postcode_l = postcode_r", "same postcode", 0.15, 0.0005),
            alike("address", 0.95, 0.05, 0.0005),
            otherwise(0.25, 0.9985),
        ),
        comparison("phone", _unknown("phone"), exact("phone", 0.6, 0.0005, is_adjusted=True), otherwise(0.4, 0.9995)),
        comparison(
            "vehicle", _unknown("vehicle"), exact("vehicle", 0.6, 0.0002, is_adjusted=True), otherwise(0.4, 0.9998)
        ),
    ),
    blocking=(
        ("surname_key", "born_on"),
        ("forename_group", "born_on"),
        ("forename_group", "surname_key", "substr(born_on, 1, 4)"),
        ("forename_group", "surname_key", "substr(born_on, 6, 5)"),
        _NO_DATE,
        ("phone", "forename_group"),
        ("phone", "surname_key"),
        ("phone", "born_on"),
        ("postcode", "forename_group"),
        ("postcode", "surname_key"),
        ("postcode", "born_on"),
        ("address", "forename_group"),
        ("address", "surname_key"),
        ("address", "born_on"),
        ("vehicle", "surname_key"),
        _SWAPPED_BORN,
        _SWAPPED_NEAR,
    ),
    rules=(("forename", "surname", "born_on"), ("forename", "surname", "phone")),
    recall=0.5,
    training=(("born_on",), ("forename", "surname")),
    agreeing=("forename", "surname", "born_on"),
    n_agreeing=2,
    contradicting=("forename", "second_forenames", "born_on"),
)  # fmt: skip


class Linkage:
    """Records to be linked with one another under a model: the priors of `spec`, or one that `train` returned.

    Args:
        records: `record_id` (unique) and what `spec` compares, as a pandas frame (DuckDB) or Spark DataFrame (Spark).
        n_threads: of DuckDB.
    """

    def __init__(
        self, records: pd.DataFrame | DataFrame, spec: Spec = NOMINALS, model: str | None = None, n_threads: int = 2
    ) -> None:
        self.spec = spec
        if isinstance(records, pd.DataFrame):
            self._api: Any = DuckDBAPI(connection(n_threads))
        else:
            self._api = _on_spark(records.sparkSession)
        self._records = records
        table = self._api.register(records)
        self._linker = Linker(table, json.loads(model) if model else spec.settings(), log_level=None)
        self._table = table
        self._n_records = len(records) if isinstance(records, pd.DataFrame) else records.count()
        self._register_frequencies()
        self._of_level = {c.output_column_name: _weights(c) for c in self._linker._settings_obj.comparisons}

    def train(self, seed: int, max_pairs: float = 1e6, weight: float = 200.0) -> str:
        """Fit the model to the records and return it as JSON. Same records and seed, same model.

        What the records show is mixed with the priors as if these had been seen in `weight` true pairs: a small or
        tidy set of records otherwise says that nobody ever changes a telephone, and a spoilt one that nobody is there
        twice, because no pair of it is surely one person.
        """
        training = self._linker.training
        training.estimate_probability_two_random_records_match(
            [block_on(*rule) for rule in self.spec.rules], recall=self.spec.recall
        )
        n = self._n_records
        settings, n_possible = self._linker._settings_obj, n * (n - 1) / 2
        estimated = max(settings._probability_two_random_records_match, 1 / n_possible)  # none found is not none there
        settings._probability_two_random_records_match = estimated
        training.estimate_u_using_random_sampling(max_pairs=max_pairs, seed=seed)
        for columns in self.spec.training:
            training.estimate_parameters_using_expectation_maximisation(block_on(*columns))
        model = self._linker.misc.save_model_to_json()
        n_pairs = estimated * n_possible
        share = n_pairs / (n_pairs + weight)
        mixed = share * _log_odds(estimated) + (1 - share) * _log_odds(self.spec.prior)
        model["probability_two_random_records_match"] = 1 / (1 + 2**-mixed)
        _shrink(model, self.spec.settings().create_settings_dict("duckdb"), share)
        return json.dumps(model, sort_keys=True)

    def links(self, threshold: float, changed: Collection[str] | None = None) -> pd.DataFrame:
        """Pairs of probability `threshold` or more, columns LINKS, each pair once with `left_id` < `right_id`.

        With `changed`, only pairs that have one of these records: what the other pairs are worth is known from before.
        """
        if changed is None:
            return self._finished(self._linker.inference.predict(threshold_match_probability=threshold))
        if not changed:
            return pd.DataFrame(columns=list(LINKS))
        new, old = (self._api.register(self._those(changed, is_in=is_in)) for is_in in (True, False))
        infer = self._linker.inference
        predictions = [infer.predict_within(new, threshold_match_probability=threshold)]
        if len(set(changed)) < self._n_records:
            predictions.append(infer.predict_between(old, new, threshold_match_probability=threshold))
        return pd.concat([self._finished(each) for each in predictions], ignore_index=True)

    def explained(self, pairs: Sequence[tuple[str, str]]) -> pd.DataFrame:
        """The given pairs whatever their probability, columns LINKS. For tens of pairs, not for many."""
        if not pairs:
            return pd.DataFrame(columns=list(LINKS))
        wanted = {tuple(sorted(pair)) for pair in pairs}
        sides = [self._those({pair[k] for pair in wanted}, is_in=True) for k in (0, 1)]
        scored = self._linker.inference.score_pairs(*(self._api.register(side) for side in sides))
        finished = self._finished(scored)
        is_wanted = [pair in wanted for pair in zip(finished["left_id"], finished["right_id"], strict=True)]
        return finished[is_wanted].drop_duplicates(["left_id", "right_id"])

    def blocking(self) -> list[dict[str, Any]]:
        """Of each rule, how many pairs it adds to those before it, how many all make, and how many are possible."""
        counted = count_comparisons_from_blocking_rules(
            self._table,
            blocking_rules=[blocked(rule) for rule in self.spec.blocking],
            link_type="dedupe_only",
            unique_id_column_name=ID,
            record_sample_proportion=1.0,
        )
        return [
            {
                "rule": rule if isinstance(rule, str) else " and ".join(rule),
                "added": row["marginal_comparison_count"],
                "pairs": row["cumulative_comparison_count"],
                "possible": row["total_possible_comparison_count"],
            }
            for rule, row in zip(self.spec.blocking, counted, strict=True)
        ]

    def _those(self, ids: Collection[str], *, is_in: bool) -> pd.DataFrame | DataFrame:
        """The records of these ids, or all others."""
        if isinstance(self._records, pd.DataFrame):
            return self._records[self._records[ID].isin(set(ids)) == is_in]
        named = self._records.sparkSession.createDataFrame([(each,) for each in sorted(set(ids))], f"{ID} string")
        return self._records.join(named, ID, "left_semi" if is_in else "left_anti")

    def _register_frequencies(self) -> None:
        """How common each value is, as if SMOOTHING more records had been seen in which it is as common as the level's
        u says. Among fifty records every name looks common; among a million the records alone speak."""
        u = {
            each._tf_adjustment_input_column.input_name: each.u_probability
            for made in self._linker._settings_obj.comparisons
            for each in made.comparison_levels
            if each._tf_adjustment_input_column is not None and each.u_probability is not None
        }
        rows = self._records
        tables: Iterable[tuple[str, Any]] = (
            _in_pandas(rows, u) if isinstance(rows, pd.DataFrame) else _in_spark(rows, u)
        )
        for column, table in tables:
            self._linker.table_management.register_term_frequency_lookup(self._api.register(table), column)

    def _finished(self, scored: Any) -> pd.DataFrame:
        """Splink's predictions as LINKS."""
        frame = scored.as_pandas_dataframe()
        names = list(self._of_level)
        weights = {name: frame[f"mw_{name}"].round(6) for name in names}
        agreeing = sum((weights[name] > 0).astype(int) for name in self.spec.agreeing)
        is_admitted = pd.Series(agreeing >= self.spec.n_agreeing, index=frame.index)
        for name in self.spec.contradicting:
            if name in names:  # a model that was fitted before this was compared does without
                is_admitted &= weights[name] != self._of_level[name][1]
        left, right = frame[f"{ID}_l"], frame[f"{ID}_r"]
        is_swapped = left > right
        prior = round(_log_odds(self._linker._settings_obj._probability_two_random_records_match), 4)
        rows = zip(*(frame[column] for name in names for column in self._columns(name, frame)), strict=True)
        return pd.DataFrame(
            {
                "left_id": left.where(~is_swapped, right),
                "right_id": right.where(~is_swapped, left),
                "match_weight": frame["match_weight"].round(4),
                "match_probability": frame["match_probability"].round(6),
                "is_admitted": is_admitted,
                "waterfall": [self._waterfall(prior, row, frame) for row in rows],
            }
        )

    def _columns(self, name: str, frame: pd.DataFrame) -> list[str]:
        adjusted = f"mw_tf_adj_{name}"
        return [f"mw_{name}", *([adjusted] if adjusted in frame else [])]

    def _waterfall(self, prior: float, row: Sequence[float], frame: pd.DataFrame) -> str:
        """Prior, then what each comparison adds, in units of log2 odds: the sum is the match weight."""
        steps: list[dict[str, Any]] = [{"step": "prior", "weight": prior}]
        values = iter(row)
        for name, (labels, _) in self._of_level.items():
            columns = self._columns(name, frame)
            weight = float(next(values))
            steps.append({"step": name, "level": labels.get(round(weight, 6), "not known"), "weight": round(weight, 4)})
            if len(columns) > 1:
                adjustment = float(next(values))
                if adjustment:
                    steps.append({"step": f"{name}: how common", "weight": round(adjustment, 4)})
        return json.dumps(steps)


def _in_pandas(records: pd.DataFrame, u: Mapping[str, float]) -> Iterator[tuple[str, pd.DataFrame]]:
    """Of each column, each value's smoothed share: columns `<column>` and `tf_<column>`."""
    for column, common in u.items():
        counts = records[column].dropna().value_counts()
        shares = (counts + SMOOTHING * common) / (counts.sum() + SMOOTHING)
        yield column, pd.DataFrame({column: shares.index.astype(str), f"tf_{column}": shares.to_numpy(dtype=float)})


def _in_spark(records: DataFrame, u: Mapping[str, float]) -> Iterator[tuple[str, DataFrame]]:
    """As `_in_pandas`."""
    totals = records.agg(*(F.count(column).alias(column) for column in u)).collect()[0]
    for column, common in u.items():
        counts = records.where(F.col(column).isNotNull()).groupBy(column).agg(F.count("*").alias("n"))
        share = (F.col("n") + SMOOTHING * common) / (totals[column] + SMOOTHING)
        yield column, counts.select(column, share.alias(f"tf_{column}"))


def _on_spark(session: SparkSession) -> SparkAPI:
    """Splink's engine over a session that knows its similarity functions: their archive lies in Splink's own package.

    What Splink computes on the way stays in Spark's memory and local folder: no folder of checkpoints is needed.
    """
    if not session.catalog.functionExists("jaro_winkler"):
        session.sql(f"ADD JAR '{similarity_jar_location()}'")
    return SparkAPI(spark_session=session, break_lineage_method="persist")


def _log_odds(probability: float) -> float:
    return math.log2(probability / (1 - probability))


def _weights(made: Any) -> tuple[dict[float, str], float]:
    """Label of each level of a comparison by its match weight, and the weight of its last level."""
    weights, last = {}, 0.0
    for each in made.comparison_levels:
        if not each.is_null_level:
            last = round(each._match_weight, 6)
            weights[last] = each.label_for_charts
    return weights, last


def _shrink(model: dict[str, Any], priors: dict[str, Any], share: float) -> None:
    """Mix the fitted m of `model` with the priors, the fit counting `share`; what could not be fitted is the prior."""
    for fitted, written in zip(model["comparisons"], priors["comparisons"], strict=True):
        for mine, theirs in zip(fitted["comparison_levels"], written["comparison_levels"], strict=True):
            if mine.get("is_null_level"):
                continue
            for letter, part in (("m", share), ("u", 0.999)):
                prior = theirs.get(f"{letter}_probability")
                fit = mine.get(f"{letter}_probability")
                if prior is not None:
                    mine[f"{letter}_probability"] = prior if fit is None else part * fit + (1 - part) * prior
