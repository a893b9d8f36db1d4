/**
 * Which events an operation of billing causes, and in which order: one row each. The orders are those of
 * transcripts of test mode, and of <https://docs.stripe.com/billing/subscriptions/webhooks>.
 */

import { FakeStripe } from "fakestripe";
import Stripe from "stripe";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

let fake: FakeStripe;
let stripe: Stripe;

beforeEach(() => {
  fake = FakeStripe.new({ now: "2026-11-21T12:00:00Z" });
  stripe = new Stripe(fake.apiKey, fake.stripeOptions());
});

afterEach(() => fake.stop());

type Row = [name: string, arrange: () => Promise<any>, act: (of: any) => unknown, types: string[]];

/**
 * All events, oldest first. Left out is what comes a moment after every charge, whenever that is: its
 * balance transaction.
 */
const allEvents = async () => {
  const types: string[] = [];
  for await (const event of stripe.events.list({ limit: 100 })) types.push(event.type);
  return types.reverse().filter((type) => type !== "charge.updated" && type !== "balance.available");
};

const check = (rows: Row[]) =>
  test.each(rows)("%s", async (_, arrange, act, types) => {
    const given = await arrange();
    const before = (await allEvents()).length;
    await Promise.resolve(act(given)).catch((error) => {
      if (!(error instanceof Stripe.errors.StripeCardError)) throw error;
    });
    expect((await allEvents()).slice(before)).toEqual(types);
  });

const monthly = (unit_amount = 1000) =>
  stripe.prices.create({
    currency: "usd",
    product_data: { name: "Club" },
    recurring: { interval: "month" },
    unit_amount,
  });

/** A customer of whom something was billed before, so that nothing about the currency is news. */
const payer = async (card = "pm_card_visa") => {
  const customer = await stripe.customers.create({ email: "ana@example.com" });
  const method = await stripe.paymentMethods.attach(card, { customer: customer.id });
  await stripe.customers.update(customer.id, {
    invoice_settings: { default_payment_method: method.id },
  });
  return customer.id;
};

const ready = (card?: string) => async () => ({
  customer: await payer(card),
  price: (await monthly()).id,
});

const subscribe = ({ customer, price }: any, more: object = {}) =>
  stripe.subscriptions.create({
    customer,
    items: [{ price }],
    ...more,
  } as Stripe.SubscriptionCreateParams);

const subscribed = (card?: string) => async () => subscribe(await ready(card)());

const FIRST = ["customer.subscription.created", "invoice.created", "customer.updated", "invoice.finalized"];
const PAID = [
  "charge.succeeded",
  "payment_intent.succeeded",
  "invoice_payment.paid",
  "invoice.updated",
  "invoice.paid",
  "invoice.payment_succeeded",
];

describe("subscriptions begin", () => {
  check([
    ["paid", ready(), (of) => subscribe(of), [...FIRST, "payment_intent.created", ...PAID]],
    [
      "left for the customer to pay",
      ready(),
      (of) => subscribe(of, { payment_behavior: "default_incomplete" }),
      [...FIRST, "payment_intent.created"],
    ],
    [
      "declined",
      ready("pm_card_chargeCustomerFail"),
      (of) => subscribe(of, { payment_behavior: "allow_incomplete" }),
      [
        ...FIRST,
        "payment_intent.created",
        "charge.failed",
        "payment_intent.payment_failed",
        "invoice.updated",
        "invoice.payment_failed",
      ],
    ],
    [
      "to be sent",
      ready(),
      (of) => subscribe(of, { collection_method: "send_invoice", days_until_due: 7 }),
      ["customer.subscription.created", "invoice.created"],
    ],
  ]);

  test("with 3D Secure to pass", async () => {
    const of = await ready("pm_card_authenticationRequired")();
    const before = (await allEvents()).length;
    await subscribe(of, { payment_behavior: "allow_incomplete" });
    expect((await allEvents()).slice(before, before + 9)).toEqual([
      ...FIRST,
      "payment_intent.created",
      "payment_intent.requires_action",
      "invoice.updated",
      "invoice.payment_action_required",
      "invoice.payment_failed",
    ]);
  });

  test("and go on when the customer has paid", async () => {
    const of = await subscribe(await ready()(), {
      expand: ["latest_invoice.confirmation_secret"],
      payment_behavior: "default_incomplete",
    });
    const invoice = of.latest_invoice as Stripe.Invoice;
    const intent = invoice.confirmation_secret!.client_secret.split("_secret_")[0]!;
    const before = (await allEvents()).length;
    await stripe.paymentIntents.confirm(intent, { payment_method: "pm_card_visa" });
    const types = (await allEvents()).slice(before);
    expect(types.filter((type) => type !== "payment_method.attached")).toEqual([
      ...PAID,
      "customer.subscription.updated",
    ]);
  });
});

