/**
 * The customer portal: each feature of a configuration, on and off, each flow, and what comes of what customers do there.
 *
 * Sources: https://docs.stripe.com/customer-management, https://docs.stripe.com/customer-management/portal-deep-links,
 * https://docs.stripe.com/api/customer_portal/configurations, the comments of the types of the `stripe` package, and the
 * refusal of a feature that is disabled as public integrations quote it.
 */

import type Stripe from "stripe";
import { describe, expect, test } from "vitest";
import { error } from "../stage.ts";
import { at, type Calendar, calendar, types } from "./calendar.ts";

type Features = Stripe.BillingPortal.ConfigurationCreateParams.Features;
type Session = Partial<Stripe.BillingPortal.SessionCreateParams>;

interface Portals extends Calendar {
  subscription: string;
  basic: string;
  pro: string;
  /** Opens the portal with those features. */
  open(features: Features, session?: Session): Promise<ReturnType<Calendar["fake"]["asCustomer"]["portal"]>>;
}

/** A customer who pays $10.00 a month since 1 January 2026; it is the 16th. */
async function portals(): Promise<Portals> {
  const shop = await calendar("fake.clock");
  const [basic, pro] = [await shop.price(1000), await shop.price(2000)];
  const subscription = (await shop.subscribe(basic)).id;
  await shop.until("2026-01-16");
  await shop.told();
  const { stripe, customer, fake } = shop;
  const open = async (features: Features, session: Session = {}) => {
    const configuration = (await stripe.billingPortal.configurations.create({ features })).id;
    return fake.asCustomer.portal(await stripe.billingPortal.sessions.create({ customer, configuration, ...session }));
  };
  return { ...shop, basic, pro, subscription, open };
}

/** A configuration that lets customers switch between prices. */
async function switching(
  { stripe }: Portals,
  prices: string[],
  more: Partial<Features["subscription_update"] & object> = {},
): Promise<Features> {
  const products = await Promise.all(
    prices.map(async (price) => ({ prices: [price], product: (await stripe.prices.retrieve(price)).product as string })),
  );
  const default_allowed_updates = ["price" as const, "quantity" as const, "promotion_code" as const];
  return { subscription_update: { default_allowed_updates, enabled: true, products, ...more } };
}

const NOTHING: Features = { invoice_history: { enabled: false } };

describe("a feature that is not enabled is not there", () => {
  type Portal = ReturnType<Calendar["fake"]["asCustomer"]["portal"]>;
  const features: [string, (portal: Portal) => unknown][] = [
    ["customer_update", (portal) => portal.updateDetails({ name: "Bea" })],
    ["invoice_history", (portal) => portal.invoices()],
    ["payment_method_update", (portal) => portal.updateCard("4242424242424242")],
    ["subscription_cancel", (portal) => portal.cancel()],
    ["subscription_pause", (portal) => portal.pause()],
    ["subscription_update", (portal) => portal.changeQuantity(2)],
  ];
  test.each(features)("%s", async (feature, act) => {
    const { open, told } = await portals();
    const portal = await open(NOTHING);
    await told();
    expect(() => act(portal)).toThrow(`\`features.${feature}\``);
    expect(await told()).toEqual([]);
  });
});

