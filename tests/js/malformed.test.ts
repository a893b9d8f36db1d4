/**
 * Bad input: every request of the table gets an `error` body with Stripe's status, and the partition
 * works on after each.
 *
 * Statuses are those of https://docs.stripe.com/api/errors: 400 for what is wrong with parameters,
 * 401 for keys, 403 for accounts, 404 for URLs and for ids in the path.
 */

import https from "node:https";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { FakeStripe } from "../../js/index.ts";

interface Asked {
  method?: string;
  host?: string;
  path: string;
  headers?: Record<string, string | undefined>;
  body?: string | Uint8Array;
}

interface Row extends Asked {
  what: string;
  status: number;
  /** Members of the `error` hash that are known. */
  error?: Record<string, string>;
}

interface Answered {
  status: number;
  type: string | undefined;
  text: string;
}

let fake: FakeStripe;
beforeAll(() => {
  fake = FakeStripe.new();
});
afterAll(() => fake.stop());

const FORM = "application/x-www-form-urlencoded";
const JSON_ = "application/json";
const V2 = "2026-10-28.endive";

/** Only these hosts are caught; a request to another one can but be handed over. */
const CAUGHT = /^(api|files|connect|meter-events)\.stripe\.com$/;

function send(asked: Asked): Promise<Answered> {
  const headers: Record<string, string> = {};
  const given = { authorization: `Bearer ${fake.apiKey}`, ...asked.headers };
  for (const [name, value] of Object.entries(given)) if (value !== undefined) headers[name] = value;
  const { method = "GET", host = "api.stripe.com", path, body } = asked;
  return CAUGHT.test(host)
    ? sendThroughNode(method, host, path, headers, body)
    : handOver(`https://${host}${path}`, { method, headers, body: body as BodyInit | undefined });
}

async function handOver(url: string, init: RequestInit): Promise<Answered> {
  const response = await fake.fetch(url, init);
  const type = response.headers.get("content-type") ?? undefined;
  return { status: response.status, type, text: await response.text() };
}

/** Node's client sends paths, methods and bodies that `fetch` would mend or refuse. */
function sendThroughNode(
  method: string,
  host: string,
  path: string,
  headers: Record<string, string>,
  body: string | Uint8Array | undefined,
): Promise<Answered> {
  return new Promise((resolve, reject) => {
    const request = https.request({ host, path, method, headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk) => chunks.push(chunk));
      response.on("end", () => {
        const text = Buffer.concat(chunks).toString();
        resolve({ status: response.statusCode!, type: response.headers["content-type"], text });
      });
    });
    request.on("error", reject);
    request.end(body);
  });
}

const latin1 = (text: string) => Uint8Array.from(text, (letter) => letter.charCodeAt(0));

const rows: Row[] = [];

/** A form posted to the API. */
function form(path: string, body: string | Uint8Array, status = 400, error = {}) {
  const shown = typeof body === "string" ? body : Buffer.from(body).toString("latin1");
  const what = `POST ${path} ${shown.slice(0, 60)}${60 < shown.length ? "..." : ""}`;
  rows.push({
    what,
    method: "POST",
    path,
    headers: { "content-type": FORM },
    body,
    status,
    error,
  });
}

/** JSON posted to v2. */
function json(body: string | Uint8Array, status = 400, error = {}) {
  const shown = typeof body === "string" ? body : Buffer.from(body).toString("latin1");
  rows.push({
    what: `v2 ${shown.slice(0, 60)}${60 < shown.length ? "..." : ""}`,
    method: "POST",
    path: "/v2/core/accounts",
    headers: { "content-type": JSON_, "stripe-version": V2 },
    body,
    status,
    error,
  });
}

/** A URL asked for. */
function url(path: string, status: number, more: Partial<Row> = {}) {
  const method = more.method ?? "GET";
  const host = more.host ? `${more.host} ` : "";
  rows.push({ what: `${method} ${host}${path.slice(0, 80)}`, path, status, ...more });
}

