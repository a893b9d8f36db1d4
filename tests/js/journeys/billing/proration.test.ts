/**
 * Proration: what a change of a subscription in the middle of a period writes, and what becomes of it.
 *
 * Sources: https://docs.stripe.com/billing/subscriptions/prorations, https://docs.stripe.com/api/subscriptions/update,
 * https://docs.stripe.com/billing/subscriptions/billing-mode/compare, https://docs.stripe.com/billing/customer/balance; the rows of months
 * and years and those of halves are recorded.
 */

import type Stripe from "stripe";
import { expect, test } from "vitest";
import { error } from "../stage.ts";
import { amounts, at, DAY, facts, item, latest, shop, type Shop } from "./changes.ts";

/** 1000 a month since the new year, looked at when 16 of January's 31 days are left; `other` costs 2000. */
async function january(now = "2026-01-16", more: Partial<Stripe.SubscriptionCreateParams> = {}) {
  const here = await shop();
  const [basic, pro] = [await here.price("Basic", 1000), await here.price("Pro", 2000)];
  const made = await here.subscribe(basic, more);
  here.fake.clock.advanceTo(new Date(at(now) * 1000));
  return { ...here, basic, pro, made, id: made.id, only: item(made) };
}

type January = Awaited<ReturnType<typeof january>>;

// -516 is what is left of 1000, 1032 what is left of 2000.
test.each<[string, (in_: January) => Promise<unknown>, number[]]>([
  ["an item is added", (in_) => in_.update(in_.id, { items: [{ price: in_.pro }] }), [1032]],
  ["an item is removed", async (in_) => {
    await in_.update(in_.id, { items: [{ price: in_.pro }], proration_behavior: "none" });
    await in_.update(in_.id, { items: [{ id: in_.only, deleted: true }] });
  }, [-516]],
  ["the price changes", (in_) => in_.update(in_.id, { items: [{ id: in_.only, price: in_.pro }] }), [-516, 1032]],
  ["the quantity changes", (in_) => in_.update(in_.id, { items: [{ id: in_.only, quantity: 3 }] }), [-516, 1548]],
  ["an active subscription gets a trial", (in_) => in_.update(in_.id, { trial_end: at("2026-02-10") }), [-516]],
  ["it is to be canceled within the period", (in_) => in_.update(in_.id, { cancel_at: at("2026-01-20") }), [-387]],
  ["it is canceled with a credit", (in_) => in_.stripe.subscriptions.cancel(in_.id, { prorate: true }), [-516]],
  ["a phase of a schedule has another price", async (in_) => {
    const schedule = await in_.stripe.subscriptionSchedules.create({ from_subscription: in_.id });
    await in_.stripe.subscriptionSchedules.update(schedule.id, {
      phases: [
        { items: [{ price: in_.basic }], start_date: schedule.phases[0]!.start_date, end_date: at("2026-01-20") },
        { items: [{ price: in_.pro }] },
      ],
    });
    in_.fake.clock.advanceTo(new Date(at("2026-01-20") * 1000));
  }, [-387, 774]],
])("prorated: %s", async (_, change, wanted) => {
  const in_ = await january();
  await change(in_);
  expect(amounts(await in_.pending())).toEqual(wanted);
});

test("prorated: the anchor is set to now, and the new period billed", async () => {
  const { update, id, pending, invoices } = await january();
  const changed = await update(id, { billing_cycle_anchor: { type: "now" } });
  expect(latest(changed).lines.data.map(facts)).toMatchObject([
    { amount: -516, description: "Unused time on Basic after 16 Jan 2026", proration: true },
    { amount: 1000, description: "1 × Basic (at $10.00 / month)", proration: false },
  ]);
  expect(changed.billing_cycle_anchor).toBe(at("2026-01-16"));
  expect(await pending()).toEqual([]);
  expect(await invoices()).toHaveLength(2);
});

