// Reads the declarations of one stripe package with the TypeScript compiler.
//
// A type becomes a *kind*, a plain object that the tables are made of:
//
//   { is: "str" | "int" | "int64" | "float" | "decimal" | "bool" | "true" | "any" | "file" }
//   { is: "enum", values: string[], open: boolean }
//   { is: "object", shape }                  a nested hash; shape is { fields: Field[] }
//   { is: "list" | "map", of: kind }
//   { is: "ref" | "embedded" | "listof", objects: string[] }   names of types, see `objects`
//   { is: "union", of: kind[] }
//
// A field is { name, kind, nullable, optional, emptyable }. The reader works on the written types, not
// on the checker's, because the checker has already dissolved `Emptyable<...>` and `OtherString`.

import ts from "typescript";
import { join } from "node:path";
import { existsSync } from "node:fs";
import { ANYTHING, BASES, FRACTION_MAPS, FRACTIONS } from "./facts.mjs";

const FILES = new Set(["FileData", "Uint8Array", "Buffer"]);
const MAPS = new Map([
  ["Metadata", { is: "str" }],
  ["MetadataParam", { is: "str" }],
]);

export class TypeReader {
  /** @param {string} folder where the package is installed */
  constructor(folder) {
    this.folder = folder;
    const declared = join(folder, "types/index.d.ts");
    this.isAmbient = existsSync(declared);
    const root = this.isAmbient ? declared : join(folder, "esm/stripe.core.d.ts");
    this.program = ts.createProgram([root], {
      module: ts.ModuleKind.NodeNext,
      moduleResolution: ts.ModuleResolutionKind.NodeNext,
      noLib: true,
      types: [],
      skipLibCheck: true,
      strictNullChecks: true,
    });
    this.checker = this.program.getTypeChecker();
    this.client = this.#findClient(this.program.getSourceFile(root));
    /** Every object type met: name of the type to { object, fields }. */
    this.objects = new Map();
    this.shapes = new Map();
  }

