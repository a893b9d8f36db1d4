/**
 * Which partition a caught request belongs to.
 *
 * The key decides if a partition owns it; else the async context; else the newest partition, as long
 * as that is no guess. Whatever cannot be placed is answered with a sentence that says what to do.
 */

import { hostOf, isApiUrl } from "./hosts.ts";
import { type Entry, entered, hub } from "./hub.ts";
import { type Answer, complaint, preflight, type Question } from "./wire.ts";

/** Finds the partition and asks it. */
export function answer(question: Question): Answer {
  if (!isApiUrl(question.url)) return complaint(notServed(hostOf(question.url)), 404);
  if (question.method === "OPTIONS") return preflight(question.headers);
  const key = keyOf(question.headers["authorization"]);
  if (isLive(key)) return complaint(LIVE_KEY, 401);
  const found = route(key);
  return typeof found === "string" ? complaint(found) : found.answer!(question);
}

/**
 * Whether a request with that `Authorization` header is to use the network: a partition was made
 * with `passthrough: true`, and the key is neither a partition's nor a live one.
 */
export function passesThrough(authorization: string | undefined): boolean {
  if (hub.context.getStore()?.network) return true;
  if (!hub.alive.some((entry) => entry.passthrough)) return false;
  const key = keyOf(authorization);
  return !isLive(key) && !hub.byKey.has(key);
}

/** Does something whose connections are to be real ones. */
export function onTheNetwork<T>(body: () => T): T {
  return hub.context.run({ ...hub.context.getStore(), network: true }, body);
}

function route(key: string): Entry | string {
  const candidates = hub.byKey.get(key) ?? hub.alive;
  const newest = candidates[candidates.length - 1];
  if (!newest) return NONE_ALIVE;
  if (candidates.length === 1 && candidates !== hub.alive) return newest;
  const here = entered();
  if (here && (candidates === hub.alive || candidates.includes(here))) return here;
  if (candidates.every((entry) => entry === newest || isWithin(newest, entry))) return newest;
  return AMBIGUOUS;
}

/** Whether one partition was made in the context of the other. */
function isWithin(inner: Entry, outer: Entry): boolean {
  for (let entry = inner.parent; entry; entry = entry.parent) if (entry === outer) return true;
  return false;
}

/** The key of an `Authorization` header, which is `Bearer <key>` or `Basic <base64 of key:>`. */
function keyOf(authorization: string | undefined): string {
  const [, scheme, rest] = /^(\S+)\s+(\S+)/.exec(authorization ?? "") ?? [];
  if (!scheme || !rest) return "";
  if (scheme.toLowerCase() !== "basic") return rest;
  try {
    return atob(rest).split(":")[0]!;
  } catch {
    return "";
  }
}

function isLive(key: string): boolean {
  return key.startsWith("sk_live_") || key.startsWith("rk_live_");
}

function notServed(host: string | undefined): string {
  return (
    `${host} is a host of Stripe's that is not of its API; fakestripe draws no pages and serves no ` +
    "scripts, and nothing addressed to Stripe reaches the network. What customers do on Stripe's " +
    "pages, `fake.asCustomer` does."
  );
}

const LIVE_KEY =
  "this request carries a live mode key, and a fake never lets one out. " +
  "Give the code under test `fake.apiKey`, or any key that begins with sk_test_.";

const NONE_ALIVE =
  "no partition is alive to answer this request. Make one first with `FakeStripe.new()`, " +
  "and stop it when the test is over.";

const AMBIGUOUS =
  "several partitions are alive, made in different tests, and nothing in this request tells " +
  "whose it is. Give `fake.apiKey` to the Stripe client, or make the request within " +
  "`fake.run(() => ...)`; and stop partitions that are no longer needed.";