test.each<[string, Stripe.SubscriptionUpdateParams]>([
  ["metadata", { metadata: { color: "red" } }],
  ["description", { description: "For the office" }],
  ["default_payment_method", {}],
  ["payment_settings", { payment_settings: { save_default_payment_method: "on_subscription" } }],
  ["collection_method and days_until_due", { collection_method: "send_invoice", days_until_due: 14 }],
  ["cancel_at_period_end", { cancel_at_period_end: true }],
  ["automatic_tax", { automatic_tax: { enabled: true } }],
  ["default_tax_rates", {}],
  ["pause_collection", { pause_collection: { behavior: "void" } }],
  ["trial_settings", { trial_settings: { end_behavior: { missing_payment_method: "pause" } } }],
  ["pending_invoice_item_interval", { pending_invoice_item_interval: { interval: "week" } }],
  ["discounts", {}],
  ["billing_thresholds", { billing_thresholds: { amount_gte: 5000 } }],
  ["cancellation_details", { cancel_at_period_end: true, cancellation_details: { comment: "Bye" } }],
  ["proration_date", { proration_date: at("2026-01-10") }],
  ["an item as it is", {}],
])("not prorated: %s", async (name, change) => {
  const in_ = await january();
  const { stripe, customer } = in_;
  await stripe.customers.update(customer, { address: { country: "US", state: "NY", postal_code: "10001" } });
  if (name === "default_payment_method") {
    change = { default_payment_method: (await stripe.paymentMethods.attach("pm_card_mastercard", { customer })).id };
  } else if (name === "default_tax_rates") {
    const rate = await stripe.taxRates.create({ display_name: "VAT", percentage: 20, inclusive: false });
    change = { default_tax_rates: [rate.id] };
  } else if (name === "discounts") {
    change = { discounts: [{ coupon: (await stripe.coupons.create({ percent_off: 50 })).id }] };
  } else if (name === "an item as it is") {
    change = { items: [{ id: in_.only, price: in_.basic, quantity: 1 }] };
  }
  await in_.update(in_.id, change);
  expect(await in_.pending()).toEqual([]);
  expect(await in_.invoices()).toHaveLength(1);
});

test("not prorated: what is added to the next invoice is not a part of a period", async () => {
  const { stripe, update, id, pending } = await january();
  const { id: product } = await stripe.products.create({ name: "Setup" });
  await update(id, { add_invoice_items: [{ price_data: { currency: "usd", product, unit_amount: 700 } }] });
  expect((await pending()).map(({ amount, proration }) => [amount, proration])).toEqual([[700, false]]);
});

test("usage is never prorated", async () => {
  const { stripe, update, id, pending, price } = await january();
  const meter = await stripe.billing.meters.create({
    display_name: "Calls",
    event_name: "calls",
    default_aggregation: { formula: "sum" },
  });
  const metered = { recurring: { interval: "month" as const, usage_type: "metered" as const, meter: meter.id } };
  const changed = await update(id, { items: [{ price: await price("Calls", 2, metered) }] });
  expect(await pending()).toEqual([]);
  await update(id, { items: [{ id: item(changed, 1), deleted: true }] });
  expect(await pending()).toEqual([]);
});

test("a discount that is given with the change is taken off its prorations", async () => {
  const { stripe, update, id, only, pro, pending } = await january();
  const half = await stripe.coupons.create({ percent_off: 50 });
  await update(id, { discounts: [{ coupon: half.id }], items: [{ id: only, price: pro }] });
  expect(amounts(await pending())).toEqual([-516, 516]);
});

// Each row is a worked example: what there was, what there is, when, the credit and the debit.
test.each([
  { before: [1000, 1], after: [2000, 1], from: "2026-06-01", when: "2026-06-16T00:00:00", lines: [-500, 1000] },
  { before: [1999, 1], after: [4999, 1], from: "2026-01-01", when: "2026-01-11T12:00:00", lines: [-1322, 3306] },
  { before: [700, 3], after: [700, 5], from: "2026-01-01", when: "2026-01-11T12:00:00", lines: [-1389, 2315] },
  // Two thirds are left: 6.67 back for the old, 3.33 for the new.
  { before: [1000, 1], after: [500, 1], from: "2026-06-01", when: "2026-06-11T00:00:00", lines: [-667, 333] },
  // 1/400 of January is left: halves go down.
  { before: [1000, 1], after: [1800, 1], from: "2026-01-01", when: "2026-01-31T22:08:24", lines: [-3, 4] },
  { before: [1000, 1], after: [1000, 3], from: "2026-01-01", when: "2026-01-31T22:08:24", lines: [-3, 7] },
  { before: [5000, 1], after: [10_000, 1], from: "2026-01-01", when: "2026-01-16T12:00:00", lines: [-2500, 5000] },
  // In the very second the period begins all of it is left, in the last one next to nothing.
  { before: [1000, 1], after: [2000, 1], from: "2026-01-01", when: "2026-01-01T00:00:00", lines: [-1000, 2000] },
  { before: [1000, 1], after: [2000, 1], from: "2026-01-01", when: "2026-01-31T23:59:59", lines: [0, 0] },
])("$before to $after at $when: $lines", async ({ before, after, from, when, lines }) => {
  for (const type of ["flexible", "classic"] as const) {
    const { fake, price, subscribe, update, pending } = await shop(from);
    const old = await price("Old", before[0]!);
    const made = await subscribe(old, { items: [{ price: old, quantity: before[1]! }], billing_mode: { type } });
    const fresh = before[0] === after[0] ? old : await price("New", after[0]!);
    fake.clock.advanceTo(new Date(at(when) * 1000));
    await update(made.id, { items: [{ id: item(made), price: fresh, quantity: after[1]! }] });
    expect(amounts(await pending()), type).toEqual(lines);
  }
});

