// Finds a browser and the packages that drive it; says plainly where something is missing.
import { accessSync, constants, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { delimiter, join } from "node:path";

export const SKIPPED = 77;

function onPath(names) {
  for (const name of names) {
    for (const folder of (process.env.PATH ?? "").split(delimiter)) {
      try {
        accessSync(join(folder, name), constants.X_OK);
        return join(folder, name);
      } catch { /* not there */ }
    }
  }
  return undefined;
}

function skip(reason) {
  console.log(`skipped: ${reason}`);
  process.exit(SKIPPED);
}

/** A headless browser and the source of axe-core. Ends the process with SKIPPED where one is missing. */
export async function openBrowser() {
  const chromium = onPath(["chromium", "chromium-browser", "google-chrome"]);
  if (!chromium) skip("no Chromium on the PATH (Debian: apt install chromium)");
  const require = createRequire(import.meta.url);
  let puppeteer, axe;
  try {
    puppeteer = require("puppeteer-core");
    axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
  } catch {
    skip("puppeteer-core and axe-core are not found (npm install --prefix tests/page, or NODE_PATH)");
  }
  const browser = await puppeteer.launch({ executablePath: chromium, headless: true, args: ["--no-sandbox"] });
  return { browser, axe };
}

/** Collects what fails instead of ending at the first. */
export class Checks {
  constructor() { this.failed = 0; this.made = 0; }
  that(right, what) {
    this.made += 1;
    if (!right) { this.failed += 1; console.log(`FAILED: ${what}`); }
  }
  done() {
    console.log(`${this.made} checks, ${this.failed} failed`);
    process.exitCode = this.failed ? 1 : 0;
  }
}