/** Headers of a request that would otherwise be answered with a list. */
function headers(given: Record<string, string | undefined>, status: number, error = {}) {
  rows.push({
    what: JSON.stringify(given).slice(0, 80),
    path: "/v1/customers",
    headers: given,
    status,
    error,
  });
}

// Brackets that do not match, and names that are no parameters.
for (const body of [
  "=1",
  "==",
  "[=1",
  "]=1",
  "[]=1",
  "[a]=1",
  "][=1",
  "metadata[=1",
  "metadata]=1",
  "metadata[a=1",
  "metadata[a]b=1",
  "metadata[a]]=1",
  "metadata[[a]]=1",
  "metadata[a[b]]=1",
  "metadata%5Ba=1",
  "metadata[]=1",
  "metadata[a][b]=1",
  "metadata[a][]=1",
  "metadata=1",
  "metadata=1&metadata[a]=2",
  "metadata[a]=1&metadata=2",
  "address=1",
  "address[]=1",
  "address[line1][x]=1",
  "name[]=1",
  "name[a]=1",
  "name=1&name[a]=2",
  "preferred_locales=en",
  "preferred_locales[a]=en",
  "preferred_locales[-1]=en",
  "preferred_locales[1]=en",
  "preferred_locales[99999999999999999999]=en",
  "preferred_locales[][]=en",
  "__proto__=1",
  "__proto__[a]=1",
  "__proto__[toString]=1",
  "constructor=1",
  "constructor[prototype][a]=1",
  "toString=1",
  "hasOwnProperty=1",
  "\u0000=1",
  "na\u0000me=1",
  "wat=1",
  "wat[a]=1",
  "Email=a@example.com",
  "💳=1",
]) {
  form("/v1/customers", body);
}

// Bytes that are no text.
for (const body of [
  "\xff\xfe=1",
  "\xc3=1",
  "name=\xff",
  "name=\xc3\x28",
  "name=\xed\xa0\x80",
  "name=\xf8\x88\x80\x80\x80",
]) {
  form("/v1/customers", latin1(body));
}
for (const body of ["name=%ff", "name=%c3%28", "name=%ed%a0%80", "metadata[%c3]=1", "%ff=1"]) {
  form("/v1/customers", body);
}

// Numbers that are none. https://docs.stripe.com/error-codes#parameter-invalid-integer
for (const number of [
  "abc",
  "1e3",
  "1.5",
  "0x10",
  "%2B1",
  "%201",
  "1%20",
  "NaN",
  "Infinity",
  "--1",
  "1,000",
  "1_000",
  "true",
  "null",
  "99999999999999999999",
  "-99999999999999999999",
  "9223372036854775808",
  "%D9%A1",
  "1%00",
]) {
  const error = { code: "parameter_invalid_integer", param: "amount" };
  form("/v1/payment_intents", `currency=usd&amount=${number}`, 400, error);
}
form("/v1/payment_intents", "currency=usd&amount[a]=1", 400, { param: "amount" });
form("/v1/payment_intents", "currency=usd&amount[]=1", 400, { param: "amount" });
form("/v1/payment_intents", "currency=usd&amount=0", 400, { param: "amount" });
form("/v1/payment_intents", "currency=usd&amount=-1", 400, { param: "amount" });
const empty = { code: "parameter_invalid_empty", param: "amount" };
form("/v1/payment_intents", "currency=usd&amount=", 400, empty);
form("/v1/payment_intents", "currency=usd", 400, { code: "parameter_missing", param: "amount" });
form("/v1/payment_intents", "amount=1000", 400, { code: "parameter_missing", param: "currency" });
form("/v1/payment_intents", "", 400, { code: "parameter_missing" });

