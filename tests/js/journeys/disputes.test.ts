/**
 * What happens after a charge has succeeded: disputes, warnings of fraud, refunds that take their time, money that is there at
 * once.
 *
 * Sources: https://docs.stripe.com/testing#disputes, #refunds and #available-balance. Recorded: the fields and events of
 * disputes of fraud, of goods not received and of inquiries, the effects of evidence and of closing. What the cards of the
 * networks' programmes come to is inferred from their descriptions.
 */

import type Stripe from "stripe";
import { describe, expect, test } from "vitest";
import { chargeOf, error, events, pay, payBy, stage } from "./stage.ts";

const NOW = new Date("2026-03-05T10:00:00Z");
/** The end of the eighth day. */
const DUE = Date.parse("2026-03-13T23:59:59Z") / 1000;

const disputesOf = async (stripe: Stripe, charge: Stripe.Charge) =>
  (await stripe.disputes.list({ charge: charge.id })).data;

/** Pays with that card, and gives the charge and its dispute. */
async function disputed(stripe: Stripe, number: string): Promise<[Stripe.Charge, Stripe.Dispute]> {
  const charge = await chargeOf(stripe, await payBy(stripe, number));
  const [dispute] = await disputesOf(stripe, charge);
  return [charge, dispute!];
}

interface Row {
  number: string;
  id: string;
  reason: string;
  status: string;
  case_type: string;
  network_reason_code: string | null;
  eligible?: string;
}

const FRAUD = {
  reason: "fraudulent",
  status: "needs_response",
  case_type: "chargeback",
  network_reason_code: "10.4",
};
const COMPLIANCE = {
  reason: "noncompliant",
  status: "needs_response",
  case_type: "compliance",
  network_reason_code: null,
};
const PREVENTED = { ...FRAUD, status: "prevented", case_type: "resolution" };

const ROWS: Row[] = [
  { number: "4000000000000259", id: "createDispute", ...FRAUD },
  {
    number: "4000000000002685",
    id: "createDisputeProductNotReceived",
    ...FRAUD,
    reason: "product_not_received",
    network_reason_code: "13.1",
  },
  {
    number: "4000000000001976",
    id: "createDisputeInquiry",
    ...FRAUD,
    status: "warning_needs_response",
    case_type: "inquiry",
    network_reason_code: "10",
  },
  {
    number: "4000000404000038",
    id: "createCe3EligibleDispute",
    ...FRAUD,
    eligible: "visa_compelling_evidence_3",
  },
  { number: "4000008400000779", id: "createComplianceDispute", ...COMPLIANCE, eligible: "visa_compliance" },
  {
    number: "5105008400000002",
    id: "createMastercardComplianceDispute",
    ...COMPLIANCE,
    eligible: "mastercard_compliance",
  },
  { number: "4000000001000043", id: "createAutoRepresentmentEligibleDispute", ...FRAUD },
  { number: "4000000404004816", id: "createRapidDisputeResolutionDispute", ...PREVENTED },
  { number: "4000000404005649", id: "createCe3BlockDispute", ...PREVENTED, case_type: "block" },
  { number: "5105000300000018", id: "createEthocaAlert", ...PREVENTED },
];

