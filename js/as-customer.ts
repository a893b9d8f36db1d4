/** `fake.asCustomer`: what customers do at their own screens, done by the test. */

import type Stripe from "stripe";

/** What waits for the customer: an intent, or its id. */
export type Intent = Stripe.PaymentIntent | Stripe.SetupIntent;

/** An object of Stripe's, as far as it is needed to find it. */
export type Identified = { id: string };

/** What a customer fills in on a checkout page. Whatever is left out, some customer's data stands for. */
export interface CheckoutDetails {
  /** A test card's number, or its parameters. Default: 4242 4242 4242 4242. */
  card?: string | { number: string; exp_month?: number; exp_year?: number; cvc?: string };
  /** Another payment method: an id such as `pm_card_visa`, or the parameters of one. */
  paymentMethod?: string | Stripe.PaymentMethodCreateParams;
  email?: string;
  name?: string;
  phone?: string;
  address?: Stripe.AddressParam;
  /** Where things are to be sent. */
  shipping?: { name: string; address: Stripe.AddressParam };
  /** A promotion code as customers type it, or its id. */
  promotionCode?: string;
  /** The id of the shipping rate that is chosen. Default: the first. */
  shippingRate?: string;
  /** The values of the session's own fields, by their keys. */
  customFields?: Record<string, string>;
  taxId?: { type: string; value: string };
  /** Whether the customer wants to be written to. Default: false. */
  promotions?: boolean;
  /** Whether the customer passes 3D Secure, or agrees where a payment method asks. Default: true. */
  authenticate?: boolean;
  /** Whether the payment method may be shown to the customer again. Default: false. */
  save?: boolean;
}

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

  /**
   * Fills in a checkout page and submits it: the customer, the payment or the subscription or what was
   * set up, and all their events are as at Stripe. Gives the session, which is complete. A declined card
   * throws what the page would say, and leaves the session open for another try.
   */
  completeCheckout(
    session: Identified | string,
    details: CheckoutDetails = {},
  ): Stripe.Checkout.Session {
    return this.#visit("complete", session, details);
  }

  /** Leaves a checkout page for good: the session expires now, as it would by itself later. */
  abandonCheckout(session: Identified | string): Stripe.Checkout.Session {
    return this.#visit("abandon", session);
  }

  /** Follows the address under which an expired session can be recovered. Gives the new session. */
  recoverCheckout(session: Identified | string): Stripe.Checkout.Session {
    return this.#visit("recover", session);
  }

  /** Follows a payment link. Gives the session that it opens, for `completeCheckout`. */
  openPaymentLink(
    link: Identified | string,
    details: { clientReferenceId?: string; customerEmail?: string } = {},
  ): Stripe.Checkout.Session {
    return this.#visit("follow", link, details);
  }

  /**
   * Opens a session of the customer portal: what its configuration offers can be done there. Where the
   * customer has more than one subscription, say which.
   */
  portal(session: Identified | string): Portal {
    return new Portal(this.#control, idOf(session));
  }

  #visit(does: string, page: Identified | string, details: object = {}): any {
    return this.#control(`customer.${does}`, { id: idOf(page), given: snakeCased(details) });
  }

  #finish(intent: Identified | string, succeeded: boolean): unknown {
    return this.#control("customer.authenticate", { intent: idOf(intent), succeeded });
  }
}

/** Why a customer cancels, in the words that the page offers. */
export type Feedback = Stripe.SubscriptionCancelParams.CancellationDetails["feedback"];

/** Which subscription is meant, by an object or an id. Default: the customer's only one. */
export interface Meant {
  subscription?: Identified | string;
}

/** The customer portal, as the customer of one session uses it. Each call is a button that is pressed. */
export class Portal {
  readonly #control: Control;
  readonly #session: string;

  /** @internal */
  constructor(control: Control, session: string) {
    this.#control = control;
    this.#session = session;
  }

  /** Cancels, at the end of the period or at once, as the configuration says. Says why, if it does. */
  cancel(
    why: Meant & { feedback?: Feedback; comment?: string } = {},
  ): Stripe.Subscription {
    return this.#do("cancel", why);
  }

  /** Takes a cancellation at the end of the period back. */
  keep(which: Meant = {}): Stripe.Subscription {
    return this.#do("keep", which);
  }

  /** Stays, for the coupon that the session offers to who would cancel. */
  acceptOffer(which: Meant = {}): Stripe.Subscription {
    return this.#do("accept_offer", which);
  }

  /**
   * Changes to another price, or to another quantity of it. Where the configuration puts that off, it is
   * scheduled for the end of the period. A promotion code is given by its id, or as customers type it.
   */
  switchTo(
    price: Identified | string,
    more: Meant & { quantity?: number; promotionCode?: string } = {},
  ): Stripe.Subscription {
    return this.#do("switch", { ...more, price: idOf(price) });
  }

  /** Changes the quantity of what is subscribed to. */
  changeQuantity(quantity: number, which: Meant = {}): Stripe.Subscription {
    return this.#do("switch", { ...which, quantity });
  }

  /** Confirms the change that a session for `subscription_update_confirm` shows. */
  confirm(): Stripe.Subscription {
    return this.#do("confirm", {});
  }

  /**
   * Pauses, for one of the lengths that the configuration offers: the first where none is given. Where it
   * offers pauses without an end, until `resume`.
   */
  pause(
    length: Meant & { interval?: "day" | "week" | "month" | "year"; intervalCount?: number } = {},
  ): Stripe.Subscription {
    return this.#do("pause", length);
  }

  /** Has a paused subscription go on. */
  resume(which: Meant = {}): Stripe.Subscription {
    return this.#do("resume", which);
  }

  /** The invoices that the portal shows, newest first. */
  invoices(): Stripe.Invoice[] {
    return this.#do("invoices", {}).data;
  }

  /**
   * Leaves another card, which pays from here on: a test card's number, its parameters, or an id such as
   * `pm_card_visa`. A card that cannot be set up throws what the page would say. 3D Secure is passed
   * where the bank asks for it, unless `authenticate` is false; then the card of before still pays.
   */
  updateCard(
    card: CheckoutDetails["card"],
    options: { authenticate?: boolean } = {},
  ): Stripe.Customer {
    return this.#do("update_card", { ...options, card });
  }

  /** Changes what the customer's own data are: email, address and so on, as far as that is allowed. */
  updateDetails(
    details: Stripe.CustomerUpdateParams & { taxId?: { type: string; value: string } },
  ): Stripe.Customer {
    return this.#do("update_customer", details);
  }

  #do(does: string, given: object): any {
    const { subscription, ...rest } = given as Meant;
    const about = subscription === undefined ? {} : { subscription: idOf(subscription) };
    return this.#control("customer.portal", {
      id: this.#session,
      does,
      given: { ...snakeCased(rest), ...about },
    });
  }
}

/** An id, or the id of an object that was given in its place. */
export function idOf(what: Identified | string): string {
  const id = typeof what === "string" ? what : what?.id;
  if (typeof id === "string" && id !== "") return id;
  throw new TypeError("fakestripe: what is meant is said by an object with an id, or by an id.");
}

/** The names of an object as the engine has them. */
function snakeCased(details: object): Record<string, unknown> {
  const rows = Object.entries(details).filter(([, value]) => value !== undefined);
  return Object.fromEntries(
    rows.map(([name, value]) => [name.replace(/[A-Z]/g, (it) => `_${it.toLowerCase()}`), value]),
  );
}
