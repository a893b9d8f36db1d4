// What the types of the built package promise to those who import it. Nothing here is run: the compiler
// is the test. A line under `@ts-expect-error` has to be an error.

import {
  type AccountSettings,
  type BillingSettings,
  type Clock,
  type CopyOptions,
  type Failure,
  FakeStripe,
  type FakeStripeOptions,
  type ForwardOptions,
  type Forwarding,
  type LiveList,
  type Portal,
  type RequestRecord,
  type Snapshot,
} from "fakestripe";
import "fakestripe/setup";
import { test } from "fakestripe/vitest";
import Stripe from "stripe";

/** Only something of exactly that type will do: neither a wider one nor `any`. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
function is<A, B>(..._same: Same<A, B> extends true ? [] : ["the types differ"]): void {}

// Making and ending.

const options: FakeStripeOptions = {
  seed: 7,
  now: "2026-01-01T00:00:00Z",
  apiKey: "sk_test_of_the_app",
  validation: "off",
  apiVersion: "2026-10-28.endive",
  passthrough: true,
  settings: { billing: { retries: [1, 3], overdue: { afterDays: 30 } } },
};
const fake = FakeStripe.new(options);
is<typeof fake, FakeStripe>();
is<typeof fake.apiKey, string>();
is<typeof fake.publishableKey, string>();
is<typeof fake.clock, Clock>();
FakeStripe.stop(fake);
FakeStripe.uninstall();
{
  using scoped = FakeStripe.new();
  scoped.stop();
}
// @ts-expect-error There are two kinds of validation.
FakeStripe.new({ validation: "lax" });
// @ts-expect-error No such option.
FakeStripe.new({ sead: 7 });
// @ts-expect-error It is made by `FakeStripe.new()`.
new FakeStripe();
// @ts-expect-error The key is read, not written.
fake.apiKey = "sk_test_other";

// What is set in the Dashboard.

is<typeof fake.settings.billing, BillingSettings>();
is<ReturnType<typeof fake.settings.update>, AccountSettings>();
fake.settings.update({ billing: { afterRetries: { subscription: "mark_unpaid" } } });
fake.settings.update({ billing: { upcomingDays: 3 } }, { stripeAccount: "acct_1" });
// @ts-expect-error Stripe offers 3, 7, 15, 30 and 45.
fake.settings.update({ billing: { upcomingDays: 4 } });
// @ts-expect-error No such setting.
fake.settings.update({ billing: { retry: "smart" } });

// The library: the methods of the stripe client, synchronous.

const customer = fake.customers.create({ email: "ana@example.com", metadata: { plan: "pro" } });
is<typeof customer, Stripe.Customer>();
is<ReturnType<typeof fake.customers.retrieve>, Stripe.Customer | Stripe.DeletedCustomer>();
is<ReturnType<typeof fake.paymentIntents.confirm>, Stripe.PaymentIntent>();
is<ReturnType<typeof fake.checkout.sessions.create>, Stripe.Checkout.Session>();
is<ReturnType<typeof fake.billing.meters.create>, Stripe.Billing.Meter>();
is<ReturnType<typeof fake.testHelpers.testClocks.advance>, Stripe.TestHelpers.TestClock>();
const charges: Stripe.Charge[] = fake.charges.list({ limit: 3 }).data;
// What only Stripe's servers could set.
fake.customers.create({ created: 1_700_000_000, livemode: false });
// @ts-expect-error A parameter that Stripe does not have.
fake.customers.create({ emial: "ana@example.com" });
// @ts-expect-error A parameter of the wrong type.
fake.paymentIntents.create({ amount: "1000", currency: "usd" });
// @ts-expect-error They have the types they have in answers.
fake.customers.create({ created: "yesterday" });
// @ts-expect-error The library answers at once: there is no promise.
fake.customers.create({}).then;
// @ts-expect-error Stripe's client has no such namespace.
fake.custommers;

// State.

const customers: LiveList<Stripe.Customer> = fake.state.customers;
is<(typeof fake.state.paymentIntents)[number], Stripe.PaymentIntent>();
is<typeof fake.state.checkout.sessions.count, number>();
is<ReturnType<typeof fake.state.invoices.get>, Stripe.Invoice | undefined>();
// @ts-expect-error A list may be empty.
fake.state.charges[0].id;
// @ts-expect-error State is looked at, not written to.
fake.state.customers.push(customer);

// Seeds, copies, contexts.

const seeded = fake.seed({ customers: [{ name: "Ana" }], prices: [{ unit_amount: 5 }] });
is<typeof seeded.customers, Stripe.Customer[]>();
is<typeof seeded.prices, Stripe.Price[]>();
// @ts-expect-error Nothing is seeded but what Stripe has.
fake.seed({ custommers: [{}] });
const snapshot: Snapshot = fake.snapshot();
const copy: CopyOptions = { apiKey: "sk_test_copy" };
is<ReturnType<typeof fake.fork>, FakeStripe>();
FakeStripe.from(snapshot, copy);
// @ts-expect-error A copy has the seed of what it continues.
fake.fork({ seed: 1 });
const seven = fake.run(() => 7);
is<typeof seven, number>();
const eight = fake.run(async () => "8");
is<typeof eight, Promise<string>>();

// Doors.

new Stripe(fake.apiKey, fake.stripeOptions());
new Stripe(fake.apiKey, { httpClient: fake.httpClient });
const fetching: typeof fetch = fake.fetch;
is<ReturnType<typeof fake.handle>, Promise<Response>>();
is<typeof fake.requests, readonly RequestRecord[]>();

// Time.

is<ReturnType<typeof fake.clock.now>, Date>();
fake.clock.advance({ months: 1, days: 2 });
fake.clock.advanceTo(new Date());
fake.clock.freeze();
fake.clock.follow();
// @ts-expect-error There are no fortnights.
fake.clock.advance({ fortnights: 1 });
// @ts-expect-error A moment has to be said.
fake.clock.advanceTo();

// Failures.

const failure: Failure = { code: "card_declined", decline_code: "lost_card" };
fake.failNext("POST /v1/charges", failure, { times: 2 });
fake.failNext(/charges/, { status: 500 });
fake.failNext((request) => request.method === "POST", { network: "lost_answer" });
const end = fake.on("GET /v1/customers", () => ({ status: 503, body: "no" }));
is<typeof end, () => void>();
// @ts-expect-error A connection does not break like that.
fake.failNext("POST /v1/charges", { network: "ETIRED" });
// @ts-expect-error A failure is one of an error, a status or a connection.
fake.failNext("POST /v1/charges", {});

// The customer's part.

is<ReturnType<typeof fake.asCustomer.authenticate<Stripe.PaymentIntent>>, Stripe.PaymentIntent>();
is<ReturnType<typeof fake.asCustomer.completeCheckout>, Stripe.Checkout.Session>();
const portal: Portal = fake.asCustomer.portal("bps_1");
const subscription: Stripe.Subscription = portal.cancel({ feedback: "unused" });
portal.switchTo({ id: "price_1" }, { subscription, quantity: 2 });
is<ReturnType<typeof portal.updateCard>, Stripe.Customer>();
// @ts-expect-error Feedback is one of Stripe's words.
portal.cancel({ feedback: 7 });
// @ts-expect-error A checkout page does not ask for that.
fake.asCustomer.completeCheckout("cs_1", { shoeSize: 42 });

// Webhooks.

const forwarding: ForwardOptions = { enabled_events: ["charge.succeeded"], delivery: "twice" };
const target = (_request: Request) => new Response("ok");
is<ReturnType<typeof fake.webhooks.forward>, Forwarding>();
const { id, secret }: Forwarding = fake.webhooks.forward(target, forwarding);
const next: Promise<Stripe.Event> = fake.webhooks.next("charge.succeeded");
// @ts-expect-error Deliveries do not go wrong like that.
fake.webhooks.forward(target, { delivery: "thrice" });

// The fixture.

test("has a partition", ({ fake }) => is<typeof fake, FakeStripe>());

export { charges, customers, fetching, id, next, secret };
