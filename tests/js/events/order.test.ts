/**
 * Which events an operation causes, and in which order: one row each. The orders are those of recorded
 * probes of test mode, and where nothing was recorded those of the descriptions at
 * <https://docs.stripe.com/api/events/types>.
 */

import { FakeStripe } from "fakestripe";
import Stripe from "stripe";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

let fake: FakeStripe;
let stripe: Stripe;

beforeEach(() => {
  fake = FakeStripe.new({ now: "2026-11-21T12:00:00Z" });
  stripe = new Stripe(fake.apiKey, fake.stripeOptions());
});

afterEach(() => fake.stop());

/** What is there before; what is done; the types of the events that follow, in order. */
type Row = [name: string, arrange: () => Promise<any>, act: (of: any) => unknown, types: string[]];

const allEvents = async (options?: Stripe.RequestOptions) => {
  // What is asynchronous happens before the next answer.
  await stripe.balance.retrieve({}, options);
  return (await stripe.events.list({ limit: 100 }, options)).data.reverse();
};

const check = (rows: Row[]) =>
  test.each(rows)("%s", async (_, arrange, act, types) => {
    const given = await arrange();
    const before = (await allEvents()).length;
    await Promise.resolve(act(given)).catch((error) => {
      if (!(error instanceof Stripe.errors.StripeCardError)) throw error;
    });
    expect((await allEvents()).slice(before).map(({ type }) => type)).toEqual(types);
  });

const nothing = async () => ({});
const customer = (params = {}) => stripe.customers.create(params);
const method = (card = "pm_card_visa") =>
  stripe.paymentMethods.attach(card, { customer: fake.customers.create().id });
const intent = (params: object = {}) =>
  stripe.paymentIntents.create({
    amount: 2000,
    currency: "usd",
    payment_method_types: ["card"],
    ...params,
  } as Stripe.PaymentIntentCreateParams, { apiVersion: "2026-03-25.dahlia" });
const paid = (params: object = {}) =>
  intent({ confirm: true, payment_method: "pm_card_visa", ...params });
const settled = async (params: object = {}) => {
  const of = await paid(params);
  await stripe.balance.retrieve();
  return of;
};
const reserved = () => paid({ capture_method: "manual" });
const sepa = { type: "sepa_debit", sepa_debit: { iban: "AT321904300235473204" } };
const debit = {
  amount: 2000,
  currency: "eur",
  confirm: true,
  payment_method_types: ["sepa_debit"],
  payment_method_data: {
    ...sepa,
    billing_details: { email: "ana@example.com", name: "Ana" },
  },
  mandate_data: { customer_acceptance: { type: "offline" } },
};

const SUCCEEDED = ["charge.succeeded", "payment_intent.succeeded"];

describe("payment intents", () => {
  check([
    ["create", nothing, () => intent(), ["payment_intent.created"]],
    [
      "create and confirm, captured at once",
      nothing,
      () => paid({ capture_method: "automatic" }),
      ["payment_intent.created", ...SUCCEEDED],
    ],
    [
      "create and confirm, captured a moment later",
      nothing,
      () => paid(),
      ["payment_intent.created", ...SUCCEEDED, "charge.updated"],
    ],
    [
      "with setup_future_usage and a customer",
      customer,
      ({ id }) => paid({ customer: id, setup_future_usage: "off_session", capture_method: "automatic" }),
      ["payment_intent.created", "payment_method.attached", ...SUCCEEDED],
    ],
    [
      "confirm",
      () => intent({ capture_method: "automatic" }),
      ({ id }) => stripe.paymentIntents.confirm(id, { payment_method: "pm_card_visa" }),
      SUCCEEDED,
    ],
    [
      "confirm, declined",
      intent,
      ({ id }) => stripe.paymentIntents.confirm(id, { payment_method: "pm_card_visa_chargeDeclined" }),
      ["charge.failed", "payment_intent.payment_failed"],
    ],
    [
      "confirm, 3D Secure needed",
      intent,
      ({ id }) =>
        stripe.paymentIntents.confirm(id, { payment_method: "pm_card_threeDSecure2Required" }),
      ["payment_intent.requires_action"],
    ],
    [
      "off session, 3D Secure needed",
      () => method("pm_card_authenticationRequired"),
      ({ id, customer }) => paid({ payment_method: id, customer, off_session: true }),
      ["payment_intent.created", "payment_intent.payment_failed"],
    ],
    [
      "confirm, reserved only",
      () => intent({ capture_method: "manual" }),
      ({ id }) => stripe.paymentIntents.confirm(id, { payment_method: "pm_card_visa" }),
      ["charge.succeeded", "payment_intent.amount_capturable_updated"],
    ],
    [
      "capture",
      reserved,
      ({ id }) => stripe.paymentIntents.capture(id),
      ["charge.captured", "payment_intent.succeeded"],
    ],
    [
      "cancel before anything was reserved",
      intent,
      ({ id }) => stripe.paymentIntents.cancel(id),
      ["payment_intent.canceled"],
    ],
    [
      "cancel what was reserved",
      reserved,
      ({ id }) => stripe.paymentIntents.cancel(id),
      ["charge.refunded", "payment_intent.canceled"],
    ],
    [
      "a reservation runs out",
      reserved,
      () => fake.clock.advance({ days: 8 }),
      ["charge.expired", "payment_intent.canceled"],
    ],
    ["update", intent, ({ id }) => stripe.paymentIntents.update(id, { amount: 300 }), []],
    [
      "a disputed card",
      nothing,
      () => paid({ payment_method: "pm_card_createDispute", capture_method: "automatic" }),
      [
        "payment_intent.created",
        "charge.succeeded",
        "charge.dispute.created",
        "charge.dispute.funds_withdrawn",
        "payment_intent.succeeded",
      ],
    ],
  ]);
});

