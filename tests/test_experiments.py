from __future__ import annotations

import pytest

from lab.experiments import experiment_names, read_experiment
from lab.spec import ExperimentSpec, build_experiment
from lab.workload.popularity import check_popularity
from lab.workload.read_states import Mix
from strategies.units import parse_count

YCSB = {
    "ycsb-a": (Mix(read=50, ack=50, mention=0), "zipf:0.99"),
    "ycsb-b": (Mix(read=95, ack=5, mention=0), "zipf:0.99"),
    "ycsb-c": (Mix(read=100, ack=0, mention=0), "zipf:0.99"),
    "ycsb-d": (Mix(read=95, ack=5, mention=0), "latest:0.99,0.05"),
}
"""The proportions and the request distributions of YCSB's workloads/workloada to workloadd."""


def shipped(name: str) -> ExperimentSpec:
    read, raw = read_experiment(name)
    assert read == name
    return build_experiment(name, raw, verify=True, keep_requests=False)


@pytest.mark.parametrize("name", experiment_names())
def test_a_shipped_experiment_builds_and_says_what_it_asks(name: str) -> None:
    experiment = shipped(name)
    assert experiment.trials
    assert experiment.question.endswith("?")
    assert experiment.expect
    assert experiment.source


@pytest.mark.parametrize("name", YCSB)
def test_a_ycsb_workload_has_the_published_mix(name: str) -> None:
    mix, popularity = YCSB[name]
    experiment = shipped(name)
    assert {trial.workload.mix for trial in experiment.trials} == {mix}
    assert {trial.workload.popularity for trial in experiment.trials} == {popularity}
    assert f"workload{name[-1]}" in experiment.source
    assert f"workload {name[-1].upper()}" in experiment.question


@pytest.mark.parametrize("name", YCSB)
def test_the_ycsb_workloads_differ_in_nothing_else(name: str) -> None:
    experiment = shipped(name)
    assert experiment.labels == ("slots", "dict", "msgspec-nogc", "flat")
    assert len(experiment.trials) == 4
    for trial in experiment.trials:
        assert trial.workload.entries == parse_count("200k", "")
        assert (trial.load.rate, trial.load.duration_ns) == (20_000.0, 10_000_000_000)
        reach = trial.workload.keys // (2 if name == "ycsb-d" else 1)  # half of the keys rest
        assert reach == 400_000


def test_workload_d_updates_as_often_as_it_brings_new_keys() -> None:
    workload = shipped("ycsb-d").trials[0].workload
    _, parameters = check_popularity(workload.popularity)
    mix = workload.mix
    assert mix.ack / (mix.read + mix.ack + mix.mention) == parameters["share"]