describe("how a dispute begins", () => {
  test.each(ROWS)("$number ($id): $reason, $status", async (row) => {
    const { stripe } = stage({ now: NOW });
    const [charge, dispute] = await disputed(stripe, row.number);
    expect(charge).toMatchObject({
      status: "succeeded",
      paid: true,
      disputed: true,
      dispute: dispute.id,
      amount_refunded: 0,
    });
    const isInquiry = row.case_type === "inquiry";
    const brand = row.number.startsWith("5") ? "mastercard" : "visa";
    expect(dispute).toMatchObject({
      id: expect.stringMatching(/^du_/),
      amount: 2000,
      charge: charge.id,
      currency: "usd",
      is_charge_refundable: isInquiry,
      payment_intent: charge.payment_intent,
      reason: row.reason,
      status: row.status,
      enhanced_eligibility_types: row.eligible === undefined ? [] : [row.eligible],
      evidence_details: {
        due_by: DUE,
        has_evidence: false,
        past_due: false,
        submission_count: 0,
      },
      payment_method_details: {
        card: {
          brand,
          case_type: row.case_type,
          network: brand,
          network_reason_code: row.network_reason_code,
        },
        type: "card",
      },
    });
    expect(Object.keys(dispute.evidence_details.enhanced_eligibility)).toEqual(
      dispute.enhanced_eligibility_types,
    );
    if (row.status === "needs_response") {
      expect(dispute.balance_transactions).toMatchObject([
        {
          amount: -2000,
          fee: 1500,
          net: -3500,
          currency: "usd",
          reporting_category: "dispute",
          source: dispute.id,
          type: "adjustment",
          description: `Chargeback withdrawal for ${charge.id}`,
          fee_details: [{ amount: 1500, description: "Dispute fee", type: "stripe_fee" }],
        },
      ]);
    } else {
      expect(dispute.balance_transactions).toEqual([]);
    }
    expect((await stripe.paymentMethods.retrieve(`pm_card_${row.id}`)).card!.last4).toBe(
      row.number.slice(-4),
    );
    const source = `tok_${row.id}`;
    const legacy = await stripe.charges.create({ amount: 700, currency: "usd", source });
    expect(legacy.disputed).toBe(true);
  });

  test("in the midst of the payment", async () => {
    const { stripe } = stage();
    await pay(stripe, "pm_card_createDispute");
    expect((await events(stripe)).slice(0, 5)).toEqual([
      "payment_intent.created",
      "charge.succeeded",
      "charge.dispute.created",
      "charge.dispute.funds_withdrawn",
      "payment_intent.succeeded",
    ]);
  });

  test("an inquiry moves no money", async () => {
    const { stripe } = stage();
    await pay(stripe, "pm_card_createDisputeInquiry");
    const told = await events(stripe);
    expect(told).toContain("charge.dispute.created");
    expect(told).not.toContain("charge.dispute.funds_withdrawn");
  });

  test.each([
    ["4000000404000079", payBy],
    ["pm_card_createMultipleDisputes", pay],
  ])("a charge may be disputed more than once: %s", async (card, way) => {
    const { stripe } = stage();
    const charge = await chargeOf(stripe, await way(stripe, card));
    const disputes = await disputesOf(stripe, charge);
    expect(disputes).toHaveLength(2);
    expect(disputes.reduce((sum, { amount }) => sum + amount, 0)).toBe(charge.amount);
    expect(disputes.map(({ id }) => id)).toContain((charge as unknown as { dispute: string }).dispute);
  });

  test("where 3D Secure was asked for, fraud is the bank's affair; what was not received is not", async () => {
    const { stripe } = stage();
    const more = { payment_method_options: { card: { request_three_d_secure: "any" as const } } };
    const fraud = await chargeOf(stripe, await pay(stripe, "pm_card_createDispute", more));
    expect(fraud).toMatchObject({ disputed: false, dispute: null });
    const method = "pm_card_createDisputeProductNotReceived";
    const other = await chargeOf(stripe, await pay(stripe, method, more));
    expect(other.disputed).toBe(true);
  });
});

const evidence = (uncategorized_text: string) => ({ evidence: { uncategorized_text } });

describe("what evidence comes to", () => {
  test.each([
    ["4000000000000259", "winning_evidence", "under_review", "won"],
    ["4000000000000259", "losing_evidence", "under_review", "lost"],
    ["4000000000001976", "winning_evidence", "warning_under_review", "warning_closed"],
    ["4000000000001976", "losing_evidence", "warning_under_review", "warning_closed"],
    ["4000000000001976", "escalate_inquiry_evidence", "warning_under_review", "needs_response"],
    ["4000000000000259", "The parcel was delivered.", "under_review", "under_review"],
  ])("%s with %s: %s, then %s", async (number, text, first, then) => {
    const { fake, stripe } = stage({ now: NOW });
    const [charge, dispute] = await disputed(stripe, number);
    const before = await events(stripe);
    const submitted = await stripe.disputes.update(dispute.id, evidence(text));
    expect(submitted).toMatchObject({
      status: first,
      evidence: { uncategorized_text: text },
      evidence_details: { has_evidence: true, submission_count: 1 },
    });
    fake.clock.advance({ seconds: 10 });
    const decided = await stripe.disputes.retrieve(dispute.id);
    expect(decided.status).toBe(then);
    const moved = decided.balance_transactions.map(({ amount, fee, reporting_category }) => [
      amount,
      fee,
      reporting_category,
    ]);
    const withdrawn = [-2000, 1500, "dispute"];
    const told = (await events(stripe)).slice(before.length);
    if (then === "won") {
      expect(moved).toEqual([withdrawn, [2000, 0, "dispute_reversal"]]);
      expect(decided.is_charge_refundable).toBe(true);
      expect(told).toEqual([
        "charge.dispute.updated",
        "charge.dispute.funds_reinstated",
        "charge.dispute.closed",
      ]);
    } else if (then === "needs_response") {
      expect(moved).toEqual([withdrawn]);
      expect(decided).toMatchObject({
        is_charge_refundable: false,
        payment_method_details: { card: { case_type: "chargeback" } },
      });
      expect(told).toEqual([
        "charge.dispute.updated",
        "charge.dispute.updated",
        "charge.dispute.funds_withdrawn",
      ]);
    } else {
      expect(moved).toEqual(number.endsWith("1976") ? [] : [withdrawn]);
      const isOver = then !== first;
      expect(told).toEqual([
        "charge.dispute.updated",
        ...(isOver ? ["charge.dispute.closed"] : []),
      ]);
    }
    expect((await stripe.charges.retrieve(charge.id)).disputed).toBe(true);
  });

  test("it can be kept for later, and then be sent", async () => {
    const { fake, stripe } = stage();
    const [, dispute] = await disputed(stripe, "4000000000000259");
    const kept = await stripe.disputes.update(dispute.id, {
      ...evidence("winning_evidence"),
      submit: false,
    });
    expect(kept).toMatchObject({
      status: "needs_response",
      evidence_details: { has_evidence: true, submission_count: 0 },
    });
    const sent = await stripe.disputes.update(dispute.id, { submit: true });
    expect(sent).toMatchObject({
      status: "under_review",
      evidence_details: { has_evidence: true, submission_count: 1 },
    });
    expect(fake.settle(sent).status).toBe("won");
  });

  test("it is prefilled with what is known", async () => {
    const { stripe } = stage();
    const customer = await stripe.customers.create({ name: "Ana", email: "ana@example.com" });
    const more = { customer: customer.id, description: "Two shirts" };
    const charge = await chargeOf(stripe, await pay(stripe, "pm_card_createDispute", more));
    const [dispute] = await disputesOf(stripe, charge);
    expect(dispute!.evidence).toMatchObject({
      customer_name: "Ana",
      customer_email_address: "ana@example.com",
      product_description: "Two shirts",
      uncategorized_text: null,
    });
  });

  test("metadata is no evidence", async () => {
    const { stripe } = stage();
    const [, dispute] = await disputed(stripe, "4000000000000259");
    const updated = await stripe.disputes.update(dispute.id, { metadata: { case: "17" } });
    expect(updated).toMatchObject({ status: "needs_response", metadata: { case: "17" } });
    expect((await events(stripe)).at(-1)).toBe("charge.dispute.updated");
  });
});

