// Why the slow requests were slow: a bar per strategy, from 0 to 100 %.

const QUANTITIES = [
  ["above_p99.9", "Requests above p99.9"],
  ["above_p99", "Requests above p99"],
  ["waiting_time", "Waiting time of all requests"],
];
const ROW = 46;

CHARTS.causes = {
  make(host) {
    const strategies = DATA.strategies.filter((each) => QUANTITIES.some(([name]) => Object.keys(each.shares[name]).length));
    const shown = new Set(strategies.map((each) => each.key));
    const visible = () => strategies.filter((each) => shown.has(each.key));
    const seen = DATA.causes.filter(([cause]) => strategies.some((each) =>
      QUANTITIES.some(([name]) => each.shares[name][cause] >= 0.005)));
    let quantity = QUANTITIES[0][0];
    const view = new View([0, 1]);
    const choice = html("select", { "aria-label": "Shares of what" },
      QUANTITIES.map(([name, words]) => html("option", { value: name }, words)));
    const sync = () => {
      plot.o.height = 50 + ROW * Math.max(visible().length, 1);
      view.changed();
    };
    choice.addEventListener("change", () => { quantity = choice.value; sync(); });
    legend(host, strategies, shown, () => sync());
    host.append(html("ul", { class: "key", "aria-label": "Causes" }, seen.map(([cause, words]) =>
      html("li", {}, html("span", { class: `cause-${cause}` }), words))));
    const tools = toolbar(view, "shares");
    tools.prepend(choice);
    host.append(tools);
    const box = html("div", {});
    host.append(box);
    const nameOf = (each) => `${each.name}${each.within_noise ? " (p99.9 within the machine's noise)" : ""}`;
    const tail = (each) => (quantity === "above_p99.9" && each["p99.9"] ? `p99.9 ${duration(each["p99.9"])}` : "");
    const stopOf = (each, row) => {
      const shares = Object.entries(each.shares[quantity]).filter(([, share]) => share > 0).sort((a, b) => b[1] - a[1]);
      const words = new Map(DATA.causes);
      return { u: view.now[0], v: -row - 0.7, r: 0, title: `${nameOf(each)} ${tail(each)}`,
        lines: shares.length ? shares.map(([cause, share]) => `${words.get(cause)}: ${percent(share)}`)
          : ["no such request, or too few"] };
    };
    const plot = new Plot(box, {
      label: "Causes of the slow requests", view, left: 8, right: 24, height: 50 + ROW * visible().length,
      xTicks: linearTicks((share, digits) => `${(100 * share).toFixed(Math.max(0, digits - 2))} %`),
      yTicks: null, xTitle: "", bottom: 30, y: () => [-Math.max(visible().length, 1), 0],
      draw(layer, frame, over) {
        visible().forEach((each, row) => {
          const top = frame.y(-row) + 20;
          over.append(svg("text", { class: "name strong", x: frame.left, y: top - 5 }, nameOf(each)),
            svg("text", { x: frame.left + frame.width, y: top - 5, "text-anchor": "end" }, frame.width > 480 ? tail(each) : ""));
          let from = 0;
          for (const [cause] of DATA.causes) {
            const share = each.shares[quantity][cause] || 0;
            if (share <= 0) continue;
            const left = frame.x(from), width = frame.x(from + share) - left;
            from += share;
            const toned = !each.counts || each.within_noise;
            layer.append(svg("rect", { class: `cause-${cause} segment${toned ? " toned" : ""}`,
              x: left, y: top, width, height: ROW - 24 }));
            // its number stands in the middle of what can be seen of it
            const seenLeft = Math.max(left, frame.left), seenRight = Math.min(left + width, frame.left + frame.width);
            if (seenRight - seenLeft > 48) {
              layer.append(svg("text", { class: toned ? "name" : `letters-${cause}`, x: (seenLeft + seenRight) / 2, y: top + 15.5,
                "text-anchor": "middle" }, percent(share)));
            }
          }
          if (!from) layer.append(svg("text", { x: frame.left + 4, y: top + 15 }, "no such request, or too few"));
        });
      },
      near: (u, v) => { const row = Math.floor(-v); return visible()[row] ? stopOf(visible()[row], row) : null; },
      stops: () => visible().map(stopOf),
    });
  },
  rows() {
    return [["strategy", "of", "cause", "share"], ...DATA.strategies.flatMap(({ name, shares }) =>
      QUANTITIES.flatMap(([quantity]) => Object.entries(shares[quantity]).map(([cause, share]) => [name, quantity, cause, share])))];
  },
};
