/**
 * Checkout sessions as they are made, listed, changed and ended. What is expected was recorded in test
 * mode, or stands in <https://docs.stripe.com/api/checkout/sessions>; where neither says it, a comment
 * in the engine does.
 */

import { FakeStripe } from "fakestripe";
import Stripe from "stripe";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

let fake: FakeStripe;
let stripe: Stripe;

const success_url = "https://shop.example.com/thanks?session_id={CHECKOUT_SESSION_ID}";
const donation = (unit_amount: number, currency = "usd") => ({
  price_data: { currency, product_data: { name: "Donation" }, unit_amount },
  quantity: 1,
});

beforeEach(() => {
  fake = FakeStripe.new({ now: "2026-11-21T12:00:00Z" });
  stripe = new Stripe(fake.apiKey, fake.stripeOptions());
});

afterEach(() => fake.stop());

const monthly = (unit_amount = 1000) =>
  stripe.prices.create({
    currency: "usd",
    unit_amount,
    recurring: { interval: "month" },
    product_data: { name: "Club" },
  });

const types = async () => (await stripe.events.list()).data.map((event) => event.type).reverse();

const refused = async (params: any) => {
  const error = await stripe.checkout.sessions.create(params).catch((error: any) => error);
  expect(error).toBeInstanceOf(Stripe.errors.StripeInvalidRequestError);
  const { code, message, param, statusCode } = error;
  return { code, message, param, statusCode };
};

