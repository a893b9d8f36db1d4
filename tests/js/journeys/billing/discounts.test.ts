/**
 * Coupons, promotion codes and the discounts that come of them: what they can be, what they take off and for how long, in
 * which order, and when they end.
 *
 * Sources: https://docs.stripe.com/api/coupons, https://docs.stripe.com/api/promotion_codes,
 * https://docs.stripe.com/api/discounts, https://docs.stripe.com/billing/subscriptions/coupons; the sums with a coupon over
 * 10 % and the events of discounts that are taken, replaced, spent and taken away are recorded. Messages are asserted only
 * where they were recorded or public code quotes them as Stripe's.
 */

import Stripe from "stripe";
import { describe, expect, test } from "vitest";
import { error, stage } from "../stage.ts";

const NEW_YEAR = Date.UTC(2027, 0, 1) / 1000;
const YEAR = 365 * 24 * 3600;

/** A customer who can pay, and a price of $10.00 a month. */
async function shop(apiVersion?: string) {
  const { fake, stripe: newest } = stage({ now: new Date(NEW_YEAR * 1000) });
  fake.clock.freeze();
  const options = { ...fake.stripeOptions(), apiVersion } as never;
  const stripe = apiVersion ? new Stripe(fake.apiKey, options) : newest;
  const customer = (await stripe.customers.create({ email: "ana@example.com" })).id;
  const card = await stripe.paymentMethods.attach("pm_card_visa", { customer });
  await stripe.customers.update(customer, { invoice_settings: { default_payment_method: card.id } });
  const price = async (unit_amount: number, more: object = {}) => {
    const product_data = { name: "Gold" };
    const recurring = { interval: "month" as const };
    return (await stripe.prices.create({ currency: "usd", unit_amount, recurring, product_data, ...more })).id;
  };
  const monthly = await price(1000);
  const subscribe = (more: Partial<Stripe.SubscriptionCreateParams> = {}) =>
    stripe.subscriptions.create({ customer, items: [{ price: monthly }], expand: ["latest_invoice"], ...more });
  /** A draft with lines of those amounts, the last one first. */
  const draft = async (amounts: number[], more: Partial<Stripe.InvoiceCreateParams> = {}) => {
    const { id: invoice } = await stripe.invoices.create({ customer, ...more });
    for (const amount of amounts) await stripe.invoiceItems.create({ customer, invoice, amount, currency: "usd" });
    return stripe.invoices.retrieve(invoice);
  };
  /** The totals of the subscription's invoices, oldest first. */
  const totals = async (subscription: string) =>
    (await stripe.invoices.list({ subscription, limit: 100 })).data.map(({ total }) => total).reverse();
  let seen = (await stripe.events.list({ limit: 100 })).data.length;
  /** The events about discounts and what has them since the last look, oldest first. */
  const told = async () => {
    const data = await stripe.events.list({ limit: 100 }).autoPagingToArray({ limit: 1000 });
    const fresh = data.reverse().slice(seen);
    seen = data.length;
    return fresh;
  };
  return { fake, stripe, customer, price, monthly, subscribe, draft, totals, told };
}

const ofDiscounts = (events: Stripe.Event[]) =>
  events.map(({ type }) => type).filter((type) => /discount|subscription\.updated|invoiceitem/.test(type));
const shares = (invoice: Stripe.Invoice) => invoice.lines.data.map((line) => line.discount_amounts!.map(({ amount }) => amount));
const sum = (invoice: Stripe.Invoice) => invoice.total_discount_amounts!.map(({ amount }) => amount);

