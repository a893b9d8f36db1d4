/** Which partition answers, and what is said where none can. */

import dns from "node:dns";
import http from "node:http";
import https from "node:https";
import type { AddressInfo } from "node:net";
import Stripe from "stripe";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { FakeStripe, type FakeStripeOptions } from "../../../js/index.ts";

const made: FakeStripe[] = [];

function make(options?: FakeStripeOptions): FakeStripe {
  const fake = FakeStripe.new(options);
  made.push(fake);
  return fake;
}

afterEach(() => {
  for (const fake of made.splice(0)) fake.stop();
});

const OPTIONS = { maxNetworkRetries: 0, telemetry: false };
/** A key that no partition owns, as an app reads one from its environment. */
const shared = new Stripe("sk_test_of_the_app", OPTIONS);

async function tries(stripe: Stripe): Promise<any> {
  return stripe.customers.list().catch((error: unknown) => error);
}

/** Does something in an async context of its own, as runners give each concurrent test. */
function elsewhere<T>(body: () => Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => setImmediate(() => body().then(resolve, reject)));
}

describe("the partition that owns the key answers", () => {
  test("whichever was made last", async () => {
    const [one, two] = [make(), make()];
    await new Stripe(one.apiKey, OPTIONS).customers.create({ email: "one@example.com" });
    expect(one.requests).toHaveLength(1);
    expect(two.requests).toHaveLength(0);
  });

  test("where the key is the app's own and was given", async () => {
    const one = make({ apiKey: "sk_test_of_the_app" });
    const two = make();
    await shared.customers.list();
    expect(one.requests).toHaveLength(1);
    expect(two.requests).toHaveLength(0);
  });

  test("where it is sent as a user name", async () => {
    const [one] = [make(), make()];
    const authorization = `Basic ${btoa(`${one!.apiKey}:`)}`;
    await fetch("https://api.stripe.com/v1/customers", { headers: { authorization } });
    expect(one!.requests).toHaveLength(1);
  });

  test("where several have it: the one of the context", async () => {
    const outcomes = await Promise.all(
      [1, 2, 3].map((count) =>
        elsewhere(async () => {
          const fake = make({ apiKey: "sk_test_of_the_app" });
          for (let i = 0; i < count; i++) await shared.customers.create({});
          return fake.requests.length;
        }),
      ),
    );
    expect(outcomes).toEqual([1, 2, 3]);
  });
});

describe("else the partition of the async context", () => {
  test("in concurrent tests", async () => {
    const outcomes = await Promise.all(
      Array.from({ length: 20 }, (_, place) =>
        elsewhere(async () => {
          const fake = make();
          const email = `${place}@example.com`;
          const { id } = await shared.customers.create({ email });
          await elsewhere(async () => {});
          const found = (await shared.customers.retrieve(id)) as Stripe.Customer;
          return fake.requests.length === 2 && found.email === email;
        }),
      ),
    );
    expect(outcomes).toEqual(Array(20).fill(true));
  });

  test("which `run` chooses", async () => {
    const [one, two] = [make(), make()];
    await one.run(() => shared.customers.list());
    expect([one.requests.length, two.requests.length]).toEqual([1, 0]);
  });

  test("and after that one was stopped, the one around it", async () => {
    const outer = make();
    const inner = make();
    inner.stop();
    await shared.customers.list();
    expect(outer.requests).toHaveLength(1);
  });

  test("even for undici's pooled connections", async () => {
    const { request } = await import("undici");
    const outcomes = await Promise.all(
      Array.from({ length: 6 }, () =>
        elsewhere(async () => {
          const fake = make();
          for (let i = 0; i < 3; i++) {
            const answer = await request("https://api.stripe.com/v1/customers", {
              headers: { authorization: "Bearer sk_test_of_the_app" },
            });
            await answer.body.text();
          }
          return fake.requests.length;
        }),
      ),
    );
    expect(outcomes).toEqual([3, 3, 3, 3, 3, 3]);
  });
});

