// Charts that say themselves what they are: marks, lines, dashed lines and bands on two axes, or a
// grid of cells. What is in them comes with the data.

const WRITTEN = {
  ns: { read: duration, tick: (value) => plainDuration(value) },
  s: { read: (value) => `${value.toFixed(3)} s`, tick: (value, digits) => `${value.toFixed(digits)} s` },
  count: { read: count, tick: count },
  share: { read: percent, tick: (value, digits) => `${(100 * value).toFixed(Math.max(0, digits - 2))} %` },
};
const LONGEST_NAME = 34;
const shortened = (name) => (name.length > LONGEST_NAME ? `${name.slice(0, LONGEST_NAME - 1)}\u2026` : name);

// an axis as a plot takes it: where a value is, which ticks there are, and what is shown at first
function axisOf({ unit, log, title }) {
  const { read, tick } = WRITTEN[unit];
  const at = log ? log10 : (value) => value;
  const range = (values, share) => {
    if (log) return around(values.map(at), share);
    const top = Math.max(...values, 0);
    return unit === "share" ? [0, 1.02] : [0, top > 0 ? top * (1 + share) : 1];
  };
  return { at, read, title, range, ticks: log ? logTicks(tick) : linearTicks(tick) };
}

// all that a series has along the x axis or the y axis, bands with both of their ends
const valuesOf = (series, part) => [...series.points, ...series.line, ...series.beyond].map((point) => point[part])
  .concat(series.band.flatMap((point) => (part ? point.slice(1) : [point[0]])));

function xyChart(chart) {
  const x = axisOf(chart.x), y = axisOf(chart.y);
  const named = chart.series.map((each, number) => ({ ...each, key: String(number) }));
  const items = named.filter((each) => each.look !== null), fixed = named.filter((each) => each.look === null);
  const shown = new Set(items.map((each) => each.key));
  const visible = () => items.filter((each) => shown.has(each.key));
  // where a dashed line says that nobody measured, no other line is dashed
  const solid = items.some((each) => each.beyond.length);
  const stopOf = (series, [u, v]) => ({ u: x.at(u), v: y.at(v), r: 8, title: series.name,
    lines: [`${x.title}: ${x.read(u)}`, `${y.title}: ${y.read(v)}`] });
  const marked = (series) => (series.points.length ? [...series.points, ...series.beyond.slice(-1)] : series.line);
  const places = () => visible().flatMap((series) => marked(series).map((point) => [series, point]));

  function draw(layer, frame, over) {
    const spot = ([u, v]) => `${frame.x(x.at(u)).toFixed(1)} ${frame.y(y.at(v)).toFixed(1)}`;
    const path = (points) => points.map((point, i) => `${i ? "L" : "M"}${spot(point)}`).join("");
    const ends = [];
    for (const series of [...fixed, ...visible()]) {
      const own = series.look !== null;
      const around = series.band.map(([u, , high]) => [u, high]).concat(series.band.map(([u, low]) => [u, low]).reverse());
      const group = svg("g", { class: own ? colourOf(series.look) : "reference" });
      if (around.length) group.append(svg("path", { class: own ? "fill area" : "area", d: `${path(around)}z` }));
      group.append(
        svg("path", { class: own ? "line strong-line stroke" : "floor", d: path(series.line),
          "stroke-dasharray": own && !solid ? dashesOf(series.look) : null }),
        svg("path", { class: "line strong-line stroke", d: path(series.beyond), "stroke-dasharray": "6 4" }),
        svg("path", { class: "fill", d: series.points.map(([u, v]) =>
          shape(series.look, frame.x(x.at(u)), frame.y(y.at(v)), 4.5)).join("") }));
      layer.append(group);
      const last = [...series.points, ...series.line, ...series.beyond].at(-1);
      const [left, top] = [frame.x(x.at(last[0])), frame.y(y.at(last[1]))];
      const inside = left >= frame.left && left <= frame.left + frame.width + 0.5 && top >= frame.top && top <= frame.top + frame.height;
      if (inside) ends.push({ name: shortened(series.name), x: left, y: top });
    }
    if (frame.left + frame.width < frame.whole - 60) endNames(over, frame, ends);
  }

  return {
    make(host) {
      const every = named.flatMap((series) => valuesOf(series, 0));
      const view = new View(x.range(every, 0.03));
      const range = () => view.y || y.range([...fixed, ...visible()].flatMap((series) => valuesOf(series, 1)), 0.06);
      legend(host, items, shown, () => view.changed());
      host.append(toolbar(view, chart.title.toLowerCase()));
      const box = html("div", {});
      host.append(box);
      new Plot(box, {
        label: chart.title, view, height: 400, both: true, top: 22, xTicks: x.ticks, yTicks: y.ticks,
        xTitle: chart.x.title, yTitle: chart.y.title, y: range, draw,
        names: 30 + 7.2 * Math.max(...named.map((each) => shortened(each.name).length)),
        near: (u, v, frame) => {
          const away = ([, point]) => Math.hypot(frame.x(x.at(point[0])) - frame.x(u), frame.y(y.at(point[1])) - frame.y(v));
          let best = null;
          for (const one of places()) if (!best || away(one) < away(best)) best = one;
          return best && away(best) < 24 ? stopOf(...best) : null;
        },
        stops: () => places().sort((a, b) => a[1][0] - b[1][0]).map((one) => stopOf(...one)),
      });
    },
    rows() {
      const parts = { points: "measured", line: "line", beyond: "extrapolated", band: "band" };
      return [["series", "part", `${chart.x.title} (${chart.x.unit})`, `${chart.y.title} (${chart.y.unit})`, "band to"],
        ...chart.series.flatMap((series) => Object.entries(parts).flatMap(([part, words]) =>
          series[part].map((point) => [series.name, words, ...point])))];
    },
  };
}

