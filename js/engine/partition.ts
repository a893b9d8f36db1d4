/**
 * One partition: a WebAssembly instance of its own, with its own memory.
 *
 * Isolation is a property of the platform here. A trap ends this partition and no other, and its
 * text is what the user sees from then on.
 */

import { createInstance, type Instance, type Saved } from "../generated/engine.mjs";
import {
  type Answer,
  complaint,
  cutHeaders,
  type Question,
  readAnswer,
  writeHead,
} from "../wire.ts";
import { engineModule } from "./module.ts";

export interface PartitionOptions {
  seed: string;
  nowMs: number;
  frozen: boolean;
  apiKey?: string | undefined;
  validation: "strict" | "off";
  apiVersion?: string | undefined;
}

/** The outcome of a library call or a command. */
export type Outcome =
  | { ok: unknown }
  | { error: { status?: number; message?: string; [member: string]: unknown }; requestId?: string };

/** The class that the engine exports; its instances live in the memory of one WebAssembly instance. */
export interface EnginePartition {
  readonly apiKey: string;
  readonly publishableKey: string;
  readonly accountId: string;
  readonly outbox: number;
  /** What every answer's head has besides what `handle` gives, as `name: value` lines. */
  readonly constantHeaders: string;
  handle(nowMs: number, head: string, body: Uint8Array): Uint8Array;
  call(nowMs: number, name: string, args: unknown[]): Outcome;
  count(object: string): number;
  item(object: string, index: number): unknown;
  find(object: string, id: string): unknown;
  control(nowMs: number, command: string, args: unknown): Outcome;
  free(): void;
}

/** Everything a partition is, to make others from: a copy of its memory. */
export class Snapshot {
  /** @internal */
  readonly saved: Saved;

  /** @internal */
  constructor(saved: Saved) {
    this.saved = saved;
  }
}

/** The headers of every answer; the same in every partition. */
let constantHeaders: readonly string[] | undefined;

/** The time by the clock of the host, which fake timers move. */
export function hostNow(): number {
  return Math.trunc(globalThis.Date.now());
}

export class Partition {
  readonly #instance: Instance;
  readonly #engine: EnginePartition;
  #trap: string | undefined;
  /** Called after whatever may have made events. */
  changed: (() => void) | undefined;

  private constructor(instance: Instance, engine: EnginePartition) {
    this.#instance = instance;
    this.#engine = engine;
  }

  static make(options: PartitionOptions): Partition {
    const instance = createInstance(engineModule());
    const engine = new instance.Partition(options) as unknown as EnginePartition;
    return new Partition(instance, engine);
  }

  /** A partition that continues where the other was. */
  static from(snapshot: Snapshot): Partition {
    const instance = createInstance(engineModule());
    return new Partition(instance, instance.load(snapshot.saved) as unknown as EnginePartition);
  }

  snapshot(): Snapshot {
    if (this.#trap !== undefined) throw new Error(`fakestripe: ${this.#trap}`);
    return new Snapshot(this.#instance.save(this.#engine as never));
  }

  get apiKey(): string {
    return this.#engine.apiKey;
  }

  get publishableKey(): string {
    return this.#engine.publishableKey;
  }

  get accountId(): string {
    return this.#engine.accountId;
  }

  answer(question: Question): Answer {
    if (this.#trap !== undefined) return complaint(this.#trap, 500);
    try {
      const bytes = this.#engine.handle(hostNow(), writeHead(question), question.body);
      constantHeaders ??= cutHeaders(this.#engine.constantHeaders);
      const answer = readAnswer(bytes, constantHeaders);
      this.changed?.();
      return answer;
    } catch (error) {
      return complaint(this.#failed(error), 500);
    }
  }

  call(name: string, args: unknown[]): Outcome {
    const outcome = this.#ask(() => this.#engine.call(hostNow(), name, args));
    this.changed?.();
    return outcome;
  }

  control(command: string, args: unknown): Outcome {
    const outcome = this.#ask(() => this.#engine.control(hostNow(), command, args));
    // The deliveries' own commands make no events.
    if (!/^(webhook|event)\./.test(command)) this.changed?.();
    return outcome;
  }

  /** How many webhook deliveries wait in the engine. */
  get outbox(): number {
    return this.#trap === undefined ? this.#engine.outbox : 0;
  }

  count(object: string): number {
    return this.#ask(() => this.#engine.count(object));
  }

  item(object: string, index: number): unknown {
    return this.#ask(() => this.#engine.item(object, index));
  }

  find(object: string, id: string): unknown {
    return this.#ask(() => this.#engine.find(object, id));
  }

  #ask<T>(question: () => T): T {
    if (this.#trap !== undefined) throw new Error(`fakestripe: ${this.#trap}`);
    try {
      return question();
    } catch (error) {
      throw new Error(`fakestripe: ${this.#failed(error)}`, { cause: error });
    }
  }

  /** What went wrong. After a trap the engine's memory is not to be trusted any more. */
  #failed(error: unknown): string {
    const { name, message } = error as Error;
    if (name !== "RuntimeError") return message ?? String(error);
    const text = this.#instance.panicText() || message;
    this.#trap = `this partition has failed and answers nothing more: ${text}`;
    return this.#trap;
  }
}