// Values of the wrong kind.
const INTENT = "amount=1000&currency=usd";
for (const [given, param] of [
  ["currency=zzz", "currency"],
  ["currency=u", "currency"],
  ["currency[]=usd", "currency"],
  [`${INTENT}&confirm=maybe`, "confirm"],
  [`${INTENT}&confirm=1`, "confirm"],
  [`${INTENT}&confirm=TRUE`, "confirm"],
  [`${INTENT}&confirm[]=true`, "confirm"],
  [`${INTENT}&capture_method=later`, "capture_method"],
  [`${INTENT}&capture_method[]=manual`, "capture_method"],
  [`${INTENT}&receipt_email=nobody`, "receipt_email"],
  [`${INTENT}&receipt_email=@`, "receipt_email"],
  [`${INTENT}&shipping=x`, "shipping"],
  [`${INTENT}&shipping[name]=x`, "shipping[address]"],
  [`${INTENT}&statement_descriptor=${"x".repeat(23)}`, "statement_descriptor"],
  [`${INTENT}&metadata[${"k".repeat(41)}]=v`, "metadata"],
  [`${INTENT}&metadata[k]=${"v".repeat(501)}`, "metadata"],
  [`${INTENT}&metadata[k]=${"v".repeat(1_000_000)}`, "metadata"],
  [`${INTENT}&expand=customer`, "expand"],
  [`${INTENT}&expand[a]=customer`, "expand"],
  [`${INTENT}&customer=cus_nobody`, "customer"],
  [`${INTENT}&customer=%00`, "customer"],
  [`${INTENT}&customer=__proto__`, "customer"],
] as const) {
  const body = given.startsWith("currency") ? `amount=1000&${given}` : given;
  form("/v1/payment_intents", body, 400, param === "metadata" ? {} : { param });
}
const many = Array.from({ length: 51 }, (_, at) => `metadata[k${at}]=v`).join("&");
form("/v1/customers", many);
form("/v1/customers", `description=${"x".repeat(5001)}`, 400, { param: "description" });
form("/v1/customers", `description=${"x".repeat(5_000_000)}`, 400, { param: "description" });

// Nesting without end.
form("/v1/customers", `metadata${"[a]".repeat(50_000)}=1`);
form("/v1/customers", `address${"[line1]".repeat(1000)}=1`);
form("/v1/customers", `wat${"[]".repeat(10_000)}=1`);
form("/v1/customers", `${"[".repeat(50_000)}=1`);
form("/v1/customers", `metadata${"[a".repeat(50_000)}=1`);
form("/v1/prices", `currency=usd&unit_amount=5&tiers${"[0]".repeat(500)}=1`);

// Queries.
for (const query of [
  "wat=1",
  "limit=abc",
  "limit=1.5",
  "limit=%D9%A1",
  "limit[]=1",
  "limit[gt]=1",
  "limit=",
  "created=yesterday",
  "created[gt]=yesterday",
  "created[wat]=1",
  "created[]=1",
  "email[]=a",
  "starting_after=cus_nobody",
  "ending_before=cus_nobody",
  "starting_after[]=cus_nobody",
  "starting_after=%00",
  "expand[]=data.email",
  "expand[]=wat",
  "expand[]=data.a.b.c.d.e",
  "expand=",
  "expand[x]=data",
  "=1",
  "[=1",
  "__proto__[a]=1",
  "a=%ff",
]) {
  url(`/v1/customers?${query}`, 400);
}
for (const query of [
  "",
  "query=",
  "query=email",
  "query=email:",
  "query=email~%22a%22",
  "query=wat:%22a%22",
  "query=email:%22a",
  "query=email%3E%22a%22",
  "query=created%3E%22soon%22",
  "query=(email:%22a%22)",
  "query=email:%22a%22%20AND",
  "query=email:%22a%22%20AND%20name:%22b%22%20OR%20name:%22c%22",
  "query[]=email",
  "query=email:%22a%22&page=nonsense",
  "query=email:%22a%22&limit=x",
]) {
  url(`/v1/customers/search?${query}`, 400);
}
url(`/v1/customers?email=${"a".repeat(17_000)}`, 414);

