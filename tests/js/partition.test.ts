/** The library API, the state, copies of partitions, time and seeds: everything without HTTP. */

import Stripe from "stripe";
import { afterEach, describe, expect, expectTypeOf, test } from "vitest";
import { FakeStripe, type FakeStripeOptions } from "../../js/index.ts";

const made: FakeStripe[] = [];
function make(options?: FakeStripeOptions): FakeStripe {
  const fake = FakeStripe.new(options);
  made.push(fake);
  return fake;
}
afterEach(() => {
  for (const fake of made.splice(0)) fake.stop();
});

describe("the library API", () => {
  test("is the client's call surface without waiting", async () => {
    const fake = make();
    const customer = fake.customers.create({ email: "ana@example.com" });
    expectTypeOf(customer).toEqualTypeOf<Stripe.Customer>();
    expect(fake.customers.retrieve(customer.id)).toMatchObject({ email: "ana@example.com" });
    expect(fake.customers.list({ limit: 3 }).data.map(({ id }) => id)).toEqual([customer.id]);
    const seen = await new Stripe(fake.apiKey).customers.retrieve(customer.id);
    expect({ ...seen }).toEqual(fake.customers.retrieve(customer.id));
    expect(fake.requests).toHaveLength(1);
  });

  test("throws what the client would", async () => {
    const fake = make();
    let thrown: any;
    try {
      fake.customers.retrieve("cus_nobody");
    } catch (error) {
      thrown = error;
    }
    const real: any = await new Stripe(fake.apiKey).customers
      .retrieve("cus_nobody")
      .catch((error) => error);
    expect(thrown).toBeInstanceOf(Error);
    for (const name of ["type", "rawType", "code", "param", "statusCode", "message"] as const) {
      expect([name, thrown[name]]).toEqual([name, real[name]]);
    }
  });
});

describe("the state", () => {
  test("is a list that follows the partition", () => {
    const fake = make();
    const { customers } = fake.state;
    expect(customers).toHaveLength(0);
    const ids = ["one", "two"].map((name) => fake.customers.create({ name }).id);
    expect(customers.count).toBe(2);
    expect(customers[0]!.name).toBe("one");
    expect(customers.map(({ id }) => id)).toEqual(ids);
    expect([...customers].map(({ name }) => name)).toEqual(["one", "two"]);
    expect(customers.find(({ name }) => name === "two")!.id).toBe(ids[1]);
    expect(customers.get(ids[0]!)!.name).toBe("one");
    expect(customers.get("cus_nobody")).toBeUndefined();
    expect(customers[2]).toBeUndefined();
    expect(Array.isArray(customers)).toBe(true);
    expect(customers).toMatchObject([{ name: "one" }, { name: "two" }]);
    expectTypeOf(customers[0]!).toEqualTypeOf<Stripe.Customer>();
  });

  test("cannot be written to", () => {
    const customers = make().state.customers as unknown as unknown[];
    expect(() => customers.push({})).toThrow(/for reading/);
    expect(() => (customers.length = 0)).toThrow(/for reading/);
  });

  test("has lists within namespaces", () => {
    const fake = make();
    expect(fake.state.checkout.sessions).toHaveLength(0);
    expect(fake.state.testHelpers.testClocks).toHaveLength(0);
  });
});

describe("seeding", () => {
  test("takes plain objects and gives back what it made", () => {
    const fake = make();
    const { customers } = fake.seed({ customers: [{ name: "one" }, { name: "two" }] });
    expect(customers.map(({ name }) => name)).toEqual(["one", "two"]);
    expect(fake.state.customers.map(({ id }) => id)).toEqual(customers.map(({ id }) => id));
  });
});

describe("a copy", () => {
  test("continues where the partition was, and then goes its own way", async () => {
    const fake = make();
    const { id } = fake.customers.create({ name: "one" });
    const fork = fake.fork();
    made.push(fork);
    expect(fork.apiKey).not.toBe(fake.apiKey);
    expect(fork.state.customers.get(id)).toEqual(fake.state.customers.get(id));
    await new Stripe(fork.apiKey).customers.update(id, { name: "changed" });
    expect(fork.state.customers[0]!.name).toBe("changed");
    expect(fake.state.customers[0]!.name).toBe("one");
  });

  test("of a snapshot can be made any number of times", async () => {
    const fake = make();
    const emails = Array.from({ length: 500 }, (_, place) => `${place}@example.com`);
    for (const email of emails) fake.customers.create({ email });
    const snapshot = fake.snapshot();
    fake.stop();
    for (let copies = 0; copies < 3; copies++) {
      const copy = FakeStripe.from(snapshot);
      made.push(copy);
      expect(copy.state.customers.count).toBe(500);
      const { id } = await new Stripe(copy.apiKey).customers.create({});
      expect(copy.state.customers.at(-1)!.id).toBe(id);
    }
  });
});

describe("time", () => {
  test("moves when asked", () => {
    const fake = make({ now: "2025-01-31T12:00:00Z" });
    expect(fake.clock.now()).toEqual(new Date("2025-01-31T12:00:00Z"));
    fake.clock.advance({ months: 1, hours: 1 });
    expect(fake.clock.now()).toEqual(new Date("2025-02-28T13:00:00Z"));
    fake.clock.advanceTo("2025-03-01");
    expect(fake.customers.create({}).created).toBe(Date.UTC(2025, 2, 1) / 1000);
  });

  test("is understood as a Date, a text or seconds, and nothing else", () => {
    const at = Date.UTC(2025, 0, 1);
    for (const now of [new Date(at), "2025-01-01T00:00:00Z", at / 1000]) {
      expect(make({ now }).clock.now().getTime()).toBe(at);
    }
    expect(() => make({ now: "soon" })).toThrow(/soon is no moment/);
  });
});

describe("seeds", () => {
  const now = "2025-01-01T00:00:00Z";

  test("decide the ids", () => {
    const ids = ["a", "a", "b"].map((seed) => make({ seed, now }).customers.create({}).id);
    expect(ids[0]).toBe(ids[1]);
    expect(ids[0]).not.toBe(ids[2]);
  });

  test("differ by default, within one test too", () => {
    const ids = [1, 2, 3].map(() => make({ now }).customers.create({}).id);
    expect(new Set(ids).size).toBe(3);
  });

  test("do not decide the keys, which nobody can guess", () => {
    const [one, two] = [make({ seed: "a" }), make({ seed: "a" })];
    expect(one.apiKey).not.toBe(two.apiKey);
    expect(one.apiKey).toMatch(/^sk_test_\w{20,}$/);
    expect(one.publishableKey).toMatch(/^pk_test_\w{20,}$/);
  });
});

test("two hundred partitions used at the same time never mix", async () => {
  const outcomes = await Promise.all(
    Array.from({ length: 200 }, async (_, place) => {
      await new Promise((resolve) => setTimeout(resolve, place % 7));
      const fake = make();
      const stripe = new Stripe("sk_test_of_the_app", { telemetry: false });
      const emails = Array.from({ length: 3 }, (_, nth) => `${place}.${nth}@example.com`);
      for (const email of emails) {
        await stripe.customers.create({ email });
        await new Promise((resolve) => setTimeout(resolve, place % 3));
      }
      const { data } = await stripe.customers.list();
      return String(data.map(({ email }) => email).reverse()) === String(emails);
    }),
  );
  expect(outcomes.filter((isOwn) => !isOwn)).toEqual([]);
});
