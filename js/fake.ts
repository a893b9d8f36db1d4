/** `FakeStripe`: one partition, and every way a test can get at it. */

import { AsCustomer, type Identified, idOf } from "./as-customer.ts";
import { Clock, milliseconds, type Moment } from "./clock.ts";
import { broken, type Failure, Faults, type Match, type OwnHandler } from "./faults.ts";
import { initEngine } from "./engine/module.ts";
import { hostNow, Partition, Snapshot } from "./engine/partition.ts";
import { OPERATIONS, STORED_OBJECTS } from "./generated/operations.ts";
import { add, type Entry, entered, hub, remove } from "./hub.ts";
import { fetchFrom, questionOf, responseOf } from "./intercept/fetch.ts";
import { FakeHttpClient } from "./intercept/http-client.ts";
import { install, uninstall } from "./intercept/install.ts";
import { defineLibrary, unwrap } from "./library.ts";
import { RequestLog, RequestRecord } from "./log.ts";
import { defaultSeed, runningTest } from "./seed.ts";
import { Settings, type SettingsChange } from "./settings.ts";
import { stateOf } from "./state.ts";
import type { Known, Library, Seeded, SeedRows, State } from "./types.ts";
import { Webhooks } from "./webhooks.ts";
import type { Answer, Question } from "./wire.ts";

export interface FakeStripeOptions {
  /** What ids are derived from. Default: the running test's name and file. */
  seed?: string | number;
  /** Stops the partition's time at that moment. Default: the time follows `Date.now()`. */
  now?: Moment;
  /** The secret key that is this partition's own. Default: an unguessable one. */
  apiKey?: string;
  /** Whether parameters are checked. Default: "strict". */
  validation?: "strict" | "off";
  /** The API version of requests that do not name one. Default: the newest. */
  apiVersion?: string;
  /** Lets requests whose key no partition owns use the network. Default: false. */
  passthrough?: boolean;
  /** What is set in Stripe's Dashboard: how invoices are collected and numbered. Default: as Stripe has it. */
  settings?: SettingsChange;
}

/** Options that make sense for a partition that continues another. */
export type CopyOptions = Pick<FakeStripeOptions, "apiKey" | "passthrough">;

/** What `new Stripe(key, options)` takes. */
export interface StripeClientOptions {
  httpClient: any;
  maxNetworkRetries: number;
  telemetry: boolean;
}

// In Jest and Vitest's vm pools the symbol is missing on older Nodes, and then compilers fall back to
// the registered one.
const DISPOSE: symbol = Symbol.dispose ?? Symbol.for("Symbol.dispose");
if (!Symbol.dispose) Object.defineProperty(Symbol, "dispose", { value: DISPOSE });

/** What a request that was not answered yet is looked at with. */
const NO_ANSWER: Answer = { status: 0, rawHeaders: [], body: new Uint8Array(0) };

const partitions = new WeakMap<object, Partition>();

export interface FakeStripe extends Library {}

export class FakeStripe {
  /** The partition's own secret key: requests that carry it come here. */
  readonly apiKey: string;
  readonly publishableKey: string;
  /** The id of the platform account. */
  readonly accountId: string;
  /** Reads and moves the partition's time. */
  readonly clock: Clock;
  /** What customers do at their own screens: authenticate, pay, or not. */
  readonly asCustomer: AsCustomer;
  /** What the account's owner sets in Stripe's Dashboard: how invoices are collected and numbered. */
  readonly settings: Settings;
  /** Delivers events to the handlers under test. */
  readonly webhooks: Webhooks;
  /** For `new Stripe(key, { httpClient: fake.httpClient })`: the shortest way there is. */
  readonly httpClient: any;
  /** The test that was running when this was made. @internal */
  readonly madeIn: string;

  readonly #partition: Partition;
  readonly #entry: Entry;
  readonly #log = new RequestLog();
  readonly #faults = new Faults();
  #state: State | undefined;

