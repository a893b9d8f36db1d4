/**
 * Pending updates: changes that wait until their invoice is paid.
 *
 * Sources: https://docs.stripe.com/billing/subscriptions/pending-updates,
 * https://docs.stripe.com/billing/subscriptions/pending-updates-reference, https://docs.stripe.com/api/subscriptions/object.
 */

import type Stripe from "stripe";
import { expect, test } from "vitest";
import { error } from "../stage.ts";
import { amounts, at, item, latest, shop } from "./changes.ts";

const NOW = at("2026-01-16");

/** 1000 a month since the new year; it is 16 January, and the card does not pay any more. */
async function january(token = "pm_card_chargeCustomerFail", more: Partial<Stripe.SubscriptionCreateParams> = {}) {
  const here = await shop();
  const [basic, pro] = [await here.price("Basic", 1000), await here.price("Pro", 9000)];
  const made = await here.subscribe(basic, more);
  here.fake.clock.advanceTo(new Date(NOW * 1000));
  await here.card(token);
  await here.told();
  const now = () => here.stripe.subscriptions.retrieve(made.id, { expand: ["latest_invoice"] });
  const wait = (change: Stripe.SubscriptionUpdateParams = {}) =>
    here.update(made.id, {
      items: [{ id: item(made), price: pro }],
      proration_behavior: "always_invoice",
      payment_behavior: "pending_if_incomplete",
      ...change,
    });
  return { ...here, basic, pro, made, id: made.id, only: item(made), now, wait };
}

test.each(["pm_card_chargeCustomerFail", "pm_card_authenticationRequired"])("%s: the change waits", async (token) => {
  const { wait, basic, pro, pending } = await january(token);
  const waiting = await wait();
  expect(waiting).toMatchObject({
    status: "active",
    items: { data: [{ price: { id: basic } }], total_count: 1 },
    pending_update: {
      billing_cycle_anchor: null,
      cancel_at_period_end: null,
      discount: null,
      discounts: null,
      expires_at: NOW + 23 * 3600,
      metadata: null,
      subscription_items: [{ object: "subscription_item", price: { id: pro }, quantity: 1 }],
      trial_end: null,
      trial_from_plan: null,
    },
  });
  expect(latest(waiting)).toMatchObject({ status: "open", billing_reason: "subscription_update", total: 4645 - 516 });
  expect(await pending()).toEqual([]);
});

test("paid, the change is made", async () => {
  const { stripe, customer, wait, now, pro, told, card } = await january();
  const waiting = await wait();
  await told();
  await card("pm_card_visa");
  await stripe.invoices.pay(latest(waiting).id!);
  expect(await now()).toMatchObject({
    status: "active",
    pending_update: null,
    items: { data: [{ price: { id: pro }, current_period_end: at("2026-02-01") }] },
    latest_invoice: { status: "paid", customer },
  });
  expect((await told()).slice(-2)).toEqual([
    "customer.subscription.updated",
    "customer.subscription.pending_update_applied",
  ]);
});

test("an action that the customer takes pays it", async () => {
  const { fake, stripe, wait, now, pro } = await january("pm_card_authenticationRequired");
  const waiting = await wait();
  const payments = await stripe.invoicePayments.list({ invoice: latest(waiting).id! });
  const intent = payments.data[0]!.payment.payment_intent as string;
  expect((await stripe.paymentIntents.retrieve(intent)).status).toBe("requires_action");
  fake.asCustomer.authenticate(intent);
  expect(await now()).toMatchObject({ pending_update: null, items: { data: [{ price: { id: pro } }] } });
});

test("not paid in 23 hours, it is given up", async () => {
  const { fake, stripe, wait, now, basic, told } = await january();
  const waiting = await wait();
  await told();
  fake.clock.advance({ hours: 23 });
  expect(await now()).toMatchObject({ pending_update: null, items: { data: [{ price: { id: basic } }] } });
  expect(await stripe.invoices.retrieve(latest(waiting).id!)).toMatchObject({ status: "void" });
  const types = await told();
  expect(types).toContain("invoice.voided");
  expect(types.slice(-2)).toEqual(["customer.subscription.updated", "customer.subscription.pending_update_expired"]);
});

