/**
 * What events say: the object as it was at that moment, what it was before, who caused it. The facts are
 * those of recorded events of test mode and of <https://docs.stripe.com/api/events/object>.
 */

import { FakeStripe } from "fakestripe";
import Stripe from "stripe";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

let fake: FakeStripe;
let stripe: Stripe;

beforeEach(() => {
  fake = FakeStripe.new({ now: "2026-11-21T12:00:00Z" });
  stripe = new Stripe(fake.apiKey, fake.stripeOptions());
});

afterEach(() => fake.stop());

const card = { payment_method: "pm_card_visa", payment_method_types: ["card"] };
const old = { apiVersion: "2026-03-25.dahlia" };
const intent = (params: object = {}) =>
  stripe.paymentIntents.create(
    { amount: 2000, currency: "usd", ...card, ...params } as Stripe.PaymentIntentCreateParams,
    old,
  );
const paid = (params: object = {}) => intent({ confirm: true, capture_method: "automatic", ...params });
const last = async (type: string) => (await stripe.events.list({ type, limit: 1 })).data[0]!;

describe("what was before", () => {
  const customer = (params: object = {}) => stripe.customers.create(params);

  test.each<[string, () => Promise<unknown>, string, unknown]>([
    [
      "a customer's email",
      async () => stripe.customers.update((await customer({ email: "a@x.co" })).id, { email: "b@x.co" }),
      "customer.updated",
      { email: "a@x.co" },
    ],
    [
      "metadata that is new, changed and gone",
      async () => {
        const { id } = await customer({ metadata: { kept: "1", changed: "2", gone: "3" } });
        await stripe.customers.update(id, { metadata: { changed: "4", gone: "", added: "5" } });
      },
      "customer.updated",
      { metadata: { changed: "2", gone: "3", added: null } },
    ],
    [
      "a leaf of a hash",
      async () => {
        const { id } = await customer({ address: { city: "Ulm", country: "DE" } });
        await stripe.customers.update(id, { address: { city: "Bonn", country: "DE" } });
      },
      "customer.updated",
      { address: { city: "Ulm" } },
    ],
    [
      "a balance",
      async () =>
        stripe.customers.createBalanceTransaction((await customer()).id, {
          amount: -500,
          currency: "usd",
        }),
      "customer.updated",
      { balance: 0, currency: null },
    ],
    [
      "what was captured",
      async () => {
        const { id } = await paid({ capture_method: "manual" });
        await stripe.paymentIntents.capture(id);
      },
      "charge.captured",
      expect.objectContaining({ amount_captured: 0, balance_transaction: null, captured: false }),
    ],
    [
      "what was refunded in part",
      async () => stripe.refunds.create({ payment_intent: (await paid()).id, amount: 500 }),
      "charge.refunded",
      { amount_refunded: 0, receipt_url: expect.any(String) },
    ],
    [
      "what was refunded whole",
      async () => stripe.refunds.create({ payment_intent: (await paid()).id }),
      "charge.refunded",
      { amount_refunded: 0, receipt_url: expect.any(String), refunded: false },
    ],
    [
      "a charge's description",
      async () => {
        const { latest_charge } = await paid();
        await stripe.charges.update(latest_charge as string, { description: "A cup" });
      },
      "charge.updated",
      { description: null },
    ],
    [
      "who had a payment method",
      async () => {
        const { id } = await customer();
        const method = await stripe.paymentMethods.attach("pm_card_visa", { customer: id });
        await stripe.paymentMethods.detach(method.id);
      },
      "payment_method.detached",
      { customer: expect.stringMatching(/^cus_/) },
    ],
    [
      "when a card ended",
      async () => {
        const { id } = await customer();
        const method = await stripe.paymentMethods.attach("pm_card_visa", { customer: id });
        await stripe.paymentMethods.update(method.id, { card: { exp_month: 3, exp_year: 2033 } });
      },
      "payment_method.updated",
      { card: { exp_month: 11, exp_year: 2027 } },
    ],
    [
      "a payment link's flag",
      async () => {
        const price = await stripe.prices.create({
          currency: "usd",
          product_data: { name: "Cup" },
          unit_amount: 700,
        });
        const { id } = await stripe.paymentLinks.create({
          line_items: [{ price: price.id, quantity: 1 }],
        });
        await stripe.paymentLinks.update(id, { allow_promotion_codes: true });
      },
      "payment_link.updated",
      { allow_promotion_codes: false },
    ],
    [
      "a product's metadata",
      async () => {
        const { id } = await stripe.products.create({ name: "Cup" });
        fake.clock.advance({ seconds: 5 });
        await stripe.products.update(id, { metadata: { foo: "bar" } });
      },
      "product.updated",
      { metadata: { foo: null }, updated: expect.any(Number) },
    ],
  ])("%s", async (_, act, type, expected) => {
    await act();
    expect((await last(type)).data.previous_attributes).toEqual(expected);
  });

  test.each<[string, () => Promise<unknown>, string]>([
    ["a creation", () => customer(), "customer.created"],
    ["a payment intent that succeeded", () => paid(), "payment_intent.succeeded"],
    [
      "one that was canceled",
      async () => stripe.paymentIntents.cancel((await intent()).id),
      "payment_intent.canceled",
    ],
    [
      "a deletion",
      async () => stripe.customers.del((await customer()).id),
      "customer.deleted",
    ],
  ])("nothing of %s", async (_, act, type) => {
    await act();
    expect((await last(type)).data).not.toHaveProperty("previous_attributes");
  });
});

