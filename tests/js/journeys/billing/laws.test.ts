/**
 * What always holds of billing, shown on one eventful quarter: what is previewed is billed, lines sum to totals, events can
 * be undone, month ends come back, and time may leap or walk.
 *
 * The laws are those of https://docs.stripe.com/api/invoices/object, https://docs.stripe.com/api/events/object,
 * https://docs.stripe.com/billing/subscriptions/billing-cycle and https://docs.stripe.com/invoicing/preview. In worlds that
 * chance makes they are tested natively.
 */

import { FakeStripe } from "fakestripe";
import Stripe from "stripe";
import { describe, expect, onTestFinished, test } from "vitest";
import { at } from "./shop.ts";

const DAY = 86_400;

/** Lets an eventful quarter pass, with each wait in so many pieces. */
async function quarter(pieces: number) {
  const fake = FakeStripe.new({ seed: "a quarter", now: new Date("2027-01-31T10:00:00Z"), apiKey: `sk_test_${pieces}` });
  onTestFinished(() => fake.stop());
  fake.clock.freeze();
  const stripe = new Stripe(fake.apiKey, fake.stripeOptions());
  const wait = (days: number) => {
    for (let piece = 0; piece < pieces; piece++) fake.clock.advance({ seconds: (days * DAY) / pieces });
  };
  const price = async (unit_amount: number) =>
    (
      await stripe.prices.create({
        currency: "usd",
        unit_amount,
        product_data: { name: `Plan ${unit_amount}` },
        recurring: { interval: "month" },
      })
    ).id;
  const [small, large] = [await price(1999), await price(4999)];
  const coupon = await stripe.coupons.create({ percent_off: 12.5, duration: "forever" });
  const rate = await stripe.taxRates.create({ display_name: "Tax", percentage: 7.25, inclusive: false });
  const customer = (await stripe.customers.create({ email: "ana@example.com", balance: -700 })).id;
  const payWith = async (card: string) => {
    const { id } = await stripe.paymentMethods.attach(card, { customer });
    await stripe.customers.update(customer, { invoice_settings: { default_payment_method: id } });
  };
  await payWith("pm_card_visa");
  const subscription = await stripe.subscriptions.create({
    customer,
    items: [{ price: small, quantity: 3 }],
    discounts: [{ coupon: coupon.id }],
    default_tax_rates: [rate.id],
  });
  const [{ id: item }] = subscription.items.data as [Stripe.SubscriptionItem];
  wait(9);
  await stripe.subscriptions.update(subscription.id, { items: [{ id: item, price: large, quantity: 2 }] });
  wait(30);
  await payWith("pm_card_chargeCustomerFail");
  wait(25);
  await payWith("pm_card_visa");
  wait(10);
  const [open] = (await stripe.invoices.list({ customer, status: "paid" })).data;
  await stripe.creditNotes.create({ invoice: open!.id!, amount: 333, credit_amount: 333 });
  wait(20);
  const events = await stripe.events.list({ limit: 100 }).autoPagingToArray({ limit: 1000 });
  const invoices = (await stripe.invoices.list({ customer, limit: 100 })).data;
  return { fake, stripe, customer, subscription, item, small, events: events.reverse(), invoices };
}

const sum = <T>(of: T[] | null, amount: (one: T) => number) => (of ?? []).reduce((all, one) => all + amount(one), 0);

test("lines sum to the subtotal, discounts and taxes to the total, and what is due follows", async () => {
  const { invoices } = await quarter(1);
  expect(invoices.length).toBeGreaterThan(3);
  for (const of of invoices) {
    const lines = of.lines.data;
    const off = sum(of.total_discount_amounts, ({ amount }) => amount);
    const tax = sum(of.total_taxes, ({ amount }) => amount);
    expect(of.subtotal).toBe(sum(lines, ({ amount }) => amount));
    expect(off).toBe(sum(lines, (line) => sum(line.discount_amounts, ({ amount }) => amount)));
    expect(tax).toBe(sum(lines, (line) => sum(line.taxes, ({ amount }) => amount)));
    expect(of.total).toBe(of.subtotal - off + tax);
    expect(of.total_excluding_tax).toBe(of.total - tax);
    expect(of.amount_due).toBe(Math.max(0, of.total + of.starting_balance) - of.pre_payment_credit_notes_amount);
    expect(of.amount_remaining).toBe(of.amount_due - of.amount_paid);
  }
  const numbers = invoices.map(({ number }) => number).filter((number) => number !== null);
  expect(numbers.map((number) => Number(number.split("-")[1])).reverse()).toEqual(numbers.map((_, place) => place + 1));
});

