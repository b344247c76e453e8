"""Guards that trials stand for, and the cheapest tests that must see each of them gone: see `guards`."""

from __future__ import annotations

from dataclasses import dataclass

BOMBS = 11  # the trial whose files become gigabytes without their guards
MODELS, POISON = "tests/faults/test_models.py", "tests/faults/test_poison_files.py"
AUDIT, DOCTOR = "tests/jobs/runtime/test_audit.py", "tests/jobs/runtime/health/test_doctor.py"
ENTRIES, HEALTH = "jobs/runtime/audit/entries.py", "jobs/runtime/health/table_health.py"
ESCAPING, SINKS = "jobs/output/escaping.py", "tests/jobs/output/test_escaping.py"
NORMALISING, PARAMETERS = "tests/models/text/test_normalisation.py", "tests/faults/test_parameters.py"
RESEARCHED = "ids=listed,\n    )  # fmt: skip\n\n\ndef identifiers_combined"
INBOX, THREADS = "tests/jobs/runtime/inbox/test_port.py", "tests/faults/test_threads.py"
HOSTILE, LANDING = "tests/jobs/pages/test_hostile_values.py", "jobs/sources/landing.py"
POLICY = 'http-equiv="Content-Security-Policy" '
KEYS_ALONE = "except KeyError as error:  #"
TAKEN = "if Path(name).name != name or not os.path.lexists(source):"
VERIFICATION, ARTEFACT = "models/registry/verification.py", "models/serving/artefact.py"
READERS, NORMALISATION = "pipelines/ingest/readers", "models/text/normalisation.py"
STEPS = "_STEPS = (_without_width_and_compatible, _latin, _joined, _lettered)"


@dataclass(frozen=True)
class Guard:
    """A guard of a trial: `code` of `file`, in whose place `without` is put, and where the tests are that must fail.

    Attributes:
        words: of the tests' names, as pytest's `-k` takes them.
    """

    trial: int
    file: str
    code: str
    without: str
    tests: str
    words: str


def _lake(
    trial: int, code: str, without: str, words: str, tests: str = "tests/jobs/runtime/test_lakehouse.py"
) -> Guard:
    return Guard(trial, "jobs/runtime/lakehouse.py", code, without, tests, words)


def _ingest(trial: int, file: str, code: str, without: str, words: str) -> Guard:
    return Guard(trial, f"pipelines/{file}", code, without, "tests/pipelines/ingest/test_ingest.py", words)


def _poison(file: str, code: str, without: str) -> Guard:
    return Guard(9, file, code, without, POISON, "twenty_poison")


def _log(code: str) -> Guard:
    return Guard(4, "jobs/runtime/audit/chain.py", code, "if False:", AUDIT, "between_its_writes")


def _linkage(code: str, without: str) -> Guard:
    """What keeps DuckDB from reaching anybody."""
    tests = "tests/pipelines/network/test_linkage_database.py"
    return Guard(29, "pipelines/network/entities/linkage.py", code, without, tests, "test")


def _model(trial: int, file: str, code: str, without: str, words: str) -> Guard:
    return Guard(trial, file, code, without, MODELS, words)


def _bomb(file: str, code: str, *names: str) -> Guard:
    return Guard(BOMBS, f"{READERS}/{file}", code, "if False:", POISON, f"trial_11 and ({' or '.join(names)})")


