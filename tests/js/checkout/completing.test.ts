/**
 * Checkout sessions that customers complete: what comes of them, and which events tell of it. The
 * orders of the events are those at <https://docs.stripe.com/payments/checkout/fulfillment> and of
 * public transcripts of test mode.
 */

import { FakeStripe, FakeStripeError } from "fakestripe";
import Stripe from "stripe";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

let fake: FakeStripe;
let stripe: Stripe;

const success_url = "https://shop.example.com/thanks";
const cup = (unit_amount = 2500, currency = "usd") => ({
  price_data: { currency, product_data: { name: "Cup" }, unit_amount },
  quantity: 1,
});

beforeEach(() => {
  fake = FakeStripe.new({ now: "2026-11-21T12:00:00Z" });
  stripe = new Stripe(fake.apiKey, fake.stripeOptions());
});

afterEach(() => fake.stop());

/** The types of the events since the session was made. */
const types = async () => {
  await stripe.balance.retrieve();
  const { data } = await stripe.events.list({ limit: 100 });
  return data.reverse().slice(before).map((event) => event.type);
};
let before = 0;

const opened = async (params: object = {}) => {
  const session = await stripe.checkout.sessions.create({
    mode: "payment",
    success_url,
    line_items: [cup()],
    ...params,
  } as Stripe.Checkout.SessionCreateParams);
  before = (await stripe.events.list({ limit: 100 })).data.length;
  return session;
};

const retrieved = ({ id }: { id: string }, expand: string[] = []) =>
  stripe.checkout.sessions.retrieve(id, { expand });

const monthly = (more: object = {}) =>
  stripe.prices.create({
    currency: "usd",
    unit_amount: 1000,
    recurring: { interval: "month" },
    product_data: { name: "Club" },
    ...more,
  } as Stripe.PriceCreateParams);

/** What completing refuses, as the page would say it. */
const refused = (body: () => unknown): FakeStripeError => {
  try {
    body();
  } catch (error) {
    return error as FakeStripeError;
  }
  throw new Error("it was not refused");
};

const PAID = ["payment_intent.created", "charge.succeeded", "payment_intent.succeeded"];

