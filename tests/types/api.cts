// The same package for those who require it; see api.mts.

import fakestripe = require("fakestripe");
import "fakestripe/setup";
import vitest = require("fakestripe/vitest");
import type Stripe = require("stripe");

const fake: fakestripe.FakeStripe = fakestripe.FakeStripe.new({ seed: "types" });
const id: string = fake.customers.create({}).id;
const found: Stripe.Customer | undefined = fake.state.customers.get(id);
const options: fakestripe.FakeStripeOptions = { validation: "strict" };
// @ts-expect-error There are two kinds of validation.
fakestripe.FakeStripe.new({ validation: "lax" });
// @ts-expect-error A parameter that Stripe does not have.
fake.customers.create({ emial: "ana@example.com" });
vitest.test("the fixture", ({ fake }) => fake.apiKey.length);

export = [found, options];
