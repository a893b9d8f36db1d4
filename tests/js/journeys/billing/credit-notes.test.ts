/**
 * Credit notes: what they are taken off, what is given back of what was paid, how far they can go, and what is told of them.
 *
 * Sources: https://docs.stripe.com/api/credit_notes, https://docs.stripe.com/invoicing/integration/programmatic-credit-notes;
 * the fields, the number and the refund of a note over a line of its own are recorded. Messages are asserted only where
 * public code quotes them as Stripe's.
 */

import Stripe from "stripe";
import { describe, expect, test } from "vitest";
import { error, pay, stage } from "../stage.ts";

const NEW_YEAR = Date.UTC(2027, 0, 1) / 1000;

/** A customer who can pay. */
async function shop() {
  const { fake, stripe } = stage({ now: new Date(NEW_YEAR * 1000) });
  fake.clock.freeze();
  const { id: customer } = await stripe.customers.create({ email: "ana@example.com" });
  const card = await stripe.paymentMethods.attach("pm_card_visa", { customer });
  await stripe.customers.update(customer, { invoice_settings: { default_payment_method: card.id } });
  const draft = async (amounts: number[], more: Partial<Stripe.InvoiceCreateParams> = {}) => {
    const { id: invoice } = await stripe.invoices.create({ customer, ...more });
    for (const amount of amounts) await stripe.invoiceItems.create({ customer, invoice, amount, currency: "usd" });
    return invoice;
  };
  const open = async (amounts: number[], more: Partial<Stripe.InvoiceCreateParams> = {}) =>
    stripe.invoices.finalizeInvoice(await draft(amounts, more));
  const paid = async (amounts: number[], more: Partial<Stripe.InvoiceCreateParams> = {}) =>
    stripe.invoices.pay(await draft(amounts, more));
  const credit = (invoice: string, params: Partial<Stripe.CreditNoteCreateParams>) =>
    stripe.creditNotes.create({ invoice, ...params });
  let seen = 0;
  /** The events since the last look, oldest first. */
  const told = async () => {
    const { data } = await stripe.events.list({ limit: 100 });
    const fresh = data.reverse().slice(seen);
    seen = data.length;
    return fresh;
  };
  return { fake, stripe, customer, draft, open, paid, credit, told };
}

const line = (unit_amount: number, more: object = {}) =>
  ({ type: "custom_line_item", description: "Work", unit_amount, quantity: 1, ...more }) as const;

const FIELDS = ["id", "object", "amount", "amount_shipping", "created", "currency", "customer", "customer_account"];
FIELDS.push("customer_balance_transaction", "discount_amount", "discount_amounts", "effective_at", "invoice", "lines");
FIELDS.push("livemode", "memo", "metadata", "number", "out_of_band_amount", "pdf", "post_payment_amount");
FIELDS.push("pre_payment_amount", "pretax_credit_amounts", "reason", "refunds", "shipping_cost", "status", "subtotal");
FIELDS.push("subtotal_excluding_tax", "total", "total_excluding_tax", "total_taxes", "type", "voided_at");