describe("as it is made", () => {
  test("mode payment, a guest", async () => {
    const session = await stripe.checkout.sessions.create({
      mode: "payment",
      success_url,
      line_items: [donation(4000)],
      submit_type: "donate",
    });
    expect(session.id).toMatch(/^cs_test_a1[A-Za-z0-9]{56}$/);
    expect(session).toMatchObject({
      amount_subtotal: 4000,
      amount_total: 4000,
      collected_information: null,
      currency: "usd",
      customer: null,
      customer_creation: "if_required",
      customer_details: null,
      expires_at: session.created + 86_400,
      payment_intent: null,
      payment_method_collection: "if_required",
      payment_status: "unpaid",
      saved_payment_method_options: null,
      status: "open",
      total_details: { amount_discount: 0, amount_shipping: 0, amount_tax: 0 },
      ui_mode: "hosted_page",
    });
    expect(session.invoice_creation?.enabled).toBe(false);
    expect(session.url).toMatch(`https://checkout.stripe.com/c/pay/${session.id}#`);
    expect(session).not.toHaveProperty("line_items");
  });

  test("mode subscription, an email address", async () => {
    const price = await monthly(9900);
    const session = await stripe.checkout.sessions.create({
      mode: "subscription",
      success_url,
      customer_email: "ana@example.com",
      line_items: [{ price: price.id, quantity: 1 }],
    });
    expect(session).toMatchObject({
      amount_total: 9900,
      collected_information: {
        business_name: null,
        individual_name: null,
        shipping_details: null,
      },
      customer_creation: "always",
      customer_details: { address: null, email: "ana@example.com", tax_exempt: "none", tax_ids: null },
      invoice_creation: null,
      payment_method_collection: "always",
      saved_payment_method_options: {
        allow_redisplay_filters: ["always"],
        payment_method_remove: "disabled",
        payment_method_save: null,
      },
    });
  });

  test("mode setup has its setup intent at once", async () => {
    const customer = await stripe.customers.create();
    const session = await stripe.checkout.sessions.create({
      mode: "setup",
      success_url,
      currency: "usd",
      customer: customer.id,
    });
    expect(session.id).toMatch(/^cs_test_c1/);
    expect(session).toMatchObject({
      amount_subtotal: null,
      amount_total: null,
      customer_creation: null,
      customer_details: null,
      discounts: null,
      payment_status: "no_payment_required",
      total_details: null,
    });
    const intent = await stripe.setupIntents.retrieve(session.setup_intent as string);
    expect(intent).toMatchObject({ customer: customer.id, status: "requires_payment_method" });
    expect(await types()).toEqual(["customer.created", "setup_intent.created"]);
  });

  test("a customer with an address", async () => {
    const customer = await stripe.customers.create({ email: "ana@example.com" });
    const session = await stripe.checkout.sessions.create({
      mode: "payment",
      success_url,
      customer: customer.id,
      line_items: [donation(7500)],
    });
    expect(session).toMatchObject({
      customer_creation: null,
      customer_details: { email: "ana@example.com" },
      saved_payment_method_options: { payment_method_remove: "disabled" },
    });
  });

  test("an embedded page has a secret instead of an address", async () => {
    const session = await stripe.checkout.sessions.create({
      mode: "payment",
      ui_mode: "embedded_page",
      return_url: "https://shop.example.com/back",
      line_items: [donation(4000)],
    });
    expect(session.url).toBeNull();
    expect(session.client_secret).toMatch(`${session.id}_secret_`);
  });

  test("a trial costs nothing yet", async () => {
    const session = await stripe.checkout.sessions.create({
      mode: "subscription",
      success_url,
      subscription_data: { trial_period_days: 14 },
      line_items: [{ price: (await monthly()).id, quantity: 1 }],
    });
    expect(session.amount_total).toBe(0);
  });

  test("a discount and the first way of shipping are in the total", async () => {
    const coupon = await stripe.coupons.create({ percent_off: 25, duration: "once" });
    const session = await stripe.checkout.sessions.create({
      mode: "payment",
      success_url,
      line_items: [donation(1001), donation(1002)],
      discounts: [{ coupon: coupon.id }],
      shipping_options: [
        {
          shipping_rate_data: {
            display_name: "Ground",
            type: "fixed_amount",
            fixed_amount: { amount: 500, currency: "usd" },
          },
        },
      ],
    });
    expect(session).toMatchObject({
      amount_subtotal: 2003,
      amount_total: 2003 - 501 + 500,
      discounts: [{ coupon: coupon.id, promotion_code: null }],
      total_details: { amount_discount: 501, amount_shipping: 500 },
    });
    expect(session.shipping_cost).toMatchObject({ amount_total: 500 });
    const { data } = await stripe.checkout.sessions.listLineItems(session.id);
    expect(data.map((line) => [line.amount_subtotal, line.amount_discount])).toEqual([
      [1001, 250],
      [1002, 251],
    ]);
  });

  test("taxes are on top of the total, or within it", async () => {
    const rate = (percentage: number, inclusive: boolean) =>
      stripe.taxRates.create({ display_name: "VAT", inclusive, percentage });
    const [top, within] = [await rate(19, false), await rate(10, true)];
    const session = await stripe.checkout.sessions.create({
      mode: "payment",
      success_url,
      line_items: [
        { ...donation(1000), tax_rates: [top.id] },
        { ...donation(1100), tax_rates: [within.id] },
      ],
    });
    expect(session).toMatchObject({
      amount_subtotal: 2100,
      amount_total: 2290,
      total_details: { amount_tax: 290 },
    });
    const { data } = await stripe.checkout.sessions.listLineItems(session.id);
    expect(data.map((line) => [line.amount_tax, line.amount_total])).toEqual([
      [190, 1190],
      [100, 1100],
    ]);
  });

  test("a price may have an amount in the session's currency", async () => {
    const price = await stripe.prices.create({
      currency: "usd",
      currency_options: { eur: { unit_amount: 900 } },
      product_data: { name: "Cup" },
      unit_amount: 1000,
    });
    const line_items = [{ price: price.id, quantity: 2 }];
    const session = await stripe.checkout.sessions.create({
      mode: "payment",
      success_url,
      currency: "eur",
      line_items,
    });
    expect([session.currency, session.amount_total]).toEqual(["eur", 1800]);
  });

  test("its page has the older name in an older version", async () => {
    const session = await stripe.checkout.sessions.create(
      { mode: "payment", success_url, line_items: [donation(4000)] },
      { apiVersion: "2025-10-29.clover" },
    );
    expect(session.ui_mode).toBe("hosted");
  });
});