describe("how a dispute ends otherwise", () => {
  test("it is accepted as lost", async () => {
    const { stripe } = stage();
    const [, dispute] = await disputed(stripe, "4000000000000259");
    expect(await stripe.disputes.close(dispute.id)).toMatchObject({
      status: "lost",
      evidence_details: { has_evidence: false, submission_count: 0 },
    });
    expect((await events(stripe)).at(-1)).toBe("charge.dispute.closed");
    for (const again of [
      () => stripe.disputes.close(dispute.id),
      () => stripe.disputes.update(dispute.id, evidence("winning_evidence")),
    ]) {
      const refused = await error(again());
      expect(refused).toMatchObject({ statusCode: 400, message: "This dispute is already closed" });
      expect(refused.raw).not.toHaveProperty("code");
    }
  });

  // That it is lost then is inferred; the day is recorded.
  test("it is not answered in time", async () => {
    const { fake, stripe } = stage({ now: NOW });
    const [, dispute] = await disputed(stripe, "4000000000000259");
    fake.clock.advanceTo(DUE);
    expect((await stripe.disputes.retrieve(dispute.id)).status).toBe("needs_response");
    fake.clock.advance({ seconds: 1 });
    expect(await stripe.disputes.retrieve(dispute.id)).toMatchObject({
      status: "lost",
      evidence_details: { past_due: true },
    });
  });

  test("an inquiry that is not answered is over after 120 days", async () => {
    const { fake, stripe } = stage({ now: NOW });
    const [, dispute] = await disputed(stripe, "4000000000001976");
    fake.clock.advance({ days: 120 });
    expect((await stripe.disputes.retrieve(dispute.id)).status).toBe("warning_closed");
  });

  test.each([
    ["succeeded", "won"],
    ["failed", "lost"],
  ] as const)("the test decides: %s is %s", async (outcome, status) => {
    const { fake, stripe } = stage();
    const [, dispute] = await disputed(stripe, "4000000000000259");
    expect(fake.settle(dispute, outcome).status).toBe(status);
    expect((await stripe.disputes.retrieve(dispute.id)).status).toBe(status);
  });
});

describe("refunds of disputed charges", () => {
  test("a charge that is disputed cannot be refunded, one that is inquired about can", async () => {
    const { stripe } = stage();
    const [charge] = await disputed(stripe, "4000000000000259");
    const refused = await error(stripe.refunds.create({ charge: charge.id }));
    expect(refused).toMatchObject({
      statusCode: 400,
      code: "charge_disputed",
      message: `Charge ${charge.id} has been charged back; cannot issue a refund.`,
    });
    const [asked] = await disputed(stripe, "4000000000001976");
    expect((await stripe.refunds.create({ charge: asked.id })).status).toBe("succeeded");
  });
});