describe("a credit note", () => {
  // Recorded.
  test("over a line of its own is refunded", async () => {
    const { stripe, paid, credit } = await shop();
    const invoice = await paid([3000]);
    const note = await credit(invoice.id, { refund_amount: 500, lines: [line(500)], reason: "order_change", memo: "Sorry" });
    expect(Object.keys(note)).toEqual(FIELDS);
    expect(note).toMatchObject({
      object: "credit_note",
      amount: 500,
      amount_shipping: 0,
      currency: "usd",
      customer: invoice.customer,
      customer_balance_transaction: null,
      discount_amount: 0,
      discount_amounts: [],
      effective_at: NEW_YEAR,
      invoice: invoice.id,
      memo: "Sorry",
      number: `${invoice.number}-CN-01`,
      out_of_band_amount: null,
      post_payment_amount: 500,
      pre_payment_amount: 0,
      pretax_credit_amounts: [],
      reason: "order_change",
      refunds: [{ amount_refunded: 500, payment_record_refund: null, refund: expect.stringMatching(/^re_/), type: "refund" }],
      shipping_cost: null,
      status: "issued",
      subtotal: 500,
      subtotal_excluding_tax: 500,
      total: 500,
      total_excluding_tax: 500,
      total_taxes: [],
      type: "post_payment",
      voided_at: null,
    });
    expect(note.lines.data).toMatchObject([
      { object: "credit_note_line_item", amount: 500, description: "Work", quantity: 1, type: "custom_line_item", unit_amount: 500 },
    ]);
    const refund = await stripe.refunds.retrieve(note.refunds[0]!.refund as string);
    expect(refund).toMatchObject({ amount: 500, status: "succeeded" });
  });

  test.each<[string, (at: Awaited<ReturnType<typeof shop>>) => Promise<string>]>([
    ["a draft", (at) => at.draft([1000])],
    [
      "what is void",
      async (at) => (await at.stripe.invoices.voidInvoice((await at.open([1000])).id)).id,
    ],
  ])("is not for %s", async (_, prepare) => {
    const at = await shop();
    const invoice = await prepare(at);
    expect(await error(at.credit(invoice, { amount: 100 }))).toMatchObject({ statusCode: 400, param: "invoice" });
    expect((await at.stripe.creditNotes.list({ invoice })).data).toEqual([]);
  });

  test("is for what is written off, too", async () => {
    const { stripe, open, credit } = await shop();
    const { id } = await open([1000]);
    await stripe.invoices.markUncollectible(id);
    expect(await credit(id, { amount: 400 })).toMatchObject({ type: "pre_payment", pre_payment_amount: 400 });
    expect(await stripe.invoices.retrieve(id)).toMatchObject({ status: "uncollectible", amount_remaining: 600 });
  });

  test.each<[string, Partial<Stripe.CreditNoteCreateParams>]>([
    ["nothing", {}],
    ["an amount and lines", { amount: 100, lines: [line(100)] }],
    ["an amount and shipping", { amount: 100, shipping_cost: { shipping_rate: "shr_1" } }],
    ["an amount of nothing", { amount: 0 }],
    ["more than the invoice", { amount: 3001 }],
    ["what no line of the invoice is", { lines: [{ type: "invoice_line_item", invoice_line_item: "il_none", amount: 1 }] }],
  ])("is not over %s", async (_, params) => {
    const { open, credit } = await shop();
    const { id } = await open([3000]);
    expect(await error(credit(id, params))).toMatchObject({ statusCode: 400 });
  });
});

