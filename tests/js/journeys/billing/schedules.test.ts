/**
 * Subscription schedules: each status, each rule of phases and of their ends, pauses, and the events of all of it.
 *
 * Sources: https://docs.stripe.com/billing/subscriptions/subscription-schedules,
 * https://docs.stripe.com/api/subscription_schedules, https://docs.stripe.com/billing/subscriptions/pause/schedules and the
 * comments of the types of the `stripe` package; what a managed subscription answers to a direct cancellation as quoted at
 * https://focused.io/lab/cancelling-a-stripe-subscription-on-period-end.
 */

import Stripe from "stripe";
import { describe, expect, test } from "vitest";
import { error } from "../stage.ts";
import { at, type Calendar, calendar, types, WAYS } from "./calendar.ts";

type Phase = Stripe.SubscriptionScheduleCreateParams.Phase;

const TOLD = /^(customer\.subscription|subscription_schedule)/;
const MONTH = { interval: "month" } as const;

/** Phases of a month each, of those prices. */
const monthly = (...prices: string[]): Phase[] => prices.map((price) => ({ items: [{ price }], duration: MONTH }));

interface Stage extends Calendar {
  basic: string;
  pro: string;
  /** Makes a schedule for the customer that begins now, unless it is said otherwise. */
  plan(phases: Phase[], more?: Partial<Stripe.SubscriptionScheduleCreateParams>): Promise<Stripe.SubscriptionSchedule>;
  schedule(id: string): Promise<Stripe.SubscriptionSchedule>;
}

async function stage(way: (typeof WAYS)[number] = "fake.clock", card?: string): Promise<Stage> {
  const shop = await calendar(way, card === undefined ? {} : { card });
  const [basic, pro] = [await shop.price(1000), await shop.price(2000)];
  await shop.told();
  const { stripe, customer } = shop;
  return {
    ...shop,
    basic,
    pro,
    plan: (phases, more = {}) => stripe.subscriptionSchedules.create({ customer, start_date: "now", phases, ...more }),
    schedule: (id) => stripe.subscriptionSchedules.retrieve(id),
  };
}

const refused = async (request: Promise<unknown>, wanted: object = {}) =>
  expect(await error(request)).toMatchObject({ statusCode: 400, type: "StripeInvalidRequestError", ...wanted });

describe("a schedule", () => {
  test("looks as documented", async () => {
    const { basic, customer, plan } = await stage();
    const schedule = await plan(monthly(basic), { start_date: at("2026-02-01"), metadata: { order: "7" } });
    expect(schedule).toMatchObject({
      id: expect.stringMatching(/^sub_sched_\w{24}$/),
      object: "subscription_schedule",
      application: null,
      billing_mode: { type: "flexible" },
      canceled_at: null,
      completed_at: null,
      created: at("2026-01-01"),
      current_phase: null,
      customer,
      default_settings: {
        application_fee_percent: null,
        automatic_tax: { enabled: false, liability: null },
        billing_cycle_anchor: "automatic",
        collection_method: "charge_automatically",
        default_payment_method: null,
        description: null,
        invoice_settings: { issuer: { type: "self" } },
        on_behalf_of: null,
        transfer_data: null,
      },
      end_behavior: "release",
      livemode: false,
      metadata: { order: "7" },
      pause_schedules: [],
      released_at: null,
      released_subscription: null,
      status: "not_started",
      subscription: null,
      test_clock: null,
    });
    expect(schedule.phases).toMatchObject([
      {
        add_invoice_items: [],
        application_fee_percent: null,
        billing_cycle_anchor: null,
        collection_method: null,
        currency: "usd",
        default_payment_method: null,
        default_tax_rates: [],
        description: null,
        end_date: at("2026-03-01"),
        invoice_settings: null,
        items: [{ metadata: {}, plan: basic, price: basic, quantity: 1, tax_rates: [] }],
        metadata: {},
        on_behalf_of: null,
        proration_behavior: "create_prorations",
        start_date: at("2026-02-01"),
        transfer_data: null,
        trial_end: null,
      },
    ]);
  });
});