describe("a configuration", () => {
  test("has the defaults of each feature", async () => {
    const { stripe, told } = await portals();
    const made = await stripe.billingPortal.configurations.create({
      features: {
        subscription_cancel: { enabled: true },
        subscription_pause: { enabled: true },
        subscription_update: { enabled: true, default_allowed_updates: ["price"], products: [] },
      },
    });
    expect(made).toMatchObject({ active: true, is_default: false, login_page: { enabled: false, url: null } });
    expect(made.features).toMatchObject({
      customer_update: { enabled: false },
      invoice_history: { enabled: false },
      payment_method_update: { enabled: false },
      subscription_cancel: { enabled: true, mode: "at_period_end", proration_behavior: "none" },
      subscription_pause: {
        duration: { interval_options: [{ interval: "month", interval_count: 1 }], type: "interval_options" },
        enabled: true,
      },
      subscription_update: {
        billing_cycle_anchor: "unchanged",
        enabled: true,
        proration_behavior: "none",
        schedule_at_period_end: { conditions: [] },
        trial_update_behavior: "end_trial",
      },
    });
    await stripe.billingPortal.configurations.update(made.id, { active: false });
    expect(types(await told())).toEqual([
      "billing_portal.configuration.created",
      "billing_portal.configuration.updated",
    ]);
  });

  const impossible: [string, Features][] = [
    [
      "features[subscription_cancel][proration_behavior]",
      { subscription_cancel: { enabled: true, mode: "immediately", proration_behavior: "always_invoice" } },
    ],
    [
      "features[subscription_cancel][proration_behavior]",
      { subscription_cancel: { enabled: true, mode: "at_period_end", proration_behavior: "create_prorations" } },
    ],
    [
      "features[subscription_update][products]",
      {
        subscription_update: {
          default_allowed_updates: ["price"],
          enabled: true,
          products: Array.from({ length: 11 }, (_, place) => ({ prices: [`price_${place}`], product: `prod_${place}` })),
        },
      },
    ],
  ];
  test.each(impossible)("is refused for %s: %o", async (param, features) => {
    const { stripe } = await portals();
    const refused = await error(stripe.billingPortal.configurations.create({ features }));
    expect(refused).toMatchObject({ statusCode: 400, param });
  });

  test("is the default one of sessions that name none", async () => {
    const { stripe, customer } = await portals();
    const [first, second] = [
      await stripe.billingPortal.sessions.create({ customer }),
      await stripe.billingPortal.sessions.create({ customer }),
    ];
    expect(second.configuration).toBe(first.configuration);
    const used = await stripe.billingPortal.configurations.retrieve(first.configuration as string);
    expect(used).toMatchObject({
      features: { payment_method_update: { enabled: true }, subscription_update: { enabled: false } },
      is_default: true,
    });
  });
});

test("a session has an address, and its event", async () => {
  const { stripe, customer, told } = await portals();
  const session = await stripe.billingPortal.sessions.create({ customer, locale: "de", return_url: "https://example.com/me" });
  expect(session).toMatchObject({
    id: expect.stringMatching(/^bps_\w{24}$/),
    object: "billing_portal.session",
    created: at("2026-01-16"),
    customer,
    customer_account: null,
    flow: null,
    livemode: false,
    locale: "de",
    on_behalf_of: null,
    return_url: "https://example.com/me",
    url: expect.stringMatching("^https://billing.stripe.com/p/session/test_"),
  });
  expect(types(await told(/session/))).toEqual(["billing_portal.session.created"]);
});

