/**
 * Entitlements: features, the products that have them, and who is entitled to them when.
 *
 * Sources: https://docs.stripe.com/billing/entitlements, https://docs.stripe.com/api/entitlements, the comments of the types
 * of the `stripe` package, and summaries as public integrations store them.
 */

import type Stripe from "stripe";
import { describe, expect, test } from "vitest";
import { error } from "../stage.ts";
import { at, type Calendar, calendar, types } from "./calendar.ts";

const SUMMARY = "entitlements.active_entitlement_summary.updated";

interface Features extends Calendar {
  /** A product with those features, and its monthly price. */
  product(...keys: string[]): Promise<{ price: string; product: string }>;
  /** The keys of what the customer is entitled to, in the order of the alphabet. */
  entitled(): Promise<string[]>;
  /** What the summaries since the last look say: what there is, and what there was. */
  summaries(): Promise<[string[], string[]][]>;
}

async function features(card = "pm_card_visa"): Promise<Features> {
  const shop = await calendar("fake.clock", { card });
  const { stripe, customer } = shop;
  const known = new Map<string, string>();
  const keys = (list: { lookup_key: string }[]) => list.map(({ lookup_key }) => lookup_key).sort();
  return {
    ...shop,
    product: async (...wanted) => {
      const price = await shop.price(1000);
      const product = (await stripe.prices.retrieve(price)).product as string;
      for (const lookup_key of wanted) {
        const made = known.get(lookup_key) ?? (await stripe.entitlements.features.create({ lookup_key, name: lookup_key })).id;
        known.set(lookup_key, made);
        await stripe.products.createFeature(product, { entitlement_feature: made });
      }
      await shop.told();
      return { price, product };
    },
    entitled: async () => keys((await stripe.entitlements.activeEntitlements.list({ customer })).data),
    summaries: async () =>
      (await shop.told(/^entitlements/)).map((event) => {
        const { object, previous_attributes } = event.data as any;
        expect(event.type).toBe(SUMMARY);
        return [keys(object.entitlements.data), keys(previous_attributes.entitlements.data)];
      }),
  };
}

const refused = async (request: Promise<unknown>, wanted: object = {}) =>
  expect(await error(request)).toMatchObject({ statusCode: 400, ...wanted });

describe("a feature", () => {
  test("has a name, and a key of its own", async () => {
    const { stripe } = await features();
    const params = { lookup_key: "reports", metadata: { team: "data" }, name: "Reports" };
    const made = await stripe.entitlements.features.create(params);
    expect(made).toMatchObject({
      id: expect.stringMatching(/^feat_/),
      object: "entitlements.feature",
      active: true,
      livemode: false,
      ...params,
    });
    await refused(stripe.entitlements.features.create(params));
    await refused(stripe.entitlements.features.create({ lookup_key: "k".repeat(81), name: "Long" }));
    const changed = await stripe.entitlements.features.update(made.id, { name: "Better reports", metadata: { team: "" } });
    expect(changed).toMatchObject({ lookup_key: "reports", metadata: {}, name: "Better reports" });
  });

  test("is archived, and its key is free again", async () => {
    const { stripe } = await features();
    const { id } = await stripe.entitlements.features.create({ lookup_key: "reports", name: "Reports" });
    expect((await stripe.entitlements.features.update(id, { active: false })).active).toBe(false);
    const next = await stripe.entitlements.features.create({ lookup_key: "reports", name: "Reports" });
    const list = async (params: Stripe.Entitlements.FeatureListParams) =>
      (await stripe.entitlements.features.list(params)).data.map(({ id }) => id);
    expect(await list({ archived: false })).toEqual([next.id]);
    expect(await list({ archived: true })).toEqual([id]);
    expect(await list({ lookup_key: "reports", archived: false })).toEqual([next.id]);
    expect(await list({ lookup_key: "other" })).toEqual([]);
  });

  test("is attached to products, once each, and detached", async () => {
    const { stripe, product } = await features();
    const { product: id } = await product("reports");
    const { data } = await stripe.products.listFeatures(id);
    const [attached] = data as [Stripe.ProductFeature];
    expect(attached).toMatchObject({
      object: "product_feature",
      entitlement_feature: { lookup_key: "reports" },
      livemode: false,
    });
    const entitlement_feature = attached.entitlement_feature.id;
    await refused(stripe.products.createFeature(id, { entitlement_feature }));
    expect(await stripe.products.retrieveFeature(id, attached.id)).toMatchObject({ id: attached.id });
    expect(await stripe.products.deleteFeature(id, attached.id)).toMatchObject({ deleted: true });
    expect((await stripe.products.listFeatures(id)).data).toEqual([]);
  });
});

