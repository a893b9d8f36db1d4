// Quotes from the draft to what they make, through the real client. Stripe's page on quotes and
// 7 say what is expected.

import Stripe from "stripe";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { FakeStripe } from "../../../js/index.ts";

const DAY = 86_400;
const START = Date.parse("2026-01-01T00:00:00Z") / 1000;

let fake: FakeStripe;
let stripe: Stripe;
let customer: Stripe.Customer;
let once: Stripe.Price;
let monthly: Stripe.Price;
beforeEach(async () => {
  fake = FakeStripe.new({ now: START });
  stripe = new Stripe(fake.apiKey, { ...fake.stripeOptions() });
  customer = await stripe.customers.create({
    email: "ana@example.com",
    payment_method: "pm_card_visa",
    invoice_settings: { default_payment_method: "pm_card_visa" },
  });
  once = await stripe.prices.create({ currency: "usd", unit_amount: 1099, product_data: { name: "Setup" } });
  monthly = await stripe.prices.create({
    currency: "usd",
    unit_amount: 2000,
    product_data: { name: "Plan" },
    recurring: { interval: "month" },
  });
});
afterEach(() => fake.stop());

const types = async (type: string) =>
  (await stripe.events.list({ types: [`${type}.created`, `${type}.finalized`, `${type}.accepted`, `${type}.canceled`] })).data
    .map((event) => event.type)
    .reverse();

async function opened(params: Stripe.QuoteCreateParams) {
  const draft = await stripe.quotes.create({ customer: customer.id, ...params });
  return await stripe.quotes.finalizeQuote(draft.id);
}

describe("a draft", () => {
  test("adds up what is paid once and what is paid again", async () => {
    const quote = await stripe.quotes.create({
      customer: customer.id,
      line_items: [{ price: once.id, quantity: 2 }, { price: monthly.id }],
    });
    expect(quote).toMatchObject({
      status: "draft",
      number: null,
      currency: "usd",
      amount_subtotal: 4198,
      amount_total: 4198,
      expires_at: START + 30 * DAY,
      computed: {
        recurring: { amount_subtotal: 2000, amount_total: 2000, interval: "month", interval_count: 1 },
        upfront: { amount_subtotal: 4198, amount_total: 4198 },
      },
    });
    expect(quote).not.toHaveProperty("line_items");
    const lines = await stripe.quotes.listLineItems(quote.id);
    expect(lines.data.map((line) => line.amount_total)).toEqual([2198, 2000]);
    const { line_items } = await stripe.quotes.retrieve(quote.id, { expand: ["line_items"] });
    expect(line_items?.data.map(({ id }) => id)).toEqual(lines.data.map(({ id }) => id));
  });

  test("counts a discount, and again only where it is for ever", async () => {
    const discounted = async (duration: "once" | "forever") => {
      const coupon = await stripe.coupons.create({ percent_off: 10, duration });
      return await stripe.quotes.create({
        customer: customer.id,
        line_items: [{ price: monthly.id }],
        discounts: [{ coupon: coupon.id }],
      });
    };
    expect(await discounted("once")).toMatchObject({
      amount_total: 1800,
      total_details: { amount_discount: 200 },
      computed: { upfront: { amount_total: 1800 }, recurring: { amount_total: 2000 } },
    });
    expect(await discounted("forever")).toMatchObject({
      computed: { upfront: { amount_total: 1800 }, recurring: { amount_total: 1800 } },
    });
  });

  test("is not finalized without a customer or without lines", async () => {
    const nobody = await stripe.quotes.create({ line_items: [{ price: once.id }] });
    const nothing = await stripe.quotes.create({ customer: customer.id });
    for (const { id } of [nobody, nothing]) {
      await expect(stripe.quotes.finalizeQuote(id)).rejects.toMatchObject({ statusCode: 400 });
    }
  });
});

describe("numbers", () => {
  test("name the customer, the quote and its revision", async () => {
    const prefix = customer.invoice_prefix;
    const first = await opened({ line_items: [{ price: once.id }] });
    const second = await opened({ line_items: [{ price: once.id }] });
    expect([first.number, second.number]).toEqual([`QT-${prefix}-0001-1`, `QT-${prefix}-0002-1`]);
    const revised = await stripe.quotes.create({ from_quote: { quote: first.id, is_revision: true } });
    expect(revised).toMatchObject({ status: "draft", amount_total: 1099, customer: customer.id });
    expect((await stripe.quotes.finalizeQuote(revised.id)).number).toBe(`QT-${prefix}-0001-2`);
    expect((await stripe.quotes.retrieve(first.id)).status).toBe("canceled");
  });
});

