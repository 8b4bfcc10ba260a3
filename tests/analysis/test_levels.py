"""The language of service levels, and what is made of runs whose figures are made up."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from lab.analysis.levels import (
    Judgement,
    LevelError,
    judge,
    parse_allowance,
    parse_level,
)
from lab.store import StoredRun
from strategies.errors import UsageError
from tests.analysis.made_run import MS, US, Json, repeats, trial, write_run


@pytest.mark.parametrize(
    ("text", "selector", "metric", "operator", "limit"),
    [
        ("p99.9<5ms", None, "p99.9", "<", 5 * MS),
        ("p50 <= 2.5us", None, "p50", "<=", 2_500),
        ("  max < 1 s ", None, "max", "<", 1e9),
        ("service.p99<100ns", None, "service.p99", "<", 100),
        ("mean<3µs", None, "mean", "<", 3_000),
        ("gc.max<10ms", None, "gc.max", "<", 10 * MS),
        ("gc.max<=0", None, "gc.max", "<=", 0),
        ("gc.full>=3", None, "gc.full", ">=", 3),
        ("gc.pauses<1.5k", None, "gc.pauses", "<", 1_500),
        ("gc.pauses<2M", None, "gc.pauses", "<", 2_000_000),
        ("bytes_per_entry<100", None, "bytes_per_entry", "<", 100),
        ("bytes_per_entry<100B", None, "bytes_per_entry", "<", 100),
        ("rss<1.5GB", None, "rss", "<", 1.5e9),
        ("rss<200MB", None, "rss", "<", 2e8),
        ("rss<5_000kB", None, "rss", "<", 5e6),
        ("busy>12.5%", None, "busy", ">", 0.125),
        ("misses<7%", None, "misses", "<", 0.07),
        ("busy_per_million<6s", None, "busy_per_million", "<", 6e9),
        ("slots: p99.9<5ms", "slots", "p99.9", "<", 5 * MS),
        ("slots:update=in-place:p99<1ms", "slots:update=in-place", "p99", "<", MS),
        ("slots*:p99<1e3us", "slots*", "p99", "<", MS),
    ],
)
def test_a_level_is_read(
    text: str, selector: str | None, metric: str, operator: str, limit: float
) -> None:
    level = parse_level(text)

    assert (level.selector, level.metric.name, level.operator) == (selector, metric, operator)
    assert level.limit == limit
    assert level.text == text.strip()


@pytest.mark.parametrize(
    ("text", "pointed", "says"),
    [
        ("p98<5ms", "p", "did you mean 'p99'?"),
        ("slots: p98<5ms", "p", "did you mean 'p99'?"),
        ("p99", "", "no operator"),
        ("p99=5ms", "", "no operator"),
        ("", "", "no operator"),
        ("<5ms", "<", "no metric"),
        ("slots:<5ms", "<", "no metric"),
        (":p99<5ms", ":", "no strategy"),
        ("p99<", "", "no number"),
        ("p99<fast", "f", "no number"),
        ("p99<-5ms", "-", "no number"),
        ("p99<.5ms", ".", "no number"),
        ("p99<1.2.3ms", "1", "no number"),
        ("p99<5", "", "write ns, us, ms or s"),
        ("p99<5%", "%", "write ns, us, ms or s"),
        ("p99<5m", "m", "write ns, us, ms or s"),
        ("p99<5 parsecs", "p", "write ns, us, ms or s"),
        ("busy<20", "", "write %"),
        ("gc.full<3ms", "m", "write nothing, k or M"),
        ("rss<5mb", "m", "kB, MB or GB"),
        ("p99<5ms<6ms", "<", "nothing may follow"),
        ("p99<5ms, max<6ms", ",", "one rule per option"),
        ("p99<5 ms max", "m", "nothing may follow"),
        ("p99<<5ms", "<", "no number"),
    ],
)
def test_a_wrong_level_names_the_character(text: str, pointed: str, says: str) -> None:
    with pytest.raises(LevelError) as wrong:
        parse_level(text)

    assert says in str(wrong.value)
    assert text[wrong.value.at : wrong.value.at + 1] == pointed


def test_the_caret_stands_under_the_character() -> None:
    with pytest.raises(LevelError) as wrong:
        parse_level("slots:\tp98 < 5ms")
    first, second = wrong.value.pointed("gclab: --slo ").splitlines()

    assert first.startswith("gclab: --slo slots: p98 < 5ms: unknown metric 'p98'")
    assert second.strip() == "^"
    assert first[len(second) - 1 :].startswith("p98 < 5ms")


def test_the_character_of_a_second_metric_is_found_behind_its_namesake() -> None:
    with pytest.raises(LevelError) as wrong:
        parse_level("p98: p98<5ms")
    assert wrong.value.at == 5


@pytest.mark.parametrize(
    ("text", "selector", "metric", "share"),
    [
        ("p99.9:10%", None, "p99.9", 0.1),
        ("bytes_per_entry: 2.5 %", None, "bytes_per_entry", 0.025),
        ("slots:update=in-place: p50:0%", "slots:update=in-place", "p50", 0.0),
    ],
)
def test_an_allowance_is_read(text: str, selector: str | None, metric: str, share: float) -> None:
    allowance = parse_allowance(text)

    assert (allowance.selector, allowance.metric.name) == (selector, metric)
    assert allowance.share == pytest.approx(share)


@pytest.mark.parametrize(
    ("text", "pointed", "says"),
    [
        ("p99.9", "", "as in p99.9:10%"),
        ("p98:10%", "p", "did you mean 'p99'?"),
        ("p99:10", "", "write %"),
        ("p99:5ms", "m", "write %"),
        ("p99:-5%", "-", "no number"),
        (":10%", ":", "no metric"),
    ],
)
def test_a_wrong_allowance_names_the_character(text: str, pointed: str, says: str) -> None:
    with pytest.raises(LevelError) as wrong:
        parse_allowance(text)

    assert says in str(wrong.value)
    assert text[wrong.value.at : wrong.value.at + 1] == pointed


def check(run: StoredRun, *levels: str) -> Judgement:
    return judge(run, [parse_level(level) for level in levels])


def states(found: Judgement) -> list[str]:
    return [kept.state for kept in found.levels]


@pytest.mark.parametrize(
    ("level", "state"),
    [
        ("p99.9<5ms", "miss"),
        ("p99.9<=5ms", "pass"),
        ("p99.9>=5ms", "pass"),
        ("p99.9>5ms", "miss"),
        ("p99.9<5.001ms", "pass"),
    ],
)
def test_each_operator_is_exact_at_its_limit(level: str, state: str, tmp_path: Path) -> None:
    found = check(write_run(tmp_path, [trial(**{"p99.9": 5 * MS})]), level)

    assert states(found) == [state]
    assert found.exit_code == (0 if state == "pass" else 3)
    assert not found.levels[0].straddles


def test_the_median_decides_and_an_interval_on_both_sides_is_marked(tmp_path: Path) -> None:
    run = write_run(tmp_path, repeats("slots", [2.0 * MS, 4.0 * MS, 7.0 * MS]))
    sure, unsure, missed = check(run, "p99.9<1s", "p99.9<5ms", "p99.9<3ms").levels

    assert (sure.state, sure.straddles) == ("pass", False)
    assert (unsure.state, unsure.straddles) == ("pass", True)
    assert (missed.state, missed.straddles) == ("miss", True)
    assert missed.value is not None
    assert missed.value.point == 4 * MS


def test_a_level_is_about_every_strategy_that_it_selects(tmp_path: Path) -> None:
    run = write_run(
        tmp_path,
        [trial("slots"), trial("slots+freeze"), trial("flat", factors={"rate": "5k"})],
    )

    def selected(level: str) -> list[str]:
        return [kept.group.label for kept in check(run, level).levels]

    assert selected("p50<5ms") == ["slots", "slots+freeze", "flat rate=5k"]
    assert selected("slots: p50<5ms") == ["slots"]
    assert selected("slots*: p50<5ms") == ["slots", "slots+freeze"]
    assert selected("flat: p50<5ms") == ["flat rate=5k"]
    assert selected("flat rate=5k: p50<5ms") == ["flat rate=5k"]


def test_a_level_about_no_strategy_is_refused(tmp_path: Path) -> None:
    run = write_run(tmp_path, [trial("slots")])

    with pytest.raises(UsageError, match="did you mean 'slots'"):
        check(run, "slot: p50<5ms")


def test_a_run_without_a_strategy_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="holds no strategy"):
        check(write_run(tmp_path, []), "p50<5ms")


def test_one_invalid_trial_makes_a_level_not_valid(tmp_path: Path) -> None:
    trials = [*repeats("slots", [MS, MS, MS]), trial("flat")]
    trials[1]["valid"] = False
    trials[1]["warnings"] = [{"code": "generator_late", "message": "late", "invalidates": True}]
    slots, flat = (found := check(write_run(tmp_path, trials), "p99.9<5ms")).levels

    assert (slots.state, flat.state, found.exit_code) == ("not valid", "pass", 5)
    assert slots.reason == "1 of 3 trials not valid: generator_late: late"


def test_an_invalid_trial_that_no_level_is_about_does_not_count(tmp_path: Path) -> None:
    run = write_run(tmp_path, [trial("slots", status="failed", reason="died"), trial("flat")])

    assert check(run, "flat: p99.9<5ms").exit_code == 0
    assert check(run, "p99.9<5ms").exit_code == 5


def test_a_figure_that_is_null_is_not_valid(tmp_path: Path) -> None:
    run = write_run(tmp_path, repeats("slots", [MS, None], "p99.99"))
    found = check(run, "p99.99<5ms")

    assert (states(found), found.exit_code) == (["not valid"], 5)
    assert "no p99.99: too few requests" in found.levels[0].reason


def test_a_closed_loop_has_no_response_time_to_promise(tmp_path: Path) -> None:
    nothing = dict.fromkeys(("mean", "p50", "p90", "p99", "p99.9", "p99.99", "max"))
    run = write_run(
        tmp_path, [trial("slots", response_ns=nothing)], spec={"load": {"closed_loop": True}}
    )
    response, service = (found := check(run, "p99<5ms", "service.p99<5ms")).levels

    assert (response.state, service.state, found.exit_code) == ("not valid", "pass", 5)
    assert "service.p99 is there" in response.reason


def test_trials_that_were_not_run_are_not_valid(tmp_path: Path) -> None:
    run = write_run(tmp_path, repeats("slots", [MS, MS]), asked=[trial("slots", 3), trial("flat")])
    slots, flat = (found := check(run, "p99.9<5ms")).levels

    assert found.exit_code == 5
    assert slots.reason == "2 of 3 trials were run"
    assert flat.reason == "0 of 1 trials were run"


def compared(
    tmp_path: Path, before: list[Json], now: list[Json], *allow: str, slo: tuple[str, ...] = ()
) -> Judgement:
    return judge(
        write_run(tmp_path / "now", now),
        [parse_level(level) for level in slo],
        write_run(tmp_path / "before", before),
        [parse_allowance(text) for text in allow],
    )


STEADY = [1.0 * MS, 1.01 * MS, 0.99 * MS]


@pytest.mark.parametrize(
    ("times", "state"), [(0.5, "pass"), (1.0, "pass"), (1.09, "pass"), (1.11, "regression")]
)
def test_more_than_the_allowance_is_a_regression(times: float, state: str, tmp_path: Path) -> None:
    now = repeats("slots", [times * value for value in STEADY])
    found = compared(tmp_path, repeats("slots", STEADY), now, "p99.9:10%")

    assert [change.state for change in found.changes] == [state]
    assert found.changes[0].point == pytest.approx(times)
    assert found.exit_code == (4 if state == "regression" else 0)


def test_exactly_the_allowance_is_allowed(tmp_path: Path) -> None:
    found = compared(tmp_path, [trial(p50=1_000)], [trial(p50=1_500)], "p50:50%")

    assert found.exit_code == 0


def test_a_wide_interval_that_holds_no_change_is_no_regression(tmp_path: Path) -> None:
    now = repeats("slots", [0.5 * MS, 1.5 * MS, 3.0 * MS])
    found = compared(tmp_path, repeats("slots", STEADY), now, "p99.9:10%")

    assert (found.changes[0].state, found.exit_code) == ("pass", 0)
    assert "cannot tell" in found.changes[0].reason


@pytest.mark.parametrize(("full", "code"), [(2, 0), (3, 4)])
def test_a_maximum_of_few_full_collections_is_no_regression(
    full: int, code: int, tmp_path: Path
) -> None:
    before, now = (
        repeats("slots", [times * value for value in STEADY], "gc_max", full=full)
        for times in (1, 3)
    )
    found = compared(tmp_path, before, now, "gc.max:10%")

    assert (found.exit_code, found.changes[0].point) == (code, pytest.approx(3))
    says = "cannot tell: fewer than 3 full collections of slots"
    assert found.changes[0].reason.startswith(says) == (code == 0)


@pytest.mark.parametrize(("n", "code"), [(4, 0), (5, 4)])
def test_repeats_that_disagree_are_no_regression_below_five(
    n: int, code: int, tmp_path: Path
) -> None:
    # two modes a factor of 10 apart, ten thousand times above what was
    modes = [1e9, 1.01e9, 1e10, 1.02e10, 1.03e9]
    before = repeats("slots", [1e4] * n)
    found = compared(tmp_path, before, repeats("slots", modes[:n]), "p99.9:10%")

    assert found.exit_code == code
    says = "cannot tell: the repeats of slots disagree in p99.9"
    assert found.changes[0].reason.startswith(says) == (code == 0)


def test_one_repeat_has_no_interval_and_its_ratio_decides(tmp_path: Path) -> None:
    found = compared(tmp_path, [trial(p50=1_000)], [trial(p50=1_200)], "p50:10%")

    assert found.exit_code == 4


@pytest.mark.parametrize(("noise", "code"), [(199, 4), (200, 0)])
def test_a_change_that_is_noise_is_no_regression(noise: int, code: int, tmp_path: Path) -> None:
    before = [trial(p99=1_000 * US, noise_ns={"p99": noise * US, "max": MS})]
    found = compared(tmp_path, before, [trial(p99=1_200 * US)], "p99:10%")

    assert found.exit_code == code
    assert found.changes[0].reason == ("" if code else "not above the machine's own noise")


def test_a_pause_where_there_was_none_is_a_regression(tmp_path: Path) -> None:
    before = [trial(gc_max=0, pauses=0, full=0)]
    found = compared(tmp_path, before, [trial(gc_max=5 * MS)], "gc.max:10%")

    assert (found.exit_code, found.changes[0].point) == (4, math.inf)


def test_no_pause_before_and_none_now_is_none(tmp_path: Path) -> None:
    before, now = ([trial(gc_max=0, pauses=0, full=0)] for _ in range(2))
    found = compared(tmp_path, before, now, "gc.max:10%")

    assert (found.exit_code, found.changes[0].point) == (0, 1.0)


@pytest.mark.parametrize("side", ["before", "now"])
def test_an_invalid_trial_on_either_side_is_not_valid(side: str, tmp_path: Path) -> None:
    good, bad = repeats("slots", STEADY), repeats("slots", STEADY)
    bad[1]["valid"] = False
    before, now = (bad, good) if side == "before" else (good, bad)
    found = compared(tmp_path, before, now, "p99.9:10%")

    assert (found.changes[0].state, found.exit_code) == ("not valid", 5)
    assert side in found.changes[0].reason


def test_what_is_not_valid_comes_before_a_miss_and_a_miss_before_a_regression(
    tmp_path: Path,
) -> None:
    before = [trial("slots", p50=1_000), trial("flat"), trial("dict")]
    regressed = trial("slots", p50=2_000)
    both = (before, [regressed, trial("flat"), trial("dict")])
    invalid = (before, [regressed, trial("flat"), trial("dict", valid=False)])
    missed = ("flat: p50<1us",)

    assert compared(tmp_path / "a", *both, "p50:10%").exit_code == 4
    assert compared(tmp_path / "b", *both, "p50:10%", slo=missed).exit_code == 3
    assert compared(tmp_path / "c", *invalid, "p50:10%", slo=missed).exit_code == 5


def test_strategies_of_one_run_alone_are_named_and_not_compared(tmp_path: Path) -> None:
    found = compared(
        tmp_path, [trial("slots"), trial("dict")], [trial("slots"), trial("flat")], "p50:10%"
    )

    assert [change.comparison.group.label for change in found.changes] == ["slots"]
    assert [alone.labels for alone in found.alone] == [("flat",), ("dict",)]


def test_runs_without_a_strategy_in_common_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no strategy in common"):
        compared(tmp_path, [trial("dict")], [trial("slots")], "p50:10%")


def test_a_run_is_not_compared_with_itself(tmp_path: Path) -> None:
    run = write_run(tmp_path, [trial("slots")])

    with pytest.raises(UsageError, match="the run itself"):
        judge(run, [], run, [parse_allowance("p50:10%")])


def test_another_workload_is_refused_unless_forced(tmp_path: Path) -> None:
    run = write_run(tmp_path / "now", [trial("slots")], spec={"load": {"rate": 5_000.0}})
    before = write_run(tmp_path / "before", [trial("slots")])
    allowances = [parse_allowance("p50:10%")]

    with pytest.raises(UsageError, match=r"load.rate \(20k against 5k\)"):
        judge(run, [], before, allowances)
    forced = judge(run, [], before, allowances, force=True)
    assert [field.field for field in forced.forced[str(run.folder)]] == ["load.rate"]