describe("a flow", () => {
  type Flow = Stripe.BillingPortal.SessionCreateParams.FlowData;
  const of = (subscription: string) => ({ subscription });

  test.each(["portal_homepage", "hosted_confirmation", "redirect"] as const)("ends with %s", async (type) => {
    const { stripe, customer, subscription } = await portals();
    const redirect = { redirect: { return_url: "https://example.com/done" } };
    const flow_data: Flow = {
      after_completion: { type, ...(type === "redirect" && redirect) },
      subscription_cancel: of(subscription),
      type: "subscription_cancel",
    };
    const { flow } = await stripe.billingPortal.sessions.create({ customer, flow_data });
    expect(flow).toMatchObject({
      after_completion: { type, ...(type === "redirect" && redirect) },
      subscription_cancel: { subscription },
      type: "subscription_cancel",
    });
  });

  test("updates the customer", async () => {
    const { open } = await portals();
    const features = { customer_update: { allowed_updates: ["name" as const], enabled: true } };
    const portal = await open(features, { flow_data: { type: "customer_update" } });
    expect(portal.updateDetails({ name: "Bea" }).name).toBe("Bea");
  });

  test("updates the payment method, and nothing else", async () => {
    const { open } = await portals();
    const features = { payment_method_update: { enabled: true }, subscription_cancel: { enabled: true } };
    const portal = await open(features, { flow_data: { type: "payment_method_update" } });
    expect(() => portal.cancel()).toThrow("for the flow payment_method_update and nothing else");
    expect(portal.updateCard("5555555555554444").invoice_settings.default_payment_method).toMatch(/^pm_/);
  });

  test("cancels", async () => {
    const { open, subscription } = await portals();
    const flow_data: Flow = { type: "subscription_cancel", subscription_cancel: of(subscription) };
    const portal = await open({ subscription_cancel: { enabled: true } }, { flow_data });
    expect(portal.cancel().cancel_at).toBe(at("2026-02-01"));
  });

  test("makes an offer to who would cancel", async () => {
    const { open, subscription, stripe, look } = await portals();
    const { id: coupon } = await stripe.coupons.create({ percent_off: 50, duration: "forever" });
    const retention = { type: "coupon_offer" as const, coupon_offer: { coupon } };
    const flow_data: Flow = { type: "subscription_cancel", subscription_cancel: { subscription, retention } };
    const portal = await open({ subscription_cancel: { enabled: true } }, { flow_data });
    portal.acceptOffer();
    const kept = await look(subscription);
    expect([kept.cancel_at, kept.discounts.length]).toEqual([null, 1]);
    expect((await stripe.invoices.createPreview({ subscription })).total).toBe(500);
  });

  test("pauses", async () => {
    const { open, subscription } = await portals();
    const flow_data: Flow = { type: "subscription_pause", subscription_pause: of(subscription) };
    const portal = await open({ subscription_pause: { enabled: true } }, { flow_data });
    expect(portal.pause().status).toBe("paused");
  });

  test("switches", async () => {
    const shop = await portals();
    const flow_data: Flow = { type: "subscription_update", subscription_update: of(shop.subscription) };
    const portal = await shop.open(await switching(shop, [shop.basic, shop.pro]), { flow_data });
    expect(portal.switchTo(shop.pro).items.data).toMatchObject([{ price: { id: shop.pro } }]);
  });

  test("has a switch confirmed, with its discount", async () => {
    const shop = await portals();
    const { subscription, stripe, pro } = shop;
    const { id: coupon } = await stripe.coupons.create({ percent_off: 10, duration: "forever" });
    const { id } = (await shop.look(subscription)).items.data[0]!;
    const subscription_update_confirm = { subscription, items: [{ id, price: pro, quantity: 3 }], discounts: [{ coupon }] };
    const flow_data: Flow = { type: "subscription_update_confirm", subscription_update_confirm };
    const portal = await shop.open(await switching(shop, [shop.basic, pro]), { flow_data });
    const switched = portal.confirm();
    expect(switched.items.data).toMatchObject([{ id, price: { id: pro }, quantity: 3 }]);
    expect((await stripe.invoices.createPreview({ subscription })).total).toBe(5400);
  });

  test("confirms nothing where nothing changes", async () => {
    const shop = await portals();
    const { subscription, basic } = shop;
    const { id } = (await shop.look(subscription)).items.data[0]!;
    const subscription_update_confirm = { subscription, items: [{ id, price: basic, quantity: 1 }] };
    const flow_data: Flow = { type: "subscription_update_confirm", subscription_update_confirm };
    const opened = shop.open(await switching(shop, [basic, shop.pro]), { flow_data });
    expect(await error(opened)).toMatchObject({ statusCode: 400, message: /there are no changes to confirm/ });
  });

  const disabled: [Flow["type"], string, string][] = [
    ["subscription_cancel", "canceled", "subscription cancellation"],
    ["subscription_update", "updated", "subscription update"],
    ["subscription_update_confirm", "updated", "subscription update"],
  ];
  test.each(disabled)("%s needs its feature", async (type, done, feature) => {
    const { open, subscription, pro, look } = await portals();
    const items = [{ id: (await look(subscription)).items.data[0]!.id, price: pro }];
    const about = type === "subscription_update_confirm" ? { subscription, items } : { subscription };
    const opened = open(NOTHING, { flow_data: { type, [type]: about } as Flow });
    expect(await error(opened)).toMatchObject({
      message:
        `This subscription cannot be ${done} because the ${feature} feature in the portal ` +
        "configuration is disabled.",
      statusCode: 400,
    });
  });

  test.each(["subscription_cancel", "subscription_update", "subscription_pause"] as const)(
    "%s is about a subscription of the customer's",
    async (type) => {
      const { stripe, customer, subscription } = await portals();
      const create = (customer: string, about?: object) =>
        error(stripe.billingPortal.sessions.create({ customer, flow_data: { type, [type]: about } as Flow }));
      expect(await create(customer)).toMatchObject({ param: `flow_data[${type}]` });
      expect(await create(customer, { subscription: "sub_none" })).toMatchObject({ code: "resource_missing" });
      const { id: stranger } = await stripe.customers.create();
      expect(await create(stranger, { subscription })).toMatchObject({ code: "resource_missing" });
    },
  );
});

