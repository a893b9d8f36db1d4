/**
 * Trials: how they begin, what is billed meanwhile, how they end; and trial offers of single items.
 *
 * Sources: https://docs.stripe.com/billing/subscriptions/trials/free-trials,
 * https://docs.stripe.com/billing/subscriptions/trials (trial offers),
 * https://docs.stripe.com/billing/subscriptions/billing-mode, https://docs.stripe.com/api/subscriptions/update;
 * recorded answers.
 */

import type Stripe from "stripe";
import { describe, expect, test } from "vitest";
import { error } from "../stage.ts";
import { at, type Shop, shop } from "./shop.ts";

const DAY = 86_400;
const START = at("2027-01-01");
const WILL_END = "customer.subscription.trial_will_end";

/** The lines of an invoice: what each costs, from when to when. */
function lines(invoice: Stripe.Invoice) {
  return invoice.lines.data.map(({ amount, period }) => [amount, period.start, period.end]);
}

describe("how a trial begins", () => {
  const priced = ({ price }: Shop) => price(1000, { recurring: { interval: "month", trial_period_days: 5 } });
  test.each<[string, (open: Shop) => object, number | null]>([
    ["so many days", () => ({ trial_period_days: 14 }), START + 14 * DAY],
    ["until an instant", () => ({ trial_end: START + 20 * DAY + 7 }), START + 20 * DAY + 7],
    ["days of the price, which count for nothing", async (open) => ({ items: [{ price: (await priced(open)).id }] }), null],
    [
      "days of the price, where that is asked for",
      async (open) => ({ items: [{ price: (await priced(open)).id }], trial_from_plan: true }),
      START + 5 * DAY,
    ],
    ["two years", () => ({ trial_period_days: 730 }), START + 730 * DAY],
    ["no days", () => ({ trial_period_days: 0 }), null],
  ])("%s", async (_, params, ends) => {
    const open = await shop();
    const made = await open.subscribe(await params(open));
    const item = made.items.data[0]!;
    expect(made).toMatchObject(
      ends === null
        ? { status: "active", trial_start: null, trial_end: null, billing_cycle_anchor: START }
        : { status: "trialing", trial_start: START, trial_end: ends, billing_cycle_anchor: ends },
    );
    expect([item.current_period_start, item.current_period_end]).toEqual([START, ends ?? at("2027-02-01")]);
  });

  test.each<[string, object, object]>([
    [
      "an instant that passed",
      { trial_end: 1000 },
      {
        param: "trial_end",
        message:
          "The parameter `trial_end` expects a unix timestamp representing a date and time in the future. You " +
          "specified the value `1000` which is in the past.",
      },
    ],
    [
      "the price's days and others",
      { trial_from_plan: true, trial_period_days: 3 },
      { message: "You cannot set `trial_end` or `trial_period_days` when `trial_from_plan=true`." },
    ],
    [
      "the price's days and an instant",
      { trial_from_plan: true, trial_end: START + DAY },
      { message: "You cannot set `trial_end` or `trial_period_days` when `trial_from_plan=true`." },
    ],
    ["more than two years", { trial_period_days: 731 }, { param: "trial_period_days" }],
    ["until later than in two years", { trial_end: START + 731 * DAY }, { param: "trial_end" }],
  ])("%s is refused", async (_, params, wanted) => {
    const { subscribe } = await shop();
    expect(await error(subscribe(params))).toMatchObject({ statusCode: 400, ...wanted });
  });
});