describe.each(WAYS)("the status of a schedule, by %s", (way) => {
  test("is not_started until its first phase, then active", async () => {
    const shop = await stage(way);
    const { id } = await shop.plan(monthly(shop.basic, shop.pro), { start_date: at("2026-01-10") });
    expect(types(await shop.told(TOLD))).toEqual(["subscription_schedule.created"]);
    const told = await shop.turn("2026-01-10", TOLD);
    expect(types(told)).toEqual(["customer.subscription.created", "subscription_schedule.updated"]);
    const active = await shop.schedule(id);
    expect(active).toMatchObject({
      current_phase: { start_date: at("2026-01-10"), end_date: at("2026-02-10") },
      status: "active",
    });
    expect(told[1]!.data.previous_attributes).toEqual({
      current_phase: null,
      status: "not_started",
      subscription: null,
    });
    expect(await shop.look(active.subscription as string)).toMatchObject({
      schedule: id,
      start_date: at("2026-01-10"),
      status: "active",
    });
  });

  test("stays active from phase to phase", async () => {
    const shop = await stage(way);
    const { id, subscription } = await shop.plan(monthly(shop.basic, shop.pro));
    const told = await shop.turn("2026-02-01", /^subscription_schedule/);
    expect(types(told)).toEqual(["subscription_schedule.updated"]);
    expect(told[0]!.data.previous_attributes).toEqual({
      current_phase: { start_date: at("2026-01-01"), end_date: at("2026-02-01") },
    });
    expect((await shop.schedule(id)).status).toBe("active");
    const second = await shop.look(subscription as string);
    expect(second.items.data).toMatchObject([{ price: { id: shop.pro }, current_period_end: at("2026-03-01") }]);
    // The phase begins with a period: nothing is prorated.
    expect(second.latest_invoice).toMatchObject({ total: 2000, billing_reason: "subscription_cycle" });
  });

  test("is released after the last phase, and the subscription goes on", async () => {
    const shop = await stage(way);
    const { id, subscription } = await shop.plan(monthly(shop.basic));
    expect(types(await shop.turn("2026-01-25", /^subscription_schedule/))).toEqual(["subscription_schedule.expiring"]);
    const told = await shop.turn("2026-02-01", TOLD);
    expect(types(told)).toEqual([
      "customer.subscription.updated",
      "subscription_schedule.released",
      "customer.subscription.updated",
    ]);
    expect(told[0]!.data.previous_attributes).toEqual({ schedule: id });
    expect(await shop.schedule(id)).toMatchObject({
      completed_at: null,
      current_phase: null,
      released_at: at("2026-02-01"),
      released_subscription: subscription,
      status: "released",
      subscription: null,
    });
    await shop.until("2026-02-01T02:00");
    const on = await shop.look(subscription as string);
    expect(on).toMatchObject({ schedule: null, status: "active", latest_invoice: { status: "paid", total: 1000 } });
  });

  test("is completed after the last phase where that cancels the subscription", async () => {
    const shop = await stage(way);
    const { id, subscription } = await shop.plan(monthly(shop.basic), { end_behavior: "cancel" });
    // The schedule sets the date on the subscription.
    expect(await shop.look(subscription as string)).toMatchObject({
      cancel_at: at("2026-02-01"),
      cancel_at_period_end: false,
      canceled_at: at("2026-01-01"),
      status: "active",
    });
    expect(types(await shop.turn("2026-01-25", TOLD))).toEqual(["subscription_schedule.expiring"]);
    const told = await shop.turn("2026-02-01", TOLD);
    expect(types(told)).toEqual(["subscription_schedule.completed", "customer.subscription.deleted"]);
    expect(await shop.schedule(id)).toMatchObject({
      completed_at: at("2026-02-01"),
      current_phase: null,
      status: "completed",
      subscription,
    });
    expect(await shop.look(subscription as string)).toMatchObject({
      ended_at: at("2026-02-01"),
      status: "canceled",
    });
    expect((await shop.stripe.invoices.list({ subscription: subscription as string })).data).toHaveLength(1);
  });

  test("is canceled with its subscription, which is credited and billed", async () => {
    const shop = await stage(way);
    const { id, subscription } = await shop.plan(monthly(shop.basic, shop.pro));
    await shop.until("2026-01-16");
    await shop.told();
    await shop.stripe.subscriptionSchedules.cancel(id);
    const told = await shop.told(TOLD);
    expect(types(told)).toEqual(["customer.subscription.deleted", "subscription_schedule.canceled"]);
    expect(told[1]!.data.previous_attributes).toEqual({
      canceled_at: null,
      current_phase: { start_date: at("2026-01-01"), end_date: at("2026-02-01") },
      status: "active",
    });
    expect(await shop.look(subscription as string)).toMatchObject({
      status: "canceled",
      latest_invoice: { total: -516 },
    });
  });
});

describe("a schedule that is over", () => {
  const ways: [string, (shop: Stage, id: string) => Promise<unknown>][] = [
    ["canceled", (shop, id) => shop.stripe.subscriptionSchedules.cancel(id)],
    ["released", (shop, id) => shop.stripe.subscriptionSchedules.release(id)],
    ["completed", (shop) => shop.until("2026-02-01")],
  ];
  test.each(ways)("%s: is not changed any more", async (status, end) => {
    const shop = await stage();
    const { id } = await shop.plan(monthly(shop.basic), { end_behavior: "cancel" });
    await end(shop, id);
    expect((await shop.schedule(id)).status).toBe(status);
    const verbs = [
      ["cancel", "canceled"],
      ["release", "released"],
      ["update", "updated"],
    ] as const;
    for (const [verb, done] of verbs) {
      await refused(shop.stripe.subscriptionSchedules[verb](id), {
        message:
          `You cannot ${verb} a subscription schedule that is currently in the \`${status}\` status. ` +
          `It must be in \`not_started, active\` status to be ${done}.`,
      });
    }
  });

  test("a schedule that has not begun is canceled, or released, and leaves nothing", async () => {
    const shop = await stage();
    for (const verb of ["cancel", "release"] as const) {
      const { id } = await shop.plan(monthly(shop.basic), { start_date: at("2026-02-01") });
      const over = await shop.stripe.subscriptionSchedules[verb](id);
      expect(over).toMatchObject({ subscription: null, released_subscription: null });
      expect(over.status).toBe(verb === "cancel" ? "canceled" : "released");
    }
    await shop.until("2026-03-01");
    expect(shop.fake.state.subscriptions.count).toBe(0);
  });

  test("is aborted when its subscription is canceled through delinquency", async () => {
    const shop = await stage();
    const { id, subscription } = await shop.plan([{ items: [{ price: shop.basic }], duration: { interval: "year" } }]);
    await shop.until("2026-01-02");
    await shop.payWith("pm_card_chargeCustomerFail");
    await shop.told();
    await shop.until("2026-05-01");
    expect((await shop.look(subscription as string)).status).toBe("canceled");
    expect((await shop.schedule(id)).status).toBe("canceled");
    expect(types(await shop.told(/^subscription_schedule/))).toEqual(["subscription_schedule.aborted"]);
  });

  test("is canceled when its subscription is canceled", async () => {
    const shop = await stage();
    const { id, subscription } = await shop.plan(monthly(shop.basic, shop.pro));
    await shop.told();
    await shop.stripe.subscriptions.cancel(subscription as string);
    expect(await shop.schedule(id)).toMatchObject({ status: "canceled", canceled_at: at("2026-01-01") });
    const told = await shop.told(TOLD);
    expect(types(told)).toEqual(["customer.subscription.deleted", "subscription_schedule.canceled"]);
    expect(told[1]!.data.previous_attributes).toEqual({
      canceled_at: null,
      current_phase: { start_date: at("2026-01-01"), end_date: at("2026-02-01") },
      status: "active",
    });
  });
});

