"""The page in a real browser: drawn without a complaint, pressed, zoomed, read by keyboard."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import lab.report.html.page
from lab.report.charts import plain_charts
from lab.report.html import html_page
from strategies.units import format_duration
from tests.report.html.browser import acted, needs_browser, opened
from tests.report.html.made_page import (
    EVIL,
    TWO,
    finding,
    page_run,
    played,
    quick_suite,
)
from tests.report.html.test_html_page import CHARTS
from tests.report.pictures import frozen, matrix

pytestmark = needs_browser

PRESS = """
const press = (node) => node.dispatchEvent(new MouseEvent('click', {bubbles: true}));
const key = (node, name, more) => node.dispatchEvent(
  new KeyboardEvent('keydown', {key: name, bubbles: true, cancelable: true, ...more}));
const at = (node, type, x, y, more) => node.dispatchEvent(new PointerEvent(type,
  {bubbles: true, cancelable: true, clientX: x, clientY: y, pointerId: 1, ...more}));
const chart = (name) => document.querySelector(`[data-chart="${name}"]`);
const panel = () => chart('timeline').querySelector('.panel');
const full = () => panel().querySelectorAll('.mark .sign')[0].parentNode;
const ticks = (host) => [...host.querySelectorAll('.plot svg > g:first-of-type text')]
  .map((text) => text.textContent);
