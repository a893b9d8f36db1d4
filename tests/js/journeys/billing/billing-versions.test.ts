/**
 * Billing in older versions of the API: what each breaking version took away or renamed, seen from
 * both sides of it. The same objects are read by stripe-node 17 in the version before, and by the
 * newest one.
 *
 * Sources: https://docs.stripe.com/changelog (basil, clover, dahlia, endive) and the types of the
 * `stripe` packages of those versions; the older shapes of invoices, lines and subscriptions are
 * recorded.
 */

import { createRequire } from "node:module";
import type { FakeStripe } from "fakestripe";
import type Stripe from "stripe";
import { describe, expect, test } from "vitest";
import { error, stage } from "../stage.ts";

const Stripe17 = createRequire(import.meta.url)("stripe-17");
const BEFORE_BASIL = "2025-02-24.acacia";
const BEFORE_CLOVER = "2025-08-27.basil";
const CLOVER = "2025-09-30.clover";
const BEFORE_DAHLIA = "2026-02-25.clover";
const BEFORE_ENDIVE = "2026-08-26.dahlia";

/** A client in an older version; its types are gone with it. */
const older = (fake: FakeStripe, apiVersion = BEFORE_BASIL) =>
  new Stripe17(fake.apiKey, { maxNetworkRetries: 0, apiVersion });

const at = (day: string) => Date.parse(`2026-${day}T00:00:00Z`) / 1000;

const get = (of: any, path: string) => path.split(".").reduce((value, name) => value?.[name], of);

/**
 * A customer who pays $10.00 a month, less 10 %, with 20 % tax on top, switches to $20.00 after ten
 * days, gets a dollar back, and had accepted a quote for something else before.
 */
async function history() {
  const { fake, stripe } = stage({ now: new Date("2026-01-01T00:00:00Z") });
  fake.clock.freeze();
  const coupon = await stripe.coupons.create({ percent_off: 10, duration: "forever" });
  const rate = await stripe.taxRates.create({ display_name: "VAT", inclusive: false, percentage: 20 });
  const customer = await stripe.customers.create({
    payment_method: "pm_card_visa",
    invoice_settings: { default_payment_method: "pm_card_visa" },
  });
  const monthly = (unit_amount: number) =>
    stripe.prices.create({
      currency: "usd",
      unit_amount,
      product_data: { name: "Gold" },
      recurring: { interval: "month" },
    });
  const [gold, more] = [await monthly(1000), await monthly(2000)];
  const subscription = await stripe.subscriptions.create({
    customer: customer.id,
    items: [{ price: gold.id }],
    discounts: [{ coupon: coupon.id }],
    default_tax_rates: [rate.id],
    metadata: { plan: "gold" },
  });
  const [item] = subscription.items.data;
  const invoice = await stripe.invoices.retrieve(subscription.latest_invoice as string, {
    expand: ["payments", "discounts"],
  });
  const intent = invoice.payments!.data[0]!.payment.payment_intent as string;
  fake.clock.advanceTo("2026-01-11T00:00:00Z");
  await stripe.subscriptions.update(subscription.id, {
    items: [{ id: item!.id, price: more.id }],
  });
  const [credit] = (await stripe.invoiceItems.list({ customer: customer.id })).data;
  return {
    fake,
    stripe,
    old: older(fake),
    coupon: coupon.id,
    rate: rate.id,
    customer: customer.id,
    gold: gold.id,
    product: gold.product as string,
    subscription: subscription.id,
    item: item!.id,
    invoice: invoice.id!,
    intent,
    discount: invoice.discounts[0] as Stripe.Discount,
    credit: credit!.id,
  };
}

type History = Awaited<ReturnType<typeof history>>;

/** The old path, what it held, the new path, and what that holds; no path is a field that is gone. */
type Row = [string | null, (of: History) => unknown, string | null, ((of: History) => unknown)?];

/** Reads an object on both sides of a version and holds it against the rows. */
async function compare(of: History, rows: Row[], before: any, now: any) {
  for (const [old, was, newer, is] of rows) {
    const row = `${old} → ${newer}`;
    if (old) {
      expect(get(before, old), row).toEqual(was(of));
      expect(get(now, old), row).toBeUndefined();
    }
    if (newer) expect(get(now, newer), row).toEqual((is ?? was)(of));
  }
}

