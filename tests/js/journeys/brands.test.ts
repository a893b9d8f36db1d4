/**
 * The cards that succeed: by brand, of two networks, for health accounts, and by country.
 *
 * Sources: https://docs.stripe.com/testing#cards, #co-branded-cards, #international-cards; what a card shows was also
 * recorded for the common ones.
 */

import { expect, test } from "vitest";
import { card, chargeOf, pay, stage } from "./stage.ts";

type Row = [number: string, brand: string, funding: string, country: string, id?: string];

// number, brand, funding, country, and what stands after `pm_card_` and `tok_`
const BY_BRAND: Row[] = [
  ["4242424242424242", "visa", "credit", "US", "visa"],
  ["4000056655665556", "visa", "debit", "US", "visa_debit"],
  ["5555555555554444", "mastercard", "credit", "US", "mastercard"],
  ["2223003122003222", "mastercard", "credit", "US"],
  ["5200828282828210", "mastercard", "debit", "US", "mastercard_debit"],
  ["5105105105105100", "mastercard", "prepaid", "US", "mastercard_prepaid"],
  ["378282246310005", "amex", "credit", "US", "amex"],
  ["371449635398431", "amex", "credit", "US"],
  ["6011111111111117", "discover", "credit", "US", "discover"],
  ["6011000990139424", "discover", "credit", "US"],
  ["6011981111111113", "discover", "debit", "US"],
  ["3056930009020004", "diners", "credit", "US", "diners"],
  ["36227206271667", "diners", "credit", "US"],
  ["6555900000604105", "discover", "credit", "US"],
  ["3566002020360505", "jcb", "credit", "JP", "jcb"],
  ["6200000000000005", "unionpay", "credit", "CN", "unionpay"],
  ["6200000000000047", "unionpay", "debit", "CN"],
  ["6205500000000000004", "unionpay", "credit", "CN"],
];

const BY_COUNTRY: Row[] = [
  ["4242424242424242", "visa", "credit", "US", "us"],
  ["4000002030000002", "visa", "credit", "CZ", "cz"],
  ["4000007050000006", "visa", "credit", "SI", "si"],
  ["4000000320000021", "visa", "credit", "AR", "ar"],
  ["4000002080000001", "visa", "credit", "DK", "dk"],
  ["4000007030000001", "visa", "credit", "SK", "sk"],
  ["4000000760000002", "visa", "credit", "BR", "br"],
  ["4000002330000009", "visa", "credit", "EE", "ee"],
  ["4000007240000007", "visa", "credit", "ES", "es"],
  ["4000001240000000", "visa", "credit", "CA", "ca"],
  ["4000002460000001", "visa", "credit", "FI", "fi"],
  ["4000007520000008", "visa", "credit", "SE", "se"],
  ["4000001520000001", "visa", "credit", "CL", "cl"],
  ["4000002500000003", "visa", "credit", "FR", "fr"],
  ["4000007560000009", "visa", "credit", "CH", "ch"],
  ["4000001700000003", "visa", "credit", "CO", "co"],
  ["4000002760000016", "visa", "credit", "DE", "de"],
  ["4000008260000000", "visa", "credit", "GB", "gb"],
  ["4000001880000005", "visa", "credit", "CR", "cr"],
  ["4000002920000005", "visa", "credit", "GI", "gi"],
  ["4000058260000005", "visa", "debit", "GB", "gb_debit"],
  ["4000002180000000", "visa", "credit", "EC", "ec"],
  ["4000003000000030", "visa", "credit", "GR", "gr"],
  ["5555558265554449", "mastercard", "credit", "GB", "gb_mastercard"],
  ["4000004840008001", "visa", "credit", "MX", "mx"],
  ["4000003480000005", "visa", "credit", "HU", "hu"],
  ["4000000360000006", "visa", "credit", "AU", "au"],
  ["5062210000000009", "unknown", "credit", "MX"],
  ["4000003720000005", "visa", "credit", "IE", "ie"],
  ["4000001560000002", "visa", "credit", "CN", "cn"],
  ["4000005910000000", "visa", "credit", "PA", "pa"],
  ["4000003800000008", "visa", "credit", "IT", "it"],
  ["4000003440000004", "visa", "credit", "HK", "hk"],
  ["4000006000000066", "visa", "credit", "PY", "py"],
  ["4000004280000005", "visa", "credit", "LV", "lv"],
  ["4000003560000008", "visa", "credit", "IN", "in"],
  ["4000006040000068", "visa", "credit", "PE", "pe"],
  ["4000004380000004", "visa", "credit", "LI", "li"],
  ["4000003920000003", "visa", "credit", "JP", "jp"],
  ["4000008580000003", "visa", "credit", "UY", "uy"],
  ["4000004400000000", "visa", "credit", "LT", "lt"],
  ["3530111333300000", "jcb", "credit", "JP"],
  ["4000007840000001", "visa", "credit", "AE", "ae"],
  ["4000004420000006", "visa", "credit", "LU", "lu"],
  ["4000004580000002", "visa", "credit", "MY", "my"],
  ["5200007840000022", "mastercard", "credit", "AE", "ae_mastercard"],
  ["4000004700000007", "visa", "credit", "MT", "mt"],
  ["4000005540000008", "visa", "credit", "NZ", "nz"],
  ["4000000400000008", "visa", "credit", "AT", "at"],
  ["4000005280000002", "visa", "credit", "NL", "nl"],
  ["4000007020000003", "visa", "credit", "SG", "sg"],
  ["4000000560000004", "visa", "credit", "BE", "be"],
  ["4000005780000007", "visa", "credit", "NO", "no"],
  ["4000001580000008", "visa", "credit", "TW", "tw"],
  ["4000001000000000", "visa", "credit", "BG", "bg"],
  ["4000006160000005", "visa", "credit", "PL", "pl"],
  ["4000007640000003", "visa", "credit", "TH", "th_credit"],
  ["4000001120000005", "visa", "credit", "BY", "by"],
  ["4000006200000007", "visa", "credit", "PT", "pt"],
  ["4000057640000008", "visa", "debit", "TH", "th_debit"],
  ["4000001910000009", "visa", "credit", "HR", "hr"],
  ["4000006420000001", "visa", "credit", "RO", "ro"],
  ["4000001960000008", "visa", "credit", "CY", "cy"],
  ["4000006820000007", "visa", "credit", "SA"],
];

