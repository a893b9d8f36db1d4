/**
 * The payments of an invoice: the default one, further ones that are attached, partial ones that add up, too much, and
 * payments made elsewhere.
 *
 * Sources: https://docs.stripe.com/invoicing/payment-application, https://docs.stripe.com/api/invoice-payment,
 * the descriptions of `InvoicePayment` in the types of the `stripe` package, recorded answers (fields).
 */

import type Stripe from "stripe";
import { describe, expect, test } from "vitest";
import { error, events, stage } from "../stage.ts";
import { customerWith } from "./customers.ts";

const NOW = new Date("2026-01-01T00:00:00Z");
const START = NOW.getTime() / 1000;

async function shop(amount = 1000) {
  const { fake, stripe } = stage({ now: NOW });
  const customer = await customerWith(stripe);
  const made = await stripe.invoices.create({ customer, currency: "usd" });
  await stripe.invoices.addLines(made.id, { lines: [{ amount, description: "Work" }] });
  const { id: invoice } = await stripe.invoices.finalizeInvoice(made.id);
  /** An intent that has succeeded, or waits to be confirmed. */
  const intent = (amount: number, confirm = true) =>
    stripe.paymentIntents.create({
      amount,
      currency: "usd",
      customer,
      payment_method: "pm_card_visa",
      confirm,
      automatic_payment_methods: { enabled: true, allow_redirects: "never" },
    });
  const attach = async (amount: number) =>
    stripe.invoices.attachPayment(invoice, { payment_intent: (await intent(amount)).id });
  const look = () => stripe.invoices.retrieve(invoice);
  /** The payments, newest first. */
  const payments = async () => (await stripe.invoicePayments.list({ invoice })).data;
  return { fake, stripe, customer, invoice, intent, attach, look, payments };
}

const FIELDS = `id object amount_paid amount_requested created currency invoice is_default livemode payment status
  status_transitions`.split(/\s+/);

describe("the default payment", () => {
  test("is made when the invoice is finalized", async () => {
    const { payments, invoice } = await shop();
    const [payment, ...others] = await payments();
    expect(others).toEqual([]);
    expect(Object.keys(payment!)).toEqual(FIELDS);
    expect(payment).toMatchObject({
      id: expect.stringMatching(/^inpay_/),
      amount_paid: null,
      amount_requested: 1000,
      created: START,
      currency: "usd",
      invoice,
      is_default: true,
      payment: { payment_intent: expect.stringMatching(/^pi_/), type: "payment_intent" },
      status: "open",
      status_transitions: { canceled_at: null, paid_at: null },
    });
  });

  test("is paid with the invoice", async () => {
    const { stripe, invoice, payments } = await shop();
    await stripe.invoices.pay(invoice);
    expect(await payments()).toMatchObject([{ status: "paid", amount_paid: 1000, status_transitions: { paid_at: START } }]);
  });

  test("follows what remains", async () => {
    const { stripe, attach, payments } = await shop();
    await attach(300);
    const open = (await payments()).find(({ is_default }) => is_default)!;
    expect(open).toMatchObject({ status: "open", amount_requested: 700 });
    const { amount } = await stripe.paymentIntents.retrieve(open.payment.payment_intent as string);
    expect(amount).toBe(700);
  });

  test("is found by its intent", async () => {
    const { stripe, payments, invoice } = await shop();
    const payment_intent = (await payments())[0]!.payment.payment_intent as string;
    const found = await stripe.invoicePayments.list({ payment: { type: "payment_intent", payment_intent } });
    expect(found.data.map((payment) => payment.invoice)).toEqual([invoice]);
    expect(await stripe.paymentIntents.retrieve(payment_intent)).not.toHaveProperty("invoice");
  });

  test("is not changed or canceled by itself", async () => {
    const { stripe, payments } = await shop();
    const intent = (await payments())[0]!.payment.payment_intent as string;
    expect(await error(stripe.paymentIntents.cancel(intent))).toMatchObject({ statusCode: 400 });
    expect(await error(stripe.paymentIntents.update(intent, { amount: 500 }))).toMatchObject({ statusCode: 400 });
    expect(await stripe.paymentIntents.retrieve(intent)).toMatchObject({ status: "requires_payment_method", amount: 1000 });
  });

  test("is canceled with the invoice, and its intent too", async () => {
    const { stripe, invoice, payments } = await shop();
    await stripe.invoices.voidInvoice(invoice);
    const [payment] = await payments();
    expect(payment).toMatchObject({ status: "canceled", status_transitions: { canceled_at: START } });
    const intent = await stripe.paymentIntents.retrieve(payment!.payment.payment_intent as string);
    expect(intent).toMatchObject({ status: "canceled", cancellation_reason: "void_invoice" });
  });

  test("that is confirmed pays the invoice", async () => {
    const { stripe, look, payments } = await shop();
    const [payment] = await payments();
    await stripe.paymentIntents.confirm(payment!.payment.payment_intent as string, { payment_method: "pm_card_visa" });
    expect(await look()).toMatchObject({ status: "paid", amount_paid: 1000, amount_remaining: 0 });
  });
});

