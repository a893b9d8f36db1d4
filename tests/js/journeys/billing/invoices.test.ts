/**
 * An invoice made by hand: from draft to its end, what each state forbids, what a new one holds, when and by
 * whom it is finalized.
 *
 * Sources: https://docs.stripe.com/invoicing/overview#workflow-overview (statuses),
 * https://docs.stripe.com/invoicing/integration/automatic-advancement-collection,
 * https://docs.stripe.com/api/invoices (fields), recorded answers (messages, fields and their order).
 */

import type Stripe from "stripe";
import { describe, expect, test } from "vitest";
import { error, events, stage } from "../stage.ts";
import { customerWith, subscribe } from "./customers.ts";

const NOW = new Date("2026-01-01T00:00:00Z");
const START = NOW.getTime() / 1000;
const HOUR = 3600;
const DAY = 86_400;
const SENT = { collection_method: "send_invoice", days_until_due: 30 } as const;

type Status = "draft" | "open" | "paid" | "uncollectible" | "void";

/** A partition, a customer with a good card, and drafts of theirs. */
async function shop(method: string | null = "pm_card_visa", who: Stripe.CustomerCreateParams = {}) {
  const { fake, stripe } = stage({ now: NOW });
  const customer = await customerWith(stripe, method, who);
  /** A draft over that amount. */
  async function draft(amount = 1000, more: Partial<Stripe.InvoiceCreateParams> = {}) {
    const made = await stripe.invoices.create({ customer, currency: "usd", ...more });
    if (amount === 0) return made;
    return stripe.invoices.addLines(made.id, { lines: [{ amount, description: "Work" }] });
  }
  /** An invoice that has got to that status. */
  async function invoice(status: Status, more: Partial<Stripe.InvoiceCreateParams> = {}) {
    const { id } = await draft(1000, more);
    if (status === "draft") return await stripe.invoices.retrieve(id);
    const open = await stripe.invoices.finalizeInvoice(id);
    if (status === "open") return open;
    if (status === "paid") return await stripe.invoices.pay(id);
    if (status === "void") return await stripe.invoices.voidInvoice(id);
    return await stripe.invoices.markUncollectible(id);
  }
  return { fake, stripe, customer, draft, invoice };
}

/** What a request does to an invoice of that id. */
const VERBS = {
  finalize: (stripe: Stripe, id: string) => stripe.invoices.finalizeInvoice(id),
  pay: (stripe: Stripe, id: string) => stripe.invoices.pay(id),
  payElsewhere: (stripe: Stripe, id: string) => stripe.invoices.pay(id, { paid_out_of_band: true }),
  send: (stripe: Stripe, id: string) => stripe.invoices.sendInvoice(id),
  void: (stripe: Stripe, id: string) => stripe.invoices.voidInvoice(id),
  writeOff: (stripe: Stripe, id: string) => stripe.invoices.markUncollectible(id),
  delete: (stripe: Stripe, id: string) => stripe.invoices.del(id),
  credit: (stripe: Stripe, id: string) => stripe.creditNotes.create({ invoice: id, amount: 1000 }),
  describe: (stripe: Stripe, id: string) => stripe.invoices.update(id, { description: "x" }),
  footer: (stripe: Stripe, id: string) => stripe.invoices.update(id, { footer: "x" }),
  addLines: (stripe: Stripe, id: string) =>
    stripe.invoices.addLines(id, { lines: [{ amount: 100, description: "More" }] }),
  updateLines: async (stripe: Stripe, id: string) => {
    const { data } = await stripe.invoices.listLineItems(id);
    return stripe.invoices.updateLines(id, { lines: [{ id: data[0]!.id, description: "Else" }] });
  },
  removeLines: async (stripe: Stripe, id: string) => {
    const { data } = await stripe.invoices.listLineItems(id);
    return stripe.invoices.removeLines(id, { lines: [{ id: data[0]!.id, behavior: "delete" }] });
  },
  addBoth: (stripe: Stripe, id: string) =>
    stripe.invoices.addLines(id, { lines: [{ amount: 100, quantity: 2, description: "More" }] }),
} as const;

type Verb = keyof typeof VERBS;

