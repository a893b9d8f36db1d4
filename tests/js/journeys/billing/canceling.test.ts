/**
 * Cancellation: now, at the period's end, at a date; with a credit and a last invoice; and what an update of items may and may not do.
 *
 * Sources: recorded; https://docs.stripe.com/billing/subscriptions/cancel, https://docs.stripe.com/api/subscriptions/cancel,
 * https://docs.stripe.com/api/subscriptions/update, https://docs.stripe.com/api/subscription_items.
 */

import type Stripe from "stripe";
import { expect, test } from "vitest";
import { error } from "../stage.ts";
import { amounts, at, facts, item, latest, shop } from "./changes.ts";

const NOW = at("2026-01-16");
const END = at("2026-02-01");

/** 1000 a month since the new year; it is 16 January. */
async function january(more: Partial<Stripe.SubscriptionCreateParams> = {}) {
  const here = await shop();
  const basic = await here.price("Basic", 1000);
  const made = await here.subscribe(basic, more);
  here.fake.clock.advanceTo(new Date(NOW * 1000));
  await here.told();
  return { ...here, basic, made, id: made.id, only: item(made) };
}

/** What says that and when a subscription ends. */
const ending = ({ cancel_at, cancel_at_period_end, canceled_at, cancellation_details, status, ended_at }: Stripe.Subscription) => ({
  cancel_at,
  cancel_at_period_end,
  canceled_at,
  reason: cancellation_details!.reason,
  status,
  ended_at,
});

const GOES_ON = {
  cancel_at: null,
  cancel_at_period_end: false,
  canceled_at: null,
  reason: null,
  status: "active",
  ended_at: null,
};
const ASKED = { ...GOES_ON, canceled_at: NOW, reason: "cancellation_requested" };

test("cancel_at_period_end, and taken back", async () => {
  const { update, id, told } = await january();
  const leaving = await update(id, { cancel_at_period_end: true });
  expect(ending(leaving)).toEqual({ ...ASKED, cancel_at: END, cancel_at_period_end: true });
  expect(await told()).toEqual(["customer.subscription.updated"]);
  expect(ending(await update(id, { cancel_at_period_end: false }))).toEqual(GOES_ON);
  expect(await told()).toEqual(["customer.subscription.updated"]);
});

test.each<[string, Stripe.SubscriptionUpdateParams["cancel_at"], number]>([
  ["a date", at("2026-03-15"), at("2026-03-15")],
  ["min_period_end", "min_period_end", END],
  ["max_period_end", "max_period_end", at("2027-01-01")],
])("cancel_at: %s", async (_, cancel_at, ends) => {
  const { update, id, price, pending } = await january();
  const yearly = await price("Yearly", 9000, { recurring: { interval: "year" } });
  await update(id, { items: [{ price: yearly }], proration_behavior: "none" });
  const leaving = await update(id, { cancel_at, proration_behavior: "none" });
  expect(ending(leaving)).toEqual({ ...ASKED, cancel_at: ends });
  expect(await pending()).toEqual([]);
  expect(ending(await update(id, { cancel_at: "" }))).toEqual(GOES_ON);
});

// What it was when it was asked for stays; the end is the period's.
test.each<[string, Stripe.SubscriptionUpdateParams, boolean]>([
  ["at its end", { cancel_at_period_end: true }, true],
  ["at a date", { cancel_at: END }, false],
])("a subscription that is to end %s ends", async (_, change, flag) => {
  const { fake, stripe, update, id, told } = await january();
  await update(id, change);
  await told();
  fake.clock.advanceTo(new Date("2026-02-20T00:00:00Z"));
  const ended = await stripe.subscriptions.retrieve(id);
  expect(ending(ended)).toEqual({ ...ASKED, cancel_at: END, cancel_at_period_end: flag, status: "canceled", ended_at: END });
  expect(await told()).toEqual(["customer.subscription.deleted"]);
  expect((await stripe.invoices.list({ subscription: id })).data).toHaveLength(1);
});

test("DELETE ends it now, and answers with the whole of it", async () => {
  const { stripe, id, told, made } = await january();
  const ended = await stripe.subscriptions.cancel(id);
  expect(ending(ended)).toEqual({ ...ASKED, status: "canceled", ended_at: NOW });
  expect(ended.items.data[0]).toMatchObject({ current_period_start: at("2026-01-01"), current_period_end: END });
  expect(ended).toMatchObject({ object: "subscription", customer: made.customer, latest_invoice: latest(made).id });
  expect(await told()).toEqual(["customer.subscription.deleted"]);
  expect(await stripe.subscriptions.retrieve(id)).toMatchObject({ status: "canceled" });
  expect(await error(stripe.subscriptions.cancel(id))).toMatchObject({
    statusCode: 404,
    code: "resource_missing",
    param: "id",
    message: `No such subscription: '${id}'`,
  });
});

