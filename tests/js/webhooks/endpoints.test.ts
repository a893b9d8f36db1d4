/**
 * Webhook endpoints and event destinations as objects of the API: <https://docs.stripe.com/webhooks>,
 * <https://docs.stripe.com/event-destinations>.
 */

import { FakeStripe } from "fakestripe";
import Stripe from "stripe";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

let fake: FakeStripe;
let stripe: Stripe;
/** What came in, as it was sent. */
let heard: any[];

const url = "https://shop.example.com/webhooks";

beforeEach(() => {
  fake = FakeStripe.new();
  stripe = new Stripe(fake.apiKey, fake.stripeOptions());
  heard = [];
});

afterEach(() => fake.stop());

/** Has what is sent to that endpoint come here. */
const listen = (endpoint: string) =>
  fake.webhooks.forward(
    async (request: Request) => {
      heard.push(JSON.parse(await request.text()));
    },
    { endpoint },
  );

const types = async () => {
  await fake.webhooks.settled();
  return heard.map((event) => event.type);
};

describe("webhook endpoints", () => {
  test("tell their secret once", async () => {
    const made = await stripe.webhookEndpoints.create({
      url,
      description: "orders",
      enabled_events: ["customer.created"],
      metadata: { team: "shop" },
    });
    expect(made).toMatchObject({
      id: expect.stringMatching(/^we_/),
      object: "webhook_endpoint",
      api_version: null,
      application: null,
      description: "orders",
      enabled_events: ["customer.created"],
      livemode: false,
      metadata: { team: "shop" },
      secret: expect.stringMatching(/^whsec_/),
      status: "enabled",
      url,
    });
    expect(await stripe.webhookEndpoints.retrieve(made.id)).not.toHaveProperty("secret");
    expect((await stripe.webhookEndpoints.list()).data[0]).not.toHaveProperty("secret");
  });

  test("hear what they asked for, from when they are told to", async () => {
    const { id } = await stripe.webhookEndpoints.create({
      url,
      enabled_events: ["customer.deleted"],
    });
    listen(id);
    const { id: customer } = await stripe.customers.create();
    await stripe.webhookEndpoints.update(id, { enabled_events: ["customer.updated"] });
    await stripe.customers.update(customer, { name: "Ana" });
    await stripe.customers.del(customer);
    expect(await types()).toEqual(["customer.updated"]);
  });

  test("that are disabled miss what happens, and hear again what happens later", async () => {
    const { id } = await stripe.webhookEndpoints.create({ url, enabled_events: ["*"] });
    listen(id);
    const disabled = await stripe.webhookEndpoints.update(id, { disabled: true });
    expect(disabled.status).toBe("disabled");
    await stripe.customers.create({ name: "missed" });
    await stripe.webhookEndpoints.update(id, { disabled: false });
    await stripe.customers.create({ name: "heard" });
    await fake.webhooks.settled();
    expect(heard.map((event) => event.data.object.name)).toEqual(["heard"]);
  });

  test("that are deleted hear nothing", async () => {
    const { id } = await stripe.webhookEndpoints.create({ url, enabled_events: ["*"] });
    listen(id);
    expect(await stripe.webhookEndpoints.del(id)).toEqual({
      id,
      object: "webhook_endpoint",
      deleted: true,
    });
    await stripe.customers.create();
    expect(await types()).toEqual([]);
    await expect(stripe.webhookEndpoints.retrieve(id)).rejects.toMatchObject({
      code: "resource_missing",
      message: `No such webhook endpoint: '${id}'`,
      statusCode: 404,
    });
  });

  test("have events in a version of their own", async () => {
    const { id } = await stripe.webhookEndpoints.create({
      url,
      api_version: "2025-10-29.clover",
      enabled_events: ["checkout.session.expired"],
    });
    listen(id);
    const session = await stripe.checkout.sessions.create({
      line_items: [
        {
          price_data: { currency: "usd", product_data: { name: "Cup" }, unit_amount: 2500 },
          quantity: 1,
        },
      ],
      mode: "payment",
      success_url: "https://shop.example.com/thanks",
    });
    await stripe.checkout.sessions.expire(session.id);
    await fake.webhooks.settled();
    expect(heard[0]).toMatchObject({
      api_version: "2025-10-29.clover",
      data: { object: { ui_mode: "hosted" } },
    });
  });

  test("refuse types that there are not", async () => {
    const enabled_events = ["customer.born" as any];
    await expect(stripe.webhookEndpoints.create({ url, enabled_events })).rejects.toMatchObject({
      param: "enabled_events[0]",
      statusCode: 400,
    });
  });

  test("all hear the same event, which counts those that have yet to answer", async () => {
    for (const name of ["one", "two"]) {
      const made = await stripe.webhookEndpoints.create({
        url: `${url}/${name}`,
        enabled_events: ["customer.created"],
      });
      listen(made.id);
    }
    await stripe.customers.create();
    const [event] = (await stripe.events.list()).data;
    expect(event!.pending_webhooks).toBe(2);
    await fake.webhooks.settled();
    expect(heard.map(({ id }) => id)).toEqual([event!.id, event!.id]);
    expect((await stripe.events.retrieve(event!.id)).pending_webhooks).toBe(0);
  });
});

