/**
 * The catalogue: what products and prices can be, what can be changed about them, what a quantity costs under each pricing
 * model, the mirror of prices in plans, and the events of all of it.
 *
 * Sources: https://docs.stripe.com/api/products, https://docs.stripe.com/api/prices, https://docs.stripe.com/api/plans,
 * https://docs.stripe.com/products-prices/pricing-models; the order of fields and the messages about deleting, lookup keys,
 * inactive prices and missing parameters are recorded; messages of other refusals are asserted only where public code
 * quotes them as Stripe's.
 */

import Stripe from "stripe";
import { describe, expect, test } from "vitest";
import { error, stage } from "../stage.ts";

const MONTHLY = { interval: "month" as const };

/** A customer who can pay, besides the stage. */
async function shop() {
  const { fake, stripe } = stage({ now: new Date("2027-01-01T00:00:00Z") });
  fake.clock.freeze();
  const customer = (await stripe.customers.create({ email: "ana@example.com" })).id;
  const card = await stripe.paymentMethods.attach("pm_card_visa", { customer });
  await stripe.customers.update(customer, { invoice_settings: { default_payment_method: card.id } });
  const subscribe = (item: Stripe.SubscriptionCreateParams.Item) =>
    stripe.subscriptions.create({ customer, items: [item], expand: ["latest_invoice"] });
  let seen = (await stripe.events.list({ limit: 100 })).data.length;
  /** The events since the last look, oldest first: type and what was different. */
  const told = async () => {
    const { data } = await stripe.events.list({ limit: 100 });
    const fresh = data.reverse().slice(seen);
    seen = data.length;
    return fresh.map(({ type, data }) => [type, data.previous_attributes] as const);
  };
  return { fake, stripe, customer, subscribe, told };
}

const linesOf = (subscription: Stripe.Subscription) =>
  (subscription.latest_invoice as Stripe.Invoice).lines.data.map(
    ({ description, amount, quantity }) => [description, quantity, amount] as const,
  );

const PRODUCT = ["id", "object", "active", "attributes", "created", "default_price", "description", "images", "livemode"];
PRODUCT.push("marketing_features", "metadata", "name", "package_dimensions", "shippable", "statement_descriptor");
PRODUCT.push("tax_code", "tax_details", "type", "unit_label", "updated", "url");

