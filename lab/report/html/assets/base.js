// What all charts need: elements, units, files to download.

const DATA = JSON.parse(document.getElementById("data").textContent);
const TRIALS = DATA.trials;
const SVG = "http://www.w3.org/2000/svg";

function filled(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes || {})) {
    if (value !== null && value !== undefined && value !== false) node.setAttribute(name, value);
  }
  // text becomes text nodes: nothing that came from a file is ever read as HTML
  node.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined));
  return node;
}

const html = (name, attributes, ...children) =>
  filled(document.createElement(name), attributes, children);
const svg = (name, attributes, ...children) =>
  filled(document.createElementNS(SVG, name), attributes, children);

function button(text, attributes, action) {
  const made = html("button", { type: "button", ...attributes }, text);
  made.addEventListener("click", action);
  return made;
}

const UNITS = [[1e9, "s"], [1e6, "ms"], [1e3, "us"], [1, "ns"]];
const grouped = (number, digits) =>
  number.toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits });

// three significant digits and the unit, as in every table of the page
function duration(ns) {
  if (!ns) return "0 ns";
  for (const [factor, unit] of UNITS) {
    if (ns >= factor * 0.9995) {
      const number = ns / factor;
      const digits = number >= 99.95 || unit === "ns" ? 0 : number >= 9.995 ? 1 : 2;
      return `${grouped(number, digits)} ${unit}`;
    }
  }
  return `${Number(ns.toPrecision(2))} ns`;
}

const count = (number) => grouped(number, 0);
const percent = (share) => `${grouped(100 * share, 1)} %`;
const significant = (number, digits) => String(Number(number.toPrecision(digits)));
const between = (value, low, high) => Math.min(Math.max(value, low), high);
const log10 = (value) => Math.log10(Math.max(value, 1));

function csv(rows) {
  const cell = (value) => {
    const text = value === null || value === undefined ? "" : String(value);
    return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  return rows.map((row) => row.map(cell).join(",")).join("\n") + "\n";
}

function announce(text) {
  document.getElementById("status").textContent = text;
}

// How a strategy looks in every chart: colours, dashes and markers repeat at different lengths.
const DASHES = ["", "7 3", "2 2", "9 3 2 3"];
const SHAPES = 6;
const colourOf = (look) => `c${look % 7}`;
const dashesOf = (look) => DASHES[look % DASHES.length] || null;

function shape(look, x, y, r) {
  const k = look % SHAPES;
  if (k === 0) return `M${x - r} ${y}a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0z`;
  if (k === 1) return `M${x - r} ${y - r}h${2 * r}v${2 * r}h${-2 * r}z`;
  if (k === 2) return `M${x} ${y - r}l${r} ${2 * r}h${-2 * r}z`;
  if (k === 3) return `M${x} ${y - 1.3 * r}l${1.3 * r} ${1.3 * r}l${-1.3 * r} ${1.3 * r}l${-1.3 * r} ${-1.3 * r}z`;
  if (k === 4) return `M${x} ${y + r}l${r} ${-2 * r}h${-2 * r}z`;
  return `M${x - r} ${y - r / 3}h${2 * r / 3}v${-2 * r / 3}h${2 * r / 3}v${2 * r / 3}h${2 * r / 3}v${2 * r / 3}h${-2 * r / 3}v${2 * r / 3}h${-2 * r / 3}v${-2 * r / 3}h${-2 * r / 3}z`;
}

function sample(look) {
  return svg("svg", { width: 26, height: 14, "aria-hidden": "true", class: colourOf(look) },
    svg("path", { d: "M0 7h26", class: "line stroke strong-line", "stroke-dasharray": dashesOf(look) }),
    svg("path", { d: shape(look, 13, 7, 4), class: "fill" }));
}
