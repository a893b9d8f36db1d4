// Reads every major and makes the one model that all tables are written from.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { addOlder, ALL, bit, FIRST_MAJOR, LAST_MAJOR, marked, relative } from "./merge.mjs";
import { TypeReader } from "./types.mjs";
import { readWire } from "./wire.mjs";

/** @param {(major: number) => string} folderOf where a major is installed */
export async function readModel(folderOf) {
  const model = { operations: [], objects: new Map(), events: [], errors: [], versions: [] };
  const known = new Map();
  for (let major = LAST_MAJOR; FIRST_MAJOR <= major; major--) {
    const reader = new TypeReader(folderOf(major));
    const isNewest = major === LAST_MAJOR;
    if (isNewest) {
      reader.readAllObjects();
      model.objects = reader.objects;
      model.events = reader.readEvents();
    }
    for (const wire of await readWire(folderOf(major))) {
      const written = reader.method(wire.namespace, wire.member);
      if (!written) throw new Error(`stripe ${major} declares no ${wire.name}`);
      const params = marked(written.params, bit(major));
      const key = `${wire.host} ${wire.method} ${wire.path}`;
      const operation = known.get(key);
      if (operation) {
        operation.versions |= bit(major);
        addOlder(operation.params, params);
        continue;
      }
      const answer = isNewest ? written.answer : adopted(written.answer, reader, model.objects);
      const added = { ...wire, params, answer, versions: bit(major) };
      known.set(key, added);
      model.operations.push(added);
    }
  }
  for (const operation of model.operations) {
    relative(operation.params, operation.versions);
    operation.verb = verbOf(operation);
    operation.answer = withDeleted(operation, known);
  }
  settleNames(model);
  model.errors = errorCodes(model);
  model.versions = apiVersions(model, folderOf(LAST_MAJOR));
  return model;
}

/** An older major's answer, its object types replaced by today's of the same `object`, or taken over. */
function adopted(answer, reader, objects) {
  const nameOf = (type) => {
    const { object, fields } = reader.objects.get(type);
    for (const [name, today] of objects) if (today.object === object) return name;
    objects.set(type, { object, fields: [] });
    objects.get(type).fields = fields.map((field) => ({ ...field, kind: adoptedKind(field.kind) }));
    return type;
  };
  const adoptedKind = (kind) => {
    if (kind.objects) return { ...kind, objects: [...new Set(kind.objects.map(nameOf))] };
    if (kind.of)
      return { ...kind, of: Array.isArray(kind.of) ? kind.of.map(adoptedKind) : adoptedKind(kind.of) };
    if (!kind.shape) return kind;
    return {
      ...kind,
      shape: { fields: kind.shape.fields.map((each) => ({ ...each, kind: adoptedKind(each.kind) })) },
    };
  };
  return answer.objects ? { ...answer, objects: [...new Set(answer.objects.map(nameOf))] } : answer;
}

/** v2 answers every deletion with one type; what was deleted is what retrieving the same path gives. */
function withDeleted(operation, known) {
  if (operation.method !== "DELETE" || operation.answer.is !== "plain") return operation.answer;
  const retrieve = known.get(`${operation.host} GET ${operation.path}`);
  return retrieve?.answer.is === "object" ? { ...retrieve.answer, is: "deleted" } : operation.answer;
}

/** What the generic verbs can answer; everything else is `other`, and somebody writes it. */
function verbOf({ method, path, member, answer }) {
  const last = path.split("/").at(-1);
  const isItem = last === "{id}";
  if (method === "GET") {
    if (answer.is === "search") return "search";
    if (answer.is === "list" || answer.is === "v2list") return "list";
    return member.startsWith("retrieve") && answer.is === "object" ? "retrieve" : "other";
  }
  if (method === "DELETE") return isItem && /^del/.test(member) ? "delete" : "other";
  if (/^update/.test(member)) return "update";
  const isVerb = member !== "create" && (!/^create/.test(member) || last.startsWith("create"));
  return isItem || isVerb ? "other" : "create";
}

/** Operations whose name today's client uses for another path keep it with the major they are from. */
function settleNames(model) {
  const taken = new Map();
  for (const operation of model.operations) {
    const other = taken.get(operation.name);
    if (other) {
      const newest = FIRST_MAJOR + 31 - Math.clz32(operation.versions);
      operation.name = `${operation.name}@${newest}`;
    }
    taken.set(operation.name, operation);
  }
}

/** Every code an error can have: the codes of the errors that objects remember. */
function errorCodes(model) {
  const codes = new Set();
  for (const [type, name] of [
    ["PaymentIntent", "last_payment_error"],
    ["SetupIntent", "last_setup_error"],
  ]) {
    const error = model.objects.get(type).fields.find((field) => field.name === name).kind;
    const code = error.shape.fields.find((field) => field.name === "code").kind;
    for (const value of code.values) codes.add(value);
  }
  return [...codes].sort();
}

/** Every value `Stripe-Version` can have, with the major of the client whose types describe it. */
function apiVersions(model, folder) {
  const create = model.operations.find((operation) => operation.name === "webhookEndpoints.create");
  const { values } = create.params.fields.find((field) => field.name === "api_version").kind;
  const firsts = firstVersions(readFileSync(join(folder, "CHANGELOG.md"), "utf8"));
  return values
    .map(({ value }) => value)
    .sort()
    .map((version) => ({
      version,
      major: firsts.findLast(({ first }) => first <= version)?.major ?? FIRST_MAJOR,
    }));
}

/** The oldest API version each major was released for, oldest major first, as the changelog tells. */
function firstVersions(changelog) {
  const firsts = new Map();
  let major = 0;
  for (const line of changelog.split("\n")) {
    major = Number(/^## <a id="(\d+)-/.exec(line)?.[1] ?? major);
    const version = /This release (?:changes the|uses the same) pinned API version to `([^`]+)`/.exec(
      line,
    )?.[1];
    if (version && FIRST_MAJOR <= major) firsts.set(major, version);
  }
  const found = [...firsts]
    .map(([each, first]) => ({ major: each, first }))
    .sort((a, b) => a.major - b.major);
  if (found.length !== LAST_MAJOR - FIRST_MAJOR + 1)
    throw new Error(`the changelog tells of ${found.length} majors`);
  return found;
}

export { ALL };
