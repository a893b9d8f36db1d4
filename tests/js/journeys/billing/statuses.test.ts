/**
 * The statuses of subscriptions: how each is reached and left, and what is told of it.
 *
 * Sources: https://docs.stripe.com/billing/subscriptions/overview#subscription-statuses,
 * https://docs.stripe.com/billing/subscriptions/webhooks, https://docs.stripe.com/billing/subscriptions/cancel,
 * https://docs.stripe.com/billing/subscriptions/pause; recorded answers and events.
 */

import type Stripe from "stripe";
import { describe, expect, test } from "vitest";
import { error } from "../stage.ts";
import { at, intentOf, type Shop, type Subscribed, shop } from "./shop.ts";

/** What the last update of a subscription says was there before. */
async function before(stripe: Stripe): Promise<Record<string, unknown>> {
  const told = await stripe.events.list({ type: "customer.subscription.updated", limit: 1 });
  return told.data[0]!.data.previous_attributes as Record<string, unknown>;
}

const CREATED = "customer.subscription.created";
const UPDATED = "customer.subscription.updated";
const DELETED = "customer.subscription.deleted";

describe("how subscriptions begin", () => {
  const metered = async ({ stripe, price }: Shop) => {
    const meter = await stripe.billing.meters.create({
      display_name: "Calls",
      event_name: "calls",
      default_aggregation: { formula: "sum" },
    });
    const recurring = { interval: "month" as const, usage_type: "metered" as const, meter: meter.id };
    return { items: [{ price: (await price(10, { recurring })).id }] };
  };
  const free = async ({ price }: Shop) => ({ items: [{ price: (await price(0)).id }] });
  test.each<[string, string, (shop: Shop) => object, string, string[]]>([
    [
      "with a first invoice that is paid",
      "pm_card_visa",
      () => ({}),
      "active",
      ["created", "finalized", "payment.paid", "updated", "paid", "payment_succeeded"],
    ],
    ["free", "", free, "active", ["created", "finalized", "paid", "payment_succeeded"]],
    ["without an invoice", "", metered, "active", []],
    [
      "with an invoice that is sent",
      "",
      () => ({ collection_method: "send_invoice", days_until_due: 30 }),
      "active",
      ["created"],
    ],
    [
      "with a trial",
      "",
      () => ({ trial_period_days: 14 }),
      "trialing",
      ["created", "finalized", "paid", "payment_succeeded"],
    ],
    [
      "with a payment that needs the customer",
      "pm_card_threeDSecure2Required",
      () => ({}),
      "incomplete",
      ["created", "finalized", "updated", "payment_action_required", "payment_failed"],
    ],
    [
      "with a payment that is declined",
      "pm_card_chargeCustomerFail",
      () => ({}),
      "incomplete",
      ["created", "finalized", "updated", "payment_failed"],
    ],
    [
      "with a payment that nobody tries",
      "pm_card_visa",
      () => ({ payment_behavior: "default_incomplete" }),
      "incomplete",
      ["created", "finalized"],
    ],
  ])("%s", async (_, card, params, status, invoice) => {
    const open = await shop({ card });
    const given = await params(open);
    await open.told();
    const made = await open.subscribe(given);
    expect(made.status).toBe(status);
    const told = invoice.map((what) => (what === "payment.paid" ? "invoice_payment.paid" : `invoice.${what}`));
    expect(await open.told()).toEqual([CREATED, ...told]);
    const created = await open.stripe.events.list({ type: CREATED });
    expect((created.data[0]!.data.object as Stripe.Subscription).status).toBe(status);
  });

  test("with a trial so short that its end is near", async () => {
    const { subscribe, told } = await shop();
    await subscribe({ trial_period_days: 2 });
    expect(await told()).toContain("customer.subscription.trial_will_end");
  });
});