test("DELETE after it was to end at the period's end: it was asked for then", async () => {
  const { fake, stripe, update, id } = await january();
  await update(id, { cancel_at_period_end: true });
  fake.clock.advance({ days: 3 });
  const ended = await stripe.subscriptions.cancel(id);
  expect(ending(ended)).toEqual({ ...ASKED, status: "canceled", ended_at: at("2026-01-19") });
});

test("payments that fail to the last end it", async () => {
  const { fake, stripe, card, id } = await january();
  await card("pm_card_chargeCustomerFail");
  fake.clock.advanceTo(new Date("2026-03-15T00:00:00Z"));
  const ended = await stripe.subscriptions.retrieve(id);
  expect(ending(ended)).toEqual({
    ...GOES_ON,
    canceled_at: ended.ended_at,
    reason: "payment_failed",
    status: "canceled",
    ended_at: expect.any(Number),
  });
});

test("why it ends is said with the cancellation, and only with it", async () => {
  const { stripe, update, id } = await january();
  const why = { comment: "Too much", feedback: "too_expensive" as const };
  expect(await error(update(id, { cancellation_details: why }))).toMatchObject({
    statusCode: 400,
    message: "`cancellation_details` can only be set on subscriptions that are set to cancel.",
  });
  const leaving = await update(id, { cancel_at_period_end: true, cancellation_details: why });
  expect(leaving.cancellation_details).toMatchObject({ ...why, reason: "cancellation_requested" });
  const ended = await stripe.subscriptions.cancel(id, { cancellation_details: { feedback: "unused" } });
  expect(ended.cancellation_details).toMatchObject({ comment: "Too much", feedback: "unused" });
  // Afterwards too, and nothing else but metadata.
  const told = await update(id, { cancellation_details: { comment: "Never mind" }, metadata: { by: "phone" } });
  expect(told).toMatchObject({ cancellation_details: { comment: "Never mind" }, metadata: { by: "phone" } });
  expect(await error(update(id, { description: "Mine" }))).toMatchObject({
    statusCode: 400,
    code: "invalid_canceled_subscription_fields",
    message: "A canceled subscription can only update its cancellation_details and metadata.",
  });
});

test.each(["customer_service", "low_quality", "missing_features", "other", "switched_service", "too_complex", "too_expensive", "unused"] as const)(
  "feedback: %s",
  async (feedback) => {
    const { stripe, id } = await january();
    const ended = await stripe.subscriptions.cancel(id, { cancellation_details: { feedback } });
    expect(ended.cancellation_details!.feedback).toBe(feedback);
  },
);

test("what is open is not collected by itself any more", async () => {
  const { fake, stripe, card, id } = await january();
  await card("pm_card_chargeCustomerFail");
  fake.clock.advanceTo(new Date("2026-02-01T02:00:00Z"));
  await stripe.subscriptions.cancel(id);
  const [open] = (await stripe.invoices.list({ subscription: id })).data;
  expect(open).toMatchObject({ status: "open", auto_advance: false, next_payment_attempt: null, attempt_count: 1 });
  fake.clock.advance({ days: 60 });
  expect(await stripe.invoices.retrieve(open!.id!)).toMatchObject({ status: "open", attempt_count: 1 });
});

// With a credit, with a last invoice.

test("DELETE takes pending prorations back, and leaves what else is pending", async () => {
  const { stripe, customer, update, id, only, pending } = await january();
  await update(id, { items: [{ id: only, quantity: 2 }] });
  await stripe.invoiceItems.create({ customer, subscription: id, amount: 300, currency: "usd" });
  expect(await pending()).toHaveLength(3);
  await stripe.subscriptions.cancel(id);
  expect(amounts(await pending())).toEqual([300]);
});

