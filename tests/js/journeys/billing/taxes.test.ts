/**
 * Taxes: rates that are given, inclusive and exclusive; taxes given by their amounts; the taxes of a place, on invoices,
 * subscriptions, quotes and in Checkout; calculations and the transactions made of them.
 *
 * Sources: https://docs.stripe.com/billing/taxes/tax-rates, https://docs.stripe.com/tax/invoicing,
 * https://docs.stripe.com/tax/checkout, https://docs.stripe.com/tax/custom, https://docs.stripe.com/api/tax_rates. The sums
 * 3150, 2835 and 1100, and the shape of a line's taxes, are recorded. The rates of places are the published standard rates:
 * Stripe's own tables go down to the street.
 */

import Stripe from "stripe";
import { describe, expect, test } from "vitest";
import { error, stage } from "../stage.ts";

const NEW_YEAR = Date.UTC(2027, 0, 1) / 1000;
const DAY = 24 * 3600;
const TEXAS = { country: "US", state: "TX", postal_code: "75134", line1: "1 Main St", city: "Lancaster" };
const BERLIN = { country: "DE", postal_code: "10115", city: "Berlin", line1: "Chausseestr. 1" };

/** A customer who can pay and lives there, if anywhere. */
async function shop(address?: Stripe.AddressParam) {
  const { fake, stripe } = stage({ now: new Date(NEW_YEAR * 1000) });
  fake.clock.freeze();
  const { id: customer } = await stripe.customers.create({ email: "ana@example.com", ...(address && { address }) });
  const card = await stripe.paymentMethods.attach("pm_card_visa", { customer });
  await stripe.customers.update(customer, { invoice_settings: { default_payment_method: card.id } });
  const rate = async (percentage: number, inclusive = false) =>
    (await stripe.taxRates.create({ display_name: "VAT", percentage, inclusive })).id;
  const draft = async (
    items: Partial<Stripe.InvoiceItemCreateParams>[],
    more: Partial<Stripe.InvoiceCreateParams> = {},
  ) => {
    const { id: invoice } = await stripe.invoices.create({ customer, ...more });
    for (const item of items) await stripe.invoiceItems.create({ customer, invoice, currency: "usd", ...item });
    return stripe.invoices.retrieve(invoice);
  };
  const price = async (unit_amount: number, more: object = {}) => {
    const product_data = { name: "Gold" };
    const recurring = { interval: "month" as const };
    return (await stripe.prices.create({ currency: "usd", unit_amount, recurring, product_data, ...more })).id;
  };
  const register = (country: string, option: object) =>
    stripe.tax.registrations.create({
      country,
      active_from: "now",
      country_options: { [country.toLowerCase()]: option },
    } as Stripe.Tax.RegistrationCreateParams);
  const texas = () => register("US", { type: "state_sales_tax", state: "TX" });
  const germany = () => register("DE", { type: "standard", standard: { place_of_supply_scheme: "standard" } });
  return { fake, stripe, customer, rate, draft, price, register, texas, germany };
}

const AUTOMATIC = { automatic_tax: { enabled: true } };
const taxes = (of: { total_taxes: Stripe.Invoice.TotalTax[] | null }) =>
  of.total_taxes!.map(({ amount, taxability_reason }) => [amount, taxability_reason]);

