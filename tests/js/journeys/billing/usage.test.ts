/**
 * Usage, from the event that reports it to the line that bills it: meters, what they count, what
 * they refuse, corrections, summaries, prices that change within a period, alerts.
 *
 * Sources: https://docs.stripe.com/billing/subscriptions/usage-based/recording-usage-api,
 * …/meters/configure, …/manage-billing-setup, …/alerts,
 * https://docs.stripe.com/billing/subscriptions/billing-mode/compare (the worked examples), the codes
 * of the types of `stripe`, and https://docs.stripe.com/api/usage_records for versions before basil.
 */

import { createRequire } from "node:module";
import type { FakeStripe } from "fakestripe";
import Stripe from "stripe";
import { describe, expect, test } from "vitest";
import { error, stage } from "../stage.ts";

const at = (day: string) => Date.parse(`2026-${day}T00:00:00Z`) / 1000;
const DAY = 86_400;

type Formula = "sum" | "count" | "last";

/** A customer who pays by card, on the first of January. */
async function customer() {
  const { fake, stripe } = stage({ now: new Date("2026-01-01T00:00:00Z") });
  fake.clock.freeze();
  const { id } = await stripe.customers.create({
    payment_method: "pm_card_visa",
    invoice_settings: { default_payment_method: "pm_card_visa" },
  });
  return { fake, stripe, customer: id };
}

/** A meter beside the customer, and 10 cents a unit. */
async function metered(formula: Formula = "sum", more: Partial<Stripe.Billing.MeterCreateParams> = {}) {
  const of = await customer();
  const meter = await of.stripe.billing.meters.create({
    display_name: "Calls",
    event_name: "calls",
    default_aggregation: { formula },
    ...more,
  });
  const priced = (unit_amount: number, price: object = {}) =>
    of.stripe.prices.create({
      currency: "usd",
      ...("tiers" in price ? {} : { unit_amount }),
      product_data: { name: "Calls" },
      recurring: { interval: "month", usage_type: "metered", meter: meter.id },
      ...price,
    } as Stripe.PriceCreateParams);
  /** Reports a value, as of now or of a day. */
  const report = (value: string | number, timestamp?: number, identifier?: string) =>
    of.stripe.billing.meterEvents.create({
      event_name: "calls",
      identifier,
      payload: { stripe_customer_id: of.customer, value: `${value}` },
      timestamp,
    });
  const subscribe = (price: { id: string }, mode: "flexible" | "classic" = "flexible", more: object = {}) =>
    of.stripe.subscriptions.create({
      customer: of.customer,
      items: [{ price: price.id }],
      billing_mode: { type: mode },
      ...more,
    });
  /** The invoices, newest first, as [amount, quantity] of their lines. */
  const billed = async () => {
    const { data } = await of.stripe.invoices.list({ customer: of.customer });
    return data.map(({ lines }) => lines.data.map(({ amount, quantity }) => [amount, quantity]));
  };
  return { ...of, meter, priced, report, subscribe, billed };
}

describe("a meter", () => {
  test("has what is not said from Stripe", async () => {
    const { meter } = await metered();
    expect(meter).toMatchObject({
      object: "billing.meter",
      customer_mapping: { event_payload_key: "stripe_customer_id", type: "by_id" },
      event_time_window: null,
      status: "active",
      status_transitions: { deactivated_at: null },
      value_settings: { event_payload_key: "value" },
    });
  });

  test("can only be given another name to show", async () => {
    const { stripe, meter } = await metered();
    const named = await stripe.billing.meters.update(meter.id, { display_name: "API calls" });
    expect(named).toMatchObject({ display_name: "API calls", event_name: "calls" });
    const params = { event_name: "other" } as Stripe.Billing.MeterUpdateParams;
    expect(await error(stripe.billing.meters.update(meter.id, params))).toMatchObject({
      code: "parameter_unknown",
      param: "event_name",
    });
  });

  test("is alone in counting events of that name, as long as it is active", async () => {
    const { stripe, meter } = await metered();
    const another = {
      display_name: "More calls",
      event_name: "calls",
      default_aggregation: { formula: "count" as const },
    };
    expect(await error(stripe.billing.meters.create(another))).toMatchObject({
      statusCode: 400,
      param: "event_name",
    });
    const off = await stripe.billing.meters.deactivate(meter.id);
    expect(off).toMatchObject({
      status: "inactive",
      status_transitions: { deactivated_at: at("01-01") },
    });
    const { id } = await stripe.billing.meters.create(another);
    expect((await error(stripe.billing.meters.reactivate(meter.id))).statusCode).toBe(400);
    await stripe.billing.meters.deactivate(id);
    expect(await stripe.billing.meters.reactivate(meter.id)).toMatchObject({
      status: "active",
      status_transitions: { deactivated_at: null },
    });
  });

  test("that is inactive, or nobody made, has no prices", async () => {
    const { stripe, meter, priced } = await metered();
    await stripe.billing.meters.deactivate(meter.id);
    expect((await error(priced(10))).param).toBe("recurring[meter]");
    const recurring = { interval: "month", usage_type: "metered", meter: "mtr_none" };
    expect(await error(priced(10, { recurring }))).toMatchObject({
      code: "resource_missing",
      param: "recurring[meter]",
    });
  });

  test("reads customer and value where it is told to", async () => {
    const { fake, stripe, customer, meter, priced, subscribe, billed } = await metered("sum", {
      customer_mapping: { type: "by_id", event_payload_key: "who" },
      value_settings: { event_payload_key: "tokens" },
    });
    await subscribe(await priced(10));
    const payload = { who: customer, tokens: "7", value: "1000" };
    await stripe.billing.meterEvents.create({ event_name: meter.event_name, payload });
    fake.clock.advanceTo("2026-02-01T00:00:00Z");
    expect(await billed()).toEqual([[[70, 7]]]);
  });
});

