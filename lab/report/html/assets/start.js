// Brings the page to life.

document.documentElement.classList.add("scripted");

for (const host of document.querySelectorAll("[data-chart]")) {
  CHARTS[host.dataset.chart].make(host);
}

for (const link of document.querySelectorAll("[data-download]")) {
  const fill = () => {
    if (link.href.startsWith("blob:")) return;
    const rows = CHARTS[link.dataset.download].rows();
    link.href = URL.createObjectURL(new Blob([csv(rows)], { type: "text/csv" }));
  };
  // made when it is wanted: most readers want none
  for (const event of ["pointerenter", "focus", "click"]) link.addEventListener(event, fill);
}

for (const copy of document.querySelectorAll("[data-copy]")) {
  const source = document.getElementById(copy.dataset.copy);
  copy.addEventListener("click", () => {
    const told = (text) => { copy.textContent = text; announce(text); };
    const select = () => {
      getSelection().selectAllChildren(source);
      told("Selected: press Ctrl+C");
    };
    // a page from disk may have no clipboard
    if (navigator.clipboard) navigator.clipboard.writeText(source.textContent).then(() => told("Copied"), select);
    else select();
  });
}

const THEMES = ["auto", "light", "dark"];
const themeButton = document.getElementById("theme");

function setTheme(theme) {
  if (theme === "auto") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
  themeButton.textContent = `Theme: ${theme}`;
  themeButton.dataset.theme = theme;
}

function remembered(theme) {
  // a page from disk may have no storage either
  try {
    if (theme) localStorage.setItem("gclab-theme", theme);
    return localStorage.getItem("gclab-theme");
  } catch {
    return null;
  }
}

setTheme(THEMES.includes(remembered()) ? remembered() : "auto");
themeButton.addEventListener("click", () => {
  const next = THEMES[(THEMES.indexOf(themeButton.dataset.theme) + 1) % THEMES.length];
  remembered(next);
  setTheme(next);
});
