/**
 * `fake.webhooks`: delivers the partition's events to the handlers under test.
 *
 * The engine decides who gets what, signs, and plans retries; here is only the sending. Deliveries go
 * out one after another, and the first one starts in a turn of the event loop of its own: whoever
 * asked for what happened has its answer by then, as at Stripe. A message channel makes that turn,
 * because tests fake timers and nobody fakes channels.
 */

import { builtin } from "./builtin.ts";
import type { Partition } from "./engine/partition.ts";
import { hostNow } from "./engine/partition.ts";
import { onTheNetwork } from "./route.ts";
import { callNode, type NodeHandler } from "./webhooks/node.ts";
import { utf8 } from "./wire.ts";

/** A handler with web types: a function, a route handler of Next's, or an app with `fetch` (Hono). */
export type WebHandler = (request: Request) => unknown;

/** Where events can go. */
export type Target =
  | WebHandler
  | NodeHandler
  | { fetch(request: Request): unknown }
  | string
  | URL;

/** How deliveries go wrong, as Stripe warns that they may. All of it follows from the seed. */
export type Delivery = "exact" | "late" | "twice" | "shuffled" | "never";

export interface ForwardOptions {
  /** The types to deliver. Default: all but those that need to be named. */
  enabled_events?: string[];
  /** What signatures are made with. Default: one made for the endpoint. */
  secret?: string;
  /** Delivers the events of connected accounts instead of the platform's own. Default: false. */
  connect?: boolean;
  /** The API version that events say they have. */
  api_version?: string;
  /** The URL that the handler believes to have. */
  url?: string;
  /** An endpoint or event destination that the API made, by its id: its deliveries come here. */
  endpoint?: string;
  /** Default: "exact", once and in the order in which things happened. */
  delivery?: Delivery | Delivery[];
  /** Which kind of function the target is. Default: one with two parameters or more is Node's. */
  kind?: "web" | "node";
}

export interface Forwarding {
  /** The id of the webhook endpoint, `we_...`. */
  readonly id: string;
  /** For `stripe.webhooks.constructEvent`. */
  readonly secret: string;
  readonly url: string;
  /** Ends the deliveries and deletes the endpoint. */
  stop(): void;
}

/** One attempt to deliver an event, and what it came to. */
export interface DeliveryAttempt {
  /** Of the delivery; the same in all its attempts. */
  readonly id: string;
  /** 1 for the first. */
  readonly attempt: number;
  readonly endpoint: string;
  readonly url: string;
  readonly type: string;
  /** The event, as it was sent. */
  readonly event: any;
  readonly payload: string;
  readonly headers: Record<string, string>;
  /** The status of the answer; undefined where there was none. */
  status: number | undefined;
  /** The body of the answer. */
  body: string | undefined;
  /** What the handler threw, or why nothing was sent. */
  error: unknown;
  /** Whether the answer was 2xx. */
  delivered: boolean;
}

/** A delivery, as the engine hands it out. */
interface Handed {
  id: string;
  attempt: number;
  endpoint: string;
  url: string;
  type: string;
  payload: string;
  signature: string;
}

interface Sink {
  url: string;
  send: (request: Sent) => Promise<{ status: number; body: string }>;
}

interface Sent {
  url: string;
  headers: Record<string, string>;
  payload: string;
}

interface Waiter {
  type: string;
  resolve: (event: any) => void;
  reject: (reason: Error) => void;
}

/** Beyond this many, attempts are dropped, the oldest first. */
const KEPT = 10_000;

export class Webhooks {
  /** Every attempt to deliver an event, in order, with its answer. */
  readonly deliveries: DeliveryAttempt[] = [];

  readonly #partition: Partition;
  readonly #control: (command: string, args: unknown) => unknown;
  readonly #inContext: <T>(body: () => T) => T;
  readonly #sinks = new Map<string, Sink>();
  /** For each type that was waited for, the place in the log of events after the last one given. */
  readonly #places = new Map<string, number>();
  #waiters: Waiter[] = [];
  #running: Promise<void> | undefined;
  #made = 0;
  #stopped = false;

