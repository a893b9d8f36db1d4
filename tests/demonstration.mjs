// The complete example, run by `npm start`: ordinary code on the real stripe package with its default
// client, against a partition. Prints each request with its answer, then what the partition holds.
import { FakeStripe } from "fakestripe";
import Stripe from "stripe";

const money = (amount, currency) =>
  new Intl.NumberFormat("en", { style: "currency", currency }).format(amount / 100);

const title = (text) => console.log(`\n\u001b[1m${text}\u001b[0m`);

let shown = 0;

/** Prints what was asked and answered since the last time. */
function transcript(fake) {
  for (const { method, path, status, body } of [...fake.requests].slice(shown)) {
    const said = body?.error ? body.error.message : `${body?.object} ${body?.id ?? ""}`;
    const state = body?.status ? `, ${body.status}` : "";
    console.log(`  ${method.padEnd(6)} ${path}\n         ${status}  ${said}${state}`);
  }
  shown = fake.requests.length;
}

/** Code under test, as an application would have it: it knows nothing of a fake. */
async function buy(stripe, email, amount) {
  const customer = await stripe.customers.create({ email, name: "Ana Example" });
  const method = await stripe.paymentMethods.create({
    type: "card",
    card: { number: "4242424242424242", exp_month: 12, exp_year: 2034, cvc: "314" },
  });
  await stripe.paymentMethods.attach(method.id, { customer: customer.id });
  const intent = await stripe.paymentIntents.create({
    amount,
    currency: "usd",
    customer: customer.id,
    payment_method: method.id,
    automatic_payment_methods: { enabled: true, allow_redirects: "never" },
  });
  const paid = await stripe.paymentIntents.confirm(intent.id, { expand: ["latest_charge"] });
  const refund = await stripe.refunds.create({ payment_intent: paid.id, amount: amount / 4 });
  return { customer, paid, refund };
}

function check(holds, sentence) {
  console.log(`  ${holds ? "ok  " : "FAIL"} ${sentence}`);
  if (!holds) process.exitCode = 1;
}

const fake = FakeStripe.new({ seed: "demonstration", now: "2026-11-21T12:00:00Z" });
const stripe = new Stripe(fake.apiKey, { telemetry: false });

title("1. A customer pays with 4242 4242 4242 4242 and is refunded a quarter");
const { customer, paid, refund } = await buy(stripe, "ana@example.com", 2000);
transcript(fake);

title("2. What came of it");
const charge = paid.latest_charge;
const card = charge.payment_method_details.card;
check(paid.status === "succeeded", `the intent is ${paid.status}`);
check(charge.amount_captured === 2000, `captured ${money(charge.amount_captured, charge.currency)}`);
check(card.last4 === "4242", `from a ${card.brand} ending in ${card.last4}`);
check(refund.amount === 500, `refunded ${money(refund.amount, refund.currency)}: ${refund.status}`);
check(
  fake.state.charges.get(charge.id).amount_refunded === 500,
  "and the charge remembers the refund",
);

title("3. A second partition sees none of it");
const other = FakeStripe.new({ seed: "another", now: "2026-11-21T12:00:00Z" });
const stranger = new Stripe(other.apiKey, { telemetry: false });
const refused = await stranger.customers.retrieve(customer.id).catch((error) => error);
check(refused.code === "resource_missing", refused.message);
check(other.state.customers.count === 0, "it holds no customer");

title("4. What the first partition holds");
for (const [name, list] of [
  ["customers", fake.state.customers],
  ["payment methods", fake.state.paymentMethods],
  ["payment intents", fake.state.paymentIntents],
  ["charges", fake.state.charges],
  ["refunds", fake.state.refunds],
  ["events", fake.state.events],
]) {
  console.log(`  ${String(list.count).padStart(3)} ${name}`);
}
console.log(
  `  events, in order: ${[...fake.state.events].map((event) => event.type).join(", ")}`,
);
const { id, amount, amount_received, status, customer: payer } = fake.state.paymentIntents[0];
console.log("  the intent:", JSON.stringify({ id, amount, amount_received, status, customer: payer }));

FakeStripe.stop(fake);
FakeStripe.stop(other);
title(process.exitCode ? "Something is not as it should be." : "All as it should be.");
