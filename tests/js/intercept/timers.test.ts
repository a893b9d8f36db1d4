/** Faked timers and ticks hold nothing up, and a faked `Date` moves the partition's time. */

import FakeTimers from "@sinonjs/fake-timers";
// @ts-expect-error sinon comes without types.
import sinon from "sinon";
import Stripe from "stripe";
import { afterEach, describe, expect, test, vi } from "vitest";
import { FakeStripe } from "../../../js/index.ts";

const IN_2030 = 1_893_456_000;

const EVERYTHING = [
  "setTimeout",
  "clearTimeout",
  "setImmediate",
  "clearImmediate",
  "setInterval",
  "clearInterval",
  "Date",
  "nextTick",
  "queueMicrotask",
  "hrtime",
  "performance",
] as const;

const turn = setImmediate;

type Undo = () => void;

const fakers: Record<string, () => Undo> = {
  "Vitest's": () => {
    vi.useFakeTimers();
    vi.setSystemTime(IN_2030 * 1000);
    return () => vi.useRealTimers();
  },
  "Vitest's, told to fake microtasks too": () => {
    vi.useFakeTimers({ toFake: ["queueMicrotask", "setTimeout", "setImmediate", "Date"] });
    vi.setSystemTime(IN_2030 * 1000);
    return () => vi.useRealTimers();
  },
  "sinon's": () => {
    const clock = sinon.useFakeTimers(IN_2030 * 1000);
    return () => clock.restore();
  },
  // Jest's modern fake timers are these, with this list.
  "Jest's": () => {
    const clock = FakeTimers.install({
      now: IN_2030 * 1000,
      toFake: EVERYTHING.filter((name) => name !== "performance") as never,
    });
    return () => clock.uninstall();
  },
};

let undo: Undo | undefined;
let fake: FakeStripe | undefined;
afterEach(() => {
  undo?.();
  undo = undefined;
  fake?.stop();
});

const clients = {
  default: () => ({}),
  fetch: () => ({ httpClient: Stripe.createFetchHttpClient() }),
  httpClient: () => fake!.stripeOptions(),
};

describe.each(Object.keys(fakers))("under %s fake timers", (faker) => {
  test.each(Object.keys(clients) as (keyof typeof clients)[])("the %s client", async (client) => {
    undo = fakers[faker]!();
    fake = FakeStripe.new();
    const stripe = new Stripe(fake.apiKey, clients[client]());
    const made = await stripe.customers.create({ email: "ana@example.com" });
    const found = (await stripe.customers.retrieve(made.id)) as Stripe.Customer;
    expect(found.email).toBe("ana@example.com");
    expect(found.created).toBe(IN_2030);
  });

  test("requests at the same time", async () => {
    undo = fakers[faker]!();
    fake = FakeStripe.new();
    const stripe = new Stripe(fake.apiKey);
    const emails = Array.from({ length: 10 }, (_, place) => `${place}@example.com`);
    const made = await Promise.all(emails.map((email) => stripe.customers.create({ email })));
    expect(made.map(({ email }) => email)).toEqual(emails);
  });

  // Vitest puts the true ticks back for a moment when it reports; such a moment proves nothing.
  test("ticks are left faked as they were", { retry: 3 }, async () => {
    undo = fakers[faker]!();
    const ticksByItself = async () => {
      let ran = false;
      process.nextTick(() => (ran = true));
      for (let turns = 0; turns < 3; turns++) await new Promise(turn);
      return ran;
    };
    const before = await ticksByItself();
    fake = FakeStripe.new();
    await new Stripe(fake.apiKey).customers.list();
    // The response closes a few turns after it has ended.
    for (let turns = 0; turns < 10; turns++) await new Promise(turn);
    expect(await ticksByItself()).toBe(before);
  });
});

test("a partition with a time of its own does not follow `Date`", async () => {
  vi.useFakeTimers();
  undo = () => vi.useRealTimers();
  fake = FakeStripe.new({ now: "2025-01-01T00:00:00Z" });
  vi.setSystemTime(IN_2030 * 1000);
  const made = await new Stripe(fake.apiKey).customers.create({});
  expect(made.created).toBe(Date.UTC(2025, 0, 1) / 1000);
});
