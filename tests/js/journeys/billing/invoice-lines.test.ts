/**
 * Invoice items and the lines of an invoice: how they are described, in which order they stand, how they are added,
 * changed and removed.
 *
 * Sources: https://docs.stripe.com/api/invoiceitems, https://docs.stripe.com/api/invoices/add_lines, the description
 * of `lines` in the types of the `stripe` package (order), recorded answers (descriptions, hidden prices).
 */

import type Stripe from "stripe";
import { describe, expect, test } from "vitest";
import { error, stage } from "../stage.ts";
import { customerWith, priceOf, subscribe } from "./customers.ts";

const NOW = new Date("2026-01-01T00:00:00Z");
const START = NOW.getTime() / 1000;
const DAY = 86_400;

async function shop() {
  const { fake, stripe } = stage({ now: NOW });
  const customer = await customerWith(stripe);
  const draft = (more: Partial<Stripe.InvoiceCreateParams> = {}) =>
    stripe.invoices.create({ customer, currency: "usd", ...more });
  return { fake, stripe, customer, draft };
}

const amounts = (invoice: Stripe.Invoice) => invoice.lines.data.map((line) => line.amount);
const descriptions = (invoice: Stripe.Invoice) => invoice.lines.data.map((line) => line.description);

describe("a line is described", () => {
  test.each<[string, Partial<Stripe.PriceCreateParams.Recurring>, Partial<Stripe.PriceCreateParams>, number, string]>([
    ["by what it costs", {}, { unit_amount: 1000 }, 1, "1 × Gold (at $10.00 / month)"],
    ["by its quantity", {}, { unit_amount: 1000 }, 3, "3 × Gold (at $10.00 / month)"],
    ["by its unit", {}, { unit_amount: 2500, product_data: { name: "Test Subscription", unit_label: "user" } }, 10, "10 user × Test Subscription (at $25.00 / month)"],
    ["by its interval", { interval: "month", interval_count: 3 }, { unit_amount: 3000 }, 1, "1 × Gold (at $30.00 every 3 months)"],
    ["in years", { interval: "year" }, { unit_amount: 12000 }, 1, "1 × Gold (at $120.00 / year)"],
    ["in yen", { interval: "week" }, { unit_amount: 1000, currency: "jpy" }, 2, "2 × Gold (at ¥1,000 / week)"],
  ])("%s", async (_, recurring, more, quantity, description) => {
    const { stripe, customer } = await shop();
    const price = await priceOf(stripe, recurring, more);
    const made = await stripe.subscriptions.create({ customer, items: [{ price, quantity }], expand: ["latest_invoice"] });
    expect(descriptions(made.latest_invoice as Stripe.Invoice)).toEqual([description]);
  });

  test("that is sold once: by its product", async () => {
    const { stripe, draft } = await shop();
    const price = await stripe.prices.create({ currency: "usd", unit_amount: 1500, product_data: { name: "T-Shirt" } });
    const { id } = await draft();
    const made = await stripe.invoices.addLines(id, { lines: [{ pricing: { price: price.id }, quantity: 2 }] });
    expect(made.lines.data[0]).toMatchObject({ description: "T-Shirt", amount: 3000, quantity: 2 });
  });

  test("that is an amount: as it says, or not at all", async () => {
    const { stripe, draft } = await shop();
    const { id } = await draft();
    const made = await stripe.invoices.addLines(id, { lines: [{ amount: 100, description: "Setup" }, { amount: 200 }] });
    expect(descriptions(made).sort()).toEqual(["Setup", null]);
  });

  test("that was used: by the price of a unit", async () => {
    const { fake, stripe, customer } = await shop();
    const meter = await stripe.billing.meters.create({
      display_name: "Calls",
      event_name: "calls",
      default_aggregation: { formula: "sum" },
    });
    const price = await priceOf(stripe, { usage_type: "metered", meter: meter.id }, { unit_amount: 10, product_data: { name: "Calls" } });
    await stripe.subscriptions.create({ customer, items: [{ price }] });
    await stripe.billing.meterEvents.create({ event_name: "calls", payload: { stripe_customer_id: customer, value: "250" } });
    fake.clock.advance({ months: 1, hours: 2 });
    const [latest] = (await stripe.invoices.list({ limit: 1 })).data as [Stripe.Invoice];
    expect(latest.lines.data[0]).toMatchObject({ description: "250 × Calls (at $0.10 / month)", amount: 2500 });
  });
});

