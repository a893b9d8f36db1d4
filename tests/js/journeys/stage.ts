/** What every journey starts with: a partition of its own, and the real client in front of it. */

import { FakeStripe } from "fakestripe";
import Stripe from "stripe";
import { expect, onTestFinished } from "vitest";

/** A partition for one test, and a client. */
export function stage(options: { now?: Date } = {}): { fake: FakeStripe; stripe: Stripe } {
  const fake = FakeStripe.new(options);
  onTestFinished(() => fake.stop());
  return { fake, stripe: new Stripe(fake.apiKey, fake.stripeOptions()) };
}

/** The card parameters of a payment method with that number. */
export function card(number: string, cvc = number.startsWith("3") ? "3141" : "314") {
  return { type: "card" as const, card: { number, exp_month: 12, exp_year: 2050, cvc } };
}

const PAYMENT = {
  amount: 2000,
  currency: "usd",
  confirm: true,
  automatic_payment_methods: { enabled: true, allow_redirects: "never" as const },
};

/** Creates and confirms an intent over $20.00 with a payment method. */
export function pay(
  stripe: Stripe,
  payment_method: string,
  more: Partial<Stripe.PaymentIntentCreateParams> = {},
): Promise<Stripe.PaymentIntent> {
  return stripe.paymentIntents.create({ ...PAYMENT, payment_method, ...more });
}

/** The same with a card given by its number. */
export function payBy(
  stripe: Stripe,
  number: string,
  more: Partial<Stripe.PaymentIntentCreateParams> = {},
): Promise<Stripe.PaymentIntent> {
  const payment_method_data = card(number);
  return stripe.paymentIntents.create({ ...PAYMENT, payment_method_data, ...more });
}

/** The error a request comes to. */
export function error(request: Promise<unknown>): Promise<any> {
  return request.then(() => expect.fail("It was answered."), (reason) => reason);
}

/** The types of the events so far, oldest first. */
export async function events(stripe: Stripe): Promise<string[]> {
  const list = await stripe.events.list({ limit: 100 });
  return list.data.map(({ type }) => type).reverse();
}

/** The charge of an intent. */
export async function chargeOf(stripe: Stripe, intent: { id: string }): Promise<Stripe.Charge> {
  const found = await stripe.paymentIntents.retrieve(intent.id, { expand: ["latest_charge"] });
  return found.latest_charge as Stripe.Charge;
}