SVGElement.prototype.setPointerCapture = () => {};
"""


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> str:
    return html_page(page_run(tmp_path_factory.mktemp("browsed") / "run"), [finding()])


def do(page: str, folder: Path, script: str, *options: str, width: int = 1_280) -> Any:
    return acted(page, folder, PRESS + script, width, *options)


def test_the_page_as_it_is_draws_every_chart_and_says_nothing(page: str, tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    path.write_text(page, encoding="utf-8")
    found = opened(path)

    assert found.console == []
    assert 'class="scripted"' in found.dom
    for name in CHARTS:
        _, _, rest = found.dom.partition(f'data-chart="{name}"')
        drawn = rest.partition("</figure>")[0]
        assert "<svg" in drawn.partition('class="plot"')[2], name
        assert "NaN" not in drawn


def test_a_script_from_a_file_does_not_run(tmp_path: Path) -> None:
    trials = [(played('<img src=x onerror="alert(1)">', reason=EVIL), TWO)]
    page = html_page(page_run(tmp_path / "run", trials, question=EVIL), [finding(missing=EVIL)])
    result = acted(
        page.replace("<head>", "<head><script>window.alert=()=>{window.hit=1}</script>"),
        tmp_path,
        "return {hit: window.hit || 0, title: document.title, "
        "name: document.querySelector('.legend span').textContent};",
    )

    assert result == {"hit": 0, "title": f"{EVIL} (gclab)", "name": trials[0][0]["label"]}


def test_pressing_a_pause_lists_the_requests_that_it_delayed(page: str, tmp_path: Path) -> None:
    result = do(
        page,
        tmp_path,
        """
        press(full());
        const box = panel().querySelector('.victims');
        return {title: box.querySelector('h5').textContent,
          said: box.querySelector('p').textContent,
          rows: [...box.querySelectorAll('tbody tr')].map((row) =>
            [...row.cells].map((cell) => cell.textContent)),
          dots: panel().querySelectorAll('.victim').length,
          status: document.getElementById('status').textContent};
        """,
    )

    assert result["title"] == "Collection of the whole heap at 1.050 s, 200 ms"
    assert result["said"] == "It delayed 200 requests above 1.00 ms; the slowest took 200 ms."
    assert len(result["rows"]) == result["dots"] == 20
    assert result["rows"][0] == ["1.0500", "0 ns", "200 ms", "garbage collection", "mention"]
    assert result["rows"][-1][0] == "1.2490"
    assert result["status"] == f"{result['title']}. {result['said']}"


def test_a_run_without_its_slow_requests_says_so_when_a_pause_is_pressed(tmp_path: Path) -> None:
    stored = page_run(tmp_path / "run")
    (stored.trials[0].folder / "slow.csv").unlink()
    said = do(
        html_page(stored),
        tmp_path,
        """
        press(full());
        return [...panel().querySelectorAll('.victims p')].map((each) => each.textContent);
        """,
    )

    assert said == ["This run does not hold its slow requests: what was delayed cannot be named."]


def test_of_a_sample_it_says_at_least(tmp_path: Path) -> None:
    stored = page_run(tmp_path / "run", [(played(slow_requests=99_999), TWO)])
    said = do(
        html_page(stored),
        tmp_path,
        """
        const last = [...panel().querySelectorAll('.mark .sign')].at(-1).parentNode;
        press(last);
        return [last.getAttribute('aria-label'), panel().querySelector('.victims p').textContent];
        """,
    )

    assert "delayed at least 100 slow requests, the slowest 100 ms" in said[0]
    assert said[1].startswith("It delayed at least 100 requests above 1.00 ms")
    assert said[1].endswith("Not all slow requests are stored: these are those that are.")


def test_zooming_into_a_chart_keeps_something_in_sight(page: str, tmp_path: Path) -> None:
    seen = do(
        page,
        tmp_path,
        """
        const host = chart('tradeoff');
        const names = () => host.querySelectorAll('.plot text.name').length;
        const before = names();
        for (let n = 0; n < 6; n += 1) press(host.querySelector('[aria-label$="zoom in"]'));
        return [before, names()];
        """,
    )

    assert seen[0] == 2
    assert seen[1] >= 1


def test_a_pause_can_be_chosen_and_closed_by_keyboard(page: str, tmp_path: Path) -> None:
    result = do(
        page,
        tmp_path,
        """
        const stops = () => panel().querySelectorAll('.mark[tabindex="0"]').length;
        const marks = panel().querySelectorAll('.mark');
        const before = stops();
        marks[0].focus();
        key(marks[0], 'ArrowRight');
        const reached = document.activeElement.getAttribute('aria-label');
        key(document.activeElement, 'Enter');
        const chosen = panel().querySelector('.victims h5').textContent;
        const kept = document.activeElement.getAttribute('aria-label');
        key(document.activeElement, 'Enter');
        return {before, after: stops(), reached, chosen, kept,
          closed: panel().querySelector('.victims') === null};
        """,
    )

    label = "Collection of the whole heap at 1.050 s, 200 ms, delayed 200 slow requests, "
    assert (result["before"], result["after"]) == (1, 1)
    assert result["reached"] == result["kept"] == label + "the slowest 200 ms"
    assert result["chosen"] == "Collection of the whole heap at 1.050 s, 200 ms"
    assert result["closed"]


def test_a_click_beside_a_pause_takes_the_longest_near_it(page: str, tmp_path: Path) -> None:
    result = do(
        page,
        tmp_path,
        """
        const surface = panel().querySelector('.surface'), box = surface.getBoundingClientRect();
        const click = (share) => {
          at(surface, 'pointerdown', box.left + share * box.width, box.top + 40);
          at(surface, 'pointerup', box.left + share * box.width, box.top + 40);
          return panel().querySelector('.victims h5')?.textContent;
        };
        return [click(0.5), click(1.15 / 4)];
        """,
    )

    assert result == [None, "Collection of the whole heap at 1.050 s, 200 ms"]


def test_dragging_zooms_and_reset_shows_all_again(page: str, tmp_path: Path) -> None:
    result = do(
        page,
        tmp_path,
        """
        const surface = panel().querySelector('.surface'), box = surface.getBoundingClientRect();
        const before = ticks(panel());
        at(surface, 'pointerdown', box.left + box.width / 4, box.top + 40);
        at(surface, 'pointermove', box.left + box.width / 2, box.top + 40);
        at(surface, 'pointerup', box.left + box.width / 2, box.top + 40);
        const near = ticks(panel());
        const others = ticks(chart('timeline').querySelectorAll('.panel')[1]);
        press(chart('timeline').querySelector('[aria-label$="show all again"]'));
        return {before, near, others, after: ticks(panel())};
        """,
    )

    assert "0.0 s" in result["before"]
    assert "4.0 s" in result["before"]
    seconds = [float(text[:-2]) for text in result["near"] if text.endswith(" s")]
    assert (min(seconds), max(seconds)) == (1.0, 2.0)
    assert [text for text in result["others"] if text.endswith(" s")] == [
        text for text in result["near"] if text.endswith(" s")
    ]
    assert result["after"] == result["before"]


def test_dragging_over_points_zooms_both_axes_and_zooming_out_shows_all(
    page: str, tmp_path: Path
) -> None:
    before, near, after = do(
        page,
        tmp_path,
        """
        const host = chart('pauses'), surface = host.querySelector('.surface');
        const box = surface.getBoundingClientRect(), seen = [ticks(host)];
        at(surface, 'pointerdown', box.left + box.width / 4, box.top + 5);
        at(surface, 'pointermove', box.left + box.width / 2, box.top + box.height / 4);
        at(surface, 'pointerup', box.left + box.width / 2, box.top + box.height / 4);
        seen.push(ticks(host));
        for (let n = 0; n < 4; n += 1) press(host.querySelector('[aria-label$="zoom out"]'));
        return [...seen, ticks(host)];
        """,
    )

    assert {"1.0 s", "2 ms", "100 ms"} <= set(before)
    assert "0.0 s" not in near
    assert "2 ms" not in near
    assert any(text.endswith("0 ms") for text in near)
    assert after == before


def test_the_wheel_zooms_only_where_it_was_asked_for(page: str, tmp_path: Path) -> None:
    result = do(
        page,
        tmp_path,
        """
        const host = chart('pauses'), surface = host.querySelector('.surface');
        const box = surface.getBoundingClientRect();
        const wheel = (ctrlKey) => {
          const event = new WheelEvent('wheel', {deltaY: -100, ctrlKey, bubbles: true,
            cancelable: true, clientX: box.left + box.width / 2, clientY: box.top + 20});
          surface.dispatchEvent(event);
          return [event.defaultPrevented, ticks(host).includes('0.0 s')];
        };
        return [wheel(false), wheel(true)];
        """,
    )

    assert result == [[False, True], [True, False]]


def test_every_chart_is_read_off_by_keyboard(page: str, tmp_path: Path) -> None:
    says = {
        "timeline": ["1 to 1.1 s", "maximum 200 ms", "too few requests for a p99"],
        "percentiles": ["0 % are faster than", "slots: 1.00 us", "flat: 1.00 us"],
        "causes": ["slots p99.9 199 ms", "garbage collection: 90.0 %", "commit: 10.0 %"],
        "tradeoff": ["slots", "200 bytes per entry", "p99.9 199 ms", "processor busy 25.0 %"],
        "pauses": ["slots: pause of generation 0", "at 0.300 s, 2.00 ms", "delayed 2 slow"],
        "before-after": [
            "Before: slots",
            "measured phase began: 0.000 s",
            "response time: 1.00 us",
        ],
        "mmu": ["slots", "length of the window: 100 us", "left for work: 0.0 %"],
        "period": ["slots", "measured: 1.53 s"],
    }
    result = do(
        page,
        tmp_path,
        """
        return Object.fromEntries([...document.querySelectorAll('[data-chart]')].map((host) => {
          const surface = host.querySelector('.surface'), name = host.dataset.chart;
          for (let n = 0; n < (name === 'timeline' ? 11 : 1); n += 1) key(surface, 'ArrowRight');
          const box = host.querySelector('.readout'), shown = !box.hidden, text = box.textContent;
          key(surface, 'Escape');
          return [name, {shown, text, hidden: box.hidden, role: surface.getAttribute('role'),
            spoken: surface.getAttribute('aria-valuetext')}];
        }));
        """,
    )

    assert set(result) == set(says)
    for name, found in result.items():
        assert (found["shown"], found["hidden"], found["role"]) == (True, True, "slider")
        for words in says[name]:
            assert words in found["spoken"]
            assert words in found["text"]


def test_hovering_shows_the_numbers(page: str, tmp_path: Path) -> None:
    result = do(
        page,
        tmp_path,
        """
        const host = chart('percentiles'), surface = host.querySelector('.surface');
        const box = surface.getBoundingClientRect();
        at(surface, 'pointermove', box.left + 1, box.top + 30);
        const readout = host.querySelector('.readout');
        const text = readout.textContent;
        at(surface, 'pointerleave', 0, 0);
        return [text, readout.hidden];
        """,
    )

    assert "slots: 1.00 us" in result[0]
    assert result[1] is True


def test_series_can_be_hidden_and_shown(page: str, tmp_path: Path) -> None:
    result = do(
        page,
        tmp_path,
        """
        const host = chart('timeline');
        const names = () => [...host.querySelectorAll('.panel')].map((node) => node.dataset.trial);
        const button = host.querySelector('.legend button');
        const told = [names(), button.getAttribute('aria-pressed')];
        press(button);
        return [...told, names(), button.getAttribute('aria-pressed'), (press(button), names())];
        """,
    )

    assert result == [["t0", "t1"], "true", ["t1"], "false", ["t0", "t1"]]


def test_every_series_can_be_hidden_in_every_chart(page: str, tmp_path: Path) -> None:
    result = do(
        page,
        tmp_path,
        """
        for (const button of document.querySelectorAll('.legend button')) press(button);
        const charts = [...document.querySelectorAll('figure')];
        return charts.some((each) => each.innerHTML.includes('NaN'));
        """,
    )

    assert result is False


def test_downloads_hold_the_figures_behind_each_chart(page: str, tmp_path: Path) -> None:
    result = do(
        page,
        tmp_path,
        """
        const made = [];
        URL.createObjectURL = (blob) => { made.push(blob); return 'blob:made'; };
        for (const link of document.querySelectorAll('[data-download]')) link.focus();
        return Object.fromEntries(await Promise.all(made.map(async (blob, n) =>
          [document.querySelectorAll('[data-download]')[n].dataset.download, await blob.text()])));
        """,
    )

    assert result["timeline"].splitlines()[:2] == [
        "trial,start_s,length_s,p99_ns,max_ns",
        "slots,0,0.1,,1000",
    ]
    assert len(result["timeline"].splitlines()) == 1 + 2 * 40
    assert "slots,99,200" not in result["causes"]
    assert "slots,above_p99.9,gc,0.9" in result["causes"]
    assert "flat,200,90000,0.25" in result["tradeoff"]
    assert "slots,1.05,200000000,2,1,200,1,200001000" in result["pauses"]
    assert "slots,50," in result["percentiles"]


def test_durations_are_written_as_everywhere_else(page: str, tmp_path: Path) -> None:
    values = [1, 7, 99, 999, 1_000, 9_994, 9_995, 99_949, 99_950, 999_500, 1_234_567, 98_765_432]
    values += [999_499_999, 1_000_000_000, 59_900_000_000, 3_600_000_000_000]
    start, end = page.index("const UNITS"), page.index("const count")
    written = acted(page, tmp_path, f"{page[start:end]} return {values}.map(duration);")

    assert written == [format_duration(value) for value in values]


def test_the_theme_goes_round_and_colours_follow_it(page: str, tmp_path: Path) -> None:
    script = """
        const button = document.getElementById('theme');
        const seen = () => [button.textContent, getComputedStyle(document.body).backgroundColor];
        const all = [seen()];
        for (let n = 0; n < 3; n += 1) { press(button); all.push(seen()); }
        return all;
    """
    light, dark = "rgb(255, 255, 255)", "rgb(20, 23, 26)"

    assert do(page, tmp_path, script) == [
        ["Theme: auto", light],
        ["Theme: light", light],
        ["Theme: dark", dark],
        ["Theme: auto", light],
    ]
    by_night = do(page, tmp_path, script, "--blink-settings=preferredColorScheme=0")
    assert [colour for _, colour in by_night] == [dark, light, dark, dark]


def test_the_page_is_as_wide_as_its_window(page: str, tmp_path: Path) -> None:
    # a window has a least width: a frame has not
    widths = [320, 390, 600, 1_280]
    (tmp_path / "inner.html").write_text(page, encoding="utf-8")
    frames = "".join(
        f'<iframe src="inner.html" style="width:{width}px;height:900px"></iframe>'
        for width in widths
    )
    result = acted(
        '<!doctype html><html><head><meta http-equiv="Content-Security-Policy" content=""></head>'
        f"<body>{frames}</body></html>",
        tmp_path,
        """
        if (document.readyState !== 'complete')
          await new Promise((resolve) => addEventListener('load', resolve));
        return [...document.querySelectorAll('iframe')].map((frame) => {
          const root = frame.contentDocument.documentElement;
          return [root.scrollWidth, root.clientWidth, root.querySelectorAll('.plot svg').length];
        });
        """,
        1_400,
        "--allow-file-access-from-files",
        "--hide-scrollbars",
    )

    assert result == [[width, width, 9] for width in widths]


def test_the_quick_suite_is_drawn_with_six_of_its_trials(tmp_path: Path) -> None:
    page = html_page(quick_suite(tmp_path / "run", slow=5_000))
    result = do(
        page,
        tmp_path,
        """
        const marks = panel().querySelectorAll('.mark').length;
        press(full());
        return {panels: chart('timeline').querySelectorAll('.panel').length, marks,
          rows: panel().querySelectorAll('.victims tbody tr').length,
          names: chart('timeline').querySelectorAll('.legend button').length};
        """,
    )

    assert (result["panels"], result["rows"], result["names"]) == (6, 20, 27)
    # at the least five pixels apart
    assert 50 < result["marks"] <= 1_280 / 5


def test_charts_across_trials_are_drawn_with_bands_dashes_and_cells(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sized, freeze = plain_charts(matrix()), plain_charts(frozen())
    several = {"heap": sized["heap"], "heatmap": sized["heatmap"], "decay": freeze["decay"]}
    monkeypatch.setattr(lab.report.html.page, "plain_charts", lambda _: several)
    page = html_page(page_run(tmp_path / "run"))
    found = do(
        page,
        tmp_path,
        """
        const count = (name, what) => chart(name).querySelectorAll(what).length;
        const surface = chart('heatmap').querySelector('.surface');
        key(surface, 'ArrowRight');
        key(surface, 'End');
        URL.createObjectURL = (blob) => { window.blob = blob; return 'blob:made'; };
        document.querySelector('[data-download="heap"]').focus();
        const heap = await window.blob.text();
        press(chart('heap').querySelector('.legend button'));
        return {bands: count('heap', '.area'), floors: count('heap', '.floor'),
          cells: count('heatmap', '.cell'), spoken: surface.getAttribute('aria-valuetext'),
          lines: count('decay', '.plot svg .strong-line[d^=M]'), heap,
          odd: document.getElementById('charts').innerHTML.includes('NaN'),
          ticks: ticks(chart('heatmap'))};
        """,
    )

    assert found["bands"] == 3
    assert found["floors"] == 1
    assert found["cells"] == 12
    assert found["spoken"].startswith("1M entries, 36k/s; 6")
    assert found["lines"] == 2
    assert found["odd"] is False
    assert {"100k", "1M", "4.5k/s", "36k/s"} <= set(found["ticks"])
    rows = found["heap"].splitlines()
    assert rows[0] == "series,part,objects walked (count),worst pause (ns),band to"
    assert any(row.startswith("slots rate=40k,extrapolated,20000000,") for row in rows)
