// The page of `berth explore` in headless Chromium: how long a move takes until the page shows the answer, what it shows,
// exports, keyboard, accessibility, and that it asks nobody else.
//
// Usage: node explore_page_test.cjs BERTH [FOLDER FOR SCREENSHOTS]. It needs puppeteer-core and axe-core where node finds
// them (NODE_PATH), and a Chromium (CHROMIUM, else the one on the path); without them it says so and is skipped.
"use strict";
const { spawn, execFileSync } = require("node:child_process");
const fs = require("node:fs");
const os = require("node:os");

const SKIPPED = 77, MOVES = 60, MOST_MS = 50;
const [, , berth, folder] = process.argv;

function skip(why) {
  console.log(`skipped: ${why}`);
  process.exit(SKIPPED);
}
function needed(name) {
  try {
    return require(name);
  } catch {
    return skip(`node finds no ${name} (npm install puppeteer-core axe-core, and NODE_PATH)`);
  }
}
const puppeteer = needed("puppeteer-core");
const axe = fs.readFileSync((needed("axe-core"), require.resolve("axe-core/axe.min.js")), "utf8");
const chromium = process.env.CHROMIUM ?? ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find(fs.existsSync);
if (!chromium) skip("there is no Chromium");

let failures = 0;
function check(holds, words) {
  if (!holds) failures += 1;
  console.log(`${holds ? "ok" : "FAILED"}: ${words}`);
}

function serve() {
  const server = spawn(berth, ["explore", "rag-rk3588", "--port", "0"], { stdio: ["ignore", "pipe", "inherit"] });
  return new Promise((resolve, reject) => {
    server.stdout.on("data", text => {
      const url = /http:\S+/.exec(String(text));
      if (url) resolve({ server, url: url[0] });
    });
    server.on("exit", status => reject(new Error(`berth ended with ${status}`)));
  });
}

// Sets a control as its user does, and waits until the page shows the answer; the time in between.
const move = (page, path, value) => page.evaluate((wanted, text) => new Promise(resolve => {
  const row = document.querySelector(`[data-path="${wanted}"]`);
  const input = row.querySelector("input[type=range]") ?? row.querySelector("input, select");
  const start = performance.now();
  new MutationObserver((_, observer) => {
    if (document.body.dataset.shown === document.body.dataset.asked) {
      observer.disconnect();
      resolve(performance.now() - start);
    }
  }).observe(document.body, { attributeFilter: ["data-shown"] });
  if (input.type === "checkbox") input.checked = text;
  else input.value = text;
  input.dispatchEvent(new Event(input.type === "range" ? "input" : "change", { bubbles: true }));
}), path, value);

const textOf = (page, id) => page.$eval(`#${id}`, element => element.textContent);
const settled = page => page.waitForFunction(() => {
  const { asked, shown, settled } = document.body.dataset;
  return asked !== undefined && asked === shown && asked === settled;
});

const busy = os.loadavg()[0];

async function measureMoves(page) {
  const paths = ["stages.rerank.tokens", "hardware.devices.npu.memories.sram.capacity", "hardware.memory.dram.bandwidth",
    "hardware.devices.npu.clock", "hardware.devices.npu.dma.setup", "hardware.devices.npu.runtime.dispatch.per_kernel"];
  const times = [];
  for (let i = 0; i < MOVES; ++i) times.push(await move(page, paths[i % paths.length], String(60 + (7 * i) % 90)));
  times.sort((a, b) => a - b);
  const at = share => times[Math.min(times.length - 1, Math.floor(share * times.length))].toFixed(1);
  console.log(`from input to updated page, ${MOVES} moves: median ${at(0.5)} ms, 90 % within ${at(0.9)} ms, longest ${at(1)} ms`);
  // Where others compute too, the time says more of them than of the page.
  if (busy > os.cpus().length / 2) console.log(`not judged: before the test the load was ${busy.toFixed(1)} on ${os.cpus().length} processors`);
  else check(Number(at(0.5)) <= MOST_MS, `the median is at most ${MOST_MS} ms`);
}

