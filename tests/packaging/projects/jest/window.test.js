/** @jest-environment jsdom */
// The stripe package takes it for granted, jsdom's window does not have it.
globalThis.TextEncoder = require("node:util").TextEncoder;

const { FakeStripe } = require("fakestripe");
const Stripe = require("stripe");

test("a customer is found again where there is a window", async () => {
  const fake = FakeStripe.new();
  const stripe = new Stripe(fake.apiKey, fake.stripeOptions());
  const created = await stripe.customers.create({ email: "ana@example.com" });
  expect((await stripe.customers.retrieve(created.id)).email).toBe("ana@example.com");
  expect(fake.state.customers).toHaveLength(1);
});