describe("basil, 2025-03-31", () => {
  test("a subscription's period became its items'; its discount, discounts", async () => {
    const of = await history();
    const now = await of.stripe.subscriptions.retrieve(of.subscription);
    await compare(
      of,
      [
        ["current_period_start", () => at("01-01"), "items.data.0.current_period_start"],
        ["current_period_end", () => at("02-01"), "items.data.0.current_period_end"],
        ["discount.coupon.id", ({ coupon }) => coupon, "discounts", ({ discount }) => [discount.id]],
      ],
      await of.old.subscriptions.retrieve(of.subscription),
      now,
    );
  });

  test("an invoice's payment, subscription and taxes moved", async () => {
    const of = await history();
    const charge = (await of.stripe.paymentIntents.retrieve(of.intent)).latest_charge;
    const parent = "parent.subscription_details";
    await compare(
      of,
      [
        ["payment_intent", ({ intent }) => intent, "payments.data.0.payment.payment_intent"],
        ["charge", () => charge, null],
        ["paid", () => true, "status", () => "paid"],
        ["paid_out_of_band", () => false, null],
        ["subscription", ({ subscription }) => subscription, `${parent}.subscription`],
        ["subscription_details.metadata", () => ({ plan: "gold" }), `${parent}.metadata`],
        ["quote", () => null, null],
        ["tax", () => 180, "total_taxes.0.amount"],
        [
          "total_tax_amounts",
          ({ rate }) => [
            expect.objectContaining({ amount: 180, inclusive: false, tax_rate: rate, taxable_amount: 900 }),
          ],
          "total_taxes.0",
          ({ rate }) =>
            expect.objectContaining({
              amount: 180,
              tax_behavior: "exclusive",
              tax_rate_details: { tax_rate: rate },
              taxable_amount: 900,
              type: "tax_rate_details",
            }),
        ],
        ["discount.id", ({ discount }) => discount.id, "discounts", ({ discount }) => [discount.id]],
        ["application_fee_amount", () => null, null],
        ["transfer_data", () => null, null],
      ],
      await of.old.invoices.retrieve(of.invoice),
      await of.stripe.invoices.retrieve(of.invoice, { expand: ["payments"] }),
    );
  });

  test("what was expanded is refused now", async () => {
    const of = await history();
    const expand = ["latest_invoice.payment_intent"];
    const old = await of.old.subscriptions.retrieve(of.subscription, { expand });
    expect(old.latest_invoice.payment_intent).toMatchObject({ id: of.intent, status: "succeeded" });
    expect(await error(of.stripe.subscriptions.retrieve(of.subscription, { expand }))).toMatchObject({
      statusCode: 400,
      message: "This property cannot be expanded (latest_invoice.payment_intent).",
    });
    const secret = { expand: ["latest_invoice.confirmation_secret"] };
    const now = await of.stripe.subscriptions.retrieve(of.subscription, secret);
    expect((now.latest_invoice as Stripe.Invoice).confirmation_secret?.client_secret).toMatch(of.intent);
  });

  test("a line's price, proration and taxes moved", async () => {
    const of = await history();
    const [old] = (await of.old.invoices.listLineItems(of.invoice)).data;
    const [now] = (await of.stripe.invoices.listLineItems(of.invoice)).data;
    const parent = "parent.subscription_item_details";
    await compare(
      of,
      [
        ["price.id", ({ gold }) => gold, "pricing.price_details.price"],
        ["price.product", ({ product }) => product, "pricing.price_details.product"],
        ["price.unit_amount_decimal", () => "1000", "pricing.unit_amount_decimal", () => expect.anything()],
        ["plan.id", ({ gold }) => gold, null],
        ["type", () => "subscription", "parent.type", () => "subscription_item_details"],
        ["proration", () => false, `${parent}.proration`],
        ["subscription_item", ({ item }) => item, `${parent}.subscription_item`],
        [
          "tax_amounts.0.tax_rate",
          ({ rate }) => rate,
          "taxes.0.tax_rate_details.tax_rate",
        ],
        ["tax_rates.0.id", ({ rate }) => rate, null],
        ["amount_excluding_tax", () => 1000, null],
        ["unit_amount_excluding_tax", () => "1000", null],
      ],
      old,
      now,
    );
  });

  test("the line of an invoice item says which", async () => {
    const of = await history();
    of.fake.clock.advanceTo("2026-02-01T00:00:00Z");
    const [{ id }] = (await of.stripe.invoices.list({ subscription: of.subscription })).data as any;
    const [old] = (await of.old.invoices.listLineItems(id)).data;
    const [now] = (await of.stripe.invoices.listLineItems(id)).data;
    const parent = "parent.subscription_item_details";
    await compare(
      of,
      [
        ["type", () => "invoiceitem", "parent.type", () => "subscription_item_details"],
        ["invoice_item", () => now!.parent!.subscription_item_details!.invoice_item, `${parent}.invoice_item`],
        ["proration", () => true, `${parent}.proration`],
        [
          "proration_details.credited_items.invoice",
          ({ invoice }) => invoice,
          `${parent}.proration_details.credited_items.invoice`,
        ],
      ],
      old,
      now,
    );
  });

  test("an invoice item's price and subscription moved", async () => {
    const of = await history();
    const parent = "parent.subscription_details";
    await compare(
      of,
      [
        ["price.id", ({ gold }) => gold, "pricing.price_details.price"],
        ["plan.id", ({ gold }) => gold, null],
        ["unit_amount", () => 1000, null],
        ["unit_amount_decimal", () => "1000", null],
        ["subscription", ({ subscription }) => subscription, `${parent}.subscription`],
        ["subscription_item", ({ item }) => item, `${parent}.subscription_item`],
      ],
      await of.old.invoiceItems.retrieve(of.credit),
      await of.stripe.invoiceItems.retrieve(of.credit),
    );
  });

  test("a credit note has several refunds, and taxes of another form", async () => {
    const of = await history();
    const refund_amount = 100;
    const made = await of.old.creditNotes.create({ invoice: of.invoice, amount: 100, refund_amount });
    const now = await of.stripe.creditNotes.retrieve(made.id);
    await compare(
      of,
      [
        ["refund", () => made.refund, "refunds.0.refund"],
        ["tax_amounts", () => [], "total_taxes", () => []],
        ["lines.data.0.tax_amounts", () => [], "lines.data.0.taxes", () => []],
      ],
      made,
      now,
    );
    const second = await of.old.paymentIntents.retrieve(of.intent, { expand: ["latest_charge"] });
    const refund = await of.stripe.refunds.create({ charge: second.latest_charge.id, amount: 50 });
    const old = { invoice: of.invoice, amount: 50, refund: refund.id };
    expect((await of.old.creditNotes.create(old)).refund).toBe(refund.id);
    expect(await error(of.stripe.creditNotes.create(old as any))).toMatchObject({
      code: "parameter_unknown",
      param: "refund",
    });
  });

  test("payments do not name their invoice; invoice payments are found by them", async () => {
    const of = await history();
    const old = await of.old.paymentIntents.retrieve(of.intent, { expand: ["latest_charge"] });
    expect([old.invoice, old.latest_charge.invoice]).toEqual([of.invoice, of.invoice]);
    const now = await of.stripe.paymentIntents.retrieve(of.intent, { expand: ["latest_charge"] });
    expect([get(now, "invoice"), get(now, "latest_charge.invoice")]).toEqual([undefined, undefined]);
    const payment = { type: "payment_intent" as const, payment_intent: of.intent };
    const { data } = await of.stripe.invoicePayments.list({ payment });
    expect(data.map(({ invoice }) => invoice)).toEqual([of.invoice]);
  });

  test("the invoice of a quote, and the date of a preview's prorations, moved", async () => {
    const of = await history();
    const { id } = await of.stripe.quotes.create({
      customer: of.customer,
      line_items: [{ price: of.gold }],
    });
    await of.stripe.quotes.finalizeQuote(id);
    const quote = await of.stripe.quotes.accept(id);
    const subscription = await of.stripe.subscriptions.retrieve(quote.subscription as string);
    expect(subscription.latest_invoice).toEqual(expect.any(String));
    const date = at("01-11");
    const old = await of.old.invoices.retrieveUpcoming({
      subscription: of.subscription,
      subscription_proration_date: date,
    });
    const now = await of.stripe.invoices.createPreview({
      subscription: of.subscription,
      subscription_details: { proration_date: date },
    });
    await compare(
      of,
      [["subscription_proration_date", () => date, "parent.subscription_details.subscription_proration_date"]],
      old,
      now,
    );
  });

  test("the preview is a request of its own", async () => {
    const of = await history();
    const old = await of.old.invoices.retrieveUpcoming({ subscription: of.subscription });
    const now = await of.stripe.invoices.createPreview({ subscription: of.subscription });
    expect(old.total).toBe(now.total);
    const lines = await of.old.invoices.listUpcomingLines({ subscription: of.subscription });
    expect(lines.data.map(({ amount }: any) => amount)).toEqual(now.lines.data.map(({ amount }) => amount));
    const [gone, kept] = await Promise.all(
      ["2026-10-28.endive", BEFORE_BASIL].map((version) =>
        of.fake.fetch(`https://api.stripe.com/v1/invoices/upcoming?subscription=${of.subscription}`, {
          headers: { authorization: `Bearer ${of.fake.apiKey}`, "stripe-version": version },
        }),
      ),
    );
    expect([gone!.status, kept!.status]).toEqual([404, 200]);
  });

  type Ask = (client: any, of: History) => Promise<any>;
  const PARAMETERS: [string, string, Ask, (answer: any, of: History) => unknown, unknown][] = [
    [
      "price of an invoice item",
      "price",
      async (client, of) => {
        const price = { currency: "usd", unit_amount: 300, product_data: { name: "Cup" } };
        const { id } = await of.stripe.prices.create(price);
        return client.invoiceItems.create({ customer: of.customer, price: id });
      },
      ({ amount }) => amount,
      300,
    ],
    [
      "unit_amount of an invoice item",
      "unit_amount",
      (client, { customer }) =>
        client.invoiceItems.create({ customer, currency: "usd", unit_amount: 300, quantity: 2 }),
      ({ amount }) => amount,
      600,
    ],
    [
      "coupon of a subscription",
      "coupon",
      (client, { customer, gold, coupon }) =>
        client.subscriptions.create({ customer, items: [{ price: gold }], coupon }),
      ({ discount }, { coupon }) => discount.coupon.id === coupon,
      true,
    ],
    [
      "promotion code of a subscription",
      "promotion_code",
      async (client, { stripe, customer, gold, coupon }) => {
        const promotion = { type: "coupon" as const, coupon };
        const { id } = await stripe.promotionCodes.create({ promotion });
        const items = [{ price: gold }];
        return client.subscriptions.create({ customer, items, promotion_code: id });
      },
      ({ discount }, { coupon }) => discount.promotion_code && discount.coupon.id === coupon,
      true,
    ],
    [
      "coupon of a customer",
      "coupon",
      (client, { coupon }) => client.customers.create({ coupon }),
      ({ discount }, { coupon }) => discount.coupon.id === coupon,
      true,
    ],
    [
      "coupon of a schedule's phase",
      "phases[0][coupon]",
      (client, { customer, gold, coupon }) =>
        client.subscriptionSchedules.create({
          customer,
          start_date: "now",
          phases: [{ items: [{ price: gold }], coupon }],
        }),
      ({ phases: [phase] }, { coupon }) => phase.coupon === coupon,
      true,
    ],
    [
      "usage without a meter",
      "recurring[aggregate_usage]",
      (client, { product }) =>
        client.prices.create({
          currency: "usd",
          unit_amount: 10,
          product,
          recurring: { interval: "month", usage_type: "metered", aggregate_usage: "max" },
        }),
      ({ recurring }) => recurring.aggregate_usage,
      "max",
    ],
  ];

  test.each(PARAMETERS)("%s is a parameter no more", async (_, param, ask, shown, expected) => {
    const of = await history();
    expect(shown(await ask(of.old, of), of)).toEqual(expected);
    expect(await error(ask(of.stripe, of))).toMatchObject({
      code: "parameter_unknown",
      message: `Received unknown parameter: ${param}`,
      param,
    });
  });

  test("a preview took a coupon", async () => {
    const of = await history();
    const { id } = await of.stripe.coupons.create({ percent_off: 50, duration: "once" });
    const items = [{ price: of.gold }];
    const old = await of.old.invoices.retrieveUpcoming({
      customer: of.customer,
      coupon: id,
      subscription_items: items,
    });
    const now = await of.stripe.invoices.createPreview({
      customer: of.customer,
      discounts: [{ coupon: id }],
      subscription_details: { items },
    });
    expect([old.total_discount_amounts[0].amount, now.total_discount_amounts![0]!.amount]).toEqual([
      old.subtotal / 2,
      now.subtotal / 2,
    ]);
  });

  test("a metered price needs a meter", async () => {
    const of = await history();
    const create = (client: any) =>
      client.prices.create({
        currency: "usd",
        unit_amount: 10,
        product: of.product,
        recurring: { interval: "month", usage_type: "metered" },
      });
    expect((await create(of.old)).recurring.usage_type).toBe("metered");
    expect(await error(create(of.stripe))).toMatchObject({
      statusCode: 400,
      message:
        "Starting with Stripe version `2025-03-31.basil`, metered prices must be backed by meters.",
    });
  });

  test("a declined try at a session's page left an incomplete subscription", async () => {
    for (const [version, left] of [[BEFORE_BASIL, ["incomplete"]], [CLOVER, []]] as const) {
      const { fake, stripe } = stage({ now: new Date("2026-01-01T00:00:00Z") });
      const { id: price } = await stripe.prices.create({
        currency: "usd",
        unit_amount: 1000,
        product_data: { name: "Gold" },
        recurring: { interval: "month" },
      });
      const session = await older(fake, version).checkout.sessions.create({
        mode: "subscription",
        success_url: "https://shop.example.com",
        line_items: [{ price, quantity: 1 }],
      });
      const pay = (card: string) => fake.asCustomer.completeCheckout(session.id, { card });
      expect(() => pay("4000000000000341")).toThrow("Your card was declined.");
      const { data } = await stripe.subscriptions.list({ status: "all" });
      expect(data.map(({ status }) => status)).toEqual(left);
      expect((await stripe.invoices.list()).data.map(({ status }) => status)).toEqual(
        left.length ? ["open"] : [],
      );
      const done = pay("4242424242424242");
      expect(done).toMatchObject({ payment_status: "paid", status: "complete" });
      const [subscription, ...others] = (await stripe.subscriptions.list({ status: "all" })).data;
      expect([subscription!.id, subscription!.status]).toEqual([done.subscription, "active"]);
      expect(others).toEqual([]);
      expect((await stripe.customers.list()).data).toHaveLength(1);
    }
  });

  test("nested lists keep their total_count", async () => {
    const of = await history();
    const now = await of.stripe.subscriptions.retrieve(of.subscription);
    expect((now.items as any).total_count).toBe(1);
    const invoice = await of.stripe.invoices.retrieve(of.invoice);
    expect((invoice.lines as any).total_count).toBe(1);
  });
});