describe("the first invoice of a trial", () => {
  test.each([
    ["flexible", undefined, "Free trial for 3 × Basic"],
    ["flexible", "user", "Free trial for 3 user × Basic"],
    ["classic", undefined, "Trial period for Basic"],
  ] as const)("is over nothing and paid at once (%s, %s)", async (type, unit_label, description) => {
    const { stripe, subscribe, price } = await shop();
    const product = await stripe.products.create({ name: "Basic", ...(unit_label && { unit_label }) });
    const { id } = await price(1000, { product: product.id, product_data: undefined });
    const made = await subscribe({ items: [{ price: id, quantity: 3 }], trial_period_days: 14, billing_mode: { type } });
    const invoice = await stripe.invoices.retrieve(made.invoice.id!, { expand: ["payments", "confirmation_secret"] });
    expect(invoice).toMatchObject({
      status: "paid",
      total: 0,
      amount_due: 0,
      number: expect.stringMatching(/-0001$/),
      attempted: true,
      attempt_count: 0,
      billing_reason: "subscription_create",
      confirmation_secret: null,
    });
    expect(invoice.payments!.data).toEqual([]);
    expect(invoice.lines.data).toHaveLength(1);
    expect(invoice.lines.data[0]).toMatchObject({
      amount: 0,
      quantity: 3,
      description,
      discountable: true,
      period: { start: START, end: START + 14 * DAY },
    });
    expect(String(invoice.lines.data[0]!.pricing!.unit_amount_decimal)).toBe("0");
  });

  test("asks for a way to pay where there is none", async () => {
    const { subscribe, payWith, stripe } = await shop({ card: "" });
    const without = await subscribe({ trial_period_days: 14 });
    const intent = await stripe.setupIntents.retrieve(without.pending_setup_intent as string);
    expect(intent).toMatchObject({ status: "requires_payment_method", usage: "off_session" });
    await payWith("pm_card_visa");
    expect((await subscribe({ trial_period_days: 14 })).pending_setup_intent).toBeNull();
  });
});

describe("the notice of a trial's end", () => {
  test("comes three days before", async () => {
    const { subscribe, told, until } = await shop();
    await subscribe({ trial_period_days: 14 });
    until("2027-01-11T23:59:59");
    expect(await told()).not.toContain(WILL_END);
    until("2027-01-12");
    expect(await told()).toContain(WILL_END);
    until("2027-01-20");
    expect(await told()).not.toContain(WILL_END);
  });

  test("comes at once in a shorter trial, and when a trial ends now", async () => {
    const { stripe, subscribe, told } = await shop();
    await subscribe({ trial_period_days: 2 });
    expect(await told()).toContain(WILL_END);
    const long = await subscribe({ trial_period_days: 30 });
    expect(await told()).not.toContain(WILL_END);
    await stripe.subscriptions.update(long.id, { trial_end: "now" });
    expect(await told()).toContain(WILL_END);
  });
});

describe("a trial that is ended by hand", () => {
  async function trial(card: string, missing: "cancel" | "create_invoice" | "pause" = "create_invoice") {
    const open = await shop({ card });
    const trial_settings = { end_behavior: { missing_payment_method: missing } };
    const made = await open.subscribe({ trial_period_days: 14, trial_settings });
    open.until("2027-01-05");
    return { ...open, made };
  }

  test("bills the first period", async () => {
    const { stripe, look, made } = await trial("pm_card_visa");
    await stripe.subscriptions.update(made.id, { trial_end: "now" });
    const after = await look(made.id);
    const now = at("2027-01-05");
    expect(after).toMatchObject({
      status: "active",
      trial_end: now,
      billing_cycle_anchor: now,
      invoice: { status: "paid", amount_paid: 1000 },
    });
    expect(lines(after.invoice)).toEqual([[1000, now, at("2027-02-05")]]);
    // A trial that is over cannot be ended.
    expect(await stripe.subscriptions.update(made.id, { trial_end: "now" })).toMatchObject({
      status: "active",
      latest_invoice: after.invoice.id,
      billing_cycle_anchor: now,
    });
  });

  test("without a card is refused where an invoice was to follow", async () => {
    const { stripe, look, made } = await trial("");
    const refused = await error(stripe.subscriptions.update(made.id, { trial_end: "now" }));
    expect(refused).toMatchObject({ statusCode: 400, code: "resource_missing" });
    expect(await look(made.id)).toEqual(made);
  });

  test.each([
    ["pause", { status: "paused" }],
    ["cancel", { status: "canceled", cancellation_details: { reason: "cancellation_requested" } }],
  ] as const)("without a card: %s", async (missing, wanted) => {
    const { stripe, made } = await trial("", missing);
    await stripe.subscriptions.update(made.id, { trial_end: "now" });
    const after = await stripe.subscriptions.retrieve(made.id);
    expect(after).toMatchObject({ ...wanted, latest_invoice: made.invoice.id });
  });
});

