import { FakeStripe } from "fakestripe";
import Stripe from "stripe";
import { expect, test } from "vitest";

test("a customer is found again in a page", async () => {
  expect(typeof window).toBe("object");
  const fake = FakeStripe.new();
  const stripe = new Stripe(fake.apiKey);
  const created = await stripe.customers.create({ email: "ana@example.com" });
  expect((await stripe.customers.retrieve(created.id)) as Stripe.Customer).toMatchObject({ email: "ana@example.com" });
  expect(fake.state.customers).toHaveLength(1);
});

test("XMLHttpRequest is caught as well", async () => {
  const fake = FakeStripe.new();
  const { id } = fake.customers.create({ email: "ana@example.com" });
  const text = await new Promise<string>((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("GET", `https://api.stripe.com/v1/customers/${id}`);
    request.setRequestHeader("authorization", `Bearer ${fake.apiKey}`);
    request.onload = () => resolve(request.responseText);
    request.onerror = () => reject(new Error("the request reached the network"));
    request.send();
  });
  expect(JSON.parse(text)).toMatchObject({ id, email: "ana@example.com" });
});
