/**
 * Quotes: each status, what may be done in it, what an accepted quote makes, and its events.
 *
 * Sources: https://docs.stripe.com/quotes/overview, https://docs.stripe.com/quotes/create,
 * https://docs.stripe.com/api/quotes and the comments of the types of the `stripe` package.
 */

import type Stripe from "stripe";
import { describe, expect, test } from "vitest";
import { error } from "../stage.ts";
import { at, type Calendar, calendar, DAY, types } from "./calendar.ts";

const QUOTES = /^quote/;

interface Quotes extends Calendar {
  once: string;
  monthly: string;
  /** A draft for the customer, of a price paid once unless other lines are given. */
  draft(params?: Partial<Stripe.QuoteCreateParams>): Promise<Stripe.Quote>;
  opened(params?: Partial<Stripe.QuoteCreateParams>): Promise<Stripe.Quote>;
  accepted(params?: Partial<Stripe.QuoteCreateParams>): Promise<Stripe.Quote>;
}

async function quotes(card?: string): Promise<Quotes> {
  const shop = await calendar("fake.clock", card === undefined ? {} : { card });
  const once = await shop.price(1099, { recurring: undefined as never });
  const monthly = await shop.price(2000);
  await shop.told();
  const { stripe, customer } = shop;
  const draft: Quotes["draft"] = (params = {}) =>
    stripe.quotes.create({ customer, line_items: [{ price: once, quantity: 2 }], ...params });
  const opened: Quotes["opened"] = async (params) => stripe.quotes.finalizeQuote((await draft(params)).id);
  const accepted: Quotes["accepted"] = async (params) => stripe.quotes.accept((await opened(params)).id);
  return { ...shop, once, monthly, draft, opened, accepted };
}

const refused = async (request: Promise<unknown>, wanted: object = {}) =>
  expect(await error(request)).toMatchObject({ statusCode: 400, type: "StripeInvalidRequestError", ...wanted });

describe("the status of a quote", () => {
  test("is draft when it is made, for 30 days", async () => {
    const { draft, customer, told } = await quotes();
    expect(await draft()).toMatchObject({
      id: expect.stringMatching(/^qt_\w{24}$/),
      object: "quote",
      amount_subtotal: 2198,
      amount_total: 2198,
      application: null,
      collection_method: "charge_automatically",
      created: at("2026-01-01"),
      currency: "usd",
      customer,
      discounts: [],
      expires_at: at("2026-01-01") + 30 * DAY,
      from_quote: null,
      invoice: null,
      number: null,
      status: "draft",
      status_transitions: { accepted_at: null, canceled_at: null, finalized_at: null },
      subscription: null,
      subscription_schedule: null,
      test_clock: null,
      total_details: { amount_discount: 0, amount_shipping: 0, amount_tax: 0 },
    });
    expect(types(await told())).toEqual(["quote.created"]);
  });

  test("is open once it is finalized, and it has a number", async () => {
    const { draft, stripe, customer, told } = await quotes();
    const { invoice_prefix } = (await stripe.customers.retrieve(customer)) as Stripe.Customer;
    const expires_at = at("2026-01-10");
    for (const number of ["0001", "0002"]) {
      const { id } = await draft();
      await told();
      expect(await stripe.quotes.finalizeQuote(id, { expires_at })).toMatchObject({
        expires_at,
        number: `QT-${invoice_prefix}-${number}-1`,
        status: "open",
        status_transitions: { finalized_at: at("2026-01-01") },
      });
      expect(types(await told())).toEqual(["quote.finalized"]);
    }
  });

  test("is accepted once it is", async () => {
    const { opened, stripe, told } = await quotes();
    const { id } = await opened();
    await told();
    expect(await stripe.quotes.accept(id)).toMatchObject({
      status: "accepted",
      status_transitions: { accepted_at: at("2026-01-01") },
    });
    expect(types(await told(QUOTES))).toEqual(["quote.accepted"]);
  });

  test.each(["draft", "open"] as const)("is canceled from %s", async (status) => {
    const shop = await quotes();
    const { id } = await (status === "draft" ? shop.draft() : shop.opened());
    await shop.told();
    expect(await shop.stripe.quotes.cancel(id)).toMatchObject({
      status: "canceled",
      status_transitions: { canceled_at: at("2026-01-01") },
    });
    expect(types(await shop.told())).toEqual(["quote.canceled"]);
  });

  test.each(["draft", "open"] as const)("is canceled from %s when it expires", async (status) => {
    const shop = await quotes();
    const { id } = await (status === "draft" ? shop.draft() : shop.opened());
    const told = await shop.turn("2026-01-31", QUOTES);
    expect(types(told)).toEqual(["quote.canceled"]);
    expect(await shop.stripe.quotes.retrieve(id)).toMatchObject({
      status: "canceled",
      status_transitions: { canceled_at: at("2026-01-31") },
    });
  });

  test("is listed by", async () => {
    const shop = await quotes();
    const [draft, open] = [await shop.draft(), await shop.opened()];
    const ids = async (params: Stripe.QuoteListParams) => (await shop.stripe.quotes.list(params)).data.map(({ id }) => id);
    expect(await ids({})).toEqual([open.id, draft.id]);
    expect(await ids({ status: "draft" })).toEqual([draft.id]);
    expect(await ids({ status: "open", customer: shop.customer })).toEqual([open.id]);
    expect(await ids({ status: "accepted" })).toEqual([]);
  });
});

