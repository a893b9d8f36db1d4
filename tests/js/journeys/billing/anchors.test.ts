/**
 * When periods begin and end: boundaries, anchors, first periods that are shorter, backdating, several intervals.
 *
 * Sources: https://docs.stripe.com/billing/subscriptions/billing-cycle,
 * https://docs.stripe.com/billing/subscriptions/backdating, https://docs.stripe.com/billing/subscriptions/mixed-interval,
 * https://docs.stripe.com/billing/subscriptions/billing-mode; recorded answers.
 */

import type Stripe from "stripe";
import { describe, expect, test } from "vitest";
import { error } from "../stage.ts";
import { at, type Shop, shop } from "./shop.ts";

const DAY = 86_400;
type Interval = "day" | "week" | "month" | "year";

/** The lines of an invoice: what each costs, from when to when. */
function lines(invoice: Stripe.Invoice) {
  return invoice.lines.data.map(({ amount, period }) => [amount, period.start, period.end]);
}

function date(seconds: number): string {
  return new Date(seconds * 1000).toISOString().slice(0, 10);
}

function items(open: Shop, ...prices: [number, Interval, number?][]) {
  return Promise.all(
    prices.map(async ([cost, interval, interval_count]) => {
      return { price: (await open.price(cost, { recurring: { interval, interval_count } })).id };
    }),
  );
}

describe("the boundaries of periods", () => {
  test.each<[string, Interval, number, string[]]>([
    [
      "2027-01-31",
      "month",
      1,
      [
        "2027-02-28",
        "2027-03-31",
        "2027-04-30",
        "2027-05-31",
        "2027-06-30",
        "2027-07-31",
        "2027-08-31",
        "2027-09-30",
        "2027-10-31",
        "2027-11-30",
        "2027-12-31",
        "2028-01-31",
        "2028-02-29",
        "2028-03-31",
      ],
    ],
    [
      "2026-08-30",
      "month",
      3,
      ["2026-11-30", "2027-02-28", "2027-05-30", "2027-08-30", "2027-11-30", "2028-02-29", "2028-05-30"],
    ],
    ["2028-02-29", "year", 1, ["2029-02-28", "2030-02-28", "2031-02-28", "2032-02-29"]],
    ["2028-02-25", "day", 1, ["2028-02-26", "2028-02-27", "2028-02-28", "2028-02-29", "2028-03-01"]],
    ["2028-02-25", "day", 10, ["2028-03-06", "2028-03-16"]],
    ["2027-06-04", "week", 1, ["2027-06-11", "2027-06-18"]],
    ["2026-12-24", "week", 2, ["2027-01-07", "2027-01-21"]],
    ["2027-09-02", "month", 1, ["2027-10-02", "2027-11-02", "2027-12-02"]],
  ])("from %s, each %s × %i", async (now, interval, count, boundaries) => {
    const open = await shop({ now: `${now}T18:27:33` });
    const made = await open.subscribe({ items: await items(open, [1000, interval, count]) });
    const seen = [];
    for (let ends = made.items.data[0]!.current_period_end; seen.length < boundaries.length; ) {
      seen.push(date(ends));
      expect(ends % DAY).toBe(at("2027-01-01T18:27:33") % DAY);
      open.fake.clock.advanceTo(new Date(ends * 1000));
      const item = (await open.stripe.subscriptions.retrieve(made.id)).items.data[0]!;
      expect(item.current_period_start).toBe(ends);
      ends = item.current_period_end;
    }
    expect(seen).toEqual(boundaries);
    const invoices = await open.stripe.invoices.list({ subscription: made.id, limit: 100 });
    expect(invoices.data.map(({ created }) => date(created)).reverse()).toEqual([now, ...boundaries]);
  });

  test.each([
    ["month", 30],
    ["year", 365],
  ] as const)("a recorded %s is %i days long", async (interval, days) => {
    const open = await shop({ now: "2025-11-10T18:27:33" });
    const made = await open.subscribe({ items: await items(open, [1000, interval]) });
    expect(made.billing_cycle_anchor).toBe(1_762_799_253);
    expect(made.items.data[0]!.current_period_end).toBe(1_762_799_253 + days * DAY);
  });

  test("a schedule of twelve months from April 2023 has a leap day", async () => {
    const open = await shop({ now: "2023-04-05" });
    const schedule = await open.stripe.subscriptionSchedules.create({
      customer: open.customer,
      start_date: "now",
      phases: [{ items: await items(open, [1000, "month"]), duration: { interval: "month", interval_count: 12 } }],
    });
    const phase = schedule.phases[0]!;
    expect(phase.end_date - phase.start_date).toBe(366 * DAY);
  });
});