describe("where a schedule begins", () => {
  const dates: [string, number | "now", string, number][] = [
    ["now", "now", "active", at("2026-01-01")],
    ["later", at("2026-03-15"), "not_started", at("2026-03-15")],
    ["in the past", at("2025-12-20"), "active", at("2025-12-20")],
  ];
  test.each(dates)("%s", async (_, start_date, status, start) => {
    const shop = await stage();
    const made = await shop.plan(monthly(shop.basic), { start_date });
    expect(made.status).toBe(status);
    expect(made.phases[0]!.start_date).toBe(start);
    if (made.subscription) expect((await shop.look(made.subscription as string)).start_date).toBe(start);
  });

  test("from a subscription: one phase, what it has in the period that runs", async () => {
    const shop = await stage();
    const { id } = await shop.subscribe(shop.basic, { items: [{ price: shop.basic, quantity: 3 }] });
    await shop.until("2026-01-16");
    await shop.told();
    const made = await shop.stripe.subscriptionSchedules.create({ from_subscription: id });
    expect(made).toMatchObject({
      current_phase: { start_date: at("2026-01-01"), end_date: at("2026-02-01") },
      customer: shop.customer,
      end_behavior: "release",
      status: "active",
      subscription: id,
    });
    expect(made.phases).toMatchObject([
      {
        start_date: at("2026-01-01"),
        end_date: at("2026-02-01"),
        items: [{ price: shop.basic, plan: shop.basic, quantity: 3 }],
      },
    ]);
    expect((await shop.look(id)).schedule).toBe(made.id);
    const told = await shop.told(TOLD);
    expect(types(told)).toEqual(["subscription_schedule.created", "customer.subscription.updated"]);
    expect(told[1]!.data.previous_attributes).toEqual({ schedule: null });
    await refused(shop.stripe.subscriptionSchedules.create({ from_subscription: id }), {
      message: `You cannot migrate a subscription that is already attached to a schedule: \`${made.id}\`.`,
    });
  });

  test("from a subscription, and with nothing else but pauses", async () => {
    const shop = await stage();
    const from_subscription = (await shop.subscribe(shop.basic)).id;
    const more: Stripe.SubscriptionScheduleCreateParams[] = [
      { customer: shop.customer },
      { phases: monthly(shop.pro) },
      { start_date: "now" },
      { end_behavior: "cancel" },
      { default_settings: { description: "Club" } },
      { metadata: { order: "7" } },
    ];
    for (const params of more) {
      const [param] = Object.keys(params);
      await refused(shop.stripe.subscriptionSchedules.create({ from_subscription, ...params }), {
        message: `You cannot set \`${param}\` if \`from_subscription\` is set.`,
        param,
      });
    }
    const pause_schedules = [{ pause: { pause_at: { type: "timestamp", timestamp: at("2026-01-20") } } }];
    const made = await shop.stripe.subscriptionSchedules.create({ from_subscription, pause_schedules });
    expect(made.pause_schedules).toHaveLength(1);
  });

  test("not without a customer, and not without phases", async () => {
    const { basic, stripe, customer } = await stage();
    await refused(stripe.subscriptionSchedules.create({ start_date: "now", phases: monthly(basic) }));
    await refused(stripe.subscriptionSchedules.create({ start_date: "now", customer }), { param: "phases" });
    const nowhere = stripe.subscriptionSchedules.create({ from_subscription: "sub_none" });
    await refused(nowhere, { code: "resource_missing", param: "from_subscription" });
  });
});

