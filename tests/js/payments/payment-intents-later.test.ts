/** What comes after a confirmation: capture, cancel, increment, update; errors of state. */

import type Stripe from "stripe";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { NEVER, World } from "./world.ts";

let world: World;
let stripe: World["stripe"];
beforeEach(() => {
  world = new World();
  stripe = world.stripe;
});
afterEach(() => world.fake.stop());

const INTENT = { amount: 2000, currency: "usd" };
const MANUAL = { capture_method: "manual" as const };
const charge = async (intent: Stripe.PaymentIntent) =>
  stripe.charges.retrieve(intent.latest_charge as string, { expand: ["balance_transaction"] });

describe("capture", () => {
  test("takes all", async () => {
    const held = await world.pay("pm_card_visa", MANUAL);
    await world.events();
    const intent = await stripe.paymentIntents.capture(held.id);
    expect(intent).toMatchObject({
      amount_capturable: 0,
      amount_received: 2000,
      status: "succeeded",
    });
    expect(await charge(intent)).toMatchObject({
      amount_captured: 2000,
      balance_transaction: { amount: 2000 },
      captured: true,
    });
    expect(await world.events()).toEqual(["charge.captured", "payment_intent.succeeded"]);
  });

  // Recorded in 2026.
  test("takes a part and releases the rest", async () => {
    const held = await world.pay("pm_card_visa", { ...MANUAL, amount: 6500 });
    const intent = await stripe.paymentIntents.capture(held.id, { amount_to_capture: 5000 });
    expect(intent).toMatchObject({
      amount: 6500,
      amount_capturable: 0,
      amount_received: 5000,
      status: "succeeded",
    });
    expect(await charge(intent)).toMatchObject({
      amount: 6500,
      amount_captured: 5000,
      amount_refunded: 0,
      balance_transaction: { amount: 5000 },
      captured: true,
      refunded: false,
    });
    const again = await world.refused(stripe.paymentIntents.capture(held.id));
    expect(again).toMatchObject({
      code: "payment_intent_unexpected_state",
      message:
        "The remaining amount on this PaymentIntent could not be captured because the remainder " +
        "of the authorized amount has been released.",
      payment_intent: { id: held.id },
    });
  });

  test("takes several parts where the last is not the final one", async () => {
    const held = await world.pay("pm_card_visa", MANUAL);
    const part = { amount_to_capture: 500, final_capture: false };
    const once = await stripe.paymentIntents.capture(held.id, part);
    expect(once).toMatchObject({
      amount_capturable: 1500,
      amount_received: 500,
      status: "requires_capture",
    });
    const whole = await stripe.paymentIntents.capture(held.id);
    expect(whole).toMatchObject({
      amount_capturable: 0,
      amount_received: 2000,
      status: "succeeded",
    });
    expect(await charge(whole)).toMatchObject({ amount_captured: 2000, captured: true });
  });

  test("too much is refused", async () => {
    const held = await world.pay("pm_card_visa", MANUAL);
    const capture = stripe.paymentIntents.capture(held.id, { amount_to_capture: 2001 });
    expect(await world.refused(capture)).toMatchObject({
      code: "amount_too_large",
      message:
        "The payment could not be captured because the requested capture amount is greater than " +
        "the amount you can capture for this charge. Contact us via " +
        "https://support.stripe.com/contact/ for help.",
    });
  });

  test("what is not held is refused", async () => {
    const open = await stripe.paymentIntents.create(INTENT);
    expect(await world.refused(stripe.paymentIntents.capture(open.id))).toMatchObject({
      code: "payment_intent_unexpected_state",
      message:
        "This PaymentIntent could not be captured because it has a status of " +
        "requires_payment_method. Only a PaymentIntent with one of the following statuses may be " +
        "captured: requires_capture.",
      payment_intent: { id: open.id },
      status: 400,
    });
    const paid = await world.pay("pm_card_visa");
    expect((await world.refused(stripe.paymentIntents.capture(paid.id))).message).toBe(
      "This PaymentIntent could not be captured because it has already been captured.",
    );
  });
});

