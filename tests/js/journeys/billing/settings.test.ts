/**
 * What an account's owner sets in Stripe's Dashboard: retries and what follows them, overdue invoices, notices
 * of renewals, invoice numbers, the rounding of taxes, disputes.
 *
 * Sources: https://docs.stripe.com/billing/revenue-recovery/smart-retries (custom schedules, outcomes),
 * https://docs.stripe.com/billing/subscriptions/overview#settings, the statuses of subscriptions on the same
 * page, https://docs.stripe.com/invoicing/customize#invoice-numbering,
 * https://docs.stripe.com/tax/calculating#rounding.
 */

import { FakeStripe, type SettingsChange } from "fakestripe";
import type Stripe from "stripe";
import { describe, expect, test } from "vitest";
import { events, stage } from "../stage.ts";
import { cardOf, subscribe } from "./customers.ts";

const NOW = new Date("2026-01-01T00:00:00Z");
const DAY = 86_400;

/** A partition with those settings of Billing. */
function withBilling(billing: SettingsChange["billing"]) {
  const made = stage({ now: NOW });
  made.fake.settings.update({ billing: billing! });
  return made;
}

/** A monthly subscription whose card is declined from the first renewal on. */
async function failing(stripe: Stripe, more: Partial<Stripe.SubscriptionCreateParams> = {}) {
  const made = await subscribe(stripe, more);
  await cardOf(stripe, made.customer as string, "pm_card_chargeCustomerFail");
  return made;
}

async function latest(stripe: Stripe, subscription: { id: string }) {
  const found = await stripe.subscriptions.retrieve(subscription.id, { expand: ["latest_invoice"] });
  return { subscription: found, invoice: found.latest_invoice as Stripe.Invoice };
}

test("are as a new account has them, and change one by one", () => {
  const { fake } = stage();
  const before = fake.settings.billing;
  expect(before).toEqual({
    retries: "smart",
    afterRetries: { subscription: "cancel", invoice: "leave_open" },
    overdue: { afterDays: null, subscription: "cancel", invoice: "leave_open" },
    upcomingDays: 7,
    numbering: "customer",
    invoicePrefix: expect.stringMatching(/^[A-Z0-9]{8}$/),
    taxRounding: "line",
    creditProrations: "at_once",
    disputed: "nothing",
  });
  fake.settings.update({ billing: { retries: [1], overdue: { afterDays: 30 } } });
  fake.settings.update({ billing: { retries: [2, 4], upcomingDays: undefined } as never });
  const overdue = { ...before.overdue, afterDays: 30 };
  expect(fake.settings.billing).toEqual({ ...before, retries: [2, 4], overdue });
});

test("are given when the partition is made, and go with its copies", () => {
  using fake = FakeStripe.new({ settings: { billing: { numbering: "account", invoicePrefix: "ACME" } } });
  using fork = fake.fork();
  expect(fork.settings.billing).toMatchObject({ numbering: "account", invoicePrefix: "ACME" });
  fork.settings.update({ billing: { numbering: "customer" } });
  expect(fake.settings.billing.numbering).toBe("account");
});

test("of a connected account are the platform's until it has its own", async () => {
  const { fake, stripe } = withBilling({ numbering: "account", invoicePrefix: "ACME" });
  const { id: stripeAccount } = await stripe.accounts.create({ type: "standard" });
  fake.settings.update({ billing: { invoicePrefix: "BRANCH" } }, { stripeAccount });
  expect(fake.settings.billing.invoicePrefix).toBe("ACME");
  const customer = await stripe.customers.create({}, { stripeAccount });
  const draft = await stripe.invoices.create({ customer: customer.id }, { stripeAccount });
  const { number } = await stripe.invoices.finalizeInvoice(draft.id, {}, { stripeAccount });
  expect(number).toBe("BRANCH-0001");
});

test.each<[string, object, string]>([
  ["a word", { numbering: "invoice" }, "settings.billing.numbering must be one of customer, account"],
  ["an inner word", { afterRetries: { invoice: "void" } }, "settings.billing.afterRetries.invoice must be one of"],
  ["days of a notice", { upcomingDays: 4 }, "settings.billing.upcomingDays must be one of 7, 3, 15, 30, 45"],
  ["too many retries", { retries: [1, 2, 3, 4] }, 'settings.billing.retries must be "smart" or a list of at most 3'],
  ["a retry at once", { retries: [0] }, "settings.billing.retries must be"],
  ["a prefix", { invoicePrefix: "ab" }, "settings.billing.invoicePrefix must be 3 to 12 upper-case letters and digits"],
  ["days of grace", { overdue: { afterDays: "30" } }, "settings.billing.overdue.afterDays must be a number of days"],
  ["a name", { retry: [1] }, "there is no setting settings.billing.retry."],
  ["an inner name", { overdue: { days: 1 } }, "there is no setting settings.billing.overdue.days."],
])("that cannot be are refused, and nothing changes: %s", (_, billing, message) => {
  const { fake } = stage();
  const before = fake.settings.billing;
  const change = { billing: { taxRounding: "invoice", ...billing } } as SettingsChange;
  expect(() => fake.settings.update(change)).toThrow(`fakestripe: ${message}`);
  expect(fake.settings.billing).toEqual(before);
  expect(() => FakeStripe.new({ settings: change })).toThrow(message);
  expect(() => fake.settings.update({ payments: {} } as never)).toThrow(/there are no settings\.payments/);
  expect(() => fake.settings.update({}, { stripeAccount: "acct_x" })).toThrow("there is no account acct_x");
});

