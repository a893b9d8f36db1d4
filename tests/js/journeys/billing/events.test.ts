/**
 * Which events an operation of Billing causes, in which order, and what each shows as it was before: a row each, with all
 * of its events.
 *
 * Sources: https://docs.stripe.com/billing/subscriptions/webhooks, https://docs.stripe.com/api/events/types,
 * https://docs.stripe.com/api/events/object, recorded events of test mode, and webhooks that applications have published.
 */

import Stripe from "stripe";
import { describe, expect, test } from "vitest";
import { at, type Shop, type Subscribed, shop } from "./shop.ts";

/** An event's type; and, where it is given, what it shows as it was before. */
type Told = string | [type: string, before: unknown];

/** A shop with two monthly prices, of $10.00 and of $30.00. */
type Stage = Shop & { cheap: string; dear: string };

interface Row {
  arrange?: (open: Stage) => unknown;
  act: (open: Stage, of: any) => unknown;
  told: Told[];
  /** The card that the customer has; one that pays, where nothing is said. */
  card?: string;
  /** Whether Stripe does it by itself, as time passes. */
  later?: true;
}

/** What comes of the money itself is the balance's: it is paid out every day. */
const MONEY = /^(balance\.|payout\.|charge\.updated)/;

async function stageOf(card?: string): Promise<Stage> {
  const open = await shop(card === undefined ? {} : { card });
  const [cheap, dear] = [(await open.price(1000)).id, (await open.price(3000)).id];
  const { subscribe } = open;
  return Object.assign(open, {
    cheap,
    dear,
    subscribe: (params: Partial<Stripe.SubscriptionCreateParams> = {}) => subscribe({ items: [{ price: cheap }], ...params }),
  });
}

async function since(open: Shop, seen: number): Promise<Stripe.Event[]> {
  const all = await open.stripe.events.list({ limit: 100 }).autoPagingToArray({ limit: 1000 });
  return all.reverse().slice(seen);
}

const rows = (table: Record<string, Row>) =>
  test.each(Object.entries(table))("%s", async (_, { arrange, act, told, card, later }) => {
    const open = await stageOf(card);
    const of = await arrange?.(open);
    const seen = (await since(open, 0)).length;
    // A decline is an answer too.
    await Promise.resolve(act(open, of)).catch((error) => {
      if (!(error instanceof Stripe.errors.StripeCardError)) throw error;
    });
    const events = (await since(open, seen)).filter(({ type }) => !MONEY.test(type));
    const shown = events.map(({ type, data }, place): Told => {
      return typeof told[place] === "object" ? [type, data.previous_attributes] : type;
    });
    expect(shown).toEqual(told);
    // All events of a request name the same one; what Stripe does by itself names none.
    const [first] = events;
    for (const { request, api_version, pending_webhooks } of events) {
      expect(request).toEqual(later ? { id: null, idempotency_key: null } : first!.request);
      expect(api_version).toBe(open.stripe.getApiField("version"));
      expect(pending_webhooks).toBe(0);
    }
    if (!later && first) expect(first.request!.id).toMatch(/^req_/);
  });

const BEGUN: Told[] = ["customer.subscription.created", ["customer.updated", { currency: null }], "invoice.created"];
const ASKED: Told[] = ["invoice.finalized", "payment_intent.created"];
const FAILED: Told[] = ["charge.failed", "payment_intent.payment_failed"];
const UNTRIED = { attempt_count: 0, attempted: false };
const UNPAID = { status: "open", status_transitions: { paid_at: null } };

/** A payment of that amount succeeds; `more` is what the invoice showed before as well. */
const paid = (amount: number, more: object = {}): Told[] => [
  "charge.succeeded",
  "payment_intent.succeeded",
  "invoice_payment.paid",
  ["invoice.updated", { amount_paid: 0, amount_remaining: amount, ...UNTRIED, ...UNPAID, ...more }],
  "invoice.paid",
  "invoice.payment_succeeded",
];

const subscribed = (open: Stage) => open.subscribe();
const item = (of: Subscribed) => of.items.data[0]!;
const change = (params: Stripe.SubscriptionUpdateParams) => (open: Shop, of: Subscribed) =>
  open.stripe.subscriptions.update(of.id, params);

