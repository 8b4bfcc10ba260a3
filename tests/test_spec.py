from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from lab.spec import (
    DEFAULTS,
    Cell,
    ExperimentSpec,
    Raw,
    TrialSpec,
    WorkloadSpec,
    build_cells,
    build_experiment,
    check_keys,
    load_experiment,
    merge,
)
from lab.spec import build as build_module
from lab.workload.read_states import CommitPlan, Mix
from strategies.errors import UsageError

EXAMPLE = """
question = "Does the queue decide?"
expect = "record: yes"
source = "a measurement"
seed = 7

[workload]
entries = "2k"
key_space = 1.5
popularity = { zipf = 0.7 }
mix = { read = 1, ack = 2, mention = 3 }
commit = { every = 1_000, step = 10 }
payload_bytes = 64

[load]
arrivals = "constant"
rate = "1.5k"
duration = "500ms"
warm_up = 0.25
wait = "sleep"

[matrix]
strategy = ["slots", "flat"]
repeats = 2
"""


def build(raw: Raw, *, verify: bool = True, keep_requests: bool = False) -> ExperimentSpec:
    return build_experiment("x", raw, verify=verify, keep_requests=keep_requests)


def first(raw: Raw) -> TrialSpec:
    return build(raw).trials[0]


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "x.toml"
    path.write_text(text, encoding="utf-8")
    return path


def refused(raw: Raw) -> str:
    with pytest.raises(UsageError) as error:
        build(raw)
    message = str(error.value)
    assert message
    assert "\n" not in message
    return message


# --- from a file to specs -----------------------------------------------------------------------


def test_a_file_becomes_specs(tmp_path: Path) -> None:
    experiment = build(load_experiment(written(tmp_path, EXAMPLE)))
    assert (experiment.name, experiment.question) == ("x", "Does the queue decide?")
    assert (experiment.expect, experiment.source) == ("record: yes", "a measurement")
    trial = experiment.trials[0]
    assert trial.workload == WorkloadSpec(
        entries=2_000,
        key_space=1.5,
        popularity="zipf:0.7",
        mix=Mix(read=1, ack=2, mention=3),
        commit=CommitPlan(every=1_000, step=10),
        payload_bytes=64,
    )
    assert trial.workload.keys == 3_000
    assert (trial.load.arrivals, trial.load.rate) == ("constant", 1_500.0)
    assert (trial.load.duration_ns, trial.load.warm_up_ns) == (500_000_000, 250_000_000)
    assert (trial.load.wait, trial.load.closed_loop) == ("sleep", False)
    assert (trial.seed, trial.repeat, trial.factors) == (7, 1, ())
    assert [t.repeat for t in experiment.trials] == [1, 1, 2, 2]
    assert [sorted(t.strategy for t in experiment.trials[i : i + 2]) for i in (0, 2)] == [
        ["flat", "slots"]
    ] * 2


def test_an_empty_file_is_the_defaults(tmp_path: Path) -> None:
    experiment = build(load_experiment(written(tmp_path, "")))
    assert [t.strategy for t in experiment.trials] == ["slots", "flat"]
    trial = experiment.trials[0]
    assert trial.workload == WorkloadSpec(entries=300_000)
    assert trial.workload.keys == 600_000
    assert (trial.load.rate, trial.load.duration_ns) == (20_000.0, 10_000_000_000)
    assert trial.seed == 1


def test_the_defaults_have_only_keys_that_they_know() -> None:
    check_keys(DEFAULTS, "defaults")


def test_flags_reach_every_trial() -> None:
    experiment = build({"matrix": {"repeats": 2}}, verify=False, keep_requests=True)
    assert {(t.verify, t.keep_requests) for t in experiment.trials} == {(False, True)}
    assert {(t.verify, t.keep_requests) for t in build({}).trials} == {(True, False)}