describe("mode payment", () => {
  test("a guest pays", async () => {
    const session = await opened({
      metadata: { order: "17" },
      payment_intent_data: { description: "A cup", metadata: { cup: "blue" } },
    });
    const done = fake.asCustomer.completeCheckout(session, {
      email: "ana@example.com",
      name: "Ana Ng",
      address: { country: "US", postal_code: "94441" },
    });
    expect(done).toEqual(await retrieved(session));
    expect(done).toMatchObject({
      customer: null,
      customer_details: {
        address: { city: null, country: "US", line1: null, postal_code: "94441" },
        email: "ana@example.com",
        name: "Ana Ng",
        tax_exempt: "none",
        tax_ids: [],
      },
      payment_status: "paid",
      status: "complete",
      url: null,
    });
    const intent = await stripe.paymentIntents.retrieve(done.payment_intent as string, {
      expand: ["latest_charge"],
    });
    expect(intent).toMatchObject({
      amount: 2500,
      amount_received: 2500,
      customer: null,
      description: "A cup",
      metadata: { cup: "blue" },
      payment_method_types: session.payment_method_types,
      status: "succeeded",
      latest_charge: {
        billing_details: { email: "ana@example.com", name: "Ana Ng" },
        payment_method_details: { card: { last4: "4242" } },
      },
    });
    expect(await types()).toEqual([...PAID, "checkout.session.completed", "charge.updated"]);
    const { data } = await stripe.events.list({ type: "checkout.session.completed" });
    expect(data[0]!.request).toEqual({ id: null, idempotency_key: null });
    expect(data[0]!.data.previous_attributes).toBeUndefined();
    expect((data[0]!.data.object as Stripe.Checkout.Session).payment_status).toBe("paid");
  });

  test("a customer is made where that is asked for", async () => {
    const session = await opened({ customer_creation: "always" });
    const done = fake.asCustomer.completeCheckout(session, { email: "ana@example.com" });
    const customer = await stripe.customers.retrieve(done.customer as string);
    expect(customer).toMatchObject({ email: "ana@example.com" });
    expect((await types())[0]).toBe("customer.created");
  });

  test("a payment method is kept for later", async () => {
    const session = await opened({ payment_intent_data: { setup_future_usage: "off_session" } });
    const done = fake.asCustomer.completeCheckout(session, { card: "5555555555554444" });
    const { data } = await stripe.customers.listPaymentMethods(done.customer as string);
    expect(data.map((method) => method.card!.brand)).toEqual(["mastercard"]);
    expect(await types()).toEqual([
      "customer.created",
      "payment_intent.created",
      "payment_method.attached",
      "charge.succeeded",
      "payment_intent.succeeded",
      "checkout.session.completed",
      "charge.updated",
    ]);
  });

  test("a customer's fields are written where that is allowed", async () => {
    const customer = await stripe.customers.create({ email: "ana@example.com" });
    const session = await opened({
      customer: customer.id,
      customer_update: { address: "auto", name: "auto" },
    });
    fake.asCustomer.completeCheckout(session, { name: "Ana Ng", address: { country: "SE" } });
    expect(await stripe.customers.retrieve(customer.id)).toMatchObject({
      address: { country: "SE" },
      name: "Ana Ng",
    });
    const { data } = await stripe.events.list({ type: "customer.updated" });
    expect(data[0]!.data.previous_attributes).toEqual({ address: null, name: null });
  });

  test("a declined card leaves the session open, and the next one pays the same intent", async () => {
    const session = await opened();
    const error = refused(() =>
      fake.asCustomer.completeCheckout(session, { card: "4000000000009995" }),
    );
    expect(error).toMatchObject({
      code: "card_declined",
      decline_code: "insufficient_funds",
      message: "Your card has insufficient funds.",
    });
    const open = await retrieved(session);
    expect(open).toMatchObject({ payment_status: "unpaid", status: "open" });
    const done = fake.asCustomer.completeCheckout(session);
    expect(done.payment_intent).toBe(open.payment_intent);
    expect(await types()).toEqual([
      "payment_intent.created",
      "charge.failed",
      "payment_intent.payment_failed",
      "charge.succeeded",
      "payment_intent.succeeded",
      "checkout.session.completed",
      "charge.updated",
    ]);
  });

  test("3D Secure is passed", async () => {
    const session = await opened();
    const done = fake.asCustomer.completeCheckout(session, { card: "4000000000003220" });
    expect(done.payment_status).toBe("paid");
    expect(await types()).toEqual([
      "payment_intent.created",
      "payment_intent.requires_action",
      "charge.succeeded",
      "payment_intent.succeeded",
      "checkout.session.completed",
      "charge.updated",
    ]);
  });

  test("3D Secure is failed", async () => {
    const session = await opened();
    const details = { card: "4000000000003220", authenticate: false };
    const error = refused(() => fake.asCustomer.completeCheckout(session, details));
    expect(error.code).toBe("payment_intent_authentication_failure");
    expect((await retrieved(session)).status).toBe("open");
    expect((await types()).slice(-1)).toEqual(["payment_intent.payment_failed"]);
  });

  test("what is reserved only is unpaid until it is captured", async () => {
    const session = await opened({ payment_intent_data: { capture_method: "manual" } });
    const done = fake.asCustomer.completeCheckout(session);
    expect(done).toMatchObject({ payment_status: "unpaid", status: "complete" });
    await stripe.paymentIntents.capture(done.payment_intent as string);
    expect((await retrieved(session)).payment_status).toBe("paid");
  });

  const sepa = (iban: string) => ({
    paymentMethod: { type: "sepa_debit" as const, sepa_debit: { iban } },
  });
  const euros = { line_items: [cup(2500, "eur")] };

  test("a debit is decided later: it is paid", async () => {
    const session = await opened(euros);
    const done = fake.asCustomer.completeCheckout(session, sepa("AT321904300235473204"));
    expect(done).toMatchObject({ payment_status: "unpaid", status: "complete" });
    fake.settle(done.payment_intent as string);
    expect(await types()).toEqual([
      "payment_intent.created",
      "charge.pending",
      "payment_intent.processing",
      "checkout.session.completed",
      "charge.succeeded",
      "payment_intent.succeeded",
      "checkout.session.async_payment_succeeded",
    ]);
    expect((await retrieved(session)).payment_status).toBe("paid");
  });

  test("a debit is decided later: it fails", async () => {
    const session = await opened(euros);
    const done = fake.asCustomer.completeCheckout(session, sepa("AT861904300235473202"));
    fake.settle(done.payment_intent as string);
    expect((await types()).slice(-3)).toEqual([
      "charge.failed",
      "payment_intent.payment_failed",
      "checkout.session.async_payment_failed",
    ]);
    expect((await retrieved(session)).payment_status).toBe("unpaid");
  });

  test("an invoice is made where that is asked for", async () => {
    const coupon = await stripe.coupons.create({ percent_off: 20, duration: "once" });
    const session = await opened({
      discounts: [{ coupon: coupon.id }],
      invoice_creation: { enabled: true, invoice_data: { description: "Thanks" } },
    });
    const done = fake.asCustomer.completeCheckout(session, { email: "ana@example.com" });
    const invoice = await stripe.invoices.retrieve(done.invoice as string, {
      expand: ["payments"],
    });
    expect(invoice).toMatchObject({
      amount_paid: 2000,
      customer: done.customer,
      customer_email: "ana@example.com",
      description: "Thanks",
      invoice_pdf: expect.stringMatching("https://pay.stripe.com/invoice/"),
      status: "paid",
      subtotal: 2500,
      total: 2000,
      lines: { data: [{ amount: 2500, description: "Cup", quantity: 1 }] },
      payments: { data: [{ payment: { payment_intent: done.payment_intent }, status: "paid" }] },
    });
    const happened = await types();
    expect(happened.filter((type) => /^(invoice|checkout|payment_intent)/.test(type))).toEqual([
      "payment_intent.created",
      "payment_intent.succeeded",
      "invoice.created",
      "invoice.finalized",
      "invoice_payment.paid",
      "invoice.updated",
      "invoice.paid",
      "invoice.payment_succeeded",
      "checkout.session.completed",
    ]);
  });

  test("an order that costs nothing needs no payment", async () => {
    const coupon = await stripe.coupons.create({ percent_off: 100, duration: "once" });
    const session = await opened({ discounts: [{ coupon: coupon.id }] });
    const done = fake.asCustomer.completeCheckout(session);
    expect(done).toMatchObject({ payment_intent: null, payment_status: "no_payment_required" });
    expect(await types()).toEqual(["checkout.session.completed"]);
  });

  test("a promotion code, a way of shipping and custom fields are filled in", async () => {
    const coupon = await stripe.coupons.create({ amount_off: 500, currency: "usd", duration: "once" });
    const code = await stripe.promotionCodes.create({
      code: "BLUE",
      promotion: { type: "coupon", coupon: coupon.id },
    });
    const rate = (amount: number) =>
      stripe.shippingRates.create({
        display_name: "Parcel",
        fixed_amount: { amount, currency: "usd" },
        type: "fixed_amount",
      });
    const [slow, fast] = [await rate(300), await rate(900)];
    const session = await opened({
      allow_promotion_codes: true,
      custom_fields: [
        { key: "size", label: { type: "custom", custom: "Size" }, type: "text" },
      ],
      shipping_address_collection: { allowed_countries: ["US"] },
      shipping_options: [{ shipping_rate: slow.id }, { shipping_rate: fast.id }],
    });
    expect(session.amount_total).toBe(2800);
    const address = { line1: "1 Main St", city: "Springfield", country: "US", postal_code: "42424" };
    const done = fake.asCustomer.completeCheckout(session, {
      customFields: { size: "XL" },
      promotionCode: "BLUE",
      shipping: { name: "Ana Ng", address },
      shippingRate: fast.id,
    });
    expect(done).toMatchObject({
      amount_total: 2500 - 500 + 900,
      collected_information: { shipping_details: { name: "Ana Ng", address } },
      custom_fields: [{ key: "size", text: { value: "XL" } }],
      discounts: [{ coupon: null, promotion_code: code.id }],
      shipping_cost: { amount_total: 900, shipping_rate: fast.id },
      total_details: { amount_discount: 500, amount_shipping: 900 },
    });
    const intent = await stripe.paymentIntents.retrieve(done.payment_intent as string);
    expect(intent).toMatchObject({ amount: 2900, shipping: { name: "Ana Ng", address } });
    expect((await stripe.promotionCodes.retrieve(code.id)).times_redeemed).toBe(1);
    expect((await stripe.coupons.retrieve(coupon.id)).times_redeemed).toBe(1);
  });

  test.each<[string, any, RegExp]>([
    ["a card's number of the wrong length", { card: "42" }, /Your card number is incorrect|valid/],
    ["a card that has ended", { card: { number: "4242424242424242", exp_year: 2020 } }, /expiration year/],
    ["a payment method that is none", { paymentMethod: "pm_none" }, /No such PaymentMethod/],
    ["a promotion code where none is allowed", { promotionCode: "NOPE" }, /does not allow promotion codes/],
    ["a way of shipping that is not offered", { shippingRate: "shr_none" }, /shr_none/],
  ])("is refused with %s, and nothing happens", async (_, details, message) => {
    const session = await opened();
    expect(refused(() => fake.asCustomer.completeCheckout(session, details)).message).toMatch(message);
    expect(await types()).toEqual([]);
    expect((await retrieved(session)).payment_intent).toBeNull();
  });

  test("a session that is complete cannot be completed, expired or abandoned", async () => {
    const session = await opened();
    fake.asCustomer.completeCheckout(session);
    expect(refused(() => fake.asCustomer.completeCheckout(session)).message).toMatch(/is complete/);
    expect(() => fake.asCustomer.abandonCheckout(session)).toThrow(FakeStripeError);
    await expect(stripe.checkout.sessions.expire(session.id)).rejects.toThrow(/status of `complete`/);
    fake.clock.advance({ days: 2 });
    expect((await retrieved(session)).status).toBe("complete");
  });
});