describe("a product", () => {
  test("has these fields, in this order", async () => {
    const { stripe } = stage();
    const product = await stripe.products.create({ name: "Gold" });
    expect(Object.keys(product)).toEqual(PRODUCT);
    expect(product).toMatchObject({
      active: true,
      attributes: [],
      default_price: null,
      images: [],
      livemode: false,
      marketing_features: [],
      metadata: {},
      name: "Gold",
      package_dimensions: null,
      shippable: null,
      type: "service",
    });
    expect(product.id).toMatch(/^prod_[A-Za-z0-9]{14}$/);
  });

  test.each<[string, object, object]>([
    ["no name", {}, { code: "parameter_missing", param: "name", message: "Missing required param: name." }],
    ["nine images", { name: "A", images: Array(9).fill("https://example.com/a.png") }, { param: "images" }],
    ["sixteen features", { name: "A", marketing_features: Array(16).fill({ name: "B" }) }, { param: "marketing_features" }],
    [
      "the name of a feature with 81 characters",
      { name: "A", marketing_features: [{ name: "x".repeat(81) }] },
      { param: "marketing_features[0][name]" },
    ],
    ["a descriptor of 23 characters", { name: "A", statement_descriptor: "x".repeat(23) }, { param: "statement_descriptor" }],
    [
      "a descriptor of digits",
      { name: "A", statement_descriptor: "12345" },
      { message: "The statement descriptor must contain at least one Latin character." },
    ],
    ...[..."<>\\\"'"].map((bad): [string, object, object] => [
      `a descriptor with ${bad}`,
      { name: "A", statement_descriptor: `Ab${bad}` },
      { message: `The statement descriptor cannot include ${bad}.` },
    ]),
    ["an id that is taken", { name: "A", id: "gold" }, { code: "resource_already_exists", message: "Product already exists." }],
  ])("cannot have %s", async (_, params, refusal) => {
    const { stripe } = stage();
    await stripe.products.create({ id: "gold", name: "Gold" });
    const refused = await error(stripe.products.create(params as Stripe.ProductCreateParams));
    expect(refused).toMatchObject({ statusCode: 400, ...refusal });
    expect((await stripe.products.list()).data).toHaveLength(1);
  });

  test("can have as much as that", async () => {
    const { stripe } = stage();
    const product = await stripe.products.create({
      id: "gold",
      name: "Gold",
      images: Array(8).fill("https://example.com/a.png"),
      marketing_features: Array(15).fill({ name: "x".repeat(80) }),
      statement_descriptor: "x".repeat(22),
    });
    expect([product.id, product.images.length, product.marketing_features.length]).toEqual(["gold", 8, 15]);
  });

  test.each([
    [{ unit_amount: 2500 }, { unit_amount: 2500, unit_amount_decimal: "2500", type: "one_time" }],
    [{ unit_amount_decimal: "0.5", recurring: MONTHLY }, { unit_amount: null, type: "recurring" }],
    [
      { custom_unit_amount: { enabled: true, minimum: 500, preset: 1000 } },
      { unit_amount: null, custom_unit_amount: { maximum: null, minimum: 500, preset: 1000 } },
    ],
    [
      { unit_amount: 1, tax_behavior: "inclusive", metadata: { a: "b" } },
      { tax_behavior: "inclusive", metadata: { a: "b" } },
    ],
  ])("brings its default price with it: %j", async (data, shown) => {
    const { stripe } = stage();
    const default_price_data = { currency: "usd", ...data } as Stripe.ProductCreateParams.DefaultPriceData;
    const product = await stripe.products.create({ name: "Gold", default_price_data, expand: ["default_price"] });
    expect(product.default_price).toMatchObject({ ...shown, product: product.id, currency: "usd", active: true });
  });

  test("has one of its own active prices as the default price", async () => {
    const { stripe } = stage();
    const [gold, iron] = [await stripe.products.create({ name: "Gold" }), await stripe.products.create({ name: "Iron" })];
    const price = (product: string, active: boolean) =>
      stripe.prices.create({ currency: "usd", unit_amount: 1, product, active });
    const [own, spent, other] = [await price(gold.id, true), await price(gold.id, false), await price(iron.id, true)];
    for (const { id } of [spent, other]) {
      expect(await error(stripe.products.update(gold.id, { default_price: id }))).toMatchObject({
        statusCode: 400,
        param: "default_price",
      });
    }
    expect((await stripe.products.update(gold.id, { default_price: own.id })).default_price).toBe(own.id);
  });

  test.each([
    [1, "1 user × Gold (at $25.00 / month)"],
    [10, "10 user × Gold (at $25.00 / month)"],
  ])("is sold by its unit, %d of them", async (quantity, description) => {
    const { stripe, subscribe } = await shop();
    const product = (await stripe.products.create({ name: "Gold", unit_label: "user" })).id;
    const price = await stripe.prices.create({ currency: "usd", unit_amount: 2500, recurring: MONTHLY, product });
    expect(linesOf(await subscribe({ price: price.id, quantity }))).toEqual([[description, quantity, 2500 * quantity]]);
  });

  test("is deleted only while it has no prices, archived ones included", async () => {
    const { stripe } = stage();
    const { id: product } = await stripe.products.create({ name: "Gold" });
    const price = await stripe.prices.create({ currency: "usd", unit_amount: 1, product });
    const refusal = {
      statusCode: 400,
      code: undefined,
      message: "This product cannot be deleted because it has one or more user-created prices.",
    };
    expect(await error(stripe.products.del(product))).toMatchObject(refusal);
    await stripe.prices.update(price.id, { active: false });
    expect(await error(stripe.products.del(product))).toMatchObject(refusal);
    const { id } = await stripe.products.create({ name: "Iron" });
    expect({ ...(await stripe.products.del(id)) }).toEqual({ id, object: "product", deleted: true });
    expect(await error(stripe.products.retrieve(id))).toMatchObject({ statusCode: 404, param: "id" });
  });

  test("that is archived is billed on", async () => {
    const { fake, stripe, subscribe } = await shop();
    const price = await stripe.prices.create({
      currency: "usd",
      unit_amount: 1000,
      recurring: MONTHLY,
      product_data: { name: "Gold" },
    });
    const { id } = await subscribe({ price: price.id });
    expect((await stripe.products.update(price.product as string, { active: false })).active).toBe(false);
    expect((await stripe.prices.retrieve(price.id)).active).toBe(true);
    fake.clock.advance({ months: 1, hours: 2 });
    const renewed = await stripe.subscriptions.retrieve(id, { expand: ["latest_invoice"] });
    expect(renewed.latest_invoice).toMatchObject({ status: "paid", total: 1000, billing_reason: "subscription_cycle" });
  });

  test.each([
    [{ active: false }, ["old"]],
    [{ ids: ["old", "hat", "none"] }, ["hat", "old"]],
    [{ shippable: true }, ["hat"]],
    [{ type: "good" as const }, ["hat"]],
    [{ url: "https://example.com/pen" }, ["pen"]],
    [{ created: { gt: Date.UTC(2027, 0, 1) / 1000 } }, ["pen"]],
  ])("is listed by %j", async (filter, ids) => {
    const { fake, stripe } = stage({ now: new Date("2027-01-01T00:00:00Z") });
    fake.clock.freeze();
    await stripe.products.create({ id: "old", name: "Old", active: false });
    await stripe.products.create({ id: "hat", name: "Hat", shippable: true, type: "good" });
    fake.clock.advance({ days: 1 });
    await stripe.products.create({ id: "pen", name: "Pen", url: "https://example.com/pen" });
    expect((await stripe.products.list(filter)).data.map(({ id }) => id)).toEqual(ids);
  });

  test("is not looked for by ids and paged through at once", async () => {
    const { stripe } = stage();
    await stripe.products.create({ id: "hat", name: "Hat" });
    expect(await error(stripe.products.list({ ids: ["hat"], starting_after: "hat" }))).toMatchObject({ statusCode: 400 });
  });
});

const PRICE = ["id", "object", "active", "billing_scheme", "created", "currency", "custom_unit_amount", "livemode"];
PRICE.push("lookup_key", "metadata", "nickname", "product", "recurring", "tax_behavior", "tiers_mode");
PRICE.push("transform_quantity", "type", "unit_amount", "unit_amount_decimal");

const TIERS = { recurring: MONTHLY, billing_scheme: "tiered", tiers_mode: "graduated" };