// URLs and methods that nobody serves.
for (const path of [
  "/",
  "/v1",
  "/v1/",
  "/v1/wat",
  "/v1/customers/",
  "/v1//customers",
  "/v1/Customers",
  "/v1/customers/cus_1/wat",
  "/v1/customers/cus_1/sources/card_1/wat",
  "/v1/%ff",
  "/v1/..",
  "/v1/%2e%2e/v1/customers",
  "/v1/__proto__",
  "/v1/constructor",
  "/v3/customers",
  "/customers",
  "//v1/customers",
]) {
  url(path, 404);
}
for (const method of ["PUT", "PATCH", "DELETE", "BREW", "TRACE"]) {
  url("/v1/customers", 404, { method });
}
url("/v1/balance", 404, { method: "POST", headers: { "content-type": FORM } });
for (const host of ["unknown.stripe.com", "js.stripe.com", "dashboard.stripe.com"]) {
  url("/v1/customers", 404, { host });
}
url("/v1/customers", 404, { host: "connect.stripe.com" });

// Ids that name nothing.
for (const id of [
  "cus_nobody",
  "%00",
  "%F0%9F%92%B3",
  "__proto__",
  "constructor",
  "cus_1%2Fsources",
  "%20",
  "'",
  "x".repeat(10_000),
]) {
  url(`/v1/customers/${id}`, 404, { error: { code: "resource_missing", param: "id" } });
}
url("/v1/payment_intents/pi_nobody", 404, { error: { param: "intent" } });
url("/v1/customers/cus_nobody", 404, { method: "DELETE" });
form("/v1/customers/cus_nobody", "name=Ana", 404, { code: "resource_missing", param: "id" });

// Keys. https://docs.stripe.com/api/authentication
for (const authorization of [
  undefined,
  "",
  "Bearer",
  "Bearer ",
  "Bearer nonsense",
  "Bearer sk_test_",
  "Bearer sk_prod_123",
  "Bearer sk_test_a-b",
  "Basic",
  "Basic !!!",
  "Basic /////w==",
  "Token sk_test_123",
  "sk_test_123",
  "Bearer \u00e9",
]) {
  headers({ authorization }, 401, { type: "invalid_request_error" });
}
headers({ authorization: "Bearer sk_live_1234567890" }, 401);
headers({ authorization: `Bearer ${"x".repeat(10_000)}` }, 401);

// Versions, accounts, idempotency keys.
for (const version of ["latest", "2026-13-01", "1999-01-01", "2026-10-28", "v1", "2026-10-28.wat"]) {
  headers({ "stripe-version": version }, 400);
}
for (const account of ["acct_nobody", "cus_1", "../acct", "\u00e9"]) {
  headers({ "stripe-account": account }, 403, { code: "account_invalid" });
}
for (const key of ["", "k".repeat(256)]) {
  rows.push({
    what: `idempotency key of ${key.length} characters`,
    method: "POST",
    path: "/v1/customers",
    headers: { "content-type": FORM, "idempotency-key": key },
    body: "name=Ana",
    status: 400,
  });
}

// Bodies of another type.
for (const type of [
  JSON_,
  `${JSON_}; charset=utf-8`,
  "text/plain",
  "application/xml",
  "application/octet-stream",
  ";;;",
  "",
  "form",
  "multipart/form-data",
]) {
  rows.push({
    what: `content type ${type}`,
    method: "POST",
    path: "/v1/customers",
    headers: { "content-type": type },
    body: type.startsWith(JSON_) ? '{"name":"Ana"}' : "name=Ana",
    status: 400,
  });
}

// v2 takes JSON objects, with a version.
for (const body of [
  "{",
  "}",
  "[]",
  "null",
  "1",
  '"x"',
  "true",
  "nul",
  '{"contact_email":}',
  '{"contact_email":"a@example.com",}',
  "{'contact_email':'a@example.com'}",
  '{"contact_email":"\\ud800"}',
  '{"a":1e999}',
  "\ufeff{}",
  '{"wat":1}',
  '{"__proto__":{"a":1}}',
  '{"contact_email":["a@example.com"]}',
  '{"display_name":{"a":1}}',
  '{"include":"identity"}',
  `{"a":${"[".repeat(200_000)}`,
  `${'{"a":'.repeat(200_000)}1${"}".repeat(200_000)}`,
  "name=Ana",
]) {
  json(body);
}
json(latin1('{"display_name":"\xff"}'));
rows.push(
  {
    what: "a form sent to v2",
    method: "POST",
    path: "/v2/core/accounts",
    headers: { "content-type": FORM, "stripe-version": V2 },
    body: "contact_email=a@example.com",
    status: 400,
  },
  { what: "no URL of v2", path: "/v2/wat", headers: { "stripe-version": V2 }, status: 404 },
  { what: "v2 without a version", path: "/v2/core/accounts", status: 400 },
);

