/**
 * Bank accounts that are debited: ACH, Bacs, BECS, ACSS and SEPA, by the ids of the documentation and by their numbers.
 *
 * Sources: https://docs.stripe.com/testing#non-card-payments, https://docs.stripe.com/payments/acss-debit; what SEPA's plain
 * failures are called is not documented. Which way a dispute of a debit begins is inferred.
 */

import type Stripe from "stripe";
import { describe, expect, test } from "vitest";
import { chargeOf, error, events, stage } from "./stage.ts";

const NOW = new Date("2026-03-05T10:00:00Z");
/** How much later the delayed accounts settle. */
const DELAY = 180;

const ONLINE = {
  customer_acceptance: {
    type: "online" as const,
    online: { ip_address: "127.0.0.1", user_agent: "a browser" },
  },
};

const CURRENCIES: Record<string, string> = {
  us_bank_account: "usd",
  bacs_debit: "gbp",
  au_becs_debit: "aud",
  acss_debit: "cad",
  sepa_debit: "eur",
};

/** How a number is sent. */
const DETAILS: Record<string, (number: string) => object> = {
  us_bank_account: (account_number) => ({
    account_number,
    routing_number: "110000000",
    account_holder_type: "individual",
  }),
  bacs_debit: (account_number) => ({ account_number, sort_code: "108800" }),
  au_becs_debit: (account_number) => ({ account_number, bsb_number: "000000" }),
  acss_debit: (account_number) => ({
    account_number,
    institution_number: "000",
    transit_number: "11000",
  }),
  sepa_debit: (iban) => ({ iban }),
};

const billing_details = { name: "Jenny Rosen", email: "jenny@example.com" };

const methodParams = (type: string, number: string) =>
  ({ type, billing_details, [type]: DETAILS[type]!(number) }) as Stripe.PaymentMethodCreateParams;

/** Debits a payment method over 20 of its currency. */
function debit(
  stripe: Stripe,
  type: string,
  payment_method: string,
  more: Partial<Stripe.PaymentIntentCreateParams> = {},
): Promise<Stripe.PaymentIntent> {
  return stripe.paymentIntents.create({
    amount: 2000,
    currency: CURRENCIES[type]!,
    confirm: true,
    payment_method,
    mandate_data: ONLINE,
    automatic_payment_methods: { enabled: true, allow_redirects: "never" },
    ...more,
  });
}

/** What a debit comes to: paid, disputed, refused with that code, or blocked. */
type Fate = "paid" | "disputed" | "stays" | "blocked" | { code: string };

interface Row {
  type: string;
  number: string;
  /** What stands after `pm_`. */
  id?: string;
  fate: Fate;
  late?: boolean;
}

const row = (type: string, late = false) => (number: string, id: string, fate: Fate): Row => ({
  type,
  number,
  ...(id && { id }),
  fate,
  late,
});
const ach = row("us_bank_account");
const bacs = row("bacs_debit");
const lateBacs = row("bacs_debit", true);
const becs = row("au_becs_debit");
const lateBecs = row("au_becs_debit", true);
const acss = row("acss_debit");
const lateAcss = row("acss_debit", true);
const fails = (code: string): Fate => ({ code });

