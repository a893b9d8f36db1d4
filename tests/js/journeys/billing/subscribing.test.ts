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
import { at, intentOf, type Shop, shop } from "./shop.ts";

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

describe("the billing mode", () => {
  test.each([
    [undefined, undefined, "flexible"],
    ["2025-09-30.clover", undefined, "flexible"],
    ["2025-08-27.basil", undefined, "classic"],
    ["2024-06-20", undefined, "classic"],
    ["2025-08-27.basil", "flexible", "flexible"],
    [undefined, "classic", "classic"],
  ] as const)("of version %s where %s is asked for: %s", async (apiVersion, type, mode) => {
    const { stripe, customer, price } = await shop();
    const items = [{ price: (await price(1000)).id }];
    const params = { customer, items, ...(type && { billing_mode: { type } }) };
    const made = await stripe.subscriptions.create(params, { apiVersion });
    const flexible = { proration_discounts: "included" };
    expect(made.billing_mode).toEqual(
      mode === "classic" ? { flexible: null, type: mode } : { flexible, type: mode, updated_at: made.created },
    );
  });

  test("is changed once, from classic to flexible", async () => {
    const { stripe, subscribe, until, told } = await shop();
    const made = await subscribe({ billing_mode: { type: "classic" } });
    until("2027-01-02");
    await told();
    const flexible = { proration_discounts: "itemized" as const };
    const moved = await stripe.subscriptions.migrate(made.id, { billing_mode: { type: "flexible", flexible } });
    expect(moved.billing_mode).toEqual({ flexible, type: "flexible", updated_at: at("2027-01-02") });
    expect(await told()).toEqual(["customer.subscription.updated"]);
    const back = stripe.subscriptions.migrate(made.id, { billing_mode: { type: "classic" as "flexible" } });
    expect(await error(back)).toMatchObject({ statusCode: 400, param: "billing_mode[type]" });
  });

  const metered = async ({ stripe, price }: Shop) => {
    const meter = await stripe.billing.meters.create({
      display_name: "Calls",
      event_name: "calls",
      default_aggregation: { formula: "sum" },
    });
    const recurring = { interval: "month" as const, usage_type: "metered" as const, meter: meter.id };
    return { price: (await price(10, { recurring })).id };
  };

  test.each([
    ["flexible", [1000]],
    ["classic", [1000, 0]],
  ] as const)("%s: a first line for what will be used: %j", async (type, amounts) => {
    const open = await shop();
    const items = [{ price: (await open.price(1000)).id }, await metered(open)];
    const made = await open.subscribe({ items, billing_mode: { type } });
    expect(made.invoice.lines.data.map(({ amount }) => amount)).toEqual(amounts);
    expect(made.items.data[1]).not.toHaveProperty("quantity");
  });

  test.each([
    ["flexible", null],
    ["classic", expect.objectContaining({ status: "paid", total: 0 })],
  ] as const)("%s: of usage alone the first invoice is %j", async (type, invoice) => {
    const open = await shop();
    const made = await open.subscribe({ items: [await metered(open)], billing_mode: { type } });
    expect(made).toMatchObject({ status: "active", latest_invoice: invoice });
  });
});