describe("clover, 2025-09-30", () => {
  const MADE: [string, (stripe: Stripe, of: History, apiVersion: string) => Promise<unknown>][] = [
    [
      "subscriptions",
      async (stripe, { customer, gold }, apiVersion) => {
        const params = { customer, items: [{ price: gold }] };
        return (await stripe.subscriptions.create(params, { apiVersion })).billing_mode.type;
      },
    ],
    [
      "schedules",
      async (stripe, { customer, gold }, apiVersion) => {
        const phases = [{ items: [{ price: gold }] }];
        const params = { customer, start_date: "now" as const, phases };
        const made = await stripe.subscriptionSchedules.create(params, { apiVersion });
        const { billing_mode } = await stripe.subscriptions.retrieve(made.subscription as string);
        expect(made.billing_mode.type).toBe(billing_mode.type);
        return made.billing_mode.type;
      },
    ],
    [
      "quotes",
      async (stripe, { customer, gold }, apiVersion) => {
        const params = { customer, line_items: [{ price: gold }] };
        const { id, subscription_data } = await stripe.quotes.create(params, { apiVersion });
        await stripe.quotes.finalizeQuote(id);
        const { subscription } = await stripe.quotes.accept(id);
        const { billing_mode } = await stripe.subscriptions.retrieve(subscription as string);
        expect(subscription_data.billing_mode.type).toBe(billing_mode.type);
        return billing_mode.type;
      },
    ],
    [
      "checkout sessions",
      async (stripe, { fake, customer, gold }, apiVersion) => {
        const line_items = [{ price: gold, quantity: 1 }];
        const success_url = "https://shop.example.com";
        const params = { mode: "subscription" as const, customer, line_items, success_url };
        const session = await stripe.checkout.sessions.create(params, { apiVersion });
        const { subscription } = fake.asCustomer.completeCheckout(session);
        return (await stripe.subscriptions.retrieve(subscription as string)).billing_mode.type;
      },
    ],
  ];

  test.each(MADE)("what %s make is flexible where nothing is said", async (_, make) => {
    const of = await history();
    expect(await make(of.stripe, of, BEFORE_CLOVER)).toBe("classic");
    expect(await make(of.stripe, of, CLOVER)).toBe("flexible");
  });

  test("a discount's coupon is a source, and an id unless it is expanded", async () => {
    const of = await history();
    const shown = async (apiVersion: string, expand = ["discounts"]) =>
      (await of.stripe.subscriptions.retrieve(of.subscription, { expand }, { apiVersion })).discounts[0] as any;
    expect(await shown(BEFORE_CLOVER)).toMatchObject({ coupon: { id: of.coupon, percent_off: 10 } });
    const now = await shown(CLOVER);
    expect(now.source).toEqual({ coupon: of.coupon, type: "coupon" });
    expect(now).not.toHaveProperty("coupon");
    const whole = await shown(CLOVER, ["discounts.source.coupon"]);
    expect(whole.source.coupon).toMatchObject({ id: of.coupon, percent_off: 10 });
  });

  test("a promotion code has a promotion instead of a coupon", async () => {
    const of = await history();
    const old = older(of.fake, BEFORE_CLOVER);
    const made = await old.promotionCodes.create({ coupon: of.coupon });
    expect(made.coupon).toMatchObject({ id: of.coupon });
    expect(made).not.toHaveProperty("promotion");
    const now = await of.stripe.promotionCodes.retrieve(made.id);
    expect(now.promotion).toEqual({ coupon: of.coupon, type: "coupon" });
    expect(now).not.toHaveProperty("coupon");
    const create = of.stripe.promotionCodes.create({ coupon: of.coupon } as never);
    expect(await error(create)).toMatchObject({ code: "parameter_unknown", param: "coupon" });
  });

  test("a phase has a duration instead of iterations", async () => {
    const of = await history();
    const of_phase = { customer: of.customer, start_date: "now" as const };
    const items = [{ price: of.gold }];
    const old = await older(of.fake, BEFORE_CLOVER).subscriptionSchedules.create({
      ...of_phase,
      phases: [{ items, iterations: 2 }],
    });
    const duration = { interval: "month" as const, interval_count: 2 };
    const now = await of.stripe.subscriptionSchedules.create({ ...of_phase, phases: [{ items, duration }] });
    expect([old.phases[0].end_date, now.phases[0]!.end_date]).toEqual([at("03-11"), at("03-11")]);
    const refused = of.stripe.subscriptionSchedules.create({
      ...of_phase,
      phases: [{ items, iterations: 2 } as never],
    });
    expect(await error(refused)).toMatchObject({
      code: "parameter_unknown",
      param: "phases[0][iterations]",
    });
  });

  test("an invoice item tells its net amount and what it credits", async () => {
    const of = await history();
    const now = await of.stripe.invoiceItems.retrieve(of.credit);
    expect(now).toMatchObject({
      net_amount: now.amount,
      proration_details: {
        credited_items: { invoice_line_item_details: { invoice: of.invoice } },
      },
    });
  });

  test("a portal says what an update does to a trial", async () => {
    const of = await history();
    const { features } = await of.stripe.billingPortal.configurations.create({
      features: {
        subscription_update: {
          enabled: true,
          default_allowed_updates: ["price"],
          products: [{ product: of.product, prices: [of.gold] }],
        },
      },
    });
    expect(features.subscription_update.trial_update_behavior).toBe("end_trial");
  });
});

