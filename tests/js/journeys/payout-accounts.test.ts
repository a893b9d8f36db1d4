/**
 * Bank accounts that are paid out to and topped up from, and the tax ids of customers.
 *
 * Sources: https://docs.stripe.com/connect/testing#account-numbers and #test-bank-tokens; the accounts of other countries as
 * recorded; https://docs.stripe.com/invoicing/customer/tax-ids#verification.
 */

import type Stripe from "stripe";
import { describe, expect, test } from "vitest";
import { error, stage } from "./stage.ts";

const NOW = new Date("2026-03-05T10:00:00Z");

/** A connected account with money, and what pays out from it. */
async function paidOut(account_number: string, method: "standard" | "instant" = "standard") {
  const { fake, stripe } = stage({ now: NOW });
  const account = fake.accounts.create({
    type: "custom",
    country: "US",
    capabilities: { transfers: { requested: true } },
    payouts_enabled: true,
    settings: { payouts: { schedule: { interval: "manual" } } },
  } as never);
  const stripeAccount = account.id;
  const external = await stripe.accounts.createExternalAccount(account.id, {
    external_account: {
      object: "bank_account",
      country: "US",
      currency: "usd",
      routing_number: "110000000",
      account_number,
    },
  } as never);
  const charge = { amount: 500_000, currency: "usd", source: "tok_bypassPending" };
  await stripe.charges.create(charge, { stripeAccount });
  const payout = await stripe.payouts.create(
    { amount: 20_000, currency: "usd", destination: external.id, method },
    { stripeAccount },
  );
  expect(payout.status).toBe("pending");
  fake.clock.advance({ days: 7 });
  return stripe.payouts.retrieve(payout.id, {}, { stripeAccount });
}

describe("payouts to American accounts", () => {
  test.each([
    ["000123456789", null],
    ["000111111116", "no_account"],
    ["000111111113", "account_closed"],
    ["000222222227", "insufficient_funds"],
    ["000333333335", "debit_not_authorized"],
    ["000444444440", "invalid_currency"],
    ["000888888883", null],
  ])("%s comes to %s", async (number, failure_code) => {
    expect(await paidOut(number)).toMatchObject({
      status: failure_code === null ? "paid" : "failed",
      failure_code,
      failure_balance_transaction: failure_code === null ? null : expect.stringMatching(/^txn_/),
    });
  });

  test("000888888883 fails where it is instant", async () => {
    expect((await paidOut("000888888883", "instant")).status).toBe("failed");
    expect((await paidOut("000123456789", "instant")).status).toBe("paid");
  });

  test("a number that is not of test mode is refused", async () => {
    expect(await error(paidOut("000987654321"))).toMatchObject({
      statusCode: 400,
      code: "account_number_invalid",
      message:
        "You must use a test bank account number in test mode. Try 000123456789 or see more options at " +
        "https://stripe.com/docs/connect/testing#account-numbers.",
    });
  });
});

describe("a payout that the test decides about", () => {
  test.each([
    ["succeeded", "paid", null],
    ["failed", "failed", "could_not_process"],
    [{ code: "account_frozen" }, "failed", "account_frozen"],
    [undefined, "paid", null],
  ] as const)("%j: %s", async (outcome, status, failure_code) => {
    const { fake, stripe } = stage({ now: NOW });
    await stripe.charges.create({ amount: 50_000, currency: "usd", source: "tok_bypassPending" });
    const payout = fake.payouts.create({ amount: 20_000, currency: "usd" });
    const settled = outcome === undefined ? fake.settle(payout) : fake.settle(payout, outcome);
    expect(settled).toMatchObject({ status, failure_code });
    expect(fake.settle()).toEqual([]);
  });
});

describe("top-ups", () => {
  test.each([
    ["btok_us_verified", null],
    ["btok_us_verified_noAccount", "no_account"],
    ["btok_us_verified_accountClosed", "account_closed"],
    ["btok_us_verified_insufficientFunds", "insufficient_funds"],
    ["btok_us_verified_debitNotAuthorized", "debit_not_authorized"],
    ["btok_us_verified_invalidCurrency", "invalid_currency"],
  ])("%s comes to %s", async (source, failure_code) => {
    const { fake, stripe } = stage({ now: NOW });
    const topup = await stripe.topups.create({ amount: 20_000, currency: "usd", source });
    expect(topup).toMatchObject({ status: "pending", failure_code: null });
    const settled = fake.settle(topup);
    expect(settled).toMatchObject({
      status: failure_code === null ? "succeeded" : "failed",
      failure_code,
    });
  });
});