describe("subscriptions begin", () => {
  rows({
    paid: { act: subscribed, told: [...BEGUN, ...ASKED, ...paid(1000)] },
    "with 3D Secure to pass": {
      card: "pm_card_authenticationRequired",
      act: subscribed,
      told: [
        ...BEGUN,
        ...ASKED,
        "payment_intent.requires_action",
        ["invoice.updated", expect.objectContaining({ attempted: false })],
        "invoice.payment_action_required",
        "invoice.payment_failed",
      ],
    },
    declined: {
      card: "pm_card_chargeCustomerFail",
      act: subscribed,
      told: [...BEGUN, ...ASKED, ...FAILED, ["invoice.updated", UNTRIED], "invoice.payment_failed"],
    },
    "left for the customer to pay": {
      act: (open) => open.subscribe({ payment_behavior: "default_incomplete" }),
      told: [...BEGUN, ...ASKED],
    },
    "and are paid by the customer": {
      arrange: async (open) => {
        const { invoice } = await open.subscribe({
          payment_behavior: "default_incomplete",
          payment_settings: { save_default_payment_method: "on_subscription" },
        });
        return invoice.payments!.data[0]!.payment.payment_intent;
      },
      act: (open, intent) => open.stripe.paymentIntents.confirm(intent, { payment_method: "pm_card_visa" }),
      told: [
        "payment_method.attached",
        ...paid(1000),
        ["customer.subscription.updated", { default_payment_method: null, status: "incomplete" }],
      ],
    },
    "with a trial": {
      act: (open) => open.subscribe({ trial_period_days: 14 }),
      told: [...BEGUN, "invoice.finalized", "invoice.paid", "invoice.payment_succeeded"],
    },
    "with a trial of two days": {
      act: (open) => open.subscribe({ trial_period_days: 2 }),
      told: [
        ...BEGUN,
        "invoice.finalized",
        "invoice.paid",
        "invoice.payment_succeeded",
        "customer.subscription.trial_will_end",
      ],
    },
    "with a trial and nothing to pay with": {
      card: "",
      act: (open) => open.subscribe({ trial_period_days: 14 }),
      told: [...BEGUN, "invoice.finalized", "invoice.paid", "invoice.payment_succeeded", "setup_intent.created"],
    },
    "with an invoice to be sent": {
      act: (open) => open.subscribe({ collection_method: "send_invoice", days_until_due: 7 }),
      told: BEGUN,
    },
    "and an hour later it is sent": {
      arrange: (open) => open.subscribe({ collection_method: "send_invoice", days_until_due: 7 }),
      act: (open) => open.until("2027-01-01T01:00:00"),
      told: [...ASKED, "invoice.sent"],
      later: true,
    },
  });
});

describe("subscriptions renew", () => {
  const atBoundary = (open: Shop) => open.until("2027-02-01");
  const anHourLater = (open: Shop) => open.until("2027-02-01T01:00:00");
  /** Waits until the last second before the boundary, where the notice has come. */
  const subscribedBefore = async (open: Stage) => {
    const of = await open.subscribe();
    open.until("2027-01-31T23:59:59");
    return of;
  };
  const first = { current_period_start: at("2027-01-01"), current_period_end: at("2027-02-01") };
  const renewed: Told[] = [
    "invoice.created",
    [
      "customer.subscription.updated",
      { items: { data: [expect.objectContaining(first)] }, latest_invoice: expect.stringMatching(/^in_/) },
    ],
  ];
  rows({
    "a week before": {
      arrange: subscribed,
      act: (open) => open.until("2027-01-25"),
      told: ["invoice.upcoming"],
      later: true,
    },
    "at the boundary": { arrange: subscribedBefore, act: atBoundary, told: renewed, later: true },
    "an hour later, paid": {
      arrange: async (open) => [await subscribedBefore(open), atBoundary(open)],
      act: anHourLater,
      told: [
        ...ASKED,
        ...paid(1000, { auto_advance: true, next_payment_attempt: at("2027-02-01T01:00:00") }),
      ],
      later: true,
    },
    "an hour later, declined": {
      arrange: async (open) => [await subscribedBefore(open), await open.payWith("pm_card_chargeCustomerFail"), atBoundary(open)],
      act: anHourLater,
      told: [
        ...ASKED,
        ...FAILED,
        ["invoice.updated", { ...UNTRIED, next_payment_attempt: at("2027-02-01T01:00:00") }],
        "invoice.payment_failed",
        ["customer.subscription.updated", { status: "active" }],
      ],
      later: true,
    },
    "when a trial ends": {
      arrange: async (open) => [await open.subscribe({ trial_period_days: 14 }), open.until("2027-01-14T23:59:59")],
      act: (open) => open.until("2027-01-15"),
      told: [
        "invoice.created",
        ["customer.subscription.updated", expect.objectContaining({ status: "trialing" })],
      ],
      later: true,
    },
    "when they are to end": {
      arrange: async (open) => change({ cancel_at_period_end: true })(open, await subscribedBefore(open)),
      act: atBoundary,
      told: ["customer.subscription.deleted"],
      later: true,
    },
  });
});

