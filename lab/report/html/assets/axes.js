// Axes: where the ticks are and what they say. Positions are in the units that are drawn: seconds,
// or the logarithm of a value, or nines of a percentile.

function niceStep(span, at_most) {
  const rough = span / Math.max(at_most, 1);
  const power = 10 ** Math.floor(Math.log10(rough));
  return [1, 2, 5, 10].map((factor) => factor * power).find((step) => step >= rough);
}

function linearTicks(format) {
  return ([low, high], room) => {
    const step = niceStep(high - low, room);
    const digits = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
    const ticks = [];
    for (let n = Math.ceil(low / step - 1e-9); n * step <= high + step * 1e-9; n += 1) {
      ticks.push([n * step, format(n * step, digits)]);
    }
    return ticks;
  };
}

// decades where they are enough, else their doubles and fivefolds as well
function logTicks(format) {
  return ([low, high], room) => {
    const ticks = [];
    const decades = high - low;
    const factors = decades < 1 ? [1, 1.5, 2, 3, 5, 7] : decades < 2.5 ? [1, 2, 5] : [1];
    for (let n = Math.floor(low); n <= Math.ceil(high); n += 1) {
      for (const factor of factors) {
        const at = n + Math.log10(factor);
        if (at >= low - 1e-9 && at <= high + 1e-9) ticks.push([at, format(factor * 10 ** n)]);
      }
    }
    const every = Math.ceil(ticks.length / Math.max(room, 2));
    return ticks.filter((_, index) => index % every === 0);
  };
}

const plainDuration = (ns) => duration(ns).replace(/(\.\d*?)0+ /, "$1 ").replace(". ", " ");

function quantileName(nines) {
  const rest = 10 ** -nines;
  const digits = Math.max(0, Math.ceil(nines - 1e-9) - 2);
  return `${grouped(100 * (1 - rest), Math.min(digits, 6))} %`;
}

function quantileTicks([low, high], room) {
  const ticks = [];
  const shares = high - low < 2.6 ? [1, 0.5, 0.2] : [1];
  for (let n = Math.floor(low); n <= Math.ceil(high); n += 1) {
    for (const share of shares) {
      const at = n - Math.log10(share);
      if (at >= low - 1e-9 && at <= high + 1e-9) ticks.push([at, quantileName(at)]);
    }
  }
  const every = Math.ceil(ticks.length / Math.max(room, 2));
  return ticks.filter((_, index) => index % every === 0);
}

// the machine's own noise: a dashed line over the whole width, named
function floorLine(layer, frame, ns) {
  if (!ns) return;
  const y = frame.y(log10(ns));
  layer.append(svg("path", { class: "floor", d: `M${frame.left} ${y}h${frame.width}` }),
    svg("text", { x: frame.left + 4, y: y - 4 }, "machine noise"));
}

// a range around values, both ends a little further out
function around(values, share) {
  const low = values.length ? values.reduce((a, b) => Math.min(a, b)) : 0;
  const high = values.length ? values.reduce((a, b) => Math.max(a, b)) : 1;
  const more = Math.max((high - low) * share, 0.05);
  return [low - more, high + more];
}

// What part of the x axis (and of the y axis, where that can be chosen too) is shown.
class View {
  constructor(full) {
    this.full = full;
    this.now = [...full];
    this.y = null;
    this.aim = (middle) => middle;
    this.listeners = [];
  }

  changed() {
    for (const listener of this.listeners) listener();
  }

  set(low, high, y) {
    const [first, last] = this.full;
    const span = between(high - low, (last - first) / 5000, last - first);
    const start = between(low, first, last - span);
    this.now = [start, start + span];
    if (y !== undefined) this.y = y;
    this.changed();
  }

  zoom(factor, at) {
    const [low, high] = this.now;
    const centre = at === undefined ? this.aim((low + high) / 2) : at;
    if (this.y && factor < 1) {
      const [bottom, top] = this.y;
      const middle = (bottom + top) / 2;
      this.y = [middle - (middle - bottom) * factor, middle + (top - middle) * factor];
    } else if (factor > 1) {
      this.y = null;
    }
    this.set(centre - (centre - low) * factor, centre + (high - centre) * factor);
  }

  pan(share) {
    const span = this.now[1] - this.now[0];
    this.set(this.now[0] + share * span, this.now[1] + share * span);
  }

  reset() {
    this.set(...this.full, null);
  }

  get whole() {
    return this.now[0] === this.full[0] && this.now[1] === this.full[1] && this.y === null;
  }
}

function toolbar(view, what) {
  const reset = button("Reset", { "aria-label": `${what}: show all again` }, () => view.reset());
  const sync = () => { reset.setAttribute("aria-disabled", String(view.whole)); };
  view.listeners.push(sync);
  sync();
  return html("div", { class: "tools", role: "group", "aria-label": `Zoom: ${what}` },
    button("+", { "aria-label": `${what}: zoom in` }, () => view.zoom(0.5)),
    button("\u2212", { "aria-label": `${what}: zoom out` }, () => view.zoom(2)),
    button("\u2190", { "aria-label": `${what}: to the left` }, () => view.pan(-0.25)),
    button("\u2192", { "aria-label": `${what}: to the right` }, () => view.pan(0.25)),
    reset,
    html("span", { class: "hint" }, "Drag over the chart to zoom, or Ctrl and the wheel."));
}