describe("what cannot be done", () => {
  type Verb = "finalize" | "accept" | "cancel" | "update";
  const rows: [Stripe.Quote["status"], Verb[]][] = [
    ["draft", ["accept"]],
    ["open", ["finalize"]],
    ["accepted", ["finalize", "accept", "cancel", "update"]],
    ["canceled", ["finalize", "accept", "cancel", "update"]],
  ];
  test.each(rows)("to a quote that is %s: %j", async (status, verbs) => {
    const shop = await quotes();
    const { id } = await (status === "accepted" ? shop.accepted() : status === "draft" ? shop.draft() : shop.opened());
    if (status === "canceled") await shop.stripe.quotes.cancel(id);
    const { quotes: api } = shop.stripe;
    const acts: Record<Verb, () => Promise<unknown>> = {
      accept: () => api.accept(id),
      cancel: () => api.cancel(id),
      finalize: () => api.finalizeQuote(id),
      update: () => api.update(id, { line_items: [{ price: shop.once }] }),
    };
    for (const verb of verbs) await refused(acts[verb]());
    expect((await api.retrieve(id)).status).toBe(status);
  });

  test("finalize without a customer, or without lines", async () => {
    const { stripe, customer, once } = await quotes();
    for (const params of [{ line_items: [{ price: once }] }, { customer }]) {
      const { id } = await stripe.quotes.create(params);
      await refused(stripe.quotes.finalizeQuote(id));
    }
  });

  test("change the lines of one that is open, though its end and its metadata", async () => {
    const { opened, stripe, once } = await quotes();
    const { id } = await opened();
    await refused(stripe.quotes.update(id, { line_items: [{ price: once }] }));
    const changed = await stripe.quotes.update(id, { expires_at: at("2026-03-01"), metadata: { order: "7" } });
    expect(changed).toMatchObject({ expires_at: at("2026-03-01"), metadata: { order: "7" }, status: "open" });
  });

  test("give a quote another customer", async () => {
    const { draft, stripe } = await quotes();
    const { id: other } = await stripe.customers.create();
    const { id } = await draft();
    await refused(stripe.quotes.update(id, { customer: other }), { param: "customer" });
    const nobodys = await stripe.quotes.create();
    expect((await stripe.quotes.update(nobodys.id, { customer: other })).customer).toBe(other);
  });
});