def test_what_is_stored_is_json_and_holds_the_file() -> None:
    experiment = build({"workload": {"entries": "2k"}, "matrix": {"rate": ["1k", "2k"]}})
    stored = json.loads(json.dumps(experiment.to_json()))
    assert stored["file"]["workload"]["entries"] == "2k"
    assert stored["trials"][0]["workload"]["entries"] == 2_000
    assert stored["trials"][0]["factors"] == [["rate", "1k"]]
    assert "raw" not in stored


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("question = ", "not TOML"),
        ("[load]\nrate = 1\n[load]\n", "not TOML"),
        ("[workload]\nentires = 5", "did you mean 'entries'"),
    ],
)
def test_bad_files_are_refused_in_one_line(tmp_path: Path, text: str, says: str) -> None:
    path = written(tmp_path, text)
    with pytest.raises(UsageError) as error:
        load_experiment(path)
    assert says in str(error.value)
    assert str(path) in str(error.value)
    assert "\n" not in str(error.value)


def test_files_that_cannot_be_read_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="No such file"):
        load_experiment(tmp_path / "missing.toml")
    with pytest.raises(UsageError, match="Is a directory"):
        load_experiment(tmp_path)
    (tmp_path / "latin.toml").write_bytes(b'question = "caf\xe9"')
    with pytest.raises(UsageError, match="not UTF-8"):
        load_experiment(tmp_path / "latin.toml")


# --- unknown keys -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        ({"questoin": ""}, "unknown key 'questoin': did you mean 'question'?"),
        ({"workloads": {}}, "unknown key 'workloads': did you mean 'workload'?"),
        ({"workload": {"entires": 1}}, "[workload] unknown key 'entires': did you mean 'entries'?"),
        ({"load": {"warmup": 1}}, "[load] unknown key 'warmup': did you mean 'warm_up'?"),
        ({"load": {"entries": 1}}, "[load] unknown key 'entries'"),
        ({"matrix": {"startegy": []}}, "[matrix] unknown key 'startegy': did you mean 'strategy'?"),
        ({"matrix": {"seed": [1]}}, "[matrix] unknown key 'seed'"),
        ({"matrix": {"mix": [{"reed": 1}]}}, "[matrix] mix: unknown key 'reed': did you mean"),
        ({"matrix": {"mix": [{"read": 1}, 5]}}, "[matrix] mix is a table, not 5"),
        ({"service": {"stoer": "memory"}}, "[service] unknown key 'stoer'"),
        (
            {"workload": {"mix": {"reads": 1}}},
            "[workload] mix: unknown key 'reads': did you mean 'read'?",
        ),
        (
            {"workload": {"commit": {"evry": 1}}},
            "[workload] commit: unknown key 'evry': did you mean 'every'?",
        ),
        ({"workload": 3}, "[workload] is a section, not 3"),
        ({"matrix": ["slots"]}, "[matrix] is a section, not ['slots']"),
        ({"workload": {"mix": 5}}, "mix is a table, not 5"),
        ({"workload": {"commit": "250"}}, "commit is a table, not '250'"),
    ],
)
def test_unknown_keys_are_refused_with_the_nearest_name(raw: Raw, says: str) -> None:
    message = refused(raw)
    assert says in message
    assert message.startswith("experiment 'x': ")


# --- layers -------------------------------------------------------------------------------------


def test_layers_merge_key_by_key() -> None:
    bottom: Raw = {"seed": 1, "workload": {"entries": 1, "mix": {"read": 1, "ack": 2}}}
    top: Raw = {"workload": {"mix": {"ack": 3}}, "load": {"rate": 5}}
    assert merge(bottom, top) == {
        "seed": 1,
        "workload": {"entries": 1, "mix": {"ack": 3}},
        "load": {"rate": 5},
    }
    assert bottom["workload"]["mix"] == {"read": 1, "ack": 2}


def test_the_last_layer_wins_and_shares_nothing_with_the_merged_one() -> None:
    layers: list[Raw] = [{"seed": n, "matrix": {"strategy": [str(n)]}} for n in (1, 2, 3)]
    merged = merge(*layers)
    assert merged == {"seed": 3, "matrix": {"strategy": ["3"]}}
    merged["matrix"]["strategy"].append("4")
    assert layers[2] == {"seed": 3, "matrix": {"strategy": ["3"]}}


