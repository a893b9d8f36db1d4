/** Everything with which an app may speak HTTP, loaded before anything is installed. */

import http from "node:http";
import https, { request as namedRequest } from "node:https";
import net from "node:net";
import { connect as namedTlsConnect } from "node:tls";
import axios from "axios";
import got from "got";
import { JSDOM } from "jsdom";
import nodeFetch from "node-fetch";
import * as undici from "undici";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { FakeStripe } from "../../../js/index.ts";

const capturedFetch = globalThis.fetch;
const capturedRequest = https.request;
const capturedConnect = net.connect;

const URL_ = "https://api.stripe.com/v1/customers";
const BODY = "email=ana%40example.com";
const TYPE = "application/x-www-form-urlencoded";

let fake: FakeStripe;
beforeEach(() => {
  fake = FakeStripe.new();
});
afterEach(() => fake.stop());

const headers = () => ({ Authorization: `Bearer ${fake.apiKey}`, "Content-Type": TYPE });

type Made = { status: number; email: string; requestId: string | null | undefined };

function throughNode(request: typeof https.request, options: object = {}): Promise<Made> {
  return new Promise((resolve, reject) => {
    const sent = request(URL_, { method: "POST", headers: headers(), ...options }, (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (chunk) => (text += chunk));
      response.on("end", () => {
        const requestId = response.headers["request-id"] as string;
        resolve({ status: response.statusCode!, email: JSON.parse(text).email, requestId });
      });
    });
    sent.on("error", reject);
    sent.write(BODY.slice(0, 5));
    sent.end(BODY.slice(5));
  });
}

async function throughFetch(fetch: (url: string, init: any) => Promise<any>, more: object = {}) {
  const init = { method: "POST", headers: headers(), body: BODY, ...more };
  const response = await fetch(URL_, init);
  const { email } = await response.json();
  return { status: response.status, email, requestId: response.headers.get("request-id") };
}

const clients: Record<string, () => Promise<Made>> = {
  "https.request": () => throughNode(https.request),
  "https.request, imported by name": () => throughNode(namedRequest),
  "https.request, captured": () => throughNode(capturedRequest),
  "https.request, agent: false": () => throughNode(https.request, { agent: false }),
  "https.request, an agent of its own": () =>
    throughNode(https.request, { agent: new https.Agent({ keepAlive: true }) }),
  "http.request to the http port": () =>
    throughNode(((_url: string, options: object, done: any) =>
      http.request("http://api.stripe.com/v1/customers", options, done)) as never),
  fetch: () => throughFetch((url, init) => fetch(url, init)),
  "fetch with a Request": () => throughFetch((url, init) => fetch(new Request(url, init))),
  "fetch with URLSearchParams": () =>
    throughFetch((url, init) => fetch(url, init), { body: new URLSearchParams(BODY) }),
  "fetch with bytes": () =>
    throughFetch((url, init) => fetch(url, init), { body: new TextEncoder().encode(BODY) }),
  "fetch with a Blob": () => throughFetch((url, init) => fetch(url, init), { body: new Blob([BODY]) }),
  "fetch, captured": () => throughFetch(capturedFetch),
  "undici fetch": () => throughFetch(undici.fetch as never),
  "undici fetch with its own dispatcher": () =>
    throughFetch(undici.fetch as never, { dispatcher: new undici.Agent() }),
  "undici request": async () => {
    const answer = await undici.request(URL_, { method: "POST", headers: headers(), body: BODY });
    const { email } = (await answer.body.json()) as { email: string };
    const requestId = answer.headers["request-id"] as string;
    return { status: answer.statusCode, email, requestId };
  },
  "undici request with its own dispatcher": async () => {
    const dispatcher = new undici.Pool("https://api.stripe.com");
    const answer = await undici.request(URL_, {
      method: "POST",
      headers: headers(),
      body: BODY,
      dispatcher,
    });
    const { email } = (await answer.body.json()) as { email: string };
    const requestId = answer.headers["request-id"] as string;
    return { status: answer.statusCode, email, requestId };
  },
  axios: async () => {
    const { status, data, headers: got } = await axios.post(URL_, BODY, { headers: headers() });
    return { status, email: data.email, requestId: got["request-id"] };
  },
  "axios over fetch": async () => {
    const { status, data, headers: got } = await axios.post(URL_, BODY, {
      headers: headers(),
      adapter: "fetch",
    });
    return { status, email: data.email, requestId: got["request-id"] };
  },
  got: async () => {
    const answer = await got.post(URL_, { headers: headers(), body: BODY });
    const { email } = JSON.parse(answer.body);
    return { status: answer.statusCode, email, requestId: answer.headers["request-id"] as string };
  },
  "node-fetch": () => throughFetch(nodeFetch as never),
  "XMLHttpRequest of jsdom": () => {
    const { window } = new JSDOM("", { url: "https://shop.example.com/" });
    return new Promise((resolve, reject) => {
      const xhr = new window.XMLHttpRequest();
      xhr.open("POST", URL_);
      for (const [name, value] of Object.entries(headers())) xhr.setRequestHeader(name, value);
      xhr.onload = () => {
        const { email } = JSON.parse(xhr.responseText);
        resolve({ status: xhr.status, email, requestId: fake.requests.at(-1)!.requestId });
      };
      xhr.onerror = () => reject(new Error("the request failed"));
      xhr.send(BODY);
    });
  },
};