describe("a tax rate", () => {
  test("has these fields", async () => {
    const { stripe } = stage();
    const rate = await stripe.taxRates.create({
      display_name: "VAT",
      inclusive: false,
      percentage: 19.5,
      country: "DE",
      description: "Value added",
      jurisdiction: "DE",
      tax_type: "vat",
      metadata: { a: "b" },
    });
    expect(rate).toMatchObject({
      object: "tax_rate",
      active: true,
      country: "DE",
      description: "Value added",
      display_name: "VAT",
      effective_percentage: null,
      flat_amount: null,
      inclusive: false,
      jurisdiction: "DE",
      jurisdiction_level: null,
      livemode: false,
      metadata: { a: "b" },
      percentage: 19.5,
      rate_type: "percentage",
      state: null,
      tax_type: "vat",
    });
    expect(rate.id).toMatch(/^txr_[A-Za-z0-9]{24}$/);
  });

  test.each(["display_name", "inclusive", "percentage"])("needs its %s", async (param) => {
    const { stripe } = stage();
    const params = { display_name: "VAT", inclusive: false, percentage: 19, [param]: undefined };
    expect(await error(stripe.taxRates.create(params as never))).toMatchObject({ code: "parameter_missing", param });
  });

  test("is renamed and archived; what it takes is fixed", async () => {
    const { stripe } = stage();
    const { id } = await stripe.taxRates.create({ display_name: "VAT", inclusive: false, percentage: 19 });
    const change = { active: false, display_name: "MwSt", description: "x", country: "DE", jurisdiction: "DE" };
    expect(await stripe.taxRates.update(id, change)).toMatchObject(change);
    for (const param of ["percentage", "inclusive"]) {
      expect(await error(stripe.taxRates.update(id, { [param]: 1 } as never))).toMatchObject({ code: "parameter_unknown", param });
    }
    expect((await stripe.taxRates.list({ active: true })).data).toEqual([]);
    expect((await stripe.taxRates.list({ inclusive: false })).data).toHaveLength(1);
  });

  test.each<[string, number, [number, boolean][], number, number[], number, number]>([
    ["5 % of $30.00 (recorded)", 3000, [[5, false]], 0, [150], 3150, 3000],
    ["5 % of what 10 % off leaves (recorded)", 3000, [[5, false]], 10, [135], 2835, 2700],
    ["10 % within $11.00 (recorded)", 1100, [[10, true]], 0, [100], 1100, 1000],
    ["10 % within what 10 % off leaves", 1100, [[10, true]], 10, [90], 990, 900],
    ["20 % within $9.99", 999, [[20, true]], 0, [167], 999, 832],
    ["8.25 % of $9.99", 999, [[8.25, false]], 0, [82], 1081, 999],
    ["two rates at once", 1000, [[5, false], [2.5, false]], 0, [50, 25], 1075, 1000],
    ["two rates within", 1150, [[10, true], [5, true]], 0, [100, 50], 1150, 1000],
    ["one within, one on what is left", 1100, [[10, true], [5, false]], 0, [100, 50], 1150, 1000],
    ["0 %", 1000, [[0, false]], 0, [0], 1000, 1000],
  ])("%s", async (_, amount, rates, off, due, total, without) => {
    const { stripe, rate, draft } = await shop();
    const default_tax_rates: string[] = [];
    for (const [percentage, inclusive] of rates) default_tax_rates.push(await rate(percentage, inclusive));
    const discounts = off === 0 ? [] : [{ coupon: (await stripe.coupons.create({ percent_off: off })).id }];
    const invoice = await draft([{ amount }], { default_tax_rates, ...(off !== 0 && { discounts }) });
    const within = rates.reduce((sum, [, inclusive], at) => sum + (inclusive ? due[at]! : 0), 0);
    expect(invoice).toMatchObject({
      subtotal: amount,
      subtotal_excluding_tax: amount - within,
      total,
      total_excluding_tax: without,
      amount_due: total,
    });
    expect(invoice.total_taxes!.map(({ amount }) => amount)).toEqual(due);
    expect(invoice.lines.data[0]!.taxes).toEqual(
      rates.map(([, inclusive], at) => ({
        amount: due[at],
        tax_behavior: inclusive ? "inclusive" : "exclusive",
        tax_rate_details: { tax_rate: default_tax_rates[at] },
        taxability_reason: "not_available",
        taxable_amount: without,
        type: "tax_rate_details",
      })),
    );
    expect(invoice.total_taxes).toEqual(invoice.lines.data[0]!.taxes);
  });

  test("is that of the item, else that of the invoice, else none", async () => {
    const { stripe, rate, draft } = await shop();
    const [five, ten] = [await rate(5), await rate(10)];
    const items = [{ amount: 1000, tax_rates: [ten] }, { amount: 1000 }];
    const invoice = await draft(items, { default_tax_rates: [five] });
    expect(invoice.lines.data.map((line) => line.taxes!.map(({ amount }) => amount))).toEqual([[50], [100]]);
    expect([invoice.total, invoice.total_taxes!.map(({ amount }) => amount)]).toEqual([2150, [50, 100]]);
    const bare = await draft(items);
    expect(bare.lines.data.map((line) => line.taxes!.map(({ amount }) => amount))).toEqual([[], [100]]);
    const item = invoice.lines.data[1]!.parent!.invoice_item_details!.invoice_item;
    await stripe.invoiceItems.update(item, { tax_rates: "" });
    expect((await stripe.invoices.retrieve(invoice.id)).total).toBe(2100);
    expect((await stripe.invoices.update(invoice.id, { default_tax_rates: "" })).total).toBe(2000);
  });

  test("of a subscription's item comes before that of the subscription, at every renewal", async () => {
    const { fake, stripe, customer, rate, price } = await shop();
    const [five, ten] = [await rate(5), await rate(10)];
    const made = await stripe.subscriptions.create({
      customer,
      items: [{ price: await price(1000), tax_rates: [ten] }, { price: await price(2000) }],
      default_tax_rates: [five],
      expand: ["latest_invoice"],
    });
    expect((made.latest_invoice as Stripe.Invoice).total).toBe(3200);
    fake.clock.advance({ months: 1, hours: 2 });
    await stripe.subscriptions.update(made.id, { default_tax_rates: "" });
    await stripe.subscriptionItems.update(made.items.data[0]!.id, { tax_rates: "" });
    fake.clock.advance({ months: 1 });
    const { data } = await stripe.invoices.list({ subscription: made.id });
    expect(data.map(({ total }) => total)).toEqual([3000, 3200, 3200]);
  });

  test.each([
    ["none", 150, 3150, "not_available"],
    ["exempt", 0, 3000, "customer_exempt"],
    ["reverse", 0, 3000, "reverse_charge"],
  ] as const)("takes of a customer who is %s of it: %d", async (tax_exempt, amount, total, reason) => {
    const { stripe, customer, rate, draft } = await shop();
    await stripe.customers.update(customer, { tax_exempt });
    const invoice = await draft([{ amount: 3000 }], { default_tax_rates: [await rate(5)] });
    expect([taxes(invoice), invoice.total, invoice.customer_tax_exempt]).toEqual([[[amount, reason]], total, tax_exempt]);
  });

  test("is one of ten at most", async () => {
    const { stripe, customer, rate } = await shop();
    const ids = await Promise.all(Array.from({ length: 11 }, () => rate(1)));
    const item = (tax_rates: string[]) => stripe.invoiceItems.create({ customer, amount: 100, currency: "usd", tax_rates });
    expect((await item(ids.slice(1))).tax_rates).toHaveLength(10);
    expect(await error(item(ids))).toMatchObject({
      statusCode: 400,
      message: "You cannot apply more than 10 tax rates here.",
    });
  });
});

