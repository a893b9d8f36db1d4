/** Payment intents through the real client: https://docs.stripe.com/api/payment_intents. */

import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { CARD, NEVER, World } from "./world.ts";

let world: World;
let stripe: World["stripe"];
beforeEach(() => {
  world = new World();
  stripe = world.stripe;
});
afterEach(() => world.fake.stop());

const INTENT = { amount: 2000, currency: "usd" };
const customer = async () => (await stripe.customers.create()).id;
const attached = async (owner: string, method = "pm_card_visa") =>
  (await stripe.paymentMethods.attach(method, { customer: owner })).id;

// Recorded in 2026.
describe("create", () => {
  test("answers what was not said", async () => {
    const intent = await stripe.paymentIntents.create({ amount: 2000, currency: "USD" });
    expect(intent).toMatchObject({
      amount: 2000,
      amount_capturable: 0,
      amount_details: { tip: {} },
      amount_received: 0,
      application: null,
      automatic_payment_methods: { allow_redirects: "always", enabled: true },
      capture_method: "automatic_async",
      confirmation_method: "automatic",
      currency: "usd",
      customer: null,
      last_payment_error: null,
      latest_charge: null,
      metadata: {},
      next_action: null,
      payment_method: null,
      payment_method_configuration_details: { parent: null },
      processing: null,
      setup_future_usage: null,
      status: "requires_payment_method",
    });
    expect(intent.id).toMatch(/^pi_3[A-Za-z0-9]{23}$/);
    expect(intent.client_secret).toMatch(new RegExp(`^${intent.id}_secret_[A-Za-z0-9]{25}$`));
    expect(intent.payment_method_options!.card).toEqual({
      installments: null,
      mandate_options: null,
      network: null,
      request_three_d_secure: "automatic",
    });
  });

  const TYPES: [string, object][] = [
    ["card", {
      installments: null,
      mandate_options: null,
      network: null,
      request_three_d_secure: "automatic",
    }],
    ["link", { persistent_token: null }],
    ["us_bank_account", {
      financial_connections: { permissions: ["payment_method"], prefetch: [] },
      mandate_options: {},
      verification_method: "automatic",
    }],
    ["afterpay_clearpay", { reference: null }],
    ["klarna", { preferred_locale: null }],
    ["wechat_pay", { app_id: null, client: null }],
    ["sepa_debit", {}],
    ["cashapp", {}],
    ["alipay", {}],
  ];
  test.each(TYPES)("the options of %s", async (type, options) => {
    const params = { amount: "2000", currency: "usd", "payment_method_types[]": type };
    const intent = await world.old("2025-10-29.clover", "/v1/payment_intents", params);
    expect(intent.payment_method_types).toEqual([type]);
    expect(intent.payment_method_options).toEqual({ [type]: options });
    expect(intent.automatic_payment_methods).toBeNull();
    expect(intent.payment_method_configuration_details).toBeNull();
  });

  test("options that a request sets begin with all their fields", async () => {
    const mandate_options = {
      amount: 1000,
      amount_type: "maximum" as const,
      interval: "sporadic" as const,
      reference: "subscription",
      start_date: 1_795_262_400,
      supported_types: ["india" as const],
    };
    const payment_method_options = { card: { mandate_options } };
    const intent = await stripe.paymentIntents.create({ ...INTENT, payment_method_options });
    expect(intent.payment_method_options!.card).toMatchObject({
      installments: null,
      mandate_options: {
        ...mandate_options,
        description: null,
        end_date: null,
        interval_count: null,
      },
    });
  });

  const AMOUNTS: [string, object, object][] = [
    ["nothing", { currency: "usd" }, {
      code: "parameter_missing",
      message: "Missing required param: amount.",
      param: "amount",
    }],
    ["zero", { amount: 0, currency: "usd" }, { code: "parameter_invalid_integer", param: "amount" }],
    ["less than nothing", { amount: -1, currency: "usd" }, {
      code: "parameter_invalid_integer",
      message: "This value must be greater than or equal to 1.",
      param: "amount",
    }],
    ["too little", { amount: 49, currency: "usd" }, {
      code: "amount_too_small",
      message: "Amount must be at least $0.50 usd",
    }],
    ["too much", { amount: 100_000_000, currency: "usd" }, {
      code: "amount_too_large",
      message: "Amount must be no more than $999,999.99",
    }],
  ];
  test.each(AMOUNTS)("an amount of %s is refused", async (_, params, error) => {
    const refused = await world.refused(stripe.paymentIntents.create(params as any));
    expect(refused).toMatchObject({ status: 400, type: "invalid_request_error", ...error });
  });

  test("a currency that is none is refused without a code", async () => {
    const create = stripe.paymentIntents.create({ amount: 2000, currency: "xxd" });
    const error = await world.refused(create);
    expect(error).toMatchObject({ status: 400, param: "currency" });
    expect(error).not.toHaveProperty("code");
    expect(error.message).toMatch(/^Invalid currency: xxd\. Stripe currently supports these curr/);
  });

  test("currencies without minor units count whole ones", async () => {
    const yen = await stripe.paymentIntents.create({ amount: 100, currency: "jpy" });
    expect(yen.amount).toBe(100);
    const error = await world.refused(stripe.paymentIntents.create({ amount: 40, currency: "jpy" }));
    expect(error.code).toBe("amount_too_small");
  });

  test("amounts of three decimals are multiples of ten", async () => {
    const dinar = await stripe.paymentIntents.create({ amount: 5120, currency: "kwd" });
    expect(dinar.amount).toBe(5120);
    const odd = stripe.paymentIntents.create({ amount: 5123, currency: "kwd" });
    expect(await world.refused(odd)).toMatchObject({ status: 400, param: "amount" });
  });

  test("fees and transfers need an account", async () => {
    const fee = await world.refused(
      stripe.paymentIntents.create({ ...INTENT, application_fee_amount: 100 }),
    );
    expect(fee).toMatchObject({ code: "parameter_missing", param: "application_fee_amount" });
    expect(fee.message).toMatch(/^Can only apply an application_fee_amount when the PaymentInt/);
    const transfer_data = { destination: "acct_nobody" };
    const sent = await world.refused(stripe.paymentIntents.create({ ...INTENT, transfer_data }));
    expect(sent).toMatchObject({
      code: "resource_missing",
      message: "No such destination: 'acct_nobody'",
      param: "transfer_data[destination]",
      status: 400,
    });
  });

  test("an unknown customer or payment method is refused with 400", async () => {
    const stranger = stripe.paymentIntents.create({ ...INTENT, customer: "cus_nobody" });
    expect(await world.refused(stranger)).toMatchObject({
      code: "resource_missing",
      message: "No such customer: 'cus_nobody'",
      param: "customer",
      status: 400,
    });
    const unpaid = stripe.paymentIntents.create({ ...INTENT, payment_method: "pm_none" });
    const error = await world.refused(unpaid);
    expect(error).toMatchObject({ code: "resource_missing", param: "payment_method", status: 400 });
    expect(error.message).toMatch(/^No such PaymentMethod: 'pm_none'/);
  });

  test("automatic payment methods and manual confirmation exclude each other", async () => {
    const both = { ...NEVER, confirmation_method: "manual" as const };
    const error = await world.refused(stripe.paymentIntents.create({ ...INTENT, ...both }));
    expect(error).toMatchObject({
      message:
        "You may only specify one of these parameters: automatic_payment_methods, " +
        "confirmation_method.",
      status: 400,
    });
  });

  test("what only a confirmation knows is refused without one", async () => {
    for (const more of [{ off_session: true }, { error_on_requires_action: true }, {
      return_url: "https://example.com",
    }, { mandate_data: { customer_acceptance: { type: "offline" as const } } }]) {
      const error = await world.refused(stripe.paymentIntents.create({ ...INTENT, ...more }));
      const param = Object.keys(more)[0];
      expect(error).toMatchObject({
        message:
          `The parameter \`${param}\` cannot be passed when creating a PaymentIntent unless ` +
          "`confirm` is set to true.",
        param,
        status: 400,
      });
    }
    await stripe.paymentIntents.create({ ...INTENT, off_session: false });
  });

  test("a payment method waits to be confirmed", async () => {
    const intent = await stripe.paymentIntents.create({ ...INTENT, payment_method: "pm_card_visa" });
    expect(intent.status).toBe("requires_confirmation");
    expect(intent.payment_method).toMatch(/^pm_1/);
    expect(await world.events()).toEqual(["payment_intent.created"]);
  });

  test("payment_method_data makes a payment method that is nobody's", async () => {
    const owner = await customer();
    const payment_method_data = { type: "us_bank_account" as const, us_bank_account: {
      account_holder_type: "individual" as const,
      account_number: "000123456789",
      routing_number: "110000000",
    }, billing_details: { name: "Ana" } };
    const params = { ...INTENT, customer: owner, payment_method_data };
    const expand = ["payment_method"];
    const intent = await stripe.paymentIntents.create({ ...params, ...NEVER, expand });
    expect(intent.status).toBe("requires_confirmation");
    expect(intent.payment_method).toMatchObject({ type: "us_bank_account", customer: null });
  });

  test("at its moment the event shows an intent that nothing was paid with yet", async () => {
    await world.pay("pm_card_visa");
    const events = await stripe.events.list({ type: "payment_intent.created" });
    expect(events.data[0]!.data.object).toMatchObject({
      latest_charge: null,
      payment_method: null,
      status: "requires_payment_method",
    });
  });
});

