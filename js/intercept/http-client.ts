/**
 * `fake.httpClient`: what the `stripe` package takes as `httpClient`. No layer of Node is involved,
 * only promises, so nothing can be in its way.
 */

import { builtin } from "../builtin.ts";
import { type Answer, type Headers, headersOf, type Question, text, utf8 } from "../wire.ts";

type Ask = (question: Question) => Answer;

export class FakeHttpClient {
  readonly #ask: Ask;

  constructor(ask: Ask) {
    this.#ask = ask;
  }

  getClientName(): string {
    return "fakestripe";
  }

  async makeRequest(
    host: string,
    port: string | number,
    path: string,
    method: string,
    headers: Record<string, unknown>,
    requestData: string | Uint8Array | null | undefined,
    protocol: string,
    _timeout?: number,
  ): Promise<FakeHttpResponse> {
    const standard = String(port) === (protocol === "http" ? "80" : "443");
    const answer = this.#ask({
      method,
      url: `${protocol}://${host}${standard ? "" : `:${port}`}${path}`,
      headers: lowerCased(headers),
      body: typeof requestData === "string" ? utf8(requestData) : (requestData ?? utf8("")),
    });
    if (answer.failure) throw answer.failure;
    return new FakeHttpResponse(answer);
  }
}

/** The answer as stripe-node reads it. It writes on the raw response, so each call gets a new one. */
export class FakeHttpResponse {
  readonly #answer: Answer;
  readonly #headers: Headers;

  constructor(answer: Answer) {
    this.#answer = answer;
    this.#headers = headersOf(answer);
  }

  getStatusCode(): number {
    return this.#answer.status;
  }

  getHeaders(): Headers {
    return this.#headers;
  }

  getRawResponse(): object {
    return { statusCode: this.#answer.status, headers: this.#headers };
  }

  /** A stream of the kind that the platform has: a `Readable` in Node, else a `ReadableStream`. */
  toStream(done: () => void): unknown {
    const bytes = this.#answer.body;
    const stream = builtin("stream");
    done();
    if (!stream) {
      return new ReadableStream({
        start(controller) {
          controller.enqueue(bytes);
          controller.close();
        },
      });
    }
    const readable = new stream.Readable({ read() {} });
    readable.push(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
    readable.push(null);
    return readable;
  }

  async toJSON(): Promise<unknown> {
    return JSON.parse(text(this.#answer.body));
  }

  dispose(): void {}
}

function lowerCased(headers: Record<string, unknown>): Headers {
  const lower: Headers = {};
  for (const name in headers) {
    const value = headers[name];
    if (value !== undefined && value !== null) lower[name.toLowerCase()] = String(value);
  }
  return lower;
}
