// Every method of the stripe client is called with valid parameters. Each answers with an object of its
// published shape, or is in tests/gaps.txt, which may only shrink.

import { readFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { BEFORE, IDS, OPTIONS } from "./sweep/prepared.ts";
import { flaws } from "./sweep/shape.ts";
import { operations } from "./sweep/tables.ts";
import { World } from "./sweep/world.ts";

const lines = readFileSync(new URL("../gaps.txt", import.meta.url), "utf8").split("\n");
const gaps = new Map(lines.filter((line) => line !== "").map((line) => line.split("\t") as [string, string]));

describe("tests/gaps.txt", () => {
  test("names methods that exist, sorted, each with a reason", () => {
    const names = new Set(operations.map((operation) => operation.name));
    expect([...gaps.keys()]).toEqual([...gaps.keys()].sort());
    for (const [name, reason] of gaps) {
      expect(names, name).toContain(name);
      expect(reason, name).toMatch(/\w+ \w+/);
    }
  });
});

describe("every method of the client", () => {
  let world: World;
  beforeEach(() => {
    world = new World();
  });
  afterEach(() => world.stop());

  test.each(operations.map((operation) => [operation.name, operation] as const))("%s", async (name, operation) => {
    const gap = gaps.get(name);
    if (gap !== undefined) {
      const ids = operation.path.match(/\{id\}/g)?.map(() => "id") ?? [];
      const params = await world.paramsOf(operation).catch(() => ({}));
      const failure = await world.call(name, ids, params, OPTIONS[name]).then(
        () => undefined,
        (error: { statusCode?: number }) => error.statusCode,
      );
      expect(failure, "it answers: take it out of tests/gaps.txt").toBe(501);
      return;
    }
    const ids = (await IDS[name]?.(world)) ?? (await world.idsOf(operation));
    const params = await world.paramsOf(operation);
    await BEFORE[name]?.(world, ids);
    const answer = await world.call(name, ids, params, OPTIONS[name]);
    const found = flaws(operation.answer, answer);
    expect(found, found.join("; ")).toEqual([]);
  });
});