describe("cancel", () => {
  test("before anything was held", async () => {
    const open = await stripe.paymentIntents.create(INTENT);
    const reason = { cancellation_reason: "abandoned" as const };
    const intent = await stripe.paymentIntents.cancel(open.id, reason);
    expect(intent).toMatchObject({ ...reason, status: "canceled" });
    expect(intent.canceled_at).toBeGreaterThan(0);
    expect(await world.events()).toEqual(["payment_intent.created", "payment_intent.canceled"]);
  });

  test("gives back what was held and keeps the payment method", async () => {
    const held = await world.pay("pm_card_visa", MANUAL);
    await world.events();
    const intent = await stripe.paymentIntents.cancel(held.id);
    expect(intent).toMatchObject({
      amount_capturable: 0,
      cancellation_reason: null,
      latest_charge: held.latest_charge,
      payment_method: held.payment_method,
      status: "canceled",
    });
    expect(await charge(intent)).toMatchObject({
      amount_refunded: 2000,
      captured: false,
      refunded: true,
    });
    expect(await world.events()).toEqual(["charge.refunded", "payment_intent.canceled"]);
  });

  test.each(["succeeded", "canceled"])("one that is %s is refused", async (status) => {
    const paid = status === "succeeded";
    const intent = paid ? await world.pay("pm_card_visa") : await stripe.paymentIntents.create(INTENT);
    if (!paid) await stripe.paymentIntents.cancel(intent.id);
    expect((await world.refused(stripe.paymentIntents.cancel(intent.id))).message).toBe(
      `You cannot cancel this PaymentIntent because it has a status of ${status}. Only a ` +
        "PaymentIntent with one of the following statuses may be canceled: " +
        "requires_payment_method, requires_capture, requires_reauthorization, " +
        "requires_confirmation, requires_action, expired, processing.",
    );
  });

  test("a debit that never ends can be canceled", async () => {
    const customer = (await stripe.customers.create()).id;
    const mandate_data = { customer_acceptance: { type: "offline" as const } };
    const more = { customer, mandate_data };
    const intent = await world.pay("pm_usBankAccount_processing", more);
    expect(intent.status).toBe("processing");
    world.fake.clock.advance({ days: 30 });
    expect((await stripe.paymentIntents.retrieve(intent.id)).status).toBe("processing");
    expect((await stripe.paymentIntents.cancel(intent.id)).status).toBe("canceled");
  });
});

describe("increment_authorization", () => {
  test("raises what is held, up to the tenth time", async () => {
    const held = await world.pay("pm_card_visa", MANUAL);
    for (let times = 1; times <= 10; times++) {
      const amount = 2000 + times * 100;
      const intent = await stripe.paymentIntents.incrementAuthorization(held.id, { amount });
      expect(intent).toMatchObject({ amount, amount_capturable: amount });
    }
    const more = stripe.paymentIntents.incrementAuthorization(held.id, { amount: 9000 });
    expect((await world.refused(more)).status).toBe(400);
    const intent = await stripe.paymentIntents.capture(held.id);
    expect(intent.amount_received).toBe(3000);
  });

  test("never lowers it, and needs something held", async () => {
    const held = await world.pay("pm_card_visa", MANUAL);
    const less = stripe.paymentIntents.incrementAuthorization(held.id, { amount: 2000 });
    expect((await world.refused(less)).status).toBe(400);
    const paid = await world.pay("pm_card_visa");
    const late = stripe.paymentIntents.incrementAuthorization(paid.id, { amount: 3000 });
    expect((await world.refused(late)).code).toBe("payment_intent_unexpected_state");
  });
});

describe("confirm again", () => {
  test("is refused once paid", async () => {
    const paid = await world.pay("pm_card_visa");
    const again = stripe.paymentIntents.confirm(paid.id, { payment_method: "pm_card_visa" });
    expect(await world.refused(again)).toMatchObject({
      code: "payment_intent_unexpected_state",
      message:
        "You cannot confirm this PaymentIntent because it has already succeeded after being " +
        "previously confirmed.",
      payment_intent: { id: paid.id },
    });
  });

  test("replaces an action that was not taken", async () => {
    const waiting = await world.pay("pm_card_threeDSecure2Required");
    const paid = await stripe.paymentIntents.confirm(waiting.id, {
      payment_method: "pm_card_visa",
    });
    expect(paid).toMatchObject({ next_action: null, status: "succeeded" });
  });
});

