"""Claims are read strictly: what is wrong is said in one line that names file and key."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from lab.experiments import experiments_folder, read_experiment
from lab.findings.model import Predicate, Verdict
from lab.findings.reading import read_claim, read_claims
from lab.spec import build_experiment
from strategies.errors import UsageError

SHIPPED = experiments_folder() / "findings"
CLAIM = """\
title = "A title"
statement = "A statement."
source = "someone"
experiment = "heap"
scales = ["quick"]

[trials.one]
strategy = "slots"
mix = { read = 1 }
size = 0.5
length = 2
repeats = 3

[trials.two]
strategy = "flat"

[[tests]]
quantity = "one over two"
metric = "p99"
of = "one"
against = "two"
above = 2

[[tests]]
quantity = "of one"
metric = "gc.max"
of = "one"
above = 1
below = 3

[says]
reproduced = "It is {0}, and {1}."
refuted = "It is not: {1}."
"""


def write(folder: Path, text: str, name: str = "X1") -> Path:
    path = folder / f"{name}.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_claim_is_read_as_it_is_written(tmp_path: Path) -> None:
    claim = read_claim(write(tmp_path, CLAIM))

    assert (claim.name, claim.title, claim.statement) == ("X1", "A title", "A statement.")
    assert (claim.source, claim.experiment, claim.scales) == ("someone", "heap", ("quick",))
    assert claim.trials["two"] == {"strategy": "flat"}
    assert claim.trials["one"]["mix"] == {"read": 1}
    first, second = claim.tests
    assert (first.quantity, first.metric, first.fit) == ("one over two", "p99", "")
    assert (first.of, first.against, first.predicate) == ("one", "two", Predicate(2.0, None))
    assert (second.against, second.predicate) == ("", Predicate(1.0, 3.0))
    assert claim.says[Verdict.REFUTED] == "It is not: {1}."


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('title = "A title"', "title = ", "not TOML"),
        ('title = "A title"\n', "", "'title' is missing"),
        ('title = "A title"', "title = 3", "title 3: a text"),
        ('statement = "A statement."', 'statement = ""', "'statement' is missing"),
        ('source = "someone"\n', "", "'source' is missing"),
        ('source = "someone"', "source = ['a']", "source ['a']: a text"),
        ('experiment = "heap"', "experiment = 1", "experiment 1: a text"),
        ('title = "A title"', 'titel = "A title"', "unknown key 'titel': did you mean 'title'?"),
        ('scales = ["quick"]', 'scales = "quick"', "scales 'quick': a list of scales"),
        (
            'scales = ["quick"]',
            'scales = ["qick"]',
            "scales: unknown scale 'qick': did you mean 'quick'?",
        ),
        ('strategy = "flat"\n', "", "[trials.two]: 'strategy' is missing"),
        ('strategy = "flat"', "strategy = 5", "[trials.two]: strategy 5: a text"),
        ("size = 0.5", "sise = 0.5", "[trials.one]: unknown key 'sise': did you mean 'size'?"),
        ("size = 0.5", "size = 0", "[trials.one]: size 0: write a number above 0"),
        ("length = 2", 'length = "long"', "[trials.one]: length 'long'"),
        ("repeats = 3", "repeats = 0", "[trials.one]: repeats 0: a whole number, 1 or more"),
        ("repeats = 3", "repeats = true", "[trials.one]: repeats True"),
        ("repeats = 3", "repeats = 1.5", "[trials.one]: repeats 1.5"),
        ("mix = { read = 1 }", "mix = 5", "[trials.one] mix is a table, not 5"),
        ("mix = { read = 1 }", "mix = { reed = 1 }", "mix: unknown key 'reed': did you mean"),
        ('quantity = "of one"\n', "", "test 2: 'quantity' is missing"),
        ('metric = "gc.max"\n', "", "test 2: 'metric' is missing"),
        ('metric = "gc.max"', "metric = ['p99']", "test 2: metric ['p99']: a text"),
        ('metric = "gc.max"', 'metric = "gc.mx"', "metric: unknown metric 'gc.mx': did you mean"),
        ('of = "one"\nabove = 1', 'of = "one"\nfit = "p9"\nabove = 1', "fit: unknown metric 'p9'"),
        (
            'of = "one"\nagainst',
            'of = "onne"\nagainst',
            "unknown trial 'onne': did you mean 'one'?",
        ),
        ('against = "two"', 'against = "to"', "unknown trial 'to': did you mean 'two'?"),
        ('against = "two"', 'against = "one"', "against 'one': another trial than 'of'"),
        ('against = "two"', 'agianst = "two"', "test 1: unknown key 'agianst': did you mean"),
        (
            'against = "two"',
            'against = "two"\nfit = "entries"',
            "against 'two': beside 'fit' nothing is compared",
        ),
        ('of = "one"\nabove = 1', "above = 1", "test 2: 'of' is missing: which of its trials?"),
        ("above = 2\n", "", "test 1: 'above', 'below' or both: nothing could refute it"),
        ("above = 2", 'above = "2"', "test 1: above '2': a number"),
        ("above = 2", "above = true", "test 1: above True: a number"),
        ("above = 2", "above = nan", "test 1: above nan: a number"),
        ("above = 2", "below = inf", "test 1: below inf: a number"),
        ("below = 3", "below = 1", "test 2: above 1 and below 1: nothing is"),
        ("below = 3", "below = 0.5", "test 2: above 1 and below 0.5: nothing is"),
        ('refuted = "It is not: {1}."\n', "", "[says]: 'refuted' is missing"),
        ('refuted = "It is not: {1}."', "refuted = 3", "[says]: refuted 3: a text"),
        ('refuted = "', 'inconclusive = "x"\nrefuted = "', "[says]: unknown key 'inconclusive'"),
        (
            "It is not: {1}",
            "It is not: {2}",
            "refuted: {2}: a test is quoted by its number, 0 to 1",
        ),
        ("It is not: {1}", "It is not: {}", "[says] refuted: {}: a test is quoted"),
        ("It is not: {1}", "It is not: {one}", "[says] refuted: {one}: a test is quoted"),
        ("It is not: {1}", "It is not: {1:.2f}", "[says] refuted: {1:.2f}: a test is quoted"),
        ("It is not: {1}", "It is not: {1!r}", "[says] refuted: {1!r}: a test is quoted"),
        ("It is not: {1}", "It is not: {1", "[says]: expected '}'"),
    ],
)
def test_a_wrong_claim_is_one_line_that_names_its_file(
    old: str, new: str, says: str, tmp_path: Path
) -> None:
    assert CLAIM.count(old) == 1
    path = write(tmp_path, CLAIM.replace(old, new))
    with pytest.raises(UsageError) as error:
        read_claim(path)

    message = str(error.value)
    assert message.startswith("finding X1.toml")
    assert says in message
    assert "\n" not in message


@pytest.mark.parametrize(
    ("section", "says"),
    [
        ('trials = "slots"', "trials: tables such as [trials.both], not 'slots'"),
        ('trials = ["slots"]', "trials: tables such as [trials.both]"),
        ('trials = { one = "slots" }', "[trials.one]: a table, not 'slots'"),
        ('tests = "p99"', "tests: each begins with [[tests]]"),
        ("tests = ['p99']", "test 1: a table, not 'p99'"),
        ("tests = []", "'tests' is missing"),
        ('says = "yes"', "[says]: a table, not 'yes'"),
    ],
)
def test_a_section_of_another_kind_is_one_line(section: str, says: str, tmp_path: Path) -> None:
    parts = {
        "trials": 'trials = { one = { strategy = "slots" } }',
        "tests": 'tests = [{ quantity = "q", metric = "p99", of = "one", below = 1 }]',
        "says": 'says = { reproduced = "a", refuted = "b" }',
    }
    head = 'title = "t"\nstatement = "s"\nsource = "w"\n'
    assert read_claim(write(tmp_path, head + "\n".join(parts.values()))).title == "t"
    parts[section.partition(" ")[0]] = section
    with pytest.raises(UsageError) as error:
        read_claim(write(tmp_path, head + "\n".join(parts.values())))

    assert says in str(error.value)
    assert str(error.value).startswith("finding X1.toml")


def test_a_key_twice_in_tests_says_which_section_it_wanted(tmp_path: Path) -> None:
    text = CLAIM.replace("[[tests]]", "[tests]", 1).replace("[[tests]]", "[tests.two]", 1)
    with pytest.raises(UsageError, match=r"tests: each begins with \[\[tests\]\]"):
        read_claim(write(tmp_path, text))


def test_a_file_that_is_not_there_or_no_text_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"finding X9\.toml: No such file"):
        read_claim(tmp_path / "X9.toml")
    (tmp_path / "X8.toml").write_bytes(b'title = "caf\xe9"')
    with pytest.raises(UsageError, match=r"finding X8\.toml: not UTF-8"):
        read_claim(tmp_path / "X8.toml")


def test_a_new_claim_is_one_file(tmp_path: Path) -> None:
    folder = tmp_path / "findings"
    shutil.copytree(SHIPPED, folder)
    before = [claim.name for claim in read_claims(folder)]
    write(folder, CLAIM, "L9")

    names = [claim.name for claim in read_claims(folder)]
    assert names == [*before[: before.index("L8") + 1], "L9", *before[before.index("L8") + 1 :]]


def test_lessons_come_first_in_the_order_of_their_numbers_then_details_then_the_rest(
    tmp_path: Path,
) -> None:
    for name in ("zebra", "L10", "L2", "D3", "L3-median", "L3", "apple", "D11", "L1"):
        write(tmp_path, CLAIM, name)

    names = [claim.name for claim in read_claims(tmp_path)]
    assert names == ["L1", "L2", "L3", "L3-median", "L10", "D3", "D11", "apple", "zebra"]


def test_the_shipped_claims_are_there_each_with_an_experiment_that_builds() -> None:
    claims = read_claims(SHIPPED)
    names = [claim.name for claim in claims]

    lessons = [name for name in names if name[0] == "L" and name[1:].isdecimal()]
    assert lessons == [f"L{n}" for n in range(1, 9)]
    assert len({claim.title for claim in claims}) == len(claims)
    for claim in claims:
        name, raw = read_experiment(claim.experiment)
        spec = build_experiment(name, raw, verify=True, keep_requests=False)
        assert spec.trials
        assert claim.statement.endswith(".")
        quoted = {name for test in claim.tests for name in (test.of, test.against) if name}
        if not any(test.fit for test in claim.tests):
            assert quoted == set(claim.trials), f"{claim.name} runs trials that no test asks for"


@pytest.mark.parametrize(
    ("limits", "interval", "verdict"),
    [
        ((2, None), (2.1, 5), "reproduced"),
        ((2, None), (2.1, None), "reproduced"),
        ((2, None), (2.0, 5), "inconclusive"),
        ((2, None), (1, 5), "inconclusive"),
        ((2, None), (None, 5), "inconclusive"),
        ((2, None), (1, 1.9), "refuted"),
        ((2, None), (None, 1.9), "refuted"),
        ((2, None), (1, 2.0), "inconclusive"),
        ((None, 2), (0, 1.9), "reproduced"),
        ((None, 2), (None, 1.9), "reproduced"),
        ((None, 2), (0, 2.0), "inconclusive"),
        ((None, 2), (2.0, 3), "inconclusive"),
        ((None, 2), (2.1, 3), "refuted"),
        ((None, 2), (2.1, None), "refuted"),
        ((1, 2), (1.1, 1.9), "reproduced"),
        ((1, 2), (0.9, 1.9), "inconclusive"),
        ((1, 2), (1.1, 2.1), "inconclusive"),
        ((1, 2), (0.5, 0.9), "refuted"),
        ((1, 2), (2.1, 3), "refuted"),
        ((1, 2), (0.5, 3), "inconclusive"),
        ((1, 2), (None, None), "inconclusive"),
        ((0, None), (0.0, 0.0), "inconclusive"),
    ],
)
def test_a_verdict_comes_from_the_interval_alone(
    limits: tuple[float | None, float | None],
    interval: tuple[float | None, float | None],
    verdict: str,
) -> None:
    assert Predicate(*limits).verdict(*interval) == verdict


def test_a_predicate_says_what_it_wants() -> None:
    assert str(Predicate(10.0, None)) == "above 10"
    assert str(Predicate(None, 0.5)) == "below 0.5"
    assert str(Predicate(0.8, 1.25)) == "between 0.8 and 1.25"
