/**
 * `fake.state`: what a partition holds, as lists that are read like arrays and are always up to date.
 */

import type { Partition } from "./engine/partition.ts";

/** The type of object that each namespace of the `stripe` client stores, by its dotted name. */
export type Stores = Readonly<Record<string, string>>;

/** The objects of one type, oldest first. It follows the partition; it cannot be written to. */
export interface LiveList<T> extends ReadonlyArray<T> {
  /** How many there are; the same as `length`. */
  readonly count: number;
  /** The object with that id, if there is one. */
  get(id: string): T | undefined;
}

interface Namespace {
  object?: string;
  parts: Record<string, Namespace>;
}

const namespaces = new WeakMap<Stores, Namespace>();

/** The lists of a partition by namespace, each made when it is first looked at. */
export function stateOf(partition: Partition, stores: Stores): object {
  let tree = namespaces.get(stores);
  if (!tree) {
    tree = { parts: {} };
    for (const name of Object.keys(stores)) {
      let place = tree;
      for (const part of name.split(".")) place = place.parts[part] ??= { parts: {} };
      place.object = stores[name]!;
    }
    namespaces.set(stores, tree);
  }
  return partsOf(partition, tree);
}

function partsOf(partition: Partition, { parts }: Namespace): object {
  const lists = {};
  for (const name of Object.keys(parts)) {
    Object.defineProperty(lists, name, {
      configurable: true,
      enumerable: true,
      get() {
        const { object } = parts[name]!;
        const inner = partsOf(partition, parts[name]!);
        const value = object ? liveList(partition, object, inner) : inner;
        Object.defineProperty(lists, name, { value, configurable: true, enumerable: true });
        return value;
      },
    });
  }
  return lists;
}

/**
 * The target is an array, so that the list passes for one; its elements are asked for each time.
 * `parts` are the lists of namespaces within this one, such as `v2.core.accounts.persons`.
 */
function liveList(partition: Partition, object: string, parts: object): LiveList<unknown> {
  const get = (id: string) => partition.find(object, id);
  const length = () => partition.count(object);
  const item = (index: number) => (index < length() ? partition.item(object, index) : undefined);
  return new Proxy<unknown[]>([], {
    get(target, property, receiver) {
      if (property === "length" || property === "count") return length();
      if (property === "get") return get;
      const index = indexOf(property);
      if (index !== undefined) return item(index);
      const source = Object.hasOwn(parts, property) ? parts : target;
      return Reflect.get(source, property, receiver);
    },
    has(target, property) {
      if (property === "count" || property === "get" || Object.hasOwn(parts, property)) return true;
      const index = indexOf(property);
      return index === undefined ? Reflect.has(target, property) : index < length();
    },
    ownKeys() {
      return [...Array.from({ length: length() }, (_, index) => String(index)), "length"];
    },
    getOwnPropertyDescriptor(_target, property) {
      if (property === "length") {
        return { value: length(), writable: true, enumerable: false, configurable: false };
      }
      const index = indexOf(property);
      if (index === undefined || length() <= index) return undefined;
      return { value: item(index), writable: false, enumerable: true, configurable: true };
    },
    set: readOnly,
    defineProperty: readOnly,
    deleteProperty: readOnly,
  }) as unknown as LiveList<unknown>;
}

function indexOf(property: string | symbol): number | undefined {
  return typeof property === "string" && /^\d+$/.test(property) ? Number(property) : undefined;
}

function readOnly(): never {
  throw new TypeError(
    "fakestripe: `fake.state` is for reading. Change the partition through its methods, such as " +
      "`fake.customers.create(...)`.",
  );
}