describe("a price", () => {
  test("has these fields, in this order", async () => {
    const { stripe } = stage();
    const price = await stripe.prices.create({ currency: "usd", unit_amount: 1, product_data: { name: "Gold" } });
    expect(Object.keys(price)).toEqual(PRICE);
    expect(price.id).toMatch(/^price_[A-Za-z0-9]{24}$/);
  });

  test.each<[object, object]>([
    [
      { unit_amount: 1000 },
      {
        billing_scheme: "per_unit",
        type: "one_time",
        recurring: null,
        tax_behavior: "unspecified",
        tiers_mode: null,
        transform_quantity: null,
        unit_amount_decimal: "1000",
      },
    ],
    [{ unit_amount: 0 }, { unit_amount: 0, unit_amount_decimal: "0" }],
    [{ unit_amount_decimal: "0.05" }, { unit_amount: null, unit_amount_decimal: "0.05" }],
    [{ unit_amount_decimal: "12.00" }, { unit_amount: 12, unit_amount_decimal: "12" }],
    [{ unit_amount_decimal: "0.000000000001" }, { unit_amount: null, unit_amount_decimal: "0.000000000001" }],
    [
      { unit_amount: 1, recurring: { interval: "year" } },
      {
        type: "recurring",
        recurring: { interval: "year", interval_count: 1, meter: null, trial_period_days: null, usage_type: "licensed" },
      },
    ],
    [
      { ...TIERS, tiers: [{ up_to: "inf", unit_amount: 5 }] },
      { billing_scheme: "tiered", tiers_mode: "graduated", unit_amount: null, unit_amount_decimal: null },
    ],
    [
      { unit_amount: 1, transform_quantity: { divide_by: 5, round: "up" } },
      { transform_quantity: { divide_by: 5, round: "up" } },
    ],
    [
      { custom_unit_amount: { enabled: true, minimum: 500, maximum: 5000 } },
      { custom_unit_amount: { maximum: 5000, minimum: 500, preset: null }, unit_amount: null },
    ],
    [{ unit_amount: 1, lookup_key: "x".repeat(200) }, { lookup_key: "x".repeat(200) }],
    ...[["day", 1095], ["week", 156], ["month", 36], ["year", 3]].map(([interval, interval_count]): [object, object] => [
      { unit_amount: 1, recurring: { interval, interval_count } },
      { recurring: { interval, interval_count } },
    ]),
  ])("can be %j", async (params, shown) => {
    const { stripe } = stage();
    const whole = { currency: "usd", product_data: { name: "Gold" }, ...params } as Stripe.PriceCreateParams;
    expect(JSON.parse(JSON.stringify(await stripe.prices.create(whole)))).toMatchObject(shown);
  });

  const data = { product_data: { name: "Gold" } };
  test.each<[object, object]>([
    [data, { message: "Prices require an `unit_amount` or `unit_amount_decimal` parameter to be set." }],
    [
      { ...data, unit_amount: 1, unit_amount_decimal: "1" },
      {
        message: "You may only specify one of these parameters: unit_amount, unit_amount_decimal.",
        param: "unit_amount",
      },
    ],
    [{ ...data, unit_amount: 1, custom_unit_amount: { enabled: true } }, { param: "unit_amount" }],
    [{ ...data, unit_amount: -1 }, { message: "Invalid non-negative integer", param: "unit_amount" }],
    [
      { ...data, unit_amount_decimal: "-1.5" },
      {
        message: "This value must be greater than or equal to 0 (it currently is '-0.15e1').",
        param: "unit_amount_decimal",
      },
    ],
    [
      { ...data, unit_amount_decimal: "0.1234567890123" },
      {
        message: "Invalid decimal: 0.1234567890123e0; must contain at most 12 decimal places.",
        param: "unit_amount_decimal",
      },
    ],
    [{ unit_amount: 1 }, { message: "You must specify either `product` or `product_data` when creating a price." }],
    [
      { ...data, unit_amount: 1, product: "gold" },
      { message: "You may only specify one of these parameters: product, product_data.", param: "product" },
    ],
    [{ unit_amount: 1, product_data: { unit_label: "hat" } }, { code: "parameter_missing", param: "product_data[name]" }],
    [{ unit_amount: 1, product: "none" }, { code: "resource_missing", param: "product", message: "No such product: 'none'" }],
    [{ ...data, unit_amount: 1, recurring: { interval: "decade" } }, { param: "recurring[interval]" }],
    [
      { ...data, unit_amount: 1, recurring: { interval: "month", interval_count: 0 } },
      { message: "Invalid positive integer", param: "recurring[interval_count]" },
    ],
    ...[
      ["day", 1096, "daily"],
      ["week", 157, "weekly"],
      ["month", 37, "monthly"],
      ["year", 4, "yearly"],
    ].map(([interval, interval_count, every]): [object, object] => [
      { ...data, unit_amount: 1, recurring: { interval, interval_count } },
      { message: `The interval_count for ${every} prices can't be greater than ${Number(interval_count) - 1}` },
    ]),
    [
      { ...data, unit_amount: 1, recurring: { interval: "month", usage_type: "metered" } },
      { message: "Starting with Stripe version `2025-03-31.basil`, metered prices must be backed by meters." },
    ],
    [{ ...data, ...TIERS }, { code: "parameter_missing", param: "tiers" }],
    [
      { ...data, ...TIERS, tiers_mode: undefined, tiers: [{ up_to: "inf", unit_amount: 1 }] },
      { code: "parameter_missing", param: "tiers_mode" },
    ],
    [
      { ...data, billing_scheme: "tiered", tiers_mode: "volume", tiers: [{ up_to: "inf", unit_amount: 1 }] },
      { message: "Prices with `type=one_time` are not supported with tiered billing." },
    ],
    [{ ...data, ...TIERS, tiers: [{ up_to: 5, unit_amount: 1 }] }, { param: "tiers" }],
    [
      { ...data, ...TIERS, tiers: [5, 5, "inf"].map((up_to) => ({ up_to, unit_amount: 1 })) },
      { param: "tiers" },
    ],
    [{ ...data, ...TIERS, tiers: [{ unit_amount: 1 }] }, { code: "parameter_missing", param: "tiers[0][up_to]" }],
    [
      { ...data, ...TIERS, tiers: [{ up_to: "inf" }] },
      { message: "An entry in the tiers array is missing an amount." },
    ],
    [
      { ...data, ...TIERS, tiers: [{ up_to: "inf", unit_amount: 1, unit_amount_decimal: "1" }] },
      {
        message: "You may only specify one of these parameters: unit_amount, unit_amount_decimal.",
        param: "tiers[0][unit_amount]",
      },
    ],
    [
      {
        ...data,
        ...TIERS,
        tiers: [{ up_to: "inf", unit_amount: 1 }],
        transform_quantity: { divide_by: 2, round: "up" },
      },
      { message: "You may only specify one of these parameters: tiers, transform_quantity.", param: "tiers" },
    ],
    [{ ...data, ...TIERS, unit_amount: 1, tiers: [{ up_to: "inf", unit_amount: 1 }] }, { statusCode: 400 }],
    [{ ...data, unit_amount: 1, tiers: [{ up_to: "inf", unit_amount: 1 }] }, { param: "tiers" }],
    [
      { ...data, unit_amount: 1, currency_options: { usd: { unit_amount: 1 } } },
      {
        message:
          "You are specifying a currency option that matches the top-level currency for this price. Please remove this "
          + "currency option and it will be added automatically on creation.",
      },
    ],
    [{ ...data, unit_amount: 1, lookup_key: "x".repeat(201) }, { param: "lookup_key" }],
    [{ ...data, custom_unit_amount: { enabled: true }, recurring: MONTHLY }, { param: "custom_unit_amount" }],
  ])("cannot be %j", async (params, refusal) => {
    const { stripe } = stage();
    const refused = await error(stripe.prices.create({ currency: "usd", ...params } as Stripe.PriceCreateParams));
    expect(refused).toMatchObject({ statusCode: 400, ...refusal });
    expect((await stripe.prices.list()).data).toEqual([]);
    expect((await stripe.products.list()).data).toEqual([]);
  });

  test("costs something in other currencies, and tells on demand", async () => {
    const { stripe } = stage();
    const made = await stripe.prices.create({
      currency: "usd",
      unit_amount: 1000,
      product_data: { name: "Gold" },
      currency_options: {
        eur: { unit_amount: 900, tax_behavior: "inclusive" },
        jpy: { custom_unit_amount: { enabled: true, minimum: 100 } },
      },
    });
    expect("currency_options" in made).toBe(false);
    const seen = await stripe.prices.retrieve(made.id, { expand: ["currency_options"] });
    expect(JSON.parse(JSON.stringify(seen.currency_options))).toEqual({
      eur: { custom_unit_amount: null, tax_behavior: "inclusive", unit_amount: 900, unit_amount_decimal: "900" },
      jpy: {
        custom_unit_amount: { maximum: null, minimum: 100, preset: null },
        tax_behavior: "unspecified",
        unit_amount: null,
        unit_amount_decimal: null,
      },
      usd: { custom_unit_amount: null, tax_behavior: "unspecified", unit_amount: 1000, unit_amount_decimal: "1000" },
    });
    const option = (currency: string) => ({ currency_options: { [currency]: { unit_amount: 800 } } });
    const changed = await stripe.prices.update(made.id, { ...option("gbp"), expand: ["currency_options"] });
    expect(Object.keys(changed.currency_options!).sort()).toEqual(["eur", "gbp", "jpy", "usd"]);
    expect(await error(stripe.prices.update(made.id, option("usd")))).toMatchObject({
      param: "currency_options[usd]",
      message:
        "You are specifying an update to a currency option that matches the top-level currency for this price. Please "
        + "remove this currency option and update the top-level params instead.",
    });
  });

  test("shows its tiers on demand", async () => {
    const { stripe } = stage();
    const tiers = [{ up_to: 5, unit_amount: 1000 }, { up_to: "inf" as const, flat_amount_decimal: "0.5" }];
    const params = { currency: "usd", product_data: { name: "Gold" }, ...TIERS, tiers } as Stripe.PriceCreateParams;
    const made = await stripe.prices.create(params);
    expect("tiers" in made).toBe(false);
    const seen = await stripe.prices.retrieve(made.id, { expand: ["tiers"] });
    const blank = { flat_amount: null, flat_amount_decimal: null, unit_amount: null, unit_amount_decimal: null };
    expect(JSON.parse(JSON.stringify(seen.tiers))).toEqual([
      { ...blank, unit_amount: 1000, unit_amount_decimal: "1000", up_to: 5 },
      { ...blank, flat_amount_decimal: "0.5", up_to: null },
    ]);
  });

  test("with an amount that customers choose is for Checkout and Payment Links only", async () => {
    const { stripe, customer } = await shop();
    const price = await stripe.prices.create({
      currency: "usd",
      custom_unit_amount: { enabled: true, preset: 1500 },
      product_data: { name: "Gift" },
    });
    expect(await error(stripe.invoiceItems.create({ customer, pricing: { price: price.id } }))).toMatchObject({
      statusCode: 400,
      param: "pricing[price]",
    });
    const session = await stripe.checkout.sessions.create({
      mode: "payment",
      success_url: "https://example.com",
      line_items: [{ price: price.id, quantity: 1 }],
    });
    expect(session.amount_total).toBe(1500);
    const link = await stripe.paymentLinks.create({ line_items: [{ price: price.id, quantity: 1 }] });
    expect(link.active).toBe(true);
  });

  const KEPT = ["currency", "unit_amount", "unit_amount_decimal", "recurring", "product", "billing_scheme", "tiers"];
  test.each([...KEPT, "tiers_mode", "transform_quantity", "custom_unit_amount"])("keeps its %s", async (name) => {
    const { stripe } = stage();
    const { id } = await stripe.prices.create({ currency: "usd", unit_amount: 1, product_data: { name: "Gold" } });
    expect(await error(stripe.prices.update(id, { [name]: "1" } as never))).toMatchObject({
      statusCode: 400,
      code: "parameter_unknown",
      param: name,
      message: `Received unknown parameter: ${name}`,
    });
  });

  test("can be renamed, archived, found by another key", async () => {
    const { stripe } = stage();
    const { id } = await stripe.prices.create({ currency: "usd", unit_amount: 1, product_data: { name: "Gold" } });
    const change = { active: false, lookup_key: "gold", metadata: { a: "b" }, nickname: "Gold" };
    expect(await stripe.prices.update(id, change)).toMatchObject(change);
    expect(await stripe.prices.update(id, { lookup_key: "", nickname: "", metadata: "" })).toMatchObject({
      lookup_key: null,
      nickname: null,
      metadata: {},
    });
  });

  test("says once whether it includes taxes", async () => {
    const { stripe } = stage();
    const { id } = await stripe.prices.create({ currency: "usd", unit_amount: 1, product_data: { name: "Gold" } });
    expect((await stripe.prices.update(id, { tax_behavior: "inclusive" })).tax_behavior).toBe("inclusive");
    for (const tax_behavior of ["exclusive", "unspecified"] as const) {
      expect(await error(stripe.prices.update(id, { tax_behavior }))).toMatchObject({ statusCode: 400, param: "tax_behavior" });
    }
    expect((await stripe.prices.retrieve(id)).tax_behavior).toBe("inclusive");
  });

  test("cannot be archived while it is the default price of its product", async () => {
    const { stripe } = stage();
    const default_price_data = { currency: "usd", unit_amount: 1 };
    const product = await stripe.products.create({ name: "Gold", default_price_data });
    const price = product.default_price as string;
    expect(await error(stripe.prices.update(price, { active: false }))).toMatchObject({
      statusCode: 400,
      message: "This price cannot be archived because it is the default price of its product.",
    });
    await stripe.products.update(product.id, { default_price: "" });
    expect((await stripe.prices.update(price, { active: false })).active).toBe(false);
  });

  test("that is archived is sold to nobody else, and billed on", async () => {
    const { fake, stripe, customer, subscribe } = await shop();
    const price = (unit_amount: number) =>
      stripe.prices.create({ currency: "usd", unit_amount, recurring: MONTHLY, product_data: { name: "Gold" } });
    const [old, other] = [await price(1000), await price(2000)];
    const { id } = await subscribe({ price: old.id });
    await stripe.prices.update(old.id, { active: false });
    const refusal = {
      statusCode: 400,
      message: "The price specified is inactive. This field only accepts active prices.",
    };
    const items = [{ price: old.id }];
    expect(await error(stripe.subscriptions.create({ customer, items }))).toMatchObject({
      ...refusal,
      param: "items[0][price]",
    });
    const { id: another } = await subscribe({ price: other.id });
    expect(await error(stripe.subscriptionItems.create({ subscription: another, price: old.id }))).toMatchObject(refusal);
    expect(await error(stripe.subscriptions.update(another, { items }))).toMatchObject(refusal);
    fake.clock.advance({ months: 1, hours: 2 });
    const renewed = await stripe.subscriptions.retrieve(id, { expand: ["latest_invoice"] });
    expect(renewed.latest_invoice).toMatchObject({ status: "paid", total: 1000 });
  });

  test("that is described in place can be a credit on an invoice, and nowhere else", async () => {
    const { stripe, customer } = await shop();
    const { id: product } = await stripe.products.create({ name: "Gold" });
    const price_data = { currency: "usd", unit_amount: -500, product };
    expect((await stripe.invoiceItems.create({ customer, price_data })).amount).toBe(-500);
    const sold = stripe.checkout.sessions.create({
      mode: "payment",
      success_url: "https://example.com",
      line_items: [{ price_data, quantity: 1 }],
    });
    expect(await error(sold)).toMatchObject({
      statusCode: 400,
      message: "Invalid non-negative integer",
      param: "line_items[0][price_data][unit_amount]",
    });
    const recurring = { ...price_data, recurring: MONTHLY };
    const subscribed = stripe.subscriptions.create({ customer, items: [{ price_data: recurring }] });
    expect(await error(subscribed)).toMatchObject({ statusCode: 400, message: "Invalid non-negative integer" });
  });

  test("that was described in place is inactive and in no list", async () => {
    const { stripe, subscribe } = await shop();
    const { id: product } = await stripe.products.create({ name: "Gold" });
    const price_data = { currency: "usd", unit_amount: 1000, recurring: MONTHLY, product };
    const { items } = await subscribe({ price_data });
    const { price } = items.data[0]!;
    expect(price).toMatchObject({ active: false, unit_amount: 1000, product });
    expect((await stripe.prices.retrieve(price.id)).id).toBe(price.id);
    expect((await stripe.prices.list({ product })).data).toEqual([]);
  });
});