describe("dahlia, 2026-03-25", () => {
  const PAGES = [
    ["hosted", "hosted_page", { success_url: "https://shop.example.com" }],
    ["embedded", "embedded_page", { return_url: "https://shop.example.com" }],
    ["custom", "elements", { return_url: "https://shop.example.com" }],
  ] as const;

  test.each(PAGES)("the page %s is called %s", async (old, now, urls) => {
    const of = await history();
    const create = (client: any, ui_mode: string) =>
      client.checkout.sessions.create({
        mode: "payment",
        ui_mode,
        line_items: [
          { price_data: { currency: "usd", product_data: { name: "Cup" }, unit_amount: 500 }, quantity: 1 },
        ],
        ...urls,
      });
    const session = await create(older(of.fake, BEFORE_DAHLIA), old);
    expect(session.ui_mode).toBe(old);
    expect((await of.stripe.checkout.sessions.retrieve(session.id)).ui_mode).toBe(now);
    expect((await create(of.stripe, now)).ui_mode).toBe(now);
    expect(await error(create(of.stripe, old))).toMatchObject({ statusCode: 400, param: "ui_mode" });
  });

  test("quantities are decimals too", async () => {
    const of = await history();
    const [line] = (await of.stripe.invoices.listLineItems(of.invoice)).data;
    expect(`${line!.quantity_decimal}`).toBe("1");
    expect(`${(await of.stripe.invoiceItems.retrieve(of.credit)).quantity_decimal}`).toBe("1");
  });
});

