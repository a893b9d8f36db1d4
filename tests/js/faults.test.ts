/** Failures on purpose, seen through the `stripe` package and its own retries. */

import { FakeStripe } from "fakestripe";
import Stripe from "stripe";
import { afterEach, beforeEach, expect, test } from "vitest";

let fake: FakeStripe;

beforeEach(() => {
  fake = FakeStripe.new();
});

afterEach(() => fake.stop());

const client = (options: ConstructorParameters<typeof Stripe>[1] = {}) =>
  new Stripe(fake.apiKey, { maxNetworkRetries: 0, ...options });

/** Each way a client can be connected; one breaks in another way than the others. */
const clients: [string, () => Stripe][] = [
  ["Node's client", () => client({ maxNetworkRetries: 2 })],
  ["the fetch client", () =>
    client({ maxNetworkRetries: 2, httpClient: Stripe.createFetchHttpClient() })],
  ["fake.httpClient", () => client({ maxNetworkRetries: 2, httpClient: fake.httpClient })],
];

test.each(clients)("a lost answer is asked for again and the work done once: %s", async (_, make) => {
  fake.failNext("POST /v1/customers", { network: "lost_answer" });
  const customer = await make().customers.create({ name: "Ana" });
  expect(customer.name).toBe("Ana");
  expect(fake.state.customers.count).toBe(1);
  expect(fake.requests).toHaveLength(2);
});

test.each(clients)("a broken connection never arrives: %s", async (_, make) => {
  fake.failNext("POST /v1/customers", { network: "ECONNRESET" }, { times: 3 });
  await expect(make().customers.create()).rejects.toMatchObject({ type: "StripeConnectionError" });
  expect(fake.state.customers.count).toBe(0);
});

test("a decline of any code can be asked for", async () => {
  fake.failNext("POST /v1/payment_intents", { code: "card_declined" });
  const failed = client().paymentIntents.create({ amount: 1000, currency: "usd" });
  await expect(failed).rejects.toMatchObject({
    type: "StripeCardError",
    statusCode: 402,
    code: "card_declined",
    decline_code: "generic_decline",
    message: "Your card was declined.",
  });
  await client().paymentIntents.create({ amount: 1000, currency: "usd" });
  expect(fake.state.paymentIntents.count).toBe(1);
});

test.each([
  ["insufficient_funds", 402, "card_declined"],
  ["expired_card", 402, "expired_card"],
  ["lock_timeout", 429, "lock_timeout"],
  ["rate_limit", 429, "rate_limit"],
  ["balance_insufficient", 400, "balance_insufficient"],
  ["account_invalid", 403, "account_invalid"],
])("the code %s is answered with %i", async (code, statusCode, shown) => {
  fake.failNext("/v1/customers", { code });
  await expect(client().customers.create()).rejects.toMatchObject({ statusCode, code: shown });
});

test("over HTTP alone, metadata asks for the error", async () => {
  const failed = client().customers.create({
    metadata: { fakestripe_error: "insufficient_funds" },
  });
  await expect(failed).rejects.toMatchObject({
    statusCode: 402,
    code: "card_declined",
    decline_code: "insufficient_funds",
    message: "Your card has insufficient funds.",
  });
  expect(fake.state.customers.count).toBe(0);
  const unknown = client().customers.create({ metadata: { fakestripe_error: "no_such_code" } });
  await expect(unknown).rejects.toMatchObject({
    message: expect.stringMatching(/^fakestripe: .*no_such_code/),
  });
});

test("a 500 is kept under its idempotency key, a 429 is not", async () => {
  const stripe = client();
  fake.failNext("POST /v1/customers", { status: 500 });
  for (let attempt = 0; attempt < 2; attempt += 1) {
    const failed = stripe.customers.create({}, { idempotencyKey: "kept" });
    await expect(failed).rejects.toMatchObject({ type: "StripeAPIError", statusCode: 500 });
  }
  fake.failNext("POST /v1/customers", { code: "lock_timeout" });
  const refused = stripe.customers.create({}, { idempotencyKey: "free" });
  await expect(refused).rejects.toMatchObject({ statusCode: 429 });
  await stripe.customers.create({}, { idempotencyKey: "free" });
  expect(fake.state.customers.count).toBe(1);
});

test("stripe-node's own retries get over a lock", async () => {
  fake.failNext("POST /v1/customers", { code: "lock_timeout" });
  await client({ maxNetworkRetries: 1 }).customers.create();
  expect(fake.requests.map(({ status }) => status)).toEqual([429, 200]);
});

test("a fault comes after authentication and before the parameters", async () => {
  fake.failNext("POST /v1/customers", { status: 503 }, { times: 2 });
  const stranger = new Stripe(fake.publishableKey, { httpClient: fake.httpClient });
  await expect(stranger.customers.create()).rejects.toMatchObject({ statusCode: 401 });
  const wrong = client().customers.create({ nonsense: 1 } as Stripe.CustomerCreateParams);
  await expect(wrong).rejects.toMatchObject({ statusCode: 503 });
});

test("on answers what it wants to and leaves the rest alone", async () => {
  const stripe = client();
  const end = fake.on("GET /v1/customers/:id", ({ path }) =>
    path.endsWith("cus_mine") ? { body: { id: "cus_mine", object: "customer" } } : undefined,
  );
  expect((await stripe.customers.retrieve("cus_mine")).id).toBe("cus_mine");
  await expect(stripe.customers.retrieve("cus_other")).rejects.toMatchObject({ statusCode: 404 });
  end();
  await expect(stripe.customers.retrieve("cus_mine")).rejects.toMatchObject({ statusCode: 404 });
});

test("a failure of nothing, and a request that is none, are refused at once", () => {
  expect(() => fake.failNext("charges", { status: 500 })).toThrow(/"charges" is no request/);
  expect(() => fake.failNext("POST /v1/charges", {} as never)).toThrow(/`code`/);
});