describe("mode setup", () => {
  test("a payment method is set up for a customer", async () => {
    const customer = await stripe.customers.create();
    const session = await opened({
      mode: "setup",
      customer: customer.id,
      currency: "usd",
      line_items: undefined,
    });
    const done = fake.asCustomer.completeCheckout(session);
    expect(done).toMatchObject({ payment_status: "no_payment_required", status: "complete" });
    const intent = await stripe.setupIntents.retrieve(done.setup_intent as string, {
      expand: ["payment_method"],
    });
    expect(intent).toMatchObject({
      status: "succeeded",
      payment_method: { allow_redisplay: "limited", customer: customer.id },
    });
    expect((await types()).filter((type) => type !== "customer.updated")).toEqual([
      "payment_method.attached",
      "setup_intent.succeeded",
      "checkout.session.completed",
    ]);
  });

  test("a card that cannot be set up leaves the session open", async () => {
    const session = await opened({ mode: "setup", currency: "usd", line_items: undefined });
    const error = refused(() =>
      fake.asCustomer.completeCheckout(session, { card: "4000000000000002" }),
    );
    expect(error.code).toBe("card_declined");
    expect((await retrieved(session)).status).toBe("open");
  });
});

describe("mode subscription", () => {
  const subscribing = async (params: object = {}) =>
    opened({
      mode: "subscription",
      line_items: [{ price: (await monthly()).id, quantity: 2 }],
      ...params,
    });

  test("a new customer subscribes", async () => {
    const session = await subscribing({ subscription_data: { metadata: { plan: "club" } } });
    const done = fake.asCustomer.completeCheckout(session, { email: "ana@example.com" });
    expect(done).toMatchObject({
      customer: expect.stringMatching(/^cus_/),
      invoice: expect.stringMatching(/^in_/),
      payment_intent: null,
      payment_status: "paid",
      status: "complete",
      subscription: expect.stringMatching(/^sub_/),
    });
    const subscription = await stripe.subscriptions.retrieve(done.subscription as string, {
      expand: ["latest_invoice", "default_payment_method"],
    });
    expect(subscription).toMatchObject({
      customer: done.customer,
      default_payment_method: { allow_redisplay: "limited", customer: done.customer },
      items: { data: [{ quantity: 2 }] },
      latest_invoice: { id: done.invoice, amount_paid: 2000, status: "paid" },
      metadata: { plan: "club" },
      status: "active",
    });
    const happened = await types();
    expect(happened).toEqual([
      "customer.created",
      "payment_method.attached",
      "payment_intent.created",
      "charge.succeeded",
      "payment_intent.succeeded",
      "customer.subscription.created",
      "customer.updated",
      "invoice.created",
      "invoice.finalized",
      "invoice_payment.paid",
      "invoice.updated",
      "invoice.paid",
      "invoice.payment_succeeded",
      "checkout.session.completed",
    ]);
  });

  test("what is paid once is on the first invoice", async () => {
    const { id } = await monthly();
    const session = await subscribing({ line_items: [{ price: id, quantity: 1 }, cup(500)] });
    expect(session.amount_total).toBe(1500);
    const done = fake.asCustomer.completeCheckout(session);
    const invoice = await stripe.invoices.retrieve(done.invoice as string);
    expect([invoice.total, invoice.lines.data.map(({ amount }) => amount).sort()]).toEqual([
      1500,
      [1000, 500],
    ]);
    const subscription = await stripe.subscriptions.retrieve(done.subscription as string);
    expect(subscription.items.data).toHaveLength(1);
  });

  test("taxes are billed with every period", async () => {
    const rate = await stripe.taxRates.create({
      display_name: "VAT",
      inclusive: false,
      percentage: 20,
    });
    const session = await subscribing({ subscription_data: { default_tax_rates: [rate.id] } });
    expect(session).toMatchObject({ amount_subtotal: 2000, amount_total: 2400 });
    const done = fake.asCustomer.completeCheckout(session);
    expect((await stripe.invoices.retrieve(done.invoice as string)).amount_paid).toBe(2400);
    fake.clock.advance({ months: 1, hours: 2 });
    const { data } = await stripe.invoices.list({ subscription: done.subscription as string });
    expect(data.map((invoice) => invoice.amount_paid)).toEqual([2400, 2400]);
  });

  test("a trial needs no payment yet", async () => {
    const session = await subscribing({ subscription_data: { trial_period_days: 7 } });
    const done = fake.asCustomer.completeCheckout(session);
    expect(done.payment_status).toBe("no_payment_required");
    const subscription = await stripe.subscriptions.retrieve(done.subscription as string);
    expect(subscription.status).toBe("trialing");
  });

  test("a declined card leaves the session open, and another one pays", async () => {
    const session = await subscribing();
    const error = refused(() =>
      fake.asCustomer.completeCheckout(session, { card: "4000000000000341" }),
    );
    expect(error.code).toBe("card_declined");
    expect((await retrieved(session)).status).toBe("open");
    const done = fake.asCustomer.completeCheckout(session);
    const subscription = await stripe.subscriptions.retrieve(done.subscription as string);
    expect(subscription.status).toBe("active");
    expect((await stripe.subscriptions.list()).data).toHaveLength(1);
  });

  test("3D Secure is passed", async () => {
    const session = await subscribing();
    const done = fake.asCustomer.completeCheckout(session, { card: "4000000000003220" });
    const subscription = await stripe.subscriptions.retrieve(done.subscription as string);
    expect([done.payment_status, subscription.status]).toEqual(["paid", "active"]);
  });
});