describe("statuses", () => {
  test.each<[Status, Verb, Status | "deleted"]>([
    ["draft", "finalize", "open"],
    ["draft", "pay", "paid"],
    ["draft", "payElsewhere", "paid"],
    ["draft", "delete", "deleted"],
    ["open", "pay", "paid"],
    ["open", "payElsewhere", "paid"],
    ["open", "credit", "paid"],
    ["open", "writeOff", "uncollectible"],
    ["open", "void", "void"],
    ["uncollectible", "pay", "paid"],
    ["uncollectible", "payElsewhere", "paid"],
    ["uncollectible", "void", "void"],
    // Refunds and credit notes leave what is paid paid.
    ["paid", "credit", "paid"],
  ])("%s --%s--> %s", async (from, verb, to) => {
    const { stripe, invoice } = await shop();
    const { id } = await invoice(from);
    await VERBS[verb](stripe, id);
    if (to === "deleted") {
      const gone = await error(stripe.invoices.retrieve(id));
      expect(gone).toMatchObject({ statusCode: 404, code: "resource_missing" });
      return;
    }
    const found = await stripe.invoices.retrieve(id);
    expect(found.status).toBe(to);
    const set = Object.entries(found.status_transitions).filter(([, at]) => at !== null);
    const passed = { draft: [], open: [], paid: ["paid_at"], void: ["voided_at"], uncollectible: ["marked_uncollectible_at"] };
    const been = [...(from === "uncollectible" ? passed.uncollectible : []), ...passed[to]];
    expect(set.map(([name]) => name).sort()).toEqual(["finalized_at", ...been].sort());
    expect(set.every(([, at]) => at === START)).toBe(true);
  });

  test("a draft that is sent is finalized first, and mail is told of", async () => {
    const { stripe, invoice } = await shop();
    const { id } = await invoice("draft", SENT);
    const sent = await stripe.invoices.sendInvoice(id);
    expect(sent).toMatchObject({ status: "open", number: expect.any(String), due_date: START + 30 * DAY });
    expect((await events(stripe)).slice(-3)).toEqual(["invoice.finalized", "payment_intent.created", "invoice.sent"]);
  });

  test("a draft is finalized by Stripe when it said, and then collected", async () => {
    const { fake, stripe, invoice } = await shop();
    const { id, automatically_finalizes_at } = await invoice("draft", { auto_advance: true });
    fake.clock.advanceTo(automatically_finalizes_at! - 1);
    expect((await stripe.invoices.retrieve(id)).status).toBe("draft");
    fake.clock.advanceTo(automatically_finalizes_at!);
    expect((await stripe.invoices.retrieve(id)).status).toBe("paid");
  });

  test.each([
    ["nothing to pay", 0, 0],
    ["what credit covers", 400, -1000],
  ])("a draft over %s is paid when it is finalized", async (_, amount, balance) => {
    const { stripe, draft } = await shop(null, { balance });
    const { id } = await draft(amount);
    const paid = await stripe.invoices.finalizeInvoice(id, { expand: ["payments", "confirmation_secret"] });
    expect(paid).toMatchObject({ status: "paid", amount_due: 0, attempted: true, attempt_count: 0 });
    expect(paid.payments!.data).toEqual([]);
    expect(paid.confirmation_secret).toBeNull();
    const { finalized_at, paid_at } = paid.status_transitions;
    expect([finalized_at, paid_at]).toEqual([START, START]);
  });
});

const NOT_OPEN = "You can only pass in open invoices. This invoice isn't open.";
const FINALIZED = "This invoice is already finalized, you can't re-finalize a non-draft invoice.";
const NO_LONGER = "Invalid invoice: This invoice is no longer editable";
const UNSENDABLE =
  "This invoice cannot be sent right now. Please contact us via https://support.stripe.com/contact " +
  "with details, so we can help.";
const FIXED = "Finalized invoices can't be updated in this way";
const ENDED: Status[] = ["open", "paid", "void", "uncollectible"];

