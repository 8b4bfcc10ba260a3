// What a pause delayed, in words and as a table.

const pauseName = (pauses, i) =>
  pauses.full[i] ? "Collection of the whole heap" : `Pause of generation ${pauses.generation[i]}`;

function delayedWords(trial, i) {
  const p = trial.pauses;
  const above = trial.slow_above_ns ? ` above ${duration(trial.slow_above_ns)}` : "";
  if (!p.stored) return "This run does not hold its slow requests: what was delayed cannot be named.";
  if (!p.delayed[i]) {
    const none = p.complete[i] ? "No" : "None of the stored";
    return p.complete[i] ? `${none} request${above} was delayed by it.`
      : `${none} slow requests${above} was delayed by it; not all of them are stored.`;
  }
  const many = p.delayed[i] === 1 ? "request" : "requests";
  const least = p.complete[i] ? "" : "at least ";
  return `It delayed ${least}${count(p.delayed[i])} ${many}${above}; the slowest took ${duration(p.worst[i])}.`
    + (p.complete[i] ? "" : " Not all slow requests are stored: these are those that are.");
}

function delayedShort(trial, i) {
  const p = trial.pauses;
  if (!p.stored) return "delayed requests not stored";
  return `delayed ${p.complete[i] ? "" : "at least "}${count(p.delayed[i])} slow requests`
    + (p.delayed[i] ? `, the slowest ${duration(p.worst[i])}` : "");
}

function victimsPanel(trial, i, actions) {
  const p = trial.pauses;
  const start_us = p.start_us[i];
  const title = `${pauseName(p, i)} at ${(start_us / 1e6).toFixed(3)} s, ${duration(p.ns[i])}`;
  const rows = p.named[i] || [];
  const head = ["due, s", "after the pause began", "took", "cause", "operation"];
  const table = html("table", {},
    html("caption", {}, rows.length < p.delayed?.[i]
      ? `${rows.length} of ${count(p.delayed[i])} requests, evenly from the slowest to the fastest`
      : "The requests, the slowest first"),
    html("thead", {}, html("tr", {}, head.map((name, k) =>
      html("th", { scope: "col", class: k < 3 ? "n" : null }, name)))),
    html("tbody", {}, rows.map(([due_us, ns, cause, operation]) => html("tr", {},
      html("td", { class: "n" }, (due_us / 1e6).toFixed(4)),
      html("td", { class: "n" }, due_us < start_us
        ? `${duration((start_us - due_us) * 1e3)} before` : duration((due_us - start_us) * 1e3)),
      html("td", { class: "n" }, duration(ns)),
      html("td", {}, DATA.stored_causes[cause] || "not recorded"),
      html("td", {}, DATA.operations[operation] || String(operation))))));
  const more = p.stored && p.delayed[i] && !rows.length
    ? html("p", {}, "The page names requests of the longest pauses only.") : null;
  announce(`${title}. ${delayedWords(trial, i)}`);
  return html("div", { class: "victims", "data-pause": i, "data-delayed": p.delayed?.[i] },
    html("h5", {}, title), html("p", {}, delayedWords(trial, i)), more,
    html("div", { class: "tools" },
      button("Zoom to it", {}, actions.zoom), button("Close", {}, actions.close)),
    rows.length ? html("div", { class: "scroll", tabindex: 0, role: "region",
      "aria-label": `Requests delayed by the pause at ${(start_us / 1e6).toFixed(3)} s` }, table) : null);
}