describe("retries", () => {
  // Each delay counts from the attempt before it.
  test.each<["smart" | number[], number[]]>([
    ["smart", [3, 8, 15]],
    [[1, 2, 4], [1, 3, 7]],
    [[5], [5]],
    [[], []],
  ])("%j come on those days after the first failure: %j", async (retries, days) => {
    const { fake, stripe } = withBilling({ retries });
    const subscription = await failing(stripe);
    fake.clock.advanceTo("2026-02-01T01:00:00Z");
    const first = Date.parse("2026-02-01T01:00:00Z") / 1000;
    for (const [failures, day] of days.entries()) {
      const { invoice } = await latest(stripe, subscription);
      expect(invoice).toMatchObject({ status: "open", attempt_count: failures + 1 });
      expect((invoice.next_payment_attempt! - first) / DAY).toBe(day);
      fake.clock.advanceTo(invoice.next_payment_attempt!);
    }
    const { invoice, subscription: ended } = await latest(stripe, subscription);
    expect(invoice).toMatchObject({ attempt_count: days.length + 1, next_payment_attempt: null });
    expect(ended.status).toBe("canceled");
  });

  test.each([
    ["cancel", "leave_open", "canceled", "open"],
    ["cancel", "mark_uncollectible", "canceled", "uncollectible"],
    ["mark_unpaid", "leave_open", "unpaid", "open"],
    ["mark_unpaid", "mark_uncollectible", "unpaid", "uncollectible"],
    ["leave_past_due", "leave_open", "past_due", "open"],
    ["leave_past_due", "mark_uncollectible", "past_due", "uncollectible"],
  ] as const)("are followed by %s and %s: %s, %s", async (subscription, invoice, status, of) => {
    const { fake, stripe } = withBilling({ retries: [1], afterRetries: { subscription, invoice } });
    const made = await failing(stripe);
    fake.clock.advanceTo("2026-02-03T00:00:00Z");
    const found = await latest(stripe, made);
    expect(found.subscription.status).toBe(status);
    expect(found.invoice).toMatchObject({ status: of, auto_advance: false, next_payment_attempt: null });
    const why = of === "uncollectible" ? { uncollectible: { reason: "max_payment_attempts" } } : {};
    expect(found.invoice.status_details ?? {}).toEqual(why);
    const reason = status === "canceled" ? "payment_failed" : null;
    expect(found.subscription.cancellation_details!.reason).toBe(reason);
  });

  test("that all failed leave an unpaid subscription with drafts, until what is open is paid", async () => {
    const { fake, stripe } = withBilling({ retries: [], afterRetries: { subscription: "mark_unpaid" } });
    const made = await failing(stripe);
    fake.clock.advanceTo("2026-03-02T00:00:00Z");
    const { subscription, invoice } = await latest(stripe, made);
    expect(subscription.status).toBe("unpaid");
    expect(invoice).toMatchObject({ status: "draft", auto_advance: false, period_end: 1772323200 });
    await cardOf(stripe, made.customer as string, "pm_card_visa");
    expect((await stripe.invoices.pay(invoice.id)).status).toBe("paid");
    expect((await latest(stripe, made)).subscription.status).toBe("active");
  });
});

describe("an overdue invoice", () => {
  const SENT = { collection_method: "send_invoice", days_until_due: 10 } as const;

  test.each([
    [{}, "past_due", "open", 60],
    [{ afterDays: 30 }, "past_due", "open", 29],
    [{ afterDays: 30 }, "canceled", "open", 31],
    [{ afterDays: 5, subscription: "mark_unpaid" }, "unpaid", "open", 6],
    [{ afterDays: 5, invoice: "mark_uncollectible" }, "canceled", "uncollectible", 6],
    [{ afterDays: 5, subscription: "leave_past_due" }, "past_due", "open", 6],
  ] as const)("by %j leaves its subscription %s and is %s after %i days", async (overdue, status, of, days) => {
    const { fake, stripe } = withBilling({ overdue });
    const made = await subscribe(stripe, SENT, { interval: "year" });
    fake.clock.advance({ days: 10 + days });
    const found = await latest(stripe, made);
    expect([found.subscription.status, found.invoice.status]).toEqual([status, of]);
    const why = of === "uncollectible" ? { uncollectible: { reason: "payment_not_received" } } : {};
    expect(found.invoice.status_details ?? {}).toEqual(why);
  });

  test("that was paid in time ends nothing", async () => {
    const { fake, stripe } = withBilling({ overdue: { afterDays: 5 } });
    const made = await subscribe(stripe, SENT, { interval: "year" });
    fake.clock.advance({ days: 12 });
    await stripe.invoices.pay(made.latest_invoice as string, { paid_out_of_band: true });
    fake.clock.advance({ days: 20 });
    expect((await latest(stripe, made)).subscription.status).toBe("active");
  });
});