describe("the anchor", () => {
  test("is when the subscription begins, where nothing is said", async () => {
    const { subscribe } = await shop({ now: "2027-03-04T05:06:07" });
    expect((await subscribe()).billing_cycle_anchor).toBe(at("2027-03-04T05:06:07"));
  });

  // $30.00 for 22 of the 31 days before 1 February.
  test("in the future: the time before is billed in part, now", async () => {
    const open = await shop({ now: "2026-01-10" });
    const anchor = at("2026-02-01");
    const made = await open.subscribe({ items: await items(open, [3000, "month"]), billing_cycle_anchor: anchor });
    expect(made).toMatchObject({ status: "active", billing_cycle_anchor: anchor, invoice: { amount_paid: 2129 } });
    expect(lines(made.invoice)).toEqual([[2129, at("2026-01-10"), anchor]]);
    expect(made.invoice.lines.data[0]!.description).toBe("Remaining time on Basic after 10 Jan 2026");
    open.until("2026-02-01T01:00:00");
    expect(lines((await open.look(made.id)).invoice)).toEqual([[3000, anchor, at("2026-03-01")]]);
  });

  test("in the future, without prorations: the time before is free, and there is no invoice", async () => {
    const open = await shop({ now: "2026-01-10" });
    const made = await open.subscribe({ billing_cycle_anchor: at("2026-02-01"), proration_behavior: "none" });
    expect(made).toMatchObject({ status: "active", latest_invoice: null });
    expect(made.items.data[0]).toMatchObject({
      current_period_start: at("2026-01-10"),
      current_period_end: at("2026-02-01"),
    });
    open.until("2026-02-01T01:00:00");
    expect((await open.look(made.id)).invoice).toMatchObject({ amount_paid: 1000 });
  });

  test.each([
    ["2026-01-10", "2026-02-10", true],
    ["2026-01-10", "2026-02-11", false],
    ["2026-01-10", "2026-01-10", false],
    ["2026-01-10", "2026-01-09", false],
    ["2026-01-31", "2026-02-28", true],
    ["2026-01-31", "2026-03-01", false],
  ])("on %s can be at %s: %s", async (now, anchor, works) => {
    const { subscribe } = await shop({ now });
    const made = subscribe({ billing_cycle_anchor: at(anchor) });
    if (works) return expect((await made).billing_cycle_anchor).toBe(at(anchor));
    expect(await error(made)).toMatchObject({ statusCode: 400, param: "billing_cycle_anchor" });
  });

  test("too far ahead: the message says when the next bill would come", async () => {
    const { subscribe } = await shop({ now: "2024-11-04T21:50:00" });
    const natural = at("2024-12-04T21:50:00");
    expect(await error(subscribe({ billing_cycle_anchor: at("2024-12-05") }))).toMatchObject({
      message: `billing_cycle_anchor cannot be later than next natural billing date (${natural}) for plan`,
    });
  });

  test("moves to now where that is asked for, and a period is billed at once", async () => {
    const { stripe, subscribe, look, until } = await shop();
    const made = await subscribe();
    until("2027-01-17");
    const params = { billing_cycle_anchor: { type: "now" as const }, proration_behavior: "none" as const };
    await stripe.subscriptions.update(made.id, params);
    const after = await look(made.id);
    expect(after).toMatchObject({ billing_cycle_anchor: at("2027-01-17"), invoice: { status: "paid", total: 1000 } });
    expect(lines(after.invoice)).toEqual([[1000, at("2027-01-17"), at("2027-02-17")]]);
  });

  test.each([
    ["classic", "2027-01-17", "2028-01-17"],
    ["flexible", "2027-01-01", "2028-01-01"],
  ] as const)("when the interval changes, in %s billing", async (type, anchor, ends) => {
    const open = await shop();
    const made = await open.subscribe({ billing_mode: { type } });
    open.until("2027-01-17");
    const [yearly] = await items(open, [10_000, "year"]);
    const changed = await open.stripe.subscriptions.update(made.id, {
      items: [{ id: made.items.data[0]!.id, ...yearly! }],
    });
    expect(changed.billing_cycle_anchor).toBe(at(anchor));
    expect(changed.items.data[0]!.current_period_end).toBe(at(ends));
  });

  test.each([
    ["classic", "2027-01-17"],
    ["flexible", "2027-01-01"],
  ] as const)("when a free subscription begins to cost, in %s billing", async (type, anchor) => {
    const open = await shop();
    const [free, paid] = await items(open, [0, "month"], [1000, "month"]);
    const made = await open.subscribe({ items: [free!], billing_mode: { type } });
    open.until("2027-01-17");
    const changed = await open.stripe.subscriptions.update(made.id, {
      items: [{ id: made.items.data[0]!.id, ...paid! }],
    });
    expect(changed.billing_cycle_anchor).toBe(at(anchor));
  });

  // 10 of January's 31 days are used. Flexible billing credits the rest, or leaves the whole period.
  test.each([
    ["classic", undefined, "2027-01-11", [323]],
    ["flexible", undefined, "2027-01-01", [-677, 1000]],
    ["flexible", "none", "2027-01-01", [1000]],
  ] as const)("when it is to end before it is renewed, in %s billing (prorations: %s)", async (...row) => {
    const [type, proration_behavior, anchor, amounts] = row;
    const open = await shop();
    const params = { cancel_at: at("2027-01-11"), billing_mode: { type }, proration_behavior };
    const made = await open.subscribe(params);
    expect(made).toMatchObject({ billing_cycle_anchor: at(anchor), cancel_at: at("2027-01-11") });
    expect(made.invoice.lines.data.map(({ amount }) => amount)).toEqual(amounts);
    open.until("2027-02-02");
    expect(await open.look(made.id)).toMatchObject({ status: "canceled", ended_at: at("2027-01-11") });
  });

  test.each([
    ["phase_start", "2027-01-17"],
    ["automatic", "2027-01-01"],
  ] as const)("of a schedule's phase is %s", async (billing_cycle_anchor, anchor) => {
    const open = await shop();
    const schedule = await open.stripe.subscriptionSchedules.create({
      customer: open.customer,
      start_date: "now",
      phases: [
        { items: await items(open, [1000, "month"]), end_date: at("2027-01-17") },
        {
          items: await items(open, [2000, "month"]),
          billing_cycle_anchor,
          duration: { interval: "month", interval_count: 2 },
        },
      ],
    });
    open.until("2027-01-18");
    const made = await open.look(schedule.subscription as string);
    expect(made.billing_cycle_anchor).toBe(at(anchor));
  });
});

