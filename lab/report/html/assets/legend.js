// Which series are shown: a button for each, pressed while it is.

const MANY = 8;

function legend(host, items, shown, changed) {
  const buttons = items.map((item) => {
    const made = button("", { "aria-pressed": String(shown.has(item.key)) }, () => {
      if (!shown.delete(item.key)) shown.add(item.key);
      sync();
    });
    made.append(sample(item.look), html("span", {}, item.name));
    return made;
  });
  const sync = () => {
    buttons.forEach((made, index) => made.setAttribute("aria-pressed", String(shown.has(items[index].key))));
    changed();
  };
  const all = (keys) => () => {
    shown.clear();
    for (const key of keys) shown.add(key);
    sync();
  };
  host.append(html("div", { class: "legend", role: "group", "aria-label": "Series shown" }, buttons,
    items.length > 2 ? [button("all", {}, all(items.map((item) => item.key))), button("none", {}, all([]))] : []));
}

const chosen = (trials, at_most) =>
  new Set(trials.filter((trial) => trial.chosen).slice(0, at_most).map((trial) => trial.key));
