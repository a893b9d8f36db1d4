// Accounts v2 and OAuth through the real client.
// Sources: https://docs.stripe.com/connect/accounts-v2, https://docs.stripe.com/connect/oauth-reference.

import Stripe from "stripe";
import { afterEach, beforeEach, expect, test } from "vitest";
import { FakeStripe } from "../../../pkg/index.mjs";

let fake: FakeStripe;
let stripe: Stripe;
beforeEach(() => {
  fake = FakeStripe.new();
  stripe = new Stripe(fake.apiKey, { ...(fake.stripeOptions() as object), maxNetworkRetries: 0 });
});
afterEach(() => fake.stop());

test("an account of v2 receives transfers and has a balance of its own", async () => {
  const account = await stripe.v2.core.accounts.create({
    contact_email: "ana@example.com",
    dashboard: "express",
    defaults: { responsibilities: { fees_collector: "application", losses_collector: "application" } },
    identity: { country: "us", entity_type: "individual" },
    configuration: { recipient: { capabilities: { stripe_balance: { stripe_transfers: { requested: true } } } } },
    include: ["configuration.recipient", "requirements"],
  });
  const transfers = account.configuration?.recipient?.capabilities?.stripe_balance?.stripe_transfers;
  expect(transfers?.status).toBe("restricted");
  expect(account.requirements?.entries?.length).toBeGreaterThan(0);
  // The owner finishes their onboarding.
  fake.accounts.update(account.id, { capabilities: { transfers: "active" }, payouts_enabled: true } as never);
  const after = await stripe.v2.core.accounts.retrieve(account.id, { include: ["configuration.recipient"] });
  expect(after.configuration?.recipient?.capabilities?.stripe_balance?.stripe_transfers?.status).toBe("active");
  expect((await stripe.accounts.retrieve(account.id)).email).toBe("ana@example.com");
  await stripe.topups.create({ amount: 1000, currency: "usd" });
  fake.clock.advance({ minutes: 1 });
  await stripe.transfers.create({ amount: 400, currency: "usd", destination: account.id });
  const theirs = await stripe.balance.retrieve({}, { stripeAccount: account.id });
  expect(theirs.available[0]?.amount).toBe(400);
  const types = (await stripe.v2.core.events.list({ object_id: account.id } as never)).data.map((event) => event.type);
  expect(types).toContain("v2.core.account.created");
  expect(types).toContain("v2.core.account[configuration.recipient].capability_status_updated");
});

test("OAuth errors are those of connect.stripe.com", async () => {
  await expect(stripe.oauth.token({} as never)).rejects.toMatchObject({
    type: "StripeOAuthInvalidRequestError",
  });
  const answer = await fake.fetch("https://connect.stripe.com/oauth/token", {
    method: "POST",
    headers: { authorization: `Bearer ${fake.apiKey}` },
  });
  expect(answer.status).toBe(400);
  expect(await answer.json()).toEqual({ error: "invalid_request", error_description: "No grant type specified" });
});

test("an account is connected by OAuth, acted for with its token, and let go", async () => {
  const client_id = "ca_123";
  const url = stripe.oauth.authorizeUrl({ client_id, scope: "read_write", state: "s" });
  const page = await fake.fetch(url, { redirect: "manual" });
  const code = new URL(page.headers.get("location") as string).searchParams.get("code") as string;
  const tokens = await stripe.oauth.token({ grant_type: "authorization_code", code });
  const theirs = new Stripe(tokens.access_token as string, fake.stripeOptions() as object);
  const customer = await theirs.customers.create({ email: "bo@example.com" });
  const options = { stripeAccount: tokens.stripe_user_id };
  expect((await stripe.customers.retrieve(customer.id, {}, options)).id).toBe(customer.id);
  const again = await stripe.oauth.token({ grant_type: "refresh_token", refresh_token: tokens.refresh_token });
  expect(again.stripe_user_id).toBe(tokens.stripe_user_id);
  await stripe.oauth.deauthorize({ client_id, stripe_user_id: tokens.stripe_user_id as string });
  await expect(theirs.customers.list()).rejects.toMatchObject({ statusCode: 403 });
});

test("account tokens carry the details, once", async () => {
  const token = await stripe.tokens.create({
    account: {
      business_type: "individual",
      tos_shown_and_accepted: true,
      individual: { first_name: "Ana", last_name: "Lima" },
    },
  });
  const account = await stripe.accounts.create({ type: "custom", country: "FR", account_token: token.id });
  expect(account.individual).toMatchObject({ first_name: "Ana", last_name: "Lima" });
  expect(account.tos_acceptance?.date).toBe(token.created);
  await expect(
    stripe.accounts.create({ type: "custom", country: "FR", account_token: token.id }),
  ).rejects.toMatchObject({ code: "token_already_used" });
});