describe("the order of lines", () => {
  test("is: what was pending, newest first; the subscription's", async () => {
    const { fake, stripe } = await shop();
    const made = await subscribe(stripe);
    const customer = made.customer as string;
    for (const amount of [100, 200]) await stripe.invoiceItems.create({ customer, amount, currency: "usd" });
    fake.clock.advanceTo("2026-02-01T00:00:01Z");
    const [renewal] = (await stripe.invoices.list({ limit: 1 })).data as [Stripe.Invoice];
    expect(amounts(renewal)).toEqual([200, 100, 2000]);
  });

  test("has what is sold with a subscription before it", async () => {
    const { stripe, customer } = await shop();
    const fee = await stripe.prices.create({ currency: "usd", unit_amount: 500, product_data: { name: "Fee" } });
    const price = await priceOf(stripe);
    const made = await stripe.subscriptions.create({
      customer,
      items: [{ price }],
      add_invoice_items: [{ price: fee.id }],
      expand: ["latest_invoice"],
    });
    expect(amounts(made.latest_invoice as Stripe.Invoice)).toEqual([500, 2000]);
  });
});

describe("an invoice item", () => {
  test.each<[string, object, object]>([
    [
      "of an amount",
      { amount: 700, description: "Work" },
      { amount: 700, quantity: 1, description: "Work", parent: null, proration: false },
    ],
    ["of units", { unit_amount_decimal: "250", quantity: 3 }, { amount: 750, quantity: 3 }],
    ["of parts of cents", { unit_amount_decimal: "0.5", quantity: 3 }, { amount: 2, quantity: 3 }],
    ["can be discounted", { amount: 700 }, { discountable: true }],
    ["cannot, where it says so", { amount: 700, discountable: false }, { discountable: false }],
    ["that is negative cannot be discounted", { amount: -700 }, { amount: -700, discountable: false }],
    ["is of now", { amount: 700 }, { period: { start: START, end: START }, date: START, invoice: null }],
    ["is of the period given", { amount: 700, period: { start: START, end: START + DAY } }, { period: { start: START, end: START + DAY } }],
  ])("%s", async (_, params, expected) => {
    const { stripe, customer } = await shop();
    expect(await stripe.invoiceItems.create({ customer, currency: "usd", ...params })).toMatchObject(expected);
  });

  test("of a price and of data for one", async () => {
    const { stripe, customer } = await shop();
    const price = await stripe.prices.create({ currency: "usd", unit_amount: 300, product_data: { name: "Fee" } });
    const item = await stripe.invoiceItems.create({ customer, pricing: { price: price.id }, quantity: 2 });
    expect(item).toMatchObject({ amount: 600, description: "Fee", pricing: { price_details: { price: price.id, product: price.product } } });
    const price_data = { currency: "usd", unit_amount: 400, product: price.product as string };
    expect(await stripe.invoiceItems.create({ customer, price_data })).toMatchObject({ amount: 400 });
  });

  test("of an amount has a hidden price, the same for the same amount", async () => {
    const { stripe, customer } = await shop();
    const make = async (amount: number) =>
      (await stripe.invoiceItems.create({ customer, amount, currency: "usd", description: "Work" })).pricing!.price_details!;
    const [one, same, other] = [await make(700), await make(700), await make(800)];
    expect([same.price, same.product]).toEqual([one.price, one.product]);
    expect(other.price).not.toBe(one.price);
    expect(await stripe.prices.retrieve(one.price as string)).toMatchObject({ active: false, unit_amount: 700, type: "one_time" });
    expect((await stripe.products.retrieve(one.product as string)).active).toBe(false);
  });

  test("is on the draft that it names", async () => {
    const { stripe, customer, draft } = await shop();
    const { id: invoice } = await draft();
    const item = await stripe.invoiceItems.create({ customer, invoice, amount: 700, currency: "usd" });
    expect(item.invoice).toBe(invoice);
    const seen = await stripe.invoices.retrieve(invoice);
    expect(seen).toMatchObject({ total: 700, subtotal: 700, amount_due: 700 });
    expect(seen.lines.data[0]!.parent).toEqual({
      invoice_item_details: {
        invoice_item: item.id,
        proration: false,
        proration_details: { credited_items: null },
        subscription: null,
      },
      subscription_item_details: null,
      type: "invoice_item_details",
    });
  });

  test("of a subscription waits for that subscription's next invoice, one of none for any", async () => {
    const { fake, stripe, customer } = await shop();
    const [one, other] = [await subscribe(stripe, { customer }), await subscribe(stripe, { customer }, { interval: "year" })];
    const make = { customer, currency: "usd" };
    await stripe.invoiceItems.create({ ...make, amount: 100, subscription: one.id });
    await stripe.invoiceItems.create({ ...make, amount: 200, subscription: other.id });
    await stripe.invoiceItems.create({ ...make, amount: 300 });
    await stripe.invoiceItems.create({ ...make, amount: 400, currency: "eur" });
    fake.clock.advanceTo("2026-02-01T00:00:01Z");
    const [renewal] = (await stripe.invoices.list({ subscription: one.id, limit: 1 })).data as [Stripe.Invoice];
    expect(amounts(renewal)).toEqual([300, 100, 2000]);
    const pending = await stripe.invoiceItems.list({ pending: true });
    expect(pending.data.map((item) => item.amount)).toEqual([400, 200]);
  });

  test("that is missing, or gone", async () => {
    const { stripe, customer } = await shop();
    expect(await error(stripe.invoiceItems.retrieve("ii_x"))).toMatchObject({
      statusCode: 404,
      message: "No such Invoice Item: 'ii_x'(livemode=false)",
      param: "id",
    });
    const { id } = await stripe.invoiceItems.create({ customer, amount: 100, currency: "usd" });
    expect(await stripe.invoiceItems.del(id)).toMatchObject({ id, deleted: true });
    expect((await error(stripe.invoiceItems.retrieve(id))).message).toBe("This invoice item has been deleted.");
  });

  test("goes with its draft, and is not pending again", async () => {
    const { stripe, customer, draft } = await shop();
    const { id } = await stripe.invoiceItems.create({ customer, amount: 100, currency: "usd" });
    const made = await draft({ pending_invoice_items_behavior: "include" });
    await stripe.invoices.del(made.id);
    expect((await stripe.invoiceItems.list({ customer, pending: true })).data).toEqual([]);
    expect((await error(stripe.invoiceItems.retrieve(id))).message).toBe("This invoice item has been deleted.");
  });

  test.each<[string, Stripe.InvoiceItemCreateParams, object]>([
    ["nothing to cost", { currency: "usd" }, { code: "parameter_missing" }],
    ["a price that recurs", { pricing: { price: "@monthly" } }, { param: "pricing[price]" }],
    ["an amount for each of several", { amount: 100, quantity: 2, currency: "usd" }, { message: "You may only specify one of these parameters: amount, quantity." }],
    ["nobody's", { customer: "cus_x", amount: 100, currency: "usd" }, { code: "resource_missing", param: "customer" }],
    ["a subscription's that is not there", { subscription: "sub_x", amount: 100, currency: "usd" }, { code: "resource_missing", param: "subscription" }],
  ])("is not made of %s", async (_, params, expected) => {
    const { stripe, customer } = await shop();
    const monthly = await priceOf(stripe);
    const filled = JSON.parse(JSON.stringify({ customer, ...params }).replace("@monthly", monthly));
    expect(await error(stripe.invoiceItems.create(filled))).toMatchObject({ statusCode: 400, ...expected });
  });

  test("makes the 250 that an invoice can have full", async () => {
    const { stripe, customer, draft } = await shop();
    const { id: invoice } = await draft();
    for (let added = 0; added < 250; added += 50) {
      await stripe.invoices.addLines(invoice, { lines: Array.from({ length: 50 }, () => ({ amount: 1 })) });
    }
    const refused = await error(stripe.invoiceItems.create({ customer, invoice, amount: 1, currency: "usd" }));
    expect(refused).toMatchObject({ statusCode: 400, type: "StripeInvalidRequestError" });
    expect(refused.message).toMatch(/250/);
    expect(await error(stripe.invoices.addLines(invoice, { lines: [{ amount: 1 }] }))).toMatchObject({ statusCode: 400 });
    expect((await stripe.invoices.retrieve(invoice)).total).toBe(250);
    // What does not fit waits.
    for (let made = 0; made < 3; made++) await stripe.invoiceItems.create({ customer, amount: 5, currency: "usd" });
    const swept = await draft({ pending_invoice_items_behavior: "include" });
    expect(swept.lines.data).toHaveLength(3);
  });
});

