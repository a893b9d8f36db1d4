// Whether an answer has its published shape: every field that is always there, with a value of its type.

import { type Answer, type Field, type Kind, objects } from "./tables.ts";

/** Fields that the types say are always there, and that Stripe's own answers leave out or null. */
const NOT_ON_THE_WIRE = new Set([
  "account.settings.payments.statement_descriptor_kana",
  "account.settings.payments.statement_descriptor_kanji",
  "account.settings.payments.statement_descriptor_prefix_kana",
  "account.settings.payments.statement_descriptor_prefix_kanji",
  "charge.payment_method_details.card.electronic_commerce_indicator",
  "charge.payment_method_details.card.transaction_link_id",
  // A line item's subscription is in its `parent`.
  "line_item.subscription",
  // Documented as null unless asked for with `include`.
  "v2.core.account.configuration",
  "v2.core.account.defaults",
  "v2.core.account.future_requirements",
  "v2.core.account.identity",
  "v2.core.account.requirements",
]);

/** What is wrong with an answer; nothing where it fits. */
export function flaws(answer: Answer, value: unknown): string[] {
  const found: string[] = [];
  const complain = (path: string, flaw: string) => found.push(`${path || "answer"} ${flaw}`);
  switch (answer.is) {
    case "object":
      checkObject(value, answer.objects, "", complain);
      break;
    case "deleted":
      checkDeleted(value, answer.objects, complain);
      break;
    case "list":
      checkList(value, answer.objects, "", complain);
      break;
    case "search":
      checkPage(value, answer.objects, ["object", "has_more", "next_page", "url"], complain);
      if (isHash(value) && value["object"] !== "search_result") complain("object", "is not search_result");
      break;
    case "v2list":
      checkPage(value, answer.objects, ["next_page_url", "previous_page_url"], complain);
      break;
    case "plain":
      for (const name of answer.objects.join("").split(",")) {
        if (name !== "" && !(isHash(value) && name in value)) complain(name, "is missing");
      }
      break;
    case "bytes":
      break;
  }
  return found;
}

type Complain = (path: string, flaw: string) => void;

function isHash(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function checkObject(value: unknown, types: string[], path: string, complain: Complain): void {
  if (!isHash(value)) return complain(path, `is ${JSON.stringify(value)}, not a ${types.join(" or ")}`);
  const type = types.length === 1 ? types[0] : value["object"];
  if (!types.includes(type as string)) return complain(path, `is a ${String(type)}, not a ${types.join(" or ")}`);
  // A deleted customer, say, is `{id, object, deleted: true}` wherever it is expanded.
  if (value["deleted"] === true && !objects.get(type as string)?.some((field) => field.name === "deleted")) return;
  const own = path === "" ? 0 : path.length + 1;
  checkFields(value, objects.get(type as string) ?? [], path, (at, flaw) => {
    if (!NOT_ON_THE_WIRE.has(`${type}.${at.slice(own)}`)) complain(at, flaw);
  });
}

function checkFields(value: Record<string, unknown>, fields: Field[], path: string, complain: Complain): void {
  for (const field of fields) {
    const at = path === "" ? field.name : `${path}.${field.name}`;
    const inner = value[field.name];
    if (inner === undefined) {
      if (!field.optional) complain(at, "is missing");
    } else if (inner === null) {
      if (!field.nullable) complain(at, "is null");
    } else {
      checkKind(inner, field.kind, at, complain);
    }
  }
}

function checkKind(value: unknown, kind: Kind, path: string, complain: Complain): void {
  const expect = (fits: boolean, what: string) => {
    if (!fits) complain(path, `is ${JSON.stringify(value)}, not ${what}`);
  };
  switch (kind.is) {
    case "str":
      return expect(typeof value === "string", "text");
    case "int":
      return expect(Number.isInteger(value), "an integer");
    case "int64":
      // stripe-node makes a bigint of it.
      return expect(typeof value === "bigint" || /^-?\d+$/.test(String(value)), "an integer as text");
    case "float":
      return expect(typeof value === "number", "a number");
    case "decimal":
      // stripe-node makes an object of it, which prints as the text.
      return expect(/^-?\d+(\.\d+)?$/.test(String(value)), "a decimal as text");
    case "bool":
      return expect(typeof value === "boolean", "a boolean");
    case "true":
      return expect(value === true, "true");
    case "enum":
      return expect(typeof value === "string" && (kind.open || kind.values.includes(value)), kind.values.join(", "));
    case "hash":
      if (!isHash(value)) return expect(false, "a hash");
      return checkFields(value, objects.get(kind.shape) ?? [], path, complain);
    case "list":
      if (!Array.isArray(value)) return expect(false, "a list");
      return value.forEach((item, place) => checkKind(item, kind.of as Kind, `${path}[${place}]`, complain));
    case "map":
      if (!isHash(value)) return expect(false, "a hash");
      for (const [name, item] of Object.entries(value)) checkKind(item, kind.of as Kind, `${path}.${name}`, complain);
      return;
    case "ref":
      return typeof value === "string" ? expect(value !== "", "an id") : checkObject(value, kind.objects, path, complain);
    case "embedded":
      return checkObject(value, kind.objects, path, complain);
    case "list of":
      return checkList(value, kind.objects, path, complain);
    case "union": {
      const tries = (kind.of as Kind[]).map((one) => {
        const found: string[] = [];
        checkKind(value, one, path, (at, flaw) => found.push(`${at} ${flaw}`));
        return found;
      });
      return expect(tries.some((found) => found.length === 0), "any of its kinds");
    }
    default:
      return;
  }
}

function checkDeleted(value: unknown, types: string[], complain: Complain): void {
  if (!isHash(value)) return complain("", "is no hash");
  // v2 answers the id and, for most types, the type.
  if (types.some((type) => type.startsWith("v2."))) return value["id"] ? undefined : complain("id", "is missing");
  if (value["deleted"] !== true && value["object"] !== "discount") complain("deleted", "is not true");
  if (!types.includes(value["object"] as string)) complain("object", `is ${String(value["object"])}`);
  if (typeof value["id"] !== "string") complain("id", "is missing");
}

function checkList(value: unknown, types: string[], path: string, complain: Complain): void {
  const at = (name: string) => (path === "" ? name : `${path}.${name}`);
  if (!isHash(value)) return complain(path, "is no list");
  if (value["object"] !== "list") complain(at("object"), "is not list");
  if (typeof value["has_more"] !== "boolean") complain(at("has_more"), "is no boolean");
  if (typeof value["url"] !== "string") complain(at("url"), "is missing");
  checkItems(value["data"], types, at("data"), complain);
}

function checkPage(value: unknown, types: string[], names: string[], complain: Complain): void {
  if (!isHash(value)) return complain("", "is no list");
  for (const name of names) if (!(name in value)) complain(name, "is missing");
  checkItems(value["data"], types, "data", complain);
}

function checkItems(value: unknown, types: string[], path: string, complain: Complain): void {
  if (!Array.isArray(value)) return complain(path, "is no list");
  value.forEach((item, place) => checkObject(item, types, `${path}[${place}]`, complain));
}
