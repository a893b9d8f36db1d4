// The package as users get it: packed, unpacked into empty projects, and used there in every way there is
// of loading it. Each folder of projects/ is one such project; nothing in them can see this repository's
// sources. What they depend on besides is linked from this repository's own node_modules.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { dirname, extname, join } from "node:path";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { chromiumLaunch } from "../chromium.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const repository = join(here, "../..");
const launch = chromiumLaunch();
const needsBrowser = launch ? {} : { skip: "NO CHROMIUM ON THIS MACHINE: set CHROMIUM_PATH or install one" };

let workshop;
let unpacked;
let packedFiles;

before(async () => {
  workshop = mkdtempSync(join(tmpdir(), "fakestripe-packaging-"));
  // What `npm test` has just built is packed as it is.
  const packed = await run("npm", ["pack", "--json", "--ignore-scripts", "--pack-destination", workshop], repository);
  // Newer versions of npm answer an object by package name, older ones a list.
  const [{ filename, files }] = Object.values(JSON.parse(packed));
  packedFiles = files.map(({ path }) => path);
  await run("tar", ["-xzf", filename], workshop);
  unpacked = join(workshop, "package");
});

after(() => rmSync(workshop, { recursive: true, force: true }));

/** Runs a program and returns what it printed; fails with all it said. */
function run(program, args, cwd, env = {}) {
  return new Promise((resolve, reject) => {
    // The runner these tests run in must not reach into those they start.
    const { NODE_TEST_CONTEXT, NODE_OPTIONS, FORCE_COLOR, ...inherited } = process.env;
    const options = { cwd, env: { ...inherited, NO_COLOR: "1", ...env }, maxBuffer: 1 << 26, timeout: 180_000 };
    execFile(program, args, options, (error, stdout, stderr) => {
      if (error) reject(new Error(`${program} ${args.join(" ")}: ${error.code ?? error.signal}\n${stdout}\n${stderr}`));
      else resolve(stdout);
    });
  });
}

/** An empty project with these files, the packed package, and these dependencies. Returns its folder. */
function project(name, dependencies) {
  const folder = join(workshop, "projects", name);
  cpSync(join(here, "projects", name), folder, { recursive: true });
  cpSync(unpacked, join(folder, "node_modules/fakestripe"), { recursive: true });
  for (const dependency of ["stripe", ...dependencies]) {
    const link = join(folder, "node_modules", dependency);
    mkdirSync(dirname(link), { recursive: true });
    symlinkSync(join(repository, "node_modules", dependency), link, "junction");
  }
  return folder;
}

const tool = (path) => join(repository, "node_modules", path);

describe("the packed package", () => {
  test("holds what is built, and nothing else", () => {
    const strangers = packedFiles.filter((path) => !/^(pkg\/.*|package\.json|README\.md|LICENSE)$/.test(path));
    assert.deepEqual(strangers, []);
    for (const entry of ["index", "setup", "vitest"]) {
      for (const extension of ["mjs", "cjs", "d.mts", "d.cts"]) assert.ok(packedFiles.includes(`pkg/${entry}.${extension}`));
    }
    const { exports } = JSON.parse(readFileSync(join(unpacked, "package.json"), "utf8"));
    const targets = JSON.stringify(exports).match(/\.\/[^"]+\.[a-z]+/g).filter((path) => path.startsWith("./pkg/"));
    for (const target of targets) assert.ok(existsSync(join(unpacked, target)), target);
  });

  test("is imported by Node", async () => {
    assert.match(await run(process.execPath, ["main.mjs"], project("node-esm", [])), /^works$/m);
  });

  test("is required by Node", async () => {
    assert.match(await run(process.execPath, ["main.cjs"], project("node-cjs", [])), /^works$/m);
  });

  test("is used in node:test", async () => {
    const output = await run(process.execPath, ["--test", "--test-reporter=tap"], project("node-test", []));
    assert.match(output, /^# pass 2$/m);
  });

  test("is used in Vitest, with its setup file and its fixture", async () => {
    const output = await run(process.execPath, [tool("vitest/vitest.mjs"), "run"], project("vitest", ["vitest"]));
    assert.match(output, /Tests +3 passed/);
  });

  test("is used in Jest, in Node and with a window", async () => {
    const folder = project("jest", ["jest", "jest-environment-jsdom"]);
    const report = join(folder, "report.json");
    await run(process.execPath, [tool("jest/bin/jest.js"), "--json", "--outputFile", report], folder);
    const { numPassedTests, numFailedTests } = JSON.parse(readFileSync(report, "utf8"));
    assert.deepEqual({ numPassedTests, numFailedTests }, { numPassedTests: 4, numFailedTests: 0 });
  });

  test("is bundled by esbuild and run by Node", async () => {
    const folder = project("esbuild", []);
    const { build } = await import("esbuild");
    for (const format of ["esm", "cjs"]) {
      const outfile = join(workshop, `bundle-${format}.${format === "esm" ? "mjs" : "cjs"}`);
      const banner = { js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);' };
      await build({
        absWorkingDir: folder,
        entryPoints: ["main.mjs"],
        bundle: true,
        platform: "node",
        format,
        outfile,
        // stripe's Node build requires Node's modules, which esbuild's ESM output has no `require` for.
        ...(format === "esm" ? { banner } : {}),
      });
      assert.match(await run(process.execPath, [outfile], workshop), /^works$/m);
    }
  });

  test("is built by Vite and opened in Chromium", needsBrowser, async () => {
    const folder = project("vite-build", []);
    await run(process.execPath, [tool("vite/bin/vite.js"), "build"], folder);
    assert.equal(await resultInChromium(join(folder, "dist")), "ana@example.com ana@example.com 1");
  });

  test("is used in Vitest's browser mode", needsBrowser, async () => {
    const folder = project("vitest-browser", ["vitest", "@vitest/browser-playwright", "playwright"]);
    const env = { CHROMIUM_LAUNCH: JSON.stringify(launch) };
    const output = await run(process.execPath, [tool("vitest/vitest.mjs"), "run"], folder, env);
    assert.match(output, /Tests +2 passed/);
  });

  test("has types for imports and for require", async () => {
    const folder = project("types", ["vitest", "@types/node"]);
    await run(process.execPath, [tool("typescript/bin/tsc"), "--project", "."], folder);
  });
});

/** Serves that folder on this machine, opens it, and returns the text of its element `#result`. */
async function resultInChromium(folder) {
  const types = { ".html": "text/html", ".js": "text/javascript", ".css": "text/css" };
  const server = createServer((request, response) => {
    const path = join(folder, request.url === "/" ? "index.html" : request.url);
    if (!existsSync(path)) return response.writeHead(404).end();
    response.writeHead(200, { "content-type": types[extname(path)] ?? "application/octet-stream" }).end(readFileSync(path));
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { chromium } = await import("playwright-core");
  const browser = await chromium.launch(launch);
  try {
    const page = await browser.newPage();
    const complaints = [];
    page.on("pageerror", (error) => complaints.push(String(error)));
    await page.goto(`http://127.0.0.1:${server.address().port}/`);
    await page.waitForFunction(() => document.querySelector("#result").textContent !== "", null, { timeout: 20_000 }).catch(() => {
      throw new Error(`the page showed nothing: ${complaints.join("\n")}`);
    });
    return await page.textContent("#result");
  } finally {
    await browser.close();
    server.close();
  }
}
