/**
 * Previews: the invoice that would come, of a subscription as it is, changed, paused, resumed, canceled, or new; and that it is what
 * then comes.
 *
 * Sources: https://docs.stripe.com/api/invoices/create_preview, https://docs.stripe.com/billing/subscriptions/prorations#preview-proration,
 * https://docs.stripe.com/changelog/basil/2025-03-31/invoice-preview-api-deprecations; the older URL is recorded.
 */

import Stripe from "stripe";
import { expect, test } from "vitest";
import { error } from "../stage.ts";
import { amounts, at, facts, item, latest, shop, type Shop } from "./changes.ts";

type Details = Stripe.InvoiceCreatePreviewParams.SubscriptionDetails;

/** All of an invoice that a preview of it must say too. */
const told = (invoice: Stripe.Invoice) => ({
  lines: invoice.lines.data.map((line) => ({
    ...facts(line),
    price: line.pricing?.price_details?.price,
    discountable: line.discountable,
    off: line.discount_amounts!.map((off) => off.amount),
    taxes: line.taxes!.map((tax) => tax.amount),
  })),
  subtotal: invoice.subtotal,
  total: invoice.total,
  amount_due: invoice.amount_due,
  starting_balance: invoice.starting_balance,
  period: [invoice.period_start, invoice.period_end],
  currency: invoice.currency,
  customer: invoice.customer,
});

const METERED = { interval: "month", usage_type: "metered" } as const;

/**
 * 1000 a month, three at 700, and calls at 2, since the new year, with a coupon and a tax; it is past 16 January, and there is an item
 * pending and usage reported.
 */
async function january(type: "classic" | "flexible" = "flexible", more: Partial<Stripe.SubscriptionCreateParams> = {}) {
  const here = await shop();
  const { stripe, customer, price } = here;
  const meter = await stripe.billing.meters.create({
    display_name: "Calls",
    event_name: "calls",
    default_aggregation: { formula: "sum" },
  });
  const prices = {
    basic: await price("Basic", 1000),
    seats: await price("Seats", 700),
    calls: await price("Calls", 2, { recurring: { ...METERED, meter: meter.id } }),
    pro: await price("Pro", 4999),
    yearly: await price("Yearly", 25_000, { recurring: { interval: "year" } }),
  };
  const rate = await stripe.taxRates.create({ display_name: "VAT", percentage: 7.5, inclusive: false });
  const coupon = await stripe.coupons.create({ amount_off: 500, currency: "usd", duration: "forever" });
  const made = await stripe.subscriptions.create({
    customer,
    items: [{ price: prices.basic }, { price: prices.seats, quantity: 3 }, { price: prices.calls }],
    discounts: [{ coupon: coupon.id }],
    default_tax_rates: [rate.id],
    billing_mode: { type },
    expand: ["latest_invoice"],
    ...more,
  });
  here.fake.clock.advanceTo(new Date("2026-01-16T10:00:00Z"));
  await stripe.invoiceItems.create({ customer, subscription: made.id, amount: 250, currency: "usd", description: "Setup" });
  await stripe.billing.meterEvents.create({ event_name: "calls", payload: { stripe_customer_id: customer, value: "40" } });
  here.fake.clock.advance({ minutes: 10 });
  const preview = (subscription_details?: Details, more: Stripe.InvoiceCreatePreviewParams = {}) =>
    stripe.invoices.createPreview({ subscription: made.id, subscription_details, ...more });
  return { ...here, prices, made, id: made.id, coupon: coupon.id, preview };
}

type January = Awaited<ReturnType<typeof january>>;

const CHANGES: [string, (in_: January) => Stripe.SubscriptionUpdateParams][] = [
  ["another price", ({ made, prices }) => ({ items: [{ id: item(made), price: prices.pro }] })],
  ["another quantity", ({ made }) => ({ items: [{ id: item(made, 1), quantity: 5 }] })],
  ["one more item", ({ prices }) => ({ items: [{ price: prices.pro, quantity: 2 }] })],
  ["one item less", ({ made }) => ({ items: [{ id: item(made, 1), deleted: true }] })],
  ["no more usage", ({ made }) => ({ items: [{ id: item(made, 2), deleted: true }] })],
  ["all at once", ({ made, prices }) => ({
    items: [{ id: item(made), price: prices.pro, quantity: 2 }, { id: item(made, 1), deleted: true }],
  })],
  ["a date", ({ made }) => ({ items: [{ id: item(made, 1), quantity: 1 }], proration_date: at("2026-01-11") })],
  ["a new anchor", ({ made }) => ({ items: [{ id: item(made, 1), quantity: 1 }], billing_cycle_anchor: { type: "now" } })],
  ["other taxes", () => ({ default_tax_rates: "" })],
  ["a trial", () => ({ trial_end: at("2026-02-10") })],
  ["an end in the period", () => ({ cancel_at: at("2026-01-25") })],
];

