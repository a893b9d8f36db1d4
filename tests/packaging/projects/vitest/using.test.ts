import { FakeStripe } from "fakestripe";
import Stripe from "stripe";
import { expect, test } from "vitest";

test("a key the app has had all along is answered", async () => {
  using fake = FakeStripe.new();
  const stripe = new Stripe("sk_test_the_key_of_the_app");
  const created = await stripe.customers.create({ email: "ana@example.com" });
  expect(fake.state.customers.get(created.id)?.email).toBe("ana@example.com");
});
