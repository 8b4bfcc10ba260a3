"""Tables: which figure stands under which name, and nothing lost on the way."""

from __future__ import annotations

import io
from pathlib import Path

import pandas as pd
import pytest

from lab.report.export import available
from lab.report.export.tables import events_table, tables, trials_table
from tests.analysis.made_run import MS, trial, write_run
from tests.report.export.stored_run import made, parts_of


def one(tmp_path: Path, **over: object) -> dict[str, object]:
    """Return the row of a run's only trial."""
    table = trials_table(write_run(tmp_path / "run", [trial(**over)]))  # type: ignore[arg-type]
    (row,) = table.to_dict("records")
    return {str(name): value for name, value in row.items()}


def test_the_unit_is_the_end_of_a_name(tmp_path: Path) -> None:
    row = one(
        tmp_path,
        p50=7.0,
        **{"p99.9": 9.0},
        phases_s={"fill": 1.5},
        noise={"before_ns": {"p99.9": 4.0}, "steal_share": 0.25, "reasons": ["a b", "c"]},
        usage={"cpu_s": 3.0},
        causes={"above_p99.9": {"gc": 0.75}, "waiting_time": {"gc": 0.5}, "slow": {"gc": 3}},
        cpus=[0, 1],
    )

    assert row["response_p50_ns"] == 7.0
    assert row["response_p99_9_ns"] == 9.0
    assert row["service_p99_9_ns"] == 0.9
    assert row["phases_fill_s"] == 1.5
    assert row["noise_before_p99_9_ns"] == 4.0
    assert row["noise_steal_share"] == 0.25
    assert row["noise_reasons"] == "a b; c"
    assert row["usage_cpu_s"] == 3.0
    assert row["causes_above_p99_9_gc_share"] == 0.75
    assert row["causes_waiting_time_gc_share"] == 0.5
    assert row["causes_slow_gc_requests"] == 3
    assert row["gc_by_generation_2_collections"] == 5
    assert row["gc_total_ns"] == 50 * MS
    assert row["memory_bytes_per_entry"] == 200.0
    assert row["load_rate_per_s"] == 20_000.0
    assert row["load_duration_s"] == 10.0
    assert row["cpus"] == "0; 1"
    assert (row["run"], row["trial"], row["repeat"]) == ("run", "01-slots", 1)
    assert "schema" not in row


def test_what_the_matrix_varied_is_a_factor(tmp_path: Path) -> None:
    row = one(tmp_path, factors={"entries": "1M", "drain_s": "rolling"})

    assert (row["factor_entries"], row["factor_drain_s"]) == ("1M", "rolling")
    assert row["entries"] == 300_000


def test_warnings_are_their_codes(tmp_path: Path) -> None:
    warnings = [{"code": "a_b", "message": "x"}, {"code": "c", "message": "y"}]

    assert one(tmp_path, warnings=warnings)["warning_codes"] == "a_b; c"


def test_steps_of_a_ramp_are_json(tmp_path: Path) -> None:
    load = {**trial()["load"], "ramp": [{"rate": 5.0}]}

    assert one(tmp_path, load=load)["load_ramp"] == '[{"rate": 5.0}]'


def test_a_trial_that_failed_has_its_row_and_blanks(tmp_path: Path) -> None:
    failed = trial("flat", status="failed", reason="killed", runtime=None, busy_s=None)
    failed["response_ns"] = dict.fromkeys(failed["response_ns"])
    table = trials_table(write_run(tmp_path / "run", [trial("slots"), failed]))

    assert table["status"].tolist() == ["ok", "failed"]
    assert table["runtime_name"].isna().tolist() == [False, True]
    assert table["response_p50_ns"].isna().tolist() == [False, True]
    assert "runtime" not in table


def test_figures_keep_their_kind_where_some_are_missing(tmp_path: Path) -> None:
    trials = [trial("slots", slow=3, seen=True), trial("flat", slow=None, seen=None)]
    trials[0]["response_ns"]["p99.99"] = trials[1]["response_ns"]["p99.99"] = None
    types = trials_table(write_run(tmp_path / "run", trials)).dtypes

    assert types["slow"] == "Int64"
    assert types["seen"] == "boolean"
    assert types["response_p50_ns"] == "Float64"
    assert types["response_p99_99_ns"] == "Float64"  # no trial has one: a number all the same
    assert types["label"] == types["reason"] == "string"


def test_a_number_too_large_for_a_column_of_numbers_is_written_out(tmp_path: Path) -> None:
    assert one(tmp_path, seed=2**64)["seed"] == str(2**64)