describe("taxes given by their amounts", () => {
  const tax_rate_data = { display_name: "Sales Tax", percentage: 8.25, inclusive: false, state: "TX", country: "US" };
  const given = { amount: 83, taxable_amount: 1000, tax_rate_data };

  test("are those of the line", async () => {
    const { stripe, draft } = await shop();
    const { id } = await draft([]);
    const invoice = await stripe.invoices.addLines(id, {
      lines: [
        { amount: 1000, tax_amounts: [given] },
        { amount: 500, tax_amounts: [{ ...given, amount: 20, taxable_amount: 250 }] },
        { amount: 100 },
      ],
    });
    expect(invoice).toMatchObject({ subtotal: 1600, total: 1703, total_excluding_tax: 1600 });
    const [tax, ...others] = invoice.total_taxes!;
    expect(others).toEqual([]);
    expect(tax).toMatchObject({ amount: 103, tax_behavior: "exclusive", taxable_amount: 1250 });
    const rate = await stripe.taxRates.retrieve(tax!.tax_rate_details!.tax_rate as string);
    expect(rate).toMatchObject({ ...tax_rate_data, active: false });
    expect(invoice.lines.data.map((line) => line.taxes!.map(({ amount }) => amount))).toEqual([[], [20], [83]]);
  });

  test("are changed, in place, and taken away", async () => {
    const { stripe, customer, price } = await shop();
    await stripe.subscriptions.create({
      customer,
      items: [{ price: await price(1000) }],
      collection_method: "send_invoice",
      days_until_due: 30,
    });
    const { data: [invoice] } = await stripe.invoices.list({ customer });
    const line = invoice!.lines.data[0]!.id;
    const total = async () => (await stripe.invoices.retrieve(invoice!.id)).total;
    await stripe.invoices.updateLineItem(invoice!.id, line, { tax_amounts: [given] });
    expect(await total()).toBe(1083);
    const within = { ...given, tax_rate_data: { ...tax_rate_data, inclusive: true } };
    await stripe.invoices.updateLines(invoice!.id, { lines: [{ id: line, tax_amounts: [within] }] });
    expect(await total()).toBe(1000);
    const rate = await stripe.taxRates.create({ display_name: "VAT", percentage: 10, inclusive: false });
    await stripe.invoices.updateLineItem(invoice!.id, line, { tax_rates: [rate.id] });
    expect(await total()).toBe(1100);
    await stripe.invoices.updateLineItem(invoice!.id, line, { tax_amounts: "" });
    expect(await total()).toBe(1000);
  });

  test("are not given beside rates, nor where taxes are found automatically", async () => {
    const { stripe, rate, draft } = await shop(TEXAS);
    const lines = [{ amount: 1000, tax_amounts: [given] }];
    const [plain, automatic] = [await draft([]), await draft([], AUTOMATIC)];
    const both = [{ ...lines[0]!, tax_rates: [await rate(5)] }];
    for (const [id, lines_] of [[plain.id, both], [automatic.id, lines]] as const) {
      expect(await error(stripe.invoices.addLines(id, { lines: lines_ }))).toMatchObject({
        statusCode: 400,
        param: "lines[0][tax_amounts]",
      });
    }
  });
});