describe("the object is as it was at that moment", () => {
  test("a payment intent that was created and confirmed at once", async () => {
    await paid();
    const object = async (type: string) => (await last(type)).data.object as Stripe.PaymentIntent;
    expect(await object("payment_intent.created")).toMatchObject({
      amount_received: 0,
      latest_charge: null,
      payment_method: null,
      status: "requires_payment_method",
    });
    expect(await object("payment_intent.succeeded")).toMatchObject({
      amount_received: 2000,
      latest_charge: expect.stringMatching(/^ch_/),
      status: "succeeded",
    });
  });

  test("a customer that was deleted, whole", async () => {
    const customer = await stripe.customers.create({ name: "Ana" });
    await stripe.customers.del(customer.id);
    const { object } = (await last("customer.deleted")).data;
    expect(object).toMatchObject({ id: customer.id, name: "Ana" });
    expect(object).not.toHaveProperty("deleted");
  });

  test("what happened before does not change with the object", async () => {
    const { id } = await stripe.customers.create({ name: "Ana" });
    await stripe.customers.update(id, { name: "Bea" });
    expect((await last("customer.created")).data.object).toMatchObject({ name: "Ana" });
  });
});

describe("who caused it", () => {
  test("one request is named in all its events, with its idempotency key", async () => {
    const made = await stripe.paymentIntents.create(
      {
        amount: 2000,
        capture_method: "automatic",
        confirm: true,
        currency: "usd",
        payment_method: "pm_card_visa",
        return_url: "https://shop.example.com",
      },
      { idempotencyKey: "order-17" },
    );
    const { data } = await stripe.events.list();
    expect(data.map(({ request }) => request)).toEqual(
      Array(3).fill({ id: made.lastResponse.requestId, idempotency_key: "order-17" }),
    );
  });

  test("a replay causes nothing", async () => {
    for (const _ of [1, 2]) await stripe.customers.create({}, { idempotencyKey: "once" });
    expect((await stripe.events.list()).data).toHaveLength(1);
  });

  test("a refusal causes nothing", async () => {
    await stripe.customers.create({ email: 7 } as any).catch(() => {});
    await stripe.paymentIntents.create({ amount: -1, currency: "usd" }).catch(() => {});
    expect((await stripe.events.list()).data).toEqual([]);
  });

  test("nobody, where Stripe did it", async () => {
    await intent({ confirm: true });
    await stripe.balance.retrieve();
    const { request, data } = await last("charge.updated");
    expect(request).toEqual({ id: null, idempotency_key: null });
    expect(data.previous_attributes).toEqual({
      balance_transaction: null,
      receipt_url: expect.any(String),
    });
  });

  test("what happened in a connected account names it; the platform's own names none", async () => {
    const { id } = await stripe.accounts.create({ type: "standard", country: "US" });
    await stripe.customers.create({}, { stripeAccount: id });
    await stripe.customers.create();
    const [theirs] = (await stripe.events.list({ type: "customer.created" }, { stripeAccount: id }))
      .data;
    expect(theirs!.account).toBe(id);
    expect(await last("customer.created")).not.toHaveProperty("account");
  });

  test("the version is the account's, whatever the request asked for", async () => {
    using other = FakeStripe.new({ apiVersion: "2025-10-29.clover" });
    const client = new Stripe(other.apiKey, other.stripeOptions());
    await client.customers.create();
    expect((await client.events.list()).data[0]!.api_version).toBe("2025-10-29.clover");
  });
});

describe("the list of events", () => {
  test("is newest first, a page at a time", async () => {
    for (const name of ["a", "b", "c"]) await stripe.customers.create({ name });
    const first = await stripe.events.list({ limit: 2 });
    const names = (page: Stripe.ApiList<Stripe.Event>) =>
      page.data.map((event) => (event.data.object as Stripe.Customer).name);
    expect([names(first), first.has_more]).toEqual([["c", "b"], true]);
    const rest = await stripe.events.list({ starting_after: first.data[1]!.id });
    expect([names(rest), rest.has_more]).toEqual([["a"], false]);
  });

  test("is filtered by type, family, types and time", async () => {
    const { id } = await stripe.customers.create();
    fake.clock.advance({ hours: 1 });
    await stripe.customers.update(id, { name: "Ana" });
    await stripe.products.create({ name: "Cup" });
    const types = async (filter: Stripe.EventListParams) =>
      (await stripe.events.list(filter)).data.map(({ type }) => type);
    expect(await types({ type: "customer.updated" })).toEqual(["customer.updated"]);
    expect(await types({ type: "customer.*" })).toEqual(["customer.updated", "customer.created"]);
    expect(await types({ types: ["customer.created", "product.created"] })).toEqual([
      "product.created",
      "customer.created",
    ]);
    const now = Math.floor(fake.clock.now().getTime() / 1000);
    expect(await types({ created: { lt: now } })).toEqual(["customer.created"]);
  });

  test("an event nobody knows", async () => {
    await expect(stripe.events.retrieve("evt_none")).rejects.toMatchObject({
      code: "resource_missing",
      message: "No such notification: 'evt_none'",
      param: "id",
      statusCode: 404,
    });
  });
});
