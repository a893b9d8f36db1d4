import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { FakeStripe } from "fakestripe";
import Stripe from "stripe";

const fake = FakeStripe.new();
const stripe = new Stripe(fake.apiKey);
const created = await stripe.customers.create({ email: "ana@example.com" });
const found = await stripe.customers.retrieve(created.id);
assert.equal(found.email, "ana@example.com");
assert.equal(fake.state.customers.length, 1);
fake.stop();

// The module is also there as a file, for whoever compiles it in their own way.
const wasm = readFileSync(fileURLToPath(import.meta.resolve("fakestripe/engine.wasm")));
assert.ok(WebAssembly.validate(wasm));
console.log("works");
