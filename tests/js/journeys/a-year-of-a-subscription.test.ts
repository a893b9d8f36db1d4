/**
 * A year of one monthly subscription: a trial, an upgrade, a downgrade, a card that fails, recovery and cancellation; with
 * each event as it comes, when it comes, and over how much.
 *
 * Sources: https://docs.stripe.com/billing/subscriptions/overview, https://docs.stripe.com/billing/subscriptions/prorations,
 * https://docs.stripe.com/billing/subscriptions/webhooks, https://docs.stripe.com/billing/customer/balance,
 * https://docs.stripe.com/payouts; the order of events was recorded.
 */

import { FakeStripe } from "fakestripe";
import Stripe from "stripe";
import { expect, onTestFinished, test } from "vitest";

const date = (text: string) => new Date(`${text}Z`);
const seconds = (text: string) => date(text).getTime() / 1000;
const dollars = (cents: number) => `${cents < 0 ? "-" : ""}$${(Math.abs(cents) / 100).toFixed(2)}`;

/** An event as a line of a diary: `24 Jan 10:00 charge.succeeded $10.00`. */
function line({ created, type, data }: Stripe.Event): string {
  const of = data.object as any;
  const { object, status, amount, amount_paid, total } = of;
  const at = new Date(created * 1000).toUTCString().slice(5, 22).replace(/^0/, "").replace(" 2027", "");
  if (object === "invoice") return `${at} ${type} ${dollars(total)}, ${status}`;
  if (object === "subscription") return `${at} ${type} ${status}`;
  if (object === "invoice_payment") return `${at} ${type} ${dollars(amount_paid)}`;
  return amount === undefined ? `${at} ${type}` : `${at} ${type} ${dollars(amount)}`;
}

/** The lines of a text. */
const lines = (text: string) => text.trim().split("\n").map((line) => line.trim());

/** A month begins: a draft, and the subscription goes on. */
const begins = (day: string, total: string) =>
  lines(`
    ${day} 09:00 invoice.created ${total}, draft
    ${day} 09:00 customer.subscription.updated active
  `);

/** The draft is finalized an hour later and paid. */
const isPaid = (day: string, total: string, due = total) =>
  lines(`
    ${day} 10:00 invoice.finalized ${total}, open
    ${day} 10:00 payment_intent.created ${due}
    ${day} 10:00 charge.succeeded ${due}
    ${day} 10:00 payment_intent.succeeded ${due}
    ${day} 10:00 invoice_payment.paid ${due}
    ${day} 10:00 invoice.updated ${total}, paid
    ${day} 10:00 invoice.paid ${total}, paid
    ${day} 10:00 invoice.payment_succeeded ${total}, paid
  `);

/** What is left after Stripe's fee of 2.9 % and 30 cents goes to the bank, two business days later. */
const isPaidOut = (day: string, amount: string) =>
  lines(`
    ${day} 00:00 balance.available
    ${day} 02:00 payout.created ${amount}
    ${day} 02:00 payout.updated ${amount}
    ${day} 02:00 payout.paid ${amount}
    ${day} 02:00 payout.reconciliation_completed ${amount}
  `);

