// Drawings of one answer, in the pixels of the page so that text keeps its size.
const SVG = "http://www.w3.org/2000/svg";
const ROW = 22, LABEL = 12;

const shape = (name, attributes = {}, ...children) => {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
};
const text = (x, y, words, attributes = {}) => shape("text", { x, y, ...attributes }, words);
const hint = words => shape("title", {}, words);

const chart = (width, height, label, ...children) =>
  shape("svg", { class: "chart", viewBox: `0 0 ${width} ${height}`, height, role: "img", "aria-label": label }, ...children);

export const digits = value => value === 0 ? "0" : value >= 1000 ? String(Math.round(Number(value.toPrecision(3)))) : String(Number(value.toPrecision(3)));
export const time = ms => ms >= 1000 ? `${digits(ms / 1000)} s` : ms > 0 && ms < 0.1 ? `${digits(ms * 1000)} us` : `${digits(ms)} ms`;

// Asked of the page when its size changes, since each question makes it lay out what was drawn meanwhile.
const widths = new Map();
const widthOf = element => widths.get(element.id);

export function measure(elements) {
  for (const element of elements) widths.set(element.id, Math.max(260, Math.floor(element.clientWidth)));
}

// 1, 2 or 5 times a power of ten: about `count` of them up to `most`.
function ticks(most, count) {
  const rough = most / count, power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map(factor => factor * power).find(each => each >= rough);
  return Array.from({ length: Math.floor(most / step) + 1 }, (_, i) => i * step);
}

function timeAxis(x, most, bottom, width) {
  return ticks(most, Math.max(3, Math.floor(width / 90))).flatMap(ms => [
    shape("line", { class: "axis", x1: x(ms), x2: x(ms), y1: 4, y2: bottom }),
    text(x(ms), bottom + 15, time(ms), { class: "quiet", "text-anchor": x(ms) > width - 30 ? "end" : "middle" }),
  ]);
}

function stackedBar(candidate, x, y) {
  const parts = [];
  let at = 0;
  const sum = Object.values(candidate.by_category).reduce((a, b) => a + b, 0);
  const all = { ...candidate.by_category, handover: Math.max(0, candidate.latency_ms - sum) };
  for (const [category, ms] of Object.entries(all)) {
    if (ms > 0) {
      parts.push(shape("rect", { class: category, x: x(at), y, width: Math.max(0, x(at + ms) - x(at)), height: ROW - 8 },
        hint(`${category}: ${time(ms)}`)));
    }
    at += ms;
  }
  return parts;
}

const interval = (candidate, x, y) => [
  shape("line", { class: "whisker", x1: x(candidate.low_ms), x2: x(candidate.high_ms), y1: y, y2: y }),
  ...[candidate.low_ms, candidate.high_ms].map(ms => shape("line", { class: "whisker", x1: x(ms), x2: x(ms), y1: y - 3, y2: y + 3 })),
];

const label = candidate => `${candidate.chosen ? "▸ " : ""}${candidate.placement}`;
const padding = candidate => candidate.padded_tokens > candidate.actual_tokens ? `, ${candidate.actual_tokens} of ${candidate.padded_tokens} tokens` : "";

