/** Payment methods and tokens: https://docs.stripe.com/api/payment_methods, /api/tokens. */

import type Stripe from "stripe";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { CARD, World } from "./world.ts";

let world: World;
let stripe: World["stripe"];
beforeEach(() => {
  world = new World();
  stripe = world.stripe;
});
afterEach(() => world.fake.stop());

const customer = async () => (await stripe.customers.create()).id;

// Recorded in 2026.
test("a card shows what it is", async () => {
  const method = await stripe.paymentMethods.create(CARD);
  expect(method).toMatchObject({
    allow_redisplay: "unspecified",
    billing_details: {
      address: {
        city: null,
        country: null,
        line1: null,
        line2: null,
        postal_code: null,
        state: null,
      },
      email: null,
      name: null,
      phone: null,
      tax_id: null,
    },
    card: {
      brand: "visa",
      checks: {
        address_line1_check: null,
        address_postal_code_check: null,
        cvc_check: "unchecked",
      },
      country: "US",
      display_brand: "visa",
      exp_month: 12,
      exp_year: 2034,
      funding: "credit",
      generated_from: null,
      last4: "4242",
      networks: { available: ["visa"], preferred: null },
      regulated_status: "unregulated",
      three_d_secure_usage: { supported: true },
      wallet: null,
    },
    customer: null,
    metadata: {},
    type: "card",
  });
  expect(method.card!.fingerprint).toMatch(/^[A-Za-z0-9]{16}$/);
});

test("a number has one fingerprint, and another number another", async () => {
  const [one, same] = [
    await stripe.paymentMethods.create(CARD),
    await stripe.paymentMethods.create(CARD),
  ];
  const card = { ...CARD.card, number: "5555555555554444" };
  const other = await stripe.paymentMethods.create({ ...CARD, card });
  expect(same.card!.fingerprint).toBe(one.card!.fingerprint);
  expect(other.card!.fingerprint).not.toBe(one.card!.fingerprint);
});

test("a name of the documentation makes a new payment method each time", async () => {
  const one = await stripe.paymentMethods.retrieve("pm_card_visa");
  const other = await stripe.paymentMethods.retrieve("pm_card_visa");
  expect(one.id).not.toBe(other.id);
  const now = new Date();
  expect(one.card).toMatchObject({
    exp_month: now.getUTCMonth() + 1,
    exp_year: now.getUTCFullYear() + 1,
  });
});

const TYPES: [Stripe.PaymentMethodCreateParams, object][] = [
  [{ type: "us_bank_account", billing_details: { name: "Ana" }, us_bank_account: {
    account_holder_type: "individual",
    account_number: "000123456789",
    routing_number: "110000000",
  } }, {
    account_holder_type: "individual",
    account_type: "checking",
    bank_name: "STRIPE TEST BANK",
    financial_connections_account: null,
    last4: "6789",
    networks: { preferred: "ach", supported: ["ach"] },
    routing_number: "110000000",
  }],
  [{ type: "sepa_debit", sepa_debit: { iban: "DE89370400440532013000" } }, {
    bank_code: "37040044",
    branch_code: "",
    country: "DE",
    generated_from: { charge: null, setup_attempt: null },
    last4: "3000",
  }],
  [{ type: "acss_debit", acss_debit: {
    account_number: "000123456789",
    institution_number: "000",
    transit_number: "11000",
  } }, { institution_number: "000", last4: "6789", transit_number: "11000" }],
  [{ type: "ideal", ideal: { bank: "ing" } }, { bank: "ing" }],
  [{ type: "eps", eps: { bank: "arzte_und_apotheker_bank" } }, { bank: "arzte_und_apotheker_bank" }],
  [{ type: "boleto", boleto: { tax_id: "00000000000" } }, { tax_id: "00000000000" }],
  [{ type: "klarna" }, {}],
  [{ type: "alipay" }, {}],
  [{ type: "cashapp" }, {}],
  [{ type: "customer_balance" }, {}],
];
test.each(TYPES)("a payment method of another type: %o", async (params, shown) => {
  const method = await stripe.paymentMethods.create(params);
  expect(method.type).toBe(params.type);
  expect((method as any)[params.type!]).toMatchObject(shown);
});