  /** @internal */
  constructor(
    partition: Partition,
    control: (command: string, args: unknown) => unknown,
    inContext: <T>(body: () => T) => T,
  ) {
    this.#partition = partition;
    this.#control = control;
    this.#inContext = inContext;
    partition.changed = () => this.#changed();
  }

  /**
   * Delivers events to a handler from here on: a function that takes a `Request`, a Node request
   * handler such as an Express app, an app with `fetch`, or a URL, which is really asked.
   */
  forward(target: Target, options: ForwardOptions = {}): Forwarding {
    const { delivery = "exact", kind, ...rest } = options;
    const send = senderTo(target, kind);
    const url = options.url ?? urlOfTarget(target) ?? this.#nextUrl();
    const made = this.#control("webhook.forward", {
      ...rest,
      url,
      delivery: [delivery].flat(),
    }) as { id: string; secret: string; url: string };
    this.#sinks.set(made.id, { url: made.url || url, send });
    const stop = () => {
      this.#sinks.delete(made.id);
      if (!options.endpoint) this.#control("webhook.stop", { endpoint: made.id });
    };
    return { id: made.id, secret: made.secret, url: made.url, stop };
  }

  /** Waits until everything that can be delivered was, including what the handlers caused. */
  async settled(): Promise<void> {
    this.#changed();
    while (this.#running) await this.#running;
  }

  /**
   * The next event of that type which was not given by an earlier `next`, as soon as there is one and
   * its deliveries were made. The type may end in `*`.
   */
  async next(type: string): Promise<any> {
    const event =
      this.#find(type) ??
      (await new Promise<any>((resolve, reject) => {
        this.#waiters.push({ type, resolve, reject });
      }));
    await this.settled();
    return event;
  }

  /** @internal */
  stop(): void {
    this.#stopped = true;
    for (const { type, reject } of this.#waiters.splice(0)) {
      reject(new Error(`fakestripe: the partition was stopped before there was a ${type}.`));
    }
  }

  #nextUrl(): string {
    this.#made += 1;
    return `https://handler-${this.#made}.example.com/webhooks`;
  }

  /** Called after whatever may have made events. */
  #changed(): void {
    if (this.#stopped) return;
    if (this.#waiters.length) this.#serve();
    if (this.#running || this.#partition.outbox === 0) return;
    this.#running = this.#deliver().finally(() => {
      this.#running = undefined;
      this.#changed();
    });
  }

  #serve(): void {
    this.#waiters = this.#waiters.filter((waiter) => {
      const event = this.#find(waiter.type);
      if (event) waiter.resolve(event);
      return !event;
    });
  }

  #find(type: string): any {
    const from = this.#places.get(type) ?? 0;
    const found = this.#control("event.find", { type, from }) as
      | { place: number; event: any }
      | null
      | undefined;
    if (!found) return undefined;
    this.#places.set(type, found.place);
    return found.event;
  }

  async #deliver(): Promise<void> {
    await turn();
    while (!this.#stopped) {
      const handed = this.#control("webhook.next", {
        at: Math.floor(hostNow() / 1000),
      }) as Handed | null | undefined;
      if (!handed) return;
      await this.#attempt(handed);
    }
  }

  async #attempt(handed: Handed): Promise<void> {
    const { id, attempt, endpoint, type, payload, signature } = handed;
    const sink = this.#sinks.get(endpoint);
    const url = handed.url || sink?.url || "";
    const headers = headersOf(signature, payload);
    const record = new Attempt({ id, attempt, endpoint, url, type, payload, headers });
    this.deliveries.push(record);
    if (KEPT * 1.1 <= this.deliveries.length) this.deliveries.splice(0, this.deliveries.length - KEPT);
    if (!sink) {
      record.error = new Error(
        `fakestripe: nothing stands in for ${url}, and nothing is sent to it. ` +
          `Use fake.webhooks.forward(handler, { endpoint: "${endpoint}" }).`,
      );
      this.#report(id, "unsendable");
      return;
    }
    try {
      const answer = await this.#inContext(() => sink.send({ url, headers, payload }));
      record.status = answer.status;
      record.body = answer.body;
      record.delivered = 200 <= answer.status && answer.status < 300;
    } catch (error) {
      record.error = error;
    }
    this.#report(id, record.delivered ? "delivered" : "failed");
  }

  #report(id: string, outcome: string): void {
    if (!this.#stopped) this.#control("webhook.report", { id, outcome });
  }
}