describe("cancellation", () => {
  const modes: [string, Features["subscription_cancel"], object, number | undefined][] = [
    ["at the end of the period", { enabled: true }, { cancel_at: at("2026-02-01"), status: "active" }, undefined],
    ["at once", { enabled: true, mode: "immediately" }, { ended_at: at("2026-01-16"), status: "canceled" }, undefined],
    [
      "at once, credited",
      { enabled: true, mode: "immediately", proration_behavior: "create_prorations" },
      { ended_at: at("2026-01-16"), status: "canceled" },
      -516,
    ],
  ];
  test.each(modes)("%s", async (_, subscription_cancel, wanted, credit) => {
    const { open, stripe, customer, told } = await portals();
    const portal = await open({ subscription_cancel: subscription_cancel! });
    await told();
    expect(portal.cancel()).toMatchObject(wanted);
    const { data } = await stripe.invoiceItems.list({ customer, pending: true });
    expect(data.map(({ amount }) => amount)).toEqual(credit === undefined ? [] : [credit]);
    const events = await told(/^customer\.subscription/);
    for (const { request } of events) expect(request!.id).toBe(null);
    expect(events.at(-1)!.type).toBe(
      "ended_at" in wanted ? "customer.subscription.deleted" : "customer.subscription.updated",
    );
  });

  test("asks why, and offers its reasons", async () => {
    const { open } = await portals();
    const cancellation_reason = { enabled: true, options: ["too_expensive" as const, "unused" as const] };
    const portal = await open({ subscription_cancel: { cancellation_reason, enabled: true } });
    expect(() => portal.cancel({ feedback: "low_quality" })).toThrow("does not offer the reason low_quality");
    expect(portal.cancel({ feedback: "too_expensive", comment: "Sorry" }).cancellation_details).toMatchObject({
      comment: "Sorry",
      feedback: "too_expensive",
      reason: "cancellation_requested",
    });
  });

  test("can be taken back until it is done", async () => {
    const { open } = await portals();
    const portal = await open({ subscription_cancel: { enabled: true } });
    portal.cancel();
    expect(portal.keep()).toMatchObject({ cancel_at: null, canceled_at: null, status: "active" });
  });
});

describe("a pause", () => {
  test("lasts as long as is offered", async () => {
    const { open, until, look, subscription, told } = await portals();
    const interval_options = [
      { interval: "month" as const, interval_count: 1 },
      { interval: "week" as const, interval_count: 2 },
    ];
    const duration = { interval_options, type: "interval_options" as const };
    const portal = await open({ subscription_pause: { duration, enabled: true } });
    expect(() => portal.pause({ interval: "year" })).toThrow("does not offer a pause of that length");
    await told();
    expect(portal.pause({ interval: "week", intervalCount: 2 }).status).toBe("paused");
    expect(types(await told(/paused/))).toEqual(["customer.subscription.paused"]);
    await until("2026-01-29");
    expect((await look(subscription)).status).toBe("paused");
    await until("2026-01-30");
    expect((await look(subscription)).status).toBe("active");
  });

  test("is a month where nothing is chosen, and can end before", async () => {
    const { open, stripe, subscription } = await portals();
    const portal = await open({ subscription_pause: { enabled: true } });
    portal.pause();
    const { data } = await stripe.subscriptionSchedules.list();
    expect(data[0]!.pause_schedules[0]!.resume!.resume_at).toBe(at("2026-02-16"));
    expect(portal.resume()).toMatchObject({ id: subscription, status: "active" });
  });

  test("goes on until the customer is back, where that is offered", async () => {
    const { open, until, look, subscription } = await portals();
    const portal = await open({ subscription_pause: { duration: { type: "indefinite" }, enabled: true } });
    expect(portal.pause()).toMatchObject({ schedule: null, status: "paused" });
    await until("2026-06-16");
    expect((await look(subscription)).status).toBe("paused");
    expect(portal.resume().status).toBe("active");
  });
});

