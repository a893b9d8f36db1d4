/** What the customer is asked to do, by type of payment method: `next_action`. */

import type Stripe from "stripe";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { World } from "./world.ts";

let world: World;
let stripe: World["stripe"];
beforeEach(() => {
  world = new World();
  stripe = world.stripe;
});
afterEach(() => world.fake.stop());

const BACK = "https://example.com/back";
const OWNER = { email: "ana@example.com", name: "Ana Etxea" };
const URL = expect.stringMatching(/^https:\/\//);
const QR = { image_url_png: URL, image_url_svg: URL };
const LATER = expect.any(Number);

type Data = Stripe.PaymentIntentCreateParams.PaymentMethodData;
const confirm = (currency: string, data: Data) =>
  stripe.paymentIntents.create({
    amount: 2000,
    confirm: true,
    currency,
    payment_method_data: { billing_details: OWNER, ...data },
    return_url: BACK,
  });

// The shapes are those of the types of the stripe package.
const ACTIONS: [string, Data, string, object][] = [
  ["cny", { type: "alipay" }, "alipay_handle_redirect", { return_url: BACK, url: URL }],
  ["brl", { type: "boleto", boleto: { tax_id: "00000000000" } }, "boleto_display_details", {
    expires_at: LATER,
    hosted_voucher_url: URL,
    number: expect.any(String),
    pdf: URL,
  }],
  ["usd", { type: "cashapp" }, "cashapp_handle_redirect_or_display_qr_code", {
    hosted_instructions_url: URL,
    mobile_auth_url: URL,
    qr_code: { ...QR, expires_at: LATER },
  }],
  ["jpy", { type: "konbini" }, "konbini_display_details", {
    expires_at: LATER,
    hosted_voucher_url: URL,
    stores: { lawson: { payment_code: expect.any(String) } },
  }],
  ["eur", { type: "multibanco" }, "multibanco_display_details", {
    entity: expect.any(String),
    hosted_voucher_url: URL,
    reference: expect.any(String),
  }],
  ["mxn", { type: "oxxo" }, "oxxo_display_details", {
    expires_after: LATER,
    hosted_voucher_url: URL,
    number: expect.any(String),
  }],
  ["sgd", { type: "paynow" }, "paynow_display_qr_code", { ...QR, hosted_instructions_url: URL }],
  ["brl", { type: "pix" }, "pix_display_qr_code", { ...QR, expires_at: LATER }],
  ["thb", { type: "promptpay" }, "promptpay_display_qr_code", QR],
  ["sek", { type: "swish" }, "swish_handle_redirect_or_display_qr_code", { qr_code: QR }],
  ["cny", { type: "wechat_pay" }, "wechat_pay_display_qr_code", QR],
  ["eur", { type: "ideal" }, "redirect_to_url", { return_url: BACK, url: URL }],
  ["eur", { type: "bancontact" }, "redirect_to_url", { return_url: BACK, url: URL }],
  ["eur", { type: "klarna" }, "redirect_to_url", { return_url: BACK, url: URL }],
  ["usd", { type: "affirm" }, "redirect_to_url", { return_url: BACK, url: URL }],
  ["eur", { type: "p24" }, "redirect_to_url", { return_url: BACK, url: URL }],
];

describe.each(ACTIONS)("in %s, %o", (currency, data, type, details) => {
  test("asks for something and is paid when it is done", async () => {
    const intent = await confirm(currency, data);
    expect(intent).toMatchObject({
      latest_charge: null,
      next_action: { [type]: details, type },
      status: "requires_action",
    });
    world.fake.asCustomer.authenticate(intent);
    const paid = await stripe.paymentIntents.retrieve(intent.id, { expand: ["latest_charge"] });
    expect(paid).toMatchObject({
      latest_charge: { payment_method_details: { type: data.type }, status: "succeeded" },
      next_action: null,
      status: "succeeded",
    });
  });

  test("fails when it is not", async () => {
    const intent = await confirm(currency, data);
    world.fake.asCustomer.failAuthentication(intent);
    const failed = await stripe.paymentIntents.retrieve(intent.id);
    expect(failed).toMatchObject({ payment_method: null, status: "requires_payment_method" });
    expect(failed.last_payment_error!.payment_method!.type).toBe(data.type);
    expect((await world.events()).at(-1)).toBe("payment_intent.payment_failed");
  });
});
