// What is special about files, keys that expire, secrets, catalogues, readers, usage and treasury.

import Stripe from "stripe";
import { afterEach, beforeEach, expect, test } from "vitest";
import { FakeStripe } from "../../pkg/index.mjs";

let fake: FakeStripe;
let stripe: Stripe;
beforeEach(() => {
  fake = FakeStripe.new();
  stripe = new Stripe(fake.apiKey, { ...(fake.stripeOptions() as object), maxNetworkRetries: 0 });
});
afterEach(() => fake.stop());

/** The error a request comes to. */
async function refusal(request: Promise<unknown>): Promise<Stripe.errors.StripeError> {
  return await request.then(
    () => expect.fail("it was not refused"),
    (error: Stripe.errors.StripeError) => error,
  );
}

test("what is downloaded is what was uploaded, byte by byte", async () => {
  const data = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
  const file = await stripe.files.create({
    purpose: "dispute_evidence",
    file: { data, name: "bytes.bin", type: "application/octet-stream" },
  });
  expect(file).toMatchObject({ object: "file", filename: "bytes.bin", size: 256, type: "bin", purpose: "dispute_evidence" });
  const headers = { authorization: `Bearer ${fake.apiKey}` };
  const answer = await fake.fetch(file.url as string, { headers });
  expect(answer.headers.get("content-type")).toBe("application/octet-stream");
  expect(Buffer.from(await answer.arrayBuffer())).toEqual(data);
});

test("a file link leads to the file without a key, until it expires", async () => {
  const file = await stripe.files.create({
    purpose: "business_logo",
    file: { data: Buffer.from("%PDF-1.4"), name: "logo", type: "application/pdf" },
  });
  const link = await stripe.fileLinks.create({ file: file.id });
  expect(await (await fake.fetch(link.url as string)).text()).toBe("%PDF-1.4");
  const expired = await stripe.fileLinks.update(link.id, { expires_at: "now" });
  expect(expired.expired).toBe(true);
  expect((await fake.fetch(link.url as string)).status).toBe(404);
});

test("an ephemeral key needs a version and tells its secret once", async () => {
  const customer = await stripe.customers.create();
  const key = await stripe.ephemeralKeys.create({ customer: customer.id }, { apiVersion: "2026-10-28.endive" });
  expect(key).toMatchObject({ object: "ephemeral_key", associated_objects: [{ id: customer.id, type: "customer" }] });
  expect(key.secret).toMatch(/^ek_test_/);
  expect(await stripe.ephemeralKeys.del(key.id)).not.toHaveProperty("secret");
  const unknown = await refusal(
    stripe.ephemeralKeys.create({ customer: "cus_none" }, { apiVersion: "2026-10-28.endive" }),
  );
  expect(unknown).toMatchObject({ statusCode: 400, code: "resource_missing", param: "customer" });
});

test("a webhook endpoint tells its secret only when it is created", async () => {
  const endpoint = await stripe.webhookEndpoints.create({ url: "https://example.com/hook", enabled_events: ["*"] });
  expect(endpoint.secret).toMatch(/^whsec_/);
  expect(await stripe.webhookEndpoints.retrieve(endpoint.id)).not.toHaveProperty("secret");
  expect((await stripe.webhookEndpoints.list()).data[0]).not.toHaveProperty("secret");
  const disabled = await stripe.webhookEndpoints.update(endpoint.id, { disabled: true });
  expect(disabled.status).toBe("disabled");
  expect(disabled).not.toHaveProperty("secret");
});

test("events can be listed by a family of types", async () => {
  const customer = await stripe.customers.create();
  await stripe.customers.update(customer.id, { name: "Ana" });
  await stripe.products.create({ name: "Book" });
  const types = (await stripe.events.list({ type: "customer.*" })).data.map((event) => event.type);
  expect(types).toEqual(["customer.updated", "customer.created"]);
  const some = await stripe.events.list({ types: ["product.created", "customer.created"] });
  expect(some.data.map((event) => event.type)).toEqual(["product.created", "customer.created"]);
});

