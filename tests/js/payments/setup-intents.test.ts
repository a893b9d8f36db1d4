/** Setup intents, attempts and mandates: https://docs.stripe.com/api/setup_intents. */

import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { NEVER, World } from "./world.ts";

let world: World;
let stripe: World["stripe"];
beforeEach(() => {
  world = new World();
  stripe = world.stripe;
});
afterEach(() => world.fake.stop());

const customer = async () => (await stripe.customers.create()).id;
const setUp = (payment_method: string, more: object = {}) =>
  stripe.setupIntents.create({ ...NEVER, confirm: true, payment_method, ...more });

test("create answers what was not said", async () => {
  const intent = await stripe.setupIntents.create({});
  expect(intent).toMatchObject({
    application: null,
    automatic_payment_methods: { allow_redirects: "always", enabled: true },
    cancellation_reason: null,
    customer: null,
    flow_directions: null,
    last_setup_error: null,
    latest_attempt: null,
    mandate: null,
    metadata: {},
    next_action: null,
    payment_method: null,
    payment_method_options: {
      card: { mandate_options: null, network: null, request_three_d_secure: "automatic" },
    },
    single_use_mandate: null,
    status: "requires_payment_method",
    usage: "off_session",
  });
  expect(intent.payment_method_options!.card).not.toHaveProperty("installments");
  expect(intent.client_secret).toMatch(new RegExp(`^${intent.id}_secret_[A-Za-z0-9]{31}$`));
  expect(await world.events()).toEqual(["setup_intent.created"]);
});

test("confirm attaches the payment method and writes down the attempt", async () => {
  const owner = await customer();
  await world.events();
  const intent = await setUp("pm_card_visa", { customer: owner, expand: ["payment_method"] });
  expect(intent).toMatchObject({
    mandate: null,
    payment_method: { card: { checks: { cvc_check: "pass" } }, customer: owner },
    status: "succeeded",
  });
  const attempts = await stripe.setupAttempts.list({ setup_intent: intent.id });
  expect(attempts.data).toMatchObject([{
    customer: owner,
    id: intent.latest_attempt,
    payment_method_details: { card: { brand: "visa", last4: "4242" }, type: "card" },
    setup_error: null,
    status: "succeeded",
    usage: "off_session",
  }]);
  expect(await world.events()).toEqual([
    "setup_intent.created",
    "payment_method.attached",
    "setup_intent.succeeded",
  ]);
  const kept = await stripe.customers.retrieve(owner);
  expect((kept as any).invoice_settings.default_payment_method).toBeNull();
});

test("a decline keeps the intent and says why", async () => {
  const error = await world.refused(setUp("pm_card_chargeDeclined"));
  expect(error).toMatchObject({
    code: "card_declined",
    decline_code: "generic_decline",
    setup_intent: { payment_method: null, status: "requires_payment_method" },
    status: 402,
  });
  const intent = await stripe.setupIntents.retrieve(error.setup_intent.id);
  expect(intent.last_setup_error).toMatchObject({
    code: "card_declined",
    payment_method: { id: error.payment_method.id },
  });
  expect(intent.last_setup_error).not.toHaveProperty("payment_method_type");
  const [attempt] = (await stripe.setupAttempts.list({ setup_intent: intent.id })).data;
  expect(attempt).toMatchObject({ id: intent.latest_attempt, status: "failed" });
  expect(attempt!.setup_error!.code).toBe("card_declined");
  expect(await world.events()).toEqual(["setup_intent.created", "setup_intent.setup_failed"]);
});