describe("a lookup key", () => {
  const price = (stripe: Stripe, more: object = {}) =>
    stripe.prices.create({ currency: "usd", unit_amount: 1, product_data: { name: "Gold" }, ...more });

  test("names one price, archived ones included", async () => {
    const { stripe } = stage();
    const first = await price(stripe, { lookup_key: "gold", active: false });
    const refusal = {
      statusCode: 400,
      param: "lookup_key",
      message: `A price (\`${first.id}\`) already uses that lookup key.`,
    };
    expect(await error(price(stripe, { lookup_key: "gold" }))).toMatchObject(refusal);
    const { id } = await price(stripe);
    expect(await error(stripe.prices.update(id, { lookup_key: "gold" }))).toMatchObject(refusal);
  });

  test("goes over to another price at once", async () => {
    const { stripe, told } = await shop();
    const first = await price(stripe, { lookup_key: "gold" });
    await told();
    const second = await price(stripe, { lookup_key: "gold", transfer_lookup_key: true });
    expect(await stripe.prices.retrieve(first.id)).toMatchObject({ active: true, lookup_key: null });
    expect((await told()).filter(([type]) => type.startsWith("price."))).toEqual([
      ["price.updated", { lookup_key: "gold" }],
      ["price.created", undefined],
    ]);
    await stripe.prices.update(first.id, { lookup_key: "gold", transfer_lookup_key: true });
    expect((await stripe.prices.retrieve(second.id)).lookup_key).toBe(null);
    expect(await told()).toEqual([
      ["price.updated", { lookup_key: "gold" }],
      ["price.updated", { lookup_key: null }],
    ]);
  });

  test("finds prices, ten keys at once; what is not there is passed over", async () => {
    const { stripe } = stage();
    const ids = [];
    for (const lookup_key of ["a", "b", "c"]) ids.push((await price(stripe, { lookup_key })).id);
    const { data } = await stripe.prices.list({ lookup_keys: ["a", "none", "c"] });
    expect(data.map(({ id }) => id)).toEqual([ids[2], ids[0]]);
    const ten = Array.from({ length: 10 }, (_, at) => `key-${at}`);
    expect((await stripe.prices.list({ lookup_keys: ten })).data).toEqual([]);
    expect(await error(stripe.prices.list({ lookup_keys: [...ten, "a"] }))).toMatchObject({
      statusCode: 400,
      param: "lookup_keys",
    });
  });
});