describe("warnings of fraud", () => {
  test("4000000000005423 (createIssuerFraudRecord) is warned of and not disputed", async () => {
    const { stripe } = stage();
    const intent = await payBy(stripe, "4000000000005423");
    const charge = await chargeOf(stripe, intent);
    expect(charge.disputed).toBe(false);
    const [warning] = (await stripe.radar.earlyFraudWarnings.list()).data;
    expect(warning).toMatchObject({
      id: expect.stringMatching(/^issfr_/),
      actionable: true,
      charge: charge.id,
      fraud_type: "made_with_stolen_card",
      payment_intent: intent.id,
    });
    expect(await events(stripe)).toContain("radar.early_fraud_warning.created");
    await stripe.refunds.create({ charge: charge.id });
    const after = await stripe.radar.earlyFraudWarnings.retrieve(warning!.id);
    expect(after.actionable).toBe(false);
    expect((await pay(stripe, "pm_card_createIssuerFraudRecord")).status).toBe("succeeded");
    expect((await stripe.radar.earlyFraudWarnings.list()).data).toHaveLength(2);
  });
});

describe("refunds that take their time", () => {
  test("4000000000007726 (pendingRefund) is pending, then succeeds", async () => {
    const { fake, stripe } = stage();
    const charge = await chargeOf(stripe, await payBy(stripe, "4000000000007726"));
    const refund = await stripe.refunds.create({ charge: charge.id });
    expect(refund.status).toBe("pending");
    fake.clock.advance({ seconds: 10 });
    expect((await stripe.refunds.retrieve(refund.id)).status).toBe("succeeded");
    expect((await events(stripe)).slice(-2)).toEqual(["refund.updated", "charge.refund.updated"]);
    const minted = await stripe.paymentMethods.retrieve("pm_card_pendingRefund");
    expect(minted.card!.last4).toBe("7726");
  });

  test("4000000000005126 (refundFail) succeeds, then fails", async () => {
    const { fake, stripe } = stage();
    const charge = await chargeOf(stripe, await payBy(stripe, "4000000000005126"));
    const refund = await stripe.refunds.create({ charge: charge.id });
    expect(refund).toMatchObject({ status: "succeeded" });
    const before = await events(stripe);
    const failed = fake.settle(refund);
    expect(failed).toMatchObject({
      status: "failed",
      failure_reason: "expired_or_canceled_card",
      failure_balance_transaction: expect.stringMatching(/^txn_/),
    });
    expect(await stripe.charges.retrieve(charge.id)).toMatchObject({
      refunded: false,
      amount_refunded: 0,
    });
    const told = (await events(stripe)).slice(before.length);
    expect(told).toEqual(expect.arrayContaining(["refund.failed", "charge.refund.updated"]));
    const minted = await stripe.paymentMethods.retrieve("pm_card_refundFail");
    expect(minted.card!.last4).toBe("5126");
  });

  test("the test decides how a pending refund ends", async () => {
    const { fake, stripe } = stage();
    const charge = await chargeOf(stripe, await payBy(stripe, "4000000000007726"));
    const { id } = await stripe.refunds.create({ charge: charge.id });
    const failed = fake.settle(id, { code: "insufficient_funds" });
    expect(failed).toMatchObject({ status: "failed", failure_reason: "insufficient_funds" });
  });
});

describe("money that is there at once", () => {
  test.each([
    ["4000000000000077", "bypassPending", "US"],
    ["4000003720000278", "bypassPendingInternational", "IE"],
  ])("%s (%s)", async (number, id, country) => {
    const { stripe } = stage({ now: NOW });
    const more = { capture_method: "automatic" as const };
    for (const intent of [
      await payBy(stripe, number, more),
      await pay(stripe, `pm_card_${id}`, more),
    ]) {
      const charge = await chargeOf(stripe, intent);
      expect(charge.payment_method_details!.card!.country).toBe(country);
      const { data } = await stripe.balanceTransactions.list({ source: charge.id });
      expect(data).toMatchObject([{ status: "available", available_on: NOW.getTime() / 1000 }]);
    }
    const balance = await stripe.balance.retrieve();
    expect(balance.available[0]!.amount).toBeGreaterThan(0);
    expect(balance.pending[0]!.amount).toBe(0);
  });

  test("other cards' money is pending", async () => {
    const { stripe } = stage({ now: NOW });
    const charge = await chargeOf(stripe, await pay(stripe, "pm_card_visa"));
    const { data } = await stripe.balanceTransactions.list({ source: charge.id });
    expect(data).toMatchObject([{ status: "pending" }]);
  });
});

test("a dispute of 2023 has an id as it was given then", async () => {
  const { stripe } = stage({ now: new Date("2023-10-30T16:57:55Z") });
  const [, dispute] = await disputed(stripe, "4000000000000259");
  expect(dispute.id).toMatch(/^dp_/);
});
