/**
 * Journeys through payment links: what the sessions they open have of them. The facts are those of the
 * published types of the `stripe` package and of <https://docs.stripe.com/payment-links/customize>.
 */

import type Stripe from "stripe";
import { expect, test } from "vitest";
import { error, stage } from "../stage.ts";

const opened = async (given: object, recurring?: Stripe.PriceCreateParams.Recurring) => {
  const { fake, stripe } = stage({ now: new Date("2027-01-01T00:00:00Z") });
  fake.clock.freeze();
  const product_data = { name: "Cup" };
  const { id: price } = await stripe.prices.create({ currency: "usd", unit_amount: 700, product_data, recurring });
  const params = { line_items: [{ price, quantity: 2 }], ...given };
  return { fake, stripe, price, link: await stripe.paymentLinks.create(params) };
};

const month = { interval: "month" as const };
const field = { key: "size", label: { type: "custom", custom: "Size" }, type: "text" };

test.each<[string, object, object]>([
  ["custom_fields", { custom_fields: [field] }, [{ key: "size", text: { value: null } }]],
  ["consent_collection", { consent_collection: { promotions: "auto" } }, { promotions: "auto" }],
  ["phone_number_collection", { phone_number_collection: { enabled: true } }, { enabled: true }],
  [
    "shipping_address_collection",
    { shipping_address_collection: { allowed_countries: ["US"] } },
    { allowed_countries: ["US"] },
  ],
  ["billing_address_collection", { billing_address_collection: "required" }, "required" as any],
])("its sessions have its %s", async (name, given, shown) => {
  const { fake, link } = await opened(given);
  expect({ ...fake.asCustomer.openPaymentLink(link) }).toMatchObject({ [name]: shown });
});

test("its own fields have no values, and are three at most", async () => {
  const { stripe, price, link } = await opened({ custom_fields: [field] });
  expect(link.custom_fields[0]!.text).toEqual({
    default_value: null,
    maximum_length: null,
    minimum_length: null,
  });
  const custom_fields = ["a", "b", "c", "d"].map((key) => ({ ...field, key }));
  const params = { line_items: [{ price, quantity: 1 }], custom_fields };
  const reason = await error(stripe.paymentLinks.create(params as Stripe.PaymentLinkCreateParams));
  expect(reason.param).toBe("custom_fields");
});

test("its quantities can be changed on the page, and its optional items added", async () => {
  const { fake, stripe, price } = await opened({});
  const adjustable_quantity = { enabled: true, maximum: 10 };
  const line = { adjustable_quantity, price, quantity: 1 };
  const link = await stripe.paymentLinks.create({ line_items: [line], optional_items: [{ price, quantity: 3 }] });
  const session = fake.asCustomer.openPaymentLink(link);
  const optional = { adjustable_quantity: null, price, quantity: 3 };
  expect(link.optional_items).toEqual([optional]);
  expect(session).toMatchObject({ amount_total: 700, optional_items: [optional] });
  const { data } = await stripe.checkout.sessions.listLineItems(session.id);
  expect(data[0]).toMatchObject({ adjustable_quantity: { enabled: true, maximum: 10, minimum: 0 } });
});

test("a trial without a card is canceled at its end", async () => {
  const { fake, stripe, link } = await opened(
    {
      payment_method_collection: "if_required",
      subscription_data: {
        trial_period_days: 7,
        trial_settings: { end_behavior: { missing_payment_method: "cancel" } },
      },
    },
    month,
  );
  const session = fake.asCustomer.openPaymentLink(link);
  expect(session.payment_method_collection).toBe("if_required");
  const done = fake.asCustomer.completeCheckout(session);
  const look = () => stripe.subscriptions.retrieve(done.subscription as string);
  expect(done.payment_status).toBe("no_payment_required");
  expect(await look()).toMatchObject({ default_payment_method: null, status: "trialing" });
  fake.clock.advance({ days: 8 });
  expect((await look()).status).toBe("canceled");
});

test("a link that was turned off opens no session, and one that is turned on again does", async () => {
  const { fake, stripe, link } = await opened({});
  await stripe.paymentLinks.update(link.id, { active: false });
  expect(() => fake.asCustomer.openPaymentLink(link)).toThrow(/not active/);
  await stripe.paymentLinks.update(link.id, { active: true });
  expect(fake.asCustomer.openPaymentLink(link).amount_total).toBe(1400);
});
