/**
 * The hub: which partitions are alive in this process, whichever copy of the package made them.
 *
 * It hangs on `http.Agent.prototype`, and not on `globalThis`, because Node's own modules are shared
 * by all test files of a process while `globalThis` is not: two copies that each kept their own list
 * would answer each other's keys. In a browser there is only `globalThis`.
 *
 * Copies may be of different versions, so what they share is small and versioned: a `Hub` and its
 * `Entry`s, nothing else. Change either only by adding optional members, or take a new symbol.
 */

import { builtin } from "./builtin.ts";
import type { Answer, Question } from "./wire.ts";

const ANCHOR = Symbol.for("fakestripe.hub.v1");

/** A partition, as other copies of the package see it. */
export interface Entry {
  /** The keys that are this partition's own. */
  keys: string[];
  /** The `globalThis` of the copy that made it; undefined once stopped. */
  realm: object | undefined;
  /** The partition of the context it was made in, if any. */
  parent: Entry | undefined;
  /** Whether requests with a key that no partition owns go to the network. */
  passthrough: boolean;
  /** Answers at once; undefined once stopped. */
  answer: ((question: Question) => Answer) | undefined;
}

/** What the async context carries: the partition entered, or leave to use the network. */
export interface Store {
  entry?: Entry;
  network?: boolean;
}

/** A context that survives `await`, where there is one. */
interface Context {
  getStore(): Store | undefined;
  enterWith(store: Store): void;
  run<T>(store: Store, body: () => T): T;
}

export interface Hub {
  version: 1;
  /** Whether the patches catch anything; a patch buried under another tool's is inert without it. */
  installed: boolean;
  /** The partitions alive, oldest first. */
  alive: Entry[];
  byKey: Map<string, Entry[]>;
  context: Context;
  /** What each replacement of ours, of any copy, was put in the place of. */
  beneath: WeakMap<(...args: any[]) => any, (...args: any[]) => any>;
  /** The realm that installed last. */
  realm: object | undefined;
}

/** A stand-in where there is no AsyncLocalStorage: it knows synchronous scopes and nothing else. */
class SynchronousContext implements Context {
  #store: Store | undefined;

  getStore(): Store | undefined {
    return this.#store;
  }

  /** Entering for good would reach every other test of the page, so it does nothing. */
  enterWith(): void {}

  run<T>(store: Store, body: () => T): T {
    const before = this.#store;
    this.#store = store;
    try {
      return body();
    } finally {
      this.#store = before;
    }
  }
}

function findHub(): Hub {
  const http = builtin("http");
  const anchor = (http?.Agent?.prototype ?? globalThis) as { [ANCHOR]?: Hub };
  let hub = anchor[ANCHOR];
  if (!hub) {
    const hooks = builtin("async_hooks");
    hub = {
      version: 1,
      installed: false,
      alive: [],
      byKey: new Map(),
      beneath: new WeakMap(),
      context: hooks ? new hooks.AsyncLocalStorage<Store>() : new SynchronousContext(),
      realm: undefined,
    };
    Object.defineProperty(anchor, ANCHOR, { value: hub, configurable: true });
  }
  return hub;
}

export const hub: Hub = /* @__PURE__ */ findHub();

/**
 * Forgets what earlier realms left. Jest gives every test file a realm and never tells when it ends,
 * so a new realm is the sign that the earlier ones are over; keeping theirs would keep all of it.
 */
export function sweepRealms(): void {
  if (hub.realm === globalThis) return;
  hub.realm = globalThis;
  for (const entry of [...hub.alive]) if (entry.realm !== globalThis) remove(entry);
}

/** Makes a partition known, and enters it in the current async context. */
export function add(entry: Entry): void {
  hub.alive.push(entry);
  for (const key of entry.keys) {
    const owners = hub.byKey.get(key);
    if (owners) owners.push(entry);
    else hub.byKey.set(key, [entry]);
  }
  hub.context.enterWith({ entry });
}

/** Forgets a partition; it answers nothing from here on. */
export function remove(entry: Entry): void {
  entry.answer = undefined;
  entry.realm = undefined;
  const place = hub.alive.indexOf(entry);
  if (place < 0) return;
  hub.alive.splice(place, 1);
  for (const key of entry.keys) {
    const owners = hub.byKey.get(key)?.filter((owner) => owner !== entry) ?? [];
    if (owners.length) hub.byKey.set(key, owners);
    else hub.byKey.delete(key);
  }
}

/** The partition of the current async context: the one entered last that is still alive. */
export function entered(): Entry | undefined {
  let entry = hub.context.getStore()?.entry;
  while (entry && !entry.answer) entry = entry.parent;
  return entry;
}