describe("attach", () => {
  test("gives it to a customer, and checks it", async () => {
    const owner = await customer();
    const { id } = await stripe.paymentMethods.create(CARD);
    await world.events();
    const method = await stripe.paymentMethods.attach(id, { customer: owner });
    expect(method).toMatchObject({ card: { checks: { cvc_check: "pass" } }, customer: owner });
    expect(await stripe.paymentMethods.attach(id, { customer: owner })).toMatchObject({ id });
    expect(await world.events()).toEqual(["payment_method.attached"]);
    const listed = await stripe.customers.listPaymentMethods(owner);
    expect(listed.data.map((own) => own.id)).toEqual([id]);
    const own = await stripe.customers.retrievePaymentMethod(owner, id);
    expect(own.customer).toBe(owner);
  });

  test("needs a customer, and only one", async () => {
    const { id } = await stripe.paymentMethods.create(CARD);
    expect(await world.refused(stripe.paymentMethods.attach(id, {}))).toMatchObject({
      code: "parameter_missing",
      message: "Must provide customer or customer_account.",
    });
    await stripe.paymentMethods.attach(id, { customer: await customer() });
    const again = stripe.paymentMethods.attach(id, { customer: await customer() });
    const error = await world.refused(again);
    expect(error.message).toBe(
      "The payment method you provided has already been attached to a customer.",
    );
    expect(error).not.toHaveProperty("code");
  });

  test("asks the bank", async () => {
    const owner = await customer();
    const attach = stripe.paymentMethods.attach("pm_card_chargeDeclined", { customer: owner });
    expect(await world.refused(attach)).toMatchObject({
      code: "card_declined",
      decline_code: "generic_decline",
      message: "Your card was declined.",
      param: "",
      status: 402,
    });
    expect((await stripe.paymentMethods.list({ customer: owner })).data).toEqual([]);
    const later = "pm_card_chargeCustomerFail";
    const method = await stripe.paymentMethods.attach(later, { customer: owner });
    const error = await world.refused(world.pay(method.id, { customer: owner }));
    expect(error.code).toBe("card_declined");
  });
});

describe("detach", () => {
  test("is for good", async () => {
    const owner = await customer();
    const { id } = await stripe.paymentMethods.attach("pm_card_visa", { customer: owner });
    const invoice_settings = { default_payment_method: id };
    await stripe.customers.update(owner, { invoice_settings });
    await world.events();
    expect((await stripe.paymentMethods.detach(id)).customer).toBeNull();
    expect(await world.events()).toEqual(["payment_method.detached", "customer.updated"]);
    const left = (await stripe.customers.retrieve(owner)) as Stripe.Customer;
    expect(left.invoice_settings.default_payment_method).toBeNull();
    const spent =
      /^The provided PaymentMethod was previously used with a PaymentIntent without Customer att/;
    const attach = stripe.paymentMethods.attach(id, { customer: owner });
    expect((await world.refused(attach)).message).toMatch(spent);
    expect((await world.refused(world.pay(id))).message).toMatch(spent);
  });

  test("what is attached to nobody is refused", async () => {
    const { id } = await stripe.paymentMethods.create(CARD);
    expect((await world.refused(stripe.paymentMethods.detach(id))).message).toBe(
      "The payment method you provided is not attached to a customer so detachment is impossible.",
    );
  });
});

test("update changes what an attached one says", async () => {
  const owner = await customer();
  const { id } = await stripe.paymentMethods.attach("pm_card_visa", { customer: owner });
  await world.events();
  const method = await stripe.paymentMethods.update(id, {
    allow_redisplay: "always",
    billing_details: { address: { city: "Bilbao" }, name: "Ana" },
    card: { exp_month: 8, exp_year: 2035 },
    metadata: { nickname: "blue" },
  });
  expect(method).toMatchObject({
    allow_redisplay: "always",
    billing_details: { address: { city: "Bilbao", line1: null }, name: "Ana" },
    card: { exp_month: 8, exp_year: 2035, last4: "4242" },
    metadata: { nickname: "blue" },
  });
  expect(await world.events()).toEqual(["payment_method.updated"]);
});

