/**
 * The customer portal: what its configuration offers, customers do there.
 * <https://docs.stripe.com/customer-management>, <https://docs.stripe.com/api/customer_portal>.
 */

import { FakeStripe } from "fakestripe";
import Stripe from "stripe";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

let fake: FakeStripe;
let stripe: Stripe;
let customer: string;
let subscription: Stripe.Subscription;

const monthly = (unit_amount: number) =>
  stripe.prices.create({
    currency: "usd",
    product_data: { name: `Club ${unit_amount}` },
    recurring: { interval: "month" },
    unit_amount,
  });

beforeEach(async () => {
  fake = FakeStripe.new({ now: "2026-11-21T12:00:00Z" });
  stripe = new Stripe(fake.apiKey, fake.stripeOptions());
  ({ id: customer } = await stripe.customers.create({
    email: "ana@example.com",
    invoice_settings: { default_payment_method: "pm_card_visa" },
    payment_method: "pm_card_visa",
  }));
  const price = await monthly(1000);
  subscription = await stripe.subscriptions.create({ customer, items: [{ price: price.id }] });
});

afterEach(() => fake.stop());

const configured = (features: Stripe.BillingPortal.ConfigurationCreateParams.Features) =>
  stripe.billingPortal.configurations.create({ features });

const opened = async (params: object = {}) =>
  fake.asCustomer.portal(await stripe.billingPortal.sessions.create({ customer, ...params }));

const last = async (type: string) => (await stripe.events.list({ type, limit: 1 })).data[0]!;

describe("a session", () => {
  test("has an address, and the configuration that holds", async () => {
    const session = await stripe.billingPortal.sessions.create({
      customer,
      return_url: "https://shop.example.com/account",
    });
    expect(session).toMatchObject({
      object: "billing_portal.session",
      customer,
      flow: null,
      return_url: "https://shop.example.com/account",
      url: expect.stringMatching("https://billing.stripe.com/p/session/test_"),
    });
    const { data } = await stripe.billingPortal.configurations.list({ is_default: true });
    expect(data.map(({ id }) => id)).toEqual([session.configuration]);
    expect((await last("billing_portal.session.created")).data.object).toMatchObject({
      id: session.id,
    });
  });

  test("may begin with one thing", async () => {
    const session = await stripe.billingPortal.sessions.create({
      customer,
      flow_data: {
        type: "subscription_cancel",
        subscription_cancel: { subscription: subscription.id },
      },
    });
    expect(session.flow).toMatchObject({
      type: "subscription_cancel",
      after_completion: { type: "portal_homepage", hosted_confirmation: null, redirect: null },
      subscription_cancel: { subscription: subscription.id },
    });
    const flow_data = {
      type: "subscription_cancel" as const,
      subscription_cancel: { subscription: "sub_none" },
    };
    await expect(
      stripe.billingPortal.sessions.create({ customer, flow_data }),
    ).rejects.toMatchObject({ code: "resource_missing", message: "No such subscription: 'sub_none'" });
  });
});

describe("a flow", () => {
  const flow_data = () => ({
    type: "subscription_cancel" as const,
    subscription_cancel: { subscription: subscription.id },
  });

  test("allows what it is about, and nothing else", async () => {
    const portal = await opened({ flow_data: flow_data() });
    expect(() => portal.updateCard("pm_card_mastercard")).toThrow(/for the flow subscription_cancel/);
    expect(portal.cancel().cancel_at).toBe(subscription.items.data[0]!.current_period_end);
  });

  test("needs a configuration that offers it", async () => {
    const { id: configuration } = await configured({ invoice_history: { enabled: true } });
    await expect(opened({ configuration, flow_data: flow_data() })).rejects.toMatchObject({
      message: expect.stringContaining("subscription cancellation feature in the portal"),
    });
  });
});

describe("canceling", () => {
  test("flags a subscription of the classic billing mode", async () => {
    await stripe.subscriptions.cancel(subscription.id);
    const price = await monthly(1000);
    const { items } = await stripe.subscriptions.create({
      billing_mode: { type: "classic" },
      customer,
      items: [{ price: price.id }],
    });
    expect((await opened()).cancel()).toMatchObject({
      cancel_at: items.data[0]!.current_period_end,
      cancel_at_period_end: true,
    });
  });

  test("is at the end of the period, and can be taken back", async () => {
    const portal = await opened();
    const end = subscription.items.data[0]!.current_period_end;
    const canceled = portal.cancel({ feedback: "too_expensive", comment: "sorry" });
    expect(canceled).toMatchObject({
      cancel_at: end,
      // The billing mode is flexible, which ends at a time and has no flag.
      cancel_at_period_end: false,
      cancellation_details: {
        comment: "sorry",
        feedback: "too_expensive",
        reason: "cancellation_requested",
      },
      status: "active",
    });
    const event = await last("customer.subscription.updated");
    expect(event.request).toEqual({ id: null, idempotency_key: null });
    expect(event.data.previous_attributes).toMatchObject({ cancel_at: null });
    expect(portal.keep()).toMatchObject({ cancel_at: null, cancel_at_period_end: false });
  });

  test("ends the subscription with the period", async () => {
    (await opened()).cancel();
    fake.clock.advance({ months: 1, hours: 2 });
    const ended = await stripe.subscriptions.retrieve(subscription.id);
    expect(ended.status).toBe("canceled");
    expect((await last("customer.subscription.deleted")).data.object).toMatchObject({
      id: subscription.id,
    });
  });

  test("is at once where the configuration says so", async () => {
    const { id } = await configured({ subscription_cancel: { enabled: true, mode: "immediately" } });
    expect((await opened({ configuration: id })).cancel().status).toBe("canceled");
  });

  test("needs to be offered", async () => {
    const { id } = await configured({ invoice_history: { enabled: true } });
    const portal = await opened({ configuration: id });
    expect(() => portal.cancel()).toThrow(/subscription_cancel.*is not enabled/);
  });

  test("needs to know which subscription", async () => {
    const price = await monthly(300);
    const other = await stripe.subscriptions.create({ customer, items: [{ price: price.id }] });
    const portal = await opened();
    expect(() => portal.cancel()).toThrow(/several subscriptions/);
    expect(portal.cancel({ subscription: other })).toMatchObject({ id: other.id });
  });
});