describe("3, 4 and 5 at 10 cents", () => {
  test.each<[Formula, number, number]>([
    ["sum", 12, 120],
    ["count", 3, 30],
    ["last", 5, 50],
  ])("by %s are %i units and a line of %i", async (formula, quantity, amount) => {
    const { fake, priced, report, subscribe, billed } = await metered(formula);
    const subscription = await subscribe(await priced(10));
    expect(subscription).toMatchObject({ status: "active", latest_invoice: null });
    for (const value of [3, 4, 5]) {
      fake.clock.advance({ days: 1 });
      await report(value);
    }
    fake.clock.advanceTo("2026-02-01T00:00:00Z");
    expect(await billed()).toEqual([[[amount, quantity]]]);
  });

  // Two hours of one day, with two events in the first of them; then another day.
  const EVENTS = [[2, 3], [2.01, 4], [2.5, 5], [3, 6]] as const;

  test.each<[Formula, "day" | "hour", number]>([
    ["sum", "day", 5 + 6],
    ["sum", "hour", 4 + 5 + 6],
    ["count", "day", 2],
    ["count", "hour", 3],
  ])("by %s: what is added up beforehand a %s counts with its latest event", async (formula, event_time_window, quantity) => {
    const { fake, priced, report, subscribe, billed } = await metered(formula, { event_time_window });
    await subscribe(await priced(10));
    fake.clock.advanceTo("2026-01-10T00:00:00Z");
    for (const [day, value] of EVENTS) {
      await report(value, at("01-01") + day * DAY);
    }
    fake.clock.advanceTo("2026-02-01T00:00:00Z");
    expect(await billed()).toEqual([[[quantity * 10, quantity]]]);
  });

  test("with tiers, are a line for each tier that is reached", async () => {
    const { fake, stripe, customer, priced, report, subscribe } = await metered();
    const tiers = [
      { up_to: 5, unit_amount: 100 },
      { up_to: "inf" as const, unit_amount: 50 },
    ];
    const billing_scheme = "tiered" as const;
    await subscribe(await priced(0, { billing_scheme, tiers_mode: "graduated", tiers }));
    for (const value of [3, 4, 5]) {
      await report(value);
    }
    fake.clock.advanceTo("2026-02-01T00:00:00Z");
    const [draft] = (await stripe.invoices.list({ customer })).data;
    const lines = draft!.lines.data.map(({ amount, quantity }) => [amount, quantity]);
    expect([draft!.total, lines]).toEqual([850, [[500, 5], [350, 7]]]);
    // One more, of January.
    await report(1, at("01-31"));
    fake.clock.advance({ hours: 1 });
    const paid = await stripe.invoices.retrieve(draft!.id);
    expect([paid.status, paid.total]).toEqual(["paid", 900]);
    expect(paid.lines.data.map(({ amount, quantity }) => [amount, quantity])).toEqual([
      [500, 5],
      [400, 8],
    ]);
  });

  test("come to nothing where more is taken back than was used", async () => {
    const { fake, priced, report, subscribe, billed } = await metered();
    await subscribe(await priced(10));
    for (const value of [3, 4, -9]) {
      await report(value);
    }
    fake.clock.advanceTo("2026-02-01T00:00:00Z");
    expect(await billed()).toEqual([[[0, 0]]]);
  });
});

