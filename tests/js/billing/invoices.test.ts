/** Invoices, credit notes, the catalogue and discounts through Stripe's own client. */

import { createRequire } from "node:module";
import Stripe from "stripe";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { FakeStripe } from "../../../js/index.ts";

// Its types declare the module "stripe" anew, for the whole program.
const Stripe14 = createRequire(import.meta.url)("stripe-14");

let fake: FakeStripe;
let stripe: Stripe;
let customer: string;
beforeEach(async () => {
  fake = FakeStripe.new({ now: "2026-01-01T00:00:00Z" });
  stripe = new Stripe(fake.apiKey, { maxNetworkRetries: 0 });
  customer = (await stripe.customers.create({ email: "ana@example.com", name: "Ana" })).id;
  const card = await stripe.paymentMethods.attach("pm_card_visa", { customer });
  await stripe.customers.update(customer, { invoice_settings: { default_payment_method: card.id } });
});
afterEach(() => fake.stop());

/** A draft with lines of those amounts. */
async function draft(amounts: number[], more: Partial<Stripe.InvoiceCreateParams> = {}) {
  const made = await stripe.invoices.create({ customer, ...more });
  const lines = amounts.map((amount) => ({ amount, description: "Work" }));
  return await stripe.invoices.addLines(made.id, { lines });
}

/** The types of the events since then. */
async function happened(since = 0) {
  const all = await stripe.events.list({ limit: 100 });
  return all.data.map((event) => event.type).reverse().slice(since);
}

interface Hash {
  [name: string]: unknown;
}

const isHash = (value: unknown): value is Hash =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** An object as it was before: what an event says was different, hash by hash. */
function undone(after: Hash, previous: Hash): Hash {
  const before = { ...after };
  for (const [name, value] of Object.entries(previous)) {
    const inner = after[name];
    before[name] = isHash(value) && isHash(inner) ? undone(inner, value) : value;
  }
  return before;
}

describe("an invoice made by hand", () => {
  test("is finalized, numbered, paid, and then fixed", async () => {
    const made = await draft([2500]);
    expect(made).toMatchObject({ status: "draft", number: null, hosted_invoice_url: null, total: 2500 });
    const since = (await happened()).length;
    const open = await stripe.invoices.finalizeInvoice(made.id);
    expect(open).toMatchObject({ status: "open", amount_due: 2500, attempted: false, attempt_count: 0 });
    expect(open.number).toMatch(/^[A-Z0-9]{8}-0001$/);
    expect(open.hosted_invoice_url).toMatch(/^https:\/\/invoice\.stripe\.com\/i\/acct_/);
    expect(open.invoice_pdf).toMatch(/\/pdf\?s=ap$/);
    const paid = await stripe.invoices.pay(made.id, { expand: ["payments", "confirmation_secret"] });
    expect(paid).toMatchObject({ status: "paid", amount_paid: 2500, attempted: true, attempt_count: 1 });
    expect(paid.payments!.data[0]).toMatchObject({ status: "paid", amount_paid: 2500, is_default: true });
    expect(paid.confirmation_secret!.client_secret).toMatch(/^pi_/);
    const types = await happened(since);
    const asked = ["invoice.finalized", "charge.succeeded", "payment_intent.succeeded", "invoice_payment.paid"];
    const order = [...asked, "invoice.updated", "invoice.paid", "invoice.payment_succeeded"];
    expect(types.filter((type) => order.includes(type))).toEqual(order);
    await expect(stripe.invoices.pay(made.id)).rejects.toThrow("Invoice is already paid");
    await expect(stripe.invoices.update(made.id, { description: "x" })).rejects.toMatchObject({
      message: "Finalized invoices can't be updated in this way",
      param: "description",
    });
    const kept = await stripe.invoices.update(made.id, { metadata: { a: "b" } });
    expect(kept.metadata).toEqual({ a: "b" });
    await expect(stripe.invoices.del(made.id)).rejects.toThrow("You can only delete draft invoices.");
  });

  test("is found by its payment", async () => {
    const [first, second] = [await draft([900]), await draft([800])];
    await stripe.invoices.pay(first.id);
    const { payments } = await stripe.invoices.pay(second.id, { expand: ["payments"] });
    const payment_intent = payments!.data[0]!.payment.payment_intent as string;
    const payment = { type: "payment_intent" as const, payment_intent };
    const found = await stripe.invoicePayments.list({ payment });
    expect(found.data.map((found) => found.invoice)).toEqual([second.id]);
  });

  test("takes pending items where it is asked to", async () => {
    await stripe.invoiceItems.create({ customer, amount: 700, currency: "usd", description: "Pending" });
    const without = await stripe.invoices.create({ customer });
    expect(without.lines.data).toEqual([]);
    const made = await stripe.invoices.create({ customer, pending_invoice_items_behavior: "include" });
    expect(made.lines.data[0]).toMatchObject({ amount: 700, description: "Pending", subtotal: 700 });
    expect(made.lines.data[0]!.parent!.type).toBe("invoice_item_details");
  });

  test("advances by itself an hour later", async () => {
    const made = await draft([2500], { auto_advance: true });
    expect(made.automatically_finalizes_at! - made.created).toBe(3601);
    fake.clock.advance({ minutes: 59 });
    expect((await stripe.invoices.retrieve(made.id)).status).toBe("draft");
    fake.clock.advance({ minutes: 2 });
    expect(await stripe.invoices.retrieve(made.id)).toMatchObject({ status: "paid", attempt_count: 1 });
  });

  test("that is sent needs an address and a date, and can be written off and paid", async () => {
    const nobody = (await stripe.customers.create({})).id;
    const sent = { collection_method: "send_invoice" as const };
    const refused = stripe.invoices.create({ customer: nobody, ...sent, days_until_due: 7 });
    await expect(refused).rejects.toThrow(/^Missing email\. In order to create invoices/);
    await expect(stripe.invoices.create({ customer, ...sent })).rejects.toThrow(/must specify 'due_date'/);
    const made = await draft([900], { ...sent, days_until_due: 7 });
    expect(made.due_date! - made.created).toBe(7 * 86_400);
    expect((await stripe.invoices.sendInvoice(made.id)).status).toBe("open");
    expect((await stripe.invoices.markUncollectible(made.id)).status).toBe("uncollectible");
    await expect(stripe.invoices.markUncollectible(made.id)).rejects.toThrow(/already been marked/);
    expect((await stripe.invoices.pay(made.id)).status).toBe("paid");
    expect(await happened()).toEqual(expect.arrayContaining(["invoice.sent", "invoice.marked_uncollectible"]));
  });

  test("whose card is declined stays open, and counts the try", async () => {
    const bad = await stripe.paymentMethods.attach("pm_card_chargeCustomerFail", { customer });
    const made = await draft([900]);
    const paying = stripe.invoices.pay(made.id, { payment_method: bad.id });
    await expect(paying).rejects.toMatchObject({ code: "card_declined", statusCode: 402 });
    const seen = await stripe.invoices.retrieve(made.id);
    expect(seen).toMatchObject({ status: "open", attempted: true, attempt_count: 1, amount_remaining: 900 });
    expect((await stripe.invoices.pay(made.id)).status).toBe("paid");
  });

  test("is found by its fields", async () => {
    await draft([900], { metadata: { order: "7" } });
    const other = await stripe.invoices.finalizeInvoice((await draft([100])).id);
    const found = await stripe.invoices.search({ query: 'metadata["order"]:"7"' });
    expect(found.data.map((invoice) => invoice.total)).toEqual([900]);
    const open = await stripe.invoices.list({ status: "open" });
    expect(open.data.map((invoice) => invoice.id)).toEqual([other.id]);
  });
});

