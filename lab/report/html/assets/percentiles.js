// The whole distribution of every trial, the tail as wide as it matters: x counts nines.

const NAMED = [0, 0.5, 0.75, 0.9, 0.95, 0.99, 0.995, 0.999, 0.9995, 0.9999, 0.99995, 0.99999, 0.999999];
const FLOOR_NAMES = ["p99", "p99.9", "p99.99"];

// the first point at or above, as a percentile is read off; undefined behind the curve's end
function readAt(curve, nines) {
  const i = curve.nines.findIndex((each) => each >= nines - 1e-3);
  return i < 0 ? undefined : curve.ns[i];
}

function floorPoints() {
  return FLOOR_NAMES.map((name, k) => [k + 2, DATA.noise[name]]).filter(([, ns]) => ns);
}

// names beside the ends of the lines, moved down where they would overlap
function endNames(over, frame, ends) {
  let free = frame.top;
  for (const { name, x, y } of ends.sort((a, b) => a.y - b.y)) {
    const at = Math.max(y, free);
    free = at + 15;
    over.append(svg("path", { class: "grid", d: `M${x + 3} ${y}L${frame.left + frame.width + 8} ${at}` }),
      svg("text", { class: "name", x: frame.left + frame.width + 11, y: at + 4 }, name));
  }
}

CHARTS.percentiles = {
  make(host) {
    const trials = TRIALS.filter((trial) => trial.curve.ns.length);
    const shown = chosen(trials, 99);
    const visible = () => trials.filter((trial) => shown.has(trial.key));
    const view = new View([0, Math.max(...trials.map(({ curve }) => curve.nines.at(-1)))]);
    const range = () => {
      const [low, high] = view.now;
      const seen = visible().flatMap(({ curve }) =>
        curve.ns.filter((_, i) => curve.nines[i] >= low - 0.01 && curve.nines[i] <= high + 0.01));
      const floor = floorPoints().filter(([at]) => at >= low && at <= high).slice(-1).map(([, ns]) => ns);
      return around([...seen, ...floor].map(log10), 0.04);
    };
    const stopOf = (nines) => {
      const values = visible().map((trial) => [trial.name, readAt(trial.curve, nines)])
        .filter(([, ns]) => ns !== undefined).sort((a, b) => b[1] - a[1]);
      const floor = floorPoints().find(([at]) => Math.abs(at - nines) < 0.02);
      const lines = values.map(([name, ns]) => `${name}: ${duration(ns)}`);
      return { u: nines, title: `${quantileName(nines)} are faster than`,
        lines: floor ? [...lines, `machine noise: ${duration(floor[1])}`] : lines };
    };
    legend(host, trials, shown, () => view.changed());
    host.append(toolbar(view, "percentiles"));
    const plot = html("div", {});
    host.append(plot);
    new Plot(plot, {
      label: `${DATA.metric} by percentile`, view, height: 420, xTicks: quantileTicks, yTicks: logTicks(plainDuration),
      xTitle: "share of the requests", y: range,
      names: 30 + 7.2 * Math.max(...trials.filter((trial) => trial.chosen).map((trial) => trial.name.length)),
      draw(layer, frame, over) {
        const floor = floorPoints();
        layer.append(svg("path", { class: "floor", d: floor.map(([at, ns]) =>
          `M${frame.x(at - 0.5)} ${frame.y(log10(ns))}H${frame.x(at + 0.5)}`).join("") }),
        ...floor.slice(-1).map(([at, ns]) => svg("text", { x: frame.x(at - 0.5), y: frame.y(log10(ns)) - 5 }, "machine noise")));
        const ends = [];
        visible().forEach(({ name, curve, look, counts, chosen: named }, order) => {
          const points = curve.nines.map((nines, i) => [frame.x(nines), frame.y(log10(curve.ns[i]))]);
          const path = points.map(([x, y], i) => `${i ? "L" : "M"}${x.toFixed(1)} ${y.toFixed(1)}`).join("");
          const places = points.filter(([x], i) =>
            i === points.length - 1 || Math.floor((x + 29 * order) / 95) !== Math.floor((points[i + 1][0] + 29 * order) / 95));
          const inside = points.findLast(([x, y]) => x >= frame.left && x <= frame.left + frame.width + 0.5
            && y >= frame.top && y <= frame.top + frame.height);
          if (named && inside) ends.push({ name, x: inside[0], y: inside[1] });
          const faint = counts ? "" : " faint";
          layer.append(svg("g", { class: colourOf(look) + faint },
            svg("path", { class: "line strong-line stroke", "stroke-dasharray": dashesOf(look), d: path }),
            svg("path", { class: "fill", d: places.map(([x, y]) => shape(look, x, y, 4)).join("") })));
        });
        if (frame.left + frame.width < frame.whole - 60) endNames(over, frame, ends);
      },
      near: (u) => stopOf(between(u, ...view.now)),
      stops: () => NAMED.map((quantile) => stopOf(quantile ? -Math.log10(1 - quantile) : 0))
        .filter((stop) => stop.lines.length),
    });
  },
  rows() {
    return [["trial", "percentile", "latency_ns"], ...TRIALS.flatMap(({ name, curve }) =>
      curve.ns.map((ns, i) => [name, significant(100 * (1 - 10 ** -curve.nines[i]), 7), ns]))];
  },
};