describe("a trial that is moved", () => {
  test("lasts longer, for nothing", async () => {
    const { stripe, subscribe, customer } = await shop();
    const made = await subscribe({ trial_period_days: 14 });
    const later = await stripe.subscriptions.update(made.id, { trial_end: at("2027-02-20") });
    expect(later).toMatchObject({ status: "trialing", trial_end: at("2027-02-20"), billing_cycle_anchor: at("2027-02-20") });
    expect(later.items.data[0]!.current_period_end).toBe(at("2027-02-20"));
    expect((await stripe.invoiceItems.list({ customer })).data).toEqual([]);
  });

  test("is given to who pays already: the unused time is credited, the anchor moves", async () => {
    const { stripe, subscribe, customer, look, until } = await shop();
    const made = await subscribe();
    until("2027-01-17");
    const trial = await stripe.subscriptions.update(made.id, { trial_end: at("2027-02-10") });
    expect(trial).toMatchObject({ status: "trialing", trial_start: at("2027-01-17"), trial_end: at("2027-02-10") });
    const pending = await stripe.invoiceItems.list({ customer, pending: true });
    // 15 of January's 31 days.
    expect(pending.data.map(({ amount }) => amount)).toEqual([-484]);
    until("2027-02-10T01:00:00");
    const after = await look(made.id);
    expect(after).toMatchObject({ status: "active", billing_cycle_anchor: at("2027-02-10"), invoice: { amount_paid: 516 } });
    expect(after.items.data[0]!.current_period_end).toBe(at("2027-03-10"));
  });

  test("without prorations, where they are not wanted", async () => {
    const { stripe, subscribe, customer, until } = await shop();
    const made = await subscribe();
    until("2027-01-17");
    await stripe.subscriptions.update(made.id, { trial_end: at("2027-02-10"), proration_behavior: "none" });
    expect((await stripe.invoiceItems.list({ customer })).data).toEqual([]);
  });

  test("further than two years from the anchor is refused", async () => {
    const { stripe, subscribe } = await shop();
    const made = await subscribe({ trial_period_days: 14 });
    const far = stripe.subscriptions.update(made.id, { trial_end: START + 731 * DAY });
    expect(await error(far)).toMatchObject({
      statusCode: 400,
      code: "subscription_update_trial_after_billing_cycle_anchor",
      param: "trial_end",
    });
  });

  test.each([
    ["flexible", at("2027-03-01")],
    ["classic", START],
  ] as const)("a second trial of %s billing shows when it began, or the first did", async (type, shown) => {
    const { stripe, subscribe, until } = await shop();
    const made = await subscribe({ trial_end: at("2027-02-01"), billing_mode: { type } });
    until("2027-03-01");
    const again = await stripe.subscriptions.update(made.id, { trial_end: at("2027-04-01") });
    expect(again).toMatchObject({ status: "trialing", trial_start: shown, trial_end: at("2027-04-01") });
  });

  test.each([
    ["flexible", at("2027-02-01")],
    ["classic", at("2027-01-20")],
  ] as const)("an end before the trial's cuts a trial of classic billing short (%s)", async (type, ends) => {
    const { stripe, subscribe } = await shop();
    const made = await subscribe({ trial_end: at("2027-02-01"), billing_mode: { type } });
    const changed = await stripe.subscriptions.update(made.id, { cancel_at: at("2027-01-20") });
    expect(changed).toMatchObject({ cancel_at: at("2027-01-20"), trial_end: ends });
  });
});

