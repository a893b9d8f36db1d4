/**
 * Subscriptions through the real client: changes and their prorations, previews, schedules, pauses and test clocks.
 *
 * Sources: https://docs.stripe.com/billing/subscriptions/prorations, https://docs.stripe.com/billing/testing/test-clocks,
 * https://docs.stripe.com/billing/subscriptions/subscription-schedules.
 */

import { FakeStripe } from "fakestripe";
import Stripe from "stripe";
import { expect, onTestFinished, test, vi } from "vitest";

const NEW_YEAR = Date.UTC(2027, 0, 1) / 1000;
const DAY = 86_400;

async function stage() {
  const fake = FakeStripe.new({ now: new Date(NEW_YEAR * 1000) });
  onTestFinished(() => fake.stop());
  fake.clock.freeze();
  const stripe = new Stripe(fake.apiKey, fake.stripeOptions());
  const price = (unit_amount: number, interval: "month" | "year" = "month") =>
    stripe.prices.create({ currency: "usd", unit_amount, recurring: { interval }, product_data: { name: "Basic" } });
  const customer = await payer(stripe);
  return { fake, stripe, price, customer };
}

/** A customer with a card that pays. */
async function payer(stripe: Stripe, more: Stripe.CustomerCreateParams = {}): Promise<string> {
  const { id } = await stripe.customers.create({ email: "ana@example.com", ...more });
  const method = await stripe.paymentMethods.attach("pm_card_visa", { customer: id });
  await stripe.customers.update(id, { invoice_settings: { default_payment_method: method.id } });
  return id;
}

test("an upgrade charges the difference at once", async () => {
  const { fake, stripe, price, customer } = await stage();
  const [basic, pro] = [await price(1000), await price(2000)];
  const made = await stripe.subscriptions.create({ customer, items: [{ price: basic.id }] });
  fake.clock.advance({ days: 15 });
  const changed = await stripe.subscriptions.update(made.id, {
    items: [{ id: made.items.data[0]!.id, price: pro.id }],
    proration_behavior: "always_invoice",
    expand: ["latest_invoice"],
  });
  // 16 of January's 31 days are left.
  const invoice = changed.latest_invoice as Stripe.Invoice;
  expect(invoice.lines.data.map((line) => line.amount)).toEqual([-516, 1032]);
  expect(invoice).toMatchObject({ status: "paid", amount_paid: 516, billing_reason: "subscription_update" });
});

test("a decline leaves a strict change unmade", async () => {
  const { stripe, price, customer } = await stage();
  const [basic, pro] = [await price(1000), await price(9000)];
  const made = await stripe.subscriptions.create({ customer, items: [{ price: basic.id }] });
  const bad = await stripe.paymentMethods.attach("pm_card_chargeCustomerFail", { customer });
  await stripe.customers.update(customer, { invoice_settings: { default_payment_method: bad.id } });
  const change = stripe.subscriptions.update(made.id, {
    items: [{ id: made.items.data[0]!.id, price: pro.id }],
    proration_behavior: "always_invoice",
    payment_behavior: "error_if_incomplete",
  });
  await expect(change).rejects.toMatchObject({ statusCode: 402, code: "card_declined" });
  const after = await stripe.subscriptions.retrieve(made.id);
  expect(after.items.data[0]!.price.id).toBe(basic.id);
});

test("a test clock moves its own customers alone", async () => {
  const { stripe, price } = await stage();
  const basic = await price(1000);
  const clock = await stripe.testHelpers.testClocks.create({ frozen_time: NEW_YEAR, name: "A month" });
  const customer = await payer(stripe, { test_clock: clock.id });
  const { id } = await stripe.subscriptions.create({ customer, items: [{ price: basic.id }] });
  const going = await stripe.testHelpers.testClocks.advance(clock.id, { frozen_time: NEW_YEAR + 31 * DAY + 3600 });
  expect(going.status).toBe("advancing");
  const there = await stripe.testHelpers.testClocks.retrieve(clock.id);
  expect(there).toMatchObject({ status: "ready", frozen_time: NEW_YEAR + 31 * DAY + 3600 });
  const invoices = await stripe.invoices.list({ subscription: id });
  expect(invoices.data.map(({ status, created }) => [status, created])).toEqual([
    ["paid", NEW_YEAR + 31 * DAY],
    ["paid", NEW_YEAR],
  ]);
  expect((await stripe.customers.list()).data.map((listed) => listed.id)).not.toContain(customer);
  await expect(
    stripe.testHelpers.testClocks.advance(clock.id, { frozen_time: NEW_YEAR }),
  ).rejects.toMatchObject({ statusCode: 400, param: "frozen_time" });
});

test("a schedule changes the price when its phase begins", async () => {
  const { fake, stripe, price, customer } = await stage();
  const [basic, pro] = [await price(1000), await price(2000)];
  const schedule = await stripe.subscriptionSchedules.create({
    customer,
    start_date: "now",
    end_behavior: "cancel",
    phases: [
      { items: [{ price: basic.id }], duration: { interval: "month" } },
      { items: [{ price: pro.id, quantity: 2 }], duration: { interval: "month" } },
    ],
  });
  fake.clock.advance({ months: 1, hours: 1 });
  const id = schedule.subscription as string;
  const second = await stripe.subscriptions.retrieve(id, { expand: ["latest_invoice"] });
  expect(second.latest_invoice).toMatchObject({ status: "paid", total: 4000 });
  fake.clock.advance({ months: 1 });
  expect((await stripe.subscriptions.retrieve(id)).status).toBe("canceled");
  expect((await stripe.subscriptionSchedules.retrieve(schedule.id)).status).toBe("completed");
});

test("a pause and its end", async () => {
  const { fake, stripe, price, customer } = await stage();
  const made = await stripe.subscriptions.create({ customer, items: [{ price: (await price(1000)).id }] });
  const paused = await stripe.subscriptions.pause(made.id);
  expect(paused.status).toBe("paused");
  fake.clock.advance({ months: 2 });
  const resumed = await stripe.subscriptions.resume(made.id, {
    billing_cycle_anchor: { type: "now" },
    payment_behavior: "resume_on_payment_success",
  });
  expect(resumed.status).toBe("active");
  expect(resumed.billing_cycle_anchor).toBe(Date.UTC(2027, 2, 1) / 1000);
});

test("what became due runs before the next answer, when fake timers move the date", async () => {
  vi.useFakeTimers({ toFake: ["Date"], now: NEW_YEAR * 1000 });
  onTestFinished(() => void vi.useRealTimers());
  const fake = FakeStripe.new();
  onTestFinished(() => fake.stop());
  const stripe = new Stripe(fake.apiKey, fake.stripeOptions());
  const customer = await payer(stripe);
  const price = await stripe.prices.create({
    currency: "usd",
    unit_amount: 1000,
    recurring: { interval: "month" },
    product_data: { name: "Basic" },
  });
  const { id } = await stripe.subscriptions.create({ customer, items: [{ price: price.id }] });
  vi.setSystemTime((NEW_YEAR + 31 * DAY + 3600) * 1000);
  const renewed = await stripe.subscriptions.retrieve(id, { expand: ["latest_invoice"] });
  expect(renewed.items.data[0]!.current_period_start).toBe(NEW_YEAR + 31 * DAY);
  expect(renewed.latest_invoice).toMatchObject({ status: "paid", created: NEW_YEAR + 31 * DAY });
});
