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
  return typeof node === "number" ? method(partition, path) : namespace(partition, path, node);
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

function method(partition: Partition, name: string): (...args: unknown[]) => unknown {
  const call = (...args: unknown[]) => {
    while (args.length && args[args.length - 1] === undefined) args.pop();
    return unwrap(partition.call(name, args));
  };
  Object.defineProperty(call, "name", { value: name });
  return call;
}