describe("incomplete", () => {
  async function incomplete(params: Partial<Stripe.SubscriptionCreateParams> = {}) {
    const open = await shop({ card: "pm_card_threeDSecure2Required" });
    const made = await open.subscribe(params);
    expect(made.status).toBe("incomplete");
    await open.told();
    return { ...open, made };
  }

  test("to active, when the customer authenticates within 23 hours", async () => {
    const payment_settings = { save_default_payment_method: "on_subscription" as const };
    const { fake, stripe, look, made, told, until } = await incomplete({ payment_settings });
    until("2027-01-01T22:59:59");
    const intent = await intentOf(stripe, made.invoice);
    await fake.asCustomer.authenticate(intent.id);
    const after = await look(made.id);
    expect(after).toMatchObject({ status: "active", invoice: { status: "paid" } });
    expect(await told()).toEqual([
      "invoice_payment.paid",
      "invoice.updated",
      "invoice.paid",
      "invoice.payment_succeeded",
      UPDATED,
    ]);
    expect(await before(stripe)).toEqual({ status: "incomplete", default_payment_method: null });
  });

  test("to incomplete_expired, when 23 hours pass", async () => {
    const { stripe, look, made, told, until } = await incomplete();
    until("2027-01-01T22:59:59");
    expect((await look(made.id)).status).toBe("incomplete");
    until("2027-01-01T23:00:00");
    const after = await look(made.id);
    expect(after).toMatchObject({
      status: "incomplete_expired",
      ended_at: at("2027-01-01T23:00:00"),
      invoice: { status: "void" },
    });
    expect((await intentOf(stripe, after.invoice)).status).toBe("canceled");
    const events = await told();
    expect(events).toContain("invoice.voided");
    expect(events).toContain(UPDATED);
    expect(events).not.toContain(DELETED);
    expect(await before(stripe)).toMatchObject({ status: "incomplete" });
  });

  test("to incomplete_expired, when its invoice is voided", async () => {
    const { stripe, look, made, told } = await incomplete();
    await stripe.invoices.voidInvoice(made.invoice.id!);
    expect((await look(made.id)).status).toBe("incomplete_expired");
    const events = await told();
    expect(events).toContain("invoice.voided");
    expect(events).toContain(UPDATED);
    expect(events).not.toContain(DELETED);
  });

  test("to incomplete_expired, when it is canceled", async () => {
    const { stripe, look, made } = await incomplete();
    expect((await stripe.subscriptions.cancel(made.id)).status).toBe("incomplete_expired");
    expect((await look(made.id)).invoice.status).toBe("void");
  });

  test("what can be changed meanwhile", async () => {
    const { stripe, made } = await incomplete();
    const changed = await stripe.subscriptions.update(made.id, { metadata: { a: "b" }, description: "Waits" });
    expect(changed).toMatchObject({ status: "incomplete", metadata: { a: "b" }, description: "Waits" });
  });
});

describe("trialing, when the trial ends", () => {
  async function trial(card: string, missing?: "cancel" | "create_invoice" | "pause") {
    const open = await shop({ card });
    const made = await open.subscribe({
      trial_period_days: 14,
      ...(missing && { trial_settings: { end_behavior: { missing_payment_method: missing } } }),
    });
    open.until("2027-01-14T23:59:59");
    expect((await open.look(made.id)).status).toBe("trialing");
    await open.told();
    open.until("2027-01-15T00:00:00");
    return { ...open, made };
  }

  test("to active, and the first period is billed an hour later", async () => {
    const { stripe, look, made, told, until } = await trial("pm_card_visa");
    const after = await look(made.id);
    expect(after).toMatchObject({ status: "active", invoice: { status: "draft", billing_reason: "subscription_cycle" } });
    expect(await told()).toEqual(["invoice.created", UPDATED]);
    expect(await before(stripe)).toMatchObject({ status: "trialing", latest_invoice: made.invoice.id });
    until("2027-01-15T01:00:00");
    expect((await look(made.id)).invoice).toMatchObject({ status: "paid", amount_paid: 1000 });
  });

  test("to active, without a card where nothing is due", async () => {
    const { price, subscribe, until, look } = await shop({ card: "" });
    const made = await subscribe({ items: [{ price: (await price(0)).id }], trial_period_days: 14 });
    until("2027-01-15T01:00:00");
    expect(await look(made.id)).toMatchObject({ status: "active", invoice: { status: "paid", total: 0 } });
  });

  test("to paused", async () => {
    const { look, made, told, until } = await trial("", "pause");
    const after = await look(made.id);
    expect(after.status).toBe("paused");
    expect(after.invoice.id).toBe(made.invoice.id);
    expect(after.status_details).toEqual({
      paused: {
        subscription: { type: "trial_end_without_payment_method" },
        transitioned_at: at("2027-01-15"),
        type: "subscription",
      },
    });
    expect(await told()).toEqual([UPDATED, "customer.subscription.paused"]);
    until("2027-06-15");
    expect(await told()).toEqual([]);
  });

  test("to canceled", async () => {
    const { look, made, told } = await trial("", "cancel");
    expect(await look(made.id)).toMatchObject({
      status: "canceled",
      ended_at: at("2027-01-15"),
      cancellation_details: { reason: "cancellation_requested" },
    });
    expect(await told()).toEqual([DELETED]);
  });

  test("to past_due, when the invoice finds nothing to pay with", async () => {
    const { stripe, look, made, told, until } = await trial("", "create_invoice");
    expect((await look(made.id)).status).toBe("active");
    await told();
    until("2027-01-15T01:00:00");
    expect(await look(made.id)).toMatchObject({ status: "past_due", invoice: { status: "open" } });
    const events = await told();
    expect(events.indexOf("invoice.payment_failed")).toBeLessThan(events.indexOf(UPDATED));
    expect(events).toContain("invoice.payment_failed");
    expect(await before(stripe)).toEqual({ status: "active" });
  });
});