describe("else the newest", () => {
  test("where it was made in the context of all others", async () => {
    let newest: FakeStripe | undefined;
    await elsewhere(async () => {
      make();
      newest = make();
    });
    await elsewhere(() => shared.customers.list());
    expect(newest!.requests).toHaveLength(1);
  });

  test("but not as a guess: several made in different contexts are refused", async () => {
    await elsewhere(async () => make());
    await elsewhere(async () => make());
    const error = await elsewhere(() => tries(shared));
    expect(error).toMatchObject({ type: "StripeInvalidRequestError", statusCode: 400 });
    expect(error.message).toMatch(/^fakestripe: several partitions are alive/);
    expect(error.message).toContain("fake.run(");
    expect(made.flatMap((fake) => fake.requests)).toEqual([]);
  });
});

describe("nothing leaves", () => {
  test("where no partition is alive: the answer says to make one", async () => {
    make().stop();
    const started = performance.now();
    const error = await tries(new Stripe("sk_test_of_the_app"));
    expect(error).toMatchObject({ type: "StripeInvalidRequestError", statusCode: 400 });
    expect(error.message).toMatch(/^fakestripe: no partition is alive.*FakeStripe\.new\(\)/);
    // Retrying, which the client does by default, would take half a second.
    expect(performance.now() - started).toBeLessThan(400);
  });

  test.each(["sk_live_abc", "rk_live_abc"])("with the live key %s", async (key) => {
    const fake = make({ passthrough: true });
    for (const httpClient of [undefined, Stripe.createFetchHttpClient()]) {
      const error = await tries(new Stripe(key, { ...OPTIONS, httpClient }));
      expect(error).toMatchObject({ type: "StripeAuthenticationError", statusCode: 401 });
      expect(error.message).toContain("live mode key");
    }
    expect(fake.requests).toHaveLength(0);
  });

  test("and a live key is not taken for a partition's own", () => {
    expect(() => FakeStripe.new({ apiKey: "sk_live_abc" })).toThrow(/live mode key/);
    expect(() => FakeStripe.new({ apiKey: "nonsense" })).toThrow(/test mode key/);
  });
});

