// One drawing with axes, read-out, zoom and marks that can be pressed.
//
// options: label, view, height, left, right, top, bottom, xTicks, yTicks, xTitle, y(view) -> range,
// draw(layer, frame), stops() -> [{u, v, title, lines}] in the order of the arrow keys,
// near(u, v, frame) -> stop or null, marks(frame) -> [{key, at, node, label, press}], press(x, frame),
// names: room on the right of a wide drawing for the names of the lines,
// both: whether dragging chooses a part of the y axis too.

let plots = 0;

class Plot {
  constructor(host, options) {
    this.host = host;
    this.o = { left: 62, right: 14, top: 10, bottom: 40, yTitle: "", ...options };
    this.id = `plot${plots += 1}`;
    this.stop = -1;
    this.armed = false;
    host.classList.add("plot");
    this.build();
    this.o.view.listeners.push(() => this.render());
    new ResizeObserver(() => this.width !== host.clientWidth && this.render()).observe(host);
    this.render();
  }

  build() {
    this.clip = svg("rect", {});
    this.under = svg("g", { "aria-hidden": "true" });
    this.layer = svg("g", { "clip-path": `url(#${this.id})`, "aria-hidden": "true" });
    this.over = svg("g", { "aria-hidden": "true" });
    this.cursor = svg("g", { "aria-hidden": "true" });
    this.surface = svg("rect", { class: "surface", tabindex: 0, role: "slider",
      "aria-label": `${this.o.label}: read off with the arrow keys, + and - zoom, 0 shows all`,
      "aria-valuemin": 0, "aria-valuemax": 0, "aria-valuenow": 0, "aria-valuetext": "nothing chosen yet" });
    this.marks = svg("g", {});
    this.svg = svg("svg", { role: "group", "aria-label": this.o.label },
      svg("defs", {}, svg("clipPath", { id: this.id }, this.clip)),
      this.under, this.layer, this.over, this.cursor, this.surface, this.marks);
    this.readout = html("div", { class: "readout", "aria-hidden": "true", hidden: "" });
    this.host.append(this.svg, this.readout);
    this.listen();
  }

  listen() {
    const surface = this.surface;
    surface.addEventListener("pointerdown", (event) => this.down(event));
    surface.addEventListener("pointermove", (event) => this.move(event));
    surface.addEventListener("pointerup", (event) => this.up(event));
    surface.addEventListener("pointercancel", () => this.cancel());
    surface.addEventListener("pointerleave", () => { if (!this.from) { this.armed = false; this.hide(); } });
    surface.addEventListener("dblclick", () => this.o.view.reset());
    surface.addEventListener("keydown", (event) => this.key(event));
    surface.addEventListener("focus", () => { if (surface.matches(":focus-visible")) this.step(0); });
    surface.addEventListener("blur", () => this.hide());
    // a wheel over a chart that nobody touched goes on scrolling the page
    this.svg.addEventListener("wheel", (event) => {
      if (!event.ctrlKey && !event.metaKey && !this.armed) return;
      event.preventDefault();
      this.o.view.zoom(event.deltaY < 0 ? 0.8 : 1.25, this.frame.u(this.at(event)[0]));
    }, { passive: false });
  }

  render() {
    const o = this.o;
    this.width = this.host.clientWidth;
    if (!this.width) return;
    const right = o.names && this.width > 640 ? o.names : o.right;
    const width = Math.max(this.width - o.left - right, 40);
    const height = o.height - o.top - o.bottom;
    const [low, high] = o.view.now;
    const [bottom, top] = o.y(o.view);
    const kx = width / (high - low), ky = height / (top - bottom);
    this.frame = {
      whole: this.width, left: o.left, top: o.top, width, height, low, high, bottom, topValue: top,
      x: (u) => o.left + (u - low) * kx, y: (v) => o.top + (top - v) * ky,
      u: (x) => low + (x - o.left) / kx, v: (y) => top - (y - o.top) / ky,
    };
    for (const [name, value] of Object.entries({ width: this.width, height: o.height,
      viewBox: `0 0 ${this.width} ${o.height}` })) this.svg.setAttribute(name, value);
    for (const rect of [this.clip, this.surface]) {
      filled(rect, { x: o.left, y: o.top, width, height }, []);
    }
    this.under.replaceChildren(...this.axes());
    this.layer.replaceChildren();
    this.over.replaceChildren();
    o.draw(this.layer, this.frame, this.over);
    this.remark();
    this.hide();
    this.stops = null;
  }

  axes() {
    const o = this.o, f = this.frame, parts = [];
    for (const [at, text] of o.yTicks ? o.yTicks([f.bottom, f.topValue], f.height / 28) : []) {
      const y = f.y(at);
      parts.push(svg("path", { d: `M${f.left} ${y}h${f.width}`, class: "grid" }),
        svg("text", { x: f.left - 6, y: y + 4, "text-anchor": "end" }, text));
    }
    for (const [at, text] of o.xTicks([f.low, f.high], f.width / 62)) {
      const x = f.x(at);
      parts.push(svg("path", { d: `M${x} ${f.top}v${f.height}`, class: "grid" }),
        svg("text", { x, y: f.top + f.height + 16 + (o.below || 0), "text-anchor": "middle" }, text));
    }
    parts.push(svg("path", { d: `M${f.left} ${f.top + f.height}h${f.width}`, class: "axis" }),
      svg("text", { x: f.left + f.width, y: o.height - 4, "text-anchor": "end" }, o.xTitle),
      o.yTitle ? svg("text", { x: 2, y: 12 }, o.yTitle) : "");
    return parts;
  }

