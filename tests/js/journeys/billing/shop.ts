/** What journeys through billing start with: a shop at a frozen instant, a customer with a card, and prices. */

import type { FakeStripe } from "fakestripe";
import type Stripe from "stripe";
import { stage } from "../stage.ts";
import { at } from "./calendar.ts";

export { at };

export interface Shop {
  fake: FakeStripe;
  stripe: Stripe;
  customer: string;
  /** A recurring price in dollars, a month long where nothing is said. */
  price(unit_amount: number, more?: Partial<Stripe.PriceCreateParams>): Promise<Stripe.Price>;
  /** Subscribes the customer, to $10.00 a month where no items are given; shows the latest invoice. */
  subscribe(params?: Partial<Stripe.SubscriptionCreateParams>): Promise<Subscribed>;
  /** The subscription as it is, with its latest invoice. */
  look(id: string): Promise<Subscribed>;
  /** Has that card pay from now on. */
  payWith(card: string): Promise<string>;
  /** Advances the clock to an instant. */
  until(text: string): void;
  /** The types of the events of subscriptions and invoices since the last look, oldest first. */
  told(): Promise<string[]>;
}

export type Subscribed = Stripe.Subscription & { invoice: Stripe.Invoice };

const BILLING = /^(customer\.subscription|invoice|invoiceitem)/;

/** A shop on that day, whose customer has that card; none where it is empty. */
export async function shop({ now = "2027-01-01", card = "pm_card_visa" } = {}): Promise<Shop> {
  const { fake, stripe } = stage({ now: new Date(at(now) * 1000) });
  fake.clock.freeze();
  const customer = (await stripe.customers.create({ email: "ana@example.com" })).id;
  const shown = (subscription: Stripe.Subscription): Subscribed => {
    return Object.assign(subscription, { invoice: subscription.latest_invoice as Stripe.Invoice });
  };
  let told = 0;
  const opened: Shop = {
    fake,
    stripe,
    customer,
    price: (unit_amount, more = {}) => {
      const recurring = { interval: "month" as const };
      return stripe.prices.create({ currency: "usd", unit_amount, recurring, product_data: { name: "Basic" }, ...more });
    },
    subscribe: async (params = {}) => {
      const items = params.items ?? [{ price: (await opened.price(1000)).id }];
      return shown(await stripe.subscriptions.create({ customer, ...params, items, expand: ["latest_invoice.payments"] }));
    },
    look: async (id) => shown(await stripe.subscriptions.retrieve(id, { expand: ["latest_invoice.payments"] })),
    payWith: async (card) => {
      const { id } = await stripe.paymentMethods.attach(card, { customer });
      await stripe.customers.update(customer, { invoice_settings: { default_payment_method: id } });
      return id;
    },
    until: (text) => void fake.clock.advanceTo(new Date(at(text) * 1000)),
    told: async () => {
      const all = (await stripe.events.list({ limit: 100 }).autoPagingToArray({ limit: 1000 })).reverse();
      const fresh = all.slice(told).map(({ type }) => type);
      told = all.length;
      return fresh.filter((type) => BILLING.test(type));
    },
  };
  if (card) await opened.payWith(card);
  await opened.told();
  return opened;
}

/** The intent that pays an invoice. */
export async function intentOf(stripe: Stripe, invoice: Stripe.Invoice): Promise<Stripe.PaymentIntent> {
  const payments = await stripe.invoicePayments.list({ invoice: invoice.id!, expand: ["data.payment.payment_intent"] });
  return payments.data[0]!.payment.payment_intent as Stripe.PaymentIntent;
}
