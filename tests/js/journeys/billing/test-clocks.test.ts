/**
 * Time in billing: what test clocks can do and cannot, what happens as time passes, and one run through four months,
 * each by a test clock and by `fake.clock`.
 *
 * Sources: https://docs.stripe.com/billing/testing/test-clocks/api-advanced-usage, https://docs.stripe.com/api/test_clocks,
 * https://docs.stripe.com/billing/testing/test-clocks/simulate-subscriptions, and the comments of the types of the `stripe`
 * package; the order of a renewal's events under a test clock as logged by Laravel Cashier's tests.
 */

import type Stripe from "stripe";
import { describe, expect, test } from "vitest";
import { error, stage } from "../stage.ts";
import { at, type Calendar, calendar, DAY, HOUR, types, WAYS } from "./calendar.ts";

const SUBSCRIPTIONS = /^(customer\.subscription|invoice)/;

describe("a test clock", () => {
  test("is made in the present, stands at its own time and is kept for 30 days", async () => {
    const { stripe } = stage({ now: new Date("2025-06-15T12:00:00Z") });
    const created = at("2025-06-15T12:00");
    const clock = await stripe.testHelpers.testClocks.create({ frozen_time: at("2020-01-01"), name: "Renewals" });
    expect({ ...clock }).toEqual({
      id: expect.stringMatching(/^clock_\w{24}$/),
      object: "test_helpers.test_clock",
      created,
      deletes_after: created + 30 * DAY,
      frozen_time: at("2020-01-01"),
      livemode: false,
      name: "Renewals",
      status: "ready",
      status_details: {},
    });
  });

  test("advances, and is ready when all that was due is done", async () => {
    const { fake, stripe } = stage();
    const { id } = await stripe.testHelpers.testClocks.create({ frozen_time: at("2026-01-01") });
    const advancing = await stripe.testHelpers.testClocks.advance(id, { frozen_time: at("2026-03-01") });
    expect(advancing).toMatchObject({
      frozen_time: at("2026-01-01"),
      status: "advancing",
      status_details: { advancing: { target_frozen_time: at("2026-03-01") } },
    });
    const ready = await stripe.testHelpers.testClocks.retrieve(id);
    expect(ready).toMatchObject({ frozen_time: at("2026-03-01"), status: "ready", status_details: {} });
    const events = await stripe.events.list();
    expect(types(events.data.reverse())).toEqual(
      ["created", "advancing", "ready"].map((what) => `test_helpers.test_clock.${what}`),
    );
    expect(fake.state.testHelpers.testClocks.count).toBe(1);
  });

  const attached: [string, (stripe: Stripe, test_clock: string) => Promise<{ test_clock?: unknown }>][] = [
    ["a new customer", (stripe, test_clock) => stripe.customers.create({ test_clock })],
    ["a new quote", (stripe, test_clock) => stripe.quotes.create({ test_clock })],
    [
      "a customer there is",
      async (stripe) => {
        const { id } = await stripe.customers.create();
        await stripe.testHelpers.testClocks.create({ frozen_time: at("2026-01-01"), customer: id });
        return (await stripe.customers.retrieve(id)) as Stripe.Customer;
      },
    ],
  ];
  test.each(attached)("is attached to %s", async (_, attach) => {
    const { stripe } = stage();
    const { id } = await stripe.testHelpers.testClocks.create({ frozen_time: at("2026-01-01") });
    const clocks = await stripe.testHelpers.testClocks.list();
    const made = await attach(stripe, id);
    const all = await stripe.testHelpers.testClocks.list();
    expect(made.test_clock).toBe(all.data.length === clocks.data.length ? id : all.data[0]!.id);
  });

  test("takes a customer's subscriptions along, for good", async () => {
    const shop = await calendar("fake.clock");
    const { id } = await shop.subscribe(await shop.price(1000, { recurring: { interval: "day" } }));
    const { stripe, fake, customer } = shop;
    const clock = await stripe.testHelpers.testClocks.create({ frozen_time: at("2026-01-01"), customer });
    expect((await shop.look(id)).test_clock).toBe(clock.id);
    // The partition's time moves it no more, the clock's does.
    fake.clock.advance({ days: 20 });
    expect((await stripe.invoices.list({ customer })).data).toHaveLength(1);
    await stripe.testHelpers.testClocks.advance(clock.id, { frozen_time: at("2026-01-02T02:00") });
    const renewed = await shop.look(id);
    expect(renewed.latest_invoice).toMatchObject({
      billing_reason: "subscription_cycle",
      created: at("2026-01-02"),
      status: "paid",
      test_clock: clock.id,
    });
    const again = stripe.testHelpers.testClocks.create({ frozen_time: at("2026-01-01"), customer });
    expect(await error(again)).toMatchObject({ statusCode: 400, param: "customer" });
  });

  test("gives what is made for its customers its own time", async () => {
    const { stripe, customer, clock, price, subscribe } = await calendar("a test clock");
    const subscription = await subscribe(await price(1000));
    const item = await stripe.invoiceItems.create({ customer, amount: 5, currency: "usd" });
    for (const { created, test_clock } of [subscription, subscription.latest_invoice, { ...item, created: item.date }]) {
      expect([created, test_clock]).toEqual([at("2026-01-01"), clock]);
    }
  });
});