describe("endive, 2026-09-30", () => {
  const anchor = { type: "now" };
  const ASK: [string, string, (stripe: Stripe, of: History, form: unknown, version?: string) => Promise<any>][] = [
    [
      "an update",
      "billing_cycle_anchor",
      (stripe, { subscription }, billing_cycle_anchor, apiVersion) =>
        stripe.subscriptions.update(
          subscription,
          { billing_cycle_anchor } as Stripe.SubscriptionUpdateParams,
          { apiVersion },
        ),
    ],
    [
      "a resumption",
      "billing_cycle_anchor",
      async (stripe, { customer, gold }, billing_cycle_anchor, apiVersion) => {
        const { id } = await stripe.subscriptions.create({ customer, items: [{ price: gold }] });
        await stripe.subscriptions.pause(id, { type: "subscription" });
        return stripe.subscriptions.resume(
          id,
          { billing_cycle_anchor } as Stripe.SubscriptionResumeParams,
          { apiVersion },
        );
      },
    ],
    [
      "a preview",
      "subscription_details[billing_cycle_anchor]",
      (stripe, { subscription }, billing_cycle_anchor, apiVersion) =>
        stripe.invoices.createPreview(
          { subscription, subscription_details: { billing_cycle_anchor } } as Stripe.InvoiceCreatePreviewParams,
          { apiVersion },
        ),
    ],
  ];

  test.each(ASK)("the anchor of %s is a hash", async (_, param, ask) => {
    const of = await history();
    await ask(of.stripe, of, "unchanged", BEFORE_ENDIVE);
    await ask(of.stripe, of, { type: "unchanged" });
    expect(await error(ask(of.stripe, of, "now"))).toMatchObject({
      statusCode: 400,
      message: expect.stringMatching(/^Invalid (object|integer)/),
      param,
    });
    expect((await error(ask(of.stripe, of, anchor, BEFORE_ENDIVE))).statusCode).toBe(400);
  });

  test("so is that of a preview of a new subscription; to create one it stays a time", async () => {
    const of = await history();
    const items = [{ price: of.gold }];
    const timestamp = at("02-01");
    const preview = async (billing_cycle_anchor: unknown, apiVersion?: string) => {
      const params = { customer: of.customer, subscription_details: { items, billing_cycle_anchor } };
      return of.stripe.invoices.createPreview(params as Stripe.InvoiceCreatePreviewParams, { apiVersion });
    };
    const now = await preview({ type: "timestamp", timestamp });
    expect((await preview(timestamp, BEFORE_ENDIVE)).total).toBe(now.total);
    expect((await error(preview(timestamp))).message).toBe("Invalid object");
    for (const apiVersion of [BEFORE_ENDIVE, undefined]) {
      const params = { customer: of.customer, items, billing_cycle_anchor: timestamp };
      const made = await of.stripe.subscriptions.create(params, { apiVersion });
      expect(made.billing_cycle_anchor).toBe(timestamp);
    }
  });

  test("a subscription can be paused, and says why it is", async () => {
    const of = await history();
    const paused = await of.stripe.subscriptions.pause(of.subscription, { type: "subscription" });
    expect(paused).toMatchObject({
      status: "paused",
      status_details: { paused: { subscription: { type: "pause_requested" }, type: "subscription" } },
    });
    const params = { payment_behavior: "resume_on_payment_attempt" as const };
    const resumed = await of.stripe.subscriptions.resume(of.subscription, params);
    await of.stripe.invoices.pay(resumed.latest_invoice as string);
    expect((await of.stripe.subscriptions.retrieve(of.subscription)).status).toBe("active");
  });

  test("what is new is shown", async () => {
    const of = await history();
    const subscription = await of.stripe.subscriptions.retrieve(of.subscription);
    expect(subscription.items.data[0]).toHaveProperty("current_trial", null);
    const schedule = await of.stripe.subscriptionSchedules.create({
      customer: of.customer,
      start_date: "now",
      phases: [{ items: [{ price: of.gold }] }],
    });
    expect(schedule).toHaveProperty("pause_schedules");
  });
});