def test_a_factor_is_looked_for_in_the_section_that_has_it() -> None:
    assert "did you mean 'inline'?" in refused({"matrix": {"commit": ["inlin"]}})
    built = build({"matrix": {"strategy": ["slots"], "commit": ["inline", "thread"]}})
    assert [trial.service.commit for trial in built.trials] == ["inline", "thread"]


def test_building_leaves_the_defaults_as_they_are() -> None:
    before = json.dumps(DEFAULTS)
    build({"workload": {"mix": {"read": 99}}, "matrix": {"strategy": ["dict"], "rate": ["1k"]}})
    assert json.dumps(DEFAULTS) == before


@pytest.mark.parametrize(
    ("popularity", "text"),
    [
        ({"hot-set": [0.2, 0.8]}, "hot-set:0.2,0.8"),
        ({"hot-set": {"requests": 0.8, "share": 0.2}}, "hot-set:requests=0.8,share=0.2"),
        ({"zipf": 1.1}, "zipf:1.1"),
        ("uniform", "uniform"),
        ("hot-set:0.2", "hot-set:0.2"),
    ],
)
def test_a_popularity_replaces_the_one_below(popularity: object, text: str) -> None:
    assert first({"workload": {"popularity": popularity}}).workload.popularity == text
    below: Raw = {"workload": {"popularity": {"zipf": 0.5}}}
    merged = merge(below, {"workload": {"popularity": popularity}})
    assert merged["workload"]["popularity"] == popularity


def test_a_mix_is_one_choice_and_a_weight_that_is_not_given_is_0() -> None:
    mix = first({"workload": {"mix": {"read": 90}}}).workload.mix
    assert mix == Mix(read=90, ack=0, mention=0)


# --- the matrix ---------------------------------------------------------------------------------


def test_every_combination_is_a_trial_and_repeats_are_interleaved() -> None:
    experiment = build(
        {"matrix": {"strategy": ["slots", "flat"], "rate": ["1k", "2k"], "repeats": 2}}
    )
    once = ["slots rate=1k", "flat rate=1k", "slots rate=2k", "flat rate=2k"]
    assert experiment.labels == tuple(once)
    labels = [t.label for t in experiment.trials]
    assert sorted(labels[:4]) == sorted(labels[4:]) == sorted(once)
    assert [t.repeat for t in experiment.trials] == [1] * 4 + [2] * 4
    for trial in experiment.trials:
        assert trial.load.rate == {"1k": 1_000, "2k": 2_000}[dict(trial.factors)["rate"]]


def rounds(matrix: Raw, seed: int = 1) -> list[list[str]]:
    """Return the labels in the order of each round."""
    experiment = build({"matrix": matrix, "seed": seed})
    size = len(experiment.labels)
    labels = [t.label for t in experiment.trials]
    return [labels[begin : begin + size] for begin in range(0, len(labels), size)]


SIX = ["slots", "flat", "dict", "tuple", "object", "nested"]


def test_one_round_keeps_the_written_order() -> None:
    experiment = build({"matrix": {"strategy": SIX}})
    assert [t.label for t in experiment.trials] == SIX == list(experiment.labels)
    assert experiment.order == "as written"


def test_each_of_several_rounds_is_shuffled_by_the_seed() -> None:
    matrix = {"strategy": SIX, "repeats": 3}
    shuffled = rounds(matrix)
    assert all(sorted(each) == sorted(SIX) for each in shuffled)
    assert len({tuple(each) for each in [*shuffled, SIX]}) == 4
    assert rounds(matrix) == shuffled
    assert rounds(matrix, seed=2) != shuffled
    assert rounds({"strategy": SIX, "repeats": 5})[:3] == shuffled, "more repeats only add"
    experiment = build({"matrix": matrix})
    assert experiment.labels == tuple(SIX)
    assert "seed" in experiment.order


