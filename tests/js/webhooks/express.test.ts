/** A webhook handler as an Express app has it: the raw body, the signature, and a database. */

import { createServer } from "node:http";
import express from "express";
import { FakeStripe } from "fakestripe";
import Stripe from "stripe";
import { afterEach, beforeEach, expect, test } from "vitest";

let fake: FakeStripe;
let stripe: Stripe;
/** What the shop has sent out, by the payment it was for. */
let shipped: Map<string, string>;
let seen: Set<string>;
let secret: string;

beforeEach(() => {
  fake = FakeStripe.new();
  stripe = new Stripe(fake.apiKey);
  shipped = new Map();
  seen = new Set();
});

afterEach(() => fake.stop());

/** The shop: ships what is paid, once, and takes back what is refunded. */
function shop() {
  const app = express();
  app.post("/stripe", express.raw({ type: "application/json" }), async (request, response) => {
    let event: Stripe.Event;
    try {
      const signature = request.headers["stripe-signature"]!;
      event = stripe.webhooks.constructEvent(request.body, signature, secret);
    } catch (error) {
      response.status(400).send(`Webhook Error: ${(error as Error).message}`);
      return;
    }
    if (!seen.has(event.id)) {
      seen.add(event.id);
      if (event.type === "payment_intent.succeeded") {
        const customer = await stripe.customers.retrieve(event.data.object.customer as string);
        shipped.set(event.data.object.id, (customer as Stripe.Customer).name!);
      } else if (event.type === "charge.refunded") {
        shipped.delete(event.data.object.payment_intent as string);
      }
    }
    response.json({ received: true });
  });
  // Everything else of the app reads bodies as JSON, as most do.
  app.use(express.json());
  return app;
}

const url = "https://shop.example.com/stripe";
const sell = async () => {
  const customer = await stripe.customers.create({ name: "Ana" });
  return stripe.paymentIntents.create({
    amount: 2000,
    confirm: true,
    currency: "usd",
    customer: customer.id,
    payment_method: "pm_card_visa",
    return_url: "https://shop.example.com",
  });
};

test("what is paid is shipped, what is refunded is not", async () => {
  ({ secret } = fake.webhooks.forward(shop(), { url }));
  const paid = await sell();
  await fake.webhooks.settled();
  expect(shipped).toEqual(new Map([[paid.id, "Ana"]]));
  await stripe.refunds.create({ payment_intent: paid.id });
  await fake.webhooks.settled();
  expect(shipped.size).toBe(0);
  expect(fake.webhooks.deliveries.every((attempt) => attempt.status === 200)).toBe(true);
});

test("a secret that is not the endpoint's is refused with 400, and tried again", async () => {
  const forwarding = fake.webhooks.forward(shop(), {
    url,
    enabled_events: ["payment_intent.succeeded"],
  });
  secret = "whsec_of_another_endpoint";
  await sell();
  await fake.webhooks.settled();
  expect(fake.webhooks.deliveries).toMatchObject([{ attempt: 1, delivered: false, status: 400 }]);
  expect(fake.webhooks.deliveries[0]!.body).toMatch("Webhook Error: No signatures found");
  ({ secret } = forwarding);
  fake.clock.advance({ hours: 1 });
  await fake.webhooks.settled();
  expect(fake.webhooks.deliveries).toMatchObject([{}, { attempt: 2, delivered: true }]);
  expect(shipped.size).toBe(1);
});

test("a body that was parsed before it was verified is refused, as in production", async () => {
  const app = express();
  app.use(express.json());
  app.use(shop());
  ({ secret } = fake.webhooks.forward(app, { url }));
  await sell();
  await fake.webhooks.settled();
  expect(fake.webhooks.deliveries[0]!.status).toBe(400);
  expect(fake.webhooks.deliveries[0]!.body).toMatch("Webhook payload must be provided as a string");
});

test("an event that comes twice ships once", async () => {
  ({ secret } = fake.webhooks.forward(shop(), { url, delivery: "twice" }));
  await sell();
  await fake.webhooks.settled();
  const types = fake.webhooks.deliveries.map((attempt) => attempt.type);
  expect(types.filter((type) => type === "payment_intent.succeeded")).toHaveLength(2);
  expect(shipped.size).toBe(1);
});

test("an app that really listens is reached by its address", async () => {
  const server = createServer(shop());
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  try {
    const { port } = server.address() as { port: number };
    ({ secret } = fake.webhooks.forward(`http://127.0.0.1:${port}/stripe`));
    const paid = await sell();
    await fake.webhooks.settled();
    expect(shipped.get(paid.id)).toBe("Ana");
  } finally {
    server.close();
  }
});

test("nobody who listens is a failure that says so", async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  fake.webhooks.forward(`http://127.0.0.1:${port}/stripe`);
  await stripe.customers.create();
  await fake.webhooks.settled();
  expect(fake.webhooks.deliveries[0]).toMatchObject({ delivered: false, status: undefined });
  expect(fake.webhooks.deliveries[0]!.error).toBeInstanceOf(Error);
});