describe("what is taken off an invoice", () => {
  test("discounts come before taxes", async () => {
    const rate = await stripe.taxRates.create({ display_name: "VAT", percentage: 5, inclusive: false });
    const coupon = await stripe.coupons.create({ percent_off: 10 });
    const discounts = [{ coupon: coupon.id }];
    const made = await draft([3000], { default_tax_rates: [rate.id], discounts });
    const seen = await stripe.invoices.retrieve(made.id, { expand: ["discounts"] });
    expect(seen).toMatchObject({
      subtotal: 3000,
      total: 2835,
      total_excluding_tax: 2700,
      total_taxes: [{ amount: 135, taxable_amount: 2700, tax_behavior: "exclusive" }],
    });
    const discount = seen.discounts[0] as Stripe.Discount;
    expect(discount.source).toEqual({ coupon: coupon.id, type: "coupon" });
    expect(seen.total_discount_amounts).toEqual([{ amount: 300, discount: discount.id }]);
    expect(seen.lines.data[0]).toMatchObject({
      amount: 3000,
      discount_amounts: [{ amount: 300, discount: discount.id }],
      discounts: [],
      taxes: [{ amount: 135, tax_rate_details: { tax_rate: rate.id }, type: "tax_rate_details" }],
    });
  });

  test("an exempt customer pays no tax", async () => {
    await stripe.customers.update(customer, { tax_exempt: "exempt" });
    const rate = await stripe.taxRates.create({ display_name: "VAT", percentage: 5, inclusive: false });
    const made = await draft([3000], { default_tax_rates: [rate.id] });
    expect(made).toMatchObject({ total: 3000, total_taxes: [{ amount: 0, taxability_reason: "customer_exempt" }] });
  });

  test("a credit note refunds, and its invoice says so", async () => {
    const made = await draft([3000]);
    await stripe.invoices.pay(made.id);
    const since = (await happened()).length;
    const note = await stripe.creditNotes.create({ invoice: made.id, amount: 500, refund_amount: 500 });
    expect(note).toMatchObject({ type: "post_payment", total: 500, post_payment_amount: 500, status: "issued" });
    const refund = await stripe.refunds.retrieve(note.refunds[0]!.refund as string);
    expect(refund).toMatchObject({ amount: 500, status: "succeeded" });
    const seen = await stripe.invoices.retrieve(made.id);
    expect(seen).toMatchObject({ status: "paid", post_payment_credit_notes_amount: 500 });
    const types = (await happened(since)).filter((type) => /^(credit_note|invoice)\./.test(type));
    expect(types).toEqual(["credit_note.created", "invoice.updated"]);
  });
});