describe("what a status forbids", () => {
  test.each<[Verb, Status, string, string | undefined, string | undefined]>([
    ["pay", "paid", "Invoice is already paid", undefined, undefined],
    ["pay", "void", NOT_OPEN, undefined, undefined],
    ["send", "void", NOT_OPEN, undefined, undefined],
    ["send", "paid", UNSENDABLE, undefined, undefined],
    ["writeOff", "draft", NOT_OPEN, undefined, undefined],
    ["writeOff", "paid", NOT_OPEN, undefined, undefined],
    ["writeOff", "void", NOT_OPEN, undefined, undefined],
    ["writeOff", "uncollectible", "This invoice has already been marked uncollectible.", undefined, undefined],
    ["void", "draft", NOT_OPEN, undefined, undefined],
    ["void", "paid", "Invoices with `paid` payments cannot be voided.", undefined, undefined],
    ["void", "void", NOT_OPEN, undefined, undefined],
    ...ENDED.map((status) => ["finalize", status, FINALIZED, undefined, undefined] as [Verb, Status, string, any, any]),
    ...ENDED.map((status) => ["delete", status, "You can only delete draft invoices.", undefined, undefined] as [Verb, Status, string, any, any]),
    ["describe", "open", FIXED, undefined, "description"],
    ["footer", "paid", FIXED, undefined, "footer"],
    ["addLines", "open", NO_LONGER, "invoice_not_editable", undefined],
    ["updateLines", "open", NO_LONGER, "invoice_not_editable", undefined],
    ["removeLines", "paid", NO_LONGER, "invoice_not_editable", undefined],
    ["addBoth", "draft", "You may only specify one of these parameters: amount, quantity.", undefined, "lines[0][amount]"],
  ])("%s on %s", async (verb, status, message, code, param) => {
    const { stripe, invoice } = await shop();
    const before = await invoice(status);
    const refused = await error(VERBS[verb](stripe, before.id));
    expect(refused).toMatchObject({ statusCode: 400, type: "StripeInvalidRequestError", message });
    expect([refused.code, refused.param]).toEqual([code, param]);
    expect(await stripe.invoices.retrieve(before.id)).toEqual(before);
  });

  test("metadata can be changed to the end", async () => {
    const { stripe, invoice } = await shop();
    for (const status of ["draft", ...ENDED] as Status[]) {
      const { id } = await invoice(status);
      expect((await stripe.invoices.update(id, { metadata: { a: "b" } })).metadata).toEqual({ a: "b" });
    }
  });

  test("a draft of a subscription is not deleted, but finalized and voided", async () => {
    const { fake, stripe } = await shop();
    const made = await subscribe(stripe);
    fake.clock.advanceTo("2026-02-01T00:30:00Z");
    const [{ id }] = (await stripe.invoices.list({ subscription: made.id, status: "draft" })).data as [Stripe.Invoice];
    expect((await error(stripe.invoices.del(id))).message).toMatch(/^You can only delete draft invoices/);
    await stripe.invoices.finalizeInvoice(id);
    expect((await stripe.invoices.voidInvoice(id)).status).toBe("void");
  });

  test.each(["unpaid", "x"])("there are no invoices of status %s", async (status) => {
    const { stripe } = await shop();
    expect(await error(stripe.invoices.list({ status: status as "open" }))).toMatchObject({
      statusCode: 400,
      message: "Invalid status: must be one of draft, open, void, paid, or uncollectible",
    });
  });

  test.each([
    ["retrieve", (stripe: Stripe) => stripe.invoices.retrieve("in_x"), 404, "invoice"],
    ["finalize", (stripe: Stripe) => stripe.invoices.finalizeInvoice("in_x"), 404, "id"],
    ["pay", (stripe: Stripe) => stripe.invoices.pay("in_x"), 404, "id"],
    ["an item of it", (stripe: Stripe) => stripe.invoiceItems.create({ invoice: "in_x", amount: 1, currency: "usd" }), 400, "invoice"],
  ] as const)("%s of no invoice", async (_, ask, status, param) => {
    const { stripe } = await shop();
    const refused = await error(ask(stripe));
    expect(refused).toMatchObject({ statusCode: status, code: "resource_missing", param });
    expect(refused.message).toBe("No such invoice: 'in_x'");
  });

  test("there are no invoices of nobody", async () => {
    const { stripe } = await shop();
    expect(await error(stripe.invoices.list({ customer: "cus_invalid" }))).toMatchObject({
      statusCode: 400,
      message: "No such customer: 'cus_invalid'",
      param: "customer",
      code: "resource_missing",
    });
  });
});

