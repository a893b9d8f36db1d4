/** Partitions never see each other. */

import Stripe from "stripe";
import { afterEach, describe, expect, test } from "vitest";
import { FakeStripe } from "../../js/index.ts";

const fakes: FakeStripe[] = [];
function make(options = {}): FakeStripe {
  const fake = FakeStripe.new(options);
  fakes.push(fake);
  return fake;
}
afterEach(() => {
  for (const fake of fakes.splice(0)) fake.stop();
});

const client = (fake: FakeStripe) => new Stripe(fake.apiKey, { maxNetworkRetries: 0 });

describe("two hundred partitions", () => {
  test("used concurrently, by key, never mix", async () => {
    const all = Array.from({ length: 200 }, (_, number) => ({ number, fake: make() }));
    const made = await Promise.all(
      all.map(async ({ number, fake }) => {
        const stripe = client(fake);
        const customer = await stripe.customers.create({ name: `Customer ${number}` });
        await new Promise((resolve) => setTimeout(resolve, (number * 7) % 11));
        const intent = await stripe.paymentIntents.create({
          amount: 1000 + number,
          currency: "usd",
          customer: customer.id,
        });
        await stripe.customers.update(customer.id, { metadata: { number } });
        const list = await stripe.customers.list();
        expect(list.data.map(({ name }) => name)).toEqual([`Customer ${number}`]);
        expect((await stripe.paymentIntents.retrieve(intent.id)).amount).toBe(1000 + number);
        return customer.id;
      }),
    );
    expect(new Set(made).size).toBe(200);
    for (const { number, fake } of all) {
      expect(fake.state.customers.map(({ metadata }) => metadata)).toEqual([
        { number: String(number) },
      ]);
      expect(fake.requests).toHaveLength(5);
    }
  });

  test("used concurrently, by context and with one key, never mix", async () => {
    await Promise.all(
      Array.from({ length: 200 }, async (_, number) => {
        const fake = make();
        await fake.run(async () => {
          const stripe = new Stripe("sk_test_the_key_of_the_app", { maxNetworkRetries: 0 });
          await stripe.customers.create({ name: `Customer ${number}` });
          await new Promise((resolve) => setTimeout(resolve, (number * 5) % 13));
          await stripe.products.create({ name: `Product ${number}` });
        });
        expect(fake.state.customers.map(({ name }) => name)).toEqual([`Customer ${number}`]);
        expect(fake.state.products.map(({ name }) => name)).toEqual([`Product ${number}`]);
      }),
    );
  });
});

describe("one partition", () => {
  test("does not have another's objects", async () => {
    const [one, two] = [make(), make()];
    const { id } = await client(one).customers.create({});
    const missing = { statusCode: 404, code: "resource_missing" };
    await expect(client(two).customers.retrieve(id)).rejects.toMatchObject(missing);
    expect((await client(two).customers.list()).data).toEqual([]);
    expect(two.state.events.count).toBe(0);
  });

  test("keeps its own time", () => {
    const [one, two] = [make({ now: "2026-01-01T00:00:00Z" }), make({ now: 0 })];
    one.clock.advance({ months: 1 });
    expect(one.clock.now()).toEqual(new Date("2026-02-01T00:00:00Z"));
    expect(two.clock.now()).toEqual(new Date(0));
  });

  test("keeps its own idempotency keys", async () => {
    const options = { idempotencyKey: "once" };
    const [one, two] = [make(), make()];
    await client(one).customers.create({ name: "Ana" }, options);
    expect((await client(two).customers.create({ name: "Eva" }, options)).name).toBe("Eva");
  });

  test("answers nothing once it is stopped", async () => {
    const [one, two] = [make(), make()];
    one.stop();
    one.stop();
    await expect(client(one).customers.create({ name: "Ana" })).resolves.toBeDefined();
    expect([one.state.customers.count, two.state.customers.count]).toEqual([0, 1]);
    two.stop();
    await expect(client(two).customers.create({})).rejects.toThrow(
      "fakestripe: no partition is alive to answer this request.",
    );
  });

  test("ends with `using`", async () => {
    let key = "";
    {
      using fake = FakeStripe.new();
      key = fake.apiKey;
      await new Stripe(key).customers.create({});
    }
    await expect(new Stripe(key).customers.create({})).rejects.toThrow("no partition is alive");
  });
});
