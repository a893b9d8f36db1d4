/**
 * Billing credits: what a grant is, in which order grants pay, what each of their transactions says,
 * and what is left.
 *
 * Sources: https://docs.stripe.com/billing/subscriptions/usage-based/billing-credits,
 * https://docs.stripe.com/api/billing/credit-grant and the types of `stripe`. That only a grant nobody
 * used can be voided is inferred.
 */

import type Stripe from "stripe";
import { describe, expect, test } from "vitest";
import { error, stage } from "../stage.ts";

const at = (day: string) => Date.parse(`2026-${day}T00:00:00Z`) / 1000;

/** A customer with a card who is subscribed to $1.00 a call, on the first of January. */
async function calls() {
  const { fake, stripe } = stage({ now: new Date("2026-01-01T00:00:00Z") });
  fake.clock.freeze();
  const { id: customer } = await stripe.customers.create({
    payment_method: "pm_card_visa",
    invoice_settings: { default_payment_method: "pm_card_visa" },
  });
  const meter = await stripe.billing.meters.create({
    display_name: "Calls",
    event_name: "calls",
    default_aggregation: { formula: "sum" },
  });
  const priced = () =>
    stripe.prices.create({
      currency: "usd",
      unit_amount: 100,
      product_data: { name: "Calls" },
      recurring: { interval: "month", usage_type: "metered", meter: meter.id },
    });
  const price = await priced();
  const subscribe = (more: object = {}) =>
    stripe.subscriptions.create({ customer, items: [{ price: price.id }], ...more });
  const grant = (value: number, more: object = {}) =>
    stripe.billing.creditGrants.create({
      customer,
      amount: { type: "monetary", monetary: { currency: "usd", value } },
      applicability_config: { scope: { price_type: "metered" } },
      ...more,
    } as Stripe.Billing.CreditGrantCreateParams);
  const report = (value: number) =>
    stripe.billing.meterEvents.create({
      event_name: "calls",
      payload: { stripe_customer_id: customer, value: `${value}` },
    });
  const invoice = async () => (await stripe.invoices.list({ customer })).data[0]!;
  const movements = async (credit_grant?: string) => {
    const { data } = await stripe.billing.creditBalanceTransactions.list({ customer, credit_grant });
    return data.reverse();
  };
  /** What can be used now, and all that is there. */
  const left = async (credit_grant?: string) => {
    const filter = credit_grant
      ? { type: "credit_grant" as const, credit_grant }
      : {
          type: "applicability_scope" as const,
          applicability_scope: { price_type: "metered" as const },
        };
    const { balances } = await stripe.billing.creditBalanceSummaries.retrieve({ customer, filter });
    return balances.map((it) => [it.available_balance.monetary!.value, it.ledger_balance.monetary!.value]);
  };
  return { fake, stripe, customer, price: price.id, priced, subscribe, grant, report, invoice, movements, left };
}

describe("a grant", () => {
  test("is paid for, holds from now on and comes in the middle, where nothing is said", async () => {
    const { grant, customer } = await calls();
    expect(await grant(500)).toMatchObject({
      object: "billing.credit_grant",
      amount: { monetary: { currency: "usd", value: 500 }, type: "monetary" },
      applicability_config: { scope: { price_type: "metered" } },
      category: "paid",
      customer,
      effective_at: at("01-01"),
      expires_at: null,
      priority: 50,
      voided_at: null,
    });
  });

  test("can be given another end and metadata, and nothing else", async () => {
    const { stripe, grant } = await calls();
    const { id } = await grant(500);
    const expires_at = at("03-01");
    const changed = await stripe.billing.creditGrants.update(id, { expires_at, metadata: { a: "b" } });
    expect(changed).toMatchObject({ expires_at, metadata: { a: "b" } });
    const params = { name: "Other" } as Stripe.Billing.CreditGrantUpdateParams;
    expect((await error(stripe.billing.creditGrants.update(id, params))).code).toBe("parameter_unknown");
  });

  test("is told of as it is made and changed, and so is each movement", async () => {
    const { stripe, grant } = await calls();
    const { id } = await grant(500);
    await stripe.billing.creditGrants.expire(id);
    const { data } = await stripe.events.list({ limit: 100 });
    const types = data.map(({ type }) => type).filter((type) => type.startsWith("billing.credit"));
    expect(types.reverse()).toEqual([
      "billing.credit_grant.created",
      "billing.credit_balance_transaction.created",
      "billing.credit_balance_transaction.created",
      "billing.credit_grant.updated",
    ]);
  });
});