test("a year of a subscription", async () => {
  const fake = FakeStripe.new({ now: date("2027-01-10T09:00:00") });
  onTestFinished(() => fake.stop());
  fake.clock.freeze();
  const stripe = new Stripe(fake.apiKey, { httpClient: fake.httpClient });

  let told = 0;
  /** The events since the last look, oldest first. */
  const diary = async () => {
    const events = await stripe.events.list({ limit: 100 }).autoPagingToArray({ limit: 10_000 });
    const fresh = events.reverse().slice(told);
    told = events.length;
    return fresh.map(line);
  };
  const until = (text: string) => fake.clock.advanceTo(date(text));
  const latest = async () => {
    const now = await stripe.subscriptions.retrieve(subscription.id, { expand: ["latest_invoice"] });
    return { ...now, invoice: now.latest_invoice as Stripe.Invoice };
  };
  const payWith = async (card: string) => {
    const method = await stripe.paymentMethods.attach(card, { customer: customer.id });
    await stripe.customers.update(customer.id, { invoice_settings: { default_payment_method: method.id } });
  };

  // Two plans, and a customer with a card.
  const monthly = (name: string, unit_amount: number) =>
    stripe.prices.create({ currency: "usd", unit_amount, recurring: { interval: "month" }, product_data: { name } });
  const basic = await monthly("Basic", 1000);
  const pro = await monthly("Pro", 3100);
  const customer = await stripe.customers.create({ email: "ana@example.com" });
  await payWith("pm_card_visa");
  expect(await diary()).toEqual(
    lines(`
      10 Jan 09:00 product.created
      10 Jan 09:00 plan.created $10.00
      10 Jan 09:00 price.created
      10 Jan 09:00 product.created
      10 Jan 09:00 plan.created $31.00
      10 Jan 09:00 price.created
      10 Jan 09:00 customer.created
      10 Jan 09:00 payment_method.attached
      10 Jan 09:00 customer.updated
    `),
  );

  // January: a trial of two weeks, for which nothing is paid.
  const subscription = await stripe.subscriptions.create({
    customer: customer.id,
    items: [{ price: basic.id }],
    trial_period_days: 14,
  });
  expect(subscription).toMatchObject({ status: "trialing", trial_end: seconds("2027-01-24T09:00:00") });
  expect(await diary()).toEqual(
    lines(`
      10 Jan 09:00 customer.subscription.created trialing
      10 Jan 09:00 customer.updated
      10 Jan 09:00 invoice.created $0.00, draft
      10 Jan 09:00 invoice.finalized $0.00, paid
      10 Jan 09:00 invoice.paid $0.00, paid
      10 Jan 09:00 invoice.payment_succeeded $0.00, paid
    `),
  );

  // The first payment is announced a week before, the trial's end three days before; then the first month is billed.
  until("2027-01-24T09:00:00");
  expect(await latest()).toMatchObject({
    status: "active",
    invoice: { status: "draft", total: 1000, billing_reason: "subscription_cycle" },
  });
  expect(await diary()).toEqual(
    lines(`
      17 Jan 09:00 invoice.upcoming $10.00, draft
      21 Jan 09:00 customer.subscription.trial_will_end trialing
      24 Jan 09:00 invoice.created $10.00, draft
      24 Jan 09:00 customer.subscription.updated active
    `),
  );
  until("2027-01-24T10:00:00");
  expect((await latest()).invoice).toMatchObject({ status: "paid", amount_paid: 1000, attempt_count: 1 });
  expect(await diary()).toEqual(
    lines(`
      24 Jan 10:00 invoice.finalized $10.00, open
      24 Jan 10:00 payment_intent.created $10.00
      24 Jan 10:00 charge.succeeded $10.00
      24 Jan 10:00 payment_intent.succeeded $10.00
      24 Jan 10:00 invoice_payment.paid $10.00
      24 Jan 10:00 invoice.updated $10.00, paid
      24 Jan 10:00 invoice.paid $10.00, paid
      24 Jan 10:00 invoice.payment_succeeded $10.00, paid
    `),
  );

  // February: the money arrives. Then the customer wants more: of the 31 days since 24 January, 8 are left on the 16th.
  until("2027-02-16T09:00:00");
  const item = subscription.items.data[0]!.id;
  await stripe.subscriptions.update(subscription.id, { items: [{ id: item, price: pro.id }] });
  const pending = await stripe.invoiceItems.list({ customer: customer.id, pending: true });
  expect(pending.data.map(({ amount, description }) => [amount, description])).toEqual([
    [-258, "Unused time on Basic after 16 Feb 2027"],
    [800, "Remaining time on Pro after 16 Feb 2027"],
  ]);
  expect(await diary()).toEqual([
    ...isPaidOut("27 Jan", "$9.41"),
    ...lines(`
      16 Feb 09:00 invoiceitem.created $8.00
      16 Feb 09:00 invoiceitem.created -$2.58
      16 Feb 09:00 customer.subscription.updated active
    `),
  ]);

  // It is billed with the next month: $31.00 + $8.00 - $2.58.
  until("2027-02-24T10:00:00");
  expect((await latest()).invoice).toMatchObject({ status: "paid", total: 3642, amount_paid: 3642 });
  expect(await diary()).toEqual([
    "17 Feb 09:00 invoice.upcoming $36.42, draft",
    ...begins("24 Feb", "$36.42"),
    ...isPaid("24 Feb", "$36.42"),
  ]);

  // March: less again. Half of the 28 days was paid in advance: that is the customer's. A preview says it to the cent.
  until("2027-03-10T09:00:00");
  const down = { items: [{ id: item, price: basic.id }], proration_behavior: "always_invoice" as const };
  const preview = await stripe.invoices.createPreview({ subscription: subscription.id, subscription_details: down });
  await stripe.subscriptions.update(subscription.id, down);
  const credit = (await latest()).invoice;
  expect(credit).toMatchObject({ status: "paid", total: -1050, amount_due: 0, ending_balance: -1050 });
  expect(preview.total).toBe(credit.total);
  expect(await diary()).toEqual([
    ...isPaidOut("26 Feb", "$35.06"),
    ...lines(`
      10 Mar 09:00 invoiceitem.created $5.00
      10 Mar 09:00 invoiceitem.created -$15.50
      10 Mar 09:00 invoice.created -$10.50, draft
      10 Mar 09:00 customer.updated
      10 Mar 09:00 invoice.finalized -$10.50, paid
      10 Mar 09:00 invoice.paid -$10.50, paid
      10 Mar 09:00 invoice.payment_succeeded -$10.50, paid
      10 Mar 09:00 customer.subscription.updated active
    `),
  ]);

  // The credit pays the next month, and what is left of it a part of the one after.
  until("2027-03-24T10:00:00");
  expect((await latest()).invoice).toMatchObject({ status: "paid", total: 1000, amount_due: 0, ending_balance: -50 });
  expect(await diary()).toEqual([
    "17 Mar 09:00 invoice.upcoming $10.00, draft",
    ...begins("24 Mar", "$10.00"),
    ...lines(`
      24 Mar 10:00 customer.updated
      24 Mar 10:00 invoice.finalized $10.00, paid
      24 Mar 10:00 invoice.updated $10.00, paid
      24 Mar 10:00 invoice.paid $10.00, paid
      24 Mar 10:00 invoice.payment_succeeded $10.00, paid
    `),
  ]);
  until("2027-05-01T09:00:00");
  expect((await latest()).invoice).toMatchObject({ status: "paid", total: 1000, amount_due: 950, ending_balance: 0 });
  expect(await diary()).toEqual([
    "17 Apr 09:00 invoice.upcoming $10.00, draft",
    ...begins("24 Apr", "$10.00"),
    "24 Apr 10:00 customer.updated",
    ...isPaid("24 Apr", "$10.00", "$9.50"),
    ...isPaidOut("28 Apr", "$8.92"),
  ]);

  // May: the card fails. Three days later it is tried again, and fails again.
  await payWith("pm_card_chargeCustomerFail");
  until("2027-05-24T10:00:00");
  expect(await latest()).toMatchObject({
    status: "past_due",
    invoice: { status: "open", attempt_count: 1, next_payment_attempt: seconds("2027-05-27T10:00:00") },
  });
  expect(await diary()).toEqual([
    "1 May 09:00 payment_method.attached",
    "1 May 09:00 customer.updated",
    "17 May 09:00 invoice.upcoming $10.00, draft",
    ...begins("24 May", "$10.00"),
    ...lines(`
      24 May 10:00 invoice.finalized $10.00, open
      24 May 10:00 payment_intent.created $10.00
      24 May 10:00 charge.failed $10.00
      24 May 10:00 payment_intent.payment_failed $10.00
      24 May 10:00 invoice.updated $10.00, open
      24 May 10:00 invoice.payment_failed $10.00, open
      24 May 10:00 customer.subscription.updated past_due
    `),
  ]);
  until("2027-05-27T10:00:00");
  expect((await latest()).invoice).toMatchObject({ status: "open", attempt_count: 2 });
  expect(await diary()).toEqual(
    lines(`
      27 May 10:00 charge.failed $10.00
      27 May 10:00 payment_intent.payment_failed $10.00
      27 May 10:00 invoice.updated $10.00, open
      27 May 10:00 invoice.payment_failed $10.00, open
    `),
  );

  // A new card, and the next try of Stripe's own brings the subscription back.
  await payWith("pm_card_mastercard");
  until("2027-06-01T10:00:00");
  expect(await latest()).toMatchObject({
    status: "active",
    invoice: { status: "paid", attempt_count: 3, amount_paid: 1000 },
  });
  expect(await diary()).toEqual(
    lines(`
      27 May 10:00 payment_method.attached
      27 May 10:00 customer.updated
      1 Jun 10:00 charge.succeeded $10.00
      1 Jun 10:00 payment_intent.succeeded $10.00
      1 Jun 10:00 invoice_payment.paid $10.00
      1 Jun 10:00 invoice.updated $10.00, paid
      1 Jun 10:00 invoice.paid $10.00, paid
      1 Jun 10:00 invoice.payment_succeeded $10.00, paid
      1 Jun 10:00 customer.subscription.updated active
    `),
  );

  // The summer and the autumn pass: each month a payment, on the day it all began. Banks are closed at weekends.
  until("2027-11-30T12:00:00");
  const month = (name: string, arrives: number) => [
    `17 ${name} 09:00 invoice.upcoming $10.00, draft`,
    ...begins(`24 ${name}`, "$10.00"),
    ...isPaid(`24 ${name}`, "$10.00"),
    ...isPaidOut(`${arrives} ${name}`, "$9.41"),
  ];
  expect(await diary()).toEqual([
    ...isPaidOut("3 Jun", "$9.41"),
    ...month("Jun", 28),
    ...month("Jul", 28),
    ...month("Aug", 26),
    ...month("Sep", 28),
    ...month("Oct", 27),
    ...month("Nov", 26),
  ]);
  const invoices = await stripe.invoices.list({ subscription: subscription.id, limit: 100 });
  const { invoice_prefix } = (await stripe.customers.retrieve(customer.id)) as Stripe.Customer;
  expect(invoices.data.map(({ number, status, total }) => `${number} ${status} ${dollars(total)}`).reverse()).toEqual(
    [0, 1000, 3642, -1050, 1000, 1000, 1000, 1000, 1000, 1000, 1000, 1000, 1000].map(
      (total, place) => `${invoice_prefix}-${String(place + 1).padStart(4, "0")} paid ${dollars(total)}`,
    ),
  );

  // The customer goes, and has what was paid for until the period's end.
  const leaving = await stripe.subscriptions.update(subscription.id, {
    cancel_at_period_end: true,
    cancellation_details: { feedback: "too_expensive" },
  });
  expect(leaving).toMatchObject({ status: "active", cancel_at: seconds("2027-12-24T09:00:00") });
  until("2027-12-31T00:00:00");
  expect(await latest()).toMatchObject({
    status: "canceled",
    ended_at: seconds("2027-12-24T09:00:00"),
    canceled_at: seconds("2027-11-30T12:00:00"),
    cancellation_details: { feedback: "too_expensive", reason: "cancellation_requested" },
  });
  expect(await diary()).toEqual(
    lines(`
      30 Nov 12:00 customer.subscription.updated active
      24 Dec 09:00 customer.subscription.deleted canceled
    `),
  );
});