describe("what a credit note is over", () => {
  test("an amount", async () => {
    const { open, credit } = await shop();
    const note = await credit((await open([3000])).id, { amount: 700 });
    expect(note).toMatchObject({ amount: 700, total: 700 });
    expect(note.lines.data.map(({ type, amount }) => [type, amount])).toEqual([["custom_line_item", 700]]);
  });

  test("lines of its own: a unit times a quantity, in parts of a cent, with taxes", async () => {
    const { stripe, open, credit } = await shop();
    const rate = await stripe.taxRates.create({ display_name: "VAT", percentage: 10, inclusive: false });
    const { id } = await open([3000]);
    const lines = [
      line(100, { quantity: 3 }),
      line(0, { unit_amount: undefined, unit_amount_decimal: "0.5", quantity: 200 }),
      line(1000, { tax_rates: [rate.id] }),
    ];
    const note = await credit(id, { lines } as never);
    expect(note.lines.data.map(({ amount }) => amount).sort((a, b) => a - b)).toEqual([100, 300, 1000]);
    expect(note).toMatchObject({ subtotal: 1400, total: 1500, total_excluding_tax: 1400 });
    expect(note.total_taxes).toMatchObject([{ amount: 100, tax_behavior: "exclusive", taxable_amount: 1000 }]);
  });

  test("lines with taxes that are given by their amounts", async () => {
    const { stripe, open, credit } = await shop();
    const { id: tax_rate } = await stripe.taxRates.create({ display_name: "VAT", percentage: 8.25, inclusive: false });
    const { id } = await open([3000]);
    const tax_amounts = [{ amount: 83, tax_rate, taxable_amount: 1000 }];
    const note = await credit(id, { lines: [line(1000, { tax_amounts })] });
    expect([note.subtotal, note.total, note.total_taxes!.map(({ amount }) => amount)]).toEqual([1000, 1083, [83]]);
    const both = line(1000, { tax_amounts, tax_rates: [tax_rate] });
    expect(await error(credit(id, { lines: [both] }))).toMatchObject({ param: "lines[0][tax_amounts]" });
  });

  test.each<[string, object, number[]]>([
    ["all of a line", {}, [3000, 300, 135, 2835]],
    ["an amount of it", { amount: 1000 }, [1000, 100, 45, 945]],
    ["some of its units", { quantity: 2 }, [2000, 200, 90, 1890]],
  ])("%s, with its share of discounts and taxes", async (_, part, [subtotal, discount_amount, tax, total]) => {
    const { stripe, customer, credit } = await shop();
    const { id: coupon } = await stripe.coupons.create({ percent_off: 10 });
    const rate = await stripe.taxRates.create({ display_name: "VAT", percentage: 5, inclusive: false });
    const price = await stripe.prices.create({ currency: "usd", unit_amount: 1000, product_data: { name: "Hat" } });
    const discounts = [{ coupon }];
    const { id } = await stripe.invoices.create({ customer, discounts, default_tax_rates: [rate.id] });
    await stripe.invoiceItems.create({ customer, invoice: id, pricing: { price: price.id }, quantity: 3 });
    const paid = await stripe.invoices.pay(id);
    expect(paid.total).toBe(2835);
    const lines = [{ type: "invoice_line_item" as const, invoice_line_item: paid.lines.data[0]!.id, ...part }];
    const preview = await stripe.creditNotes.preview({ invoice: id, lines });
    const listed = await stripe.creditNotes.listPreviewLineItems({ invoice: id, lines });
    expect(listed.data.map(({ amount }) => amount)).toEqual([subtotal]);
    for (const note of [preview, await credit(id, { lines })]) {
      expect(note).toMatchObject({ subtotal, discount_amount, total, amount: total });
      expect(note.total_taxes!.map(({ amount }) => amount)).toEqual([tax]);
      expect(note.lines.data[0]).toMatchObject({ type: "invoice_line_item", invoice_line_item: paid.lines.data[0]!.id });
    }
  });

  test("what shipping cost", async () => {
    const { stripe, open, credit } = await shop();
    const { id: shipping_rate } = await stripe.shippingRates.create({
      display_name: "Post",
      type: "fixed_amount",
      fixed_amount: { amount: 500, currency: "usd" },
    });
    const invoice = await open([1000], { shipping_cost: { shipping_rate } });
    expect(invoice.total).toBe(1500);
    const note = await credit(invoice.id, { shipping_cost: { shipping_rate } });
    expect(note).toMatchObject({ amount: 500, amount_shipping: 500, subtotal: 0 });
  });
});

describe("a credit note on an open invoice", () => {
  test("lowers what is due; over all of it, the invoice is paid", async () => {
    const { stripe, open, credit } = await shop();
    const invoice = await open([3000]);
    const seen = () => stripe.invoices.retrieve(invoice.id, { expand: ["payments.data.payment.payment_intent"] });
    const first = await credit(invoice.id, { amount: 1000 });
    expect(first).toMatchObject({ type: "pre_payment", pre_payment_amount: 1000, post_payment_amount: 0, refunds: [] });
    const less = await seen();
    expect(less).toMatchObject({
      status: "open",
      amount_due: 2000,
      amount_remaining: 2000,
      pre_payment_credit_notes_amount: 1000,
      post_payment_credit_notes_amount: 0,
      total: 3000,
    });
    expect(less.payments!.data[0]!.payment.payment_intent).toMatchObject({ amount: 2000 });
    const second = await credit(invoice.id, { amount: 2000 });
    expect([first.number, second.number]).toEqual([`${invoice.number}-CN-01`, `${invoice.number}-CN-02`]);
    const none = await seen();
    expect(none).toMatchObject({ status: "paid", amount_due: 0, amount_paid: 0, amount_remaining: 0 });
    expect(none.payments!.data[0]!.payment.payment_intent).toMatchObject({ status: "canceled" });
  });

  test("gives back only what it does not ask for any more", async () => {
    const { stripe, customer, open, credit } = await shop();
    const invoice = await open([3000]);
    const method = (await stripe.customers.listPaymentMethods(customer)).data[0]!.id;
    const payment_intent = await pay(stripe, method, { customer });
    await stripe.invoices.attachPayment(invoice.id, { payment_intent: payment_intent.id });
    const note = await credit(invoice.id, { amount: 1500, credit_amount: 500 });
    expect(note).toMatchObject({ type: "mixed", pre_payment_amount: 1000, post_payment_amount: 500 });
    expect(await stripe.invoices.retrieve(invoice.id)).toMatchObject({ status: "paid", amount_due: 2000, amount_remaining: 0 });
    expect(((await stripe.customers.retrieve(customer)) as Stripe.Customer).balance).toBe(-500);
  });

  test("can be taken back, once, and keeps its number", async () => {
    const { stripe, open, credit } = await shop();
    const invoice = await open([3000]);
    const note = await credit(invoice.id, { amount: 1000 });
    const void_ = await stripe.creditNotes.voidCreditNote(note.id);
    expect(void_).toMatchObject({ status: "void", voided_at: NEW_YEAR, number: `${invoice.number}-CN-01` });
    expect(await stripe.invoices.retrieve(invoice.id)).toMatchObject({
      amount_due: 3000,
      amount_remaining: 3000,
      pre_payment_credit_notes_amount: 0,
    });
    expect(await error(stripe.creditNotes.voidCreditNote(note.id))).toMatchObject({ statusCode: 400 });
    expect((await credit(invoice.id, { amount: 3000 })).number).toBe(`${invoice.number}-CN-02`);
  });
});