describe("switching", () => {
  const offering = async (prices: Stripe.Price[], more: object = {}) => {
    const products = prices.map((price) => ({
      prices: [price.id],
      product: price.product as string,
    }));
    const { id } = await configured({
      subscription_update: {
        default_allowed_updates: ["price", "quantity"],
        enabled: true,
        products,
        ...more,
      },
    });
    return opened({ configuration: id });
  };

  test("changes the price", async () => {
    const gold = await monthly(3000);
    const portal = await offering([gold]);
    const switched = portal.switchTo(gold);
    expect(switched.items.data).toMatchObject([{ price: { id: gold.id }, quantity: 1 }]);
    expect((await stripe.invoices.list({ subscription: subscription.id })).data).toHaveLength(1);
  });

  test("bills the difference where the configuration says so", async () => {
    const gold = await monthly(3000);
    const portal = await offering([gold], { proration_behavior: "always_invoice" });
    portal.switchTo(gold, { quantity: 2 });
    const { data } = await stripe.invoices.list({ subscription: subscription.id });
    expect(data).toHaveLength(2);
    expect(data[0]!.total).toBe(6000 - 1000);
  });

  test("is between the prices that are offered", async () => {
    const portal = await offering([await monthly(3000)]);
    const other = await monthly(9000);
    expect(() => portal.switchTo(other)).toThrow(`the portal does not offer ${other.id}`);
  });
});

describe("another card", () => {
  test("passes 3D Secure, or fails it and pays nothing", async () => {
    const portal = await opened();
    const card = (of: Stripe.Customer) => of.invoice_settings.default_payment_method;
    const failed = portal.updateCard("4000002500003155", { authenticate: false });
    const kept = await stripe.paymentMethods.retrieve(card(failed) as string);
    expect(kept.card!.last4).toBe("4242");
    const passed = portal.updateCard("4000002500003155");
    expect(card(passed)).not.toBe(card(failed));
  });

  test("pays from here on", async () => {
    const changed = (await opened()).updateCard("5555555555554444");
    const id = changed.invoice_settings.default_payment_method as string;
    const method = await stripe.paymentMethods.retrieve(id);
    expect(method).toMatchObject({ card: { brand: "mastercard", last4: "4444" }, customer });
    fake.clock.advance({ months: 1, hours: 2 });
    const [renewal] = (await stripe.invoices.list({ subscription: subscription.id })).data;
    const payments = await stripe.invoicePayments.list({ invoice: renewal!.id! });
    const intent = await stripe.paymentIntents.retrieve(
      payments.data[0]!.payment.payment_intent as string,
    );
    expect([renewal!.status, intent.payment_method]).toEqual(["paid", id]);
  });

  test("that is declined changes nothing", async () => {
    const portal = await opened();
    expect(() => portal.updateCard("4000000000000002")).toThrow("Your card was declined.");
    const { invoice_settings } = (await stripe.customers.retrieve(customer)) as Stripe.Customer;
    const kept = await stripe.paymentMethods.retrieve(
      invoice_settings.default_payment_method as string,
    );
    expect(kept.card!.last4).toBe("4242");
  });
});

test("customers change their own data as far as they may", async () => {
  const { id } = await configured({
    customer_update: { allowed_updates: ["email"], enabled: true },
  });
  const portal = await opened({ configuration: id });
  expect(portal.updateDetails({ email: "bea@example.com" }).email).toBe("bea@example.com");
  expect(() => portal.updateDetails({ phone: "+15551234" })).toThrow(/change their phone/);
  expect((await last("customer.updated")).data.previous_attributes).toEqual({
    email: "ana@example.com",
  });
});

test("configurations are made, changed and listed", async () => {
  const made = await configured({
    subscription_cancel: { enabled: true, cancellation_reason: { enabled: true, options: ["unused"] } },
  });
  expect(made).toMatchObject({
    active: true,
    features: {
      customer_update: { enabled: false },
      subscription_cancel: {
        cancellation_reason: { enabled: true, options: ["unused"] },
        enabled: true,
        mode: "at_period_end",
        proration_behavior: "none",
      },
    },
    is_default: false,
    login_page: { enabled: false, url: null },
  });
  const changed = await stripe.billingPortal.configurations.update(made.id, {
    login_page: { enabled: true },
  });
  expect(changed.login_page.url).toMatch("https://billing.stripe.com/p/login/test_");
  const types = (await stripe.events.list({ type: "billing_portal.*" })).data.map(({ type }) => type);
  expect(types).toEqual([
    "billing_portal.configuration.updated",
    "billing_portal.configuration.created",
  ]);
});