// With always_invoice, what the change itself bills; else what the next renewal does.
test.each(
  CHANGES.flatMap(([name, change]) =>
    (["always_invoice", "create_prorations", "none"] as const).flatMap((behavior) =>
      (["flexible", "classic"] as const).map((mode) => [name, behavior, mode, change] as const),
    ),
  ),
)("a preview of %s, %s, %s billing, is what then happens", async (_, behavior, mode, change) => {
  const in_ = await january(mode);
  const { fake, stripe, preview, update, id, pending, invoices } = in_;
  const wanted = { proration_behavior: behavior, ...change(in_) };
  if (behavior === "none" && "proration_date" in wanted) return;
  const events = (await stripe.events.list()).data[0]!.id;
  const before = [await pending(), await invoices(), await stripe.subscriptions.retrieve(id)];
  const seen = await preview(wanted as Details).catch((reason: unknown) => reason as Stripe.errors.StripeError);
  // It leaves no trace.
  expect([await pending(), await invoices(), await stripe.subscriptions.retrieve(id)]).toEqual(before);
  expect((await stripe.events.list()).data[0]!.id).toBe(events);
  const changed = await update(id, wanted);
  if (latest(changed).id === latest(in_.made).id) {
    // Nothing was billed by itself: the next renewal is.
    fake.clock.advanceTo(new Date(Math.min(...changed.items.data.map((one) => one.current_period_end), changed.cancel_at ?? Infinity) * 1000));
  }
  const [real] = await invoices();
  if (seen instanceof Stripe.errors.StripeError) {
    expect(seen.code).toBe("invoice_upcoming_none");
    expect(real!.id).toBe(latest(in_.made).id);
  } else {
    expect(told(seen)).toEqual(told(real!));
  }
});

test("a preview of nothing new is the next renewal", async () => {
  const { fake, preview, invoices } = await january();
  const seen = await preview();
  expect(seen).toMatchObject({
    object: "invoice",
    id: expect.stringMatching(/^upcoming_in_/),
    status: "draft",
    number: null,
    billing_reason: "upcoming",
    hosted_invoice_url: null,
    invoice_pdf: null,
    ending_balance: null,
    next_payment_attempt: at("2026-02-01T01:00:00"),
  });
  expect(seen.lines.url).toBe(`/v1/invoices/${seen.id}/lines`);
  expect(new Set(seen.lines.data.map((line) => line.invoice))).toEqual(new Set([seen.id]));
  fake.clock.advanceTo(new Date("2026-02-01T00:00:00Z"));
  expect(told(seen)).toEqual(told((await invoices())[0]!));
});

test("a preview is no invoice: it cannot be read, paid or listed", async () => {
  const { preview, stripe, invoices } = await january();
  const seen = await preview();
  for (const asked of [stripe.invoices.retrieve(seen.id!), stripe.invoices.pay(seen.id!)]) {
    expect(await error(asked)).toMatchObject({ statusCode: 404, code: "resource_missing" });
  }
  expect((await invoices()).map((invoice) => invoice.id)).not.toContain(seen.id);
});

test("prorations are told from the rest, and from when they count", async () => {
  const { preview, prices, made, update, id } = await january();
  const items = [{ id: item(made), price: prices.pro }];
  const seen = await preview({ items, proration_date: at("2026-01-16") });
  const prorations = seen.lines.data.filter((line) => line.parent?.subscription_item_details?.proration);
  expect(prorations.map((line) => line.description)).toEqual([
    "Unused time on Basic after 16 Jan 2026",
    "Remaining time on Pro after 16 Jan 2026",
  ]);
  expect(prorations.every((line) => line.period.start === at("2026-01-16"))).toBe(true);
  expect(seen.parent!.subscription_details!.subscription_proration_date).toBe(at("2026-01-16"));
  const atOnce = await preview({ items, proration_behavior: "always_invoice" });
  expect(atOnce.billing_reason).toBe("subscription_update");
  expect(atOnce.parent!.subscription_details!.subscription_proration_date).toBe(at("2026-01-16T10:10:00"));
  expect(latest(await update(id, { items, proration_behavior: "always_invoice" })).total).toBe(atOnce.total);
});