describe("a phase", () => {
  const lengths: [string, Partial<Phase>, string][] = [
    ["to a date", { end_date: at("2026-02-14") }, "2026-02-14"],
    ["for 10 days", { duration: { interval: "day", interval_count: 10 } }, "2026-01-11"],
    ["for 2 weeks", { duration: { interval: "week", interval_count: 2 } }, "2026-01-15"],
    ["for 3 months", { duration: { interval: "month", interval_count: 3 } }, "2026-04-01"],
    ["for a year", { duration: { interval: "year" } }, "2027-01-01"],
    ["for a period, where nothing is said", {}, "2026-02-01"],
  ];
  test.each(lengths)("lasts %s", async (_, length, end) => {
    const shop = await stage();
    const phase = { items: [{ price: shop.basic }], ...length };
    const { phases } = await shop.plan([phase, ...monthly(shop.pro)]);
    expect(phases[0]!.end_date).toBe(at(end));
    expect(phases[1]!.start_date).toBe(at(end));
  });

  test("lasted so many periods, until 2025-08-27", async () => {
    const shop = await stage();
    const older = new Stripe(shop.fake.apiKey, { ...shop.fake.stripeOptions(), apiVersion: "2025-07-30.basil" as never });
    const phases = [{ items: [{ price: shop.basic }], iterations: 3 } as Phase];
    const params = { customer: shop.customer, start_date: "now" as const, phases };
    expect((await older.subscriptionSchedules.create(params)).phases[0]!.end_date).toBe(at("2026-04-01"));
    await refused(shop.stripe.subscriptionSchedules.create(params), {
      code: "parameter_unknown",
      param: "phases[0][iterations]",
    });
  });

  const impossible: [string, Partial<Phase>][] = [
    ["end before it begins", { end_date: at("2025-12-31") }],
    ["have an end and a duration", { end_date: at("2026-02-01"), duration: MONTH }],
    ["be a trial, and have one", { trial: true, trial_end: at("2026-01-10") }],
    ["end with its trial unfinished", { trial_end: at("2026-02-10"), end_date: at("2026-02-01") }],
    ["be a trial that moves the anchor", { trial: true, billing_cycle_anchor: "phase_start" }],
  ];
  test.each(impossible)("cannot %s", async (_, phase) => {
    const shop = await stage();
    await refused(shop.plan([{ items: [{ price: shop.basic }], ...phase }]));
    expect(shop.fake.state.subscriptions.count).toBe(0);
  });

  test("that is a trial costs nothing until it ends", async () => {
    const shop = await stage();
    const { subscription, phases } = await shop.plan([
      { items: [{ price: shop.basic }], duration: { interval: "week" }, trial: true },
      ...monthly(shop.basic),
    ]);
    expect(phases[0]).toMatchObject({ trial: true, trial_end: at("2026-01-08") });
    expect(phases[1]!.trial_end).toBe(null);
    const trial = await shop.look(subscription as string);
    expect(trial).toMatchObject({ status: "trialing", trial_end: at("2026-01-08"), latest_invoice: { total: 0 } });
    await shop.until("2026-01-08T02:00");
    expect(await shop.look(subscription as string)).toMatchObject({
      latest_invoice: { status: "paid", total: 1000 },
      status: "active",
    });
  });

  test("can begin with a trial", async () => {
    const shop = await stage();
    const phase = { items: [{ price: shop.basic }], duration: { ...MONTH, interval_count: 2 }, trial_end: at("2026-01-15") };
    const { subscription } = await shop.plan([phase]);
    expect(await shop.look(subscription as string)).toMatchObject({ status: "trialing", trial_end: at("2026-01-15") });
    await shop.until("2026-01-15T02:00");
    const paid = await shop.look(subscription as string);
    expect(paid).toMatchObject({ status: "active", latest_invoice: { status: "paid", total: 1000 } });
  });

  const entered: [Phase["proration_behavior"] | undefined, number[], number][] = [
    [undefined, [-516, 1032], 1],
    ["create_prorations", [-516, 1032], 1],
    ["always_invoice", [], 2],
    ["none", [], 1],
  ];
  test.each(entered)("that begins within a period is entered with %s", async (proration_behavior, pending, invoices) => {
    const shop = await stage();
    const { subscription } = await shop.plan([
      { items: [{ price: shop.basic }], end_date: at("2026-01-16") },
      { items: [{ price: shop.pro }], duration: MONTH, ...(proration_behavior && { proration_behavior }) },
    ]);
    await shop.until("2026-01-16T02:00");
    const { data } = await shop.stripe.invoiceItems.list({ customer: shop.customer, pending: true });
    expect(data.map(({ amount }) => amount).sort((a, b) => a - b)).toEqual(pending);
    const billed = (await shop.stripe.invoices.list({ subscription: subscription as string })).data;
    expect(billed).toHaveLength(invoices);
    if (invoices === 2) expect(billed[0]).toMatchObject({ total: 516, status: "paid" });
    expect((await shop.look(subscription as string)).items.data[0]!.price.id).toBe(shop.pro);
  });

  test("can move the anchor to its start", async () => {
    const shop = await stage();
    const { subscription } = await shop.plan([
      { items: [{ price: shop.basic }], end_date: at("2026-01-16") },
      { items: [{ price: shop.basic }], duration: MONTH, billing_cycle_anchor: "phase_start" },
    ]);
    await shop.until("2026-01-16T02:00");
    const moved = await shop.look(subscription as string);
    expect(moved.billing_cycle_anchor).toBe(at("2026-01-16"));
    expect(moved.items.data[0]).toMatchObject({ current_period_end: at("2026-02-16") });
    // A new month, less what is left of the old one.
    expect(moved.latest_invoice).toMatchObject({ total: 1000 - 516 });
  });

  test("has its own settings, or those of all phases", async () => {
    const shop = await stage();
    const { stripe } = shop;
    const rate = await stripe.taxRates.create({ display_name: "VAT", percentage: 20, inclusive: false });
    const method = (await stripe.paymentMethods.attach("pm_card_mastercard", { customer: shop.customer })).id;
    const { subscription } = await shop.plan(
      [
        {
          ...monthly(shop.basic)[0]!,
          items: [{ price: shop.basic, metadata: { seat: "A" } }],
          default_tax_rates: [rate.id],
          metadata: { tier: "basic" },
        },
        {
          ...monthly(shop.pro)[0]!,
          items: [{ price: shop.pro, quantity: 2 }],
          collection_method: "send_invoice",
          description: "Second year",
          invoice_settings: { days_until_due: 14 },
          metadata: { tier: "pro" },
        },
      ],
      { default_settings: { default_payment_method: method, description: "First year" } },
    );
    const first = await shop.look(subscription as string);
    expect(first).toMatchObject({
      collection_method: "charge_automatically",
      default_payment_method: method,
      default_tax_rates: [{ id: rate.id }],
      description: "First year",
      latest_invoice: { total: 1200 },
      metadata: { tier: "basic" },
    });
    expect(first.items.data[0]!.metadata).toEqual({ seat: "A" });
    await shop.until("2026-02-01");
    expect(await shop.look(subscription as string)).toMatchObject({
      collection_method: "send_invoice",
      days_until_due: 14,
      description: "Second year",
      items: { data: [{ price: { id: shop.pro }, quantity: 2 }] },
      latest_invoice: { due_date: at("2026-02-15"), subtotal: 4000 },
      metadata: { tier: "pro" },
    });
  });

  test("has prices of its own making", async () => {
    const shop = await stage();
    const { id: product } = await shop.stripe.products.create({ name: "Seat" });
    const price_data = { currency: "usd", product, recurring: MONTH, unit_amount: 700 };
    const { phases, subscription } = await shop.plan([{ items: [{ price_data, quantity: 2 }], duration: MONTH }]);
    const price = phases[0]!.items[0]!.price as string;
    expect(await shop.stripe.prices.retrieve(price)).toMatchObject({ product, unit_amount: 700 });
    expect((await shop.look(subscription as string)).latest_invoice.total).toBe(1400);
  });

  test("shows discounts as what they were made of, and gives them", async () => {
    const shop = await stage();
    const { id: coupon } = await shop.stripe.coupons.create({ percent_off: 25, duration: "forever" });
    const [phase] = monthly(shop.basic) as [Phase];
    const { phases, subscription } = await shop.plan([{ ...phase, discounts: [{ coupon }] }, ...monthly(shop.basic)]);
    expect(phases[0]!.discounts).toEqual([{ coupon, discount: null, promotion_code: null }]);
    expect((await shop.look(subscription as string)).latest_invoice).toMatchObject({ subtotal: 1000, total: 750 });
  });

  type Period = NonNullable<Phase["add_invoice_items"]>[number]["period"];
  const periods: [string, Period | undefined, string, string][] = [
    ["nothing said", undefined, "2026-01-01", "2026-02-01"],
    ["phase_start, phase_end", { start: { type: "phase_start" }, end: { type: "phase_end" } }, "2026-01-16", "2026-03-16"],
    [
      "max_item_period_start, min_item_period_end",
      { start: { type: "max_item_period_start" }, end: { type: "min_item_period_end" } },
      "2026-01-01",
      "2026-02-01",
    ],
    [
      "timestamps",
      { start: { type: "timestamp", timestamp: at("2026-01-18") }, end: { type: "timestamp", timestamp: at("2026-01-20") } },
      "2026-01-18",
      "2026-01-20",
    ],
  ];
  test.each(periods)("adds to the next invoice what is for: %s", async (_, period, start, end) => {
    const shop = await stage();
    const once = await shop.price(300, { recurring: undefined as never });
    const { phases } = await shop.plan([
      { items: [{ price: shop.basic }], end_date: at("2026-01-16") },
      {
        items: [{ price: shop.basic }],
        duration: { ...MONTH, interval_count: 2 },
        add_invoice_items: [{ price: once, quantity: 2, ...(period && { period }) }],
      },
    ]);
    expect(phases[1]!.add_invoice_items).toMatchObject([{ price: once, quantity: 2 }]);
    if (period) expect(phases[1]!.add_invoice_items[0]!.period).toMatchObject(period);
    await shop.until("2026-01-16T02:00");
    const { data } = await shop.stripe.invoiceItems.list({ customer: shop.customer, pending: true });
    expect(data).toMatchObject([{ amount: 600, period: { start: at(start), end: at(end) } }]);
    await shop.until("2026-02-01T02:00");
    expect((await shop.stripe.invoices.list({ limit: 1 })).data).toMatchObject([{ total: 1600 }]);
  });
});