describe("line items", () => {
  test("are listed, and shown where they are expanded", async () => {
    const session = await stripe.checkout.sessions.create({
      mode: "payment",
      success_url,
      line_items: [
        donation(4000),
        { ...donation(100), quantity: 3, adjustable_quantity: { enabled: true } },
      ],
      expand: ["line_items"],
    });
    const { data } = await stripe.checkout.sessions.listLineItems(session.id, { limit: 1 });
    expect(data).toEqual([session.line_items!.data[0]]);
    expect(session.line_items!.url).toBe(`/v1/checkout/sessions/${session.id}/line_items`);
    expect(session.line_items!.data[1]).toMatchObject({
      object: "item",
      adjustable_quantity: { enabled: true, maximum: 99, minimum: 0 },
      amount_total: 300,
      description: "Donation",
      quantity: 3,
      price: { active: false, unit_amount: 100, type: "one_time" },
    });
  });
});

describe("is refused", () => {
  test("with a price nobody made", async () => {
    const line_items = [{ price: "price_none", quantity: 1 }];
    expect(await refused({ mode: "subscription", success_url, line_items })).toEqual({
      code: "resource_missing",
      message: "No such price: 'price_none'",
      param: "line_items[0][price]",
      statusCode: 400,
    });
  });

  test("with a customer nobody made", async () => {
    const params = { mode: "payment", success_url, line_items: [donation(4000)] };
    expect(await refused({ ...params, customer: "cus_none" })).toMatchObject({
      code: "resource_missing",
      message: "No such customer: 'cus_none'",
      param: "customer",
    });
  });

  test("with a promotion code that is over", async () => {
    const coupon = await stripe.coupons.create({ percent_off: 10, duration: "once" });
    const { id } = await stripe.promotionCodes.create({
      active: false,
      promotion: { type: "coupon", coupon: coupon.id },
    });
    const params = { mode: "payment", success_url, line_items: [donation(4000)] };
    expect(await refused({ ...params, discounts: [{ promotion_code: id }] })).toMatchObject({
      param: "discounts[0][promotion_code]",
      statusCode: 400,
    });
  });

  test("with less than the smallest charge", async () => {
    expect(await refused({ mode: "payment", success_url, line_items: [donation(1)] })).toEqual({
      code: "amount_too_small",
      message: "The Checkout Session's total amount due must add up to at least $0.50 USD",
      param: undefined,
      statusCode: 400,
    });
  });

  test("with a recurring price in mode payment", async () => {
    const line_items = [{ price: (await monthly()).id, quantity: 1 }];
    const { message } = await refused({ mode: "payment", success_url, line_items });
    expect(message).toBe(
      "You specified `payment` mode but passed a recurring price. Either switch to " +
        "`subscription` mode or use only one-time prices.",
    );
  });

  test("without a recurring price in mode subscription", async () => {
    const params = { mode: "subscription", success_url, line_items: [donation(4000)] };
    expect((await refused(params)).message).toBe(
      "You must provide at least one recurring price in `subscription` mode when using prices.",
    );
  });

  test.each([
    ["mode", { success_url, line_items: [donation(4000)] }],
    ["success_url", { mode: "payment", line_items: [donation(4000)] }],
    ["return_url", { mode: "payment", ui_mode: "embedded_page", line_items: [donation(4000)] }],
  ])("without %s", async (param, params) => {
    expect(await refused(params)).toMatchObject({
      code: "parameter_missing",
      message: `Missing required param: ${param}.`,
      param,
    });
  });

  test("with lines in mode setup", async () => {
    const { message } = await refused({ mode: "setup", success_url, line_items: [donation(4000)] });
    expect(message).toBe("You can not pass `line_items` in `setup` mode.");
  });

  test("with a life that is too short or too long", async () => {
    const now = fake.clock.now().getTime() / 1000;
    const params = { mode: "payment", success_url, line_items: [donation(4000)] };
    expect((await refused({ ...params, expires_at: now + 60 })).param).toBe("expires_at");
    expect((await refused({ ...params, expires_at: now + 90_000 })).param).toBe("expires_at");
  });
});

describe("by an id that is none", () => {
  test("nobody made it", async () => {
    await expect(stripe.checkout.sessions.retrieve("cs_test_none")).rejects.toMatchObject({
      code: "resource_missing",
      message: "No such checkout.session: cs_test_none",
      statusCode: 404,
    });
  });

  test("the whole address was taken for the id", async () => {
    const id = `cs_test_${"a".repeat(60)}eCUl`;
    await expect(stripe.checkout.sessions.retrieve(id)).rejects.toMatchObject({
      message: "Invalid string: cs_t...eCUl; must be at most 66 characters",
      param: "session",
      statusCode: 404,
    });
  });
});

