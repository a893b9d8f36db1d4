/** `fake.asCustomer`: what customers do at their own screens, done by the test. */

import type Stripe from "stripe";

/** What waits for the customer: an intent, or its id. */
export type Intent = Stripe.PaymentIntent | Stripe.SetupIntent;

/** An object of Stripe's, as far as it is needed to find it. */
export type Identified = { id: string };

export type Control = (command: string, args: unknown) => unknown;

export class AsCustomer {
  readonly #control: Control;

  /** @internal */
  constructor(control: Control) {
    this.#control = control;
  }

  /**
   * Does what the intent's `next_action` asks for: passes 3D Secure, agrees on the page of the payment
   * method, verifies the bank account, pays the voucher or the transfer. The bank may still decline
   * what follows. Gives the intent as it then is.
   */
  authenticate<T extends Identified = Intent>(intent: T | string): T {
    return this.#finish(intent, true) as T;
  }

  /**
   * Does not: fails 3D Secure, says no on the page of the payment method, lets the voucher expire. The
   * intent goes back to `requires_payment_method` and says why.
   */
  failAuthentication<T extends Identified = Intent>(intent: T | string): T {
    return this.#finish(intent, false) as T;
  }

  #finish(intent: Identified | string, succeeded: boolean): unknown {
    return this.#control("customer.authenticate", { intent: idOf(intent), succeeded });
  }
}

/** An id, or the id of an object that was given in its place. */
export function idOf(what: Identified | string): string {
  const id = typeof what === "string" ? what : what?.id;
  if (typeof id === "string" && id !== "") return id;
  throw new TypeError("fakestripe: what is meant is said by an object with an id, or by an id.");
}