describe("setup intents", () => {
  const setup = (params: object = {}) =>
    stripe.setupIntents.create(
      { payment_method_types: ["card"], ...params } as Stripe.SetupIntentCreateParams,
      { apiVersion: "2026-03-25.dahlia" },
    );
  check([
    ["create", nothing, () => setup(), ["setup_intent.created"]],
    [
      "create and confirm, with a customer",
      customer,
      ({ id }) => setup({ customer: id, confirm: true, payment_method: "pm_card_visa" }),
      ["setup_intent.created", "payment_method.attached", "setup_intent.succeeded"],
    ],
    [
      "3D Secure needed",
      setup,
      ({ id }) => stripe.setupIntents.confirm(id, { payment_method: "pm_card_threeDSecure2Required" }),
      ["setup_intent.requires_action"],
    ],
    [
      "declined",
      setup,
      ({ id }) => stripe.setupIntents.confirm(id, { payment_method: "pm_card_chargeDeclined" }),
      ["setup_intent.setup_failed"],
    ],
    ["cancel", setup, ({ id }) => stripe.setupIntents.cancel(id), ["setup_intent.canceled"]],
    ["update", setup, ({ id }) => stripe.setupIntents.update(id, { description: "x" }), []],
  ]);
});

describe("charges", () => {
  const charge = (source = "tok_visa", more = {}) =>
    stripe.charges.create({ amount: 2000, currency: "usd", source, ...more });
  check([
    ["create", nothing, () => charge(), ["charge.succeeded"]],
    ["create, declined", nothing, () => charge("tok_chargeDeclined"), ["charge.failed"]],
    [
      "capture",
      () => charge("tok_visa", { capture: false }),
      ({ id }) => stripe.charges.capture(id),
      ["charge.captured"],
    ],
    ["update", charge, ({ id }) => stripe.charges.update(id, { description: "x" }), ["charge.updated"]],
    [
      "a reservation runs out",
      () => charge("tok_visa", { capture: false }),
      () => fake.clock.advance({ days: 8 }),
      ["charge.expired"],
    ],
  ]);
});

describe("refunds", () => {
  const refunded = async () =>
    stripe.refunds.create({ payment_intent: (await settled()).id, amount: 500 });
  check([
    [
      "create",
      settled,
      ({ id }) => stripe.refunds.create({ payment_intent: id }),
      ["refund.created", "charge.refunded"],
    ],
    [
      "create, settled later",
      () => settled({ payment_method: "pm_card_pendingRefund" }),
      async ({ id }) => {
        await stripe.refunds.create({ payment_intent: id });
        fake.clock.advance({ days: 1 });
      },
      ["refund.created", "charge.refunded", "refund.updated", "charge.refund.updated"],
    ],
    [
      "create, failing later",
      () => settled({ payment_method: "pm_card_refundFail" }),
      async ({ id }) => {
        await stripe.refunds.create({ payment_intent: id });
        fake.clock.advance({ days: 1 });
      },
      [
        "refund.created",
        "charge.refunded",
        "refund.failed",
        "refund.updated",
        "charge.refund.updated",
      ],
    ],
    [
      "update",
      refunded,
      ({ id }) => stripe.refunds.update(id, { metadata: { why: "torn" } }),
      ["refund.updated", "charge.refund.updated"],
    ],
  ]);
});