describe("a switch", () => {
  const prorations: [NonNullable<Features["subscription_update"]>["proration_behavior"], number[], number][] = [
    [undefined, [], 1],
    ["none", [], 1],
    ["create_prorations", [-516, 1032], 1],
    ["always_invoice", [], 2],
  ];
  test.each(prorations)("is prorated with %s", async (proration_behavior, pending, invoices) => {
    const shop = await portals();
    const more = proration_behavior ? { proration_behavior } : {};
    const portal = await shop.open(await switching(shop, [shop.basic, shop.pro], more));
    expect(portal.switchTo(shop.pro).items.data).toMatchObject([{ price: { id: shop.pro }, quantity: 1 }]);
    const { data } = await shop.stripe.invoiceItems.list({ customer: shop.customer, pending: true });
    expect(data.map(({ amount }) => amount).sort((a, b) => a - b)).toEqual(pending);
    const billed = (await shop.stripe.invoices.list({ subscription: shop.subscription })).data;
    expect(billed).toHaveLength(invoices);
    if (invoices === 2) expect(billed[0]).toMatchObject({ status: "paid", total: 516 });
  });

  test("can begin the period anew", async () => {
    const shop = await portals();
    const more = { billing_cycle_anchor: "now" as const };
    const portal = await shop.open(await switching(shop, [shop.basic, shop.pro], more));
    expect(portal.switchTo(shop.pro).billing_cycle_anchor).toBe(at("2026-01-16"));
  });

  test.each(["end_trial", "continue_trial"] as const)("of a trial: %s", async (trial_update_behavior) => {
    const shop = await portals();
    const trial = await shop.subscribe(shop.basic, { trial_period_days: 14 });
    const portal = await shop.open(await switching(shop, [shop.basic, shop.pro], { trial_update_behavior }));
    const { status } = portal.switchTo(shop.pro, { subscription: trial });
    expect(status).toBe(trial_update_behavior === "end_trial" ? "active" : "trialing");
  });

  test("is of what is allowed", async () => {
    const shop = await portals();
    const only = (what: "price" | "quantity") => ({ default_allowed_updates: [what] });
    const prices = await shop.open(await switching(shop, [shop.basic, shop.pro], only("price")));
    expect(() => prices.changeQuantity(5)).toThrow("does not let customers change the quantity");
    expect(() => prices.switchTo(shop.pro, { promotionCode: "SAVE" })).toThrow("change the promotion_code");
    const quantities = await shop.open(await switching(shop, [shop.basic, shop.pro], only("quantity")));
    expect(() => quantities.switchTo(shop.pro)).toThrow("does not let customers change the price");
    expect(quantities.changeQuantity(5).items.data[0]!.quantity).toBe(5);
    const other = await shop.price(9000);
    expect(() => prices.switchTo(other)).toThrow(`the portal does not offer ${other}`);
  });

  test("keeps within the quantities of a product", async () => {
    const shop = await portals();
    const features = await switching(shop, [shop.basic]);
    const [product] = features.subscription_update!.products as [{ prices: string[]; product: string }];
    const adjustable_quantity = { enabled: true, minimum: 2, maximum: 6 };
    const products = [{ ...product, adjustable_quantity }];
    const portal = await shop.open({ subscription_update: { ...features.subscription_update!, products } });
    for (const outside of [1, 7]) {
      if (outside !== 1) expect(() => portal.changeQuantity(outside)).toThrow("does not offer that quantity");
    }
    expect(portal.changeQuantity(6).items.data[0]!.quantity).toBe(6);
    expect(() => portal.changeQuantity(1)).toThrow("does not offer that quantity");
  });

  test("takes a promotion code", async () => {
    const shop = await portals();
    const { id } = await shop.stripe.coupons.create({ percent_off: 20, duration: "forever" });
    await shop.stripe.promotionCodes.create({ promotion: { type: "coupon", coupon: id }, code: "SAVE20" });
    const portal = await shop.open(await switching(shop, [shop.basic, shop.pro]));
    portal.switchTo(shop.pro, { promotionCode: "SAVE20" });
    expect((await shop.stripe.invoices.createPreview({ subscription: shop.subscription })).total).toBe(1600);
  });

  const conditions = (...kinds: ("decreasing_item_amount" | "shortening_interval")[]) => ({
    schedule_at_period_end: { conditions: kinds.map((type) => ({ type })) },
  });

  test("to less is scheduled for the end of the period", async () => {
    const shop = await portals();
    const cheap = await shop.price(400);
    const portal = await shop.open(await switching(shop, [shop.basic, shop.pro, cheap], conditions("decreasing_item_amount")));
    const put_off = portal.switchTo(cheap);
    expect(put_off.items.data).toMatchObject([{ price: { id: shop.basic } }]);
    const schedule = await shop.stripe.subscriptionSchedules.retrieve(put_off.schedule as string);
    expect(schedule).toMatchObject({ end_behavior: "release", status: "active", subscription: shop.subscription });
    expect(schedule.phases).toMatchObject([
      { start_date: at("2026-01-01"), end_date: at("2026-02-01"), items: [{ price: shop.basic }] },
      { start_date: at("2026-02-01"), items: [{ price: cheap }], proration_behavior: "none" },
    ]);
    await shop.until("2026-02-01T02:00");
    const switched = await shop.look(shop.subscription);
    expect(switched.items.data).toMatchObject([{ price: { id: cheap } }]);
    expect(switched.latest_invoice).toMatchObject({ status: "paid", total: 400 });
    // The schedule lets it go with the next period.
    await shop.until("2026-03-01");
    expect((await shop.look(shop.subscription)).schedule).toBe(null);
  });

  test("to more is made at once all the same", async () => {
    const shop = await portals();
    const portal = await shop.open(await switching(shop, [shop.basic, shop.pro], conditions("decreasing_item_amount")));
    expect(portal.switchTo(shop.pro)).toMatchObject({ schedule: null });
    expect(portal.changeQuantity(3)).toMatchObject({ schedule: null });
    // Fewer are less.
    expect(portal.changeQuantity(2).schedule).toMatch(/^sub_sched_/);
  });

  test("to a shorter interval is scheduled where that is put off", async () => {
    const shop = await portals();
    const weekly = await shop.price(5000, { recurring: { interval: "week" } });
    const yearly = await shop.price(5000, { recurring: { interval: "year" } });
    const features = await switching(shop, [shop.basic, weekly, yearly], conditions("shortening_interval"));
    const portal = await shop.open(features);
    expect(portal.switchTo(weekly).schedule).toMatch(/^sub_sched_/);
    await shop.stripe.subscriptionSchedules.release((await shop.look(shop.subscription)).schedule as string);
    expect(portal.switchTo(yearly).schedule).toBe(null);
  });
});

