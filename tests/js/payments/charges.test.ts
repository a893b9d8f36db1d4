/** Charges of the old kind, and refunds: https://docs.stripe.com/api/charges, /api/refunds. */

import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { World } from "./world.ts";

let world: World;
let stripe: World["stripe"];
beforeEach(() => {
  world = new World();
  stripe = world.stripe;
});
afterEach(() => world.fake.stop());

const charge = (more: object = {}) =>
  stripe.charges.create({ amount: 2000, currency: "usd", source: "tok_visa", ...more });

describe("charges", () => {
  test("a token is charged at once", async () => {
    const about = { description: "Two cups", metadata: { order: "7" } };
    const made = await charge({ ...about, expand: ["balance_transaction"] });
    expect(made).toMatchObject({
      ...about,
      amount_captured: 2000,
      balance_transaction: { amount: 2000, fee: 88, net: 1912 },
      captured: true,
      outcome: { network_status: "approved_by_network", type: "authorized" },
      paid: true,
      payment_intent: null,
      source: { brand: "Visa", last4: "4242", object: "card" },
      status: "succeeded",
    });
    expect(made.payment_method).toBe(made.source!.id);
    expect(await world.events()).toEqual(["charge.succeeded"]);
  });

  test("a customer's default source is", async () => {
    const customer = await stripe.customers.create({ source: "tok_mastercard" });
    const params = { amount: 2000, currency: "usd", customer: customer.id };
    const made = await stripe.charges.create(params);
    expect(made).toMatchObject({
      customer: customer.id,
      source: { brand: "MasterCard", id: customer.default_source },
    });
  });

  test("a decline leaves a failed charge", async () => {
    const error = await world.refused(charge({ source: "tok_chargeDeclined" }));
    expect(error).toMatchObject({ code: "card_declined", status: 402, type: "card_error" });
    expect(await stripe.charges.retrieve(error.charge)).toMatchObject({
      amount_captured: 0,
      balance_transaction: null,
      captured: false,
      failure_code: "card_declined",
      failure_message: "Your card was declined.",
      outcome: {
        network_status: "declined_by_network",
        reason: "generic_decline",
        type: "issuer_declined",
      },
      paid: false,
      status: "failed",
    });
    expect(await world.events()).toEqual(["charge.failed"]);
  });

  test("what is charged must be there", async () => {
    const none = stripe.charges.create({ amount: 2000, currency: "usd" });
    expect(await world.refused(none)).toMatchObject({
      code: "parameter_missing",
      message: "Must provide source or customer.",
      status: 400,
    });
    const customer = (await stripe.customers.create()).id;
    const empty = stripe.charges.create({ amount: 2000, currency: "usd", customer });
    expect(await world.refused(empty)).toMatchObject({
      code: "missing",
      message:
        "This Customer doesn't have any saved payment details. Attach a legacy Token, Card, Bank " +
        "Account, or Source to this Customer and then try this request again, or use Payment " +
        "Intents and Payment Methods instead.",
      param: "card",
      status: 402,
    });
    await stripe.paymentMethods.attach("pm_card_visa", { customer });
    const method = stripe.charges.create({ amount: 2000, currency: "usd", customer });
    expect((await world.refused(method)).message).toBe(
      "This Customer doesn't have any legacy saved payment details, but does have a Payment " +
        "Method attached. Use a Payment Intent instead of creating a Charge: " +
        "https://stripe.com/docs/payments/payment-intents/migration",
    );
  });

  test("a token is good for one charge", async () => {
    const card = { number: "4242424242424242", exp_month: "12", exp_year: "2034" };
    const token = await stripe.tokens.create({ card });
    expect(token).toMatchObject({ card: { brand: "Visa" }, type: "card", used: false });
    await charge({ source: token.id });
    expect((await stripe.tokens.retrieve(token.id)).used).toBe(true);
    expect(await world.refused(charge({ source: token.id }))).toMatchObject({
      code: "token_already_used",
      message: `You cannot use a Stripe token more than once: ${token.id}.`,
    });
  });

  test("are captured later, in part, once", async () => {
    const held = await charge({ capture: false });
    expect(held).toMatchObject({ amount_captured: 0, captured: false, paid: true });
    const taken = await stripe.charges.capture(held.id, { amount: 1500 });
    expect(taken).toMatchObject({ amount: 2000, amount_captured: 1500, captured: true });
    expect(await world.refused(stripe.charges.capture(held.id))).toMatchObject({
      code: "charge_already_captured",
      message: `Charge ${held.id} has already been captured.`,
    });
    expect(await world.events()).toEqual(["charge.succeeded", "charge.captured"]);
  });

  test("those of an intent are the intent's to capture and regroup", async () => {
    const held = await world.pay("pm_card_visa", { capture_method: "manual" });
    const id = held.latest_charge as string;
    expect((await world.refused(stripe.charges.capture(id))).message).toMatch(
      new RegExp(`^This uncaptured Charge was created by a PaymentIntent \\(${held.id}\\)\\. You`),
    );
    expect((await world.refused(stripe.charges.update(id, { transfer_group: "x" }))).message).toBe(
      `This Charge was created by a PaymentIntent (${held.id}). You must update the ` +
        "`transfer_group` on the PaymentIntent instead of updating the Charge directly. See " +
        "https://stripe.com/docs/api#update_payment_intent",
    );
  });

  test("can be told more about", async () => {
    const made = await charge();
    const about = {
      description: "Two cups",
      fraud_details: { user_report: "safe" as const },
      metadata: { order: "7" },
      receipt_email: "ana@example.com",
    };
    expect(await stripe.charges.update(made.id, about)).toMatchObject(about);
    expect(await world.events()).toEqual(["charge.succeeded", "charge.updated"]);
    const report = { fraud_details: { user_report: "maybe" as "safe" } };
    expect((await world.refused(stripe.charges.update(made.id, report))).status).toBe(400);
  });

  test("expire where nobody captures them", async () => {
    const held = await charge({ capture: false });
    world.fake.clock.advance({ days: 7, minutes: 1 });
    expect(await stripe.charges.retrieve(held.id)).toMatchObject({ captured: false, refunded: true });
    expect(await world.events()).toContain("charge.expired");
  });

  test("are listed and found", async () => {
    const made = await charge({ transfer_group: "ORDER7", metadata: { order: "7" } });
    await charge();
    const group = await stripe.charges.list({ transfer_group: "ORDER7" });
    expect(group.data.map(({ id }) => id)).toEqual([made.id]);
    const query = 'metadata["order"]:"7" AND payment_method_details.card.last4:4242';
    const found = await stripe.charges.search({ query });
    expect(found.data.map(({ id }) => id)).toEqual([made.id]);
  });
});

