/** What was asked of a partition over HTTP and what it answered, in order. */

import { type Answer, type Headers, headersOf, type Question, text } from "./wire.ts";

/** One request and its answer. Everything is read from the bytes when it is looked at. */
export class RequestRecord {
  readonly #question: Question;
  readonly #answer: Answer;

  /** @internal */
  constructor(question: Question, answer: Answer) {
    this.#question = question;
    this.#answer = answer;
  }

  get method(): string {
    return this.#question.method;
  }

  get url(): string {
    return this.#question.url;
  }

  /** The path without the query, such as `/v1/customers`. */
  get path(): string {
    return new URL(this.#question.url).pathname;
  }

  /** The headers of the request, by lower-case name. */
  get headers(): Headers {
    return { ...this.#question.headers };
  }

  /** The parameters of the query and the body, nested as the API reads them. */
  get params(): Record<string, unknown> {
    const params: Record<string, unknown> = {};
    readForm(new URL(this.#question.url).searchParams, params);
    const type = this.#question.headers["content-type"] ?? "";
    if (/json/.test(type)) return { ...params, ...(parsed(this.rawBody) as object) };
    if (!/multipart/.test(type)) readForm(new URLSearchParams(this.rawBody), params);
    return params;
  }

  /** The body of the request, as it was sent. */
  get rawBody(): string {
    return text(this.#question.body);
  }

  get status(): number {
    return this.#answer.status;
  }

  get responseHeaders(): Headers {
    return headersOf(this.#answer);
  }

  /** The answer's body: parsed where it is JSON, else its text. */
  get body(): any {
    return parsed(text(this.#answer.body));
  }

  get requestId(): string | undefined {
    return this.responseHeaders["request-id"];
  }

  /** The request as one would write it, such as `POST /v1/customers`. */
  toString(): string {
    return `${this.method} ${this.path}`;
  }

  toJSON(): object {
    const { method, url, path, headers, params, status, body, requestId } = this;
    return { method, url, path, headers, params, status, body, requestId };
  }

  [Symbol.for("nodejs.util.inspect.custom")](): object {
    return this.toJSON();
  }
}

/** Records beyond this many are dropped, the oldest first, so that long runs keep a flat memory. */
const KEPT = 10_000;

export class RequestLog {
  readonly records: RequestRecord[] = [];

  add(question: Question, answer: Answer): void {
    this.records.push(new RequestRecord(question, answer));
    if (KEPT * 1.1 <= this.records.length) this.records.splice(0, this.records.length - KEPT);
  }
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return body;
  }
}

/** `a[b][]=c` as `{ a: { b: ["c"] } }`. It is for looking at; the engine reads the bytes itself. */
function readForm(pairs: URLSearchParams, params: Record<string, unknown>): void {
  for (const [name, value] of pairs) {
    const path = name.split(/\]?\[/).map((part) => part.replace(/\]$/, ""));
    let place: any = params;
    path.forEach((part, depth) => {
      const key = part === "" && Array.isArray(place) ? String(place.length) : part;
      if (key === "__proto__") return;
      if (depth === path.length - 1) place[key] = value;
      else place = place[key] ??= /^\d*$/.test(path[depth + 1]!) ? [] : {};
    });
  }
}