describe("subscriptions go on and end", () => {
  const change = (params: Stripe.SubscriptionUpdateParams) => (of: Stripe.Subscription) =>
    stripe.subscriptions.update(of.id, params);
  check([
    [
      "metadata",
      subscribed(),
      change({ metadata: { a: "1" } }),
      ["customer.subscription.updated"],
    ],
    ["nothing new", subscribed(), change({}), []],
    [
      "cancel at the period's end",
      subscribed(),
      change({ cancel_at_period_end: true }),
      ["customer.subscription.updated"],
    ],
    [
      "pause the collection",
      subscribed(),
      change({ pause_collection: { behavior: "void" } }),
      ["customer.subscription.updated"],
    ],
    [
      "cancel",
      subscribed(),
      (of) => stripe.subscriptions.cancel(of.id),
      ["customer.subscription.deleted"],
    ],
    [
      "another price, billed with the next period",
      async () => ({ of: await subscribed()(), price: await monthly(3000) }),
      ({ of, price }) =>
        stripe.subscriptions.update(of.id, {
          items: [{ id: of.items.data[0].id, price: price.id }],
          proration_behavior: "create_prorations",
        }),
      ["invoiceitem.created", "invoiceitem.created", "customer.subscription.updated"],
    ],
  ]);
});

describe("invoices by hand", () => {
  const invoice = async (card?: string) => {
    const customer = await payer(card);
    const made = await stripe.invoices.create({ customer });
    await stripe.invoiceItems.create({ amount: 900, currency: "usd", customer, invoice: made.id });
    return made;
  };
  const finalized = async (card?: string) => stripe.invoices.finalizeInvoice((await invoice(card)).id!);
  check([
    [
      "finalize",
      invoice,
      ({ id }) => stripe.invoices.finalizeInvoice(id),
      ["customer.updated", "invoice.finalized", "payment_intent.created"],
    ],
    ["pay", finalized, ({ id }) => stripe.invoices.pay(id), PAID],
    [
      "pay, declined",
      () => finalized("pm_card_chargeCustomerFail"),
      ({ id }) => stripe.invoices.pay(id),
      ["charge.failed", "payment_intent.payment_failed", "invoice.updated", "invoice.payment_failed"],
    ],
    ["delete", invoice, ({ id }) => stripe.invoices.del(id), ["invoiceitem.deleted", "invoice.deleted"]],
  ]);

  test.each([
    ["void", "voidInvoice", "invoice.voided"],
    ["mark as uncollectible", "markUncollectible", "invoice.marked_uncollectible"],
    ["send", "sendInvoice", "invoice.sent"],
  ] as const)("%s", async (_, verb, type) => {
    const { id } = await finalized();
    const before = (await allEvents()).length;
    await stripe.invoices[verb](id!);
    expect((await allEvents()).slice(before)).toContain(type);
  });

  test("paid out of band it is paid, and no payment succeeded", async () => {
    const { id } = await finalized();
    const before = (await allEvents()).length;
    await stripe.invoices.pay(id!, { paid_out_of_band: true });
    const types = (await allEvents()).slice(before);
    expect(types).toContain("invoice.paid");
    expect(types).not.toContain("invoice.payment_succeeded");
  });
});