describe("of two grants", () => {
  // Which of the two pays first: the one of the first parameters.
  const ORDER: [string, object, object][] = [
    ["the more urgent one", { priority: 1 }, { priority: 2, expires_at: at("03-01") }],
    ["the one that expires first", { expires_at: at("03-01") }, { expires_at: at("04-01"), category: "promotional" }],
    ["the one that expires at all", { expires_at: at("03-01") }, {}],
    ["the promotional one", { category: "promotional" }, { category: "paid" }],
    ["the one that holds longer", { effective_at: at("01-02") }, { effective_at: at("01-03") }],
  ];

  test.each(ORDER)("%s pays first", async (_, first, second) => {
    for (const swapped of [false, true]) {
      const of = await calls();
      await of.subscribe();
      const made = [await of.grant(500, swapped ? second : first), await of.grant(500, swapped ? first : second)];
      const [one, other] = swapped ? made.reverse() : made;
      await of.report(7);
      of.fake.clock.advanceTo("2026-02-01T01:00:00Z");
      expect(await of.left(one!.id)).toEqual([[0, 0]]);
      expect(await of.left(other!.id)).toEqual([[300, 300]]);
    }
  });

  test("the older one pays first, where nothing else tells them apart", async () => {
    const of = await calls();
    await of.subscribe();
    const [one, other] = [await of.grant(500), await of.grant(500)];
    await of.report(7);
    of.fake.clock.advanceTo("2026-02-01T01:00:00Z");
    expect([await of.left(one.id), await of.left(other.id)]).toEqual([[[0, 0]], [[300, 300]]]);
  });
});

describe("an invoice", () => {
  test("is paid by credit after discounts and before taxes", async () => {
    const of = await calls();
    const coupon = await of.stripe.coupons.create({ percent_off: 50, duration: "forever" });
    const rate = await of.stripe.taxRates.create({ display_name: "VAT", inclusive: false, percentage: 10 });
    await of.subscribe({ discounts: [{ coupon: coupon.id }], default_tax_rates: [rate.id] });
    const { id } = await of.grant(300);
    await of.report(10);
    of.fake.clock.advanceTo("2026-02-01T01:00:00Z");
    const invoice = await of.invoice();
    // $10.00, less half, less $3.00, with a tenth of what is left on top.
    expect(invoice).toMatchObject({ subtotal: 1000, total: 220, status: "paid" });
    const [line] = invoice.lines.data;
    const [, applied] = await of.movements(id);
    const entry = {
      amount: 300,
      credit_balance_transaction: applied!.id,
      type: "credit_balance_transaction",
    };
    expect(line!.pretax_credit_amounts).toContainEqual(expect.objectContaining(entry));
    expect(invoice.total_pretax_credit_amounts).toContainEqual(expect.objectContaining(entry));
  });

  test("of what is not metered is not paid by credit", async () => {
    const of = await calls();
    await of.grant(500);
    const flat = await of.stripe.prices.create({
      currency: "usd",
      unit_amount: 1000,
      product_data: { name: "Seat" },
      recurring: { interval: "month" },
    });
    await of.subscribe({ items: [{ price: flat.id }] });
    expect((await of.invoice()).amount_paid).toBe(1000);
    expect(await of.left()).toEqual([[500, 500]]);
  });

  test("is paid by a grant for its price, and not by one for another", async () => {
    const of = await calls();
    await of.subscribe();
    const other = await of.priced();
    const scope = (id: string) => ({ applicability_config: { scope: { prices: [{ id }] } } });
    const [wrong, right] = [await of.grant(300, scope(other.id)), await of.grant(200, scope(of.price))];
    await of.report(7);
    of.fake.clock.advanceTo("2026-02-01T01:00:00Z");
    expect((await of.invoice()).amount_paid).toBe(500);
    expect([await of.left(wrong.id), await of.left(right.id)]).toEqual([[[300, 300]], [[0, 0]]]);
  });

  test("in another currency is not paid by credit", async () => {
    const of = await calls();
    await of.subscribe();
    await of.grant(500, { amount: { type: "monetary", monetary: { currency: "eur", value: 500 } } });
    await of.report(7);
    of.fake.clock.advanceTo("2026-02-01T01:00:00Z");
    expect((await of.invoice()).amount_paid).toBe(700);
  });

  test("is paid by credit only while the grant holds", async () => {
    const of = await calls();
    await of.subscribe();
    await of.grant(500, { effective_at: at("02-02") });
    await of.grant(500, { expires_at: at("01-31") });
    await of.report(7);
    of.fake.clock.advanceTo("2026-02-01T01:00:00Z");
    expect((await of.invoice()).amount_paid).toBe(700);
  });
});