describe.each(WAYS)("the first invoice of a schedule's subscription, by %s", (way) => {
  test("is a draft for an hour", async () => {
    const shop = await stage(way);
    const { subscription } = await shop.plan(monthly(shop.basic));
    const made = await shop.look(subscription as string);
    expect(made).toMatchObject({
      status: "active",
      latest_invoice: { billing_reason: "subscription_create", status: "draft", total: 1000 },
    });
    await shop.until("2026-01-01T01:00");
    expect((await shop.look(subscription as string)).latest_invoice.status).toBe("paid");
  });
});

describe("a schedule that is changed", () => {
  const kept = (phase: Stripe.SubscriptionSchedule.Phase): Stripe.SubscriptionScheduleUpdateParams.Phase => ({
    items: phase.items.map(({ price, quantity }) => ({ price: price as string, quantity: quantity! })),
    start_date: phase.start_date,
    end_date: phase.end_date,
  });

  test("has its current and future phases sent again; past ones stay", async () => {
    const shop = await stage();
    const { id } = await shop.plan(monthly(shop.basic, shop.pro));
    await shop.until("2026-02-10");
    await shop.told();
    const before = await shop.schedule(id);
    const dearer = await shop.price(5000);
    const phases = [kept(before.phases[1]!), { items: [{ price: dearer }], duration: MONTH }];
    const changed = await shop.stripe.subscriptionSchedules.update(id, { phases });
    expect(changed.phases.map(({ items, start_date }) => [items[0]!.price, start_date])).toEqual([
      [shop.basic, at("2026-01-01")],
      [shop.pro, at("2026-02-01")],
      [dearer, at("2026-03-01")],
    ]);
    const told = await shop.told(TOLD);
    expect(types(told)).toEqual(["subscription_schedule.updated"]);
    expect(Object.keys(told[0]!.data.previous_attributes!)).toEqual(["phases"]);
    await shop.until("2026-03-01T02:00");
    expect((await shop.stripe.invoices.list({ limit: 1 })).data).toMatchObject([{ status: "paid", total: 5000 }]);
  });

  test("keeps the start of its current phase", async () => {
    const shop = await stage();
    const { id } = await shop.plan(monthly(shop.basic, shop.pro));
    await shop.until("2026-01-10");
    const phases = [{ items: [{ price: shop.basic }], start_date: at("2026-01-05"), end_date: at("2026-02-01") }];
    await refused(shop.stripe.subscriptionSchedules.update(id, { phases }), {
      message: "You can not modify the start date of the current phase.",
    });
  });

  test("needs a date to count from", async () => {
    const shop = await stage();
    const { id } = await shop.plan(monthly(shop.basic));
    await refused(shop.stripe.subscriptionSchedules.update(id, { phases: monthly(shop.basic, shop.pro) }), {
      message:
        "The subscription schedule update is missing at least one phase with a `start_date` to anchor end dates to.",
    });
  });

  test("can end its current phase now", async () => {
    const shop = await stage();
    const { id, subscription, phases } = await shop.plan(monthly(shop.basic));
    await shop.until("2026-01-16");
    const next = { items: [{ price: shop.pro }], start_date: "now" as const, duration: MONTH };
    const changed = await shop.stripe.subscriptionSchedules.update(id, {
      phases: [{ ...kept(phases[0]!), end_date: "now" }, next],
    });
    expect(changed.current_phase).toEqual({ start_date: at("2026-01-16"), end_date: at("2026-02-16") });
    expect((await shop.look(subscription as string)).items.data[0]!.price.id).toBe(shop.pro);
  });

  const edits: [Stripe.SubscriptionScheduleUpdateParams["proration_behavior"], number[], number][] = [
    [undefined, [-516, 1032], 1],
    ["always_invoice", [], 2],
    ["none", [], 1],
  ];
  test.each(edits)("settles what changes in its current phase with %s", async (proration_behavior, pending, invoices) => {
    const shop = await stage();
    const { id, subscription, phases } = await shop.plan(monthly(shop.basic));
    await shop.until("2026-01-16");
    await shop.told();
    await shop.stripe.subscriptionSchedules.update(id, {
      phases: [{ ...kept(phases[0]!), items: [{ price: shop.pro }] }],
      ...(proration_behavior && { proration_behavior }),
    });
    expect(types(await shop.told(TOLD)).sort()).toEqual(["customer.subscription.updated", "subscription_schedule.updated"]);
    const { data } = await shop.stripe.invoiceItems.list({ customer: shop.customer, pending: true });
    expect(data.map(({ amount }) => amount).sort((a, b) => a - b)).toEqual(pending);
    expect((await shop.stripe.invoices.list({ subscription: subscription as string })).data).toHaveLength(invoices);
  });

  test("says how it ends, and with it when its subscription does", async () => {
    const shop = await stage();
    const { id, subscription } = await shop.plan(monthly(shop.basic));
    await shop.stripe.subscriptionSchedules.update(id, { end_behavior: "cancel" });
    expect((await shop.look(subscription as string)).cancel_at).toBe(at("2026-02-01"));
    await shop.stripe.subscriptionSchedules.update(id, { end_behavior: "release" });
    expect(await shop.look(subscription as string)).toMatchObject({ cancel_at: null, canceled_at: null });
  });
});

