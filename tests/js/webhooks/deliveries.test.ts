/** Handlers as users write them, each verifying signatures with the `stripe` package itself. */

import express from "express";
import { FakeStripe } from "fakestripe";
import { Hono } from "hono";
import Stripe from "stripe";
import { afterEach, beforeEach, expect, test, vi } from "vitest";

let fake: FakeStripe;
let stripe: Stripe;
let seen: Stripe.Event[];

beforeEach(() => {
  fake = FakeStripe.new();
  stripe = new Stripe(fake.apiKey);
  seen = [];
});

afterEach(() => {
  vi.useRealTimers();
  fake.stop();
});

const types = () => seen.map((event) => event.type);

/** A route handler in Next's shape. */
const routeHandler = (secret: () => string) =>
  async function POST(request: Request) {
    const payload = await request.text();
    const signature = request.headers.get("stripe-signature")!;
    try {
      seen.push(stripe.webhooks.constructEvent(payload, signature, secret()));
    } catch (error) {
      return new Response(`Webhook Error: ${(error as Error).message}`, { status: 400 });
    }
    return Response.json({ received: true });
  };

function forwardToRoute(options = {}) {
  const forwarding = fake.webhooks.forward(
    routeHandler(() => forwarding.secret),
    options,
  );
  return forwarding;
}

test("a web handler gets every event, signed and in order", async () => {
  forwardToRoute();
  const customer = await stripe.customers.create({ email: "ana@example.com" });
  await stripe.customers.update(customer.id, { email: "bea@example.com" });
  await stripe.customers.del(customer.id);
  expect(seen).toEqual([]);
  await fake.webhooks.settled();
  expect(types()).toEqual(["customer.created", "customer.updated", "customer.deleted"]);
  expect(seen[1]!.data.previous_attributes).toEqual({ email: "ana@example.com" });
  expect((seen[2]!.data.object as Stripe.Customer).email).toBe("bea@example.com");
  expect(fake.webhooks.deliveries.map(({ status, body }) => [status, body])).toEqual(
    seen.map(() => [200, '{"received":true}']),
  );
});

test("an Express app verifies the raw body", async () => {
  const app = express();
  app.post("/webhooks", express.raw({ type: "application/json" }), (request, response) => {
    const signature = request.headers["stripe-signature"]!;
    seen.push(stripe.webhooks.constructEvent(request.body, signature, forwarding.secret));
    response.json({ received: true });
  });
  const forwarding = fake.webhooks.forward(app, { url: "https://shop.example.com/webhooks" });
  await stripe.customers.create();
  await fake.webhooks.settled();
  expect(types()).toEqual(["customer.created"]);
  expect(fake.webhooks.deliveries[0]).toMatchObject({ status: 200, body: '{"received":true}' });
});

test("an Express app without that route answers 404", async () => {
  fake.webhooks.forward(express(), { url: "https://shop.example.com/nowhere" });
  await stripe.customers.create();
  await fake.webhooks.settled();
  expect(fake.webhooks.deliveries[0]).toMatchObject({ status: 404, delivered: false });
});

test("a Hono app verifies with constructEventAsync", async () => {
  const app = new Hono();
  app.post("/webhooks", async (context) => {
    const signature = context.req.header("stripe-signature")!;
    const payload = await context.req.text();
    seen.push(await stripe.webhooks.constructEventAsync(payload, signature, forwarding.secret));
    return context.json({ received: true });
  });
  const forwarding = fake.webhooks.forward(app, { url: "https://shop.example.com/webhooks" });
  await stripe.customers.create();
  await fake.webhooks.settled();
  expect(types()).toEqual(["customer.created"]);
});

test("a wrong secret is refused, and the refusal can be read", async () => {
  fake.webhooks.forward(routeHandler(() => "whsec_another"));
  await stripe.customers.create();
  await fake.webhooks.settled();
  expect(seen).toEqual([]);
  expect(fake.webhooks.deliveries[0]!.status).toBe(400);
  expect(fake.webhooks.deliveries[0]!.body).toMatch(/No signatures found matching/);
});

