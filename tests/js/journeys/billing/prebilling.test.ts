/**
 * Prebilling: subscriptions that are billed for periods to come.
 *
 * Sources: https://docs.stripe.com/billing/subscriptions/prebilling,
 * https://docs.stripe.com/changelog/dahlia/2026-05-27/subscriptions-billing-schedules and the comments of the types of the
 * `stripe` package.
 */

import type Stripe from "stripe";
import { describe, expect, test } from "vitest";
import { error } from "../stage.ts";
import { at, calendar, types, WAYS } from "./calendar.ts";

type Schedules = Stripe.SubscriptionCreateParams["billing_schedules"];

const lasting = (interval: "day" | "month", interval_count: number): Schedules => [
  { key: "ahead", bill_until: { type: "duration", duration: { interval, interval_count } } },
];
const until = (text: string): Schedules => [{ bill_until: { type: "timestamp", timestamp: at(text) } }];

const lines = (invoice: Stripe.Invoice) =>
  invoice.lines.data.map(({ amount, period }) => [amount, period.start, period.end]);

describe.each(WAYS)("a subscription that begins, by %s", (way) => {
  test("is billed for three months, and monthly after them", async () => {
    const shop = await calendar(way);
    const made = await shop.subscribe(await shop.price(1000), { billing_schedules: lasting("month", 3) });
    expect(made.billing_schedules).toEqual([
      {
        applies_to: null,
        bill_until: {
          computed_timestamp: at("2026-04-01"),
          duration: { interval: "month", interval_count: 3 },
          timestamp: null,
          type: "duration",
        },
        key: "ahead",
      },
    ]);
    expect(made.latest_invoice).toMatchObject({ status: "paid", total: 3000 });
    expect(lines(made.latest_invoice)).toEqual([
      [1000, at("2026-01-01"), at("2026-02-01")],
      [1000, at("2026-02-01"), at("2026-03-01")],
      [1000, at("2026-03-01"), at("2026-04-01")],
    ]);
    expect(made.items.data[0]).toMatchObject({
      billed_until: at("2026-04-01"),
      current_period_end: at("2026-02-01"),
    });
    await shop.told();
    // The periods go on, and nothing is billed again.
    await shop.until("2026-02-01");
    await shop.until("2026-03-01");
    await shop.until("2026-03-31");
    const later = await shop.look(made.id);
    expect(later.items.data[0]!.current_period_end).toBe(at("2026-04-01"));
    expect(later.latest_invoice.id).toBe(made.latest_invoice.id);
    expect(types(await shop.told(/^invoice\.created/))).toEqual([]);
    await shop.until("2026-04-01T02:00");
    const renewed = await shop.look(made.id);
    expect(renewed.latest_invoice).toMatchObject({ status: "paid", total: 1000 });
    expect(lines(renewed.latest_invoice)).toEqual([[1000, at("2026-04-01"), at("2026-05-01")]]);
    expect(renewed.items.data[0]).toMatchObject({ billed_until: at("2026-05-01") });
  });

  test("is billed for 45 days, and then for the rest of the second month", async () => {
    const shop = await calendar(way);
    const made = await shop.subscribe(await shop.price(2800), { billing_schedules: lasting("day", 45) });
    // A month of 31 days, and half of February's 28.
    expect(lines(made.latest_invoice)).toEqual([
      [2800, at("2026-01-01"), at("2026-02-01")],
      [1400, at("2026-02-01"), at("2026-02-15")],
    ]);
    await shop.until("2026-02-01T02:00");
    const second = await shop.look(made.id);
    expect(lines(second.latest_invoice)).toEqual([[1400, at("2026-02-15"), at("2026-03-01")]]);
    expect(second.items.data[0]).toMatchObject({ billed_until: at("2026-03-01") });
  });
});

