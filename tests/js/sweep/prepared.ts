// What the tables do not say: parameters that mean something, objects nobody can create, and what has to
// have happened before a method may be called.

import type { Params } from "./sample.ts";
import type { World } from "./world.ts";

/** The time some parameters need to lie in the future or in the past of. */
const now = () => Math.floor(Date.now() / 1000);

/** Parameters by the collection of the object they name. */
export const NAMED: Record<string, string> = {
  account: "/v1/accounts",
  calculation: "/v1/tax/calculations",
  card: "/v1/issuing/cards",
  cardholder: "/v1/issuing/cardholders",
  coupon: "/v1/coupons",
  customer: "/v1/customers",
  default_price: "/v1/prices",
  destination: "/v1/accounts",
  entitlement_feature: "/v1/entitlements/features",
  file: "/v1/files",
  financial_account: "/v1/treasury/financial_accounts",
  invoice: "/v1/invoices",
  meter: "/v1/billing/meters",
  original_transaction: "/v1/tax/transactions",
  ownership: "ownership",
  payment_intent: "/v1/payment_intents",
  payment_method: "/v1/payment_methods",
  physical_bundle: "/v1/issuing/physical_bundles",
  price: "/v1/prices",
  product: "/v1/products",
  received_credit: "/v1/treasury/received_credits",
  received_debit: "/v1/treasury/received_debits",
  setup_intent: "/v1/setup_intents",
  subscription: "/v1/subscriptions",
  subscription_item: "/v1/subscription_items",
  value_list: "/v1/radar/value_lists",
};

/** Ids of what a partition has from the beginning. */
export const ALREADY_THERE: Record<string, string> = {
  "/v1/climate/products": "climsku_frontier_offtake_portfolio_2027",
  "/v1/climate/suppliers": "climsup_charm_industrial",
  "/v1/country_specs": "US",
  "/v1/exchange_rates": "usd",
  "/v1/reporting/report_types": "balance.summary.1",
  "/v1/tax_codes": "txcd_10000000",
};

async function seeded(world: World, type: string, object: Params = {}): Promise<string> {
  const made = world.fake.seed({ [type]: [object] } as never) as Record<string, { id: string }[]>;
  const id = made[type]?.[0]?.id;
  if (id === undefined) throw new Error(`seeding a ${type} gave none`);
  return id;
}

/** A line of the draft, which is added to it. */
async function addedLine(world: World): Promise<string> {
  const lines = [{ amount: 100, description: "A line" }];
  const invoice = await world.call("invoices.addLines", [await world.id("/v1/invoices")], { lines });
  const [line] = (invoice as { lines: { data: { id: string }[] } }).lines.data;
  return line!.id;
}

/** A part of an invoice that was finalized. */
async function credited(world: World): Promise<Params> {
  const draft = await world.call("invoices.create", [], await withCustomer(world));
  const ids = [(draft as { id: string }).id];
  await world.call("invoices.addLines", ids, { lines: [{ amount: 1000, description: "A line" }] });
  await world.call("invoices.finalizeInvoice", ids);
  return { invoice: ids[0], amount: 100 };
}

/** A card payment, by its intent. */
async function payment(world: World, more: Params = {}): Promise<{ id: string; latest_charge: string }> {
  const params = { amount: 2000, currency: "usd", payment_method: "pm_card_visa", confirm: true };
  const automatic = { enabled: true, allow_redirects: "never" };
  const made = await world.call("paymentIntents.create", [], {
    ...params,
    automatic_payment_methods: automatic,
    ...more,
  });
  return made as { id: string; latest_charge: string };
}

/** An object of a type that only Stripe itself makes. */
const only = (type: string, object: (world: World) => Promise<Params> | Params = () => ({})) => {
  return async (world: World) => await seeded(world, type, await object(world));
};

