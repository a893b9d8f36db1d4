/**
 * Pauses: of collection, where invoices go on coming, and of subscriptions, where nothing does; and thresholds and intervals at which
 * pending items are billed between the periods.
 *
 * Sources: https://docs.stripe.com/billing/subscriptions/pause-payment, https://docs.stripe.com/billing/subscriptions/pause,
 * https://docs.stripe.com/api/subscriptions/pause, https://docs.stripe.com/api/subscriptions/resume,
 * https://docs.stripe.com/changelog/dahlia/2026-05-27/pause-subscriptions, https://docs.stripe.com/billing/subscriptions/usage-based/thresholds.
 * That a subscription whose resumption waits stays paused, with a pending update for 23 hours and an open invoice, is recorded.
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
  const to = (text: string) => here.fake.clock.advanceTo(new Date(at(text) * 1000));
  to("2026-01-16");
  await here.told();
  const now = () => here.stripe.subscriptions.retrieve(made.id, { expand: ["latest_invoice"] });
  return { ...here, basic, made, id: made.id, only: item(made), to, now };
}

// pause_collection.

test.each([
  ["keep_as_draft", "draft", ["invoice.created", "customer.subscription.updated"]],
  ["mark_uncollectible", "uncollectible", undefined],
  ["void", "void", undefined],
] as const)("collection is paused: %s", async (behavior, status, told) => {
  const in_ = await january();
  const paused = await in_.update(in_.id, { pause_collection: { behavior } });
  expect(paused).toMatchObject({ status: "active", pause_collection: { behavior, resumes_at: null } });
  expect(await in_.told()).toEqual(["customer.subscription.updated"]);
  in_.to("2026-02-03");
  const [invoice] = await in_.invoices();
  expect(invoice).toMatchObject({ status, auto_advance: false, billing_reason: "subscription_cycle", total: 1000, amount_paid: 0 });
  expect((await in_.now()).status).toBe("active");
  // Nothing is told beforehand of what is not collected.
  const types = await in_.told();
  expect(types).not.toContain("invoice.upcoming");
  expect(types.filter((type) => /paused|resumed/.test(type))).toEqual([]);
  if (told) expect(types).toEqual(told);
  else expect(types).toContain(`invoice.${status === "void" ? "voided" : "marked_uncollectible"}`);
  // Cleared, the next invoice is collected; what is a draft stays one.
  expect((await in_.update(in_.id, { pause_collection: "" })).pause_collection).toBeNull();
  in_.to("2026-03-01T01:00:00");
  expect((await in_.invoices()).slice(0, 2).map((one) => one.status)).toEqual(["paid", status]);
});

test("collection is paused until a date", async () => {
  const { update, id, to, now, told, invoices } = await january();
  const paused = await update(id, { pause_collection: { behavior: "void", resumes_at: at("2026-02-10") } });
  expect(paused.pause_collection).toEqual({ behavior: "void", resumes_at: at("2026-02-10") });
  to("2026-02-09");
  await told();
  to("2026-02-10");
  expect((await now()).pause_collection).toBeNull();
  expect(await told()).toEqual(["customer.subscription.updated"]);
  to("2026-03-01T01:00:00");
  expect((await invoices()).map((one) => one.status)).toEqual(["paid", "void", "paid"]);
});

// Subscriptions that are paused.

test("a subscription is paused: credited, frozen, not billed", async () => {
  const { stripe, id, to, now, told, pending, invoices, made } = await january();
  const paused = await stripe.subscriptions.pause(id);
  expect(paused).toMatchObject({
    status: "paused",
    status_details: { paused: { type: "subscription", transitioned_at: NOW, subscription: { type: "pause_requested" } } },
    billing_cycle_anchor: made.billing_cycle_anchor,
  });
  expect(await told()).toEqual(["invoiceitem.created", "customer.subscription.updated", "customer.subscription.paused"]);
  expect((await pending()).map(facts)).toMatchObject([
    { amount: -516, description: "Unused time on Basic after 16 Jan 2026", period: { start: NOW, end: END } },
  ]);
  to("2026-05-01");
  expect(await now()).toMatchObject({
    status: "paused",
    items: { data: [{ current_period_start: at("2026-01-01"), current_period_end: END }] },
  });
  expect(await invoices()).toHaveLength(1);
  expect(await told()).toEqual([]);
});

test.each<[string, Stripe.SubscriptionPauseParams, number[]]>([
  ["as it comes", {}, [80, -516]],
  ["from now, through now", { bill_for: { unused_time_from: { type: "now" }, outstanding_usage_through: { type: "now" } } }, [80, -516]],
  ["the whole period", { bill_for: { unused_time_from: { type: "item_current_period_start" } } }, [80, -1000]],
  ["no time", { bill_for: { unused_time_from: { type: "none" } } }, [80]],
  ["no usage", { bill_for: { outstanding_usage_through: { type: "none" } } }, [-516]],
  ["nothing", { bill_for: { unused_time_from: { type: "none" }, outstanding_usage_through: { type: "none" } } }, []],
])("what a pause bills for: %s", async (_, how, wanted) => {
  for (const invoicing_behavior of ["pending_invoice_item", "invoice"] as const) {
    const { stripe, customer, update, id, price, fake, pending, now, made } = await january();
    const meter = await stripe.billing.meters.create({
      display_name: "Calls",
      event_name: "calls",
      default_aggregation: { formula: "sum" },
    });
    const recurring = { interval: "month" as const, usage_type: "metered" as const, meter: meter.id };
    await update(id, { items: [{ price: await price("Calls", 2, { recurring }) }] });
    await stripe.billing.meterEvents.create({ event_name: "calls", payload: { stripe_customer_id: customer, value: "40" } });
    fake.clock.advance({ minutes: 1 });
    await stripe.subscriptions.pause(id, { invoicing_behavior, ...how });
    if (invoicing_behavior === "pending_invoice_item") {
      expect(amounts(await pending())).toEqual(wanted);
      continue;
    }
    expect(await pending()).toEqual([]);
    const invoice = latest(await now());
    if (wanted.length === 0) {
      expect(invoice.id).toBe(latest(made).id);
    } else {
      const lines = amounts(invoice.lines.data).filter((amount) => amount !== 0);
      expect(lines.sort((one, other) => other - one)).toEqual(wanted);
    }
  }
});

test.each<[string, (in_: Awaited<ReturnType<typeof january>>) => Promise<unknown>, Partial<Stripe.SubscriptionCreateParams>]>([
  ["classic billing", async () => {}, { billing_mode: { type: "classic" } }],
  ["a schedule", (in_) => in_.stripe.subscriptionSchedules.create({ from_subscription: in_.id }), {}],
  ["an end", (in_) => in_.stripe.subscriptions.cancel(in_.id), {}],
  ["a pause", (in_) => in_.stripe.subscriptions.pause(in_.id), {}],
])("not paused: one with %s", async (_, prepare, more) => {
  const in_ = await january(more);
  await prepare(in_);
  expect(await error(in_.stripe.subscriptions.pause(in_.id))).toMatchObject({ statusCode: 400, type: "StripeInvalidRequestError" });
});

test("only what is paused can be resumed, and only what is charged", async () => {
  const { stripe, id, update } = await january();
  expect(await error(stripe.subscriptions.resume(id))).toMatchObject({
    statusCode: 400,
    message: "You can only resume a subscription if it is `paused`.",
  });
  await update(id, { collection_method: "send_invoice", days_until_due: 7 });
  await stripe.subscriptions.pause(id);
  expect(await error(stripe.subscriptions.resume(id))).toMatchObject({ statusCode: 400 });
});

// It is paused on 16 January and resumed on 10 February: 19 of February's 28 days are left.
const RESUMED = at("2026-02-10");

async function paused() {
  const here = await january();
  await here.stripe.subscriptions.pause(here.id, { bill_for: { unused_time_from: { type: "none" } } });
  here.to("2026-02-10");
  await here.told();
  const resume = (more: Stripe.SubscriptionResumeParams) =>
    here.stripe.subscriptions.resume(here.id, { ...more, expand: ["latest_invoice"] });
  return { ...here, resume };
}

test("resumed with a new period, once that is paid", async () => {
  const { resume, told } = await paused();
  const resumed = await resume({ payment_behavior: "resume_on_payment_success" });
  expect(resumed).toMatchObject({
    status: "active",
    billing_cycle_anchor: RESUMED,
    pending_update: null,
    items: { data: [{ current_period_start: RESUMED, current_period_end: at("2026-03-10") }] },
  });
  expect(resumed.status_details ?? null).toBeNull();
  expect(latest(resumed)).toMatchObject({ billing_reason: "subscription_cycle", status: "paid", amount_paid: 1000 });
  expect((await told()).slice(-2)).toEqual(["customer.subscription.updated", "customer.subscription.resumed"]);
});

test.each<[string, Stripe.SubscriptionResumeParams, number[], boolean]>([
  ["create_prorations", {}, [679], false],
  ["a date", { proration_date: at("2026-02-15") }, [500], false],
  ["none", { proration_behavior: "none" }, [], false],
  ["always_invoice", { proration_behavior: "always_invoice", payment_behavior: "resume_on_payment_success" }, [679], true],
])("resumed in the period it would be in: %s", async (_, how, wanted, isInvoiced) => {
  const { resume, pending, made, stripe, customer } = await paused();
  const resumed = await resume({ billing_cycle_anchor: { type: "unchanged" }, ...how });
  expect(resumed).toMatchObject({
    status: "active",
    billing_cycle_anchor: at("2026-01-01"),
    items: { data: [{ current_period_start: END, current_period_end: at("2026-03-01") }] },
  });
  expect(amounts((await stripe.invoiceItems.list({ customer })).data)).toEqual(wanted);
  expect(await pending()).toHaveLength(isInvoiced ? 0 : wanted.length);
  expect(latest(resumed).id === latest(made).id).toBe(!isInvoiced);
});

test("a resumption waits for its invoice: nobody tries to pay it by itself", async () => {
  const { resume, told } = await paused();
  const waiting = await resume({});
  expect(waiting).toMatchObject({
    status: "paused",
    billing_cycle_anchor: at("2026-01-01"),
    pending_update: { billing_cycle_anchor: RESUMED, expires_at: RESUMED + 23 * 3600 },
  });
  expect(latest(waiting)).toMatchObject({ status: "open", total: 1000, attempted: false, auto_advance: false });
  expect(await told(/resumed|invoice.pa/)).toEqual([]);
});

test.each<[string, (stripe: Stripe, invoice: string) => Promise<unknown>, object, number]>([
  ["it is paid", (stripe, id) => stripe.invoices.pay(id), { status: "active", pending_update: null }, RESUMED],
  ["it is written off", (stripe, id) => stripe.invoices.markUncollectible(id), { status: "active", pending_update: null }, RESUMED],
  ["its payment fails", (stripe, id) => error(stripe.invoices.pay(id, { payment_method: "pm_card_chargeCustomerFail" })), { status: "past_due", pending_update: null }, RESUMED],
  ["it is voided", (stripe, id) => stripe.invoices.voidInvoice(id), { status: "paused", pending_update: null }, at("2026-01-01")],
])("a resumption waits for its invoice: %s", async (_, act, wanted, anchor) => {
  const { resume, stripe, now, customer, told } = await paused();
  const method = await stripe.paymentMethods.attach("pm_card_chargeCustomerFail", { customer });
  const waiting = await resume({});
  await act(stripe, latest(waiting).id!).catch(() => method);
  expect(await now()).toMatchObject({ ...wanted, billing_cycle_anchor: anchor });
  const resumed = await told(/resumed/);
  expect(resumed).toEqual(anchor === RESUMED ? ["customer.subscription.resumed"] : []);
});

test("a resumption that nobody tries to pay for 23 hours is given up", async () => {
  const { resume, fake, stripe, now } = await paused();
  const waiting = await resume({});
  fake.clock.advance({ hours: 23 });
  expect(await now()).toMatchObject({ status: "paused", pending_update: null });
  expect(await stripe.invoices.retrieve(latest(waiting).id!)).toMatchObject({ status: "void" });
});

test("with resume_on_payment_success a payment that fails is tried again", async () => {
  const { resume, fake, card, now, told } = await paused();
  await card("pm_card_chargeCustomerFail");
  const waiting = await resume({ payment_behavior: "resume_on_payment_success" });
  expect(waiting).toMatchObject({ status: "paused" });
  expect(latest(waiting)).toMatchObject({ status: "open", attempt_count: 1, auto_advance: true });
  await card("pm_card_visa");
  fake.clock.advance({ days: 3, hours: 1 });
  expect(await now()).toMatchObject({ status: "active", latest_invoice: { status: "paid", attempt_count: 2 } });
  expect(await told(/resumed/)).toEqual(["customer.subscription.resumed"]);
});

test("without anything to pay with, the customer can say what pays", async () => {
  const { stripe, fake, price } = await shop();
  const { id: customer } = await stripe.customers.create();
  const { id } = await stripe.subscriptions.create({
    customer,
    items: [{ price: await price("Basic", 1000) }],
    trial_period_days: 7,
    trial_settings: { end_behavior: { missing_payment_method: "pause" } },
  });
  fake.clock.advance({ days: 8 });
  expect(await stripe.subscriptions.retrieve(id)).toMatchObject({
    status: "paused",
    status_details: { paused: { subscription: { type: "trial_end_without_payment_method" } } },
  });
  const waiting = await stripe.subscriptions.resume(id, { expand: ["latest_invoice"] });
  expect(waiting).toMatchObject({ status: "paused", pending_setup_intent: expect.stringMatching(/^seti_/) });
  const method = await stripe.paymentMethods.attach("pm_card_visa", { customer });
  await stripe.invoices.pay(latest(waiting).id!, { payment_method: method.id });
  expect((await stripe.subscriptions.retrieve(id)).status).toBe("active");
});

// Between the periods.

test("pending items are billed in their own interval", async () => {
  const { fake, stripe, customer, price, subscribe, update, invoices } = await shop();
  const made = await subscribe(await price("Basic", 1000), {
    pending_invoice_item_interval: { interval: "week", interval_count: 1 },
  });
  expect(made.next_pending_invoice_item_invoice).toBe(at("2026-01-08"));
  await stripe.invoiceItems.create({ customer, subscription: made.id, amount: 700, currency: "usd" });
  fake.clock.advanceTo(new Date("2026-01-08T01:00:00Z"));
  const [weekly] = await invoices();
  expect(weekly).toMatchObject({ billing_reason: "automatic_pending_invoice_item_invoice", total: 700, status: "paid" });
  const next = await stripe.subscriptions.retrieve(made.id);
  expect(next).toMatchObject({ latest_invoice: weekly!.id, next_pending_invoice_item_invoice: at("2026-01-15") });
  // Nothing pending, no invoice; cleared, no interval.
  fake.clock.advanceTo(new Date("2026-01-16T00:00:00Z"));
  expect(await invoices()).toHaveLength(2);
  expect(await update(made.id, { pending_invoice_item_interval: "" })).toMatchObject({
    pending_invoice_item_interval: null,
    next_pending_invoice_item_invoice: null,
  });
});

/** Calls at 2 and a licence of 1000 a month, with thresholds; `use` reports calls, and lets a second pass. */
async function calling(
  billing_thresholds: Stripe.SubscriptionCreateParams["billing_thresholds"],
  ofItem?: Stripe.SubscriptionCreateParams.Item["billing_thresholds"],
) {
  const here = await shop();
  const { stripe, customer, price, fake } = here;
  const meter = await stripe.billing.meters.create({
    display_name: "Calls",
    event_name: "calls",
    default_aggregation: { formula: "sum" },
  });
  const recurring = { interval: "month" as const, usage_type: "metered" as const, meter: meter.id };
  const made = await stripe.subscriptions.create({
    customer,
    items: [
      { price: await price("Licence", 1000) },
      { price: await price("Calls", 2, { recurring }), ...(ofItem && { billing_thresholds: ofItem }) },
    ],
    ...(billing_thresholds && { billing_thresholds }),
  });
  const use = async (value: number) => {
    await stripe.billing.meterEvents.create({
      event_name: "calls",
      payload: { stripe_customer_id: customer, value: String(value) },
    });
    fake.clock.advance({ seconds: 2 });
  };
  const to = (text: string) => fake.clock.advanceTo(new Date(at(text) * 1000));
  to("2026-01-10");
  return { ...here, made, id: made.id, calls: item(made, 1), use, to };
}

