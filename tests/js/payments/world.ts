/** What the tests of payments share: a client, declines and refusals as values, events by type. */

import Stripe from "stripe";
import { FakeStripe } from "../../../js/index.ts";

export const CARD = {
  type: "card" as const,
  card: { number: "4242424242424242", exp_month: 12, exp_year: 2034, cvc: "314" },
};

/** Payment methods that send the customer elsewhere are not wanted. */
export const NEVER = {
  automatic_payment_methods: { enabled: true, allow_redirects: "never" as const },
};

/** What Stripe says of a failed request. */
export type Refusal = Record<string, any> & { status: number; message: string };

export class World {
  readonly fake = FakeStripe.new();
  readonly stripe = new Stripe(this.fake.apiKey, { maxNetworkRetries: 0 });
  #seen = 0;

  /** The `error` of a request that fails, and its status. */
  async refused(request: Promise<unknown>): Promise<Refusal> {
    const thrown = await request.then(
      (value) => Promise.reject(new Error(`succeeded: ${JSON.stringify(value)}`)),
      (error) => error,
    );
    if (!(thrown instanceof Stripe.errors.StripeError)) throw thrown;
    return { ...(thrown.raw as Refusal), status: thrown.statusCode! };
  }

  /** The types of the events since last asked, oldest first. */
  async events(): Promise<string[]> {
    const all = await this.stripe.events.list({ limit: 100 }).autoPagingToArray({ limit: 1000 });
    const fresh = all.slice(0, all.length - this.#seen).reverse();
    this.#seen = all.length;
    return fresh.map((event) => event.type);
  }

  /** An intent over $20.00, confirmed with a payment method. */
  pay(method: string, more: Stripe.PaymentIntentCreateParams | object = {}) {
    const whole = { amount: 2000, currency: "usd", confirm: true, payment_method: method };
    return this.stripe.paymentIntents.create({ ...whole, ...NEVER, ...more });
  }

  /** A request in a version of the API that had other parameters. */
  async old(version: string, url: string, params: Record<string, string>) {
    const answer = await this.fake.fetch(`https://api.stripe.com${url}`, {
      method: "POST",
      headers: { authorization: `Bearer ${this.fake.apiKey}`, "stripe-version": version },
      body: new URLSearchParams(params),
    });
    return (await answer.json()) as any;
  }
}
