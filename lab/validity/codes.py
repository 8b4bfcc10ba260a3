"""The one table of warnings: what each code means, from where on, and what to do about it.

What invalidates is what makes the figures something else than the answer to the question: no
figures at all, wrong answers, a broken clock, requests that the lab itself delayed, a policy that
was not in force, events that are missing from the evidence, or a queue without bound, whose
latencies measure the length of the trial. Such a trial is shown with its figures and its reason
and is never ranked; under ``--strict`` the run exits with 5. Everything else is a note: the
figures are what happened, and the reader should know under which circumstances. A noisy machine is
a circumstance: it widens what cannot be told apart and makes no trial wrong.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]


@dataclass(frozen=True)
class Code:
    """One thing that can be said about a trial or a run.

    Attributes
    ----------
    code
        Its name in stored results.
    meaning
        What it says and by which rule, in words.
    threshold, unit
        From which value on, and what the value counts; None where it is a yes or no.
    invalidates
        Whether the trial must not be ranked, where its value is above the threshold.
    machine
        Whether that is the machine's doing, not the strategy's: the same trial may go well later.
    source
        Where the rule comes from.
    advice
        What to do about it; a warning may carry a more exact one.
    """

    code: str
    meaning: str
    source: str
    advice: str
    threshold: float | None = None
    unit: str = ""
    invalidates: bool = False
    machine: bool = False


_ALL = (
    Code(
        "failed",
        "the trial ended before its figures were complete; the message is the reason",
        "the worker's last answer (docs/block-format.md), or the lab's own error",
        "read the reason; 'gclab run' with that strategy alone repeats it",
        invalidates=True,
    ),
    Code(
        "contract_broken",
        "the layout raised, or answered with a wrong type",
        "the contract of a layout, strategies/interface.py",
        "test the layout with lab.testing.conformance",
        invalidates=True,
    ),
    Code(
        "wrong_answers",
        "an answer, the cache's content or the store differs from the reference model",
        "every operation is played through a reference model too (lab/runner/model.py)",
        "test the layout with lab.testing.conformance; a fast wrong answer compares with nothing",
        invalidates=True,
    ),
    Code(
        "clock_fault",
        "the stamps contradict each other: due <= started, token sent <= started <= finished <= "
        "token received, one operation after another",
        "the clock check of every block (lab/runner/drain.py)",
        "run it again; if it stays, look for a clock source other than tsc (gclab doctor)",
        threshold=0,
        unit="faults",
        invalidates=True,
        machine=True,
    ),
    Code(
        "over_range",
        "requests of more than an hour, which are in no histogram",
        "the range of the histograms: 1 ns to 1 h",
        "lower --rate: a queue of an hour is no service",
        threshold=0,
        unit="requests",
        invalidates=True,
    ),
    Code(
        "generator_late",
        "the lab handed requests over after they were due, to a worker that waited for them. It "
        "invalidates where they are more than the threshold, a tenth of what lies beyond the "
        "p99.9, and the worst lateness is above a tenth of the trial's p99.9; below either, "
        "only the maximum can be the lab's own and the warning is a note",
        "Kogias, Mallon and Bugnion, Lancet, USENIX ATC 2019: a latency tool says where its "
        "own client is what limits it",
        "lower --rate, or free the other cores: the feeder needs one of its own",
        threshold=1e-4,
        unit="share of the requests",
        invalidates=True,
        machine=True,
    ),
    Code(
        "ring_starved",
        "the worker stood still because the ring of blocks was empty, in an open loop with a "
        "request due. In a closed loop it is a note: service times hold, and operations per "
        "second are the feeder's",
        "Schroeder, Wierman and Harchol-Balter, Open Versus Closed, NSDI 2006: the generator must "
        "not be the bottleneck",
        "lower --rate; in a closed loop --no-verify makes the feeder faster",
        threshold=0.01,
        unit="share of the measured time",
        invalidates=True,
        machine=True,
    ),
    Code(
        "core_taken",
        "the worker was ready to run and had no core: other processes, or the hypervisor, had it "
        "for more than this share of the time. Not judged where workers share a core with the "
        "lab, which says so by itself",
        "run delay of /proc/self/schedstat (Documentation/scheduler/sched-stats.rst of Linux)",
        "end what else runs on this machine, or take one with more cores; gclab doctor lists it",
        threshold=0.05,
        unit="share of the measured time",
        invalidates=True,
        machine=True,
    ),
    Code(
        "overloaded",
        "more came in than could be served: the last request was finished later than the "
        "schedule's end by more than the threshold and twice the longest single operation, or "
        "the worker was busy for 95 % of the time while the medians of the intervals rose "
        "without a pause to at least twice what they were. Not judged in a closed loop",
        "a queue is stable only below a utilisation of 1 (Harchol-Balter, Performance Modeling "
        "and Design of Computer Systems, 2013); above, latency measures the trial's length",
        "lower --rate until the queue is bounded, or ask for the highest rate with --closed-loop",
        threshold=0.02,
        unit="share of the scheduled time",
        invalidates=True,
    ),
    Code(
        "gc_settings_changed",
        "the collector was switched on or off, its thresholds were set, or the heap was frozen or "
        "unfrozen between warm-up and the end, and not by the policy",
        "libraries can switch the collector on again (gc.enable, gc.freeze in docs.python.org)",
        "find what calls gc.enable, gc.set_threshold or gc.freeze: another package in the layout",
        threshold=0,
        unit="settings",
        invalidates=True,
    ),
    Code(
        "lost_events",
        "GC events, or records of slow operations, were overwritten in their ring before they were "
        "read: counts, worst pause and causes of slow requests are lower bounds",
        "the rings count what is written and what is lost (docs/block-format.md)",
        "raise the thresholds (+thresholds:5000,10,10) or lower --rate: thousands of collections "
        "or of slow operations in 100 ms",
        threshold=0,
        unit="events",
        invalidates=True,
    ),
    Code(
        "closed_loop",
        "there is no intended start, so only service time is reported",
        "Tene, How NOT to Measure Latency: coordinated omission",
        "leave --closed-loop out to see what users feel",
    ),
    Code(
        "unverified",
        "no reference model was played beside the trial",
        "the reference model (lab/runner/model.py) keeps every entry and every key",
        "leave --no-verify out, where the model fits in memory",
    ),
    Code(
        "own_eviction",
        "the layout evicts by a rule of its own: another sequence of hits and misses",
        "declared by the layout",
        "compare misses as well as latency",
    ),
    Code(
        "shared_core",
        "a worker shares a core with the lab or with another worker",
        "a spinning loop needs its core whole (docs/decisions/0005-timed-loop.md)",
        "give it a core more than there are workers",
    ),
    Code(
        "pinning_failed",
        "neither the lab nor its workers could be bound to cores: there is no floor, since no core "
        "is idle for sure, and core_taken is judged all the same",
        "sched_setaffinity(2)",
        "allow sched_setaffinity (containers: --security-opt seccomp, cpusets)",
    ),
    Code(
        "noise_above_effect",
        "the idle machine delayed as much as the strategy did: at p99.9, or at the maximum, the "
        "noise floor is at least this share of the trial's own figure, so that this figure is the "
        "machine's as much as the strategy's. A fast strategy on a shared machine gets this note: "
        "it reaches the floor",
        "Tene, jHiccup: an idle process on the same machine shows the platform's own stalls",
        "take a quieter machine, or read the figure as 'at most'; gclab doctor measures the floor",
        threshold=0.5,
        unit="share of the trial's own figure",
    ),
    Code(
        "noise_changed",
        "the noise floor's p99 before and after the trial differ by more than this factor, and "
        "the larger one is above 50 us: the machine was not the same throughout",
        "Mytkowicz et al., Producing Wrong Data Without Doing Anything Obviously Wrong!, ASPLOS "
        "2009",
        "run more --repeats: rounds are shuffled, so that such changes fall on every strategy",
        threshold=3.0,
        unit="times",
    ),
    Code(
        "noise_unmeasured",
        "a meter of the machine's own noise gave no figures",
        "nothing is left out silently",
        "read the reason; gclab doctor measures the floor by itself",
    ),
    Code(
        "no_full_collection",
        "objects were promoted and the trial ended before the first full collection. By CPython's "
        "rules it comes when (threshold2 + 1) * (threshold1 + 2) young collections are over and "
        "what they promoted is a quarter of what the last full one left; the value is how long "
        "that takes at the rate seen. Said for the generational collector under automatic "
        "collection, where young ones ran; a strategy that never collects promotes nothing, and "
        "no longer trial would change that",
        "Modules/gcmodule.c, gc_collect_generations; predicted 3.92 s, seen at 3.89 s "
        "(results/reference/discord-spikes)",
        "take a longer --duration, three times the value to see a period",
        unit="seconds to the first full collection, against those of the trial",
    ),
    Code(
        "too_few_samples",
        "a percentile up to the p99.9 has fewer than 10 requests beyond it and is left blank",
        "the rule for every percentile here (lab/runner/drain.py)",
        "take a longer --duration",
        unit="requests",
    ),
    Code(
        "not_steady",
        "the medians of the 100 ms intervals drifted: in the last third of the trial their median "
        "differs from that of the first third by more than the threshold, and Mann and Kendall's "
        "test sees a trend (|z| above 3.3). Collections, few or many, move medians of medians "
        "little. Not judged under a ramp or with fewer than 30 intervals",
        "Mann, Econometrica 13, 1945; Barrett et al., Virtual Machine Warmup Blows Hot and Cold, "
        "OOPSLA 2017: not every run becomes steady. False alarms on simulated stationary trials: "
        "below 0.5 % where intervals are independent, with or without pauses; where neighbours "
        "hang together (correlation 0.9), 2 % at a spread of 10 % and 10 % at one of 20 %",
        "take a longer --duration and look at the timeline; compare only within one --seed",
        threshold=0.25,
        unit="change of the median",
    ),
    Code(
        "heap_growing",
        "resident memory grows steadily: in at least three of four quarters of the measured "
        "phase by more than this per minute, the second smallest being the value. One or two "
        "steps (a table that doubled) and an LRU that is filling up do not count, nor does what a "
        "concurrent collector has not come to in fewer than three cycles",
        "Sen, Journal of the American Statistical Association 63, 1968 (Theil-Sen slope)",
        "look at resources.csv; under +disabled or +young-only cycles are never freed (--cycles)",
        threshold=0.1,
        unit="growth per minute",
    ),
    Code(
        "repeats_disagree",
        "the repeats of one strategy contain outliers or fall into two groups; below 5 repeats "
        "such a metric is not ranked",
        "lab/validity/agreement.py",
        "run --repeats 5 or more, and longer: two or three pauses per trial make two groups",
        threshold=5,
        unit="repeats",
    ),
    Code(
        "played_again",
        "a trial that nothing but the machine made invalid was played once more, at the end of "
        "the run (--again). Both are kept; the valid one counts",
        "nothing is left out silently",
        "the first one's trial.json has what was wrong with it",
    ),
    Code(
        "unavailable",
        "'all' could not stand for a layout here",
        "nothing is left out silently",
        "gclab list strategies names the command that installs it",
    ),
)
CODES: dict[str, Code] = {each.code: each for each in _ALL}
"""Every code, those that can invalidate first."""

BUSY_SHARE = 0.95
"""A worker that is busy for this share of the time has no slack for a queue to drain."""
LATE_SHARE_OF_P999 = 0.1
"""A lateness below this share of the trial's own p99.9 does not move it."""
NOISE_FLOOR_NS = 50_000
"""A noise floor below this is the timer's and the interrupts': its ratios mean nothing."""
TREND_Z = 3.3
"""Mann and Kendall's z: one stationary series in a thousand goes beyond."""
