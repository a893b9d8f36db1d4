/**
 * Methods that are neither cards nor debits: pages of other companies, vouchers, bank transfers.
 *
 * Sources: https://docs.stripe.com/testing#redirects, https://docs.stripe.com/payments/boleto/accept-a-payment. That the other
 * vouchers follow the emails of Boleto's page, and the errors' codes, are inferred.
 */

import type Stripe from "stripe";
import { describe, expect, test } from "vitest";
import { chargeOf, events, stage } from "./stage.ts";

const NOW = new Date("2026-03-05T10:00:00Z");
const AT = NOW.getTime() / 1000;

function start(
  stripe: Stripe,
  type: string,
  currency: string,
  more: Record<string, unknown> = {},
  email = "ana@example.com",
): Promise<Stripe.PaymentIntent> {
  return stripe.paymentIntents.create({
    amount: 20_000,
    currency,
    confirm: true,
    return_url: "https://example.com/back",
    automatic_payment_methods: { enabled: true },
    payment_method_data: { type, billing_details: { name: "Ana", email }, ...more } as never,
  });
}

describe("pages of other companies", () => {
  const METHODS: [string, string, object?][] = [
    ["ideal", "eur"],
    ["bancontact", "eur"],
    ["eps", "eur"],
    ["p24", "eur"],
    ["klarna", "eur"],
    ["paypal", "eur"],
    ["afterpay_clearpay", "usd"],
    ["affirm", "usd"],
    ["alipay", "usd"],
    ["twint", "chf"],
  ];

  test.each(METHODS)("%s: the customer agrees", async (type, currency) => {
    const { fake, stripe } = stage();
    const intent = await start(stripe, type, currency);
    expect(intent).toMatchObject({
      status: "requires_action",
      next_action: {
        type: expect.stringMatching(/redirect/),
      },
    });
    const paid = fake.asCustomer.authenticate(intent) as Stripe.PaymentIntent;
    expect(paid).toMatchObject({ status: "succeeded", next_action: null, amount_received: 20_000 });
    const charge = await chargeOf(stripe, paid);
    expect(charge).toMatchObject({
      id: expect.stringMatching(/^py_/),
      status: "succeeded",
      payment_method_details: { type },
    });
  });

  test.each(METHODS)("%s: the customer does not", async (type, currency) => {
    const { fake, stripe } = stage();
    const intent = await start(stripe, type, currency);
    const failed = fake.asCustomer.failAuthentication(intent) as Stripe.PaymentIntent;
    expect(failed).toMatchObject({
      status: "requires_payment_method",
      payment_method: null,
      last_payment_error: {
        code: "payment_intent_payment_attempt_failed",
        payment_method: { type },
      },
    });
    expect((await events(stripe)).at(-1)).toBe("payment_intent.payment_failed");
  });
});

// https://docs.stripe.com/payments/klarna/accept-a-payment#test-integration; the code is inferred.
test("Klarna denies who has +denied in their email", async () => {
  const { fake, stripe } = stage();
  const approved = await start(stripe, "klarna", "eur", {}, "customer@email.de");
  expect(fake.asCustomer.authenticate(approved).status).toBe("succeeded");
  const denied = await start(stripe, "klarna", "eur", {}, "customer+denied@email.de");
  expect(fake.asCustomer.authenticate(denied)).toMatchObject({
    status: "requires_payment_method",
    last_payment_error: { code: "payment_method_provider_decline" },
  });
});

test("handlers hear of what the customer and the bank do", async () => {
  const { fake, stripe } = stage();
  const heard: string[] = [];
  fake.webhooks.forward(async (request: Request) => {
    heard.push(((await request.json()) as Stripe.Event).type);
    return new Response();
  });
  const intent = await start(stripe, "ideal", "eur");
  fake.asCustomer.authenticate(intent);
  await fake.webhooks.settled();
  expect(heard).toContain("payment_intent.succeeded");
  const voucher = await start(stripe, "konbini", "jpy");
  heard.length = 0;
  fake.settle(voucher);
  await fake.webhooks.settled();
  expect(heard).toContain("payment_intent.succeeded");
});

describe("vouchers", () => {
  const VOUCHERS: [string, string, Record<string, unknown>, string][] = [
    ["boleto", "brl", { boleto: { tax_id: "000.000.000-00" } }, "boleto_display_details"],
    ["boleto", "brl", { boleto: { tax_id: "00.000.000/0000-00" } }, "boleto_display_details"],
    ["oxxo", "mxn", {}, "oxxo_display_details"],
    ["konbini", "jpy", {}, "konbini_display_details"],
    ["multibanco", "eur", {}, "multibanco_display_details"],
  ];
  const DAY = 86_400;

  // The email, when it is paid, when it can no longer be.
  const EMAILS: [string, number | undefined, number][] = [
    ["ana@example.com", 180, 3 * DAY],
    ["anasucceed_immediately@example.com", 0, 3 * DAY],
    ["anaexpire_immediately@example.com", undefined, 0],
    ["anaexpire_with_delay@example.com", undefined, 180],
    ["anafill_never@example.com", undefined, 3 * DAY],
  ];

  describe.each(VOUCHERS)("%s %s %j", (type, currency, more, action) => {
    test.each(EMAILS)("%s: paid after %s, good for %s seconds", async (email, paidAfter, life) => {
      const { fake, stripe } = stage({ now: NOW });
      const intent = await start(stripe, type, currency, more, email);
      expect(intent).toMatchObject({ status: "requires_action", next_action: { type: action } });
      const details = (intent.next_action as any)[action];
      expect(details.expires_at ?? details.expires_after).toBe(AT + life);
      const ends = paidAfter ?? life;
      const look = () => stripe.paymentIntents.retrieve(intent.id);
      if (0 < ends) {
        fake.clock.advance({ seconds: ends - 1 });
        expect((await look()).status).toBe("requires_action");
        fake.clock.advance({ seconds: 1 });
      }
      const ended = await look();
      if (paidAfter !== undefined) {
        expect(ended).toMatchObject({ status: "succeeded", amount_received: 20_000 });
        fake.clock.advance({ seconds: life });
        expect((await look()).status).toBe("succeeded");
      } else {
        expect(ended.status).toBe("requires_payment_method");
        expect((await events(stripe)).at(-1)).toBe("payment_intent.payment_failed");
      }
    });
  });

  test("the customer pays, or lets it expire", async () => {
    const { fake, stripe } = stage({ now: NOW });
    const email = "anafill_never@example.com";
    const paid = await start(stripe, "oxxo", "mxn", {}, email);
    expect(fake.asCustomer.authenticate(paid).status).toBe("succeeded");
    const expired = await start(stripe, "oxxo", "mxn", {}, email);
    expect(fake.asCustomer.failAuthentication(expired).status).toBe("requires_payment_method");
    fake.clock.advance({ days: 4 });
    expect((await stripe.paymentIntents.retrieve(paid.id)).status).toBe("succeeded");
  });

  test("one that was replaced by a card is forgotten", async () => {
    const { fake, stripe } = stage({ now: NOW });
    const intent = await start(stripe, "oxxo", "mxn");
    await stripe.paymentIntents.update(intent.id, { payment_method: "pm_card_visa" });
    fake.clock.advance({ days: 4 });
    const after = await stripe.paymentIntents.retrieve(intent.id);
    expect(after.status).toBe("requires_confirmation");
  });

  test("it is paid now where the test does not wait", async () => {
    const { fake, stripe } = stage({ now: NOW });
    const intent = await start(stripe, "konbini", "jpy");
    expect(fake.settle(intent).status).toBe("succeeded");
  });
});