test("what was to be paid in January is on February's invoice", async () => {
  const { fake, price, subscribe, update, invoices } = await shop();
  const euros = { currency: "eur" };
  const [basic, pro] = [await price("Basic", 5000, euros), await price("Pro", 10_000, euros)];
  const made = await subscribe(basic);
  fake.clock.advanceTo(new Date("2026-01-16T12:00:00Z"));
  await update(made.id, { items: [{ id: item(made), price: pro }] });
  fake.clock.advanceTo(new Date("2026-02-01T01:00:00Z"));
  const [invoice] = await invoices();
  expect(invoice).toMatchObject({ total: 12_500, amount_paid: 12_500, status: "paid", billing_reason: "subscription_cycle" });
  expect(amounts(invoice!.lines.data)).toEqual([-2500, 5000, 10_000]);
});

/** A month of 2500 becomes a year of 25000 four seconds after it began. */
async function toYear(more: Partial<Stripe.SubscriptionUpdateParams>, type: "classic" | "flexible" = "flexible") {
  const here = await shop("2025-11-10T09:00:00");
  const [month, year] = [
    await here.price("Monthly", 2500),
    await here.price("Yearly", 25_000, { recurring: { interval: "year" } }),
  ];
  const made = await here.subscribe(month, { billing_mode: { type } });
  here.fake.clock.advance({ seconds: 4 });
  const items = [{ id: item(made), price: year }];
  return here.update(made.id, { items, proration_behavior: "always_invoice", ...more });
}

const BEGAN = at("2025-11-10T09:00:00");
const YEAR_LATER = at("2026-11-10T09:00:00");

test("from month to year, the anchor as it is", async () => {
  const changed = await toYear({});
  const invoice = latest(changed);
  expect(invoice.lines.data.map(facts)).toEqual([
    {
      amount: -2500,
      description: "Unused time on Monthly after 10 Nov 2025",
      period: { start: BEGAN + 4, end: at("2025-12-10T09:00:00") },
      quantity: 1,
      proration: true,
    },
    {
      amount: 25_000,
      description: "Remaining time on Yearly after 10 Nov 2025",
      period: { start: BEGAN + 4, end: YEAR_LATER },
      quantity: 1,
      proration: true,
    },
  ]);
  expect(invoice).toMatchObject({ amount_paid: 22_500, period_start: BEGAN, period_end: BEGAN + 4 });
  expect(changed.billing_cycle_anchor).toBe(BEGAN);
  expect(changed.items.data[0]).toMatchObject({ current_period_start: BEGAN, current_period_end: YEAR_LATER });
});

test.each([
  ["flexible", { billing_cycle_anchor: { type: "now" } }],
  ["classic", { billing_cycle_anchor: { type: "now" } }],
  // Another interval alone moves the anchor in classic billing.
  ["classic", {}],
] as const)("from month to year with a new anchor: %s %o", async (type, more) => {
  const changed = await toYear(more, type);
  const [now, later] = [BEGAN + 4, YEAR_LATER + 4];
  const invoice = latest(changed);
  expect(invoice.lines.data.map(facts)).toEqual([
    {
      amount: -2500,
      description: "Unused time on Monthly after 10 Nov 2025",
      period: { start: now, end: at("2025-12-10T09:00:00") },
      quantity: 1,
      proration: true,
    },
    {
      amount: 25_000,
      description: "1 × Yearly (at $250.00 / year)",
      period: { start: now, end: later },
      quantity: 1,
      proration: false,
    },
  ]);
  expect(invoice).toMatchObject({ amount_paid: 22_500, period_start: now, period_end: now });
  expect(changed.billing_cycle_anchor).toBe(now);
  expect(changed.items.data[0]).toMatchObject({ current_period_start: now, current_period_end: later });
});