def test_every_place_in_a_round_sees_every_strategy() -> None:
    shuffled = rounds({"strategy": SIX[:3], "repeats": 60})
    for place in range(3):
        counts = [sum(each[place] == name for each in shuffled) for name in SIX[:3]]
        assert min(counts) > 8


def test_the_written_order_is_stored() -> None:
    stored = json.loads(json.dumps(build({"matrix": {"strategy": SIX, "repeats": 2}}).to_json()))
    assert stored["labels"] == SIX
    assert stored["order"] == "shuffled in each round, from the seed"
    assert {trial["seed"] for trial in stored["trials"]} == {1}


# --- arrivals and ramps -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ("poisson", "poisson"),
        ("bursty", "bursty:factor=5,on=20ms,off=180ms"),
        ("bursty:factor=10,on=10ms,off=90ms", "bursty:factor=10,on=10ms,off=90ms"),
        ({"bursty": {"factor": 2, "off": "1s"}}, "bursty:factor=2,on=20ms,off=1s"),
        ({"bursty": {}}, "bursty:factor=5,on=20ms,off=180ms"),
        ({"bursty": [3]}, "bursty:factor=3,on=20ms,off=180ms"),
    ],
)
def test_arrivals_are_stored_with_every_option(written: object, text: str) -> None:
    assert first({"load": {"arrivals": written}}).load.arrivals == text
    below: Raw = {"load": {"arrivals": {"constant": {}}}}
    assert first(merge(below, {"load": {"arrivals": written}})).load.arrivals == text


def test_arrivals_as_a_factor_are_labelled_as_they_are_written() -> None:
    values = ["poisson", {"bursty": {"factor": 2}}]
    experiment = build({"matrix": {"strategy": ["slots"], "arrivals": values}})
    assert experiment.labels == ("slots arrivals=poisson", "slots arrivals=bursty:factor=2")


@pytest.mark.parametrize("ramp", ["5k,10k,30k", ["5k", 10_000, 30e3], " 5k, 10k ,30k"])
def test_a_ramp_takes_the_place_of_the_rate(ramp: object) -> None:
    trial = first({"load": {"ramp": ramp, "duration": "9s"}})
    assert trial.load.ramp == (5_000.0, 10_000.0, 30_000.0)
    assert trial.load.rate == 15_000.0
    steps = trial.ramp_steps
    assert [(step.start_ns, step.end_ns) for step in steps] == [
        (number * 3_000_000_000, (number + 1) * 3_000_000_000) for number in range(3)
    ]
    assert sorted(step.rate for step in steps) == list(trial.load.ramp)


def test_every_strategy_of_a_round_has_the_same_ramp_and_another_round_another() -> None:
    ramp = ",".join(f"{number}k" for number in range(1, 9))
    matrix = {"strategy": ["slots", "flat"], "repeats": 3}
    trials = build({"load": {"ramp": ramp}, "matrix": matrix}).trials
    orders = [{t.ramp_steps for t in trials if t.repeat == repeat} for repeat in (1, 2, 3)]
    assert [len(order) for order in orders] == [1, 1, 1]
    assert len(set.union(*orders)) == 3
    assert build({"load": {"ramp": ramp}, "seed": 2}).trials[0].ramp_steps not in orders[0]


def test_without_a_ramp_there_are_no_steps() -> None:
    assert first({}).ramp_steps == ()
    assert first({"load": {"ramp": []}}).load.ramp == ()
    assert first({}).load.rate == 20_000.0


def test_ramps_as_a_factor() -> None:
    matrix = {"strategy": ["slots"], "ramp": ["1k,2k", ["3k", "5k"]]}
    experiment = build({"matrix": matrix})
    assert experiment.labels == ("slots ramp=1k,2k", "slots ramp=3k,5k")
    assert [t.load.rate for t in experiment.trials] == [1_500.0, 4_000.0]


