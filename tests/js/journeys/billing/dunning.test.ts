/**
 * An invoice whose payment fails: when it is tried again, which declines are not tried again before there is another
 * payment method, what each failed try tells, and what becomes of the subscription with its latest invoice.
 *
 * Sources: https://docs.stripe.com/billing/revenue-recovery/smart-retries (hard declines, order of payment methods),
 * https://docs.stripe.com/billing/subscriptions/overview#subscription-statuses, the descriptions of `attempt_count`
 * and of the events in the types of the `stripe` package. The times of smart retries are a stand-in.
 */

import type { FakeStripe } from "fakestripe";
import type Stripe from "stripe";
import { describe, expect, test } from "vitest";
import { error, events, stage } from "../stage.ts";
import { cardOf, customerWith, subscribe } from "./customers.ts";

const NOW = new Date("2026-01-01T00:00:00Z");
const DAY = 86_400;
const RENEWAL = Date.parse("2026-02-01") / 1000;
const FIRST_TRY = RENEWAL + 3600;

/** A subscription that renews with that card, on the first of February. */
async function renewing(method: string) {
  const { fake, stripe } = stage({ now: NOW });
  const subscription = await subscribe(stripe);
  const customer = subscription.customer as string;
  await cardOf(stripe, customer, method);
  return { fake, stripe, customer, subscription };
}

async function look(stripe: Stripe, subscription: { id: string }) {
  const found = await stripe.subscriptions.retrieve(subscription.id, { expand: ["latest_invoice"] });
  return { status: found.status, invoice: found.latest_invoice as Stripe.Invoice };
}

/** The types of what happened to invoices, subscriptions and payments from then on. */
async function since(stripe: Stripe, fake: FakeStripe, until: number) {
  const before = (await events(stripe)).length;
  fake.clock.advanceTo(until);
  const told = (await events(stripe)).slice(before);
  return told.filter((type) => /^(charge|customer\.subscription|invoice|payment_intent)/.test(type));
}

describe("a failed try", () => {
  test("tells of itself in order, and of the subscription the first time", async () => {
    const { fake, stripe } = await renewing("pm_card_chargeCustomerFail");
    fake.clock.advanceTo(RENEWAL);
    const failed = ["charge.failed", "payment_intent.payment_failed", "invoice.updated", "invoice.payment_failed"];
    const first = await since(stripe, fake, FIRST_TRY);
    expect(first).toEqual(["invoice.finalized", "payment_intent.created", ...failed, "customer.subscription.updated"]);
    expect(await since(stripe, fake, FIRST_TRY + 3 * DAY)).toEqual(failed);
    expect(await since(stripe, fake, FIRST_TRY + 8 * DAY)).toEqual(failed);
    expect(await since(stripe, fake, FIRST_TRY + 15 * DAY)).toEqual([...failed, "customer.subscription.deleted"]);
    const updates = (await stripe.events.list({ type: "customer.subscription.updated", limit: 1 })).data[0]!;
    expect(updates.data.previous_attributes).toEqual({ status: "active" });
  });

  test("shows when the next will be, and how many there were", async () => {
    const { fake, stripe } = await renewing("pm_card_chargeCustomerFail");
    fake.clock.advanceTo(FIRST_TRY);
    const shown = async () => {
      const { data } = await stripe.events.list({ type: "invoice.payment_failed", limit: 1 });
      const { attempt_count, next_payment_attempt, auto_advance, attempted } = data[0]!.data.object as Stripe.Invoice;
      return [attempt_count, next_payment_attempt, auto_advance, attempted];
    };
    expect(await shown()).toEqual([1, FIRST_TRY + 3 * DAY, true, true]);
    const { data } = await stripe.events.list({ type: "invoice.updated", limit: 1 });
    expect(data[0]!.data.previous_attributes).toMatchObject({ attempt_count: 0, attempted: false, next_payment_attempt: FIRST_TRY });
    fake.clock.advance({ days: 3 });
    expect(await shown()).toEqual([2, FIRST_TRY + 8 * DAY, true, true]);
    fake.clock.advance({ days: 12 });
    expect(await shown()).toEqual([4, null, false, true]);
  });

  test("without anything to pay with tells of no charge", async () => {
    const { fake, stripe, customer } = await renewing("pm_card_visa");
    const methods = await stripe.customers.listPaymentMethods(customer);
    for (const { id } of methods.data) await stripe.paymentMethods.detach(id);
    fake.clock.advanceTo(RENEWAL);
    const told = await since(stripe, fake, FIRST_TRY);
    expect(told).toEqual([
      "invoice.finalized",
      "payment_intent.created",
      "invoice.updated",
      "invoice.payment_failed",
      "customer.subscription.updated",
    ]);
  });

  test.each([
    ["the invoice's", "in"],
    ["the subscription's", "sub"],
    ["the customer's", "cus"],
  ])("is made good by %s new payment method at the next", async (_, owner) => {
    const { fake, stripe, customer, subscription } = await renewing("pm_card_chargeCustomerFail");
    fake.clock.advanceTo(FIRST_TRY);
    const { invoice } = await look(stripe, subscription);
    const { id: default_payment_method } = await stripe.paymentMethods.attach("pm_card_visa", { customer });
    if (owner === "in") await stripe.invoices.update(invoice.id, { default_payment_method });
    else if (owner === "sub") await stripe.subscriptions.update(subscription.id, { default_payment_method });
    else await stripe.customers.update(customer, { invoice_settings: { default_payment_method } });
    fake.clock.advance({ days: 2 });
    expect((await look(stripe, subscription)).status).toBe("past_due");
    fake.clock.advance({ days: 1 });
    const after = await look(stripe, subscription);
    expect(after.status).toBe("active");
    expect(after.invoice).toMatchObject({ status: "paid", attempt_count: 2, next_payment_attempt: null });
  });

  test("of the subscription's own method is not made good by the customer's", async () => {
    const { fake, stripe, customer, subscription } = await renewing("pm_card_visa");
    const bad = await stripe.paymentMethods.attach("pm_card_chargeCustomerFail", { customer });
    await stripe.subscriptions.update(subscription.id, { default_payment_method: bad.id });
    fake.clock.advanceTo(FIRST_TRY + 4 * DAY);
    expect((await look(stripe, subscription)).status).toBe("past_due");
  });

  test("is the last where somebody pays by hand", async () => {
    const { fake, stripe, customer, subscription } = await renewing("pm_card_chargeCustomerFail");
    fake.clock.advanceTo(FIRST_TRY);
    await cardOf(stripe, customer, "pm_card_visa");
    const { invoice } = await look(stripe, subscription);
    await stripe.invoices.pay(invoice.id);
    const { status, invoice: paid } = await look(stripe, subscription);
    expect([status, paid.status, paid.next_payment_attempt]).toEqual(["active", "paid", null]);
    expect(await since(stripe, fake, FIRST_TRY + 10 * DAY)).toEqual([]);
  });
});

