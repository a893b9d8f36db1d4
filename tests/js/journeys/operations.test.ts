/**
 * Which operation it is that fails: a card can be created, attached, set up, used and confirmed.
 *
 * Sources: https://docs.stripe.com/testing#declined-payments and recorded answers; what is inferred says so.
 */

import { expect, test } from "vitest";
import { card, error, pay, stage } from "./stage.ts";

/** What an operation comes to: the error's code, or the status, or "ok". */
type Fate = string;

interface Row {
  number: string;
  cvc?: string;
  attached: Fate;
  setUp: Fate;
  paid: Fate;
  charged: Fate;
  /** The `param` of the error of an attachment. */
  param?: string;
}

const ROWS: Row[] = [
  { number: "4242424242424242", attached: "ok", setUp: "succeeded", paid: "succeeded", charged: "succeeded" },
  ...["0002", "9995", "9987", "9979", "6975"].map((last4) => ({
    number: `400000000000${last4}`,
    attached: "card_declined",
    setUp: "card_declined",
    paid: "card_declined",
    charged: "card_declined",
    param: "",
  })),
  {
    number: "4000000000000069",
    attached: "expired_card",
    setUp: "expired_card",
    paid: "expired_card",
    charged: "expired_card",
    param: "exp_month",
  },
  {
    number: "4000000000000127",
    attached: "incorrect_cvc",
    setUp: "incorrect_cvc",
    paid: "incorrect_cvc",
    charged: "incorrect_cvc",
    param: "cvc",
  },
  // Without a code there is nothing to be wrong; the last three cells are inferred.
  { number: "4000000000000127", cvc: "", attached: "ok", setUp: "succeeded", paid: "succeeded", charged: "succeeded" },
  {
    number: "4000000000000119",
    attached: "processing_error",
    setUp: "processing_error",
    paid: "processing_error",
    charged: "processing_error",
  },
  // The exception: saved without complaint.
  { number: "4000000000000341", attached: "ok", setUp: "succeeded", paid: "card_declined", charged: "card_declined" },
  // Attaching and setting up are inferred: documented as always blocked.
  {
    number: "4100000000000019",
    attached: "card_declined",
    setUp: "card_declined",
    paid: "card_declined",
    charged: "card_declined",
  },
  {
    number: "4000000000000101",
    attached: "incorrect_cvc",
    setUp: "incorrect_cvc",
    paid: "incorrect_cvc",
    charged: "incorrect_cvc",
    param: "cvc",
  },
  ...["4000002500003155", "4000002760003184", "4000000000003220"].map((number) => ({
    number,
    attached: "ok",
    setUp: "requires_action",
    paid: "requires_action",
    // Inferred: a charge has nobody to ask.
    charged: "authentication_required",
  })),
];

const fate = (request: Promise<any>): Promise<Fate> =>
  request.then(
    ({ object, status }) => (object === "payment_method" ? "ok" : status),
    ({ code }) => code,
  );

test.each(ROWS)("$number $cvc: attached $attached, set up $setUp, paid $paid", async (row) => {
  const { fake, stripe } = stage();
  const params = card(row.number, row.cvc);
  if (row.cvc === "") delete (params.card as { cvc?: string }).cvc;
  const method = () => stripe.paymentMethods.create(params);

  const customer = await stripe.customers.create();
  const attached = await method();
  const attach = stripe.paymentMethods.attach(attached.id, { customer: customer.id });
  if (row.attached === "ok") {
    expect((await attach).customer).toBe(customer.id);
  } else {
    const refused = await error(attach);
    expect(refused).toMatchObject({ statusCode: 402, code: row.attached });
    if (row.param !== undefined) expect(refused.param).toBe(row.param);
    expect(refused.raw).not.toHaveProperty("charge");
    expect(refused.raw).not.toHaveProperty("payment_method");
  }

  const never = { enabled: true, allow_redirects: "never" as const };
  const setup = await stripe.setupIntents.create({ automatic_payment_methods: never });
  const { id } = await method();
  expect(await fate(stripe.setupIntents.confirm(setup.id, { payment_method: id }))).toBe(row.setUp);
  const after = await stripe.setupIntents.retrieve(setup.id);
  const hasFailed = !["succeeded", "requires_action"].includes(row.setUp);
  expect(after.status).toBe(hasFailed ? "requires_payment_method" : row.setUp);
  expect(after.last_setup_error?.code).toBe(hasFailed ? row.setUp : undefined);

  const used = await method();
  const unconfirmed = await pay(stripe, used.id, { confirm: false });
  expect(unconfirmed.status).toBe("requires_confirmation");
  expect(await fate(stripe.paymentIntents.confirm(unconfirmed.id))).toBe(row.paid);

  const token = await stripe.tokens.create({ card: params.card as never });
  const charge = stripe.charges.create({ amount: 2000, currency: "usd", source: token.id });
  expect(await fate(charge)).toBe(row.charged);
  expect(fake.state.charges[fake.state.charges.count - 1]!.status).toBe(
    row.charged === "succeeded" ? "succeeded" : "failed",
  );
});

test("a customer is not made with a card that is declined", async () => {
  const { fake, stripe } = stage();
  const refused = await error(stripe.customers.create({ payment_method: "pm_card_visa_chargeDeclined" }));
  expect(refused).toMatchObject({ statusCode: 402, code: "card_declined" });
  expect(fake.state.customers.count).toBe(0);
  const byToken = await error(stripe.customers.create({ source: "tok_chargeDeclinedExpiredCard" }));
  expect(byToken).toMatchObject({ statusCode: 402, code: "expired_card" });
  expect(fake.state.customers.count).toBe(0);
});

// Recorded with the rule "block if the postal code check fails", which is on.
test.each([
  ["94107", "incorrect_zip", "address_zip"],
  [undefined, undefined, undefined],
])("4000000000000036 with the postal code %s comes to %s", async (postal_code, code, param) => {
  const { stripe } = stage();
  const customer = await stripe.customers.create();
  const params = { ...card("4000000000000036"), billing_details: { address: { postal_code } } };
  const method = () => stripe.paymentMethods.create(params);
  const requests = [
    stripe.paymentMethods.attach((await method()).id, { customer: customer.id }),
    pay(stripe, (await method()).id),
  ];
  for (const request of requests) {
    if (code === undefined) await request;
    else expect(await error(request)).toMatchObject({ statusCode: 402, code, param });
  }
});

test("4242424242424241 is no card number", async () => {
  const { fake, stripe } = stage();
  const refused = await error(stripe.paymentMethods.create(card("4242424242424241")));
  expect(refused).toMatchObject({
    type: "StripeCardError",
    statusCode: 402,
    code: "incorrect_number",
    param: "number",
    message: "Your card number is incorrect.",
  });
  expect(fake.state.paymentMethods.count).toBe(0);
});
