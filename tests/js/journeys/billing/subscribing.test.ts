/**
 * How subscriptions begin: payment behaviors, who pays, sent invoices, billing modes, the body, limits and refusals.
 *
 * Sources: https://docs.stripe.com/api/subscriptions/create, https://docs.stripe.com/billing/subscriptions/overview,
 * https://docs.stripe.com/billing/subscriptions/pending-updates, https://docs.stripe.com/billing/subscriptions/billing-mode,
 * https://docs.stripe.com/billing/subscriptions/payment-methods-setting; the texts and bodies are recorded.
 */

import Stripe from "stripe";
import { describe, expect, test } from "vitest";
import { error } from "../stage.ts";
import { at, intentOf, shop } from "./shop.ts";

const DAY = 86_400;
const CARDS = {
  good: "pm_card_visa",
  asks: "pm_card_threeDSecure2Required",
  declines: "pm_card_chargeCustomerFail",
  none: "",
};

describe("payment_behavior on create", () => {
  const incomplete = (intent: string, attempts: number) => ({ status: "incomplete", invoice: "open", intent, attempts });
  const paid = { status: "active", invoice: "paid", intent: "succeeded", attempts: 1 };
  test.each([
    ["allow_incomplete", "good", paid],
    ["allow_incomplete", "asks", incomplete("requires_action", 0)],
    ["allow_incomplete", "declines", incomplete("requires_payment_method", 1)],
    ["default_incomplete", "good", incomplete("requires_confirmation", 0)],
    ["default_incomplete", "asks", incomplete("requires_confirmation", 0)],
    ["default_incomplete", "declines", incomplete("requires_confirmation", 0)],
    ["default_incomplete", "none", incomplete("requires_payment_method", 0)],
    ["error_if_incomplete", "good", paid],
  ] as const)("%s with a card that is %s", async (payment_behavior, card, wanted) => {
    const { stripe, subscribe } = await shop({ card: CARDS[card] });
    const made = await subscribe({ payment_behavior });
    const intent = await intentOf(stripe, made.invoice);
    const { status, invoice } = made;
    expect({ status, invoice: invoice.status, intent: intent.status, attempts: invoice.attempt_count }).toEqual(wanted);
  });

  const NOTHING_TO_PAY_WITH = { statusCode: 400, code: "resource_missing" };
  test.each([
    ["allow_incomplete", "none", NOTHING_TO_PAY_WITH],
    ["error_if_incomplete", "none", NOTHING_TO_PAY_WITH],
    [
      "error_if_incomplete",
      "asks",
      { statusCode: 402, type: "StripeCardError", code: "subscription_payment_intent_requires_action" },
    ],
    ["error_if_incomplete", "declines", { statusCode: 402, code: "card_declined", decline_code: "generic_decline" }],
    ...Object.keys(CARDS).map((card) => {
      const message =
        "Setting `payment_behavior` to `pending_if_incomplete` has no effect when creating a subscription.";
      return ["pending_if_incomplete", card, { statusCode: 400, param: "payment_behavior", message }] as const;
    }),
  ] as const)("%s with a card that is %s is refused, and nothing is written", async (behavior, card, wanted) => {
    const { stripe, subscribe, told } = await shop({ card: CARDS[card as keyof typeof CARDS] });
    expect(await error(subscribe({ payment_behavior: behavior as "allow_incomplete" }))).toMatchObject(wanted);
    expect((await stripe.subscriptions.list({ status: "all" })).data).toEqual([]);
    expect((await stripe.invoices.list()).data).toEqual([]);
    expect(await told()).toEqual([]);
  });

  test("a first invoice over nothing leaves nothing incomplete", async () => {
    const { subscribe, price } = await shop({ card: "" });
    const items = [{ price: (await price(0)).id }];
    const free = await subscribe({ items, payment_behavior: "default_incomplete" });
    expect(free.status).toBe("active");
    expect(free.pending_setup_intent).toMatch(/^seti_/);
    const trial = await subscribe({ trial_period_days: 7, payment_behavior: "default_incomplete" });
    expect(trial.status).toBe("trialing");
    expect(trial.pending_setup_intent).toMatch(/^seti_/);
  });

  test("the confirmation secret is the payment intent's", async () => {
    const { stripe, customer, price } = await shop({ card: "" });
    const made = await stripe.subscriptions.create({
      customer,
      items: [{ price: (await price(1000)).id }],
      payment_behavior: "default_incomplete",
      expand: ["latest_invoice.confirmation_secret"],
    });
    const invoice = made.latest_invoice as Stripe.Invoice;
    const { client_secret } = await intentOf(stripe, invoice);
    expect(invoice.confirmation_secret).toEqual({ client_secret, type: "payment_intent" });
    const confirmed = await stripe.paymentIntents.confirm((await intentOf(stripe, invoice)).id, {
      payment_method: "pm_card_visa",
    });
    expect(confirmed.status).toBe("succeeded");
    expect((await stripe.subscriptions.retrieve(made.id)).status).toBe("active");
  });
});

