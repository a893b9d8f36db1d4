/** The same seed, the same calls and the same time give the same bytes, wherever they are given. */

import { execFile, execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterEach, describe, expect, test } from "vitest";
import { FakeStripe } from "../../js/index.ts";
// @ts-expect-error It is JavaScript, so that Node can run it by itself.
import { tell } from "./story/tell.mjs";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const MINUTES = 60_000;

const fakes: FakeStripe[] = [];
function make(seed?: string | number): FakeStripe {
  const fake = FakeStripe.new(seed === undefined ? {} : { seed });
  fakes.push(fake);
  return fake;
}
afterEach(() => {
  for (const fake of fakes.splice(0)) fake.stop();
});

const ids = (fake: FakeStripe) => [
  fake.customers.create({}).id,
  fake.products.create({ name: "Tea" }).id,
  fake.paymentIntents.create({ amount: 1000, currency: "usd" }).id,
  fake.coupons.create({ percent_off: 10 }).id,
];

describe("a story", () => {
  test("is told in the same bytes by two processes", { timeout: MINUTES }, async () => {
    const script = fileURLToPath(new URL("story/tell.mjs", import.meta.url));
    const run = (seed: string) =>
      promisify(execFile)(process.execPath, [script, seed], { maxBuffer: 2 ** 26 });
    const [one, two, other] = await Promise.all([run("story"), run("story"), run("other")]);
    expect(one.stdout.length).toBeGreaterThan(10_000);
    expect(one.stdout).toBe(two.stdout);
    expect(one.stdout).not.toBe(other.stdout);
    expect(one.stdout).toBe(await tell(FakeStripe, "story"));
  });

  test("is told in the same bytes natively and in WebAssembly", { timeout: 10 * MINUTES }, async () => {
    const directory = mkdtempSync(join(tmpdir(), "fakestripe-"));
    try {
      const path = join(directory, "story.txt");
      const env = { ...process.env, STORY_TO: path };
      const args = ["test", "--locked", "--quiet", "--test", "it", "story::"];
      execFileSync("cargo", args, { cwd: ROOT, env, stdio: "pipe" });
      expect(await tell(FakeStripe, "story")).toBe(readFileSync(path, "utf8"));
    } finally {
      rmSync(directory, { recursive: true });
    }
  });
});

describe("ids", () => {
  test("follow from the seed", () => {
    const [one, same, other] = [ids(make("a")), ids(make("a")), ids(make("b"))];
    expect(same).toEqual(one);
    expect(one.filter((id) => other.includes(id))).toEqual([]);
    expect(ids(make(7))).toEqual(ids(make("7")));
  });

  test("of one type do not shift those of another", () => {
    const [plain, busy] = [make("a"), make("a")];
    for (let made = 0; made < 5; made++) busy.products.create({ name: "Tea" });
    expect(busy.customers.create({}).id).toBe(plain.customers.create({}).id);
  });

  test("never repeat", () => {
    const fake = make("a");
    const made = new Set(Array.from({ length: 2000 }, () => fake.customers.create({}).id));
    expect(made.size).toBe(2000);
  });
});

describe("the default seed", () => {
  const first: Record<string, string> = {};

  test("is the running test's name: one", () => {
    first["one"] = make().customers.create({}).id;
    // From file, test and number; they may only change with a release that says so.
    expect(first["one"]).toBe(
      make("determinism.test.ts\nthe default seed > is the running test's name: one\n1").customers
        .create({}).id,
    );
  });

  test("is the running test's name: two", () => {
    first["two"] = make().customers.create({}).id;
    expect(first["two"]).not.toBe(first["one"]);
  });

  test("counts the partitions of a test", () => {
    const [one, two] = [make(), make()];
    expect(one.customers.create({}).id).not.toBe(two.customers.create({}).id);
  });
});

test("keys are nobody's to guess, whatever the seed is", () => {
  const [one, two] = [make("a"), make("a")];
  expect(one.apiKey).not.toBe(two.apiKey);
  expect(one.apiKey).toMatch(/^sk_test_\w{24,}$/);
  expect(one.publishableKey).toMatch(/^pk_test_\w{24,}$/);
});
