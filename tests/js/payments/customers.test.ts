/** Customers and what hangs on them: https://docs.stripe.com/api/customers. */

import type Stripe from "stripe";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { CARD, World } from "./world.ts";

let world: World;
let stripe: World["stripe"];
beforeEach(() => {
  world = new World();
  stripe = world.stripe;
});
afterEach(() => world.fake.stop());

const retrieve = async (id: string) => (await stripe.customers.retrieve(id)) as Stripe.Customer;

// Recorded in 2026.
test("create answers what was not said", async () => {
  const customer = await stripe.customers.create();
  expect(customer).toMatchObject({
    address: null,
    balance: 0,
    currency: null,
    default_source: null,
    delinquent: false,
    description: null,
    discount: null,
    email: null,
    invoice_settings: {
      custom_fields: null,
      default_payment_method: null,
      footer: null,
      rendering_options: null,
    },
    metadata: {},
    name: null,
    next_invoice_sequence: 1,
    phone: null,
    preferred_locales: [],
    shipping: null,
    tax_exempt: "none",
    test_clock: null,
  });
  expect(customer.id).toMatch(/^cus_[A-Za-z0-9]{14}$/);
  expect(customer.invoice_prefix).toMatch(/^[A-Z0-9]{8}$/);
  for (const name of ["cash_balance", "sources", "subscriptions", "tax", "tax_ids"]) {
    expect(customer).not.toHaveProperty(name);
  }
});

test("what is shown on demand", async () => {
  const expand = ["cash_balance", "sources", "subscriptions", "tax", "tax_ids"];
  const customer = await stripe.customers.create({ source: "tok_visa", expand });
  expect(customer).toMatchObject({
    cash_balance: { object: "cash_balance", customer: customer.id },
    sources: { data: [{ id: customer.default_source }], url: `/v1/customers/${customer.id}/sources` },
    subscriptions: { data: [] },
    tax: { automatic_tax: "unrecognized_location" },
    tax_ids: { data: [] },
  });
});

describe("create", () => {
  test("attaches a payment method, which becomes the default where it is said", async () => {
    const { id: payment_method } = await stripe.paymentMethods.create(CARD);
    const invoice_settings = { default_payment_method: payment_method };
    const params = { payment_method, invoice_settings };
    const customer = await stripe.customers.create(params);
    expect(customer.invoice_settings.default_payment_method).toBe(payment_method);
    const own = await stripe.customers.listPaymentMethods(customer.id);
    expect(own.data.map(({ id }) => id)).toEqual([payment_method]);
    expect(await world.events()).toEqual(["customer.created", "payment_method.attached"]);
  });

  test("takes a source, which becomes the default", async () => {
    const customer = await stripe.customers.create({ source: "tok_visa" });
    expect(customer.default_source).toMatch(/^card_1/);
    expect(await world.events()).toEqual([
      "customer.created",
      "customer.source.created",
      "payment_method.attached",
    ]);
  });

  const DECLINED: [string, object][] = [
    ["pm_card_chargeDeclined", { code: "card_declined", param: "" }],
    ["pm_card_chargeDeclinedExpiredCard", { code: "expired_card", param: "exp_month" }],
    ["pm_card_chargeDeclinedIncorrectCvc", { code: "incorrect_cvc", param: "cvc" }],
  ];
  test.each(DECLINED)("with %s makes no customer", async (payment_method, error) => {
    const create = stripe.customers.create({ payment_method });
    expect(await world.refused(create)).toMatchObject({ ...error, status: 402 });
    expect((await stripe.customers.list()).data).toEqual([]);
    expect(await world.events()).toEqual([]);
  });

  test("with tax ids", async () => {
    const customer = await stripe.customers.create({
      tax_id_data: [{ type: "eu_vat", value: "DE123456789" }],
      expand: ["tax_ids"],
    });
    expect(customer.tax_ids!.data).toMatchObject([{ type: "eu_vat", value: "DE123456789" }]);
    expect(await world.events()).toEqual(["customer.created", "customer.tax_id.created"]);
  });

  test("with a balance, which fixes the currency", async () => {
    const customer = await stripe.customers.create({ balance: -500 });
    expect(customer).toMatchObject({ balance: -500, currency: "usd" });
    const { data } = await stripe.customers.listBalanceTransactions(customer.id);
    expect(data).toMatchObject([{ amount: -500, ending_balance: -500, type: "initial" }]);
  });
});