async function checkAnswer(page) {
  await page.click("#reset");
  await settled(page);
  await move(page, "stages.rerank.buckets", "[128, 512]");
  check((await textOf(page, "headline")).startsWith("Total 160 ms"), "a bucket of 128 takes 160 ms");
  check(/rerank on npu: .*baseline: cpu/.test(await textOf(page, "binding")), "what bound the stage before is shown");
  await move(page, "hardware.devices.npu.energy.per_mac.int4", "200");
  await settled(page);
  check((await textOf(page, "changes")).includes("no effect"), "a change without effect is told");
  const command = await textOf(page, "command");
  const said = execFileSync("sh", ["-c", command.replace(/^berth/, '"$0"') + " --format json", berth], { stdio: ["ignore", "pipe", "ignore"] });
  check(Math.abs(JSON.parse(said).total.latency_ms - 160.2) < 0.5 &&
    (await textOf(page, "headline")).startsWith(`Total ${Math.round(JSON.parse(said).total.latency_ms)} ms`), "the exported command gives what is shown");
  await page.reload();
  await settled(page);
  check((await textOf(page, "headline")).startsWith("Total 160 ms"), "the address keeps the changes");
  await move(page, "stages.rerank.buckets", "[16]");
  check((await textOf(page, "errors")).includes("smaller than the 122 tokens"), "what cannot run is refused with its reason");
  await page.click("#reset");
  await settled(page);
  check(await textOf(page, "errors") === "", "and the refusal goes with the change");
}

async function checkKeyboard(page) {
  await page.focus('[data-path="hardware.devices.npu.clock"] input[type=range]');
  await page.keyboard.press("ArrowRight");
  await settled(page);
  check((await textOf(page, "changes")).includes("hardware.devices.npu.clock"), "an arrow key moves a slider");
  await page.focus("#reset");
  await page.keyboard.press("Enter");
  await settled(page);
  check(await textOf(page, "changes") === "", "Enter undoes all changes");
}

async function checkAccessible(page, words) {
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => globalThis.axe.run(document));
  check(violations.length === 0, `axe-core finds nothing, ${words}` +
    violations.map(each => `\n  ${each.id}: ${each.help}: ${each.nodes.slice(0, 3).map(node => node.html.slice(0, 160)).join(" | ")}`).join(""));
}

async function look(page, name, width, height, scheme) {
  await page.setViewport({ width, height });
  await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }]);
  await settled(page);
  await new Promise(resolve => setTimeout(resolve, 200));
  await checkAccessible(page, name);
  const wide = await page.evaluate(() => document.documentElement.scrollWidth);
  check(wide <= width, `nothing is wider than the page, ${name}`);
  if (folder) await page.screenshot({ path: `${folder}/explore-${name}.png`, fullPage: true });
}

async function main() {
  const { server, url } = await serve();
  const browser = await puppeteer.launch({ executablePath: chromium, args: ["--no-sandbox", "--disable-gpu"] });
  const page = await browser.newPage();
  const foreign = [], noises = [];
  page.on("request", request => request.url().startsWith(url) || request.url().startsWith("data:") || foreign.push(request.url()));
  page.on("console", message => message.type() === "error" && !message.text().includes("422") && noises.push(message.text()));
  page.on("pageerror", failure => noises.push(String(failure)));
  try {
    await page.setViewport({ width: 1400, height: 1000 });
    await page.goto(url);
    await settled(page);
    await measureMoves(page);
    await checkAnswer(page);
    await checkKeyboard(page);
    await move(page, "stages.rerank.buckets", "[128, 512]");
    await look(page, "light", 1400, 1000, "light");
    await look(page, "dark", 1400, 1000, "dark");
    await look(page, "phone", 390, 844, "light");
    check(foreign.length === 0, `nobody else is asked ${foreign}`);
    check(noises.length === 0, `the console is quiet ${noises.join("; ")}`);
  } finally {
    await browser.close();
    server.removeAllListeners("exit");
    const ended = new Promise(resolve => server.on("exit", resolve));
    server.kill("SIGINT");
    check(await ended === 0, "Ctrl-C ends the server with status 0");
  }
  process.exit(failures > 0 ? 1 : 0);
}

main().catch(failure => {
  console.error(failure);
  process.exit(1);
});