describe("a new invoice", () => {
  test.each<[string, Partial<Stripe.InvoiceCreateParams>, object]>([
    ["is a draft made by hand", {}, { status: "draft", billing_reason: "manual", parent: null }],
    [
      "does not advance by itself",
      {},
      { auto_advance: false, automatically_finalizes_at: null, next_payment_attempt: null, due_date: null },
    ],
    [
      "advances where that is wanted",
      { auto_advance: true },
      { auto_advance: true, automatically_finalizes_at: START + 3601, next_payment_attempt: START + 3600 },
    ],
    [
      "that is sent is not collected",
      { auto_advance: true, ...SENT },
      { automatically_finalizes_at: START + 3601, next_payment_attempt: null, due_date: START + 30 * DAY },
    ],
    ["is finalized when it says", { automatically_finalizes_at: START + DAY, auto_advance: true }, { automatically_finalizes_at: START + DAY }],
    ["is due when it says", { collection_method: "send_invoice", due_date: START + 99 }, { due_date: START + 99 }],
    ["has a period of no length", {}, { period_start: START, period_end: START, created: START }],
    [
      "has no number and no page yet",
      {},
      { number: null, effective_at: null, hosted_invoice_url: null, invoice_pdf: null, ending_balance: null },
    ],
    ["knows the balance", {}, { starting_balance: -250 }],
    [
      "is drawn on any paper",
      {},
      { rendering: { amount_tax_display: null, pdf: { page_size: "auto" }, template: null, template_version: null } },
    ],
    ["has a number of its own where it is given one", { number: "A-7" }, { number: "A-7" }],
    ["is in the account's currency", {}, { currency: "usd" }],
    ["is in the currency asked for", { currency: "eur" }, { currency: "eur" }],
    [
      "copies its customer",
      {},
      {
        customer_email: "ana@example.com",
        customer_name: "Ana",
        customer_phone: "+15551234567",
        customer_tax_exempt: "none",
        customer_tax_ids: [],
        customer_address: expect.objectContaining({ country: "US", postal_code: "94107" }),
        customer_shipping: null,
      },
    ],
    ["was told to whoever waits", {}, { webhooks_delivered_at: START }],
    ["is issued by the account", {}, { issuer: { type: "self" }, on_behalf_of: null, account_name: "Fakestripe" }],
  ])("%s", async (_, params, expected) => {
    const address = { country: "US", postal_code: "94107" };
    const who = { name: "Ana", phone: "+15551234567", balance: -250, address };
    const { stripe, customer } = await shop("pm_card_visa", who);
    expect(await stripe.invoices.create({ customer, ...params })).toMatchObject(expected);
  });

  test("is in its customer's currency", async () => {
    const { stripe, customer, draft } = await shop();
    await stripe.invoices.finalizeInvoice((await draft(1000, { currency: "eur" })).id);
    expect((await stripe.invoices.create({ customer })).currency).toBe("eur");
  });

  test("that is sent needs a date", async () => {
    const { stripe, customer } = await shop();
    const made = stripe.invoices.create({ customer, collection_method: "send_invoice" });
    expect((await error(made)).message).toBe(
      "If invoice collection method is 'send_invoice', you must specify 'due_date' or 'days_until_due'.",
    );
  });

  test("is not finalized later than in five years", async () => {
    const { stripe, customer } = await shop();
    const made = (at: number) =>
      stripe.invoices.create({ customer, auto_advance: true, automatically_finalizes_at: START + at });
    expect((await made(5 * 365 * DAY)).automatically_finalizes_at).toBe(START + 5 * 365 * DAY);
    expect(await error(made(5 * 366 * DAY + DAY))).toMatchObject({ param: "automatically_finalizes_at", statusCode: 400 });
  });

  test("advances or not, as it is told later", async () => {
    const { fake, stripe, draft } = await shop();
    const { id } = await draft();
    fake.clock.advance({ minutes: 10 });
    const advances = await stripe.invoices.update(id, { auto_advance: true });
    expect([advances.automatically_finalizes_at, advances.next_payment_attempt]).toEqual([START + 3601, START + HOUR]);
    const stays = await stripe.invoices.update(id, { auto_advance: false });
    expect([stays.automatically_finalizes_at, stays.next_payment_attempt]).toEqual([null, null]);
    fake.clock.advance({ days: 2 });
    expect((await stripe.invoices.retrieve(id)).status).toBe("draft");
  });

  describe("and pending items", () => {
    const ITEMS = [[300, "usd"], [200, "usd"], [100, "eur"]] as const;

    test.each<[Stripe.InvoiceCreateParams.PendingInvoiceItemsBehavior | undefined, number[]]>([
      [undefined, []],
      ["exclude", []],
      ["include", [200, 300]],
    ])("takes them, where it says %s: %j", async (pending_invoice_items_behavior, amounts) => {
      const { stripe, customer } = await shop();
      for (const [amount, currency] of ITEMS) await stripe.invoiceItems.create({ customer, amount, currency });
      const asked = pending_invoice_items_behavior && { pending_invoice_items_behavior };
      const made = await stripe.invoices.create({ customer, currency: "usd", ...asked });
      expect(made.lines.data.map((line) => line.amount)).toEqual(amounts);
      const pending = await stripe.invoiceItems.list({ customer, pending: true });
      expect(pending.data).toHaveLength(ITEMS.length - amounts.length);
    });

    test("takes those of one subscription and of none", async () => {
      const { fake, stripe, customer } = await shop();
      const [one, other] = [await subscribe(stripe, { customer }), await subscribe(stripe, { customer })];
      fake.clock.advance({ days: 3 });
      const item = { customer, currency: "usd" };
      await stripe.invoiceItems.create({ ...item, amount: 100, subscription: one.id });
      await stripe.invoiceItems.create({ ...item, amount: 200, subscription: other.id });
      await stripe.invoiceItems.create({ ...item, amount: 300 });
      const made = await stripe.invoices.create({ customer, subscription: one.id });
      expect(made.lines.data.map((line) => line.amount)).toEqual([100]);
      expect([made.period_start, made.period_end]).toEqual([START, START + 3 * DAY]);
      expect(made.parent).toEqual({
        quote_details: null,
        subscription_details: { metadata: {}, subscription: one.id },
        type: "subscription_details",
      });
    });

    test("of a subscription may have nothing on it", async () => {
      const { stripe, customer } = await shop();
      const { id: subscription } = await subscribe(stripe, { customer });
      expect(await stripe.invoices.create({ customer, subscription })).toMatchObject({ total: 0, lines: { data: [] } });
    });
  });
});