describe("the limits of a test clock", () => {
  const limits: [string, number, (shop: Calendar, clock: string) => Promise<unknown>][] = [
    ["customers", 2, ({ stripe }, test_clock) => stripe.customers.create({ test_clock })],
    ["subscriptions of a customer", 3, async (shop) => shop.subscribe(await shop.price(1000))],
    ["quotes", 10, ({ stripe }, test_clock) => stripe.quotes.create({ test_clock })],
  ];
  test.each(limits)("%s: %i more, and no other", async (_, most, make) => {
    const shop = await calendar("a test clock");
    for (let count = 0; count < most; count++) await make(shop, shop.clock!);
    expect(await error(make(shop, shop.clock!))).toMatchObject({ statusCode: 400, type: "StripeInvalidRequestError" });
  });

  const reach: [string, Partial<Stripe.PriceCreateParams> | undefined, string, boolean][] = [
    ["the same time", undefined, "2026-01-01", false],
    ["a time before", undefined, "2025-12-31", false],
    ["two years without subscriptions", undefined, "2028-01-01", true],
    ["more than two years", undefined, "2028-01-01T00:01", false],
    ["two months of a monthly one", {}, "2026-03-01", true],
    ["more than two months of a monthly one", {}, "2026-03-01T00:01", false],
    ["two weeks of a weekly one", { recurring: { interval: "week" } }, "2026-01-15", true],
    ["more than two weeks of a weekly one", { recurring: { interval: "week" } }, "2026-01-16", false],
    ["two days of a daily one", { recurring: { interval: "day" } }, "2026-01-03", true],
    ["more than two days of a daily one", { recurring: { interval: "day" } }, "2026-01-04", false],
    ["two years of a yearly one", { recurring: { interval: "year" } }, "2028-01-01", true],
  ];
  test.each(reach)("advancing by %s", async (_, recurring, target, allowed) => {
    const shop = await calendar("a test clock");
    if (recurring) {
      await shop.subscribe(await shop.price(5000, { recurring: { interval: "year" } }));
      await shop.subscribe(await shop.price(1000, recurring));
    }
    const advance = shop.stripe.testHelpers.testClocks.advance(shop.clock!, { frozen_time: at(target) });
    if (allowed) expect((await advance).status).toBe("advancing");
    else expect(await error(advance)).toMatchObject({ statusCode: 400, param: "frozen_time" });
  });

  test("a subscription that has ended limits nothing", async () => {
    const shop = await calendar("a test clock");
    const { id } = await shop.subscribe(await shop.price(1000, { recurring: { interval: "day" } }));
    await shop.stripe.subscriptions.cancel(id);
    await shop.until("2027-06-01");
    expect(await shop.stripe.testHelpers.testClocks.retrieve(shop.clock!)).toMatchObject({ status: "ready" });
  });

  // A clock of fakestripe's has arrived before anything else is answered: the refusal has to be asked for.
  test("nothing is changed while it advances", async () => {
    const shop = await calendar("a test clock");
    const message = `Test clock advancement underway - cannot perform modifications: ${shop.clock}`;
    shop.fake.failNext("POST /v1/subscriptions", { status: 429, message });
    const busy = await error(shop.subscribe(await shop.price(1000)));
    expect(busy).toMatchObject({ statusCode: 429, message, type: "StripeRateLimitError" });
  });
});