test("it is given up when its invoice is voided", async () => {
  const { stripe, wait, now, basic } = await january();
  const waiting = await wait();
  await stripe.invoices.voidInvoice(latest(waiting).id!);
  expect(await now()).toMatchObject({ status: "active", pending_update: null, items: { data: [{ price: { id: basic } }] } });
});

test("it waits no longer than its period", async () => {
  const { fake, wait } = await january();
  fake.clock.advanceTo(new Date("2026-01-31T12:00:00Z"));
  expect((await wait()).pending_update!.expires_at).toBe(at("2026-02-01"));
});

test("another change takes its place, and other updates leave it", async () => {
  const { stripe, wait, update, id, only, now, told } = await january();
  const first = await wait();
  await update(id, { metadata: { color: "red" } });
  expect((await now()).pending_update).not.toBeNull();
  await told();
  const second = await wait({ items: [{ id: only, quantity: 50 }] });
  expect(await stripe.invoices.retrieve(latest(first).id!)).toMatchObject({ status: "void" });
  expect(second.pending_update!.subscription_items).toMatchObject([{ quantity: 50 }]);
  expect(latest(second).status).toBe("open");
  expect(await told(/pending_update/)).toEqual(["customer.subscription.pending_update_expired"]);
});

test.each<[string, Stripe.SubscriptionUpdateParams]>([
  ["nothing is billed", { proration_behavior: "create_prorations" }],
  ["there is nothing to pay", { proration_behavior: "none" }],
])("it applies at once where %s", async (_, change) => {
  const { wait, pro } = await january();
  expect(await wait(change)).toMatchObject({ pending_update: null, items: { data: [{ price: { id: pro } }] } });
});

test("it applies at once where the payment succeeds", async () => {
  const { wait, pro } = await january("pm_card_visa");
  const changed = await wait();
  expect(changed).toMatchObject({ pending_update: null, items: { data: [{ price: { id: pro } }] } });
  expect(latest(changed)).toMatchObject({ status: "paid", total: 4645 - 516 });
});

// A trial that ends, a new anchor, and items that come and go wait all the same.
test.each<[string, (in_: Awaited<ReturnType<typeof january>>) => Stripe.SubscriptionUpdateParams, object, object]>([
  ["a new anchor", () => ({ billing_cycle_anchor: { type: "now" } }), { billing_cycle_anchor: NOW }, { billing_cycle_anchor: NOW }],
  ["one more item", ({ pro }) => ({ items: [{ price: pro }] }), {}, { items: { total_count: 2 } }],
  ["more of it", ({ only }) => ({ items: [{ id: only, quantity: 9 }] }), {}, { items: { data: [{ quantity: 9 }] } }],
  ["metadata", () => ({ metadata: { plan: "pro" } }), { metadata: { plan: "pro" } }, { metadata: { plan: "pro" } }],
  ["the end of its period", () => ({ cancel_at_period_end: true }), { cancel_at_period_end: true }, { cancel_at_period_end: true, cancel_at: at("2026-02-01") }],
  ["one thing sold once", ({ once }: any) => ({ add_invoice_items: [{ price: once }] }), {}, {}],
])("with it waits %s", async (_, change, parked, applied) => {
  const in_ = await january();
  const once = await in_.price("Mug", 900, { recurring: undefined });
  const before = await in_.stripe.subscriptions.retrieve(in_.id);
  const waiting = await in_.wait(change({ ...in_, once } as never));
  expect(waiting.pending_update).toMatchObject(parked);
  const { pending_update, latest_invoice, ...rest } = waiting;
  expect({ ...rest, pending_update: null, latest_invoice: null }).toMatchObject({ ...before, latest_invoice: null });
  await in_.card("pm_card_visa");
  await in_.stripe.invoices.pay(latest(waiting).id!);
  expect(await in_.now()).toMatchObject({ ...applied, pending_update: null });
});