@pytest.mark.parametrize(
    ("load", "says"),
    [
        ({"ramp": "5k"}, "two rates or more"),
        ({"ramp": 5_000}, "two rates or more"),
        ({"ramp": "5k,fast"}, "ramp '5k,fast': rate 'fast'"),
        ({"ramp": "5k,,6k"}, "ramp '5k,,6k': rate"),
        ({"ramp": "5k,0"}, "above 0"),
        ({"ramp": [True, 3]}, "rate True"),
        ({"ramp": "5k,6k", "rate": "5k"}, "beside rate 5k"),
        ({"ramp": "5k,6k", "closed_loop": True}, "a closed loop has no rate"),
        ({"ramp": "5k,6k", "duration": "399ms"}, "--duration 0.4s or longer"),
    ],
)
def test_bad_ramps(load: Raw, says: str) -> None:
    assert says in refused({"load": load})


def test_a_ramp_over_a_trace_needs_a_duration() -> None:
    workload = {"trace": "a.csv", "trace_format": "csv:key"}
    assert "needs --duration" in refused({"workload": workload, "load": {"ramp": "1k,3k"}})
    load = {"ramp": "1k,3k", "duration": "400ms"}
    assert first({"workload": workload, "load": load}).load.rate == 2_000.0


def test_factors_of_both_sections_vary_together() -> None:
    experiment = build(
        {"matrix": {"strategy": ["slots"], "entries": ["1k", "2k"], "wait": ["spin", "sleep"]}}
    )
    assert [(t.workload.entries, t.load.wait) for t in experiment.trials] == [
        (1_000, "spin"),
        (1_000, "sleep"),
        (2_000, "spin"),
        (2_000, "sleep"),
    ]
    assert experiment.trials[1].factors == (("entries", "1k"), ("wait", "sleep"))
    assert experiment.trials[1].label == "slots entries=1k wait=sleep"


def test_a_factor_takes_the_place_of_the_section_value() -> None:
    raw: Raw = {"load": {"rate": "5k"}, "matrix": {"strategy": ["slots"], "rate": ["1k"]}}
    assert first(raw).load.rate == 1_000


def test_popularities_as_factors_are_labelled_as_they_are_written_on_the_command_line() -> None:
    values = [{"zipf": 0.9}, {"hot-set": [0.1, 0.9]}, {"hot-set": {"share": 0.2}}, "uniform"]
    experiment = build({"matrix": {"strategy": ["slots"], "popularity": values}})
    assert [t.label for t in experiment.trials] == [
        "slots popularity=zipf:0.9",
        "slots popularity=hot-set:0.1,0.9",
        "slots popularity=hot-set:share=0.2",
        "slots popularity=uniform",
    ]
    for trial in experiment.trials:
        assert trial.label == f"slots popularity={trial.workload.popularity}"


def test_mixes_as_factors_replace_the_mix_whole_and_are_labelled() -> None:
    values = [{"read": 100}, {"read": 1, "ack": 2.5, "mention": 0}, {"ack": 1}]
    experiment = build({"matrix": {"strategy": ["slots"], "mix": values}})
    assert experiment.labels == (
        "slots mix=read:100",
        "slots mix=read:1,ack:2.5,mention:0",
        "slots mix=ack:1",
    )
    assert [trial.workload.mix for trial in experiment.trials] == [
        Mix(read=100, ack=0, mention=0),
        Mix(read=1, ack=2.5, mention=0),
        Mix(read=0, ack=1, mention=0),
    ]
    stored = json.loads(json.dumps(experiment.to_json()))
    assert stored["trials"][0]["factors"] == [["mix", "read:100"]]
    assert stored["trials"][0]["workload"]["mix"] == {"read": 100.0, "ack": 0.0, "mention": 0.0}


@pytest.mark.parametrize(
    ("mix", "says"),
    [
        ([{}], "at least one of read, ack, mention"),
        ([{"read": -1}], "mix read -1"),
        ({"read": 1}, "mix is a list"),
        ([{"read": 1}, {"read": 1}], "given twice"),
    ],
)
def test_bad_mixes_as_factors(mix: object, says: str) -> None:
    assert says in refused({"matrix": {"strategy": ["slots"], "mix": mix}})


# --- cells: single trials with factors of their own ---------------------------------------------