/** Declines that are final, by the code a test asks for them with. */
const HARD = [
  "authentication_required",
  "incorrect_number",
  "lost_card",
  "pickup_card",
  "revocation_of_all_authorizations",
  "revocation_of_authorization",
  "stolen_card",
  "transaction_not_allowed",
  // It is Radar that blocks it, and `highest_risk_level` is the reason that the charge shows.
  "fraudulent",
];

/** A renewal whose first try, by hand before Stripe's own, is declined with that code. */
async function declined(code: string) {
  const made = await renewing("pm_card_visa");
  made.fake.clock.advanceTo(RENEWAL);
  const { invoice } = await look(made.stripe, made.subscription);
  made.fake.failNext("POST /v1/invoices/:id/pay", { code });
  const refused = await error(made.stripe.invoices.pay(invoice.id));
  expect(refused.statusCode).toBe(402);
  return made;
}

describe("a hard decline", () => {
  test.each(HARD)("%s is not tried again, but counted", async (code) => {
    const { fake, stripe, subscription } = await declined(code);
    const charges = (await stripe.charges.list({ limit: 100 })).data.length;
    const told = await since(stripe, fake, FIRST_TRY);
    expect(told).toEqual(["invoice.updated", "customer.subscription.updated"]);
    const { status, invoice } = await look(stripe, subscription);
    expect([status, invoice.status, invoice.attempt_count]).toEqual(["past_due", "open", 2]);
    expect(await since(stripe, fake, invoice.next_payment_attempt!)).toEqual(["invoice.updated"]);
    expect((await look(stripe, subscription)).invoice.attempt_count).toBe(3);
    expect((await stripe.charges.list({ limit: 100 })).data).toHaveLength(charges);
  });

  test("is tried again with another payment method, when the next try is due", async () => {
    const { fake, stripe, customer, subscription } = await declined("lost_card");
    fake.clock.advanceTo(FIRST_TRY);
    await cardOf(stripe, customer, "pm_card_mastercard");
    const { invoice, status } = await look(stripe, subscription);
    expect(status).toBe("past_due");
    fake.clock.advanceTo(invoice.next_payment_attempt!);
    const after = await look(stripe, subscription);
    expect([after.status, after.invoice.status, after.invoice.attempt_count]).toEqual(["active", "paid", 3]);
  });

  test("ends with the schedule, too", async () => {
    const { fake, stripe, subscription } = await declined("stolen_card");
    fake.clock.advanceTo(FIRST_TRY + 20 * DAY);
    const { status, invoice } = await look(stripe, subscription);
    expect([status, invoice.attempt_count, invoice.next_payment_attempt]).toEqual(["canceled", 4, null]);
  });

  test.each(["insufficient_funds", "generic_decline", "do_not_honor"])("%s is none: it is tried again", async (code) => {
    const { fake, stripe, subscription } = await declined(code);
    fake.clock.advanceTo(FIRST_TRY);
    expect(await look(stripe, subscription)).toMatchObject({ status: "active", invoice: { status: "paid", attempt_count: 2 } });
  });
});

