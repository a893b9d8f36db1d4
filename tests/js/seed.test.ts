/** `fake.seed({...})`: sets the stage with plain objects. */

import Stripe from "stripe";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { FakeStripe, FakeStripeError } from "../../js/index.ts";

let fake: FakeStripe;
beforeEach(() => {
  fake = FakeStripe.new({ now: "2026-11-21T12:00:00Z" });
});
afterEach(() => fake.stop());

describe("fake.seed", () => {
  test("returns what it made, by collection and in order", () => {
    const made = fake.seed({
      customers: [{ name: "Ana" }, { name: "Eva", metadata: { tier: "gold" } }],
      products: [{ name: "Tea" }],
    });
    expect(made.customers.map(({ name }) => name)).toEqual(["Ana", "Eva"]);
    expect(made.products[0]).toMatchObject({ object: "product", name: "Tea" });
    expect(fake.state.customers).toEqual(made.customers);
  });

  test("fills what is left out", () => {
    const { customers } = fake.seed({ customers: [{ id: "cus_ana", name: "Ana" }] });
    const { id, ...made } = fake.customers.create({ name: "Ana" });
    const { invoice_prefix: _1, ...seeded } = customers[0]!;
    const { invoice_prefix: _2, ...created } = made;
    expect(id).not.toBe("cus_ana");
    expect(seeded).toEqual({ ...created, id: "cus_ana" });
  });

  test("lets objects refer to others anywhere in the same seed", () => {
    fake.seed({
      prices: [{ id: "price_tea", product: "prod_tea", currency: "usd", unit_amount: 500 }],
      products: [{ id: "prod_tea", name: "Tea" }],
    });
    const price = fake.prices.retrieve("price_tea", { expand: ["product"] });
    expect(price).toMatchObject({ unit_amount: 500, product: { id: "prod_tea", name: "Tea" } });
  });

  test("lets objects refer to what is there already", () => {
    const { id } = fake.products.create({ name: "Tea" });
    const row = { product: id, currency: "usd", unit_amount: 500 };
    expect(fake.seed({ prices: [row] }).prices[0]?.product).toBe(id);
  });

  test("takes what only Stripe's servers set", async () => {
    fake.seed({ customers: [{ id: "cus_old", created: 1_500_000_000, delinquent: true }] });
    const seen = await new Stripe(fake.apiKey).customers.retrieve("cus_old");
    expect(seen).toMatchObject({ created: 1_500_000_000, delinquent: true });
  });

  test("takes objects as they were answered once", () => {
    const customer = fake.customers.create({ name: "Ana", metadata: { a: "1" } });
    using other = FakeStripe.new({ now: "2026-11-21T12:00:00Z" });
    expect(other.seed({ customers: [{ ...customer }] }).customers).toEqual([customer]);
  });

  test("makes everything or nothing", () => {
    const wrong = () =>
      fake.seed({
        customers: [{ name: "Ana" }],
        prices: [{ product: "prod_nothing", currency: "usd", unit_amount: 500 }],
      });
    expect(wrong).toThrow("No such product: 'prod_nothing'");
    expect([fake.state.customers.count, fake.state.prices.count]).toEqual([0, 0]);
  });

  test("tells nobody: no events, no requests", () => {
    fake.seed({ customers: [{ name: "Ana" }] });
    expect([fake.state.events.count, fake.requests.length]).toEqual([0, 0]);
  });

  test.each([
    ["a collection that is none", { wats: [{}] }],
    ["a collection that is no list", { customers: {} }],
    ["rows that are no objects", { customers: ["Ana"] }],
    ["a null", { customers: [null] }],
    ["the same id twice", { customers: [{ id: "cus_1" }, { id: "cus_1" }] }],
  ])("refuses %s", (_what, rows) => {
    expect(() => fake.seed(rows as never)).toThrow(FakeStripeError);
    expect(fake.state.customers.count).toBe(0);
    expect(fake.customers.create({ name: "Ana" }).name).toBe("Ana");
  });

  test("takes an empty seed", () => {
    expect(fake.seed({})).toEqual({});
    expect(fake.seed({ customers: [] })).toEqual({ customers: [] });
  });
});
