/** `fakestripe/vitest` gives each test its own partition; `fakestripe/setup` cleans up after tests. */

import Stripe from "stripe";
import { afterAll, describe, expect, test as plain, vi } from "vitest";
import { FakeStripe } from "../../js/index.ts";
import { test } from "../../js/vitest.ts";

/** A client of the app's, made once, with a key that no partition owns. */
const shared = new Stripe("sk_test_of_the_app");

describe("the fixture", () => {
  const ids: string[] = [];

  for (const round of [1, 2, 3]) {
    test.concurrent(`is a partition for each concurrent test (${round})`, async ({ fake, expect }) => {
      const email = `${round}@example.com`;
      const { id } = await shared.customers.create({ email });
      await new Promise((resolve) => setTimeout(resolve, 10));
      const { data } = await shared.customers.list();
      expect(data.map((customer) => customer.email)).toEqual([email]);
      expect(fake.state.customers[0]!.id).toBe(id);
      ids.push(id);
    });
  }

  test("has ids that follow from the test's name", ({ fake, expect }) => {
    const seed = "runners.test.ts\nthe fixture > has ids that follow from the test's name";
    using same = FakeStripe.new({ seed });
    expect(fake.customers.create({}).id).toBe(same.customers.create({}).id);
  });

  afterAll(() => {
    expect(new Set(ids).size).toBe(3);
  });
});

describe("the setup", () => {
  /** Loads the setup as a setup file would be, among hooks that are called by hand. */
  async function load() {
    const hooks: Record<string, () => void> = {};
    vi.stubGlobal("beforeEach", (hook: () => void) => (hooks["before"] = hook));
    vi.stubGlobal("afterEach", (hook: () => void) => (hooks["after"] = hook));
    vi.resetModules();
    await import("../../js/setup.ts");
    vi.unstubAllGlobals();
    return { ...(await import("../../js/index.ts")), hooks };
  }

  plain("installs at once", async () => {
    FakeStripe.uninstall();
    const before = globalThis.fetch;
    await load();
    expect(globalThis.fetch).not.toBe(before);
    const answer = await fetch("https://api.stripe.com/v1/customers");
    expect((await answer.json()).error.message).toMatch(/^fakestripe: no partition is alive/);
  });

  plain("stops what a test left, and not what was made outside of tests", async () => {
    const { FakeStripe, hooks } = await load();
    using outer = FakeStripe.new();
    hooks["before"]!();
    const left = FakeStripe.new();
    hooks["after"]!();
    const ask = (key: string) => new Stripe(key, { maxNetworkRetries: 0 }).customers.list();
    await ask(outer.apiKey);
    expect(outer.requests).toHaveLength(1);
    await ask(left.apiKey).catch(() => undefined);
    expect(left.requests).toHaveLength(0);
  });

  plain("waits while other tests still run", async () => {
    const { FakeStripe, hooks } = await load();
    hooks["before"]!();
    hooks["before"]!();
    using fake = FakeStripe.new();
    hooks["after"]!();
    await new Stripe(fake.apiKey).customers.list();
    expect(fake.requests).toHaveLength(1);
    hooks["after"]!();
  });
});