describe("the first invoice", () => {
  test("has what is sold with the subscription first, then the items, then is paid as one", async () => {
    const { stripe, subscribe, price } = await shop();
    const product = (await stripe.products.create({ name: "Setup" })).id;
    const once = await stripe.prices.create({ currency: "usd", unit_amount: 700, product });
    const items = [{ price: (await price(1000)).id, quantity: 2 }, { price: (await price(500)).id }];
    const made = await subscribe({
      items,
      add_invoice_items: [
        { price: once.id },
        { price_data: { currency: "usd", product, unit_amount: 300 }, quantity: 3, metadata: { a: "b" } },
      ],
    });
    expect(made.invoice).toMatchObject({ status: "paid", total: 4100, billing_reason: "subscription_create" });
    const period = { start: at("2027-01-01"), end: at("2027-02-01") };
    // What is sold besides is listed newest first, as all that was pending.
    expect(made.invoice.lines.data).toMatchObject([
      { amount: 900, description: "Setup", quantity: 3, period, metadata: { a: "b" } },
      { amount: 700, description: "Setup", quantity: 1, period },
      { amount: 2000, description: "2 × Basic (at $10.00 / month)", quantity: 2, period },
      { amount: 500, description: "1 × Basic (at $5.00 / month)", quantity: 1, period },
    ]);
  });

  test("what is sold besides has a period of its own, where one is given", async () => {
    const { stripe, subscribe } = await shop();
    const product = (await stripe.products.create({ name: "Setup" })).id;
    const sold = (period: Stripe.SubscriptionCreateParams.AddInvoiceItem.Period) => {
      return { price_data: { currency: "usd", product, unit_amount: 100 }, period };
    };
    const made = await subscribe({
      add_invoice_items: [
        sold({ start: { type: "now" }, end: { type: "min_item_period_end" } }),
        sold({ start: { type: "max_item_period_start" }, end: { type: "timestamp", timestamp: at("2027-03-01") } }),
        sold({ start: { type: "timestamp", timestamp: at("2026-12-01") }, end: { type: "min_item_period_end" } }),
      ],
    });
    const listed = made.invoice.lines.data.slice(0, 3).reverse();
    expect(listed.map(({ period }) => [period.start, period.end])).toEqual([
      [at("2027-01-01"), at("2027-02-01")],
      [at("2027-01-01"), at("2027-03-01")],
      [at("2026-12-01"), at("2027-02-01")],
    ]);
  });

  test("takes in what is pending of the customer", async () => {
    const { stripe, customer, subscribe } = await shop();
    await stripe.invoiceItems.create({ customer, amount: 250, currency: "usd", description: "Hours" });
    const made = await subscribe();
    expect(made.invoice).toMatchObject({ total: 1250, amount_paid: 1250 });
  });

  test("has the metadata that the subscription had then", async () => {
    const { stripe, subscribe } = await shop();
    const made = await subscribe({ metadata: { order: "7" } });
    await stripe.subscriptions.update(made.id, { metadata: { order: "8" } });
    const invoice = await stripe.invoices.retrieve(made.invoice.id!);
    expect(invoice.parent!.subscription_details!.metadata).toEqual({ order: "7" });
    expect(invoice.lines.data[0]!.metadata).toEqual({ order: "7" });
  });
});

describe("the body", () => {
  // Recorded of 2026-04-22.dahlia, and the fields that the changelog has since: they are in all versions.
  const RECORDED = `id object application application_fee_percent automatic_tax billing_cycle_anchor
    billing_cycle_anchor_config billing_mode billing_thresholds cancel_at cancel_at_period_end canceled_at
    cancellation_details collection_method created currency customer customer_account days_until_due
    default_payment_method default_source default_tax_rates description discounts ended_at invoice_settings items
    latest_invoice livemode managed_payments metadata next_pending_invoice_item_invoice on_behalf_of
    pause_collection payment_settings pending_invoice_item_interval pending_setup_intent pending_update plan
    quantity schedule start_date status test_clock transfer_data trial_end trial_settings trial_start`;
  const LATER = ["billing_schedules"];
  const ITEM = `id object billing_thresholds created current_period_end current_period_start discounts metadata plan
    price quantity subscription tax_rates`;

  test("has the recorded names, in the recorded order", async () => {
    const { subscribe } = await shop();
    const { invoice: _, ...made } = await subscribe();
    expect(Object.keys(made).filter((name) => !LATER.includes(name))).toEqual(RECORDED.split(/\s+/));
    expect(made).toMatchObject({
      application: null,
      automatic_tax: { disabled_reason: null, enabled: false, liability: null },
      billing_schedules: [],
      cancellation_details: { comment: null, feedback: null, reason: null },
      default_payment_method: null,
      invoice_settings: { account_tax_ids: null, issuer: { type: "self" } },
      items: { object: "list", has_more: false, total_count: 1, url: `/v1/subscription_items?subscription=${made.id}` },
      managed_payments: { enabled: false },
      payment_settings: {
        payment_method_options: null,
        payment_method_types: null,
        save_default_payment_method: "off",
      },
      plan: { object: "plan", amount: 1000 },
      quantity: 1,
      trial_settings: { end_behavior: { missing_payment_method: "create_invoice" } },
    });
    const names = Object.keys(made.items.data[0]!).filter((name) => name !== "current_trial");
    expect(names).toEqual(ITEM.split(/\s+/));
  });
});