// country, currency, routing number ("-": none), account number
const ACCOUNTS: [string, string, string, string][] = [
  ["AE", "aed", "-", "AE070331234567890123456"],
  ["AG", "xcd", "AAAAAGAGXYZ", "000123456789"],
  ["AL", "all", "AAAAALTXXXX", "AL35202111090000000001234567"],
  ["AM", "amd", "AAAAAMNNXXX", "00001234567"],
  ["AO", "aoa", "AAAAAOAOXXX", "AO06004400006729503010102"],
  ["AR", "ars", "-", "0110000600000000000000"],
  ["AU", "aud", "110000", "000123456"],
  ["AZ", "azn", "123456-123456", "AZ77ADJE12345678901234567890"],
  ["BA", "bam", "AAAABABAXXX", "BA095520001234567812"],
  ["BD", "bdt", "110000000", "0000123456789"],
  ["BH", "bhd", "AAAABHBMXYZ", "BH29BMAG1299123456BH00"],
  ["BJ", "xof", "-", "BJ66BJ0610100100144390000769"],
  ["BN", "bnd", "AAAABNBBXXX", "0000123456789"],
  ["BO", "bob", "040", "000123456789"],
  ["BS", "bsd", "AAAABSNSXXX", "0001234"],
  ["BT", "btn", "AAAABTBTXXX", "0000123456789"],
  ["BW", "bwp", "AAAABWBWXXX", "000123456789"],
  ["CA", "cad", "11000-000", "000123456789"],
  ["CH", "chf", "-", "CH9300762011623852957"],
  ["CI", "xof", "-", "CI93CI0080111301134291200589"],
  ["CL", "clp", "999", "000123456789"],
  ["CO", "cop", "060", "000123456789"],
  ["CR", "crc", "-", "CR04010212367856709123"],
  ["DE", "eur", "-", "DE89370400440532013000"],
  ["DO", "dop", "999", "000123456789"],
  ["DZ", "dzd", "AAAADZDZXXX", "00001234567890123456"],
  ["EC", "usd", "AAAAECE1XXX", "000123456789"],
  ["EG", "egp", "NBEGEGCX331", "EG800002000156789012345180002"],
  ["ET", "etb", "AAAAETETXXX", "0000000012345"],
  ["GA", "xaf", "AAAAGAGAXXX", "00001234567890123456789"],
  ["GB", "gbp", "23-14-70", "00012345"],
  ["GH", "ghs", "022112", "000123456789"],
  ["GI", "gbp", "-", "GI75NWBK000000007099453"],
  ["GT", "gtq", "AAAAGTGCXYZ", "GT20AGRO00000000001234567890"],
  ["GY", "gyd", "AAAAGYGGXYZ", "000123456789"],
  ["HK", "hkd", "110-000", "000123456"],
  ["ID", "idr", "000", "000123456789"],
  ["IL", "ils", "-", "IL620108000000099999999"],
  ["IN", "inr", "HDFC0004051", "000123456789"],
  ["IS", "eur", "-", "IS140159260076545510730339"],
  ["JM", "jmd", "111-00000", "000123456789"],
  ["JO", "jod", "AAAAJOJOXXX", "JO32ABCJ0010123456789012345678"],
  ["JP", "jpy", "1100000", "0001234"],
  ["KE", "kes", "BARCKENXMDR", "000123456789"],
  ["KH", "khr", "AAAAKHKHXXX", "000123456789"],
  ["KR", "krw", "SGSEKRSLXXX", "000123456789"],
  ["KW", "kwd", "AAAAKWKWXYZ", "KW81CBKU0000000000001234560101"],
  ["KZ", "kzt", "AAAAKZKZXXX", "KZ221251234567890123"],
  ["LA", "lak", "AAAALALAXXX", "000123456789"],
  ["LC", "xcd", "AAAALCLCXYZ", "000123456789"],
  ["LI", "chf", "-", "LI0508800636123378777"],
  ["LK", "lkr", "AAAALKLXXXX-7010999", "0000012345"],
  ["MA", "mad", "AAAAMAMAXXX", "MA64011519000001205000534921"],
  ["MC", "eur", "-", "MC5810096180790123456789085"],
  ["MD", "mdl", "AAAAMDMDXXX", "MD07AG123456789012345678"],
  ["MG", "mga", "AAAAMGMGXXX", "MG4800005000011234567890123"],
  ["MK", "mkd", "AAAAMK2XXXX", "MK49250120000058907"],
  ["MN", "mnt", "AAAAMNUBXXX", "0002222001"],
  ["MO", "mop", "AAAAMOMXXXX", "0000000001234567897"],
  ["MU", "mur", "AAAAMUMUXYZ", "MU17BOMM0101101030300200000MUR"],
  ["MX", "mxn", "-", "000000001234567897"],
  ["MY", "myr", "HBMBMYKL", "000123456000"],
  ["MZ", "mzn", "AAAAMZMXXXX", "001234567890123456789"],
  ["NA", "nad", "AAAANANXXYZ", "000123456789"],
  ["NE", "xof", "-", "NE58NE0380100100130305000268"],
  ["NG", "ngn", "AAAANGLAXXX", "1111111112"],
  ["NO", "nok", "-", "NO9386011117947"],
  ["NZ", "nzd", "-", "1100000000000010"],
  ["OM", "omr", "AAAAOMOMXXX", "000123456789"],
  ["PA", "usd", "AAAAPAPAXXX", "000123456789"],
  ["PE", "pen", "-", "99934500012345670024"],
  ["PH", "php", "BCDEFGHI123", "01567890123456789"],
  ["PK", "pkr", "AAAAPKKAXXX", "PK36SCBL0000001123456702"],
  ["PL", "pln", "-", "PL61109010140000071219812874"],
  ["PY", "pyg", "0", "0567890123456789"],
  ["QA", "qar", "AAAAQAQAXXX", "QA87CITI123456789012345678901"],
  ["RO", "ron", "-", "RO49AAAA1B31007593840000"],
  ["RS", "rsd", "TESTSERBXXX", "RS35105008123123123173"],
  ["RW", "rwf", "AAAARWRWXXX", "000123456789"],
  ["SA", "sar", "RIBLSARIXXX", "SA4420000001234567891234"],
  ["SE", "sek", "-", "SE3550000000054910000003"],
  ["SG", "sgd", "1100-000", "000123456"],
  ["SM", "eur", "AAAASMSMXXX", "SM86U0322509800000000270100"],
  ["SN", "xof", "-", "SN08SN0100152000048500003035"],
  ["SV", "usd", "AAAASVS1XXX", "SV44BCIE12345678901234567890"],
  ["TH", "thb", "999", "000123456789"],
  ["TN", "tnd", "-", "TN5904018104004942712345"],
  ["TR", "try", "ADABTRIS", "TR320010009999901234567890"],
  ["TT", "ttd", "99900001", "00567890123456789"],
  ["TW", "twd", "AAAATWTXXXX", "0001234567"],
  ["TZ", "tzs", "AAAATZTXXXX", "0000123456789"],
  ["US", "usd", "110000000", "000123456789"],
  ["US", "usd", "111000000", "000123456789"],
  ["US", "usd", "122105155", "000123456789"],
  ["UY", "uyu", "999", "000123456789"],
  ["UZ", "uzs", "AAAAUZUZXXX-00000", "99934500012345670024"],
  ["VN", "vnd", "01101100", "000123456789"],
  ["ZA", "zar", "FIRNZAJJ", "000001234"],];