describe("the customer", () => {
  test("changes what may be changed", async () => {
    const { open, stripe, customer, told } = await portals();
    const allowed_updates = ["address", "email", "name", "phone", "shipping", "tax_id"] as const;
    const portal = await open({ customer_update: { allowed_updates: [...allowed_updates], enabled: true } });
    await told();
    const address = { line1: "1 Main Street", city: "Springfield", country: "US" };
    const changed = portal.updateDetails({
      address,
      email: "bea@example.com",
      name: "Bea",
      phone: "+15551234",
      shipping: { address, name: "Bea" },
      taxId: { type: "eu_vat", value: "DE123456789" },
    });
    expect(changed).toMatchObject({ address, email: "bea@example.com", name: "Bea", phone: "+15551234" });
    const { data } = await stripe.customers.listTaxIds(customer);
    expect(data).toMatchObject([{ type: "eu_vat", value: "DE123456789" }]);
    expect(types(await told())).toEqual(["customer.tax_id.created", "customer.updated"]);
  });

  test("sees the invoices", async () => {
    const { open, stripe, until, customer } = await portals();
    await until("2026-02-01T02:00");
    const portal = await open({ invoice_history: { enabled: true } });
    const { data } = await stripe.invoices.list();
    expect(data).toHaveLength(2);
    // Drafts are nobody's business yet.
    await stripe.invoices.create({ customer });
    expect(portal.invoices().map(({ id }) => id)).toEqual(data.map(({ id }) => id));
  });

  test("pays by another card from then on", async () => {
    const { open, stripe, until, look, subscription, told } = await portals();
    const portal = await open({ payment_method_update: { enabled: true } });
    await told();
    const card = portal.updateCard("5555555555554444").invoice_settings.default_payment_method as string;
    expect(types(await told())).toEqual([
      "setup_intent.created",
      "payment_method.attached",
      "setup_intent.succeeded",
      "customer.updated",
    ]);
    await until("2026-02-01T02:00");
    const { latest_invoice } = await look(subscription);
    const [payment] = (await stripe.invoicePayments.list({ invoice: latest_invoice.id! })).data;
    const intent = await stripe.paymentIntents.retrieve(payment!.payment.payment_intent as string);
    expect([latest_invoice.status, intent.payment_method]).toEqual(["paid", card]);
  });
});