const ROWS: Row[] = [
  ach("000123456789", "usBankAccount_success", "paid"),
  ach("000111111113", "usBankAccount_accountClosed", fails("account_closed")),
  ach("000000004954", "usBankAccount_riskLevelHighest", "blocked"),
  ach("000111111116", "usBankAccount_noAccount", fails("no_account")),
  ach("000222222227", "usBankAccount_insufficientFunds", fails("insufficient_funds")),
  ach("000333333335", "usBankAccount_debitNotAuthorized", fails("debit_not_authorized")),
  ach("000444444440", "usBankAccount_invalidCurrency", fails("invalid_currency")),
  ach("000555555559", "usBankAccount_dispute", "disputed"),
  ach("000000000009", "usBankAccount_processing", "stays"),
  ach("000777777771", "usBankAccount_weeklyLimitExceeded", fails("charge_exceeds_source_limit")),
  ach("000888888885", "", fails("account_closed")),

  bacs("00012345", "bacsDebit_success", "paid"),
  lateBacs("90012345", "bacsDebit_successDelayed", "paid"),
  bacs("33333335", "bacsDebit_debitNotAuthorized", fails("debit_not_authorized")),
  lateBacs("93333335", "bacsDebit_debitNotAuthorizedDelayed", fails("debit_not_authorized")),
  bacs("22222227", "bacsDebit_insufficientFunds", fails("insufficient_funds")),
  lateBacs("92222227", "bacsDebit_insufficientFundsDelayed", fails("insufficient_funds")),
  lateBacs("55555559", "bacsDebit_dispute", "disputed"),
  bacs("34343434", "bacsDebit_exceedsWeeklyLimit", fails("charge_exceeds_source_limit")),
  bacs("12121212", "bacsDebit_exceedsTransactionLimit", fails("charge_exceeds_transaction_limit")),

  becs("000123456", "auBecsDebit_success", "paid"),
  lateBecs("900123456", "auBecsDebit_successDelayed", "paid"),
  becs("111111113", "auBecsDebit_accountClosed", fails("account_closed")),
  becs("111111116", "auBecsDebit_noAccount", fails("no_account")),
  becs("222222227", "auBecsDebit_referToCustomer", fails("refer_to_customer")),
  lateBecs("922222227", "auBecsDebit_referToCustomerDelayed", fails("refer_to_customer")),
  becs("333333335", "auBecsDebit_debitNotAuthorized", fails("debit_not_authorized")),
  becs("666666660", "auBecsDebit_dispute", "disputed"),
  becs("343434343", "auBecsDebit_exceedsWeeklyLimit", fails("charge_exceeds_source_limit")),
  becs("121212121", "auBecsDebit_exceedsTransactionLimit", fails("charge_exceeds_transaction_limit")),

  acss("000123456789", "", "paid"),
  lateAcss("900123456789", "", "paid"),
  acss("000222222227", "", fails("insufficient_funds")),
  lateAcss("900222222227", "", fails("insufficient_funds")),
];

