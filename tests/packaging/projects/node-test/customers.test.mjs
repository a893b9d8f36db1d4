import assert from "node:assert/strict";
import { test } from "node:test";
import { FakeStripe } from "fakestripe";
import Stripe from "stripe";

for (const email of ["ana@example.com", "bo@example.com"]) {
  test(`a customer called ${email} is found again`, async (t) => {
    const fake = FakeStripe.new();
    t.after(() => fake.stop());
    const stripe = new Stripe(fake.apiKey);
    const created = await stripe.customers.create({ email });
    assert.equal((await stripe.customers.retrieve(created.id)).email, email);
    assert.equal(fake.state.customers.length, 1);
  });
}