describe("an event", () => {
  test("is answered without an id", async () => {
    const { customer, report } = await metered();
    const { lastResponse, ...event } = await report(3, undefined, "first");
    expect(lastResponse.statusCode).toBe(200);
    expect(event).toEqual({
      object: "billing.meter_event",
      created: at("01-01"),
      event_name: "calls",
      identifier: "first",
      livemode: false,
      payload: { stripe_customer_id: customer, value: "3" },
      timestamp: at("01-01"),
    });
  });

  test("with an identifier that is known is refused, and counts once", async () => {
    const { fake, priced, report, subscribe, billed } = await metered();
    await subscribe(await priced(10));
    await report(3, undefined, "first");
    expect((await error(report(3, undefined, "first"))).statusCode).toBe(400);
    fake.clock.advanceTo("2026-02-01T00:00:00Z");
    expect(await billed()).toEqual([[[30, 3]]]);
  });

  /** What each code needs, of an event that is well otherwise. */
  const WRONG: [string, string, (of: { customer: string }) => object][] = [
    ["no_meter", "No meter found with event name none.", () => ({ event_name: "none" })],
    [
      "meter_event_no_customer_defined",
      "Customer mapping key stripe_customer_id not found in payload.",
      () => ({ payload: { value: "1" } }),
    ],
    [
      "meter_event_customer_not_found",
      "No such customer: 'cus_none'",
      () => ({ payload: { stripe_customer_id: "cus_none", value: "1" } }),
    ],
    [
      "meter_event_invalid_value",
      "must be a whole number",
      ({ customer }) => ({ payload: { stripe_customer_id: customer, value: "1.5" } }),
    ],
    [
      "meter_event_value_too_many_digits",
      "The value in the event payload can have at most 15 digits. Received `1234567890123456`.",
      ({ customer }) => ({ payload: { stripe_customer_id: customer, value: "1234567890123456" } }),
    ],
    ["timestamp_in_future", "", () => ({ timestamp: at("01-01") + 301 })],
    ["timestamp_too_far_in_past", "", () => ({ timestamp: at("01-01") - 35 * DAY - 1 })],
    ["archived_meter", "", () => ({ event_name: "archived" })],
  ];

  /** One that nothing is wrong with. */
  const well = (of: { customer: string }) => ({
    event_name: "calls",
    payload: { stripe_customer_id: of.customer, value: "1" },
  });

  async function withArchived() {
    const of = await metered();
    const { id } = await of.stripe.billing.meters.create({
      display_name: "Archived",
      event_name: "archived",
      default_aggregation: { formula: "sum" },
    });
    await of.stripe.billing.meters.deactivate(id);
    return { ...of, archived: id };
  }

  test.each(WRONG)("is taken in v1 and told of later: %s", async (code, message, wrong) => {
    const of = await withArchived();
    const identifier = "wrong";
    await of.stripe.billing.meterEvents.create({ ...well(of), identifier, ...wrong(of) });
    expect(of.fake.state.billing.meterEvents.count).toBe(0);
    const [told, ...others] = (await of.stripe.v2.core.events.list()).data as any[];
    const meters: Record<string, string> = { archived_meter: of.archived };
    const related = { id: meters[code] ?? of.meter.id, type: "billing.meter" };
    expect(told).toMatchObject(
      code === "no_meter"
        ? { type: "v1.billing.meter.no_meter_found" }
        : { type: "v1.billing.meter.error_report_triggered", related_object: related },
    );
    expect(others.some(({ type }) => /error_report|no_meter/.test(type))).toBe(false);
    expect(told.data).toMatchObject({
      developer_message_summary: "There is 1 invalid event",
      reason: {
        error_count: 1,
        error_types: [
          {
            code,
            error_count: 1,
            sample_errors: [
              { error_message: expect.stringContaining(message), request: { identifier } },
            ],
          },
        ],
      },
    });
  });

  test.each(WRONG)("is refused in v2: %s", async (code, message, wrong) => {
    const of = await withArchived();
    const { timestamp, ...rest } = { ...well(of), ...wrong(of) } as any;
    const when = timestamp && { timestamp: new Date(timestamp * 1000).toISOString() };
    const refused = await error(of.stripe.v2.billing.meterEvents.create({ ...rest, ...when }));
    expect(refused).toMatchObject({ statusCode: 400, code });
    expect(refused.message).toContain(message);
  });

  test.each([
    ["35 days ago", at("01-01") - 35 * DAY],
    ["in five minutes", at("01-01") + 300],
  ])("may be of %s", async (_, timestamp) => {
    const { fake, report } = await metered();
    await report(1, timestamp);
    expect(fake.state.billing.meterEvents.count).toBe(1);
  });

  test("of a stream is taken with a session's token, until that expires", async () => {
    const of = await metered();
    const session = await of.stripe.v2.billing.meterEventSession.create();
    expect(session).toMatchObject({
      object: "v2.billing.meter_event_session",
      expires_at: "2026-01-01T00:15:00.000Z",
    });
    const stream = new Stripe(session.authentication_token, of.fake.stripeOptions());
    const send = () => stream.v2.billing.meterEventStream.create({ events: [well(of), well(of)] });
    await send();
    expect(of.fake.state.billing.meterEvents.count).toBe(2);
    of.fake.clock.advance({ minutes: 16 });
    expect((await error(send())).statusCode).toBe(401);
    const bad = new Stripe("token_of_nobody", of.fake.stripeOptions());
    const events = [well(of)];
    expect((await error(bad.v2.billing.meterEventStream.create({ events }))).statusCode).toBe(401);
  });
});