/** How to come by objects that no plain create operation makes. */
export const SEEDS: Record<string, (world: World) => Promise<string>> = {
  ownership: async (world) => {
    const account = await world.id("/v1/financial_connections/accounts");
    const refreshed = await world.call("financialConnections.accounts.refresh", [account], {
      features: ["ownership"],
    });
    return (refreshed as { ownership: string }).ownership;
  },
  "/v1/accounts/{id}/capabilities": async () => "transfers",
  "/v1/application_fees": only("application_fee", async (world) => ({
    account: await onboarded(world),
    amount: 100,
    application: await seeded(world, "application", { id: "ca_123", name: "The platform" }),
    balance_transaction: await world.id("/v1/balance_transactions"),
    charge: await world.id("/v1/charges"),
    currency: "usd",
  })),
  "/v1/balance_transactions": async (world) => {
    const charge = await world.call("charges.retrieve", [await world.id("/v1/charges")]);
    return (charge as { balance_transaction: string }).balance_transaction;
  },
  "/v1/billing/credit_balance_transactions": async (world) => {
    await world.id("/v1/billing/credit_grants");
    const page = await world.call("billing.creditBalanceTransactions.list", [], {
      customer: await world.id("/v1/customers"),
    });
    return (page as { data: { id: string }[] }).data[0]?.id ?? "";
  },
  "/v1/charges": async (world) => (await payment(world)).latest_charge,
  "/v1/confirmation_tokens": async (world) => await world.id("/v1/test_helpers/confirmation_tokens"),
  "/v1/customers/{id}/cash_balance_transactions": async (world) => {
    const customer = await world.id("/v1/customers");
    const params = { amount: 1000, currency: "usd" };
    const made = await world.call("testHelpers.customers.fundCashBalance", [customer], params);
    return (made as { id: string }).id;
  },
  "/v1/customers/{id}/payment_methods": async (world) => {
    const customer = await world.id("/v1/customers");
    const made = await world.call("paymentMethods.attach", ["pm_card_visa"], { customer });
    return (made as { id: string }).id;
  },
  "/v1/disputes": only("dispute", async (world) => ({
    amount: 2000,
    charge: await world.id("/v1/charges"),
    currency: "usd",
    reason: "fraudulent",
    status: "needs_response",
  })),
  "/v1/entitlements/active_entitlements": only("entitlements.active_entitlement", async (world) => ({
    feature: await world.id("/v1/entitlements/features"),
    lookup_key: "key",
  })),
  "/v1/events": async (world) => {
    await world.id("/v1/customers");
    const page = await world.call("events.list");
    return (page as { data: { id: string }[] }).data[0]?.id ?? "";
  },
  "/v1/financial_connections/accounts": only("financial_connections.account"),
  "/v1/financial_connections/transactions": only("financial_connections.transaction", async (world) => ({
    account: await world.id("/v1/financial_connections/accounts"),
    amount: 100,
    currency: "usd",
    description: "A transaction",
  })),
  "/v1/identity/verification_reports": only("identity.verification_report"),
  "/v1/invoice_payments": only("invoice_payment", async (world) => ({
    amount_requested: 100,
    currency: "usd",
    invoice: await world.id("/v1/invoices"),
  })),
  "/v1/invoice_rendering_templates": only("invoice_rendering_template"),
  "/v1/invoices/{id}/lines": (world) => addedLine(world),
  "/v1/issuing/physical_bundles": async (world) => {
    const page = await world.call("issuing.physicalBundles.list");
    return (page as { data: { id: string }[] }).data[0]?.id ?? "";
  },
  "/v1/issuing/tokens": only("issuing.token", async (world) => ({ card: await world.id("/v1/issuing/cards") })),
  "/v1/issuing/transactions": async (world) => await issuingTransaction(world),
  "/v1/mandates": async (world) => await seeded(world, "mandate", {
    payment_method: await world.id("/v1/payment_methods"),
    customer_acceptance: { type: "offline" },
    payment_method_details: { type: "card" },
    status: "active",
    type: "multi_use",
  }),
  "/v1/payment_attempt_records": async (world) => {
    const record = await world.call("paymentRecords.retrieve", [await world.id("/v1/payment_records")]);
    return (record as { latest_payment_attempt_record: string }).latest_payment_attempt_record;
  },
  "/v1/payment_records": async (world) => {
    const made = await world.call("paymentRecords.reportPayment", [], RECORD);
    return (made as { id: string }).id;
  },
  "/v1/radar/early_fraud_warnings": only("radar.early_fraud_warning", async (world) => ({
    charge: await world.id("/v1/charges"),
  })),
  "/v1/refunds": async (world) => {
    const made = await world.call("refunds.create", [], { charge: await world.id("/v1/charges") });
    return (made as { id: string }).id;
  },
  "/v1/reviews": only("review", async (world) => ({ charge: await world.id("/v1/charges") })),
  "/v1/setup_attempts": only("setup_attempt"),
  "/v1/sigma/scheduled_query_runs": only("scheduled_query_run", () => ({
    data_load_time: now(),
    result_available_until: now() + 1000,
    sql: "select 1",
    title: "One",
  })),
  "/v1/tax/transactions": async (world) => {
    const calculation = await world.id("/v1/tax/calculations");
    const params = { calculation, reference: "reference 1" };
    const made = await world.call("tax.transactions.createFromCalculation", [], params);
    return (made as { id: string }).id;
  },
  "/v1/test_helpers/issuing/transactions": async (world) => await issuingTransaction(world),
  "/v1/treasury/transaction_entries": async (world) => {
    await world.id("/v1/treasury/received_credits");
    const financial_account = await world.id("/v1/treasury/financial_accounts");
    const page = await world.call("treasury.transactionEntries.list", [], { financial_account });
    return (page as { data: { id: string }[] }).data[0]?.id ?? "";
  },
  "/v1/treasury/transactions": async (world) => {
    const id = await world.id("/v1/treasury/received_credits");
    const credit = await world.call("treasury.receivedCredits.retrieve", [id]);
    return (credit as { transaction: string }).transaction;
  },
  "/v2/core/events": async (world) => {
    const id = await world.id("/v2/core/event_destinations");
    return ((await world.call("v2.core.eventDestinations.ping", [id])) as { id: string }).id;
  },
  "/v2/money_management/adjustments": only("v2.money_management.adjustment", async (world) => ({
    amount: { value: 100, currency: "usd" },
    financial_account: await world.id("/v2/money_management/financial_accounts"),
  })),
  "/v2/money_management/financial_accounts": only("v2.money_management.financial_account"),
  "/v2/money_management/payout_methods": async (world) => {
    const made = await world.call("v2.moneyManagement.outboundSetupIntents.create", [], PAYOUT_METHOD);
    return (made as { payout_method: { id: string } }).payout_method.id;
  },
  "/v2/money_management/received_credits": async (world) => {
    const address = await world.id("/v2/money_management/financial_addresses");
    await world.call("v2.moneyManagement.testHelpers.financialAddresses.credit", [address], {
      amount: { value: 100, currency: "usd" },
      network: "ach",
    });
    const page = await world.call("v2.moneyManagement.receivedCredits.list");
    return (page as { data: { id: string }[] }).data[0]?.id ?? "";
  },
  "/v2/money_management/recipient_verifications": async (world) => {
    const made = await world.call("v2.testHelpers.moneyManagements.recipientVerifications", [], {
      payout_method: await world.id("/v2/money_management/payout_methods"),
      match_result: "close_match",
    });
    return (made as { id: string }).id;
  },
  "/v2/money_management/transaction_entries": only("v2.money_management.transaction_entry", async (world) => ({
    transaction: await world.id("/v2/money_management/transactions"),
  })),
  "/v2/money_management/transactions": only("v2.money_management.transaction", async (world) => ({
    financial_account: await world.id("/v2/money_management/financial_accounts"),
  })),
};

