// Texts of the pictures, measured by a browser: none lies on another or leaves its picture. Over all shipped scenarios,
// and the pictures of the other reports. Usage: node pictures_test.mjs BERTH [SCENARIO...]
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Checks, openBrowser } from "./browser.mjs";

const [berth, ...chosen] = process.argv.slice(2);
const { browser } = await openBrowser();
const checks = new Checks();
const folder = mkdtempSync(join(tmpdir(), "berth-pictures-"));

const shipped = () => JSON.parse(execFileSync(berth, ["list", "scenarios", "--format", "json"], { encoding: "utf8" }))
  .scenarios.map(one => one.name);
const REPORTS = {
  compare: ["compare", "rag-rk3588", "--hardware", "rk3588-rknn-2.3.2,rk3576-rknn-2.3.2"],
  diff: ["diff", "rag-rk3588", "--set", "stages.rerank.buckets=[128, 512]"],
  sensitivity: ["sensitivity", "rag-rk3588"],
  crossover: ["crossover", "rag-rk3588", "--vary", "stages.rerank.tokens=16:512", "--between", "npu,cpu"],
  map: ["crossover", "rag-rk3588", "--vary", "stages.rerank.tokens=16:512",
    "--vary", "hardware.devices.npu.dma.bandwidth=4 GB/s:24 GB/s", "--between", "npu,cpu"],
  optimise: ["optimise", "rag-rk3588-bucket-128", "--minimise", "cost,latency", "--limit", "latency=200ms",
    "--vary", "hardware.devices.npu.memories.sram.capacity=256KiB:8MiB:x2",
    "--vary", "hardware.devices.npu.dma.bandwidth=4 GB/s:24 GB/s:2 GB/s",
    "--cost", "sram.capacity / 1 MiB + bandwidth / 1 GB/s"],
  validate: ["validate", "--hardware", "rk3588-rknn-2.3.2"],
};

// Boxes with a little less than their height: lines of text may touch.
const measure = page => page.evaluate(() => {
  const picture = document.querySelector("svg").getBoundingClientRect();
  const texts = [...document.querySelectorAll("svg text")].filter(text => text.textContent.trim() &&
    !/rotate\((?!0)/.test(text.parentElement.getAttribute("transform") ?? "")).map(text => {
    const box = text.getBoundingClientRect();
    const trim = box.height * 0.2;
    return { text: text.textContent, left: box.left, right: box.right, top: box.top + trim, bottom: box.bottom - trim };
  });
  const found = [];
  texts.forEach((a, i) => {
    if (a.left < picture.left || a.right > picture.right || a.top < picture.top || a.bottom > picture.bottom) {
      found.push(`'${a.text}' leaves the picture`);
    }
    texts.slice(i + 1).forEach(b => {
      if (a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom) {
        found.push(`'${a.text}' lies on '${b.text}'`);
      }
    });
  });
  return { count: texts.length, found };
});

try {
  const runs = (chosen.length ? chosen : shipped()).map(name => [name, ["run", name]]);
  const page = await browser.newPage();
  await page.setViewport({ width: 1700, height: 1800 });
  for (const [name, words] of [...runs, ...(chosen.length ? [] : Object.entries(REPORTS))]) {
    const to = join(folder, name);
    execFileSync(berth, [...words, "--report", to], { stdio: ["ignore", "ignore", "inherit"] });
    for (const file of readdirSync(to).filter(one => one.endsWith(".svg")).sort()) {
      await page.setContent(`<body style="margin:0">${readFileSync(join(to, file), "utf8").replace(/^[^]*?<svg/, "<svg")}`);
      const { count, found } = await measure(page);
      checks.that(count > 2, `${name}, ${file}: has texts`);
      checks.that(found.length === 0, `${name}, ${file}: ${found.join("; ")}`);
    }
    rmSync(to, { recursive: true });
  }
} finally {
  await browser.close();
  rmSync(folder, { recursive: true });
}
checks.done();