describe("an adjustment", () => {
  const cancel = (identifier: string) => ({
    event_name: "calls",
    type: "cancel" as const,
    cancel: { identifier },
  });

  test.each(["v1", "v2"])("of %s takes an event back, within a day", async (version) => {
    const { fake, stripe, priced, report, subscribe, billed } = await metered();
    await subscribe(await priced(10));
    await report(3, undefined, "right");
    await report(90, undefined, "wrong");
    const adjustments =
      version === "v1" ? stripe.billing.meterEventAdjustments : stripe.v2.billing.meterEventAdjustments;
    fake.clock.advance({ hours: 24 });
    expect(await adjustments.create(cancel("wrong"))).toMatchObject({
      cancel: { identifier: "wrong" },
      event_name: "calls",
      status: "pending",
      type: "cancel",
    });
    fake.clock.advance({ seconds: 1 });
    expect((await error(adjustments.create(cancel("right")))).statusCode).toBe(400);
    expect((await error(adjustments.create(cancel("none")))).statusCode).toBe(400);
    fake.clock.advanceTo("2026-02-01T00:00:00Z");
    expect(await billed()).toEqual([[[30, 3]]]);
  });
});

describe("summaries", () => {
  const WINDOWS: [string, "day" | "hour" | undefined, string, string, number[][]][] = [
    ["the whole time", undefined, "01-01", "01-04", [[at("01-01"), at("01-04"), 15]]],
    [
      "a day each, the newest first and none that is empty",
      "day",
      "01-01",
      "01-04",
      [[at("01-03"), at("01-04"), 8], [at("01-01"), at("01-02"), 7]],
    ],
    [
      "an hour each",
      "hour",
      "01-01",
      "01-02",
      [
        [at("01-01") + 5 * 3600, at("01-01") + 6 * 3600, 4],
        [at("01-01"), at("01-01") + 3600, 3],
      ],
    ],
    ["up to an end that is not part of it", "day", "01-01", "01-02", [[at("01-01"), at("01-02"), 7]]],
  ];

  test.each(WINDOWS)("are of %s", async (_, value_grouping_window, start, end, rows) => {
    const { fake, stripe, customer, meter, report } = await metered();
    fake.clock.advanceTo("2026-01-05T00:00:00Z");
    await report(3, at("01-01"));
    await report(4, at("01-01") + 5 * 3600 + 60);
    await report(8, at("01-03"));
    const [start_time, end_time] = [at(start), at(end)];
    const { data } = await stripe.billing.meters.listEventSummaries(meter.id, {
      customer,
      start_time,
      end_time,
      value_grouping_window,
    });
    const shown = data.map((row) => [row.start_time, row.end_time, row.aggregated_value]);
    expect(shown).toEqual(rows);
    expect(data[0]).toMatchObject({ object: "billing.meter_event_summary", meter: meter.id });
  });

  test.each([
    [undefined, 30, "start_time"],
    ["hour" as const, 60, "start_time"],
    ["day" as const, 3600, "start_time"],
  ])("by %s are refused where the time is not aligned", async (value_grouping_window, off, param) => {
    const { stripe, customer, meter } = await metered();
    const times = { start_time: at("01-01") + off, end_time: at("01-02") };
    const params = { customer, ...times, value_grouping_window };
    const refused = await error(stripe.billing.meters.listEventSummaries(meter.id, params));
    expect(refused).toMatchObject({ statusCode: 400, param });
  });
});

describe("what is reported late", () => {
  test("is billed while the invoice is a draft, and not after", async () => {
    const { fake, priced, report, subscribe, billed } = await metered();
    await subscribe(await priced(10));
    await report(3);
    fake.clock.advanceTo("2026-02-01T00:30:00Z");
    await report(4, at("01-31"));
    await report(100);
    fake.clock.advance({ minutes: 30 });
    expect(await billed()).toEqual([[[70, 7]]]);
    await report(5, at("01-31"));
    fake.clock.advanceTo("2026-03-01T01:00:00Z");
    expect(await billed()).toEqual([[[1000, 100]], [[70, 7]]]);
  });

  test("of nothing, a month's line is of nothing", async () => {
    const { fake, priced, subscribe, billed } = await metered();
    await subscribe(await priced(10));
    fake.clock.advanceTo("2026-02-01T00:00:00Z");
    expect(await billed()).toEqual([[[0, 0]]]);
  });
});