test("from a month to a year in the middle of the month: a year of 365 days, 350 of them left", async () => {
  const { fake, price, subscribe, update, pending } = await shop();
  const year = await price("Yearly", 100_000, { recurring: { interval: "month", interval_count: 12 } });
  const made = await subscribe(await price("Monthly", 10_000));
  fake.clock.advanceTo(new Date("2026-01-16T00:00:00Z"));
  await update(made.id, { items: [{ id: item(made), price: year }] });
  expect(amounts(await pending())).toEqual([-5161, 95_890]);
});

/** 1000 and 2000 a month, 5.00 off both. */
async function twoItems(type: "classic" | "flexible", proration_discounts?: "included" | "itemized") {
  const here = await shop("2026-06-01");
  const prices = [await here.price("Small", 1000), await here.price("Large", 2000)];
  const coupon = await here.stripe.coupons.create({ amount_off: 500, currency: "usd", duration: "forever" });
  const made = await here.stripe.subscriptions.create({
    customer: here.customer,
    items: prices.map((price) => ({ price })),
    discounts: [{ coupon: coupon.id }],
    billing_mode: { type, ...(proration_discounts && { flexible: { proration_discounts } }) },
    expand: ["latest_invoice"],
  });
  return { ...here, made, prices, coupon: coupon.id };
}

test("a coupon over an amount is shared by what the items cost", async () => {
  const { made } = await twoItems("flexible");
  const shares = latest(made).lines.data.map((line) => line.discount_amounts!.map((off) => off.amount));
  expect(shares).toEqual([[166], [334]]);
  expect(latest(made)).toMatchObject({ subtotal: 3000, total: 2500 });
});

// Of the 10.00 item 8.34 were debited; classic billing takes the whole 5.00 off whatever is credited.
test.each([
  ["flexible", -417],
  ["classic", -250],
] as const)("an item with a share of a coupon is removed half way: %s", async (type, credit) => {
  const { fake, made, update, pending } = await twoItems(type);
  fake.clock.advanceTo(new Date("2026-06-16T00:00:00Z"));
  await update(made.id, { items: [{ id: item(made), deleted: true }] });
  expect(amounts(await pending())).toEqual([credit]);
});

// What is written.

test("pending items: the debit is made before the credit, and says what it is", async () => {
  const { update, id, only, pro, pending, made, told } = await january();
  await told();
  const quantity = await update(id, { items: [{ id: only, quantity: 3 }] });
  expect(await told()).toEqual(["invoiceitem.created", "invoiceitem.created", "customer.subscription.updated"]);
  const [credit, debit] = await pending();
  const price = quantity.items.data[0]!.price;
  const common = {
    object: "invoiceitem",
    proration: true,
    discountable: false,
    currency: "usd",
    invoice: null,
    frozen_fields: ["pricing", "quantity", "discounts"],
    parent: {
      type: "subscription_details",
      subscription_details: { subscription: id, subscription_item: only },
    },
    period: { start: at("2026-01-16"), end: at("2026-02-01") },
    pricing: {
      type: "price_details",
      price_details: { price: price.id, product: price.product },
      unit_amount_decimal: null,
    },
    invoicing_rules: [],
  };
  const [first] = latest(made).lines.data;
  expect(credit).toMatchObject({
    ...common,
    amount: -516,
    net_amount: -516,
    quantity: 1,
    description: "Unused time on Basic after 16 Jan 2026",
    proration_details: {
      credited_items: {
        type: "invoice_line_items",
        invoice_line_item_details: { invoice: latest(made).id, invoice_line_items: [first!.id] },
      },
      discount_amounts: [],
    },
  });
  expect(debit).toMatchObject({
    ...common,
    amount: 1548,
    net_amount: 1548,
    quantity: 3,
    description: "Remaining time on 3 × Basic after 16 Jan 2026",
    proration_details: { credited_items: null, discount_amounts: [] },
  });
  // What is credited next is still pending; a price without a quantity has one of it.
  const swapped = await update(id, { items: [{ id: only, price: pro }] });
  expect(swapped.items.data[0]!.quantity).toBe(1);
  const [second, next] = await pending();
  expect(second).toMatchObject({
    amount: -1548,
    quantity: 3,
    description: "Unused time on 3 × Basic after 16 Jan 2026",
    pricing: { price_details: { price: price.id } },
    proration_details: { credited_items: { type: "invoice_item", invoice_item: debit!.id } },
  });
  expect(next).toMatchObject({ amount: 1032, quantity: 1, pricing: { price_details: { price: pro } } });
});