describe("finalizing", () => {
  test("freezes the customer, numbers it, and gives it pages", async () => {
    const { fake, stripe, customer, draft } = await shop("pm_card_visa", { name: "Ana" });
    const { id } = await draft();
    await stripe.customers.update(customer, { name: "Ana B", balance: 0 });
    fake.clock.advance({ minutes: 5 });
    const open = await stripe.invoices.finalizeInvoice(id);
    const at = START + 300;
    expect(open).toMatchObject({
      status: "open",
      customer_name: "Ana B",
      effective_at: at,
      status_transitions: { finalized_at: at },
      ending_balance: 0,
      amount_due: 1000,
      rendering: { pdf: { page_size: "letter" } },
      automatically_finalizes_at: null,
    });
    await stripe.customers.update(customer, { name: "Ana C" });
    expect((await stripe.invoices.retrieve(id)).customer_name).toBe("Ana B");
    const page = `${fake.accountId}/test_[A-Za-z0-9,_-]+`;
    expect(open.hosted_invoice_url).toMatch(new RegExp(`^https://invoice.stripe.com/i/${page}\\?s=ap$`));
    expect(open.invoice_pdf).toMatch(new RegExp(`^https://pay.stripe.com/invoice/${page}/pdf\\?s=ap$`));
  });

  test("asks for the payment, but does not collect it", async () => {
    const { stripe, draft } = await shop();
    const { id } = await draft();
    const open = await stripe.invoices.finalizeInvoice(id, { expand: ["payments.data.payment.payment_intent", "confirmation_secret"] });
    expect(open).toMatchObject({ attempted: false, attempt_count: 0, auto_advance: false, next_payment_attempt: null });
    expect(open.payments).toMatchObject({ object: "list", has_more: false, url: "/v1/invoices/payments" });
    expect(open.payments).not.toHaveProperty("total_count");
    const [payment] = open.payments!.data as [Stripe.InvoicePayment];
    expect(payment).toMatchObject({ is_default: true, status: "open", amount_requested: 1000, amount_paid: null });
    const intent = payment.payment.payment_intent as Stripe.PaymentIntent;
    expect(intent).toMatchObject({ amount: 1000, currency: "usd", status: "requires_payment_method" });
    expect(open.confirmation_secret).toEqual({ client_secret: intent.client_secret, type: "payment_intent" });
  });

  test("with auto_advance has it collected", async () => {
    const { fake, stripe, draft } = await shop();
    const { id } = await draft();
    expect(await stripe.invoices.finalizeInvoice(id, { auto_advance: true })).toMatchObject({ status: "open", auto_advance: true });
    fake.clock.advance({ hours: 1 });
    expect(await stripe.invoices.retrieve(id)).toMatchObject({ status: "paid", attempt_count: 1, auto_advance: false });
  });

  test("numbers one after the other for each customer, zero invoices too", async () => {
    const { stripe, customer, draft } = await shop("pm_card_visa", { invoice_prefix: "ANA", next_invoice_sequence: 41 });
    const numbers = [];
    for (const [amount, number] of [[1000], [0], [1000, "SPECIAL-1"], [-500], [1000]] as [number, string?][]) {
      const { id } = await draft(amount, number ? { number } : {});
      numbers.push((await stripe.invoices.finalizeInvoice(id)).number);
    }
    expect(numbers.filter((number) => number !== "SPECIAL-1")).toEqual(["ANA-0041", "ANA-0042", expect.stringMatching(/^ANA-004/), expect.stringMatching(/^ANA-004/)]);
    expect(numbers[2]).toBe("SPECIAL-1");
    const other = await stripe.customers.create({});
    expect(other.invoice_prefix).toMatch(/^[A-Z0-9]{8}$/);
    expect(other.next_invoice_sequence).toBe(1);
    expect(customer).not.toBe(other.id);
  });

  test("fails where nobody knows the place of the customer, until it is known", async () => {
    const { stripe, customer, draft } = await shop();
    const { id } = await draft(1000, { automatic_tax: { enabled: true } });
    const failed = await error(stripe.invoices.finalizeInvoice(id));
    expect(failed).toMatchObject({ statusCode: 400, code: "customer_tax_location_invalid" });
    const seen = await stripe.invoices.retrieve(id);
    expect(seen).toMatchObject({ status: "draft", number: null, last_finalization_error: { code: "customer_tax_location_invalid" } });
    expect((await events(stripe)).at(-1)).toBe("invoice.finalization_failed");
    await stripe.customers.update(customer, { address: { country: "US", state: "CA", postal_code: "94107" } });
    expect(await stripe.invoices.finalizeInvoice(id)).toMatchObject({ status: "open", last_finalization_error: null });
  });

  test.each<[string, Partial<Stripe.SubscriptionCreateParams>, string]>([
    ["that is charged at once is finalized with it", {}, "paid"],
    ["that is sent waits an hour", SENT, "draft"],
  ])("the first invoice of a subscription %s", async (_, more, status) => {
    const { fake, stripe } = await shop();
    const { latest_invoice } = await subscribe(stripe, more);
    expect((await stripe.invoices.retrieve(latest_invoice as string)).status).toBe(status);
    fake.clock.advance({ minutes: 61 });
    expect((await stripe.invoices.retrieve(latest_invoice as string)).status).not.toBe("draft");
  });
});

