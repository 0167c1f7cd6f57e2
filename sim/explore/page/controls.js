// One row per control: a slider with a field beside it, a switch, a choice or a list.
const STEPS = 240; // of a logarithmic slider

const element = (name, properties = {}, ...children) => {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
};

// Three digits are what a slider can say.
const rounded = value => String(Number(value.toPrecision(3)));

// The number before the unit; what is typed without a unit gets the control's.
const numberIn = (control, text) => parseFloat(text.endsWith(control.unit) ? text.slice(0, text.length - control.unit.length) : text);

function numberSlider(control) {
  const span = Math.log(control.most / control.least);
  return {
    min: 0, max: STEPS,
    at: text => Math.round(STEPS * Math.log(numberIn(control, text) / control.least) / span),
    text: place => {
      const home = Math.round(STEPS * Math.log(control.number / control.least) / span);
      return place === home ? control.value : rounded(control.least * Math.exp(span * place / STEPS)) + control.unit;
    },
  };
}

const countSlider = control => ({ min: control.least, max: control.most, at: text => parseInt(text, 10), text: String });

function typed(control, text) {
  const trimmed = text.trim();
  return control.kind === "number" && /^[-+.\deE]+$/.test(trimmed) ? trimmed + control.unit : trimmed;
}

function sliderRow(control, id, set) {
  const slider = control.kind === "number" ? numberSlider(control) : countSlider(control);
  const field = element("input", { className: "value", id, type: "text", value: control.value, autocomplete: "off" });
  const range = element("input", { type: "range", min: slider.min, max: slider.max, step: 1, value: slider.at(control.value) });
  range.setAttribute("aria-label", `${control.group}, ${control.label}`);
  const tell = text => range.setAttribute("aria-valuetext", text);
  tell(control.value);
  range.addEventListener("input", () => set(slider.text(Number(range.value))));
  field.addEventListener("change", () => set(typed(control, field.value)));
  const show = text => {
    if (document.activeElement !== field || field.value !== text) field.value = text;
    range.value = slider.at(text);
    tell(text);
  };
  return { parts: [field, range], show };
}

function switchRow(control, id, set) {
  const box = element("input", { className: "value", id, type: "checkbox", checked: control.value === "true" });
  box.addEventListener("change", () => set(String(box.checked)));
  return { parts: [box], show: text => { box.checked = text === "true"; } };
}

function choiceRow(control, id, set) {
  const choices = control.value === "" && !control.choices.includes("") ? ["", ...control.choices] : control.choices;
  const select = element("select", { className: "value", id },
    ...choices.map(choice => element("option", { value: choice, textContent: choice || "not set" })));
  select.value = control.value;
  select.addEventListener("change", () => set(select.value));
  return { parts: [select], show: text => { select.value = text; } };
}

function listRow(control, id, set) {
  const field = element("input", { className: "value", id, type: "text", value: control.value, autocomplete: "off" });
  field.addEventListener("change", () => set(field.value.trim() && `[${field.value.match(/\d+/g)?.join(", ") ?? field.value}]`));
  return { parts: [field], show: text => { field.value = text; } };
}

const ROWS = { number: sliderRow, count: sliderRow, switch: switchRow, choice: choiceRow, sizes: listRow };

function controlRow(control, set) {
  const id = "control-" + control.path.replace(/[^A-Za-z0-9]/g, "-");
  const made = ROWS[control.kind](control, id, text => set(control, text));
  const label = element("label", { htmlFor: id, textContent: control.label, title: `${control.path}${control.note ? "\n" + control.note : ""}` });
  const row = element("div", { className: "control" }, label, ...made.parts);
  row.dataset.path = control.path;
  const show = text => {
    made.show(text);
    row.classList.toggle("changed", text !== control.value);
  };
  return { control, row, show };
}

// Groups in the order of their first control; those that are asked about first stand open.
function groupElement(name, rows, open) {
  const common = rows.filter(each => each.control.common), others = rows.filter(each => !each.control.common);
  const group = element("details", { open }, element("summary", { textContent: name }), ...common.map(each => each.row));
  if (others.length > 0) {
    group.append(element("details", {}, element("summary", { textContent: `${others.length} more of ${name}` }), ...others.map(each => each.row)));
  }
  return group;
}

// Rows that do not match are hidden; groups with a match open.
function addFilter(input, groups) {
  input.addEventListener("input", () => {
    const wanted = input.value.toLowerCase().split(/\s+/);
    for (const row of groups.querySelectorAll(".control")) {
      row.hidden = !wanted.every(word => row.dataset.path.toLowerCase().includes(word));
    }
    for (const group of groups.querySelectorAll("details")) {
      const found = group.querySelector(".control:not([hidden])") !== null;
      group.hidden = !found;
      if (input.value && found) group.open = true;
    }
  });
}

/// Shows all controls; `set` is told a control and its new text. Returns what shows the text of a path.
export function showControls(controls, set) {
  const groups = document.getElementById("groups");
  const rows = controls.map(control => controlRow(control, set));
  const names = [...new Set(controls.map(control => control.group))];
  groups.replaceChildren(...names.map((name, i) =>
    groupElement(name, rows.filter(each => each.control.group === name), i < 1 || name.startsWith("stage") || name === "npu")));
  addFilter(document.getElementById("filter"), groups);
  const byPath = new Map(rows.map(each => [each.control.path, each.show]));
  return (path, text) => byPath.get(path)?.(text);
}
