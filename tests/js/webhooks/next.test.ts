/** A webhook handler as Next's app router has it: a module that exports `POST`. */

import { FakeStripe } from "fakestripe";
import Stripe from "stripe";
import { afterEach, beforeEach, expect, test, vi } from "vitest";

let fake: FakeStripe;
let stripe: Stripe;
const invoices = new Map<string, string>();

beforeEach(() => {
  fake = FakeStripe.new();
  stripe = new Stripe(fake.apiKey);
  invoices.clear();
});

afterEach(() => {
  vi.unstubAllEnvs();
  fake.stop();
});

/** `app/api/webhooks/stripe/route.ts`. */
const route = {
  async POST(request: Request): Promise<Response> {
    const body = await request.text();
    const signature = request.headers.get("stripe-signature");
    let event: Stripe.Event;
    try {
      event = stripe.webhooks.constructEvent(body, signature!, process.env.STRIPE_WEBHOOK_SECRET!);
    } catch (error) {
      return Response.json({ error: (error as Error).message }, { status: 400 });
    }
    switch (event.type) {
      case "invoice.paid":
      case "invoice.payment_failed":
        invoices.set(event.data.object.id!, event.type);
        break;
    }
    return Response.json({ received: true });
  },
};

const url = "https://app.example.com/api/webhooks/stripe";

function forward() {
  const forwarding = fake.webhooks.forward(route.POST, {
    url,
    enabled_events: ["invoice.paid", "invoice.payment_failed"],
  });
  vi.stubEnv("STRIPE_WEBHOOK_SECRET", forwarding.secret);
  return forwarding;
}

const bill = async (card: string) => {
  const customer = await stripe.customers.create();
  const method = await stripe.paymentMethods.attach(card, { customer: customer.id });
  const invoice = await stripe.invoices.create({
    customer: customer.id,
    default_payment_method: method.id,
  });
  await stripe.invoiceItems.create({
    amount: 1200,
    currency: "usd",
    customer: customer.id,
    invoice: invoice.id,
  });
  await stripe.invoices.pay(invoice.id!).catch(() => {});
  return invoice.id!;
};

test("invoices that are paid and that are not are told apart", async () => {
  forward();
  const [good, bad] = [await bill("pm_card_visa"), await bill("pm_card_chargeCustomerFail")];
  await fake.webhooks.settled();
  expect([...invoices]).toEqual([
    [good, "invoice.paid"],
    [bad, "invoice.payment_failed"],
  ]);
  expect(fake.webhooks.deliveries.map(({ body }) => body)).toEqual([
    '{"received":true}',
    '{"received":true}',
  ]);
});

test("another secret is refused, and Stripe's reason can be read", async () => {
  forward();
  vi.stubEnv("STRIPE_WEBHOOK_SECRET", "whsec_of_another_endpoint");
  await bill("pm_card_visa");
  await fake.webhooks.settled();
  expect(invoices.size).toBe(0);
  const [attempt] = fake.webhooks.deliveries;
  expect(attempt!.status).toBe(400);
  expect(JSON.parse(attempt!.body!).error).toMatch("No signatures found matching");
});

test("a signature that is too old is refused", async () => {
  forward();
  await bill("pm_card_visa");
  await fake.webhooks.settled();
  const { headers, payload } = fake.webhooks.deliveries[0]!;
  vi.useFakeTimers({ now: Date.now() + 10 * 60_000, toFake: ["Date"] });
  try {
    const late = await route.POST(new Request(url, { method: "POST", headers, body: payload }));
    expect(late.status).toBe(400);
    expect((await late.json()).error).toMatch("Timestamp outside the tolerance zone");
  } finally {
    vi.useRealTimers();
  }
});

test("a handler that throws is an attempt that failed", async () => {
  fake.webhooks.forward(async () => {
    throw new Error("no database");
  });
  await stripe.customers.create();
  await fake.webhooks.settled();
  expect(fake.webhooks.deliveries[0]).toMatchObject({ delivered: false, status: undefined });
  expect(String(fake.webhooks.deliveries[0]!.error)).toMatch("no database");
});
