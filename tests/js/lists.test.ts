/** Lists, searches and expansion through the real client: https://docs.stripe.com/api/pagination */

import Stripe from "stripe";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { FakeStripe } from "../../js/index.ts";

let fake: FakeStripe;
let stripe: Stripe;
let made: string[];
const START = Date.UTC(2026, 0, 1) / 1000;

beforeAll(() => {
  fake = FakeStripe.new({ now: START });
  stripe = new Stripe(fake.apiKey, { maxNetworkRetries: 0 });
  made = Array.from({ length: 250 }, (_, at) => {
    fake.clock.advance({ seconds: 1 });
    const metadata = { parity: at % 2 ? "odd" : "even", at };
    return fake.customers.create({ name: `Customer ${at}`, email: `c${at}@example.com`, metadata }).id;
  });
});
afterAll(() => fake.stop());

const ids = (list: { data: { id: string }[] }) => list.data.map(({ id }) => id);

describe("lists", () => {
  test("turn their pages by themselves, each object once, newest first", async () => {
    const seen: string[] = [];
    for await (const { id } of stripe.customers.list({ limit: 33 })) seen.push(id);
    expect(seen).toEqual([...made].reverse());
    const all = await stripe.customers.list({ limit: 100 }).autoPagingToArray({ limit: 1000 });
    expect(all.map(({ id }) => id)).toEqual(seen);
  });

  test("turn them backwards too", async () => {
    const seen: string[] = [];
    const before = { limit: 40, ending_before: made[100]! };
    for await (const { id } of stripe.customers.list(before)) seen.push(id);
    expect(seen).toEqual(made.slice(101));
  });

  test("have ten objects unless asked otherwise, at most a hundred", async () => {
    const list = await stripe.customers.list();
    expect(list).toMatchObject({ object: "list", has_more: true, url: "/v1/customers" });
    expect(list.data).toHaveLength(10);
    expect((await stripe.customers.list({ limit: 1000 })).data).toHaveLength(100);
  });

  test("end with has_more false", async () => {
    const last = await stripe.customers.list({ limit: 2, starting_after: made[2]! });
    expect(ids(last)).toEqual([made[1], made[0]]);
    expect(last.has_more).toBe(false);
  });

  test("let through what their filters say", async () => {
    expect(ids(await stripe.customers.list({ email: "c7@example.com" }))).toEqual([made[7]]);
    const created = { gte: START + 3, lt: START + 5 };
    expect(ids(await stripe.customers.list({ created }))).toEqual([made[3], made[2]]);
    expect(ids(await stripe.customers.list({ created: START + 1 }))).toEqual([made[0]]);
  });

  test("want one cursor, and one that is there", async () => {
    const cursors = { starting_after: made[0]!, ending_before: made[1]! };
    await expect(stripe.customers.list(cursors)).rejects.toThrow(
      "Received both starting_after and ending_before parameters. Please pass in only one.",
    );
    const unknown = stripe.customers.list({ starting_after: "cus_nobody" });
    await expect(unknown).rejects.toMatchObject({
      statusCode: 400,
      code: "resource_missing",
      param: "starting_after",
      message: "No such customer: 'cus_nobody'",
    });
  });
});

/** https://docs.stripe.com/search */
describe("searches", () => {
  test("turn their pages by themselves", async () => {
    const seen: string[] = [];
    const query = 'metadata["parity"]:"odd"';
    for await (const { id } of stripe.customers.search({ query, limit: 20 })) seen.push(id);
    expect(new Set(seen).size).toBe(125);
    expect(new Set(seen)).toEqual(new Set(made.filter((_, at) => at % 2 === 1)));
  });

  test.each([
    ['email:"c7@example.com"', 1],
    ["email:'C7@EXAMPLE.COM'", 1],
    ['email~"example"', 100],
    [`created>${START + 248}`, 2],
    [`created>${START + 240} AND created<=${START + 245}`, 5],
    ['metadata["at"]:"3" OR metadata["at"]:"4"', 2],
    [`-metadata["parity"]:"odd" AND created<${START + 6}`, 3],
    ['metadata["nothing"]:null AND metadata["at"]:"1"', 1],
    ['name:"nobody"', 0],
  ])("%s", async (query, count) => {
    const result = await stripe.customers.search({ query, limit: 100 });
    expect(result).toMatchObject({ object: "search_result", url: "/v1/customers/search" });
    expect(result.data).toHaveLength(count);
  });

  test("refuse what they cannot search", async () => {
    const message =
      "Field `wat` is an unsupported search field for resource `customers`. See " +
      "http://stripe.com/docs/search#query-fields-for-customers for a list of supported fields.";
    const search = stripe.customers.search({ query: 'wat:"x"' });
    await expect(search).rejects.toMatchObject({ statusCode: 400, message });
  });
});

/** https://docs.stripe.com/api/expanding_objects */
describe("expansion", () => {
  test("puts objects in the place of ids, in one, in lists and in searches", async () => {
    const product = await stripe.products.create({ name: "Tea" });
    const given = { product: product.id, currency: "usd", unit_amount: 500 };
    const price = await stripe.prices.create({ ...given, expand: ["product"] });
    expect(price.product).toMatchObject({ id: product.id, name: "Tea" });
    const list = await stripe.prices.list({ expand: ["data.product"] });
    expect(list.data[0]?.product).toMatchObject({ name: "Tea" });
    const query = `product:"${product.id}"`;
    const found = await stripe.prices.search({ query, expand: ["data.product"] });
    expect(found.data[0]?.product).toMatchObject({ name: "Tea" });
    expect((await stripe.prices.retrieve(price.id)).product).toBe(product.id);
  });

  test("goes through objects that are expanded themselves", async () => {
    const intent = await stripe.paymentIntents.create({
      amount: 1000,
      currency: "usd",
      customer: made[0]!,
      payment_method: "pm_card_visa",
      capture_method: "automatic",
      confirm: true,
      automatic_payment_methods: { enabled: true, allow_redirects: "never" },
      expand: ["latest_charge.balance_transaction", "customer"],
    });
    const charge = intent.latest_charge as Stripe.Charge;
    expect(charge.balance_transaction).toMatchObject({ amount: 1000, source: charge.id });
    expect(intent.customer).toMatchObject({ name: "Customer 0" });
  });

  test("shows a deleted object as the stub it is", async () => {
    const { id } = await stripe.customers.create({});
    const given = { amount: 1000, currency: "usd", customer: id };
    const intent = await stripe.paymentIntents.create(given);
    await stripe.customers.del(id);
    const seen = await stripe.paymentIntents.retrieve(intent.id, { expand: ["customer"] });
    expect(seen.customer).toEqual({ id, object: "customer", deleted: true });
  });

  test.each([
    ["email", "This property cannot be expanded (email)."],
    ["wat", "This property cannot be expanded (wat)."],
    [
      "a.b.c.d.e",
      "You cannot expand more than 4 levels of a property. Property: a.b.c.d.e",
    ],
  ])("of %s is refused", async (path, message) => {
    const retrieve = stripe.customers.retrieve(made[0]!, { expand: [path] });
    await expect(retrieve).rejects.toMatchObject({ statusCode: 400, message });
  });
});
