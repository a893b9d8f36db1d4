import { FakeStripe, type FakeStripeOptions } from "fakestripe";
import "fakestripe/setup";
import { test } from "fakestripe/vitest";
import type Stripe from "stripe";

const options: FakeStripeOptions = { seed: "types", now: new Date(0), validation: "strict" };
const fake = FakeStripe.new(options);
const key: string = fake.apiKey;
const customer: Stripe.Customer = fake.customers.create({ email: "ana@example.com", metadata: { plan: "pro" } });
const found: Stripe.Customer | Stripe.DeletedCustomer = fake.customers.retrieve(customer.id);
const sessions: number = fake.state.checkout.sessions.length;
// @ts-expect-error A parameter that Stripe does not have.
fake.customers.create({ emial: "ana@example.com" });
// @ts-expect-error The library answers at once: there is no promise.
fake.customers.create({}).then;
test("the fixture", ({ fake }) => fake.apiKey.length);
export { found, key, sessions };