const STAIRS = [
  { up_to: 5, unit_amount: 1000 },
  { up_to: 10, unit_amount: 800 },
  { up_to: "inf", unit_amount: 600 },
];
const FLAT = [
  { up_to: 10, flat_amount: 2000 },
  { up_to: "inf", unit_amount: 150 },
];
const FEES = [
  { up_to: 5, unit_amount: 1000, flat_amount: 500 },
  { up_to: "inf", unit_amount: 600, flat_amount: 300 },
];
const tiered = (tiers_mode: string, tiers: object[]) => ({ billing_scheme: "tiered", tiers_mode, tiers });
const packages = (round: string) => ({ unit_amount: 1000, transform_quantity: { divide_by: 5, round } });

describe("what a quantity costs", () => {
  test.each<[string, object, number, [string, number, number][]]>([
    ["per unit", { unit_amount: 1999 }, 3, [["3 × Gold (at $19.99 / month)", 3, 5997]]],
    ["for free", { unit_amount: 0 }, 3, [["3 × Gold (at $0.00 / month)", 3, 0]]],
    ["by parts of a cent, rounded once", { unit_amount_decimal: "0.05" }, 30, [["30 × Gold (at $0.0005 / month)", 30, 2]]],
    ["by parts of a cent, 29", { unit_amount_decimal: "0.05" }, 29, [["29 × Gold (at $0.0005 / month)", 29, 1]]],
    ["by packages, counted up", packages("up"), 11, [["11 × Gold (at $10.00 / month)", 11, 3000]]],
    ["by packages, counted down", packages("down"), 11, [["11 × Gold (at $10.00 / month)", 11, 2000]]],
    ["by full packages", packages("up"), 10, [["10 × Gold (at $10.00 / month)", 10, 2000]]],
    ["by volume", tiered("volume", STAIRS), 12, [["12 × Gold (at $6.00 / month)", 12, 7200]]],
    ["by volume, at the end of a tier", tiered("volume", STAIRS), 5, [["5 × Gold (at $10.00 / month)", 5, 5000]]],
    ["by volume, at the start of a tier", tiered("volume", STAIRS), 6, [["6 × Gold (at $8.00 / month)", 6, 4800]]],
    [
      "by graduated tiers",
      tiered("graduated", STAIRS),
      12,
      [
        ["5 × Gold (Tier 1 at $10.00 / month)", 5, 5000],
        ["5 × Gold (Tier 2 at $8.00 / month)", 5, 4000],
        ["2 × Gold (Tier 3 at $6.00 / month)", 2, 1200],
      ],
    ],
    ["by the first of them", tiered("graduated", STAIRS), 4, [["4 × Gold (Tier 1 at $10.00 / month)", 4, 4000]]],
    [
      "by a flat fee, and units beyond",
      tiered("graduated", FLAT),
      14,
      [
        ["Gold (Tier 1 flat fee at $20.00 / month)", 1, 2000],
        ["4 × Gold (Tier 2 at $1.50 / month)", 4, 600],
      ],
    ],
    [
      "by units and flat fees, of the tiers that are reached",
      tiered("graduated", FEES),
      7,
      [
        ["5 × Gold (Tier 1 at $10.00 / month)", 5, 5000],
        ["Gold (Tier 1 flat fee at $5.00 / month)", 1, 500],
        ["2 × Gold (Tier 2 at $6.00 / month)", 2, 1200],
        ["Gold (Tier 2 flat fee at $3.00 / month)", 1, 300],
      ],
    ],
    ["by volume, with a flat fee", tiered("volume", FEES), 7, [["7 × Gold (at $6.00 / month)", 7, 4500]]],
    ["by volume, of nothing", tiered("volume", FLAT), 0, [["0 × Gold (at $0.00 / month)", 0, 2000]]],
  ])("%s", async (_, params, quantity, lines) => {
    const { stripe, subscribe } = await shop();
    const whole = { currency: "usd", recurring: MONTHLY, product_data: { name: "Gold" }, ...params };
    const price = await stripe.prices.create(whole as Stripe.PriceCreateParams);
    expect(linesOf(await subscribe({ price: price.id, quantity }))).toEqual(lines);
  });
});

