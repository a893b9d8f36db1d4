/**
 * A year of one monthly subscription: a trial, an upgrade, a downgrade, a card that fails, recovery and cancellation, with
 * each event of billing as it comes.
 *
 * Sources: https://docs.stripe.com/billing/subscriptions/overview, https://docs.stripe.com/billing/subscriptions/prorations,
 * https://docs.stripe.com/billing/subscriptions/webhooks.
 */

import { FakeStripe } from "fakestripe";
import Stripe from "stripe";
import { expect, test } from "vitest";

const date = (text: string) => new Date(`${text}Z`);
const seconds = (text: string) => date(text).getTime() / 1000;

/** What of the events is about billing: the ones a handler of subscriptions listens to. */
const BILLING = /^(customer\.subscription|invoice|invoiceitem)/;

test("a year of a subscription", async () => {
  const fake = FakeStripe.new({ now: date("2027-01-10T09:00:00") });
  fake.clock.freeze();
  const stripe = new Stripe(fake.apiKey, { httpClient: fake.httpClient });

  let told = 0;
  /** The events of billing since the last look, oldest first. */
  const since = async () => {
    const events = await stripe.events.list({ limit: 100 }).autoPagingToArray({ limit: 10_000 });
    const all = events.reverse().map((event) => event.type);
    const fresh = all.slice(told).filter((type) => BILLING.test(type));
    told = all.length;
    return fresh;
  };
  const at = (text: string) => fake.clock.advanceTo(date(text));
  const latest = async () => {
    const now = await stripe.subscriptions.retrieve(subscription.id, { expand: ["latest_invoice"] });
    return { ...now, invoice: now.latest_invoice as Stripe.Invoice };
  };
  const pay = async (card: string) => {
    const method = await stripe.paymentMethods.attach(card, { customer: customer.id });
    await stripe.customers.update(customer.id, { invoice_settings: { default_payment_method: method.id } });
  };

  // January: a trial of two weeks, for which nothing is paid.
  const customer = await stripe.customers.create({ email: "ana@example.com" });
  await pay("pm_card_visa");
  const monthly = (name: string, unit_amount: number) =>
    stripe.prices.create({ currency: "usd", unit_amount, recurring: { interval: "month" }, product_data: { name } });
  const basic = await monthly("Basic", 1000);
  const pro = await monthly("Pro", 3100);
  await since();
  const subscription = await stripe.subscriptions.create({
    customer: customer.id,
    items: [{ price: basic.id }],
    trial_period_days: 14,
  });
  expect(subscription.status).toBe("trialing");
  expect(subscription.trial_end).toBe(seconds("2027-01-24T09:00:00"));
  expect(await since()).toEqual([
    "customer.subscription.created",
    "invoice.created",
    "invoice.finalized",
    "invoice.updated",
    "invoice.paid",
    "invoice.payment_succeeded",
  ]);

  // The trial's end is announced three days before, and the first month is billed.
  at("2027-01-21T09:00:00");
  expect(await since()).toEqual(["invoice.upcoming", "customer.subscription.trial_will_end"]);
  at("2027-01-24T09:00:00");
  expect((await latest()).status).toBe("active");
  expect((await latest()).invoice).toMatchObject({ status: "draft", total: 1000, billing_reason: "subscription_cycle" });
  expect(await since()).toEqual(["invoice.created", "customer.subscription.updated"]);
  at("2027-01-24T10:00:00");
  expect((await latest()).invoice).toMatchObject({ status: "paid", amount_paid: 1000, attempt_count: 1 });
  expect(await since()).toEqual([
    "invoice.finalized",
    "invoice_payment.paid",
    "invoice.updated",
    "invoice.paid",
    "invoice.payment_succeeded",
  ]);

  // February: half way through, the customer wants more. 31 days begin on 24 January; 8 of them are left on 16 February.
  at("2027-02-16T09:00:00");
  const item = subscription.items.data[0]!.id;
  await stripe.subscriptions.update(subscription.id, { items: [{ id: item, price: pro.id }] });
  const pending = await stripe.invoiceItems.list({ customer: customer.id, pending: true });
  expect(pending.data.map(({ amount, description }) => [amount, description])).toEqual([
    [-258, "Unused time on Basic after 16 Feb 2027"],
    [800, "Remaining time on Pro after 16 Feb 2027"],
  ]);
  expect(await since()).toEqual([
    "invoiceitem.created",
    "invoiceitem.created",
    "customer.subscription.updated",
  ]);
  at("2027-02-24T10:00:00");
  expect((await latest()).invoice).toMatchObject({ status: "paid", total: 3642, amount_paid: 3642 });
  await since();

  // March: less again. What was paid in advance is the customer's, and pays a part of April.
  const down = { items: [{ id: item, price: basic.id }], proration_behavior: "always_invoice" as const };
  at("2027-03-10T09:00:00");
  const preview = await stripe.invoices.createPreview({
    subscription: subscription.id,
    subscription_details: down,
  });
  await stripe.subscriptions.update(subscription.id, down);
  const credit = (await latest()).invoice;
  expect(credit).toMatchObject({ status: "paid", total: -1050, amount_due: 0, ending_balance: -1050 });
  expect(preview.total).toBe(credit.total);
  expect(await since()).toEqual([
    "invoiceitem.created",
    "invoiceitem.created",
    "invoice.created",
    "invoice.finalized",
    "invoice.updated",
    "invoice.paid",
    "invoice.payment_succeeded",
    "customer.subscription.updated",
  ]);
  at("2027-03-24T10:00:00");
  expect((await latest()).invoice).toMatchObject({ status: "paid", total: 1000, amount_due: 0, ending_balance: -50 });
  at("2027-04-24T10:00:00");
  expect((await latest()).invoice).toMatchObject({ status: "paid", total: 1000, amount_due: 950, ending_balance: 0 });
  await since();

  // May: the card fails. Three days later it is tried again, and fails again.
  await pay("pm_card_chargeCustomerFail");
  at("2027-05-24T10:00:00");
  let failed = await latest();
  expect(failed.status).toBe("past_due");
  expect(failed.invoice).toMatchObject({
    status: "open",
    attempt_count: 1,
    next_payment_attempt: seconds("2027-05-27T10:00:00"),
  });
  expect(await since()).toEqual([
    "invoice.upcoming",
    "invoice.created",
    "customer.subscription.updated",
    "invoice.finalized",
    "invoice.updated",
    "invoice.payment_failed",
    "customer.subscription.updated",
  ]);
  at("2027-05-27T10:00:00");
  failed = await latest();
  expect(failed.invoice).toMatchObject({ status: "open", attempt_count: 2 });
  expect(await since()).toEqual(["invoice.updated", "invoice.payment_failed"]);

  // A new card, and the next try of Stripe's own brings the subscription back.
  await pay("pm_card_mastercard");
  at("2027-06-01T10:00:00");
  const recovered = await latest();
  expect(recovered.status).toBe("active");
  expect(recovered.invoice).toMatchObject({ status: "paid", attempt_count: 3, amount_paid: 1000 });
  const back = await since();
  expect(back.slice(-5)).toEqual([
    "invoice_payment.paid",
    "invoice.updated",
    "invoice.paid",
    "invoice.payment_succeeded",
    "customer.subscription.updated",
  ]);

  // The summer passes: a month, a payment.
  at("2027-11-30T12:00:00");
  const invoices = await stripe.invoices.list({ subscription: subscription.id, limit: 100 });
  expect(invoices.data.map((invoice) => invoice.status)).toEqual(Array(invoices.data.length).fill("paid"));
  expect(invoices.data.map((invoice) => invoice.created).slice(0, 6)).toEqual(
    ["11", "10", "09", "08", "07", "06"].map((month) => seconds(`2027-${month}-24T09:00:00`)),
  );
  await since();

  // The customer goes, and has what was paid for until the period's end.
  const leaving = await stripe.subscriptions.update(subscription.id, {
    cancel_at_period_end: true,
    cancellation_details: { feedback: "too_expensive" },
  });
  expect(leaving.status).toBe("active");
  expect(leaving.cancel_at).toBe(seconds("2027-12-24T09:00:00"));
  expect(await since()).toEqual(["customer.subscription.updated"]);
  at("2027-12-31T00:00:00");
  const ended = await stripe.subscriptions.retrieve(subscription.id);
  expect(ended).toMatchObject({
    status: "canceled",
    ended_at: seconds("2027-12-24T09:00:00"),
    canceled_at: seconds("2027-11-30T12:00:00"),
    cancellation_details: { feedback: "too_expensive", reason: "cancellation_requested" },
  });
  expect(await since()).toEqual(["customer.subscription.deleted"]);
  fake.stop();
});