describe("payments that are attached", () => {
  test.each<[number[], object, [string, number][]]>([
    // amounts; the invoice; what the balance is moved by
    [[1000], { status: "paid", amount_paid: 1000, amount_remaining: 0, amount_overpaid: 0 }, []],
    [[400], { status: "open", amount_paid: 400, amount_remaining: 600, amount_overpaid: 0 }, []],
    [[400, 250], { status: "open", amount_paid: 650, amount_remaining: 350 }, []],
    [[400, 600], { status: "paid", amount_paid: 1000, amount_remaining: 0, amount_overpaid: 0 }, []],
    [[1500], { status: "paid", amount_remaining: 0, amount_overpaid: 500 }, [["invoice_overpaid", -500]]],
    [[700, 700], { status: "paid", amount_remaining: 0, amount_overpaid: 400 }, [["invoice_overpaid", -400]]],
  ])("over %j add up", async (amounts, expected, entries) => {
    const { stripe, customer, attach, look, payments } = await shop();
    for (const amount of amounts) await attach(amount);
    expect(await look()).toMatchObject(expected);
    const attached = (await payments()).filter(({ is_default }) => !is_default).reverse();
    expect(attached.map(({ status, amount_paid }) => [status, amount_paid])).toEqual(amounts.map((amount) => ["paid", amount]));
    const { data } = await stripe.customers.listBalanceTransactions(customer);
    expect(data.map(({ type, amount }) => [type, amount])).toEqual(entries);
    const told = await events(stripe);
    expect(told.filter((type) => type === "invoice.overpaid")).toHaveLength(entries.length);
    expect(told.filter((type) => type === "invoice_payment.paid")).toHaveLength(amounts.length);
  });

  test("leave nothing for the default one to pay", async () => {
    const { stripe, attach, payments } = await shop();
    await attach(1000);
    const open = (await payments()).find(({ is_default }) => is_default)!;
    expect(open.status).toBe("canceled");
    const intent = await stripe.paymentIntents.retrieve(open.payment.payment_intent as string);
    expect(intent.status).toBe("canceled");
  });

  test("count when they succeed", async () => {
    const { stripe, invoice, intent, look, payments } = await shop();
    const { id } = await intent(1000, false);
    await stripe.invoices.attachPayment(invoice, { payment_intent: id });
    expect(await look()).toMatchObject({ status: "open", amount_paid: 0 });
    expect((await payments()).map(({ status, is_default }) => [status, is_default])).toContainEqual(["open", false]);
    await stripe.paymentIntents.confirm(id);
    expect(await look()).toMatchObject({ status: "paid", amount_paid: 1000 });
  });

  test("the rest is paid by the default one", async () => {
    const { stripe, invoice, attach, look, payments } = await shop();
    await attach(400);
    await stripe.invoices.pay(invoice);
    expect(await look()).toMatchObject({ status: "paid", amount_paid: 1000, amount_remaining: 0 });
    const paid = await payments();
    expect(paid.map(({ amount_paid, is_default }) => [amount_paid, is_default]).sort()).toEqual([[400, false], [600, true]]);
  });

  test("may have been made elsewhere", async () => {
    const { stripe, customer, invoice, look, payments } = await shop();
    const record = await stripe.paymentRecords.reportPayment({
      amount_requested: { currency: "usd", value: 1000 },
      customer_details: { customer },
      initiated_at: START,
      outcome: "guaranteed",
      guaranteed: { guaranteed_at: START },
      payment_method_details: { type: "custom", custom: { display_name: "Cash" } },
    });
    await stripe.invoices.attachPayment(invoice, { payment_record: record.id });
    expect(await look()).toMatchObject({ status: "paid", amount_paid: 1000 });
    const attached = (await payments()).find(({ is_default }) => !is_default)!;
    expect(attached.payment).toEqual({ payment_record: record.id, type: "payment_record" });
    expect(await stripe.invoicePayments.retrieve(attached.id)).toMatchObject({ status: "paid", amount_paid: 1000 });
  });

  test.each<[string, Stripe.InvoiceAttachPaymentParams, object]>([
    ["nothing", {}, { message: expect.stringMatching(/payment_intent/) }],
    ["no intent", { payment_intent: "pi_x" }, { code: "resource_missing", param: "payment_intent" }],
    ["no record", { payment_record: "pr_x" }, { code: "resource_missing", param: "payment_record" }],
  ])("are not %s", async (_, params, expected) => {
    const { stripe, invoice } = await shop();
    expect(await error(stripe.invoices.attachPayment(invoice, params))).toMatchObject({ statusCode: 400, ...expected });
  });

  test.each([
    ["paid", "Invoice is already paid"],
    ["void", "You can only pass in open invoices. This invoice isn't open."],
  ])("are not attached to an invoice that is %s", async (status, message) => {
    const { stripe, invoice, intent } = await shop();
    const { id } = await intent(1000);
    await (status === "paid" ? stripe.invoices.pay(invoice) : stripe.invoices.voidInvoice(invoice));
    expect((await error(stripe.invoices.attachPayment(invoice, { payment_intent: id }))).message).toBe(message);
  });

  test("keep their invoice from being voided", async () => {
    const { stripe, invoice, attach } = await shop();
    await attach(400);
    expect((await error(stripe.invoices.voidInvoice(invoice))).message).toBe("Invoices with `paid` payments cannot be voided.");
  });
});