  // marks are made anew at each zoom: the focus goes on to the same one
  remark() {
    if (!this.o.marks) return;
    const focused = this.marks.contains(document.activeElement) && document.activeElement.dataset.key;
    const made = this.o.marks(this.frame);
    made.forEach((mark, index) => {
      const node = mark.node;
      filled(node, { role: "button", tabindex: -1, "aria-label": mark.label, "data-key": mark.key }, []);
      node.addEventListener("click", () => mark.press());
      node.addEventListener("focus", () => { this.here = mark.key; });
      node.addEventListener("keydown", (event) => this.among(event, made, index));
    });
    this.marks.replaceChildren(...made.map((mark) => mark.node));
    const here = made.find((mark) => mark.key === this.here) || made[0];
    if (here) here.node.setAttribute("tabindex", 0);
    if (focused && here) here.node.focus({ preventScroll: true });
  }

  // one stop of the tab key for all marks of a chart, the arrow keys between them
  among(event, made, index) {
    const next = { ArrowRight: index + 1, ArrowLeft: index - 1, Home: 0, End: made.length - 1 }[event.key];
    if (event.key === "Enter" || event.key === " ") {
      made[index].press();
    } else if (next !== undefined) {
      const target = made[between(next, 0, made.length - 1)].node;
      made[index].node.setAttribute("tabindex", -1);
      target.setAttribute("tabindex", 0);
      target.focus();
    } else {
      return;
    }
    event.preventDefault();
  }

  at(event) {
    const box = this.svg.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  }

  down(event) {
    if (event.button) return;
    this.from = this.at(event);
    this.armed = true;
    this.surface.setPointerCapture(event.pointerId);
  }

  move(event) {
    const [x, y] = this.at(event), f = this.frame;
    if (this.from && Math.hypot(x - this.from[0], y - this.from[1]) > 5) {
      const [a, b] = [this.from[0], x].map((each) => between(each, f.left, f.left + f.width));
      const [c, d] = this.o.both
        ? [this.from[1], y].map((each) => between(each, f.top, f.top + f.height))
        : [f.top, f.top + f.height];
      this.selected = [Math.min(a, b), Math.max(a, b), Math.min(c, d), Math.max(c, d)];
      const [left, right, high, low] = this.selected;
      this.readout.hidden = true;
      this.cursor.replaceChildren(svg("rect", { class: "selection",
        x: left, y: high, width: right - left, height: low - high }));
    } else if (!this.from) {
      this.show(this.o.near(f.u(x), f.v(y), f));
    }
  }

  up(event) {
    const f = this.frame, chosen = this.selected, started = this.from;
    this.cancel();
    if (chosen && chosen[1] - chosen[0] > 5) {
      const y = this.o.both && chosen[3] - chosen[2] > 5 ? [f.v(chosen[3]), f.v(chosen[2])] : undefined;
      this.o.view.set(f.u(chosen[0]), f.u(chosen[1]), y);
    } else if (started) {
      const [x, y] = this.at(event);
      if (this.o.press) this.o.press(x, f);
      this.show(this.o.near(f.u(x), f.v(y), f));
    }
  }

  cancel() {
    this.from = this.selected = null;
    this.hide();
  }

  key(event) {
    const view = this.o.view;
    const steps = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1, PageUp: 10, PageDown: -10 };
    if (event.shiftKey && event.key in steps) view.pan(Math.sign(steps[event.key]) * 0.25);
    else if (event.key in steps) this.step(steps[event.key]);
    else if (event.key === "Home") this.step(-Infinity);
    else if (event.key === "End") this.step(Infinity);
    else if (event.key === "+" || event.key === "=") view.zoom(0.5);
    else if (event.key === "-") view.zoom(2);
    else if (event.key === "0") view.reset();
    else if (event.key === "Escape") this.hide();
    else return;
    event.preventDefault();
  }

  step(by) {
    this.stops = this.stops || this.o.stops().filter(
      (stop) => stop.u >= this.frame.low - 1e-9 && stop.u <= this.frame.high + 1e-9);
    if (!this.stops.length) return;
    this.stop = between(this.stop + by, 0, this.stops.length - 1);
    const stop = this.stops[this.stop];
    filled(this.surface, { "aria-valuemax": this.stops.length - 1, "aria-valuenow": this.stop,
      "aria-valuetext": [stop.title, ...stop.lines].join("; ") }, []);
    this.show(stop);
  }

  show(stop) {
    if (!stop) {
      this.hide();
      return;
    }
    const f = this.frame, x = f.x(stop.u);
    const y = stop.v === undefined ? f.top : between(f.y(stop.v), f.top, f.top + f.height);
    this.cursor.replaceChildren(stop.v === undefined
      ? svg("path", { class: "cursor", d: `M${x} ${f.top}v${f.height}` })
      : svg("circle", { class: "ring", cx: x, cy: y, r: stop.r || 8 }));
    this.readout.replaceChildren(html("p", {}, stop.title),
      html("ul", {}, stop.lines.map((line) => html("li", {}, line))));
    this.readout.hidden = false;
    const { offsetWidth: width, offsetHeight: height } = this.readout;
    const right = x + 14 + width <= this.width;
    this.readout.style.left = `${right ? x + 14 : Math.max(x - 14 - width, 0)}px`;
    this.readout.style.top = `${stop.v === undefined ? f.top + 6 : Math.max(y - height - 12, 0)}px`;
  }

  hide() {
    this.cursor.replaceChildren();
    this.readout.hidden = true;
  }
}
