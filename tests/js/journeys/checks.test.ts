/**
 * Fraud and checks: Radar's levels, and what becomes of the security code and the address.
 *
 * Source: https://docs.stripe.com/testing#fraud-prevention; outcomes of blocked and reviewed payments as recorded.
 */

import { expect, test } from "vitest";
import { card, chargeOf, error, events, pay, payBy, stage } from "./stage.ts";

const ADDRESS = { line1: "510 Townsend St", postal_code: "94103", country: "US" };

type Checks = [cvc: string, line1: string, postal_code: string];

// number, id, checks after use, the error's code where the default rules block it
const ROWS: [string, string, Checks, string?][] = [
  ["4000000000009235", "riskLevelElevated", ["pass", "pass", "pass"]],
  ["4000008400000407", "highFraudDisputeScore", ["pass", "pass", "pass"]],
  ["4000008400000159", "highEfwScore", ["pass", "pass", "pass"]],
  ["4000008400001017", "radarDynamicRiskThreshold", ["pass", "pass", "pass"]],
  ["4000000000000028", "avsLine1Fail", ["pass", "fail", "pass"]],
  ["4000000000000044", "avsUnchecked", ["pass", "unavailable", "unavailable"]],
  ["4000000000000101", "cvcCheckFail", ["fail", "pass", "pass"], "incorrect_cvc"],
  ["4000058400307872", "cvcCheckFailElevatedRisk", ["fail", "pass", "pass"], "incorrect_cvc"],
  ["4000000000000036", "avsZipFail", ["pass", "pass", "fail"], "incorrect_zip"],
  ["4000058400306072", "avsZipFailElevatedRisk", ["pass", "pass", "fail"], "incorrect_zip"],
  ["4000000000000010", "avsFail", ["pass", "fail", "fail"], "incorrect_zip"],
  ["4100000000000019", "radarBlock", ["unavailable", "pass", "pass"], "card_declined"],
  ["4000000000004954", "riskLevelHighest", ["pass", "pass", "pass"], "card_declined"],
  ["4001858821843804", "freeTrialAbuseBlock", ["pass", "pass", "pass"], "card_declined"],
];

test.each(ROWS)("%s (%s) is checked: %j", async (number, id, checks, code) => {
  const { stripe } = stage();
  const method = await stripe.paymentMethods.create({
    ...card(number),
    billing_details: { address: ADDRESS },
  });
  const unchecked = "unchecked";
  expect(method.card!.checks).toEqual({
    address_line1_check: unchecked,
    address_postal_code_check: unchecked,
    cvc_check: unchecked,
  });
  const paid = pay(stripe, method.id);
  let charge;
  if (code === undefined) {
    charge = await chargeOf(stripe, await paid);
  } else {
    const refused = await error(paid);
    expect(refused).toMatchObject({ statusCode: 402, code });
    charge = await stripe.charges.retrieve(refused.raw.charge);
  }
  const [cvc_check, address_line1_check, address_postal_code_check] = checks;
  const expected = { address_line1_check, address_postal_code_check, cvc_check };
  expect(charge.payment_method_details!.card!.checks).toEqual(expected);
  const minted = await stripe.paymentMethods.retrieve(`pm_card_${id}`);
  expect(minted.card!.last4).toBe(number.slice(-4));
});

test.each(["4000000000000101", "4000000000000036", "4000000000000010", "4000000000000028"])(
  "%s succeeds where there is nothing to check",
  async (number) => {
    const { stripe } = stage();
    const bare = { type: "card" as const, card: { number, exp_month: 12, exp_year: 2050 } };
    const method = await stripe.paymentMethods.create(bare);
    expect((await pay(stripe, method.id)).status).toBe("succeeded");
  },
);

test.each(["4100000000000019", "4000000000004954", "4001858821843804"])(
  "%s is blocked before the network sees it",
  async (number) => {
    const { stripe } = stage();
    const refused = await error(payBy(stripe, number));
    expect(refused).toMatchObject({ code: "card_declined", decline_code: "fraudulent" });
    const charge = await stripe.charges.retrieve(refused.raw.charge);
    expect(charge.outcome).toMatchObject({
      network_status: "not_sent_to_network",
      reason: "highest_risk_level",
      risk_level: "highest",
      type: "blocked",
    });
  },
);

test("an elevated risk is paid and put in the review queue", async () => {
  const { stripe } = stage();
  const intent = await payBy(stripe, "4000000000009235");
  const charge = await chargeOf(stripe, intent);
  expect(charge.outcome).toMatchObject({
    network_status: "approved_by_network",
    reason: "elevated_risk_level",
    risk_level: "elevated",
    risk_score: 74,
    rule: "manual_review_if_elevated_risk",
    seller_message:
      "Stripe evaluated this payment as having elevated risk, and placed it in your manual review queue.",
    type: "manual_review",
  });
  const [review] = (await stripe.reviews.list()).data;
  expect(review).toMatchObject({
    charge: charge.id,
    payment_intent: intent.id,
    open: true,
    reason: "rule",
    opened_reason: "rule",
    closed_reason: null,
  });
  expect((await stripe.paymentIntents.retrieve(intent.id)).review).toBe(review!.id);
  expect(charge.review).toBe(review!.id);
  const approved = await stripe.reviews.approve(review!.id);
  expect(approved).toMatchObject({ open: false, reason: "approved", closed_reason: "approved" });
  expect(await events(stripe)).toEqual(
    expect.arrayContaining(["review.opened", "review.closed"]),
  );
});

test("adaptive 3D Secure asks for a challenge", async () => {
  const { stripe } = stage();
  expect((await payBy(stripe, "4000008405600003")).status).toBe("requires_action");
  expect((await pay(stripe, "pm_card_adaptive3dsChallenge")).status).toBe("requires_action");
});