test("preview_mode recurring: only what comes back each time", async () => {
  const { preview, prices, made } = await january();
  const items = [{ id: item(made), price: prices.pro }];
  for (const proration_behavior of ["create_prorations", "always_invoice"] as const) {
    const seen = await preview({ items, proration_behavior }, { preview_mode: "recurring" });
    expect(seen.lines.data.filter((line) => line.amount !== 0 && line.quantity !== 40).map(({ amount, description }) => [amount, description])).toEqual([
      [4999, "1 × Pro (at $49.99 / month)"],
      [2100, "3 × Seats (at $7.00 / month)"],
    ]);
  }
  expect((await preview({ items }, { preview_mode: "next" })).lines.data.map((line) => line.description)).toContain("Setup");
});

test.each<[string, Details, number[]]>([
  // 8.39 and 17.61 were billed, 16 of 31 days are left; the usage and the pending item.
  ["with a credit", { cancel_now: true, proration_date: at("2026-01-16") }, [-909, -433, 80, 250]],
  ["without", { cancel_now: true, proration_behavior: "none" }, [80, 250]],
])("cancel_now %s", async (_, details, wanted) => {
  const { preview } = await january();
  const seen = await preview(details);
  expect(amounts(seen.lines.data).sort((one, other) => one - other)).toEqual(wanted);
});

test("cancel_now is what a cancellation with a credit and an invoice bills", async () => {
  const { preview, stripe, id } = await january();
  const seen = await preview({ cancel_now: true });
  const ended = await stripe.subscriptions.cancel(id, { prorate: true, invoice_now: true, expand: ["latest_invoice"] });
  expect(told(seen).lines).toEqual(told(latest(ended)).lines);
  expect(seen.total).toBe(latest(ended).total);
});

test("what is to end at the period's end has no next invoice but of what is pending and used", async () => {
  const { fake, preview, update, id, invoices } = await january();
  const seen = await preview({ cancel_at_period_end: true });
  await update(id, { cancel_at_period_end: true });
  const again = await preview();
  fake.clock.advanceTo(new Date("2026-02-01T00:00:00Z"));
  const [last] = await invoices();
  expect(amounts(last!.lines.data).sort()).toEqual([250, 80].sort());
  expect(told(seen)).toEqual(told(last!));
  expect(told(again)).toEqual(told(last!));
});

test("with nothing left to bill there is none", async () => {
  const { stripe, price, subscribe, update } = await shop();
  const made = await subscribe(await price("Basic", 1000));
  await update(made.id, { cancel_at_period_end: true });
  const none = { statusCode: 404, code: "invoice_upcoming_none" };
  expect(await error(stripe.invoices.createPreview({ subscription: made.id }))).toMatchObject(none);
  await stripe.subscriptions.cancel(made.id);
  expect(await error(stripe.invoices.createPreview({ subscription: made.id }))).toMatchObject(none);
});

// Of a subscription that is not there yet: as it is then made.
test.each<[string, (in_: Shop, price: string) => { preview: Details; create: Partial<Stripe.SubscriptionCreateParams> }]>([
  ["as it comes", () => ({ preview: {}, create: {} })],
  ["three of it", (_, price) => ({ preview: { items: [{ price, quantity: 3 }] }, create: { items: [{ price, quantity: 3 }] } })],
  ["a trial", () => ({ preview: { trial_end: at("2026-01-20") }, create: { trial_end: at("2026-01-20") } })],
  ["an anchor", () => ({
    preview: { billing_cycle_anchor: { type: "timestamp", timestamp: at("2026-02-01") } },
    create: { billing_cycle_anchor: at("2026-02-01") },
  })],
  ["an anchor, the stub free", () => ({
    preview: { billing_cycle_anchor: { type: "timestamp", timestamp: at("2026-02-01") }, proration_behavior: "none" },
    create: { billing_cycle_anchor: at("2026-02-01"), proration_behavior: "none" },
  })],
  ["a start in the past", () => ({ preview: { start_date: at("2025-11-10") }, create: { backdate_start_date: at("2025-11-10") } })],
  ["classic billing", () => ({ preview: { billing_mode: { type: "classic" } }, create: { billing_mode: { type: "classic" } } })],
])("a preview of a new subscription: %s", async (_, of) => {
  const in_ = await shop("2026-01-10");
  const price = await in_.price("Basic", 3000);
  const { preview, create } = of(in_, price);
  const asked = { customer: in_.customer, subscription_details: { items: [{ price }], ...preview } };
  const seen = await in_.stripe.invoices.createPreview(asked).catch((reason: unknown) => reason as Stripe.errors.StripeError);
  const made = await in_.subscribe(price, create);
  if (seen instanceof Stripe.errors.StripeError) {
    expect(seen.code).toBe("invoice_upcoming_none");
    expect(made.latest_invoice).toBeNull();
  } else {
    expect(told(seen)).toEqual(told(latest(made)));
    expect(seen.billing_reason).toBe("subscription_create");
  }
});