describe("a customer made with", () => {
  test.each(Object.keys(clients))("%s", async (name) => {
    const made = await clients[name]!();
    expect(made).toEqual({
      status: 200,
      email: "ana@example.com",
      requestId: expect.stringMatching(/^req_/),
    });
    const posts = fake.requests.filter(({ method }) => method === "POST");
    expect(posts.map(String)).toEqual(["POST /v1/customers"]);
    expect(posts[0]!.params).toEqual({ email: "ana@example.com" });
  });
});

describe("what is not Stripe's goes where it was going", () => {
  let server: http.Server;
  let origin: string;
  beforeAll(async () => {
    server = http.createServer((request, response) => response.end(`real ${request.url}`));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    origin = `http://127.0.0.1:${(server.address() as net.AddressInfo).port}`;
  });
  afterAll(() => server.close());

  test("fetch", async () => {
    expect(await (await fetch(`${origin}/a`)).text()).toBe("real /a");
    expect(await (await fetch(new Request(`${origin}/b`))).text()).toBe("real /b");
  });

  test("an agent", async () => {
    expect((await axios.get(`${origin}/c`, { adapter: "http" })).data).toBe("real /c");
  });

  test("undici", async () => {
    expect(await (await undici.request(`${origin}/d`)).body.text()).toBe("real /d");
  });

  test("a bare socket", async () => {
    const socket = net.connect(Number(new URL(origin).port), "127.0.0.1");
    socket.end("GET /e HTTP/1.0\r\n\r\n");
    let text = "";
    for await (const chunk of socket) text += chunk;
    expect(text).toContain("real /e");
  });

  test("a host that only sounds like Stripe's", async () => {
    await expect(fetch("http://api.stripe.com.invalid/v1/customers")).rejects.toThrow();
    expect(fake.requests).toHaveLength(0);
  });
});

describe("the answer to a fetch", () => {
  const ask = () => fetch(URL_, { headers: headers() });

  test("is a Response that can be read once, in every way", async () => {
    const response = await ask();
    expect(response).toBeInstanceOf(Response);
    expect(response.ok).toBe(true);
    expect(response.url).toBe(URL_);
    const copy = response.clone();
    const text = await response.text();
    expect(JSON.parse(text).object).toBe("list");
    expect(response.bodyUsed).toBe(true);
    await expect(response.json()).rejects.toThrow(TypeError);
    expect(Buffer.from(await copy.arrayBuffer()).toString()).toBe(text);
    expect(await (await (await ask()).blob()).text()).toBe(text);
  });

  test("streams", async () => {
    const response = await ask();
    let text = "";
    for await (const chunk of response.body as any) text += Buffer.from(chunk).toString();
    expect(JSON.parse(text).object).toBe("list");
  });

  test("is an abort where the signal was aborted", async () => {
    const signal = AbortSignal.abort();
    await expect(fetch(URL_, { signal })).rejects.toMatchObject({ name: "AbortError" });
    expect(fake.requests).toHaveLength(0);
  });
});