/** An attempt; the event is read from the payload when it is looked at. */
class Attempt implements DeliveryAttempt {
  declare readonly id: string;
  declare readonly attempt: number;
  declare readonly endpoint: string;
  declare readonly url: string;
  declare readonly type: string;
  declare readonly payload: string;
  declare readonly headers: Record<string, string>;
  status: number | undefined = undefined;
  body: string | undefined = undefined;
  error: unknown = undefined;
  delivered = false;

  constructor(given: Omit<DeliveryAttempt, "event" | "status" | "body" | "error" | "delivered">) {
    Object.assign(this, given);
  }

  get event(): any {
    return JSON.parse(this.payload);
  }
}

function headersOf(signature: string, payload: string): Record<string, string> {
  return {
    "content-type": "application/json; charset=utf-8",
    "content-length": String(utf8(payload).byteLength),
    "user-agent": "Stripe/1.0 (+https://stripe.com/docs/webhooks)",
    accept: "*/*; q=0.5, application/xml",
    "cache-control": "no-cache",
    "stripe-signature": signature,
  };
}

function urlOfTarget(target: Target): string | undefined {
  return typeof target === "string" || target instanceof URL ? String(target) : undefined;
}

/** How a target is reached. */
function senderTo(target: Target, kind: "web" | "node" | undefined): Sink["send"] {
  const url = urlOfTarget(target);
  if (url !== undefined) {
    new URL(url);
    return async (sent) =>
      read(await onTheNetwork(() => globalThis.fetch(url, withoutLength(sent))));
  }
  if (typeof target === "function") {
    if (kind ? kind === "node" : isNodeHandler(target)) {
      return (sent) => callNode(target as NodeHandler, sent);
    }
    return async (sent) => read(await (target as WebHandler)(requestOf(sent)));
  }
  const app = target as { fetch?: unknown } | null | undefined;
  if (typeof app?.fetch === "function") {
    return async (sent) => read(await (app as { fetch: WebHandler }).fetch(requestOf(sent)));
  }
  throw new TypeError(
    "fakestripe: webhooks are forwarded to a function that takes a Request, to a Node request " +
      "handler such as an Express app, to an app with `fetch`, or to a URL.",
  );
}

/** Express's apps and routers are functions with methods; a plain handler has two parameters. */
function isNodeHandler(target: object): boolean {
  const app = target as { length: number; handle?: unknown; use?: unknown; listen?: unknown };
  return 2 <= app.length || [app.handle, app.use, app.listen].some((one) => typeof one === "function");
}

function withoutLength({ headers, payload }: Sent): RequestInit {
  const { "content-length": _, ...rest } = headers;
  return { method: "POST", headers: rest, body: payload, redirect: "manual" };
}

function requestOf(sent: Sent): Request {
  if (typeof Request !== "function") {
    throw new Error(
      "fakestripe: there is no `Request` here. Use a test environment that has one, such as `node`.",
    );
  }
  return new Request(sent.url, {
    method: "POST",
    headers: sent.headers,
    body: sent.payload,
  });
}

/** A handler may answer with nothing, which is a 200; what it answers otherwise is a `Response`. */
async function read(answer: unknown): Promise<{ status: number; body: string }> {
  const response = answer as Partial<Response> | undefined | null;
  if (response === undefined || response === null) return { status: 200, body: "" };
  if (typeof response.status !== "number" || typeof response.text !== "function") {
    throw new TypeError(`fakestripe: a webhook handler answers with a Response or nothing.`);
  }
  return { status: response.status, body: await response.text() };
}

/** A turn of the event loop: everything that is ready by now happens first. */
function turn(): Promise<void> {
  const Channel = builtin("worker_threads")?.MessageChannel ?? globalThis.MessageChannel;
  if (typeof Channel !== "function") return Promise.resolve();
  const { port1, port2 } = new Channel() as MessageChannel;
  return new Promise((resolve) => {
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(undefined);
  });
}