describe("the subscription of a schedule", () => {
  test("can be changed, until the next phase", async () => {
    const shop = await stage();
    const { subscription } = await shop.plan(monthly(shop.basic, shop.pro));
    const { items } = await shop.look(subscription as string);
    await shop.stripe.subscriptions.update(subscription as string, {
      items: [{ id: items.data[0]!.id, quantity: 5 }],
      metadata: { note: "mine" },
      proration_behavior: "none",
    });
    expect((await shop.look(subscription as string)).items.data[0]!.quantity).toBe(5);
    await shop.until("2026-02-01");
    const next = await shop.look(subscription as string);
    expect(next.items.data).toMatchObject([{ price: { id: shop.pro }, quantity: 1 }]);
    expect(next.metadata).toEqual({ note: "mine" });
  });

  const ends: Stripe.SubscriptionUpdateParams[] = [{ cancel_at_period_end: true }, { cancel_at: at("2026-03-01") }];
  test.each(ends)("is not told when to end: %o", async (params) => {
    const shop = await stage();
    const { id, subscription } = await shop.plan(monthly(shop.basic, shop.pro));
    await refused(shop.stripe.subscriptions.update(subscription as string, params), {
      message:
        `The subscription is managed by the subscription schedule \`${id}\`, and updating any cancelation ` +
        "behavior directly is not allowed. Please update the schedule instead.",
    });
  });

  const cancels: [Stripe.SubscriptionScheduleCancelParams, number | undefined][] = [
    [{}, -516],
    [{ prorate: true, invoice_now: true }, -516],
    [{ prorate: false }, undefined],
    [{ prorate: false, invoice_now: false }, undefined],
  ];
  test.each(cancels)("is canceled with it: %o", async (params, last) => {
    const shop = await stage();
    const { id, subscription } = await shop.plan(monthly(shop.basic));
    await shop.until("2026-01-16");
    await shop.stripe.subscriptionSchedules.cancel(id, params);
    const ended = await shop.look(subscription as string);
    expect(ended.status).toBe("canceled");
    expect(ended.latest_invoice.total).toBe(last ?? 1000);
  });

  const releases: [Stripe.SubscriptionScheduleReleaseParams, number | null][] = [
    [{}, null],
    [{ preserve_cancel_date: false }, null],
    [{ preserve_cancel_date: true }, at("2026-02-01")],
  ];
  test.each(releases)("is released from it: %o", async (params, cancel_at) => {
    const shop = await stage();
    const { id, subscription } = await shop.plan(monthly(shop.basic), { end_behavior: "cancel" });
    await shop.told();
    const released = await shop.stripe.subscriptionSchedules.release(id, params);
    expect(released).toMatchObject({ released_subscription: subscription, status: "released", subscription: null });
    expect(await shop.look(subscription as string)).toMatchObject({ cancel_at, schedule: null });
    const told = await shop.told(TOLD);
    expect(types(told)).toEqual(["customer.subscription.updated", "subscription_schedule.released"]);
    expect(told[0]!.data.previous_attributes).toMatchObject({ schedule: id });
  });
});

describe("lists of schedules", () => {
  test("are by customer, by what became of them and when", async () => {
    const shop = await stage();
    const other = (await shop.stripe.customers.create({ payment_method: "pm_card_visa" })).id;
    const later = await shop.plan(monthly(shop.basic), { start_date: at("2026-02-01"), customer: other });
    const running = await shop.plan(monthly(shop.basic));
    const canceled = await shop.plan(monthly(shop.basic));
    await shop.stripe.subscriptionSchedules.cancel(canceled.id);
    const ids = async (params: Stripe.SubscriptionScheduleListParams) =>
      (await shop.stripe.subscriptionSchedules.list(params)).data.map(({ id }) => id);
    expect(await ids({})).toEqual([canceled.id, running.id, later.id]);
    expect(await ids({ customer: other })).toEqual([later.id]);
    expect(await ids({ scheduled: true })).toEqual([later.id]);
    expect(await ids({ canceled_at: { gte: at("2026-01-01") } })).toEqual([canceled.id]);
    expect(await ids({ released_at: { gte: at("2026-01-01") } })).toEqual([]);
  });
});

