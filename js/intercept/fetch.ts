/** Catches `globalThis.fetch`, and answers with a `Response` that does not need undici's streams. */

import { isStripeUrl } from "../hosts.ts";
import { hub } from "../hub.ts";
import { answer, onTheNetwork, passesThrough } from "../route.ts";
import {
  type Answer,
  type Headers as PlainHeaders,
  NO_BYTES,
  type Question,
  text,
  utf8,
} from "../wire.ts";
import { Patch } from "./patch.ts";

type Fetch = typeof globalThis.fetch;

export const fetchPatch = new Patch(
  () => globalThis,
  "fetch",
  (beneath: Fetch) =>
    function fetch(this: unknown, input: RequestInfo | URL, init?: RequestInit) {
      if (!hub.installed || !isStripeUrl(urlOf(input))) {
        return Reflect.apply(beneath, this, arguments as unknown as Parameters<Fetch>);
      }
      if (passesThrough(headersFrom(input, init)["authorization"])) {
        return onTheNetwork(() => Reflect.apply(beneath, this, [input, init]));
      }
      return fetchFrom(answer, input, init);
    },
);

/** `fetch`, answered by whoever is asked. */
export async function fetchFrom(
  ask: (question: Question) => Answer,
  input: RequestInfo | URL,
  init?: RequestInit,
): Promise<Response> {
  const signal = init?.signal ?? (isRequest(input) ? input.signal : undefined);
  if (signal?.aborted) throw reasonOf(signal);
  // A body that is at hand is sent without waiting, so that requests keep the order of their calls.
  const body = bodyAtHand(input, init);
  const question = body ? plainQuestion(input, init, body) : await questionOf(input, init);
  if (signal?.aborted) throw reasonOf(signal);
  const answer = ask(question);
  if (answer.failure) throw fetchFailed(answer.failure);
  return responseOf(answer, question.url);
}

/** What `fetch` throws where a connection breaks. */
function fetchFailed(cause: Error): TypeError {
  return Object.assign(new TypeError("fetch failed"), { cause });
}

/** The question that a `fetch` of these arguments asks. */
export async function questionOf(
  input: RequestInfo | URL,
  init?: RequestInit,
): Promise<Question> {
  const body = bodyAtHand(input, init);
  if (body) return plainQuestion(input, init, body);
  // Streams, blobs and forms are left to the platform, which also knows their content type.
  const source = init?.body != null ? new Response(init.body) : (input as Request);
  const bytes = new Uint8Array(await source.arrayBuffer());
  return plainQuestion(input, init, { bytes, type: source.headers.get("content-type") });
}

/** A `Response` with that answer. */
export function responseOf(answer: Answer, url: string): Response {
  if (typeof Response !== "function") {
    throw new Error(
      "fakestripe: there is no `Response` here. Use a test environment that has one, such as " +
        "`node`, or give `fake.stripeOptions()` to the Stripe client.",
    );
  }
  if (responseClass?.base !== Response) responseClass = makeResponseClass(Response);
  return responseClass.make(answer, url);
}

interface Body {
  bytes: Uint8Array;
  type?: string | null;
}

/** The body, if it can be had without waiting. */
function bodyAtHand(input: RequestInfo | URL, init: RequestInit | undefined): Body | undefined {
  const body: unknown = init?.body;
  if (body === undefined || body === null) {
    return isRequest(input) && input.body ? undefined : { bytes: NO_BYTES };
  }
  if (typeof body === "string") return { bytes: utf8(body), type: "text/plain;charset=UTF-8" };
  if (ArrayBuffer.isView(body)) {
    return { bytes: new Uint8Array(body.buffer, body.byteOffset, body.byteLength).slice() };
  }
  const kind = Object.prototype.toString.call(body);
  if (kind === "[object ArrayBuffer]") return { bytes: new Uint8Array(body as ArrayBuffer).slice() };
  if (kind === "[object URLSearchParams]") {
    return { bytes: utf8(String(body)), type: "application/x-www-form-urlencoded;charset=UTF-8" };
  }
  return undefined;
}