describe("a new price on January 15th", () => {
  const PACKAGES = { transform_quantity: { divide_by: 100, round: "up" } };

  /** 1000 calls on the 5th at 10 cents a hundred; 500 calls on the 20th at 15 cents a hundred. */
  async function switched(mode: "flexible" | "classic", update: object = {}) {
    const of = await metered();
    const [cheap, dear] = [await of.priced(10, PACKAGES), await of.priced(15, PACKAGES)];
    const subscription = await of.subscribe(cheap, mode);
    of.fake.clock.advanceTo("2026-01-05T00:00:00Z");
    await of.report(1000);
    of.fake.clock.advanceTo("2026-01-15T00:00:00Z");
    const [item] = subscription.items.data;
    await of.stripe.subscriptions.update(subscription.id, {
      items: [{ id: item!.id, price: dear.id }],
      ...update,
    });
    of.fake.clock.advanceTo("2026-01-20T00:00:00Z");
    await of.report(500);
    return { ...of, subscription, cheap, dear };
  }

  test("splits the bill of a flexible subscription: $1.00 and $0.75", async () => {
    const { fake, stripe, customer, cheap, dear } = await switched("flexible");
    const [pending] = (await stripe.invoiceItems.list({ customer, pending: true })).data;
    expect(pending).toMatchObject({
      amount: 100,
      period: { start: at("01-01"), end: at("01-15") },
      pricing: { price_details: { price: cheap.id } },
      proration: false,
      quantity: 1000,
    });
    fake.clock.advanceTo("2026-02-01T00:00:00Z");
    const [invoice] = (await stripe.invoices.list({ customer })).data;
    expect(invoice!.total).toBe(175);
    const period = (start: string, end: string) => ({ start: at(start), end: at(end) });
    expect(invoice!.lines.data).toMatchObject([
      {
        amount: 100,
        period: period("01-01", "01-15"),
        pricing: { price_details: { price: cheap.id } },
        quantity: 1000,
      },
      {
        amount: 75,
        period: period("01-15", "02-01"),
        pricing: { price_details: { price: dear.id } },
        quantity: 500,
      },
    ]);
    fake.clock.advanceTo("2026-03-01T00:00:00Z");
    expect((await stripe.invoices.list({ customer })).data[0]!.total).toBe(0);
  });

  test("forgets what a classic subscription had used: $0.75", async () => {
    const { fake, stripe, customer } = await switched("classic");
    fake.clock.advanceTo("2026-02-01T00:00:00Z");
    const [invoice] = (await stripe.invoices.list({ customer })).data;
    expect([invoice!.total, invoice!.lines.data.length]).toEqual([75, 1]);
  });

  test("bills nothing of the old one where proration_behavior is none", async () => {
    const { fake, stripe, customer } = await switched("flexible", { proration_behavior: "none" });
    fake.clock.advanceTo("2026-02-01T00:00:00Z");
    expect((await stripe.invoices.list({ customer })).data[0]!.total).toBe(75);
  });

  test("bills the old one at once where it is always_invoice", async () => {
    const { stripe, customer } = await switched("flexible", { proration_behavior: "always_invoice" });
    const [invoice] = (await stripe.invoices.list({ customer })).data;
    expect(invoice).toMatchObject({ billing_reason: "subscription_update", status: "paid", total: 100 });
  });

  test.each(["flexible", "classic"] as const)(
    "bills the old one at once where the anchor of a %s subscription moves",
    async (mode) => {
      const { fake, stripe, customer } = await switched(mode, { billing_cycle_anchor: { type: "now" } });
      const [invoice] = (await stripe.invoices.list({ customer })).data;
      expect(invoice).toMatchObject({ billing_reason: "subscription_update", total: 100 });
      fake.clock.advanceTo("2026-02-15T00:00:00Z");
      expect((await stripe.invoices.list({ customer })).data[0]!.total).toBe(75);
    },
  );

  test("is seen in a preview", async () => {
    const { stripe, subscription } = await switched("flexible");
    const preview = await stripe.invoices.createPreview({ subscription: subscription.id });
    expect(preview.lines.data.map(({ amount }) => amount)).toEqual([100, 75]);
  });
});