test("always_invoice: the items are lines of an invoice that is paid at once, credit first", async () => {
  const { update, id, only, pro, pending, told, stripe, customer } = await january();
  await told();
  const changed = await update(id, { items: [{ id: only, price: pro }], proration_behavior: "always_invoice" });
  const invoice = latest(changed);
  expect(await pending()).toEqual([]);
  expect(invoice).toMatchObject({
    billing_reason: "subscription_update",
    status: "paid",
    attempt_count: 1,
    amount_paid: 516,
    period_start: at("2026-01-01"),
    period_end: at("2026-01-16"),
  });
  const entries = await stripe.invoiceItems.list({ customer });
  expect(entries.data.map((entry) => entry.invoice)).toEqual([invoice.id, invoice.id]);
  const line = (amount: number, which: string) => ({
    amount,
    description: `${which} after 16 Jan 2026`,
    discountable: false,
    pricing: { unit_amount_decimal: null },
    parent: {
      type: "subscription_item_details",
      subscription_item_details: { proration: true, subscription: id, subscription_item: only },
    },
  });
  expect(invoice.lines.data).toMatchObject([line(-516, "Unused time on Basic"), line(1032, "Remaining time on Pro")]);
  expect(invoice.lines.data.map((one) => one.parent!.subscription_item_details!.invoice_item)).toEqual(
    entries.data.map((entry) => entry.id),
  );
  const [credited, debited] = invoice.lines.data.map((one) => one.parent!.subscription_item_details!.proration_details!);
  expect(credited!.credited_items).toEqual({
    invoice: expect.stringMatching(/^in_/),
    invoice_line_items: [expect.stringMatching(/^il_/)],
  });
  expect(debited!.credited_items).toBeNull();
});

test("always_invoice of a subscription that is sent leaves a draft", async () => {
  const { update, id, only, pro } = await january("2026-01-16", { collection_method: "send_invoice", days_until_due: 30 });
  const changed = await update(id, { items: [{ id: only, price: pro }], proration_behavior: "always_invoice" });
  expect(latest(changed)).toMatchObject({ status: "draft", total: 516, due_date: at("2026-02-15") });
});

test("none: the new price counts from the next period on", async () => {
  const { fake, update, id, only, pro, pending, invoices } = await january();
  await update(id, { items: [{ id: only, price: pro }], proration_behavior: "none" });
  expect(await pending()).toEqual([]);
  fake.clock.advanceTo(new Date("2026-02-01T01:00:00Z"));
  expect((await invoices()).map((invoice) => invoice.amount_paid)).toEqual([2000, 1000]);
});

test("lines are written even where they come to nothing", async () => {
  const { fake, price, subscribe, update, pending } = await shop();
  const made = await subscribe(await price("Free", 0), { billing_mode: { type: "flexible" } });
  fake.clock.advance({ days: 10 });
  await update(made.id, { items: [{ id: item(made), price: await price("Free too", 0) }] });
  expect(amounts(await pending())).toEqual([0, 0]);
});

// In flexible billing only what is asked for moves the anchor.
test.each([
  ["classic", [3100], "2026-01-16"],
  ["flexible", [0, 1600], "2026-01-01"],
] as const)("from free to paid: %s", async (type, wanted, anchor) => {
  const { fake, price, subscribe, update, pending } = await shop();
  const made = await subscribe(await price("Free", 0), { billing_mode: { type } });
  fake.clock.advanceTo(new Date("2026-01-16T00:00:00Z"));
  const changed = await update(made.id, { items: [{ id: item(made), price: await price("Paid", 3100) }] });
  const billed = type === "classic" ? latest(changed).lines.data.filter((line) => line.amount !== 0) : await pending();
  expect(amounts(billed)).toEqual(wanted);
  expect(changed.billing_cycle_anchor).toBe(at(anchor));
});