test("catalogues are paged and tell what they do not have", async () => {
  const first = await stripe.countrySpecs.list({ limit: 3 });
  expect(first.has_more).toBe(true);
  const second = await stripe.countrySpecs.list({ limit: 3, starting_after: first.data[2]?.id as string });
  const back = await stripe.countrySpecs.list({ limit: 3, ending_before: second.data[0]?.id as string });
  expect(back.data.map((spec) => spec.id)).toEqual(first.data.map((spec) => spec.id));
  expect((await stripe.taxCodes.retrieve("txcd_10000000")).object).toBe("tax_code");
  expect((await stripe.exchangeRates.retrieve("usd")).rates["usd"]).toBe(1);
  expect(await refusal(stripe.countrySpecs.retrieve("XX"))).toMatchObject({ statusCode: 404, code: "resource_missing" });
});

test("a secret of an app is found by name and scope, and its payload only when asked for", async () => {
  const user = { type: "user" as const, user: "usr_1" };
  await stripe.apps.secrets.create({ name: "token", payload: "for all", scope: { type: "account" } });
  const first = await stripe.apps.secrets.create({ name: "token", payload: "for one", scope: user });
  const again = await stripe.apps.secrets.create({ name: "token", payload: "for one, newer", scope: user });
  expect(again.id).toBe(first.id);
  expect(again).not.toHaveProperty("payload");
  const found = await stripe.apps.secrets.find({ name: "token", scope: user, expand: ["payload"] });
  expect(found.payload).toBe("for one, newer");
  await stripe.apps.secrets.deleteWhere({ name: "token", scope: user });
  expect((await refusal(stripe.apps.secrets.find({ name: "token", scope: user }))).statusCode).toBe(404);
  expect((await stripe.apps.secrets.list({ scope: { type: "account" } })).data).toHaveLength(1);
});

test("a reader does one thing at a time", async () => {
  const location = await stripe.terminal.locations.create({
    display_name: "Shop",
    address: { line1: "1 Main St", city: "Reno", state: "NV", country: "US", postal_code: "89501" },
  });
  const reader = await stripe.terminal.readers.create({ registration_code: "simulated-wpe", location: location.id });
  const intent = await stripe.paymentIntents.create({ amount: 1000, currency: "usd" });
  const busy = await stripe.terminal.readers.processPaymentIntent(reader.id, { payment_intent: intent.id });
  expect(busy.action).toMatchObject({
    type: "process_payment_intent",
    status: "in_progress",
    failure_code: null,
    process_payment_intent: { payment_intent: intent.id },
  });
  expect(await stripe.terminal.readers.cancelAction(reader.id)).toMatchObject({ action: null });
  const wrong = await refusal(stripe.terminal.readers.processPaymentIntent(reader.id, { payment_intent: "pi_none" }));
  expect(wrong).toMatchObject({ code: "resource_missing", param: "payment_intent" });
  const [one, other] = await Promise.all([
    stripe.terminal.connectionTokens.create(),
    stripe.terminal.connectionTokens.create(),
  ]);
  expect(one.secret).not.toBe(other.secret);
});

test("usage adds up to summaries, a window at a time", async () => {
  const customer = await stripe.customers.create();
  const meter = await stripe.billing.meters.create({
    display_name: "Calls",
    event_name: "calls",
    default_aggregation: { formula: "sum" },
  });
  const start = Math.floor(Date.now() / 86_400_000) * 86_400;
  const report = async (value: string, timestamp: number, identifier: string) =>
    await stripe.billing.meterEvents.create({
      event_name: "calls",
      payload: { stripe_customer_id: customer.id, value },
      timestamp,
      identifier,
    });
  await report("2", start + 10, "a");
  await report("3", start + 20, "b");
  await report("5", start + 3700, "c");
  const range = { customer: customer.id, start_time: start, end_time: start + 86_400 };
  const whole = await stripe.billing.meters.listEventSummaries(meter.id, range);
  expect(whole.data.map((summary) => summary.aggregated_value)).toEqual([10]);
  const hours = await stripe.billing.meters.listEventSummaries(meter.id, { ...range, value_grouping_window: "hour" });
  expect(hours.data.map((summary) => summary.aggregated_value)).toEqual([5, 5]);
  await stripe.billing.meterEventAdjustments.create({ event_name: "calls", type: "cancel", cancel: { identifier: "c" } });
  const less = await stripe.billing.meters.listEventSummaries(meter.id, range);
  expect(less.data[0]?.aggregated_value).toBe(5);
  expect((await refusal(report("1", start, "a"))).statusCode).toBe(400);
});