describe("subscriptions change", () => {
  const dearer = (proration_behavior: Stripe.SubscriptionUpdateParams.ProrationBehavior): Row["act"] => (open, of) =>
    change({ items: [{ id: item(of).id, price: open.dear }], proration_behavior })(open, of);
  const cheaper = {
    items: { data: [expect.objectContaining({ price: expect.objectContaining({ unit_amount: 1000 }) })] },
    plan: expect.objectContaining({ amount: 1000 }),
  };
  rows({
    "their price, from the next period on": {
      arrange: subscribed,
      act: dearer("none"),
      told: [["customer.subscription.updated", cheaper]],
    },
    "their price, the difference to be billed with the next period": {
      arrange: subscribed,
      act: dearer("create_prorations"),
      // The debit, then the credit.
      told: ["invoiceitem.created", "invoiceitem.created", ["customer.subscription.updated", cheaper]],
    },
    "their price, the difference to be billed at once": {
      arrange: subscribed,
      act: dearer("always_invoice"),
      told: [
        "invoiceitem.created",
        "invoiceitem.created",
        "invoice.created",
        ...ASKED,
        ...paid(2000),
        ["customer.subscription.updated", { ...cheaper, latest_invoice: expect.stringMatching(/^in_/) }],
      ],
    },
    "their quantity": {
      arrange: subscribed,
      act: (open, of) => change({ items: [{ id: item(of).id, quantity: 3 }], proration_behavior: "none" })(open, of),
      told: [
        [
          "customer.subscription.updated",
          { items: { data: [expect.objectContaining({ quantity: 1 })] }, quantity: 1 },
        ],
      ],
    },
    "their metadata": {
      arrange: subscribed,
      act: change({ metadata: { test: "1" } }),
      told: [["customer.subscription.updated", { metadata: { test: null } }]],
    },
    "in nothing": { arrange: subscribed, act: change({}), told: [] },
    "they are to end with their period": {
      arrange: subscribed,
      act: change({ cancel_at_period_end: true }),
      told: [
        [
          "customer.subscription.updated",
          { cancel_at: null, cancel_at_period_end: false, canceled_at: null, cancellation_details: { reason: null } },
        ],
      ],
    },
    "and are not to after all": {
      arrange: async (open) => change({ cancel_at_period_end: true })(open, await open.subscribe()),
      act: change({ cancel_at_period_end: false }),
      told: [
        [
          "customer.subscription.updated",
          {
            cancel_at: at("2027-02-01"),
            cancel_at_period_end: true,
            canceled_at: at("2027-01-01"),
            cancellation_details: { reason: "cancellation_requested" },
          },
        ],
      ],
    },
    "their collection is paused; they are not": {
      arrange: subscribed,
      act: change({ pause_collection: { behavior: "void" } }),
      told: [["customer.subscription.updated", { pause_collection: null }]],
    },
    "they are paused": {
      arrange: subscribed,
      act: (open, of) => open.stripe.subscriptions.pause(of.id, { type: "subscription", bill_for: { unused_time_from: { type: "none" } } }),
      told: [
        ["customer.subscription.updated", expect.objectContaining({ status: "active" })],
        "customer.subscription.paused",
      ],
    },
    "they end": {
      arrange: subscribed,
      act: (open, of) => open.stripe.subscriptions.cancel(of.id),
      told: ["customer.subscription.deleted"],
    },
    "they end, and the rest is credited on a last invoice": {
      arrange: subscribed,
      act: (open, of) => open.stripe.subscriptions.cancel(of.id, { prorate: true, invoice_now: true }),
      told: ["invoiceitem.created", "invoice.created", "customer.subscription.deleted"],
    },
    "they end, and what is open is not collected any more": {
      arrange: async (open) => {
        const of = await open.subscribe();
        await open.payWith("pm_card_chargeCustomerFail");
        open.until("2027-02-01T01:00:00");
        return of;
      },
      act: (open, of) => open.stripe.subscriptions.cancel(of.id),
      told: [
        "customer.subscription.deleted",
        ["invoice.updated", { auto_advance: true, next_payment_attempt: at("2027-02-04T01:00:00") }],
      ],
    },
  });
});