describe("a credit note on a paid invoice", () => {
  test.each<[string, object, object, number]>([
    ["is refunded where nothing is said", {}, { refunds: [{ amount_refunded: 600 }], customer_balance_transaction: null }, 0],
    ["is refunded", { refund_amount: 600 }, { refunds: [{ amount_refunded: 600 }] }, 0],
    ["is credited", { credit_amount: 600 }, { refunds: [], customer_balance_transaction: expect.stringMatching(/^cbtxn_/) }, -600],
    ["is given back elsewhere", { out_of_band_amount: 600 }, { refunds: [], out_of_band_amount: 600 }, 0],
    [
      "is all of that",
      { refund_amount: 100, credit_amount: 200, out_of_band_amount: 300 },
      { refunds: [{ amount_refunded: 100 }], out_of_band_amount: 300 },
      -200,
    ],
  ])("%s", async (_, how, shown, balance) => {
    const { stripe, customer, paid, credit } = await shop();
    const { id } = await paid([3000]);
    const note = await credit(id, { lines: [line(100), line(100, { quantity: 2 }), line(100, { quantity: 3 })], ...how });
    expect(note).toMatchObject({ type: "post_payment", amount: 600, pre_payment_amount: 0, post_payment_amount: 600, ...shown });
    expect(await stripe.invoices.retrieve(id)).toMatchObject({
      status: "paid",
      amount_due: 3000,
      amount_paid: 3000,
      pre_payment_credit_notes_amount: 0,
      post_payment_credit_notes_amount: 600,
    });
    expect(((await stripe.customers.retrieve(customer)) as Stripe.Customer).balance).toBe(balance);
    if (balance !== 0) {
      const { data } = await stripe.customers.listBalanceTransactions(customer);
      expect(data).toMatchObject([{ amount: balance, credit_note: note.id, invoice: id, type: "credit_note" }]);
    }
    // What was given back is not taken back.
    expect(await error(stripe.creditNotes.voidCreditNote(note.id))).toMatchObject({
      statusCode: 400,
      message: "You can only void a credit note if the associated invoice is open.",
    });
  });

  test("is given back in full, and no more", async () => {
    const { paid, credit } = await shop();
    const { id } = await paid([3000]);
    expect(await error(credit(id, { amount: 200, refund_amount: 50, credit_amount: 50 }))).toMatchObject({
      statusCode: 400,
      message:
        "The sum of credit amount, refund amount and out of band amount ($1.00) must equal the credit note amount ($2.00).",
    });
  });

  test("tells of refunds that were made already", async () => {
    const { stripe, paid, credit } = await shop();
    const { id } = await paid([3000]);
    const { payments } = await stripe.invoices.retrieve(id, { expand: ["payments"] });
    const payment_intent = payments!.data[0]!.payment.payment_intent as string;
    const { id: refund } = await stripe.refunds.create({ payment_intent, amount: 800 });
    const note = await credit(id, { amount: 1000, refunds: [{ refund, amount_refunded: 800 }], credit_amount: 200 });
    expect(note.refunds).toMatchObject([{ amount_refunded: 800, refund, type: "refund" }]);
    expect((await stripe.refunds.list({ payment_intent })).data).toHaveLength(1);
  });

  test("goes as far as notes and refunds before it left", async () => {
    const { stripe, paid, credit } = await shop();
    const { id } = await paid([3000]);
    await credit(id, { amount: 1000 });
    const { payments } = await stripe.invoices.retrieve(id, { expand: ["payments"] });
    const payment_intent = payments!.data[0]!.payment.payment_intent as string;
    await stripe.refunds.create({ payment_intent, amount: 500 });
    expect(await error(credit(id, { amount: 1501 }))).toMatchObject({ statusCode: 400, param: "amount" });
    expect(await credit(id, { amount: 1500 })).toMatchObject({ amount: 1500 });
    expect(await error(credit(id, { amount: 1 }))).toMatchObject({ statusCode: 400 });
  });
});

