// What is run over the built package: the demonstration, the tests, the checks.

import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { Trouble } from "./setup.mjs";
import { listen, root, run, say } from "./terminal.mjs";

const node = process.execPath;
const DEMONSTRATION = "tests/demonstration.mjs";
const WASM = ["--target", "wasm32-unknown-unknown"];
const XTASK = ["--package", "xtask", "--profile", "xtask"];

/** name: [program, arguments]. A name given on the command line (`npm test -- engine`) runs that one. */
const TESTS = {
  engine: ["cargo", ["test", "--locked", "--quiet"]],
  xtask: ["cargo", ["test", "--locked", "--quiet", ...XTASK]],
  javascript: [node, ["node_modules/vitest/vitest.mjs", "run", "--config", "tests/vitest.config.mjs"]],
  packaging: [node, ["--test", "--test-reporter=spec", "tests/packaging/packaging.test.mjs"]],
};

const CHECKS = {
  "generated tables": [node, ["codegen/main.mjs", "--check"]],
  "types of the JavaScript": [node, ["node_modules/typescript/bin/tsc", "--project", "tsconfig.json"]],
  "types of the package": [node, ["node_modules/typescript/bin/tsc", "--project", "tests/types"]],
  "layout of the Rust": ["cargo", ["fmt", "--all", "--check"]],
  "lints of the engine": ["cargo", ["clippy", "--locked", "--quiet", "--all-targets", "--", "-D", "warnings"]],
  "lints of the boundary": ["cargo", ["clippy", "--locked", "--quiet", ...WASM, "--", "-D", "warnings"]],
  "lints of xtask": ["cargo", ["clippy", "--locked", "--quiet", ...XTASK, "--", "-D", "warnings"]],
};

/** What the engine's module may weigh, in KiB. The aim for gzip is 600, and the bench says whether it is met. */
const BUDGET = { raw: 2048, gzip: 720 };
const SIZES = "tests/wasm-size.txt";

/** How far the module may grow before the committed sizes have to be looked at again, in percent. */
const GROWTH = 10;

export async function demonstration() {
  if (!existsSync(join(root, DEMONSTRATION))) throw new Trouble(`There is no demonstration at ${DEMONSTRATION}.`);
  if (!(await run(node, [DEMONSTRATION]))) throw new Trouble("The demonstration failed (the reason is above).");
}

export async function bench() {
  if (!(await run(node, ["--expose-gc", "tests/bench/main.mjs"]))) throw new Trouble("The bench failed (the reason is above).");
}

export async function tests(only = []) {
  for (const name of only) {
    if (!Object.hasOwn(TESTS, name)) {
      throw new Trouble(`There are no tests called "${name}": ${Object.keys(TESTS).join(", ")}.`);
    }
  }
  const score = new Score();
  for (const [name, [program, args]] of Object.entries(TESTS)) {
    if (only.length === 0 || only.includes(name)) await score.runTests(name, program, args);
  }
  score.tell();
}

export async function checks() {
  const score = new Score();
  for (const [name, [program, args]] of Object.entries(TESTS)) await score.runTests(name, program, args);
  for (const [name, [program, args]] of Object.entries(CHECKS)) {
    say(`\n== ${name}`);
    score.add(name, { [(await run(program, args)) ? "passed" : "failed"]: 1 });
  }
  say("\n== size of the engine");
  score.add("size of the engine", { [sizesHold() ? "passed" : "failed"]: 1 });
  score.tell();
}

/** Counts over several runners, told at the end in one plain line. */
class Score {
  passed = 0;
  failed = 0;
  skipped = 0;
  failures = [];

  async runTests(name, program, args) {
    say(`\n== ${name} tests`);
    const { succeeded, text } = await listen(program, args);
    const counted = count(text);
    // A runner that could not even begin has no closing line to say so.
    if (!succeeded && counted.failed === 0) counted.failed = 1;
    if (counted.passed + counted.failed === 0) {
      say(`No ${name} test was run.`);
      counted.failed = 1;
    }
    this.add(`${name} tests`, counted);
  }

  add(name, { passed = 0, failed = 0, skipped = 0 }) {
    this.passed += passed;
    this.failed += failed;
    this.skipped += skipped;
    if (failed > 0) this.failures.push(name);
  }

  tell() {
    for (const name of this.failures) say(`failed: ${name}`);
    const skipped = this.skipped > 0 ? `, ${this.skipped} skipped` : "";
    console.log(`\n${this.passed} passed, ${this.failed} failed${skipped}`);
    if (this.failed > 0) process.exitCode = 1;
  }
}

/** Adds up the closing lines of cargo test, Vitest and node:test. */
function count(text) {
  const plain = text.replace(/\x1b\[[0-9;]*m/g, "");
  const sum = (...patterns) =>
    patterns.flatMap((pattern) => [...plain.matchAll(pattern)]).reduce((total, [, digits]) => total + Number(digits), 0);
  return {
    passed: sum(/^test result: \w+\. (\d+) passed/gm, /^ +Tests +.*?(\d+) passed/gm, /^(?:ℹ|#) pass (\d+)/gm),
    failed: sum(/^test result: .*?(\d+) failed/gm, /^ +Tests +.*?(\d+) failed/gm, /^(?:ℹ|#) fail (\d+)/gm),
    skipped: sum(/^test result: .*?(\d+) ignored/gm, /^ +Tests +.*?(\d+) skipped/gm, /^(?:ℹ|#) skipped (\d+)/gm),
  };
}

function measured() {
  const wasm = readFileSync(join(root, "pkg/engine.wasm"));
  const kibibytes = (bytes) => Math.ceil(bytes.length / 1024);
  return { raw: kibibytes(wasm), gzip: kibibytes(gzipSync(wasm, { level: 9 })) };
}

/** Writes down how large the engine is. */
export function writeSizes() {
  const lines = Object.entries(measured()).map(([name, size]) => `${name} ${size} KiB of ${BUDGET[name]}\n`);
  writeFileSync(join(root, SIZES), lines.join(""));
  say(lines.join("").trimEnd());
}

function sizesHold() {
  const text = existsSync(join(root, SIZES)) ? readFileSync(join(root, SIZES), "utf8") : "";
  const written = Object.fromEntries([...text.matchAll(/^(\w+) (\d+) KiB/gm)].map(([, name, size]) => [name, Number(size)]));
  let hold = true;
  for (const [name, size] of Object.entries(measured())) {
    say(`${name} ${size} KiB of ${BUDGET[name]}, ${written[name]} written down`);
    if (BUDGET[name] < size) {
      say("That is over the budget.");
      hold = false;
    }
    if (!(size * 100 <= written[name] * (100 + GROWTH))) {
      say(`That is over ${GROWTH} % more than ${SIZES} says. If it has to be, \`npm run sizes\` writes it down.`);
      hold = false;
    }
  }
  return hold;
}