def test_events_have_the_name_of_their_trial(tmp_path: Path) -> None:
    stored = made(tmp_path / "mine")
    pauses = events_table(stored, "gc")

    assert pauses is not None
    assert pauses["trial"].tolist() == ["01-slots", "01-slots"]
    assert pauses["duration_ns"].tolist() == [200_000, 220_000_000]
    assert pauses["collected"].dtype == "int64"


def test_decimals_are_not_cut_off(tmp_path: Path) -> None:
    stored = made(tmp_path / "mine")
    (stored.trials[0].folder / "noise.csv").write_text("start_ns,late_ns,new_share\n1,2,0.5\n")
    resources, stalls = events_table(stored, "resources"), events_table(stored, "noise")

    assert resources is not None
    assert resources["cpu_s"].tolist() == [0.25, 3.5, 3.65, 4.15]
    assert stalls is not None
    assert stalls["new_share"].tolist() == [0.5]


def test_events_of_all_trials_stand_in_one_table(tmp_path: Path) -> None:
    stored = made(tmp_path / "mine")
    (stored.trials[1].folder / "noise.csv").write_text("start_ns,late_ns\n7,8\n")
    stalls = events_table(stored, "noise")

    assert stalls is not None
    assert stalls.to_dict("records") == [
        {"trial": "01-slots", "start_ns": 500_000_000, "late_ns": 1_500_000},
        {"trial": "02-flat", "start_ns": 7, "late_ns": 8},
    ]


def test_a_table_without_rows_has_its_columns_and_types(tmp_path: Path) -> None:
    stored = made(tmp_path / "mine")
    (stored.trials[0].folder / "gc.csv").unlink()
    (stored.trials[0].folder / "resources.csv").write_text("elapsed_ns,phase,cpu_s\n")
    pauses, resources = events_table(stored, "gc"), events_table(stored, "resources")

    assert pauses is not None
    assert len(pauses) == 0
    assert (pauses["duration_ns"].dtype, pauses["trial"].dtype) == ("int64", "string")
    assert resources is not None
    assert [str(each) for each in resources.dtypes] == ["string", "int64", "string", "float64"]


def test_a_table_that_no_trial_stored_is_named(tmp_path: Path) -> None:
    stored = made(tmp_path / "mine")
    (stored.trials[0].folder / "slow.csv").unlink()
    files, notes = parts_of("csv", stored)

    assert list(files) == ["trials.csv", "gc.csv", "resources.csv", "noise.csv"]
    assert notes == ["no trial has a slow.csv stored"]


def test_csv_holds_what_the_tables_hold(tmp_path: Path) -> None:
    stored = made(tmp_path / "mine")
    files, notes = parts_of("csv", stored)

    assert notes == []
    for name, table in tables(stored):
        assert isinstance(table, pd.DataFrame)
        types = {str(column): str(dtype) for column, dtype in table.dtypes.items()}
        found = pd.read_csv(io.BytesIO(files[f"{name}.csv"]), dtype=types)  # type: ignore[arg-type]
        expected = table.replace({"": pd.NA})
        pd.testing.assert_frame_equal(found, expected, check_dtype=False)


def test_whole_numbers_have_no_decimals_in_csv(tmp_path: Path) -> None:
    table = trials_table(write_run(tmp_path / "run", [trial(slow=3), trial("flat", slow=None)]))

    assert ",3\n" in table[["label", "slow"]].to_csv(index=False, lineterminator="\n")


def test_parquet_read_back_is_the_table(tmp_path: Path) -> None:
    stored = made(tmp_path / "mine")
    files, notes = parts_of("parquet", stored)

    assert notes == []
    assert list(files) == [
        f"{name}.parquet" for name in ("trials", "gc", "slow", "resources", "noise")
    ]
    for name, table in tables(stored):
        assert isinstance(table, pd.DataFrame)
        found = pd.read_parquet(io.BytesIO(files[f"{name}.parquet"]))
        pd.testing.assert_frame_equal(found, table)


@pytest.mark.parametrize("name", ["csv", "parquet"])
def test_a_trial_that_measured_nothing_can_be_exported(tmp_path: Path, name: str) -> None:
    failed = trial("null", status="failed", causes={"slow": {}}, phases_s={})
    files, _ = parts_of(name, write_run(tmp_path / "run", [failed]))

    assert list(files) == [f"trials.{name}"]


def test_only_parquet_needs_a_package() -> None:
    assert {name for name, each in available().items() if each.PACKAGE} == {"parquet"}
