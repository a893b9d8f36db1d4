// Packs the model for the wasm: a pool of strings and one binary, read in place by src/kernel/schema.
//
// The binary begins with the offsets (u32, little-endian) of its sections, in the order of SECTIONS, and its
// own length. The rows of a section consist of bytes, and of all rows the first bytes stand together, then all
// second bytes, and so on: what is alike stands side by side, and a package is compressed by a quarter more.
// Equal shapes, fields, kinds and lists are stored once. Everything that is looked up is sorted by it, so that
// nothing is indexed at start.

import { ALL } from "./merge.mjs";

const SECTIONS = [
  "stringBases",
  "stringEnds",
  "shapes",
  "fields",
  "fieldRows",
  "kinds",
  "masks",
  "enums",
  "lists",
  "objects",
  "operations",
  "operationNames",
  "events",
  "errors",
  "versions",
];

const TAGS = {
  str: 0,
  int: 1,
  int64: 2,
  float: 3,
  decimal: 4,
  bool: 5,
  true: 6,
  any: 7,
  file: 8,
  enum: 9,
  object: 10,
  list: 11,
  map: 12,
  ref: 13,
  embedded: 14,
  listof: 15,
  union: 16,
};
const METHODS = { GET: 0, POST: 1, DELETE: 2 };
const HOSTS = { api: 0, files: 1, connect: 2, meter_events: 3 };
const VERBS = { create: 0, retrieve: 1, update: 2, list: 3, delete: 4, search: 5, other: 6 };
const ANSWERS = { object: 0, list: 1, search: 2, deleted: 3, v2list: 4, bytes: 5, plain: 6 };
/** How many strings share one base offset. */
const BLOCK = 64;
const OPEN = 0x8000;
const MASKED = 0x4000;

export function pack(model) {
  const packer = new Packer(model);
  return { strings: packer.pool.join("\n") + "\n", bytes: packer.bytes(), sizes: packer.sizes };
}

class Packer {
  constructor(model) {
    this.model = model;
    this.pool = stringsOf(model);
    this.strings = new Map(this.pool.map((text, index) => [text, index]));
    this.objectList = [...model.objects]
      .sort(([, a], [, b]) => order(a.object, b.object))
      .map(([type]) => type);
    this.objectIndex = new Map(this.objectList.map((type, index) => [type, index]));
    this.shapes = [];
    this.fields = [];
    this.fieldRows = [];
    this.kinds = [];
    this.masks = [];
    this.enums = [];
    this.lists = [];
    this.known = new Map();
  }

  /** The number of what was stored under that key; stores it the first time. */
  once(key, store) {
    const known = this.known.get(key);
    if (known !== undefined) return known;
    const number = store();
    this.known.set(key, number);
    return number;
  }

  text(text) {
    return this.strings.get(text) ?? fail(`no string ${text}`);
  }

  shape(shape) {
    const rows = shape.fields.map((field) => this.field(field));
    return this.once(`shape ${rows}`, () => {
      this.shapes.push(this.fields.length);
      this.fields.push(...rows);
      return this.shapes.length - 1;
    });
  }

  field({ name, kind, nullable, optional, emptyable, versions }) {
    const flags = (nullable ? 1 : 0) | (optional ? 2 : 0) | (emptyable ? 4 : 0);
    const row = [this.text(name), this.kind(kind), flags | (this.mask(versions ?? ALL) << 8)];
    return this.once(`field ${row}`, () => this.fieldRows.push(row) - 1);
  }

  mask(mask) {
    return this.once(`mask ${mask}`, () => this.masks.push(mask) - 1);
  }

  kind(kind) {
    const argument = this.argument(kind);
    return this.once(`kind ${kind.is} ${argument}`, () => this.kinds.push([TAGS[kind.is], argument]) - 1);
  }

  argument(kind) {
    if (kind.is === "enum") return this.enumeration(kind);
    if (kind.is === "object") return this.shape(kind.shape);
    if (kind.is === "union") return this.list(kind.of.map((each) => this.kind(each)));
    if (kind.of) return this.kind(kind.of);
    return kind.objects ? this.objects(kind.objects) : 0;
  }

  objects(types) {
    return this.list(types.map((type) => this.objectIndex.get(type) ?? fail(`no object ${type}`)));
  }

  list(items) {
    return this.once(`list ${items}`, () => {
      this.lists.push(items.length, ...items);
      return this.lists.length - items.length - 1;
    });
  }

  enumeration({ values, open }) {
    const masks = values.map((each) => each.versions ?? ALL);
    const texts = values.map((each) => this.text(each.value ?? each));
    const isMasked = masks.some((mask) => mask !== ALL);
    const words = [
      texts.length | (open ? OPEN : 0) | (isMasked ? MASKED : 0),
      ...texts,
      ...(isMasked ? masks : []),
    ];
    return this.once(`enum ${words}`, () => {
      this.enums.push(...words);
      return this.enums.length - words.length;
    });
  }