describe("a movement", () => {
  const monetary = (value: number) => ({ monetary: { currency: "usd", value }, type: "monetary" });

  test("credits_granted", async () => {
    const of = await calls();
    const { id } = await of.grant(500, { effective_at: at("01-05") });
    expect(await of.movements()).toMatchObject([
      {
        object: "billing.credit_balance_transaction",
        credit: { amount: monetary(500), credits_application_invoice_voided: null, type: "credits_granted" },
        credit_grant: id,
        debit: null,
        effective_at: at("01-05"),
        type: "credit",
      },
    ]);
  });

  test("credits_applied, and credits_application_invoice_voided", async () => {
    const of = await calls();
    await of.subscribe({ collection_method: "send_invoice", days_until_due: 30 });
    const { id } = await of.grant(500);
    await of.report(7);
    of.fake.clock.advanceTo("2026-02-01T01:00:00Z");
    const invoice = await of.invoice();
    const about = { invoice: invoice.id, invoice_line_item: invoice.lines.data[0]!.id };
    expect((await of.movements(id))[1]).toMatchObject({
      credit: null,
      debit: { amount: monetary(500), credits_applied: about, type: "credits_applied" },
      type: "debit",
    });
    await of.stripe.invoices.voidInvoice(invoice.id!);
    expect((await of.movements(id))[2]).toMatchObject({
      credit: {
        amount: monetary(500),
        credits_application_invoice_voided: about,
        type: "credits_application_invoice_voided",
      },
      debit: null,
      type: "credit",
    });
    expect(await of.left()).toEqual([[500, 500]]);
  });

  test("credits_expired, on request or in time", async () => {
    const of = await calls();
    const [now, later] = [await of.grant(500), await of.grant(200, { expires_at: at("01-10") })];
    const expired = await of.stripe.billing.creditGrants.expire(now.id);
    expect(expired.expires_at).toBe(at("01-01"));
    of.fake.clock.advanceTo("2026-01-10T00:00:00Z");
    for (const [{ id }, value] of [[now, 500], [later, 200]] as const) {
      expect((await of.movements(id))[1]).toMatchObject({
        debit: { amount: monetary(value), credits_applied: null, type: "credits_expired" },
      });
    }
    expect(await of.left()).toEqual([[0, 0]]);
  });

  test("credits_voided, of what nobody used", async () => {
    const of = await calls();
    await of.subscribe();
    const { id } = await of.grant(500);
    expect((await of.stripe.billing.creditGrants.voidGrant(id)).voided_at).toBe(at("01-01"));
    expect((await of.movements(id))[1]).toMatchObject({
      debit: { amount: monetary(500), type: "credits_voided" },
    });
    const used = await of.grant(500);
    await of.report(1);
    of.fake.clock.advanceTo("2026-02-01T01:00:00Z");
    expect((await error(of.stripe.billing.creditGrants.voidGrant(used.id))).statusCode).toBe(400);
    expect(await of.left(used.id)).toEqual([[400, 400]]);
  });
});

describe("a summary", () => {
  test("counts what does not hold yet among all, not among what can be used", async () => {
    const of = await calls();
    await of.grant(500);
    await of.grant(200, { effective_at: at("02-01") });
    expect(await of.left()).toEqual([[500, 700]]);
    of.fake.clock.advanceTo("2026-02-01T00:00:00Z");
    expect(await of.left()).toEqual([[700, 700]]);
  });

  test("has a balance a currency, of the scope that is asked about", async () => {
    const of = await calls();
    await of.grant(500);
    await of.grant(300, { amount: { type: "monetary", monetary: { currency: "eur", value: 300 } } });
    await of.grant(100, { applicability_config: { scope: { prices: [{ id: of.price }] } } });
    expect(await of.left()).toEqual([[500, 500], [300, 300]]);
    const scoped = await of.stripe.billing.creditBalanceSummaries.retrieve({
      customer: of.customer,
      filter: { type: "applicability_scope", applicability_scope: { prices: [{ id: of.price }] } },
    });
    expect(scoped.balances.map((it) => it.available_balance.monetary!.value)).toEqual([100]);
  });

  test("needs a filter, and a customer somebody made", async () => {
    const of = await calls();
    const summary = (params: object) =>
      of.stripe.billing.creditBalanceSummaries.retrieve(params as Stripe.Billing.CreditBalanceSummaryRetrieveParams);
    expect(await error(summary({ customer: of.customer }))).toMatchObject({
      code: "parameter_missing",
      param: "filter",
    });
    const filter = { type: "applicability_scope", applicability_scope: { price_type: "metered" } };
    expect((await error(summary({ customer: "cus_none", filter }))).code).toBe("resource_missing");
  });
});