describe("3D Secure", () => {
  const start = async () => setUp("pm_card_threeDSecure2Required", { customer: await customer() });

  test("is one attempt from the question to the answer", async () => {
    const waiting = await start();
    expect(waiting.status).toBe("requires_action");
    const listed = () => stripe.setupAttempts.list({ setup_intent: waiting.id });
    expect((await listed()).data).toMatchObject([{ status: "requires_action" }]);
    world.fake.asCustomer.authenticate(waiting);
    expect((await stripe.setupIntents.retrieve(waiting.id)).status).toBe("succeeded");
    expect((await listed()).data).toMatchObject([
      { id: waiting.latest_attempt, status: "succeeded" },
    ]);
  });

  test("may fail", async () => {
    const waiting = await start();
    world.fake.asCustomer.failAuthentication(waiting);
    expect(await stripe.setupIntents.retrieve(waiting.id)).toMatchObject({
      last_setup_error: { code: "setup_intent_authentication_failure" },
      payment_method: null,
      status: "requires_payment_method",
    });
    expect((await world.events()).at(-1)).toBe("setup_intent.setup_failed");
  });

  test("is abandoned for another payment method", async () => {
    const waiting = await start();
    const how = { payment_method: "pm_card_visa" };
    const done = await stripe.setupIntents.confirm(waiting.id, how);
    expect(done).toMatchObject({ next_action: null, status: "succeeded" });
    const { data } = await stripe.setupAttempts.list({ setup_intent: waiting.id });
    expect(data.map((attempt) => attempt.status)).toEqual(["succeeded", "abandoned"]);
  });
});

describe("errors", () => {
  test("confirmed without a payment method, whatever its status", async () => {
    const open = await stripe.setupIntents.create({});
    const error = {
      code: "setup_intent_unexpected_state",
      message:
        "You cannot confirm this SetupIntent because it's missing a payment method. You can " +
        "either update the SetupIntent with a payment method and then confirm it again, or " +
        "confirm it again directly with a payment method or ConfirmationToken.",
      setup_intent: { id: open.id },
      status: 400,
    };
    expect(await world.refused(stripe.setupIntents.confirm(open.id))).toMatchObject(error);
    await stripe.setupIntents.cancel(open.id);
    const canceled = await world.refused(stripe.setupIntents.confirm(open.id));
    expect(canceled.message).toBe(error.message);
  });

  test("confirmed, updated or canceled once it has succeeded", async () => {
    const { id } = await setUp("pm_card_visa");
    expect((await world.refused(stripe.setupIntents.confirm(id))).message).toBe(
      "You cannot confirm this SetupIntent because it has already succeeded.",
    );
    const update = stripe.setupIntents.update(id, { payment_method: "pm_card_visa" });
    expect((await world.refused(update)).message).toBe(
      "You cannot update this SetupIntent because it has already succeeded.",
    );
    expect((await world.refused(stripe.setupIntents.cancel(id))).message).toBe(
      "You cannot cancel this SetupIntent because it has a status of succeeded. Only a " +
        "SetupIntent with one of the following statuses may be canceled: " +
        "`requires_payment_method`, `requires_confirmation`, or `requires_action`.",
    );
    const about = { description: "Later", metadata: { plan: "gold" } };
    expect(await stripe.setupIntents.update(id, about)).toMatchObject(about);
  });

  test("canceled twice", async () => {
    const { id } = await stripe.setupIntents.create({});
    const reason = { cancellation_reason: "requested_by_customer" as const };
    expect(await stripe.setupIntents.cancel(id, reason)).toMatchObject({
      ...reason,
      status: "canceled",
    });
    expect((await world.refused(stripe.setupIntents.cancel(id))).message).toBe(
      "You cannot cancel this SetupIntent because it is already canceled.",
    );
  });

  test("the payment method of another customer", async () => {
    const [owner, other] = [await customer(), await customer()];
    const method = await stripe.paymentMethods.attach("pm_card_visa", { customer: owner });
    const foreign = await world.refused(setUp(method.id, { customer: other }));
    expect(foreign).toMatchObject({ param: "payment_method", status: 400 });
    expect(foreign).not.toHaveProperty("code");
    const open = await stripe.setupIntents.create({});
    const update = stripe.setupIntents.update(open.id, { payment_method: method.id });
    expect((await world.refused(update)).message).toBe(
      `The payment method supplied (${method.id}) belongs to the Customer ${owner}. Please ` +
        "include the Customer in the `customer` parameter on the SetupIntent.",
    );
  });

  test("an unknown one", async () => {
    expect(await world.refused(stripe.setupIntents.retrieve("seti_none"))).toMatchObject({
      code: "resource_missing",
      message: "No such setupintent: 'seti_none'",
      param: "intent",
      status: 404,
    });
  });

  test("attempts are listed for one intent only", async () => {
    const list = stripe.setupAttempts.list({} as any);
    expect(await world.refused(list)).toMatchObject({
      code: "parameter_missing",
      param: "setup_intent",
    });
  });
});