test("a customer's balance is the sum of what moved it", async () => {
  const { stripe, customer } = await quarter(1);
  const { data } = await stripe.customers.listBalanceTransactions(customer, { limit: 100 });
  const now = (await stripe.customers.retrieve(customer)) as Stripe.Customer;
  expect(data.length).toBeGreaterThan(2);
  expect(now.balance).toBe(sum(data, ({ amount }) => amount));
  expect(now.balance).toBe(data[0]!.ending_balance);
});

/** An object as it was before what an event shows as changed. */
function undone(object: any, previous: any): any {
  const before = { ...object };
  for (const [name, old] of Object.entries<any>(previous)) {
    const isHash = (value: any) => value && typeof value === "object" && !Array.isArray(value);
    before[name] = isHash(old) && isHash(object[name]) ? undone(object[name], old) : old;
  }
  return before;
}

test("what an event shows as changed, undone, is what was shown before; and what was shown last is what there is", async () => {
  const { stripe, events } = await quarter(1);
  const shown = new Map<string, { now: any; before?: any }>();
  let count = 0;
  for (const { type, data } of events) {
    const object = data.object as any;
    if (!object.id || !/^(customer|invoice|subscription|price|product|coupon)/.test(object.object)) continue;
    // What no event tells of.
    if (object.object === "customer") delete object.next_invoice_sequence;
    const known = shown.get(object.id);
    const isNews = JSON.stringify(known?.now) !== JSON.stringify(object);
    const before = isNews ? known?.now : known?.before;
    if (before && data.previous_attributes) {
      expect(undone(object, data.previous_attributes), `${type} ${object.id}`).toEqual(before);
      count += 1;
    }
    shown.set(object.id, { now: object, before });
  }
  expect(count).toBeGreaterThan(10);
  for (const { now } of shown.values()) {
    const { customers, invoices, subscriptions } = stripe;
    const retrieving: Record<string, { retrieve(id: string): Promise<any> }> = {
      customer: customers,
      invoice: invoices,
      subscription: subscriptions,
    };
    const retrieved = await retrieving[now.object]?.retrieve(now.id);
    if (!retrieved) continue;
    delete retrieved.next_invoice_sequence;
    expect(JSON.parse(JSON.stringify(retrieved))).toEqual(now);
  }
});

test("time may leap or walk: the same objects and the same events", async () => {
  const [leap, walk] = [await quarter(1), await quarter(24)];
  expect(walk.events.map((event) => event.type)).toEqual(leap.events.map((event) => event.type));
  // The client makes idempotency keys by chance.
  const bytes = (of?: object) => JSON.stringify(of, (name, value) => (name === "idempotency_key" ? null : value));
  const differs = (all: object[], others: object[]) => all.find((one, place) => bytes(one) !== bytes(others[place]));
  expect(differs(walk.events, leap.events)).toBeUndefined();
  expect(differs(walk.invoices, leap.invoices)).toBeUndefined();
});

describe("a preview is what then happens", () => {
  const promised = ({ currency, subtotal, total, amount_due, lines }: Stripe.Invoice) => ({
    currency,
    subtotal,
    total,
    amount_due,
    lines: lines.data.map(({ amount, description, period, quantity }) => ({ amount, description, period, quantity })),
  });

  test("of a change", async () => {
    const { stripe, subscription, item, small } = await quarter(1);
    const change = { items: [{ id: item, price: small, quantity: 7 }], proration_behavior: "always_invoice" as const };
    const preview = await stripe.invoices.createPreview({ subscription: subscription.id, subscription_details: change });
    const { latest_invoice } = await stripe.subscriptions.update(subscription.id, { ...change, expand: ["latest_invoice"] });
    expect(promised(latest_invoice as Stripe.Invoice)).toEqual(promised(preview));
  });

  test("of the next period", async () => {
    const { fake, stripe, subscription } = await quarter(1);
    const preview = await stripe.invoices.createPreview({ subscription: subscription.id });
    fake.clock.advanceTo(new Date(at("2027-05-31T10:00:00") * 1000));
    const { latest_invoice } = await stripe.subscriptions.retrieve(subscription.id, { expand: ["latest_invoice"] });
    expect(promised(latest_invoice as Stripe.Invoice)).toEqual(promised(preview));
  });
});

test("what began on the 31st is renewed on each month's last day, and on the 31st again", async () => {
  const { fake, stripe, subscription } = await quarter(1);
  fake.clock.advanceTo(new Date("2028-02-29T10:00:00Z"));
  await stripe.subscriptions.retrieve(subscription.id);
  const invoices = await stripe.invoices.list({ subscription: subscription.id, limit: 100 });
  const days = invoices.data.reverse().map(({ created }) => new Date(created * 1000).toISOString().slice(5, 16));
  expect(days).toEqual(
    ["01-31", "02-28", "03-31", "04-30", "05-31", "06-30", "07-31", "08-31", "09-30", "10-31", "11-30", "12-31", "01-31", "02-29"].map(
      (day) => `${day}T10:00`,
    ),
  );
});