describe("accounts of all countries are taken", () => {
  test.each(ACCOUNTS)("%s %s: %s %s", async (country, currency, routing, account_number) => {
    const { stripe } = stage();
    const token = await stripe.tokens.create({
      bank_account: {
        country,
        currency,
        account_number,
        ...(routing !== "-" && { routing_number: routing }),
      },
    });
    expect(token).toMatchObject({
      type: "bank_account",
      bank_account: { country, currency, last4: account_number.slice(-4) },
    });
  });
});

describe("bank accounts of customers", () => {
  const bank = async (stripe: Stripe): Promise<[string, string]> => {
    const customer = await stripe.customers.create();
    const token = await stripe.tokens.create({
      bank_account: {
        country: "US",
        currency: "usd",
        routing_number: "110000000",
        account_number: "000123456789",
      },
    });
    const source = await stripe.customers.createSource(customer.id, { source: token.id });
    return [customer.id, source.id];
  };

  test("are verified with 32 and 45", async () => {
    const { stripe } = stage();
    const [customer, source] = await bank(stripe);
    const verified = await stripe.customers.verifySource(customer, source, { amounts: [32, 45] });
    expect(verified).toMatchObject({ status: "verified" });
    const stored = await stripe.customers.retrieveSource(customer, source);
    expect(stored).toMatchObject({ status: "verified" });
  });

  test("and with nothing else", async () => {
    const { stripe } = stage();
    const [customer, source] = await bank(stripe);
    const wrong = stripe.customers.verifySource(customer, source, { amounts: [1, 2] });
    expect(await error(wrong)).toMatchObject({
      statusCode: 400,
      code: "bank_account_verification_failed",
    });
  });
});

describe("tax ids of customers", () => {
  const PREFIXES = { eu_vat: "DE", au_abn: "", gb_vat: "GB" } as const;
  const rows = Object.entries(PREFIXES).flatMap(([type, prefix]) =>
    [
      ["000000000", "verified"],
      ["111111111", "unverified"],
      ["222222222", "pending"],
      // Any other, as recorded.
      ["123456780", "verified"],
    ].map(([value, status]) => [type, `${prefix}${value}`, status] as [string, string, string]),
  );

  test.each(rows)("%s %s is %s in the end", async (type, value, status) => {
    const { fake, stripe } = stage({ now: NOW });
    const customer = await stripe.customers.create();
    const params = { type, value } as Stripe.CustomerCreateTaxIdParams;
    const made = await stripe.customers.createTaxId(customer.id, params);
    expect(made.verification!.status).toBe("pending");
    fake.clock.advance({ minutes: 2 });
    const after = await stripe.customers.retrieveTaxId(customer.id, made.id);
    expect(after.verification!.status).toBe(status);
    const told = await stripe.events.list({ type: "customer.tax_id.updated" });
    expect(told.data).toHaveLength(status === "pending" ? 0 : 1);
  });
});
