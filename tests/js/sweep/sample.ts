// Valid parameters for any operation: those it requires, made from its table.

import { type Field, type Kind, params } from "./tables.ts";

export type Params = Record<string, unknown>;

/** Makes the object a parameter names, where the parameter's name says which that is. */
export type Refer = (name: string) => Promise<string | undefined>;

/** The parameters that operation requires. `refer` gives ids of objects that exist. */
export async function required(shape: string, refer: Refer, except: string[] = []): Promise<Params> {
  const made: Params = {};
  for (const field of params.get(shape) ?? []) {
    if (field.optional || except.includes(field.name)) continue;
    made[field.name] = await value(field, field.kind, refer);
  }
  return made;
}

async function value(field: Field, kind: Kind, refer: Refer): Promise<unknown> {
  switch (kind.is) {
    case "str":
      return (await refer(field.name)) ?? text(field.name);
    case "int":
    case "float":
      return number(field.name);
    case "int64":
      return BigInt(number(field.name));
    case "decimal":
      return "1";
    case "bool":
    case "true":
      return true;
    case "enum":
      return kind.values[0];
    case "file":
      return { data: Buffer.from("a file"), name: "file.txt", type: "text/plain" };
    case "list":
      return [await value(field, kind.of as Kind, refer)];
    case "map":
      return { key: await value({ ...field, name: "value" }, kind.of as Kind, refer) };
    case "hash":
      return await required(kind.shape, refer);
    case "union":
      return await value(field, (kind.of as Kind[])[0] as Kind, refer);
    default:
      return "value";
  }
}

/** A text that is good for a parameter of that name. */
function text(name: string): string {
  if (name === "currency" || name.endsWith("currencies")) return "usd";
  if (name === "country") return "US";
  if (name === "email" || name.endsWith("_email")) return "jenny.rosen@example.com";
  if (name === "url" || name.endsWith("_url")) return "https://example.com/return";
  if (name === "domain_name") return "example.com";
  if (name === "state") return "CA";
  if (name === "postal_code") return "94111";
  if (name === "timestamp" || name.endsWith("_at")) return "2026-01-31T12:00:00.000Z";
  return `some ${name.replaceAll("_", " ")}`;
}

/** A number that is good for a parameter of that name. */
function number(name: string): number {
  if (name === "exp_month") return 12;
  if (name === "exp_year") return 2034;
  if (/(_at|_time|_date|^from|^to|timestamp|frozen_time)$/.test(name)) return 1_790_000_000;
  if (name === "quantity" || name === "interval_count") return 1;
  return 1000;
}