describe("automatic tax on an invoice", () => {
  test("needs to know where the customer is", async () => {
    const { stripe, customer, draft } = await shop();
    const made = await draft([{ amount: 10_000 }], AUTOMATIC);
    expect(made.automatic_tax).toMatchObject({ enabled: true, provider: "stripe", status: "requires_location_inputs" });
    expect(made.total).toBe(10_000);
    const refusal = {
      statusCode: 400,
      code: "customer_tax_location_invalid",
      message:
        "The customer's location isn't recognized. Set a valid customer address in order to automatically calculate tax.",
    };
    expect(await error(stripe.invoices.finalizeInvoice(made.id))).toMatchObject(refusal);
    expect(await stripe.invoices.retrieve(made.id)).toMatchObject({
      status: "draft",
      last_finalization_error: { code: "customer_tax_location_invalid", type: "invalid_request_error" },
    });
    const { data } = await stripe.events.list({ type: "invoice.finalization_failed" });
    expect(data.map((event) => (event.data.object as Stripe.Invoice).id)).toEqual([made.id]);
    await stripe.customers.update(customer, { address: TEXAS });
    expect(await stripe.invoices.finalizeInvoice(made.id)).toMatchObject({
      status: "open",
      automatic_tax: { status: "complete" },
    });
  });

  test.each<[string, Stripe.AddressParam, (at: Awaited<ReturnType<typeof shop>>) => Promise<unknown>, number, string]>([
    ["nothing where nobody is registered", TEXAS, async () => {}, 0, "not_collecting"],
    ["a state's rate", TEXAS, (at) => at.texas(), 625, "standard_rated"],
    ["nothing in another state", { ...TEXAS, state: "CA" }, (at) => at.texas(), 0, "not_collecting"],
    ["a country's rate", BERLIN, (at) => at.germany(), 1900, "standard_rated"],
    ["nothing in another country", { country: "FR" }, (at) => at.germany(), 0, "not_collecting"],
    ["that of any member of the union", { country: "FR" }, (at) => at.register("IE", { type: "oss_union" }), 2000, "standard_rated"],
    [
      "nothing before a registration begins",
      BERLIN,
      ({ stripe }) =>
        stripe.tax.registrations.create({
          country: "DE",
          active_from: NEW_YEAR + DAY,
          country_options: { de: { type: "standard", standard: { place_of_supply_scheme: "standard" } } },
        }),
      0,
      "not_collecting",
    ],
    [
      "nothing after it ends",
      BERLIN,
      async (at) => at.stripe.tax.registrations.update((await at.germany()).id, { expires_at: "now" }),
      0,
      "not_collecting",
    ],
  ])("is %s", async (_, address, prepare, amount, reason) => {
    const at = await shop(address);
    await prepare(at);
    const invoice = await at.draft([{ amount: 10_000 }], AUTOMATIC);
    expect(invoice.automatic_tax.status).toBe("complete");
    expect(taxes(invoice)).toEqual([[amount, reason]]);
    expect([invoice.total, invoice.total_excluding_tax]).toEqual([10_000 + amount, 10_000]);
    const id = invoice.total_taxes![0]!.tax_rate_details!.tax_rate as string;
    const rate = await at.stripe.taxRates.retrieve(id);
    expect(rate).toMatchObject({ active: false, country: address.country, inclusive: false });
    expect(rate.effective_percentage).toBe(rate.percentage);
  });

  test("is within a price that includes it", async () => {
    const { stripe, draft, germany } = await shop(BERLIN);
    await germany();
    const product_data = { name: "Hat" };
    const price = await stripe.prices.create({ currency: "usd", unit_amount: 1190, tax_behavior: "inclusive", product_data });
    const invoice = await draft([{ pricing: { price: price.id } }, { amount: 1000 }], AUTOMATIC);
    expect(invoice).toMatchObject({ subtotal: 2190, total: 2380, total_excluding_tax: 2000 });
    expect(invoice.total_taxes!.map(({ tax_behavior, amount }) => [tax_behavior, amount])).toEqual([
      ["exclusive", 190],
      ["inclusive", 190],
    ]);
  });

  test("is where things are sent to", async () => {
    const { stripe, customer, draft, germany } = await shop(TEXAS);
    await germany();
    await stripe.customers.update(customer, { shipping: { name: "Ana", address: BERLIN } });
    expect(taxes(await draft([{ amount: 1000 }], AUTOMATIC))).toEqual([[190, "standard_rated"]]);
  });

  test("takes nothing of who is exempt", async () => {
    const { stripe, customer, draft, germany } = await shop(BERLIN);
    await germany();
    await stripe.customers.update(customer, { tax_exempt: "exempt" });
    expect(taxes(await draft([{ amount: 1000 }], AUTOMATIC))).toEqual([[0, "customer_exempt"]]);
  });

  test("does not go with rates that are given", async () => {
    const { stripe, customer, rate, price } = await shop(TEXAS);
    const default_tax_rates = [await rate(5)];
    const refusal = { statusCode: 400, param: "default_tax_rates" };
    expect(await error(stripe.invoices.create({ customer, default_tax_rates, ...AUTOMATIC }))).toMatchObject(refusal);
    const items = [{ price: await price(1000) }];
    const subscription = stripe.subscriptions.create({ customer, items, default_tax_rates, ...AUTOMATIC });
    expect(await error(subscription)).toMatchObject(refusal);
  });
});