test.each([3, 7, 15, 30] as const)("the notice of a renewal comes %i days before it", async (upcomingDays) => {
  const { fake, stripe } = stage({ now: NOW });
  await subscribe(stripe);
  fake.settings.update({ billing: { upcomingDays } });
  const renewal = Date.parse("2026-02-01T00:00:00Z") / 1000;
  fake.clock.advanceTo(renewal - upcomingDays * DAY - 1);
  expect(await events(stripe)).not.toContain("invoice.upcoming");
  fake.clock.advance({ seconds: 1 });
  expect(await events(stripe)).toContain("invoice.upcoming");
});

test("the notice changes for subscriptions of test clocks too", async () => {
  const { fake, stripe } = stage({ now: NOW });
  const frozen_time = Date.parse("2027-05-01T00:00:00Z") / 1000;
  const clock = await stripe.testHelpers.testClocks.create({ frozen_time });
  await subscribe(stripe, {}, {}, { test_clock: clock.id });
  fake.settings.update({ billing: { upcomingDays: 30 } });
  await stripe.testHelpers.testClocks.advance(clock.id, { frozen_time: frozen_time + 2 * DAY });
  expect(await events(stripe)).toContain("invoice.upcoming");
});

test("invoices of an account that counts them together have one sequence", async () => {
  const { fake, stripe } = withBilling({ numbering: "account", invoicePrefix: "ACME" });
  const numbers = [];
  for (const name of ["Ana", "Bo", "Ana"]) {
    const { id: customer } = await stripe.customers.create({ name });
    const draft = await stripe.invoices.create({ customer });
    numbers.push((await stripe.invoices.finalizeInvoice(draft.id)).number);
    expect(await stripe.customers.retrieve(customer)).toMatchObject({ next_invoice_sequence: 1 });
  }
  expect(numbers).toEqual(["ACME-0001", "ACME-0002", "ACME-0003"]);
  fake.settings.update({ billing: { numbering: "customer" } });
  const { id: customer } = await stripe.customers.create({ invoice_prefix: "BOB" });
  const draft = await stripe.invoices.create({ customer });
  expect((await stripe.invoices.finalizeInvoice(draft.id)).number).toBe("BOB-0001");
});

// Three lines of 1.99 at 7.25 %: 0.144275 each, 0.432825 together.
test.each([
  ["line", [14, 14, 14], 42],
  ["invoice", [14, 14, 15], 43],
] as const)("taxes are rounded by %s: %j, together %i", async (taxRounding, each, together) => {
  const { stripe } = withBilling({ taxRounding });
  const rate = await stripe.taxRates.create({ display_name: "Tax", inclusive: false, percentage: 7.25 });
  const customer = await stripe.customers.create({});
  const made = await stripe.invoices.create({ customer: customer.id, default_tax_rates: [rate.id] });
  const lines = [1, 2, 3].map(() => ({ amount: 199, description: "Work" }));
  const { lines: added, total, total_taxes } = await stripe.invoices.addLines(made.id, { lines });
  expect(added.data.map((line) => line.taxes![0]!.amount)).toEqual(each);
  expect([total, total_taxes![0]!.amount]).toEqual([597 + together, together]);
});

// The same with the tax in the price: 199 * 7.25 / 107.25 is 13.452..., three times that 40.356....
test.each([
  ["line", 39],
  ["invoice", 40],
] as const)("taxes in the price are rounded by %s: %i", async (taxRounding, together) => {
  const { stripe } = withBilling({ taxRounding });
  const rate = await stripe.taxRates.create({ display_name: "Tax", inclusive: true, percentage: 7.25 });
  const customer = await stripe.customers.create({});
  const made = await stripe.invoices.create({ customer: customer.id, default_tax_rates: [rate.id] });
  const lines = [1, 2, 3].map(() => ({ amount: 199, description: "Work" }));
  const { total, total_excluding_tax } = await stripe.invoices.addLines(made.id, { lines });
  expect([total, total - total_excluding_tax!]).toEqual([597, together]);
});

test.each([
  ["nothing", { status: "active", cancel_at_period_end: false }, null],
  ["cancel", { status: "canceled", cancel_at_period_end: false }, "payment_disputed"],
  ["cancel_at_period_end", { status: "active", cancel_at_period_end: true }, "payment_disputed"],
] as const)("a dispute does %s to its subscription", async (disputed, expected, reason) => {
  const { fake, stripe } = withBilling({ disputed });
  const made = await subscribe(stripe);
  await cardOf(stripe, made.customer as string, "pm_card_createDispute");
  fake.clock.advanceTo("2026-02-01T02:00:00Z");
  expect((await stripe.disputes.list()).data).toHaveLength(1);
  const { subscription } = await latest(stripe, made);
  expect(subscription).toMatchObject(expected);
  expect(subscription.cancellation_details!.reason).toBe(reason);
});