describe("the catalogue", () => {
  test("a product brings its default price, and both are told of once", async () => {
    const since = (await happened()).length;
    const product = await stripe.products.create({
      name: "Gold",
      default_price_data: { currency: "usd", unit_amount: 2500, recurring: { interval: "month" } },
    });
    const price = await stripe.prices.retrieve(product.default_price as string);
    expect(price).toMatchObject({ product: product.id, unit_amount: 2500, active: true, type: "recurring" });
    expect(await happened(since)).toEqual(["product.created", "plan.created", "price.created"]);
  });

  test("an amount in another currency is shown on demand and billed", async () => {
    const price = await stripe.prices.create({
      currency: "usd",
      unit_amount: 1000,
      product_data: { name: "Gold" },
      currency_options: { eur: { unit_amount: 900 } },
    });
    expect(price.currency_options).toBeUndefined();
    const seen = await stripe.prices.retrieve(price.id, { expand: ["currency_options"] });
    expect(seen.currency_options).toMatchObject({ eur: { unit_amount: 900 }, usd: { unit_amount: 1000 } });
    const item = await stripe.invoiceItems.create({ customer, currency: "eur", pricing: { price: price.id } });
    expect(item).toMatchObject({ amount: 900, currency: "eur" });
    const wrong = stripe.invoiceItems.create({ customer, currency: "gbp", pricing: { price: price.id } });
    await expect(wrong).rejects.toThrow(/expected currency: `gbp`/);
  });

  test("what an object was before an event can be had from the event", async () => {
    const made = await draft([900], { description: "Before" });
    const before = await stripe.invoices.retrieve(made.id);
    await stripe.invoices.addLines(made.id, { lines: [{ amount: 100, description: "More" }] });
    const [event] = (await stripe.events.list({ type: "invoice.updated", limit: 1 })).data;
    const { object, previous_attributes } = event!.data as unknown as Record<string, Hash>;
    expect(undone(object!, previous_attributes!)).toEqual(JSON.parse(JSON.stringify(before)));
  });
});

describe("before basil", () => {
  const old = () => new Stripe14(fake.apiKey, { maxNetworkRetries: 0, apiVersion: "2023-10-16" });

  test("an invoice shows its payment, its taxes and its subscription as fields of its own", async () => {
    const rate = await old().taxRates.create({ display_name: "VAT", percentage: 10, inclusive: true });
    const price = await old().prices.create({
      currency: "usd",
      unit_amount: 1100,
      recurring: { interval: "month" },
      product_data: { name: "Gold" },
    });
    const made = await old().subscriptions.create({
      customer,
      items: [{ price: price.id }],
      default_tax_rates: [rate.id],
      expand: ["latest_invoice.payment_intent"],
    });
    const invoice = made.latest_invoice;
    expect(invoice).toMatchObject({
      paid: true,
      paid_out_of_band: false,
      subscription: made.id,
      tax: 100,
      total_tax_amounts: [{ amount: 100, inclusive: true, tax_rate: rate.id }],
    });
    expect(invoice.payment_intent).toMatchObject({ object: "payment_intent", amount: 1100 });
    expect(invoice.charge).toBe(invoice.payment_intent.latest_charge);
    expect(invoice.lines.data[0]).toMatchObject({
      type: "subscription",
      subscription: made.id,
      price: { id: price.id, object: "price" },
      plan: { id: price.id, object: "plan" },
      proration: false,
    });
  });

  test("a discount and a promotion code hold their coupon", async () => {
    const coupon = await old().coupons.create({ percent_off: 10 });
    const code = await old().promotionCodes.create({ coupon: coupon.id, code: "SPRING" });
    expect(code.coupon).toMatchObject({ id: coupon.id, percent_off: 10 });
    const made = await old().invoices.create({ customer, discounts: [{ coupon: coupon.id }], expand: ["discounts"] });
    expect(made.discounts[0].coupon).toMatchObject({ id: coupon.id });
  });

  test("an invoice item and a credit note have one price, one refund", async () => {
    const price = await old().prices.create({ currency: "usd", unit_amount: 900, product_data: { name: "Fee" } });
    const made = await old().invoices.create({ customer });
    const item = await old().invoiceItems.create({ customer, invoice: made.id, price: price.id });
    expect(item).toMatchObject({ price: { id: price.id }, unit_amount: 900, plan: null, subscription: null });
    await old().invoices.pay(made.id);
    const note = await old().creditNotes.create({ invoice: made.id, amount: 300, refund_amount: 300 });
    expect(note.refund).toMatch(/^re_/);
    expect(note.tax_amounts).toEqual([]);
  });

  test("the newest version shows none of it", async () => {
    const invoice = await draft([900]);
    for (const name of ["paid", "charge", "payment_intent", "subscription", "tax", "quote"]) {
      expect(invoice).not.toHaveProperty(name);
    }
    for (const name of ["price", "plan", "type", "tax_amounts", "invoice_item"]) {
      expect(invoice.lines.data[0]).not.toHaveProperty(name);
    }
  });
});
