/**
 * Journeys through Checkout: what a session shows as it is made, what its customers do, and what comes
 * of that, in which order. The facts are those of the published types of the `stripe` package and of
 * <https://docs.stripe.com/payments/checkout/fulfillment>,
 * <https://docs.stripe.com/payments/checkout/custom-fields>,
 * <https://docs.stripe.com/payments/checkout/optional-items>,
 * <https://docs.stripe.com/payments/checkout/free-trials>,
 * <https://docs.stripe.com/payments/checkout/abandoned-carts>.
 */

import type { FakeStripe } from "fakestripe";
import type Stripe from "stripe";
import { describe, expect, test } from "vitest";
import { error, events, stage } from "../stage.ts";

const success_url = "https://shop.example.com/thanks";

const cup = (unit_amount = 2500) => ({
  price_data: { currency: "usd", product_data: { name: "Cup" }, unit_amount },
  quantity: 1,
});

const club = (unit_amount = 1000) => ({
  price_data: {
    currency: "usd",
    product_data: { name: "Club" },
    recurring: { interval: "month" as const },
    unit_amount,
  },
  quantity: 1,
});

interface Page {
  fake: FakeStripe;
  stripe: Stripe;
  /** A session for one cup, unless the parameters say otherwise. */
  open(params?: object): Promise<Stripe.Checkout.Session>;
  /** The types of the events since the last session was made. */
  told(): Promise<string[]>;
}

function page(): Page {
  const { fake, stripe } = stage({ now: new Date("2027-01-01T00:00:00Z") });
  fake.clock.freeze();
  let before = 0;
  return {
    fake,
    stripe,
    open: async (params = {}) => {
      const all = { mode: "payment", success_url, line_items: [cup()], ...params };
      const made = await stripe.checkout.sessions.create(all as Stripe.Checkout.SessionCreateParams);
      before = (await events(stripe)).length;
      return made;
    },
    told: async () => (await events(stripe)).slice(before),
  };
}

/** What the page says where it goes no further. */
function refusal(body: () => unknown): any {
  try {
    body();
  } catch (reason) {
    return reason;
  }
  return expect.fail("It was completed.");
}

const field = (key: string, more: object = {}) => ({
  key,
  label: { type: "custom", custom: key },
  type: "text",
  ...more,
});

describe("a page's own fields", () => {
  const nothing = { default_value: null, value: null };
  const lengths = { maximum_length: null, minimum_length: null };
  const options = [{ label: "Small", value: "s" }];
  test.each<[string, object, object]>([
    ["a text", field("a"), { text: { ...nothing, ...lengths } }],
    [
      "a text with limits",
      field("a", { text: { default_value: "x", maximum_length: 9 } }),
      { text: { ...lengths, default_value: "x", maximum_length: 9, value: null } },
    ],
    ["digits", field("a", { type: "numeric" }), { numeric: { ...nothing, ...lengths } }],
    [
      "a choice",
      field("a", { type: "dropdown", dropdown: { options } }),
      { dropdown: { ...nothing, options } },
    ],
  ])("%s", async (_, given, shown) => {
    const { open } = page();
    const { custom_fields } = await open({ custom_fields: [given] });
    expect(custom_fields[0]).toMatchObject({ ...shown, optional: false });
  });

  test.each([[3, false], [4, true]])("%i of them: refused is %s", async (count, isRefused) => {
    const { open } = page();
    const custom_fields = ["a", "b", "c", "d"].slice(0, count).map((key) => field(key));
    const made = open({ custom_fields });
    if (isRefused) expect((await error(made)).param).toBe("custom_fields");
    else expect((await made).custom_fields).toHaveLength(count);
  });
});

describe("elements of the shop's own", () => {
  const ui = { ui_mode: "elements", success_url: undefined, return_url: success_url };
  test.each<[string, unknown]>([
    ["after_expiration", { recovery: { enabled: true } }],
    ["custom_fields", [field("a")]],
    ["custom_text", { submit: { message: "Thanks" } }],
    ["submit_type", "pay"],
    ["success_url", success_url],
  ])("take no %s", async (name, value) => {
    const { open } = page();
    const { message } = await error(open({ ...ui, [name]: value }));
    expect(message).toContain(`\`ui_mode: elements\`: ${name}.`);
  });

  test("are completed like a page", async () => {
    const { fake, open } = page();
    const session = await open(ui);
    expect(session).toMatchObject({ client_secret: expect.stringMatching(/_secret_/), url: null });
    expect(fake.asCustomer.completeCheckout(session)).toMatchObject({ payment_status: "paid" });
  });
});

describe("items that can be added", () => {
  test("are shown with what their quantities can be, and cost nothing yet", async () => {
    const { stripe, open } = page();
    const product_data = { name: "Saucer" };
    const { id: price } = await stripe.prices.create({ currency: "usd", unit_amount: 700, product_data });
    const session = await open({
      optional_items: [
        { price, quantity: 1 },
        { price, quantity: 2, adjustable_quantity: { enabled: true, minimum: 2 } },
      ],
    });
    const adjustable_quantity = { enabled: true, maximum: 99, minimum: 2 };
    expect(session).toMatchObject({
      amount_total: 2500,
      optional_items: [
        { adjustable_quantity: null, price, quantity: 1 },
        { adjustable_quantity, price, quantity: 2 },
      ],
    });
  });

  test("are refused with a price nobody made", async () => {
    const { open } = page();
    const reason = await error(open({ optional_items: [{ price: "price_none", quantity: 1 }] }));
    expect(reason).toMatchObject({ code: "resource_missing", param: "optional_items[0][price]" });
  });
});