/** A subscription whose renewal of February was not paid, and the events of the try. */
async function behind(card = "pm_card_chargeCustomerFail") {
  const open = await shop();
  const made = await open.subscribe();
  await open.payWith(card);
  open.until("2027-02-01T00:59:59");
  expect((await open.look(made.id)).status).toBe("active");
  await open.told();
  open.until("2027-02-01T01:00:00");
  return { ...open, made, events: await open.told() };
}

describe("past_due", () => {
  test.each([
    ["pm_card_chargeCustomerFail", "requires_payment_method", 1],
    ["pm_card_authenticationRequired", "requires_payment_method", 1],
  ])("from active, when %s does not pay a renewal", async (card, intent, attempts) => {
    const { stripe, look, made, events } = await behind(card);
    const after = await look(made.id);
    expect(after).toMatchObject({ status: "past_due", invoice: { status: "open", attempt_count: attempts } });
    expect((await intentOf(stripe, after.invoice)).status).toBe(intent);
    expect(events).toContain("invoice.payment_failed");
    expect(events.at(-1)).toBe(UPDATED);
    expect(await before(stripe)).toEqual({ status: "active" });
  });

  test("from active, when an invoice that was sent is due", async () => {
    const { subscribe, look, until, told, stripe } = await shop({ card: "" });
    const made = await subscribe({ collection_method: "send_invoice", days_until_due: 10 });
    until("2027-01-10T23:59:59");
    expect((await look(made.id)).status).toBe("active");
    await told();
    until("2027-01-11");
    expect((await look(made.id)).status).toBe("past_due");
    expect(await told()).toContain(UPDATED);
    expect(await before(stripe)).toEqual({ status: "active" });
  });

  test.each<[string, (stripe: Stripe, invoice: string) => Promise<unknown>]>([
    ["paid", (stripe, invoice) => stripe.invoices.pay(invoice, { payment_method: "pm_card_visa" })],
    ["paid elsewhere", (stripe, invoice) => stripe.invoices.pay(invoice, { paid_out_of_band: true })],
    ["voided", (stripe, invoice) => stripe.invoices.voidInvoice(invoice)],
    ["marked uncollectible", (stripe, invoice) => stripe.invoices.markUncollectible(invoice)],
  ])("to active, when the invoice is %s", async (_, act) => {
    const { stripe, look, made } = await behind();
    const { invoice } = await look(made.id);
    await act(stripe, invoice.id!);
    expect((await look(made.id)).status).toBe("active");
    expect(await before(stripe)).toEqual({ status: "past_due" });
  });
});

describe("when the last retry failed", () => {
  async function last(outcome: "cancel" | "mark_unpaid" | "leave_past_due") {
    const open = await shop();
    open.fake.settings.update({ billing: { retries: [3], afterRetries: { subscription: outcome, invoice: "leave_open" } } });
    const made = await open.subscribe();
    await open.payWith("pm_card_chargeCustomerFail");
    open.until("2027-02-04T00:59:59");
    expect((await open.look(made.id)).status).toBe("past_due");
    await open.told();
    open.until("2027-02-04T01:00:00");
    return { ...open, made, events: await open.told() };
  }

  test("past_due to canceled", async () => {
    const { look, made, events } = await last("cancel");
    expect(await look(made.id)).toMatchObject({
      status: "canceled",
      ended_at: at("2027-02-04T01:00:00"),
      cancellation_details: { reason: "payment_failed" },
    });
    expect(events).toContain(DELETED);
    expect(events).not.toContain(UPDATED);
  });

  test("past_due stays", async () => {
    const { look, made, events } = await last("leave_past_due");
    expect((await look(made.id)).status).toBe("past_due");
    expect(events).not.toContain(UPDATED);
    expect(events).not.toContain(DELETED);
  });

  test("past_due to unpaid, whose invoices stay drafts, and to active again", async () => {
    const { stripe, look, made, events, until, payWith } = await last("mark_unpaid");
    expect((await look(made.id)).status).toBe("unpaid");
    expect(events.at(-1)).toBe(UPDATED);
    expect(await before(stripe)).toEqual({ status: "past_due" });
    until("2027-03-02");
    const after = await look(made.id);
    expect(after).toMatchObject({ status: "unpaid", invoice: { status: "draft", auto_advance: false, total: 1000 } });
    await payWith("pm_card_visa");
    await stripe.invoices.finalizeInvoice(after.invoice.id!);
    await stripe.invoices.pay(after.invoice.id!);
    expect((await look(made.id)).status).toBe("active");
    expect(await before(stripe)).toEqual({ status: "unpaid" });
    until("2027-04-02");
    expect((await look(made.id)).invoice).toMatchObject({ status: "paid", amount_paid: 1000 });
  });
});