test("prorate: a credit for each item, for the rest of what was billed", async () => {
  const { stripe, update, id, price, pending, invoices } = await january();
  const second = await update(id, { items: [{ price: await price("Pro", 2000), quantity: 2 }], proration_behavior: "always_invoice" });
  await stripe.subscriptions.cancel(id, { prorate: true });
  const credits = await pending();
  expect(credits.map(facts)).toMatchObject([
    { amount: -2065, description: "Unused time on 2 × Pro after 16 Jan 2026", period: { start: NOW, end: END } },
    { amount: -516, description: "Unused time on Basic after 16 Jan 2026", period: { start: NOW, end: END } },
  ]);
  expect(latest(second).total).toBe(2065);
  expect(await invoices()).toHaveLength(2);
});

test("prorate: usage is not given back", async () => {
  const { stripe, customer, price, pending } = await shop();
  const meter = await stripe.billing.meters.create({
    display_name: "Calls",
    event_name: "calls",
    default_aggregation: { formula: "sum" },
  });
  const metered = await price("Calls", 2, { recurring: { interval: "month", usage_type: "metered", meter: meter.id } });
  const { id } = await stripe.subscriptions.create({ customer, items: [{ price: metered }] });
  await stripe.subscriptions.cancel(id, { prorate: true });
  expect(await pending()).toEqual([]);
});

test("invoice_now bills what is pending and what was used", async () => {
  const { stripe, customer, update, id, price, fake } = await january();
  const meter = await stripe.billing.meters.create({
    display_name: "Calls",
    event_name: "calls",
    default_aggregation: { formula: "sum" },
  });
  const metered = await price("Calls", 2, { recurring: { interval: "month", usage_type: "metered", meter: meter.id } });
  await update(id, { items: [{ price: metered }] });
  await stripe.billing.meterEvents.create({ event_name: "calls", payload: { stripe_customer_id: customer, value: "100" } });
  await stripe.invoiceItems.create({ customer, subscription: id, amount: 300, currency: "usd" });
  fake.clock.advance({ minutes: 10 });
  const ended = await stripe.subscriptions.cancel(id, { invoice_now: true, expand: ["latest_invoice"] });
  expect(latest(ended)).toMatchObject({ billing_reason: "subscription_cycle", total: 500, status: "paid" });
  expect(amounts(latest(ended).lines.data).sort()).toEqual([200, 300]);
});

test("invoice_now with nothing to bill makes no invoice", async () => {
  const { stripe, id, invoices } = await january();
  await stripe.subscriptions.cancel(id, { invoice_now: true });
  expect(await invoices()).toHaveLength(1);
});

test("a last invoice over a credit is written off, and the customer does not have it", async () => {
  const { fake, stripe, id, balance } = await january();
  const ended = await stripe.subscriptions.cancel(id, { invoice_now: true, prorate: true, expand: ["latest_invoice"] });
  expect(latest(ended)).toMatchObject({ billing_reason: "subscription_cycle", total: -516, number: null });
  fake.clock.advance({ seconds: 10 });
  expect(await stripe.invoices.retrieve(latest(ended).id!)).toMatchObject({ status: "uncollectible", number: null, total: -516 });
  expect(await balance()).toBe(0);
});

test.each([
  ["create_prorations", [-387]],
  ["none", []],
] as const)("cancel_at within the period, %s", async (proration_behavior, credits) => {
  const { fake, stripe, update, id, pending, told } = await january();
  await update(id, { cancel_at: at("2026-01-20"), proration_behavior });
  const made = await pending();
  expect(made.map(facts)).toMatchObject(
    credits.map((amount) => ({
      amount,
      description: "Unused time on Basic after 20 Jan 2026",
      period: { start: at("2026-01-20"), end: END },
    })),
  );
  await told();
  fake.clock.advanceTo(new Date("2026-01-21T00:00:00Z"));
  expect(await stripe.subscriptions.retrieve(id)).toMatchObject({ status: "canceled", ended_at: at("2026-01-20") });
  expect(await told(/^customer\.subscription/)).toEqual(["customer.subscription.deleted"]);
});

// The credit goes with the date it was for.
test("cancel_at within the period, taken back", async () => {
  const { update, id, pending } = await january();
  await update(id, { cancel_at: at("2026-01-20") });
  await update(id, { cancel_at: "" });
  expect(await pending()).toEqual([]);
});

// Items of an update.

