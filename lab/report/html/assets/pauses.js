// Every pause of the collector: when, and how long.

CHARTS.pauses = {
  make(host) {
    const trials = TRIALS.filter((trial) => trial.pauses.ns.length);
    const shown = chosen(trials, 99);
    const visible = () => trials.filter((trial) => shown.has(trial.key));
    const ends = trials.map((trial) => Math.max(trialEnd(trial), trial.pauses.start_us.at(-1) / 1e6));
    const view = new View([0, Math.max(...ends)]);
    const each = (trial, take) => trial.pauses.start_us.map((start_us, i) => take(start_us / 1e6, log10(trial.pauses.ns[i]), i));
    const range = () => view.y || around(visible().flatMap((trial) => trial.pauses.ns.map(log10)), 0.06);
    const stopOf = (trial, u, v, i) => ({ u, v, r: 8, title: `${trial.name}: ${pauseName(trial.pauses, i).toLowerCase()}`,
      lines: [`at ${u.toFixed(3)} s, ${duration(trial.pauses.ns[i])}`, delayedShort(trial, i)] });
    const all = () => visible().flatMap((trial) => each(trial, (u, v, i) => [trial, u, v, i]));
    legend(host, trials, shown, () => view.changed());
    host.append(toolbar(view, "pauses"));
    const box = html("div", {});
    host.append(box);
    new Plot(box, {
      label: "Length of the pauses over time", view, height: 360, both: true, top: 22,
      xTicks: linearTicks((s, digits) => `${s.toFixed(digits)} s`), yTicks: logTicks(plainDuration),
      xTitle: "since the measured phase began", yTitle: "length", y: range,
      draw(layer, frame) {
        for (const trial of visible()) {
          const seen = each(trial, (u, v, i) => [u, v, i]).filter(([u]) => u >= frame.low && u <= frame.high);
          const path = seen.map(([u, v, i]) => shape(trial.look, frame.x(u), frame.y(v), trial.pauses.full[i] ? 5.5 : 2.5)).join("");
          layer.append(svg("path", { class: `fill ${colourOf(trial.look)}${trial.counts ? "" : " faint"}`, d: path }));
        }
      },
      near: (u, v, frame) => {
        const [x, y] = [frame.x(u), frame.y(v)];
        let best = null, least = 24;
        for (const [trial, at, ns, i] of all()) {
          const away = Math.hypot(frame.x(at) - x, frame.y(ns) - y);
          if (away < least) [best, least] = [[trial, at, ns, i], away];
        }
        return best && stopOf(...best);
      },
      stops: () => all().sort((a, b) => a[1] - b[1]).map((one) => stopOf(...one)),
    });
  },
  rows() {
    return [["trial", "start_s", "duration_ns", "generation", "whole_heap", "slow_requests_delayed", "complete", "slowest_ns"],
      ...TRIALS.flatMap(({ name, pauses: p }) => p.ns.map((ns, i) => [name, p.start_us[i] / 1e6, ns, p.generation[i],
        p.full[i], p.delayed?.[i], p.complete?.[i], p.worst?.[i]]))];
  },
};
