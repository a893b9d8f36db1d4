/** The library API: the call surface of the `stripe` client, without HTTP and without waiting. */

import Stripe from "stripe";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { FakeStripe, FakeStripeError } from "../../js/index.ts";

let fake: FakeStripe;
let stripe: Stripe;
beforeEach(() => {
  fake = FakeStripe.new();
  stripe = new Stripe(fake.apiKey, { maxNetworkRetries: 0 });
});
afterEach(() => fake.stop());

/** What a call threw; a call that threw nothing fails the test. */
function thrown(body: () => unknown): FakeStripeError {
  try {
    body();
  } catch (error) {
    return error as FakeStripeError;
  }
  throw new Error("Nothing was thrown.");
}

describe("the call surface", () => {
  /** What the client has beside the API. */
  const OTHERS = new Set(["webhooks", "errors", "oauth"]);
  const OF_EVERY_RESOURCE = new Set([
    "addFetchRelatedObjectIfNeeded",
    "basePath",
    "constructor",
    "createFullPath",
    "createResourcePathWithSymbols",
    "requestDataProcessor",
    "initialize",
    "path",
    ...Object.getOwnPropertyNames(Object.prototype),
  ]);

  /** The methods of the client's namespaces, `customers.create` and so on. */
  function methods(namespace: any, path: string[], seen: Set<object>): string[] {
    if (seen.has(namespace)) return [];
    seen.add(namespace);
    const names = new Set(Object.getOwnPropertyNames(namespace));
    for (const name of Object.getOwnPropertyNames(Object.getPrototypeOf(namespace))) names.add(name);
    return [...names].flatMap((name) => {
      if (!/^[a-z]/.test(name) || OF_EVERY_RESOURCE.has(name)) return [];
      const value = namespace[name];
      const place = [...path, name];
      if (typeof value === "function") return [place.join(".")];
      return isObject(value) ? methods(value, place, seen) : [];
    });
  }

  const isObject = (value: unknown) => typeof value === "object" && value !== null;

  test("has every method of the client", () => {
    const seen = new Set<object>([stripe]);
    const namespaces = Object.entries(stripe).filter(
      ([name, value]) => /^[a-z]/.test(name) && !OTHERS.has(name) && isObject(value),
    );
    const names = namespaces.flatMap(([name, value]) => methods(value, [name], seen));
    expect(names.length).toBeGreaterThan(600);
    const missing = names.filter((name) => {
      const member = name.split(".").reduce<any>((place, part) => place?.[part], fake);
      return typeof member !== "function";
    });
    expect(missing).toEqual([]);
  });

  test("answers at once, with what HTTP would answer", async () => {
    const made = fake.customers.create({ email: "ana@example.com", metadata: { order: "1" } });
    expect(made).toMatchObject({ object: "customer", email: "ana@example.com", livemode: false });
    expect(fake.customers.retrieve(made.id)).toEqual(made);
    expect({ ...(await stripe.customers.retrieve(made.id)) }).toEqual(made);
  });

  test("sees what HTTP has made", async () => {
    const product = await stripe.products.create({ name: "Tea" });
    expect(fake.products.retrieve(product.id)).toEqual({ ...product });
    expect(fake.products.list().data.map(({ id }) => id)).toEqual([product.id]);
  });

  test("updates, deletes, lists and searches", () => {
    const { id } = fake.customers.create({ name: "Ana", metadata: { a: "1", b: "2" } });
    const updated = fake.customers.update(id, { name: "", metadata: { a: "", c: "3" } });
    expect([updated.name, updated.metadata]).toEqual([null, { b: "2", c: "3" }]);
    expect(fake.customers.list({ limit: 1 })).toMatchObject({ object: "list", has_more: false });
    const query = "metadata['c']:'3'";
    expect(fake.customers.search({ query }).data.map((found) => found.id)).toEqual([id]);
    expect(fake.customers.del(id)).toEqual({ id, object: "customer", deleted: true });
    expect(fake.customers.retrieve(id)).toEqual({ id, object: "customer", deleted: true });
    expect(fake.customers.list().data).toEqual([]);
  });

  test("takes the ids of nested resources in the order of the client", () => {
    const customer = fake.customers.create({});
    const given = { amount: -500, currency: "usd", description: "a gift" };
    const entry = fake.customers.createBalanceTransaction(customer.id, given);
    const read = fake.customers.retrieveBalanceTransaction(customer.id, entry.id);
    expect(read).toEqual(entry);
    expect(read).toMatchObject({ ...given, customer: customer.id });
    const tax = fake.customers.createTaxId(customer.id, { type: "eu_vat", value: "DE123456789" });
    expect(fake.customers.listTaxIds(customer.id).data).toEqual([tax]);
  });

  test("reaches namespaces within namespaces", () => {
    const meter = fake.billing.meters.create({
      display_name: "Calls",
      event_name: "calls",
      default_aggregation: { formula: "sum" },
    });
    expect(fake.billing.meters.retrieve(meter.id).event_name).toBe("calls");
    const account = fake.v2.core.accounts.create({ contact_email: "ana@example.com" });
    expect(fake.v2.core.accounts.retrieve(account.id).contact_email).toBe("ana@example.com");
    const { create } = fake.customers;
    expect(create({ name: "detached" }).name).toBe("detached");
  });

  test("acts as a connected account when told to", () => {
    const { id } = fake.accounts.create({ type: "custom", country: "US" });
    const options = { stripeAccount: id };
    const theirs = fake.customers.create({ name: "theirs" }, options);
    fake.customers.create({ name: "ours" });
    expect(fake.customers.list({}, options).data).toEqual([theirs]);
    expect(fake.customers.list().data.map(({ name }) => name)).toEqual(["ours"]);
    expect(fake.customers.retrieve(theirs.id, {}, options)).toEqual(theirs);
    expect(fake.customers.retrieve(theirs.id, options as {})).toEqual(theirs);
    expect(thrown(() => fake.customers.retrieve(theirs.id)).statusCode).toBe(404);
  });

  test("expands", () => {
    const product = fake.products.create({ name: "Tea" });
    const given = { product: product.id, currency: "usd", unit_amount: 500, expand: ["product"] };
    expect(fake.prices.create(given).product).toEqual(product);
  });

  test("leaves no trace in the log of requests, which is of HTTP", () => {
    fake.customers.create({});
    expect(fake.requests).toEqual([]);
  });
});