describe("a pause of a schedule", () => {
  type Pauses = Stripe.SubscriptionScheduleCreateParams.PauseSchedule;
  const day = (text: string) => ({ type: "timestamp" as const, timestamp: at(text) });
  const paused: Pauses = { pause: { pause_at: day("2026-01-16") }, resume: { resume_at: day("2026-02-16") } };

  /** A schedule of a subscription since 1 January, whose first invoice is paid. */
  async function managed(entry: Pauses, card?: string) {
    const shop = await stage("fake.clock", card);
    const from_subscription = (await shop.subscribe(shop.basic)).id;
    const create = { from_subscription, pause_schedules: [entry] };
    const { id } = await shop.stripe.subscriptionSchedules.create(create);
    const subscription = from_subscription;
    const phases = [{ items: [{ price: shop.basic }], start_date: at("2026-01-01"), end_date: at("2026-07-01") }];
    await shop.stripe.subscriptionSchedules.update(id, { phases });
    await shop.told();
    const pending = async () => {
      const { data } = await shop.stripe.invoiceItems.list({ customer: shop.customer, pending: true });
      return data.map(({ amount }) => amount);
    };
    const state = async () => {
      const [entry] = (await shop.schedule(id)).pause_schedules;
      return [entry!.pause.status.type, entry!.resume?.status.type, (await shop.look(subscription)).status];
    };
    return { ...shop, id, subscription, pending, state };
  }

  test("shows when and how, with what holds where nothing is said", async () => {
    const { id, schedule } = await managed(paused);
    expect((await schedule(id)).pause_schedules).toEqual([
      {
        key: expect.any(String),
        pause: {
          pause_at: at("2026-01-16"),
          settings: {
            bill_for: { outstanding_usage_through: { type: "pause_at" }, unused_time_from: { type: "pause_at" } },
            invoicing_behavior: "pending_invoice_item",
            type: "subscription",
          },
          status: { type: "scheduled" },
        },
        resume: {
          resume_at: at("2026-02-16"),
          settings: {
            billing_cycle_anchor: "resume_at",
            payment_behavior: "resume_on_payment_success",
            proration_behavior: "create_prorations",
          },
          status: { type: "scheduled" },
        },
      },
    ]);
  });

  test("is carried out: paused without an invoice, and resumed with a new period", async () => {
    const shop = await managed(paused);
    const pause = await shop.turn("2026-01-16", TOLD);
    expect(types(pause)).toEqual([
      "customer.subscription.updated",
      "customer.subscription.paused",
      "subscription_schedule.updated",
    ]);
    expect(await shop.state()).toEqual(["succeeded", "scheduled", "paused"]);
    expect(await shop.pending()).toEqual([-516]);
    await shop.until("2026-02-15");
    expect((await shop.stripe.invoices.list()).data).toHaveLength(1);
    const resume = await shop.turn("2026-02-16", TOLD);
    expect(types(resume)).toEqual([
      "customer.subscription.updated",
      "customer.subscription.resumed",
      "subscription_schedule.updated",
    ]);
    expect(await shop.state()).toEqual(["succeeded", "succeeded", "active"]);
    const resumed = await shop.look(shop.subscription);
    expect(resumed).toMatchObject({
      billing_cycle_anchor: at("2026-02-16"),
      latest_invoice: { status: "paid", total: 1000 - 516 },
    });
    expect(resumed.items.data[0]!.current_period_end).toBe(at("2026-03-16"));
    await shop.until("2026-03-16T02:00");
    expect((await shop.look(shop.subscription)).latest_invoice).toMatchObject({ status: "paid", total: 1000 });
  });

  const credits: [string, number[]][] = [
    ["pause_at", [-516]],
    ["item_current_period_start", [-1000]],
    ["none", []],
  ];
  test.each(credits)("credits the unused time from %s", async (type, wanted) => {
    const settings = { bill_for: { unused_time_from: { type } } };
    const shop = await managed({ pause: { pause_at: day("2026-01-16"), settings } });
    await shop.until("2026-01-16");
    expect(await shop.pending()).toEqual(wanted);
    expect(await shop.state()).toEqual(["succeeded", undefined, "paused"]);
  });

  test("can bill at once what is left to settle", async () => {
    const settings = { invoicing_behavior: "invoice" as const };
    const shop = await managed({ pause: { pause_at: day("2026-01-16"), settings } });
    await shop.until("2026-01-16");
    expect(await shop.pending()).toEqual([]);
    expect((await shop.stripe.invoices.list({ limit: 1 })).data).toMatchObject([{ total: -516 }]);
  });

  test("at the end of a period comes before the next one", async () => {
    const shop = await managed({ pause: { pause_at: day("2026-02-01") } });
    await shop.until("2026-03-01");
    expect(await shop.state()).toEqual(["succeeded", undefined, "paused"]);
    expect(await shop.pending()).toEqual([]);
    expect((await shop.stripe.invoices.list()).data).toHaveLength(1);
  });

  test("can end in the rhythm of before", async () => {
    const settings = { billing_cycle_anchor: "unchanged" as const };
    const shop = await managed({ ...paused, resume: { resume_at: day("2026-02-16"), settings } });
    await shop.until("2026-02-16");
    const resumed = await shop.look(shop.subscription);
    expect(resumed.billing_cycle_anchor).toBe(at("2026-01-01"));
    expect(resumed.items.data[0]).toMatchObject({
      current_period_start: at("2026-02-01"),
      current_period_end: at("2026-03-01"),
    });
    // The rest of February, 13 of 28 days.
    expect((await shop.pending()).sort((a, b) => a - b)).toEqual([-516, 464]);
  });

  test("can last for so long", async () => {
    const duration = { interval: "month" as const, interval_count: 2 };
    const shop = await managed({ ...paused, resume: { resume_at: { type: "duration", duration } } });
    expect((await shop.schedule(shop.id)).pause_schedules[0]!.resume!.resume_at).toBe(at("2026-03-16"));
    await shop.until("2026-03-16");
    expect(await shop.state()).toEqual(["succeeded", "succeeded", "active"]);
  });

  test("that nobody pays for the end of goes on until somebody does", async () => {
    const shop = await managed({
      pause: { pause_at: day("2026-01-16"), settings: { bill_for: { unused_time_from: { type: "none" } } } },
      resume: { resume_at: day("2026-02-16") },
    });
    await shop.payWith("pm_card_chargeCustomerFail");
    await shop.until("2026-02-16");
    expect(await shop.state()).toEqual(["succeeded", "pending", "paused"]);
    await shop.payWith("pm_card_visa");
    const open = (await shop.look(shop.subscription)).latest_invoice;
    await shop.told();
    await shop.stripe.invoices.pay(open.id!);
    expect(await shop.state()).toEqual(["succeeded", "succeeded", "active"]);
    const told = types(await shop.told(TOLD));
    expect(told).toContain("customer.subscription.resumed");
    expect(told).toContain("subscription_schedule.updated");
  });

  test("can begin now; what is paused already is only told when to go on", async () => {
    const shop = await managed({ pause: { pause_at: { type: "now" } } });
    expect(await shop.state()).toEqual(["succeeded", undefined, "paused"]);
    const { id } = shop;
    const { key } = (await shop.schedule(id)).pause_schedules[0]!;
    const pause_schedules = [{ key, resume: { resume_at: day("2026-02-10") } }];
    await shop.stripe.subscriptionSchedules.update(id, { pause_schedules });
    expect(await shop.state()).toEqual(["succeeded", "scheduled", "paused"]);
    await shop.until("2026-02-10");
    expect(await shop.state()).toEqual(["succeeded", "succeeded", "active"]);
  });

  test("is changed by its key, left alone, and cleared", async () => {
    const shop = await managed({ ...paused, key: "holidays" });
    const { update } = shop.stripe.subscriptionSchedules;
    const change = (params: Stripe.SubscriptionScheduleUpdateParams) =>
      update.call(shop.stripe.subscriptionSchedules, shop.id, params);
    const settings = { invoicing_behavior: "invoice" as const };
    const later = { key: "holidays", pause: { pause_at: day("2026-01-20"), settings } };
    const changed = await change({ pause_schedules: [later] });
    expect(changed.pause_schedules).toMatchObject([
      { key: "holidays", pause: { pause_at: at("2026-01-20"), settings }, resume: { resume_at: at("2026-02-16") } },
    ]);
    const kept = await change({ metadata: { note: "1" } });
    expect(kept.pause_schedules).toEqual(changed.pause_schedules);
    const endless = await change({ pause_schedules: [{ key: "holidays", resume: "" }] });
    expect(endless.pause_schedules).toMatchObject([{ key: "holidays", resume: null }]);
    expect((await change({ pause_schedules: "" })).pause_schedules).toEqual([]);
    await shop.until("2026-02-20");
    expect((await shop.look(shop.subscription)).status).toBe("active");
  });

  test("of what cannot be paused is an error that is noted", async () => {
    const shop = await managed({ pause: { pause_at: day("2026-02-10") }, resume: { resume_at: day("2026-03-10") } });
    await shop.payWith("pm_card_chargeCustomerFail");
    await shop.until("2026-02-10");
    expect(await shop.state()).toEqual(["error", "scheduled", "past_due"]);
    const { pause } = (await shop.schedule(shop.id)).pause_schedules[0]!;
    expect(pause.status.error!.message).toEqual(expect.any(String));
  });

  test("is forgotten with its schedule", async () => {
    const shop = await managed(paused);
    await shop.stripe.subscriptionSchedules.release(shop.id);
    await shop.until("2026-01-20");
    expect((await shop.look(shop.subscription)).status).toBe("active");
  });

  const impossible: [string, Pauses[], Partial<Stripe.SubscriptionScheduleCreateParams>][] = [
    ["two", [paused, paused], {}],
    ["none to begin with", [{ resume: { resume_at: day("2026-02-01") } }], {}],
    ["one in the past", [{ pause: { pause_at: day("2025-12-01") } }], {}],
    ["one that ends before it begins", [{ ...paused, resume: { resume_at: day("2026-01-10") } }], {}],
    ["one in the classic billing mode", [paused], { billing_mode: { type: "classic" } }],
    ["one of invoices that are sent", [paused], { default_settings: { collection_method: "send_invoice" } }],
  ];
  test.each(impossible)("cannot be %s", async (_, pause_schedules, more) => {
    const shop = await stage();
    await refused(shop.plan(monthly(shop.basic), { pause_schedules, ...more }), { param: "pause_schedules" });
  });
});

