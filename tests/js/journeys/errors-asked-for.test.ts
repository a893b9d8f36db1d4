/**
 * Any error of the catalogue and any decline code, asked for by metadata `fakestripe_error` or by `fake.failNext`.
 *
 * The codes of errors are those of the types of the `stripe` package; those of declines are of
 * https://docs.stripe.com/declines/codes.
 */

import { readFileSync } from "node:fs";
import type Stripe from "stripe";
import { describe, expect, test } from "vitest";
import { chargeOf, error, events, pay, stage } from "./stage.ts";

const CODES = readFileSync(
  new URL("../../../src/kernel/schema/generated/errors.tsv", import.meta.url),
  "utf8",
)
  .split("\n")
  .filter((line) => line !== "" && !line.startsWith("#"))
  .map((line) => line.split("\t")[0]!);

const DECLINE_CODES = `
  approve_with_id authentication_not_handled authentication_required call_issuer card_not_supported
  card_velocity_exceeded currency_not_supported do_not_honor do_not_try_again duplicate_transaction
  expired_card fraudulent generic_decline incorrect_cvc incorrect_pin insufficient_funds
  invalid_account invalid_amount invalid_pin issuer_not_available lost_card merchant_blacklist
  mobile_device_authentication_required new_account_information_available no_action_taken
  not_permitted offline_pin_required online_or_offline_pin_required pickup_card pin_try_exceeded
  processing_error reenter_transaction restricted_card revocation_of_all_authorizations
  revocation_of_authorization security_violation service_not_allowed stolen_card stop_payment_order
  testmode_decline transaction_not_allowed try_again_later withdrawal_count_limit_exceeded
`.trim().split(/\s+/);

/** Declines that have a code of error of their own. */
const OWN: Record<string, string> = {
  authentication_not_handled: "authentication_required",
  authentication_required: "authentication_required",
  expired_card: "expired_card",
  incorrect_cvc: "incorrect_cvc",
  processing_error: "processing_error",
};

describe("codes of errors", () => {
  test("there are many", () => expect(CODES.length).toBeGreaterThan(200));

  test.each(CODES)("%s", async (code) => {
    const { fake, stripe } = stage();
    const metadata = { fakestripe_error: code };
    const asked = await error(stripe.customers.create({ metadata }));
    fake.failNext("POST /v1/customers", { code });
    const failed = await error(stripe.customers.create({}));
    for (const refused of [asked, failed]) {
      // That of a bank account is also why a card is declined.
      expect([refused.code, refused.decline_code]).toContain(code);
      expect(refused.statusCode).toBeGreaterThanOrEqual(400);
      expect(refused.message).not.toBe("");
    }
    expect(fake.state.customers.count).toBe(0);
    await stripe.customers.create({});
    expect(fake.state.customers.count).toBe(1);
  });
});

describe("codes of declines", () => {
  test.each(DECLINE_CODES)("%s declines a payment, with all that follows", async (decline_code) => {
    const { fake, stripe } = stage();
    const metadata = { fakestripe_error: decline_code };
    const refused = await error(pay(stripe, "pm_card_visa", { metadata }));
    const code = OWN[decline_code] ?? "card_declined";
    expect(refused).toMatchObject({
      type: "StripeCardError",
      statusCode: 402,
      code,
      decline_code,
      payment_intent: { status: "requires_payment_method" },
    });
    const intent = fake.state.paymentIntents[0]!;
    expect(intent).toMatchObject({
      status: "requires_payment_method",
      last_payment_error: { code, decline_code, message: refused.message },
    });
    expect(await events(stripe)).toContain("payment_intent.payment_failed");
    if (code === "authentication_required") return;
    const charge = await chargeOf(stripe, intent);
    expect(charge).toMatchObject({ status: "failed", failure_code: code });
    const isBlocked = decline_code === "fraudulent";
    expect(charge.outcome).toMatchObject({
      reason: isBlocked ? "highest_risk_level" : decline_code,
      type: isBlocked ? "blocked" : "issuer_declined",
    });
    expect(refused.charge).toBe(charge.id);
    const again = await stripe.paymentIntents.confirm(intent.id, { payment_method: "pm_card_visa" });
    expect(again.status).toBe("succeeded");
  });

  test("an intent that is confirmed on its own", async () => {
    const { fake, stripe } = stage();
    const intent = await pay(stripe, "pm_card_visa", { confirm: false });
    fake.failNext("POST /v1/payment_intents/:id/confirm", { code: "do_not_honor" });
    const refused = await error(stripe.paymentIntents.confirm(intent.id));
    expect(refused).toMatchObject({ code: "card_declined", decline_code: "do_not_honor" });
    const failed = await stripe.paymentIntents.retrieve(intent.id);
    expect(failed.last_payment_error!.decline_code).toBe("do_not_honor");
  });

  test("a setup, an attachment, a legacy charge", async () => {
    const { fake, stripe } = stage();
    const code = "pickup_card";
    fake.failNext("POST /v1/setup_intents", { code });
    const setup: Stripe.SetupIntentCreateParams = {
      confirm: true,
      payment_method: "pm_card_visa",
      automatic_payment_methods: { enabled: true, allow_redirects: "never" },
    };
    const declined = await error(stripe.setupIntents.create(setup));
    expect(declined.decline_code).toBe(code);
    expect(fake.state.setupIntents[0]!.last_setup_error!.decline_code).toBe(code);

    const customer = (await stripe.customers.create()).id;
    fake.failNext("POST /v1/payment_methods/:id/attach", { code });
    const attached = stripe.paymentMethods.attach("pm_card_visa", { customer });
    expect((await error(attached)).decline_code).toBe(code);

    fake.failNext("POST /v1/charges", { code });
    const charge = { amount: 700, currency: "usd", source: "tok_visa" };
    const refused = await error(stripe.charges.create(charge));
    expect(fake.state.charges.get(refused.raw.charge)).toMatchObject({ status: "failed" });
    expect((await stripe.charges.create(charge)).paid).toBe(true);
  });

  test("where no bank is asked, it comes in place of the operation", async () => {
    const { fake, stripe } = stage();
    const metadata = { fakestripe_error: "do_not_honor" };
    const refused = await error(pay(stripe, "pm_card_visa", { confirm: false, metadata }));
    expect(refused.decline_code).toBe("do_not_honor");
    expect(fake.state.paymentIntents.count).toBe(0);
    fake.failNext("POST /v1/payment_intents", { code: "do_not_honor" });
    const wrong = stripe.paymentIntents.create({ nonsense: 1 } as never);
    expect((await error(wrong)).decline_code).toBe("do_not_honor");
  });

  test("one with words of its own is no bank's", async () => {
    const { fake, stripe } = stage();
    fake.failNext("POST /v1/payment_intents", { code: "card_declined", message: "No." });
    expect((await error(pay(stripe, "pm_card_visa"))).message).toBe("No.");
    expect(fake.state.paymentIntents.count).toBe(0);
  });
});