describe("what a quote comes to", () => {
  test("is what is paid at first, and what is paid again", async () => {
    const { draft, once, monthly, stripe } = await quotes();
    const quote = await draft({ line_items: [{ price: once, quantity: 2 }, { price: monthly, quantity: 3 }] });
    expect(quote).toMatchObject({
      amount_total: 2198 + 6000,
      computed: {
        recurring: { amount_subtotal: 6000, amount_total: 6000, interval: "month", interval_count: 1 },
        upfront: { amount_subtotal: 8198, amount_total: 8198 },
      },
    });
    const { data } = await stripe.quotes.listLineItems(quote.id);
    expect(data.map(({ amount_total, quantity }) => [amount_total, quantity])).toEqual([
      [2198, 2],
      [6000, 3],
    ]);
    const upfront = await stripe.quotes.listComputedUpfrontLineItems(quote.id);
    expect(upfront.data.map(({ amount_total }) => amount_total)).toEqual([2198, 6000]);
  });

  test("is nothing again without what recurs", async () => {
    const { draft } = await quotes();
    expect((await draft()).computed).toMatchObject({ recurring: null, upfront: { amount_total: 2198 } });
  });

  test.each([
    ["once", 1800, 2000],
    ["forever", 1800, 1800],
  ] as const)("has discounts, which count %s", async (duration, first, again) => {
    const { draft, monthly, stripe } = await quotes();
    const { id: coupon } = await stripe.coupons.create({ percent_off: 10, duration });
    expect(await draft({ line_items: [{ price: monthly }], discounts: [{ coupon }] })).toMatchObject({
      amount_subtotal: 2000,
      amount_total: first,
      computed: { recurring: { amount_total: again }, upfront: { amount_total: first } },
      total_details: { amount_discount: 200 },
    });
  });

  test("has taxes", async () => {
    const { draft, stripe } = await quotes();
    const { id } = await stripe.taxRates.create({ display_name: "VAT", percentage: 20, inclusive: false });
    expect(await draft({ default_tax_rates: [id] })).toMatchObject({
      amount_subtotal: 2198,
      amount_total: 2638,
      total_details: { amount_tax: 440 },
    });
  });

  test("changes with the lines of a draft", async () => {
    const { draft, stripe, monthly } = await quotes();
    const { id } = await draft();
    const changed = await stripe.quotes.update(id, { line_items: [{ price: monthly }] });
    expect(changed).toMatchObject({ amount_total: 2000, computed: { recurring: { amount_total: 2000 } } });
  });

  test("is of prices made for it", async () => {
    const { draft, stripe } = await quotes();
    const { id: product } = await stripe.products.create({ name: "Roof" });
    const price_data = { currency: "usd", product, unit_amount: 5000 };
    expect((await draft({ line_items: [{ price_data, quantity: 2 }] })).amount_total).toBe(10_000);
  });

  test("is printed as a PDF", async () => {
    const { draft, stripe } = await quotes();
    const { id } = await draft();
    const pages: Buffer[] = [];
    for await (const chunk of (await stripe.quotes.pdf(id)) as AsyncIterable<Buffer>) pages.push(Buffer.from(chunk));
    const text = Buffer.concat(pages).toString("latin1");
    expect(text).toMatch(/^%PDF-1\.\d/);
    expect(text).toContain(id);
  });
});

describe("a quote made from another", () => {
  test("is a copy of it", async () => {
    const { opened, stripe, customer } = await quotes();
    const { id, ...source } = await opened({ description: "Roof", footer: "Thanks", header: "Offer" });
    const copy = await stripe.quotes.create({ from_quote: { quote: id } });
    expect(copy).toMatchObject({
      amount_total: source.amount_total,
      customer,
      description: "Roof",
      footer: "Thanks",
      from_quote: { is_revision: false, quote: id },
      header: "Offer",
      number: null,
      status: "draft",
    });
    expect((await stripe.quotes.listLineItems(copy.id)).data).toMatchObject([{ amount_total: 2198, quantity: 2 }]);
    expect((await stripe.quotes.retrieve(id)).status).toBe("open");
  });

  test("may expire at another time, and nothing else is said", async () => {
    const { opened, stripe, customer, once } = await quotes();
    const from_quote = { quote: (await opened()).id };
    const expires_at = at("2026-01-05");
    expect((await stripe.quotes.create({ from_quote, expires_at })).expires_at).toBe(expires_at);
    for (const params of [{ customer }, { description: "Roof" }, { line_items: [{ price: once }] }]) {
      await refused(stripe.quotes.create({ from_quote, ...params }));
    }
  });

  test("as a revision has the next number, and takes the place of the one before", async () => {
    const { opened, stripe, told } = await quotes();
    const first = await opened();
    const revision = await stripe.quotes.create({ from_quote: { is_revision: true, quote: first.id } });
    await told();
    const second = await stripe.quotes.finalizeQuote(revision.id);
    expect(second.number).toBe(first.number!.replace(/-1$/, "-2"));
    expect((await stripe.quotes.retrieve(first.id)).status).toBe("canceled");
    expect(types(await told())).toEqual(["quote.canceled", "quote.finalized"]);
  });

  test("needs one that there is", async () => {
    const { stripe } = await quotes();
    const from_quote = { quote: "qt_none" };
    await refused(stripe.quotes.create({ from_quote }), { code: "resource_missing", param: "from_quote[quote]" });
  });
});