describe("a coupon", () => {
  test.each<[object, object]>([
    [
      { percent_off: 25 },
      { amount_off: null, currency: null, duration: "once", duration_in_months: null, name: null, percent_off: 25, valid: true },
    ],
    [{ percent_off: 33.33 }, { percent_off: 33.33 }],
    [{ percent_off: 0.01 }, { percent_off: 0.01 }],
    [{ percent_off: 100 }, { percent_off: 100 }],
    [{ amount_off: 500, currency: "USD" }, { amount_off: 500, currency: "usd", percent_off: null }],
    [{ percent_off: 5, duration: "repeating", duration_in_months: 3 }, { duration: "repeating", duration_in_months: 3 }],
    [{ percent_off: 5, duration: "forever" }, { duration: "forever", duration_in_months: null }],
    [{ percent_off: 5, id: "SPRING", name: "Spring" }, { id: "SPRING", name: "Spring" }],
    [{ percent_off: 5, max_redemptions: 2 }, { max_redemptions: 2, times_redeemed: 0 }],
    [{ percent_off: 5, redeem_by: NEW_YEAR + 5 * YEAR }, { redeem_by: NEW_YEAR + 5 * YEAR }],
  ])("can be %j", async (params, shown) => {
    const { stripe } = await shop();
    const coupon = await stripe.coupons.create(params);
    expect(coupon).toMatchObject(shown);
    expect(coupon.id).toMatch(/^([A-Za-z0-9]{8}|SPRING)$/);
  });

  test.each<[object, object]>([
    [{}, { code: "parameter_missing", message: "Must provide percent_off or amount_off." }],
    [
      { percent_off: 5, amount_off: 5, currency: "usd" },
      { message: "Received both percent_off and amount_off parameters. Please pass in only one." },
    ],
    [{ amount_off: 5 }, { param: "currency", message: "You must pass currency when passing amount_off" }],
    [
      { percent_off: 0 },
      { param: "percent_off", message: "This value must be greater than or equal to 0.01 (it currently is '0.0')." },
    ],
    [{ percent_off: 100.5 }, { param: "percent_off" }],
    [{ amount_off: 0, currency: "usd" }, { param: "amount_off" }],
    [
      { percent_off: 5, duration: "repeating" },
      {
        param: "duration",
        message: "The duration_in_months param must be set when creating a coupon with a repeating duration",
      },
    ],
    [{ percent_off: 5, duration: "repeating", duration_in_months: 0 }, { param: "duration_in_months" }],
    [{ percent_off: 5, duration_in_months: 3 }, { param: "duration_in_months" }],
    [{ percent_off: 5, max_redemptions: 0 }, { param: "max_redemptions" }],
    [{ percent_off: 5, redeem_by: NEW_YEAR - 1 }, { param: "redeem_by" }],
    [{ percent_off: 5, redeem_by: NEW_YEAR + 5 * YEAR + 1 }, { param: "redeem_by" }],
    [{ percent_off: 5, currency_options: { eur: { amount_off: 5 } } }, { statusCode: 400 }],
    [{ percent_off: 5, applies_to: { products: ["none"] } }, { code: "resource_missing" }],
    [{ percent_off: 5, id: "TAKEN" }, { code: "resource_already_exists", message: "Coupon already exists." }],
  ])("cannot be %j", async (params, refusal) => {
    const { stripe } = await shop();
    await stripe.coupons.create({ id: "TAKEN", percent_off: 1 });
    expect(await error(stripe.coupons.create(params))).toMatchObject({ statusCode: 400, ...refusal });
  });

  test("can be renamed; the rest of it is fixed", async () => {
    const { stripe } = await shop();
    const { id } = await stripe.coupons.create({ amount_off: 500, currency: "usd" });
    const change = { name: "Spring", metadata: { a: "b" }, currency_options: { eur: { amount_off: 400 } } };
    const changed = await stripe.coupons.update(id, { ...change, expand: ["currency_options"] });
    expect(changed).toMatchObject({
      name: "Spring",
      metadata: { a: "b" },
      currency_options: { eur: { amount_off: 400 }, usd: { amount_off: 500 } },
    });
    for (const name of ["percent_off", "amount_off", "currency", "duration", "duration_in_months", "max_redemptions", "redeem_by"]) {
      expect(await error(stripe.coupons.update(id, { [name]: 1 } as never))).toMatchObject({ code: "parameter_unknown", param: name });
    }
  });

  test("is valid until it was redeemed as often as it may be", async () => {
    const { stripe, subscribe } = await shop();
    const { id: coupon } = await stripe.coupons.create({ percent_off: 5, max_redemptions: 2 });
    await subscribe({ discounts: [{ coupon }] });
    expect(await stripe.coupons.retrieve(coupon)).toMatchObject({ times_redeemed: 1, valid: true });
    await subscribe({ discounts: [{ coupon }] });
    expect(await stripe.coupons.retrieve(coupon)).toMatchObject({ times_redeemed: 2, valid: false });
    expect(await error(subscribe({ discounts: [{ coupon }] }))).toMatchObject({
      statusCode: 400,
      code: "coupon_expired",
      param: "discounts[0][coupon]",
    });
  });

  test("is valid until its time is over, and its discounts go on", async () => {
    const { fake, stripe, subscribe, totals } = await shop();
    const redeem_by = NEW_YEAR + 24 * 3600;
    const { id: coupon } = await stripe.coupons.create({ percent_off: 10, duration: "forever", redeem_by });
    const code = await stripe.promotionCodes.create({ promotion: { type: "coupon", coupon } });
    const { id } = await subscribe({ discounts: [{ coupon }] });
    fake.clock.advance({ hours: 23 });
    expect((await stripe.coupons.retrieve(coupon)).valid).toBe(true);
    fake.clock.advance({ hours: 1 });
    expect((await stripe.coupons.retrieve(coupon)).valid).toBe(false);
    expect((await stripe.promotionCodes.retrieve(code.id)).active).toBe(false);
    expect(await error(subscribe({ discounts: [{ coupon }] }))).toMatchObject({ code: "coupon_expired" });
    fake.clock.advance({ months: 1 });
    expect(await totals(id)).toEqual([900, 900]);
  });

  test("that is deleted is given to nobody else, and its discounts go on", async () => {
    const { fake, stripe, subscribe, totals } = await shop();
    const { id: coupon } = await stripe.coupons.create({ percent_off: 10, duration: "forever" });
    const { id } = await subscribe({ discounts: [{ coupon }] });
    await stripe.coupons.del(coupon);
    expect(await error(stripe.coupons.retrieve(coupon))).toMatchObject({ statusCode: 404, code: "resource_missing" });
    expect(await error(subscribe({ discounts: [{ coupon }] }))).toMatchObject({
      statusCode: 400,
      code: "resource_missing",
      param: "discounts[0][coupon]",
      message: `No such coupon: '${coupon}'`,
    });
    fake.clock.advance({ months: 2, hours: 2 });
    expect(await totals(id)).toEqual([900, 900, 900]);
  });

  test("applies to the products it names", async () => {
    const { stripe, price, subscribe } = await shop();
    const other = await price(500);
    const { product } = await stripe.prices.retrieve(other);
    const applies_to = { products: [product as string] };
    const { id: coupon } = await stripe.coupons.create({ percent_off: 50, applies_to });
    const monthly = await price(1000);
    const items = [{ price: monthly }, { price: other }];
    const invoice = (await subscribe({ items, discounts: [{ coupon }] })).latest_invoice as Stripe.Invoice;
    expect(invoice).toMatchObject({ subtotal: 1500, total: 1250 });
    const off = Object.fromEntries(invoice.lines.data.map((line) => [line.amount, line.discount_amounts![0]!.amount]));
    expect(off).toEqual({ 1000: 0, 500: 250 });
  });

  test("takes off what it says in the currency of the invoice", async () => {
    const { stripe, price } = await shop();
    const currency_options = { eur: { amount_off: 400 } };
    const { id: coupon } = await stripe.coupons.create({ amount_off: 500, currency: "usd", currency_options });
    const { id: customer } = await stripe.customers.create({ payment_method: "pm_card_visa", invoice_settings: { default_payment_method: "pm_card_visa" } });
    const euros = await price(1000, { currency: "eur" });
    const made = await stripe.subscriptions.create({
      customer,
      items: [{ price: euros }],
      discounts: [{ coupon }],
      expand: ["latest_invoice"],
    });
    expect(made.latest_invoice).toMatchObject({ currency: "eur", subtotal: 1000, total: 600 });
  });
});

