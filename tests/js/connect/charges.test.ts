// The ways to share a payment with a connected account, through the real client.
// Sources: recorded answers, https://docs.stripe.com/connect/charges.

import Stripe from "stripe";
import { afterEach, beforeEach, expect, test } from "vitest";
import { FakeStripe } from "../../../pkg/index.mjs";

let fake: FakeStripe;
let stripe: Stripe;
let account: string;
let theirs: Stripe.RequestOptions;
beforeEach(async () => {
  fake = FakeStripe.new({ now: "2026-11-21T12:00:00Z" });
  stripe = new Stripe(fake.apiKey, { ...(fake.stripeOptions() as object), maxNetworkRetries: 0 });
  const capabilities = { card_payments: { requested: true }, transfers: { requested: true } };
  account = (await stripe.accounts.create({ type: "express", country: "US", capabilities })).id;
  // The owner finishes their onboarding.
  const active = { card_payments: "active", transfers: "active" };
  fake.accounts.update(account, { capabilities: active, charges_enabled: true, payouts_enabled: true } as never);
  theirs = { stripeAccount: account };
});
afterEach(() => fake.stop());

const CARD = {
  currency: "usd",
  payment_method: "pm_card_visa",
  confirm: true,
  capture_method: "automatic",
  automatic_payment_methods: { enabled: true, allow_redirects: "never" },
  expand: ["latest_charge.balance_transaction"],
} as const;

async function pending(options: Stripe.RequestOptions = {}): Promise<number | undefined> {
  return (await stripe.balance.retrieve({}, options)).pending[0]?.amount;
}

async function types(options: Stripe.RequestOptions = {}): Promise<string[]> {
  return (await stripe.events.list({ limit: 100 }, options)).data.map((event) => event.type).reverse();
}

test("a direct charge is the account's, and the platform gets its fee", async () => {
  const params = { ...CARD, expand: [...CARD.expand], amount: 1000, application_fee_amount: 70 };
  const intent = await stripe.paymentIntents.create(params, theirs);
  const charge = intent.latest_charge as Stripe.Charge;
  const transaction = charge.balance_transaction as Stripe.BalanceTransaction;
  expect(transaction).toMatchObject({ amount: 1000, fee: 129, net: 871 });
  expect(transaction.fee_details.map((fee) => [fee.type, fee.amount])).toEqual([
    ["stripe_fee", 59],
    ["application_fee", 70],
  ]);
  expect(await pending(theirs)).toBe(871);
  expect(await pending()).toBe(70);
  await expect(stripe.charges.retrieve(charge.id)).rejects.toMatchObject({ code: "resource_missing" });
  const fee = (await stripe.applicationFees.list()).data[0];
  expect(fee).toMatchObject({ account, amount: 70, charge: charge.id });
  expect(await types()).toContain("application_fee.created");
  expect(await types(theirs)).toEqual(expect.arrayContaining(["charge.succeeded", "payment_intent.succeeded"]));
  const events = await stripe.events.list({ type: "charge.succeeded" }, theirs);
  expect(events.data[0]?.account).toBe(account);
  await stripe.refunds.create({ charge: charge.id, refund_application_fee: true }, theirs);
  expect(await pending()).toBe(0);
  expect((await stripe.applicationFees.list()).data[0]?.refunded).toBe(true);
});

test("a destination charge is the platform's, and the money is sent on", async () => {
  const intent = await stripe.paymentIntents.create({
    ...CARD,
    expand: [...CARD.expand],
    amount: 1000,
    application_fee_amount: 100,
    transfer_data: { destination: account },
  });
  const charge = intent.latest_charge as Stripe.Charge;
  expect(charge.transfer_group).toBe(`group_${intent.id}`);
  expect(await pending(theirs)).toBe(900);
  const transfer = await stripe.transfers.retrieve(charge.transfer as string);
  expect(transfer).toMatchObject({ amount: 1000, destination: account, source_transaction: charge.id });
  const payment = await stripe.charges.retrieve(transfer.destination_payment as string, {}, theirs);
  expect(payment).toMatchObject({ amount: 1000, application_fee_amount: 100, source_transfer: transfer.id });
  const refund = await stripe.refunds.create({
    charge: charge.id,
    amount: 500,
    reverse_transfer: true,
    refund_application_fee: true,
  });
  expect(refund.transfer_reversal).toMatch(/^trr_/);
  expect(await pending(theirs)).toBe(450);
  const after = await stripe.transfers.retrieve(transfer.id);
  expect(after).toMatchObject({ amount_reversed: 500, reversed: false });
  expect(await types()).toEqual(expect.arrayContaining(["transfer.created", "transfer.reversed", "application_fee.refunded"]));
});

test("part of a charge can be sent on, and the platform keeps the rest", async () => {
  const transfer_data = { destination: account, amount: 800 };
  await stripe.paymentIntents.create({ ...CARD, expand: [], amount: 1000, transfer_data });
  expect(await pending(theirs)).toBe(800);
  expect((await stripe.applicationFees.list()).data).toEqual([]);
});

test("a charge's money can be sent on later, up to what it was", async () => {
  const intent = await stripe.paymentIntents.create({ ...CARD, expand: [], amount: 1000 });
  const source_transaction = intent.latest_charge as string;
  const transfer = await stripe.transfers.create({ amount: 600, currency: "usd", destination: account, source_transaction });
  expect(transfer.transfer_group).toBe(`group_${intent.id}`);
  // As the charge's own money.
  expect(await pending(theirs)).toBe(600);
  await expect(
    stripe.transfers.create({ amount: 401, currency: "usd", destination: account, source_transaction }),
  ).rejects.toMatchObject({ statusCode: 400 });
  await stripe.transfers.createReversal(transfer.id, { amount: 100 });
  expect(await pending(theirs)).toBe(500);
});

test("a platform answers for the debts of its accounts", async () => {
  await stripe.topups.create({ amount: 1000, currency: "usd" });
  fake.clock.advance({ minutes: 1 });
  const transfer = await stripe.transfers.create({ amount: 1000, currency: "usd", destination: account });
  fake.accounts.update(account, { settings: { payouts: { schedule: { interval: "manual" } } } } as never);
  const bank = { object: "bank_account", country: "US", currency: "usd", routing_number: "110000000", account_number: "000123456789" };
  await stripe.accounts.createExternalAccount(account, { external_account: bank as never });
  await stripe.payouts.create({ amount: 1000, currency: "usd" }, theirs);
  await stripe.transfers.createReversal(transfer.id);
  expect((await stripe.balance.retrieve({}, theirs)).available[0]?.amount).toBe(-1000);
  expect((await stripe.balance.retrieve()).connect_reserved).toEqual([{ amount: 1000, currency: "usd" }]);
});
