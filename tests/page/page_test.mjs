// The pages that reports write, as a browser shows them: light, dark, on a phone, printed, without script, with odd
// names; nothing is loaded, axe-core finds nothing, selection, order and filter are kept in the address.
// Usage: node page_test.mjs BERTH [FOLDER FOR SCREENSHOTS]
import { execFileSync } from "node:child_process";
import { mkdtempSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Checks, openBrowser } from "./browser.mjs";

const [berth, screenshots] = process.argv.slice(2);
const { browser, axe } = await openBrowser();
const checks = new Checks();
const folder = mkdtempSync(join(tmpdir(), "berth-page-"));
const LARGEST = 1.5e6;
const VIEWS = [
  { name: "light", width: 1200, height: 1500, scheme: "light" },
  { name: "dark", width: 1200, height: 1500, scheme: "dark" },
  { name: "phone", width: 390, height: 844, scheme: "light" },
  { name: "print", width: 794, height: 1123, scheme: "dark", media: "print" },  // A4 at 96 dots per inch
];

function report(name, ...words) {
  const to = join(folder, name);
  execFileSync(berth, [...words, "--report", to], { stdio: ["ignore", "ignore", "inherit"] });
  return join(to, "index.html");
}

async function open(file, view, hash = "") {
  const page = await browser.newPage();
  const seen = { requests: [], errors: [] };
  page.on("request", request => seen.requests.push(request.url()));
  page.on("console", message => { if (message.type() === "error") seen.errors.push(message.text()); });
  page.on("pageerror", error => seen.errors.push(error.message));
  page.on("dialog", dialog => { seen.errors.push("dialog"); dialog.dismiss(); });
  await page.setViewport({ width: view.width, height: view.height });
  // In one call: emulateMediaType and emulateMediaFeatures each undo the other.
  const devtools = await page.createCDPSession();
  await devtools.send("Emulation.setEmulatedMedia",
    { media: view.media ?? "", features: [{ name: "prefers-color-scheme", value: view.scheme }] });
  await page.goto(`file://${file}${hash}`);
  return { page, seen };
}

async function looksRight(name, file) {
  checks.that(statSync(file).size < LARGEST, `${name}: below ${LARGEST} bytes, is ${statSync(file).size}`);
  for (const view of VIEWS) {
    const { page, seen } = await open(file, view);
    const what = `${name}, ${view.name}`;
    const width = await page.evaluate(() => document.documentElement.scrollWidth);
    checks.that(view.media || width <= view.width, `${what}: ${width} pixels wide`);
    if (screenshots) {
      mkdirSync(screenshots, { recursive: true });
      await page.screenshot({ path: join(screenshots, `page-${name}-${view.name}.png`) });
    }
    await page.evaluate(axe);
    const violations = await page.evaluate(async () => (await globalThis.axe.run()).violations.map(
      one => `${one.id} (${one.nodes.length}): ${one.nodes[0].html.slice(0, 200)}`));
    checks.that(violations.length === 0, `${what}: ${violations.join("; ")}`);
    checks.that(seen.requests.length === 1, `${what}: loads ${seen.requests.slice(1).join(" ")}`);
    checks.that(seen.errors.length === 0, `${what}: ${seen.errors.join("; ")}`);
    if (view.media) checks.that((await page.pdf({ preferCSSPageSize: true })).length > 10000, `${what}: as PDF`);
    await page.close();
  }
}

const marked = page => page.evaluate(() => ({
  rows: document.querySelectorAll("tr.sel").length,
  spots: [...new Set([...document.querySelectorAll("rect.sel")].map(spot => spot.closest("figure").id))].length,
  hash: location.hash,
}));

async function selectionIsLinked(file) {
  const { page } = await open(file, VIEWS[0]);
  await page.focus("tr[data-op] button");
  await page.keyboard.press("Enter");
  const shown = await marked(page);
  checks.that(shown.rows > 1, `a row selects its operators: ${shown.rows} rows`);
  checks.that(shown.spots >= 3, `and marks them in pictures: ${shown.spots}`);
  checks.that(shown.hash.includes("op="), `and is kept in the address: ${shown.hash}`);
  await page.keyboard.press("Escape");
  checks.that((await marked(page)).rows === 0, "Escape clears it");
  const spot = await page.$("rect[data-op*='/']");
  await spot.evaluate(element => element.dispatchEvent(new MouseEvent("click", { bubbles: true })));
  const again = await marked(page);
  checks.that(again.rows > 0, "a place of a picture selects too");
  const { page: restored } = await open(file, VIEWS[0], again.hash);
  const same = await marked(restored);
  checks.that(same.rows === again.rows && same.spots === again.spots, "the address brings it back");
  await page.close();
  await restored.close();
}