  #findClient(file) {
    let found;
    const visit = (node) => {
      if (ts.isClassDeclaration(node) && node.name?.text === "Stripe") found ??= node;
      else if (!found) ts.forEachChild(node, visit);
    };
    visit(file);
    if (!found) throw new Error(`no class Stripe in ${this.folder}`);
    return found;
  }

  /**
   * The written parameters and answer of a method of the client.
   * @param {string[]} namespace
   * @param {string} member
   */
  method(namespace, member) {
    let type = this.checker.getTypeAtLocation(this.client);
    for (const step of namespace) {
      const symbol = type.getProperty(step);
      if (!symbol) return undefined;
      type = this.checker.getTypeOfSymbolAtLocation(symbol, this.client);
    }
    const declarations = type.getProperty(member)?.declarations ?? [];
    if (declarations.length === 0) return undefined;
    const paramsOf = (node) => node.parameters.find((parameter) => parameter.name.getText() === "params");
    const declaration = declarations.find(paramsOf) ?? declarations[0];
    const params = paramsOf(declaration)?.type;
    return {
      params: params ? this.#paramsShape(params) : { fields: [] },
      answer: this.#answer(declaration.type),
    };
  }

  #paramsShape(node) {
    const { kind } = this.#kind(node, { name: "", isParam: true });
    if (kind.is === "object") return kind.shape;
    if (kind.is === "union") return mergeAlternatives(kind.of.map((each) => each.shape));
    throw new Error(`parameters that are no hash: ${node.getText()}`);
  }

  /** What a method answers: { is, objects } or { is: "plain", shape } or { is: "bytes" }. */
  #answer(node) {
    const name = node.typeName?.getText().replace(/^Stripe\./, "") ?? node.getText();
    const inner = node.typeArguments?.[0];
    const context = { name: "", isParam: false };
    const objectsIn = (type) => {
      const { kind } = this.#kind(type, context);
      return kind.is === "embedded" ? kind.objects : undefined;
    };
    switch (name) {
      case "Promise":
      case "Response":
        return this.#answer(inner);
      case "ApiListPromise":
      case "ApiList":
        return { is: "list", objects: objectsIn(inner) };
      case "ApiSearchResultPromise":
        return { is: "search", objects: objectsIn(inner) };
      case "V2ListPromise":
      case "V2List":
        return { is: "v2list", objects: objectsIn(inner) };
      case "StripeStreamResponse":
      case "NodeJS.ReadableStream":
        return { is: "bytes" };
    }
    const objects = objectsIn(node);
    if (objects) {
      const isDeleted = /^Deleted\w*$/.test(name.split(".").at(-1));
      return { is: isDeleted ? "deleted" : "object", objects };
    }
    const { kind } = this.#kind(node, context);
    return { is: "plain", shape: kind.is === "object" ? kind.shape : { fields: [] } };
  }

  /**
   * The kind of a written type, with what was written around it.
   * @returns {{ kind: object, nullable: boolean, emptyable: boolean }}
   */
  #kind(node, context) {
    const parts = { kinds: [], values: [], open: false, nullable: false, emptyable: false, objects: [] };
    this.#collect(node, context, parts);
    return { kind: combine(parts, node), nullable: parts.nullable, emptyable: parts.emptyable };
  }

  #collect(node, context, parts) {
    const K = ts.SyntaxKind;
    const add = (is) => parts.kinds.push({ is });
    switch (node.kind) {
      case K.ParenthesizedType:
        return this.#collect(node.type, context, parts);
      case K.UnionType:
        return node.types.forEach((each) => this.#collect(each, context, parts));
      case K.StringKeyword:
        return add("str");
      case K.NumberKeyword:
        return add(FRACTIONS.has(context.name) || FRACTION_MAPS.has(context.name) ? "float" : "int");
      case K.BigIntKeyword:
        return add("int64");
      case K.BooleanKeyword:
        return add("bool");
      case K.AnyKeyword:
      case K.UnknownKeyword:
      case K.ObjectKeyword:
        return add("any");
      case K.UndefinedKeyword:
      case K.VoidKeyword:
      case K.NeverKeyword:
        return undefined;
      case K.LiteralType:
        return this.#literal(node.literal, context, parts);
      case K.ArrayType:
        return parts.kinds.push({ is: "list", of: this.#kind(node.elementType, context).kind });
      case K.TypeLiteral:
        return parts.kinds.push(this.#members(node.members, [], context));
      case K.TypeReference:
        return this.#reference(node, context, parts);
      default:
        throw new Error(`cannot read the type ${K[node.kind]}: ${node.getText().slice(0, 200)}`);
    }
  }

  #literal(literal, context, parts) {
    const K = ts.SyntaxKind;
    switch (literal.kind) {
      case K.NullKeyword:
        return (parts.nullable = true);
      case K.TrueKeyword:
        return parts.kinds.push({ is: "true" });
      case K.FalseKeyword:
        return parts.kinds.push({ is: "bool" });
      case K.StringLiteral:
        if (literal.text === "") return (parts.emptyable = true);
        return parts.values.push(literal.text);
      default:
        return parts.kinds.push({ is: "int" });
    }
  }

  #reference(node, context, parts) {
    const written = node.typeName.getText().replace(/^Stripe\./, "");
    const [first] = node.typeArguments ?? [];
    switch (written) {
      case "Array":
        return parts.kinds.push({ is: "list", of: this.#kind(first, context).kind });
      case "Emptyable":
        parts.emptyable = true;
        return this.#collect(first, context, parts);
      case "ApiList":
      case "V2List": {
        const { kind } = this.#kind(first, context);
        if (kind.is !== "embedded") return parts.kinds.push({ is: "list", of: kind });
        return parts.kinds.push({ is: "listof", objects: kind.objects });
      }
      case "Omit":
        return this.#collect(first, context, parts);
      case "Partial":
      case "Record":
        return parts.kinds.push({ is: "any" });
      case "OtherString":
        return (parts.open = true);
      case "Decimal":
        return parts.kinds.push({ is: "decimal" });
      case "Date":
        return parts.kinds.push({ is: "str" });
    }
    if (FILES.has(written)) return parts.kinds.push({ is: "file" });
    if (MAPS.has(written)) return parts.kinds.push({ is: "map", of: MAPS.get(written) });
    return this.#declared(this.#resolve(node.typeName), context, parts);
  }

  #resolve(name) {
    let symbol = this.checker.getSymbolAtLocation(name);
    if (symbol && symbol.flags & ts.SymbolFlags.Alias) symbol = this.checker.getAliasedSymbol(symbol);
    if (!symbol?.declarations) throw new Error(`cannot find the type ${name.getText()}`);
    return symbol;
  }

  #declared(symbol, context, parts) {
    const name = this.#nameOf(symbol);
    if (ANYTHING.has(name)) return parts.kinds.push({ is: "any" });
    if (BASES.has(name)) {
      const base = BASES.get(name).split(".").at(-1);
      const file = symbol.declarations[0].getSourceFile();
      const sibling = this.#find(file, base);
      if (sibling) return this.#interface(sibling, context, parts);
    }
    const alias = symbol.declarations.find(ts.isTypeAliasDeclaration);
    if (alias) return this.#collect(alias.type, context, parts);
    return this.#interface(symbol, context, parts);
  }

  #find(file, name) {
    let found;
    const visit = (node) => {
      if (ts.isInterfaceDeclaration(node) && node.name.text === name) {
        found ??= this.checker.getSymbolAtLocation(node.name);
      } else if (!found) ts.forEachChild(node, visit);
    };
    visit(file);
    return found;
  }

  #interface(symbol, context, parts) {
    const declarations = symbol.declarations.filter(ts.isInterfaceDeclaration);
    if (declarations.length === 0) {
      const first = symbol.declarations[0];
      throw new Error(`${symbol.name} is a ${ts.SyntaxKind[first.kind]}, not an interface`);
    }
    const name = this.#nameOf(symbol);
    const object = context.isParam ? undefined : objectValue(declarations);
    if (object) return parts.objects.push(this.#object(symbol, name, object, declarations));
    const key = symbol;
    let kind = this.shapes.get(key);
    if (kind === "reading") throw new Error(`the type ${name} contains itself`);
    if (!kind) {
      this.shapes.set(key, "reading");
      const heritage = declarations.flatMap((each) => each.heritageClauses ?? []);
      kind = this.#members(
        declarations.flatMap((each) => [...each.members]),
        heritage,
        context,
      );
      kind.type = name;
      this.shapes.set(key, kind);
    }
    return parts.kinds.push(kind);
  }

  /** Notes every object type that is declared, also those that only events or other objects show. */
  readAllObjects() {
    const context = { name: "", isParam: false };
    for (const file of this.program.getSourceFiles()) {
      if (!file.fileName.startsWith(join(this.folder, "esm/resources"))) continue;
      for (const node of file.statements) {
        if (!ts.isInterfaceDeclaration(node) || !objectValue([node])) continue;
        const symbol = this.checker.getSymbolAtLocation(node.name);
        this.#interface(symbol, context, { kinds: [], objects: [] });
      }
    }
  }

  /** The event types with the object each is about: { type, objects }. */
  readEvents() {
    const found = [];
    const visit = (node) => {
      if (ts.isInterfaceDeclaration(node) && /Event$/.test(node.name.text)) {
        const type = memberOf([node], "type")?.type?.literal?.text;
        if (type) found.push({ type, ...this.#eventSubject(node) });
      }
      ts.forEachChild(node, visit);
    };
    for (const file of this.program.getSourceFiles()) {
      if (/resources\/(V2\/Core\/)?Events\.d\.ts$/.test(file.fileName)) visit(file);
    }
    return found;
  }

  /** What an event's `data.object` (v1) or `fetchRelatedObject` (v2) is. */
  #eventSubject(node) {
    const context = { name: "", isParam: false };
    const written = memberOf([node], "data")?.type;
    if (written?.kind === ts.SyntaxKind.TypeReference) {
      const data = this.#resolve(written.typeName).declarations.filter(ts.isInterfaceDeclaration);
      const object = memberOf(data, "object");
      const objects = object ? (this.#kind(object.type, context).kind.objects ?? []) : [];
      return { objects };
    }
    const answer = memberOf([node], "fetchRelatedObject")?.type;
    const inner = answer?.typeArguments?.[0];
    return { objects: inner ? (this.#kind(inner, context).kind.objects ?? []) : [] };
  }

  /** Notes an object type, and gives the name it is noted under. */
  #object(symbol, name, object, declarations) {
    const steps = name.split(".");
    const last = steps.pop();
    if (last.startsWith("Deleted")) {
      const whole = [...steps, last.slice("Deleted".length)].join(".");
      this.deleted ??= new Map();
      this.deleted.set(name, whole);
      return whole;
    }
    const known = name.replace(/EventBase$/, "Event");
    if (!this.objects.has(known)) {
      const entry = { object, fields: [] };
      this.objects.set(known, entry);
      const heritage = declarations.flatMap((each) => each.heritageClauses ?? []);
      const members = declarations.flatMap((each) => [...each.members]);
      entry.fields = this.#members(members, heritage, { name: "", isParam: false }).shape.fields;
    }
    return known;
  }

  #members(members, heritage, context) {
    const index = members.find(ts.isIndexSignatureDeclaration);
    const properties = members.filter(ts.isPropertySignature);
    if (index && properties.length === 0) return { is: "map", of: this.#kind(index.type, context).kind };
    const fields = properties.flatMap((property) => this.#field(property, context));
    for (const clause of heritage) {
      for (const base of clause.types) {
        const parts = { kinds: [], values: [], objects: [] };
        this.#declared(this.#resolve(base.expression), context, parts);
        const inherited = parts.kinds[0]?.shape.fields ?? this.objects.get(parts.objects[0]).fields;
        for (const field of inherited) {
          if (!fields.some((own) => own.name === field.name)) fields.push(field);
        }
      }
    }
    return { is: "object", shape: { fields } };
  }

  #field(property, context) {
    const name = property.name.text;
    if (property.type.kind === ts.SyntaxKind.VoidKeyword) return [];
    const { kind, nullable, emptyable } = this.#kind(property.type, { ...context, name });
    return [{ name, kind, nullable, emptyable, optional: property.questionToken !== undefined }];
  }

  /** A type's name as the package's users write it, such as `Checkout.Session`. */
  #nameOf(symbol) {
    const steps = [];
    let node = symbol.declarations[0];
    for (; node && !ts.isSourceFile(node); node = node.parent) {
      if (ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node)) steps.unshift(node.name.text);
      if (ts.isModuleDeclaration(node) && node.name.text !== "stripe") steps.unshift(node.name.text);
    }
    if (this.isAmbient) return steps.join(".").replace(/^Stripe\./, "");
    const folder = /\/esm\/resources\/(.*\/)?[^/]*$/.exec(node.fileName)?.[1] ?? "";
    const folders = folder.split("/").filter(Boolean);
    const isFull = folders.length > 0 && steps.slice(0, folders.length).join() === folders.join();
    return [...(isFull ? [] : folders), ...steps].join(".");
  }
}