test("a new subscription's coupons and taxes are previewed", async () => {
  const { stripe, customer, price } = await shop();
  const rate = await stripe.taxRates.create({ display_name: "VAT", percentage: 20, inclusive: false });
  const coupon = await stripe.coupons.create({ percent_off: 10 });
  const seen = await stripe.invoices.createPreview({
    customer,
    discounts: [{ coupon: coupon.id }],
    subscription_details: { items: [{ price: await price("Basic", 1000) }], default_tax_rates: [rate.id] },
  });
  expect(seen).toMatchObject({ subtotal: 1000, total: 1080, total_discount_amounts: [{ amount: 100 }] });
});

test("discounts of a known subscription: others, and none", async () => {
  const { preview, stripe } = await january();
  const coupon = await stripe.coupons.create({ percent_off: 100 });
  expect((await preview(undefined, { discounts: [{ coupon: coupon.id }] })).total).toBe(0);
  expect((await preview(undefined, { discounts: "" })).total_discount_amounts).toEqual([]);
  expect((await preview()).total_discount_amounts).toMatchObject([{ amount: 500 }]);
});

test("only invoice items: an invoice by hand", async () => {
  const { stripe, customer, price } = await shop();
  const once = await price("Mug", 900, { recurring: undefined });
  const seen = await stripe.invoices.createPreview({
    customer,
    invoice_items: [{ price: once, quantity: 2 }, { amount: 300, currency: "usd", description: "Wrapping" }],
  });
  expect(seen).toMatchObject({ billing_reason: "manual", total: 2100 });
  expect(seen.lines.data.map(({ amount, description }) => [amount, description])).toEqual([[300, "Wrapping"], [1800, "Mug"]]);
  expect((await stripe.invoiceItems.list({ customer })).data).toEqual([]);
});

test("a preview of nothing is refused", async () => {
  const { stripe, customer, price, subscribe } = await shop();
  await subscribe(await price("Basic", 1000));
  expect(await error(stripe.invoices.createPreview({ customer }))).toMatchObject({ statusCode: 400 });
  expect(await error(stripe.invoices.createPreview({}))).toMatchObject({ statusCode: 400 });
  expect(await error(stripe.invoices.createPreview({ subscription: "sub_nowhere" }))).toMatchObject({
    statusCode: 400,
    code: "resource_missing",
    param: "subscription",
    message: "No such subscription: 'sub_nowhere'",
  });
});

// Paused and resumed.

test.each<[string, Stripe.SubscriptionPauseParams]>([
  ["now", {}],
  ["from the period's start", { bill_for: { unused_time_from: { type: "item_current_period_start" } } }],
  ["usage alone", { bill_for: { unused_time_from: { type: "none" } } }],
  ["no usage", { bill_for: { outstanding_usage_through: { type: "none" } } }],
])("a preview of a pause: %s", async (_, how) => {
  const { preview, stripe, id } = await january();
  const pause = { invoicing_behavior: "invoice" as const, ...how };
  const seen = await preview({ pause });
  const paused = await stripe.subscriptions.pause(id, { ...pause, expand: ["latest_invoice"] });
  expect(told(seen).lines).toEqual(told(latest(paused)).lines);
  expect(seen.total).toBe(latest(paused).total);
});

test("pauses that bill nothing have no preview, and an empty hash is no pause", async () => {
  const { preview } = await january();
  const none = { statusCode: 404, code: "invoice_upcoming_none" };
  expect(await error(preview({ pause: { invoicing_behavior: "pending_invoice_item" } }))).toMatchObject(none);
  expect((await preview({ pause: {} })).billing_reason).toBe("upcoming");
});