describe("limits", () => {
  const twenty = (one: object, count = 20) => Array.from({ length: count }, () => one);

  test("twenty items", async () => {
    const { subscribe, price } = await shop();
    const items = await Promise.all(twenty({}, 21).map(async (_, at) => ({ price: (await price(100 + at)).id })));
    expect(await error(subscribe({ items }))).toMatchObject({ statusCode: 400, param: "items" });
    expect((await subscribe({ items: items.slice(1) })).items.data).toHaveLength(20);
  });

  test("twenty of what is sold besides", async () => {
    const { stripe, subscribe } = await shop();
    const product = (await stripe.products.create({ name: "Setup" })).id;
    const one = { price_data: { currency: "usd", product, unit_amount: 10 } };
    const many = subscribe({ add_invoice_items: twenty(one, 21) as [] });
    expect(await error(many)).toMatchObject({ statusCode: 400, param: "add_invoice_items" });
    expect((await subscribe({ add_invoice_items: twenty(one) as [] })).invoice.total).toBe(1200);
  });

  test("five hundred subscriptions of a customer that live", async () => {
    const { fake, stripe, subscribe, price, customer } = await shop();
    const items = [{ price: (await price(0)).id }];
    let last = "";
    for (let made = 0; made < 500; made++) last = fake.subscriptions.create({ customer, items }).id;
    expect(await error(subscribe({ items }))).toMatchObject({ statusCode: 400, code: "customer_max_subscriptions" });
    await stripe.subscriptions.cancel(last);
    expect((await subscribe({ items })).status).toBe("active");
  });
});

