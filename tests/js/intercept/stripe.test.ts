/** Every major of the stripe package that differs in how it sends, with each of its clients. */

import { createRequire } from "node:module";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { FakeStripe } from "../../../js/index.ts";

const require = createRequire(import.meta.url);

const MAJORS = ["stripe-12", "stripe-14", "stripe-17", "stripe-20", "stripe-22", "stripe"];
const FORMATS = ["esm", "cjs"] as const;
const CLIENTS = ["default", "fetch", "httpClient"] as const;

// Loaded before anything is installed, as an app that was imported first would be.
const loaded = new Map<string, any>();
for (const major of MAJORS) {
  loaded.set(`${major} esm`, (await import(major)).default);
  const cjs = require(major);
  loaded.set(`${major} cjs`, cjs.default ?? cjs);
}

let fake: FakeStripe;
beforeEach(() => {
  fake = FakeStripe.new();
});
afterEach(() => fake.stop());

function optionsFor(client: (typeof CLIENTS)[number], Stripe: any): object {
  if (client === "fetch") return { httpClient: Stripe.createFetchHttpClient() };
  return client === "httpClient" ? fake.stripeOptions() : {};
}

describe.each(MAJORS)("%s", (major) => {
  describe.each(FORMATS)("%s", (format) => {
    describe.each(CLIENTS)("%s client", (client) => {
      const make = () => {
        const Stripe = loaded.get(`${major} ${format}`);
        return new Stripe(fake.apiKey, optionsFor(client, Stripe));
      };

      test("creates, retrieves and lists", async () => {
        const stripe = make();
        const made = await stripe.customers.create({ email: "ana@example.com" });
        expect(made.id).toMatch(/^cus_/);
        expect(made.email).toBe("ana@example.com");
        expect(made.lastResponse.requestId).toMatch(/^req_/);
        const found = await stripe.customers.retrieve(made.id);
        expect(found.email).toBe("ana@example.com");
        const list = await stripe.customers.list({ limit: 3 });
        expect(list.data.map(({ id }: any) => id)).toEqual([made.id]);
        expect(fake.requests.map(String)).toEqual([
          "POST /v1/customers",
          `GET /v1/customers/${made.id}`,
          "GET /v1/customers",
        ]);
        expect(fake.requests[0]!.params).toEqual({ email: "ana@example.com" });
        expect(fake.requests[2]!.params).toEqual({ limit: "3" });
      });

      test("is refused with Stripe's error", async () => {
        const error = await make()
          .customers.retrieve("cus_nobody")
          .catch((reason: unknown) => reason);
        expect(error).toMatchObject({
          type: "StripeInvalidRequestError",
          code: "resource_missing",
          statusCode: 404,
          message: "No such customer: 'cus_nobody'",
        });
      });

      test("uploads a file to the files host", async () => {
        const file = await make().files.create({
          purpose: "dispute_evidence",
          file: { data: Buffer.from("evidence"), name: "proof.txt", type: "text/plain" },
        });
        expect(file.object).toBe("file");
        expect(fake.requests[0]!.url).toBe("https://files.stripe.com/v1/files");
      });

      test("reaches the connect host", async () => {
        await make()
          .oauth.token({ grant_type: "authorization_code", code: "ac_1" })
          .catch(() => undefined);
        expect(fake.requests[0]!.url).toBe("https://connect.stripe.com/oauth/token");
      });
    });
  });
});
