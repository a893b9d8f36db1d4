/**
 * What crosses between the ways of catching a request and a partition: a question and an answer,
 * independent of how the question was caught.
 */

import { builtin } from "./builtin.ts";

/** Headers by lower-case name. */
export type Headers = Record<string, string>;

export interface Question {
  method: string;
  /** The whole URL, such as `https://api.stripe.com/v1/customers?limit=3`. */
  url: string;
  headers: Headers;
  body: Uint8Array;
  /** A failure that the test wants in place of the answer, as JSON. */
  fault?: string;
}

export interface Answer {
  readonly status: number;
  /** Names in lower case and values, alternating, as Node's `rawHeaders` has them. */
  readonly rawHeaders: readonly string[];
  readonly body: Uint8Array;
  /** With status 0: the connection breaks with this, and there is no answer. */
  readonly failure?: Error;
}

const encoder = /* @__PURE__ */ lazily(() => new (textCoding().TextEncoder)());
const decoder = /* @__PURE__ */ lazily(() => new (textCoding().TextDecoder)());

export const NO_BYTES = new Uint8Array(0);

export function utf8(text: string): Uint8Array {
  return text === "" ? NO_BYTES : encoder().encode(text);
}

export function text(bytes: Uint8Array): string {
  return decoder().decode(bytes);
}

/** The headers of an answer by name. */
export function headersOf(answer: Answer): Headers {
  const headers: Headers = {};
  const raw = answer.rawHeaders;
  for (let i = 0; i < raw.length; i += 2) headers[raw[i]!] = raw[i + 1]!;
  return headers;
}

/**
 * Headers the engine has no use for. They are long, and differ from one machine and run to the next,
 * so they stay outside.
 */
const NOT_FOR_THE_ENGINE = new Set([
  "user-agent",
  "x-stripe-client-user-agent",
  "x-stripe-client-telemetry",
  "accept",
  "accept-encoding",
  "accept-language",
  "cache-control",
  "connection",
  "content-length",
  "host",
  "transfer-encoding",
]);

/** The head of a question as the engine reads it: a request line, then a line per header. */
export function writeHead(question: Question): string {
  let head = `${question.method} ${oneLine(question.url)}`;
  const headers = question.headers;
  for (const name in headers) {
    if (!NOT_FOR_THE_ENGINE.has(name)) head += `\n${name}: ${oneLine(headers[name]!)}`;
  }
  if (question.fault !== undefined) head += `\nfakestripe-fault: ${oneLine(question.fault)}`;
  return head;
}

function oneLine(value: string): string {
  return /[\r\n]/.test(value) ? value.replace(/[\r\n]+/g, " ") : value;
}

/** `name: value` lines as Node's `rawHeaders` has them: names and values, alternating. */
export function cutHeaders(lines: string, from = 0): string[] {
  const rawHeaders: string[] = [];
  let end = from - 1;
  for (let start = from; start < lines.length; start = end + 1) {
    end = lines.indexOf("\n", start);
    if (end < 0) end = lines.length;
    const colon = lines.indexOf(": ", start);
    if (colon < 0 || end < colon) continue;
    rawHeaders.push(lines.slice(start, colon), lines.slice(colon + 2, end));
  }
  return rawHeaders;
}

/**
 * An answer of the engine: its head is cut into lines here, its body stays where it is. `constant`
 * are the headers of every answer, which the engine tells only once.
 */
export function readAnswer(
  bytes: Uint8Array,
  constant: readonly string[],
): Answer & { outbox: number } {
  const length = bytes[0]! | (bytes[1]! << 8) | (bytes[2]! << 16) | (bytes[3]! << 24);
  const head = text(bytes.subarray(4, 4 + length));
  const end = head.indexOf("\n");
  const [status, outbox] = head.slice(0, end < 0 ? head.length : end).split(" ");
  return {
    status: Number(status),
    rawHeaders: constant.concat(end < 0 ? [] : cutHeaders(head, end + 1)),
    body: bytes.subarray(4 + length),
    outbox: Number(outbox ?? 0),
  };
}

/**
 * A complaint of ours, which Stripe does not have. It is an ordinary refusal that says not to retry:
 * a thrown network error would be retried for a second and end as "connection to Stripe" failing.
 */
export function complaint(message: string, status = 400): Answer {
  const type = status < 500 ? "invalid_request_error" : "api_error";
  const body = { error: { message: `fakestripe: ${message}`, type } };
  return {
    status,
    rawHeaders: [
      "content-type",
      "application/json",
      "access-control-allow-origin",
      "*",
      "stripe-should-retry",
      "false",
    ],
    body: utf8(`${JSON.stringify(body, null, 2)}\n`),
  };
}

/** The answer to a browser's question whether it may ask at all. */
export function preflight(headers: Headers): Answer {
  return {
    status: 200,
    rawHeaders: [
      "access-control-allow-origin",
      "*",
      "access-control-allow-methods",
      "GET, HEAD, PUT, PATCH, POST, DELETE",
      "access-control-allow-headers",
      headers["access-control-request-headers"] ?? "*",
      "access-control-expose-headers",
      "Request-Id, Stripe-Manage-Version, Stripe-Should-Retry, X-Stripe-External-Auth-Required",
      "access-control-max-age",
      "300",
    ],
    body: NO_BYTES,
  };
}

/** jsdom under Jest has neither class among its globals; Node has them elsewhere too. */
function textCoding(): Pick<typeof globalThis, "TextEncoder" | "TextDecoder"> {
  if (typeof TextEncoder === "function" && typeof TextDecoder === "function") return globalThis;
  return builtin("util") as unknown as typeof globalThis;
}

function lazily<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => (made ??= make());
}
