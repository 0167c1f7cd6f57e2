// The script of a page. Without it everything is there, in the order of the file.
"use strict";
document.documentElement.classList.add("js");

// The state stands in the address: op, base, and per table its filter and order.
const readState = () => new URLSearchParams(location.hash.includes("=") ? location.hash.slice(1) : "");
let state = readState();
function keep(name, value) {
  if (value) state.set(name, value); else state.delete(name);
  history.replaceState(null, "", "#" + state);
}

const make = (name, text, action) => {
  const element = document.createElement(name);
  element.textContent = text;
  if (action) { element.type = "button"; element.addEventListener("click", action); }
  return element;
};
const asButton = (cell, action) => {
  const button = make("button", "", action);
  button.append(...cell.childNodes);
  cell.append(button);
  return button;
};
const value = (row, column) => row.cells[column].textContent.trim();

// One selection for pictures and tables: the operators of a name, and the bars of their stage.
const bar = make("p", "");
bar.id = "selection";
bar.setAttribute("role", "status");
let selected = "";
function select(key) {
  document.querySelectorAll(".sel").forEach(element => element.classList.remove("sel"));
  selected = key;
  keep("op", key);
  bar.replaceChildren();
  bar.hidden = !key;
  if (!key) return;
  const stage = key.split("/")[0];
  const same = [...document.querySelectorAll("[data-op]")].filter(
    element => element.dataset.op === key || element.dataset.op === stage ||
      (key === stage && element.dataset.op.startsWith(stage + "/")));
  same.forEach(element => element.classList.add("sel"));
  const rows = same.filter(element => element.matches("details tr"));
  const time = rows.reduce((sum, row) => sum + Number(row.dataset.ms), 0);
  bar.append(`${key.replace("/", ": ")}, ${rows.length} operator${rows.length === 1 ? "" : "s"}, ${time.toPrecision(3)} ms a pass`);
  if (rows.length) bar.append(make("button", "Show in the table", () => {
    rows[0].closest("details").open = true;
    rows[0].scrollIntoView({block: "center"});
    rows[0].querySelector("button")?.focus({preventScroll: true});
  }));
  bar.append(make("button", "Clear", () => select("")));
}
const toggle = key => select(key === selected ? "" : key);
document.querySelectorAll("rect[data-op]").forEach(spot => spot.addEventListener("click", () => toggle(spot.dataset.op)));
document.querySelectorAll("tr[data-op]").forEach(row => {
  const button = asButton(row.cells[0], () => toggle(row.dataset.op));
  button.title = "Mark these operators in every picture and table";
});
document.addEventListener("keydown", event => { if (event.key === "Escape" && selected) select(""); });

// Sortable tables: a button in each heading, and a filter above.
const tables = [...document.querySelectorAll("table.sortable")].map((table, index) => {
  const body = table.tBodies[0];
  const heads = [...table.tHead.rows[0].cells];
  const name = `table${index + 1}`;
  const order = (column, down) => {
    heads.forEach(head => head.removeAttribute("aria-sort"));
    heads[column].setAttribute("aria-sort", down ? "descending" : "ascending");
    const rows = [...body.rows].map(row => [row, value(row, column)]);
    const numeric = rows.every(([, text]) => text === "" || text === "-" || !isNaN(parseFloat(text)));
    rows.sort(([, a], [, b]) => (numeric ? (parseFloat(a) || 0) - (parseFloat(b) || 0) : a.localeCompare(b)) * (down ? -1 : 1));
    body.append(...rows.map(([row]) => row));
  };
  heads.forEach((head, column) => asButton(head, () => {
    const down = head.getAttribute("aria-sort") !== "descending";
    order(column, down);
    keep(name + "-by", `${column}${down ? "-" : "+"}`);
  }));
  const label = make("label", "Show rows that hold ");
  label.className = "filter";
  const input = document.createElement("input");
  input.type = "search";
  const count = make("span", "");
  count.setAttribute("role", "status");
  label.append(input, " ", count);
  table.parentElement.before(label);
  const filter = () => {
    const wanted = input.value.toLowerCase();
    for (const row of body.rows) row.hidden = !row.textContent.toLowerCase().includes(wanted);
    const shown = [...body.rows].filter(row => !row.hidden).length;
    count.textContent = wanted ? `${shown} of ${body.rows.length}` : "";
  };
  input.addEventListener("input", () => { filter(); keep(name, input.value); });
  return () => {
    input.value = state.get(name) ?? "";
    filter();
    const by = /^(\d+)([-+])$/.exec(state.get(name + "-by") ?? "");
    if (by && by[1] < heads.length) order(Number(by[1]), by[2] === "-");
    if (input.value || by) table.closest("details")?.setAttribute("open", "");
  };
});

// Any row of the variants may be the one that the others are compared with.
const variants = document.querySelector("#variant-totals");
const rowOf = name => [...(variants?.tBodies[0].rows ?? [])].find(row => value(row, 0) === name);
function pin(row) {
  for (const other of variants.tBodies[0].rows) {
    const share = 100 * (other.dataset.ms / row.dataset.ms - 1);
    const cell = other.cells[2];
    cell.textContent = other === row ? "baseline" : `${share > 0 ? "+" : ""}${Number(share.toPrecision(3))}%`;
    other.classList.toggle("chosen", other === row);
  }
}
for (const row of variants?.tBodies[0].rows ?? []) {
  if (Number(row.dataset.ms) > 0) asButton(row.cells[0], () => {
    pin(row);
    keep("base", row === variants.tBodies[0].rows[0] ? "" : value(row, 0));
  }).title = "Compare the others with this one";
}

function restore() {
  state = readState();
  tables.forEach(apply => apply());
  const row = rowOf(state.get("base")) ?? variants?.tBodies[0].rows[0];
  if (row) pin(row);
  select(state.get("op") ?? "");
}
document.body.append(bar);
bar.hidden = true;
if (location.hash.includes("=")) restore();
addEventListener("hashchange", () => { if (location.hash.includes("=")) restore(); });