describe("update", () => {
  test("gives the payment method, without events", async () => {
    const open = await stripe.paymentIntents.create({ ...INTENT, ...NEVER });
    await world.events();
    const payment_method = "pm_card_visa";
    const given = await stripe.paymentIntents.update(open.id, { payment_method });
    expect(given.status).toBe("requires_confirmation");
    expect(await world.events()).toEqual([]);
  });

  test("clears the last error", async () => {
    const error = await world.refused(world.pay("pm_card_chargeDeclined"));
    const { id } = error.payment_intent;
    const intent = await stripe.paymentIntents.update(id, { payment_method: "pm_card_visa" });
    expect(intent).toMatchObject({ last_payment_error: null, status: "requires_confirmation" });
  });

  test("changes amounts as long as nothing was paid", async () => {
    const open = await stripe.paymentIntents.create(INTENT);
    const intent = await stripe.paymentIntents.update(open.id, { amount: 2500, currency: "eur" });
    expect(intent).toMatchObject({ amount: 2500, currency: "eur" });
    const small = await world.refused(stripe.paymentIntents.update(open.id, { amount: 1 }));
    expect(small.code).toBe("amount_too_small");
  });

  test.each([{ amount: 2500 }, { payment_method: "pm_card_mastercard" }])(
    "%o is fixed once paid",
    async (params) => {
      const paid = await world.pay("pm_card_visa");
      const [param] = Object.keys(params);
      expect(await world.refused(stripe.paymentIntents.update(paid.id, params))).toMatchObject({
        code: "payment_intent_unexpected_state",
        message:
          `This PaymentIntent's ${param} could not be updated because it has a status of ` +
          `succeeded. You may only update the ${param} of a PaymentIntent with one of the ` +
          "following statuses: requires_payment_method, requires_confirmation, requires_action.",
        param,
      });
    },
  );

  test("still takes a description and metadata once paid, and nothing once canceled", async () => {
    const paid = await world.pay("pm_card_visa");
    const about = { description: "Two cups", metadata: { order: "7" } };
    expect(await stripe.paymentIntents.update(paid.id, about)).toMatchObject(about);
    const gone = await stripe.paymentIntents.create(INTENT);
    await stripe.paymentIntents.cancel(gone.id);
    const error = await world.refused(stripe.paymentIntents.update(gone.id, about));
    expect(error.message).toMatch(
      /^This PaymentIntent could not be updated because it has a status of canceled\./,
    );
  });

  test("the customer is said once", async () => {
    const [one, other] = [await stripe.customers.create(), await stripe.customers.create()];
    const open = await stripe.paymentIntents.create({ ...INTENT, customer: one.id });
    await stripe.paymentIntents.update(open.id, { customer: one.id });
    const change = stripe.paymentIntents.update(open.id, { customer: other.id });
    expect(await world.refused(change)).toMatchObject({
      message:
        "You cannot modify `customer` on a PaymentIntent once it already has been set. To " +
        "fulfill a payment with a different Customer, cancel this PaymentIntent and create a new " +
        "one.",
      param: "customer",
    });
  });
});