const PLAN = ["id", "object", "active", "amount", "amount_decimal", "billing_scheme", "created", "currency", "interval"];
PLAN.push("interval_count", "livemode", "metadata", "meter", "nickname", "product", "tiers_mode", "transform_usage");
PLAN.push("trial_period_days", "usage_type");

describe("a plan", () => {
  test("is the mirror of a recurring price", async () => {
    const { stripe, subscribe } = await shop();
    const price = await stripe.prices.create({
      currency: "usd",
      unit_amount: 700,
      nickname: "Fortnightly",
      lookup_key: "gold",
      metadata: { a: "b" },
      product_data: { name: "Gold" },
      recurring: { interval: "week", interval_count: 2, trial_period_days: 3 },
      transform_quantity: { divide_by: 2, round: "down" },
    });
    const plan = await stripe.plans.retrieve(price.id);
    expect(Object.keys(plan)).toEqual(PLAN);
    expect(JSON.parse(JSON.stringify(plan))).toMatchObject({
      id: price.id,
      active: true,
      amount: 700,
      amount_decimal: "700",
      billing_scheme: "per_unit",
      created: price.created,
      currency: "usd",
      interval: "week",
      interval_count: 2,
      livemode: false,
      metadata: { a: "b" },
      meter: null,
      nickname: "Fortnightly",
      product: price.product,
      tiers_mode: null,
      transform_usage: { divide_by: 2, round: "down" },
      trial_period_days: 3,
      usage_type: "licensed",
    });
    await stripe.prices.update(price.id, { nickname: "Every other week", metadata: { a: "" }, active: false });
    expect(await stripe.plans.retrieve(price.id)).toMatchObject({ nickname: "Every other week", metadata: {}, active: false });
    await stripe.prices.update(price.id, { active: true });
    const { items } = await subscribe({ price: price.id, quantity: 2 });
    expect(items.data[0]).toMatchObject({ price: { id: price.id }, plan: { id: price.id, amount: 700 } });
    const once = await stripe.prices.create({ currency: "usd", unit_amount: 1, product_data: { name: "Pen" } });
    expect(await error(stripe.plans.retrieve(once.id))).toMatchObject({ statusCode: 404, param: "plan" });
  });

  test("makes a price of the same id", async () => {
    const { stripe } = stage();
    const plan = await stripe.plans.create({
      id: "gold",
      currency: "usd",
      amount_decimal: "2500" as never,
      interval: "month",
      nickname: "Gold",
      trial_period_days: 7,
      product: { name: "Gold" },
      transform_usage: { divide_by: 10, round: "up" },
    });
    expect(JSON.parse(JSON.stringify(await stripe.prices.retrieve("gold")))).toMatchObject({
      id: "gold",
      type: "recurring",
      unit_amount: 2500,
      unit_amount_decimal: "2500",
      nickname: "Gold",
      product: plan.product,
      lookup_key: null,
      tax_behavior: "unspecified",
      transform_quantity: { divide_by: 10, round: "up" },
      recurring: { interval: "month", interval_count: 1, meter: null, trial_period_days: 7, usage_type: "licensed" },
    });
    await stripe.plans.update("gold", { nickname: "Silver", active: false, trial_period_days: 14, metadata: { a: "b" } });
    expect(await stripe.prices.retrieve("gold")).toMatchObject({
      active: false,
      metadata: { a: "b" },
      nickname: "Silver",
      recurring: { trial_period_days: 14 },
    });
    expect(await error(stripe.plans.create({ id: "gold", currency: "usd", amount: 1, interval: "month", product: { name: "A" } })))
      .toMatchObject({ code: "resource_already_exists", message: "Plan already exists." });
    expect(
      await error(stripe.plans.create({ currency: "usd", amount: 1, interval: "year", interval_count: 4, product: { name: "A" } })),
    ).toMatchObject({ param: "interval_count" });
  });

  test.each(["id", "amount", "amount_decimal", "currency", "interval", "interval_count", "usage_type"])(
    "keeps its %s",
    async (name) => {
      const { stripe } = stage();
      await stripe.plans.create({ id: "gold", currency: "usd", amount: 1, interval: "month", product: { name: "Gold" } });
      expect(await error(stripe.plans.update("gold", { [name]: "1" } as never))).toMatchObject({
        code: "parameter_unknown",
        param: name,
      });
    },
  );

  test("that is deleted is billed on, and nobody else can have it", async () => {
    const { fake, stripe, customer, told } = await shop();
    await stripe.plans.create({ id: "gold", currency: "usd", amount: 1000, interval: "month", product: { name: "Gold" } });
    const { id } = await stripe.subscriptions.create({ customer, items: [{ plan: "gold" }] });
    await told();
    expect({ ...(await stripe.plans.del("gold")) }).toEqual({ id: "gold", object: "plan", deleted: true });
    expect((await told()).map(([type]) => type)).toEqual(["plan.deleted", "price.deleted"]);
    expect(await error(stripe.plans.retrieve("gold"))).toMatchObject({ statusCode: 404 });
    expect(await error(stripe.subscriptions.create({ customer, items: [{ plan: "gold" }] }))).toMatchObject({
      statusCode: 400,
      code: "resource_missing",
    });
    fake.clock.advance({ months: 1, hours: 2 });
    const renewed = await stripe.subscriptions.retrieve(id, { expand: ["latest_invoice"] });
    expect(renewed).toMatchObject({ status: "active", latest_invoice: { status: "paid", total: 1000 } });
  });
});

