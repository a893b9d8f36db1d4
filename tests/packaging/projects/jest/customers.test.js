const { FakeStripe } = require("fakestripe");
const Stripe = require("stripe");

test.each(["ana@example.com", "bo@example.com"])("a customer called %s is found again", async (email) => {
  const fake = FakeStripe.new();
  const stripe = new Stripe(fake.apiKey);
  const created = await stripe.customers.create({ email });
  expect((await stripe.customers.retrieve(created.id)).email).toBe(email);
  expect(fake.state.customers).toHaveLength(1);
});

test("Jest's fake timers move Stripe's clock and hold nothing up", async () => {
  jest.useFakeTimers({ now: new Date("2030-01-01T00:00:00Z") });
  const fake = FakeStripe.new();
  const stripe = new Stripe(fake.apiKey);
  expect((await stripe.customers.create()).created).toBe(1893456000);
  jest.useRealTimers();
});