describe("payment_behavior on update", () => {
  /** A subscription to $10.00 whose customer's card has gone bad, and what makes $80.00 due at once. */
  async function change(card: "asks" | "declines") {
    const open = await shop();
    const { subscribe, price, payWith, told } = open;
    const made = await subscribe();
    await payWith(CARDS[card]);
    const dearer = (await price(9000)).id;
    await told();
    const items = [{ id: made.items.data[0]!.id, price: dearer }];
    return { ...open, made, dearer, params: { items, proration_behavior: "always_invoice" as const } };
  }

  test.each([
    ["allow_incomplete", "asks", "requires_action", 0],
    ["allow_incomplete", "declines", "requires_payment_method", 1],
    ["default_incomplete", "asks", "requires_confirmation", 0],
    ["default_incomplete", "declines", "requires_confirmation", 0],
  ] as const)("%s with a card that %s: the change is made, the subscription past due", async (...row) => {
    const [payment_behavior, card, intent, attempts] = row;
    const { stripe, look, made, dearer, params } = await change(card);
    await stripe.subscriptions.update(made.id, { ...params, payment_behavior });
    const after = await look(made.id);
    expect(after).toMatchObject({ status: "past_due", invoice: { status: "open", attempt_count: attempts } });
    expect(after.items.data[0]!.price.id).toBe(dearer);
    expect((await intentOf(stripe, after.invoice)).status).toBe(intent);
    const confirmed = await stripe.invoices.pay(after.invoice.id!, { payment_method: await good(stripe, made) });
    expect(confirmed.status).toBe("paid");
    expect((await look(made.id)).status).toBe("active");
  });

  test.each([
    ["asks", "subscription_payment_intent_requires_action"],
    ["declines", "card_declined"],
  ] as const)("error_if_incomplete with a card that %s: nothing is changed", async (card, code) => {
    const { stripe, look, told, made, params } = await change(card);
    const refused = await error(
      stripe.subscriptions.update(made.id, { ...params, payment_behavior: "error_if_incomplete" }),
    );
    expect(refused).toMatchObject({ statusCode: 402, type: "StripeCardError", code });
    expect(await look(made.id)).toEqual(made);
    expect(await told()).toEqual([]);
  });

  test.each(["asks", "declines"] as const)("pending_if_incomplete with a card that %s", async (card) => {
    const { stripe, look, made, dearer, params } = await change(card);
    await stripe.subscriptions.update(made.id, { ...params, payment_behavior: "pending_if_incomplete" });
    const after = await look(made.id);
    expect(after).toMatchObject({ status: "active", invoice: { status: "open" } });
    expect(after.items.data[0]!.price.id).toBe(made.items.data[0]!.price.id);
    expect(after.pending_update?.subscription_items?.[0]?.price.id).toBe(dearer);
  });

  async function good(stripe: Stripe, { customer }: Stripe.Subscription): Promise<string> {
    return (await stripe.paymentMethods.attach("pm_card_visa", { customer: customer as string })).id;
  }
});

