/**
 * The cards that are declined: what the error, the intent and the charge say.
 *
 * Sources: https://docs.stripe.com/testing#declined-payments and https://docs.stripe.com/declines/codes; codes, texts and
 * networks' codes as recorded in version 2026-06-24.dahlia.
 */

import type Stripe from "stripe";
import { expect, test } from "vitest";
import { chargeOf, error, events, pay, payBy, stage } from "./stage.ts";

interface Decline {
  number: string;
  pm: string[];
  tok: string[];
  code: string;
  decline_code: string;
  message?: string;
  param?: string;
  advice?: string;
  /** The network's decline code and its advice. */
  network?: [string, string?];
}

const DECLINED = "Your card was declined.";
const TRY_AGAIN = "try_again_later";

const DECLINES: Decline[] = [
  {
    number: "4000000000000002",
    pm: ["visa_chargeDeclined", "chargeDeclined"],
    tok: ["visa_chargeDeclined", "chargeDeclined"],
    code: "card_declined",
    decline_code: "generic_decline",
    advice: TRY_AGAIN,
    network: ["01"],
  },
  {
    number: "4000000000009995",
    pm: ["visa_chargeDeclinedInsufficientFunds"],
    tok: [
      "visa_chargeDeclinedInsufficientFunds",
      "visa_debit_chargeDeclinedInsufficientFunds",
      "chargeDeclinedInsufficientFunds",
    ],
    code: "card_declined",
    decline_code: "insufficient_funds",
    message: "Your card has insufficient funds.",
    advice: TRY_AGAIN,
    network: ["51", "02"],
  },
  {
    number: "4000000000009987",
    pm: ["visa_chargeDeclinedLostCard"],
    tok: ["visa_chargeDeclinedLostCard"],
    code: "card_declined",
    decline_code: "lost_card",
    advice: "do_not_try_again",
    network: ["41", "01"],
  },
  {
    number: "4000000000009979",
    pm: ["visa_chargeDeclinedStolenCard"],
    tok: ["visa_chargeDeclinedStolenCard"],
    code: "card_declined",
    decline_code: "stolen_card",
    advice: "do_not_try_again",
    network: ["43", "01"],
  },
  {
    number: "4000000000000069",
    pm: ["chargeDeclinedExpiredCard"],
    tok: ["chargeDeclinedExpiredCard", "visa_chargeDeclinedExpiredCard"],
    code: "expired_card",
    decline_code: "expired_card",
    message: "Your card has expired.",
    param: "exp_month",
    advice: "confirm_card_data",
    network: ["54", "03"],
  },
  {
    number: "4000000000000127",
    pm: ["chargeDeclinedIncorrectCvc"],
    tok: ["chargeDeclinedIncorrectCvc", "visa_chargeDeclinedIncorrectCvc"],
    code: "incorrect_cvc",
    decline_code: "incorrect_cvc",
    message: "Your card's security code is incorrect.",
    param: "cvc",
    advice: "confirm_card_data",
    network: ["N7", "03"],
  },
  {
    number: "4000000000000119",
    pm: ["chargeDeclinedProcessingError"],
    tok: ["chargeDeclinedProcessingError", "visa_chargeDeclinedProcessingError"],
    code: "processing_error",
    decline_code: "processing_error",
    message: "An error occurred while processing your card. Try again in a little bit.",
    advice: TRY_AGAIN,
    network: ["06"],
  },
  {
    number: "4000000000006975",
    pm: ["visa_chargeDeclinedVelocityLimitExceeded"],
    tok: ["visa_chargeDeclinedVelocityLimitExceeded"],
    code: "card_declined",
    decline_code: "card_velocity_exceeded",
    message:
      "Your card was declined for making repeated attempts too frequently or exceeding its amount " +
      "limit.",
    advice: TRY_AGAIN,
    network: ["61", "02"],
  },
  {
    number: "4000000000000341",
    pm: ["chargeCustomerFail"],
    tok: ["chargeCustomerFail", "visa_chargeCustomerFail"],
    code: "card_declined",
    decline_code: "generic_decline",
    advice: TRY_AGAIN,
    network: ["01"],
  },
  {
    number: "4100000000000019",
    pm: ["radarBlock"],
    tok: ["radarBlock", "chargeDeclinedFraudulent", "visa_chargeDeclinedFraudulent"],
    code: "card_declined",
    decline_code: "fraudulent",
  },
];

/** What an error says of a decline; what it has not is not there. */
function words(decline: Decline): Record<string, unknown> {
  const [network_decline_code, network_advice_code] = decline.network ?? [];
  const { code, decline_code, message = DECLINED, param, advice } = decline;
  const told = {
    code,
    decline_code,
    message,
    param,
    advice_code: advice,
    network_decline_code,
    network_advice_code,
    doc_url: `https://stripe.com/docs/error-codes/${code.replaceAll("_", "-")}`,
  };
  return Object.fromEntries(Object.entries(told).filter(([, value]) => value !== undefined));
}

