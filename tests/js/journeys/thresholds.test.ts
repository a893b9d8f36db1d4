/**
 * Cards that carry a connected account over a threshold: what is asked of it later is due now.
 *
 * Source: https://docs.stripe.com/connect/testing#trigger-cards. That a blocking card makes overdue what
 * was only asked for later too, what the blocked capabilities are, and that nothing is blocked any more
 * once all of it is handed in, is inferred.
 */

import Stripe from "stripe";
import { expect, test } from "vitest";
import { card, pay, payBy, stage } from "./stage.ts";

const ADDRESS = { line1: "address_full_match", city: "Reno", state: "NV", postal_code: "89501" };

const BANK = {
  object: "bank_account" as const,
  country: "US",
  currency: "usd",
  routing_number: "110000000",
  account_number: "000123456789",
};

/** An American company that may do everything; its representative gave the end of their number. */
async function company() {
  const { fake, stripe } = stage({ now: new Date("2026-03-05T10:00:00Z") });
  const { id } = await stripe.accounts.create({
    type: "custom",
    country: "US",
    business_type: "company",
    capabilities: { card_payments: { requested: true }, transfers: { requested: true } },
    business_profile: { url: "https://accessible.stripe.com", mcc: "5734" },
    tos_acceptance: { date: 1_772_704_800, ip: "203.0.113.1" },
    external_account: BANK,
    company: {
      name: "Lima",
      phone: "0000000000",
      tax_id: "000000000",
      address: ADDRESS,
      owners_provided: true,
    },
  });
  const person = await stripe.accounts.createPerson(id, {
    first_name: "Ana",
    last_name: "Lima",
    email: "ana@example.com",
    phone: "0000000000",
    dob: { day: 1, month: 1, year: 1901 },
    ssn_last_4: "0000",
    address: ADDRESS,
    relationship: { representative: true, owner: true, percent_ownership: 100, title: "CEO" },
  });
  fake.clock.advance({ minutes: 2 });
  const stripeAccount = id;
  const number = `${person.id}.id_number`;
  const before = await stripe.accounts.retrieve(id);
  expect(before).toMatchObject({ charges_enabled: true, payouts_enabled: true });
  expect(before.requirements).toMatchObject({ currently_due: [], eventually_due: [number] });
  const updates = async () => {
    const list = await stripe.events.list({ type: "account.updated" }, { stripeAccount });
    return list.data;
  };
  const known = (await updates()).length;
  return {
    stripe,
    id,
    stripeAccount,
    number,
    account: () => stripe.accounts.retrieve(id),
    /** The updates of the account since then, as its own events tell of them. */
    updates: async () => (await updates()).slice(0, -known || undefined),
    person: () => stripe.accounts.retrievePerson(id, person.id),
    /** Hands in what is asked for. */
    answer: () => stripe.accounts.updatePerson(id, person.id, { id_number: "000000000" }),
  };
}

type Company = Awaited<ReturnType<typeof company>>;

/** The ways to pay by which a card works. */
const WAYS: [string, (at: Company, number: string, token: string) => Promise<unknown>][] = [
  [
    "a direct charge",
    ({ stripe, stripeAccount }, _, source) =>
      stripe.charges.create({ amount: 2000, currency: "usd", source }, { stripeAccount }),
  ],
  [
    "a direct intent",
    ({ stripe, stripeAccount }, number) =>
      stripe.paymentIntents.create(
        {
          amount: 2000,
          currency: "usd",
          confirm: true,
          automatic_payment_methods: { enabled: true, allow_redirects: "never" },
          payment_method_data: card(number),
        },
        { stripeAccount },
      ),
  ],
  [
    "a destination charge on behalf of the account",
    ({ stripe, id }, number) =>
      payBy(stripe, number, { on_behalf_of: id, transfer_data: { destination: id } }),
  ],
  [
    "a charge on behalf of the account",
    ({ stripe, id }, _, token) =>
      pay(stripe, token.replace("tok_", "pm_card_"), { on_behalf_of: id }),
  ],
];

const CAPABILITIES = { card_payments: "active", transfers: "active" };