describe("invoices by hand", () => {
  const draft = async ({ stripe, customer }: Shop) => {
    const { id } = await stripe.invoices.create({ customer });
    await stripe.invoiceItems.create({ customer, invoice: id!, amount: 900, currency: "usd" });
    return id!;
  };
  const finalized = async (open: Shop) => (await open.stripe.invoices.finalizeInvoice(await draft(open))).id;
  const nothing = { amount_due: 0, amount_remaining: 0, subtotal: 0, subtotal_excluding_tax: 0, total: 0, total_excluding_tax: 0 };
  rows({
    create: { act: ({ stripe, customer }) => stripe.invoices.create({ customer }), told: ["invoice.created"] },
    "create with what is pending": {
      arrange: ({ stripe, customer }) => stripe.invoiceItems.create({ customer, amount: 900, currency: "usd" }),
      act: ({ stripe, customer }) => stripe.invoices.create({ customer, pending_invoice_items_behavior: "include" }),
      // That an item is on an invoice has no event of its own in this version.
      told: ["invoice.created"],
    },
    "the first item of a customer": {
      act: ({ stripe, customer }) => stripe.invoiceItems.create({ customer, amount: 900, currency: "usd" }),
      told: [["customer.updated", { currency: null }], "invoiceitem.created"],
    },
    "an item": {
      arrange: async ({ stripe, customer }) => {
        await stripe.invoiceItems.create({ customer, amount: 100, currency: "usd" });
        return (await stripe.invoices.create({ customer })).id;
      },
      act: ({ stripe, customer }, invoice) => stripe.invoiceItems.create({ customer, invoice, amount: 900, currency: "usd" }),
      told: ["invoiceitem.created", ["invoice.updated", { ...nothing, lines: { data: [], total_count: 0 } }]],
    },
    "an item goes": {
      arrange: async (open) => (await open.stripe.invoiceItems.list({ invoice: await draft(open) })).data[0]!.id,
      act: ({ stripe }, id) => stripe.invoiceItems.del(id),
      told: [
        "invoiceitem.deleted",
        ["invoice.updated", expect.objectContaining({ total: 900, lines: expect.objectContaining({ total_count: 1 }) })],
      ],
    },
    finalize: { arrange: draft, act: ({ stripe }, id) => stripe.invoices.finalizeInvoice(id), told: ASKED },
    pay: { arrange: finalized, act: ({ stripe }, id) => stripe.invoices.pay(id), told: paid(900) },
    "pay, declined": {
      card: "pm_card_chargeCustomerFail",
      arrange: finalized,
      act: ({ stripe }, id) => stripe.invoices.pay(id),
      told: [...FAILED, ["invoice.updated", UNTRIED], "invoice.payment_failed"],
    },
    // No attempt succeeded: there was none.
    "paid outside of Stripe": {
      arrange: finalized,
      act: ({ stripe }, id) => stripe.invoices.pay(id, { paid_out_of_band: true }),
      told: [["invoice.updated", { amount_paid: 0, amount_remaining: 900, ...UNPAID }], "invoice.paid"],
    },
    void: {
      arrange: finalized,
      act: ({ stripe }, id) => stripe.invoices.voidInvoice(id),
      told: [
        "payment_intent.canceled",
        ["invoice.updated", { status: "open", status_transitions: { voided_at: null } }],
        "invoice.voided",
      ],
    },
    "mark as uncollectible": {
      arrange: finalized,
      act: ({ stripe }, id) => stripe.invoices.markUncollectible(id),
      told: [
        [
          "invoice.updated",
          expect.objectContaining({ status: "open", status_transitions: { marked_uncollectible_at: null } }),
        ],
        "invoice.marked_uncollectible",
      ],
    },
    send: { arrange: finalized, act: ({ stripe }, id) => stripe.invoices.sendInvoice(id), told: ["invoice.sent"] },
    delete: {
      arrange: draft,
      act: ({ stripe }, id) => stripe.invoices.del(id),
      told: ["invoice.deleted", "invoiceitem.deleted"],
    },
    "have Stripe collect it": {
      arrange: finalized,
      act: ({ stripe }, id) => stripe.invoices.update(id, { auto_advance: true }),
      told: [["invoice.updated", { auto_advance: false, next_payment_attempt: null }]],
    },
    "have Stripe collect it no more": {
      arrange: async (open) => (await open.stripe.invoices.update((await finalized(open))!, { auto_advance: true })).id,
      act: ({ stripe }, id) => stripe.invoices.update(id, { auto_advance: false }),
      told: [["invoice.updated", { auto_advance: true, next_payment_attempt: at("2027-01-01T01:00:00") }]],
    },
    "credit a part of it": {
      arrange: finalized,
      act: ({ stripe }, invoice) => stripe.creditNotes.create({ invoice, amount: 100 }),
      told: [
        "credit_note.created",
        ["invoice.updated", { amount_due: 900, amount_remaining: 900, pre_payment_credit_notes_amount: 0 }],
      ],
    },
    "a customer's credit": {
      act: ({ stripe, customer }) => stripe.customers.createBalanceTransaction(customer, { amount: -500, currency: "usd" }),
      told: [["customer.updated", { balance: 0, currency: null }]],
    },
    "a customer's credit pays a part": {
      arrange: async (open) => {
        const id = await draft(open);
        await open.stripe.customers.createBalanceTransaction(open.customer, { amount: -500, currency: "usd" });
        return id;
      },
      act: ({ stripe }, id) => stripe.invoices.finalizeInvoice(id),
      told: [["customer.updated", { balance: -500 }], ...ASKED],
    },
  });

  test("what was deleted is shown as it was, and that it is", async () => {
    const open = await shop();
    const id = await draft(open);
    await open.stripe.invoices.del(id);
    const [told] = (await open.stripe.events.list({ type: "invoice.deleted" })).data;
    expect(told!.data.object).toMatchObject({ id, object: "invoice", status: "deleted", total: 900 });
  });
});

