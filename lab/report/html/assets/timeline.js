// Response time over time, a panel per trial; its pauses can be pressed.

const CHARTS = {};
const PANELS = 6;
const RUG = 16;

const intervalStart = (series, i) => series.start_s + i * series.step_s;

function trialEnd(trial) {
  return intervalStart(trial.series, trial.series.max.length);
}

// a step line in pixels, broken where an interval has no figure
function steps(series, values, frame) {
  const parts = [];
  let open = false;
  values.forEach((value, i) => {
    const left = intervalStart(series, i), right = left + series.step_s;
    if (value === null || right < frame.low || left > frame.high) {
      open = false;
      return;
    }
    const y = frame.y(log10(value)).toFixed(1);
    parts.push(`${open ? "L" : "M"}${frame.x(left).toFixed(1)} ${y}H${frame.x(right).toFixed(1)}`);
    open = true;
  });
  return parts.join("");
}

// pauses that would be less than a few pixels apart are one mark, that of the longest
function binned(pauses, frame, apart) {
  const bins = new Map();
  pauses.start_us.forEach((start_us, i) => {
    const u = start_us / 1e6;
    if (u < frame.low || u > frame.high) return;
    const place = Math.floor(frame.x(u) / apart);
    const bin = bins.get(place);
    if (!bin) bins.set(place, { i, more: 0 });
    else {
      bin.more += 1;
      if (pauses.ns[i] > pauses.ns[bin.i]) bin.i = i;
    }
  });
  return [...bins.values()];
}

class Panel {
  constructor(trial, view, range) {
    this.trial = trial;
    this.view = view;
    this.picked = -1;
    this.victims = html("div", { class: "picked-pause" });
    const host = html("div", {});
    this.node = html("div", { class: `panel ${colourOf(trial.look)}${trial.counts ? "" : " uncounted"}`,
      "data-trial": trial.key },
      html("h4", {}, sample(trial.look), trial.name, html("small", {}, this.summary())),
      host, this.victims);
    this.options = {
      label: `${trial.name}: ${DATA.metric} over time`, view, height: 210, top: 24, below: RUG,
      bottom: 22 + RUG, xTicks: linearTicks((s, digits) => `${s.toFixed(digits)} s`),
      yTicks: logTicks(plainDuration), xTitle: "", y: range,
      draw: (layer, frame, over) => this.draw(layer, frame, over),
      stops: () => trial.series.max.map((_, i) => this.stopOf(i)).filter(Boolean),
      near: (u) => this.stopOf(Math.floor((u - trial.series.start_s) / trial.series.step_s)),
      marks: (frame) => this.marks(frame), press: (x, frame) => this.press(x, frame),
    };
    this.host = host;
  }

  // drawn once it stands in the page and has a width
  start() {
    this.plot = this.plot || new Plot(this.host, this.options);
  }

  summary() {
    const { series, pauses, cycles, curve } = this.trial;
    const known = series.max.filter((value) => value !== null);
    const at = curve.nines.findIndex((nines) => nines >= 2.9999);
    const full = pauses.full.filter(Boolean).length + cycles.ns.length;
    const longest = pauses.ns.length ? `longest GC pause ${duration(Math.max(...pauses.ns))}` : null;
    return [at >= 0 ? `p99.9 ${duration(curve.ns[at])}` : null,
      known.length ? `max ${duration(Math.max(...known))}` : null,
      full ? `${full} full collection${full > 1 ? "s" : ""}` : longest || "no GC pause",
      cycles.ns.length ? longest : null,
    ].filter(Boolean).join(" \u00b7 ");
  }

  stopOf(i) {
    const { series } = this.trial;
    if (i < 0 || i >= series.max.length || series.max[i] === null) return null;
    const from = intervalStart(series, i), to = from + series.step_s;
    const p99 = series.p99[i];
    return { u: (from + to) / 2, title: `${significant(from, 6)} to ${significant(to, 6)} s`,
      lines: [`maximum ${duration(series.max[i])}`,
        p99 === null ? "too few requests for a p99" : `p99 ${duration(p99)}`,
        DATA.noise["p99.9"] ? `machine noise, p99.9 ${duration(DATA.noise["p99.9"])}` : null,
      ].filter(Boolean) };
  }