function plainQuestion(
  input: RequestInfo | URL,
  init: RequestInit | undefined,
  body: Body,
): Question {
  const headers = headersFrom(input, init);
  if (body.type) headers["content-type"] ??= body.type;
  const method = init?.method ?? (isRequest(input) ? input.method : "GET");
  return { method: method.toUpperCase(), url: urlOf(input), headers, body: body.bytes };
}

function headersFrom(input: RequestInfo | URL, init: RequestInit | undefined): PlainHeaders {
  const given: unknown = init?.headers ?? (isRequest(input) ? input.headers : undefined);
  const headers: PlainHeaders = {};
  if (!given) return headers;
  const pairs: Iterable<readonly [string, unknown]> =
    typeof (given as { [Symbol.iterator]?: unknown })[Symbol.iterator] === "function"
      ? (given as Iterable<[string, string]>)
      : Object.entries(given);
  for (const [name, value] of pairs) {
    const lower = name.toLowerCase();
    const before = headers[lower];
    headers[lower] = before === undefined ? String(value) : `${before}, ${String(value)}`;
  }
  return headers;
}

function urlOf(input: RequestInfo | URL): string {
  return typeof input === "string" ? input : isRequest(input) ? input.url : String(input);
}

/** Requests of another realm are requests too, so what counts is what they have. */
function isRequest(input: unknown): input is Request {
  const request = input as Partial<Request> | undefined;
  return typeof request?.url === "string" && typeof request.arrayBuffer === "function";
}

function reasonOf(signal: AbortSignal): unknown {
  return signal.reason ?? new DOMException("This operation was aborted", "AbortError");
}

interface ResponseClass {
  base: typeof Response;
  make(answer: Answer, url: string): Response;
}

let responseClass: ResponseClass | undefined;

/**
 * A `Response` whose readers are answered from the bytes. The platform's own would go through its
 * streams: twice the time, and an endless loop where `queueMicrotask` is faked. Whoever asks for the
 * stream itself gets a real one.
 */
function makeResponseClass(Base: typeof Response): ResponseClass {
  class FakeResponse extends Base {
    #answer: Answer;
    #url: string;
    #used = false;
    #headers: Headers | undefined;
    #whole: Response | undefined;

    constructor(answer: Answer, url: string) {
      super(null, { status: answer.status });
      this.#answer = answer;
      this.#url = url;
    }

    override get url(): string {
      return this.#url;
    }

    override get headers(): Headers {
      return (this.#headers ??= headersObject(this.#answer));
    }

    override get body() {
      return this.#streaming().body;
    }

    override get bodyUsed(): boolean {
      return this.#used || (this.#whole?.bodyUsed ?? false);
    }

    override async text(): Promise<string> {
      return text(this.#take());
    }

    override async json(): Promise<any> {
      return JSON.parse(text(this.#take()));
    }

    override async arrayBuffer(): Promise<ArrayBuffer> {
      return this.#take().slice().buffer as ArrayBuffer;
    }

    override async bytes(): Promise<any> {
      return this.#take().slice();
    }

    override async blob(): Promise<Blob> {
      return new Response(this.#take() as BodyInit, { headers: this.headers }).blob();
    }

    override async formData(): Promise<FormData> {
      return new Response(this.#take() as BodyInit, { headers: this.headers }).formData();
    }

    override clone(): Response {
      if (this.bodyUsed) throw new TypeError("Response.clone: Body has already been consumed.");
      return new FakeResponse(this.#answer, this.#url);
    }

    #take(): Uint8Array {
      if (this.bodyUsed || this.#whole?.body?.locked) {
        throw new TypeError("Body is unusable: Body has already been read");
      }
      this.#used = true;
      return this.#answer.body;
    }

    #streaming(): Response {
      const bytes = this.#used ? NO_BYTES : this.#answer.body;
      const isNull = NULL_BODY.has(this.#answer.status);
      return (this.#whole ??= new Base(isNull ? null : (bytes as BodyInit)));
    }
  }
  return { base: Base, make: (answer, url) => new FakeResponse(answer, url) };
}

const NULL_BODY = new Set([101, 204, 205, 304]);

function headersObject(answer: Answer): Headers {
  const headers = new Headers();
  const raw = answer.rawHeaders;
  for (let i = 0; i < raw.length; i += 2) headers.append(raw[i]!, raw[i + 1]!);
  return headers;
}