describe("schedules", () => {
  const scheduled = async (open: Stage) => {
    const { id } = await open.subscribe();
    return open.stripe.subscriptionSchedules.create({ from_subscription: id });
  };
  /** A month of one price, a month of another. */
  const phases = async ({ customer, stripe, cheap, dear }: Stage) => {
    const made = await stripe.subscriptionSchedules.create({
      customer,
      start_date: "now",
      end_behavior: "cancel",
      phases: [cheap, dear].map((price) => ({ items: [{ price }], duration: { interval: "month" as const } })),
    });
    return made.id;
  };
  const schedule = expect.stringMatching(/^sub_sched_/);
  rows({
    "from a subscription": {
      arrange: subscribed,
      act: (open, { id }) => open.stripe.subscriptionSchedules.create({ from_subscription: id }),
      told: ["subscription_schedule.created", ["customer.subscription.updated", { schedule: null }]],
    },
    update: {
      arrange: scheduled,
      act: (open, { id }) => open.stripe.subscriptionSchedules.update(id, { metadata: { a: "1" } }),
      told: [["subscription_schedule.updated", { metadata: { a: null } }]],
    },
    release: {
      arrange: scheduled,
      act: (open, { id }) => open.stripe.subscriptionSchedules.release(id),
      told: [
        ["customer.subscription.updated", { schedule }],
        "subscription_schedule.released",
      ],
    },
    cancel: {
      arrange: scheduled,
      act: (open, { id }) => open.stripe.subscriptionSchedules.cancel(id, { invoice_now: false, prorate: false }),
      told: [
        "customer.subscription.deleted",
        [
          "subscription_schedule.canceled",
          {
            canceled_at: null,
            current_phase: { start_date: at("2027-01-01"), end_date: at("2027-02-01") },
            status: "active",
          },
        ],
      ],
    },
    "a week before the end": {
      arrange: async (open) => [await scheduled(open), open.until("2027-01-24T23:59:59")],
      act: (open) => open.until("2027-01-25"),
      told: ["invoice.upcoming", "subscription_schedule.expiring"],
      later: true,
    },
    "the next phase": {
      arrange: async (open) => [await phases(open), open.until("2027-01-31T23:59:59")],
      act: (open) => open.until("2027-02-01"),
      told: [
        "customer.subscription.updated",
        [
          "subscription_schedule.updated",
          { current_phase: { start_date: at("2027-01-01"), end_date: at("2027-02-01") } },
        ],
        "invoice.created",
        "customer.subscription.updated",
      ],
      later: true,
    },
    "the end, where the subscription goes on": {
      arrange: async (open) => [await scheduled(open), open.until("2027-01-31T23:59:59")],
      act: (open) => open.until("2027-02-01"),
      told: [
        ["customer.subscription.updated", { schedule }],
        "subscription_schedule.released",
        "invoice.created",
        "customer.subscription.updated",
      ],
      later: true,
    },
    "the end, with which the subscription ends": {
      arrange: async (open) => [await phases(open), open.until("2027-02-28T23:59:59")],
      act: (open) => open.until("2027-03-01"),
      told: ["subscription_schedule.completed", "customer.subscription.deleted"],
      later: true,
    },
  });
});