describe("what only Stripe's servers set", () => {
  test("may be set: ids, times, statuses, totals", () => {
    const customer = fake.customers.create({
      id: "cus_chosen",
      created: 1_500_000_000,
      delinquent: true,
    });
    expect(customer).toMatchObject({ id: "cus_chosen", created: 1_500_000_000, delinquent: true });
    const intent = fake.paymentIntents.create({
      amount: 1000,
      currency: "usd",
      status: "succeeded",
      amount_received: 1000,
    });
    expect(intent).toMatchObject({ status: "succeeded", amount_received: 1000 });
    expect(fake.paymentIntents.retrieve(intent.id).status).toBe("succeeded");
  });

  test("may be set on what is there already", () => {
    const { id } = fake.customers.create({});
    expect(fake.customers.update(id, { delinquent: true }).delinquent).toBe(true);
  });

  test("is refused over HTTP", async () => {
    const given = { delinquent: true } as Stripe.CustomerCreateParams;
    await expect(stripe.customers.create(given)).rejects.toThrow(
      "Received unknown parameter: delinquent",
    );
  });

  test("nulls, undefined members and whole objects are taken as an object has them", () => {
    const customer = fake.customers.create({ name: "Ana", description: undefined });
    const price = fake.prices.create({
      currency: "usd",
      unit_amount: 500,
      product: fake.products.create({ name: "Tea" }),
    } as never);
    expect(fake.products.retrieve(price.product as string).name).toBe("Tea");
    expect(customer).toMatchObject({ name: "Ana", description: null });
  });
});

describe("errors", () => {
  test("have what stripe-node's have", async () => {
    const ours = thrown(() => fake.customers.retrieve("cus_nobody"));
    const theirs = await stripe.customers.retrieve("cus_nobody").catch((error) => error);
    expect(theirs).toBeInstanceOf(Stripe.errors.StripeInvalidRequestError);
    for (const name of ["type", "rawType", "code", "param", "statusCode", "message", "doc_url"]) {
      expect([name, (ours as any)[name]]).toEqual([name, theirs[name]]);
    }
    expect(ours).toBeInstanceOf(FakeStripeError);
    expect(ours).toBeInstanceOf(Error);
    expect(ours.type).toBe("StripeInvalidRequestError");
    expect(ours.raw).toMatchObject({ code: "resource_missing", type: "invalid_request_error" });
    expect(String(ours)).toBe(`StripeInvalidRequestError: No such customer: 'cus_nobody'`);
  });

  test("name the parameter", () => {
    const error = thrown(() => fake.paymentIntents.create({ currency: "usd" } as never));
    expect(error).toMatchObject({
      type: "StripeInvalidRequestError",
      code: "parameter_missing",
      param: "amount",
      statusCode: 400,
      message: "Missing required param: amount.",
    });
  });

  test("leave no trace", () => {
    const given = { currency: "usd", unit_amount: 500, product: "prod_nothing" };
    expect(thrown(() => fake.prices.create(given)).param).toBe("product");
    expect([fake.state.prices.count, fake.state.events.count]).toEqual([0, 0]);
  });

  test.each([
    ["no ids", () => (fake.customers.retrieve as any)()],
    ["an object for an id", () => (fake.customers.retrieve as any)({})],
    ["null for an id", () => (fake.customers.retrieve as any)(null)],
    ["an empty id", () => fake.customers.retrieve("")],
    ["a text for parameters", () => (fake.customers.create as any)("ana@example.com")],
    ["a number for parameters", () => (fake.customers.create as any)(5)],
    ["a list for parameters", () => (fake.customers.create as any)([])],
    ["a function within", () => (fake.customers.create as any)({ name: () => {} })],
    ["a symbol within", () => (fake.customers.create as any)({ name: Symbol("x") })],
    ["an infinity", () => fake.paymentIntents.create({ amount: Infinity, currency: "usd" })],
    ["not a number", () => fake.paymentIntents.create({ amount: NaN, currency: "usd" })],
    ["a fraction", () => fake.paymentIntents.create({ amount: 0.5, currency: "usd" })],
    ["a circle", () => fake.customers.create({ metadata: circle() })],
  ])("of use: %s", (_what, wrong) => {
    expect(thrown(wrong)).toBeInstanceOf(Error);
    expect(fake.customers.create({ name: "Ana" }).name).toBe("Ana");
  });

  test("an id may be given as the object that has it", () => {
    const customer = fake.customers.create({ name: "Ana" });
    expect((fake.customers.retrieve as any)(customer)).toEqual(customer);
  });
});

function circle(): any {
  const circle: any = {};
  circle.circle = circle;
  return circle;
}
