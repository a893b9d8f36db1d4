/**
 * How the customer's balance settles what an invoice comes to, what is too small and too large to charge, and what
 * the fields about collection say in each situation.
 *
 * Sources: https://docs.stripe.com/billing/customer/balance (worked amounts), the descriptions of `amount_due`,
 * `starting_balance`, `ending_balance`, `attempted`, `attempt_count` and of the types of balance transactions in the
 * types of the `stripe` package, https://docs.stripe.com/currencies#minimum-and-maximum-charge-amounts, recorded
 * answers (flags).
 */

import type Stripe from "stripe";
import { describe, expect, test } from "vitest";
import { error, events, stage } from "../stage.ts";
import { cardOf, customerWith, subscribe } from "./customers.ts";

const NOW = new Date("2026-01-01T00:00:00Z");
const START = NOW.getTime() / 1000;

async function shop(method: string | null = "pm_card_visa", who: Stripe.CustomerCreateParams = {}) {
  const { fake, stripe } = stage({ now: NOW });
  const customer = await customerWith(stripe, method, who);
  async function draft(amount: number, more: Partial<Stripe.InvoiceCreateParams> = {}) {
    const made = await stripe.invoices.create({ customer, currency: "usd", ...more });
    return stripe.invoices.addLines(made.id, { lines: [{ amount, description: "Work" }] });
  }
  async function balance() {
    const { data } = await stripe.customers.listBalanceTransactions(customer);
    const found = (await stripe.customers.retrieve(customer)) as Stripe.Customer;
    return { balance: found.balance, entries: data };
  }
  return { fake, stripe, customer, draft, balance };
}