test("a discount waits with it", async () => {
  const { stripe, wait, now, card } = await january();
  const coupon = await stripe.coupons.create({ percent_off: 50, duration: "forever" });
  const waiting = await wait({ discounts: [{ coupon: coupon.id }] });
  expect(waiting.discounts).toEqual([]);
  expect(waiting.pending_update!.discounts).toEqual([expect.stringMatching(/^di_/)]);
  await card("pm_card_visa");
  await stripe.invoices.pay(latest(waiting).id!);
  expect((await now()).discounts).toEqual(waiting.pending_update!.discounts);
});

test("the end of a trial waits", async () => {
  const { fake, stripe, price, subscribe, update, card } = await shop();
  const made = await subscribe(await price("Basic", 1000), { trial_period_days: 30 });
  fake.clock.advance({ days: 5 });
  await card("pm_card_chargeCustomerFail");
  const waiting = await update(made.id, { trial_end: "now", payment_behavior: "pending_if_incomplete" });
  expect(waiting).toMatchObject({ status: "trialing", trial_end: made.trial_end, pending_update: { trial_end: at("2026-01-06") } });
  await card("pm_card_visa");
  await stripe.invoices.pay(latest(waiting).id!);
  expect(await stripe.subscriptions.retrieve(made.id)).toMatchObject({ status: "active", pending_update: null, trial_end: at("2026-01-06") });
});

test.each<[string, Stripe.SubscriptionUpdateParams]>([
  ["description", { description: "Mine" }],
  ["default_tax_rates", { default_tax_rates: "" }],
  ["collection_method", { collection_method: "charge_automatically" }],
  ["pause_collection", { pause_collection: { behavior: "void" } }],
  ["payment_settings", { payment_settings: { save_default_payment_method: "off" } }],
  ["cancel_at", { cancel_at: at("2026-03-01") }],
])("refused: %s cannot wait", async (param, change) => {
  const { wait, now, basic, invoices } = await january();
  expect(await error(wait(change))).toMatchObject({ statusCode: 400, param });
  expect(await now()).toMatchObject({ pending_update: null, items: { data: [{ price: { id: basic } }] } });
  expect(await invoices()).toHaveLength(1);
});

test("refused: what is sent cannot wait", async () => {
  const { wait } = await january("pm_card_visa", { collection_method: "send_invoice", days_until_due: 7 });
  expect(await error(wait())).toMatchObject({ statusCode: 400, param: "payment_behavior" });
});

test("a subscription that ends has no pending update", async () => {
  const { stripe, wait, id, fake } = await january();
  await wait();
  expect(await stripe.subscriptions.cancel(id)).toMatchObject({ status: "canceled", pending_update: null });
  fake.clock.advance({ days: 2 });
  expect((await stripe.events.list({ type: "customer.subscription.pending_update_expired" })).data).toEqual([]);
});

test("the items' own URLs make it wait too", async () => {
  const { stripe, only, now } = await january();
  const item = await stripe.subscriptionItems.update(only, {
    quantity: 9,
    proration_behavior: "always_invoice",
    payment_behavior: "pending_if_incomplete",
  });
  expect(item.quantity).toBe(1);
  expect((await now()).pending_update!.subscription_items).toMatchObject([{ id: only, quantity: 9 }]);
  expect(amounts((await stripe.invoices.list()).data[0]!.lines.data)).toEqual([-516, 4645]);
});

test("the next phase of a schedule takes its place", async () => {
  const { fake, stripe, wait, id, basic, only, now, price } = await january();
  const schedule = await stripe.subscriptionSchedules.create({ from_subscription: id });
  await stripe.subscriptionSchedules.update(schedule.id, {
    phases: [
      { items: [{ price: basic }], start_date: schedule.phases[0]!.start_date, end_date: NOW + 3600 },
      { items: [{ price: await price("Later", 1200) }], proration_behavior: "none" },
    ],
  });
  const waiting = await wait({ items: [{ id: only, quantity: 9 }] });
  fake.clock.advance({ hours: 2 });
  expect(await now()).toMatchObject({ pending_update: null, items: { data: [{ quantity: 1 }] } });
  expect(await stripe.invoices.retrieve(latest(waiting).id!)).toMatchObject({ status: "void" });
});