describe("automatic tax on a subscription", () => {
  test("is refused where nobody knows where the customer is", async () => {
    const { stripe, customer, price } = await shop();
    const items = [{ price: await price(1000) }];
    const refusal = { statusCode: 400, code: "customer_tax_location_invalid" };
    expect(await error(stripe.subscriptions.create({ customer, items, ...AUTOMATIC }))).toMatchObject(refusal);
    expect((await stripe.subscriptions.list({ customer })).data).toEqual([]);
    const { id } = await stripe.subscriptions.create({ customer, items });
    expect(await error(stripe.subscriptions.update(id, AUTOMATIC))).toMatchObject(refusal);
  });

  test("is on each of its invoices, and in previews", async () => {
    const { fake, stripe, customer, price, texas } = await shop(TEXAS);
    await texas();
    const items = [{ price: await price(1000) }];
    const subscription_details = { items };
    const preview = await stripe.invoices.createPreview({ customer, subscription_details, ...AUTOMATIC });
    const made = await stripe.subscriptions.create({ customer, items, ...AUTOMATIC, expand: ["latest_invoice"] });
    expect(made.automatic_tax).toMatchObject({ enabled: true, disabled_reason: null });
    for (const invoice of [preview, made.latest_invoice as Stripe.Invoice]) {
      expect(invoice).toMatchObject({ total: 1063, automatic_tax: { enabled: true, status: "complete" } });
    }
    const next = await stripe.invoices.createPreview({ subscription: made.id });
    fake.clock.advance({ months: 1, hours: 2 });
    const { latest_invoice } = await stripe.subscriptions.retrieve(made.id, { expand: ["latest_invoice"] });
    expect([next.total, (latest_invoice as Stripe.Invoice).total]).toEqual([1063, 1063]);
    expect(latest_invoice).toMatchObject({ status: "paid" });
  });

  test("follows the customer who moves; who is nowhere is not billed", async () => {
    const { fake, stripe, customer, price, texas } = await shop(TEXAS);
    await texas();
    const { id } = await stripe.subscriptions.create({ customer, items: [{ price: await price(1000) }], ...AUTOMATIC });
    await stripe.customers.update(customer, { address: { ...TEXAS, state: "CA" } });
    fake.clock.advance({ months: 1, hours: 2 });
    const latest = async () =>
      (await stripe.subscriptions.retrieve(id, { expand: ["latest_invoice"] })).latest_invoice as Stripe.Invoice;
    expect(await latest()).toMatchObject({ status: "paid", total: 1000 });
    await stripe.customers.update(customer, { address: "" });
    fake.clock.advance({ months: 1 });
    const stuck = await latest();
    expect(stuck).toMatchObject({
      status: "draft",
      automatic_tax: { status: "requires_location_inputs" },
      last_finalization_error: { code: "customer_tax_location_invalid" },
    });
    const { data } = await stripe.events.list({ type: "invoice.finalization_failed" });
    expect(data).toHaveLength(1);
    await stripe.customers.update(customer, { address: TEXAS });
    expect(await stripe.invoices.pay(stuck.id)).toMatchObject({ status: "paid", total: 1063 });
  });

  test("is on a quote and what comes of it", async () => {
    const { stripe, customer, price, germany } = await shop(BERLIN);
    await germany();
    const made = await stripe.quotes.create({ customer, line_items: [{ price: await price(1000) }], ...AUTOMATIC });
    expect(made).toMatchObject({
      amount_subtotal: 1000,
      amount_total: 1190,
      automatic_tax: { enabled: true, status: "complete" },
      total_details: { amount_tax: 190 },
    });
    await stripe.quotes.finalizeQuote(made.id);
    const accepted = await stripe.quotes.accept(made.id, { expand: ["subscription.latest_invoice"] });
    expect(accepted.subscription).toMatchObject({
      automatic_tax: { enabled: true },
      latest_invoice: { total: 1190 },
    });
  });
});