  private constructor(partition: Partition, options: CopyOptions) {
    install();
    this.#partition = partition;
    partitions.set(this, partition);
    this.apiKey = partition.apiKey;
    this.publishableKey = partition.publishableKey;
    this.accountId = partition.accountId;
    this.madeIn = runningTest().name;
    this.clock = new Clock((command, args) => this.#control(command, args));
    this.asCustomer = new AsCustomer((command, args) => this.#control(command, args));
    this.settings = new Settings((command, args) => this.#control(command, args));
    this.httpClient = new FakeHttpClient((question) => this.#answer(question));
    this.webhooks = new Webhooks(
      partition,
      (command, args) => this.#control(command, args),
      (body) => this.run(body),
    );
    this.#entry = {
      keys: [this.apiKey, this.publishableKey],
      realm: globalThis,
      parent: entered(),
      passthrough: options.passthrough === true,
      answer: (question) => this.#answer(question),
    };
    add(this.#entry);
    alive.add(this);
  }

  /** Makes a partition, catches requests for it, and enters it in the current async context. */
  static new(options: FakeStripeOptions = {}): FakeStripe {
    const { seed, now, apiKey, validation = "strict", apiVersion, settings } = options;
    checkKey(apiKey);
    const partition = Partition.make({
      seed: seed === undefined ? defaultSeed() : String(seed),
      nowMs: now === undefined ? hostNow() : milliseconds(now),
      frozen: now !== undefined,
      apiKey,
      validation,
      apiVersion,
    });
    if (settings) {
      new Settings((command, args) => unwrap(partition.control(command, args))).update(settings);
    }
    return new FakeStripe(partition, options);
  }

  /** A partition that continues where the snapshot was taken. It has keys of its own. */
  static from(snapshot: Snapshot, options: CopyOptions = {}): FakeStripe {
    checkKey(options.apiKey);
    const partition = Partition.from(snapshot);
    unwrap(partition.control("rekey", options.apiKey ? { apiKey: options.apiKey } : {}));
    return new FakeStripe(partition, options);
  }

  /** Compiles the engine without blocking, where it may not be compiled synchronously. */
  static async init(module?: WebAssembly.Module): Promise<void> {
    await initEngine(module);
  }

  /** Stops a partition, as its own `stop()` does. */
  static stop(fake: FakeStripe): void {
    fake.stop();
  }

  /** Removes every patch from this process. Partitions alive are reached by their doors only. */
  static uninstall(): void {
    uninstall();
  }

  /** Ends the partition: its requests are no longer answered, and its memory is given back. */
  stop(): void {
    remove(this.#entry);
    alive.delete(this);
    this.webhooks.stop();
  }

  /** Does something in the context of this partition; requests made within it come here. */
  run<T>(body: () => T): T {
    return hub.context.run({ entry: this.#entry }, body);
  }

  /** Options for `new Stripe(fake.apiKey, fake.stripeOptions())`. */
  stripeOptions(): StripeClientOptions {
    return { httpClient: this.httpClient, maxNetworkRetries: 0, telemetry: false };
  }

  /** `fetch`, answered by this partition whatever the host is. */
  readonly fetch = (input: RequestInfo | URL, init?: RequestInit): Promise<Response> =>
    fetchFrom((question) => this.#answer(question), input, init);

  /** Answers a `Request`: the door for routers, service workers and other mocking tools. */
  async handle(request: Request): Promise<Response> {
    const question = await questionOf(request);
    return responseOf(this.#answer(question), question.url);
  }

  /** What the partition holds, as lists. */
  get state(): State {
    return (this.#state ??= stateOf(this.#partition, STORED_OBJECTS) as State);
  }

  /** What was asked over HTTP and what was answered, in order. */
  get requests(): readonly RequestRecord[] {
    return this.#log.records;
  }

  /**
   * Lets the next request of that kind fail: with an error of Stripe's, a status, or a connection that
   * breaks. The library's own calls never fail so.
   */
  failNext(match: Match, failure: Failure, options: { times?: number } = {}): void {
    this.#faults.failNext(match, failure, options);
  }

  /**
   * Answers requests of that kind by a function, as long as it gives something; what it leaves alone
   * is answered as usual. Gives a function that ends it.
   */
  on(match: Match, answer: OwnHandler): () => void {
    return this.#faults.on(match, answer);
  }

  /**
   * Has now what would take its time: a debit or refund that is pending, a payout on its way, a dispute
   * under review. What comes of it is what Stripe's test value says, or what is given: `"succeeded"` (of
   * a dispute: won), `"failed"`, or a failure with that code. Gives the object as it then is; without
   * arguments everything that is pending is settled, and given as a list.
   */
  settle(): any[];
  settle<T extends Identified = any>(
    what: T | string,
    outcome?: "succeeded" | "failed" | { code: string },
  ): T;
  settle(...args: [(Identified | string)?, (string | { code: string })?]): unknown {
    if (args.length === 0) return this.#control("settle", {});
    const [what, outcome] = args;
    const said = typeof outcome === "object" ? outcome.code : outcome;
    return this.#control("settle", { id: idOf(what!), ...(said && { outcome: said }) });
  }

  /** Puts plain objects into the partition and returns what it made of them. */
  seed<Rows extends SeedRows>(rows: Rows & Known<Rows>): Seeded<Rows> {
    return this.#control("seed", rows) as Seeded<Rows>;
  }

  /** Everything this partition is, to make others from. */
  snapshot(): Snapshot {
    return this.#partition.snapshot();
  }

  /** A partition that continues from here, with keys of its own. */
  fork(options: CopyOptions = {}): FakeStripe {
    return FakeStripe.from(this.snapshot(), options);
  }

  #answer(question: Question): Answer {
    const answer = this.#faults.none ? this.#partition.answer(question) : this.#failing(question);
    this.#log.add(question, answer);
    return answer;
  }

  /** Answers while some requests are to fail. */
  #failing(question: Question): Answer {
    const fate = this.#faults.fate(new RequestRecord(question, NO_ANSWER));
    if (!fate) return this.#partition.answer(question);
    if (fate.network === undefined) {
      return this.#partition.answer({ ...question, fault: fate.fault! });
    }
    if (fate.network === "lost_answer") this.#partition.answer(question);
    return broken(question, fate.network);
  }

  #control(command: string, args: unknown): unknown {
    return unwrap(this.#partition.control(command, args));
  }
}

export interface FakeStripe {
  [Symbol.dispose](): void;
}

for (const symbol of new Set([DISPOSE, Symbol.for("Symbol.dispose")])) {
  Object.defineProperty(FakeStripe.prototype, symbol, {
    configurable: true,
    value(this: FakeStripe) {
      this.stop();
    },
  });
}

defineLibrary(FakeStripe.prototype, OPERATIONS, (self) => partitions.get(self)!);

/** The partitions of this copy that were not stopped yet. */
export const alive = new Set<FakeStripe>();

function checkKey(key: string | undefined): void {
  if (key === undefined || /^(sk|rk)_test_/.test(key)) return;
  throw new TypeError(
    /^(sk|rk)_live_/.test(key)
      ? "fakestripe: `apiKey` is a live mode key, and a fake never handles one. Give a test key."
      : "fakestripe: `apiKey` must be a test mode key, one that begins with sk_test_ or rk_test_.",
  );
}