describe("the balance of the customer", () => {
  test.each<[number, number, number, number, string | null, number]>([
    // total, balance, amount due, balance after, type and amount of the entry
    [400, -1000, 0, -600, "applied_to_invoice", 400],
    [1000, 500, 1500, 0, "applied_to_invoice", -500],
    [-334, 0, 0, -334, "applied_to_invoice", -334],
    [30, 0, 0, 30, "invoice_too_small", 30],
    [2000, -500, 1500, 0, "applied_to_invoice", 500],
    [1000, -1000, 0, 0, "applied_to_invoice", 1000],
    [1000, 0, 1000, 0, null, 0],
    [0, 0, 0, 0, null, 0],
    [-300, -200, 0, -500, "applied_to_invoice", -300],
    [-300, 500, 0, 200, "applied_to_invoice", -300],
    [49, 0, 0, 49, "invoice_too_small", 49],
    [50, 0, 50, 0, null, 0],
    [20, 30, 50, 0, "applied_to_invoice", -30],
  ])("%i with a balance of %i: %i due, then %i", async (total, before, due, after, type, amount) => {
    const { stripe, draft, balance } = await shop(null, { balance: before });
    const { id, starting_balance, ending_balance } = await draft(total);
    expect([starting_balance, ending_balance]).toEqual([before, null]);
    const seen = await stripe.invoices.finalizeInvoice(id);
    expect(seen).toMatchObject({ total, amount_due: due, starting_balance: before, ending_balance: after });
    expect(seen.status).toBe(due === 0 ? "paid" : "open");
    const { balance: now, entries } = await balance();
    expect(now).toBe(after);
    const [entry] = entries.filter((entry) => entry.invoice === id);
    const wanted = { type, amount, ending_balance: after, currency: "usd", credit_note: null };
    type === null ? expect(entry).toBeUndefined() : expect(entry).toMatchObject(wanted);
  });

  test("may leave of an invoice what is too small", async () => {
    const { stripe, draft, balance } = await shop(null, { balance: -1000 });
    const { id } = await stripe.invoices.finalizeInvoice((await draft(1020)).id);
    const entries = (await balance()).entries.filter((entry) => entry.invoice === id);
    expect(entries.map(({ type, amount, ending_balance }) => [type, amount, ending_balance])).toEqual([
      ["invoice_too_small", 20, 20],
      ["applied_to_invoice", 1000, 0],
    ]);
  });

  test("is shown by drafts as it is, until they are finalized", async () => {
    const { stripe, customer, draft } = await shop();
    const { id } = await draft(2000);
    await stripe.customers.createBalanceTransaction(customer, { amount: -500, currency: "usd" });
    expect(await stripe.invoices.retrieve(id)).toMatchObject({ starting_balance: -500, amount_due: 1500 });
    await stripe.customers.update(customer, { balance: -700 });
    expect(await stripe.invoices.finalizeInvoice(id)).toMatchObject({ starting_balance: -700, amount_due: 1300 });
    await stripe.customers.update(customer, { balance: -900 });
    expect((await stripe.invoices.retrieve(id)).starting_balance).toBe(-700);
  });

  test("changes tell of themselves by the customer alone", async () => {
    const { stripe, draft } = await shop(null, { balance: -1000 });
    const { id } = await draft(400);
    await stripe.invoices.finalizeInvoice(id);
    const [event] = (await stripe.events.list({ type: "customer.updated", limit: 1 })).data;
    expect(event!.data.previous_attributes).toMatchObject({ balance: -1000 });
    expect((await events(stripe)).filter((type) => type.startsWith("customer_balance"))).toEqual([]);
  });

  test.each<[Stripe.CustomerBalanceTransaction.Type, number, (made: Awaited<ReturnType<typeof shop>>) => Promise<unknown>]>([
    ["initial", -300, ({ stripe }) => stripe.customers.create({ balance: -300 })],
    ["adjustment", -300, ({ stripe, customer }) => stripe.customers.createBalanceTransaction(customer, { amount: -300, currency: "usd" })],
    ["adjustment", 700, ({ stripe, customer }) => stripe.customers.update(customer, { balance: 700 })],
    ["applied_to_invoice", -900, async ({ stripe, draft }) => stripe.invoices.finalizeInvoice((await draft(-900)).id)],
    ["invoice_too_small", 10, async ({ stripe, draft }) => stripe.invoices.finalizeInvoice((await draft(10)).id)],
    [
      "unapplied_from_invoice",
      -500,
      async ({ stripe, customer, draft }) => {
        await stripe.customers.update(customer, { balance: -500 });
        const { id } = await draft(2000);
        await stripe.invoices.finalizeInvoice(id);
        await stripe.invoices.voidInvoice(id);
      },
    ],
    [
      "invoice_overpaid",
      -400,
      async ({ stripe, customer, draft }) => {
        const { id } = await draft(600);
        await stripe.invoices.finalizeInvoice(id);
        const payment = { amount: 1000, currency: "usd", customer, payment_method: "pm_card_visa", confirm: true };
        const paid = await stripe.paymentIntents.create({
          ...payment,
          automatic_payment_methods: { enabled: true, allow_redirects: "never" },
        });
        await stripe.invoices.attachPayment(id, { payment_intent: paid.id });
      },
    ],
    [
      "credit_note",
      -250,
      async ({ stripe, draft }) => {
        const { id } = await draft(1000);
        await stripe.invoices.pay(id);
        await stripe.creditNotes.create({ invoice: id, amount: 250, credit_amount: 250 });
      },
    ],
    [
      "invoice_too_large",
      100_000_000,
      async ({ stripe, draft }) => stripe.invoices.finalizeInvoice((await draft(100_000_000)).id),
    ],
  ])("is moved by an entry of type %s over %i", async (type, amount, move) => {
    const made = await shop();
    await move(made);
    const customers = (await made.stripe.customers.list()).data;
    const of = type === "initial" ? customers.find((found) => found.id !== made.customer)!.id : made.customer;
    const [entry] = (await made.stripe.customers.listBalanceTransactions(of)).data;
    const { balance } = (await made.stripe.customers.retrieve(of)) as Stripe.Customer;
    expect(entry).toMatchObject({ type, amount, ending_balance: balance });
    const changed = await made.stripe.customers.updateBalanceTransaction(of, entry!.id, { description: "x", metadata: { a: "b" } });
    expect(changed).toMatchObject({ description: "x", metadata: { a: "b" }, amount });
    const refused = await error(made.stripe.customers.updateBalanceTransaction(of, entry!.id, { amount: 1 } as {}));
    expect(refused).toMatchObject({ code: "parameter_unknown", param: "amount" });
  });
});

describe("amounts", () => {
  // The least that can be charged, as Stripe's page of currencies lists it.
  test.each([
    ["usd", 50], ["aed", 200], ["aud", 50], ["bgn", 100], ["brl", 50], ["cad", 50], ["chf", 50], ["czk", 1500],
    ["dkk", 250], ["eur", 50], ["gbp", 30], ["hkd", 400], ["huf", 17_500], ["inr", 50], ["jpy", 50], ["mxn", 1000],
    ["myr", 200], ["nok", 300], ["nzd", 50], ["pln", 200], ["ron", 200], ["sek", 300], ["sgd", 50], ["thb", 1000],
  ])("below the least of %s, %i, wait for the next invoice", async (currency, least) => {
    const { stripe, draft, balance } = await shop();
    const small = await stripe.invoices.finalizeInvoice((await draft(least - 1, { currency })).id);
    expect(small).toMatchObject({ status: "paid", amount_due: 0, ending_balance: least - 1, attempted: true });
    const next = await stripe.invoices.finalizeInvoice((await draft(least, { currency })).id);
    expect(next).toMatchObject({ status: "open", amount_due: 2 * least - 1, ending_balance: 0 });
    expect((await balance()).balance).toBe(0);
  });

  test("above 999,999.99 cannot be charged, and are owed", async () => {
    const { stripe, draft } = await shop();
    const most = await stripe.invoices.finalizeInvoice((await draft(99_999_999)).id);
    expect(most).toMatchObject({ status: "open", amount_due: 99_999_999 });
    const more = await stripe.invoices.finalizeInvoice((await draft(100_000_000)).id);
    expect(more).toMatchObject({ status: "paid", amount_due: 0, ending_balance: 100_000_000 });
  });
});