test.each([
  ["before the period", "2025-12-31"],
  ["after it", "2026-02-02"],
])("a proration date %s is refused", async (_, date) => {
  const { update, id, only, pro, pending } = await january();
  const change = { items: [{ id: only, price: pro }], proration_date: at(date) };
  expect(await error(update(id, change))).toMatchObject({
    statusCode: 400,
    message: "Cannot specify proration date outside of current subscription period",
  });
  expect(await pending()).toEqual([]);
});

test("a proration date is when it counts from, by day in place of second", async () => {
  const { fake, update, id, only, pro, pending } = await january();
  fake.clock.advance({ hours: 17, minutes: 3 });
  await update(id, { items: [{ id: only, price: pro }], proration_date: at("2026-01-16") });
  expect((await pending()).map(facts)).toMatchObject([
    { amount: -516, description: "Unused time on Basic after 16 Jan 2026", period: { start: at("2026-01-16") } },
    { amount: 1032, description: "Remaining time on Pro after 16 Jan 2026", period: { start: at("2026-01-16") } },
  ]);
});

test("what was never paid is credited like what was", async () => {
  const { fake, card, price, subscribe, stripe, update, pending } = await shop();
  const [basic, pro] = [await price("Basic", 1000), await price("Pro", 2000)];
  const made = await subscribe(basic);
  await card("pm_card_chargeCustomerFail");
  fake.clock.advanceTo(new Date("2026-02-01T02:00:00Z"));
  const unpaid = await stripe.subscriptions.retrieve(made.id, { expand: ["latest_invoice"] });
  expect(latest(unpaid).status).toBe("open");
  await stripe.invoices.voidInvoice(latest(unpaid).id!);
  fake.clock.advanceTo(new Date("2026-02-15T00:00:00Z"));
  await update(made.id, { items: [{ id: item(made), price: pro }] });
  expect(amounts(await pending())).toEqual([-500, 1000]);
});

// What becomes of an invoice of prorations: what it comes to, and what is due.
test.each([
  ["at least the smallest charge", 2000, "2026-01-16T00:00:00", { total: 516, amount_due: 516, status: "paid", attempt_count: 1 }, 0, null],
  // 1/400 of 1000 and 1800.
  ["less than the smallest charge", 1800, "2026-01-31T22:08:24", { total: 1, amount_due: 0, status: "paid", attempted: true, attempt_count: 0, ending_balance: 1 }, 1, "invoice_too_small"],
  ["nothing", 1000, "2026-01-16T00:00:00", { total: 0, amount_due: 0, status: "paid", attempt_count: 0 }, 0, null],
  ["less than nothing", 500, "2026-01-11T08:00:00", { total: -334, amount_due: 0, status: "paid", attempt_count: 0, ending_balance: -334 }, -334, "applied_to_invoice"],
])("the net is %s", async (_, amount, when, invoice, balance, type) => {
  const in_ = await january(when);
  const { stripe, customer } = in_;
  const price = await in_.price("Other", amount);
  const changed = await in_.update(in_.id, { items: [{ id: in_.only, price }], proration_behavior: "always_invoice" });
  expect(latest(changed)).toMatchObject(invoice);
  expect(await in_.balance()).toBe(balance);
  const moves = await stripe.customers.listBalanceTransactions(customer);
  expect(moves.data.map((move) => [move.amount, move.type, move.invoice])).toEqual(
    type ? [[balance, type, latest(changed).id]] : [],
  );
  in_.fake.clock.advanceTo(new Date("2026-02-01T01:00:00Z"));
  const [next] = await in_.invoices();
  expect(next).toMatchObject({ starting_balance: balance, amount_paid: amount + balance, ending_balance: 0 });
});

// Tiers, coupons, taxes.