/** A connected account that can receive transfers. */
const onboarded = async (world: World) =>
  await seeded(world, "account", {
    type: "express",
    controller: { stripe_dashboard: { type: "express" } },
    capabilities: { transfers: "active" },
    charges_enabled: true,
    details_submitted: true,
    payouts_enabled: true,
  });

/** A code, as the owner of an account comes back with it. */
async function code(world: World): Promise<string> {
  const url = "https://connect.stripe.com/oauth/authorize?response_type=code&scope=read_write&client_id=ca_123";
  const answer = await world.fake.fetch(url, { redirect: "manual" });
  return new URL(answer.headers.get("location") ?? "").searchParams.get("code") ?? "";
}

const pendingRefund = async (world: World) =>
  await seeded(world, "refund", { amount: 100, currency: "usd", status: "requires_action" });

async function issuingTransaction(world: World): Promise<string> {
  const params = { card: await world.id("/v1/issuing/cards"), amount: 1000 };
  const made = await world.call("testHelpers.issuing.transactions.createForceCapture", [], params);
  return (made as { id: string }).id;
}

const RECORD: Params = {
  amount_requested: { currency: "usd", value: 1000 },
  initiated_at: 1_790_000_000,
  outcome: "guaranteed",
  guaranteed: { guaranteed_at: 1_790_000_000 },
  payment_method_details: { type: "custom", custom: { display_name: "Cheque", type: "cheque" } },
};

const PAYOUT_METHOD: Params = {
  payout_method_data: {
    type: "bank_account",
    bank_account: { country: "US", account_number: "000123456789", routing_number: "110000000", currency: "usd" },
  },
};

const address = { line1: "354 Oyster Point Blvd", city: "South San Francisco", state: "CA", postal_code: "94080", country: "US" };

const id = async (world: World, collection: string) => await world.id(collection);

/** Where money goes or comes from, and how. */
async function flow(world: World): Promise<Params> {
  const financial_account = await world.id("/v2/money_management/financial_accounts");
  return { amount: { value: 1000, currency: "usd" }, from: { financial_account, currency: "usd" } };
}

