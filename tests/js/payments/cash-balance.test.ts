/** Bank transfers: https://docs.stripe.com/payments/customer-balance. */

import type Stripe from "stripe";
import { afterEach, beforeEach, expect, test } from "vitest";
import { World } from "./world.ts";

let world: World;
let stripe: World["stripe"];
let customer: string;
beforeEach(async () => {
  world = new World();
  stripe = world.stripe;
  customer = (await stripe.customers.create()).id;
});
afterEach(() => world.fake.stop());

const TRANSFER = {
  automatic_payment_methods: undefined,
  payment_method_data: { type: "customer_balance" as const },
  payment_method_options: {
    customer_balance: {
      bank_transfer: { type: "us_bank_transfer" as const },
      funding_type: "bank_transfer" as const,
    },
  },
  return_url: "https://example.com/back",
};
const begin = (amount: number) =>
  stripe.paymentIntents.create({ amount, confirm: true, currency: "usd", customer, ...TRANSFER });
const fund = (amount: number) =>
  stripe.testHelpers.customers.fundCashBalance(customer, { amount, currency: "usd" });
const cash = async () => (await stripe.customers.retrieveCashBalance(customer)).available;
const moves = async () => {
  const { data } = await stripe.customers.listCashBalanceTransactions(customer);
  return data.map(({ type, net_amount }) => [type, net_amount]).reverse();
};
const remaining = (intent: Stripe.PaymentIntent) =>
  intent.next_action!.display_bank_transfer_instructions!.amount_remaining;

test("a payment waits for the money and says where to send it", async () => {
  const intent = await begin(2000);
  expect(intent).toMatchObject({
    next_action: {
      display_bank_transfer_instructions: {
        amount_remaining: 2000,
        currency: "usd",
        financial_addresses: [{
          aba: { bank_name: "STRIPE TEST BANK", routing_number: "110000000" },
          type: "aba",
        }],
        type: "us_bank_transfer",
      },
      type: "display_bank_transfer_instructions",
    },
    status: "requires_action",
  });
});

test("money that comes in pays the oldest first", async () => {
  const [first, second] = [await begin(2000), await begin(1000)];
  await world.events();
  expect(await fund(2500)).toMatchObject({
    ending_balance: 2500,
    funded: { bank_transfer: { type: "us_bank_transfer" } },
    net_amount: 2500,
    type: "funded",
  });
  const paid = await stripe.paymentIntents.retrieve(first.id, { expand: ["latest_charge"] });
  expect(paid).toMatchObject({
    amount_received: 2000,
    latest_charge: { payment_method_details: { type: "customer_balance" } },
    status: "succeeded",
  });
  const part = await stripe.paymentIntents.retrieve(second.id);
  expect(part.status).toBe("requires_action");
  expect(remaining(part)).toBe(500);
  expect(await moves()).toEqual([
    ["funded", 2500],
    ["applied_to_payment", -2000],
    ["applied_to_payment", -500],
  ]);
  expect(await cash()).toEqual({ usd: 0 });
  const events = await world.events();
  expect(events).toContain("payment_intent.succeeded");
  expect(events).toContain("payment_intent.partially_funded");
  expect(events).not.toContain("cash_balance.funds_available");
});

test("what nobody waits for stays, and pays the next at once", async () => {
  await fund(3000);
  expect(await cash()).toEqual({ usd: 3000 });
  expect(await world.events()).toContain("cash_balance.funds_available");
  expect(await begin(2000)).toMatchObject({ next_action: null, status: "succeeded" });
  const part = await begin(1500);
  expect(remaining(part)).toBe(500);
});

test("by hand it pays what it is applied to", async () => {
  const settings = { reconciliation_mode: "manual" as const };
  await stripe.customers.updateCashBalance(customer, { settings });
  const intent = await begin(2000);
  await fund(1500);
  expect(remaining(await stripe.paymentIntents.retrieve(intent.id))).toBe(2000);
  const much = stripe.paymentIntents.applyCustomerBalance(intent.id);
  expect((await world.refused(much)).status).toBe(400);
  const part = await stripe.paymentIntents.applyCustomerBalance(intent.id, { amount: 1200 });
  expect(remaining(part)).toBe(800);
  expect(await cash()).toEqual({ usd: 300 });
  await fund(500);
  const paid = await stripe.paymentIntents.applyCustomerBalance(intent.id);
  expect(paid).toMatchObject({ amount_received: 2000, next_action: null, status: "succeeded" });
  const late = stripe.paymentIntents.applyCustomerBalance(intent.id);
  expect((await world.refused(late)).code).toBe("intent_invalid_state");
});

test("what a payment took comes back when it is canceled", async () => {
  const intent = await begin(2000);
  await fund(500);
  expect(await cash()).toEqual({ usd: 0 });
  await stripe.paymentIntents.cancel(intent.id);
  expect(await cash()).toEqual({ usd: 500 });
  expect((await moves()).at(-1)).toEqual(["unapplied_from_payment", 500]);
});

test("a refund goes to the cash balance", async () => {
  await fund(2000);
  const intent = await begin(2000);
  await stripe.refunds.create({ payment_intent: intent.id, amount: 700 });
  expect(await cash()).toEqual({ usd: 700 });
  expect((await moves()).at(-1)).toEqual(["refunded_from_payment", 700]);
});

test("the customer can play the part of the bank", async () => {
  const intent = await begin(2000);
  world.fake.asCustomer.authenticate(intent);
  expect((await stripe.paymentIntents.retrieve(intent.id)).status).toBe("succeeded");
  expect(await moves()).toEqual([["funded", 2000], ["applied_to_payment", -2000]]);
});

test("where to send money is always the same", async () => {
  const ask = () =>
    stripe.customers.createFundingInstructions(customer, {
      bank_transfer: { type: "us_bank_transfer" },
      currency: "usd",
      funding_type: "bank_transfer",
    });
  const told = await ask();
  expect(told).toMatchObject({
    bank_transfer: { country: "US", financial_addresses: [{ type: "aba" }] },
    currency: "usd",
  });
  expect(await ask()).toEqual(told);
});