describe("how long a discount lasts", () => {
  test("once: the next invoice, and then it is spent", async () => {
    const { fake, stripe, subscribe, totals, told } = await shop();
    const { id: coupon } = await stripe.coupons.create({ percent_off: 20 });
    await told();
    const made = await subscribe({ discounts: [{ coupon }] });
    expect(made.discounts).toEqual([]);
    expect(made.latest_invoice).toMatchObject({ subtotal: 1000, total: 800 });
    const [created, ended, ...rest] = (await told()).filter(({ type }) => type.startsWith("customer.discount"));
    expect([created!.type, ended!.type, rest]).toEqual(["customer.discount.created", "customer.discount.deleted", []]);
    expect(ended!.data.object).toMatchObject({ subscription: made.id, end: null, start: NEW_YEAR });
    expect("deleted" in ended!.data.object).toBe(false);
    fake.clock.advance({ months: 2, hours: 2 });
    expect(await totals(made.id)).toEqual([800, 1000, 1000]);
  });

  test("once, given later: the next renewal", async () => {
    const { fake, stripe, subscribe, totals } = await shop();
    const { id: coupon } = await stripe.coupons.create({ percent_off: 20 });
    const { id } = await subscribe();
    expect((await stripe.subscriptions.update(id, { discounts: [{ coupon }] })).discounts).toHaveLength(1);
    fake.clock.advance({ months: 2, hours: 2 });
    expect(await totals(id)).toEqual([1000, 800, 1000]);
    expect((await stripe.subscriptions.retrieve(id)).discounts).toEqual([]);
  });

  test("repeating: invoices before its end", async () => {
    const { fake, stripe, subscribe, totals, told } = await shop();
    const { id: coupon } = await stripe.coupons.create({ percent_off: 10, duration: "repeating", duration_in_months: 3 });
    const made = await subscribe({ discounts: [{ coupon }], expand: ["discounts"] });
    const end = Date.UTC(2027, 3, 1) / 1000;
    expect(made.discounts[0]).toMatchObject({ start: NEW_YEAR, end, source: { coupon, type: "coupon" } });
    fake.clock.advance({ months: 2, days: 27 });
    expect((await stripe.subscriptions.retrieve(made.id)).discounts).toHaveLength(1);
    await told();
    fake.clock.advance({ months: 2 });
    expect(await totals(made.id)).toEqual([900, 900, 900, 1000, 1000]);
    expect((await stripe.subscriptions.retrieve(made.id)).discounts).toEqual([]);
    const ended = (await told()).find(({ type }) => type === "customer.discount.deleted");
    expect(ended).toMatchObject({ created: end, data: { object: { end } } });
  });

  test("repeating, on a yearly price: the whole year that begins before its end", async () => {
    const { fake, stripe, price, subscribe, totals } = await shop();
    const { id: coupon } = await stripe.coupons.create({ percent_off: 10, duration: "repeating", duration_in_months: 13 });
    const yearly = await price(12_000, { recurring: { interval: "year" } });
    const { id } = await subscribe({ items: [{ price: yearly }], discounts: [{ coupon }] });
    fake.clock.advance({ years: 2, hours: 2 });
    expect(await totals(id)).toEqual([10_800, 10_800, 12_000]);
  });

  test("repeating, in a subscription that began before: from its beginning", async () => {
    const { stripe, subscribe } = await shop();
    const { id: coupon } = await stripe.coupons.create({ percent_off: 10, duration: "repeating", duration_in_months: 3 });
    const start = Date.UTC(2026, 11, 1) / 1000;
    const made = await subscribe({ backdate_start_date: start, discounts: [{ coupon }], expand: ["discounts"] });
    expect(made.discounts[0]).toMatchObject({ start, end: Date.UTC(2027, 2, 1) / 1000 });
  });

  test("for ever", async () => {
    const { fake, stripe, subscribe, totals } = await shop();
    const { id: coupon } = await stripe.coupons.create({ percent_off: 10, duration: "forever" });
    const made = await subscribe({ discounts: [{ coupon }], expand: ["discounts"] });
    expect(made.discounts[0]).toMatchObject({ end: null });
    fake.clock.advance({ years: 1, hours: 2 });
    expect(await totals(made.id)).toEqual(Array(13).fill(900));
  });

  test("a customer's: on the invoices of all of their subscriptions that have none of their own", async () => {
    const { fake, stripe, customer, subscribe, totals } = await shop("2025-02-24.acacia");
    const { id: coupon } = await stripe.coupons.create({ percent_off: 10, duration: "repeating", duration_in_months: 2 });
    const { id: other } = await stripe.coupons.create({ percent_off: 50, duration: "forever" });
    const has = await stripe.customers.update(customer, { coupon } as never);
    expect(has.discount).toMatchObject({ object: "discount", customer, coupon: { id: coupon }, subscription: null });
    const [bare, own] = [await subscribe(), await subscribe({ discounts: [{ coupon: other }] })];
    fake.clock.advance({ months: 3, hours: 2 });
    expect([await totals(bare.id), await totals(own.id)]).toEqual([
      [900, 900, 1000, 1000],
      [500, 500, 500, 500],
    ]);
    expect(((await stripe.customers.retrieve(customer)) as Stripe.Customer).discount).toBe(null);
  });

  test("a customer's, for once: the first invoice", async () => {
    const { fake, stripe, customer, subscribe, totals } = await shop("2025-02-24.acacia");
    const { id: coupon } = await stripe.coupons.create({ percent_off: 10 });
    await stripe.customers.update(customer, { coupon } as never);
    const { id } = await subscribe();
    fake.clock.advance({ months: 1, hours: 2 });
    expect(await totals(id)).toEqual([900, 1000]);
  });

  test("on an invoice or its item, for once: until it is finalized", async () => {
    const { stripe, customer, told } = await shop();
    const coupon = async (duration: "once" | "forever") => (await stripe.coupons.create({ percent_off: 10, duration })).id;
    const [once, forever] = [await coupon("once"), await coupon("forever")];
    const discounts = [{ coupon: forever }, { coupon: once }];
    const { id: invoice } = await stripe.invoices.create({ customer, discounts });
    await stripe.invoiceItems.create({ customer, invoice, amount: 1000, currency: "usd", discounts: [{ coupon: once }] });
    await told();
    const open = await stripe.invoices.finalizeInvoice(invoice);
    expect(open).toMatchObject({ subtotal: 900, total: 729 });
    const ended = (await told()).filter(({ type }) => type === "customer.discount.deleted");
    expect(ended.map(({ data }) => (data.object as Stripe.Discount).end)).toEqual([null, null]);
    expect((await stripe.invoices.retrieve(invoice)).total).toBe(729);
  });

  test("an item's coupon does not repeat", async () => {
    const { stripe, customer } = await shop();
    const { id: coupon } = await stripe.coupons.create({ percent_off: 10, duration: "repeating", duration_in_months: 2 });
    const item = { customer, amount: 1000, currency: "usd", discounts: [{ coupon }] };
    expect(await error(stripe.invoiceItems.create(item))).toMatchObject({
      statusCode: 400,
      message: `Coupon ${coupon} has \`duration=repeating\` and cannot be applied to one-time objects. (invoice item).`,
    });
  });
});