/** A treasury account that holds something. */
async function funded(world: World): Promise<Params> {
  const financial_account = await world.id("/v1/treasury/financial_accounts");
  await world.call("testHelpers.treasury.receivedCredits.create", [], {
    amount: 5000,
    currency: "usd",
    financial_account,
    network: "ach",
  });
  return { financial_account };
}

/** Stripe bills at once only who has something to pay with; an invoice that is sent needs nothing. */
const INVOICED: Params = { collection_method: "send_invoice", days_until_due: 30 };
const withCustomer = async (world: World) => ({ customer: await id(world, "/v1/customers") });
const withProduct = async (world: World) => ({ product: await id(world, "/v1/products"), unit_amount: 1000 });
const search = () => ({ query: 'metadata["key"]:"value"' });

/** An event that a meter counts. */
async function counted(world: World) {
  await world.id("/v1/billing/meters");
  const payload = { stripe_customer_id: await id(world, "/v1/customers"), value: "3" };
  return { ...EVENT_NAME, payload };
}

/** Parameters in place of, or beside, those made from the tables. */
export const PARAMS: Record<string, (world: World) => Promise<Params> | Params> = {
  "accounts.createExternalAccount": () => ({ external_account: "btok_us_verified" }),
  "accountSessions.create": () => ({ components: { payments: { enabled: true } } }),
  "apps.secrets.create": () => ({ name: "key", payload: "secret", scope: { type: "account" } }),
  "apps.secrets.deleteWhere": async (world) => await secret(world),
  "apps.secrets.find": async (world) => await secret(world),
  "billing.alerts.create": async (world) => ({
    alert_type: "usage_threshold",
    title: "An alert",
    usage_threshold: { gte: 100, meter: await world.id("/v1/billing/meters"), recurrence: "one_time" },
  }),
  "billing.creditBalanceSummaries.retrieve": async (world) => ({
    ...(await withCustomer(world)),
    filter: { type: "applicability_scope", applicability_scope: { price_type: "metered" } },
  }),
  "billing.creditBalanceTransactions.list": withCustomer,
  "billing.creditGrants.create": async (world) => ({
    ...(await withCustomer(world)),
    amount: { type: "monetary", monetary: { currency: "usd", value: 1000 } },
    applicability_config: { scope: { price_type: "metered" } },
  }),
  "billing.meterEventAdjustments.create": async (world) => {
    await world.call("billing.meterEvents.create", [], { ...(await counted(world)), identifier: "event_1" });
    return { ...EVENT_NAME, type: "cancel", cancel: { identifier: "event_1" } };
  },
  "billing.meterEvents.create": () => EVENT,
  "billing.meters.create": () => ({ ...EVENT_NAME, display_name: "Meter", default_aggregation: { formula: "sum" } }),
  "billing.meters.listEventSummaries": async (world) => {
    const event = await counted(world);
    await world.call("billing.meterEvents.create", [], event);
    const minute = Math.floor(now() / 60) * 60;
    return { customer: event.payload.stripe_customer_id, start_time: minute - 3600, end_time: minute + 3600 };
  },
  "billingPortal.configurations.create": () => ({ features: { invoice_history: { enabled: true } } }),
  "billingPortal.sessions.create": withCustomer,
  "charges.capture": () => ({}),
  "charges.create": () => ({ amount: 1000, currency: "usd", source: "tok_visa" }),
  "charges.search": search,
  "checkout.sessions.create": async (world) => ({
    mode: "subscription",
    success_url: "https://example.com/success",
    line_items: [{ price: await id(world, "/v1/prices"), quantity: 1 }],
  }),
  "climate.orders.create": () => ({ product: "climsku_frontier_offtake_portfolio_2027", metric_tons: "1" }),
  "coupons.create": () => ({ percent_off: 25, duration: "once" }),
  "creditNotes.create": credited,
  "creditNotes.preview": credited,
  "creditNotes.listPreviewLineItems": credited,
  "customerSessions.create": async (world) => ({
    ...(await withCustomer(world)),
    components: { buy_button: { enabled: true } },
  }),
  "customers.createBalanceTransaction": () => ({ amount: -500, currency: "usd" }),
  "customers.createSource": () => ({ source: "tok_visa" }),
  "taxIds.create": () => ({ type: "eu_vat", value: "DE123456789" }),
  "customers.createTaxId": () => ({ type: "eu_vat", value: "DE123456789" }),
  "customers.search": search,
  "customers.verifySource": () => ({ amounts: [32, 45] }),
  "ephemeralKeys.create": withCustomer,
  "financialConnections.accounts.refresh": () => ({ features: ["balance", "transactions"] }),
  "financialConnections.accounts.subscribe": () => ({ features: ["transactions"] }),
  "financialConnections.accounts.unsubscribe": () => ({ features: ["transactions"] }),
  "financialConnections.sessions.create": async (world) => ({
    account_holder: { type: "customer", ...(await withCustomer(world)) },
    permissions: ["payment_method"],
  }),
  "forwarding.requests.create": async (world) => ({
    payment_method: await id(world, "/v1/payment_methods"),
    replacements: ["card_number"],
    request: { body: "{}", headers: [{ name: "Content-Type", value: "application/json" }] },
    url: "https://example.com/payments",
  }),
  "invoiceItems.create": async (world) => ({ ...(await withCustomer(world)), amount: 1000, currency: "usd" }),
  "invoices.create": withCustomer,
  "invoices.createPreview": async (world) => ({ subscription: await id(world, "/v1/subscriptions") }),
  "invoices.addLines": () => ({ lines: [{ amount: 100, description: "A line" }] }),
  "invoices.attachPayment": async (world) => ({ payment_intent: await id(world, "/v1/payment_intents") }),
  "invoices.removeLines": async (world) => ({ lines: [{ id: await addedLine(world), behavior: "delete" }] }),
  "invoices.updateLines": async (world) => ({ lines: [{ id: await addedLine(world), description: "Another" }] }),
  "invoices.search": search,
  "issuing.cardholders.create": () => ({ name: "Jenny Rosen", type: "individual", billing: { address } }),
  "issuing.cards.create": async (world) => ({
    cardholder: await id(world, "/v1/issuing/cardholders"),
    currency: "usd",
    status: "active",
    type: "physical",
    shipping: { name: "Jenny Rosen", address },
  }),
  "issuing.disputes.create": async (world) => ({ transaction: await id(world, "/v1/issuing/transactions") }),
  "paymentIntents.applyCustomerBalance": () => ({}),
  "paymentIntents.capture": () => ({}),
  "paymentIntents.confirm": () => ({ payment_method: "pm_card_visa", return_url: "https://example.com" }),
  "oauth.deauthorize": async (world) => {
    const token = await world.call("oauth.token", [], { grant_type: "authorization_code", code: await code(world) });
    return { client_id: "ca_123", stripe_user_id: (token as { stripe_user_id: string }).stripe_user_id };
  },
  "oauth.token": async (world) => ({ grant_type: "authorization_code", code: await code(world) }),
  "paymentIntents.verifyMicrodeposits": () => ({ amounts: [32, 45] }),
  "setupIntents.verifyMicrodeposits": () => ({ amounts: [32, 45] }),
  "paymentIntents.create": () => ({ amount: 2000, currency: "usd" }),
  "paymentIntents.incrementAuthorization": () => ({ amount: 3000 }),
  "paymentIntents.search": search,
  "paymentLinks.create": async (world) => ({
    line_items: [{ price: await id(world, "/v1/prices"), quantity: 1 }],
  }),
  "paymentMethods.create": () => ({ type: "card", card: { token: "tok_visa" } }),
  "paymentMethods.attach": withCustomer,
  "paymentRecords.reportPayment": () => RECORD,
  "payouts.create": async (world) => {
    await payment(world, { payment_method: "pm_card_bypassPending", amount: 10_000 });
    return { amount: 1000, currency: "usd" };
  },
  "paymentRecords.reportRefund": () => ({
    outcome: "refunded",
    processor_details: { type: "custom", custom: { refund_reference: "refund 1" } },
    refunded: { refunded_at: now() },
  }),
  "plans.create": async (world) => ({
    amount: 1000,
    currency: "usd",
    interval: "month",
    product: await id(world, "/v1/products"),
  }),
  "prices.create": async (world) => ({ ...(await withProduct(world)), recurring: { interval: "month" } }),
  "prices.search": search,
  "products.search": search,
  "promotionCodes.create": async (world) => ({
    promotion: { type: "coupon", coupon: await id(world, "/v1/coupons") },
  }),
  "quotes.create": async (world) => ({
    ...(await withCustomer(world)),
    collection_method: "send_invoice",
    line_items: [{ price: await id(world, "/v1/prices") }],
  }),
  "radar.paymentEvaluations.create": async (world) => ({
    customer_details: await withCustomer(world),
    payment_details: {
      amount: 1000,
      currency: "usd",
      payment_method_details: { payment_method: await id(world, "/v1/payment_methods") },
    },
  }),
  "refunds.create": async (world) => ({ charge: await id(world, "/v1/charges") }),
  "reporting.reportRuns.create": () => ({ report_type: "balance.summary.1" }),
  "shippingRates.create": () => ({
    display_name: "Ground",
    type: "fixed_amount",
    fixed_amount: { amount: 500, currency: "usd" },
  }),
  "setupIntents.confirm": () => ({ payment_method: "pm_card_visa", return_url: "https://example.com" }),
  "sources.create": () => ({ type: "ach_credit_transfer", currency: "usd", owner: { email: "jenny.rosen@example.com" } }),
  "subscriptionItems.create": async (world) => ({ subscription: await id(world, "/v1/subscriptions"), price: await monthly(world) }),
  "subscriptionSchedules.create": async (world) => ({
    ...(await withCustomer(world)),
    start_date: "now",
    phases: [{ items: [{ price: await id(world, "/v1/prices") }] }],
  }),
  "subscriptions.create": async (world) => ({
    ...(await withCustomer(world)),
    ...INVOICED,
    items: [{ price: await id(world, "/v1/prices") }],
  }),
  "subscriptions.search": search,
  "tax.calculations.create": () => ({
    currency: "usd",
    line_items: [{ amount: 1000, reference: "L1" }],
    customer_details: { address, address_source: "shipping" },
  }),
  "tax.locations.create": () => ({ type: "performance", address }),
  "tax.registrations.create": () => ({
    active_from: "now",
    country: "US",
    country_options: { us: { state: "CA", type: "state_sales_tax" } },
  }),
  "tax.transactions.createReversal": () => ({ mode: "full", reference: "reversal 1" }),
  "taxRates.create": () => ({ display_name: "VAT", inclusive: false, percentage: 20 }),
  "terminal.locations.create": () => ({ display_name: "Shop", address }),
  "terminal.onboardingLinks.create": () => ({
    link_type: "apple_terms_and_conditions",
    link_options: { apple_terms_and_conditions: { merchant_display_name: "Shop" } },
  }),
  "terminal.readers.create": async (world) => ({
    registration_code: "simulated-wpe",
    location: await id(world, "/v1/terminal/locations"),
  }),
  "terminal.readers.refundPayment": async (world) => ({ charge: await id(world, "/v1/charges"), amount: 100 }),
  "testHelpers.confirmationTokens.create": () => ({ payment_method: "pm_card_visa" }),
  "tax.associations.find": async (world) => {
    const calculation = await id(world, "/v1/tax/calculations");
    const params = { amount: 1000, currency: "usd", hooks: { inputs: { tax: { calculation } } } };
    return { payment_intent: ((await world.call("paymentIntents.create", [], params)) as { id: string }).id };
  },
  "testHelpers.issuing.personalizationDesigns.reject": () => ({ rejection_reasons: { card_logo: ["inappropriate"] } }),
  "testHelpers.testClocks.advance": () => ({ frozen_time: now() + 3600 }),
  "testHelpers.testClocks.create": () => ({ frozen_time: now() }),
  "threeDSecure.authentications.create": async (world) => ({
    payment_method: await id(world, "/v1/payment_methods"),
  }),
  "tokens.create": () => ({ pii: { id_number: "000000000" } }),
  "topups.create": () => ({ amount: 2000, currency: "usd" }),
  "transfers.create": async (world) => {
    await payment(world, { payment_method: "pm_card_bypassPending", amount: 10_000 });
    return { amount: 1000, currency: "usd", destination: await onboarded(world) };
  },
  "treasury.financialAccounts.create": () => ({
    supported_currencies: ["usd"],
    features: { financial_addresses: { aba: { requested: true } } },
  }),
  "treasury.outboundPayments.create": funded,
  "treasury.outboundTransfers.create": funded,
  "v2.billing.meterEventAdjustments.create": async (world) => {
    await world.call("v2.billing.meterEvents.create", [], { ...(await counted(world)), identifier: "event_1" });
    return { ...EVENT_NAME, type: "cancel", cancel: { identifier: "event_1" } };
  },
  "v2.billing.meterEventStream.create": () => ({ events: [EVENT] }),
  "v2.billing.meterEvents.create": (world) => counted(world),
  "v2.core.eventDestinations.create": () => ({
    name: "Destination",
    type: "webhook_endpoint",
    enabled_events: ["v1.billing.meter.error_report_triggered"],
    event_payload: "thin",
    webhook_endpoint: { url: "https://example.com/webhook" },
  }),
  "v2.core.vault.gbBankAccounts.create": () => ({ account_number: "00012345", sort_code: "108800" }),
  "v2.core.vault.usBankAccounts.create": () => ({
    account_number: "000123456789",
    routing_number: "110000000",
    currency: "usd",
  }),
  "v2.moneyManagement.financialAddresses.create": async (world) => ({
    financial_account: await id(world, "/v2/money_management/financial_accounts"),
    type: "bank_account",
    bank_account: { currency: "usd", country: "US" },
  }),
  "v2.moneyManagement.inboundTransfers.create": async (world) => ({
    amount: { value: 1000, currency: "usd" },
    from: { payment_method: await id(world, "/v2/core/vault/us_bank_accounts"), currency: "usd" },
    to: { financial_account: await id(world, "/v2/money_management/financial_accounts"), currency: "usd" },
  }),
  "v2.moneyManagement.outboundPayments.create": async (world) => ({
    ...(await flow(world)),
    to: { recipient: await id(world, "/v2/core/accounts") },
  }),
  "v2.moneyManagement.outboundSetupIntents.create": () => PAYOUT_METHOD,
  "v2.moneyManagement.payoutIntents.create": async (world) => ({
    ...(await flow(world)),
    to: { recipient: await id(world, "/v2/core/accounts") },
  }),
  "v2.moneyManagement.recipientVerifications.create": async (world) => ({
    payout_method: await id(world, "/v2/money_management/payout_methods"),
  }),
  "v2.testHelpers.moneyManagements.recipientVerifications": async (world) => ({
    payout_method: await id(world, "/v2/money_management/payout_methods"),
    match_result: "close_match",
  }),
  "v2.moneyManagement.testHelpers.financialAddresses.credit": () => ({
    amount: { value: 1000, currency: "usd" },
    network: "ach",
  }),
};

