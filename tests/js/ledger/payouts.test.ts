// Money through the real client: when it is available, how it is paid out, what a payout was made of.
// Sources: recorded answers, https://docs.stripe.com/payouts, https://docs.stripe.com/connect/testing.

import Stripe from "stripe";
import { afterEach, beforeEach, expect, test } from "vitest";
import { FakeStripe } from "../../../pkg/index.mjs";

let fake: FakeStripe;
let stripe: Stripe;
beforeEach(() => {
  // A Saturday.
  fake = FakeStripe.new({ now: "2026-11-21T12:00:00Z" });
  stripe = new Stripe(fake.apiKey, { ...(fake.stripeOptions() as object), maxNetworkRetries: 0 });
});
afterEach(() => fake.stop());

async function pay(amount: number, payment_method = "pm_card_visa") {
  return await stripe.paymentIntents.create({
    amount,
    currency: "usd",
    payment_method,
    confirm: true,
    automatic_payment_methods: { enabled: true, allow_redirects: "never" },
    expand: ["latest_charge.balance_transaction"],
  });
}

test("a payment is pending, then available, then paid out by itself", async () => {
  await pay(1000);
  expect((await stripe.balance.retrieve()).pending).toEqual([
    { amount: 941, currency: "usd", source_types: { card: 941 } },
  ]);
  fake.clock.advanceTo("2026-11-25T01:00:00Z");
  expect((await stripe.balance.retrieve()).available[0]?.amount).toBe(941);
  fake.clock.advanceTo("2026-11-25T03:00:00Z");
  expect((await stripe.balance.retrieve()).available[0]?.amount).toBe(0);
  const payout = (await stripe.payouts.list()).data[0] as Stripe.Payout;
  expect(payout).toMatchObject({ amount: 941, automatic: true, status: "paid", reconciliation_status: "completed" });
  const contents = await stripe.balanceTransactions.list({ payout: payout.id });
  expect(contents.data.map((row) => row.reporting_category)).toEqual(["payout", "charge"]);
  const events = (await stripe.events.list()).data.map((event) => event.type).reverse();
  expect(events.slice(-5)).toEqual([
    "balance.available",
    "payout.created",
    "payout.updated",
    "payout.paid",
    "payout.reconciliation_completed",
  ]);
});

test("a manual payout is not itemised, can be canceled, and needs the money", async () => {
  await pay(1000, "pm_card_bypassPending");
  const payout = await stripe.payouts.create({ amount: 500, currency: "usd" });
  await expect(stripe.balanceTransactions.list({ payout: payout.id })).rejects.toThrow(
    "Balance transaction history can only be filtered on automatic transfers, not manual.",
  );
  expect((await stripe.payouts.cancel(payout.id)).status).toBe("canceled");
  await expect(stripe.payouts.create({ amount: 942, currency: "usd" })).rejects.toMatchObject({
    code: "balance_insufficient",
  });
});

test("an instant payout takes what is pending, less a fee", async () => {
  await pay(1000);
  const balance = await stripe.balance.retrieve({ expand: ["instant_available.net_available"] });
  const [instant] = balance.instant_available ?? [];
  expect(instant?.amount).toBe(941);
  const net = instant?.net_available?.[0]?.amount as number;
  expect(net).toBeLessThan(941);
  const payout = await stripe.payouts.create({
    amount: net,
    currency: "usd",
    method: "instant",
    expand: ["balance_transaction"],
  });
  const transaction = payout.balance_transaction as Stripe.BalanceTransaction;
  expect(transaction.fee).toBeGreaterThan(0);
  expect(-transaction.net).toBeLessThanOrEqual(941);
  expect(payout.arrival_date).toBe(payout.created);
});

test.each([
  ["000111111113", "account_closed"],
  ["000111111116", "no_account"],
  ["000222222227", "insufficient_funds"],
  ["000333333335", "debit_not_authorized"],
  ["000444444440", "invalid_currency"],
])("an automatic payout to account %s fails with %s, and the money comes back", async (number, code) => {
  const account = await stripe.accounts.create({
    type: "custom",
    country: "US",
    capabilities: { transfers: { requested: true } },
    external_account: {
      object: "bank_account",
      country: "US",
      currency: "usd",
      routing_number: "110000000",
      account_number: number,
    } as never,
  });
  fake.accounts.update(account.id, { payouts_enabled: true, capabilities: { transfers: "active" } } as never);
  await pay(5000, "pm_card_bypassPending");
  await stripe.transfers.create({ amount: 900, currency: "usd", destination: account.id });
  fake.clock.advance({ days: 7 });
  const theirs = { stripeAccount: account.id };
  const payouts = (await stripe.payouts.list({}, theirs)).data;
  expect(payouts).toHaveLength(1);
  expect(payouts[0]).toMatchObject({ automatic: true, status: "failed", failure_code: code });
  expect((await stripe.balance.retrieve({}, theirs)).available[0]?.amount).toBe(900);
  const externals = await stripe.accounts.listExternalAccounts(account.id);
  expect((externals.data[0] as Stripe.BankAccount).status).toBe("errored");
});

test("an account on a manual schedule keeps its money", async () => {
  fake.accounts.update((await stripe.accounts.retrieve(null as never)).id, {
    settings: { payouts: { schedule: { interval: "manual" } } },
  });
  await pay(1000);
  fake.clock.advance({ days: 30 });
  expect((await stripe.balance.retrieve()).available[0]?.amount).toBe(941);
  expect((await stripe.payouts.list()).data).toEqual([]);
});