describe("paused", () => {
  test.each([
    ["active", {}],
    ["trialing", { trial_period_days: 14 }],
  ] as const)("from %s, and back to active", async (status, params) => {
    const { stripe, subscribe, told, look } = await shop();
    const made = await subscribe(params);
    expect(made.status).toBe(status);
    await told();
    const paused = await stripe.subscriptions.pause(made.id);
    expect(paused).toMatchObject({
      status: "paused",
      status_details: { paused: { subscription: { type: "pause_requested" }, type: "subscription" } },
    });
    const events = await told();
    expect(events.slice(-2)).toEqual([UPDATED, "customer.subscription.paused"]);
    await stripe.subscriptions.resume(made.id, {
      billing_cycle_anchor: { type: "now" },
      payment_behavior: "resume_on_payment_success",
    });
    const after = await look(made.id);
    expect(after).toMatchObject({ status: "active", invoice: { status: "paid" } });
    expect(after).not.toHaveProperty("status_details");
    const back = await told();
    expect(back).toContain(UPDATED);
    expect(back.at(-1)).toBe("customer.subscription.resumed");
  });

  test("to past_due, where a failed payment does not keep it from going on", async () => {
    const { stripe, subscribe, payWith, look } = await shop();
    const made = await subscribe();
    await stripe.subscriptions.pause(made.id, { bill_for: { unused_time_from: { type: "none" } } });
    await payWith("pm_card_chargeCustomerFail");
    await stripe.subscriptions.resume(made.id, {
      billing_cycle_anchor: { type: "now" },
      payment_behavior: "resume_on_payment_attempt",
    });
    const waiting = await look(made.id);
    expect(waiting).toMatchObject({ status: "paused", invoice: { status: "open", attempted: false } });
    expect(await error(stripe.invoices.pay(waiting.invoice.id!))).toMatchObject({ code: "card_declined" });
    expect(await look(made.id)).toMatchObject({ status: "past_due", invoice: { status: "open" } });
  });

  test("stays, where only a payment has it go on, and goes on with that", async () => {
    const { stripe, subscribe, payWith, look, told } = await shop();
    const made = await subscribe();
    await stripe.subscriptions.pause(made.id, { bill_for: { unused_time_from: { type: "none" } } });
    await payWith("pm_card_chargeCustomerFail");
    await stripe.subscriptions.resume(made.id, {
      billing_cycle_anchor: { type: "now" },
      payment_behavior: "resume_on_payment_success",
    });
    const waiting = await look(made.id);
    expect(waiting).toMatchObject({ status: "paused", invoice: { status: "open" } });
    await payWith("pm_card_visa");
    await told();
    await stripe.invoices.pay(waiting.invoice.id!);
    expect((await look(made.id)).status).toBe("active");
    expect(await told()).toContain("customer.subscription.resumed");
  });
});

describe("a dispute of its payment", () => {
  test.each([
    ["nothing", { status: "active", cancel_at_period_end: false }],
    ["cancel", { status: "canceled", cancellation_details: { reason: "payment_disputed" } }],
    [
      "cancel_at_period_end",
      { status: "active", cancel_at_period_end: true, cancellation_details: { reason: "payment_disputed" } },
    ],
  ] as const)("does %s", async (disputed, wanted) => {
    const { fake, stripe, subscribe, until } = await shop({ card: "pm_card_createDispute" });
    fake.settings.update({ billing: { disputed } });
    const made = await subscribe();
    until("2027-01-02");
    expect((await stripe.disputes.list()).data).toHaveLength(1);
    expect(await stripe.subscriptions.retrieve(made.id)).toMatchObject(wanted);
  });
});