  bytes() {
    const objects = this.objectList.map((type) => {
      const { object, fields } = this.model.objects.get(type);
      return [this.text(object), this.text(type), this.shape({ fields })];
    });
    const operations = [...this.model.operations].sort(byRoute);
    const operationRows = operations.map((each) => [
      METHODS[each.method] | (HOSTS[each.host] << 8),
      this.text(each.path),
      this.text(each.name),
      VERBS[each.verb] | (ANSWERS[each.answer.is] << 8),
      each.answer.objects
        ? this.objects(each.answer.objects)
        : each.answer.shape
          ? this.shape(each.answer.shape)
          : 0,
      this.shape(each.params),
      each.versions,
    ]);
    const names = operations
      .map((each, index) => [each.name, index])
      .sort(([a], [b]) => order(a, b))
      .map(([, index]) => index);
    const events = [...this.model.events]
      .sort((a, b) => order(a.type, b.type))
      .map(({ type, objects }) => [this.text(type), this.objects(objects)]);
    const { bases, ends } = offsets(this.pool);
    const sections = {
      stringBases: rows(bases.map((base) => [base & 0xffff, base >>> 16])),
      stringEnds: words(ends),
      shapes: words([...this.shapes, this.fields.length]),
      fields: words(this.fields),
      fieldRows: rows(this.fieldRows),
      kinds: rows(this.kinds),
      masks: words(this.masks),
      enums: words(this.enums),
      lists: words(this.lists),
      objects: rows(objects),
      operations: rows(operationRows),
      operationNames: words(names),
      events: rows(events),
      errors: words(this.model.errors.map((code) => this.text(code))),
      versions: rows(this.model.versions.map(({ version, major }) => [this.text(version), major])),
    };
    this.sizes = Object.fromEntries(SECTIONS.map((name) => [name, sections[name].length]));
    let at = 4 * (SECTIONS.length + 1);
    const header = SECTIONS.map((name) => (at += sections[name].length) - sections[name].length);
    return Buffer.concat([u32([...header, at]), ...SECTIONS.map((name) => sections[name])]);
  }
}

/** Where each string ends in the pool, relative to its block's base. A line feed follows each string. */
function offsets(pool) {
  const bases = [];
  const ends = [];
  let at = 0;
  for (const [index, text] of pool.entries()) {
    if (index % BLOCK === 0) bases.push(at);
    at += Buffer.byteLength(text);
    ends.push(at - bases.at(-1));
    at += 1;
  }
  return { bases, ends };
}

/** Literals sort before `{id}`, segment by segment: the router searches rows in this order. */
function byRoute(a, b) {
  const keyOf = ({ host, method, path }) => [HOSTS[host], METHODS[method], ...path.split("/").slice(1)];
  const [left, right] = [keyOf(a), keyOf(b)];
  for (let at = 0; at < Math.min(left.length, right.length); at++) {
    if (left[at] === right[at]) continue;
    return at < 2 ? left[at] - right[at] : order(left[at], right[at]);
  }
  return left.length - right.length;
}

function stringsOf(model) {
  const found = new Set();
  const ofKind = (kind) => {
    if (kind.shape) kind.shape.fields.forEach(ofField);
    for (const each of kind.values ?? []) found.add(each.value ?? each);
    for (const each of [kind.of ?? []].flat()) ofKind(each);
  };
  const ofField = ({ name, kind }) => {
    found.add(name);
    ofKind(kind);
  };
  for (const [type, { object, fields }] of model.objects) {
    found.add(type).add(object);
    fields.forEach(ofField);
  }
  for (const { name, path, params, answer } of model.operations) {
    found.add(name).add(path);
    params.fields.forEach(ofField);
    answer.shape?.fields.forEach(ofField);
  }
  model.events.forEach(({ type }) => found.add(type));
  model.errors.forEach((code) => found.add(code));
  model.versions.forEach(({ version }) => found.add(version));
  return [...found].sort(order);
}

/** The order of the bytes, which is the order Rust compares `str` by. */
function order(a, b) {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

/** Rows of as many words (u16) each: the low bytes of all first words, their high bytes, and so on. */
function rows(table) {
  const width = table[0]?.length ?? 0;
  const planes = [];
  for (let place = 0; place < width; place++) {
    const column = table.map((row) => row[place]);
    if (column.some((word) => word < 0 || 0xffff < word)) fail("a word that is none");
    planes.push(Buffer.from(column.map((word) => word & 0xff)), Buffer.from(column.map((word) => word >> 8)));
  }
  return Buffer.concat(planes);
}

function words(numbers) {
  return rows(numbers.map((number) => [number]));
}

function u32(numbers) {
  const bytes = Buffer.alloc(numbers.length * 4);
  numbers.forEach((number, index) => bytes.writeUInt32LE(number, index * 4));
  return bytes;
}

function fail(message) {
  throw new Error(message);
}