function stageBars(stage, before, width) {
  const rows = stage.candidates.filter(each => each.feasible);
  const old = name => before?.candidates.find(each => each.feasible && each.placement === name);
  const left = Math.min(130, 20 + 7 * Math.max(...rows.map(each => label(each).length)));
  const most = Math.max(...rows.map(each => Math.max(each.high_ms, old(each.placement)?.latency_ms ?? 0)));
  const x = ms => left + (width - left - 8) * ms / most;
  const drawn = rows.flatMap((candidate, i) => {
    const y = 6 + i * (ROW + 16), was = old(candidate.placement);
    return [
      text(left - 6, y + LABEL, label(candidate), { "text-anchor": "end", "font-weight": candidate.chosen ? 700 : 400 }),
      ...stackedBar(candidate, x, y), ...interval(candidate, x, y + (ROW - 8) / 2),
      ...(was ? [shape("line", { class: "pinned", x1: x(was.latency_ms), x2: x(was.latency_ms), y1: y - 4, y2: y + ROW - 4 }, hint(`baseline: ${time(was.latency_ms)}`))] : []),
      text(left, y + ROW + 5, `${time(candidate.latency_ms)}, ${candidate.main_bound}${width > 300 ? padding(candidate) : ""}`, { class: "quiet" }),
    ];
  });
  const bottom = rows.length * (ROW + 16) + 6;
  const words = rows.map(each => `${each.placement} ${time(each.latency_ms)}${each.chosen ? ", chosen" : ""}`).join("; ");
  return chart(width, bottom + 20, `Placements of ${stage.name}: ${words}`, ...timeAxis(x, most, bottom, width), ...drawn);
}

function heading(words) {
  const made = document.createElement("h3");
  made.textContent = words;
  return made;
}

/// Placements of every stage, stacked by class, with intervals; a dashed line is the baseline.
export function drawBars(into, answer, baseline) {
  const stages = answer.stages.filter(stage => stage.model);
  const before = name => baseline?.stages.find(stage => stage.name === name);
  const title = stage => `${stage.name}: ${stage.chosen}${stage.repeat > 1 ? `, ${stage.repeat} passes` : ""}`;
  into.replaceChildren(...stages.flatMap(stage => [heading(title(stage)), stageBars(stage, before(stage.name), widthOf(into))]));
}

export function drawLegend(into, names, kind) {
  into.replaceChildren(...names.map(([name, words]) => {
    const item = document.createElement("li");
    item.append(shape("svg", { viewBox: "0 0 10 10", "aria-hidden": "true" }, shape("rect", { class: kind(name), width: 10, height: 10 })), words);
    return item;
  }));
}

const stageClass = (answer, name) => `place-${Math.max(0, answer.stages.findIndex(stage => stage.name === name)) % 6}`;

/// One request: a lane per resource, the budget as a dashed line, the end of the baseline as a fine one.
export function drawTimeline(into, answer, baseline) {
  const width = widthOf(into), { lanes, end_ms: end } = answer.timeline, budget = answer.total.budget_ms;
  const last = baseline?.timeline.end_ms ?? 0;
  const most = Math.max(end, last, Math.min(budget ?? 0, 3 * end));
  const left = Math.min(120, 16 + 7 * Math.max(...lanes.map(lane => lane.name.length)));
  const x = ms => left + (width - left - 10) * ms / most, bottom = lanes.length * ROW + 20;
  const bars = lanes.flatMap((lane, i) => [
    text(left - 6, 20 + i * ROW + LABEL, lane.name, { "text-anchor": "end" }),
    ...lane.bars.flatMap(bar => {
      const wide = x(bar.to) - x(bar.from);
      return [shape("rect", { class: stageClass(answer, bar.label), x: x(bar.from), y: 20 + i * ROW, width: Math.max(1, wide), height: ROW - 5 },
        hint(`${bar.label}: ${time(bar.from)} to ${time(bar.to)}`))];
    }),
  ]);
  const line = (ms, kind, words, anchor) => [shape("line", { class: kind, x1: x(ms), x2: x(ms), y1: 14, y2: bottom }), text(x(ms), 11, words, { class: `${kind}-text`, "text-anchor": anchor })];
  const limit = budget && budget <= most ? line(budget, "budget", `budget ${time(budget)}`, x(budget) > width / 2 ? "end" : "start") : [];
  const pinned = last > 0 ? [shape("line", { class: "pinned", x1: x(last), x2: x(last), y1: 14, y2: bottom }, hint(`baseline: ${time(last)}`))] : [];
  const names = answer.stages.map(stage => `${stage.name} ${time(stage.latency_ms)}`).join(", ");
  const svg = chart(width, bottom + 20, `One request takes ${time(end)}: ${names}`, ...timeAxis(x, most, bottom, width), ...bars, ...pinned, ...limit);
  const legend = document.createElement("ul");
  legend.className = "legend";
  drawLegend(legend, answer.stages.map(stage => [stage.name, `${stage.name} ${time(stage.latency_ms)}`]), name => stageClass(answer, name));
  into.replaceChildren(legend, svg);
}