// The order in which recorded answers show the fields of a paid first invoice and of its line.
const FIELDS = `id object account_country account_name account_tax_ids amount_due amount_overpaid amount_paid
  amount_remaining amount_shipping application attempt_count attempted auto_advance automatic_tax
  automatically_finalizes_at billing_reason collection_method created currency custom_fields customer
  customer_account customer_address customer_email customer_name customer_phone customer_shipping
  customer_tax_exempt customer_tax_ids default_payment_method default_source default_tax_rates description
  discounts due_date effective_at ending_balance footer from_invoice hosted_invoice_url invoice_pdf issuer
  last_finalization_error latest_revision lines livemode metadata next_payment_attempt number on_behalf_of
  parent payment_settings period_end period_start post_payment_credit_notes_amount
  pre_payment_credit_notes_amount receipt_number rendering shipping_cost shipping_details starting_balance
  statement_descriptor status status_transitions subtotal subtotal_excluding_tax test_clock total
  total_discount_amounts total_excluding_tax total_pretax_credit_amounts total_taxes webhooks_delivered_at`;
const LINE_FIELDS = `id object amount currency description discount_amounts discountable discounts invoice
  livemode metadata parent period pretax_credit_amounts pricing quantity quantity_decimal subtotal taxes`;
const names = (list: string) => list.split(/\s+/);