describe("which payment method pays", () => {
  const STEPS = [
    "the invoice's payment method",
    "the invoice's source",
    "the subscription's payment method",
    "the subscription's source",
    "the customer's payment method",
    "the customer's source",
  ];

  test.each(STEPS.map((step, place) => [step, place] as const))("%s, when none stands before it", async (_, place) => {
    const { stripe, customer, subscribe, look, until } = await shop({ card: "" });
    const source = async () => (await stripe.customers.createSource(customer, { source: "tok_visa" })).id;
    const method = async () => (await stripe.paymentMethods.attach("pm_card_visa", { customer })).id;
    // A customer's first source is the default one.
    const all = [await method(), "", await method(), "", await method(), await source()];
    all[1] = await source();
    all[3] = await source();
    const made = await subscribe();
    until("2027-02-01");
    const { invoice } = await look(made.id);
    expect(invoice.status).toBe("draft");
    if (place <= 4) await stripe.customers.update(customer, { invoice_settings: { default_payment_method: all[4]! } });
    if (place <= 3) await stripe.subscriptions.update(made.id, { default_source: all[3]! });
    if (place <= 2) await stripe.subscriptions.update(made.id, { default_payment_method: all[2]! });
    if (place <= 1) await stripe.invoices.update(invoice.id!, { default_source: all[1]! });
    if (place <= 0) await stripe.invoices.update(invoice.id!, { default_payment_method: all[0]! });
    until("2027-02-01T01:00:00");
    const paid = await look(made.id);
    expect(paid.invoice.status).toBe("paid");
    const intent = await intentOf(stripe, paid.invoice);
    expect(intent.payment_method ?? intent.source).toBe(all[place]);
  });

  test("what is attached and named nowhere pays nothing", async () => {
    const { stripe, customer, subscribe } = await shop({ card: "" });
    await stripe.paymentMethods.attach("pm_card_visa", { customer });
    expect(await error(subscribe())).toMatchObject({
      type: "StripeInvalidRequestError",
      statusCode: 400,
      code: "resource_missing",
      param: undefined,
      message:
        "This customer has no attached payment source or default payment method. Please consider adding a default " +
        "payment method. For more information, visit https://stripe.com/docs/billing/subscriptions/" +
        "payment-methods-setting#payment-method-priority.",
    });
  });

  test("the intents of invoices say what they are for", async () => {
    const { stripe, subscribe, look, until } = await shop();
    const made = await subscribe();
    const first = await intentOf(stripe, made.invoice);
    expect(first).toMatchObject({
      description: "Subscription creation",
      setup_future_usage: "off_session",
      payment_details: { order_reference: made.invoice.id },
      automatic_payment_methods: null,
      customer: made.customer,
    });
    expect(first.payment_method_types).toContain("card");
    until("2027-02-01T01:00:00");
    const second = await intentOf(stripe, (await look(made.id)).invoice);
    expect(second.description).toBe("Subscription update");
  });

  test("what paid is saved where the subscription wants it", async () => {
    const { subscribe, payWith } = await shop();
    const method = await payWith("pm_card_mastercard");
    expect((await subscribe()).default_payment_method).toBeNull();
    const payment_settings = { save_default_payment_method: "on_subscription" as const };
    expect((await subscribe({ payment_settings })).default_payment_method).toBe(method);
  });
});

describe("invoices that are sent", () => {
  test("from the first draft until it is overdue", async () => {
    const { subscribe, look, until, told } = await shop({ card: "" });
    const made = await subscribe({ collection_method: "send_invoice", days_until_due: 30 });
    const created = at("2027-01-01");
    expect(made).toMatchObject({
      status: "active",
      invoice: {
        status: "draft",
        auto_advance: true,
        number: null,
        attempted: false,
        due_date: created + 30 * DAY,
        automatically_finalizes_at: created + 3600,
      },
    });
    expect(made.invoice.payments!.data).toEqual([]);
    await told();
    until("2027-01-01T01:00:00");
    const open = (await look(made.id)).invoice;
    expect(open).toMatchObject({ status: "open", number: expect.stringMatching(/-0001$/) });
    expect(open.payments!.data).toHaveLength(1);
    expect(await told()).toEqual(expect.arrayContaining(["invoice.finalized", "invoice.sent"]));
    until("2027-01-31");
    expect((await look(made.id)).status).toBe("past_due");
  });

  test.each([
    [{ collection_method: "send_invoice" }, /^If invoice collection method is 'send_invoice', you must specify/],
    [{ days_until_due: 5 }, /^You can only specify 'days_until_due' if invoice collection method is 'send_invoice'\.$/],
  ] as const)("%j is refused", async (params, message) => {
    const { subscribe } = await shop();
    expect(await error(subscribe(params))).toMatchObject({ statusCode: 400, message: expect.stringMatching(message) });
  });
});
