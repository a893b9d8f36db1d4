/** Webhook handlers with web types: a Hono app, and a plain function from Request to Response. */

import { FakeStripe } from "fakestripe";
import { Hono } from "hono";
import Stripe from "stripe";
import { afterEach, beforeEach, expect, test } from "vitest";

let fake: FakeStripe;
let stripe: Stripe;
let secret: string;
/** The plan of each user. */
let plans: Map<string, string>;

beforeEach(() => {
  fake = FakeStripe.new();
  stripe = new Stripe(fake.apiKey);
  plans = new Map();
});

afterEach(() => fake.stop());

async function learn(event: Stripe.Event): Promise<void> {
  if (event.type === "checkout.session.completed") {
    const session = await stripe.checkout.sessions.retrieve(event.data.object.id, {
      expand: ["line_items"],
    });
    plans.set(session.client_reference_id!, session.line_items!.data[0]!.description!);
  }
}

/** `constructEventAsync` is what runtimes without Node's crypto use. */
async function verified(request: Request): Promise<Stripe.Event> {
  const signature = request.headers.get("stripe-signature")!;
  return stripe.webhooks.constructEventAsync(await request.text(), signature, secret);
}

const app = new Hono().post("/api/stripe", async (context) => {
  let event: Stripe.Event;
  try {
    event = await verified(context.req.raw);
  } catch {
    return context.text("bad signature", 400);
  }
  await learn(event);
  return context.json({ received: true });
});

async function handler(request: Request): Promise<Response> {
  if (new URL(request.url).pathname !== "/api/stripe") return new Response(null, { status: 404 });
  try {
    await learn(await verified(request));
  } catch {
    return new Response("bad signature", { status: 400 });
  }
  return Response.json({ received: true });
}

const url = "https://app.example.com/api/stripe";

/** A user goes through checkout. */
async function subscribe(user: string) {
  const price = await stripe.prices.create({
    currency: "usd",
    product_data: { name: "Gold" },
    recurring: { interval: "month" },
    unit_amount: 1500,
  });
  const session = await stripe.checkout.sessions.create({
    client_reference_id: user,
    line_items: [{ price: price.id, quantity: 1 }],
    mode: "subscription",
    success_url: "https://app.example.com/welcome",
  });
  fake.asCustomer.completeCheckout(session, { email: `${user}@example.com` });
}

test.each([
  ["a Hono app", app],
  ["a Hono app's fetch", app.fetch],
  ["a function", handler],
])("%s learns of the plan that was bought", async (_, target) => {
  ({ secret } = fake.webhooks.forward(target as any, { url, kind: "web" }));
  await subscribe("ana");
  await fake.webhooks.settled();
  expect(plans).toEqual(new Map([["ana", "Gold"]]));
  expect(fake.webhooks.deliveries.map(({ status }) => status)).not.toContain(400);
});

test.each([
  ["a Hono app", app],
  ["a function", handler],
])("%s refuses another secret", async (_, target) => {
  fake.webhooks.forward(target, { url });
  secret = "whsec_of_another_endpoint";
  await subscribe("ana");
  await fake.webhooks.settled();
  expect(plans.size).toBe(0);
  expect(fake.webhooks.deliveries[0]).toMatchObject({ body: "bad signature", status: 400 });
});

test("a handler of another path answers 404, and the event is tried again", async () => {
  ({ secret } = fake.webhooks.forward(app, { url: "https://app.example.com/elsewhere" }));
  await subscribe("ana");
  await fake.webhooks.settled();
  expect(fake.webhooks.deliveries[0]).toMatchObject({ delivered: false, status: 404 });
});
