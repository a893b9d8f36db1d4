/** Payment method configurations and domains, and payment records. */

import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { World } from "./world.ts";

let world: World;
let stripe: World["stripe"];
beforeEach(() => {
  world = new World();
  stripe = world.stripe;
});
afterEach(() => world.fake.stop());

// https://docs.stripe.com/api/payment_method_configurations
describe("configurations", () => {
  test("there is a default one, and intents name it", async () => {
    const { data } = await stripe.paymentMethodConfigurations.list();
    expect(data).toMatchObject([{ active: true, is_default: true, name: "Default" }]);
    const intent = await stripe.paymentIntents.create({ amount: 2000, currency: "usd" });
    expect(intent.payment_method_configuration_details!.id).toBe(data[0]!.id);
  });

  test("others are made, changed and chosen", async () => {
    const made = await stripe.paymentMethodConfigurations.create({
      card: { display_preference: { preference: "on" } },
      name: "Shop",
    });
    expect(made).toMatchObject({
      active: true,
      card: { available: true, display_preference: { preference: "on", value: "on" } },
      is_default: false,
      name: "Shop",
      parent: null,
    });
    const changed = await stripe.paymentMethodConfigurations.update(made.id, {
      link: { display_preference: { preference: "off" } },
    });
    expect(changed).toMatchObject({
      link: { available: false, display_preference: { preference: "off", value: "off" } },
    });
    const intent = await stripe.paymentIntents.create({
      amount: 2000,
      currency: "usd",
      payment_method_configuration: made.id,
    });
    expect(intent.payment_method_configuration_details!.id).toBe(made.id);
    expect(intent.payment_method_types).toEqual(["card"]);
  });
});

// https://docs.stripe.com/api/payment_method_domains
test("domains are registered, validated and turned off", async () => {
  const made = await stripe.paymentMethodDomains.create({ domain_name: "shop.example.com" });
  expect(made).toMatchObject({
    apple_pay: { status: "active" },
    domain_name: "shop.example.com",
    enabled: true,
    google_pay: { status: "active" },
    link: { status: "active" },
  });
  const off = await stripe.paymentMethodDomains.update(made.id, { enabled: false });
  expect(off.enabled).toBe(false);
  expect((await stripe.paymentMethodDomains.validate(made.id)).id).toBe(made.id);
  const listed = await stripe.paymentMethodDomains.list({ domain_name: "shop.example.com" });
  expect(listed.data.map(({ id }) => id)).toEqual([made.id]);
});

// https://docs.stripe.com/api/payment-record
describe("payment records", () => {
  const report = (more: object = {}) =>
    stripe.paymentRecords.reportPayment({
      amount_requested: { currency: "usd", value: 1000 },
      initiated_at: 1_795_000_000,
      payment_method_details: {
        custom: { display_name: "Cash on delivery", type: "custom" },
        type: "custom",
      },
      ...more,
    } as any);

  test("tell of payments made elsewhere", async () => {
    const record = await report({
      guaranteed: { guaranteed_at: 1_795_000_100 },
      outcome: "guaranteed",
    });
    expect(record).toMatchObject({
      amount_guaranteed: { currency: "usd", value: 1000 },
      amount_requested: { currency: "usd", value: 1000 },
      object: "payment_record",
    });
    expect((await stripe.paymentRecords.retrieve(record.id)).id).toBe(record.id);
    const refunded = await stripe.paymentRecords.reportRefund(record.id, {
      amount: { currency: "usd", value: 400 },
      outcome: "refunded",
      processor_details: { custom: { refund_reference: "r1" }, type: "custom" },
      refunded: { refunded_at: 1_795_000_200 },
    });
    expect(refunded.amount_refunded).toEqual({ currency: "usd", value: 400 });
  });

  test("tell of attempts that failed and of the one that did not", async () => {
    const record = await report();
    const failed = await stripe.paymentRecords.reportPaymentAttemptFailed(record.id, {
      failed_at: 1_795_000_100,
    });
    expect(failed.amount_failed).toEqual({ currency: "usd", value: 1000 });
    const attempts = await stripe.paymentAttemptRecords.list({ payment_record: record.id });
    expect(attempts.data).toHaveLength(1);
  });
});