describe("an accepted quote makes", () => {
  test("an invoice of what is paid once", async () => {
    const { accepted, stripe, until, told } = await quotes();
    const quote = await accepted({ invoice_settings: {} });
    expect(quote).toMatchObject({ invoice: expect.stringMatching(/^in_/), subscription: null, subscription_schedule: null });
    expect(types(await told(/^(quote|invoice)/))).toEqual([
      "quote.created",
      "quote.finalized",
      "invoice.created",
      "invoiceitem.created",
      "invoice.updated",
      "quote.accepted",
    ]);
    const invoice = await stripe.invoices.retrieve(quote.invoice as string);
    expect(invoice).toMatchObject({
      auto_advance: true,
      billing_reason: "quote_accept",
      parent: { quote_details: { quote: quote.id }, type: "quote_details" },
      status: "draft",
      total: 2198,
    });
    await until("2026-01-01T02:00");
    expect((await stripe.invoices.retrieve(invoice.id!)).status).toBe("paid");
  });

  test("an invoice that is sent", async () => {
    const { accepted, stripe } = await quotes("");
    const quote = await accepted({ collection_method: "send_invoice", invoice_settings: { days_until_due: 14 } });
    const invoice = await stripe.invoices.retrieve(quote.invoice as string);
    expect(invoice).toMatchObject({ collection_method: "send_invoice", status: "draft", total: 2198 });
  });

  test("a subscription of what recurs, with what is paid once on its first invoice", async () => {
    const { accepted, once, monthly, look } = await quotes();
    const quote = await accepted({
      line_items: [{ price: monthly, quantity: 3 }, { price: once }],
      subscription_data: { description: "Seats", metadata: { order: "7" } },
    });
    const made = await look(quote.subscription as string);
    expect(made).toMatchObject({
      description: "Seats",
      items: { data: [{ price: { id: monthly }, quantity: 3 }] },
      latest_invoice: { id: quote.invoice, status: "paid", total: 6000 + 1099 },
      metadata: { order: "7" },
      start_date: at("2026-01-01"),
      status: "active",
    });
  });

  test("a subscription with a trial", async () => {
    const { accepted, monthly, look } = await quotes();
    const subscription_data = { trial_period_days: 14 };
    const quote = await accepted({ line_items: [{ price: monthly }], subscription_data });
    expect(quote.computed.upfront.amount_total).toBe(0);
    expect(await look(quote.subscription as string)).toMatchObject({ status: "trialing", trial_end: at("2026-01-15") });
  });

  test("a schedule of what begins later", async () => {
    const { accepted, once, monthly, stripe, until, look, customer } = await quotes();
    const subscription_data = { effective_date: at("2026-02-10"), description: "Seats" };
    const quote = await accepted({ line_items: [{ price: monthly }, { price: once }], subscription_data });
    expect(quote).toMatchObject({ invoice: null, subscription: null });
    const made = await stripe.subscriptionSchedules.retrieve(quote.subscription_schedule as string);
    expect(made).toMatchObject({ customer, end_behavior: "release", status: "not_started" });
    expect(made.phases).toMatchObject([
      { add_invoice_items: [{ price: once }], items: [{ price: monthly }], start_date: at("2026-02-10") },
    ]);
    await until("2026-02-10T02:00");
    const begun = await stripe.subscriptionSchedules.retrieve(made.id);
    expect(await look(begun.subscription as string)).toMatchObject({
      description: "Seats",
      latest_invoice: { status: "paid", total: 2000 + 1099 },
      start_date: at("2026-02-10"),
    });
  });

  test("a subscription that keeps the discounts and the taxes", async () => {
    const { accepted, monthly, stripe, look } = await quotes();
    const { id: coupon } = await stripe.coupons.create({ percent_off: 50, duration: "forever" });
    const { id: rate } = await stripe.taxRates.create({ display_name: "VAT", percentage: 20, inclusive: false });
    const quote = await accepted({ default_tax_rates: [rate], discounts: [{ coupon }], line_items: [{ price: monthly }] });
    expect(quote.amount_total).toBe(1200);
    expect((await look(quote.subscription as string)).latest_invoice).toMatchObject({ subtotal: 2000, total: 1200 });
  });

  test("nothing for who cannot pay, and stays open", async () => {
    const { opened, monthly, stripe, fake } = await quotes("");
    const { id } = await opened({ line_items: [{ price: monthly }] });
    await refused(stripe.quotes.accept(id));
    expect((await stripe.quotes.retrieve(id)).status).toBe("open");
    expect(fake.state.subscriptions.count).toBe(0);
  });
});