test.each(["volume", "graduated"] as const)("tiers (%s): each side costs what its quantity does", async (mode) => {
  const { fake, price, subscribe, update, pending } = await shop("2026-06-01");
  const tiers = [{ up_to: 10, unit_amount: 100 }, { up_to: "inf" as const, unit_amount: 60 }];
  const tiered = { unit_amount: undefined, billing_scheme: "tiered" as const, tiers_mode: mode, tiers };
  const seats = await price("Seats", 0, tiered);
  const made = await subscribe(seats, { items: [{ price: seats, quantity: 5 }] });
  fake.clock.advanceTo(new Date("2026-06-16T00:00:00Z"));
  await update(made.id, { items: [{ id: item(made), quantity: 20 }] });
  // Half of 5 at 1.00; half of 20 at 0.60, or of 10 at 1.00 and 10 at 0.60.
  expect(amounts(await pending())).toEqual([-250, mode === "volume" ? 600 : 800]);
});

test.each(["flexible", "classic"] as const)("a percentage is taken off both sides: %s", async (type) => {
  const { fake, stripe, price, subscribe, update, pending } = await shop("2026-06-01");
  const coupon = await stripe.coupons.create({ percent_off: 20, duration: "forever" });
  const made = await subscribe(await price("Basic", 1000), { discounts: [{ coupon: coupon.id }], billing_mode: { type } });
  fake.clock.advanceTo(new Date("2026-06-16T00:00:00Z"));
  await update(made.id, { items: [{ id: item(made), price: await price("Pro", 2000) }] });
  expect(amounts(await pending())).toEqual([-400, 800]);
});

test("prorations are taxed with the rates of their item", async () => {
  const { fake, stripe, price, subscribe, update } = await shop("2026-06-01");
  const vat = await stripe.taxRates.create({ display_name: "VAT", percentage: 10, inclusive: false });
  const basic = await price("Basic", 1000);
  const made = await subscribe(basic, { items: [{ price: basic, tax_rates: [vat.id] }] });
  fake.clock.advanceTo(new Date("2026-06-16T00:00:00Z"));
  const items = [{ id: item(made), price: await price("Pro", 2000) }];
  const invoice = latest(await update(made.id, { items, proration_behavior: "always_invoice" }));
  expect(invoice.lines.data.map((line) => [line.amount, line.taxes![0]!.amount])).toEqual([[-500, -50], [1000, 100]]);
  expect(invoice).toMatchObject({ subtotal: 500, total: 550 });
});

// Flexible billing shares the 5.00 over what both items will cost: 1.25 and 3.75. What is credited is what was debited.
test.each([
  ["included", [
    { amount: -833, net_amount: -833, off: [0] },
    { amount: 1312, net_amount: 1312, off: [0] },
  ]],
  ["itemized", [
    { amount: -1000, net_amount: -833, off: [-167] },
    { amount: 1500, net_amount: 1312, off: [188] },
  ]],
] as const)("a coupon in prorations: %s", async (mode, wanted) => {
  const { fake, price, made, update, pending, invoices } = await twoItems("flexible", mode);
  expect(made.billing_mode.flexible).toEqual({ proration_discounts: mode });
  fake.clock.advanceTo(new Date("2026-06-16T00:00:00Z"));
  await update(made.id, { items: [{ id: item(made, 1), price: await price("Huge", 3000) }] });
  const got = (await pending()).map(({ amount, net_amount, proration_details }) => ({
    amount,
    net_amount,
    off: proration_details!.discount_amounts.map((off) => off.amount),
  }));
  expect(got).toEqual(wanted);
  // July's invoice comes to the same either way: the prorations, 10.00 and 30.00, less 5.00.
  fake.clock.advanceTo(new Date("2026-07-01T01:00:00Z"));
  const [july] = await invoices();
  expect(july!.total).toBe(1312 - 833 + 4000 - 500);
  expect(july!.lines.data.slice(0, 2).map((line) => [line.amount, line.discount_amounts!.map((off) => off.amount)])).toEqual(
    wanted.map(({ amount, off }) => [amount, off]),
  );
  expect(july!.total_discount_amounts).toMatchObject([{ amount: mode === "included" ? 500 : 500 - 167 + 188 }]);
});