test("a price without a quantity has one of it, and what is not named stays", async () => {
  const { update, id, only, price, basic } = await january();
  const [pro, extra] = [await price("Pro", 2000), await price("Extra", 300)];
  const two = await update(id, { items: [{ id: only, quantity: 4 }, { price: extra, quantity: 2 }] });
  const shown = (subscription: Stripe.Subscription) => subscription.items.data.map((one) => [one.price.id, one.quantity]);
  expect(shown(two)).toEqual([[basic, 4], [extra, 2]]);
  expect(two.items.data[1]).toMatchObject({ current_period_start: NOW, current_period_end: END });
  expect(shown(await update(id, { items: [{ id: only, price: pro }] }))).toEqual([[pro, 1], [extra, 2]]);
  const kept = await update(id, { items: [{ id: only, price: basic, quantity: 3 }, { id: item(two, 1), deleted: true }] });
  expect(shown(kept)).toEqual([[basic, 3]]);
});

test.each<[string, (only: string, basic: string) => Stripe.SubscriptionUpdateParams.Item, object]>([
  ["a price that another item has", (only, price) => ({ price }), {
    statusCode: 400,
    message: expect.stringMatching(/^A new item with Price price_\w+ can't be added to this Subscription because an existing Subscription Item si_\w+ is already using that Price\. If you want to update the existing item \(e\.g\., to adjust the quantity\), pass the existing Subscription Item's `id` in your update request: https:\/\/stripe\.com\/docs\/api\/subscriptions\/update#update_subscription-items-id$/),
    param: "plan",
  }],
  ["the last item goes", (id) => ({ id, deleted: true }), { statusCode: 400 }],
  ["an item that is not there", () => ({ id: "si_nowhere", quantity: 2 }), { statusCode: 400, code: "resource_missing" }],
])("refused: %s", async (_, entry, wanted) => {
  const { update, id, only, basic, pending } = await january();
  expect(await error(update(id, { items: [entry(only, basic)] }))).toMatchObject(wanted);
  expect(await pending()).toEqual([]);
});

test("the items' own URLs do the same one at a time", async () => {
  const { stripe, id, only, price, pending } = await january();
  const added = await stripe.subscriptionItems.create({ subscription: id, price: await price("Extra", 3100) });
  expect(added).toMatchObject({ object: "subscription_item", subscription: id, quantity: 1, current_period_start: NOW, current_period_end: END });
  expect((await stripe.subscriptionItems.update(only, { quantity: 2, proration_behavior: "none" })).quantity).toBe(2);
  expect(await stripe.subscriptionItems.del(added.id)).toEqual({ id: added.id, object: "subscription_item", deleted: true });
  // The debit of what is not invoiced yet, and its credit.
  expect(amounts(await pending())).toEqual([-1600, 1600]);
  expect((await stripe.subscriptionItems.list({ subscription: id })).data.map((one) => one.id)).toEqual([only]);
  expect(await error(stripe.subscriptionItems.retrieve("si_nowhere"))).toMatchObject({
    statusCode: 400,
    message: "Invalid subscription_item id: si_nowhere",
    code: undefined,
    param: undefined,
  });
  expect(await error(stripe.subscriptionItems.list({} as Stripe.SubscriptionItemListParams))).toMatchObject({
    statusCode: 400,
    code: "parameter_missing",
    param: "subscription",
  });
  await stripe.subscriptions.cancel(id);
  expect(await error(stripe.subscriptionItems.create({ subscription: id, price: added.price.id }))).toMatchObject({
    statusCode: 404,
    param: "subscription",
    message: `No such subscription: '${id}'`,
  });
});

// One update, in order: what cannot be paid undoes the discount, the items and the anchor.
test("error_if_incomplete undoes the whole update", async () => {
  const { stripe, card, update, id, only, price, pending, invoices, told, made } = await january();
  await card("pm_card_chargeCustomerFail");
  const coupon = await stripe.coupons.create({ percent_off: 10 });
  await told();
  const before = await stripe.subscriptions.retrieve(id);
  const refused = await error(
    update(id, {
      discounts: [{ coupon: coupon.id }],
      items: [{ id: only, price: await price("Pro", 9000) }],
      billing_cycle_anchor: { type: "now" },
      payment_behavior: "error_if_incomplete",
    }),
  );
  expect(refused).toMatchObject({ statusCode: 402, type: "StripeCardError", code: "card_declined" });
  expect(await stripe.subscriptions.retrieve(id)).toEqual(before);
  expect(before.latest_invoice).toBe(latest(made).id);
  expect(await pending()).toEqual([]);
  expect(await invoices()).toHaveLength(1);
  expect((await stripe.coupons.retrieve(coupon.id)).times_redeemed).toBe(0);
  expect(await told()).toEqual([]);
});
