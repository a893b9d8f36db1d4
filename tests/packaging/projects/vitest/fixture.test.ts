import { test } from "fakestripe/vitest";
import Stripe from "stripe";
import { expect } from "vitest";

for (const email of ["ana@example.com", "bo@example.com"]) {
  test(`a customer called ${email} is found again`, async ({ fake }) => {
    const stripe = new Stripe(fake.apiKey);
    const created = await stripe.customers.create({ email });
    expect((await stripe.customers.retrieve(created.id)) as Stripe.Customer).toMatchObject({ email });
    expect(fake.state.customers).toHaveLength(1);
  });
}