describe("what goes by a test clock", () => {
  test("is only listed to who asks for the clock or the customer", async () => {
    const { stripe, customer, clock, price, subscribe } = await calendar("a test clock");
    const monthly = await price(1000);
    const subscription = await subscribe(monthly);
    const schedule = await stripe.subscriptionSchedules.create({
      customer,
      phases: [{ items: [{ price: monthly }], duration: { interval: "month" } }],
      start_date: at("2026-02-01"),
    });
    const quote = await stripe.quotes.create({ customer, line_items: [{ price: monthly }] });
    expect([subscription.test_clock, schedule.test_clock, quote.test_clock]).toEqual([clock, clock, clock]);
    const ids = async (list: Promise<{ data: { id: string }[] }>) => (await list).data.map(({ id }) => id);
    const test_clock = clock!;
    const rows: [Promise<string[]>, string[]][] = [
      [ids(stripe.customers.list()), []],
      [ids(stripe.customers.list({ test_clock })), [customer]],
      [ids(stripe.subscriptions.list()), []],
      [ids(stripe.subscriptions.list({ test_clock })), [subscription.id]],
      [ids(stripe.subscriptions.list({ customer })), [subscription.id]],
      [ids(stripe.subscriptionSchedules.list()), []],
      [ids(stripe.subscriptionSchedules.list({ customer })), [schedule.id]],
      [ids(stripe.quotes.list()), []],
      [ids(stripe.quotes.list({ test_clock })), [quote.id]],
      [ids(stripe.quotes.list({ customer })), [quote.id]],
    ];
    for (const [listed, wanted] of rows) expect(await listed).toEqual(wanted);
  });

  const gone = async ({ stripe, customer, look, clock }: Calendar, subscription: string) => {
    expect(await stripe.customers.retrieve(customer)).toMatchObject({ id: customer, deleted: true });
    expect((await look(subscription)).status).toBe("canceled");
    expect(await error(stripe.testHelpers.testClocks.retrieve(clock!))).toMatchObject({ code: "resource_missing" });
  };

  test("goes with it when it is deleted", async () => {
    const shop = await calendar("a test clock");
    const { id } = await shop.subscribe(await shop.price(1000));
    await shop.told();
    expect(await shop.stripe.testHelpers.testClocks.del(shop.clock!)).toMatchObject({ deleted: true });
    await gone(shop, id);
    expect(types(await shop.told())).toEqual([
      "customer.subscription.deleted",
      "customer.deleted",
      "test_helpers.test_clock.deleted",
    ]);
  });

  test("goes with it after 30 days", async () => {
    const shop = await calendar("a test clock");
    const { id } = await shop.subscribe(await shop.price(1000));
    shop.fake.clock.advance({ days: 29 });
    expect((await shop.look(id)).status).toBe("active");
    shop.fake.clock.advance({ days: 1 });
    await gone(shop, id);
  });
});

