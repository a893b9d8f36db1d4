/**
 * What Billing refuses, to the letter: the message, the code and the parameter.
 *
 * Sources: recorded in test mode (the tables of public test suites), or the codes of the types of
 * `stripe`; a message that nobody recorded is not here.
 */

import { createRequire } from "node:module";
import type Stripe from "stripe";
import { expect, test } from "vitest";
import { error } from "../stage.ts";
import { type Shop, at, shop } from "./shop.ts";

const Stripe17 = createRequire(import.meta.url)("stripe-17");

type Refused = [
  string,
  (of: Shop) => Promise<unknown>,
  { message: string | RegExp; code?: string; param?: string; type?: string; statusCode?: number },
];

const once = ({ stripe }: Shop, more: object = {}) =>
  stripe.prices.create({ currency: "usd", unit_amount: 500, product_data: { name: "Cup" }, ...more });

/** What a request comes to, which a row begins and does not wait for. */
const later = async (begin: () => Promise<unknown>) => begin();

const ROWS: Refused[] = [
  [
    "a price that is unknown",
    ({ stripe, customer }) =>
      later(() => stripe.subscriptions.create({ customer, items: [{ price: "invalid" }] })),
    { message: "No such price: 'invalid'", code: "resource_missing", param: "items[0][price]" },
  ],
  [
    "a price that is paid once",
    async (of) => {
      const { id: price } = await once(of);
      return of.stripe.subscriptions.create({ customer: of.customer, items: [{ price }] });
    },
    {
      message:
        "The price specified is set to `type=one_time` but this field only accepts prices with " +
        "`type=recurring`.",
      param: "items[0][price]",
    },
  ],
  [
    "a price that is inactive",
    async (of) => {
      const { id: price } = await of.price(1000);
      await of.stripe.prices.update(price, { active: false });
      return of.stripe.subscriptions.create({ customer: of.customer, items: [{ price }] });
    },
    {
      message: "The price specified is inactive. This field only accepts active prices.",
      param: "items[0][price]",
    },
  ],
  [
    "a price twice",
    async (of) => {
      const { id: price } = await of.price(1000);
      const items = [{ price }, { price }];
      return of.stripe.subscriptions.create({ customer: of.customer, items });
    },
    {
      message:
        /^Cannot create a Subscription with multiple Subscription Items with the same Price: price_\w+$/,
      param: "plan",
    },
  ],
  [
    "a price that an item has",
    async (of) => {
      const { id, items } = await of.subscribe();
      const { price } = items.data[0]!;
      return of.stripe.subscriptions.update(id, { items: [{ price: price.id }] });
    },
    {
      message:
        /^A new item with Price price_\w+ can't be added to this Subscription because an existing Subscription Item si_\w+ is already using that Price\. If you want to update the existing item \(e\.g\., to adjust the quantity\), pass the existing Subscription Item's `id` in your update request: https:\/\/stripe\.com\/docs\/api\/subscriptions\/update#update_subscription-items-id$/,
      param: "plan",
    },
  ],
  [
    "no items",
    ({ stripe, customer }) =>
      later(() => stripe.subscriptions.create({ customer } as Stripe.SubscriptionCreateParams)),
    { message: "Missing required param: items.", code: "parameter_missing", param: "items" },
  ],
  [
    "a parameter nobody knows",
    ({ stripe, customer }) =>
      later(() => stripe.subscriptions.create({ customer, x: 1 } as Stripe.SubscriptionCreateParams)),
    { message: "Received unknown parameter: x", code: "parameter_unknown", param: "x" },
  ],
  [
    "prices of two currencies",
    async (of) => {
      const [cad, usd] = [await of.price(1000, { currency: "cad" }), await of.price(1000)];
      const items = [{ price: cad.id }, { price: usd.id }];
      return of.stripe.subscriptions.create({ customer: of.customer, items });
    },
    {
      message:
        "This `price` has `currency=usd`, but other items use `currency=cad`. All items must have " +
        "pricing in the same currency. When using multi-currency prices, you can specify " +
        "`currency` at the top level, to be used by all items.",
      param: "items[1][price]",
    },
  ],
  [
    "a price of another currency than the subscription's",
    async (of) => {
      const cad = await of.price(1000, { currency: "cad" });
      const { id } = await of.subscribe({ items: [{ price: cad.id }] });
      const usd = await of.price(1000);
      return of.stripe.subscriptions.update(id, { items: [{ price: usd.id }] });
    },
    {
      message:
        "The price specified only supports `usd`. This doesn't match the expected currency: `cad`.",
      param: "price",
    },
  ],
  [
    "a price of another currency than the customer's",
    async (of) => {
      await of.subscribe();
      const { id: price } = await of.price(1000, { currency: "eur" });
      return of.stripe.subscriptions.create({ customer: of.customer, items: [{ price }] });
    },
    {
      message:
        "You cannot combine currencies on a single customer. This customer has an active " +
        "subscription, subscription schedule, discount, quote, or invoice item with currency usd",
    },
  ],
  [
    "prices of two intervals, in classic billing",
    async (of) => {
      const month = await of.price(1000);
      const year = await of.price(10_000, { recurring: { interval: "year" } });
      const items = [{ price: month.id }, { price: year.id }];
      const billing_mode = { type: "classic" as const };
      return of.stripe.subscriptions.create({ customer: of.customer, items, billing_mode });
    },
    {
      message:
        "Currency and interval fields must match across all plans on this subscription. Found " +
        "mismatch in interval field.",
    },
  ],
  [
    "a payment that is to be authenticated, where no other is taken",
    async (of) => {
      await of.payWith("pm_card_authenticationRequired");
      const { id: price } = await of.price(1000);
      return of.stripe.subscriptions.create({
        customer: of.customer,
        items: [{ price }],
        payment_behavior: "error_if_incomplete",
      });
    },
    {
      message: /^Payment for this subscription requires additional user action/,
      code: "subscription_payment_intent_requires_action",
      type: "StripeCardError",
      statusCode: 402,
    },
  ],
  [
    "a change of what is canceled",
    async (of) => {
      const { id } = await of.subscribe();
      await of.stripe.subscriptions.cancel(id);
      return of.stripe.subscriptions.update(id, { proration_behavior: "none", description: "x" });
    },
    {
      message: "A canceled subscription can only update its cancellation_details and metadata.",
      code: "invalid_canceled_subscription_fields",
    },
  ],
  [
    "a resumption of what is not paused",
    async (of) => of.stripe.subscriptions.resume((await of.subscribe()).id),
    { message: "You can only resume a subscription if it is `paused`." },
  ],
  [
    "a list by a status that is none",
    ({ stripe }) => later(() => stripe.subscriptions.list({ status: "bad" as never })),
    {
      message:
        "Invalid status: must be one of active, past_due, unpaid, canceled, incomplete, " +
        "incomplete_expired, trialing, paused, all, or ended",
      param: "status",
    },
  ],
  [
    "a payment behavior that is none",
    ({ stripe, customer }) =>
      later(() =>
        stripe.subscriptions.create({ customer, items: [], payment_behavior: "bad" as never }),
      ),
    {
      message:
        /^Invalid payment_behavior: must be one of allow_incomplete, default_incomplete, error_if_incomplete, or pending_if_incomplete$/,
      param: "payment_behavior",
    },
  ],
  [
    "a date of prorations without a subscription, in a preview of older versions",
    ({ fake, customer }) =>
      later(() => {
        const apiVersion = "2024-06-20";
        const old = new Stripe17(fake.apiKey, { maxNetworkRetries: 0, apiVersion });
        return old.invoices.retrieveUpcoming({
          customer,
          subscription_proration_date: at("2027-01-02"),
        });
      }),
    { message: "Cannot specify proration date without specifying a subscription" },
  ],
  [
    "invoices of a customer nobody made",
    ({ stripe }) => later(() => stripe.invoices.list({ customer: "cus_invalid" })),
    { message: "No such customer: 'cus_invalid'", code: "resource_missing", param: "customer" },
  ],
  [
    "an expansion of what cannot be expanded",
    async (of) => of.stripe.subscriptions.retrieve((await of.subscribe()).id, { expand: ["status"] }),
    { message: "This property cannot be expanded (status)." },
  ],
  [
    "an expansion of a list, which is one of its members",
    ({ stripe }) => later(() => stripe.subscriptions.list({ expand: ["customer"] })),
    {
      message:
        "This property cannot be expanded (customer). You may want to try expanding " +
        "'data.customer' instead.",
    },
  ],
  [
    "an idempotency key with other parameters",
    async ({ stripe }) => {
      const options = { idempotencyKey: "K" };
      await stripe.coupons.create({ percent_off: 10, duration: "once" }, options);
      return stripe.coupons.create({ percent_off: 20, duration: "once" }, options);
    },
    {
      message:
        "Keys for idempotent requests can only be used with the same parameters they were first " +
        "used with. Try using a key other than 'K' if you meant to execute a different request.",
      type: "StripeIdempotencyError",
    },
  ],
];