describe("the latest invoice decides about its subscription", () => {
  type Made = Awaited<ReturnType<typeof renewing>> & { invoice: Stripe.Invoice };

  test.each<[string, (made: Made) => Promise<unknown>, string]>([
    ["paid", async ({ stripe, customer, invoice }) => [await cardOf(stripe, customer, "pm_card_visa"), await stripe.invoices.pay(invoice.id)], "active"],
    ["paid elsewhere", ({ stripe, invoice }) => stripe.invoices.pay(invoice.id, { paid_out_of_band: true }), "active"],
    ["uncollectible", ({ stripe, invoice }) => stripe.invoices.markUncollectible(invoice.id), "active"],
    ["void, and the one before it paid", ({ stripe, invoice }) => stripe.invoices.voidInvoice(invoice.id), "active"],
    ["credited", ({ stripe, invoice }) => stripe.creditNotes.create({ invoice: invoice.id, amount: invoice.total }), "active"],
  ])("%s", async (_, change, status) => {
    const made = await renewing("pm_card_chargeCustomerFail");
    made.fake.clock.advanceTo(FIRST_TRY);
    const { invoice, status: before } = await look(made.stripe, made.subscription);
    expect(before).toBe("past_due");
    await change({ ...made, invoice });
    expect((await look(made.stripe, made.subscription)).status).toBe(status);
  });

  test("void, the first: the subscription expires", async () => {
    const { stripe } = stage({ now: NOW });
    const customer = await customerWith(stripe, "pm_card_chargeCustomerFail");
    const made = await subscribe(stripe, { customer, payment_behavior: "allow_incomplete" });
    expect(made.status).toBe("incomplete");
    await stripe.invoices.voidInvoice(made.latest_invoice as string);
    expect((await stripe.subscriptions.retrieve(made.id)).status).toBe("incomplete_expired");
  });

  test.each([
    ["mark_unpaid", "unpaid"],
    ["leave_past_due", "past_due"],
  ] as const)("void, and the one before it open after all retries: %s", async (subscription, status) => {
    const { fake, stripe, ...made } = await renewing("pm_card_chargeCustomerFail");
    fake.settings.update({ billing: { retries: [], afterRetries: { subscription } } });
    fake.clock.advanceTo(Date.parse("2026-03-01T02:00:00Z") / 1000);
    const { invoice } = await look(stripe, made.subscription);
    if (invoice.status === "draft") await stripe.invoices.finalizeInvoice(invoice.id);
    await stripe.invoices.voidInvoice(invoice.id);
    expect((await look(stripe, made.subscription)).status).toBe(status);
  });

  test("of a subscription that was deleted is not collected any more", async () => {
    const { fake, stripe, subscription } = await renewing("pm_card_chargeCustomerFail");
    fake.clock.advanceTo(FIRST_TRY);
    const { invoice } = await look(stripe, subscription);
    await stripe.subscriptions.cancel(subscription.id);
    expect(await stripe.invoices.retrieve(invoice.id)).toMatchObject({
      status: "open",
      auto_advance: false,
      next_payment_attempt: null,
    });
    const [told] = (await stripe.events.list({ type: "invoice.updated", limit: 1 })).data;
    expect(told!.data.previous_attributes).toEqual({ auto_advance: true, next_payment_attempt: FIRST_TRY + 3 * DAY });
    expect(await since(stripe, fake, FIRST_TRY + 20 * DAY)).toEqual([]);
  });

  test("a debit that takes its time leaves it active, and behind when it fails", async () => {
    const { fake, stripe } = stage({ now: NOW });
    const customer = await customerWith(stripe, null);
    const method = await stripe.paymentMethods.create({
      type: "sepa_debit",
      sepa_debit: { iban: "DE62370400440532013001" },
      billing_details: { name: "Ana", email: "ana@example.com" },
    });
    await stripe.paymentMethods.attach(method.id, { customer });
    const price = await stripe.prices.create({
      currency: "eur",
      unit_amount: 2000,
      recurring: { interval: "month" },
      product_data: { name: "Gold" },
    });
    const made = await stripe.subscriptions.create({
      customer,
      items: [{ price: price.id }],
      default_payment_method: method.id,
      payment_settings: { payment_method_types: ["sepa_debit"] },
    });
    expect(made.status).toBe("active");
    expect(await stripe.invoices.retrieve(made.latest_invoice as string)).toMatchObject({ status: "open", attempted: true });
    fake.settle();
    const after = await look(stripe, made);
    expect([after.status, after.invoice.status, after.invoice.attempt_count]).toEqual(["past_due", "open", 1]);
    expect((await events(stripe)).filter((type) => type === "invoice.payment_failed")).toHaveLength(1);
  });
});