describe("the flags of collection", () => {
  const flags = ({ status, attempted, attempt_count, auto_advance, next_payment_attempt }: Stripe.Invoice) => [
    status,
    attempted,
    attempt_count,
    auto_advance,
    next_payment_attempt,
  ];

  type Shop = Awaited<ReturnType<typeof shop>>;

  async function first({ stripe, customer }: Shop, method: string, more: Partial<Stripe.SubscriptionCreateParams> = {}) {
    await cardOf(stripe, customer, method);
    await subscribe(stripe, { customer, payment_behavior: "allow_incomplete", ...more });
  }

  async function renewal(made: Shop, method: string, hours: number) {
    await subscribe(made.stripe, { customer: made.customer });
    await cardOf(made.stripe, made.customer, method);
    made.fake.clock.advanceTo(RENEWAL + hours * 3600);
  }

  const RENEWAL = Date.parse("2026-02-01") / 1000;

  test.each<[string, (made: Shop) => Promise<unknown>, unknown[]]>([
    ["the draft of a renewal", (made) => renewal(made, "pm_card_visa", 0), ["draft", false, 0, true, RENEWAL + 3600]],
    ["paid at the first try", (made) => renewal(made, "pm_card_visa", 1), ["paid", true, 1, false, null]],
    ["nothing due", async ({ stripe, draft }) => stripe.invoices.finalizeInvoice((await draft(0)).id), ["paid", true, 0, false, null]],
    [
      "covered by credit",
      async ({ stripe, customer, draft }) => {
        await stripe.customers.update(customer, { balance: -5000 });
        await stripe.invoices.finalizeInvoice((await draft(900)).id);
      },
      ["paid", true, 0, false, null],
    ],
    ["too small", async ({ stripe, draft }) => stripe.invoices.finalizeInvoice((await draft(30)).id), ["paid", true, 0, false, null]],
    ["negative", async ({ stripe, draft }) => stripe.invoices.finalizeInvoice((await draft(-30)).id), ["paid", true, 0, false, null]],
    ["a first invoice that needs 3D Secure", (made) => first(made, "pm_card_threeDSecure2Required"), ["open", true, 0, true, null]],
    ["a first invoice that is declined", (made) => first(made, "pm_card_chargeCustomerFail"), ["open", true, 1, false, null]],
    [
      "a first invoice nobody tries to collect",
      (made) => first(made, "pm_card_visa", { payment_behavior: "default_incomplete" }),
      ["open", false, 0, false, null],
    ],
    ["a declined renewal", (made) => renewal(made, "pm_card_chargeCustomerFail", 1), ["open", true, 1, true, RENEWAL + 3600 + 3 * 86_400]],
    [
      "declined by hand",
      async ({ stripe, customer, draft }) => {
        await cardOf(stripe, customer, "pm_card_chargeCustomerFail");
        expect(await error(stripe.invoices.pay((await draft(900)).id))).toMatchObject({ statusCode: 402, code: "card_declined" });
      },
      ["open", true, 1, false, null],
    ],
    [
      "paid elsewhere",
      async ({ stripe, draft }) => stripe.invoices.pay((await draft(900)).id, { paid_out_of_band: true }),
      ["paid", false, 0, false, null],
    ],
    ["finalized", async ({ stripe, draft }) => stripe.invoices.finalizeInvoice((await draft(900)).id), ["open", false, 0, false, null]],
    [
      "finalized, to be collected",
      async ({ stripe, draft }) => stripe.invoices.finalizeInvoice((await draft(900)).id, { auto_advance: true }),
      ["open", false, 0, true, START + 3600],
    ],
  ])("of %s", async (_, make, expected) => {
    const made = await shop();
    await make(made);
    expect(flags((await made.stripe.invoices.list({ limit: 1 })).data[0]!)).toEqual(expected);
  });

  test("count the first try and Stripe's own, not those by hand", async () => {
    const made = await shop();
    await renewal(made, "pm_card_chargeCustomerFail", 1);
    const [{ id }] = (await made.stripe.invoices.list({ limit: 1 })).data as [Stripe.Invoice];
    const count = async () => (await made.stripe.invoices.retrieve(id)).attempt_count;
    expect(await count()).toBe(1);
    await error(made.stripe.invoices.pay(id));
    expect(await count()).toBe(1);
    made.fake.clock.advance({ days: 3 });
    expect(await count()).toBe(2);
  });

  test("paid elsewhere, all that was due counts as paid", async () => {
    const { stripe, draft } = await shop();
    const paid = await stripe.invoices.pay((await draft(900)).id, { paid_out_of_band: true });
    expect(paid).toMatchObject({ amount_due: 900, amount_paid: 900, amount_remaining: 0 });
  });
});