// By country, in the order of the outcomes below.
const IBANS: Record<string, string[]> = {
  AT: [
    "AT611904300234573201",
    "AT321904300235473204",
    "AT861904300235473202",
    "AT051904300235473205",
    "AT591904300235473203",
    "AT981904300000343434",
    "AT601904300000121212",
    "AT981904300002222227",
  ],
  BE: [
    "BE62510007547061",
    "BE78510007547064",
    "BE68539007547034",
    "BE51510007547065",
    "BE08510007547063",
    "BE90510000343434",
    "BE52510000121212",
    "BE90510002222227",
  ],
  HR: [
    "HR7624020064583467589",
    "HR6323600002337876649",
    "HR2725000096983499248",
    "HR6723600004878117427",
    "HR8724840081455523553",
    "HR7424020060000343434",
    "HR3624020060000121212",
    "HR7424020060002222227",
  ],
  EE: [
    "EE382200221020145685",
    "EE222200221020145682",
    "EE762200221020145680",
    "EE922200221020145683",
    "EE492200221020145681",
    "EE672200000000343434",
    "EE292200000000121212",
    "EE672200000002222227",
  ],
  FI: [
    "FI2112345600000785",
    "FI3712345600000788",
    "FI9112345600000786",
    "FI1012345600000789",
    "FI6412345600000787",
    "FI6712345600343434",
    "FI2912345600121212",
    "FI6712345602222227",
  ],
  FR: [
    "FR1420041010050500013M02606",
    "FR3020041010050500013M02609",
    "FR8420041010050500013M02607",
    "FR7920041010050500013M02600",
    "FR5720041010050500013M02608",
    "FR9720041010050000000343434",
    "FR5920041010050000000121212",
    "FR9720041010050000002222227",
  ],
  DE: [
    "DE89370400440532013000",
    "DE08370400440532013003",
    "DE62370400440532013001",
    "DE78370400440532013004",
    "DE35370400440532013002",
    "DE65370400440000343434",
    "DE27370400440000121212",
    "DE65370400440002222227",
  ],
  GI: [
    "GI60MPFS599327643783385",
    "GI08RRNW626436291644533",
    "GI41SAFA461293238477751",
    "GI50LROG772261344693297",
    "GI26KJBC361883934534696",
    "GI14NWBK000000000343434",
    "GI73NWBK000000000121212",
    "GI14NWBK000000002222227",
  ],
  IE: [
    "IE29AIBK93115212345678",
    "IE24AIBK93115212345671",
    "IE02AIBK93115212345679",
    "IE94AIBK93115212345672",
    "IE51AIBK93115212345670",
    "IE10AIBK93115200343434",
    "IE69AIBK93115200121212",
    "IE10AIBK93115202222227",
  ],
  LI: [
    "LI0508800636123378777",
    "LI4408800387787111369",
    "LI1208800143823175626",
    "LI4908800356441975566",
    "LI7708800125525347723",
    "LI2408800000000343434",
    "LI8308800000000121212",
    "LI2408800000002222227",
  ],
  LT: [
    "LT121000011101001000",
    "LT281000011101001003",
    "LT821000011101001001",
    "LT981000011101001004",
    "LT551000011101001002",
    "LT591000000000343434",
    "LT211000000000121212",
    "LT591000000002222227",
  ],
  LU: [
    "LU280019400644750000",
    "LU440019400644750003",
    "LU980019400644750001",
    "LU170019400644750004",
    "LU710019400644750002",
    "LU900010000000343434",
    "LU520010000000121212",
    "LU900010000002222227",
  ],
  NL: [
    "NL39RABO0300065264",
    "NL55RABO0300065267",
    "NL91ABNA0417164300",
    "NL28RABO0300065268",
    "NL82RABO0300065266",
    "NL27RABO0000343434",
    "NL86RABO0000121212",
    "NL27RABO0002222227",
  ],
  NO: [
    "NO9386011117947",
    "NO8886011117940",
    "NO6686011117948",
    "NO6186011117941",
    "NO3986011117949",
    "NO0586010343434",
    "NO6486010121212",
    "NO0586012222227",
  ],
  PT: [
    "PT50000201231234567890154",
    "PT66000201231234567890157",
    "PT23000201231234567890155",
    "PT39000201231234567890158",
    "PT93000201231234567890156",
    "PT05000201230000000343434",
    "PT64000201230000000121212",
    "PT05000201230000002222227",
  ],
  ES: [
    "ES0700120345030000067890",
    "ES2300120345030000067893",
    "ES9121000418450200051332",
    "ES9300120345030000067894",
    "ES5000120345030000067892",
    "ES1700120345000000343434",
    "ES7600120345000000121212",
    "ES1700120345000002222227",
  ],
  SE: [
    "SE3550000000054910000003",
    "SE5150000000054910000006",
    "SE0850000000054910000004",
    "SE2450000000054910000007",
    "SE7850000000054910000005",
    "SE2850000000000000343434",
    "SE8750000000000000121212",
    "SE2850000000000002222227",
  ],
  CH: [
    "CH9300762011623852957",
    "CH8656663438253651553",
    "CH5362200119938136497",
    "CH1843597160341964438",
    "CH1260378413965193069",
    "CH1800762000000343434",
    "CH7700762000000121212",
    "CH1800762000002222227",
  ],
  GB: [
    "GB82WEST12345698765432",
    "GB98WEST12345698765435",
    "GB55WEST12345698765433",
    "GB71WEST12345698765436",
    "GB28WEST12345698765434",
    "GB70WEST12345600343434",
    "GB32WEST12345600121212",
    "GB70WEST12345602222227",
  ],
};

const UNNAMED = "payment_intent_payment_attempt_failed";
const OUTCOMES: [suffix: string, fate: Fate, late: boolean][] = [
  ["success", "paid", false],
  ["successDelayed", "paid", true],
  ["failed", fails(UNNAMED), false],
  ["failedDelayed", fails(UNNAMED), true],
  ["disputed", "disputed", false],
  ["exceedsWeeklyVolumeLimit", fails("charge_exceeds_source_limit"), false],
  ["exceedsWeeklyTransactionLimit", fails("charge_exceeds_weekly_limit"), false],
  ["insufficientFunds", fails("insufficient_funds"), false],
];

for (const [country, ibans] of Object.entries(IBANS)) {
  ibans.forEach((iban, place) => {
    const [suffix, fate, late] = OUTCOMES[place]!;
    const id = `sepaDebit_${suffix}_${country.toLowerCase()}`;
    ROWS.push({ type: "sepa_debit", number: iban, id, fate, late });
  });
}