describe("before", () => {
  test("2024-04-10 a product's marketing features were features", async () => {
    const { fake, stripe } = stage();
    const old = older(fake, "2023-10-16");
    const made = await old.products.create({ name: "Gold", features: [{ name: "All of it" }] });
    expect(made.features).toEqual([{ name: "All of it" }]);
    expect(made).not.toHaveProperty("marketing_features");
    const now = await stripe.products.retrieve(made.id);
    expect(now.marketing_features).toEqual([{ name: "All of it" }]);
    expect(now).not.toHaveProperty("features");
  });

  test("2024-04-10 an invoice's rendering had options", async () => {
    const of = await history();
    const params = { customer: of.customer, rendering_options: { amount_tax_display: "exclude_tax" } };
    const made = await older(of.fake, "2023-10-16").invoices.create(params);
    expect(made.rendering_options).toEqual({ amount_tax_display: "exclude_tax" });
    expect(await error(of.stripe.invoices.create(params as never))).toMatchObject({
      code: "parameter_unknown",
      param: "rendering_options",
    });
  });

  test("2024-04-10 pending items could be required", async () => {
    const of = await history();
    const params = {
      customer: of.customer,
      pending_invoice_items_behavior: "include_and_require" as never,
    };
    expect(await error(of.stripe.invoices.create(params))).toMatchObject({
      statusCode: 400,
      param: "pending_invoice_items_behavior",
    });
  });

  test("2024-09-30 an alert's threshold was a configuration, and its filter beside it", async () => {
    const { fake, stripe } = stage();
    const meter = await stripe.billing.meters.create({
      display_name: "Calls",
      event_name: "calls",
      default_aggregation: { formula: "sum" },
    });
    const threshold = { gte: 10, meter: meter.id, recurrence: "one_time" as const };
    const alert = { alert_type: "usage_threshold" as const, title: "Ten" };
    const made = await older(fake, "2024-06-20").billing.alerts.create({
      ...alert,
      usage_threshold_config: threshold,
    });
    expect(made.usage_threshold_config).toMatchObject(threshold);
    const now = await stripe.billing.alerts.retrieve(made.id);
    expect(now.usage_threshold).toMatchObject(threshold);
    expect(now).not.toHaveProperty("usage_threshold_config");
  });

  test("2022-08-01 a session had its payment intent at once", async () => {
    const of = await history();
    const params = {
      mode: "payment",
      success_url: "https://shop.example.com",
      line_items: [
        { price_data: { currency: "usd", product_data: { name: "Cup" }, unit_amount: 500 }, quantity: 1 },
      ],
    };
    const old = await older(of.fake, "2020-08-27").checkout.sessions.create(params);
    expect(old.payment_intent).toMatch(/^pi_/);
    expect((await of.stripe.checkout.sessions.create(params as never)).payment_intent).toBeNull();
  });

  test("2022-11-15 an intent listed its charges", async () => {
    const of = await history();
    const old = await older(of.fake, "2022-08-01").paymentIntents.retrieve(of.intent);
    expect(old.charges.data.map(({ id }: any) => id)).toEqual([old.latest_charge]);
    expect(await of.stripe.paymentIntents.retrieve(of.intent)).not.toHaveProperty("charges");
  });
});