const EVENT_NAME = { event_name: "api_calls" };
const EVENT = { ...EVENT_NAME, payload: { stripe_customer_id: "cus_1", value: "1" } };

async function secret(world: World): Promise<Params> {
  const scope = { type: "account" };
  await world.call("apps.secrets.create", [], { name: "key", payload: "secret", scope });
  return { name: "key", scope };
}

/** A price of its own: a subscription has each price once. */
async function monthly(world: World): Promise<string> {
  const params = { currency: "usd", recurring: { interval: "month" }, ...(await withProduct(world)) };
  return ((await world.call("prices.create", [], params)) as { id: string }).id;
}

const collecting = (world: World, ids: string[]) =>
  world.call("terminal.readers.collectInputs", ids, {
    inputs: [{ type: "email", custom_text: { title: "Your address?" }, required: true }],
  });

/** The ids a method is called with, where the object has to be in some state. */
export const IDS: Record<string, (world: World) => Promise<string[]>> = {
  "charges.capture": async (world) => {
    const params = { amount: 1000, currency: "usd", source: "tok_visa", capture: false };
    return [((await world.call("charges.create", [], params)) as { id: string }).id];
  },
  "customers.deleteDiscount": async (world) => {
    const discount = { id: "di_1", object: "discount", source: { type: "coupon", coupon: await world.id("/v1/coupons") }, start: now() };
    return [await seeded(world, "customer", { discount })];
  },
  "customers.verifySource": async (world) => {
    const customer = await world.id("/v1/customers");
    const made = await world.call("customers.createSource", [customer], { source: "btok_us" });
    return [customer, (made as { id: string }).id];
  },
  "accounts.createLoginLink": async (world) => [await onboarded(world)],
  "v2.moneyManagement.outboundSetupIntents.cancel": async (world) => {
    return [((await world.call("v2.moneyManagement.outboundSetupIntents.create")) as { id: string }).id];
  },
  "invoices.attachPayment": async (world) => [await openInvoice(world)],
  "invoices.markUncollectible": async (world) => [await openInvoice(world)],
  "invoices.voidInvoice": async (world) => [await openInvoice(world)],
  "paymentIntents.incrementAuthorization": async (world) => {
    const options = { card: { request_incremental_authorization: "if_available" } };
    return [(await payment(world, { capture_method: "manual", payment_method_options: options })).id];
  },
  "paymentIntents.applyCustomerBalance": async (world) => {
    const customer = await world.id("/v1/customers");
    const settings = { reconciliation_mode: "manual" };
    await world.call("customers.updateCashBalance", [customer], { settings });
    const money = { amount: 2000, currency: "usd" };
    const made = await world.call("paymentIntents.create", [], {
      ...money,
      confirm: true,
      customer,
      payment_method_data: { type: "customer_balance" },
      return_url: "https://example.com/return",
    });
    await world.call("testHelpers.customers.fundCashBalance", [customer], money);
    return [(made as { id: string }).id];
  },
  "paymentIntents.verifyMicrodeposits": async (world) => {
    const made = await world.call("paymentIntents.create", [], {
      amount: 2000,
      currency: "usd",
      allowed_payment_method_types: ["us_bank_account"],
      ...DEBIT,
    });
    return [(made as { id: string }).id];
  },
  "refunds.cancel": async (world) => [await pendingRefund(world)],
  "setupIntents.verifyMicrodeposits": async (world) => {
    const made = await world.call("setupIntents.create", [], { allowed_payment_method_types: ["us_bank_account"], ...DEBIT });
    return [(made as { id: string }).id];
  },
  "testHelpers.refunds.expire": async (world) => [await pendingRefund(world)],
  "paymentIntents.capture": async (world) => [(await payment(world, { capture_method: "manual" })).id],
  "subscriptions.deleteDiscount": async (world) => {
    // A coupon for one invoice is used up by the first.
    const coupon = await world.call("coupons.create", [], { percent_off: 10, duration: "forever" });
    const discounts = [{ coupon: (coupon as { id: string }).id }];
    const items = [{ price: await monthly(world) }];
    const params = { ...(await withCustomer(world)), ...INVOICED, items, discounts };
    return [((await world.call("subscriptions.create", [], params)) as { id: string }).id];
  },
  "subscriptions.resume": async (world) => {
    // Only what is charged by itself can go on.
    const params = { ...(await withCustomer(world)), trial_period_days: 7, items: [{ price: await monthly(world) }] };
    const made = (await world.call("subscriptions.create", [], params)) as { id: string };
    await world.call("subscriptions.pause", [made.id]);
    return [made.id];
  },
  "sources.verify": async (world) => [await seeded(world, "source", { status: "pending", type: "ach_debit" })],
};

