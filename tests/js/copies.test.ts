/** `fake.snapshot()`, `FakeStripe.from(snapshot)` and `fake.fork()`. */

import Stripe from "stripe";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type CopyOptions, FakeStripe } from "../../js/index.ts";

let fakes: FakeStripe[];
let fake: FakeStripe;
beforeEach(() => {
  fake = FakeStripe.new({ seed: "copies", now: "2026-11-21T12:00:00Z" });
  fakes = [fake];
});
afterEach(() => {
  for (const one of fakes) one.stop();
});

function fork(of = fake, options: CopyOptions = {}): FakeStripe {
  const copy = of.fork(options);
  fakes.push(copy);
  return copy;
}

describe("a fork", () => {
  test("has what there was, and keys of its own", async () => {
    const customer = fake.customers.create({ name: "Ana" });
    const copy = fork();
    expect(copy.customers.retrieve(customer.id)).toEqual(customer);
    expect(copy.state.events.map(({ id }) => id)).toEqual(fake.state.events.map(({ id }) => id));
    expect(copy.accountId).toBe(fake.accountId);
    expect(copy.apiKey).not.toBe(fake.apiKey);
    expect(copy.publishableKey).not.toBe(fake.publishableKey);
    const seen = await new Stripe(copy.apiKey).customers.retrieve(customer.id);
    expect({ ...seen }).toEqual(customer);
  });

  test("and its original do not change each other", async () => {
    const { id } = fake.customers.create({ name: "Ana" });
    const copy = fork();
    await new Stripe(copy.apiKey).customers.update(id, { name: "Eva" });
    copy.products.create({ name: "Tea" });
    fake.customers.create({ name: "Bea" });
    expect(fake.customers.retrieve(id)).toMatchObject({ name: "Ana" });
    expect([fake.state.products.count, fake.state.customers.count]).toEqual([0, 2]);
    expect([copy.state.products.count, copy.state.customers.count]).toEqual([1, 1]);
    expect([fake.requests.length, copy.requests.length]).toEqual([0, 1]);
  });

  test("continues with the same ids, as often as it is made", () => {
    fake.customers.create({});
    const [one, two] = [fork(), fork()];
    const next = one.customers.create({}).id;
    expect(two.customers.create({}).id).toBe(next);
    expect(fake.customers.create({}).id).toBe(next);
  });

  test("has the time there was, and moves on by itself", () => {
    const copy = fork();
    copy.clock.advance({ days: 1 });
    expect(copy.clock.now()).toEqual(new Date("2026-11-22T12:00:00Z"));
    expect(fake.clock.now()).toEqual(new Date("2026-11-21T12:00:00Z"));
  });

  test("remembers idempotency keys", async () => {
    const options = { idempotencyKey: "once" };
    const first = await new Stripe(fake.apiKey).customers.create({ name: "Ana" }, options);
    const again = await new Stripe(fork().apiKey).customers.create({ name: "Ana" }, options);
    expect(again.id).toBe(first.id);
  });

  test("takes a key that the app has", async () => {
    const copy = fork(fake, { apiKey: "sk_test_of_the_app" });
    await new Stripe("sk_test_of_the_app").customers.create({ name: "Ana" });
    expect([copy.apiKey, copy.state.customers.count]).toEqual(["sk_test_of_the_app", 1]);
  });

  test("can be forked", () => {
    const { id } = fork(fork()).customers.create({});
    expect(fake.customers.create({}).id).toBe(id);
  });
});

describe("a snapshot", () => {
  test("is what there was when it was taken", () => {
    const { id } = fake.customers.create({ name: "Ana" });
    const snapshot = fake.snapshot();
    fake.customers.update(id, { name: "Eva" });
    for (let times = 0; times < 3; times++) {
      const copy = FakeStripe.from(snapshot);
      fakes.push(copy);
      expect(copy.customers.retrieve(id)).toMatchObject({ name: "Ana" });
      copy.customers.del(id);
    }
  });

  test("outlives its partition", () => {
    const { id } = fake.customers.create({ name: "Ana" });
    const snapshot = fake.snapshot();
    fake.stop();
    using copy = FakeStripe.from(snapshot);
    expect(copy.customers.retrieve(id)).toMatchObject({ name: "Ana" });
  });
});