describe("what no subscription can begin with", () => {
  const invalid = (message: string, more: object = {}) => ({ statusCode: 400, message, ...more });
  test.each<[string, (open: Shop) => Promise<object> | object, object]>([
    [
      "a price that is not there",
      () => ({ items: [{ price: "invalid" }] }),
      invalid("No such price: 'invalid'", { code: "resource_missing", param: "items[0][price]" }),
    ],
    [
      "a price that is paid once",
      async ({ price }) => ({ items: [{ price: (await price(100, { recurring: undefined })).id }] }),
      invalid(
        "The price specified is set to `type=one_time` but this field only accepts prices with `type=recurring`.",
        { param: "items[0][price]" },
      ),
    ],
    [
      "a price that is not sold any more",
      async ({ stripe, price }) => {
        const { id } = await price(100);
        await stripe.prices.update(id, { active: false });
        return { items: [{ price: id }] };
      },
      invalid("The price specified is inactive. This field only accepts active prices.", { param: "items[0][price]" }),
    ],
    [
      "a price twice",
      async ({ price }) => {
        const { id } = await price(100);
        return { items: [{ price: id }, { price: id }] };
      },
      {
        statusCode: 400,
        param: "plan",
        message: expect.stringMatching(
          /^Cannot create a Subscription with multiple Subscription Items with the same Price: price_\w+$/,
        ),
      },
    ],
    [
      "prices of two currencies",
      async ({ price }) => ({
        items: [{ price: (await price(1, { currency: "cad" })).id }, { price: (await price(100)).id }],
      }),
      invalid(
        "This `price` has `currency=usd`, but other items use `currency=cad`. All items must have pricing in the same " +
          "currency. When using multi-currency prices, you can specify `currency` at the top level, to be used by all items.",
        { param: "items[1][price]" },
      ),
    ],
    [
      "another currency than the customer's",
      async ({ price, subscribe }) => {
        await subscribe();
        return { items: [{ price: (await price(100, { currency: "eur" })).id }] };
      },
      invalid(
        "You cannot combine currencies on a single customer. This customer has an active subscription, subscription " +
          "schedule, discount, quote, or invoice item with currency usd",
      ),
    ],
    ["no items", () => ({ items: [] }), { statusCode: 400, code: "parameter_missing", param: "items" }],
    [
      "a parameter that is unknown",
      () => ({ surprise: "x" }),
      invalid("Received unknown parameter: surprise", { code: "parameter_unknown", param: "surprise" }),
    ],
    [
      "a behavior that is unknown",
      () => ({ payment_behavior: "hope" }),
      { statusCode: 400, param: "payment_behavior", message: expect.stringMatching(/^Invalid payment_behavior: must be one of /) },
    ],
    [
      "a customer that is not there",
      () => ({ customer: "cus_none" }),
      invalid("No such customer: 'cus_none'", { code: "resource_missing", param: "customer" }),
    ],
    [
      "a payment method of nobody",
      () => ({ default_payment_method: "pm_none" }),
      { statusCode: 400, code: "resource_missing", param: "default_payment_method" },
    ],
  ])("%s", async (_, params, wanted) => {
    const open = await shop();
    const given = await params(open);
    await open.told();
    expect(await error(open.subscribe(given))).toMatchObject(wanted);
    expect(await open.told()).toEqual([]);
  });

  test("a price that is on another item already", async () => {
    const { stripe, subscribe } = await shop();
    const made = await subscribe();
    const { id, price } = made.items.data[0]!;
    expect(await error(stripe.subscriptions.update(made.id, { items: [{ price: price.id }] }))).toMatchObject({
      statusCode: 400,
      param: "plan",
      message:
        `A new item with Price ${price.id} can't be added to this Subscription because an existing Subscription Item ` +
        `${id} is already using that Price. If you want to update the existing item (e.g., to adjust the quantity), ` +
        "pass the existing Subscription Item's `id` in your update request: " +
        "https://stripe.com/docs/api/subscriptions/update#update_subscription-items-id",
    });
  });

  test("a price in a currency that the subscription has not", async () => {
    const { stripe, subscribe, price } = await shop();
    const made = await subscribe({ items: [{ price: (await price(100, { currency: "cad" })).id }] });
    const other = (await price(100)).id;
    expect(await error(stripe.subscriptions.update(made.id, { items: [{ price: other }] }))).toMatchObject({
      statusCode: 400,
      param: "price",
      message: "The price specified only supports `usd`. This doesn't match the expected currency: `cad`.",
    });
  });

  test("prices of several currencies are sold in the one that is asked for", async () => {
    const { subscribe, price } = await shop();
    const currency_options = { eur: { unit_amount: 900 } };
    const items = [{ price: (await price(1000, { currency_options })).id }];
    const made = await subscribe({ items, currency: "eur" });
    expect(made).toMatchObject({ currency: "eur", invoice: { currency: "eur", amount_paid: 900 } });
  });
});

describe("subscriptions are found", () => {
  test("by status, by metadata and by when they were made", async () => {
    const { stripe, subscribe, until } = await shop();
    const first = await subscribe({ metadata: { plan: "gold" } });
    until("2027-01-10");
    const second = await subscribe({ trial_period_days: 5 });
    const found = async (query: string) => (await stripe.subscriptions.search({ query })).data.map(({ id }) => id);
    expect(await found("status:'active'")).toEqual([first.id]);
    expect(await found("status:'trialing'")).toEqual([second.id]);
    expect(await found("metadata['plan']:'gold'")).toEqual([first.id]);
    expect(await found(`created>${at("2027-01-05")}`)).toEqual([second.id]);
    expect(await found("status:'active' OR status:'trialing'")).toEqual([second.id, first.id]);
  });
});