describe("the anchor of a configuration", () => {
  type Config = Stripe.SubscriptionCreateParams.BillingCycleAnchorConfig;
  test.each<[string, [Interval, number], Config, string, string]>([
    // The documented rows: the month's last day, two months from February, a year from July, the time of another.
    ["2027-01-10", ["month", 1], { day_of_month: 31 }, "2027-01-31", "2027-01-31"],
    ["2027-02-10", ["month", 1], { day_of_month: 31 }, "2027-03-31", "2027-02-28"],
    ["2028-02-10", ["month", 1], { day_of_month: 30 }, "2028-03-30", "2028-02-29"],
    ["2027-02-10", ["month", 2], { day_of_month: 31 }, "2027-08-31", "2027-02-28"],
    ["2027-02-10", ["year", 1], { day_of_month: 1, month: 7 }, "2027-07-01", "2027-07-01"],
    ["2027-08-10", ["year", 1], { day_of_month: 1, month: 7 }, "2028-07-01", "2028-07-01"],
    [
      "2027-03-10T08:00:00",
      ["month", 1],
      { day_of_month: 15, hour: 12, minute: 30, second: 0 },
      "2027-03-15T12:30:00",
      "2027-03-15T12:30:00",
    ],
    ["2027-03-15T08:00:00", ["month", 1], { day_of_month: 15 }, "2027-03-15T08:00:00", "2027-04-15T08:00:00"],
    ["2027-03-15T08:00:00", ["month", 1], { day_of_month: 15, hour: 7 }, "2027-04-15T07:00:00", "2027-04-15T07:00:00"],
    ["2027-03-20T08:09:10", ["month", 1], { day_of_month: 1 }, "2027-04-01T08:09:10", "2027-04-01T08:09:10"],
    ["2027-12-20", ["month", 1], { day_of_month: 10 }, "2028-01-10", "2028-01-10"],
    // Months that the interval reaches from July.
    ["2027-02-10", ["month", 3], { day_of_month: 1, month: 7 }, "2027-07-01", "2027-04-01"],
  ])("on %s for %j: %j", async (now, [interval, count], config, anchor, ends) => {
    const open = await shop({ now });
    const made = await open.subscribe({
      items: await items(open, [1000, interval, count]),
      billing_cycle_anchor_config: config,
    });
    expect(made.billing_cycle_anchor).toBe(at(anchor));
    expect(made.items.data[0]!.current_period_end).toBe(at(ends));
    expect(made.billing_cycle_anchor_config).toMatchObject(config);
  });

  test("on the last day, month after month", async () => {
    const open = await shop({ now: "2027-02-10" });
    const made = await open.subscribe({ billing_cycle_anchor_config: { day_of_month: 31 } });
    open.until("2027-07-01");
    const invoices = await open.stripe.invoices.list({ subscription: made.id });
    const days = invoices.data.map(({ created }) => date(created)).reverse();
    expect(days).toEqual(["2027-02-10", "2027-02-28", "2027-03-31", "2027-04-30", "2027-05-31", "2027-06-30"]);
  });

  test.each<[string, (open: Shop) => object]>([
    ["with an anchor", () => ({ billing_cycle_anchor: at("2027-01-20") })],
    ["backdated", () => ({ backdate_start_date: at("2026-12-01") })],
    ["by the week", async (open) => ({ items: await items(open, [100, "week"]) })],
    ["by the day", async (open) => ({ items: await items(open, [100, "day"]) })],
  ])("not %s", async (_, more) => {
    const open = await shop();
    const params = { billing_cycle_anchor_config: { day_of_month: 15 }, ...(await more(open)) };
    expect(await error(open.subscribe(params))).toMatchObject({ statusCode: 400 });
  });
});