def test_cells_have_factors_and_rounds_of_their_own() -> None:
    raw: Raw = {"question": "Why?", "workload": {"entries": "2k"}, "load": {"rate": "5k"}}
    cells = [
        Cell("slots", {}, 3),
        Cell("flat", {"entries": "1k", "mix": {"read": 1}}),
        Cell("slots", {"rate": "1k"}, 2),
    ]
    experiment = build_cells("x", raw, cells)

    labels = ("slots", "flat entries=1k mix=read:1", "slots rate=1k")
    assert (experiment.name, experiment.question, experiment.labels) == ("x", "Why?", labels)
    once = [sorted(t.label for t in experiment.trials if t.repeat == n) for n in (1, 2, 3)]
    assert once == [sorted(labels), ["slots", "slots rate=1k"], ["slots"]]
    assert [t.repeat for t in experiment.trials] == [1, 1, 1, 2, 2, 3], "round by round"
    flat = next(t for t in experiment.trials if t.strategy == "flat")
    assert (flat.workload.entries, flat.load.rate) == (1_000, 5_000.0)
    assert flat.workload.mix == Mix(read=1, ack=0, mention=0)
    assert {t.verify for t in experiment.trials} == {True}
    assert experiment.order == "shuffled in each round, from the seed"


def test_cells_of_one_round_keep_their_order() -> None:
    experiment = build_cells("x", {}, [Cell(name, {}) for name in SIX])
    assert [t.label for t in experiment.trials] == SIX
    assert experiment.order == "as written"


def test_rounds_of_cells_are_shuffled_by_the_seed() -> None:
    cells = [Cell(name, {}, 3) for name in SIX]
    orders = {
        seed: [t.label for t in build_cells("x", {"seed": seed}, cells).trials] for seed in (1, 2)
    }
    assert orders[1][:6] != orders[1][6:12] != orders[1][12:]
    assert orders[1] != orders[2]
    assert orders[1] == [t.label for t in build_cells("x", {"seed": 1}, cells).trials]


def test_no_cells_are_no_trials() -> None:
    assert build_cells("x", {}, []).trials == ()


@pytest.mark.parametrize(
    ("cells", "says"),
    [
        ([Cell("slots", {}), Cell("slots", {}, 3)], "given twice"),
        ([Cell("slots", {"rate": "fast"})], "rate 'fast'"),
        ([Cell("slots", {"entries": 0})], "entries"),
        ([Cell("slots", {"mix": {"ack": -1}})], "mix ack -1"),
    ],
)
def test_bad_cells_are_refused(cells: list[Cell], says: str) -> None:
    with pytest.raises(UsageError) as error:
        build_cells("x", {}, cells)
    assert says in str(error.value)


@pytest.mark.parametrize("values", ["slots", [], {}, 3])
def test_a_factor_is_a_list(values: object) -> None:
    assert "strategy is a list with at least one value" in refused({"matrix": {"strategy": values}})
    assert "rate is a list" in refused({"matrix": {"rate": "20k"}})


@pytest.mark.parametrize(
    "matrix",
    [
        {"strategy": ["slots", "flat", "slots"]},
        {"strategy": ["slots"], "rate": ["1k", "1k"]},
        {"strategy": ["slots", "slots"], "repeats": 3},
    ],
)
def test_the_same_trial_twice_is_refused(matrix: Raw) -> None:
    assert "given twice" in refused({"matrix": matrix})


# --- values -------------------------------------------------------------------------------------


@pytest.mark.parametrize("entries", [0, -1, "abc", "", "1.5", 1.5, True, [1], "1e400", "5x"])
def test_bad_entries(entries: object) -> None:
    assert "entries" in refused({"workload": {"entries": entries}})


@pytest.mark.parametrize("rate", [0, -5, "fast", "1z", True, "0", float("inf"), float("nan")])
def test_bad_rates(rate: object) -> None:
    assert "rate" in refused({"load": {"rate": rate}})


