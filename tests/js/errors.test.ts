/**
 * Stripe's words, to the letter, as stripe-node shows them. The texts are those of answers published in issue
 * threads and API logs, and of Stripe's page https://docs.stripe.com/error-codes.
 */

import Stripe from "stripe";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { FakeStripe } from "../../js/index.ts";

let fake: FakeStripe;
let stripe: Stripe;
beforeAll(() => {
  fake = FakeStripe.new();
  stripe = new Stripe(fake.apiKey, { maxNetworkRetries: 0 });
});
afterAll(() => fake.stop());

const error = (request: Promise<unknown>): Promise<any> =>
  request.then(() => expect.fail("It was answered."), (reason) => reason);

type Case = [method: string, args: unknown[], expected: Record<string, unknown>];

const INTENT = { amount: 1000, currency: "usd" };

describe("parameters", () => {
  test.each<Case>([
    [
      "paymentIntents.create",
      [{ currency: "usd" }],
      { code: "parameter_missing", param: "amount", message: "Missing required param: amount." },
    ],
    [
      "customers.create",
      [{ wat: "1" }],
      { code: "parameter_unknown", param: "wat", message: "Received unknown parameter: wat" },
    ],
    [
      "customers.create",
      [{ wat: "1", huh: "2" }],
      { code: "parameter_unknown", param: "wat", message: "Received unknown parameters: wat, huh" },
    ],
    [
      "customers.create",
      [{ invoice_settings: { nope: "1" } }],
      {
        code: "parameter_unknown",
        param: "invoice_settings[nope]",
        message: "Received unknown parameter: invoice_settings[nope]",
      },
    ],
    [
      "paymentIntents.create",
      [{ amount: "abc", currency: "usd" }],
      { code: "parameter_invalid_integer", param: "amount", message: "Invalid integer: abc" },
    ],
    [
      "customers.create",
      [{ description: ["a"] }],
      { param: "description", message: 'Invalid string: {"0":"a"}' },
    ],
    [
      "paymentIntents.create",
      [{ ...INTENT, customer: "" }],
      {
        code: "parameter_invalid_empty",
        param: "customer",
        message:
          "You passed an empty string for 'customer'. We assume empty values are an attempt to unset a " +
          "parameter; however 'customer' cannot be unset. You should remove 'customer' from your request " +
          "or supply a non-empty value.",
      },
    ],
    [
      "paymentIntents.create",
      [{ ...INTENT, amount: 0 }],
      {
        code: "parameter_invalid_integer",
        param: "amount",
        message:
          "The amount must be greater than or equal to the minimum charge amount allowed for your account " +
          "and the currency set (https://docs.stripe.com/currencies#minimum-and-maximum-charge-amounts).  " +
          "If you want to save a Payment Method for future use without an immediate payment, use a Setup " +
          "Intent instead: https://docs.stripe.com/payments/setup-intents",
      },
    ],
    [
      "paymentIntents.create",
      [{ ...INTENT, return_url: "/thanks" }],
      {
        code: "url_invalid",
        param: "return_url",
        message: "Invalid URL: An explicit scheme (such as https) must be provided.",
      },
    ],
  ])("%s %j", async (method, args, expected) => {
    const [namespace, name] = method.split(".") as [string, string];
    const refused = await error((stripe as any)[namespace][name](...args));
    expect(refused).toBeInstanceOf(Stripe.errors.StripeInvalidRequestError);
    expect(refused).toMatchObject({ statusCode: 400, rawType: "invalid_request_error", ...expected });
    expect(refused.requestId).toMatch(/^req_\w{14}$/);
    const page = "https://stripe.com/docs/error-codes/";
    const code = expected["code"] as string | undefined;
    expect(refused.doc_url).toBe(code && page + code.replaceAll("_", "-"));
  });

  test("an unknown currency is told the known ones", async () => {
    const { message, param } = await error(
      stripe.paymentIntents.create({ amount: 1000, currency: "xyz" }),
    );
    const start =
      "Invalid currency: xyz. Stripe currently supports these currencies: usd, aed, afn, ";
    expect([message.slice(0, start.length), param]).toEqual([start, "currency"]);
  });

  test("metadata has limits", async () => {
    const value = "v".repeat(501);
    const { message } = await error(stripe.customers.create({ metadata: { k: value } }));
    expect(message).toBe(
      "Metadata values can have up to 500 characters, but you passed in a value that is 501 " +
        `characters. Invalid value: ${value}`,
    );
  });
});