test.each([...BY_BRAND, ...BY_COUNTRY])("%s is a card of %s: %s, %s", async (...row: Row) => {
  const [number, brand, funding, country, id] = row;
  const { stripe } = stage();
  const method = await stripe.paymentMethods.create(card(number));
  const last4 = number.slice(-4);
  expect(method.card).toMatchObject({ brand, funding, country, last4 });
  expect(method.card!.checks!.cvc_check).toBe("unchecked");
  expect(method.card!.networks).toEqual({ available: [brand], preferred: null });
  const intent = await pay(stripe, method.id);
  expect(intent.status).toBe("succeeded");
  const charge = await chargeOf(stripe, intent);
  expect(charge.payment_method_details!.card).toMatchObject({ brand, funding, country, last4 });
  expect(charge.payment_method_details!.card!.checks!.cvc_check).toBe("pass");
  expect(charge.payment_method_details!.card!.three_d_secure).toBeNull();
  if (id === undefined) return;
  const minted = await stripe.paymentMethods.retrieve(`pm_card_${id}`);
  expect(minted.card).toMatchObject({ brand, funding, country, last4 });
  expect(minted.card!.fingerprint).toBe(method.card!.fingerprint);
  const legacy = await stripe.charges.create({ amount: 700, currency: "usd", source: `tok_${id}` });
  expect(legacy).toMatchObject({ paid: true, status: "succeeded" });
  expect(legacy.source).toMatchObject({ funding, country, last4 });
});

// number, the networks, country, id; the order of the networks is inferred
const CO_BRANDED: [string, string[], string, string][] = [
  ["4000002500001001", ["cartes_bancaires", "visa"], "FR", "visa_cartesBancaires"],
  ["5555552500001001", ["cartes_bancaires", "mastercard"], "FR", "mastercard_cartesBancaires"],
  ["4000050360000001", ["eftpos_au", "visa"], "AU", "visa_debit_eftposAuCoBranded"],
  ["5555050360000080", ["eftpos_au", "mastercard"], "AU", "mastercard_debit_eftposAuCoBranded"],
];

test.each(CO_BRANDED)("%s is of two networks: %j, %s", async (number, networks, country, id) => {
  const { stripe } = stage();
  for (const method of [
    await stripe.paymentMethods.create(card(number)),
    await stripe.paymentMethods.retrieve(`pm_card_${id}`),
  ]) {
    expect(method.card!.networks!.available).toEqual(networks);
    expect(method.card).toMatchObject({ country, last4: number.slice(-4) });
  }
  expect((await pay(stripe, `pm_card_${id}`)).status).toBe("succeeded");
  const charge = await stripe.charges.create({ amount: 700, currency: "usd", source: `tok_${id}` });
  expect(charge.paid).toBe(true);
});

test.each([
  ["4000051230000072", "visa", "debit_visaFsaProductCode"],
  ["4000051230000072", "visa", "debit_visaHsaProductCode"],
  ["5200828282828897", "mastercard", "mastercard_debit_mastercardFsaProductCode"],
])("%s is for health accounts: %s, %s", async (number, brand, id) => {
  const { stripe } = stage();
  const expected = { brand, country: "US", last4: number.slice(-4) };
  expect((await stripe.paymentMethods.create(card(number))).card).toMatchObject(expected);
  expect((await stripe.paymentMethods.retrieve(`pm_card_${id}`)).card).toMatchObject(expected);
  expect((await pay(stripe, `pm_card_${id}`)).status).toBe("succeeded");
  const charge = await stripe.charges.create({ amount: 700, currency: "usd", source: `tok_${id}` });
  expect(charge.paid).toBe(true);
});

test("an id of the documentation stands for a new payment method each time", async () => {
  const { stripe } = stage({ now: new Date("2026-03-05T10:00:00Z") });
  const [first, second] = [
    await stripe.paymentMethods.retrieve("pm_card_visa"),
    await stripe.paymentMethods.retrieve("pm_card_visa"),
  ];
  expect(first.id).not.toBe(second.id);
  expect(first.card).toMatchObject({ exp_month: 3, exp_year: 2027, regulated_status: "unregulated" });
  expect(first).toMatchObject({ allow_redisplay: "unspecified", customer: null, metadata: {} });
});
