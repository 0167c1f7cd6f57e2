// The state is a map from paths to texts, kept in the address; whatever changes it asks for a new answer.
import { showControls } from "./controls.js";
import { drawBars, drawLegend, drawMap, drawRooflines, drawTimeline, digits, measure, time } from "./charts.js";

const CATEGORIES = ["embedding", "attention", "ffn", "norm", "convolution", "head", "elementwise", "conversion", "handover"];
const SETTLED = 200; // ms without a change, before what takes longer is asked for
const COARSE = { columns: 7, rows: 5 }, FINE = { columns: 17, rows: 11, sure: true };

const CHARTS = ["bars", "timeline", "map", "rooflines"];

const by = id => document.getElementById(id);
const state = { changes: new Map(), controls: new Map(), answer: null, baseline: null, map: null, axes: {}, warnings: new Map() };
let showControl = () => {};

async function ask(path, body) {
  const response = await fetch(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
  const json = await response.json();
  return response.ok ? { json } : { errors: json.errors };
}

// One question at a time; of those that come meanwhile, the last.
function latestOnly(work) {
  let busy = false, waiting = null;
  return async function run(...words) {
    if (busy) {
      waiting = words;
      return;
    }
    busy = true;
    try {
      await work(...words);
    } catch (failure) {
      showErrors("errors", [`The program does not answer: ${failure.message}`]);
    } finally {
      busy = false;
    }
    if (waiting) {
      const next = waiting;
      waiting = null;
      run(...next);
    }
  };
}

const settings = () => Object.fromEntries(state.changes);
const valueOf = path => state.changes.get(path) ?? state.controls.get(path)?.value ?? "";

function items(into, texts) {
  by(into).replaceChildren(...texts.map(words => Object.assign(document.createElement("li"), { textContent: words })));
}
const showErrors = (into, errors) => items(into, errors);

const percent = (now, then) => `${now >= then ? "+" : "−"}${digits(Math.abs(100 * (now / then - 1)))}%`;

// What decides each stage, and what it was in the baseline.
function bindings(answer, baseline) {
  return answer.stages.filter(stage => stage.model).map(stage => {
    const chosen = stage.candidates.find(each => each.chosen);
    const old = baseline?.stages.find(each => each.name === stage.name), was = old?.candidates.find(each => each.chosen);
    const now = `${stage.name} on ${stage.chosen}: ${time(stage.latency_ms)}, bound by ${chosen.main_bound}`;
    const moved = was && (old.chosen !== stage.chosen || was.main_bound !== chosen.main_bound);
    return moved ? `${now} (baseline: ${old.chosen}, ${time(old.latency_ms)}, bound by ${was.main_bound})` : now;
  });
}

function showAnswer() {
  const { answer, baseline } = state, total = answer.total;
  by("title").textContent = answer.title;
  document.title = answer.title;
  by("headline").textContent = answer.headline;
  by("answer").className = total.budget_ms === null ? "" : total.latency_ms <= total.budget_ms ? "met" : "missed";
  const same = answer === baseline || answer.total.latency_ms === baseline.total.latency_ms;
  by("against").textContent = same ? "The baseline takes the same." : `Baseline ${time(baseline.total.latency_ms)}: ${percent(total.latency_ms, baseline.total.latency_ms)}.`;
  items("binding", bindings(answer, baseline));
  items("reasons", answer.reasons);
  by("command").textContent = answer.command;
  drawBars(by("bars"), answer, answer === baseline ? null : baseline);
  drawTimeline(by("timeline"), answer, answer === baseline ? null : baseline);
  drawRooflines(by("rooflines"), answer);
}

function showMap() {
  const label = path => `${state.controls.get(path).group} ${state.controls.get(path).label}`;
  const axis = (path, values) => values.includes(valueOf(path)) ? valueOf(path) : values[Math.floor(values.length / 2)];
  const { across, up } = state.map;
  drawMap(by("map"), by("map-legend"), state.map, { across: axis(across.path, across.values), up: axis(up.path, up.values) }, { across: label(across.path), up: label(up.path) });
}

function changeItem([path, text]) {
  const item = document.createElement("li"), undo = Object.assign(document.createElement("button"), { type: "button", textContent: "undo" });
  undo.setAttribute("aria-label", `undo ${path}`);
  undo.addEventListener("click", () => set(state.controls.get(path), state.controls.get(path).value));
  item.append(`${path}: ${text} (was ${state.controls.get(path).value || "not set"}) `, undo);
  const warning = state.warnings.get(path) ?? state.warnings.get(path.replace(/\.[^.]*$/, "")); // of entries that are set together
  if (warning) item.append(Object.assign(document.createElement("div"), { className: "silent", textContent: warning }));
  return item;
}

function showChanges() {
  by("no-changes").hidden = state.changes.size > 0;
  by("changes").replaceChildren(...[...state.changes].map(changeItem));
}

const mapQuestion = size => ({ settings: settings(), map: { stage: by("map-stage").value, across: by("map-across").value, up: by("map-up").value, ...size } });

async function askMap(size) {
  const { json, errors } = await ask("/api/map", mapQuestion(size));
  showErrors("map-errors", errors ?? []);
  if (json) {
    state.map = json;
    showMap();
  }
}

async function askAnswer() {
  const { json, errors } = await ask("/api/answer", { settings: settings() });
  showErrors("errors", errors ?? []);
  if (json) {
    state.answer = json;
    showAnswer();
  }
}

// Both at once. Questions are counted: `shown` is the last one whose answer is on the page, for whoever waits for it.
let asked = 0;
const refresh = latestOnly(async () => {
  const question = asked;
  await Promise.all([askAnswer(), askMap(COARSE)]);
  document.body.dataset.shown = String(question);
});

const settle = latestOnly(async () => {
  const question = asked;
  const { json } = await ask("/api/silent", { settings: settings() });
  state.warnings = new Map((json?.warnings ?? []).map(warning => [warning.path, warning.text]));
  showChanges();
  await askMap(FINE);
  document.body.dataset.settled = String(question);
});
let timer = 0;

function changed() {
  document.body.dataset.asked = String(++asked);
  history.replaceState(null, "", state.changes.size > 0 ? "#" + encodeURIComponent(JSON.stringify(settings())) : "#");
  showChanges();
  refresh();
  clearTimeout(timer);
  timer = setTimeout(settle, SETTLED);
}

function set(control, text) {
  if (text === control.value) state.changes.delete(control.path);
  else state.changes.set(control.path, text);
  state.warnings.delete(control.path);
  showControl(control.path, text);
  changed();
}

function undoAll() {
  for (const path of state.changes.keys()) showControl(path, state.controls.get(path).value);
  state.changes.clear();
  changed();
}

function save(name, type, content) {
  const link = Object.assign(document.createElement("a"), { href: URL.createObjectURL(new Blob([content], { type })), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

async function saveFrom(path, name, type) {
  by("saved").textContent = `Making ${name}`;
  const { json, errors } = await ask(path, { settings: settings() });
  by("saved").textContent = json ? `${name} is made` : errors.join("; ");
  if (json) save(name, type, json.text);
}

function fillMapChoices(answer) {
  const option = (value, words) => Object.assign(document.createElement("option"), { value, textContent: words });
  by("map-stage").replaceChildren(...answer.stages.filter(stage => stage.model).map(stage => option(stage.name, stage.name)));
  const numbers = [...state.controls.values()].filter(control => control.on_maps);
  for (const id of ["map-across", "map-up"]) {
    by(id).replaceChildren(...numbers.map(control => option(control.path, `${control.group} ${control.label}`)));
    by(id).addEventListener("change", () => askMap(FINE));
  }
  by("map-stage").addEventListener("change", () => askMap(FINE));
  const longest = answer.stages.filter(stage => stage.model).reduce((a, b) => a.latency_ms >= b.latency_ms ? a : b);
  by("map-stage").value = longest.name;
  by("map-across").value = numbers.find(control => control.path.startsWith(`stages.${longest.name}.`))?.path ?? numbers[0].path;
  by("map-up").value = numbers.find(control => control.path === "hardware.memory.dram.clock" || control.path === "hardware.memory.dram.bandwidth")?.path ?? numbers.at(-1).path;
}

// Only what this page knows; anything else in an address is left out.
function changesOfAddress() {
  try {
    const given = Object.entries(JSON.parse(decodeURIComponent(location.hash.slice(1)) || "{}"));
    return given.filter(([path, text]) => state.controls.has(path) && typeof text === "string");
  } catch {
    return [];
  }
}

function addButtons() {
  by("pin").addEventListener("click", () => {
    state.baseline = state.answer;
    showAnswer();
  });
  by("reset").addEventListener("click", undoAll);
  by("copy").addEventListener("click", async () => {
    await navigator.clipboard.writeText(state.answer.command);
    by("saved").textContent = "The command is copied";
  });
  by("save-scenario").addEventListener("click", () => saveFrom("/api/scenario-file", "explored.yaml", "application/yaml"));
  by("save-report").addEventListener("click", () => saveFrom("/api/report", "report.html", "text/html"));
}

async function start() {
  const description = await (await fetch("/api/scenario")).json();
  state.controls = new Map(description.controls.map(control => [control.path, control]));
  state.answer = state.baseline = description.answer;
  showControl = showControls(description.controls, set);
  const used = CATEGORIES.filter(name => name === "handover" || description.answer.stages.some(stage => stage.candidates.some(each => each.by_category?.[name] > 0)));
  drawLegend(by("categories"), used.map(name => [name, name === "handover" ? "other" : name]), name => name);
  fillMapChoices(description.answer);
  addButtons();
  measure(CHARTS.map(by));
  showAnswer();
  for (const [path, text] of changesOfAddress()) {
    state.changes.set(path, text);
    showControl(path, text);
  }
  changed();
  new ResizeObserver(() => {
    measure(CHARTS.map(by));
    showAnswer();
    if (state.map) showMap();
  }).observe(by("results"));
}

start().catch(failure => showErrors("errors", [`The program does not answer: ${failure.message}`]));