/** Follows a debit to its end. */
async function follow(row: Row, byId: boolean): Promise<void> {
  const { fake, stripe } = stage({ now: NOW });
  const { type, number, fate } = row;
  const method = byId ? `pm_${row.id}` : (await stripe.paymentMethods.create(methodParams(type, number))).id;
  if (fate === "blocked" && byId) {
    const refused = await error(debit(stripe, type, method));
    expect(refused).toMatchObject({ statusCode: 402, decline_code: "fraudulent" });
    expect(fake.state.paymentIntents[0]!.status).toBe("requires_payment_method");
    return;
  }
  let intent = await debit(stripe, type, method);
  if (intent.status === "requires_action") {
    expect(["us_bank_account", "acss_debit"]).toContain(type);
    expect(byId).toBe(false);
    const amounts = [32, 45];
    intent = await stripe.paymentIntents.verifyMicrodeposits(intent.id, { amounts });
    if (fate === "blocked") {
      expect(intent.status).toBe("requires_payment_method");
      expect(intent.last_payment_error!.decline_code).toBe("fraudulent");
      return;
    }
  }
  expect(intent).toMatchObject({ status: "processing", amount_received: 0, next_action: null });
  const pending = fake.state.charges[0]! as Stripe.Charge;
  expect(pending).toMatchObject({
    id: expect.stringMatching(/^py_/),
    status: "pending",
    paid: false,
    captured: true,
    balance_transaction: null,
    // Recorded: of SEPA's debits it is known at once.
    outcome:
      type === "sepa_debit"
        ? { network_status: "approved_by_network", risk_level: "normal", type: "authorized" }
        : null,
  });
  expect(pending.payment_method_details).toMatchObject({
    type,
    [type]: { last4: number.slice(-4) },
  });
  if (row.late) {
    fake.clock.advance({ seconds: DELAY - 1 });
    expect((await stripe.paymentIntents.retrieve(intent.id)).status).toBe("processing");
    fake.clock.advance({ seconds: 1 });
  }
  const settled = await stripe.paymentIntents.retrieve(intent.id);
  const charge = await chargeOf(stripe, settled);
  if (fate === "stays") {
    fake.clock.advance({ days: 30 });
    expect((await stripe.paymentIntents.retrieve(intent.id)).status).toBe("processing");
    expect((await stripe.paymentIntents.cancel(intent.id)).status).toBe("canceled");
  } else if (typeof fate === "object") {
    expect(settled).toMatchObject({
      status: "requires_payment_method",
      payment_method: null,
      amount_received: 0,
      last_payment_error: { code: fate.code, payment_method: { type } },
    });
    expect(charge).toMatchObject({ status: "failed", failure_code: fate.code, paid: false });
    expect((await events(stripe)).slice(-2)).toEqual([
      "charge.failed",
      "payment_intent.payment_failed",
    ]);
  } else {
    expect(settled).toMatchObject({ status: "succeeded", amount_received: 2000 });
    expect(charge).toMatchObject({
      status: "succeeded",
      paid: true,
      balance_transaction: expect.stringMatching(/^txn_/),
      disputed: fate === "disputed",
    });
    const told = await events(stripe);
    expect(told).toEqual(expect.arrayContaining(["charge.succeeded", "payment_intent.succeeded"]));
    expect(told.includes("charge.dispute.created")).toBe(fate === "disputed");
  }
}

const WITH_ID = ROWS.filter(({ id }) => id !== undefined);

describe("by the ids of the documentation", () => {
  test.each(WITH_ID)("pm_$id", (row) => follow(row, true));
});

describe("by their numbers", () => {
  // One country stands for all: a number is found by its end.
  const rows = ROWS.filter(({ type, number }) => type !== "sepa_debit" || number.startsWith("DE"));
  test.each(rows)("$type $number", (row) => follow(row, false));
});