const ROWS = [
  {
    number: "4000000000004202",
    token: "tok_visa_triggerNextRequirements",
    shows: { charges_enabled: true, payouts_enabled: true, capabilities: CAPABILITIES },
    isOverdue: false,
  },
  {
    number: "4000000000004210",
    token: "tok_visa_triggerChargeBlock",
    shows: {
      charges_enabled: false,
      payouts_enabled: true,
      capabilities: { ...CAPABILITIES, card_payments: "inactive" },
    },
    isOverdue: true,
  },
  {
    number: "4000000000004236",
    token: "tok_visa_triggerPayoutBlock",
    shows: { charges_enabled: true, payouts_enabled: false, capabilities: CAPABILITIES },
    isOverdue: true,
  },
];

const CASES = ROWS.flatMap((row) => WAYS.map(([way, charge]) => ({ ...row, way, charge })));

test.each(CASES)("$number ($token), $way", async ({ number, token, shows, isOverdue, charge }) => {
  const at = await company();
  await charge(at, number, token);
  const requirements = {
    currently_due: [at.number],
    eventually_due: [at.number],
    past_due: isOverdue ? [at.number] : [],
    disabled_reason: isOverdue ? "requirements.past_due" : null,
  };
  expect(await at.account()).toMatchObject({ ...shows, requirements });
  expect((await at.person()).requirements).toMatchObject({
    currently_due: ["id_number"],
    past_due: isOverdue ? ["id_number"] : [],
  });
  const [update, ...others] = await at.updates();
  expect(others).toEqual([]);
  expect(update).toMatchObject({ type: "account.updated", account: at.id });
  expect(update!.data.object).toMatchObject({ ...shows, requirements });

  await at.answer();
  expect(await at.account()).toMatchObject({
    charges_enabled: true,
    payouts_enabled: true,
    capabilities: CAPABILITIES,
    requirements: { currently_due: [], eventually_due: [], past_due: [], disabled_reason: null },
  });
});

test("what is currently due becomes overdue, and both can be blocked", async () => {
  const at = await company();
  const [, charge] = WAYS[0]!;
  await charge(at, "", "tok_visa_triggerNextRequirements");
  await charge(at, "", "tok_visa_triggerChargeBlock");
  await charge(at, "", "tok_visa_triggerPayoutBlock");
  expect(await at.account()).toMatchObject({
    charges_enabled: false,
    payouts_enabled: false,
    requirements: { past_due: [at.number], disabled_reason: "requirements.past_due" },
  });
});

test.each(ROWS)("$token does nothing where nothing more is asked for", async ({ token }) => {
  const at = await company();
  await at.answer();
  const before = await at.account();
  await WAYS[0]![1](at, "", token);
  expect(await at.account()).toEqual(before);
});

test.each(ROWS)("$token does nothing before the account is enabled", async ({ token }) => {
  const { stripe } = stage();
  const before = await stripe.accounts.create({
    type: "custom",
    country: "US",
    capabilities: { card_payments: { requested: true }, transfers: { requested: true } },
  });
  const charge = { amount: 2000, currency: "usd", source: token };
  await stripe.charges.create(charge, { stripeAccount: before.id });
  expect(await stripe.accounts.retrieve(before.id)).toEqual(before);
});

test.each(ROWS)("$number does nothing to an account the money merely goes to", async ({ number }) => {
  const at = await company();
  await payBy(at.stripe, number, { transfer_data: { destination: at.id } });
  expect((await at.account()).requirements!.currently_due).toEqual([]);
});

test("an account tells of the capability that is blocked, too", async () => {
  const at = await company();
  const since = { type: "capability.updated" };
  const { data: known } = await at.stripe.events.list(since, { stripeAccount: at.id });
  await WAYS[0]![1](at, "", "tok_visa_triggerChargeBlock");
  const { data } = await at.stripe.events.list(since, { stripeAccount: at.id });
  const told = data.slice(0, -known.length).map((event) => event.data.object);
  expect(told).toContainEqual(expect.objectContaining({ id: "card_payments", status: "inactive" }));
});

test("an account the test itself enabled is blocked as well", async () => {
  const { fake, stripe } = stage();
  const { id } = fake.accounts.create({
    type: "express",
    country: "US",
    charges_enabled: true,
    payouts_enabled: true,
  } as never);
  const charge = { amount: 2000, currency: "usd", source: "tok_visa_triggerPayoutBlock" };
  await stripe.charges.create(charge, { stripeAccount: id });
  expect(await stripe.accounts.retrieve(id)).toMatchObject({
    charges_enabled: true,
    payouts_enabled: false,
  });
});