@pytest.mark.parametrize("duration", [0, "0s", -1, "soon", "10x", True, "0.1ns"])
@pytest.mark.parametrize("name", ["duration", "warm_up"])
def test_bad_durations(name: str, duration: object) -> None:
    assert name in refused({"load": {name: duration}})


@pytest.mark.parametrize("seed", [-1, 1.5, "1", True, [1]])
def test_bad_seeds(seed: object) -> None:
    assert "seed" in refused({"seed": seed})


@pytest.mark.parametrize("seed", [0, 2**70])
def test_any_whole_number_is_a_seed(seed: int) -> None:
    assert first({"seed": seed}).seed == seed


@pytest.mark.parametrize("weight", [-1, "10", True, None, [1], float("nan"), float("inf")])
def test_bad_weights(weight: object) -> None:
    assert "mix ack" in refused({"workload": {"mix": {"ack": weight}}})


def test_a_mix_of_nothing() -> None:
    nothing = {"read": 0, "ack": 0.0, "mention": 0}
    assert "at least one of read, ack, mention" in refused({"workload": {"mix": nothing}})


@pytest.mark.parametrize(
    ("commit", "says"),
    [
        ({"step": 20_000}, "commit step 20000 is above commit every 10000"),
        ({"every": 100}, "commit step 250 is above commit every 100"),
        ({"every": 0}, "commit every"),
        ({"step": 0}, "commit step"),
        ({"step": "1.5"}, "commit step"),
    ],
)
def test_bad_commits(commit: Raw, says: str) -> None:
    assert says in refused({"workload": {"commit": commit}})


def test_a_commit_of_all_at_once_is_allowed() -> None:
    commit = first({"workload": {"commit": {"every": "2k", "step": "2k"}}}).workload.commit
    assert commit == CommitPlan(every=2_000, step=2_000)


@pytest.mark.parametrize(
    "popularity",
    [
        "zip",
        "zipf:0",
        "",
        3,
        {},
        {"zipf": "much"},
        {"zipf": 0.9, "uniform": 1},
        {"hot-set": [2, 0.9]},
        {"hot-set": {"sahre": 0.1}},
        ["zipf"],
    ],
)
def test_bad_popularities(popularity: object) -> None:
    assert "popularity" in refused({"workload": {"popularity": popularity}})
    matrix = {"strategy": ["slots"], "popularity": ["uniform", popularity]}
    assert "popularity" in refused({"matrix": matrix})


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        ({"load": {"arrivals": "poison"}}, "unknown arrivals 'poison': did you mean 'poisson'?"),
        ({"load": {"arrivals": "bursty:factor=20"}}, "at most (on + off) / on = 10"),
        ({"load": {"arrivals": {"bursty": {"onn": "1ms"}}}}, "did you mean 'on'?"),
        ({"load": {"arrivals": {"bursty": {}, "poisson": {}}}}, "arrivals"),
        ({"load": {"wait": "slep"}}, "unknown wait 'slep': did you mean 'sleep'?"),
        ({"load": {"closed_loop": "yes"}}, "closed_loop 'yes': true or false"),
        ({"workload": {"key_space": 0}}, "key_space"),
        ({"workload": {"key_space": "half"}}, "key_space"),
        ({"workload": {"payload_bytes": -8}}, "payload_bytes"),
        ({"workload": {"fill": "no"}}, "fill 'no': true or false"),
        ({"workload": {"fill": 3}}, "fill 3: true or false"),
        ({"matrix": {"repeats": 0}}, "repeats"),
        ({"matrix": {"repeats": "many"}}, "repeats"),
        ({"matrix": {"rate": ["1k", 0]}}, "rate"),
        ({"matrix": {"entries": ["1k", "x"]}}, "entries"),
        ({"workload": {"trace": "a.csv"}}, "--trace needs --trace-format"),
        ({"workload": {"trace_format": "lirs"}}, "--trace-format 'lirs' needs --trace"),
    ],
)
def test_other_bad_values(raw: Raw, says: str) -> None:
    assert says in refused(raw)


