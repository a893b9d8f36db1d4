import { FakeStripe } from "fakestripe";
import Stripe from "stripe";

const result = document.querySelector("#result");
try {
  const fake = FakeStripe.new();
  const stripe = new Stripe(fake.apiKey);
  const created = await stripe.customers.create({ email: "ana@example.com" });
  const found = await stripe.customers.retrieve(created.id);
  const response = await fetch(`https://api.stripe.com/v1/customers/${created.id}`, {
    headers: { authorization: `Bearer ${fake.apiKey}` },
  });
  const fetched = await response.json();
  result.textContent = [found.email, fetched.email, fake.state.customers.length].join(" ");
} catch (error) {
  result.textContent = String(error.stack ?? error);
}