describe("refunds", () => {
  test("give everything back", async () => {
    const made = await charge();
    await world.events();
    const refund = await stripe.refunds.create({
      charge: made.id,
      expand: ["balance_transaction"],
      metadata: { why: "broken" },
      reason: "requested_by_customer",
    });
    expect(refund).toMatchObject({
      amount: 2000,
      balance_transaction: { amount: -2000, fee: 0, fee_details: [], type: "refund" },
      charge: made.id,
      destination_details: {
        card: {
          reference_status: "pending",
          reference_type: "acquirer_reference_number",
          type: "refund",
        },
        type: "card",
      },
      metadata: { why: "broken" },
      payment_intent: null,
      reason: "requested_by_customer",
      receipt_number: null,
      status: "succeeded",
    });
    expect(await stripe.charges.retrieve(made.id)).toMatchObject({
      amount_refunded: 2000,
      refunded: true,
    });
    expect(await world.events()).toEqual(["refund.created", "charge.refunded"]);
  });

  test("of an intent leave it paid", async () => {
    const intent = await world.pay("pm_card_visa");
    const refund = await stripe.refunds.create({ payment_intent: intent.id, amount: 500 });
    expect(refund).toMatchObject({ charge: intent.latest_charge, payment_intent: intent.id });
    expect(await stripe.paymentIntents.retrieve(intent.id)).toMatchObject({
      amount_received: 2000,
      status: "succeeded",
    });
    const listed = await stripe.refunds.list({ payment_intent: intent.id });
    expect(listed.data.map(({ id }) => id)).toEqual([refund.id]);
  });

  test("for fraud mark the charge", async () => {
    const made = await charge();
    await stripe.refunds.create({ charge: made.id, reason: "fraudulent" });
    const { fraud_details } = await stripe.charges.retrieve(made.id);
    expect(fraud_details).toEqual({ user_report: "fraudulent" });
  });

  test("cannot give back more than there is", async () => {
    const made = await charge({ amount: 1000 });
    const refund = (params: object) => stripe.refunds.create({ charge: made.id, ...params });
    const whole = await world.refused(refund({ amount: 1100 }));
    expect(whole).toMatchObject({
      message: "Refund amount ($11.00) is greater than charge amount ($10.00)",
      param: "amount",
    });
    expect(whole).not.toHaveProperty("code");
    expect((await world.refused(refund({ amount: 0 }))).code).toBe("parameter_invalid_integer");
    await refund({ amount: 700 });
    expect((await world.refused(refund({ amount: 400 }))).message).toBe(
      "Refund amount ($4.00) is greater than unrefunded amount on charge ($3.00)",
    );
    await refund({});
    expect(await world.refused(refund({}))).toMatchObject({
      code: "charge_already_refunded",
      message: `Charge ${made.id} has already been refunded.`,
    });
  });

  test("need something to give back", async () => {
    expect((await world.refused(stripe.refunds.create({}))).message).toBe(
      "One of the following params should be provided for this request: payment_intent or charge.",
    );
    expect(await world.refused(stripe.refunds.create({ charge: "ch_none" }))).toMatchObject({
      code: "resource_missing",
      message: "No such charge: 'ch_none'",
      param: "id",
      status: 404,
    });
    const open = await stripe.paymentIntents.create({ amount: 2000, currency: "usd" });
    const early = stripe.refunds.create({ payment_intent: open.id });
    expect((await world.refused(early)).message).toBe(
      `This PaymentIntent (${open.id}) does not have a successful charge to refund.`,
    );
    const held = await world.pay("pm_card_visa", { capture_method: "manual" });
    const uncaptured = stripe.refunds.create({ payment_intent: held.id });
    expect((await world.refused(uncaptured)).message).toMatch(
      new RegExp(`^This uncaptured Charge was created by a PaymentIntent \\(${held.id}\\)\\. You`),
    );
    const legacy = await charge({ capture: false });
    const part = stripe.refunds.create({ charge: legacy.id, amount: 500 });
    expect((await world.refused(part)).message).toBe(
      "You cannot partially refund an uncaptured charge. Instead, capture the charge for an " +
        "amount less than the original amount",
    );
    const reason = "because" as "duplicate";
    const why = await world.refused(stripe.refunds.create({ charge: legacy.id, reason }));
    expect(why).toMatchObject({
      message: "Invalid reason: must be one of duplicate, fraudulent, or requested_by_customer",
      param: "reason",
    });
  });

  test("take metadata, and are hardly ever canceled", async () => {
    const refund = await stripe.refunds.create({ charge: (await charge()).id });
    await world.events();
    const metadata = { why: "broken" };
    expect(await stripe.refunds.update(refund.id, { metadata })).toMatchObject({ metadata });
    expect(await world.events()).toEqual(["refund.updated", "charge.refund.updated"]);
    expect((await world.refused(stripe.refunds.cancel(refund.id))).message).toBe(
      "Canceling this refund is unsupported.",
    );
  });

  test("of a debit are payment refunds", async () => {
    const customer = (await stripe.customers.create()).id;
    const mandate_data = { customer_acceptance: { type: "offline" as const } };
    const intent = await world.pay("pm_usBankAccount_success", { customer, mandate_data });
    const refund = await stripe.refunds.create({
      expand: ["balance_transaction"],
      payment_intent: intent.id,
    });
    expect(refund.charge).toMatch(/^py_3/);
    expect(refund.balance_transaction).toMatchObject({ type: "payment_refund" });
  });
});