describe("a subscription that runs", () => {
  test("is billed now for the renewal to come", async () => {
    const shop = await calendar("fake.clock");
    const { id } = await shop.subscribe(await shop.price(1000));
    await shop.until("2026-01-25T00:01");
    await shop.told();
    await shop.stripe.subscriptions.update(id, { billing_schedules: until("2026-03-01") });
    const ahead = await shop.look(id);
    expect(ahead.latest_invoice).toMatchObject({ billing_reason: "subscription_update", status: "paid", total: 1000 });
    expect(lines(ahead.latest_invoice)).toEqual([[1000, at("2026-02-01"), at("2026-03-01")]]);
    expect(ahead.billing_schedules[0]!.bill_until).toMatchObject({ timestamp: at("2026-03-01"), type: "timestamp" });
    await shop.until("2026-02-20");
    expect((await shop.look(id)).latest_invoice.id).toBe(ahead.latest_invoice.id);
    await shop.until("2026-03-01T02:00");
    expect((await shop.look(id)).latest_invoice).toMatchObject({ billing_reason: "subscription_cycle", total: 1000 });
  });

  test("is billed once for what two schedules cover", async () => {
    const shop = await calendar("fake.clock");
    const { id } = await shop.subscribe(await shop.price(1000), { billing_schedules: lasting("month", 2) });
    await shop.stripe.subscriptions.update(id, { billing_schedules: lasting("month", 3) });
    const ahead = await shop.look(id);
    expect(lines(ahead.latest_invoice)).toEqual([[1000, at("2026-03-01"), at("2026-04-01")]]);
  });

  test("keeps what is billed when its schedules are taken away", async () => {
    const shop = await calendar("fake.clock");
    const { id } = await shop.subscribe(await shop.price(1000), { billing_schedules: lasting("month", 2) });
    const bare = await shop.stripe.subscriptions.update(id, { billing_schedules: "" });
    expect(bare.billing_schedules).toEqual([]);
    expect(bare.items.data[0]!.billed_until).toBe(at("2026-03-01"));
  });

  test("can end with what is billed", async () => {
    const shop = await calendar("fake.clock");
    const { id } = await shop.subscribe(await shop.price(1000), { billing_schedules: lasting("month", 3) });
    const ending = await shop.stripe.subscriptions.update(id, { cancel_at: "max_billed_until" });
    expect(ending.cancel_at).toBe(at("2026-04-01"));
    await shop.until("2026-04-01");
    expect(await shop.look(id)).toMatchObject({ status: "canceled", ended_at: at("2026-04-01") });
    expect((await shop.stripe.invoices.list({ subscription: id })).data).toHaveLength(1);
  });

  test("is previewed with what is billed in advance", async () => {
    const shop = await calendar("fake.clock");
    const { id } = await shop.subscribe(await shop.price(1000));
    const preview = await shop.stripe.invoices.createPreview({
      subscription: id,
      subscription_details: { billing_schedules: until("2026-04-01") },
    });
    expect(preview.total).toBe(2000);
    expect((await shop.look(id)).items.data[0]).not.toHaveProperty("billed_until");
  });
});

test("some items are billed in advance, others are not", async () => {
  const shop = await calendar("fake.clock");
  const [seat, extra] = [await shop.price(1000), await shop.price(300)];
  const made = await shop.subscribe(seat, {
    billing_schedules: [
      { applies_to: [{ type: "price", price: seat }], bill_until: { type: "timestamp", timestamp: at("2026-03-01") } },
    ],
    items: [{ price: seat }, { price: extra }],
  });
  expect(made.billing_schedules[0]!.applies_to).toEqual([{ type: "price", price: seat }]);
  expect(made.latest_invoice.total).toBe(2300);
  const [first, second] = made.items.data;
  expect(first!.billed_until).toBe(at("2026-03-01"));
  expect(second).not.toHaveProperty("billed_until");
  await shop.until("2026-02-01T02:00");
  expect((await shop.look(made.id)).latest_invoice.total).toBe(300);
});

describe("not billed in advance", () => {
  type Params = Partial<Stripe.SubscriptionCreateParams>;
  const refused: [string, Params][] = [
    ["a subscription of the classic billing mode", { billing_mode: { type: "classic" } }],
    ["one without prorations", { proration_behavior: "none" }],
    ["less than the period that runs", { billing_schedules: until("2026-01-20") }],
    ["what comes after its end", { cancel_at: at("2026-02-15"), billing_schedules: until("2026-03-01") }],
  ];
  test.each(refused)("%s", async (_, params) => {
    const shop = await calendar("fake.clock");
    const made = shop.subscribe(await shop.price(1000), { billing_schedules: lasting("month", 3), ...params });
    expect(await error(made)).toMatchObject({ statusCode: 400, param: "billing_schedules" });
    expect(shop.fake.state.subscriptions.count).toBe(0);
  });

  test("usage", async () => {
    const shop = await calendar("fake.clock");
    const meter = await shop.stripe.billing.meters.create({
      default_aggregation: { formula: "sum" },
      display_name: "Calls",
      event_name: "calls",
    });
    const recurring = { interval: "month" as const, meter: meter.id, usage_type: "metered" as const };
    const price = await shop.price(1, { recurring });
    const applies_to = [{ type: "price" as const, price }];
    for (const more of [{}, { applies_to }]) {
      const billing_schedules = [{ ...lasting("month", 2)![0]!, ...more }];
      const made = shop.subscribe(price, { billing_schedules });
      expect(await error(made)).toMatchObject({ statusCode: 400, param: "billing_schedules" });
    }
  });

  test("what a schedule manages", async () => {
    const shop = await calendar("fake.clock");
    const { id } = await shop.subscribe(await shop.price(1000));
    await shop.stripe.subscriptionSchedules.create({ from_subscription: id });
    const changed = shop.stripe.subscriptions.update(id, { billing_schedules: until("2026-03-01") });
    expect(await error(changed)).toMatchObject({ statusCode: 400, param: "billing_schedules" });
  });
});