describe("disputes", () => {
  const disputed = async () => {
    const of = await settled({ payment_method: "pm_card_createDispute" });
    return (await stripe.disputes.list({ payment_intent: of.id })).data[0];
  };
  check([
    [
      "close",
      disputed,
      ({ id }) => stripe.disputes.close(id),
      ["charge.dispute.closed"],
    ],
    [
      "update",
      disputed,
      ({ id }) => stripe.disputes.update(id, { metadata: { case: "9" } }),
      ["charge.dispute.updated"],
    ],
  ]);
});

describe("payment methods and sources", () => {
  const card = { card: { number: "4242424242424242", exp_month: 12, exp_year: 2030, cvc: "123" } };
  check([
    [
      "create",
      nothing,
      () => stripe.paymentMethods.create({ type: "card", ...card }),
      [],
    ],
    [
      "attach",
      customer,
      ({ id }) => stripe.paymentMethods.attach("pm_card_visa", { customer: id }),
      ["payment_method.attached"],
    ],
    ["detach", method, ({ id }) => stripe.paymentMethods.detach(id), ["payment_method.detached"]],
    [
      "update",
      method,
      ({ id }) => stripe.paymentMethods.update(id, { metadata: { a: "1" } }),
      ["payment_method.updated"],
    ],
    ["a token", nothing, () => stripe.tokens.create({ bank_account: { country: "US", currency: "usd", account_number: "000123456789", routing_number: "110000000" } }), []],
    [
      "a customer's source",
      customer,
      ({ id }) => stripe.customers.createSource(id, { source: "tok_visa" }),
      ["customer.source.created", "payment_method.attached", "customer.updated"],
    ],
  ]);
});

describe("customers", () => {
  check([
    ["create", nothing, () => customer(), ["customer.created"]],
    [
      "create with a payment method",
      nothing,
      () => customer({ payment_method: "pm_card_visa" }),
      ["customer.created", "payment_method.attached"],
    ],
    [
      "create with a tax id",
      nothing,
      () => customer({ tax_id_data: [{ type: "eu_vat", value: "DE123456789" }] }),
      ["customer.created", "customer.tax_id.created"],
    ],
    [
      "update",
      customer,
      ({ id }) => stripe.customers.update(id, { name: "Ana" }),
      ["customer.updated"],
    ],
    ["update with nothing new", customer, ({ id }) => stripe.customers.update(id, {}), []],
    ["delete", customer, ({ id }) => stripe.customers.del(id), ["customer.deleted"]],
    [
      "an entry of the balance",
      customer,
      ({ id }) =>
        stripe.customers.createBalanceTransaction(id, { amount: -500, currency: "usd" }),
      ["customer.updated"],
    ],
  ]);
});

describe("debits", () => {
  const version = { apiVersion: "2026-03-25.dahlia" };
  check([
    [
      "succeed later",
      nothing,
      async () => {
        await stripe.paymentIntents.create(debit as Stripe.PaymentIntentCreateParams, version);
        fake.settle();
      },
      [
        "payment_intent.created",
        "charge.pending",
        "payment_intent.processing",
        "charge.succeeded",
        "payment_intent.succeeded",
      ],
    ],
    [
      "fail later",
      nothing,
      async () => {
        const failing = structuredClone(debit);
        failing.payment_method_data.sepa_debit.iban = "AT861904300235473202";
        await stripe.paymentIntents.create(failing as Stripe.PaymentIntentCreateParams, version);
        fake.settle();
      },
      [
        "payment_intent.created",
        "charge.pending",
        "payment_intent.processing",
        "charge.failed",
        "payment_intent.payment_failed",
      ],
    ],
  ]);
});

describe("payouts and top-ups", () => {
  const funded = () => settled({ payment_method: "pm_card_bypassPending", amount: 100_000 });
  check([
    [
      "a payout",
      funded,
      async () => {
        await stripe.payouts.create({ amount: 1000, currency: "usd" });
        fake.clock.advance({ days: 1 });
      },
      ["payout.created", "payout.paid"],
    ],
    [
      "a top-up",
      nothing,
      async () => {
        await stripe.topups.create({ amount: 1000, currency: "usd", source: "btok_us_verified" });
        fake.clock.advance({ days: 1 });
      },
      ["topup.created", "topup.succeeded"],
    ],
  ]);
});