test("lists are a customer's, by type", async () => {
  const owner = await customer();
  const card = await stripe.paymentMethods.attach("pm_card_visa", { customer: owner });
  const listed = async (params: object) =>
    (await stripe.paymentMethods.list(params)).data.map(({ id }) => id);
  expect(await listed({})).toEqual([]);
  expect(await listed({ customer: owner })).toEqual([card.id]);
  expect(await listed({ customer: owner, type: "card" })).toEqual([card.id]);
  expect(await listed({ customer: owner, type: "sepa_debit" })).toEqual([]);
  expect(await world.refused(stripe.paymentMethods.list({ customer: "cus_none" }))).toMatchObject({
    code: "resource_missing",
    status: 400,
  });
});

test("an unknown one is not found", async () => {
  const error = await world.refused(stripe.paymentMethods.retrieve("pm_none"));
  expect(error).toMatchObject({ code: "resource_missing", param: "payment_method", status: 404 });
  expect(error.message).toMatch(/^No such PaymentMethod: 'pm_none'/);
});

test("a clone for a connected account is its own", async () => {
  const owner = await customer();
  const { id } = await stripe.paymentMethods.attach("pm_card_visa", { customer: owner });
  const stripeAccount = (await stripe.accounts.create({ type: "standard" })).id;
  const params = { customer: owner, payment_method: id };
  const clone = await stripe.paymentMethods.create(params, { stripeAccount });
  expect(clone).toMatchObject({ card: { last4: "4242" }, customer: null });
  expect(clone.id).not.toBe(id);
  const foreign = stripe.paymentIntents.create(
    { amount: 2000, currency: "usd", payment_method: id },
    { stripeAccount },
  );
  expect((await world.refused(foreign)).message).toBe(
    `No such PaymentMethod: '${id}'; OAuth key or Stripe-Account header was used but API request ` +
      "was provided with a platform-owned payment method ID. Please ensure that the provided " +
      "payment method matches the specified account.",
  );
});

describe("tokens", () => {
  test("of cards show them as legacy objects do", async () => {
    const card = { number: "378282246310005", exp_month: "12", exp_year: "2034", cvc: "1234" };
    const token = await stripe.tokens.create({ card });
    expect(token).toMatchObject({
      card: { brand: "American Express", cvc_check: "unchecked", last4: "0005", object: "card" },
      type: "card",
      used: false,
    });
    expect(token.id).toMatch(/^tok_1/);
    const method = await stripe.paymentMethods.create({ type: "card", card: { token: token.id } });
    expect(method.card).toMatchObject({ brand: "amex", three_d_secure_usage: { supported: false } });
  });

  test("of bank accounts", async () => {
    const bank_account = {
      account_holder_name: "Ana",
      account_holder_type: "individual" as const,
      account_number: "000123456789",
      country: "US",
      currency: "usd",
      routing_number: "110000000",
    };
    const token = await stripe.tokens.create({ bank_account });
    expect(token.id).toMatch(/^btok_1/);
    expect(token).toMatchObject({
      bank_account: { bank_name: "STRIPE TEST BANK", last4: "6789", status: "new" },
      type: "bank_account",
    });
  });

  test("of nothing are refused", async () => {
    expect((await world.refused(stripe.tokens.create({}))).status).toBe(400);
  });
});

describe("confirmation tokens", () => {
  test("show what they stand for", async () => {
    const token = await stripe.testHelpers.confirmationTokens.create({
      payment_method_data: { type: "card", card: { token: "tok_visa" } } as any,
      return_url: "https://example.com/back",
      setup_future_usage: "off_session",
      shipping: { name: "Ana", address: { line1: "1 Main" } },
    });
    expect(token).toMatchObject({
      payment_intent: null,
      payment_method_preview: { card: { last4: "4242" }, type: "card" },
      return_url: "https://example.com/back",
      setup_future_usage: "off_session",
      setup_intent: null,
      shipping: { name: "Ana" },
      use_stripe_sdk: true,
    });
    expect(token.expires_at! - token.created).toBe(12 * 3600);
  });
});