def test_numbers_may_be_written_in_every_way() -> None:
    trial = first(
        {
            "workload": {"entries": 5_000, "payload_bytes": "1k"},
            "load": {"rate": 2.5, "duration": "2m", "warm_up": 3},
        }
    )
    assert (trial.workload.entries, trial.workload.payload_bytes) == (5_000, 1_000)
    assert trial.load.rate == 2.5
    assert (trial.load.duration_ns, trial.load.warm_up_ns) == (120_000_000_000, 3_000_000_000)


def test_a_number_of_keys_stays_whatever_the_size() -> None:
    sizes = {"strategy": ["slots"], "entries": ["1k", "20k"]}
    trials = build({"workload": {"keys": "5k"}, "matrix": sizes}).trials
    assert [(t.workload.keys, t.workload.key_space) for t in trials] == [(5_000, 5), (5_000, 0.25)]
    assert "keys" in refused({"workload": {"keys": "many"}})


@pytest.mark.parametrize(("key_space", "keys"), [(0.5, 500), (1, 1_000), ("2", 2_000), (1e-9, 1)])
def test_key_space(key_space: object, keys: int) -> None:
    assert first({"workload": {"entries": 1_000, "key_space": key_space}}).workload.keys == keys


# --- traces -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("load", "rate", "duration_ns"),
    [
        ({}, None, None),
        ({"rate": "5k"}, 5_000.0, None),
        ({"duration": "2s"}, None, 2_000_000_000),
    ],
)
def test_a_trace_decides_what_is_not_given(
    load: dict[str, Any], rate: float | None, duration_ns: int | None
) -> None:
    workload = {"trace": "a.csv", "trace_format": "csv:key"}
    trial = first({"workload": workload, "load": load})
    assert (trial.load.rate, trial.load.duration_ns) == (rate, duration_ns)
    assert trial.workload.trace_format == "csv:key"


@pytest.mark.parametrize(
    ("workload", "fill"),
    [
        ({}, True),
        ({"fill": False}, False),
        ({"trace": "a", "trace_format": "lirs"}, False),
        ({"trace": "a", "trace_format": "lirs", "fill": True}, True),
    ],
)
def test_fill_is_the_default_for_streams_and_not_for_traces(
    workload: dict[str, Any], fill: bool
) -> None:
    assert first({"workload": workload}).workload.fill is fill


# --- interpreters -------------------------------------------------------------------------------


def test_without_one_it_is_the_lab_s_own_interpreter() -> None:
    assert first({}).service.python == ""


def test_one_interpreter_is_a_setting_and_several_are_a_factor() -> None:
    assert first({"service": {"python": "3.14"}}).service.python == "3.14"
    assert first({"service": {"python": "3.14"}}).label == "slots"
    experiment = build({"matrix": {"strategy": ["slots"], "python": ["3.13", "/opt/x/python"]}})
    assert experiment.labels == ("slots python=3.13", "slots python=/opt/x/python")
    assert [trial.service.python for trial in experiment.trials] == ["3.13", "/opt/x/python"]


def test_all_stands_for_every_interpreter_that_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(build_module, "_every_python", lambda written: ["3.11", "pypy3.11", "3.11"])
    experiment = build({"matrix": {"strategy": ["slots"], "python": ["all"]}})
    assert experiment.labels == ("slots python=3.11", "slots python=pypy3.11")


def test_this_interpreter_is_among_all() -> None:
    experiment = build({"matrix": {"strategy": ["slots"], "python": ["all", "/opt/x/python"]}})
    here = f"{sys.version_info[0]}.{sys.version_info[1]}"
    assert experiment.labels[0] == f"slots python={here}"
    assert experiment.labels[-1] == "slots python=/opt/x/python"


def test_a_version_is_a_text() -> None:
    # 3.10 as a number would be 3.1
    assert "python 3.14: a text" in refused({"service": {"python": 3.14}})
    assert "python 3.14: a text" in refused({"matrix": {"python": [3.14]}})


def test_all_interpreters_are_no_single_one() -> None:
    assert '[matrix] python = ["all"]' in refused({"service": {"python": "all"}})
