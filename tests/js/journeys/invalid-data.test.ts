/**
 * Data that no card can have: no special number is needed.
 *
 * Sources: https://docs.stripe.com/testing#invalid-data and https://docs.stripe.com/error-codes; the texts other than that of
 * a wrong number are those long in use.
 */

import { expect, test } from "vitest";
import { error, stage } from "./stage.ts";

const VALID = { number: "4242424242424242", exp_month: 12, exp_year: 2050, cvc: "314" };

test.each([
  [{ exp_month: 13 }, "invalid_expiry_month", "exp_month", "Your card's expiration month is invalid."],
  [{ exp_year: 95 }, "invalid_expiry_year", "exp_year", "Your card's expiration year is invalid."],
  [{ exp_year: 1999 }, "invalid_expiry_year", "exp_year", "Your card's expiration year is invalid."],
  [{ cvc: "99" }, "invalid_cvc", "cvc", "Your card's security code is invalid."],
  [{ number: "4242424242424241" }, "incorrect_number", "number", "Your card number is incorrect."],
  [
    { number: "4242abcd" },
    "invalid_number",
    "number",
    "The card number is not a valid credit card number.",
  ],
  [{ number: "42" }, "invalid_number", "number", "The card number is not a valid credit card number."],
])("%j is refused with %s", async (wrong, code, param, message) => {
  const { fake, stripe } = stage({ now: new Date("2026-03-05T10:00:00Z") });
  const params = { ...VALID, ...wrong };
  for (const request of [
    stripe.paymentMethods.create({ type: "card", card: params }),
    stripe.tokens.create({ card: params as never }),
  ]) {
    const refused = await error(request);
    expect(refused).toMatchObject({ type: "StripeCardError", statusCode: 402, code, message });
    expect(refused.param).toBe(param);
  }
  expect(fake.state.paymentMethods.count).toBe(0);
});