describe("the lines of a draft", () => {
  test("are added, the latest first, and taken from what is pending", async () => {
    const { stripe, customer, draft } = await shop();
    const pending = await stripe.invoiceItems.create({ customer, amount: 300, currency: "usd", description: "Pending" });
    const { id } = await draft();
    await stripe.invoices.addLines(id, { lines: [{ amount: 100, description: "First" }] });
    const made = await stripe.invoices.addLines(id, {
      lines: [{ invoice_item: pending.id }],
      invoice_metadata: { order: "7" },
    });
    expect(made.object).toBe("invoice");
    expect(made.metadata).toEqual({ order: "7" });
    expect(amounts(made)).toEqual([300, 100]);
    expect((await stripe.invoiceItems.retrieve(pending.id)).invoice).toBe(id);
    const again = await error(stripe.invoices.addLines(id, { lines: [{ invoice_item: pending.id }] }));
    expect(again).toMatchObject({ statusCode: 400, param: "lines[0][invoice_item]" });
  });

  test.each<[string, Partial<Stripe.InvoiceAddLinesParams.Line>, object]>([
    ["an amount", { amount: 500 }, { amount: 500, quantity: 1 }],
    ["a price and a quantity", { pricing: { price: "@once" }, quantity: 3 }, { amount: 900, quantity: 3, description: "Fee" }],
    ["data for a price", { price_data: { currency: "usd", unit_amount: 250, product_data: { name: "Made up" } }, quantity: 2 }, { amount: 500, description: "Made up" }],
    ["a period", { amount: 500, period: { start: START, end: START + 5 * DAY } }, { period: { start: START, end: START + 5 * DAY } }],
    ["metadata", { amount: 500, metadata: { a: "b" } }, { metadata: { a: "b" } }],
    ["no discounts", { amount: 500, discountable: false }, { discountable: false }],
    ["a discount", { amount: 500, discounts: [{ coupon: "TEN" }] }, { discount_amounts: [{ amount: 50 }] }],
    ["a tax rate", { amount: 500, tax_rates: ["@tax"] }, { taxes: [{ amount: 100, tax_behavior: "exclusive" }] }],
  ])("are added with %s", async (_, line, expected) => {
    const { stripe, draft } = await shop();
    const once = await stripe.prices.create({ currency: "usd", unit_amount: 300, product_data: { name: "Fee" } });
    const tax = await stripe.taxRates.create({ display_name: "VAT", percentage: 20, inclusive: false });
    await stripe.coupons.create({ id: "TEN", percent_off: 10 });
    const { id } = await draft();
    const filled = JSON.parse(JSON.stringify(line).replace("@once", once.id).replace("@tax", tax.id));
    const made = await stripe.invoices.addLines(id, { lines: [filled] });
    expect(made.lines.data[0]).toMatchObject(expected);
    const { total, subtotal } = made;
    const [{ amount, taxes, discount_amounts }] = made.lines.data as [Stripe.InvoiceLineItem];
    const sum = (of: { amount: number }[] | null) => (of ?? []).reduce((all, one) => all + one.amount, 0);
    expect(total).toBe(amount + sum(taxes) - sum(discount_amounts));
    expect(subtotal).toBe(amount - sum(discount_amounts));
  });

  test("are changed one by one, or together; their items with them", async () => {
    const { stripe, draft } = await shop();
    const { id } = await draft();
    const made = await stripe.invoices.addLines(id, { lines: [{ amount: 100, description: "A" }, { amount: 200, description: "B" }] });
    const line = made.lines.data.find(({ description }) => description === "A")!;
    const changed = await stripe.invoices.updateLineItem(id, line.id, { amount: 150 });
    expect(changed).toMatchObject({ object: "line_item", id: line.id, amount: 150, description: "A" });
    const item = line.parent!.invoice_item_details!.invoice_item;
    expect((await stripe.invoiceItems.retrieve(item)).amount).toBe(150);
    const ids = made.lines.data.map(({ id }) => ({ id }));
    const all = await stripe.invoices.updateLines(id, { lines: ids.map((one) => ({ ...one, metadata: { seen: "1" } })) });
    expect(all).toMatchObject({ object: "invoice", total: 350 });
    expect(all.lines.data.every(({ metadata }) => metadata.seen === "1")).toBe(true);
  });

  test.each([
    ["delete", 0],
    ["unassign", 1],
  ] as const)("are removed with %s: %i wait again", async (behavior, count) => {
    const { stripe, customer, draft } = await shop();
    await stripe.invoiceItems.create({ customer, amount: 300, currency: "usd" });
    const made = await draft({ pending_invoice_items_behavior: "include" });
    const less = await stripe.invoices.removeLines(made.id, { lines: [{ id: made.lines.data[0]!.id, behavior }] });
    expect([less.total, less.lines.data]).toEqual([0, []]);
    expect((await stripe.invoiceItems.list({ customer, pending: true })).data).toHaveLength(count);
  });
});