describe("the catalogue", () => {
  const product = ({ stripe }: Shop) => stripe.products.create({ name: "Club" });
  const monthly = (open: Shop) => open.price(1000, { lookup_key: "club" });
  const coupon = ({ stripe }: Shop) => stripe.coupons.create({ percent_off: 10 });
  const rate = ({ stripe }: Shop) => stripe.taxRates.create({ display_name: "VAT", percentage: 20, inclusive: true });
  const data = { currency: "usd", unit_amount: 1000 };
  rows({
    "a product": { act: product, told: ["product.created"] },
    "a product with a price": {
      act: ({ stripe }) =>
        stripe.products.create({ name: "Club", default_price_data: { ...data, recurring: { interval: "month" } } }),
      told: ["product.created", "plan.created", "price.created"],
    },
    "a product with a price that is paid once": {
      act: ({ stripe }) => stripe.products.create({ name: "Cup", default_price_data: data }),
      told: ["product.created", "price.created"],
    },
    "a product's name and metadata": {
      arrange: async (open) => [await product(open), open.until("2027-01-02")],
      act: ({ stripe }, [{ id }]) => stripe.products.update(id, { name: "Guild", metadata: { foo: "bar" } }),
      told: [["product.updated", { metadata: { foo: null }, name: "Club", updated: at("2027-01-01") }]],
    },
    "a product goes": {
      arrange: product,
      act: ({ stripe }, { id }) => stripe.products.del(id),
      told: ["product.deleted"],
    },
    "a price": {
      arrange: product,
      act: ({ stripe }, { id }) => stripe.prices.create({ ...data, product: id }),
      told: ["price.created"],
    },
    "a price that recurs": {
      arrange: product,
      act: ({ stripe }, { id }) => stripe.prices.create({ ...data, product: id, recurring: { interval: "month" } }),
      told: ["plan.created", "price.created"],
    },
    "a price's nickname": {
      arrange: monthly,
      act: ({ stripe }, { id }) => stripe.prices.update(id, { nickname: "Cheap" }),
      told: [
        ["plan.updated", { nickname: null }],
        ["price.updated", { nickname: null }],
      ],
    },
    "a lookup key that another price had": {
      arrange: monthly,
      act: ({ stripe }, { product }) => stripe.prices.create({ ...data, product, lookup_key: "club", transfer_lookup_key: true }),
      told: [["price.updated", { lookup_key: "club" }], "price.created"],
    },
    "a coupon": { act: coupon, told: ["coupon.created"] },
    "a coupon's name": {
      arrange: coupon,
      act: ({ stripe }, { id }) => stripe.coupons.update(id, { name: "Ten" }),
      told: [["coupon.updated", { name: null }]],
    },
    "a coupon goes": { arrange: coupon, act: ({ stripe }, { id }) => stripe.coupons.del(id), told: ["coupon.deleted"] },
    "a promotion code": {
      arrange: coupon,
      act: ({ stripe }, { id }) => stripe.promotionCodes.create({ promotion: { type: "coupon", coupon: id } }),
      told: ["promotion_code.created"],
    },
    "a tax rate": { act: rate, told: ["tax_rate.created"] },
    "a tax rate is put aside": {
      arrange: rate,
      act: ({ stripe }, { id }) => stripe.taxRates.update(id, { active: false }),
      told: [["tax_rate.updated", { active: true }]],
    },
    // Of the coupon itself nothing is told (recorded).
    "a promotion code is redeemed": {
      arrange: async (open) => {
        await open.subscribe();
        const { id } = await coupon(open);
        return open.stripe.promotionCodes.create({ promotion: { type: "coupon", coupon: id } });
      },
      act: ({ stripe, customer }, { id }) => stripe.invoices.create({ customer, discounts: [{ promotion_code: id }] }),
      told: [["promotion_code.updated", { times_redeemed: 0 }], "customer.discount.created", "invoice.created"],
    },
  });
});

