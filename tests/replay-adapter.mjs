// Lets a replayer of recorded traffic drive the built package: a fresh partition for each recording.
//
// create({ now }) gives { handle, setNow, close }; now and setNow take unix seconds; handle takes
// { method, path, headers, body } and gives { status, headers, body }.
import { FakeStripe } from "../pkg/index.mjs";

export const clock = true;

export async function create({ now }) {
  const fake = FakeStripe.new({ now, seed: "replay" });
  // The recorded platforms had money to send; a partition starts with none.
  fake.topups.create({ amount: 1_000_000_000, currency: "usd", status: "succeeded" });
  const known = new Set();
  // A recording may act for an account that it did not make: it is made at first use.
  const know = (id) => {
    if (!id || known.has(id)) return;
    known.add(id);
    const capabilities = { card_payments: "active", transfers: "active" };
    const able = { charges_enabled: true, payouts_enabled: true, capabilities };
    if (!fake.state.accounts.get(id)) fake.accounts.create({ id, type: "standard", ...able });
  };
  return {
    async handle({ method, path, headers, body }) {
      know(headers["stripe-account"]);
      const host = headers.host ?? "api.stripe.com";
      const hasBody = method !== "GET" && body !== undefined;
      const response = await fake.fetch(`https://${host}${path}`, {
        method,
        headers,
        ...(hasBody ? { body } : {}),
      });
      return { status: response.status, headers: {}, body: await response.text() };
    },
    async setNow(seconds) {
      if (fake.clock.now().getTime() / 1000 < seconds) fake.clock.advanceTo(seconds);
    },
    async close() {
      fake.stop();
    },
  };
}