test("a threshold of an amount: billed when it is reached, and the period goes on", async () => {
  const { made, use, to, invoices, stripe, id } = await calling({ amount_gte: 500 });
  expect(made.billing_thresholds).toEqual({ amount_gte: 500, reset_billing_cycle_anchor: null });
  await use(200);
  expect(await invoices()).toHaveLength(1);
  await use(60);
  const [crossed] = await invoices();
  expect(crossed).toMatchObject({
    billing_reason: "subscription_threshold",
    status: "draft",
    total: 520,
    threshold_reason: { amount_gte: 500, item_reasons: [] },
  });
  to("2026-01-11");
  expect((await invoices())[0]).toMatchObject({ id: crossed!.id, status: "paid" });
  const after = await stripe.subscriptions.retrieve(id);
  expect(after).toMatchObject({ billing_cycle_anchor: made.billing_cycle_anchor, latest_invoice: crossed!.id });
  expect(after.items.data[0]).toMatchObject({ current_period_start: at("2026-01-01"), current_period_end: END });
  // What is billed is billed once.
  await use(30);
  to("2026-02-01T01:00:00");
  const [renewal] = await invoices();
  expect(amounts(renewal!.lines.data).filter((amount) => amount !== 0).sort()).toEqual([1000, 60]);
});