test.each(["now", "unchanged"] as const)("a preview of a resumption, the anchor %s", async (type) => {
  const { fake, preview, stripe, id } = await january();
  await stripe.subscriptions.pause(id);
  fake.clock.advanceTo(new Date("2026-02-10T00:00:00Z"));
  const billing_cycle_anchor = { type };
  const proration_behavior = "always_invoice" as const;
  const seen = await preview({ resume_at: "now", billing_cycle_anchor, proration_behavior });
  expect((await stripe.subscriptions.retrieve(id)).status).toBe("paused");
  const resumed = await stripe.subscriptions.resume(id, { billing_cycle_anchor, proration_behavior, expand: ["latest_invoice"] });
  expect(told(seen).lines).toEqual(told(latest(resumed)).lines);
  expect(seen.total).toBe(latest(resumed).total);
});

// The older URL.
test("before basil: the upcoming invoice", async () => {
  const { fake, stripe, customer, id } = await january();
  const old = new Stripe(fake.apiKey, { ...fake.stripeOptions(), apiVersion: "2024-06-20" as never });
  const asked = (path: string) => old.rawRequest("GET", path) as Promise<any>;
  const seen = await asked(`/v1/invoices/upcoming?subscription=${id}`);
  expect(seen.total).toBe((await stripe.invoices.createPreview({ subscription: id })).total);
  expect((await asked(`/v1/invoices/upcoming?customer=${customer}`)).total).toBe(seen.total);
  const lines = await asked(`/v1/invoices/upcoming/lines?subscription=${id}`);
  expect(lines.data.map((line: any) => line.amount)).toEqual(seen.lines.data.map((line: any) => line.amount));
  expect(await error(asked("/v1/invoices/upcoming"))).toMatchObject({
    statusCode: 400,
    message: "You must either provide a `customer` or a `subscription` to the upcoming invoice endpoint.",
  });
});

// For who is no customer yet: a cart, and a subscription.
test("a preview names no customer", async () => {
  const { stripe, price } = await shop();
  const { id: product } = await stripe.products.create({ name: "Mug" });
  const cart = await stripe.invoices.createPreview({
    currency: "usd",
    invoice_items: [{ price_data: { currency: "usd", product, unit_amount: 900 }, quantity: 2 }],
  });
  expect(cart).toMatchObject({ billing_reason: "manual", total: 1800, customer: null });
  const seen = await stripe.invoices.createPreview({ subscription_details: { items: [{ price: await price("Basic", 1000) }] } });
  expect(seen).toMatchObject({ billing_reason: "subscription_create", total: 1000, customer: null });
  expect((await stripe.customers.list()).data).toHaveLength(1);
});

test("a preview knows more of the customer than is kept", async () => {
  const { stripe, customer, preview, id } = await january();
  const tax = async (customer_details: Stripe.InvoiceCreatePreviewParams.CustomerDetails) =>
    (await preview(undefined, { customer_details })).total_taxes!.reduce((sum, one) => sum + one.amount, 0);
  expect(await tax({ tax_exempt: "exempt" })).toBe(0);
  expect(await tax({ tax_exempt: "none" })).toBeGreaterThan(0);
  const seen = await preview(undefined, { customer_details: { address: { country: "DE", postal_code: "10115" } } });
  expect(seen.customer_address).toMatchObject({ country: "DE", postal_code: "10115" });
  expect(await stripe.customers.retrieve(customer)).toMatchObject({ tax_exempt: "none", address: null });
  expect((await stripe.subscriptions.retrieve(id)).status).toBe("active");
});

test("invoice items are added and changed for a preview", async () => {
  const { preview, pending } = await january();
  const [setup] = await pending();
  const of = async (invoice_items: Stripe.InvoiceCreatePreviewParams.InvoiceItem[]) =>
    (await preview(undefined, { invoice_items })).lines.data.filter((line) => line.parent?.type === "invoice_item_details");
  const amountsOf = async (items: Stripe.InvoiceCreatePreviewParams.InvoiceItem[]) => amounts(await of(items));
  expect(await amountsOf([])).toEqual([250]);
  expect(await amountsOf([{ invoiceitem: setup!.id, amount: 400 }])).toEqual([400]);
  expect(await amountsOf([{ amount: 100, currency: "usd" }])).toEqual([100, 250]);
  expect((await pending())[0]!.amount).toBe(250);
});