describe("automatic tax in Checkout", () => {
  type Params = Partial<Stripe.Checkout.SessionCreateParams>;
  const open = (stripe: Stripe, price: string, more: Params = {}) =>
    stripe.checkout.sessions.create({
      mode: "subscription",
      success_url: "https://example.com",
      line_items: [{ price, quantity: 2 }],
      ...AUTOMATIC,
      ...more,
    });

  test("waits for the address of somebody new", async () => {
    const { fake, stripe, price, germany } = await shop();
    await germany();
    const session = await open(stripe, await price(1000));
    expect(session).toMatchObject({
      amount_subtotal: 2000,
      amount_total: 2000,
      automatic_tax: { enabled: true, provider: "stripe", status: "requires_location_inputs" },
      total_details: { amount_tax: 0 },
    });
    fake.asCustomer.completeCheckout(session.id, { address: BERLIN });
    const expand = ["subscription.latest_invoice", "line_items"];
    const done = await stripe.checkout.sessions.retrieve(session.id, { expand });
    expect(done).toMatchObject({
      status: "complete",
      amount_subtotal: 2000,
      amount_total: 2380,
      automatic_tax: { status: "complete" },
      total_details: { amount_discount: 0, amount_shipping: 0, amount_tax: 380 },
    });
    expect(done.line_items!.data[0]).toMatchObject({ amount_subtotal: 2000, amount_tax: 380, amount_total: 2380 });
    expect(done.subscription).toMatchObject({ automatic_tax: { enabled: true }, latest_invoice: { total: 2380 } });
  });

  test("is that of the customer's address, which is asked for where it is missing", async () => {
    const { stripe, customer, price, germany } = await shop();
    await germany();
    const monthly = await price(1000);
    expect(await error(open(stripe, monthly, { customer }))).toMatchObject({
      statusCode: 400,
      code: "customer_tax_location_invalid",
      message:
        "Automatic tax calculation in Checkout requires a valid address on the Customer. Add a valid address to the "
        + "Customer or set `customer_update[address]` to 'auto' to save the billing address entered in Checkout to the "
        + "Customer.",
    });
    const asking = await open(stripe, monthly, { customer, customer_update: { address: "auto" } });
    expect(asking.automatic_tax.status).toBe("requires_location_inputs");
    await stripe.customers.update(customer, { address: BERLIN });
    const knowing = await open(stripe, monthly, { customer });
    expect(knowing).toMatchObject({
      amount_total: 2380,
      automatic_tax: { status: "complete" },
      total_details: { amount_tax: 380 },
    });
  });

  test("is saved with the address where that is asked for", async () => {
    const { fake, stripe, customer, price, germany } = await shop(TEXAS);
    await germany();
    const session = await open(stripe, await price(1000), { customer, customer_update: { address: "auto" } });
    fake.asCustomer.completeCheckout(session.id, { address: BERLIN });
    expect((await stripe.checkout.sessions.retrieve(session.id)).amount_total).toBe(2380);
    expect(await stripe.customers.retrieve(customer)).toMatchObject({ address: { country: "DE" } });
  });

  test("comes after the discount, and within what includes it", async () => {
    const { fake, stripe, price, germany } = await shop();
    await germany();
    const { id: coupon } = await stripe.coupons.create({ percent_off: 10 });
    const once = await price(1190, { recurring: undefined, tax_behavior: "inclusive" });
    const session = await open(stripe, once, {
      mode: "payment",
      discounts: [{ coupon }],
      invoice_creation: { enabled: true },
    });
    fake.asCustomer.completeCheckout(session.id, { address: BERLIN });
    const done = await stripe.checkout.sessions.retrieve(session.id, { expand: ["invoice", "payment_intent"] });
    expect(done).toMatchObject({
      amount_subtotal: 2380,
      amount_total: 2142,
      total_details: { amount_discount: 238, amount_tax: 342 },
      payment_intent: { amount_received: 2142 },
      invoice: { status: "paid", total: 2142, total_excluding_tax: 1800 },
    });
  });

  test("is nothing where nobody is registered", async () => {
    const { fake, stripe, price } = await shop();
    const session = await open(stripe, await price(1000));
    fake.asCustomer.completeCheckout(session.id, { address: TEXAS });
    expect(await stripe.checkout.sessions.retrieve(session.id)).toMatchObject({
      amount_total: 2000,
      automatic_tax: { status: "complete" },
      total_details: { amount_tax: 0 },
    });
  });

  test("is that of a payment link", async () => {
    const { fake, stripe, price, texas } = await shop();
    await texas();
    const line_items = [{ price: await price(1000, { recurring: undefined }), quantity: 1 }];
    const link = await stripe.paymentLinks.create({ line_items, ...AUTOMATIC });
    expect(link.automatic_tax).toMatchObject({ enabled: true });
    const session = fake.asCustomer.openPaymentLink(link.id);
    fake.asCustomer.completeCheckout(session.id, { address: TEXAS });
    expect(await stripe.checkout.sessions.retrieve(session.id)).toMatchObject({
      payment_link: link.id,
      amount_total: 1063,
      automatic_tax: { enabled: true, status: "complete" },
      total_details: { amount_tax: 63 },
    });
  });
});