describe("event destinations", () => {
  const made = (more: object = {}) =>
    stripe.v2.core.eventDestinations.create({
      enabled_events: ["v1.customer.created"],
      event_payload: "thin",
      name: "orders",
      type: "webhook_endpoint",
      webhook_endpoint: { url },
      include: ["webhook_endpoint.url", "webhook_endpoint.signing_secret"],
      ...more,
    } as Stripe.V2.Core.EventDestinationCreateParams);

  test("are told of thin events, without what happened", async () => {
    const destination = await made();
    listen(destination.id);
    const customer = await stripe.customers.create({ name: "Ana" });
    expect(await types()).toEqual(["v1.customer.created"]);
    expect(heard[0]).toMatchObject({
      object: "v2.core.event",
      related_object: { id: customer.id, type: "customer", url: `/v1/customers/${customer.id}` },
      livemode: false,
    });
    expect(heard[0]).not.toHaveProperty("data");
    const [snapshot] = (await stripe.events.list()).data;
    expect(heard[0].snapshot_event).toBe(snapshot!.id);
  });

  test("verify, and lead to the object", async () => {
    const destination = await made();
    const found: string[] = [];
    const { secret } = fake.webhooks.forward(
      async (request: Request) => {
        const signature = request.headers.get("stripe-signature")!;
        const body = await request.text();
        expect(() => stripe.webhooks.constructEvent(body, signature, secret)).toThrow(/thin event/);
        const notification: any = stripe.parseEventNotification(body, signature, secret);
        const customer = await notification.fetchRelatedObject();
        const event = await notification.fetchEvent();
        found.push(customer.name, event.type);
      },
      { endpoint: destination.id },
    );
    await stripe.customers.create({ name: "Ana" });
    await fake.webhooks.settled();
    expect(fake.webhooks.deliveries[0]!.error).toBeUndefined();
    expect(found).toEqual(["Ana", "v1.customer.created"]);
  });

  test("may ask for snapshots, which are events of v1", async () => {
    const destination = await made({
      enabled_events: ["customer.created"],
      event_payload: "snapshot",
    });
    listen(destination.id);
    await stripe.customers.create({ name: "Ana" });
    expect(await types()).toEqual(["customer.created"]);
    expect(heard[0]).toMatchObject({ object: "event", data: { object: { name: "Ana" } } });
  });

  test("are disabled and enabled", async () => {
    const { id } = await made();
    listen(id);
    expect((await stripe.v2.core.eventDestinations.disable(id)).status).toBe("disabled");
    await stripe.customers.create();
    expect((await stripe.v2.core.eventDestinations.enable(id)).status).toBe("enabled");
    expect(await types()).toEqual([]);
    await stripe.customers.create();
    expect(await types()).toEqual(["v1.customer.created"]);
  });

  test("are pinged", async () => {
    const { id } = await made();
    listen(id);
    const event = await stripe.v2.core.eventDestinations.ping(id);
    expect(event.type).toBe("v2.core.event_destination.ping");
    expect(await types()).toEqual(["v2.core.event_destination.ping"]);
    expect(heard[0].related_object).toMatchObject({ id, type: "v2.core.event_destination" });
  });

  test("hear connected accounts where they ask for them", async () => {
    const destination = await made({ events_from: ["other_accounts"] });
    listen(destination.id);
    const account = await stripe.accounts.create({ type: "standard", country: "US" });
    await stripe.customers.create({}, { stripeAccount: account.id });
    await stripe.customers.create();
    await fake.webhooks.settled();
    expect(heard.map((event) => event.context)).toEqual([account.id]);
  });
});