// A setting of the account: a credit waits until what it gives back is paid.
test("deferred credits", async () => {
  const { fake, stripe, card, price, subscribe, update, pending, invoices } = await shop();
  fake.settings.update({ billing: { creditProrations: "after_payment" } });
  const [basic, pro] = [await price("Basic", 1000), await price("Pro", 2000)];
  const made = await subscribe(basic, { collection_method: "send_invoice", days_until_due: 60 });
  const swap = (to: string) =>
    update(made.id, { items: [{ id: item(made), price: to }], proration_behavior: "always_invoice" });
  // The invoice is not paid: there is the debit alone.
  fake.clock.advanceTo(new Date("2026-01-16T00:00:00Z"));
  expect(amounts(latest(await swap(pro)).lines.data)).toEqual([1032]);
  const [credit] = await pending();
  expect(credit).toMatchObject({ amount: -516, invoicing_rules: [{ type: "defer_until_credited_items_resolved" }] });
  // Once it is paid, the next invoice has the credit.
  await stripe.invoices.pay(latest(made).id!, { paid_out_of_band: true });
  fake.clock.advanceTo(new Date("2026-02-01T00:00:00Z"));
  expect(amounts((await invoices())[0]!.lines.data)).toEqual([-516, 2000]);
  // What is pending still is invoiced with its credit.
  fake.clock.advanceTo(new Date("2026-02-15T00:00:00Z"));
  await update(made.id, { items: [{ id: item(made), quantity: 2 }] });
  await update(made.id, { items: [{ id: item(made), quantity: 1 }] });
  expect(amounts(await pending())).toEqual([-2000, 1000, -1000, 2000]);
  // A rule can be taken off, and the credit is on the next invoice whatever was paid.
  const [, , first] = await pending();
  expect((await stripe.invoiceItems.update(first!.id, { invoicing_rules: "" })).invoicing_rules).toEqual([]);
  fake.clock.advanceTo(new Date("2026-03-01T00:00:00Z"));
  expect(amounts((await invoices())[0]!.lines.data)).toEqual([-2000, 1000, -1000, 2000, 2000]);
  expect(await pending()).toEqual([]);
});

// From classic to flexible, from included to itemized, and never back.
test("migrated, credits are of what was debited", async () => {
  const { fake, stripe, made, prices, update, pending, told } = await twoItems("classic");
  expect(made.billing_mode).toEqual({ flexible: null, type: "classic" });
  fake.clock.advanceTo(new Date("2026-06-16T00:00:00Z"));
  await told();
  const migrated = await stripe.subscriptions.migrate(made.id, { billing_mode: { type: "flexible" } });
  expect(migrated.billing_mode).toEqual({
    flexible: { proration_discounts: "included" },
    type: "flexible",
    updated_at: at("2026-06-16"),
  });
  expect(migrated.items.data.map((one) => one.price.id)).toEqual(prices);
  expect(await told()).toEqual(["customer.subscription.updated"]);
  await update(made.id, { items: [{ id: item(made), deleted: true }] });
  expect(amounts(await pending())).toEqual([-417]);
  const flexible = { type: "flexible" as const };
  const itemized = await stripe.subscriptions.migrate(made.id, {
    billing_mode: { ...flexible, flexible: { proration_discounts: "itemized" } },
  });
  expect(itemized.billing_mode.flexible).toEqual({ proration_discounts: "itemized" });
  expect((await stripe.subscriptions.migrate(made.id, { billing_mode: flexible })).billing_mode.flexible).toEqual({
    proration_discounts: "itemized",
  });
  const back = { billing_mode: { ...flexible, flexible: { proration_discounts: "included" as const } } };
  expect(await error(stripe.subscriptions.migrate(made.id, back))).toMatchObject({ statusCode: 400 });
});

// https://docs.stripe.com/changelog: each of them was added by a version.
test.each([
  ["2026-10-28.endive", "flexible", ["credited_items", "discount_amounts"], true],
  ["2026-08-26.dahlia", "flexible", ["credited_items", "discount_amounts"], false],
  ["2026-04-22.dahlia", "flexible", ["discount_amounts"], false],
  ["2026-10-28.endive", "classic", ["credited_items", "discount_amounts"], true],
  ["2026-08-26.dahlia", "classic", null, false],
] as const)("what %s shows of a proration, %s billing", async (apiVersion, type, wanted, hasRules) => {
  const { stripe, customer, update, id, only } = await january("2026-01-16", { billing_mode: { type } });
  await update(id, { items: [{ id: only, quantity: 2 }] });
  const { data } = await stripe.invoiceItems.list({ customer }, { apiVersion });
  for (const { proration_details, invoicing_rules } of data) {
    expect(proration_details ? Object.keys(proration_details).sort() : null).toEqual(wanted);
    expect(invoicing_rules !== undefined).toBe(hasRules);
  }
});