const decades = (low, high) => Array.from({ length: Math.round(Math.log10(high / low)) + 1 }, (_, i) => low * 10 ** i);
const decadeBelow = value => 10 ** Math.floor(Math.log10(value)), decadeAbove = value => 10 ** Math.ceil(Math.log10(value));

function roofline(one, width) {
  const height = 250, left = 52, bottom = height - 36, right = width - 8;
  const rates = [...one.points.map(p => p.gmacs_per_s), ...one.roofs.map(r => r.gmacs_per_s)], loads = one.points.map(p => p.macs_per_byte);
  const [low, high] = [decadeBelow(Math.min(...rates)), decadeAbove(Math.max(...rates) * 1.05)];
  const [from, to] = [decadeBelow(Math.min(...loads)), decadeAbove(Math.max(...loads, Math.max(...one.roofs.map(r => r.gmacs_per_s)) / one.gb_per_s) * 1.05)];
  const x = value => left + (right - left) * Math.log(value / from) / Math.log(to / from);
  const y = value => bottom - (bottom - 8) * Math.log(value / low) / Math.log(high / low);
  const axes = [
    ...decades(from, to).flatMap(v => [shape("line", { class: "axis", x1: x(v), x2: x(v), y1: 8, y2: bottom }), text(x(v), bottom + 14, digits(v), { class: "quiet", "text-anchor": v === to ? "end" : "middle" })]),
    ...decades(low, high).flatMap(v => [shape("line", { class: "axis", x1: left, x2: right, y1: y(v), y2: y(v) }), text(left - 5, y(v) + 4, digits(v), { class: "quiet", "text-anchor": "end" })]),
    text((left + right) / 2, height - 6, "MACs per byte of DRAM traffic", { class: "quiet", "text-anchor": "middle" }),
    text(12, (8 + bottom) / 2, "GMAC/s", { class: "quiet", "text-anchor": "middle", transform: `rotate(-90 12 ${(8 + bottom) / 2})` }),
  ];
  const roofs = one.roofs.flatMap(({ gmacs_per_s: rate }) => {
    const ridge = rate / one.gb_per_s, start = Math.max(from, low / one.gb_per_s);
    return [shape("polyline", { class: "roof", points: `${x(start)},${y(start * one.gb_per_s)} ${x(Math.min(Math.max(ridge, from), to))},${y(rate)} ${right},${y(rate)}` })];
  });
  const longest = Math.max(...one.points.map(p => p.time_ms));
  const points = [...one.points].sort((a, b) => b.time_ms - a.time_ms).map(p => shape("circle",
    { class: `point ${p.category}`, cx: x(p.macs_per_byte), cy: y(p.gmacs_per_s), r: 3 + 7 * Math.sqrt(p.time_ms / longest) },
    hint(`${p.stage} ${p.name}${p.count > 1 ? ` x ${p.count}` : ""}: ${time(p.time_ms)}, bound by ${p.bound}`)));
  const top = one.points.reduce((a, b) => a.time_ms > b.time_ms ? a : b);
  return chart(width, height, `Roofline of ${one.device}: ${digits(one.gb_per_s)} GB/s of DRAM; longest is ${top.stage} ${top.name}, ${time(top.time_ms)}, bound by ${top.bound}`, ...axes, ...roofs, ...points);
}

// Roofs in words, since their ends lie close to each other and to points.
const roofWords = one => `Roofs: ${digits(one.gb_per_s)} GB/s of DRAM; ${one.roofs.map(roof => `${roof.dtypes} ${digits(roof.gmacs_per_s)} GMAC/s`).join(", ")}.`;