describe("a price described in place", () => {
  test.each<[string, object, number, string]>([
    ["paid at once", {}, 1000, "active"],
    ["tried first", { trial_period_days: 7 }, 0, "trialing"],
  ])("is subscribed to: %s", async (_, subscription_data, paid, status) => {
    const { fake, stripe, open } = page();
    const session = await open({ mode: "subscription", line_items: [club()], subscription_data });
    const done = fake.asCustomer.completeCheckout(session);
    const subscription = await stripe.subscriptions.retrieve(done.subscription as string, {
      expand: ["latest_invoice"],
    });
    expect(subscription).toMatchObject({ latest_invoice: { amount_paid: paid }, status });
    fake.clock.advance({ days: 7, months: 1, hours: 2 });
    const { data } = await stripe.invoices.list({ subscription: subscription.id });
    expect(data[0]).toMatchObject({ amount_paid: 1000 });
  });
});

describe("a subscription by bank debit", () => {
  const account = (account_number: string) => ({
    paymentMethod: {
      type: "us_bank_account" as const,
      us_bank_account: {
        account_holder_type: "individual" as const,
        account_number,
        routing_number: "110000000",
      },
      billing_details: { name: "Ana Ng" },
    },
  });
  const CHECKOUT = /^(checkout|invoice\.pa)/;

  test.each([
    ["000123456789", "paid", "active", "invoice.paid", "checkout.session.async_payment_succeeded"],
    ["000111111116", "unpaid", "past_due", "invoice.payment_failed", "checkout.session.async_payment_failed"],
  ])("from %s ends as %s", async (number, payment_status, status, invoiced, decided) => {
    const { fake, stripe, open, told } = page();
    const session = await open({ mode: "subscription", line_items: [club()] });
    const done = fake.asCustomer.completeCheckout(session, account(number));
    expect(done).toMatchObject({ payment_status: "unpaid", status: "complete" });
    fake.clock.advance({ days: 6 });
    const happened = (await told()).filter((type) => CHECKOUT.test(type));
    expect(happened[0]).toBe("checkout.session.completed");
    expect(happened).toContain(invoiced);
    expect(happened.filter((type) => type.includes("async"))).toEqual([decided]);
    const after = await stripe.checkout.sessions.retrieve(session.id, { expand: ["subscription"] });
    expect(after).toMatchObject({ payment_status, subscription: { status } });
  });
});

test("a coupon for two months is off the first invoice, with what is bought once, and the second", async () => {
  const { fake, stripe, open } = page();
  const { id: coupon } = await stripe.coupons.create({
    duration: "repeating",
    duration_in_months: 2,
    percent_off: 25,
  });
  const session = await open({
    mode: "subscription",
    line_items: [club(1400), cup(500)],
    discounts: [{ coupon }],
  });
  expect(session).toMatchObject({
    amount_subtotal: 1900,
    amount_total: 1425,
    total_details: { amount_discount: 475 },
  });
  const done = fake.asCustomer.completeCheckout(session);
  fake.clock.advance({ months: 2, hours: 3 });
  const { data } = await stripe.invoices.list({ subscription: done.subscription as string });
  expect(data.map(({ total }) => total)).toEqual([1400, 1050, 1425]);
});

describe("3D Secure that fails leaves the session open, and the next card completes it", () => {
  test.each<[string, object, string, string, RegExp]>([
    ["payment", {}, "paid", "payment_intent_authentication_failure", /^payment_intent\.payment_failed$/],
    [
      "setup",
      { line_items: undefined, currency: "usd" },
      "no_payment_required",
      "setup_intent_authentication_failure",
      /^setup_intent\.setup_failed$/,
    ],
    [
      "subscription",
      { line_items: [club()] },
      "paid",
      "payment_intent_authentication_failure",
      /^payment_intent\.payment_failed$/,
    ],
  ])("mode %s", async (mode, params, payment_status, code, failed) => {
    const { fake, stripe, open, told } = page();
    const session = await open({ mode, ...params });
    const details = { card: "4000000000003220", authenticate: false };
    expect(refusal(() => fake.asCustomer.completeCheckout(session, details)).code).toBe(code);
    expect((await told()).at(-1)).toMatch(failed);
    const { data } = await stripe.subscriptions.list({ status: "all" });
    expect(data).toEqual([]);
    const done = fake.asCustomer.completeCheckout(session, { card: "4242424242424242" });
    expect(done).toMatchObject({ payment_status, status: "complete" });
    // The charge is told of once more when its balance transaction is there.
    const happened = (await told()).filter((type) => type !== "charge.updated");
    expect(happened.at(-1)).toBe("checkout.session.completed");
  });
});

test("a cart that was left for a day is recovered for a month, with a promotion code if that is allowed", async () => {
  const { fake, stripe, open } = page();
  const session = await open({
    mode: "subscription",
    line_items: [club()],
    after_expiration: { recovery: { allow_promotion_codes: true, enabled: true } },
  });
  fake.clock.advance({ hours: 25 });
  const again = fake.asCustomer.recoverCheckout(session);
  expect(again).toMatchObject({
    allow_promotion_codes: true,
    amount_total: 1000,
    mode: "subscription",
    recovered_from: session.id,
  });
  const { id: coupon } = await stripe.coupons.create({ duration: "once", percent_off: 10 });
  await stripe.promotionCodes.create({ code: "BACK", promotion: { type: "coupon", coupon } });
  const done = fake.asCustomer.completeCheckout(again, { promotionCode: "BACK" });
  expect((await stripe.invoices.retrieve(done.invoice as string)).amount_paid).toBe(900);
  fake.clock.advance({ days: 31 });
  expect(refusal(() => fake.asCustomer.recoverCheckout(session)).message).toMatch(/cannot be recovered/);
});
