/**
 * Debit cards that are paid out to, country by country.
 *
 * Source: https://docs.stripe.com/connect/testing#test-debit-card-tokens.
 */

import type Stripe from "stripe";
import { expect, test } from "vitest";
import { error, stage } from "./stage.ts";

// country, then the cards: reached, not reached, not reached at once, reached (Mastercard)
const COUNTRIES: [string, string, string, string, string][] = [
  ["US", "4000056655665556", "4000056655665572", "4000056755665555", "5200828282828210"],
  ["LT", "4000054400000005", "4000054400000013", "4000054400000021", "5555054400000001"],
  ["CA", "4000051240000005", "4000051240000021", "4000051240000039", "5510121240000006"],
  ["LU", "4000054420000001", "4000054420000019", "4000054420000027", "5555054420000007"],
  ["SG", "4000057020000008", "4000057020000016", "4000057020000024", "2227200000000009"],
  ["MT", "4000054700000002", "4000054700000010", "4000054700000028", "5555054700000008"],
  ["AU", "4000050360000019", "4000050360000027", "4000050360000035", "5555050360000023"],
  ["NL", "4000055280000007", "4000055280000015", "4000055280000023", "5555055280000003"],
  ["AE", "4000057840000006", "4000057840000014", "4000057840000022", "5555057840000002"],
  ["PT", "4000056200000002", "4000056200000010", "4000056200000028", "5555056200000008"],
  ["GB", "4000058260000203", "4000058260000211", "4000058260000229", "5555058260000100"],
  ["SK", "4000057030000006", "4000057030000014", "4000057030000022", "5555057030000002"],
  ["AT", "4000050400000003", "4000050400000011", "4000050400000029", "5555050400000009"],
  ["SI", "4000057050000001", "4000057050000019", "4000057050000027", "5555057050000007"],
  ["BE", "4000050560000009", "4000050560000017", "4000050560000025", "5555050560000005"],
  ["ES", "4000057240000036", "4000057240000010", "4000057240000028", "5555057240000008"],
  ["HR", "4000051910000004", "4000051910000012", "4000051910000020", "5555051910000000"],
  ["DK", "4000052080000006", "4000052080000014", "4000052080000022", "5555052080000002"],
  ["CY", "4000051960000003", "4000051960000011", "4000051960000029", "5555051960000009"],
  ["MY", "4000054580000031", "4000054580000015", "4000054580000023", "5555054580000003"],
  ["EE", "4000052330000004", "4000052330000012", "4000052330000020", "5555052330000000"],
  ["NZ", "4000055540000003", "4000055540000011", "4000055540000029", "5555055540000165"],
  ["FI", "4000052460000006", "4000052460000014", "4000052460000022", "5555052460000002"],
  ["NO", "4000055780000002", "4000055780000010", "4000055780000028", "5555055780000008"],
  ["FR", "4000052500000008", "4000052500000016", "4000052500000024", "5555052500000004"],
  ["SE", "4000057520000003", "4000057520000011", "4000057520000029", "5555057520000009"],
  ["DE", "4000052760000037", "4000052760000011", "4000052760000029", "5555052760000009"],
  ["CZ", "4000052030000007", "4000052030000015", "4000052030000023", "5555052030000003"],
  ["GR", "4000053000000001", "4000053000000019", "4000053000000027", "5555053000000007"],
  ["HU", "4000053480000000", "4000053480000018", "4000053480000026", "5555053480000006"],
  ["IE", "4000053720000000", "4000053720000018", "4000053720000026", "5555053720000006"],
  ["PL", "4000056160000000", "4000056160000018", "4000056160000026", "5555056160000006"],
  ["IT", "4000053800000037", "4000053800000011", "4000053800000029", "5555053800000009"],
  ["RO", "4000056420000030", "4000056420000014", "4000056420000022", "5555056420000002"],
  ["LV", "4000054280000000", "4000054280000018", "4000054280000026", "5555054280000006"],];

const CURRENCIES: Record<string, string> = {
  US: "usd", CA: "cad", SG: "sgd", AU: "aud", AE: "aed", GB: "gbp", DK: "dkk", MY: "myr", NZ: "nzd",
  NO: "nok", SE: "sek", CZ: "czk", HU: "huf", PL: "pln", RO: "ron",
};

/** Pays out to a card, and gives the card and the payout as it is when it has come to an end. */
async function payOut(country: string, external_account: string) {
  const { fake, stripe } = stage({ now: new Date("2026-03-05T10:00:00Z") });
  const currency = CURRENCIES[country] ?? "eur";
  const account = fake.accounts.create({
    type: "custom",
    country,
    default_currency: currency,
    capabilities: { transfers: { requested: true } },
    payouts_enabled: true,
    settings: { payouts: { schedule: { interval: "manual" } } },
  } as never);
  const stripeAccount = account.id;
  const external = (await stripe.accounts.createExternalAccount(account.id, {
    external_account,
  })) as Stripe.Card;
  const source = "tok_bypassPending";
  const charge = { amount: 500_000, currency, source };
  await stripe.charges.create(charge, { stripeAccount });
  const create = (method: "standard" | "instant") =>
    stripe.payouts.create(
      { amount: 20_000, currency, destination: external.id, method },
      { stripeAccount },
    );
  const arrived = async () => {
    const payout = await create("standard");
    fake.clock.advance({ days: 7 });
    return stripe.payouts.retrieve(payout.id, {}, { stripeAccount });
  };
  return { external, create, arrived };
}

test.each(COUNTRIES)("%s", async (country, ...numbers) => {
  const cc = country.toLowerCase();
  const [reached, failing, slow, mastercard] = numbers.map((number) => number.slice(-4));

  const visa = await payOut(country, `tok_visa_debit_${cc}_transferSuccess`);
  expect(visa.external).toMatchObject({
    object: "card",
    brand: "Visa",
    country,
    funding: "debit",
    last4: reached,
    available_payout_methods: ["standard", "instant"],
  });
  expect(await visa.arrived()).toMatchObject({ status: "paid", type: "card", failure_code: null });

  const other = await payOut(country, `tok_mastercard_debit_${cc}_transferSuccess`);
  expect(other.external).toMatchObject({ brand: "MasterCard", country, last4: mastercard });
  expect((await other.arrived()).status).toBe("paid");

  const refused = await payOut(country, `tok_visa_debit_${cc}_transferFail`);
  expect(refused.external.last4).toBe(failing);
  expect(await refused.arrived()).toMatchObject({
    status: "failed",
    failure_code: "could_not_process",
    failure_balance_transaction: expect.stringMatching(/^txn_/),
  });

  const standard = await payOut(country, `tok_visa_debit_${cc}_instantPayoutUnsupported`);
  expect(standard.external).toMatchObject({ last4: slow, available_payout_methods: ["standard"] });
  expect((await error(standard.create("instant"))).statusCode).toBe(400);
  expect((await standard.arrived()).status).toBe("paid");
});

test("a Discover card", async () => {
  const { external, arrived } = await payOut("US", "tok_discover_debit_us_transferSuccess");
  expect(external).toMatchObject({ brand: "Discover", funding: "debit", last4: "1113" });
  expect((await arrived()).status).toBe("paid");
});

// The page's number of the second, 4000007840000006, has no check digit that is right; its token works.
test.each([
  ["AU", "tok_visa_credit_au"],
  ["AE", "tok_visa_credit_ae"],
])("a credit card of %s is none to pay out to", async (country, token) => {
  expect(await error(payOut(country, token))).toMatchObject({ code: "invalid_card_type" });
});