describe("the payment method of a confirmation", () => {
  test("is missing", async () => {
    const intent = await stripe.paymentIntents.create({ ...INTENT, ...NEVER });
    const error = await world.refused(stripe.paymentIntents.confirm(intent.id));
    expect(error).toMatchObject({
      code: "payment_intent_unexpected_state",
      message:
        "You cannot confirm this PaymentIntent because it's missing a payment method. You can " +
        "either update the PaymentIntent with a payment method and then confirm it again, or " +
        "confirm it again directly with a payment method or ConfirmationToken.",
      payment_intent: { id: intent.id },
      status: 400,
    });
  });

  test("is missing though there is a customer", async () => {
    const owner = await customer();
    const intent = await stripe.paymentIntents.create({ ...INTENT, ...NEVER, customer: owner });
    const error = await world.refused(stripe.paymentIntents.confirm(intent.id));
    expect(error.message).toBe(
      "You cannot confirm this PaymentIntent because it's missing a payment method. To confirm " +
        `the PaymentIntent with ${owner}, specify a payment method attached to this customer ` +
        "along with the customer ID.",
    );
  });

  test("is the default source where nothing else was said", async () => {
    const owner = await stripe.customers.create({ source: "tok_visa" });
    const params = { ...INTENT, ...NEVER, customer: owner.id, confirm: true };
    const intent = await stripe.paymentIntents.create(params);
    expect(intent).toMatchObject({ payment_method: owner.default_source, status: "succeeded" });
  });

  test("belongs to a customer that the intent does not name", async () => {
    const owner = await customer();
    const method = await attached(owner);
    expect(await world.refused(world.pay(method))).toMatchObject({
      code: "parameter_missing",
      message:
        `The \`payment_method\` parameter supplied ${method} belongs to the Customer ${owner}. ` +
        "Please include the Customer in the `customer` parameter on the PaymentIntent.",
      status: 400,
    });
  });

  test("belongs to another customer", async () => {
    const [owner, other] = [await customer(), await customer()];
    const method = await attached(owner);
    const error = await world.refused(world.pay(method, { customer: other }));
    expect(error).toMatchObject({
      message:
        `The PaymentMethod ${method} does not belong to the Customer you supplied ${other}. ` +
        "Please use this PaymentMethod with the Customer that it belongs to instead.",
      param: "payment_method",
    });
    expect(error).not.toHaveProperty("code");
  });

  test("cannot be used twice without a customer", async () => {
    const { id } = await stripe.paymentMethods.create(CARD);
    await world.pay(id);
    expect((await world.refused(world.pay(id))).message).toMatch(
      /^The provided PaymentMethod was previously used with a PaymentIntent without Customer att/,
    );
  });

  test("stays nobody's unless it is set up for the future", async () => {
    const owner = await customer();
    const once = await world.pay("pm_card_visa", { customer: owner });
    const kept = await world.pay("pm_card_visa", {
      customer: owner,
      setup_future_usage: "off_session",
    });
    const own = await stripe.paymentMethods.list({ customer: owner });
    expect(own.data.map((method) => method.id)).toEqual([kept.payment_method]);
    const used = await stripe.paymentMethods.retrieve(once.payment_method as string);
    expect(used.customer).toBeNull();
    expect(used.card!.checks!.cvc_check).toBe("pass");
  });

  test("redirects need to know where to return to", async () => {
    const confirm = { ...INTENT, payment_method: "pm_card_visa", confirm: true };
    const error = await world.refused(stripe.paymentIntents.create(confirm));
    expect(error.message).toMatch(
      /^This PaymentIntent is configured to accept payment methods enabled in your Dashboard\./,
    );
    const return_url = "https://example.com/back";
    const intent = await stripe.paymentIntents.create({ ...confirm, return_url });
    expect(intent.status).toBe("succeeded");
  });

  test("may come from a confirmation token, once", async () => {
    const token = await stripe.testHelpers.confirmationTokens.create({
      payment_method: "pm_card_mastercard",
      return_url: "https://example.com/back",
      setup_future_usage: "off_session",
    });
    const owner = await customer();
    const params = { ...INTENT, customer: owner, confirm: true, confirmation_token: token.id };
    const intent = await stripe.paymentIntents.create({ ...params, expand: ["payment_method"] });
    expect(intent).toMatchObject({
      payment_method: { card: { brand: "mastercard" }, customer: owner },
      setup_future_usage: "off_session",
      status: "succeeded",
    });
    const used = await stripe.confirmationTokens.retrieve(token.id);
    expect(used.payment_intent).toBe(intent.id);
    expect((await world.refused(stripe.paymentIntents.create(params))).status).toBe(400);
  });
});