describe("the catalogue", () => {
  const price = () =>
    stripe.prices.create({ currency: "usd", unit_amount: 500, product_data: { name: "Cup" } });
  const coupon = () => stripe.coupons.create({ percent_off: 10, duration: "once" });
  const rate = () => stripe.taxRates.create({ display_name: "VAT", inclusive: false, percentage: 19 });
  const link = async () =>
    stripe.paymentLinks.create({ line_items: [{ price: (await price()).id, quantity: 1 }] });
  check([
    [
      "products",
      () => stripe.products.create({ name: "Cup" }),
      async ({ id }) => {
        await stripe.products.update(id, { name: "Mug" });
        await stripe.products.del(id);
      },
      ["product.updated", "product.deleted"],
    ],
    [
      "prices",
      price,
      ({ id }) => stripe.prices.update(id, { nickname: "small" }),
      ["price.updated"],
    ],
    [
      "coupons",
      nothing,
      async () => stripe.coupons.del((await coupon()).id),
      ["coupon.created", "coupon.deleted"],
    ],
    [
      "promotion codes",
      coupon,
      async ({ id }) => {
        const made = await stripe.promotionCodes.create({ promotion: { type: "coupon", coupon: id } });
        await stripe.promotionCodes.update(made.id, { active: false });
      },
      ["promotion_code.created", "promotion_code.updated"],
    ],
    [
      "tax rates",
      nothing,
      async () => stripe.taxRates.update((await rate()).id, { active: false }),
      ["tax_rate.created", "tax_rate.updated"],
    ],
    [
      "payment links",
      link,
      ({ id }) => stripe.paymentLinks.update(id, { active: false }),
      ["payment_link.updated"],
    ],
  ]);
});

describe("connect", () => {
  const account = async () =>
    fake.accounts.create({
      type: "custom",
      country: "US",
      // As after its owner gave everything that is asked for.
      capabilities: { card_payments: "active", transfers: "active" } as object,
    });
  const types = async (of?: string) =>
    (await allEvents(of ? { stripeAccount: of } : undefined)).map(({ type }) => type);

  test("a direct charge tells the connected account, its fee the platform", async () => {
    const { id } = await account();
    const before = [(await types()).length, (await types(id)).length];
    await stripe.paymentIntents.create(
      {
        amount: 2000,
        application_fee_amount: 100,
        capture_method: "automatic",
        confirm: true,
        currency: "usd",
        payment_method: "pm_card_visa",
        return_url: "https://shop.example.com",
      },
      { stripeAccount: id },
    );
    expect((await types(id)).slice(before[1])).toEqual(["payment_intent.created", ...SUCCEEDED]);
    expect((await types()).slice(before[0])).toEqual(["application_fee.created"]);
  });

  test("a destination charge tells the platform", async () => {
    const { id } = await account();
    const before = (await types()).length;
    await paid({ capture_method: "automatic", transfer_data: { destination: id } });
    expect((await types()).slice(before)).toEqual([
      "payment_intent.created",
      "charge.succeeded",
      "transfer.created",
      "payment_intent.succeeded",
    ]);
  });

  test("transfers and their reversals", async () => {
    const { id } = await account();
    await settled({ amount: 100_000, payment_method: "pm_card_bypassPending" });
    const before = (await types()).length;
    const transfer = await stripe.transfers.create({
      amount: 1000,
      currency: "usd",
      destination: id,
    });
    await stripe.transfers.update(transfer.id, { description: "x" });
    await stripe.transfers.createReversal(transfer.id, { amount: 400 });
    expect((await types()).slice(before)).toEqual([
      "transfer.created",
      "transfer.updated",
      "transfer.reversed",
    ]);
  });

  test("links, sessions and logins tell nobody", async () => {
    const { id } = await account();
    const before = (await types(id)).length;
    await stripe.accountLinks.create({
      account: id,
      refresh_url: "https://shop.example.com/again",
      return_url: "https://shop.example.com/back",
      type: "account_onboarding",
    });
    await stripe.accountSessions.create({
      account: id,
      components: { payments: { enabled: true } },
    });
    expect((await types(id)).slice(before)).toEqual([]);
  });

  test("a deleted account deauthorizes", async () => {
    const { id } = await account();
    const heard: string[] = [];
    fake.webhooks.forward(
      async (request: Request) => {
        const event = JSON.parse(await request.text());
        if (event.account === id) heard.push(`${event.type} ${event.data.object.object}`);
      },
      { connect: true },
    );
    await stripe.accounts.del(id);
    await fake.webhooks.settled();
    expect(heard).toEqual(["account.application.deauthorized application"]);
  });
});