describe("update", () => {
  test("merges what is within", async () => {
    const { id } = await stripe.customers.create({
      address: { city: "Bilbao", line1: "1 Kalea" },
      metadata: { a: "1", b: "2" },
    });
    await world.events();
    const customer = await stripe.customers.update(id, {
      address: { city: "Donostia" },
      metadata: { a: "", c: "3" },
      name: "Ana",
    });
    expect(customer).toMatchObject({
      address: { city: "Donostia", line1: "1 Kalea", postal_code: null },
      metadata: { b: "2", c: "3" },
      name: "Ana",
    });
    expect((await stripe.customers.update(id, { address: "" })).address).toBeNull();
    const [, event] = (await stripe.events.list({ type: "customer.updated" })).data;
    expect(event!.data.previous_attributes).toEqual({
      address: { city: "Bilbao" },
      metadata: { a: "1", c: null },
      name: null,
    });
  });

  test("makes a default only of what is attached", async () => {
    const { id } = await stripe.customers.create();
    const method = await stripe.paymentMethods.create(CARD);
    const invoice_settings = { default_payment_method: method.id };
    const early = stripe.customers.update(id, { invoice_settings });
    expect((await world.refused(early)).message).toBe(
      `The customer does not have a payment method with the ID ${method.id}. The payment method ` +
        "must be attached to the customer.",
    );
    await stripe.paymentMethods.attach(method.id, { customer: id });
    const customer = await stripe.customers.update(id, { invoice_settings });
    expect(customer.invoice_settings.default_payment_method).toBe(method.id);
  });

  test("replaces the default source", async () => {
    const { id, default_source: old } = await stripe.customers.create({ source: "tok_visa" });
    const customer = await stripe.customers.update(id, { source: "tok_mastercard" });
    expect(customer.default_source).not.toBe(old);
    const { data } = await stripe.customers.listSources(id);
    expect(data.map((source) => source.id)).toEqual([customer.default_source]);
  });
});

describe("delete", () => {
  test("leaves a stub and takes all with it", async () => {
    const { id } = await stripe.customers.create({ source: "tok_visa", email: "ana@example.com" });
    const method = await stripe.paymentMethods.attach("pm_card_visa", { customer: id });
    await world.events();
    const stub = { id, object: "customer", deleted: true };
    expect(await stripe.customers.del(id)).toMatchObject(stub);
    expect(await stripe.customers.retrieve(id)).toMatchObject(stub);
    expect((await stripe.customers.list()).data).toEqual([]);
    expect((await stripe.paymentMethods.retrieve(method.id)).customer).toBeNull();
    expect((await world.refused(world.pay(method.id))).status).toBe(400);
    const events = await world.events();
    expect(events.at(-1)).toBe("customer.deleted");
    const [deleted] = (await stripe.events.list({ type: "customer.deleted" })).data;
    expect(deleted!.data.object).toMatchObject({ id, email: "ana@example.com" });
    expect(deleted!.data.object).not.toHaveProperty("deleted");
  });

  test("leaves nothing to do", async () => {
    const { id } = await stripe.customers.create();
    await stripe.customers.del(id);
    expect(await world.refused(stripe.customers.update(id, { name: "Ana" }))).toMatchObject({
      code: "resource_missing",
      message: `No such customer: '${id}'`,
    });
    expect(await world.refused(stripe.customers.del(id))).toMatchObject({
      code: "resource_missing",
      param: "id",
      status: 404,
    });
  });
});

test("lists and searches", async () => {
  const ana = await stripe.customers.create({
    email: "ana@example.com",
    metadata: { plan: "gold" },
    name: "Ana Etxea",
  });
  await stripe.customers.create({ email: "ane@example.com" });
  const ids = (list: { data: { id: string }[] }) => list.data.map(({ id }) => id);
  expect(ids(await stripe.customers.list({ email: "ana@example.com" }))).toEqual([ana.id]);
  expect(ids(await stripe.customers.list({ email: "Ana@example.com" }))).toEqual([]);
  for (const query of ['email:"ana@example.com"', 'name~"etx"', 'metadata["plan"]:"gold"']) {
    expect(ids(await stripe.customers.search({ query }))).toEqual([ana.id]);
  }
});

