/**
 * Cards that are held to a simulated reader.
 *
 * Sources: https://docs.stripe.com/terminal/references/testing and https://docs.stripe.com/testing#terminal. The fields are those of
 * the types of the `stripe` package.
 */

import type Stripe from "stripe";
import { describe, expect, test } from "vitest";
import { chargeOf, error, events, stage } from "./stage.ts";

/** A reader that is told to take a payment. */
async function told(amount: number, more: Partial<Stripe.PaymentIntentCreateParams> = {}) {
  const { fake, stripe } = stage();
  const address = { line1: "510 Townsend St", city: "San Francisco", state: "CA", postal_code: "94103", country: "US" };
  const location = await stripe.terminal.locations.create({ display_name: "Shop", address });
  const reader = await stripe.terminal.readers.create({
    registration_code: "simulated-wpe",
    location: location.id,
  });
  const params = { amount, currency: "usd", allowed_payment_method_types: ["card_present"], ...more };
  const intent = await stripe.paymentIntents.create(params as Stripe.PaymentIntentCreateParams);
  const busy = await stripe.terminal.readers.processPaymentIntent(reader.id, {
    payment_intent: intent.id,
  });
  expect(busy.action!.status).toBe("in_progress");
  const present = (params: { amount_tip?: number; card_present?: { number: string } } = {}) =>
    stripe.testHelpers.terminal.readers.presentPaymentMethod(reader.id, params);
  const look = () => stripe.paymentIntents.retrieve(intent.id);
  return { fake, stripe, reader, present, look };
}

test("the usual card pays", async () => {
  const { stripe, present, look } = await told(2000);
  expect((await present()).action).toMatchObject({
    type: "process_payment_intent",
    status: "succeeded",
    failure_code: null,
    failure_message: null,
  });
  const intent = await look();
  expect(intent).toMatchObject({ status: "succeeded", amount_received: 2000 });
  const charge = await chargeOf(stripe, intent);
  expect(charge).toMatchObject({
    id: expect.stringMatching(/^ch_/),
    status: "succeeded",
    payment_method_details: {
      type: "card_present",
      card_present: { brand: "visa", last4: "4242", read_method: "contact_emv" },
    },
  });
  expect(await events(stripe)).toEqual(
    expect.arrayContaining(["payment_intent.succeeded", "terminal.reader.action_succeeded"]),
  );
});

test.each([
  ["4001007020000002", "offline_pin"],
  ["4000008260000075", "offline_pin"],
  ["4001000360000005", "online_pin"],
  ["4000002760000008", "online_pin"],
])("%s asks for a PIN: %s", async (number, cardholder_verification_method) => {
  const { stripe, present, look } = await told(2000);
  await present({ card_present: { number } });
  const charge = await chargeOf(stripe, await look());
  const { receipt, last4 } = charge.payment_method_details!.card_present!;
  expect(last4).toBe(number.slice(-4));
  expect(receipt).toMatchObject({ cardholder_verification_method });
});

test.each([
  ["4000000000000002", "generic_decline"],
  ["4000000000009995", "insufficient_funds"],
  ["4000000000009987", "lost_card"],
  ["4000000000009979", "stolen_card"],
  ["4000000000000069", "expired_card"],
  ["4000000000000119", "processing_error"],
])("%s is declined with %s", async (number, failure_code) => {
  const { stripe, present, look } = await told(2000);
  const reader = await present({ card_present: { number } });
  expect(reader.action).toMatchObject({ status: "failed", failure_code });
  const intent = await look();
  expect(intent).toMatchObject({
    status: "requires_payment_method",
    last_payment_error: { decline_code: failure_code, payment_method_type: "card_present" },
  });
  expect((await chargeOf(stripe, intent)).status).toBe("failed");
  expect(await events(stripe)).toContain("terminal.reader.action_failed");
});

test.each([
  [2000, undefined],
  [2001, "call_issuer"],
  [2005, "generic_decline"],
  [2055, "incorrect_pin"],
  [2060, "online_or_offline_pin_required"],
  [2065, "withdrawal_count_limit_exceeded"],
  [2075, "pin_try_exceeded"],
])("an amount of %i comes to %s", async (amount, decline_code) => {
  const { present, look } = await told(amount);
  const { action } = await present();
  expect(action!.status).toBe(decline_code === undefined ? "succeeded" : "failed");
  expect((await look()).last_payment_error?.decline_code).toBe(decline_code);
});

describe("otherwise", () => {
  test("a tip is added, and what is captured by hand is reserved", async () => {
    const { present, look } = await told(2000, { capture_method: "manual" });
    await present({ amount_tip: 300 });
    expect(await look()).toMatchObject({
      status: "requires_capture",
      amount: 2300,
      amount_capturable: 2300,
      amount_details: { tip: { amount: 300 } },
    });
  });

  test("an Interac card is the usual one where only those are taken", async () => {
    const more = { currency: "cad", allowed_payment_method_types: ["interac_present"] };
    const { stripe, present, look } = await told(2000, more);
    await present();
    const details = (await chargeOf(stripe, await look())).payment_method_details!;
    expect(details).toMatchObject({
      type: "interac_present",
      interac_present: { brand: "interac", last4: "1933" },
    });
  });

  test("a reader that waits for nothing takes nothing", async () => {
    const { present } = await told(2000);
    await present();
    expect((await error(present())).statusCode).toBe(400);
  });

  test("a refund at the reader", async () => {
    const { stripe, reader, present, look } = await told(2000);
    await present();
    const charge = (await look()).latest_charge as string;
    await stripe.terminal.readers.refundPayment(reader.id, { charge, amount: 500 });
    expect((await present()).action!.status).toBe("succeeded");
    expect((await stripe.charges.retrieve(charge)).amount_refunded).toBe(500);
  });
});