describe("`passthrough`", () => {
  let server: http.Server;
  let port: number;
  beforeAll(async () => {
    server = http.createServer((_request, response) => {
      response.setHeader("content-type", "application/json");
      response.end('{"object":"list","data":[],"from":"the network"}');
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    port = (server.address() as AddressInfo).port;
  });
  afterAll(() => server.close());

  /** Finds this machine wherever it looks. */
  const lookup = (_host: string, options: { all?: boolean }, done: (...args: any[]) => void) =>
    options.all ? done(null, [{ address: "127.0.0.1", family: 4 }]) : done(null, "127.0.0.1", 4);

  const options = () => ({
    ...OPTIONS,
    host: "api.stripe.com",
    port,
    protocol: "http" as const,
    httpAgent: new http.Agent({ lookup: lookup as never }),
  });

  test("lets out what no partition owns, and only that", async () => {
    const fake = make({ passthrough: true });
    const own: any = await new Stripe(fake.apiKey, options()).customers.list();
    expect(own).toMatchObject({ object: "list", url: "/v1/customers" });
    const other: any = await new Stripe("sk_test_of_the_app", options()).customers.list();
    expect(other).toMatchObject({ from: "the network" });
    expect(fake.requests).toHaveLength(1);
  });

  test("is not so by itself", async () => {
    const fake = make();
    const answered: any = await new Stripe("sk_test_of_the_app", options()).customers.list();
    expect(answered.from).toBeUndefined();
    expect(fake.requests).toHaveLength(1);
  });

  test("does so for clients that the safety net catches", async () => {
    const fake = make({ passthrough: true });
    const { Client } = await import("undici");
    const client = new Client(`http://api.stripe.com:${port}`);
    const ask = async (key: string) => {
      const headers = { authorization: `Bearer ${key}` };
      const answer = await client.request({ method: "GET", path: "/v1/customers", headers });
      return (await answer.body.json()) as any;
    };
    // Whatever looks a name up finds this machine, so that the request leaves and stays.
    const real = dns.lookup;
    dns.lookup = lookup as never;
    try {
      expect((await ask(fake.apiKey)).url).toBe("/v1/customers");
      expect((await ask("sk_test_of_the_app")).from).toBe("the network");
    } finally {
      dns.lookup = real;
      await client.close();
    }
    expect(fake.requests).toHaveLength(1);
  });

  test("does so for fetch too", async () => {
    FakeStripe.uninstall();
    const real = globalThis.fetch;
    globalThis.fetch = async () => new Response("the network");
    try {
      const fake = make({ passthrough: true });
      const headers = { authorization: "Bearer sk_test_of_the_app" };
      const answered = await fetch("https://api.stripe.com/v1/customers", { headers });
      expect(await answered.text()).toBe("the network");
      expect(fake.requests).toHaveLength(0);
    } finally {
      FakeStripe.uninstall();
      globalThis.fetch = real;
    }
  });
});

describe("the doors of a partition", () => {
  test("`fetch` and `handle` answer whatever the host and key", async () => {
    const fake = make();
    make();
    const headers = { authorization: `Bearer ${fake.apiKey}` };
    const one = await fake.fetch("https://api.stripe.com/v1/customers", { headers });
    expect((await one.json()).object).toBe("list");
    const request = new Request("https://api.stripe.com/v1/customers", {
      method: "POST",
      headers,
      body: new URLSearchParams({ email: "ana@example.com" }),
    });
    const two = await fake.handle(request);
    expect((await two.json()).email).toBe("ana@example.com");
    expect(fake.requests.map(String)).toEqual(["GET /v1/customers", "POST /v1/customers"]);
  });

  test("`httpClient` needs no patch", async () => {
    const fake = make();
    FakeStripe.uninstall();
    const stripe = new Stripe(fake.apiKey, fake.stripeOptions());
    const { email } = await stripe.customers.create({ email: "ana@example.com" });
    expect(email).toBe("ana@example.com");
  });
});

describe("`uninstall`", () => {
  test("leaves every function as it was found", async () => {
    FakeStripe.uninstall();
    const http = await import("node:http");
    const net = await import("node:net");
    const tls = await import("node:tls");
    const look = () => [
      globalThis.fetch,
      (http.default.Agent.prototype as any).addRequest,
      tls.default.connect,
      net.default.connect,
      net.default.createConnection,
      net.default.Socket.prototype.connect,
      tls.connect,
      net.connect,
    ];
    const before = look();
    make();
    expect(look().every((present, place) => present !== before[place])).toBe(true);
    make();
    FakeStripe.uninstall();
    expect(look()).toEqual(before);
    expect(look().every((present, place) => present === before[place])).toBe(true);
  });

  test("lets requests through again, until the next partition", async () => {
    const fake = make();
    FakeStripe.uninstall();
    const ask = () =>
      new Promise((resolve) => {
        const headers = { authorization: `Bearer ${fake.apiKey}` };
        const lookup = (_host: string, _options: object, done: (error: Error) => void) =>
          done(new Error("the network was asked"));
        const options = { host: "api.stripe.com", headers, lookup: lookup as never };
        const request = https.get(options, resolve);
        request.on("error", resolve);
      });
    expect(await ask()).toMatchObject({ message: "the network was asked" });
    expect(fake.requests).toHaveLength(0);
    make();
    expect(await ask()).toMatchObject({ statusCode: expect.any(Number) });
    expect(fake.requests).toHaveLength(1);
  });
});

describe("`using`", () => {
  test("stops the partition at the end of the block", async () => {
    let key = "";
    {
      using fake = FakeStripe.new();
      key = fake.apiKey;
      await new Stripe(key, OPTIONS).customers.list();
    }
    const error = await tries(new Stripe(key, OPTIONS));
    expect(error.message).toMatch(/no partition is alive/);
  });

  test("is also found by the registered symbol, for compilers that look there", () => {
    const fake = make() as any;
    expect(typeof fake[Symbol.for("Symbol.dispose")]).toBe("function");
    expect(typeof fake[Symbol.dispose]).toBe("function");
  });
});
