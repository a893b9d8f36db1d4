/** What journeys of changed subscriptions start with: a shop with a card that pays, and short words for what is looked at. */

import type { FakeStripe } from "fakestripe";
import type Stripe from "stripe";
import { stage } from "../stage.ts";
import { at } from "./calendar.ts";

export { at };

export const DAY = 86_400;

export interface Shop {
  fake: FakeStripe;
  stripe: Stripe;
  customer: string;
  /** A price of a product with that name; monthly and in dollars unless told. */
  price(name: string, unit_amount: number, more?: Partial<Stripe.PriceCreateParams>): Promise<string>;
  subscribe(price: string, more?: Partial<Stripe.SubscriptionCreateParams>): Promise<Stripe.Subscription>;
  update(subscription: string, change: Stripe.SubscriptionUpdateParams): Promise<Stripe.Subscription>;
  /** Pending invoice items, newest first. */
  pending(): Promise<Stripe.InvoiceItem[]>;
  /** All invoices, newest first. */
  invoices(): Promise<Stripe.Invoice[]>;
  /** The customer's default card. */
  card(token: string): Promise<void>;
  balance(): Promise<number>;
  /** The types of the events of that pattern since the last look, oldest first. */
  told(pattern?: RegExp): Promise<string[]>;
}

/** A shop whose clock stands still at that instant. */
export async function shop(now = "2026-01-01"): Promise<Shop> {
  const { fake, stripe } = stage({ now: new Date(at(now) * 1000) });
  fake.clock.freeze();
  const { id: customer } = await stripe.customers.create({ email: "ana@example.com" });
  const card = async (token: string) => {
    const method = await stripe.paymentMethods.attach(token, { customer });
    await stripe.customers.update(customer, { invoice_settings: { default_payment_method: method.id } });
  };
  await card("pm_card_visa");
  let seen = 0;
  return {
    fake,
    stripe,
    customer,
    card,
    price: async (name, unit_amount, more = {}) => {
      const price = { currency: "usd", unit_amount, recurring: { interval: "month" as const }, ...more };
      return (await stripe.prices.create({ ...price, product_data: { name } })).id;
    },
    subscribe: (price, more = {}) =>
      stripe.subscriptions.create({ customer, items: [{ price }], expand: ["latest_invoice"], ...more }),
    update: (subscription, change) =>
      stripe.subscriptions.update(subscription, { ...change, expand: ["latest_invoice"] }),
    pending: async () => (await stripe.invoiceItems.list({ customer, pending: true, limit: 100 })).data,
    invoices: async () => (await stripe.invoices.list({ customer, limit: 100 })).data,
    balance: async () => ((await stripe.customers.retrieve(customer)) as Stripe.Customer).balance,
    told: async (pattern = /^(customer\.subscription|invoice|invoiceitem)/) => {
      const events = await stripe.events.list({ limit: 100 }).autoPagingToArray({ limit: 10_000 });
      const types = events.reverse().map((event) => event.type);
      const fresh = types.slice(seen);
      seen = types.length;
      return fresh.filter((type) => pattern.test(type));
    },
  };
}

/** The only item of a subscription. */
export const item = (subscription: Stripe.Subscription, place = 0) => subscription.items.data[place]!.id;

/** The latest invoice of a subscription, expanded. */
export const latest = (subscription: Stripe.Subscription) => subscription.latest_invoice as Stripe.Invoice;

export const amounts = (list: { amount: number }[]) => list.map((one) => one.amount);

/** What a line or an item says: its amount, in which words, and for which period. */
export const facts = (line: Stripe.InvoiceLineItem | Stripe.InvoiceItem) => ({
  amount: line.amount,
  description: line.description,
  period: line.period,
  quantity: line.quantity,
  proration: "proration" in line ? line.proration : line.parent?.subscription_item_details?.proration ?? false,
});