/** What a charge's outcome says of a decline. */
function outcome(decline: Decline): Record<string, unknown> {
  const [network_decline_code = null, network_advice_code = null] = decline.network ?? [];
  const codes = { advice_code: decline.advice ?? null, network_decline_code, network_advice_code };
  if (decline.decline_code === "fraudulent") {
    return {
      ...codes,
      network_status: "not_sent_to_network",
      reason: "highest_risk_level",
      risk_level: "highest",
      rule: "block_if_high_risk",
      seller_message: "Stripe blocked this payment as too risky.",
      type: "blocked",
    };
  }
  return {
    ...codes,
    network_status: "declined_by_network",
    reason: decline.decline_code,
    risk_level: "normal",
    seller_message:
      decline.decline_code === "generic_decline"
        ? "The bank did not return any further details with this decline."
        : `The bank returned the decline code \`${decline.decline_code}\`.`,
    type: "issuer_declined",
  };
}

const ERROR_ONLY = ["payment_intent", "request_log_url"];

test.each(DECLINES)("$number is declined with $decline_code", async (decline) => {
  const { fake, stripe } = stage();
  const refused = await error(payBy(stripe, decline.number));
  expect(refused).toMatchObject({ type: "StripeCardError", statusCode: 402 });
  const { raw } = refused;
  expect(raw).toMatchObject({ type: "card_error", ...words(decline) });
  const kept = Object.keys(raw).filter((key) => !["headers", "requestId", "statusCode"].includes(key));
  const told = [...Object.keys(words(decline)), "charge", "payment_method", "type", ...ERROR_ONLY];
  expect(kept.sort()).toEqual(told.sort());

  const intent = fake.state.paymentIntents[0]!;
  expect(intent).toMatchObject({
    status: "requires_payment_method",
    payment_method: null,
    amount_received: 0,
    amount_capturable: 0,
    latest_charge: raw.charge,
  });
  expect(intent.last_payment_error).toEqual({
    ...words(decline),
    charge: raw.charge,
    payment_method: raw.payment_method,
    payment_method_type: "card",
    type: "card_error",
  });
  const charge = await chargeOf(stripe, intent);
  expect(charge).toMatchObject({
    status: "failed",
    paid: false,
    captured: false,
    refunded: false,
    failure_code: decline.code,
    failure_message: decline.message ?? DECLINED,
    balance_transaction: null,
    failure_balance_transaction: null,
  });
  expect(charge.outcome).toMatchObject(outcome(decline));
  expect(await events(stripe)).toEqual([
    "payment_intent.created",
    "charge.failed",
    "payment_intent.payment_failed",
  ]);
});

const IDS = DECLINES.flatMap((decline) => decline.pm.map((id) => [id, decline] as const));

test.each(IDS)("pm_card_%s stands for a card that is declined", async (id, decline) => {
  const { stripe } = stage();
  const refused = await error(pay(stripe, `pm_card_${id}`));
  expect(refused.raw).toMatchObject({ type: "card_error", ...words(decline) });
});

const TOKENS = DECLINES.flatMap((decline) => decline.tok.map((id) => [id, decline] as const));

test.each(TOKENS)("tok_%s stands for a card that is declined", async (id, decline) => {
  const { fake, stripe } = stage();
  const charge = { amount: 2000, currency: "usd", source: `tok_${id}` };
  const refused = await error(stripe.charges.create(charge));
  expect(refused.raw).toMatchObject({ type: "card_error", ...words(decline) });
  expect(fake.state.charges.get(refused.raw.charge)).toMatchObject({
    status: "failed",
    failure_code: decline.code,
    outcome: outcome(decline),
  });
});

// https://docs.stripe.com/testing: saved without complaint, and declined when charged; that the codes
// are those of the names is inferred.
test.each([
  ["visa_chargeCustomerFailLostCard", "lost_card"],
  ["visa_chargeCustomerFailStolenCard", "stolen_card"],
])("tok_%s can be saved and is then declined with %s", async (id, decline_code) => {
  const { stripe } = stage();
  const customer = await stripe.customers.create({ source: `tok_${id}` });
  const charge = { amount: 2000, currency: "usd", customer: customer.id };
  const refused = await error(stripe.charges.create(charge));
  expect(refused.raw).toMatchObject({ code: "card_declined", decline_code });
});

test("each attempt leaves a failed charge, and the intent shows the latest", async () => {
  const { stripe } = stage();
  const intent = await stripe.paymentIntents.create({ amount: 2000, currency: "usd" });
  const params: Stripe.PaymentIntentConfirmParams = {
    payment_method: "pm_card_visa_chargeDeclined",
    return_url: "https://example.com",
  };
  await error(stripe.paymentIntents.confirm(intent.id, params));
  const second = await error(stripe.paymentIntents.confirm(intent.id, params));
  const charges = await stripe.charges.list({ payment_intent: intent.id });
  expect(charges.data.map(({ status }) => status)).toEqual(["failed", "failed"]);
  const failed = await stripe.paymentIntents.retrieve(intent.id);
  expect(failed.latest_charge).toBe(second.raw.charge);
  await stripe.paymentIntents.confirm(intent.id, { ...params, payment_method: "pm_card_visa" });
  expect(await stripe.paymentIntents.retrieve(intent.id)).toMatchObject({
    status: "succeeded",
    last_payment_error: null,
  });
});