describe("an open quote", () => {
  test("can only be given another last day", async () => {
    const quote = await opened({ line_items: [{ price: once.id }] });
    const later = await stripe.quotes.update(quote.id, { expires_at: START + 60 * DAY });
    expect(later.expires_at).toBe(START + 60 * DAY);
    const changed = stripe.quotes.update(quote.id, { line_items: [{ price: monthly.id }] });
    await expect(changed).rejects.toMatchObject({ statusCode: 400 });
  });

  test("is canceled on its last day", async () => {
    const quote = await opened({ line_items: [{ price: once.id }] });
    fake.clock.advance({ days: 31 });
    const over = await stripe.quotes.retrieve(quote.id);
    expect(over).toMatchObject({ status: "canceled", status_transitions: { canceled_at: START + 30 * DAY } });
    expect(await types("quote")).toEqual(["quote.created", "quote.finalized", "quote.canceled"]);
    await expect(stripe.quotes.accept(quote.id)).rejects.toMatchObject({ statusCode: 400 });
  });
});

describe("accepted", () => {
  test("with nothing that recurs, it is an invoice", async () => {
    const quote = await opened({ line_items: [{ price: once.id, quantity: 2 }] });
    const accepted = await stripe.quotes.accept(quote.id);
    expect(accepted).toMatchObject({
      status: "accepted",
      invoice: expect.stringMatching(/^in_/),
      subscription: null,
      subscription_schedule: null,
      status_transitions: { accepted_at: START },
    });
    const invoice = await stripe.invoices.retrieve(accepted.invoice as string);
    expect(invoice).toMatchObject({
      billing_reason: "quote_accept",
      parent: { type: "quote_details", quote_details: { quote: quote.id } },
      status: "draft",
      total: 2198,
    });
    expect(await types("quote")).toEqual(["quote.created", "quote.finalized", "quote.accepted"]);
    fake.clock.advance({ hours: 2 });
    expect((await stripe.invoices.retrieve(invoice.id)).status).toBe("paid");
    await expect(stripe.quotes.accept(quote.id)).rejects.toMatchObject({ statusCode: 400 });
    await expect(stripe.quotes.cancel(quote.id)).rejects.toMatchObject({ statusCode: 400 });
  });

  test("with something that recurs, it is a subscription", async () => {
    const quote = await opened({
      line_items: [{ price: monthly.id, quantity: 3 }],
      subscription_data: { description: "Seats", metadata: { order: "7" } },
    });
    const accepted = await stripe.quotes.accept(quote.id);
    const subscription = await stripe.subscriptions.retrieve(accepted.subscription as string);
    expect(subscription).toMatchObject({
      customer: customer.id,
      description: "Seats",
      metadata: { order: "7" },
      status: "active",
    });
    expect(subscription.items.data[0]).toMatchObject({ quantity: 3, price: { id: monthly.id } });
    expect(accepted.invoice).toBe(subscription.latest_invoice);
    expect(await stripe.invoices.retrieve(accepted.invoice as string)).toMatchObject({ total: 6000, status: "paid" });
  });

  test("with a trial, the subscription begins with it", async () => {
    const quote = await opened({
      line_items: [{ price: monthly.id }],
      subscription_data: { trial_period_days: 14 },
    });
    expect(quote.computed.upfront.amount_total).toBe(0);
    const { subscription } = await stripe.quotes.accept(quote.id);
    expect(await stripe.subscriptions.retrieve(subscription as string)).toMatchObject({
      status: "trialing",
      trial_end: START + 14 * DAY,
    });
  });

  test("that begins later, it is a subscription schedule", async () => {
    const begins = START + 10 * DAY;
    const quote = await opened({
      line_items: [{ price: monthly.id }],
      subscription_data: { effective_date: begins },
    });
    const accepted = await stripe.quotes.accept(quote.id);
    expect(accepted).toMatchObject({ invoice: null, subscription: null });
    const schedule = await stripe.subscriptionSchedules.retrieve(accepted.subscription_schedule as string);
    expect(schedule).toMatchObject({ customer: customer.id, status: "not_started" });
    expect(schedule.phases[0]).toMatchObject({ start_date: begins, items: [{ price: monthly.id }] });
  });

  test("by somebody who cannot pay, it stays open", async () => {
    const { id } = await stripe.customers.create();
    const quote = await opened({ customer: id, line_items: [{ price: monthly.id }] });
    await expect(stripe.quotes.accept(quote.id)).rejects.toMatchObject({
      statusCode: 400,
      message: expect.stringContaining("no attached payment source or default payment method"),
    });
    expect((await stripe.quotes.retrieve(quote.id)).status).toBe("open");
    expect(fake.state.subscriptions.count).toBe(0);
  });
});