describe("of credit notes", () => {
  test("memo and metadata change, and nothing else", async () => {
    const { stripe, open, credit } = await shop();
    const { id } = await credit((await open([3000])).id, { amount: 1000, memo: "a", metadata: { a: "b" } });
    expect(await stripe.creditNotes.update(id, { memo: "b", metadata: { a: "" } })).toMatchObject({ memo: "b", metadata: {} });
    for (const param of ["amount", "lines", "reason"]) {
      expect(await error(stripe.creditNotes.update(id, { [param]: "1" } as never))).toMatchObject({ code: "parameter_unknown", param });
    }
  });

  test("lists are by invoice and by customer", async () => {
    const { stripe, customer, open, credit } = await shop();
    const [one, other] = [await open([3000]), await open([3000])];
    const notes = [];
    for (const { id } of [one, one, other]) notes.push((await credit(id, { amount: 100, email_type: "none" })).id);
    const ids = async (params: Stripe.CreditNoteListParams) => (await stripe.creditNotes.list(params)).data.map(({ id }) => id);
    expect(await ids({ invoice: one.id })).toEqual([notes[1], notes[0]]);
    expect(await ids({ customer })).toEqual(notes.toReversed());
    expect((await stripe.creditNotes.listLineItems(notes[0]!)).data).toHaveLength(1);
  });

  const about = (events: Stripe.Event[]) =>
    events.filter(({ type }) => /^(credit_note|invoice|customer|charge)\./.test(type)).map(({ type, data }) => [
      type,
      data.previous_attributes,
    ]);

  test("it is told what they are, and what they do to their invoice", async () => {
    const { stripe, open, credit, told } = await shop();
    const invoice = await open([3000]);
    await told();
    const { id } = await credit(invoice.id, { amount: 1000 });
    expect(about(await told())).toEqual([
      ["credit_note.created", undefined],
      [
        "invoice.updated",
        { amount_due: 3000, amount_remaining: 3000, pre_payment_credit_notes_amount: 0 },
      ],
    ]);
    await stripe.creditNotes.update(id, { memo: "Sorry" });
    expect(about(await told())).toEqual([["credit_note.updated", { memo: null }]]);
    await stripe.creditNotes.voidCreditNote(id);
    const [voided, updated] = await told();
    expect([voided!.type, updated!.type]).toEqual(["credit_note.voided", "invoice.updated"]);
    expect(voided!.data.object).toMatchObject({ id, status: "void" });
  });

  test("it is told what they give back", async () => {
    const { stripe, paid, credit, told } = await shop();
    const { id } = await paid([3000]);
    await told();
    await credit(id, { amount: 1000, refund_amount: 400, credit_amount: 600 });
    const events = await told();
    const types: string[] = events.map(({ type }) => type);
    for (const type of ["charge.refunded", "customer.updated", "credit_note.created", "invoice.updated"]) {
      expect(types.filter((told) => told === type)).toEqual([type]);
    }
    expect(types.indexOf("credit_note.created")).toBeLessThan(types.indexOf("invoice.updated"));
    const updated = events.find(({ type }) => type === "invoice.updated")!;
    expect(updated.data.previous_attributes).toEqual({ post_payment_credit_notes_amount: 0 });
    expect((await stripe.invoices.retrieve(id)).status).toBe("paid");
  });
});
