/** `fake.state`: what a partition holds, as live lists that can only be read. */

import Stripe from "stripe";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { FakeStripe } from "../../js/index.ts";

let fake: FakeStripe;
let stripe: Stripe;
beforeEach(() => {
  fake = FakeStripe.new();
  stripe = new Stripe(fake.apiKey, { maxNetworkRetries: 0 });
});
afterEach(() => fake.stop());

function three() {
  return ["Ana", "Bea", "Eva"].map((name) => fake.customers.create({ name }));
}

describe("fake.state", () => {
  test("lists are in the order of creation and up to date", async () => {
    const { customers } = fake.state;
    expect([customers.length, customers.count, customers[0]]).toEqual([0, 0, undefined]);
    await stripe.customers.create({ name: "Ana" });
    const second = fake.customers.create({ name: "Bea" });
    expect(customers.map(({ name }) => name)).toEqual(["Ana", "Bea"]);
    fake.customers.update(second.id, { name: "Eva" });
    expect(customers[1]?.name).toBe("Eva");
    fake.customers.del(second.id);
    expect([customers.length, customers.get(second.id)]).toEqual([1, undefined]);
  });

  test("reads like an array", () => {
    const [ana, bea, eva] = three();
    const { customers } = fake.state;
    expect(customers).toHaveLength(3);
    expect(customers.at(-1)).toEqual(eva);
    expect(customers.find(({ name }) => name === "Bea")).toEqual(bea);
    expect(customers.findIndex(({ name }) => name === "Bea")).toBe(1);
    expect(customers.filter(({ name }) => name !== "Bea")).toEqual([ana, eva]);
    expect(customers.some(({ name }) => name === "Ana")).toBe(true);
    expect(customers.every(({ object }) => object === "customer")).toBe(true);
    expect(customers.slice(1)).toEqual([bea, eva]);
    expect(customers.reduce((text, { name }) => text + name, "")).toBe("AnaBeaEva");
    expect([...customers]).toEqual([ana, bea, eva]);
    expect(Array.from(customers.entries())[2]).toEqual([2, eva]);
    expect(Array.isArray(customers)).toBe(true);
    expect([...customers].concat(customers as never)).toHaveLength(6);
    expect(Object.keys(customers)).toEqual(["0", "1", "2"]);
    expect(JSON.parse(JSON.stringify(customers))).toEqual([ana, bea, eva]);
    expect(customers).toEqual([ana, bea, eva]);
    expect([1 in customers, 3 in customers]).toEqual([true, false]);
    const [first, ...others] = customers;
    expect([first?.name, others.length]).toEqual(["Ana", 2]);
  });

  test("get finds by id", () => {
    const [, bea] = three();
    expect(fake.state.customers.get(bea!.id)).toEqual(bea);
    expect(fake.state.customers.get("cus_nobody")).toBeUndefined();
    expect(fake.state.products.get(bea!.id)).toBeUndefined();
  });

  test("has the names of the client, nested ones too", async () => {
    const given = { price_data: { currency: "usd", unit_amount: 500, product_data: { name: "Tea" } } };
    const session = await stripe.checkout.sessions.create({
      mode: "payment",
      success_url: "https://example.com/thanks",
      line_items: [{ ...given, quantity: 1 }],
    });
    expect(fake.state.checkout.sessions[0]?.id).toBe(session.id);
    const account = fake.v2.core.accounts.create({ contact_email: "ana@example.com" });
    expect(fake.state.v2.core.accounts.get(account.id)?.contact_email).toBe("ana@example.com");
    expect(fake.state.v2.core.accounts.persons.count).toBe(0);
  });

  test("events are there in the order they happened", () => {
    const { id } = fake.customers.create({ name: "Ana" });
    fake.customers.update(id, { name: "Eva" });
    fake.customers.del(id);
    expect(fake.state.events.map(({ type }) => type)).toEqual([
      "customer.created",
      "customer.updated",
      "customer.deleted",
    ]);
    const [, updated] = fake.state.events;
    expect(updated?.data.previous_attributes).toEqual({ name: "Ana" });
  });

  test("holds copies: changing one changes nothing", () => {
    const { id } = fake.customers.create({ name: "Ana", metadata: { a: "1" } });
    const [copy] = fake.state.customers;
    copy!.name = "Eva";
    copy!.metadata["a"] = "2";
    expect(fake.customers.retrieve(id)).toMatchObject({ name: "Ana", metadata: { a: "1" } });
  });

  test("cannot be written to", () => {
    three();
    const list = fake.state.customers as unknown as any[];
    const { customers } = fake.state as any;
    for (const change of [
      () => list.push({}),
      () => list.pop(),
      () => list.splice(0, 1),
      () => list.sort(),
      () => (list[0] = {}),
      () => (list.length = 0),
      () => delete list[0],
      () => Object.assign(customers, { 0: {} }),
    ]) {
      expect(change).toThrow("fakestripe: `fake.state` is for reading.");
    }
    expect(list.length).toBe(3);
  });

  test("of a stopped partition can still be read", () => {
    three();
    fake.stop();
    expect(fake.state.customers.map(({ name }) => name)).toEqual(["Ana", "Bea", "Eva"]);
  });
});