function panel(...children) {
  const made = document.createElement("div");
  made.append(...children);
  return made;
}
const paragraph = words => Object.assign(document.createElement("p"), { className: "quiet", textContent: words });

// As many side by side as the style sheet puts there.
const LEAST = 352, GAP = 24;
function panelWidth(into, panels) {
  const beside = Math.max(1, Math.min(panels, Math.floor((widthOf(into) + GAP) / (LEAST + GAP))));
  return Math.floor((widthOf(into) - GAP * (beside - 1)) / beside);
}

/// One per device that runs a stage alone; areas of points follow time.
export function drawRooflines(into, answer) {
  into.replaceChildren(...answer.rooflines.map(one =>
    panel(heading(`${one.device} under ${one.runtime}, ${one.cores} core${one.cores > 1 ? "s" : ""}`), paragraph(roofWords(one)), roofline(one, panelWidth(into, answer.rooflines.length)))));
}

// The value in use stands in each axis.
const placeOf = (axis, now) => axis.values.indexOf(now);

/// Cells by placement; pale ones miss the budget, a dot is where the choice is not sure, the outlined one where the scenario is.
const SURE = 0.9;
export function drawMap(into, legend, map, now, names) {
  const width = widthOf(into), { across, up, cells } = map, columns = across.values.length, rows = up.values.length;
  const left = Math.min(150, 14 + 6.6 * Math.max(...up.values.map(value => value.replace(/ ?% of .*/, "%").length)));
  const high = 26, wide = (width - left - 4) / columns, bottom = rows * high + 4;
  const drawn = cells.map(([place, total, meets, sure], i) => {
    const column = i % columns, row = Math.floor(i / columns), x = left + column * wide, y = bottom - (row + 1) * high;
    const box = { x, y, width: Math.max(1, wide - 1), height: high - 1 };
    const words = place === null ? "cannot run" : `${map.placements[place]}: ${time(total)}${meets === false ? ", over the budget" : ""}${sure === null ? "" : `, fastest with ${Math.round(100 * sure)} %`}`;
    const group = shape("g", {}, hint(`${across.values[column]}, ${up.values[row]}: ${words}`), shape("rect", { class: place === null ? "none" : `place-${place % 6}`, ...box }));
    if (meets === false) group.append(shape("rect", { class: "missed", ...box }));
    if (sure !== null && sure < SURE) group.append(shape("circle", { class: "unsure", cx: x + wide / 2, cy: y + high / 2, r: 2.5 }));
    return group;
  });
  const [column, row] = [placeOf(across, now.across), placeOf(up, now.up)];
  if (column >= 0 && row >= 0) drawn.push(shape("rect", { class: "here", x: left + column * wide, y: bottom - (row + 1) * high, width: wide - 1, height: high - 1 }));
  const brief = value => value.replace(/ ?% of .*/, "%");
  const every = Math.ceil(columns * 46 / (width - left));
  const axes = [
    ...up.values.map((value, i) => text(left - 5, bottom - i * high - 9, brief(value), { class: "quiet", "text-anchor": "end" })),
    ...across.values.flatMap((value, i) => i % every === 0 ? [text(left + (i + .5) * wide, bottom + 14, brief(value), { class: "quiet", "text-anchor": "middle" })] : []),
  ];
  const label = `Placement of ${map.stage} over ${names.across} and ${names.up}: ${map.placements.join(", ")}`;
  const missed = cells.some(([, , meets]) => meets === false);
  drawLegend(legend, map.placements.map((name, i) => [i, name || "fixed time"]), i => `place-${i % 6}`);
  const unsure = cells.some(([, , , sure]) => sure !== null && sure < SURE);
  const notes = [...missed ? ["pale: over the budget"] : [], ...unsure ? ["dot: fastest with less than 90 %"] : []];
  legend.append(...notes.map(textContent => Object.assign(document.createElement("li"), { textContent })));
  into.replaceChildren(chart(width, bottom + 20, label, ...axes, ...drawn), paragraph(`Across: ${names.across}; up: ${names.up}.`));
}