describe("confirm", () => {
  test("is paid at once, and the events say so in order", async () => {
    const created = await stripe.paymentIntents.create({ ...INTENT, ...NEVER });
    const how = { payment_method: "pm_card_visa", expand: ["latest_charge"] };
    const intent = await stripe.paymentIntents.confirm(created.id, how);
    expect(intent).toMatchObject({
      amount_received: 2000,
      latest_charge: { amount_captured: 2000, captured: true, paid: true, status: "succeeded" },
      status: "succeeded",
    });
    expect((await world.events()).slice(0, 3)).toEqual([
      "payment_intent.created",
      "charge.succeeded",
      "payment_intent.succeeded",
    ]);
  });

  test("with manual capture holds the money", async () => {
    const intent = await world.pay("pm_card_visa", {
      capture_method: "manual",
      expand: ["latest_charge"],
    });
    const charge = intent.latest_charge as any;
    expect(intent).toMatchObject({ amount_capturable: 2000, status: "requires_capture" });
    expect(charge).toMatchObject({
      amount_captured: 0,
      balance_transaction: null,
      captured: false,
      paid: true,
      payment_method_details: { card: { capture_before: charge.created + 7 * 86_400 } },
      status: "succeeded",
    });
    expect(await world.events()).toEqual([
      "payment_intent.created",
      "charge.succeeded",
      "payment_intent.amount_capturable_updated",
    ]);
  });

  test("the card's own capture method wins", async () => {
    const payment_method_options = { card: { capture_method: "manual" as const } };
    const intent = await world.pay("pm_card_visa", { payment_method_options });
    expect(intent.status).toBe("requires_capture");
    expect(intent.capture_method).toBe("automatic_async");
  });

  test("an authorization that nobody captures expires", async () => {
    const intent = await world.pay("pm_card_visa", { capture_method: "manual" });
    world.fake.clock.advance({ days: 7, minutes: 1 });
    const left = await stripe.paymentIntents.retrieve(intent.id);
    expect(left).toMatchObject({ amount_capturable: 0, status: "canceled" });
    const events = await world.events();
    expect(events).toContain("charge.expired");
    expect(events.at(-1)).toBe("payment_intent.canceled");
  });

  test("a decline keeps the intent and says why", async () => {
    const error = await world.refused(world.pay("pm_card_chargeDeclinedInsufficientFunds"));
    expect(error).toMatchObject({
      code: "card_declined",
      decline_code: "insufficient_funds",
      message: "Your card has insufficient funds.",
      payment_intent: { latest_charge: error.charge, status: "requires_payment_method" },
      status: 402,
      type: "card_error",
    });
    const intent = await stripe.paymentIntents.retrieve(error.payment_intent.id);
    expect(intent.payment_method).toBeNull();
    expect(intent.last_payment_error).toMatchObject({
      charge: error.charge,
      code: "card_declined",
      payment_method: { id: error.payment_method.id },
      payment_method_type: "card",
    });
    expect(intent.last_payment_error).not.toHaveProperty("request_log_url");
    expect(intent.last_payment_error).not.toHaveProperty("payment_intent");
    expect(await world.events()).toEqual([
      "payment_intent.created",
      "charge.failed",
      "payment_intent.payment_failed",
    ]);
    const paid = await stripe.paymentIntents.confirm(intent.id, { payment_method: "pm_card_visa" });
    expect(paid).toMatchObject({ last_payment_error: null, status: "succeeded" });
    const charges = await stripe.charges.list({ payment_intent: intent.id });
    expect(charges.data.map((charge) => charge.status)).toEqual(["succeeded", "failed"]);
  });

  test("3D Secure redirects where there is an address to return to, else is Stripe.js's", async () => {
    const method = "pm_card_threeDSecure2Required";
    const sdk = await world.pay(method);
    expect(sdk).toMatchObject({
      latest_charge: null,
      next_action: { type: "use_stripe_sdk", use_stripe_sdk: { type: "three_d_secure_redirect" } },
      status: "requires_action",
    });
    const return_url = "https://example.com/back";
    const redirect = await world.pay(method, { return_url });
    expect(redirect.next_action).toMatchObject({
      redirect_to_url: { return_url },
      type: "redirect_to_url",
    });
    expect(redirect.next_action!.redirect_to_url!.url).toMatch(/^https:\/\/hooks\.stripe\.com\//);
    expect(await world.events()).toEqual([
      "payment_intent.created",
      "payment_intent.requires_action",
      "payment_intent.created",
      "payment_intent.requires_action",
    ]);
  });

  test("off session nobody can be asked", async () => {
    const error = await world.refused(world.pay("pm_card_threeDSecure2Required", {
      off_session: true,
    }));
    expect(error).toMatchObject({
      code: "authentication_required",
      decline_code: "authentication_required",
      message: "Your card was declined. This transaction requires authentication.",
      payment_intent: { latest_charge: null, status: "requires_payment_method" },
      status: 402,
    });
    expect(error).not.toHaveProperty("charge");
  });

  test("error_on_requires_action fails instead of asking", async () => {
    const more = { error_on_requires_action: true };
    const error = await world.refused(world.pay("pm_card_threeDSecure2Required", more));
    expect(error).toMatchObject({
      decline_code: "authentication_not_handled",
      payment_intent: { status: "requires_payment_method" },
      status: 402,
    });
  });

  test("what is set up for later needs the customer to be there", async () => {
    const more = { off_session: true, setup_future_usage: "off_session" };
    expect((await world.refused(world.pay("pm_card_visa", more))).message).toMatch(
      /^You cannot confirm with the `off_session` parameter when `setup_future_usage` is also set/,
    );
  });

  test("a type that the intent does not take is refused", async () => {
    const params = {
      amount: "2000",
      confirm: "true",
      currency: "usd",
      payment_method: "pm_usBankAccount_success",
      "payment_method_types[]": "card",
    };
    const { error } = await world.old("2025-10-29.clover", "/v1/payment_intents", params);
    expect(error.message).toBe(
      "The PaymentMethod provided (us_bank_account) is not allowed for this PaymentIntent. " +
        "Please attach a PaymentMethod of one of the following types: card. Alternatively, " +
        "update the allowed payment_method_types for this PaymentIntent to include " +
        '"us_bank_account"',
    );
  });

  test("debits need a mandate and settle later", async () => {
    const data = { type: "sepa_debit" as const, sepa_debit: { iban: "DE89370400440532013000" } };
    const billing_details = { email: "ana@example.com", name: "Ana" };
    const method = await stripe.paymentMethods.create({ ...data, billing_details });
    const more = { currency: "eur" };
    const error = await world.refused(world.pay(method.id, more));
    expect(error).toMatchObject({
      message:
        "This PaymentIntent requires a mandate, but no existing mandate was found. Collect " +
        "mandate acceptance from the customer and try again, providing acceptance data in the " +
        "mandate_data parameter.",
      status: 400,
    });
    const online = { ip_address: "127.0.0.1", user_agent: "test" };
    const mandate_data = { customer_acceptance: { type: "online" as const, online } };
    const intent = await world.pay(method.id, { ...more, mandate_data, expand: ["latest_charge"] });
    expect(intent).toMatchObject({
      amount_received: 0,
      latest_charge: { captured: true, paid: false, status: "pending" },
      status: "processing",
    });
    const charge = intent.latest_charge as any;
    expect(charge.id).toMatch(/^py_3/);
    const mandate = await stripe.mandates.retrieve(charge.payment_method_details.sepa_debit.mandate);
    expect(mandate).toMatchObject({
      customer_acceptance: { online, type: "online" },
      payment_method: method.id,
      single_use: { amount: 2000, currency: "eur" },
      status: "active",
      type: "single_use",
    });
    expect(mandate).not.toHaveProperty("multi_use");
    const settled = await stripe.paymentIntents.retrieve(intent.id);
    expect(settled).toMatchObject({ amount_received: 2000, status: "succeeded" });
    expect((await world.events()).slice(-5)).toEqual([
      "payment_intent.created",
      "charge.pending",
      "payment_intent.processing",
      "charge.succeeded",
      "payment_intent.succeeded",
    ]);
  });

  test("what is no number of the intent's own is refused", async () => {
    const intent = await stripe.paymentIntents.create({ ...INTENT, ...NEVER });
    const how = { payment_method: "pm_card_visa", amount_to_confirm: 1999 };
    expect((await world.refused(stripe.paymentIntents.confirm(intent.id, how))).status).toBe(400);
    const right = { ...how, amount_to_confirm: 2000 };
    expect((await stripe.paymentIntents.confirm(intent.id, right)).status).toBe("succeeded");
  });

  test("copies what it says about itself to the charge", async () => {
    const about = {
      description: "Two cups",
      metadata: { order: "7" },
      receipt_email: "ana@example.com",
      shipping: { name: "Ana", address: { line1: "1 Main", country: "US" } },
      statement_descriptor_suffix: "CUPS",
      transfer_group: "ORDER7",
    };
    const intent = await world.pay("pm_card_visa", { ...about, expand: ["latest_charge"] });
    expect(intent.latest_charge).toMatchObject(about);
    await stripe.paymentIntents.update(intent.id, { metadata: { order: "8" } });
    const charge = await stripe.charges.retrieve((intent.latest_charge as any).id);
    expect(charge.metadata).toEqual({ order: "7" });
  });
});