describe("what discounts take off", () => {
  const percent = (percent_off: number) => ({ percent_off });
  const amount = (amount_off: number) => ({ amount_off, currency: "usd" });

  // The lines are in the order of the invoice: the last one that was added comes first.
  test.each<[string, number[], object[], number[][], number[], number]>([
    ["10 %", [2500], [percent(10)], [[250]], [250], 2250],
    ["10 %, then 50 % of what is left", [1000], [percent(10), percent(50)], [[100, 450]], [100, 450], 450],
    ["50 %, then $1.00", [1000], [percent(50), amount(100)], [[500, 100]], [500, 100], 400],
    ["$1.00, then 50 %", [1000], [amount(100), percent(50)], [[100, 450]], [100, 450], 450],
    ["an amount shared in proportion, the rest with the last line", [2000, 1000], [amount(500)], [[166], [334]], [500], 2500],
    ["a percentage of all, shared likewise", [999, 1001], [percent(33.33)], [[333], [334]], [667], 1333],
    ["more than there is", [300], [amount(500)], [[300]], [300], 0],
    ["all of it", [300], [percent(100)], [[300]], [300], 0],
    ["nothing of a credit", [1000, -400], [percent(10)], [[0], [100]], [100], 500],
  ])("%s", async (_, amounts, coupons, off, total_off, total) => {
    const { stripe, draft } = await shop();
    const discounts: Stripe.InvoiceCreateParams.Discount[] = [];
    for (const coupon of coupons) discounts.push({ coupon: (await stripe.coupons.create(coupon)).id });
    const invoice = await draft(amounts, { discounts });
    const subtotal = amounts.reduce((sum, one) => sum + one, 0);
    expect(invoice).toMatchObject({ subtotal, total, amount_due: total, total_excluding_tax: total });
    expect([shares(invoice), sum(invoice)]).toEqual([off, total_off]);
  });

  // Recorded.
  test("is shown on the line and on the invoice, twice each", async () => {
    const { stripe, draft } = await shop();
    const { id: coupon } = await stripe.coupons.create({ percent_off: 10 });
    const invoice = await draft([2500], { discounts: [{ coupon }] });
    const [discount] = invoice.discounts;
    expect(invoice).toMatchObject({
      subtotal: 2500,
      subtotal_excluding_tax: 2500,
      total: 2250,
      total_excluding_tax: 2250,
      total_discount_amounts: [{ amount: 250, discount }],
      total_pretax_credit_amounts: [{ amount: 250, discount, type: "discount" }],
    });
    expect(invoice.lines.data[0]).toMatchObject({
      amount: 2500,
      discount_amounts: [{ amount: 250, discount }],
      pretax_credit_amounts: [{ amount: 250, discount, type: "discount" }],
      discounts: [],
    });
  });

  test("of an item comes before that of the invoice, and is in the subtotal", async () => {
    const { stripe, customer } = await shop();
    const [fifth, tenth] = [await stripe.coupons.create(percent(20)), await stripe.coupons.create(percent(10))];
    const { id: invoice } = await stripe.invoices.create({ customer, discounts: [{ coupon: tenth.id }] });
    const item = (amount: number, discounts: Stripe.InvoiceItemCreateParams.Discount[]) =>
      stripe.invoiceItems.create({ customer, invoice, amount, currency: "usd", discounts });
    await item(1000, [{ coupon: fifth.id }]);
    await item(500, []);
    const seen = await stripe.invoices.retrieve(invoice);
    expect(seen).toMatchObject({ subtotal: 1300, total: 1170 });
    expect(shares(seen)).toEqual([[50], [200, 80]]);
  });

  test("of a subscription's item comes before that of the subscription, and goes on with it", async () => {
    const { fake, stripe, price, monthly, subscribe, totals } = await shop();
    const coupon = async (percent_off: number, duration: "once" | "forever") =>
      (await stripe.coupons.create({ percent_off, duration })).id;
    const [half, fifth, tenth] = [await coupon(50, "forever"), await coupon(20, "once"), await coupon(10, "forever")];
    const other = await price(500);
    const made = await subscribe({
      items: [{ price: monthly, discounts: [{ coupon: half }, { coupon: fifth }] }, { price: other }],
      discounts: [{ coupon: tenth }],
      expand: ["latest_invoice", "items.data.discounts"],
    });
    expect(made.latest_invoice).toMatchObject({ subtotal: 900, total: 810 });
    const [first, second] = made.items.data;
    expect(first!.discounts).toMatchObject([{ subscription_item: first!.id, source: { coupon: half } }]);
    expect(second!.discounts).toEqual([]);
    const line = (made.latest_invoice as Stripe.Invoice).lines.data.find(({ amount }) => amount === 1000)!;
    expect(line.discount_amounts!.map(({ amount }) => amount)).toEqual([500, 100, 40]);
    fake.clock.advance({ months: 1, hours: 2 });
    expect(await totals(made.id)).toEqual([810, 900]);
    await stripe.subscriptionItems.update(first!.id, { discounts: "" });
    fake.clock.advance({ months: 1 });
    expect(await totals(made.id)).toEqual([810, 900, 1350]);
  });

  test("is nothing of a proration, which has its discount in it", async () => {
    const { stripe, price, subscribe } = await shop();
    const { id: coupon } = await stripe.coupons.create({ percent_off: 10, duration: "forever" });
    const { id, items } = await subscribe({ discounts: [{ coupon }] });
    const updated = await stripe.subscriptions.update(id, {
      items: [{ id: items.data[0]!.id, price: await price(2000) }],
      proration_behavior: "always_invoice",
      expand: ["latest_invoice"],
    });
    const invoice = updated.latest_invoice as Stripe.Invoice;
    expect(invoice.total).toBe(900);
    expect(shares(invoice)).toEqual([[0], [0]]);
  });

  test("an invoice has the discount of its customer unless it has its own, or wants none", async () => {
    const { stripe, customer } = await shop("2025-02-24.acacia");
    const [own, other] = [await stripe.coupons.create(percent(10)), await stripe.coupons.create(percent(50))];
    await stripe.customers.update(customer, { coupon: own.id } as never);
    const totals = [];
    for (const discounts of [undefined, [{ coupon: other.id }], "" as const]) {
      const { id: invoice } = await stripe.invoices.create({ customer, ...(discounts !== undefined && { discounts }) });
      await stripe.invoiceItems.create({ customer, invoice, amount: 1000, currency: "usd" });
      totals.push((await stripe.invoices.retrieve(invoice)).total);
    }
    expect(totals).toEqual([900, 500, 1000]);
  });
});