describe("an item that is removed", () => {
  test.each([
    ["flexible", undefined, 30],
    ["flexible", "none", 0],
    ["classic", undefined, 0],
  ] as const)("of a %s subscription, with %s, is billed %i", async (mode, proration_behavior, amount) => {
    const { fake, stripe, customer, priced, report, subscribe } = await metered();
    const flat = await stripe.prices.create({
      currency: "usd",
      unit_amount: 0,
      product_data: { name: "Seat" },
      recurring: { interval: "month" },
    });
    const used = await priced(10);
    const items = [{ price: flat.id }, { price: used.id }];
    const subscription = await subscribe(used, mode, { items });
    await report(3);
    fake.clock.advanceTo("2026-01-16T00:00:00Z");
    await stripe.subscriptionItems.del(subscription.items.data[1]!.id, { proration_behavior });
    fake.clock.advanceTo("2026-02-01T00:00:00Z");
    const [invoice] = (await stripe.invoices.list({ customer })).data;
    expect(invoice!.total).toBe(amount);
  });
});

describe("the beginning and the end", () => {
  test("of a classic subscription is a line of $0, of a flexible one nothing", async () => {
    const { priced, subscribe } = await metered();
    const price = await priced(10);
    expect((await subscribe(price, "flexible")).latest_invoice).toBeNull();
    const classic = await subscribe(price, "classic", { expand: ["latest_invoice"] });
    const invoice = classic.latest_invoice as Stripe.Invoice;
    expect([invoice.status, invoice.total]).toEqual(["paid", 0]);
    expect(invoice.lines.data).toMatchObject([{ amount: 0, quantity: 0 }]);
  });

  test.each([
    ["flexible", [[100, 10], [150, 15]], [[0, 0]]],
    ["classic", [[0, 0]], [[250, 25]]],
  ] as const)("what was used before a %s subscription that is backdated", async (mode, first, next) => {
    const of = await metered();
    // 100 GB in March, 150 GB in April, at 10 for 10 GB, in tens.
    of.fake.clock.advanceTo("2026-03-31T00:00:00Z");
    await of.report(10);
    of.fake.clock.advanceTo("2026-04-30T00:00:00Z");
    await of.report(15);
    of.fake.clock.advanceTo("2026-05-01T00:00:00Z");
    await of.subscribe(await of.priced(10), mode, { backdate_start_date: at("03-01") });
    expect(await of.billed()).toEqual([first]);
    of.fake.clock.advanceTo("2026-06-01T01:00:00Z");
    expect((await of.billed())[0]).toEqual(next);
  });

  test.each([
    ["at the end of the period", { cancel_at_period_end: true }, [[[30, 3]]]],
    ["now", undefined, []],
    ["now, with an invoice", { invoice_now: true }, [[[30, 3]]]],
  ])("what was used is billed where a subscription is canceled %s", async (_, params, rows) => {
    const { fake, stripe, priced, report, subscribe, billed } = await metered();
    const { id } = await subscribe(await priced(10));
    fake.clock.advance({ days: 1 });
    await report(3);
    fake.clock.advance({ days: 1 });
    if (params && "cancel_at_period_end" in params) {
      await stripe.subscriptions.update(id, params);
    } else {
      await stripe.subscriptions.cancel(id, params);
    }
    fake.clock.advanceTo("2026-02-01T01:00:00Z");
    expect((await stripe.subscriptions.retrieve(id)).status).toBe("canceled");
    expect(await billed()).toEqual(rows);
  });

  test.each([
    ["flexible", "Free trial for 3 × Calls"],
    ["classic", "3 × Calls (Free trial)"],
  ] as const)("what is used in a trial of a %s subscription is free", async (mode, description) => {
    const { fake, stripe, customer, priced, report, subscribe, billed } = await metered();
    await subscribe(await priced(10), mode, { trial_period_days: 10 });
    await report(3);
    fake.clock.advanceTo("2026-01-11T01:00:00Z");
    const [invoice] = (await stripe.invoices.list({ customer })).data;
    expect(invoice!.lines.data).toMatchObject([{ amount: 0, description, quantity: 3 }]);
    await report(4);
    fake.clock.advanceTo("2026-02-11T01:00:00Z");
    expect((await billed())[0]).toEqual([[40, 4]]);
  });

  test("an item that is added bills from then on", async () => {
    const { fake, stripe, priced, report, subscribe, billed } = await metered();
    const flat = await stripe.prices.create({
      currency: "usd",
      unit_amount: 500,
      product_data: { name: "Seat" },
      recurring: { interval: "month" },
    });
    const { id } = await subscribe(flat);
    await report(3);
    fake.clock.advanceTo("2026-01-16T00:00:00Z");
    await stripe.subscriptionItems.create({ subscription: id, price: (await priced(10)).id });
    await report(4);
    fake.clock.advanceTo("2026-02-01T01:00:00Z");
    expect((await billed())[0]).toContainEqual([40, 4]);
  });
});