describe("the events of the catalogue", () => {
  const made = { currency: "usd", unit_amount: 1000, product_data: { name: "Gold" } };
  type Shop = Awaited<ReturnType<typeof shop>>;
  const later = ({ fake }: Shop) => fake.clock.advance({ days: 1 });
  const NEW_YEAR = Date.UTC(2027, 0, 1) / 1000;

  test.each<[string, (at: Shop) => Promise<() => Promise<unknown>>, (readonly [string, object | undefined])[]]>([
    [
      "a product is made",
      async ({ stripe }) => () => stripe.products.create({ name: "Gold" }),
      [["product.created", undefined]],
    ],
    [
      "a product is made with what it costs",
      async ({ stripe }) => () =>
        stripe.products.create({ name: "Gold", default_price_data: { currency: "usd", unit_amount: 1 } }),
      [["product.created", undefined], ["price.created", undefined]],
    ],
    [
      "a product is made with what it costs every month",
      async ({ stripe }) => () =>
        stripe.products.create({
          name: "Gold",
          default_price_data: { currency: "usd", unit_amount: 1, recurring: MONTHLY },
        }),
      [["product.created", undefined], ["plan.created", undefined], ["price.created", undefined]],
    ],
    [
      "a product changes",
      async (at) => {
        const { id } = await at.stripe.products.create({ name: "Gold", metadata: { a: "b" } });
        later(at);
        return () => at.stripe.products.update(id, { name: "Silver", metadata: { a: "c" } });
      },
      [["product.updated", { metadata: { a: "b" }, name: "Gold", updated: NEW_YEAR }]],
    ],
    [
      "a price is made",
      async ({ stripe }) => () => stripe.prices.create(made),
      [["product.created", undefined], ["price.created", undefined]],
    ],
    [
      "a recurring price is made",
      async ({ stripe }) => {
        const { id: product } = await stripe.products.create({ name: "Gold" });
        return () => stripe.prices.create({ currency: "usd", unit_amount: 1, recurring: MONTHLY, product });
      },
      [["plan.created", undefined], ["price.created", undefined]],
    ],
    [
      "a price changes",
      async ({ stripe }) => {
        const { id } = await stripe.prices.create(made);
        return () => stripe.prices.update(id, { nickname: "Gold", active: false });
      },
      [["price.updated", { active: true, nickname: null }]],
    ],
    [
      "a recurring price changes",
      async ({ stripe }) => {
        const { id } = await stripe.prices.create({ ...made, recurring: MONTHLY });
        return () => stripe.prices.update(id, { nickname: "Gold" });
      },
      [["plan.updated", { nickname: null }], ["price.updated", { nickname: null }]],
    ],
  ])("when %s", async (_, prepare, events) => {
    const at = await shop();
    const act = await prepare(at);
    await at.told();
    await act();
    expect(await at.told()).toEqual(events);
  });

  test("show a deleted product as it was", async () => {
    const { stripe } = stage();
    const { lastResponse: _, ...product } = await stripe.products.create({ name: "Gold" });
    await stripe.products.del(product.id);
    const { data } = await stripe.events.list({ type: "product.deleted" });
    expect(data.map((event) => event.data.object)).toEqual([product]);
  });
});