test.each(ROWS)("%s is refused", async (_, ask, expected) => {
  const of = await shop();
  const { message, ...rest } = expected;
  const refused = await error(ask(of));
  expect(refused.message).toEqual(
    typeof message === "string" ? message : expect.stringMatching(message),
  );
  expect(refused).toMatchObject({ type: "StripeInvalidRequestError", statusCode: 400, ...rest });
  if (!expected.param) expect(refused.param).toBeUndefined();
  if (!expected.code) expect(refused.code).toBeUndefined();
});

/** What else has a code of its own among Stripe's. */
const CODES: [string, (of: Shop) => Promise<unknown>][] = [
  [
    "coupon_expired",
    async ({ stripe, subscribe }) => {
      const { id: coupon } = await stripe.coupons.create({ percent_off: 5, duration: "once", max_redemptions: 1 });
      await subscribe({ discounts: [{ coupon }] });
      return subscribe({ discounts: [{ coupon }] });
    },
  ],
  [
    "invoice_not_editable",
    async ({ stripe, subscribe }) => {
      const { latest_invoice } = await subscribe();
      const params = { lines: [{ amount: 100, description: "more" }] };
      return stripe.invoices.addLines((latest_invoice as Stripe.Invoice).id!, params);
    },
  ],
  [
    "invoice_upcoming_none",
    async ({ stripe, subscribe }) => {
      const { id } = await subscribe();
      await stripe.subscriptions.cancel(id);
      return stripe.invoices.createPreview({ subscription: id });
    },
  ],
  [
    "resource_already_exists",
    async ({ stripe }) => {
      await stripe.coupons.create({ id: "TEN", percent_off: 10, duration: "once" });
      return stripe.coupons.create({ id: "TEN", percent_off: 10, duration: "once" });
    },
  ],
];