const DISCOUNT = ["id", "object", "checkout_session", "customer", "customer_account", "end", "invoice", "invoice_item"];
DISCOUNT.push("promotion_code", "source", "start", "subscription", "subscription_item");

describe("a discount", () => {
  test("has these fields; before clover the coupon was in it", async () => {
    const { fake, stripe, subscribe } = await shop();
    const { id: coupon } = await stripe.coupons.create({ percent_off: 10, duration: "forever" });
    const made = await subscribe({ discounts: [{ coupon }], expand: ["discounts"] });
    const [discount] = made.discounts as Stripe.Discount[];
    expect(Object.keys(discount!).sort()).toEqual(DISCOUNT.sort());
    expect(discount).toMatchObject({ subscription: made.id, invoice: null, promotion_code: null, start: NEW_YEAR });
    const apiVersion = "2025-08-27.basil";
    const before = new Stripe(fake.apiKey, { ...fake.stripeOptions(), apiVersion } as never);
    const seen = await before.subscriptions.retrieve(made.id, { expand: ["discounts"] });
    expect(seen.discounts[0]).toMatchObject({ coupon: { id: coupon, percent_off: 10 } });
    expect("source" in (seen.discounts[0] as object)).toBe(false);
  });

  test("of a subscription is left, overwritten, kept, cleared", async () => {
    const { stripe, subscribe, told } = await shop();
    const coupon = async (percent_off: number) => (await stripe.coupons.create({ percent_off, duration: "forever" })).id;
    const [tenth, fifth] = [await coupon(10), await coupon(20)];
    const { id, discounts } = await subscribe({ discounts: [{ coupon: tenth }] });
    const [first] = discounts as string[];
    const update = async (params: Stripe.SubscriptionUpdateParams) =>
      (await stripe.subscriptions.update(id, params)).discounts as string[];
    await told();
    expect(await update({ metadata: { a: "b" } })).toEqual([first]);
    expect(await update({ discounts: [] })).toEqual([first]);
    expect(ofDiscounts(await told())).toEqual(["customer.subscription.updated"]);

    const both = await update({ discounts: [{ discount: first! }, { coupon: fifth }] });
    expect([both.length, both[0]]).toEqual([2, first]);
    expect(ofDiscounts(await told())).toEqual(["customer.discount.created", "customer.subscription.updated"]);

    const second = both[1]!;
    expect(await update({ discounts: [{ discount: second }] })).toEqual([second]);
    expect(ofDiscounts(await told())).toEqual(["customer.discount.deleted", "customer.subscription.updated"]);

    const [third] = await update({ discounts: [{ coupon: tenth }] });
    const [swapped, updated] = (await told()).filter(({ type }) => /discount|subscription/.test(type));
    expect(swapped).toMatchObject({
      type: "customer.discount.updated",
      data: {
        object: { id: third, source: { coupon: tenth } },
        previous_attributes: { id: second, source: { coupon: fifth } },
      },
    });
    expect(updated).toMatchObject({
      type: "customer.subscription.updated",
      data: { previous_attributes: { discounts: [second] } },
    });

    expect(await update({ discounts: "" })).toEqual([]);
    expect(ofDiscounts(await told())).toEqual(["customer.discount.deleted", "customer.subscription.updated"]);
    expect(await error(update({ discounts: [{ discount: "di_none" }] }))).toMatchObject({
      statusCode: 400,
      code: "resource_missing",
      param: "discounts[0][discount]",
    });
  });

  test("is taken away from a subscription", async () => {
    const { fake, stripe, subscribe, totals, told } = await shop();
    const { id: coupon } = await stripe.coupons.create({ percent_off: 10, duration: "repeating", duration_in_months: 12 });
    const { id, discounts } = await subscribe({ discounts: [{ coupon }] });
    fake.clock.advance({ days: 1 });
    await told();
    const gone = await stripe.subscriptions.deleteDiscount(id);
    expect(gone).toMatchObject({ id: discounts[0], object: "discount", deleted: true, subscription: id, source: { coupon } });
    expect("end" in gone).toBe(false);
    const events = (await told()).filter(({ type }) => /discount|subscription/.test(type));
    expect(events.map(({ type }) => type)).toEqual(["customer.subscription.updated", "customer.discount.deleted"]);
    expect(events[1]!.data.object).toMatchObject({ id: discounts[0], end: NEW_YEAR + 24 * 3600 });
    expect(await error(stripe.subscriptions.deleteDiscount(id))).toMatchObject({ statusCode: 404 });
    fake.clock.advance({ months: 1 });
    expect(await totals(id)).toEqual([900, 1000]);
  });

  test("is taken away from a customer, or another comes in its place", async () => {
    const { stripe, customer, told } = await shop("2025-02-24.acacia");
    const coupon = async (percent_off: number) => (await stripe.coupons.create({ percent_off })).id;
    const [tenth, fifth] = [await coupon(10), await coupon(20)];
    const types = async () => (await told()).map(({ type }) => type).filter((type) => /^customer\./.test(type));
    await types();
    const first = (await stripe.customers.update(customer, { coupon: tenth } as never)).discount!;
    expect(await types()).toEqual(["customer.discount.created"]);
    const second = (await stripe.customers.update(customer, { coupon: fifth } as never)).discount!;
    expect(second.id).not.toBe(first.id);
    expect(await types()).toEqual(["customer.discount.updated"]);
    const gone = await stripe.customers.deleteDiscount(customer);
    expect(gone).toMatchObject({ id: second.id, deleted: true, customer });
    expect(await types()).toEqual(["customer.discount.deleted"]);
    expect(await error(stripe.customers.deleteDiscount(customer))).toMatchObject({ statusCode: 404 });
  });

  test("of an invoice item goes with what has it", async () => {
    const { stripe, customer, told } = await shop();
    const { id: coupon } = await stripe.coupons.create({ percent_off: 10, duration: "forever" });
    const { id: invoice } = await stripe.invoices.create({ customer, discounts: [{ coupon }] });
    const discounts = [{ coupon }];
    const params = { customer, invoice, amount: 1000, currency: "usd", discounts };
    const [first] = [await stripe.invoiceItems.create(params), await stripe.invoiceItems.create(params)];
    const ended = async () =>
      (await told()).filter(({ type }) => /discount.deleted|\.deleted/.test(type)).map(({ type, data }) => [
        type,
        (data.object as Stripe.Discount).end ?? null,
      ]);
    await ended();
    await stripe.invoiceItems.del(first.id);
    expect(await ended()).toEqual([["customer.discount.deleted", NEW_YEAR], ["invoiceitem.deleted", null]]);
    await stripe.invoices.del(invoice);
    expect((await ended()).map(([type]) => type)).toEqual([
      "invoice.deleted",
      "invoiceitem.deleted",
      "customer.discount.deleted",
      "customer.discount.deleted",
    ]);
  });
});

