import assert from "node:assert/strict";
import { FakeStripe } from "fakestripe";
import Stripe from "stripe";

async function main() {
  const fake = FakeStripe.new();
  const stripe = new Stripe(fake.apiKey);
  const created = await stripe.customers.create({ email: "ana@example.com" });
  const found = await stripe.customers.retrieve(created.id);
  assert.equal(found.email, "ana@example.com");
  assert.equal(fake.state.customers.length, 1);
  fake.stop();
  console.log("works");
}

main();