function gridChart(chart) {
  const { columns, rows, cells } = chart.grid;
  const size = 76;
  // names stand in the middle of their columns and rows
  const middles = (names) => () => names.map((name, number) => [number + 0.5, name]);
  const stopOf = (cell) => ({ u: cell.column + 0.5, v: cell.row + 0.5, r: 8,
    title: `${columns[cell.column]} ${chart.x.title}, ${rows[cell.row]}`, lines: cell.words });
  return {
    make(host) {
      const view = new View([0, columns.length]);
      const box = html("div", {});
      host.append(box);
      new Plot(box, {
        label: chart.title, view, left: 76, top: 22, height: 62 + size * rows.length, xTicks: middles(columns), yTicks: middles(rows),
        xTitle: chart.x.title, yTitle: chart.y.title, y: () => [0, rows.length],
        draw(layer, frame, over) {
          for (const cell of cells) {
            const left = frame.x(cell.column), top = frame.y(cell.row + 1), width = frame.x(cell.column + 1) - left;
            layer.append(svg("rect", { class: "cell", x: left, y: top, width, height: size, fill: cell.fill }));
            const words = width > 110 ? cell.words : cell.words.slice(0, 1);
            words.forEach((line, number) => over.append(svg("text", { class: number ? "in-cell" : "in-cell strong",
              x: left + width / 2, y: top + size / 2 + 5 + 16 * (number - (words.length - 1) / 2), "text-anchor": "middle",
              style: `fill:${cell.letters}` }, line)));
          }
        },
        near: (u, v) => { const cell = cells.find((each) => each.column === Math.floor(u) && each.row === Math.floor(v)); return cell ? stopOf(cell) : null; },
        stops: () => cells.map(stopOf),
      });
    },
    rows: () => [chart.head, ...chart.rows],
  };
}

for (const [name, chart] of Object.entries(DATA.plain)) CHARTS[name] = chart.grid ? gridChart(chart) : xyChart(chart);
