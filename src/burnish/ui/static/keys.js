// Keys: [data-key] is followed or pressed by its key, arrows move within [data-grid], and ? shows what there is.
"use strict";
(() => {
  const OFF = "burnish-keys-off";
  const dialog = () => document.getElementById("keys");
  const NAMES = { ArrowLeft: "←", ArrowRight: "→", ArrowUp: "↑", ArrowDown: "↓", " ": "Space" };
  const typing = target => target.closest("input:not([type=checkbox], [type=radio], [type=range]), textarea, select, [contenteditable]");
  const isOff = () => localStorage.getItem(OFF) !== null;

  function acted(event) {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || dialog()?.open) return;
    if (typing(event.target)) return;
    if (event.key === "?") { show(); event.preventDefault(); return; }
    if (moved(event)) { event.preventDefault(); return; }
    if (isOff()) return;
    // Enter and Space belong to what has the focus, and arrows to a slider.
    if (["Enter", " "].includes(event.key) && event.target.closest("a, button, summary, input")) return;
    if (event.key.startsWith("Arrow") && event.target.closest("input, .scroll")) return;
    if (underway) { waiting.push(event.key); event.preventDefault(); return; }
    if (press(event.key)) event.preventDefault();
  }

  function press(key) {
    const found = [...document.querySelectorAll("[data-key]")].find(one =>
      one.dataset.key.split(",").includes(key) && !one.disabled && one.getClientRects().length);
    found?.click();
    return Boolean(found);
  }

  // Keys that come while a page or an answer is on its way are meant for what it brings.
  let underway = 1, waiting = [];
  function ended() {
    underway = 0;
    setTimeout(() => { while (waiting.length && !underway) press(waiting.shift()); });
  }

  // From a cell of a grid to the next one with something to follow.
  function moved(event) {
    const cell = event.target.closest("[data-grid] td, [data-grid] th");
    const step = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }[event.key];
    if (!cell || !step) return false;
    const rows = [...cell.closest("table").rows];
    let row = rows.indexOf(cell.parentElement), column = cell.cellIndex;
    for (;;) {
      row += step[0]; column += step[1];
      const next = rows[row]?.cells[column];
      if (!next) return true;
      const inside = next.querySelector("a, button");
      if (inside) { inside.focus(); return true; }
    }
  }

  function show() {
    const list = dialog().querySelector("dl");
    const found = new Map([["?", "Show this list"], ["Tab", "Go to the next link, button or field"]]);
    if (document.querySelector("[data-grid]")) found.set("← ↑ → ↓", "Move between the cells of a table");
    for (const one of document.querySelectorAll("[data-key]")) {
      const keys = one.dataset.key.split(",").map(key => NAMES[key] ?? key).join(" or ");
      found.set(keys, one.dataset.keyName ?? one.textContent.trim());
    }
    list.replaceChildren(...[...found].flatMap(([key, name]) => {
      const term = document.createElement("dt"), says = document.createElement("dd"), cap = document.createElement("kbd");
      cap.textContent = key;
      term.append(cap);
      says.textContent = name;
      return [term, says];
    }));
    dialog().querySelector("#keys-on").checked = !isOff();
    dialog().showModal();
  }

  document.addEventListener("keydown", acted);
  document.addEventListener("DOMContentLoaded", () => {
    ended();
    const button = document.getElementById("show-keys");
    if (!button) return;
    button.hidden = false;
    button.addEventListener("click", show);
    dialog().querySelector("#keys-on").addEventListener("change", event => {
      if (event.target.checked) localStorage.removeItem(OFF); else localStorage.setItem(OFF, "1");
    });
  });
  document.addEventListener("htmx:before:request", event => { if (event.target.matches("form")) underway += 1; });
  document.addEventListener("htmx:finally:request", ended);
  // What a visitor has asked for and was put into the page gets the focus where it says so.
  document.addEventListener("htmx:after:swap", () => document.querySelector("[data-focus]")?.focus());
})();
