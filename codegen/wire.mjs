// What a stripe package sends: every method of its client with the HTTP method, path and host.
//
// The client's resources are loaded with the one function that would send a request replaced by one
// that notes what was asked, and then every method is called. So the table is what the package does,
// not what a parser makes of its source. Majors up to 21 describe a method to
// `StripeResource.method`; later ones call `_makeRequest`.

import { pathToFileURL } from "node:url";
import { join } from "node:path";

/** Members of a client or a resource that lead to no operations, or to the same ones again. */
const NOT_RESOURCES = new Set(["account", "webhooks", "errors", "Decimal", "stripe", "StripeResource"]);

const HOSTS = {
  files: "files",
  connect: "connect",
  meter_events: "meter_events",
  "files.stripe.com": "files",
  "connect.stripe.com": "connect",
  "meter-events.stripe.com": "meter_events",
};

/**
 * @typedef {{ name: string, namespace: string[], member: string, method: string, path: string,
 *   ids: number, host: string }} WireMethod
 */

/**
 * @param {string} folder where the package is installed
 * @returns {Promise<WireMethod[]>}
 */
export async function readWire(folder) {
  const load = (file) => import(pathToFileURL(join(folder, "esm", file)).href);
  const { StripeResource } = await load("StripeResource.js");
  const notes = [];
  if (StripeResource.method) {
    StripeResource.method = (spec) => () => notes.push(spec);
  }
  StripeResource.prototype._makeRequest = (method, path, params, options, spec = {}) =>
    notes.push({ method, fullPath: decodeURIComponent(path), host: spec.apiBase ?? spec.host });
  const { default: Stripe } = await load("stripe.esm.node.js");
  const found = [];
  const walk = (value, namespace) => {
    for (const member of Object.keys(value)) {
      const child = value[member];
      if (member.startsWith("_") || NOT_RESOURCES.has(member)) continue;
      if (child === null || typeof child !== "object") continue;
      const isResource = child instanceof StripeResource;
      if (!isResource && namespace.length === 0 && !holdsResources(child, StripeResource)) continue;
      if (isResource) found.push(...methodsOf(child, [...namespace, member], StripeResource, notes));
      walk(child, [...namespace, member]);
    }
  };
  walk(new Stripe("sk_test_codegen"), []);
  return found;
}

function holdsResources(value, StripeResource, depth = 0) {
  return Object.entries(value).some(
    ([member, child]) =>
      child instanceof StripeResource ||
      (depth < 3 &&
        child !== null &&
        typeof child === "object" &&
        !NOT_RESOURCES.has(member) &&
        !member.startsWith("_") &&
        holdsResources(child, StripeResource, depth + 1)),
  );
}

function methodsOf(resource, namespace, StripeResource, notes) {
  const members = new Set();
  for (let at = resource; at && at !== StripeResource.prototype; at = Object.getPrototypeOf(at)) {
    for (const member of Object.getOwnPropertyNames(at)) members.add(member);
  }
  const found = [];
  for (const member of members) {
    if (member === "constructor" || member.startsWith("_") || member in StripeResource.prototype) continue;
    if (typeof resource[member] !== "function") continue;
    notes.length = 0;
    callWith(resource, member, "{id}") || callWith(resource, member, { toString: () => "{id}" });
    if (notes.length === 0) continue;
    const { method, fullPath, path, host } = notes[0];
    const segments = (fullPath ?? `/${path}`)
      .split("/")
      .map((part) => (part.startsWith("{") ? "{id}" : part));
    const normal = segments.join("/");
    found.push({
      name: [...namespace, member].join("."),
      namespace,
      member,
      method,
      path: normal,
      ids: segments.filter((part) => part === "{id}").length,
      host: host === undefined ? "api" : (HOSTS[host] ?? fail(`unknown host ${host} of ${normal}`)),
    });
  }
  return found;
}

/** Whether the method could be called with that for every argument. */
function callWith(resource, member, argument) {
  try {
    resource[member](argument, argument, argument, argument, argument);
    return true;
  } catch {
    return false;
  }
}

function fail(message) {
  throw new Error(message);
}