describe("sources", () => {
  test("the first is the default, the next is when the default goes", async () => {
    const { id } = await stripe.customers.create();
    await world.events();
    const one = await stripe.customers.createSource(id, { source: "tok_visa" });
    const other = await stripe.customers.createSource(id, { source: "tok_mastercard" });
    expect((await retrieve(id)).default_source).toBe(one.id);
    expect(await world.events()).toEqual([
      "customer.source.created",
      "payment_method.attached",
      "customer.updated",
      "customer.source.created",
      "payment_method.attached",
    ]);
    const cards = await stripe.customers.listSources(id, { object: "card" });
    expect(cards.data.map((source) => source.id)).toEqual([other.id, one.id]);
    expect(await stripe.customers.deleteSource(id, one.id)).toMatchObject({
      deleted: true,
      id: one.id,
      object: "card",
    });
    expect((await retrieve(id)).default_source).toBe(other.id);
  });

  test("a card is a payment method too", async () => {
    const { id, default_source } = await stripe.customers.create({ source: "tok_visa" });
    const method = await stripe.paymentMethods.retrieve(default_source as string);
    expect(method).toMatchObject({ card: { brand: "visa" }, customer: id, id: default_source });
    const paid = await world.pay(default_source as string, { customer: id });
    expect(paid.status).toBe("succeeded");
  });

  test("a card can be changed", async () => {
    const { id, default_source } = await stripe.customers.create({ source: "tok_visa" });
    const card = await stripe.customers.updateSource(id, default_source as string, {
      address_zip: "48001",
      exp_year: "2035",
      name: "Ana",
    });
    expect(card).toMatchObject({ address_zip: "48001", exp_year: 2035, name: "Ana" });
  });

  test("a bank account is verified by what was sent to it", async () => {
    const { id } = await stripe.customers.create();
    const source = {
      object: "bank_account",
      account_holder_type: "individual",
      account_number: "000123456789",
      country: "US",
      currency: "usd",
      routing_number: "110000000",
    };
    const account = await stripe.customers.createSource(id, { source: source as any });
    expect(account).toMatchObject({ bank_name: "STRIPE TEST BANK", status: "new" });
    const verify = (amounts: number[]) =>
      stripe.customers.verifySource(id, account.id, { amounts });
    expect((await world.refused(verify([1, 2]))).status).toBe(400);
    expect(await verify([32, 45])).toMatchObject({ status: "verified" });
  });

  test("a declined card stays away", async () => {
    const { id } = await stripe.customers.create();
    const create = stripe.customers.createSource(id, { source: "tok_chargeDeclined" });
    expect(await world.refused(create)).toMatchObject({ code: "card_declined", status: 402 });
    expect((await stripe.customers.listSources(id)).data).toEqual([]);
  });
});

describe("balance", () => {
  test("moves by transactions", async () => {
    const { id } = await stripe.customers.create();
    const params = { amount: -700, currency: "usd", description: "Sorry" };
    const credit = await stripe.customers.createBalanceTransaction(id, params);
    expect(credit).toMatchObject({ ...params, ending_balance: -700, type: "adjustment" });
    expect(await retrieve(id)).toMatchObject({ balance: -700, currency: "usd" });
    const metadata = { why: "late" };
    const told = await stripe.customers.updateBalanceTransaction(id, credit.id, { metadata });
    expect(told.metadata).toEqual(metadata);
    const other = { amount: 100, currency: "eur" };
    const foreign = stripe.customers.createBalanceTransaction(id, other);
    expect((await world.refused(foreign)).status).toBe(400);
  });
});

describe("tax ids", () => {
  test("are verified or not, as the value says", async () => {
    const { id } = await stripe.customers.create();
    await world.events();
    const create = (value: string) => stripe.customers.createTaxId(id, { type: "eu_vat", value });
    const pending = await create("DE123456789");
    expect(pending).toMatchObject({
      country: "DE",
      customer: id,
      owner: { customer: id, type: "customer" },
      type: "eu_vat",
      verification: { status: "pending" },
    });
    expect(await stripe.customers.deleteTaxId(id, pending.id)).toMatchObject({
      deleted: true,
      id: pending.id,
    });
    const events = await world.events();
    expect(events[0]).toBe("customer.tax_id.created");
    expect(events.at(-1)).toBe("customer.tax_id.deleted");
    expect((await stripe.customers.listTaxIds(id)).data).toEqual([]);
  });

  const OUTCOMES: [string, string][] = [
    ["000000000", "verified"],
    ["111111111", "unverified"],
    ["222222222", "pending"],
  ];
  // https://docs.stripe.com/billing/testing#customer-tax-id-verification
  test.each(OUTCOMES)("%s becomes %s", async (value, status) => {
    const { id } = await stripe.customers.create();
    const { id: taxId } = await stripe.customers.createTaxId(id, { type: "eu_vat", value });
    world.fake.clock.advance({ minutes: 2 });
    const taxIdThen = await stripe.customers.retrieveTaxId(id, taxId);
    expect(taxIdThen.verification!.status).toBe(status);
    const updated = (await world.events()).includes("customer.tax_id.updated");
    expect(updated).toBe(status !== "pending");
  });

  test("that are none are refused", async () => {
    const { id } = await stripe.customers.create();
    const create = stripe.customers.createTaxId(id, { type: "eu_vat", value: "nonsense" });
    expect(await world.refused(create)).toMatchObject({ code: "tax_id_invalid", status: 400 });
  });
});

test("a session for the customer's part of the page", async () => {
  const { id } = await stripe.customers.create();
  const session = await stripe.customerSessions.create({
    components: { payment_element: { enabled: true } },
    customer: id,
  });
  expect(session).toMatchObject({
    components: {
      buy_button: { enabled: false },
      payment_element: { enabled: true },
      pricing_table: { enabled: false },
    },
    customer: id,
  });
  expect(session.expires_at - session.created).toBe(1800);
});