// Uploads.
for (const [boundary, body] of [
  ["XX", ""],
  ["XX", "--XX--"],
  ["XX", "--YY--"],
  ["XX", "--XX"],
  ["XX", "--XX\r\n"],
  ["XX", "--XX\r\n\r\n\r\n--XX--"],
  ["XX", '--XX\r\nContent-Disposition: form-data; name="purpose"\r\n\r\nx'],
  ["XX", '--XX\r\nContent-Disposition: form-data; name="wat"\r\n\r\nx\r\n--XX--'],
  ["XX", "\r\n\r\n\r\n"],
  ["", "----"],
] as const) {
  rows.push({
    what: `upload ${JSON.stringify(body)}, boundary "${boundary}"`,
    method: "POST",
    host: "files.stripe.com",
    path: "/v1/files",
    headers: { "content-type": `multipart/form-data; boundary=${boundary}` },
    body,
    status: 400,
  });
}

describe("malformed requests", () => {
  test("are at least two hundred", () => {
    expect(rows.length).toBeGreaterThanOrEqual(200);
  });

  test.each(rows)("$status: $what", async (row) => {
    const answer = await send(row);
    const { error } = JSON.parse(answer.text);
    expect(answer.status, answer.text).toBe(row.status);
    expect(answer.type).toBe("application/json");
    // v2's errors have a code and, most of them, no type.
    const kind = row.path.startsWith("/v2/") ? error.code : error.type;
    expect(kind).toEqual(expect.any(String));
    expect(error).toMatchObject(row.error ?? {});
    expect(error.message).not.toBe("");

    const customer = { path: "/v1/customers", method: "POST", headers: { "content-type": FORM } };
    const made = await send({ ...customer, body: "email=ana%40example.com" });
    const { id } = JSON.parse(made.text);
    const seen = JSON.parse((await send({ path: `/v1/customers/${id}` })).text);
    expect(seen.email).toBe("ana@example.com");
    expect(({} as { a?: unknown }).a).toBeUndefined();
  });
});

/** https://docs.stripe.com/connect/oauth-reference: `error` is a text there, with a description. */
describe("malformed OAuth requests", () => {
  const asked = (path: string, body: string, method = "POST") => ({
    host: "connect.stripe.com",
    path,
    method,
    headers: { "content-type": FORM },
    body,
  });

  test.each([
    ["/oauth/token", "grant_type=authorization_code", 400],
    ["/oauth/token", "grant_type=authorization_code&code=ac_nobody", 400],
    ["/oauth/token", "grant_type=refresh_token&refresh_token=rt_nobody", 400],
    ["/oauth/deauthorize", "client_id=ca_nobody&stripe_user_id=acct_nobody", 401],
  ])("%s %s", async (path, body, status) => {
    const answer = await send(asked(path, body));
    const { error, error_description: description } = JSON.parse(answer.text);
    expect(answer.status, answer.text).toBe(status);
    expect(error).toMatch(/^[a-z_]+$/);
    expect(description).toEqual(expect.any(String));
  });
});

/** Recorded: a limit outside its range is moved into it. */
describe("what Stripe lets pass", () => {
  test.each(["0", "-1", "-99999", "1000"])("limit=%s", async (limit) => {
    const { status, text } = await send({ path: `/v1/customers?limit=${limit}` });
    expect(status).toBe(200);
    expect(JSON.parse(text).data.length).toBeGreaterThan(0);
  });

  test("a body on a GET", async () => {
    const headers = { "content-type": JSON_ };
    expect((await send({ path: "/v1/customers", headers, body: "{" })).status).toBe(200);
  });
});