describe("a subscription that is backdated", () => {
  test("in flexible billing: a line for each period that passed", async () => {
    const open = await shop({ now: "2027-04-15" });
    const made = await open.subscribe({ backdate_start_date: at("2027-01-31") });
    expect(made).toMatchObject({
      status: "active",
      start_date: at("2027-01-31"),
      created: at("2027-04-15"),
      billing_cycle_anchor: at("2027-01-31"),
    });
    expect(lines(made.invoice)).toEqual([
      [1000, at("2027-01-31"), at("2027-02-28")],
      [1000, at("2027-02-28"), at("2027-03-31")],
      [1000, at("2027-03-31"), at("2027-04-30")],
    ]);
    expect(made.items.data[0]).toMatchObject({
      current_period_start: at("2027-03-31"),
      current_period_end: at("2027-04-30"),
    });
    open.until("2027-04-30T01:00:00");
    expect(lines((await open.look(made.id)).invoice)).toEqual([[1000, at("2027-04-30"), at("2027-05-31")]]);
  });

  test("in classic billing: a line for all that passed, and the first period", async () => {
    const open = await shop({ now: "2027-04-15" });
    const made = await open.subscribe({
      items: await items(open, [3000, "month"]),
      backdate_start_date: at("2027-02-01"),
      billing_mode: { type: "classic" },
    });
    expect(made).toMatchObject({ start_date: at("2027-02-01"), billing_cycle_anchor: at("2027-04-15") });
    // Two months, and 14 of April's 30 days.
    expect(lines(made.invoice)).toEqual([
      [7400, at("2027-02-01"), at("2027-04-15")],
      [3000, at("2027-04-15"), at("2027-05-15")],
    ]);
  });

  // The documented move: begun on 1 September, next billed on 1 November, today is 15 October.
  test.each([
    [
      "flexible",
      [
        [1000, at("2027-09-01"), at("2027-10-01")],
        [1000, at("2027-10-01"), at("2027-11-01")],
      ],
    ],
    ["classic", [[2000, at("2027-09-01"), at("2027-11-01")]]],
  ] as const)("with an anchor, in %s billing", async (type, wanted) => {
    const open = await shop({ now: "2027-10-15" });
    const made = await open.subscribe({
      backdate_start_date: at("2027-09-01"),
      billing_cycle_anchor: at("2027-11-01"),
      billing_mode: { type },
    });
    expect(made).toMatchObject({ start_date: at("2027-09-01"), billing_cycle_anchor: at("2027-11-01") });
    expect(lines(made.invoice)).toEqual(wanted);
    open.until("2027-11-01T01:00:00");
    expect(lines((await open.look(made.id)).invoice)).toEqual([[1000, at("2027-11-01"), at("2027-12-01")]]);
  });

  // The documented parts of months: 14 of 28 days, 17 of 31.
  test.each([
    ["2027-02-15", "2027-03-01", 1400],
    ["2027-01-15", "2027-02-01", 1535],
  ])("from %s, to be billed from %s on", async (backdate, anchor, amount) => {
    const open = await shop({ now: `${anchor.slice(0, 5)}02-20` });
    const later = anchor === "2027-02-01" ? "2027-03-01" : anchor;
    for (const type of ["flexible", "classic"] as const) {
      const made = await open.subscribe({
        items: await items(open, [2800, "month"]),
        backdate_start_date: at(backdate),
        billing_cycle_anchor: at(later),
        billing_mode: { type },
      });
      const [first] = lines(made.invoice);
      if (type === "flexible" || later === anchor) expect(first).toEqual([amount, at(backdate), at(anchor)]);
    }
  });

  test("for nothing, without prorations", async () => {
    const open = await shop({ now: "2027-04-15" });
    const params = { backdate_start_date: at("2027-01-01"), proration_behavior: "none" as const };
    const flexible = await open.subscribe(params);
    expect(flexible).toMatchObject({ start_date: at("2027-01-01"), latest_invoice: null });
    const classic = await open.subscribe({ ...params, billing_mode: { type: "classic" } });
    expect(classic.start_date).toBe(at("2027-01-01"));
    expect(lines(classic.invoice)).toEqual([[1000, at("2027-04-15"), at("2027-05-15")]]);
  });

  test("not over more than 250 lines, and not into the future", async () => {
    const open = await shop({ now: "2027-12-01" });
    const daily = await items(open, [100, "day"]);
    const far = open.subscribe({ items: daily, backdate_start_date: at("2027-12-01") - 250 * DAY });
    expect(await error(far)).toMatchObject({ statusCode: 400, param: "backdate_start_date" });
    const near = await open.subscribe({ items: daily, backdate_start_date: at("2027-12-01") - 249 * DAY });
    expect(near.invoice.amount_paid).toBe(250 * 100);
    const future = open.subscribe({ backdate_start_date: at("2027-12-02") });
    expect(await error(future)).toMatchObject({ statusCode: 400, param: "backdate_start_date" });
  });

  test("counts a repeating coupon's months from its beginning", async () => {
    const open = await shop({ now: "2027-04-15" });
    const coupon = await open.stripe.coupons.create({ percent_off: 50, duration: "repeating", duration_in_months: 4 });
    const made = await open.subscribe({ backdate_start_date: at("2027-01-15"), discounts: [{ coupon: coupon.id }] });
    const discount = await open.stripe.subscriptions.retrieve(made.id, { expand: ["discounts"] });
    const [of] = discount.discounts as Stripe.Discount[];
    expect([of!.start, of!.end]).toEqual([at("2027-01-15"), at("2027-05-15")]);
  });
});