test.each(CODES)("%s", async (code, ask) => {
  const refused = await error(ask(await shop()));
  expect(refused).toMatchObject({ code, statusCode: code === "invoice_upcoming_none" ? 404 : 400 });
});

/** The limits of one request, and of a customer. */
const LIMITS: [string, (of: Shop) => Promise<unknown>][] = [
  [
    "21 items",
    async (of) => {
      const { id: product } = await of.stripe.products.create({ name: "Gold" });
      const recurring = { interval: "month" as const };
      const price = (unit_amount: number) => ({
        price_data: { currency: "usd", product, recurring, unit_amount },
      });
      const items = Array.from({ length: 21 }, (_, place) => price(place + 1));
      return of.stripe.subscriptions.create({ customer: of.customer, items });
    },
  ],
  [
    "21 items to add to the invoice",
    async (of) => {
      const { id: price } = await once(of);
      const add_invoice_items = Array.from({ length: 21 }, () => ({ price }));
      return of.subscribe({ add_invoice_items });
    },
  ],
  [
    "11 lookup keys",
    ({ stripe }) =>
      stripe.prices.list({ lookup_keys: Array.from({ length: 11 }, (_, place) => `key${place}`) }),
  ],
  ["a price every four years", (of) => of.price(1, { recurring: { interval: "year", interval_count: 4 } })],
  ["a trial of two years and a day", (of) => of.subscribe({ trial_period_days: 731 })],
  [
    "five custom fields",
    ({ stripe, customer }) => {
      const custom_fields = Array.from({ length: 5 }, (_, place) => ({ name: `n${place}`, value: "v" }));
      return stripe.invoices.create({ customer, custom_fields });
    },
  ],
  [
    "a coupon to be redeemed in six years",
    ({ stripe }) =>
      stripe.coupons.create({ percent_off: 5, duration: "once", redeem_by: at("2033-01-02") }),
  ],
  [
    "an invoice that finalizes itself in six years",
    ({ stripe, customer }) =>
      stripe.invoices.create({
        customer,
        auto_advance: true,
        automatically_finalizes_at: at("2033-01-02"),
      }),
  ],
];

test.each(LIMITS)("%s are too many or too much", async (_, ask) => {
  expect((await error(ask(await shop()))).statusCode).toBe(400);
});

test("a customer has 500 subscriptions, and no more", async () => {
  const of = await shop();
  const { id: price } = await of.price(0);
  const params = { customer: of.customer, items: [{ price }] };
  for (let count = 0; count < 500; count += 1) await of.stripe.subscriptions.create(params);
  const refused = await error(of.stripe.subscriptions.create(params));
  expect(refused).toMatchObject({ code: "customer_max_subscriptions", statusCode: 400 });
});
