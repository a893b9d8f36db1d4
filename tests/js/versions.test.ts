/** Older versions of the API may be asked with the parameters they had: `Stripe-Version`. */

import { createRequire } from "node:module";
import Stripe from "stripe";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { FakeStripe } from "../../js/index.ts";

// Its types declare the module "stripe" anew, for the whole program.
const Stripe14 = createRequire(import.meta.url)("stripe-14");

let fake: FakeStripe;
beforeEach(() => {
  fake = FakeStripe.new();
});
afterEach(() => fake.stop());

const VERSION_OF_14 = "2023-10-16";
const newest = (options = {}) => new Stripe(fake.apiKey, { maxNetworkRetries: 0, ...options });
const old = () => new Stripe14(fake.apiKey, { maxNetworkRetries: 0, apiVersion: VERSION_OF_14 });

const INTENT = { amount: 1000, currency: "usd", payment_method_types: ["card"] };
const REFUSED = "Received unknown parameter: payment_method_types";

describe("payment_method_types, which stripe-node 23 took away from intents", () => {
  test("is taken from stripe-node 14", async () => {
    const intent = await old().paymentIntents.create(INTENT);
    expect(intent).toMatchObject({ object: "payment_intent", amount: 1000 });
    expect(intent.lastResponse.apiVersion).toBe(VERSION_OF_14);
  });

  test("is refused from stripe-node 23", async () => {
    const create = newest().paymentIntents.create(INTENT as Stripe.PaymentIntentCreateParams);
    await expect(create).rejects.toMatchObject({ code: "parameter_unknown", statusCode: 400 });
    const { message } = fake.requests[0]!.body.error;
    expect(message.startsWith(REFUSED)).toBe(true);
  });

  test("is taken from stripe-node 23 where it asks for an older version", async () => {
    const options = { apiVersion: VERSION_OF_14 };
    const given = INTENT as Stripe.PaymentIntentCreateParams;
    const intent = await newest().paymentIntents.create(given, options);
    expect(intent.lastResponse.apiVersion).toBe(VERSION_OF_14);
  });
});

describe("the version of a request", () => {
  const asked = async (headers: Record<string, string> = {}, of = fake) => {
    const authorization = `Bearer ${of.apiKey}`;
    return of.fetch("https://api.stripe.com/v1/customers", {
      headers: { authorization, ...headers },
    });
  };

  test("is the newest unless the partition was made with another", async () => {
    const version = "stripe-version";
    expect((await asked()).headers.get(version)).toBe(Stripe.API_VERSION ?? "2026-10-28.endive");
    using other = FakeStripe.new({ apiVersion: VERSION_OF_14 });
    expect((await asked({}, other)).headers.get(version)).toBe(VERSION_OF_14);
    const given = { [version]: "2024-06-20" };
    expect((await asked(given, other)).headers.get(version)).toBe("2024-06-20");
  });

  test("decides over the parameters of a request without one", async () => {
    using other = FakeStripe.new({ apiVersion: VERSION_OF_14 });
    const sent = (of: FakeStripe) =>
      of.fetch("https://api.stripe.com/v1/payment_intents", {
        method: "POST",
        headers: { authorization: `Bearer ${of.apiKey}` },
        body: new URLSearchParams("amount=1000&currency=usd&payment_method_types[]=card"),
      });
    expect((await sent(other)).status).toBe(200);
    expect((await sent(fake)).status).toBe(400);
  });

  test("must be one of Stripe's", async () => {
    const answer = await asked({ "stripe-version": "2020-02-30" });
    expect(answer.status).toBe(400);
    expect((await answer.json()).error.message).toBe("Invalid Stripe API version: 2020-02-30");
    expect(() => FakeStripe.new({ apiVersion: "2020-02-30" })).toThrow("2020-02-30");
  });
});

test("clients of different versions share one partition's data", async () => {
  const { id } = await old().customers.create({ name: "Ana" });
  expect(await newest().customers.retrieve(id)).toMatchObject({ name: "Ana" });
});

describe("objects look as they did in the version asked for", () => {
  const at = (apiVersion: string) =>
    new Stripe14(fake.apiKey, { maxNetworkRetries: 0, apiVersion });
  const PAID = {
    amount: 1000,
    currency: "usd",
    confirm: true,
    payment_method: "pm_card_visa",
    payment_method_types: ["card"],
  };

  // https://docs.stripe.com/changelog/2022-11-15/removes-charges-attribute-paymentintent
  test("a payment intent lists its charges before 2022-11-15", async () => {
    const intent = await at("2022-08-01").paymentIntents.create(PAID);
    const url = `/v1/charges?payment_intent=${intent.id}`;
    expect(intent.charges).toMatchObject({ object: "list", has_more: false, total_count: 1, url });
    const [charge] = intent.charges.data;
    expect(charge).toMatchObject({ id: intent.latest_charge, invoice: null });
    expect(charge.refunds).toMatchObject({ data: [], total_count: 0 });
    expect(await at("2022-11-15").paymentIntents.retrieve(intent.id)).not.toHaveProperty("charges");
    const basil = await at("2025-03-31.basil").paymentIntents.retrieve(intent.id);
    expect(basil).not.toHaveProperty("invoice");
  });

  test("what is within a list of charges can be expanded", async () => {
    const expand = ["charges.data.balance_transaction"];
    const intent = await at("2022-08-01").paymentIntents.create({ ...PAID, expand });
    const [charge] = intent.charges.data;
    expect(charge.balance_transaction).toMatchObject({ object: "balance_transaction" });
  });

  test("so does the intent of a declined payment", async () => {
    const declined = { ...PAID, payment_method: "pm_card_chargeDeclined" };
    const { raw } = await at("2022-08-01").paymentIntents.create(declined).catch((e: any) => e);
    expect(raw.payment_intent.charges.data).toMatchObject([{ status: "failed" }]);
  });

  // https://docs.stripe.com/changelog/2020-08-27/deprecates-auto-expansion-customer-sources
  test("a customer shows sources, subscriptions and tax ids before 2020-08-27", async () => {
    const { id } = await at("2020-03-02").customers.create({ source: "tok_visa" });
    const customer = await at("2020-03-02").customers.retrieve(id);
    expect(customer.sources).toMatchObject({
      data: [{ id: customer.default_source, object: "card" }],
      total_count: 1,
      url: `/v1/customers/${id}/sources`,
    });
    expect(customer.subscriptions.data).toEqual([]);
    expect(customer.tax_ids.data).toEqual([]);
    const later = await at("2020-08-27").customers.retrieve(id);
    expect(later).not.toHaveProperty("sources");
    const expanded = await at("2020-08-27").customers.retrieve(id, { expand: ["sources"] });
    expect(expanded.sources.data).toHaveLength(1);
  });

  test("a deleted customer stays a stub", async () => {
    const { id } = await at("2020-03-02").customers.create();
    await at("2020-03-02").customers.del(id);
    const left = await at("2020-03-02").customers.retrieve(id);
    expect(left).toEqual({ id, object: "customer", deleted: true });
  });

  test("an event has the version of the account, whatever the request asks for", async () => {
    using other = FakeStripe.new({ apiVersion: "2022-08-01" });
    const stripe = new Stripe(other.apiKey, { maxNetworkRetries: 0 });
    const intent = await stripe.paymentIntents.create({ amount: 1000, currency: "usd" });
    expect(intent).not.toHaveProperty("charges");
    const { data: [event] } = await stripe.events.list();
    expect(event!.api_version).toBe("2022-08-01");
    expect(event!.data.object).toHaveProperty("charges");
  });
});