describe("the preview of a schedule", () => {
  const lines = (invoice: Stripe.Invoice) => invoice.lines.data.map(({ amount }) => amount).sort((a, b) => a - b);

  test("is the next invoice, of the next phase where that begins first", async () => {
    const shop = await stage();
    const { id, subscription } = await shop.plan(monthly(shop.basic, shop.pro));
    await shop.until("2026-01-10");
    const next = await shop.stripe.invoices.createPreview({ schedule: id });
    expect(next).toMatchObject({ billing_reason: "upcoming", subtotal: 2000 });
    expect((await shop.stripe.invoices.createPreview({ subscription: subscription as string })).subtotal).toBe(2000);
    await shop.until("2026-02-01");
    expect(lines((await shop.look(subscription as string)).latest_invoice)).toEqual(lines(next));
  });

  test("has in it what a phase that begins within the period prorates", async () => {
    const shop = await stage();
    const { id } = await shop.plan([
      { items: [{ price: shop.basic }], end_date: at("2026-01-16") },
      { items: [{ price: shop.pro }], duration: MONTH },
    ]);
    expect(lines(await shop.stripe.invoices.createPreview({ schedule: id }))).toEqual([-516, 1032, 2000]);
  });

  test("is the first invoice of what has not begun", async () => {
    const shop = await stage();
    const { id } = await shop.plan(monthly(shop.pro), { start_date: at("2026-03-01") });
    const first = await shop.stripe.invoices.createPreview({ schedule: id });
    expect(first).toMatchObject({ subtotal: 2000, lines: { data: [{ period: { start: at("2026-03-01") } }] } });
    expect((await shop.schedule(id)).status).toBe("not_started");
  });

  test("is of other phases, which are not kept", async () => {
    const shop = await stage();
    const { id, phases } = await shop.plan(monthly(shop.basic));
    const [first] = phases as [Stripe.SubscriptionSchedule.Phase];
    const current = { items: [{ price: shop.basic }], start_date: first.start_date, end_date: first.end_date };
    const next = await shop.stripe.invoices.createPreview({
      schedule: id,
      schedule_details: { phases: [current, { items: [{ price: shop.pro, quantity: 3 }], duration: MONTH }] },
    });
    expect(next.subtotal).toBe(6000);
    expect((await shop.schedule(id)).phases).toEqual(phases);
  });

  test("is of a schedule that nobody made", async () => {
    const shop = await stage();
    const first = await shop.stripe.invoices.createPreview({
      customer: shop.customer,
      schedule_details: { phases: [{ items: [{ price: shop.pro }], start_date: "now", duration: MONTH }] },
    });
    expect(first.subtotal).toBe(2000);
    expect(shop.fake.state.subscriptionSchedules.count).toBe(0);
    expect(shop.fake.state.subscriptions.count).toBe(0);
  });

  test("needs a schedule that there is", async () => {
    const { stripe } = await stage();
    const nothing = await error(stripe.invoices.createPreview({ schedule: "sub_sched_none" }));
    expect(nothing).toMatchObject({ code: "resource_missing", param: "schedule" });
  });
});