describe("bank accounts", () => {
  const mandate_data = {
    customer_acceptance: {
      type: "online" as const,
      online: { ip_address: "127.0.0.1", user_agent: "test" },
    },
  };
  const account = async () => {
    const { id } = await stripe.paymentMethods.create({
      type: "us_bank_account",
      billing_details: { name: "Ana" },
      us_bank_account: {
        account_holder_type: "individual",
        account_number: "000123456789",
        routing_number: "110000000",
      },
    });
    return id;
  };

  test("have a mandate at once and wait for microdeposits", async () => {
    const owner = await customer();
    const method = await account();
    const waiting = await setUp(method, { customer: owner, mandate_data });
    expect(waiting).toMatchObject({
      next_action: { type: "verify_with_microdeposits" },
      status: "requires_action",
    });
    expect((await stripe.paymentMethods.retrieve(method)).customer).toBeNull();
    const mandate = await stripe.mandates.retrieve(waiting.mandate as string);
    expect(mandate).toMatchObject({ multi_use: {}, payment_method: method, type: "multi_use" });
    expect(mandate).not.toHaveProperty("single_use");
    const amounts = { amounts: [32, 45] };
    const done = await stripe.setupIntents.verifyMicrodeposits(waiting.id, amounts);
    expect(done.status).toBe("succeeded");
    expect((await stripe.paymentMethods.retrieve(method)).customer).toBe(owner);
    const paid = await world.pay(method, { customer: owner, off_session: true });
    expect(paid.status).toBe("processing");
  });

  test("need a mandate", async () => {
    const error = await world.refused(setUp(await account()));
    expect(error.message).toMatch(/^This SetupIntent requires a mandate, but no existing mandate/);
  });

  test("that cannot be verified fail the setup", async () => {
    const waiting = await setUp(await account(), { mandate_data });
    const many = stripe.setupIntents.verifyMicrodeposits(waiting.id, { amounts: [10, 11] });
    const code = "payment_method_microdeposit_verification_attempts_exceeded";
    expect((await world.refused(many)).code).toBe(code);
    expect(await stripe.setupIntents.retrieve(waiting.id)).toMatchObject({
      last_setup_error: { code },
      status: "requires_payment_method",
    });
    expect((await world.events()).at(-1)).toBe("setup_intent.setup_failed");
  });

  test("in the wrong state", async () => {
    const { id } = await setUp("pm_card_visa");
    const verify = stripe.setupIntents.verifyMicrodeposits(id, { amounts: [32, 45] });
    expect(await world.refused(verify)).toMatchObject({
      code: "intent_invalid_state",
      message:
        "This SetupIntent cannot be actioned on because it has a status of succeeded. Only a " +
        'SetupIntent with one of the following statuses may be actioned on: ["requires_action"].',
    });
  });

  test("a mandate ends with its payment method", async () => {
    const owner = await customer();
    const method = "pm_usBankAccount_success";
    const done = await setUp(method, { customer: owner, mandate_data });
    expect(done.status).toBe("succeeded");
    await stripe.paymentMethods.detach(done.payment_method as string);
    expect((await stripe.mandates.retrieve(done.mandate as string)).status).toBe("inactive");
  });
});