describe("from any that lives to canceled", () => {
  test.each<[string, (open: Shop, made: Subscribed) => Promise<unknown> | void, string]>([
    ["by a request", ({ stripe }, made) => stripe.subscriptions.cancel(made.id), "2027-01-01"],
    [
      "at the period's end",
      async ({ stripe, until }, made) => {
        await stripe.subscriptions.update(made.id, { cancel_at_period_end: true });
        until("2027-03-01");
      },
      "2027-02-01",
    ],
    [
      "at a date",
      async ({ stripe, until }, made) => {
        await stripe.subscriptions.update(made.id, { cancel_at: at("2027-01-20") });
        until("2027-03-01");
      },
      "2027-01-20",
    ],
    ["with the customer", ({ stripe, customer }) => stripe.customers.del(customer), "2027-01-01"],
    [
      "by its schedule",
      async ({ stripe }, made) => {
        const { id } = await stripe.subscriptionSchedules.create({ from_subscription: made.id });
        await stripe.subscriptionSchedules.cancel(id, { invoice_now: false, prorate: false });
      },
      "2027-01-01",
    ],
  ])("%s", async (_, act, ended) => {
    const open = await shop();
    const made = await open.subscribe();
    await open.told();
    await act(open, made);
    const after = await open.stripe.subscriptions.retrieve(made.id);
    expect(after).toMatchObject({
      status: "canceled",
      ended_at: at(ended),
      cancellation_details: { reason: "cancellation_requested" },
    });
    const deleted = await open.stripe.events.list({ type: DELETED });
    expect(deleted.data).toHaveLength(1);
    expect((deleted.data[0]!.data.object as Stripe.Subscription).status).toBe("canceled");
    await open.told();
    open.until("2027-06-01");
    expect(await open.told()).toEqual([]);
  });

  test.each(["trialing", "past_due", "paused"] as const)("while %s", async (status) => {
    const { stripe, subscribe, until, payWith } = await shop();
    const made = await subscribe(status === "trialing" ? { trial_period_days: 60 } : {});
    if (status === "past_due") {
      await payWith("pm_card_chargeCustomerFail");
      until("2027-02-01T01:00:00");
    }
    if (status === "paused") await stripe.subscriptions.pause(made.id);
    expect((await stripe.subscriptions.retrieve(made.id)).status).toBe(status);
    expect((await stripe.subscriptions.cancel(made.id)).status).toBe("canceled");
  });
});

describe("what has ended", () => {
  async function ended(status: "canceled" | "incomplete_expired") {
    const open = await shop({ card: status === "canceled" ? "pm_card_visa" : "pm_card_threeDSecure2Required" });
    const made = await open.subscribe();
    await open.stripe.subscriptions.cancel(made.id);
    return { ...open, made };
  }

  test.each(["canceled", "incomplete_expired"] as const)("%s stays so", async (status) => {
    const { stripe, made } = await ended(status);
    const { id } = made;
    const changed = await stripe.subscriptions.update(id, {
      metadata: { a: "b" },
      cancellation_details: { comment: "Moved away" },
    });
    expect(changed).toMatchObject({ status, metadata: { a: "b" }, cancellation_details: { comment: "Moved away" } });
    expect(await error(stripe.subscriptions.update(id, { description: "x" }))).toMatchObject({
      statusCode: 400,
      code: "invalid_canceled_subscription_fields",
      message: "A canceled subscription can only update its cancellation_details and metadata.",
    });
    expect(await error(stripe.subscriptions.cancel(id))).toMatchObject({ statusCode: 404, code: "resource_missing" });
    expect(await error(stripe.subscriptions.resume(id))).toMatchObject({
      message: "You can only resume a subscription if it is `paused`.",
    });
  });

  test("lists leave it out unless it is asked for", async () => {
    const { stripe, made, subscribe, payWith } = await ended("incomplete_expired");
    await payWith("pm_card_visa");
    const canceled = await subscribe();
    await stripe.subscriptions.cancel(canceled.id);
    const alive = await subscribe();
    const ids = async (params: Stripe.SubscriptionListParams) => {
      return (await stripe.subscriptions.list(params)).data.map(({ id }) => id);
    };
    expect(await ids({})).toEqual([alive.id]);
    expect(await ids({ status: "active" })).toEqual([alive.id]);
    expect(await ids({ status: "ended" })).toEqual([canceled.id, made.id]);
    expect(await ids({ status: "canceled" })).toEqual([canceled.id]);
    expect(await ids({ status: "incomplete_expired" })).toEqual([made.id]);
    expect(await ids({ status: "all" })).toEqual([alive.id, canceled.id, made.id]);
    expect(await error(ids({ status: "gone" as "all" }))).toMatchObject({
      message:
        "Invalid status: must be one of active, past_due, unpaid, canceled, incomplete, incomplete_expired, " +
        "trialing, paused, all, or ended",
    });
  });
});