test("a session's token streams meter events, any other token does not", async () => {
  const session = await stripe.v2.billing.meterEventSession.create();
  const stream = new Stripe(session.authentication_token, { ...(fake.stripeOptions() as object), maxNetworkRetries: 0 });
  const events = [{ event_name: "calls", payload: { stripe_customer_id: "cus_1", value: "1" } }];
  await stream.v2.billing.meterEventStream.create({ events });
  const stranger = new Stripe("token_none", { ...(fake.stripeOptions() as object), maxNetworkRetries: 0 });
  expect((await refusal(stranger.v2.billing.meterEventStream.create({ events }))).statusCode).toBe(401);
});

test("credit grants make a balance until they are voided", async () => {
  const customer = await stripe.customers.create();
  const make = async (value: number) =>
    await stripe.billing.creditGrants.create({
      customer: customer.id,
      amount: { type: "monetary", monetary: { currency: "usd", value } },
      applicability_config: { scope: { price_type: "metered" } },
    });
  const [small] = [await make(100), await make(900)];
  const balance = async () => {
    const summary = await stripe.billing.creditBalanceSummaries.retrieve({
      customer: customer.id,
      filter: { type: "applicability_scope", applicability_scope: { price_type: "metered" } },
    });
    return summary.balances[0]?.available_balance.monetary?.value;
  };
  expect(await balance()).toBe(1000);
  await stripe.billing.creditGrants.voidGrant(small.id);
  expect(await balance()).toBe(900);
});

test("money moves through a financial account, and not more than it holds", async () => {
  const account = await stripe.treasury.financialAccounts.create({ supported_currencies: ["usd"] });
  const of = { currency: "usd", financial_account: account.id };
  const cash = async () => (await stripe.treasury.financialAccounts.retrieve(account.id)).balance;
  await stripe.testHelpers.treasury.receivedCredits.create({ ...of, amount: 1000, network: "ach" });
  const payment = await stripe.treasury.outboundPayments.create({ ...of, amount: 400 });
  expect(payment.status).toBe("processing");
  expect(await cash()).toMatchObject({ cash: { usd: 600 }, outbound_pending: { usd: 400 } });
  await stripe.testHelpers.treasury.outboundPayments.post(payment.id);
  expect(await cash()).toMatchObject({ cash: { usd: 600 }, outbound_pending: { usd: 0 } });
  const returned = await stripe.testHelpers.treasury.outboundPayments.returnOutboundPayment(payment.id, {
    returned_details: { code: "account_closed" },
  });
  expect(returned).toMatchObject({ status: "returned", returned_details: { code: "account_closed" } });
  expect(await cash()).toMatchObject({ cash: { usd: 1000 } });
  expect((await refusal(stripe.treasury.outboundPayments.create({ ...of, amount: 1001 }))).statusCode).toBe(400);
  expect(await cash()).toMatchObject({ cash: { usd: 1000 }, outbound_pending: { usd: 0 } });
});