describe("what events say", () => {
  test("of entitlements: what there was before", async () => {
    const open = await shop();
    const { stripe } = open;
    const feature = await stripe.entitlements.features.create({ name: "Export", lookup_key: "export" });
    const { product, id } = await open.price(1000);
    await stripe.products.createFeature(product as string, { entitlement_feature: feature.id });
    await open.subscribe({ items: [{ price: id }] });
    const type = "entitlements.active_entitlement_summary.updated";
    const [told] = (await stripe.events.list({ type })).data;
    expect(told!.data.previous_attributes).toEqual({ entitlements: { data: [] } });
  });

  test("of what is coming: an invoice that has no id yet", async () => {
    const open = await stageOf();
    await open.subscribe();
    open.until("2027-01-25");
    const [told] = (await open.stripe.events.list({ type: "invoice.upcoming" })).data;
    expect(told!.data.object).toMatchObject({ object: "invoice", billing_reason: "upcoming", total: 1000 });
    expect(told!.data.object).not.toHaveProperty("id");
  });

  test("of automatic collection only: nobody is reminded of an invoice that is sent", async () => {
    const open = await shop();
    await open.subscribe({ collection_method: "send_invoice", days_until_due: 7 });
    open.until("2027-03-01");
    const types = (await since(open, 0)).map(({ type }) => type);
    for (const type of ["invoice.upcoming", "invoice.overdue", "invoice.will_be_due"]) expect(types).not.toContain(type);
  });

  test("of an attempt without anything to pay with: that it failed", async () => {
    const open = await shop({ card: "" });
    await open.subscribe({ trial_period_days: 7 });
    open.until("2027-01-08T01:00:00");
    const types = (await since(open, 0)).map(({ type }) => type);
    expect(types).toContain("invoice.payment_failed");
    expect(types).not.toContain("charge.failed");
  });

  test("how many endpoints are still to hear of it", async () => {
    const open = await shop();
    for (const enabled_events of [["*"], ["customer.subscription.created"], ["charge.refunded"]] as any[]) {
      await open.stripe.webhookEndpoints.create({ url: "https://shop.example.com/hook", enabled_events });
    }
    await open.subscribe();
    const [created] = (await open.stripe.events.list({ type: "customer.subscription.created" })).data;
    const [other] = (await open.stripe.events.list({ type: "invoice.created" })).data;
    expect([created!.pending_webhooks, other!.pending_webhooks]).toEqual([2, 1]);
  });
});