/** A bank account that has to be verified. */
const DEBIT: Params = {
  confirm: true,
  return_url: "https://example.com/return",
  mandate_data: { customer_acceptance: { type: "offline", offline: {} } },
  payment_method_data: {
    type: "us_bank_account",
    billing_details: { name: "Jenny Rosen" },
    us_bank_account: { account_holder_type: "individual", account_number: "000123456789", routing_number: "110000000" },
  },
  payment_method_options: { us_bank_account: { verification_method: "microdeposits" } },
};

const openInvoice = async (world: World) =>
  await seeded(world, "invoice", { ...(await withCustomer(world)), currency: "usd", status: "open" });

/** What has to have happened before a method is called with those ids. */
export const BEFORE: Record<string, (world: World, ids: string[]) => Promise<unknown>> = {
  "billing.meters.reactivate": (world, ids) => world.call("billing.meters.deactivate", ids),
  "invoiceRenderingTemplates.unarchive": (world, ids) => world.call("invoiceRenderingTemplates.archive", ids),
  "paymentMethods.update": async (world, ids) => world.call("paymentMethods.attach", ids, await withCustomer(world)),
  "payouts.reverse": (world) => Promise.resolve(world.fake.clock.advance({ days: 10 })),
  "paymentMethods.detach": async (world, ids) => world.call("paymentMethods.attach", ids, await withCustomer(world)),
  "quotes.accept": (world, ids) => world.call("quotes.finalizeQuote", ids),
  "testHelpers.issuing.cards.deliverCard": (world, ids) => world.call("testHelpers.issuing.cards.shipCard", ids),
  "testHelpers.issuing.cards.returnCard": (world, ids) => world.call("testHelpers.issuing.cards.shipCard", ids),
  "testHelpers.terminal.readers.presentPaymentMethod": async (world, ids) => {
    const params = { amount: 1000, currency: "usd", allowed_payment_method_types: ["card_present"] };
    const { id } = (await world.call("paymentIntents.create", [], params)) as { id: string };
    return world.call("terminal.readers.processPaymentIntent", ids, { payment_intent: id });
  },
  "testHelpers.terminal.readers.succeedInputCollection": collecting,
  "testHelpers.terminal.readers.timeoutInputCollection": collecting,
  "testHelpers.treasury.inboundTransfers.returnInboundTransfer": (world, ids) =>
    world.call("testHelpers.treasury.inboundTransfers.succeed", ids),
};

/** Options of a request, for methods that need them. */
export const OPTIONS: Record<string, object> = {
  "ephemeralKeys.create": { apiVersion: "2026-10-28.endive" },
};