test("an authorization of an active card is approved and captured, one of an inactive card is not", async () => {
  const address = { line1: "1 Main St", city: "Reno", state: "NV", country: "US", postal_code: "89501" };
  const cardholder = await stripe.issuing.cardholders.create({ name: "Ana", type: "individual", billing: { address } });
  const card = await stripe.issuing.cards.create({ cardholder: cardholder.id, currency: "usd", type: "virtual", status: "active" });
  expect(card.cardholder).toMatchObject({ id: cardholder.id, object: "issuing.cardholder" });
  const helpers = stripe.testHelpers.issuing;
  const authorization = await helpers.authorizations.create({ card: card.id, amount: 700 });
  expect(authorization).toMatchObject({ approved: true, status: "pending", amount: 700, currency: "usd" });
  const captured = await helpers.authorizations.capture(authorization.id, { capture_amount: 500 });
  expect(captured.status).toBe("closed");
  expect(captured.transactions[0]).toMatchObject({ amount: -500, type: "capture", authorization: authorization.id });
  await stripe.issuing.cards.update(card.id, { status: "inactive" });
  const refused = await helpers.authorizations.create({ card: card.id, amount: 700 });
  expect(refused).toMatchObject({ approved: false, status: "closed" });
  expect((await refusal(helpers.authorizations.capture(refused.id))).statusCode).toBe(400);
});

test("a tax calculation becomes a transaction once a reference, and can be reversed", async () => {
  const address = { line1: "1 Main St", city: "Reno", state: "NV", country: "US", postal_code: "89501" };
  const calculation = await stripe.tax.calculations.create({
    currency: "usd",
    line_items: [{ amount: 1000, reference: "a" }, { amount: 500, reference: "b" }],
    customer_details: { address, address_source: "billing" },
  });
  expect(calculation).toMatchObject({ amount_total: 1500, tax_amount_exclusive: 0 });
  const lines = await stripe.tax.calculations.listLineItems(calculation.id as string, { limit: 1 });
  expect(lines).toMatchObject({ has_more: true, data: [{ reference: "a", amount: 1000 }] });
  const made = await stripe.tax.transactions.createFromCalculation({ calculation: calculation.id as string, reference: "order 1" });
  const again = stripe.tax.transactions.createFromCalculation({ calculation: calculation.id as string, reference: "order 1" });
  expect(await refusal(again)).toMatchObject({ statusCode: 400, param: "reference" });
  const reversal = await stripe.tax.transactions.createReversal({
    mode: "full",
    original_transaction: made.id,
    reference: "order 1, returned",
  });
  expect(reversal).toMatchObject({ type: "reversal", reversal: { original_transaction: made.id } });
  expect(reversal.line_items?.data.map((line) => line.amount)).toEqual([-1000, -500]);
});

test("a subscription has items with prices and periods", async () => {
  const customer = await stripe.customers.create({
    payment_method: "pm_card_visa",
    invoice_settings: { default_payment_method: "pm_card_visa" },
  });
  const product = await stripe.products.create({ name: "Club", default_price_data: { currency: "usd", unit_amount: 900, recurring: { interval: "month" } } });
  const subscription = await stripe.subscriptions.create({ customer: customer.id, items: [{ price: product.default_price as string, quantity: 2 }] });
  expect(subscription).toMatchObject({ status: "active", currency: "usd" });
  expect(subscription.items.data[0]).toMatchObject({ quantity: 2, price: { id: product.default_price, unit_amount: 900 } });
  const missing = stripe.subscriptions.create({ customer: customer.id, items: [{ price: "price_none" }] });
  expect(await refusal(missing)).toMatchObject({ code: "resource_missing", param: "items[0][price]" });
  expect((await stripe.subscriptions.cancel(subscription.id)).status).toBe("canceled");
});

test("a quote is finalized once, and is a PDF", async () => {
  const customer = await stripe.customers.create();
  const price = await stripe.prices.create({ currency: "usd", unit_amount: 1200, product_data: { name: "Work" } });
  const quote = await stripe.quotes.create({ customer: customer.id, line_items: [{ price: price.id, quantity: 3 }] });
  expect(quote).toMatchObject({ status: "draft", amount_total: 3600 });
  expect((await stripe.quotes.finalizeQuote(quote.id)).status).toBe("open");
  expect((await refusal(stripe.quotes.finalizeQuote(quote.id))).statusCode).toBe(400);
  const chunks: Buffer[] = [];
  for await (const chunk of await stripe.quotes.pdf(quote.id)) chunks.push(Buffer.from(chunk as Uint8Array));
  expect(Buffer.concat(chunks).toString("latin1")).toMatch(/^%PDF-/);
});