describe("a promotion code", () => {
  const coupon = async ({ stripe }: { stripe: Stripe }, more: Stripe.CouponCreateParams = {}) =>
    (await stripe.coupons.create({ percent_off: 10, duration: "forever", ...more })).id;
  const code = (stripe: Stripe, coupon: string, more: Partial<Stripe.PromotionCodeCreateParams> = {}) =>
    stripe.promotionCodes.create({ promotion: { type: "coupon", coupon }, ...more });

  test("is drawn where none is chosen", async () => {
    const at = await shop();
    const of = await coupon(at);
    expect(await code(at.stripe, of)).toMatchObject({
      object: "promotion_code",
      active: true,
      code: expect.stringMatching(/^[A-Z0-9]{8}$/),
      customer: null,
      expires_at: null,
      max_redemptions: null,
      promotion: { coupon: of, type: "coupon" },
      restrictions: { first_time_transaction: false, minimum_amount: null, minimum_amount_currency: null },
      times_redeemed: 0,
    });
  });

  test("was made of a coupon by itself before clover", async () => {
    const at = await shop("2025-08-27.basil");
    const of = await coupon(at);
    const made = await at.stripe.promotionCodes.create({ coupon: of, code: "SPRING" } as never);
    expect(made).toMatchObject({ code: "SPRING", coupon: { id: of } });
    expect("promotion" in made).toBe(false);
  });

  test.each<[Partial<Stripe.PromotionCodeCreateParams>, object]>([
    [{ code: "spring" }, { message: "An active promotion code with `code: spring` already exists." }],
    [{ code: "not this!" }, { param: "code" }],
    [{ max_redemptions: 6 }, { param: "max_redemptions" }],
    [{ expires_at: NEW_YEAR + YEAR + 1 }, { param: "expires_at" }],
    [{ expires_at: NEW_YEAR - 1 }, { param: "expires_at" }],
    [{ restrictions: { minimum_amount: 500 } }, { param: "restrictions[minimum_amount_currency]" }],
    [{ promotion: { type: "coupon", coupon: "none" } }, { code: "resource_missing", message: "No such coupon: 'none'" }],
    [{ customer: "none" }, { code: "resource_missing", param: "customer" }],
  ])("cannot be %j", async (params, refusal) => {
    const at = await shop();
    const of = await coupon(at, { max_redemptions: 5, redeem_by: NEW_YEAR + YEAR });
    await code(at.stripe, of, { code: "SPRING" });
    expect(await error(code(at.stripe, of, params))).toMatchObject({ statusCode: 400, ...refusal });
  });

  test("is unique among the active codes of everybody, and of each customer", async () => {
    const at = await shop();
    const of = await coupon(at);
    const all = await code(at.stripe, of, { code: "SPRING" });
    await code(at.stripe, of, { code: "SPRING", customer: at.customer });
    await at.stripe.promotionCodes.update(all.id, { active: false });
    const again = await code(at.stripe, of, { code: "Spring" });
    expect(again.active).toBe(true);
    const { data } = await at.stripe.promotionCodes.list({ code: "SPRING" });
    expect(data.length).toBeGreaterThan(0);
  });

  test("can be switched off and on; the rest of it is fixed", async () => {
    const at = await shop();
    const { id } = await code(at.stripe, await coupon(at));
    const { update } = at.stripe.promotionCodes;
    expect((await at.stripe.promotionCodes.update(id, { active: false, metadata: { a: "b" } })).active).toBe(false);
    expect((await at.stripe.promotionCodes.update(id, { active: true })).active).toBe(true);
    for (const name of ["code", "customer", "expires_at", "max_redemptions"]) {
      expect(await error(update.call(at.stripe.promotionCodes, id, { [name]: "1" } as never))).toMatchObject({
        code: "parameter_unknown",
        param: name,
      });
    }
  });

  test("is counted, with its coupon, until it is used up", async () => {
    const at = await shop();
    const of = await coupon(at, { max_redemptions: 2 });
    const [one, other] = [await code(at.stripe, of, { max_redemptions: 1 }), await code(at.stripe, of)];
    const made = await at.subscribe({ discounts: [{ promotion_code: one.id }], expand: ["discounts", "latest_invoice"] });
    expect(made.discounts[0]).toMatchObject({ promotion_code: one.id, source: { coupon: of } });
    expect(made.latest_invoice).toMatchObject({ total: 900 });
    const seen = async (id: string) => {
      const { times_redeemed, active } = await at.stripe.promotionCodes.retrieve(id);
      return [times_redeemed, active];
    };
    expect([await seen(one.id), await seen(other.id)]).toEqual([[1, false], [0, true]]);
    const again = await error(at.subscribe({ discounts: [{ promotion_code: one.id }] }));
    expect(again).toMatchObject({ statusCode: 400, param: "discounts[0][promotion_code]" });
    await at.subscribe({ discounts: [{ promotion_code: other.id }] });
    expect(await at.stripe.coupons.retrieve(of)).toMatchObject({ times_redeemed: 2, valid: false });
    expect(await seen(other.id)).toEqual([1, false]);
    expect(await error(at.stripe.promotionCodes.update(other.id, { active: true }))).toMatchObject({ statusCode: 400 });
  });

  test("is active until it expires", async () => {
    const at = await shop();
    const { id } = await code(at.stripe, await coupon(at), { expires_at: NEW_YEAR + 3600 });
    at.fake.clock.advance({ hours: 1 });
    expect((await at.stripe.promotionCodes.retrieve(id)).active).toBe(false);
    expect(await error(at.subscribe({ discounts: [{ promotion_code: id }] }))).toMatchObject({ statusCode: 400 });
  });

  test("of a customer is for no other", async () => {
    const at = await shop();
    const { id: other } = await at.stripe.customers.create({ email: "bo@example.com" });
    const { id } = await code(at.stripe, await coupon(at), { customer: other });
    expect(await error(at.subscribe({ discounts: [{ promotion_code: id }] }))).toMatchObject({ statusCode: 400 });
  });

  test("for first purchases is for nobody who has paid before", async () => {
    const at = await shop();
    const { id: promotion_code } = await code(at.stripe, await coupon(at), { restrictions: { first_time_transaction: true } });
    expect((await at.subscribe({ discounts: [{ promotion_code }] })).status).toBe("active");
    const refusal = {
      statusCode: 400,
      param: "discounts[0][promotion_code]",
      message: "This promotion code cannot be redeemed because the associated customer has prior transactions.",
    };
    expect(await error(at.subscribe({ discounts: [{ promotion_code }] }))).toMatchObject(refusal);
    const session = {
      mode: "subscription" as const,
      success_url: "https://example.com",
      customer: at.customer,
      line_items: [{ price: at.monthly, quantity: 1 }],
      discounts: [{ promotion_code }],
    };
    expect(await error(at.stripe.checkout.sessions.create(session))).toMatchObject(refusal);
  });

  test.each([
    [1000, "usd", 200],
    [1001, "usd", 400],
    [900, "eur", 200],
    [901, "eur", 400],
    [1, "gbp", 400],
  ])("with a minimum of %d %s, where $10.00 or €9.00 is bought", async (least, currency, status) => {
    const at = await shop();
    const bought = currency === "eur" ? "eur" : "usd";
    const price = await at.price(bought === "eur" ? 900 : 1000, { currency: bought });
    const restrictions: Stripe.PromotionCodeCreateParams.Restrictions = { minimum_amount: least, minimum_amount_currency: currency };
    if (currency === "eur") {
      restrictions.minimum_amount_currency = "usd";
      restrictions.currency_options = { eur: { minimum_amount: least } };
    }
    const { id: promotion_code } = await code(at.stripe, await coupon(at), { restrictions });
    const { id: customer } = await at.stripe.customers.create({ payment_method: "pm_card_visa", invoice_settings: { default_payment_method: "pm_card_visa" } });
    const discounts = [{ promotion_code }];
    const session = at.stripe.checkout.sessions.create({
      mode: "subscription",
      success_url: "https://example.com",
      line_items: [{ price, quantity: 1 }],
      discounts,
    });
    const subscription = at.stripe.subscriptions.create({ customer, items: [{ price }], discounts });
    for (const made of [session, subscription] as Promise<{ lastResponse?: { statusCode: number } }>[]) {
      const answer: any = await made.catch((reason) => reason);
      expect(answer.statusCode ?? answer.lastResponse.statusCode).toBe(status);
      if (status === 400) {
        expect(answer).toMatchObject({
          param: "discounts[0][promotion_code]",
          message:
            "This promotion code cannot be redeemed because the associated purchase does not meet the minimum amount "
            + "requirement.",
        });
      }
    }
  });

  test("with a minimum is for nothing that is bought later", async () => {
    const at = await shop();
    const restrictions = { minimum_amount: 1, minimum_amount_currency: "usd" };
    const { id: promotion_code } = await code(at.stripe, await coupon(at), { restrictions });
    const discounts = [{ promotion_code }];
    const { id, items } = await at.subscribe();
    for (const refused of [
      () => at.stripe.subscriptions.update(id, { discounts }),
      () => at.stripe.subscriptionItems.update(items.data[0]!.id, { discounts }),
      () => at.stripe.invoiceItems.create({ customer: at.customer, amount: 1000, currency: "usd", discounts }),
    ]) {
      expect(await error(refused() as Promise<unknown>)).toMatchObject({
        statusCode: 400,
        param: "discounts[0][promotion_code]",
      });
    }
  });
});