describe("several intervals in one subscription", () => {
  test("each item has a period of its own, and is billed when that is over", async () => {
    const open = await shop({ now: "2027-01-31" });
    const made = await open.subscribe({ items: await items(open, [1000, "month"], [9000, "year"], [100, "week"]) });
    expect(made).toMatchObject({ plan: null, quantity: null, invoice: { amount_paid: 10_100 } });
    expect(made.items.data.map((item) => date(item.current_period_end))).toEqual([
      "2027-02-28",
      "2028-01-31",
      "2027-02-07",
    ]);
    const billed = async (until: string) => {
      open.until(`${until}T01:00:00`);
      return lines((await open.look(made.id)).invoice).map(([amount]) => amount);
    };
    expect(await billed("2027-02-07")).toEqual([100]);
    expect(await billed("2027-02-28")).toEqual([1000, 100]);
    open.until("2028-01-30");
    expect(await billed("2028-01-31")).toEqual([1000, 9000]);
  });

  test.each([
    ["min_period_end", "2027-02-01"],
    ["max_period_end", "2028-01-01"],
  ] as const)("canceled at %s", async (cancel_at, ends) => {
    const open = await shop();
    const mixed = await items(open, [1000, "month"], [9000, "year"]);
    const made = await open.subscribe({ items: mixed, cancel_at });
    expect(made).toMatchObject({ cancel_at: at(ends), cancel_at_period_end: false });
    const later = await open.subscribe({ items: await items(open, [1000, "month"], [9000, "year"]) });
    expect((await open.stripe.subscriptions.update(later.id, { cancel_at })).cancel_at).toBe(at(ends));
  });

  test("not in classic billing", async () => {
    const open = await shop();
    const mixed = await items(open, [1000, "month"], [9000, "year"]);
    expect(await error(open.subscribe({ items: mixed, billing_mode: { type: "classic" } }))).toMatchObject({
      statusCode: 400,
      message:
        "Currency and interval fields must match across all plans on this subscription. Found mismatch in interval field.",
    });
    const counts = await items(open, [1000, "month", 1], [1000, "month", 2]);
    expect(await error(open.subscribe({ items: counts, billing_mode: { type: "classic" } }))).toMatchObject({
      statusCode: 400,
    });
  });

  test("lists know the last start and the first end of periods", async () => {
    const open = await shop();
    const mixed = await open.subscribe({ items: await items(open, [1000, "month"], [9000, "year"]) });
    open.until("2027-02-01T01:00:00");
    const ids = async (params: Stripe.SubscriptionListParams) => {
      return (await open.stripe.subscriptions.list(params)).data.map(({ id }) => id);
    };
    expect(await ids({ current_period_start: at("2027-02-01") })).toEqual([mixed.id]);
    expect(await ids({ current_period_start: { gte: at("2027-01-15") } })).toEqual([mixed.id]);
    expect(await ids({ current_period_start: { lte: at("2027-01-15") } })).toEqual([]);
    expect(await ids({ current_period_end: at("2027-03-01") })).toEqual([mixed.id]);
    expect(await ids({ current_period_end: { lte: at("2027-03-01") } })).toEqual([mixed.id]);
    expect(await ids({ current_period_end: { gt: at("2027-03-01") } })).toEqual([]);
  });
});

describe("where the period is shown", () => {
  test.each([
    ["2025-02-24.acacia", true],
    ["2025-03-31.basil", false],
  ])("in %s the subscription has it: %s", async (apiVersion, has) => {
    const open = await shop();
    const made = await open.subscribe();
    const shown: any = await open.stripe.subscriptions.retrieve(made.id, {}, { apiVersion });
    const period = { current_period_start: at("2027-01-01"), current_period_end: at("2027-02-01") };
    expect(shown.items.data[0]).toMatchObject(period);
    if (has) return expect(shown).toMatchObject({ ...period, discount: null });
    expect(shown).not.toHaveProperty("current_period_start");
    expect(shown).not.toHaveProperty("current_period_end");
  });
});