describe.each(WAYS)("by %s", (way) => {
  test("a trial's end is announced three days before; the first paid month is a draft for an hour", async () => {
    const shop = await calendar(way);
    const { id } = await shop.subscribe(await shop.price(1000), { trial_period_days: 7 });
    expect(types(await shop.turn("2026-01-05", SUBSCRIPTIONS))).toEqual(["customer.subscription.trial_will_end"]);
    await shop.until("2026-01-08");
    const due = await shop.look(id);
    expect(due).toMatchObject({ status: "active", latest_invoice: { status: "draft", total: 1000 } });
    await shop.until("2026-01-08T01:00");
    expect((await shop.look(id)).latest_invoice).toMatchObject({ status: "paid", created: at("2026-01-08") });
  });

  test("a renewal: notice, draft, an hour, paid", async () => {
    const shop = await calendar(way);
    const first = await shop.subscribe(await shop.price(1000));
    const [upcoming, ...others] = await shop.turn("2026-01-25", SUBSCRIPTIONS);
    expect([upcoming!.type, others]).toEqual(["invoice.upcoming", []]);
    const boundary = await shop.turn("2026-02-01", SUBSCRIPTIONS);
    expect(types(boundary)).toEqual(["invoice.created", "customer.subscription.updated"]);
    const due = await shop.look(first.id);
    const updated = boundary[1];
    expect(upcoming!.data.object).not.toHaveProperty("id");
    expect(upcoming!.data.object).toMatchObject({ amount_due: 1000, billing_reason: "upcoming" });
    // What the update was is what the items were, and the invoice before.
    const old = first.items.data[0]!;
    expect(updated!.data.previous_attributes).toMatchObject({
      items: {
        data: [{ id: old.id, current_period_start: at("2026-01-01"), current_period_end: at("2026-02-01") }],
      },
      latest_invoice: first.latest_invoice.id,
    });
    expect(Object.keys(updated!.data.previous_attributes!)).toEqual(["items", "latest_invoice"]);
    expect(due.latest_invoice).toMatchObject({
      billing_reason: "subscription_cycle",
      created: at("2026-02-01"),
      period_start: at("2026-01-01"),
      period_end: at("2026-02-01"),
      status: "draft",
    });
    expect(due.latest_invoice.lines.data[0]!.period).toEqual({ start: at("2026-02-01"), end: at("2026-03-01") });
    expect(due.items.data[0]).toMatchObject({
      current_period_start: at("2026-02-01"),
      current_period_end: at("2026-03-01"),
    });
    const collected = await shop.turn("2026-02-01T01:00", /^(invoice|charge|payment_intent)/);
    expect((await shop.look(first.id)).latest_invoice.status).toBe("paid");
    expect(types(collected)).toEqual([
      "invoice.finalized",
      "payment_intent.created",
      "charge.succeeded",
      "payment_intent.succeeded",
      "invoice_payment.paid",
      "invoice.updated",
      "invoice.paid",
      "invoice.payment_succeeded",
    ]);
    for (const event of collected) expect(event.request!.id).toBe(null);
  });

  test("a renewal that costs nothing: an hour, and then all at once", async () => {
    const shop = await calendar(way);
    const { id } = await shop.subscribe(await shop.price(0));
    await shop.until("2026-02-01");
    expect((await shop.look(id)).latest_invoice).toMatchObject({ status: "draft", total: 0 });
    await shop.told();
    await shop.until("2026-02-01T01:00");
    expect(types(await shop.told(/^(invoice|charge|payment_intent)/))).toEqual([
      "invoice.finalized",
      "invoice.updated",
      "invoice.paid",
      "invoice.payment_succeeded",
    ]);
  });

  test("a renewal that is not paid: past due, and tried again", async () => {
    const shop = await calendar(way);
    const { id } = await shop.subscribe(await shop.price(1000));
    await shop.payWith("pm_card_chargeCustomerFail");
    await shop.until("2026-02-01");
    await shop.told();
    await shop.until("2026-02-01T01:00");
    expect(types(await shop.told(/^(customer\.subscription|invoice\.(finalized|payment)|charge|payment_intent)/))).toEqual([
      "invoice.finalized",
      "payment_intent.created",
      "charge.failed",
      "payment_intent.payment_failed",
      "invoice.payment_failed",
      "customer.subscription.updated",
    ]);
    const behind = await shop.look(id);
    expect(behind).toMatchObject({ status: "past_due", latest_invoice: { status: "open", attempt_count: 1 } });
    const next = behind.latest_invoice.next_payment_attempt!;
    await shop.until(new Date(next * 1000).toISOString().slice(0, 19));
    expect((await shop.look(id)).latest_invoice.attempt_count).toBe(2);
  });

  test("an invoice that is sent is overdue on its due date", async () => {
    const shop = await calendar(way);
    const { id } = await shop.subscribe(await shop.price(1000), { collection_method: "send_invoice", days_until_due: 7 });
    const told = await shop.turn("2026-01-08", SUBSCRIPTIONS);
    expect(types(told)).toEqual(["customer.subscription.updated"]);
    expect(told[0]!.data.previous_attributes).toEqual({ status: "active" });
    expect((await shop.look(id)).status).toBe("past_due");
    // Nobody is reminded of what they are sent.
    await shop.until("2026-02-02");
    expect(types(await shop.told(/upcoming/))).toEqual([]);
  });

  const ends: [string, Partial<Stripe.SubscriptionUpdateParams>, string][] = [
    ["with its period", { cancel_at_period_end: true }, "2026-02-01"],
    ["at a date", { cancel_at: at("2026-01-20"), proration_behavior: "none" }, "2026-01-20"],
  ];
  test.each(ends)("a subscription ends %s, and is not renewed", async (_, params, date) => {
    const shop = await calendar(way);
    const { id } = await shop.subscribe(await shop.price(1000));
    await shop.until("2026-01-10");
    await shop.stripe.subscriptions.update(id, params);
    expect(types(await shop.turn(date, SUBSCRIPTIONS))).toEqual(["customer.subscription.deleted"]);
    expect(await shop.look(id)).toMatchObject({
      canceled_at: at("2026-01-10"),
      ended_at: at(date),
      status: "canceled",
    });
  });

  test("what is pending at the end of a canceled period is billed then", async () => {
    const shop = await calendar(way);
    const { id } = await shop.subscribe(await shop.price(1000));
    await shop.stripe.subscriptions.update(id, { cancel_at_period_end: true });
    const { customer, stripe } = shop;
    await stripe.invoiceItems.create({ customer, subscription: id, amount: 700, currency: "usd" });
    await shop.until("2026-02-01T02:00");
    expect(await shop.look(id)).toMatchObject({ status: "canceled", latest_invoice: { total: 700 } });
  });

  test("a first payment that nobody makes is waited for 23 hours", async () => {
    const shop = await calendar(way, { card: "" });
    const { id } = await shop.subscribe(await shop.price(1000), { payment_behavior: "default_incomplete" });
    const told = await shop.turn("2026-01-01T23:00", /^(customer.subscription|invoice.voided)/);
    expect(types(told)).toEqual(["invoice.voided", "customer.subscription.updated"]);
    expect(await shop.look(id)).toMatchObject({
      ended_at: at("2026-01-01") + 23 * HOUR,
      latest_invoice: { status: "void" },
      status: "incomplete_expired",
    });
  });

  test("a paused subscription stands still, one whose collection is paused goes on", async () => {
    const shop = await calendar(way);
    const paused = await shop.subscribe(await shop.price(1000));
    const uncollected = await shop.subscribe(await shop.price(2000));
    await shop.stripe.subscriptions.pause(paused.id, { type: "subscription" });
    await shop.stripe.subscriptions.update(uncollected.id, { pause_collection: { behavior: "void" } });
    await shop.until("2026-03-01");
    const still = await shop.look(paused.id);
    expect(still.status).toBe("paused");
    expect(still.items.data[0]!.current_period_end).toBe(at("2026-02-01"));
    expect(still.latest_invoice.id).toBe(paused.latest_invoice.id);
    const on = await shop.look(uncollected.id);
    expect(on.items.data[0]!.current_period_end).toBe(at("2026-04-01"));
    expect(on.latest_invoice).toMatchObject({ created: at("2026-03-01"), status: "void" });
  });

  test("several periods pass one after another: what the first left undone, the second finds", async () => {
    const shop = await calendar(way);
    const { id } = await shop.subscribe(await shop.price(1000, { recurring: { interval: "week" } }));
    await shop.payWith("pm_card_chargeCustomerFail");
    await shop.until("2026-01-15");
    const { data } = await shop.stripe.invoices.list({ subscription: id });
    expect(data.map(({ status, created }) => [status, created])).toEqual([
      ["draft", at("2026-01-15")],
      ["open", at("2026-01-08")],
      ["paid", at("2026-01-01")],
    ]);
    expect((await shop.look(id)).status).toBe("past_due");
  });

  test("four months of a subscription", async () => {
    const shop = await calendar(way);
    const { stripe, until, look } = shop;
    const [basic, pro] = [await shop.price(1000), await shop.price(2000)];
    const made = await shop.subscribe(basic);
    const item = made.items.data[0]!.id;
    const prefix = ((await stripe.customers.retrieve(shop.customer)) as Stripe.Customer).invoice_prefix;
    const period = (subscription: Stripe.Subscription) => {
      const [{ current_period_start, current_period_end }] = subscription.items.data as [Stripe.SubscriptionItem];
      return [current_period_start, current_period_end];
    };
    const row = async () => {
      const { status, latest_invoice: invoice } = await look(made.id);
      return [status, invoice.number, invoice.status, invoice.total];
    };

    expect(await row()).toEqual(["active", `${prefix}-0001`, "paid", 1000]);
    expect(period(made)).toEqual([at("2026-01-01"), at("2026-02-01")]);

    await until("2026-01-16");
    const items = [{ id: item, price: pro }];
    await stripe.subscriptions.update(made.id, { items, proration_behavior: "create_prorations" });
    const pending = await stripe.invoiceItems.list({ customer: shop.customer, pending: true });
    expect(pending.data.map(({ amount }) => amount).sort((a, b) => a - b)).toEqual([-516, 1032]);
    expect((await stripe.invoices.list({ subscription: made.id })).data).toHaveLength(1);

    await until("2026-02-01");
    const february = await look(made.id);
    expect(february.latest_invoice).toMatchObject({
      billing_reason: "subscription_cycle",
      period_start: at("2026-01-01"),
      period_end: at("2026-02-01"),
      status: "draft",
      total: 2516,
    });
    const amounts = february.latest_invoice.lines.data.map(({ amount }) => amount);
    expect(amounts.sort((a, b) => a - b)).toEqual([-516, 1032, 2000]);
    expect(period(february)).toEqual([at("2026-02-01"), at("2026-03-01")]);

    await until("2026-02-01T01:00");
    expect(await row()).toEqual(["active", `${prefix}-0002`, "paid", 2516]);

    await until("2026-02-10");
    await shop.payWith("pm_card_chargeCustomerFail");
    expect(await row()).toEqual(["active", `${prefix}-0002`, "paid", 2516]);

    await until("2026-03-01T01:00");
    expect(await row()).toEqual(["past_due", `${prefix}-0003`, "open", 2000]);
    const unpaid = (await look(made.id)).latest_invoice;
    expect(unpaid.attempt_count).toBe(1);
    expect(unpaid.next_payment_attempt).toBeGreaterThan(at("2026-03-01T01:00"));

    await until("2026-03-02");
    await shop.payWith("pm_card_visa");
    await stripe.invoices.pay(unpaid.id!);
    expect(await row()).toEqual(["active", `${prefix}-0003`, "paid", 2000]);
    expect((await look(made.id)).latest_invoice.attempt_count).toBe(1);

    await until("2026-03-05");
    await stripe.subscriptions.update(made.id, { cancel_at_period_end: true });
    expect(await look(made.id)).toMatchObject({ cancel_at: at("2026-04-01"), status: "active" });

    await until("2026-04-01");
    expect(await look(made.id)).toMatchObject({
      canceled_at: at("2026-03-05"),
      ended_at: at("2026-04-01"),
      latest_invoice: { id: unpaid.id },
      status: "canceled",
    });
  });
});