describe("a tax calculation", () => {
  const calculate = (stripe: Stripe, more: Partial<Stripe.Tax.CalculationCreateParams> = {}) =>
    stripe.tax.calculations.create({
      currency: "eur",
      customer_details: { address: BERLIN, address_source: "shipping" },
      line_items: [
        { amount: 1000, reference: "hat" },
        { amount: 2380, reference: "pen", tax_behavior: "inclusive" },
      ],
      ...more,
    });

  test("taxes lines and shipping", async () => {
    const { stripe, germany } = await shop();
    await germany();
    const made = await calculate(stripe, { shipping_cost: { amount: 500 }, expand: ["line_items"] });
    expect(made).toMatchObject({
      object: "tax.calculation",
      amount_total: 1190 + 2380 + 595,
      currency: "eur",
      customer: null,
      customer_details: { address: { country: "DE" }, address_source: "shipping", taxability_override: "none" },
      expires_at: NEW_YEAR + 90 * DAY,
      livemode: false,
      shipping_cost: { amount: 500, amount_tax: 95, tax_behavior: "exclusive" },
      tax_amount_exclusive: 285,
      tax_amount_inclusive: 380,
      tax_date: NEW_YEAR,
    });
    const { data } = await stripe.tax.calculations.listLineItems(made.id!);
    expect(data.map(({ reference, amount_tax, tax_behavior }) => [reference, amount_tax, tax_behavior])).toEqual([
      ["hat", 190, "exclusive"],
      ["pen", 380, "inclusive"],
    ]);
  });

  test.each<[string, object, number, string]>([
    ["a customer who is exempt", { taxability_override: "customer_exempt" }, 0, "customer_exempt"],
    ["a business that pays by itself", { taxability_override: "reverse_charge" }, 0, "reverse_charge"],
    ["a place without a registration", { address: { country: "FR" } }, 0, "not_collecting"],
    ["anybody else", {}, 190, "standard_rated"],
  ])("of %s", async (_, more, amount, reason) => {
    const { stripe, germany } = await shop();
    await germany();
    const customer_details = { address: BERLIN, address_source: "billing", ...more } as Stripe.Tax.CalculationCreateParams.CustomerDetails;
    const made = await calculate(stripe, { customer_details, line_items: [{ amount: 1000 }] });
    expect(made.tax_amount_exclusive).toBe(amount);
    expect(made.tax_breakdown.map(({ taxability_reason }) => taxability_reason)).toEqual([reason]);
  });

  test.each<[string, Partial<Stripe.Tax.CalculationCreateParams>, object]>([
    ["without a place", { customer_details: { address_source: "billing" } }, { code: "customer_tax_location_invalid" }],
    ["of nobody", { customer_details: undefined }, { statusCode: 400 }],
    ["of 101 lines", { line_items: Array.from({ length: 101 }, (_, at) => ({ amount: 1, reference: `${at}` })) }, { param: "line_items" }],
    ["of two lines with one reference", { line_items: [{ amount: 1, reference: "a" }, { amount: 1, reference: "a" }] }, { statusCode: 400 }],
    ["32 days ago", { tax_date: NEW_YEAR - 32 * DAY }, { param: "tax_date" }],
    ["in 32 days", { tax_date: NEW_YEAR + 32 * DAY }, { param: "tax_date" }],
  ])("cannot be made %s", async (_, more, refusal) => {
    const { stripe } = await shop();
    expect(await error(calculate(stripe, more))).toMatchObject({ statusCode: 400, ...refusal });
  });

  test("becomes one transaction for each reference, within 90 days", async () => {
    const { fake, stripe, germany } = await shop();
    await germany();
    const { id } = await calculate(stripe, { shipping_cost: { amount: 500 } });
    const record = (reference: string) =>
      stripe.tax.transactions.createFromCalculation({ calculation: id!, reference, expand: ["line_items"] });
    const made = await record("order-1");
    expect(made).toMatchObject({
      object: "tax.transaction",
      currency: "eur",
      reference: "order-1",
      reversal: null,
      shipping_cost: { amount: 500, amount_tax: 95 },
      type: "transaction",
    });
    expect(made.line_items!.data.map(({ amount, amount_tax, type }) => [amount, amount_tax, type])).toEqual([
      [1000, 190, "transaction"],
      [2380, 380, "transaction"],
    ]);
    expect(await error(record("order-1"))).toMatchObject({ statusCode: 400 });
    expect((await stripe.tax.transactions.retrieve(made.id)).id).toBe(made.id);
    fake.clock.advance({ days: 90 });
    expect(await error(record("order-2"))).toMatchObject({ statusCode: 400 });
  });

  test("is reversed in full, or in part", async () => {
    const { stripe, germany } = await shop();
    await germany();
    const { id: calculation } = await calculate(stripe, { shipping_cost: { amount: 500 } });
    const original = await stripe.tax.transactions.createFromCalculation({
      calculation: calculation!,
      reference: "order-1",
      expand: ["line_items"],
    });
    const reverse = (params: Partial<Stripe.Tax.TransactionCreateReversalParams>) =>
      stripe.tax.transactions.createReversal({
        mode: "full",
        original_transaction: original.id,
        reference: "refund-1",
        expand: ["line_items"],
        ...params,
      });
    const [hat] = original.line_items!.data;
    const part = await reverse({
      mode: "partial",
      reference: "refund-0",
      line_items: [{ amount: -100, amount_tax: -19, original_line_item: hat!.id, reference: "hat-back" }],
    });
    expect(part).toMatchObject({ type: "reversal", reversal: { original_transaction: original.id }, shipping_cost: null });
    expect(part.line_items!.data).toMatchObject([
      { amount: -100, amount_tax: -19, reference: "hat-back", reversal: { original_line_item: hat!.id }, type: "reversal" },
    ]);
    const full = await reverse({});
    expect(full).toMatchObject({ type: "reversal", shipping_cost: { amount: -500, amount_tax: -95 } });
    expect(full.line_items!.data.map(({ amount, amount_tax }) => [amount, amount_tax])).toEqual([[-1000, -190], [-2380, -380]]);
    expect(await error(reverse({}))).toMatchObject({ statusCode: 400 });
  });
});