  draw(layer, frame, over) {
    const { series, pauses, cycles, stalls, counts } = this.trial;
    const height = frame.height;
    cycles.start_us.forEach((start_us, i) => {
      const left = frame.x(start_us / 1e6), width = frame.x(start_us / 1e6 + cycles.ns[i] / 1e9) - left;
      layer.append(svg("rect", { class: "cycle", x: left, y: frame.top, width: Math.max(width, 0.7), height }));
    });
    pauses.start_us.forEach((start_us, i) => {
      const left = frame.x(start_us / 1e6), width = frame.x(start_us / 1e6 + pauses.ns[i] / 1e9) - left;
      if (width >= 0.7 || i === this.picked) {
        layer.append(svg("rect", { class: `band${i === this.picked ? " picked" : ""}`,
          x: left, y: frame.top, width: Math.max(width, 2), height }));
      }
    });
    floorLine(layer, frame, DATA.noise["p99.9"]);
    const faint = counts ? "" : " faint";
    layer.append(svg("path", { class: `line thin stroke${faint}`, d: steps(series, series.p99, frame) }),
      svg("path", { class: `line strong-line stroke${faint}`, d: steps(series, series.max, frame) }));
    for (const [due_us, ns] of pauses.named[this.picked] || []) {
      layer.append(svg("circle", { class: "victim", cx: frame.x(due_us / 1e6), cy: frame.y(log10(ns)), r: 3.5 }));
    }
    const foot = frame.top + height + RUG;
    const ticks = stalls.start_us.filter((at) => at / 1e6 >= frame.low && at / 1e6 <= frame.high);
    over.append(svg("path", { class: "machine",
      d: ticks.map((at) => `M${frame.x(at / 1e6).toFixed(1)} ${foot}v-4`).join("") }));
  }

  marks(frame) {
    const { pauses } = this.trial;
    return binned(pauses, frame, 5).map(({ i, more }) => {
      const x = frame.x(pauses.start_us[i] / 1e6), foot = frame.top + frame.height;
      const full = pauses.full[i];
      const node = full
        ? svg("g", {}, svg("rect", { class: "hit", x: x - 12, y: frame.top - 22, width: 24, height: 24 }),
          svg("path", { class: "sign", d: `M${x - 7} ${frame.top - 15}h14l-7 13z` }))
        : svg("g", {}, svg("rect", { class: "hit", x: x - 2.5, y: foot, width: 5, height: RUG }),
          svg("path", { class: "tick", d: `M${x} ${foot + 1}v${pauses.generation[i] ? 10 : 5}` }));
      filled(node, { class: `mark${i === this.picked ? " picked" : ""}` }, []);
      const where = `${(pauses.start_us[i] / 1e6).toFixed(3)} s`;
      const others = more ? `; ${more} shorter ones beside it, zoom in to tell them apart` : "";
      const label = `${pauseName(pauses, i)} at ${where}, ${duration(pauses.ns[i])}, ${delayedShort(this.trial, i)}${others}`;
      node.append(svg("title", {}, label));
      return { key: String(i), node, label, press: () => this.pick(i) };
    });
  }

  // beside a click: the longest of the pauses that cover it or are less than a finger's width away
  press(x, frame) {
    const { pauses } = this.trial;
    let best = -1;
    pauses.start_us.forEach((start_us, i) => {
      const left = frame.x(start_us / 1e6), right = frame.x(start_us / 1e6 + pauses.ns[i] / 1e9);
      if (x >= left - 10 && x <= right + 10 && (best < 0 || pauses.ns[i] > pauses.ns[best])) best = i;
    });
    if (best >= 0) this.pick(best);
  }

  pick(i) {
    this.picked = this.picked === i ? -1 : i;
    if (this.picked < 0) {
      this.victims.replaceChildren();
      announce("closed");
    } else {
      const { start_us, ns } = this.trial.pauses;
      const from = start_us[i] / 1e6, length = Math.max(ns[i] / 1e9, 0.002);
      this.victims.replaceChildren(victimsPanel(this.trial, i, {
        zoom: () => this.view.set(from - length, from + 4 * length), close: () => this.pick(i) }));
    }
    this.plot.render();
  }
}

CHARTS.timeline = {
  make(host) {
    const trials = TRIALS.filter((trial) => trial.series.max.length);
    const shown = chosen(trials, PANELS);
    const ends = trials.map(trialEnd), starts = trials.map((trial) => trial.series.start_s);
    const view = new View([Math.min(...starts), Math.max(...ends)]);
    // one scale for all panels, so that they can be compared
    const range = () => {
      const [low, high] = view.now;
      const seen = trials.filter((trial) => shown.has(trial.key)).flatMap(({ series }) =>
        [...series.p99.keys()].filter((i) => intervalStart(series, i + 1) > low && intervalStart(series, i) < high)
          .flatMap((i) => [series.p99[i], series.max[i]]).filter((value) => value !== null));
      return around(seen.concat(DATA.noise["p99.9"] || []).map(log10), 0.08);
    };
    const panels = trials.map((trial) => new Panel(trial, view, range));
    const box = html("div", {});
    const sync = () => {
      box.replaceChildren(...panels.filter((panel) => shown.has(panel.trial.key)).map((panel) => panel.node));
      for (const panel of panels) if (shown.has(panel.trial.key)) panel.start();
      view.changed();
    };
    legend(host, trials, shown, sync);
    if (shown.size < trials.length) {
      host.append(html("p", { class: "setting" }, `${shown.size} of ${trials.length} trials are shown: press a name to show or hide it.`));
    }
    host.append(toolbar(view, "over time"), box);
    sync();
  },
  rows() {
    return [["trial", "start_s", "length_s", "p99_ns", "max_ns"], ...TRIALS.flatMap(({ name, series }) =>
      series.max.map((max, i) => [name, significant(intervalStart(series, i), 9), series.step_s, series.p99[i], max]))];
  },
};