test("only the types asked for are delivered", async () => {
  forwardToRoute({ enabled_events: ["customer.deleted"], secret: "whsec_my_own" });
  const customer = await stripe.customers.create();
  await stripe.customers.del(customer.id);
  await fake.webhooks.settled();
  expect(types()).toEqual(["customer.deleted"]);
});

test("a handler may use the API, and what it causes is delivered too", async () => {
  const forwarding = fake.webhooks.forward(async (request: Request) => {
    const event = stripe.webhooks.constructEvent(
      await request.text(),
      request.headers.get("stripe-signature")!,
      forwarding.secret,
    );
    seen.push(event);
    if (event.type === "customer.created") {
      await stripe.customers.update(event.data.object.id, { description: "greeted" });
    }
  });
  await stripe.customers.create();
  await fake.webhooks.settled();
  expect(types()).toEqual(["customer.created", "customer.updated"]);
});

test("pending_webhooks counts down, and delivery_success knows", async () => {
  let status = 500;
  fake.webhooks.forward(() => new Response(null, { status }));
  await stripe.customers.create();
  await fake.webhooks.settled();
  const [event] = (await stripe.events.list()).data;
  expect(event!.pending_webhooks).toBe(1);
  status = 204;
  fake.clock.advance({ minutes: 5 });
  await fake.webhooks.settled();
  expect((await stripe.events.retrieve(event!.id)).pending_webhooks).toBe(0);
  expect((await stripe.events.list({ delivery_success: true })).data).toHaveLength(1);
});

test("a failing handler is tried three times more, by the partition's clock", async () => {
  fake.webhooks.forward(() => {
    throw new Error("the database is away");
  });
  await stripe.customers.create();
  await fake.webhooks.settled();
  expect(fake.webhooks.deliveries).toHaveLength(1);
  for (let hour = 0; hour < 8; hour += 1) {
    fake.clock.advance({ hours: 1 });
    await fake.webhooks.settled();
  }
  const { deliveries } = fake.webhooks;
  expect(deliveries.map(({ attempt }) => attempt)).toEqual([1, 2, 3, 4]);
  expect(new Set(deliveries.map(({ id }) => id)).size).toBe(1);
  expect(String(deliveries[0]!.error)).toMatch("the database is away");
});

test("settled works under fake timers", async () => {
  vi.useFakeTimers({ now: Date.UTC(2030, 0, 1) });
  forwardToRoute();
  await stripe.customers.create();
  await fake.webhooks.settled();
  expect(types()).toEqual(["customer.created"]);
});

test("events of connected accounts go to connect endpoints only", async () => {
  const own: string[] = [];
  const connected: string[] = [];
  fake.webhooks.forward(async (request: Request) => {
    own.push(JSON.parse(await request.text()).type);
  });
  fake.webhooks.forward(
    async (request: Request) => {
      const event = JSON.parse(await request.text());
      connected.push(`${event.type} ${event.account}`);
    },
    { connect: true, enabled_events: ["customer.created"] },
  );
  const account = await stripe.accounts.create({ type: "custom", country: "US" });
  await fake.webhooks.settled();
  own.length = 0;
  await stripe.customers.create({}, { stripeAccount: account.id });
  await stripe.customers.create();
  await fake.webhooks.settled();
  expect(own).toEqual(["customer.created"]);
  expect(connected).toEqual([`customer.created ${account.id}`]);
});

test("an endpoint made over the API is sent nothing until something stands in for it", async () => {
  const endpoint = await stripe.webhookEndpoints.create({
    url: "https://shop.example.com/webhooks",
    enabled_events: ["customer.created"],
  });
  await stripe.customers.create();
  await fake.webhooks.settled();
  expect(fake.webhooks.deliveries).toHaveLength(1);
  expect(String(fake.webhooks.deliveries[0]!.error)).toMatch(endpoint.id);
  fake.webhooks.forward(
    routeHandler(() => endpoint.secret!),
    { endpoint: endpoint.id },
  );
  await stripe.customers.create();
  await fake.webhooks.settled();
  expect(types()).toEqual(["customer.created"]);
});

