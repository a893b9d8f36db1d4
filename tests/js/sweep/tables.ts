// The generated tables, read for testing: what every method takes and what it answers.

import { readFileSync } from "node:fs";

/** The newest major of the stripe package, which the sweep calls. */
const MAJOR = 23;

export interface Field {
  name: string;
  kind: Kind;
  nullable: boolean;
  optional: boolean;
}

export type Kind =
  | { is: "str" | "int" | "int64" | "float" | "decimal" | "bool" | "true" | "any" | "file" }
  | { is: "enum"; values: string[]; open: boolean }
  | { is: "hash"; shape: string }
  | { is: "list" | "map"; of: Kind }
  | { is: "ref" | "embedded" | "list of"; objects: string[] }
  | { is: "union"; of: Kind[] };

export interface Answer {
  is: "object" | "list" | "search" | "deleted" | "v2list" | "plain" | "bytes";
  objects: string[];
}

export interface Operation {
  /** As in the client: `customers.createSource`. */
  name: string;
  method: string;
  path: string;
  answer: Answer;
  /** The name of its parameters' shape. */
  params: string;
}

function rows(file: string): string[][] {
  const text = readFileSync(new URL(`../../../src/kernel/schema/generated/${file}`, import.meta.url), "utf8");
  const lines = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  return lines.map((line) => line.split("\t"));
}

/** Whether a column such as `15-`, `18,22-` or `-19` names the newest major. */
function isCurrent(versions = ""): boolean {
  if (versions === "") return true;
  return versions.split(",").some((range) => {
    const [first = "", last = first] = range.split("-");
    return Number(first || 0) <= MAJOR && MAJOR <= Number(last || Number.POSITIVE_INFINITY);
  });
}

const enums = new Map<string, string[]>();
for (const [name = "", value = "", versions] of rows("enums.tsv")) {
  if (!enums.has(name)) enums.set(name, []);
  if (isCurrent(versions)) enums.get(name)?.push(value);
}

function readKind(text: string, home: string): Kind {
  const alternatives = split(text);
  if (1 < alternatives.length) return { is: "union", of: alternatives.map((one) => readKind(one, home)) };
  if (text.startsWith("[")) return { is: "list", of: readKind(text.slice(1, -1), home) };
  if (text.startsWith("{")) return { is: "map", of: readKind(text.slice(1, -1), home) };
  if (text.startsWith("enum ")) {
    const open = text.endsWith(" ...");
    const name = text.slice("enum ".length, open ? -" ...".length : undefined);
    return { is: "enum", values: enums.get(name) ?? [], open };
  }
  if (text === "hash of nothing") return { is: "hash", shape: "" };
  if (text === "hash") return { is: "hash", shape: home };
  if (text.startsWith("hash = ")) return { is: "hash", shape: text.slice("hash = ".length) };
  if (text.startsWith("hash ")) return { is: "hash", shape: text.slice("hash ".length) };
  if (text.startsWith("id or ")) return { is: "ref", objects: text.slice("id or ".length).split(" | ") };
  if (text.startsWith("whole ")) return { is: "embedded", objects: text.slice("whole ".length).split(" | ") };
  if (text.startsWith("list of ")) return { is: "list of", objects: text.slice("list of ".length).split(" | ") };
  return { is: text as "str" };
}

/** Splits at the bars of a union, not at those between object types or inside brackets. */
function split(text: string): string[] {
  if (/^(id or|whole|list of) /.test(text)) return [text];
  const parts: string[] = [];
  let depth = 0;
  let part = "";
  for (const word of text.split(" ")) {
    if (word === "|" && depth === 0) {
      parts.push(part.trim());
      part = "";
      continue;
    }
    depth += (word.match(/[[{]/g)?.length ?? 0) - (word.match(/[\]}]/g)?.length ?? 0);
    part += ` ${word}`;
  }
  return [...parts, part.trim()];
}

function readShapes(file: string): Map<string, Field[]> {
  const shapes = new Map<string, Field[]>();
  for (const [shape = "", name = "", kind = "", flags = "", versions] of rows(file)) {
    if (!shapes.has(shape)) shapes.set(shape, []);
    if (!isCurrent(versions)) continue;
    shapes.get(shape)?.push({
      name,
      kind: readKind(kind, `${shape}.${name}`),
      nullable: flags.includes("n"),
      optional: flags.includes("o"),
    });
  }
  return shapes;
}

/** The fields of every object type, and of the hashes in them. */
export const objects = readShapes("objects.tsv");

/** The fields of every operation's parameters, and of the hashes in them. */
export const params = readShapes("params.tsv");

function readAnswer(text: string): Answer {
  const [is = "", ...rest] = text.split(" ");
  return { is: is as Answer["is"], objects: rest.join(" ").split(" | ").filter((name) => name !== "") };
}

/** Every method of the client. */
export const operations: Operation[] = rows("operations.tsv").flatMap(
  ([path = "", method = "", _host, name = "", _verb, answer = "", versions]) =>
    isCurrent(versions)
      ? [{ name, method, path, answer: readAnswer(answer), params: `${method} ${path}` }]
      : [],
);
