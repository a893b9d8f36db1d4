/**
 * Challenges of the mobile SDKs, captchas, PINs, and India's mandates.
 *
 * Sources: https://docs.stripe.com/testing#three-ds-cards, #captchas, #terminal; https://docs.stripe.com/india-recurring-payments.
 * Recorded: 4000003560000008, 4000003560000123 and 4000003560000263. How a payment ends whose announcement fails is inferred.
 */

import type Stripe from "stripe";
import { describe, expect, test } from "vitest";
import { card, chargeOf, error, events, pay, payBy, stage } from "./stage.ts";

describe("challenges of the mobile SDKs", () => {
  test.each([
    ["out of band", "4000582600000094"],
    ["a passcode", "4000582600000045"],
    ["one of several", "4000582600000102"],
    ["some of several", "4000582600000110"],
    ["out of band, in 2024", "4000000000003220"],
    ["a passcode, in 2024", "4000000000003238"],
    ["one of several, in 2024", "4000000000003246"],
    ["some of several, in 2024", "4000000000003253"],
  ])("%s: %s", async (_, number) => {
    const { fake, stripe } = stage();
    const intent = await payBy(stripe, number);
    expect(intent).toMatchObject({
      status: "requires_action",
      next_action: { type: "use_stripe_sdk" },
    });
    expect(fake.asCustomer.authenticate(intent).status).toBe("succeeded");
    const other = await payBy(stripe, number);
    expect(fake.asCustomer.failAuthentication(other).status).toBe("requires_payment_method");
  });
});

describe("what a browser or a reader asks is not asked of the API", () => {
  test.each([
    ["a captcha", "4000000000001208"],
    ["a captcha", "4000000000003725"],
    ["a PIN, offline", "4001007020000002", "offline_pin_cvm", "SG"],
    ["a PIN, offline, on the second try", "4000008260000075", "offline_pin_sca_retry", "GB"],
    ["a PIN, online", "4001000360000005", "online_pin_cvm", "AU"],
    ["a PIN, online, on the second try", "4000002760000008", "online_pin_sca_retry", "DE"],
  ])("%s: %s", async (_, number, id?: string, country?: string) => {
    const { stripe } = stage();
    expect((await payBy(stripe, number)).status).toBe("succeeded");
    if (id === undefined) return;
    const method = await stripe.paymentMethods.retrieve(`pm_card_${id}`);
    expect(method.card).toMatchObject({ country, last4: number.slice(-4) });
  });
});

describe("India", () => {
  const TERMS: Stripe.PaymentIntentCreateParams.PaymentMethodOptions.Card.MandateOptions = {
    reference: "Mandate-1",
    amount: 5000,
    amount_type: "maximum",
    start_date: 1_772_000_000,
    interval: "sporadic",
    interval_count: 1,
    supported_types: ["india"],
  };
  const NEVER = { enabled: true, allow_redirects: "never" as const };

  test("4000003560000008 is paid once, and asks where it is to be used again", async () => {
    const { stripe } = stage();
    const number = "4000003560000008";
    expect((await payBy(stripe, number)).status).toBe("succeeded");
    const again = { setup_future_usage: "off_session" as const };
    expect((await payBy(stripe, number, again)).status).toBe("requires_action");
    const asked = { payment_method_options: { card: { request_three_d_secure: "any" as const } } };
    expect((await payBy(stripe, number, asked)).status).toBe("requires_action");
    expect((await pay(stripe, "pm_card_in", again)).status).toBe("requires_action");
  });

  /** A customer whose card is set up under a mandate, and the mandate. */
  async function mandated(number: string) {
    const { fake, stripe } = stage({ now: new Date("2026-03-05T10:00:00Z") });
    const customer = (await stripe.customers.create()).id;
    const setup = await stripe.setupIntents.create({
      customer,
      confirm: true,
      usage: "off_session",
      payment_method_data: card(number) as never,
      payment_method_options: { card: { mandate_options: { ...TERMS, currency: "usd" } } },
      automatic_payment_methods: NEVER,
    });
    expect(setup.status).toBe("requires_action");
    const done = fake.asCustomer.authenticate(setup) as Stripe.SetupIntent;
    expect(done.status).toBe("succeeded");
    const mandate = await stripe.mandates.retrieve(done.mandate as string);
    expect(mandate).toMatchObject({ status: "active", type: "multi_use" });
    const renew = () =>
      pay(stripe, done.payment_method as string, {
        customer,
        off_session: true,
        mandate: mandate.id,
      });
    return { fake, stripe, renew };
  }

  test("4000003560000123: the holder is told first, and then pays", async () => {
    const { fake, stripe, renew } = await mandated("4000003560000123");
    const intent = await renew();
    expect(intent).toMatchObject({
      status: "processing",
      latest_charge: null,
      processing: {
        type: "card",
        card: {
          customer_notification: { approval_requested: false, completes_at: intent.created + 300 },
        },
      },
    });
    expect((await events(stripe)).at(-1)).toBe("payment_intent.processing");
    fake.clock.advance({ minutes: 14 });
    expect((await stripe.paymentIntents.retrieve(intent.id)).status).toBe("processing");
    fake.clock.advance({ minutes: 1 });
    const paid = await stripe.paymentIntents.retrieve(intent.id);
    expect(paid).toMatchObject({ status: "succeeded", processing: null, amount_received: 2000 });
    expect((await chargeOf(stripe, paid)).status).toBe("succeeded");
  });

  test.each([
    ["4000003560000297", "india_recurring_payment_mandate_canceled"],
    ["4000003560000248", "card_declined"],
  ])("%s: the holder is told first, and the payment fails with %s", async (number, code) => {
    const { fake, renew } = await mandated(number);
    const intent = await renew();
    expect(intent.status).toBe("processing");
    const failed = fake.settle(intent);
    expect(failed).toMatchObject({
      status: "requires_payment_method",
      processing: null,
      last_payment_error: { code },
    });
  });

  test("4000003560000263: the holder has canceled the mandate", async () => {
    const { fake, renew } = await mandated("4000003560000263");
    const refused = await error(renew());
    expect(refused).toMatchObject({
      statusCode: 402,
      code: "india_recurring_payment_mandate_canceled",
      message: "The provided mandate has been canceled by the card holder.",
    });
    expect(refused.raw).not.toHaveProperty("charge");
    expect(refused.raw).not.toHaveProperty("doc_url");
    expect(fake.state.charges.count).toBe(0);
  });

  test("the test decides what becomes of a payment that was announced", async () => {
    const { fake, renew } = await mandated("4000003560000123");
    expect(fake.settle(await renew(), "succeeded").status).toBe("succeeded");
    const failed = fake.settle(await renew(), { code: "card_declined" });
    expect(failed.last_payment_error!.code).toBe("card_declined");
  });
});