describe("a customer is entitled", () => {
  test("by a subscription to the product, and is told so", async () => {
    const { product, subscribe, stripe, customer, told } = await features();
    const { price } = await product("reports", "exports");
    await subscribe(price);
    const [event] = await told(/^entitlements/);
    expect(event).toMatchObject({
      type: SUMMARY,
      data: {
        object: {
          customer,
          entitlements: {
            object: "list",
            has_more: false,
            url: `/v1/customer/${customer}/entitlements`,
          },
          livemode: false,
          object: "entitlements.active_entitlement_summary",
        },
        previous_attributes: { entitlements: { data: [] } },
      },
    });
    const { data } = await stripe.entitlements.activeEntitlements.list({ customer });
    expect(data).toHaveLength(2);
    const [one] = data as [Stripe.Entitlements.ActiveEntitlement];
    expect(one).toMatchObject({
      id: expect.stringMatching(/^ent_/),
      object: "entitlements.active_entitlement",
      feature: expect.stringMatching(/^feat_/),
      livemode: false,
      lookup_key: expect.stringMatching(/reports|exports/),
    });
    expect(await stripe.entitlements.activeEntitlements.retrieve(one.id)).toMatchObject({ id: one.id });
  });

  type Row = [string, (shop: Features, price: string) => Promise<unknown>, string[]];
  const statuses: Row[] = [
    ["active", (shop, price) => shop.subscribe(price), ["reports"]],
    ["trialing", (shop, price) => shop.subscribe(price, { trial_period_days: 7 }), ["reports"]],
    [
      "past_due",
      async (shop, price) => {
        await shop.subscribe(price);
        await shop.payWith("pm_card_chargeCustomerFail");
        await shop.until("2026-02-01T02:00");
      },
      ["reports"],
    ],
    [
      "incomplete",
      (shop, price) => shop.subscribe(price, { payment_behavior: "default_incomplete" }),
      [],
    ],
    [
      "paused",
      async (shop, price) => {
        const { id } = await shop.subscribe(price);
        await shop.stripe.subscriptions.pause(id, { type: "subscription" });
      },
      [],
    ],
    [
      "canceled",
      async (shop, price) => {
        const { id } = await shop.subscribe(price);
        await shop.stripe.subscriptions.cancel(id);
      },
      [],
    ],
  ];
  test.each(statuses)("while it is %s", async (status, subscribe, keys) => {
    const shop = await features();
    const { price } = await shop.product("reports");
    await subscribe(shop, price);
    const { data } = await shop.stripe.subscriptions.list({ status: "all" });
    expect(data.map((subscription) => subscription.status)).toEqual([status]);
    expect(await shop.entitled()).toEqual(keys);
  });

  test("until it ends", async () => {
    const { product, subscribe, stripe, entitled, summaries, until } = await features();
    const { id } = await subscribe((await product("reports")).price);
    await stripe.subscriptions.update(id, { cancel_at_period_end: true });
    expect(await summaries()).toEqual([[["reports"], []]]);
    await until("2026-02-01");
    expect(await entitled()).toEqual([]);
    expect(await summaries()).toEqual([[[], ["reports"]]]);
  });

  test("to what the other product has when the subscription switches", async () => {
    const { product, subscribe, stripe, entitled, summaries } = await features();
    const basic = await product("reports");
    const pro = await product("reports", "exports");
    const made = await subscribe(basic.price);
    await summaries();
    await stripe.subscriptions.update(made.id, { items: [{ id: made.items.data[0]!.id, price: pro.price }] });
    expect(await entitled()).toEqual(["exports", "reports"]);
    expect(await summaries()).toEqual([[["exports", "reports"], ["reports"]]]);
  });

  test("once by several subscriptions, until the last of them ends", async () => {
    const { product, subscribe, stripe, entitled, summaries } = await features();
    const [basic, pro] = [await product("reports"), await product("reports", "exports")];
    const [one, other] = [await subscribe(basic.price), await subscribe(pro.price)];
    expect(await entitled()).toEqual(["exports", "reports"]);
    await summaries();
    await stripe.subscriptions.cancel(other.id);
    expect(await entitled()).toEqual(["reports"]);
    await stripe.subscriptions.cancel(one.id);
    expect(await entitled()).toEqual([]);
    expect(await summaries()).toEqual([
      [["reports"], ["exports", "reports"]],
      [[], ["reports"]],
    ]);
  });

  test("to what a product is given later from the next period on", async () => {
    const { product, subscribe, stripe, entitled, until } = await features();
    const { price, product: id } = await product("reports");
    await subscribe(price);
    const { id: entitlement_feature } = await stripe.entitlements.features.create({ lookup_key: "exports", name: "Exports" });
    await stripe.products.createFeature(id, { entitlement_feature });
    expect(await entitled()).toEqual(["reports"]);
    await until("2026-02-01");
    expect(await entitled()).toEqual(["exports", "reports"]);
  });

  test("by the phase of a schedule", async () => {
    const { product, stripe, customer, entitled, until } = await features();
    const [basic, pro] = [await product("reports"), await product("exports")];
    const duration = { interval: "month" as const };
    const phases = [basic, pro].map(({ price }) => ({ items: [{ price }], duration }));
    await stripe.subscriptionSchedules.create({ customer, phases, start_date: at("2026-01-10"), end_behavior: "cancel" });
    const rows: [string, string[]][] = [
      ["2026-01-09", []],
      ["2026-01-10", ["reports"]],
      ["2026-02-10", ["exports"]],
      ["2026-03-10", []],
    ];
    for (const [date, keys] of rows) {
      await until(date);
      expect([date, await entitled()]).toEqual([date, keys]);
    }
  });
});

test("entitlements are listed for a customer who is there", async () => {
  const { stripe, told } = await features();
  const nobody = await error(stripe.entitlements.activeEntitlements.list({ customer: "cus_none" }));
  expect(nobody).toMatchObject({ code: "resource_missing", param: "customer" });
  expect(types(await told(/^entitlements/))).toEqual([]);
});