// https://docs.stripe.com/payments/ach-direct-debit/accept-a-payment
describe("verify_microdeposits", () => {
  const account = {
    type: "us_bank_account" as const,
    billing_details: { name: "Ana" },
    us_bank_account: {
      account_holder_type: "individual" as const,
      account_number: "000123456789",
      routing_number: "110000000",
    },
  };
  const mandate_data = { customer_acceptance: { type: "offline" as const } };
  const start = async (account_number = "000123456789") => {
    const us_bank_account = { ...account.us_bank_account, account_number };
    const method = await stripe.paymentMethods.create({ ...account, us_bank_account });
    return world.pay(method.id, { mandate_data });
  };

  test("lets the debit begin", async () => {
    const intent = await start();
    expect(intent).toMatchObject({
      next_action: {
        type: "verify_with_microdeposits",
        verify_with_microdeposits: { microdeposit_type: "descriptor_code" },
      },
      status: "requires_action",
    });
    const verified = await stripe.paymentIntents.verifyMicrodeposits(intent.id, {
      descriptor_code: "SM11AA",
    });
    expect(verified).toMatchObject({ next_action: null, status: "processing" });
    expect((await stripe.paymentIntents.retrieve(intent.id)).status).toBe("succeeded");
    expect(await world.events()).toEqual([
      "payment_intent.created",
      "payment_intent.requires_action",
      "charge.pending",
      "payment_intent.processing",
      "charge.succeeded",
      "payment_intent.succeeded",
    ]);
  });

  test("wrong amounts can be tried three times", async () => {
    const { id } = await start();
    const wrong = () =>
      world.refused(stripe.paymentIntents.verifyMicrodeposits(id, { amounts: [1, 2] }));
    expect(await wrong()).toMatchObject({
      code: "payment_method_microdeposit_verification_amounts_mismatch",
      message:
        "The amounts provided do not match the amounts that were sent to the bank account. You " +
        "have 2 verification attempts remaining.",
      status: 400,
    });
    expect((await wrong()).message).toMatch(/You have 1 verification attempts remaining\.$/);
    expect(await wrong()).toMatchObject({
      code: "payment_method_microdeposit_verification_attempts_exceeded",
      message: "Exceeded number of allowed verification attempts",
    });
    expect(await stripe.paymentIntents.retrieve(id)).toMatchObject({
      last_payment_error: {
        code: "payment_method_microdeposit_verification_attempts_exceeded",
      },
      payment_method: null,
      status: "requires_payment_method",
    });
    expect((await world.events()).at(-1)).toBe("payment_intent.payment_failed");
  });

  test("the documented values exceed the attempts and the time", async () => {
    const one = await start();
    const many = stripe.paymentIntents.verifyMicrodeposits(one.id, { amounts: [10, 11] });
    expect((await world.refused(many)).code).toBe(
      "payment_method_microdeposit_verification_attempts_exceeded",
    );
    const other = await start();
    const late = stripe.paymentIntents.verifyMicrodeposits(other.id, { descriptor_code: "SM44DD" });
    expect((await world.refused(late)).code).toBe(
      "payment_method_microdeposit_verification_timeout",
    );
  });

  test("after ten days it is too late", async () => {
    const { id } = await start();
    world.fake.clock.advance({ days: 10, minutes: 1 });
    expect(await stripe.paymentIntents.retrieve(id)).toMatchObject({
      last_payment_error: { code: "payment_method_microdeposit_verification_timeout" },
      status: "requires_payment_method",
    });
  });

  test("some accounts take none", async () => {
    const { id } = await start("000666666661");
    expect(await stripe.paymentIntents.retrieve(id)).toMatchObject({
      last_payment_error: { code: "payment_method_microdeposit_failed" },
      status: "requires_payment_method",
    });
  });

  test("what waits for no microdeposits is refused", async () => {
    const paid = await world.pay("pm_card_visa");
    const verify = stripe.paymentIntents.verifyMicrodeposits(paid.id, { amounts: [32, 45] });
    expect(await world.refused(verify)).toMatchObject({
      code: "intent_invalid_state",
      message:
        "This PaymentIntent cannot be actioned on because it has a status of succeeded. Only a " +
        'PaymentIntent with one of the following statuses may be actioned on: ["requires_action"].',
    });
  });
});

test("lines of the amount's details are listed", async () => {
  const line_items = [{ product_name: "Cup", quantity: 2, unit_cost: 1000 }];
  const intent = await stripe.paymentIntents.create({ ...INTENT, amount_details: { line_items } });
  const lines = await stripe.paymentIntents.listAmountDetailsLineItems(intent.id);
  expect(lines.data).toMatchObject(line_items);
});

test("intents are found by amount, currency, customer, metadata and status", async () => {
  const { id: customer } = await stripe.customers.create();
  const wanted = await world.pay("pm_card_visa", { customer, metadata: { order: "7" } });
  await stripe.paymentIntents.create(INTENT);
  for (const query of [
    `customer:"${customer}"`,
    'metadata["order"]:"7"',
    'status:"succeeded" AND amount:2000 AND currency:"usd"',
    '-status:"requires_payment_method"',
  ]) {
    const found = await stripe.paymentIntents.search({ query });
    expect(found.data.map((intent) => intent.id)).toEqual([wanted.id]);
  }
});