describe("what follows a trial that ends between two anchors", () => {
  test.each([
    // The documented rows: a trial of seven days, and an anchor on the first of the month.
    ["2027-05-15", "2027-05-22", "2027-06-01", "2027-06-01", 968],
    ["2027-05-28", "2027-06-04", "2027-06-01", "2027-07-01", 2700],
  ])("begun on %s, over on %s: the rest of the month is billed", async (now, over, anchor, next, amount) => {
    const { subscribe, price, look, until } = await shop({ now });
    const items = [{ price: (await price(3000)).id }];
    const made = await subscribe({ items, trial_period_days: 7, billing_cycle_anchor: at(anchor) });
    expect(made).toMatchObject({ status: "trialing", trial_end: at(over), billing_cycle_anchor: at(anchor) });
    expect(made.items.data[0]!.current_period_end).toBe(at(over));
    until(`${over}T01:00:00`);
    const stub = await look(made.id);
    expect(stub).toMatchObject({ status: "active", billing_cycle_anchor: at(anchor), invoice: { status: "paid" } });
    expect(lines(stub.invoice)).toEqual([[amount, at(over), at(next)]]);
    until(`${next}T01:00:00`);
    expect(lines((await look(made.id)).invoice).map(([cost, start]) => [cost, start])).toEqual([[3000, at(next)]]);
  });

  const trial_settings = { end_behavior: { billing_cycle_anchor: "unchanged" as const } };

  test("an anchor that is not to change: the rest of the old period is billed", async () => {
    const { stripe, subscribe, price, look, until } = await shop();
    const made = await subscribe({ items: [{ price: (await price(3100)).id }], trial_period_days: 11, trial_settings });
    expect(made).toMatchObject({ billing_cycle_anchor: START, trial_settings });
    until("2027-01-12T01:00:00");
    const after = await look(made.id);
    expect(after.billing_cycle_anchor).toBe(START);
    expect(lines(after.invoice)).toEqual([[2000, at("2027-01-12"), at("2027-02-01")]]);
    until("2027-02-01T01:00:00");
    expect(lines((await look(made.id)).invoice)).toEqual([[3100, at("2027-02-01"), at("2027-03-01")]]);
    // The same where it is ended by hand.
    const other = await subscribe({ items: [{ price: (await price(2800)).id }], trial_period_days: 30, trial_settings });
    until("2027-02-15T01:00:00");
    await stripe.subscriptions.update(other.id, { trial_end: "now" });
    expect(lines((await look(other.id)).invoice)).toEqual([[1400, at("2027-02-15T01:00:00"), at("2027-03-01T01:00:00")]]);
  });
});