describe("IBANs that no payment method can be made of", () => {
  test.each([
    ["AT271904300000055555", "AT511904300000066666"],
    ["BE19510000055555", "BE43510000066666"],
    ["DE91370400440000055555", "DE18370400440000066666"],
    ["FR2620041010050000000055555", "FR5020041010050000000066666"],
    ["IE36AIBK93115200055555", "IE60AIBK93115200066666"],
  ])("%s and %s", async (noBank, noDebits) => {
    const { fake, stripe } = stage();
    const create = (iban: string) =>
      error(stripe.paymentMethods.create(methodParams("sepa_debit", iban)));
    expect((await create(noBank)).code).toBe("sepa_debit_bank_not_supported");
    expect((await create(noDebits)).code).toBe("sepa_debit_debits_not_supported");
    expect(fake.state.paymentMethods.count).toBe(0);
  });
});

describe("microdeposits", () => {
  const FAILED = "payment_method_microdeposit_failed";
  const verification = "payment_method_microdeposit_verification";
  const unverified = (stripe: Stripe) =>
    stripe.paymentIntents.create({
      amount: 2000,
      currency: "usd",
      confirm: true,
      payment_method_data: methodParams("us_bank_account", "000123456789") as never,
      mandate_data: ONLINE,
      automatic_payment_methods: { enabled: true, allow_redirects: "never" },
    });

  test.each([
    [{ amounts: [32, 45] }, undefined],
    [{ amounts: [45, 32] }, undefined],
    [{ descriptor_code: "SM11AA" }, undefined],
    [{ amounts: [10, 11] }, `${verification}_attempts_exceeded`],
    [{ descriptor_code: "SM33CC" }, `${verification}_attempts_exceeded`],
    [{ amounts: [40, 41] }, `${verification}_timeout`],
    [{ descriptor_code: "SM44DD" }, `${verification}_timeout`],
    [{ amounts: [1, 2] }, `${verification}_amounts_mismatch`],
    [{ descriptor_code: "SM99ZZ" }, `${verification}_descriptor_code_mismatch`],
  ])("%j comes to %s", async (params, code) => {
    const { stripe } = stage({ now: NOW });
    const intent = await unverified(stripe);
    expect(intent).toMatchObject({
      status: "requires_action",
      next_action: {
        type: "verify_with_microdeposits",
        verify_with_microdeposits: {
          arrival_date: expect.any(Number),
          hosted_verification_url: expect.stringMatching(/^https:\/\/payments\.stripe\.com\/microdeposit\//),
          microdeposit_type: expect.stringMatching(/^(amounts|descriptor_code)$/),
        },
      },
    });
    const verified = stripe.paymentIntents.verifyMicrodeposits(intent.id, params);
    if (code === undefined) {
      expect((await verified).status).toBe("processing");
      expect((await stripe.paymentIntents.retrieve(intent.id)).status).toBe("succeeded");
    } else {
      expect(await error(verified)).toMatchObject({ statusCode: 400, code });
    }
  });

  test.each([
    ["us_bank_account", "000666666661"],
    ["acss_debit", "000666666661"],
  ])("of %s %s cannot be sent", async (type, number) => {
    const { fake, stripe } = stage({ now: NOW });
    const { id } = await stripe.paymentMethods.create(methodParams(type, number));
    const intent = await debit(stripe, type, id);
    expect(intent.status).toBe("requires_action");
    const failed = await stripe.paymentIntents.retrieve(intent.id);
    expect(failed).toMatchObject({
      status: "requires_payment_method",
      last_payment_error: { code: FAILED },
    });
    expect(fake.state.charges.count).toBe(0);
  });

  test("pm_usBankAccount_failMicrodeposits", async () => {
    const { stripe } = stage({ now: NOW });
    const { id } = await debit(stripe, "us_bank_account", "pm_usBankAccount_failMicrodeposits");
    const failed = await stripe.paymentIntents.retrieve(id);
    expect(failed.last_payment_error!.code).toBe(FAILED);
  });

  test("verify an account for later, too", async () => {
    const { stripe } = stage();
    const customer = (await stripe.customers.create()).id;
    const setup = await stripe.setupIntents.create({
      customer,
      confirm: true,
      payment_method_data: methodParams("us_bank_account", "000123456789") as never,
      mandate_data: ONLINE,
      automatic_payment_methods: { enabled: true, allow_redirects: "never" },
    });
    expect(setup.next_action!.type).toBe("verify_with_microdeposits");
    const verified = await stripe.setupIntents.verifyMicrodeposits(setup.id, {
      descriptor_code: "SM11AA",
    });
    expect(verified.status).toBe("succeeded");
    const method = verified.payment_method as string;
    const more = { customer, off_session: true, mandate_data: undefined };
    expect((await debit(stripe, "us_bank_account", method, more)).status).toBe("processing");
  });

  test("the customer verifies the account on Stripe's page", async () => {
    const { fake, stripe } = stage();
    const intent = await unverified(stripe);
    expect(fake.asCustomer.authenticate(intent).status).toBe("processing");
  });
});

describe("mandates", () => {
  test.each([
    ["pm_bacsDebit_success", "bacs_debit", "active"],
    ["pm_bacsDebit_debitNotAuthorized", "bacs_debit", "inactive"],
    ["pm_bacsDebit_insufficientFunds", "bacs_debit", "active"],
    ["pm_bacsDebit_mandateRefused", "bacs_debit", "inactive"],
    ["pm_auBecsDebit_success", "au_becs_debit", "active"],
    ["pm_auBecsDebit_accountClosed", "au_becs_debit", "inactive"],
    ["pm_auBecsDebit_noAccount", "au_becs_debit", "inactive"],
    ["pm_auBecsDebit_referToCustomer", "au_becs_debit", "active"],
    ["pm_auBecsDebit_debitNotAuthorized", "au_becs_debit", "inactive"],
    ["pm_auBecsDebit_dispute", "au_becs_debit", "inactive"],
  ])("%s: %s is %s afterwards", async (method, type, status) => {
    const { fake, stripe } = stage({ now: NOW });
    const intent = await debit(stripe, type, method);
    await stripe.paymentIntents.retrieve(intent.id);
    const charge = fake.state.charges[0]! as Stripe.Charge;
    const details = charge.payment_method_details![type as "bacs_debit"]!;
    const mandate = await stripe.mandates.retrieve(details.mandate!);
    expect(mandate.status).toBe(status);
  });

  test("Bacs: 00044444 is no account number", async () => {
    const { fake, stripe } = stage();
    const refused = await error(stripe.paymentMethods.create(methodParams("bacs_debit", "00044444")));
    expect(refused.statusCode).toBe(400);
    expect(fake.state.paymentMethods.count).toBe(0);
  });

  test("a debit needs one", async () => {
    const { stripe } = stage();
    const refused = debit(stripe, "sepa_debit", "pm_sepaDebit_success_de", { mandate_data: undefined });
    expect((await error(refused)).statusCode).toBe(400);
  });
});

describe("what the test decides", () => {
  test("a debit that stays is settled, one way or the other", async () => {
    const { fake, stripe } = stage({ now: NOW });
    const method = "pm_usBankAccount_processing";
    const first = await debit(stripe, "us_bank_account", method);
    expect(fake.settle(first, "succeeded")).toMatchObject({ status: "succeeded" });
    const second = await debit(stripe, "us_bank_account", method);
    const charge = second.latest_charge as string;
    expect(fake.settle(charge, { code: "insufficient_funds" })).toMatchObject({
      id: charge,
      status: "failed",
      failure_code: "insufficient_funds",
    });
    const failed = await stripe.paymentIntents.retrieve(second.id);
    expect(failed.last_payment_error!.code).toBe("insufficient_funds");
  });

  test("what is delayed is settled now, and all that is pending with it", async () => {
    const { fake, stripe } = stage({ now: NOW });
    const late = await debit(stripe, "sepa_debit", "pm_sepaDebit_successDelayed_de");
    const never = await debit(stripe, "sepa_debit", "pm_sepaDebit_failedDelayed_de");
    const settled = fake.settle();
    expect(settled.map(({ id, status }) => [id, status])).toEqual([
      [late.id, "succeeded"],
      [never.id, "requires_payment_method"],
    ]);
    expect(fake.settle()).toEqual([]);
  });

  test("what nothing is known of is refused", () => {
    const { fake } = stage();
    expect(() => fake.settle("pi_unknown")).toThrow(/^fakestripe: there is no/);
    expect(() => fake.settle(undefined as never)).toThrow(/an object with an id/);
  });
});
