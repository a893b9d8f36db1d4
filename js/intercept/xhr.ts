/**
 * Catches XMLHttpRequest in browsers, where there is no Node beneath it. (In Node, jsdom's and
 * happy-dom's go through an agent or a socket, and are caught there.)
 *
 * The methods of the prototype are replaced, so it does not matter when the class was captured.
 */

import { builtin } from "../builtin.ts";
import { isStripeUrl } from "../hosts.ts";
import { hub } from "../hub.ts";
import { answer, passesThrough } from "../route.ts";
import { type Answer, type Headers, headersOf, NO_BYTES, type Question, text } from "../wire.ts";
import { questionOf } from "./fetch.ts";
import { Patch } from "./patch.ts";

interface Caught {
  method: string;
  url: string;
  isAsync: boolean;
  headers: Headers;
  aborted: boolean;
  answer?: Answer;
}

const caught = new WeakMap<XMLHttpRequest, Caught>();

function prototype(): XMLHttpRequest | undefined {
  if (builtin("http")) return undefined;
  return (globalThis as { XMLHttpRequest?: typeof XMLHttpRequest }).XMLHttpRequest?.prototype;
}

/** A method of ours that steps in for requests that were opened to one of Stripe's hosts. */
function methodPatch(
  name: string,
  ours: (request: XMLHttpRequest, state: Caught, args: any[]) => unknown,
): Patch {
  return new Patch(
    prototype,
    name,
    (beneath: (...args: any[]) => unknown) =>
      function (this: XMLHttpRequest, ...args: any[]) {
        const state = caught.get(this);
        return state ? ours(this, state, args) : beneath.apply(this, args);
      },
  );
}

const openPatch = new Patch(
  prototype,
  "open",
  (beneath: (...args: any[]) => unknown) =>
    function open(this: XMLHttpRequest, method: string, url: string | URL, ...rest: any[]) {
      release(this);
      if (!hub.installed || !isStripeUrl(String(url))) {
        return beneath.call(this, method, url, ...rest);
      }
      const isAsync = rest[0] !== false;
      const state: Caught = {
        method: method.toUpperCase(),
        url: String(url),
        isAsync,
        headers: {},
        aborted: false,
      };
      caught.set(this, state);
      show(this, { readyState: 1, status: 0, statusText: "", responseURL: "" });
      this.dispatchEvent(new Event("readystatechange"));
    },
);

const sendPatch = new Patch(
  prototype,
  "send",
  (beneath: (...args: any[]) => unknown) =>
    function send(this: XMLHttpRequest, body?: XMLHttpRequestBodyInit | null) {
      const state = caught.get(this);
      if (!state) return beneath.call(this, body);
      if (passesThrough(state.headers["authorization"])) return reopen(this, state, body);
      if (!state.isAsync && typeof (body ?? "") === "string") {
        const bytes = new TextEncoder().encode((body as string | null | undefined) ?? "");
        return finish(this, state, answer({ ...state, body: bytes }));
      }
      void ask(state, body).then((got) => {
        if (state.aborted || caught.get(this) !== state) return;
        if (got.failure) fail(this);
        else finish(this, state, got);
      });
    },
);

export const xhrPatches: readonly Patch[] = [
  openPatch,
  sendPatch,
  methodPatch("setRequestHeader", (_request, state, [name, value]) => {
    const lower = String(name).toLowerCase();
    const before = state.headers[lower];
    state.headers[lower] = before === undefined ? String(value) : `${before}, ${value}`;
  }),
  methodPatch("getResponseHeader", (_request, state, [name]) => {
    return (state.answer && headersOf(state.answer)[String(name).toLowerCase()]) ?? null;
  }),
  methodPatch("getAllResponseHeaders", (_request, state) => {
    const headers = state.answer ? headersOf(state.answer) : {};
    return Object.entries(headers)
      .map(([name, value]) => `${name}: ${value}\r\n`)
      .join("");
  }),
  methodPatch("abort", (request, state) => {
    state.aborted = true;
    if (state.answer) return;
    show(request, { readyState: 4 });
    for (const type of ["readystatechange", "abort", "loadend"]) {
      request.dispatchEvent(new ProgressEvent(type));
    }
    show(request, { readyState: 0 });
  }),
  methodPatch("overrideMimeType", () => undefined),
];

async function ask(state: Caught, body: XMLHttpRequestBodyInit | null | undefined): Promise<Answer> {
  const { method, url, headers } = state;
  const question: Question =
    body === undefined || body === null || method === "GET" || method === "HEAD"
      ? { method, url, headers, body: NO_BYTES }
      : await questionOf(url, { method, headers, body: body as BodyInit });
  return answer(question);
}

function finish(request: XMLHttpRequest, state: Caught, got: Answer): void {
  state.answer = got;
  const body = text(got.body);
  show(request, {
    status: got.status,
    statusText: "",
    responseURL: state.url,
    ...(request.responseType === "" || request.responseType === "text"
      ? { responseText: body }
      : {}),
    response: responseAs(request.responseType, got.body, body),
  });
  for (const readyState of [2, 3, 4]) {
    show(request, { readyState });
    request.dispatchEvent(new Event("readystatechange"));
  }
  const size = { lengthComputable: true, loaded: got.body.length, total: got.body.length };
  for (const type of ["progress", "load", "loadend"]) {
    request.dispatchEvent(new ProgressEvent(type, size));
  }
}

/** The connection broke: there is no answer. */
function fail(request: XMLHttpRequest): void {
  show(request, { readyState: 4 });
  request.dispatchEvent(new Event("readystatechange"));
  for (const type of ["error", "loadend"]) request.dispatchEvent(new ProgressEvent(type));
}

function responseAs(type: XMLHttpRequestResponseType, bytes: Uint8Array, body: string): unknown {
  switch (type) {
    case "json":
      try {
        return JSON.parse(body);
      } catch {
        return null;
      }
    case "arraybuffer":
      return bytes.slice().buffer;
    case "blob":
      return new Blob([bytes as BlobPart]);
    default:
      return body;
  }
}

/** Hands a request that is to use the network back to the platform. */
function reopen(request: XMLHttpRequest, state: Caught, body: unknown): void {
  const { responseType, timeout, withCredentials } = request;
  release(request);
  const installed = hub.installed;
  hub.installed = false;
  try {
    request.open(state.method, state.url, state.isAsync);
  } finally {
    hub.installed = installed;
  }
  for (const name in state.headers) request.setRequestHeader(name, state.headers[name]!);
  Object.assign(request, state.isAsync ? { responseType, timeout, withCredentials } : {});
  request.send(body as XMLHttpRequestBodyInit);
}

/** Properties of the instance that cover the platform's own, which cannot be written. */
function show(request: XMLHttpRequest, properties: Record<string, unknown>): void {
  for (const name in properties) {
    Object.defineProperty(request, name, { value: properties[name], configurable: true });
  }
}

function release(request: XMLHttpRequest): void {
  if (!caught.delete(request)) return;
  for (const name of Object.getOwnPropertyNames(request)) {
    if (SHOWN.has(name)) delete (request as unknown as Record<string, unknown>)[name];
  }
}

const SHOWN = new Set([
  "readyState",
  "status",
  "statusText",
  "responseURL",
  "responseText",
  "response",
]);