async function tablesSortAndFilter(file) {
  const { page } = await open(file, VIEWS[0]);
  const lost = () => page.evaluate(() => {
    const table = document.querySelector("table.sortable");
    return [...table.tBodies[0].rows].filter(row => !row.hidden).map(row => Number(row.cells[row.cells.length - 1].textContent));
  });
  const before = await lost();
  await page.evaluate(() => {
    document.querySelector("details").open = true;
    document.querySelector("table.sortable thead tr").lastElementChild.querySelector("button").click();
  });
  const after = await lost();
  checks.that(after.length === before.length && after.every((value, i) => i === 0 || after[i - 1] >= value),
    "operators sort by the time they lose");
  await page.focus(".filter input");
  await page.keyboard.type("attention");
  const filtered = await lost();
  checks.that(filtered.length > 0 && filtered.length < after.length, `the filter leaves ${filtered.length}`);
  const hash = await page.evaluate(() => location.hash);
  const { page: restored } = await open(file, VIEWS[0], hash);
  const rows = await restored.evaluate(() => [...document.querySelector("table.sortable").tBodies[0].rows].filter(row => !row.hidden).length);
  checks.that(rows === filtered.length, `the address brings ${filtered.length} rows back: ${rows}`);
  await page.close();
  await restored.close();
}

async function anotherBaseline(file) {
  const { page } = await open(file, VIEWS[0]);
  const cells = await page.evaluate(() => {
    const rows = [...document.querySelector("#variant-totals").tBodies[0].rows];
    rows[1].querySelector("button").click();
    return rows.map(row => row.cells[2].textContent);
  });
  checks.that(cells[1] === "baseline" && cells[0].endsWith("%"), `variants are compared with the pinned one: ${cells}`);
  await page.close();
}

async function readableWithoutScript(file) {
  const page = await browser.newPage();
  await page.setJavaScriptEnabled(false);
  await page.goto(`file://${file}`);
  const text = await page.evaluate(() => document.body.innerText).catch(() => readFileSync(file, "utf8"));
  for (const word of ["Variants side by side", "What would change it", "Words", "berth run"]) {
    checks.that(text.includes(word), `without script: ${word}`);
  }
  await page.close();
}

async function oddNamesAreText() {
  const odd = "<img src=x onerror=alert(1)>\"'&=1+2|{}$(id)`%d";
  const file = join(folder, "odd.yaml");
  writeFileSync(file, JSON.stringify({
    scenario: `odd ${odd}`, hardware: "rk3588-rknn-2.3.2", budget: "50 ms",
    stages: [{ name: `embed ${odd}`, model: "all-MiniLM-L6-v2", dtype: "fp16", tokens: 24, buckets: [32] }],
  }));
  const index = report("odd", "run", file);
  const { page, seen } = await open(index, VIEWS[0]);
  checks.that(seen.errors.length === 0 && seen.requests.length === 1, `odd names: ${seen.errors} ${seen.requests}`);
  checks.that(await page.evaluate(() => document.images.length) === 0, "odd names make no elements");
  checks.that(await page.evaluate(name => document.body.textContent.includes(name), odd), "odd names are shown as they are");
  await page.close();
}

try {
  const run = report("run", "run", "rag-rk3588");
  const compare = report("compare", "compare", "rag-rk3588", "--hardware", "rk3588-rknn-2.3.2,rk3576-rknn-2.3.2");
  const diff = report("diff", "diff", "rag-rk3588", "--set", "stages.rerank.buckets=[128, 512]");
  for (const [name, file] of Object.entries({ run, compare, diff })) await looksRight(name, file);
  await selectionIsLinked(run);
  await tablesSortAndFilter(run);
  await anotherBaseline(run);
  await readableWithoutScript(run);
  await oddNamesAreText();
} finally {
  await browser.close();
  rmSync(folder, { recursive: true });
}
checks.done();
