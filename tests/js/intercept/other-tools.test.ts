/** MSW, nock and stubs of `fetch`, installed before us and after us. */

import axios from "axios";
import { HttpResponse, http } from "msw";
import { setupServer } from "msw/node";
import nock from "nock";
import Stripe from "stripe";
import { afterEach, describe, expect, test, vi } from "vitest";
import { FakeStripe } from "../../../js/index.ts";

const ELSEWHERE = "https://shop.example.com/stock";

const endings: (() => void)[] = [];
afterEach(() => {
  for (const end of endings.splice(0).reverse()) end();
  FakeStripe.uninstall();
});

function make(): FakeStripe {
  const fake = FakeStripe.new();
  endings.push(() => fake.stop());
  return fake;
}

const tools = {
  MSW: () => {
    const handler = http.get(ELSEWHERE, () => HttpResponse.json({ from: "the other tool" }));
    const server = setupServer(handler);
    server.listen({ onUnhandledRequest: "error" });
    endings.push(() => server.close());
    return () => server.close();
  },
  nock: () => {
    nock.activate();
    nock.disableNetConnect();
    nock(new URL(ELSEWHERE).origin)
      .persist()
      .get("/stock")
      .reply(200, { from: "the other tool" });
    const end = () => {
      nock.cleanAll();
      nock.enableNetConnect();
      nock.restore();
    };
    endings.push(end);
    return end;
  },
};

// nock takes over as soon as it is imported.
nock.restore();

async function isServed(fake: FakeStripe): Promise<void> {
  const before = fake.requests.length;
  await new Stripe(fake.apiKey, { maxNetworkRetries: 0 }).customers.create({});
  const httpClient = Stripe.createFetchHttpClient();
  await new Stripe(fake.apiKey, { maxNetworkRetries: 0, httpClient }).customers.create({});
  expect(fake.requests.length - before).toBe(2);
}

async function otherToolServes(): Promise<void> {
  expect((await axios.get(ELSEWHERE, { adapter: "http" })).data).toEqual({ from: "the other tool" });
  expect(await (await fetch(ELSEWHERE)).json()).toEqual({ from: "the other tool" });
}

describe.each(Object.keys(tools) as (keyof typeof tools)[])("%s", (name) => {
  test("before us: we answer for Stripe, and it for the rest", async () => {
    tools[name]();
    const fake = make();
    await isServed(fake);
    await otherToolServes();
  });

  test("after us: the next partition is on top again", async () => {
    const early = make();
    tools[name]();
    await new Stripe(early.apiKey, { maxNetworkRetries: 0 }).customers.create({});
    const fake = make();
    await isServed(early);
    await isServed(fake);
    await otherToolServes();
  });

  test("ended while we go on: what it took away with it is caught further down", async () => {
    const end = tools[name]();
    const fake = make();
    end();
    await isServed(fake);
  });

  test("many times over", async () => {
    for (let round = 0; round < 5; round++) {
      const end = tools[name]();
      const fake = make();
      await isServed(fake);
      await otherToolServes();
      end();
      await isServed(fake);
      fake.stop();
    }
    FakeStripe.uninstall();
    expect(Object.hasOwn(globalThis, "fetch") && fetch.name).toBe("fetch");
  });
});

describe("a stub of `fetch`", () => {
  test("after us: the next partition is on top, and the stub serves the rest", async () => {
    make();
    vi.stubGlobal("fetch", async () => new Response("stub"));
    endings.push(() => vi.unstubAllGlobals());
    const fake = make();
    await isServed(fake);
    expect(await (await fetch(ELSEWHERE)).text()).toBe("stub");
    vi.unstubAllGlobals();
    await isServed(fake);
  });

  test("as a spy on what is already ours: it sees the requests, and we answer them", async () => {
    const fake = make();
    const spy = vi.spyOn(globalThis, "fetch");
    endings.push(() => spy.mockRestore());
    await isServed(fake);
    expect(spy).toHaveBeenCalledTimes(1);
  });
});