function memberOf(declarations, name) {
  return declarations.flatMap((each) => [...each.members]).find((member) => member.name?.text === name);
}

/** The value of an interface's `object` field, where it has one. */
function objectValue(declarations) {
  const field = memberOf(declarations, "object");
  const literal = field?.type?.literal;
  return literal && ts.isStringLiteral(literal) ? literal.text : undefined;
}

/** One kind of what the members of a written union are. */
function combine(parts, node) {
  const kinds = [];
  for (const kind of parts.kinds) {
    if (!kinds.some((other) => other.is === kind.is && !["object", "list", "map"].includes(kind.is)))
      kinds.push(kind);
  }
  const isBool = kinds.some((kind) => kind.is === "bool");
  let rest = isBool ? kinds.filter((kind) => kind.is !== "true") : kinds;
  const objects = [...new Set(parts.objects)];
  const hasText = rest.some((kind) => kind.is === "str");
  if (objects.length > 0) {
    rest = rest.filter((kind) => kind.is !== "str");
    rest.push({ is: hasText ? "ref" : "embedded", objects });
  } else if (parts.values.length > 0 && !hasText) {
    rest.push({ is: "enum", values: parts.values, open: parts.open });
  } else if (parts.open && !hasText) {
    rest.push({ is: "str" });
  }
  if (rest.length === 0) return { is: "any" };
  const lists = rest.filter((kind) => kind.is === "list" && kind.of.is === "object");
  if (rest.length === 1) return rest[0];
  if (lists.length > 1) throw new Error(`a union of lists of hashes: ${node.getText().slice(0, 200)}`);
  return { is: "union", of: rest };
}

/** Parameters written as a choice of hashes: all fields, those that not every choice has optional. */
function mergeAlternatives(shapes) {
  const fields = new Map();
  for (const shape of shapes) {
    for (const field of shape.fields) if (!fields.has(field.name)) fields.set(field.name, { ...field });
  }
  for (const field of fields.values()) {
    const isEverywhere = shapes.every((shape) =>
      shape.fields.some((each) => each.name === field.name && !each.optional),
    );
    if (!isEverywhere) field.optional = true;
  }
  return { fields: [...fields.values()] };
}
