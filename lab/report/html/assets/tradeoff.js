// Memory, tail and processor time at a glance: a bubble per strategy.

const radius = (busy) => (busy === null ? 6 : 5 + 24 * Math.sqrt(between(busy, 0, 1)));

CHARTS.tradeoff = {
  make(host) {
    const strategies = DATA.strategies.filter((each) => each.bytes && each["p99.9"]);
    const shown = new Set(strategies.map((each) => each.key));
    const visible = () => strategies.filter((each) => shown.has(each.key));
    const place = (each) => [log10(each.bytes), log10(each["p99.9"])];
    const view = new View(around(strategies.map((each) => place(each)[0]), 0.15));
    // what lies in the middle may be nothing: the bubble next to it stays in sight
    view.aim = (middle) => visible().map((each) => place(each)[0])
      .sort((a, b) => Math.abs(a - middle) - Math.abs(b - middle))[0] ?? middle;
    const floor = DATA.noise["p99.9"];
    const range = () => view.y || around([...visible().map((each) => place(each)[1]), ...(floor ? [log10(floor)] : [])], 0.15);
    const stopOf = (each) => {
      const [u, v] = place(each);
      return { u, v, r: radius(each.busy) + 3, title: each.name, lines: [`${count(each.bytes)} bytes per entry`,
        `p99.9 ${duration(each["p99.9"])}${each.within_noise ? ", within the machine's noise" : ""}`,
        each.busy === null ? "processor: not known" : `processor busy ${percent(each.busy)}`] };
    };
    legend(host, strategies, shown, () => view.changed());
    host.append(toolbar(view, "trade-off"));
    const box = html("div", {});
    host.append(box);
    new Plot(box, {
      label: `Memory, p99.9 of the ${DATA.metric} and processor time`, view, height: 440, both: true, top: 22,
      xTicks: logTicks((bytes) => count(bytes)), yTicks: logTicks(plainDuration),
      xTitle: "bytes per entry", yTitle: "p99.9", y: range,
      draw(layer, frame, over) {
        floorLine(layer, frame, floor);
        const taken = [];
        // the small ones on top, so that each can be reached
        for (const each of [...visible()].sort((a, b) => (b.busy || 0) - (a.busy || 0))) {
          const [u, v] = place(each), x = frame.x(u), y = frame.y(v), r = radius(each.busy);
          layer.append(svg("g", { class: colourOf(each.look) + (each.counts ? "" : " faint") },
            svg("circle", { class: "bubble", cx: x, cy: y, r }),
            svg("path", { class: "fill", d: shape(each.look, x, y, 3) })));
          if (x < frame.left || x > frame.left + frame.width || y < frame.top || y > frame.top + frame.height) continue;
          const name = label(each.name, x, y, r, frame, taken);
          if (name) over.append(name);
        }
      },
      near: (u, v, frame) => {
        const away = (each) => Math.hypot(frame.x(place(each)[0]) - frame.x(u), frame.y(place(each)[1]) - frame.y(v)) - radius(each.busy);
        const nearest = visible().sort((a, b) => away(a) - away(b))[0];
        return nearest && away(nearest) < 24 ? stopOf(nearest) : null;
      },
      stops: () => visible().map(stopOf).sort((a, b) => a.u - b.u),
    });
  },
  rows() {
    return [["strategy", "bytes_per_entry", "p99.9_ns", "busy_share"],
      ...DATA.strategies.map((each) => [each.name, each.bytes, each["p99.9"], each.busy])];
  },
};

// the first of some places around a bubble that no other name takes; none: the read-out has it
function label(name, x, y, r, frame, taken) {
  const width = 7 * name.length, height = 15;
  const places = [[x + r + 5, y - 7], [x - r - 5 - width, y - 7], [x - width / 2, y - r - 19], [x - width / 2, y + r + 4],
    [x + r, y - r - 14], [x + r, y + r], [x - r - width, y - r - 14], [x - r - width, y + r]];
  for (const [left, top] of places) {
    const free = taken.every(([l, t, w]) => left + width < l || left > l + w || top + height < t || top > t + height);
    if (free && left >= frame.left && left + width <= frame.left + frame.width && top >= frame.top && top + height <= frame.top + frame.height) {
      taken.push([left, top, width]);
      return svg("text", { class: "name", x: left, y: top + 12 }, name);
    }
  }
  return null;
}
