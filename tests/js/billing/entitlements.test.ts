// Features, products that have them, and customers who are entitled to them, through the real client.
// Stripe's page on entitlements says what is expected.

import Stripe from "stripe";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { FakeStripe } from "../../../js/index.ts";

let fake: FakeStripe;
let stripe: Stripe;
let customer: Stripe.Customer;
let reports: Stripe.Entitlements.Feature;
let support: Stripe.Entitlements.Feature;
beforeEach(async () => {
  fake = FakeStripe.new({ now: "2026-01-01T00:00:00Z" });
  stripe = new Stripe(fake.apiKey, { ...fake.stripeOptions() });
  customer = await stripe.customers.create({
    payment_method: "pm_card_visa",
    invoice_settings: { default_payment_method: "pm_card_visa" },
  });
  reports = await stripe.entitlements.features.create({ name: "Reports", lookup_key: "reports" });
  support = await stripe.entitlements.features.create({ name: "Support", lookup_key: "support" });
});
afterEach(() => fake.stop());

/** A product with these features, and its monthly price. */
async function plan(...features: Stripe.Entitlements.Feature[]) {
  const product = await stripe.products.create({ name: "Plan" });
  for (const { id } of features) await stripe.products.createFeature(product.id, { entitlement_feature: id });
  const price = await stripe.prices.create({
    currency: "usd",
    unit_amount: 1000,
    product: product.id,
    recurring: { interval: "month" },
  });
  return { product, price };
}

const subscribe = (...prices: Stripe.Price[]) =>
  stripe.subscriptions.create({ customer: customer.id, items: prices.map(({ id }) => ({ price: id })) });

const keys = async () =>
  (await stripe.entitlements.activeEntitlements.list({ customer: customer.id })).data.map((it) => it.lookup_key);

const told = async () =>
  (await stripe.events.list({ type: "entitlements.active_entitlement_summary.updated" })).data;

describe("a feature", () => {
  test("has a lookup key of its own until it is archived", async () => {
    expect(reports).toMatchObject({ object: "entitlements.feature", active: true, lookup_key: "reports", metadata: {} });
    const again = () => stripe.entitlements.features.create({ name: "Again", lookup_key: "reports" });
    await expect(again()).rejects.toMatchObject({ statusCode: 400, param: "lookup_key" });
    await stripe.entitlements.features.update(reports.id, { active: false });
    expect((await again()).lookup_key).toBe("reports");
    const archived = await stripe.entitlements.features.list({ archived: true });
    expect(archived.data.map(({ id }) => id)).toEqual([reports.id]);
  });

  test("is attached to products, and detached", async () => {
    const { product } = await plan(reports, support);
    const other = await plan(reports);
    const attached = await stripe.products.listFeatures(product.id);
    expect(attached.data.map((it) => it.entitlement_feature.lookup_key)).toEqual(["support", "reports"]);
    const [first] = attached.data;
    expect(first).toMatchObject({ object: "product_feature", livemode: false });
    await expect(stripe.products.retrieveFeature(other.product.id, first!.id)).rejects.toMatchObject({ statusCode: 404 });
    await expect(
      stripe.products.createFeature(product.id, { entitlement_feature: reports.id }),
    ).rejects.toMatchObject({ statusCode: 400 });
    expect(await stripe.products.deleteFeature(product.id, first!.id)).toMatchObject({ id: first!.id, deleted: true });
    expect((await stripe.products.listFeatures(product.id)).data).toHaveLength(1);
    expect((await stripe.products.listFeatures(other.product.id)).data).toHaveLength(1);
  });
});

describe("a customer is entitled", () => {
  test("to the features of what they subscribe to, once each", async () => {
    const [small, large] = [await plan(reports), await plan(reports, support)];
    expect(await keys()).toEqual([]);
    await subscribe(small.price, large.price);
    expect(await keys()).toEqual(["support", "reports"]);
    const [newest] = (await stripe.entitlements.activeEntitlements.list({ customer: customer.id })).data;
    expect(newest).toMatchObject({
      object: "entitlements.active_entitlement",
      feature: support.id,
      livemode: false,
      lookup_key: "support",
    });
    expect(newest).not.toHaveProperty("customer");
    expect(await stripe.entitlements.activeEntitlements.retrieve(newest!.id)).toEqual(newest);
    const stranger = await stripe.customers.create();
    expect((await stripe.entitlements.activeEntitlements.list({ customer: stranger.id })).data).toEqual([]);
  });

  test("until the subscription ends, and each change is told", async () => {
    const { price } = await plan(reports);
    const { id } = await subscribe(price);
    await stripe.subscriptions.update(id, { metadata: { order: "7" } });
    expect(await told()).toHaveLength(1);
    await stripe.subscriptions.cancel(id);
    expect(await keys()).toEqual([]);
    const [last, first] = await told();
    const summary = { object: "entitlements.active_entitlement_summary", customer: customer.id, livemode: false };
    expect(first!.data).toMatchObject({
      object: {
        ...summary,
        entitlements: {
          object: "list",
          data: [{ feature: reports.id, lookup_key: "reports" }],
          has_more: false,
          url: `/v1/customer/${customer.id}/entitlements`,
        },
      },
      previous_attributes: { entitlements: { data: [] } },
    });
    expect(last!.data).toMatchObject({
      object: { ...summary, entitlements: { data: [] } },
      previous_attributes: { entitlements: { data: [{ lookup_key: "reports" }] } },
    });
  });

  test("in a trial, and when a plan is switched", async () => {
    const [small, large] = [await plan(reports), await plan(support)];
    const { id, items } = await stripe.subscriptions.create({
      customer: customer.id,
      items: [{ price: small.price.id }],
      trial_period_days: 7,
    });
    expect(await keys()).toEqual(["reports"]);
    await stripe.subscriptions.update(id, { items: [{ id: items.data[0]!.id, price: large.price.id }] });
    expect(await keys()).toEqual(["support"]);
  });

  test("not while the first payment is missing", async () => {
    const { price } = await plan(reports);
    const subscription = await stripe.subscriptions.create({
      customer: customer.id,
      items: [{ price: price.id }],
      payment_behavior: "default_incomplete",
      expand: ["latest_invoice"],
    });
    expect(await keys()).toEqual([]);
    await stripe.invoices.pay((subscription.latest_invoice as Stripe.Invoice).id);
    expect(await keys()).toEqual(["reports"]);
  });

  test("to what is added to a product from the next period on", async () => {
    const { product, price } = await plan(reports);
    await subscribe(price);
    await stripe.products.createFeature(product.id, { entitlement_feature: support.id });
    expect(await keys()).toEqual(["reports"]);
    fake.clock.advanceTo("2026-02-01T00:00:01Z");
    expect(await keys()).toEqual(["support", "reports"]);
    const [event] = await told();
    expect(event!.request).toMatchObject({ id: null });
  });
});