test("an abandoned session expires, and can be recovered where that was asked for", async () => {
  const session = await opened({ after_expiration: { recovery: { enabled: true } } });
  expect(fake.asCustomer.abandonCheckout(session).status).toBe("expired");
  expect(await types()).toEqual(["checkout.session.expired"]);
  const again = fake.asCustomer.recoverCheckout(session);
  expect(again).toMatchObject({ amount_total: 2500, recovered_from: session.id, status: "open" });
  expect(fake.asCustomer.completeCheckout(again).status).toBe("complete");
});

test("a session of a connected account is completed there", async () => {
  const account = await stripe.accounts.create({ type: "standard", country: "US" });
  const session = await stripe.checkout.sessions.create(
    { mode: "payment", success_url, line_items: [cup()] },
    { stripeAccount: account.id },
  );
  const done = fake.asCustomer.completeCheckout(session.id);
  const intent = await stripe.paymentIntents.retrieve(
    done.payment_intent as string,
    {},
    { stripeAccount: account.id },
  );
  expect(intent.status).toBe("succeeded");
});

describe("payment links", () => {
  const link = async (more: object = {}) => {
    const price = await stripe.prices.create({
      currency: "usd",
      unit_amount: 700,
      product_data: { name: "Cup" },
    });
    return stripe.paymentLinks.create({
      line_items: [{ price: price.id, quantity: 2 }],
      ...more,
    } as Stripe.PaymentLinkCreateParams);
  };

  test("open a session for everyone who follows them", async () => {
    const { id, url, currency } = await link({ metadata: { campaign: "spring" } });
    expect(url).toMatch("https://buy.stripe.com/test_");
    expect(currency).toBe("usd");
    const items = await stripe.paymentLinks.listLineItems(id);
    expect(items.data).toMatchObject([{ amount_total: 1400, quantity: 2, description: "Cup" }]);
    const session = fake.asCustomer.openPaymentLink(id, { clientReferenceId: "user-9" });
    expect(session).toMatchObject({
      amount_total: 1400,
      client_reference_id: "user-9",
      metadata: { campaign: "spring" },
      mode: "payment",
      payment_link: id,
    });
    expect(fake.asCustomer.completeCheckout(session).payment_status).toBe("paid");
    expect((await stripe.checkout.sessions.list({ payment_link: id })).data).toHaveLength(1);
  });

  test("sell subscriptions", async () => {
    const made = await link({ line_items: [{ price: (await monthly()).id, quantity: 1 }] });
    expect(made).toMatchObject({ customer_creation: "always", invoice_creation: null });
    const session = fake.asCustomer.openPaymentLink(made);
    expect(session.mode).toBe("subscription");
    expect(fake.asCustomer.completeCheckout(session).subscription).toMatch(/^sub_/);
  });

  test("are turned off after as many sessions as they allow", async () => {
    const made = await link({ restrictions: { completed_sessions: { limit: 2 } } });
    for (const left of [true, false]) {
      fake.asCustomer.completeCheckout(fake.asCustomer.openPaymentLink(made));
      expect((await stripe.paymentLinks.retrieve(made.id)).active).toBe(left);
    }
    expect(() => fake.asCustomer.openPaymentLink(made)).toThrow(/not active/);
  });

  test("are refused with a price nobody made", async () => {
    const line_items = [{ price: "price_none", quantity: 1 }];
    await expect(stripe.paymentLinks.create({ line_items })).rejects.toMatchObject({
      code: "resource_missing",
      param: "line_items[0][price]",
    });
  });
});