GUARDS = (
    _lake(1, "if self._holds(df, self.read(table).where(condition), table, where):", "if False:", "same_content"),
    _ingest(
        1, "ingest/bronze.py", '(F.col("night") < F.lit(night)) & (F.col("status") == "LOADED")',
        'F.col("status") == "LOADED"', "rerun_changes_nothing",
    ),
    _ingest(
        2, "ingest/bronze.py", 'F.coalesce(F.col("_before.file"), twin)).alias("duplicate_of")',
        'twin).alias("duplicate_of")', "renamed_copy",
    ),
    _ingest(
        2, "ingest/bronze.py", 'F.coalesce(F.col("_before.file"), twin)).alias("duplicate_of")',
        'F.col("_before.file")).alias("duplicate_of")', "twins_of_one_night",
    ),
    Guard(
        3, "pipelines/decisions/intake.py", "first.items() if decision_id not in known]", "first.items()]", INBOX,
        "killed_anywhere and folder",
    ),
    Guard(3, "jobs/runtime/inbox/folder.py", TAKEN, "if False:", INBOX, "killed_anywhere and folder"),
    _log("if intent is not None and size == intent.n_bytes and self._last_hash(head.n_bytes) == intent.hash:"),
    _log("if intent is not None and head.n_bytes < size < intent.n_bytes:"),
    Guard(
        5, "jobs/runtime/lock.py", "lock.acquire(timeout=wait_s, poll_interval=0.1)", "pass",
        "tests/faults/test_two_writers.py", "no_commit",
    ),
    Guard(
        5, "jobs/runtime/lease.py", '"there.expires_at < new.renewed_at"', '"true"', "tests/jobs/runtime/test_lease.py",
        "second_writer",
    ),
    _lake(
        7, "return self._writing.setdefault(table.path, threading.Lock())", "return threading.Lock()",
        "replace_their_nights", THREADS,
    ),
    _lake(7, "except CONFLICTS:", "except ZeroDivisionError:", "merge and each", THREADS),
    _lake(8, '{"replaceWhere": condition}, "overwrite")', '{}, "overwrite")', "replaces_itself"),
    _ingest(8, "common/as_of.py", 'df.filter(F.col("night") <= F.lit(night))', "df", "as_of_sees"),
    Guard(
        9, f"{READERS}/read.py", "except Exception as error:  # noqa: BLE001 - the promise", KEYS_ALONE, POISON,
        "nobody_thought_of",
    ),
    _poison(LANDING, "if not stat.S_ISREG(status.st_mode):\n            return", "if False:\n            return"),
    _poison(LANDING, "if not status.st_mode & 0o444:", "if False:"),
    _poison(f"{READERS}/read.py", "if not spool.n_rows:", "if False:"),
    _poison(f"{READERS}/base.py", "if len(names) > MAX_COLUMNS:", "if False:"),
    _ingest(
        10, "ingest/readers/read.py", '(",".join(names) or None for names in columns or ((), ()))', "(None, None)",
        "changed_columns",
    ),
    _ingest(10, "ingest/readers/base.py", "    if missing:", "    if False:", "changed_columns"),
    _ingest(
        10, "ingest/conform/judgement.py", "value.isNotNull() & ~F.array_contains(known, name))",
        "value.isNotNull() & F.array_contains(unread, name))", "drifted_columns",
    ),
    Guard(14, "jobs/pages/markup.py", "autoescape=True", "autoescape=False", HOSTILE, "markup_in_any_field"),
    Guard(14, "jobs/pages/templates/page.html.j2", POLICY, "", "tests/faults/test_injection.py", "trial_14"),
    _model(20, "models/training/promotion.py", "    if precision < own:", "    if False:", "worse_model"),
    _model(
        20, "models/training/promotion.py",
        "elif incumbent.night == night and precision <= max(own, incumbent.average_precision):", "elif False:",
        "two_promotions",
    ),
    _model(
        20, "models/registry/registry.py", "with self._alone():\n            night = ",
        "if True:\n            night = ", "two_promotions",
    ),
    Guard(
        6, "jobs/runtime/lock.py", "wait_s: float = 3.0", "wait_s: float = 40.0", "tests/faults/test_two_writers.py",
        "second_night",
    ),
    Guard(
        6, "jobs/runtime/lock.py", "(process {_holder(folder)})", "(another)", "tests/faults/test_two_writers.py",
        "second_night",
    ),
    _bomb(
        "base.py", "if n_bytes > MIN_UNPACKED and n_bytes > MAX_RATIO * self._n_landed:", "dictionary", "nulls",
        "shared_string", "wide_names",
    ),
    _bomb("parquet_rows.py", "if sum(load.n_resident for load in loads) > MAX_RESIDENT:", "columns"),
    _bomb("workbook_parts.py", "if self._n_styles > MAX_STYLES or len(self._codes) > MAX_STYLES:", "styles"),
    _bomb("workbook_parts.py", "if self._column > MAX_COLUMN:", "long_row", "far_cells"),
    _bomb("xml_events.py", "if self._depth > MAX_DEPTH:", "deep"),
    _bomb("json_shape.py", "if len(paths) > MAX_PATHS:", "keys"),
    Guard(12, LANDING, "e.is_dir(follow_symlinks=False)", "e.is_dir()", POISON, "no_link_is_followed"),
    Guard(
        12, LANDING, "if drop.is_dir() and not drop.is_symlink():\n        return [",
        "if drop.is_dir():\n        return [", POISON, "no_link_is_followed",
    ),
    Guard(12, LANDING, 're.sub(r"[^a-z0-9_]+", "_", name.lower())', "name", POISON, "unknown_senders"),
    Guard(13, ESCAPING, "if not visible or visible[0] not in _FORMULA:", "if True:", SINKS, "cell"),
    Guard(13, ESCAPING, "_NUMBER.fullmatch(visible) or _PHONE.fullmatch(visible)", "False", SINKS, "cell"),
    Guard(
        13, "jobs/output/export.py", '"quote_prefix": True', '"quote_prefix": False',
        "tests/faults/test_injection.py", "trial_13",
    ),
    Guard(
        15, "jobs/pages/queue_access.py",
        'ctx.lake.read(gold.QUEUE_ITEMS).where(F.col("item_id") == F.lit(item_id))',
        "ctx.lake.read(gold.QUEUE_ITEMS).where(f\"item_id = '{item_id}'\")", PARAMETERS, "no_statement",
    ),
    Guard(
        15, "pipelines/comms/identifiers.py", 'return [("NUMBER", party)] if party is not None else []',
        'return [("NUMBER", party or text)]', PARAMETERS, "no_identifier",
    ),
    Guard(16, "models/text/masking.py", r"[^\s@]{0,64}@", r"[^\s@]*@", NORMALISING, "no_text_is_slow"),
    *(
        Guard(17, NORMALISATION, STEPS, without, "tests/models/text/test_evasion.py", "hidden_words")
        for without in (
            STEPS.replace("_without_width_and_compatible, ", ""),
            STEPS.replace("_latin, ", ""),
            STEPS.replace("_joined, ", ""),
            STEPS.replace(", _lettered", ""),
        )
    ),
    _model(18, VERIFICATION, "if not expected or files != expected:", "if not expected:", "malicious"),
    _model(18, VERIFICATION, "if not manifest.is_sealed(", "if False and not manifest.is_sealed(", "malicious"),
    _model(18, VERIFICATION, "    if not is_ours:", "    if False:", "seal_do_not"),
    _model(18, VERIFICATION, '        and not function.get("code")\n', "", "seal_do_not"),
    _model(18, VERIFICATION, 'function.get("loader_module") == FROM_CODE', "True", "seal_do_not"),
    _model(18, VERIFICATION, '        and not function.get("model_config")\n', "", "seal_do_not"),
    _model(18, VERIFICATION, '        and packaging.is_package(files["code"])\n', "", "seal_do_not"),
    _model(
        18, VERIFICATION,
        'if function.get("loader_module") != SKLEARN or function.get("code") or flavor.get("code"):', "if False:",
        "seal_do_not",
    ),
    _model(18, ARTEFACT, "    if untrusted:", "    if False:", "seal_do_not"),
    _model(19, ARTEFACT, "if not isinstance(text, str):", "if False:", "typed_error"),
    _model(
        19, ARTEFACT,
        "if not (pa.types.is_string(texts.type) or pa.types.is_large_string(texts.type)) or texts.null_count:",
        "if texts.null_count:", "typed_error",
    ),
    _model(19, ARTEFACT, ") or texts.null_count:", "):", "typed_error"),
    _model(19, ARTEFACT, "if scores.shape != (len(checked_texts), 2):", "if False:", "typed_error"),
    _model(19, ARTEFACT, " and (score <= 1).all()", "", "typed_error"),
    _model(19, VERIFICATION, 'if about.get("signature") is not None and', "if False and", "another_signature"),
    Guard(21, ENTRIES, 'if entry["previous"] != previous:', "if False:", AUDIT, "tampering"),
    Guard(21, ENTRIES, "None if line_of(entry)[0] == line else", "None if True else", AUDIT, "tampering"),
    Guard(
        25, "jobs/runtime/audit/operations.py", RESEARCHED, RESEARCHED.replace("ids=listed,", ""),
        "tests/jobs/runtime/test_log_port.py", "whoever_has_the_lines and file",
    ),
    Guard(
        26, "jobs/runtime/lock.py", "except OSError as error:", "except ZeroDivisionError as error:",
        "tests/faults/test_disks.py", "read_only_disk",
    ),
    _lake(26, "if after == before or after is None:", "if False:", "delta_skips"),
    Guard(27, HEALTH, "if file.read(len(MAGIC)) != MAGIC:", "if False:", DOCTOR, "damage_is_named"),
    Guard(27, HEALTH, "return _changed(live.path) or (", "return (", DOCTOR, "damage_is_named"),
    Guard(
        28, "jobs/night/schedule.py", ".astimezone(ZoneInfo(time_zone))", "", "tests/jobs/night/test_schedule.py",
        "universal_time",
    ),
    _linkage('"autoinstall_known_extensions": False', '"autoinstall_known_extensions": True'),
    _linkage("SET enable_external_access = false", "SET enable_external_access = true"),
    _linkage("SET lock_configuration = true", "SET lock_configuration = false"),
    Guard(
        30, "jobs/night/run.py", "    dg.DagsterRunStatus.STARTED,\n", "", "tests/faults/test_orchestrator.py",
        "left_open",
    ),
    Guard(
        30, "jobs/night/run.py", "    dg.DagsterRunStatus.NOT_STARTED,\n", "", "tests/faults/test_orchestrator.py",
        "left_open",
    ),
)  # fmt: skip