describe("a checkout session", () => {
  test("sells what is metered without a quantity, and refuses one", async () => {
    const { fake, stripe, customer, priced, report, billed } = await metered();
    const { id: price } = await priced(10);
    const open = (line: object) =>
      stripe.checkout.sessions.create({
        mode: "subscription",
        customer,
        success_url: "https://shop.example.com",
        line_items: [{ price, ...line }],
      });
    expect((await error(open({ quantity: 1 }))).message).toBe(
      "Quantity should not be specified where usage_type is `metered`. Remove quantity from " +
        "`line_items[0]`",
    );
    const session = await open({});
    expect(session.amount_total).toBe(0);
    fake.asCustomer.completeCheckout(session);
    await report(3);
    fake.clock.advanceTo("2026-02-01T00:00:00Z");
    expect(await billed()).toEqual([[[30, 3]]]);
  });
});

describe("an alert", () => {
  const alert = (stripe: Stripe, meter: string, more: object = {}, gte = 10) =>
    stripe.billing.alerts.create({
      alert_type: "usage_threshold",
      title: "Ten calls",
      usage_threshold: { gte, meter, recurrence: "one_time", ...more },
    });
  const told = async (stripe: Stripe) => {
    const { data } = await stripe.events.list({ type: "billing.alert.triggered" });
    return data.map((event) => event.data.object as any).reverse();
  };

  test("goes off once for each customer", async () => {
    const { stripe, customer, meter, report } = await metered();
    const { id, status } = await alert(stripe, meter.id);
    expect(status).toBe("active");
    const other = (await stripe.customers.create()).id;
    await report(9);
    expect(await told(stripe)).toEqual([]);
    for (const value of ["1", "1", "50"]) {
      await report(value);
      const payload = { stripe_customer_id: other, value };
      await stripe.billing.meterEvents.create({ event_name: "calls", payload });
    }
    expect(await told(stripe)).toMatchObject([
      { object: "billing.alert_triggered", alert: { id }, created: at("01-01"), customer, value: 10 },
      { alert: { id }, customer: other, value: 52 },
    ]);
  });

  test("with a filter is for that customer alone", async () => {
    const { stripe, customer, meter, report } = await metered();
    const other = (await stripe.customers.create()).id;
    await alert(stripe, meter.id, { filters: [{ type: "customer", customer: other }] });
    await report(50);
    expect(await told(stripe)).toEqual([]);
    await alert(stripe, meter.id, { filters: [{ type: "customer", customer }] });
    await report(50);
    expect(await told(stripe)).toHaveLength(1);
  });

  test("does not look at what was reported before it was there", async () => {
    const { stripe, meter, report } = await metered();
    await report(50);
    await alert(stripe, meter.id);
    await report(9);
    expect(await told(stripe)).toEqual([]);
    await report(1);
    expect(await told(stripe)).toMatchObject([{ value: 10 }]);
  });

  test("rests while it is inactive, and for ever once it is archived", async () => {
    const { stripe, meter, report } = await metered();
    const { id } = await alert(stripe, meter.id);
    expect((await stripe.billing.alerts.deactivate(id)).status).toBe("inactive");
    await report(50);
    expect(await told(stripe)).toEqual([]);
    expect((await stripe.billing.alerts.activate(id)).status).toBe("active");
    await report(1);
    expect(await told(stripe)).toHaveLength(1);
    expect((await stripe.billing.alerts.archive(id)).status).toBe("archived");
    expect((await stripe.billing.alerts.list()).data).toEqual([]);
    expect((await error(stripe.billing.alerts.activate(id))).statusCode).toBe(400);
    expect((await error(stripe.billing.alerts.deactivate(id))).statusCode).toBe(400);
  });

  test.each([
    ["a meter nobody made", { meter: "mtr_none" }, "usage_threshold[meter]"],
    ["a threshold of nothing", { gte: 0 }, "usage_threshold[gte]"],
    [
      "a customer nobody made",
      { filters: [{ type: "customer", customer: "cus_none" }] },
      "usage_threshold[filters][0][customer]",
    ],
  ])("is refused with %s", async (_, more, param) => {
    const { stripe, meter } = await metered();
    expect(await error(alert(stripe, meter.id, more))).toMatchObject({ statusCode: 400, param });
  });

  test("is found by its meter", async () => {
    const { stripe, meter } = await metered();
    const { id } = await alert(stripe, meter.id);
    const ids = async (of: string) => (await stripe.billing.alerts.list({ meter: of })).data.map((it) => it.id);
    expect(await ids(meter.id)).toEqual([id]);
    expect(await ids("mtr_other")).toEqual([]);
  });
});

