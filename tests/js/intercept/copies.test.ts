/** Two copies of the package in one process: the built ESM and the built CommonJS. */

import { createRequire } from "node:module";
import Stripe from "stripe";
import { afterEach, describe, expect, test } from "vitest";
import type { FakeStripe as Class } from "../../../js/index.ts";

const require = createRequire(import.meta.url);
const esmFile = "../../../pkg/index.mjs";
const { FakeStripe: One } = (await import(esmFile)) as { FakeStripe: typeof Class };
const { FakeStripe: Two } = require("../../../pkg/index.cjs") as { FakeStripe: typeof Class };

const OPTIONS = { maxNetworkRetries: 0 };

const made: Class[] = [];
afterEach(() => {
  for (const fake of made.splice(0)) fake.stop();
});

describe("two copies", () => {
  test("are two", () => {
    expect(One).not.toBe(Two);
  });

  test.each(["the first", "the second"])("answer their own keys, %s made last", async (last) => {
    const order = last === "the first" ? [Two, One] : [One, Two];
    for (const FakeStripe of order) made.push(FakeStripe.new());
    for (const fake of made) {
      for (const httpClient of [undefined, Stripe.createFetchHttpClient()]) {
        await new Stripe(fake.apiKey, { ...OPTIONS, httpClient }).customers.create({});
      }
    }
    expect(made.map((fake) => fake.requests.length)).toEqual([2, 2]);
    expect(made.map((fake) => fake.state.customers.count)).toEqual([2, 2]);
  });

  test("find each other's partition by context", async () => {
    made.push(One.new(), Two.new());
    const [one] = made as [Class, Class];
    await one.run(() => new Stripe("sk_test_of_the_app", OPTIONS).customers.list());
    expect(made.map((fake) => fake.requests.length)).toEqual([1, 0]);
  });

  test("never let out what the other would answer", async () => {
    made.push(One.new());
    Two.uninstall();
    made.push(Two.new());
    await new Stripe(made[0]!.apiKey, OPTIONS).customers.list();
    expect(made[0]!.requests).toHaveLength(1);
  });

  test("leave nothing behind when either is uninstalled", () => {
    One.uninstall();
    const before = globalThis.fetch;
    made.push(One.new(), Two.new(), One.new());
    expect(globalThis.fetch).not.toBe(before);
    Two.uninstall();
    expect(globalThis.fetch).toBe(before);
  });
});