test("a threshold of an amount that begins a new period", async () => {
  const { use, stripe, id, invoices, to } = await calling({ amount_gte: 500, reset_billing_cycle_anchor: true });
  await use(300);
  const now = at("2026-01-10") + 1;
  const after = await stripe.subscriptions.retrieve(id);
  expect(after.billing_cycle_anchor).toBe(now);
  expect(after.items.data.map((one) => one.current_period_start)).toEqual([now, now]);
  const [crossed] = await invoices();
  expect(amounts(crossed!.lines.data).filter((amount) => amount !== 0).sort()).toEqual([1000, 600]);
  to("2026-02-09T00:00:00");
  expect(await invoices()).toHaveLength(2);
  to("2026-02-10T02:00:00");
  expect((await invoices())[0]).toMatchObject({ billing_reason: "subscription_cycle", total: 1000 });
});

test("a threshold of an item's usage", async () => {
  const { use, invoices, calls, made, stripe } = await calling(undefined, { usage_gte: 100 });
  expect(made.items.data[1]!.billing_thresholds).toEqual({ usage_gte: 100 });
  await use(99);
  expect(await invoices()).toHaveLength(1);
  await use(1);
  const [crossed] = await invoices();
  const line = crossed!.lines.data.find((one) => one.parent?.subscription_item_details?.subscription_item === calls);
  expect(crossed).toMatchObject({
    billing_reason: "subscription_threshold",
    total: 200,
    threshold_reason: { amount_gte: null, item_reasons: [{ line_item_ids: [line!.id], usage_gte: 100 }] },
  });
  // It counts anew from there, and not at all once it is taken off.
  await use(99);
  expect(await invoices()).toHaveLength(2);
  expect((await stripe.subscriptionItems.update(calls, { billing_thresholds: "" })).billing_thresholds).toBeNull();
  await use(50);
  expect(await invoices()).toHaveLength(2);
});

test("thresholds do not count in the last day of a period", async () => {
  const { use, to, invoices } = await calling({ amount_gte: 500 });
  to("2026-01-31T01:00:00");
  await use(400);
  expect(await invoices()).toHaveLength(1);
});

// Discounts count, taxes do not.
test.each([
  [499, 1],
  [500, 2],
])("a threshold of 5.00, with half off and a tax of 50 %%: %i calls at 2 cents", async (calls, many) => {
  const { use, invoices, stripe, id, update } = await calling({ amount_gte: 500 });
  const coupon = await stripe.coupons.create({ percent_off: 50, duration: "forever" });
  const rate = await stripe.taxRates.create({ display_name: "VAT", percentage: 50, inclusive: false });
  await update(id, { discounts: [{ coupon: coupon.id }], default_tax_rates: [rate.id] });
  await use(calls);
  expect(await invoices()).toHaveLength(many);
});