describe("ids", () => {
  test.each<Case>([
    [
      "customers.retrieve",
      ["cus_nobody"],
      { statusCode: 404, param: "id", message: "No such customer: 'cus_nobody'" },
    ],
    [
      "paymentIntents.retrieve",
      ["pi_nobody"],
      { statusCode: 404, param: "intent", message: "No such payment_intent: 'pi_nobody'" },
    ],
    [
      "setupIntents.retrieve",
      ["seti_nobody"],
      { statusCode: 404, param: "intent", message: "No such setupintent: 'seti_nobody'" },
    ],
    [
      "paymentIntents.create",
      [{ ...INTENT, customer: "cus_nobody" }],
      { statusCode: 400, param: "customer", message: "No such customer: 'cus_nobody'" },
    ],
    [
      "customers.update",
      ["cus_nobody", { name: "Ana" }],
      { statusCode: 404, param: "id", message: "No such customer: 'cus_nobody'" },
    ],
  ])("%s %j", async (method, args, expected) => {
    const [namespace, name] = method.split(".") as [string, string];
    const refused = await error((stripe as any)[namespace][name](...args));
    expect(refused).toBeInstanceOf(Stripe.errors.StripeInvalidRequestError);
    expect(refused).toMatchObject({ code: "resource_missing", ...expected });
  });
});

describe("keys and accounts", () => {
  const listed = (key: string, options = {}) =>
    error(new Stripe(key, { maxNetworkRetries: 0 }).customers.list({}, options));

  test("a key that is none", async () => {
    const refused = await fake.run(() => listed("sk_nothing_of_the_kind"));
    expect(refused).toBeInstanceOf(Stripe.errors.StripeAuthenticationError);
    expect(refused).toMatchObject({
      statusCode: 401,
      rawType: "invalid_request_error",
      message: "Invalid API Key provided: sk_nothi**********kind",
    });
  });

  test("a publishable key", async () => {
    const refused = await listed(fake.publishableKey);
    expect(refused).toBeInstanceOf(Stripe.errors.StripeAuthenticationError);
    expect(refused.message).toBe(
      "This API call cannot be made with a publishable API key. Please use a secret API key. You can find " +
        "a list of your API keys at https://dashboard.stripe.com/account/apikeys.",
    );
  });

  test("an account that is not connected", async () => {
    const refused = await listed(fake.apiKey, { stripeAccount: "acct_nobody" });
    expect(refused).toBeInstanceOf(Stripe.errors.StripePermissionError);
    expect(refused).toMatchObject({ statusCode: 403, code: "account_invalid" });
    const tail =
      "does not have access to account 'acct_nobody' (or that account does not exist). Application " +
      "access may have been revoked.";
    expect(refused.message.endsWith(tail)).toBe(true);
  });

  test("a live key goes nowhere", async () => {
    const refused = await fake.run(() => listed("sk_live_1234567890abcdef"));
    expect(refused.message).toContain("fakestripe: ");
    expect(JSON.stringify(fake.requests)).not.toContain("1234567890abcdef");
  });
});

test("a URL that is none", async () => {
  const refused = await error(stripe.rawRequest("GET", "/v1/wat"));
  expect(refused).toMatchObject({
    statusCode: 404,
    message:
      "Unrecognized request URL (GET: /v1/wat). Please see https://stripe.com/docs or we can help at " +
      "https://support.stripe.com/.",
  });
});

/** `validation: "off"`: errors only from what does not exist and from state. */
describe("without validation", () => {
  test("no parameter is refused, and what is missing still is", async () => {
    using loose = FakeStripe.new({ validation: "off" });
    const client = new Stripe(loose.apiKey, { maxNetworkRetries: 0 });
    const wild = { wat: "1", email: "nobody", metadata: { k: "v".repeat(600) } };
    const customer = await client.customers.create(wild as Stripe.CustomerCreateParams);
    expect(customer).toMatchObject({ object: "customer", email: "nobody" });
    const later = { amount: 1, currency: "usd", capture_method: "later" };
    await client.paymentIntents.create(later as unknown as Stripe.PaymentIntentCreateParams);
    const missing = await error(client.customers.retrieve("cus_nobody"));
    expect(missing).toMatchObject({ statusCode: 404, code: "resource_missing" });
  });
});
