/**
 * The library API: `fake.customers.create({...})` and so on, the call surface of the `stripe` client
 * without HTTP and without waiting.
 *
 * Nothing is written out. The names come from the table of operations, and a namespace is made when
 * it is first looked at.
 */

import type { Outcome, Partition } from "./engine/partition.ts";
import { FakeStripeError } from "./errors.ts";

/** Methods and namespaces by name; a number says that the name is a method. */
export interface OperationTree {
  readonly [name: string]: number | OperationTree;
}

/** What was asked for, or the error it came to. */
export function unwrap(outcome: Outcome): unknown {
  if (!("error" in outcome)) return outcome.ok;
  const { status, ...raw } = outcome.error;
  throw new FakeStripeError(raw, status, outcome.requestId);
}

/** Gives an object the namespaces of a tree. `partitionOf` finds the partition behind the object. */
export function defineLibrary(
  target: object,
  tree: OperationTree,
  partitionOf: (self: object) => Partition,
): void {
  for (const name of Object.keys(tree)) {
    if (name in target) continue;
    Object.defineProperty(target, name, {
      configurable: true,
      enumerable: false,
      get() {
        const value = member(partitionOf(this), name, tree[name]!);
        Object.defineProperty(this, name, { value, configurable: true, enumerable: false });
        return value;
      },
    });
  }
}

function member(partition: Partition, path: string, node: number | OperationTree): unknown {
  return typeof node === "number" ? method(partition, path, node) : namespace(partition, path, node);
}

function namespace(partition: Partition, path: string, tree: OperationTree): object {
  const members = {};
  for (const name of Object.keys(tree)) {
    Object.defineProperty(members, name, {
      configurable: true,
      enumerable: true,
      get() {
        const value = member(partition, `${path}.${name}`, tree[name]!);
        Object.defineProperty(members, name, { value, configurable: true, enumerable: true });
        return value;
      },
    });
  }
  return members;
}

function method(partition: Partition, name: string, ids: number): (...args: unknown[]) => unknown {
  const call = (...args: unknown[]) => unwrap(partition.call(name, inOrder(name, ids, args)));
  Object.defineProperty(call, "name", { value: name });
  return call;
}

/** What stripe-node takes for options rather than parameters. */
const OPTIONS = new Set([
  "additionalHeaders",
  "apiKey",
  "apiVersion",
  "authenticator",
  "headers",
  "host",
  "idempotencyKey",
  "maxNetworkRetries",
  "streaming",
  "stripeAccount",
  "stripeContext",
  "timeout",
]);

/** The arguments as the engine takes them: the ids, then the parameters, then the options. */
function inOrder(name: string, ids: number, args: unknown[]): unknown[] {
  const ordered: unknown[] = [];
  for (let place = 0; place < ids; place++) ordered.push(idOf(args[place], name, place, ids));
  const [first, second, ...more] = args.slice(ids).filter((arg) => arg !== undefined);
  for (const arg of [first, second]) if (arg !== undefined) checkObject(arg, name);
  if (0 < more.length) throw new TypeError(`fakestripe: ${name} was given too many arguments.`);
  if (first === undefined) return ordered;
  const isOptions = second === undefined && areOptions(first as object);
  ordered.push(...(isOptions ? [{}, first] : second === undefined ? [first] : [first, second]));
  return ordered;
}

/** An id, or the id of an object that was given in its place. */
function idOf(arg: unknown, name: string, place: number, ids: number): string {
  const id = typeof arg === "object" && arg !== null ? (arg as { id?: unknown }).id : arg;
  if (typeof id === "string" && id !== "") return id;
  const which = ids === 1 ? "an id" : `${ids} ids, and number ${place + 1}`;
  const given = id === "" ? "an empty text" : arg === null ? "null" : `${kindOf(arg)}`;
  throw new TypeError(`fakestripe: ${name} needs ${which}; it was given ${given}.`);
}

/** Deeper than any parameter, and far from the end of the engine's stack. */
const DEEPEST = 64;

/** Parameters are plain objects that end somewhere. */
function checkObject(arg: unknown, name: string): void {
  if (typeof arg !== "object" || arg === null || Array.isArray(arg)) {
    const given = arg === null ? "null" : Array.isArray(arg) ? "a list" : kindOf(arg);
    throw new TypeError(`fakestripe: the parameters of ${name} are an object, not ${given}.`);
  }
  if (!endsWithin(arg, DEEPEST)) {
    throw new TypeError(`fakestripe: the parameters of ${name} are nested without end.`);
  }
}

function endsWithin(value: object, levels: number): boolean {
  if (levels === 0) return false;
  for (const member of Object.values(value)) {
    const isNested = typeof member === "object" && member !== null && !ArrayBuffer.isView(member);
    if (isNested && !endsWithin(member, levels - 1)) return false;
  }
  return true;
}

function areOptions(arg: object): boolean {
  const names = Object.keys(arg);
  return 0 < names.length && names.every((name) => OPTIONS.has(name));
}

function kindOf(value: unknown): string {
  return value === undefined ? "nothing" : `a ${typeof value}`;
}