describe("the object", () => {
  test("has its fields in Stripe's order", async () => {
    const { stripe } = await shop();
    const { latest_invoice } = await subscribe(stripe);
    const apiVersion = "2026-03-25.dahlia" as any;
    const paid: any = await stripe.invoices.retrieve(latest_invoice as string, {}, { apiVersion });
    expect(Object.keys(paid)).toEqual(names(FIELDS));
    expect(Object.keys(paid.lines.data[0])).toEqual(names(LINE_FIELDS));
    const more = { expand: ["payments", "confirmation_secret"] };
    const shown = Object.keys(await stripe.invoices.retrieve(latest_invoice as string, more, { apiVersion }));
    expect(shown[shown.indexOf("confirmation_secret") - 1]).toBe("collection_method");
    expect(shown[shown.indexOf("payments") - 1]).toBe("payment_settings");
  });

  test("keeps the metadata that its subscription had", async () => {
    const { stripe } = await shop();
    const made = await subscribe(stripe, { metadata: { plan: "a" } });
    await stripe.subscriptions.update(made.id, { metadata: { plan: "b" } });
    const { parent, lines } = await stripe.invoices.retrieve(made.latest_invoice as string);
    expect(parent!.subscription_details!.metadata).toEqual({ plan: "a" });
    expect(lines.data[0]!.metadata).toEqual({ plan: "a" });
  });

  test("shows the secret of its payment after it was paid, too", async () => {
    const { stripe, invoice } = await shop();
    const { id } = await invoice("paid");
    const { confirmation_secret } = await stripe.invoices.retrieve(id, { expand: ["confirmation_secret"] });
    expect(confirmation_secret).toMatchObject({ client_secret: expect.stringMatching(/^pi_.*_secret_/), type: "payment_intent" });
  });

  test.each<[string, (made: { fake: any; stripe: Stripe; customer: string }) => Promise<unknown>, string]>([
    ["manual", ({ stripe, customer }) => stripe.invoices.create({ customer }), "manual"],
    ["the first of a subscription", ({ stripe, customer }) => subscribe(stripe, { customer }), "subscription_create"],
    [
      "a renewal",
      async ({ fake, stripe, customer }) => {
        await subscribe(stripe, { customer });
        fake.clock.advance({ months: 1, hours: 2 });
      },
      "subscription_cycle",
    ],
    [
      "a change",
      async ({ stripe, customer }) => {
        const { items } = await subscribe(stripe, { customer });
        await stripe.subscriptionItems.update(items.data[0]!.id, { quantity: 3, proration_behavior: "always_invoice" });
      },
      "subscription_update",
    ],
    [
      "pending items in an interval of their own",
      async ({ fake, stripe, customer }) => {
        await subscribe(stripe, { customer, pending_invoice_item_interval: { interval: "week" } });
        await stripe.invoiceItems.create({ customer, amount: 700, currency: "usd" });
        fake.clock.advance({ days: 8 });
      },
      "automatic_pending_invoice_item_invoice",
    ],
    [
      "a quote",
      async ({ stripe, customer }) => {
        const price = await stripe.prices.create({ currency: "usd", unit_amount: 900, product_data: { name: "Fee" } });
        const quote = await stripe.quotes.create({ customer, line_items: [{ price: price.id }] });
        await stripe.quotes.finalizeQuote(quote.id);
        await stripe.quotes.accept(quote.id);
      },
      "quote_accept",
    ],
  ])("says why it was made: %s", async (_, make, reason) => {
    const made = await shop();
    await make(made);
    expect((await made.stripe.invoices.list({ limit: 1 })).data[0]!.billing_reason).toBe(reason);
  });

  test("says what would come next: upcoming", async () => {
    const { stripe } = await shop();
    const { id: subscription } = await subscribe(stripe);
    expect((await stripe.invoices.createPreview({ subscription })).billing_reason).toBe("upcoming");
  });

  test("spans the period before, and its lines the period to come", async () => {
    const { fake, stripe } = await shop();
    const made = await subscribe(stripe);
    const first = await stripe.invoices.retrieve(made.latest_invoice as string);
    expect([first.period_start, first.period_end]).toEqual([START, START]);
    fake.clock.advanceTo("2026-02-01T00:00:01Z");
    const renewed = (await stripe.invoices.list({ limit: 1 })).data[0]!;
    const [feb, mar] = ["2026-02-01", "2026-03-01"].map((day) => Date.parse(day) / 1000);
    expect([renewed.period_start, renewed.period_end]).toEqual([START, feb]);
    expect(renewed.lines.data[0]!.period).toEqual({ start: feb, end: mar });
  });
});

test.each(["number", "status", "total", "currency", "customer", "subscription", "created", "metadata", "receipt_number", "last_finalization_error_code", "last_finalization_error_type"])(
  "invoices are found by %s",
  async (field) => {
    const { stripe, customer, draft } = await shop();
    const { id } = await draft(700, { metadata: { order: "7" }, automatic_tax: { enabled: false } });
    const open = await stripe.invoices.finalizeInvoice(id);
    const { id: subscription, latest_invoice } = await subscribe(stripe);
    const failing = await draft(300, { automatic_tax: { enabled: true } });
    await error(stripe.invoices.finalizeInvoice(failing.id));
    const queries: Record<string, [string, string[]]> = {
      number: [`number:"${open.number}"`, [id]],
      status: ["status:'open'", [id]],
      total: ["total>500 AND total<1000", [id]],
      currency: ['currency:"eur"', []],
      customer: [`customer:"${customer}" AND status:"open"`, [id]],
      subscription: [`subscription:"${subscription}"`, [latest_invoice as string]],
      created: [`created<${START}`, []],
      metadata: ["metadata['order']:'7'", [id]],
      receipt_number: ["receipt_number:'x'", []],
      last_finalization_error_code: ["last_finalization_error_code:'customer_tax_location_invalid'", [failing.id]],
      last_finalization_error_type: ["last_finalization_error_type:'invalid_request_error'", [failing.id]],
    };
    const [query, ids] = queries[field]!;
    expect((await stripe.invoices.search({ query })).data.map((found) => found.id)).toEqual(ids);
  },
);