describe("ends", () => {
  const open = (more: object = {}) =>
    stripe.checkout.sessions.create({
      mode: "payment",
      success_url,
      line_items: [donation(4000)],
      ...more,
    } as Stripe.Checkout.SessionCreateParams);

  test("on request", async () => {
    const session = await open();
    const expired = await stripe.checkout.sessions.expire(session.id);
    expect(expired).toMatchObject({ payment_status: "unpaid", status: "expired", url: null });
    expect((await types()).slice(-1)).toEqual(["checkout.session.expired"]);
    await expect(stripe.checkout.sessions.expire(session.id)).rejects.toMatchObject({
      message:
        'Only Checkout Sessions with a status in ["open"] can be expired. This Checkout Session ' +
        "has a status of `expired`.",
    });
  });

  test("by itself after a day, or when it was told to", async () => {
    const now = fake.clock.now().getTime() / 1000;
    const [day, hour] = [await open(), await open({ expires_at: now + 3600 })];
    fake.clock.advance({ hours: 2 });
    const statuses = async () =>
      Promise.all(
        [day, hour].map(async ({ id }) => (await stripe.checkout.sessions.retrieve(id)).status),
      );
    expect(await statuses()).toEqual(["open", "expired"]);
    fake.clock.advance({ hours: 22 });
    expect(await statuses()).toEqual(["expired", "expired"]);
    const { data } = await stripe.events.list({ type: "checkout.session.expired" });
    expect(data).toHaveLength(2);
    expect(data[0]!.request).toEqual({ id: null, idempotency_key: null });
  });

  test("and can be recovered where that was asked for", async () => {
    const session = await open({ after_expiration: { recovery: { enabled: true } } });
    expect(session.after_expiration!.recovery).toMatchObject({ expires_at: null, url: null });
    const { after_expiration } = await stripe.checkout.sessions.expire(session.id);
    expect(after_expiration!.recovery!.url).toMatch("https://buy.stripe.com/r/");
    const month = fake.clock.now().getTime() / 1000 + 30 * 86_400;
    expect(after_expiration!.recovery!.expires_at).toBe(month);
  });

  test("with its setup intent", async () => {
    const session = await stripe.checkout.sessions.create({ mode: "setup", success_url });
    await stripe.checkout.sessions.expire(session.id);
    const intent = await stripe.setupIntents.retrieve(session.setup_intent as string);
    expect(intent.status).toBe("canceled");
  });
});

test("its metadata and its lines can be changed", async () => {
  const session = await stripe.checkout.sessions.create({
    mode: "payment",
    success_url,
    line_items: [donation(4000)],
  });
  const { data } = await stripe.checkout.sessions.listLineItems(session.id);
  const changed = await stripe.checkout.sessions.update(session.id, {
    metadata: { order: "17" },
    line_items: [{ id: data[0]!.id, quantity: 2 }, donation(500)],
  } as Stripe.Checkout.SessionUpdateParams);
  expect(changed).toMatchObject({ amount_total: 8500, metadata: { order: "17" } });
});

test("sessions are found by customer and by status", async () => {
  const customer = await stripe.customers.create();
  const params = { mode: "payment" as const, success_url, line_items: [donation(4000)] };
  const own = await stripe.checkout.sessions.create({ ...params, customer: customer.id });
  const other = await stripe.checkout.sessions.create({ ...params, customer_email: "bea@example.com" });
  await stripe.checkout.sessions.expire(other.id);
  const ids = async (filter: Stripe.Checkout.SessionListParams) =>
    (await stripe.checkout.sessions.list(filter)).data.map(({ id }) => id);
  expect(await ids({ customer: customer.id })).toEqual([own.id]);
  expect(await ids({ status: "expired" })).toEqual([other.id]);
  expect(await ids({ customer_details: { email: "bea@example.com" } })).toEqual([other.id]);
  expect(await ids({ customer_details: { email: "ida@example.com" } })).toEqual([]);
});
