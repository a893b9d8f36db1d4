/** Doing things once, as stripe-node shows it: https://docs.stripe.com/api/idempotent_requests */

import Stripe from "stripe";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { FakeStripe } from "../../js/index.ts";

let fake: FakeStripe;
let stripe: Stripe;
beforeEach(() => {
  fake = FakeStripe.new({ now: "2026-11-21T12:00:00Z" });
  stripe = new Stripe(fake.apiKey, { maxNetworkRetries: 0 });
});
afterEach(() => fake.stop());

const once = { idempotencyKey: "once" };

describe("a key used again", () => {
  test("gives the first answer, and says so", async () => {
    const first = await stripe.customers.create({ name: "Ana" }, once);
    const again = await stripe.customers.create({ name: "Ana" }, once);
    expect({ ...again }).toEqual({ ...first });
    expect(fake.state.customers.count).toBe(1);
    const headers = again.lastResponse.headers;
    expect(headers).toMatchObject({
      "idempotent-replayed": "true",
      "idempotency-key": "once",
      "original-request": first.lastResponse.requestId,
    });
    expect(first.lastResponse.headers["idempotent-replayed"]).toBeUndefined();
    expect(again.lastResponse.requestId).not.toBe(first.lastResponse.requestId);
    expect(again.lastResponse.idempotencyKey).toBe("once");
  });

  test("with other parameters is an error", async () => {
    await stripe.customers.create({ name: "Ana" }, once);
    const error = await stripe.customers.create({ name: "Eva" }, once).catch((error) => error);
    expect(error).toBeInstanceOf(Stripe.errors.StripeIdempotencyError);
    expect(error).toMatchObject({
      statusCode: 400,
      rawType: "idempotency_error",
      message:
        "Keys for idempotent requests can only be used with the same parameters they were first " +
        "used with. Try using a key other than 'once' if you meant to execute a different request.",
    });
    expect(fake.state.customers.count).toBe(1);
  });

  test("on another path is an error", async () => {
    await stripe.customers.create({ name: "Ana" }, once);
    await expect(stripe.products.create({ name: "Ana" }, once)).rejects.toThrow(
      "Keys for idempotent requests can only be used for the same endpoint they were first used " +
        "for ('/v1/products' vs '/v1/customers').",
    );
  });

  test("replays a decline", async () => {
    const given = {
      amount: 1000,
      currency: "usd",
      payment_method: "pm_card_chargeDeclined",
      confirm: true,
      return_url: "https://example.com/back",
    };
    const [one, two] = [
      await stripe.paymentIntents.create(given, once).catch((error) => error),
      await stripe.paymentIntents.create(given, once).catch((error) => error),
    ];
    expect(one).toMatchObject({ type: "StripeCardError", statusCode: 402, code: "card_declined" });
    expect(two.charge).toBe(one.charge);
    expect(fake.state.charges.count).toBe(1);
  });

  test("is not used up by a request that was wrong", async () => {
    const wrong = { wat: "1" } as Stripe.CustomerCreateParams;
    await expect(stripe.customers.create(wrong, once)).rejects.toMatchObject({ statusCode: 400 });
    expect((await stripe.customers.create({ name: "Ana" }, once)).name).toBe("Ana");
  });

  test("is forgotten after a day", async () => {
    const first = await stripe.customers.create({ name: "Ana" }, once);
    fake.clock.advance({ hours: 24 });
    expect((await stripe.customers.create({ name: "Ana" }, once)).id).not.toBe(first.id);
  });

  test("is another one for a connected account", async () => {
    const { id } = fake.accounts.create({ type: "custom", country: "US" });
    const ours = await stripe.customers.create({ name: "Ana" }, once);
    const theirs = await stripe.customers.create({ name: "Ana" }, { ...once, stripeAccount: id });
    expect(theirs.id).not.toBe(ours.id);
  });

  test("does not matter to what only reads", async () => {
    const { id } = await stripe.customers.create({ name: "Ana" }, once);
    const options = { idempotencyKey: "read" };
    expect((await stripe.customers.retrieve(id, {}, options)).id).toBe(id);
    expect((await stripe.customers.list({}, options)).data).toHaveLength(1);
  });
});

test("requests without a key of their own are never the same", async () => {
  await Promise.all([1, 2].map(() => stripe.customers.create({ name: "Ana" })));
  expect(fake.state.customers.count).toBe(2);
});

test("events name the key of the request that caused them", async () => {
  const { lastResponse } = await stripe.customers.create({ name: "Ana" }, once);
  expect(fake.state.events[0]?.request).toEqual({
    id: lastResponse.requestId,
    idempotency_key: "once",
  });
});
