/** What journeys of Billing begin with: a customer, a card, something to subscribe to. */

import type Stripe from "stripe";

/** Gives a customer a card to pay with from now on. */
export async function cardOf(stripe: Stripe, customer: string, method: string): Promise<void> {
  const { id } = await stripe.paymentMethods.attach(method, { customer });
  await stripe.customers.update(customer, { invoice_settings: { default_payment_method: id } });
}

/** A customer who pays with that card; without a card, nothing. */
export async function customerWith(
  stripe: Stripe,
  method: string | null = "pm_card_visa",
  more: Stripe.CustomerCreateParams = {},
): Promise<string> {
  const customer = await stripe.customers.create({ email: "ana@example.com", ...more });
  if (method) await cardOf(stripe, customer.id, method);
  return customer.id;
}

/** A price, monthly and $20.00 unless it is said otherwise. */
export async function priceOf(
  stripe: Stripe,
  recurring: Partial<Stripe.PriceCreateParams.Recurring> = {},
  more: Partial<Stripe.PriceCreateParams> = {},
): Promise<string> {
  const price = await stripe.prices.create({
    currency: "usd",
    unit_amount: 2000,
    product_data: { name: "Gold" },
    recurring: { interval: "month", ...recurring },
    ...more,
  });
  return price.id;
}

/** A subscription to such a price by a new customer with a good card. */
export async function subscribe(
  stripe: Stripe,
  more: Partial<Stripe.SubscriptionCreateParams> = {},
  recurring: Partial<Stripe.PriceCreateParams.Recurring> = {},
  who: Stripe.CustomerCreateParams = {},
): Promise<Stripe.Subscription> {
  const customer = more.customer ?? (await customerWith(stripe, "pm_card_visa", who));
  const price = await priceOf(stripe, recurring);
  return await stripe.subscriptions.create({ customer, items: [{ price }], ...more });
}