describe("trial offers", () => {
  /** $1.00 a week, so many times, and then $20.00 a month. */
  async function offer(open: Shop, { cost = 100, iterations = 1 } = {}) {
    const trial = await open.price(cost, { recurring: { interval: "week" } });
    const regular = await open.price(2000);
    const made = await open.stripe.productCatalog.trialOffers.create({
      price: trial.id,
      duration: { type: "relative", relative: { iterations } },
      end_behavior: { transition: { price: regular.id } },
    });
    return { trial: trial.id, regular: regular.id, offer: made.id };
  }
  const items = (trial_offer: string) => [{ current_trial: { trial_offer }, quantity: 1 }];

  test("an offer of its own", async () => {
    const open = await shop();
    const { stripe } = open;
    const { offer: id, trial, regular } = await offer(open, { iterations: 2 });
    expect(await stripe.productCatalog.trialOffers.retrieve(id)).toMatchObject({
      id: expect.stringMatching(/^to_/),
      object: "product_catalog.trial_offer",
      active: true,
      duration: { relative: { iterations: 2 }, type: "relative" },
      end_behavior: { transition: { price: regular }, type: "transition" },
      nickname: null,
      price: trial,
    });
    const list = async (params: Stripe.ProductCatalog.TrialOfferListParams) => {
      return (await stripe.productCatalog.trialOffers.list(params)).data.map((one) => one.id);
    };
    expect(await list({ prices: [trial] })).toEqual([id]);
    expect(await list({ prices: [regular] })).toEqual([]);
    await stripe.productCatalog.trialOffers.update(id, { active: false });
    expect(await list({ active: true })).toEqual([]);
    expect(await error(open.subscribe({ items: items(id) }))).toMatchObject({
      param: "items[0][current_trial][trial_offer]",
    });
  });

  test("a paid week, and a whole month from its end on", async () => {
    const open = await shop();
    const { look, until, subscribe } = open;
    const { offer: id, trial, regular } = await offer(open);
    const made = await subscribe({ items: items(id) });
    expect(made).toMatchObject({ status: "active", trial_end: null, invoice: { status: "paid", amount_paid: 100 } });
    expect(made.items.data[0]).toMatchObject({
      price: { id: trial },
      current_period_start: START,
      current_period_end: at("2027-01-08"),
      current_trial: { start_date: START, end_date: at("2027-01-08"), trial_offer: id },
    });
    until("2027-01-08T01:00:00");
    const after = await look(made.id);
    expect(after).toMatchObject({ status: "active", billing_cycle_anchor: at("2027-01-08") });
    expect(after.items.data[0]).toMatchObject({ price: { id: regular }, plan: { id: regular }, current_trial: null });
    expect(lines(after.invoice)).toEqual([[2000, at("2027-01-08"), at("2027-02-08")]]);
    expect(after.invoice).toMatchObject({ status: "paid", billing_reason: "subscription_cycle" });
  });

  test("as many weeks as it has iterations", async () => {
    const open = await shop();
    const { offer: id, regular } = await offer(open, { iterations: 3 });
    const made = await open.subscribe({ items: items(id) });
    expect(made.items.data[0]!.current_trial!.end_date).toBe(at("2027-01-22"));
    open.until("2027-02-22T01:00:00");
    const paid = await open.stripe.invoices.list({ subscription: made.id });
    expect(paid.data.map(({ amount_paid, created }) => [amount_paid, created])).toEqual([
      [2000, at("2027-02-22")],
      [2000, at("2027-01-22")],
      [100, at("2027-01-15")],
      [100, at("2027-01-08")],
      [100, START],
    ]);
    expect((await open.look(made.id)).items.data[0]!.price.id).toBe(regular);
  });

  test("an anchor that is not to change: the rest of the month is billed", async () => {
    const open = await shop();
    const { offer: id } = await offer(open);
    const trial_settings = { end_behavior: { billing_cycle_anchor: "unchanged" as const } };
    const made = await open.subscribe({ items: items(id), trial_settings });
    open.until("2027-01-08T01:00:00");
    const after = await open.look(made.id);
    expect(after.billing_cycle_anchor).toBe(START);
    // 24 of January's 31 days.
    expect(lines(after.invoice)).toEqual([[1548, at("2027-01-08"), at("2027-02-01")]]);
  });

  test("all items free: a trial, with its notice and what becomes of it without a card", async () => {
    const open = await shop({ card: "" });
    const { offer: id } = await offer(open, { cost: 0 });
    const trial_settings = { end_behavior: { missing_payment_method: "pause" as const } };
    const made = await open.subscribe({ items: items(id), trial_settings });
    expect(made).toMatchObject({
      status: "trialing",
      trial_start: START,
      trial_end: at("2027-01-08"),
      invoice: { status: "paid", total: 0 },
    });
    await open.told();
    open.until("2027-01-05");
    expect(await open.told()).toContain(WILL_END);
    open.until("2027-01-08");
    expect((await open.look(made.id)).status).toBe("paused");
  });

  test("one item free among others: no trial of the subscription", async () => {
    const open = await shop();
    const { offer: id } = await offer(open, { cost: 0 });
    const made = await open.subscribe({ items: [...items(id), { price: (await open.price(500)).id }] });
    expect(made).toMatchObject({ status: "active", trial_end: null, invoice: { status: "paid", amount_paid: 500 } });
  });

  test("added to and instead of an item that is there", async () => {
    const open = await shop();
    const { stripe, subscribe } = open;
    const { offer: id, trial } = await offer(open);
    const made = await subscribe();
    open.until("2027-01-17");
    const added = await stripe.subscriptions.update(made.id, { items: items(id) });
    expect(added.items.data[1]).toMatchObject({
      price: { id: trial },
      current_period_end: at("2027-01-24"),
      current_trial: { start_date: at("2027-01-17"), trial_offer: id },
    });
    const other = await subscribe();
    const converted = await stripe.subscriptions.update(other.id, {
      items: [{ id: other.items.data[0]!.id, current_trial: { trial_offer: id } }],
    });
    expect(converted.items.data).toMatchObject([{ price: { id: trial }, current_trial: { trial_offer: id } }]);
  });

  test("ends with the subscription, where that is set to", async () => {
    const open = await shop();
    const { offer: id } = await offer(open);
    const made = await open.subscribe({ items: items(id), cancel_at: at("2027-01-08") });
    open.until("2027-01-08T01:00:00");
    expect(await open.look(made.id)).toMatchObject({ status: "canceled", latest_invoice: { id: made.invoice.id } });
  });

  test.each<[string, object]>([
    ["classic billing", { billing_mode: { type: "classic" } }],
    ["another trial", { trial_period_days: 7 }],
    ["another trial's end", { trial_end: START + DAY }],
  ])("not with %s", async (_, params) => {
    const open = await shop();
    const { offer: id } = await offer(open);
    expect(await error(open.subscribe({ items: items(id), ...params }))).toMatchObject({ statusCode: 400 });
  });

  test("one that is not there", async () => {
    const { subscribe } = await shop();
    expect(await error(subscribe({ items: items("to_none") }))).toMatchObject({
      code: "resource_missing",
      param: "items[0][current_trial][trial_offer]",
    });
  });
});
