/** A shop whose time passes in one of two ways: by a test clock of Stripe's, or by the partition's own clock. */

import type { FakeStripe } from "fakestripe";
import type Stripe from "stripe";
import { stage } from "../stage.ts";

export const HOUR = 3600;
export const DAY = 24 * HOUR;

/** Unix seconds of a date, or of a date and a time, in UTC: `at("2026-01-31")`, `at("2026-01-31T09:00")`. */
export const at = (text: string): number => Date.parse(text.length === 10 ? text : `${text}Z`) / 1000;

/** The ways in which time can pass. */
export const WAYS = ["a test clock", "fake.clock"] as const;
export type Way = (typeof WAYS)[number];

export type Billed = Stripe.Subscription & { latest_invoice: Stripe.Invoice };

export interface Calendar {
  fake: FakeStripe;
  stripe: Stripe;
  customer: string;
  /** The test clock's id, where one is used. */
  clock: string | undefined;
  /** Lets time pass until then, in leaps that a test clock allows. */
  until(text: string): Promise<void>;
  /** A price in dollars that recurs monthly, or as is said. */
  price(unit_amount: number, more?: Partial<Stripe.PriceCreateParams>): Promise<string>;
  /** Subscribes the customer to a price. */
  subscribe(price: string, more?: Partial<Stripe.SubscriptionCreateParams>): Promise<Billed>;
  /** A subscription as it is, with its latest invoice. */
  look(id: string): Promise<Billed>;
  /** Has that card pay from now on. */
  payWith(card: string): Promise<void>;
  /** The events since the last look, oldest first: those whose type matches. */
  told(which?: RegExp): Promise<Stripe.Event[]>;
  /** Lets time pass until a second before, and then until: the events that were told at that moment and not before. */
  turn(text: string, which?: RegExp): Promise<Stripe.Event[]>;
}

/** Opens a shop on that day. Its customer has a card that pays, unless another is given, or "". */
export async function calendar(way: Way, { now = "2026-01-01", card = "pm_card_visa" } = {}): Promise<Calendar> {
  // A test clock may stand at any time: the partition's own is another.
  const start = way === "a test clock" ? at("2025-06-15T12:00") : at(now);
  const { fake, stripe } = stage({ now: new Date(start * 1000) });
  fake.clock.freeze();
  let clock: string | undefined;
  if (way === "a test clock") clock = (await stripe.testHelpers.testClocks.create({ frozen_time: at(now) })).id;
  const customer = (await stripe.customers.create({ email: "ana@example.com", ...(clock && { test_clock: clock }) })).id;
  let seen = 0;
  const opened: Calendar = {
    fake,
    stripe,
    customer,
    clock,
    until: async (text) => {
      if (clock === undefined) return void fake.clock.advanceTo(new Date(at(text) * 1000));
      await stripe.testHelpers.testClocks.advance(clock, { frozen_time: at(text) });
      await stripe.testHelpers.testClocks.retrieve(clock);
    },
    price: async (unit_amount, more = {}) => {
      const recurring = { interval: "month" as const };
      const product_data = { name: `Plan ${unit_amount}` };
      return (await stripe.prices.create({ currency: "usd", unit_amount, recurring, product_data, ...more })).id;
    },
    subscribe: async (price, more = {}) => {
      const { id } = await stripe.subscriptions.create({ customer, items: [{ price }], ...more });
      return opened.look(id);
    },
    look: async (id) => (await stripe.subscriptions.retrieve(id, { expand: ["latest_invoice"] })) as Billed,
    payWith: async (card) => {
      const { id } = await stripe.paymentMethods.attach(card, { customer });
      await stripe.customers.update(customer, { invoice_settings: { default_payment_method: id } });
    },
    told: async (which = /./) => {
      const all = (await stripe.events.list({ limit: 100 }).autoPagingToArray({ limit: 1000 })).reverse();
      const fresh = all.slice(seen).filter(({ type }) => which.test(type));
      seen = all.length;
      return fresh;
    },
    turn: async (text, which) => {
      await opened.until(new Date((at(text) - 1) * 1000).toISOString().slice(0, 19));
      await opened.told();
      await opened.until(text);
      return opened.told(which);
    },
  };
  if (card) await opened.payWith(card);
  await opened.told();
  return opened;
}

export const types = (events: Stripe.Event[]): string[] => events.map(({ type }) => type);