describe("a request through an agent", () => {
  test("can be aborted before it is answered", async () => {
    const failed = new Promise<Error>((resolve, reject) => {
      const request = https.request(URL_, { headers: headers() }, () => reject(new Error("answer")));
      request.on("error", resolve);
      request.end();
      request.destroy();
    });
    expect(await failed).toMatchObject({ code: "ECONNRESET" });
    expect(fake.requests).toHaveLength(0);
  });

  test("ends with `close`, after its response did", async () => {
    const events: string[] = [];
    await new Promise<void>((resolve) => {
      const request = https.get(URL_, { headers: headers() }, (response) => {
        response.on("end", () => events.push("end")).resume();
      });
      request.on("close", () => {
        events.push("close");
        resolve();
      });
    });
    expect(events).toEqual(["end", "close"]);
  });

  test("is an abort where the signal was aborted", async () => {
    const controller = new AbortController();
    const failed = new Promise<Error>((resolve, reject) => {
      const options = { headers: headers(), signal: controller.signal };
      const request = https.get(URL_, options, () => reject(new Error("answer")));
      request.on("error", resolve);
    });
    controller.abort();
    expect(await failed).toMatchObject({ name: "AbortError" });
  });
});

describe("a browser's preflight", () => {
  test("is allowed, for every partition alike", async () => {
    const response = await fetch(URL_, {
      method: "OPTIONS",
      headers: { "access-control-request-headers": "authorization" },
    });
    expect(response.status).toBe(200);
    expect(response.headers.get("access-control-allow-origin")).toBe("*");
    expect(response.headers.get("access-control-allow-headers")).toBe("authorization");
  });
});

describe("a bare TLS connection", () => {
  test("never leaves, even if it was imported by name", async () => {
    const socket = namedTlsConnect({ host: "api.stripe.com", port: 443 });
    socket.write(`GET /v1/customers HTTP/1.1\r\nHost: api.stripe.com\r\n`);
    socket.write(`Authorization: Bearer ${fake.apiKey}\r\n\r\n`);
    let text = "";
    for await (const chunk of socket) text += chunk;
    expect(text).toMatch(/^HTTP\/1.1 200 OK\r\n/);
  });
});

describe("a bare socket", () => {
  const asked = () =>
    `GET /v1/customers HTTP/1.1\r\nHost: api.stripe.com\r\nAuthorization: Bearer ${fake.apiKey}\r\n\r\n`;
  const sockets: Record<string, () => net.Socket> = {
    "that is told to connect": () => new net.Socket().connect(80, "api.stripe.com"),
    "that is told so by options": () => {
      return new net.Socket().connect({ host: "api.stripe.com", port: 80 });
    },
    "of a connect that was captured": () => capturedConnect(80, "api.stripe.com"),
  };

  test.each(Object.keys(sockets))("%s is answered from memory", async (name) => {
    const socket = sockets[name]!();
    await new Promise((resolve) => socket.once("connect", resolve));
    expect(socket.connecting).toBe(false);
    socket.write(asked());
    let text = "";
    for await (const chunk of socket) text += chunk;
    expect(text).toMatch(/^HTTP\/1.1 200 OK\r\n/);
    expect(fake.requests.map(String)).toEqual(["GET /v1/customers"]);
  });

  test("calls back once it is connected", async () => {
    const socket = new net.Socket();
    await new Promise<void>((resolve) => socket.connect(80, "api.stripe.com", resolve));
    const closed = new Promise((resolve) => socket.once("close", resolve));
    socket.destroy();
    await closed;
    expect(fake.requests).toHaveLength(0);
  });

  test("may carry what is encrypted", async () => {
    const plain = new net.Socket().connect(443, "api.stripe.com");
    const socket = namedTlsConnect({ socket: plain, servername: "api.stripe.com" });
    socket.write(asked());
    let text = "";
    for await (const chunk of socket) text += chunk;
    expect(text).toMatch(/^HTTP\/1.1 200 OK\r\n/);
    plain.destroy();
  });
});

describe("a host of Stripe's that is not of the API", () => {
  const hosts = [
    "js.stripe.com",
    "m.stripe.network",
    "hooks.stripe.com",
    "checkout.stripe.com",
    "stripe.com",
  ];

  test.each(hosts)("%s is refused, and not asked", async (host) => {
    const answered = await fetch(`https://${host}/v3/`);
    expect(answered.status).toBe(404);
    const { error } = await answered.json();
    expect(error.message).toMatch(new RegExp(`^fakestripe: ${host} is a host of Stripe's`));
    expect(fake.requests).toHaveLength(0);
  });

  test("is refused to every client", async () => {
    const url = "https://js.stripe.com/v3/";
    const refused = { response: { status: 404 } };
    await expect(axios.get(url, { adapter: "http" })).rejects.toMatchObject(refused);
    expect((await capturedFetch(url)).status).toBe(404);
    expect((await undici.request(url)).statusCode).toBe(404);
  });
});
