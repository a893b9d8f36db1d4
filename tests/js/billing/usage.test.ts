// Usage from its report to its invoice, credits that pay for it, and alerts, through the real client.

import Stripe from "stripe";
import { afterEach, beforeEach, expect, test } from "vitest";
import { FakeStripe } from "../../../js/index.ts";

let fake: FakeStripe;
let stripe: Stripe;
beforeEach(() => {
  fake = FakeStripe.new({ now: "2026-01-01T00:00:00Z" });
  stripe = new Stripe(fake.apiKey, { ...fake.stripeOptions() });
});
afterEach(() => fake.stop());

/** A customer who pays by card and is subscribed to a price of 10 cents per call. */
async function subscribed() {
  const customer = await stripe.customers.create({
    payment_method: "pm_card_visa",
    invoice_settings: { default_payment_method: "pm_card_visa" },
  });
  const meter = await stripe.billing.meters.create({
    display_name: "Calls",
    event_name: "calls",
    default_aggregation: { formula: "sum" },
  });
  const price = await stripe.prices.create({
    currency: "usd",
    unit_amount: 10,
    product_data: { name: "Calls" },
    recurring: { interval: "month", usage_type: "metered", meter: meter.id },
  });
  const subscription = await stripe.subscriptions.create({
    customer: customer.id,
    items: [{ price: price.id }],
  });
  return { customer, meter, price, subscription };
}

const report = (customer: Stripe.Customer, value: string) =>
  stripe.billing.meterEvents.create({
    event_name: "calls",
    payload: { stripe_customer_id: customer.id, value },
  });

test("a month of usage is billed when it is over, whichever way it was reported", async () => {
  const { customer, meter, price, subscription } = await subscribed();
  expect(subscription).toMatchObject({ status: "active", latest_invoice: null });
  expect(subscription.items.data[0]).not.toHaveProperty("quantity");
  await report(customer, "3");
  const payload = { stripe_customer_id: customer.id, value: "4" };
  await stripe.v2.billing.meterEvents.create({ event_name: "calls", payload });
  const session = await stripe.v2.billing.meterEventSession.create();
  const stream = new Stripe(session.authentication_token, { ...fake.stripeOptions() });
  await stream.v2.billing.meterEventStream.create({
    events: [
      { event_name: "calls", payload },
      { event_name: "calls", payload, identifier: "mistaken" },
    ],
  });
  await stripe.v2.billing.meterEventAdjustments.create({
    event_name: "calls",
    type: "cancel",
    cancel: { identifier: "mistaken" },
  });
  const summaries = await stripe.billing.meters.listEventSummaries(meter.id, {
    customer: customer.id,
    start_time: Date.parse("2026-01-01") / 1000,
    end_time: Date.parse("2026-02-01") / 1000,
  });
  expect(summaries.data[0]?.aggregated_value).toBe(11);
  expect(fake.state.billing.meterEvents.count).toBe(3);

  fake.clock.advanceTo("2026-02-01T02:00:00Z");
  const [invoice] = (await stripe.invoices.list({ subscription: subscription.id })).data;
  expect(invoice).toMatchObject({ billing_reason: "subscription_cycle", status: "paid", total: 110 });
  expect(invoice!.lines.data).toHaveLength(1);
  expect(invoice!.lines.data[0]).toMatchObject({
    amount: 110,
    quantity: 11,
    period: { start: Date.parse("2026-01-01") / 1000, end: Date.parse("2026-02-01") / 1000 },
    pricing: { price_details: { price: price.id } },
  });
});

test("credits pay for usage before the card does", async () => {
  const { customer, subscription } = await subscribed();
  const grant = await stripe.billing.creditGrants.create({
    customer: customer.id,
    name: "Welcome",
    category: "promotional",
    amount: { type: "monetary", monetary: { currency: "usd", value: 100 } },
    applicability_config: { scope: { price_type: "metered" } },
  });
  await report(customer, "30");
  fake.clock.advanceTo("2026-02-01T02:00:00Z");
  const [invoice] = (await stripe.invoices.list({ subscription: subscription.id })).data;
  expect(invoice).toMatchObject({ subtotal: 300, total: 200, amount_paid: 200, status: "paid" });
  expect(invoice!.total_pretax_credit_amounts).toMatchObject([
    { amount: 100, type: "credit_balance_transaction" },
  ]);
  const transactions = await stripe.billing.creditBalanceTransactions.list({ customer: customer.id });
  expect(transactions.data.map(({ type }) => type)).toEqual(["debit", "credit"]);
  expect(transactions.data[0]!.debit).toMatchObject({
    amount: { monetary: { currency: "usd", value: 100 } },
    credits_applied: { invoice: invoice!.id },
    type: "credits_applied",
  });
  await expect(stripe.billing.creditGrants.voidGrant(grant.id)).rejects.toMatchObject({ statusCode: 400 });
  const types = (await stripe.events.list({ type: "billing.credit_grant.created" })).data;
  expect(types.map(({ data }) => (data.object as { id: string }).id)).toEqual([grant.id]);
});

test("an alert goes off once, and its webhook carries the value", async () => {
  const { customer, meter } = await subscribed();
  await stripe.billing.alerts.create({
    alert_type: "usage_threshold",
    title: "Half of it",
    usage_threshold: { gte: 50, meter: meter.id, recurrence: "one_time" },
  });
  await report(customer, "49");
  await report(customer, "2");
  await report(customer, "2");
  const told = await stripe.events.list({ type: "billing.alert.triggered" });
  expect(told.data.map(({ data }) => data.object)).toMatchObject([
    { object: "billing.alert_triggered", customer: customer.id, value: 51, alert: { title: "Half of it" } },
  ]);
});

test("what could not be counted is told as an event of v2", async () => {
  const { customer, meter } = await subscribed();
  await report(customer, "many");
  const [event] = (await stripe.v2.core.events.list({ object_id: meter.id })).data;
  expect(event).toMatchObject({
    type: "v1.billing.meter.error_report_triggered",
    related_object: { id: meter.id, type: "billing.meter" },
    data: { reason: { error_count: 1, error_types: [{ code: "meter_event_invalid_value" }] } },
  });
  expect(fake.state.billing.meterEvents.count).toBe(0);
});