describe("what goes for all of billing on the wire", () => {
  test("what is missing in the path is not found, what is missing in a parameter is refused", async () => {
    const { stripe, customer } = await shop();
    const missing = { type: "StripeInvalidRequestError", code: "resource_missing" };
    const doc_url = "https://stripe.com/docs/error-codes/resource-missing";
    const raw = expect.objectContaining({ doc_url });
    for (const [request, statusCode, param] of [
      [() => stripe.prices.retrieve("none"), 404, "price"],
      [() => stripe.coupons.retrieve("none"), 404, "coupon"],
      [() => stripe.taxRates.retrieve("none"), 404, "tax_rate"],
      [() => stripe.promotionCodes.retrieve("none"), 404, "promotion_code"],
      [() => stripe.invoices.retrieve("none"), 404, "invoice"],
      [() => stripe.invoices.del("none"), 404, "invoice"],
      [() => stripe.invoices.sendInvoice("none"), 404, "invoice"],
      [() => stripe.invoices.addLines("none", { lines: [{ amount: 1 }] }), 404, "invoice"],
      [() => stripe.invoices.update("none", {}), 404, "id"],
      [() => stripe.invoices.pay("none"), 404, "id"],
      [() => stripe.invoices.finalizeInvoice("none"), 404, "id"],
      [() => stripe.invoices.voidInvoice("none"), 404, "id"],
      [() => stripe.invoices.markUncollectible("none"), 404, "id"],
      [() => stripe.subscriptions.create({ customer, items: [{ price: "none" }] }), 400, "items[0][price]"],
      [() => stripe.prices.list({ product: "none" }), 400, "product"],
      [() => stripe.invoices.list({ customer: "none" }), 400, "customer"],
    ] as const) {
      expect(await error(request() as Promise<unknown>)).toMatchObject({ ...missing, statusCode, param, raw });
    }
  });

  test("lists are newest first, the items of a subscription oldest first", async () => {
    const { stripe, customer } = await shop();
    const prices = [];
    for (const unit_amount of [1000, 2000, 3000]) {
      prices.push(
        await stripe.prices.create({ currency: "usd", unit_amount, recurring: MONTHLY, product_data: { name: "Gold" } }),
      );
    }
    const ids = prices.map(({ id }) => id);
    expect((await stripe.prices.list()).data.map(({ id }) => id)).toEqual(ids.toReversed());
    const { id, items } = await stripe.subscriptions.create({ customer, items: ids.map((price) => ({ price })) });
    expect(items.data.map(({ price }) => price.id)).toEqual(ids);
    const listed = await stripe.subscriptionItems.list({ subscription: id });
    expect(listed.data.map(({ price }) => price.id)).toEqual(ids);
  });

  test("what is shown on demand is not there otherwise", async () => {
    const { stripe, customer } = await shop();
    const { id: product } = await stripe.products.create({ name: "Gold" });
    const coupon = await stripe.coupons.create({
      amount_off: 100,
      currency: "usd",
      currency_options: { eur: { amount_off: 90 } },
      applies_to: { products: [product] },
    });
    const code = await stripe.promotionCodes.create({
      promotion: { type: "coupon", coupon: coupon.id },
      restrictions: {
        minimum_amount: 1000,
        minimum_amount_currency: "usd",
        currency_options: { eur: { minimum_amount: 900 } },
      },
    });
    const invoice = await stripe.invoices.create({ customer });
    await stripe.invoiceItems.create({ invoice: invoice.id, customer, amount: 1000, currency: "usd" });
    const open = await stripe.invoices.finalizeInvoice(invoice.id);
    expect(["applies_to", "currency_options"].filter((name) => name in coupon)).toEqual([]);
    expect("currency_options" in code.restrictions).toBe(false);
    expect(["payments", "confirmation_secret"].filter((name) => name in open)).toEqual([]);

    const whole = await stripe.coupons.retrieve(coupon.id, { expand: ["applies_to", "currency_options"] });
    expect(whole).toMatchObject({
      applies_to: { products: [product] },
      currency_options: { eur: { amount_off: 90 }, usd: { amount_off: 100 } },
    });
    const shown = await stripe.promotionCodes.retrieve(code.id, { expand: ["restrictions.currency_options"] });
    expect(shown.restrictions).toEqual({
      currency_options: { eur: { minimum_amount: 900 }, usd: { minimum_amount: 1000 } },
      first_time_transaction: false,
      minimum_amount: 1000,
      minimum_amount_currency: "usd",
    });
    const expand = ["payments", "confirmation_secret"];
    const paid = await stripe.invoices.retrieve(invoice.id, { expand });
    expect(paid.payments!.data).toHaveLength(1);
    expect(paid.confirmation_secret).toMatchObject({ type: "payment_intent" });
  });

  test("what is deleted leaves its id", async () => {
    const { stripe, customer } = await shop();
    const stub = (id: string, object: string) => ({ id, object, deleted: true });
    const item = await stripe.invoiceItems.create({ customer, amount: 1, currency: "usd" });
    expect({ ...(await stripe.invoiceItems.del(item.id)) }).toEqual(stub(item.id, "invoiceitem"));
    const invoice = await stripe.invoices.create({ customer });
    expect({ ...(await stripe.invoices.del(invoice.id)) }).toEqual(stub(invoice.id, "invoice"));
    const coupon = await stripe.coupons.create({ percent_off: 5 });
    expect({ ...(await stripe.coupons.del(coupon.id)) }).toEqual(stub(coupon.id, "coupon"));
    const clock = await stripe.testHelpers.testClocks.create({ frozen_time: Date.UTC(2027, 0, 1) / 1000 });
    expect({ ...(await stripe.testHelpers.testClocks.del(clock.id)) }).toEqual(stub(clock.id, "test_helpers.test_clock"));
    const { id: product } = await stripe.products.create({ name: "Gold" });
    const feature = await stripe.entitlements.features.create({ name: "Hats", lookup_key: "hats" });
    const { id } = await stripe.products.createFeature(product, { entitlement_feature: feature.id });
    expect({ ...(await stripe.products.deleteFeature(product, id)) }).toEqual(stub(id, "product_feature"));
  });
});