describe("before basil, usage was recorded by subscription item", () => {
  const Stripe17 = createRequire(import.meta.url)("stripe-17");
  const old = (fake: FakeStripe) =>
    new Stripe17(fake.apiKey, { maxNetworkRetries: 0, apiVersion: "2024-06-20" });

  async function legacy(recurring: object = {}) {
    const of = await customer();
    const stripe = old(of.fake);
    const price = await stripe.prices.create({
      currency: "usd",
      unit_amount: 10,
      product_data: { name: "Calls" },
      recurring: { interval: "month", usage_type: "metered", ...recurring },
    });
    const subscription = await stripe.subscriptions.create({
      customer: of.customer,
      items: [{ price: price.id }],
    });
    const item: string = subscription.items.data[0].id;
    const record = (quantity: number, more: object = {}) =>
      stripe.subscriptionItems.createUsageRecord(item, { quantity, ...more });
    return { ...of, stripe, price, subscription, item, record };
  }

  // The quantity of a month, and of the next one, in which nothing is recorded.
  const FORMULAS: [string | undefined, number, number][] = [
    [undefined, 12, 0],
    ["sum", 12, 0],
    ["last_during_period", 5, 0],
    ["last_ever", 5, 5],
    ["max", 6, 0],
  ];

  test.each(FORMULAS)("aggregate_usage %s of 1, 6 and 5", async (aggregate_usage, quantity, next) => {
    const { fake, stripe, price, customer, record } = await legacy({ aggregate_usage });
    expect(price.recurring.aggregate_usage).toBe(aggregate_usage ?? "sum");
    for (const value of [1, 6, 5]) {
      fake.clock.advance({ days: 1 });
      await record(value);
    }
    fake.clock.advanceTo("2026-02-01T01:00:00Z");
    const total = async () => (await stripe.invoices.list({ customer })).data[0].total;
    expect(await total()).toBe(quantity * 10);
    fake.clock.advanceTo("2026-03-01T01:00:00Z");
    expect(await total()).toBe(next * 10);
  });

  test("records of one time are added up, or replaced", async () => {
    const { fake, item, stripe, record } = await legacy();
    fake.clock.advance({ days: 1 });
    const timestamp = at("01-01") + 100;
    expect(await record(3, { timestamp })).toMatchObject({
      object: "usage_record",
      livemode: false,
      quantity: 3,
      subscription_item: item,
      timestamp,
    });
    await record(4, { timestamp, action: "increment" });
    await record(2, { timestamp: "now" });
    const total = async () => (await stripe.subscriptionItems.listUsageRecordSummaries(item)).data[0];
    expect((await total()).total_usage).toBe(9);
    await record(1, { timestamp, action: "set" });
    expect(await total()).toMatchObject({
      object: "usage_record_summary",
      invoice: null,
      period: { start: at("01-01"), end: at("02-01") },
      subscription_item: item,
      total_usage: 3,
    });
  });

  test("a summary of each period, the one that runs first", async () => {
    const { fake, stripe, customer, item, record } = await legacy();
    await record(3);
    fake.clock.advanceTo("2026-02-01T01:00:00Z");
    await record(4);
    const [invoice] = (await stripe.invoices.list({ customer })).data;
    const { data } = await stripe.subscriptionItems.listUsageRecordSummaries(item);
    expect(data.map((row: any) => [row.invoice, row.total_usage])).toEqual([
      [null, 4],
      [invoice.id, 3],
    ]);
  });

  test("what is of a period that is over is refused", async () => {
    const { fake, record } = await legacy();
    fake.clock.advanceTo("2026-02-01T01:00:00Z");
    expect(await error(record(3, { timestamp: at("01-31") }))).toMatchObject({
      statusCode: 400,
      param: "timestamp",
      message:
        "Cannot create the usage record with this timestamp because timestamps must be after the " +
        "subscription's last invoice period (or current period start time).",
    });
  });

  test("what has a meter is reported to the meter", async () => {
    const { fake, priced, subscribe } = await metered();
    const { items } = await subscribe(await priced(10));
    const { id } = items.data[0]!;
    const refused = await error(old(fake).subscriptionItems.createUsageRecord(id, { quantity: 1 }));
    expect(refused.message).toBe(
      `Cannot create a usage record for \`${id}\` because it is not on the legacy metered billing ` +
        "system. Call /v1/billing/meter_events instead.",
    );
  });

  test("its lines are in the preview of that time", async () => {
    const { stripe, customer, record } = await legacy();
    await record(3);
    const { data } = await stripe.invoices.listUpcomingLines({ customer });
    expect(data).toMatchObject([{ amount: 30, quantity: 3 }]);
    expect((await stripe.invoices.retrieveUpcoming({ customer })).total).toBe(30);
  });
});