// https://docs.stripe.com/invoicing/invoice-edits
describe("a revision", () => {
  const revise = (stripe: Stripe, invoice: string) =>
    stripe.invoices.create({ from_invoice: { action: "revision", invoice } });

  test("is a draft like its original, and takes its place when it is finalized", async () => {
    const { stripe, invoice } = await shop();
    const rate = await stripe.taxRates.create({ display_name: "VAT", percentage: 10, inclusive: false });
    const original = await invoice("open", { description: "First", footer: "Thanks", default_tax_rates: [rate.id] });
    const draft = await revise(stripe, original.id);
    expect(draft).toMatchObject({
      status: "draft",
      number: null,
      customer: original.customer,
      currency: "usd",
      description: "First",
      footer: "Thanks",
      total: 1100,
      from_invoice: { action: "revision", invoice: original.id },
      latest_revision: null,
    });
    expect(draft.lines.data).toMatchObject([{ amount: 1000, description: "Work", invoice: draft.id }]);
    await stripe.invoices.updateLineItem(draft.id, draft.lines.data[0]!.id, { amount: 900 });
    expect(await stripe.invoices.retrieve(original.id)).toMatchObject({ status: "open", latest_revision: null });
    const revised = await stripe.invoices.finalizeInvoice(draft.id);
    expect(revised).toMatchObject({ status: "open", total: 990 });
    expect(revised.number).not.toBe(original.number);
    const gone = await stripe.invoices.retrieve(original.id, { expand: ["latest_revision"] });
    expect(gone).toMatchObject({ status: "void", total: 1100, latest_revision: { id: draft.id, total: 990 } });
  });

  test("of a revision is the latest of both", async () => {
    const { stripe, invoice } = await shop();
    const first = await invoice("open");
    const second = await stripe.invoices.finalizeInvoice((await revise(stripe, first.id)).id);
    const third = await stripe.invoices.finalizeInvoice((await revise(stripe, second.id)).id);
    for (const { id } of [first, second]) {
      expect(await stripe.invoices.retrieve(id)).toMatchObject({ status: "void", latest_revision: third.id });
    }
  });

  test.each(["draft", "paid", "void"] as Status[])("is not made of an invoice that is %s", async (status) => {
    const { stripe, invoice } = await shop();
    expect(await error(revise(stripe, (await invoice(status)).id))).toMatchObject({ statusCode: 400 });
  });

  test("is made of one that is uncollectible", async () => {
    const { stripe, invoice } = await shop();
    expect((await revise(stripe, (await invoice("uncollectible")).id)).status).toBe("draft");
  });

  test("is not made of a subscription's invoice, nor of none", async () => {
    const { stripe } = await shop();
    const { latest_invoice } = await subscribe(stripe, SENT);
    await stripe.invoices.finalizeInvoice(latest_invoice as string);
    expect(await error(revise(stripe, latest_invoice as string))).toMatchObject({ statusCode: 400 });
    expect(await error(revise(stripe, "in_x"))).toMatchObject({ code: "resource_missing", param: "from_invoice[invoice]" });
  });
});

test.each(["user_forgiven", "subscription_paused"])("what is uncollectible says why in endive: %s", async (reason) => {
  const { fake, stripe, invoice } = await shop();
  let id: string;
  if (reason === "user_forgiven") {
    id = (await invoice("uncollectible")).id;
  } else {
    const made = await subscribe(stripe);
    await stripe.subscriptions.update(made.id, { pause_collection: { behavior: "mark_uncollectible" } });
    fake.clock.advance({ months: 1, hours: 2 });
    id = (await stripe.invoices.list({ status: "uncollectible" })).data[0]!.id;
  }
  const seen = await stripe.invoices.retrieve(id);
  expect(seen.status_details).toMatchObject({ uncollectible: { reason } });
  const before = await stripe.invoices.retrieve(id, {}, { apiVersion: "2026-08-26.dahlia" as any });
  expect(before).not.toHaveProperty("status_details");
});

// The description of `discounts` in the types of the `stripe` package.
test.each([
  ["its own", true, true, [{ coupon: "OWN" }], "OWN"],
  ["its subscription's", true, true, undefined, "SUB"],
  ["its customer's", true, false, undefined, "CUS"],
  ["its customer's, of no subscription", false, true, undefined, "CUS"],
  ["none, where it says so", true, true, "" as const, undefined],
] as const)("an invoice has %s discounts", async (_, ofSubscription, discounted, discounts, expected) => {
  const { stripe, customer } = await shop();
  for (const id of ["OWN", "SUB", "CUS"]) await stripe.coupons.create({ id, percent_off: 10, duration: "forever" });
  await stripe.customers.update(customer, { coupon: "CUS" } as never, { apiVersion: "2025-02-24.acacia" as any });
  const { id: subscription } = await subscribe(stripe, { customer, ...(discounted && { discounts: [{ coupon: "SUB" }] }) });
  const made = await stripe.invoices.create({
    customer,
    ...(ofSubscription && { subscription }),
    ...(discounts !== undefined && { discounts: discounts as any }),
    expand: ["discounts"],
  });
  expect(made.discounts.map((discount) => (discount as Stripe.Discount).source.coupon)).toEqual(expected ? [expected] : []);
});