test("a thin event destination is notified, and the event is fetched", async () => {
  const destination = await stripe.v2.core.eventDestinations.create({
    name: "thin",
    type: "webhook_endpoint",
    event_payload: "thin",
    enabled_events: ["v1.customer.created"],
    webhook_endpoint: { url: "https://shop.example.com/thin" },
  });
  const notifications: any[] = [];
  const forwarding = fake.webhooks.forward(
    async (request: Request) => {
      const payload = await request.text();
      const signature = request.headers.get("stripe-signature")!;
      notifications.push(stripe.parseEventNotification(payload, signature, forwarding.secret));
    },
    { endpoint: destination.id },
  );
  const customer = await stripe.customers.create();
  await fake.webhooks.settled();
  expect(notifications[0]).toMatchObject({
    type: "v1.customer.created",
    related_object: { id: customer.id, type: "customer", url: `/v1/customers/${customer.id}` },
  });
  const event = await stripe.v2.core.events.retrieve(notifications[0].id);
  expect(event.type).toBe("v1.customer.created");
});

test("twice delivers each event a second time", async () => {
  forwardToRoute({ delivery: "twice" });
  await stripe.customers.create();
  await fake.webhooks.settled();
  expect(types()).toEqual(["customer.created", "customer.created"]);
  expect(seen[0]!.id).toBe(seen[1]!.id);
});

test("late holds events back until the clock has moved", async () => {
  forwardToRoute({ delivery: "late" });
  await stripe.customers.create();
  await fake.webhooks.settled();
  expect(seen).toEqual([]);
  fake.clock.advance({ minutes: 10 });
  await fake.webhooks.settled();
  expect(types()).toEqual(["customer.created"]);
});

test("shuffled gives the same other order for the same seed", async () => {
  const orders = [];
  for (const seed of ["one", "one", "two"]) {
    using other = FakeStripe.new({ seed });
    const order: string[] = [];
    other.webhooks.forward(
      async (request: Request) => {
        order.push(JSON.parse(await request.text()).data.object.name);
      },
      { delivery: "shuffled" },
    );
    for (const name of "abcdefgh") other.customers.create({ name });
    await other.webhooks.settled();
    expect([...order].sort().join("")).toBe("abcdefgh");
    orders.push(order.join(""));
  }
  expect(orders[0]).not.toBe("abcdefgh");
  expect(orders[1]).toBe(orders[0]);
  expect(orders[2]).not.toBe(orders[0]);
});

test("never delivers nothing", async () => {
  forwardToRoute({ delivery: "never" });
  await stripe.customers.create();
  await fake.webhooks.settled();
  expect(seen).toEqual([]);
});

test("next gives the events of a type, one by one", async () => {
  fake.customers.create({ name: "first" });
  const first = await fake.webhooks.next("customer.created");
  expect(first.data.object.name).toBe("first");
  const waiting = fake.webhooks.next("customer.created");
  await stripe.customers.create({ name: "second" });
  expect((await waiting).data.object.name).toBe("second");
});

test("a stopped forwarding gets nothing, and its endpoint is gone", async () => {
  const forwarding = forwardToRoute();
  forwarding.stop();
  await stripe.customers.create();
  await fake.webhooks.settled();
  expect(seen).toEqual([]);
  expect((await stripe.webhookEndpoints.list()).data).toEqual([]);
});

test("events show the account's version, and the request that caused them", async () => {
  forwardToRoute();
  const customer = await stripe.customers.create({}, { idempotencyKey: "mine" });
  await fake.webhooks.settled();
  expect(seen[0]!.request).toEqual({
    id: customer.lastResponse.requestId,
    idempotency_key: "mine",
  });
});
