// `npm run bench`: one table, everything measured side by side in this one run.
//
// Each row is the median of many rounds. What goes through a client stands beside the same client
// answered by a constant at the same layer, so that the machine's mood touches both alike.
import { execFileSync } from "node:child_process";
import { readFileSync, statSync } from "node:fs";
import http from "node:http";
import { gzipSync } from "node:zlib";
import { FakeStripe } from "fakestripe";
import Stripe from "stripe";
import { bytes, createInstance } from "../../js/generated/engine.mjs";

const rows = [];

/** Adds a row: what, the measured text, the budget's text, and whether it is within. */
function row(what, measured, budget = "", isWithin = undefined) {
  rows.push([what, measured, budget, isWithin === undefined ? "" : isWithin ? "yes" : "NO"]);
  process.stderr.write(".");
}

const median = (numbers) => [...numbers].sort((a, b) => a - b)[numbers.length >> 1];
const micros = (value) => `${value < 10 ? value.toFixed(1) : value.toFixed(0)} µs`;
const millis = (value) => `${(value / 1000).toFixed(value < 1000 ? 3 : 1)} ms`;
const bytesText = (value) =>
  value < 1e6 ? `${(value / 1024).toFixed(0)} KiB` : `${(value / 1048576).toFixed(2)} MiB`;

/** Median microseconds of a call, over rounds of `inner` calls after a warm-up. */
function time(work, { rounds = 41, inner = 50 } = {}) {
  for (let i = 0; i < inner * 4; i++) work(i);
  const samples = [];
  for (let round = 0; round < rounds; round++) {
    const start = process.hrtime.bigint();
    for (let i = 0; i < inner; i++) work(i);
    samples.push(Number(process.hrtime.bigint() - start) / 1000 / inner);
  }
  return median(samples);
}

/** Like `time`, of several asynchronous calls in turn: medians in the order given. */
async function race(works, { rounds = 31, inner = 60 } = {}) {
  for (const work of works) for (let i = 0; i < inner * 3; i++) await work();
  const samples = works.map(() => []);
  for (let round = 0; round < rounds; round++) {
    for (const [place, work] of works.entries()) {
      const start = process.hrtime.bigint();
      for (let i = 0; i < inner; i++) await work();
      samples[place].push(Number(process.hrtime.bigint() - start) / 1000 / inner);
    }
  }
  return samples.map(median);
}

// The engine alone: the boundary and what is behind it.

const compiled = new WebAssembly.Module(bytes());
const nothing = new Uint8Array(0);
const encode = (text) => new TextEncoder().encode(text);
const decode = (answer) => {
  const head = new DataView(answer.buffer, answer.byteOffset).getUint32(0, true);
  return JSON.parse(new TextDecoder().decode(answer.subarray(4 + head)));
};

class Engine {
  constructor() {
    this.instance = createInstance(compiled);
    const options = { seed: "bench", nowMs: Date.now(), frozen: false, validation: "strict" };
    this.partition = new this.instance.Partition(options);
    this.headers = `authorization: Bearer ${this.partition.apiKey}\ncontent-type: application/x-www-form-urlencoded`;
  }

  ask(method, path, body = nothing) {
    const head = `${method} https://api.stripe.com${path}\n${this.headers}`;
    return this.partition.handle(Date.now(), head, body);
  }
}

const CUSTOMER = encode("email=ana@example.com&name=Ana&metadata[order]=12");
const PAYMENT = encode(
  "amount=2000&currency=usd&confirm=true&payment_method=pm_card_visa" +
    "&automatic_payment_methods[enabled]=true&automatic_payment_methods[allow_redirects]=never",
);

function engineAlone() {
  const engine = new Engine();
  const { id } = decode(engine.ask("POST", "/v1/customers", CUSTOMER));
  const within = (what, work, most) => {
    const took = time(work);
    row(`engine: ${what}`, micros(took), `≤ ${most} µs`, took <= most);
  };
  within("retrieve a customer", () => engine.ask("GET", `/v1/customers/${id}`), 5);
  within("create a customer", () => engine.ask("POST", "/v1/customers", CUSTOMER), 15);
  within("create + confirm a payment intent", () => engine.ask("POST", "/v1/payment_intents", PAYMENT), 60);
}

function growth() {
  const engine = new Engine();
  let made = 0;
  const results = [];
  for (const size of [10, 1000, 10_000, 100_000]) {
    let last;
    for (; made < size; made++) last = engine.ask("POST", "/v1/customers", CUSTOMER);
    const { id } = decode(last);
    const retrieve = time(() => engine.ask("GET", `/v1/customers/${id}`));
    const list = time(() => engine.ask("GET", "/v1/customers?limit=10"));
    const create = time(() => engine.ask("POST", "/v1/customers", CUSTOMER), { rounds: 11, inner: 20 });
    made += 11 * 20 + 80;
    results.push([size, retrieve, list, create]);
    const held = bytesText(engine.instance.memory.buffer.byteLength);
    const text = `${micros(retrieve)} / ${micros(list)} / ${micros(create)}; ${held}`;
    const budget = size === 10_000 ? "list ≤ 50 µs" : "";
    row(`${size.toLocaleString("en")} customers: retrieve / list 10 / create; memory`, text, budget, budget ? list <= 50 : undefined);
  }
  const [small, large] = [results[0], results.at(-1)];
  const factors = [1, 2, 3].map((place) => large[place] / small[place]);
  const text = factors.map((factor) => `${factor.toFixed(2)} ×`).join(" / ");
  row("growth from 10 to 100,000", text, "flat");
}

// Time: many subscriptions over a year.

function renewals() {
  const [count, months] = [10_000, 12];
  const fake = FakeStripe.new({ now: new Date("2027-01-10T09:00:00Z") });
  fake.clock.freeze();
  const price = fake.prices.create({
    currency: "usd",
    unit_amount: 1000,
    recurring: { interval: "month" },
    product_data: { name: "Basic" },
  });
  const customers = Array.from({ length: count / 20 }, () =>
    fake.customers.create({ payment_method: "pm_card_visa", invoice_settings: { default_payment_method: "pm_card_visa" } }),
  );
  let last;
  for (let i = 0; i < count; i++) {
    const customer = customers[i % customers.length].id;
    last = fake.subscriptions.create({ customer, items: [{ price: price.id }] });
  }
  const change = { items: [{ id: last.items.data[0].id, quantity: 3 }] };
  const preview = time(
    () => fake.invoices.createPreview({ subscription: last.id, subscription_details: change }),
    { rounds: 11, inner: 10 },
  );
  row("a preview of a subscription's change", micros(preview));
  const before = process.memoryUsage().rss;
  const start = process.hrtime.bigint();
  fake.clock.advance({ months });
  const took = Number(process.hrtime.bigint() - start) / 1e9;
  const held = process.memoryUsage().rss - before;
  const each = micros((took * 1e6) / (count * months));
  row(
    `${count.toLocaleString("en")} subscriptions over ${months} months; each renewal; memory of one`,
    `${took.toFixed(1)} s; ${each}; ${bytesText(held / (count * months))}`,
    "seconds",
  );
  fake.stop();
}

// Partitions.

function partitions() {
  const start = time(() => FakeStripe.new().stop(), { rounds: 41, inner: 10 });
  row("FakeStripe.new() + stop()", millis(start), "≤ 0.5 ms", start <= 500);
  const seeded = FakeStripe.new();
  for (let i = 0; i < 50; i++) seeded.customers.create({ email: `c${i}@example.com` });
  const snapshot = seeded.snapshot();
  const snap = time(() => seeded.snapshot(), { rounds: 41, inner: 10 });
  const restore = time(() => FakeStripe.from(snapshot).stop(), { rounds: 41, inner: 10 });
  row("snapshot of a seeded partition", millis(snap));
  row("fork (restore of a snapshot) + stop()", millis(restore), "≤ 0.5 ms", restore <= 500);
  seeded.stop();
  const count = 300;
  globalThis.gc?.();
  const before = process.memoryUsage().rss;
  const alive = Array.from({ length: count }, () => FakeStripe.new());
  const each = (process.memoryUsage().rss - before) / count;
  row(`resident memory of one of ${count} partitions`, bytesText(each), "≤ 1 MiB", each <= 1048576);
  for (const fake of alive) fake.stop();
  const library = FakeStripe.new();
  const took = time(() => library.customers.create({ email: "ana@example.com" }));
  row("library: fake.customers.create()", micros(took));
  library.stop();
}

// Through stripe-node.

/** Puts beside the partitions one that answers everything with the same bytes. */
function constantPartition(fake, key) {
  const hub = http.Agent.prototype[Symbol.for("fakestripe.hub.v1")];
  let answer;
  const original = hub.byKey.get(fake.apiKey)[0];
  const entry = { ...original, keys: [key], answer: (question) => (answer ??= original.answer(question)) };
  hub.alive.push(entry);
  hub.byKey.set(key, [entry]);
  return entry;
}

async function throughClients() {
  const fake = FakeStripe.new();
  const constant = constantPartition(fake, "sk_test_constant");
  const { id } = fake.customers.create({ email: "ana@example.com" });
  const params = { email: "ana@example.com", name: "Ana", metadata: { order: "12" } };
  const options = { telemetry: false, maxNetworkRetries: 0 };
  const ConstantClient = class {
    constructor(real) {
      this.real = real;
    }
    getClientName() {
      return "constant";
    }
    async makeRequest(...args) {
      this.kept ??= await this.real.makeRequest(...args);
      const kept = this.kept;
      return {
        getStatusCode: () => kept.getStatusCode(),
        getHeaders: () => kept.getHeaders(),
        getRawResponse: () => ({ ...kept.getRawResponse() }),
        toStream: (done) => kept.toStream(done),
        toJSON: () => kept.toJSON(),
      };
    }
  };
  const clients = {
    "default client": [{}, {}],
    "fetch client": [
      { httpClient: Stripe.createFetchHttpClient() },
      { httpClient: Stripe.createFetchHttpClient() },
    ],
    "fake.httpClient": [
      { httpClient: fake.httpClient },
      { httpClient: new ConstantClient(fake.httpClient) },
    ],
  };
  for (const [name, [ours, theirs]] of Object.entries(clients)) {
    for (const [what, work] of [
      ["retrieve", (stripe) => stripe.customers.retrieve(id)],
      ["create", (stripe) => stripe.customers.create(params)],
    ]) {
      constant.answer = ((original) => {
        let kept;
        return (question) => (kept ??= original(question));
      })(http.Agent.prototype[Symbol.for("fakestripe.hub.v1")].byKey.get(fake.apiKey)[0].answer);
      const real = new Stripe(fake.apiKey, { ...options, ...ours });
      const fixed = new Stripe("sk_test_constant", { ...options, ...theirs });
      const [took, base] = await race([() => work(real), () => work(fixed)]);
      const factor = took / base;
      row(
        `stripe-node, ${name}, ${what}: partition / constant`,
        `${micros(took)} / ${micros(base)} = ${factor.toFixed(2)} ×`,
        "≤ 1.25 ×",
        factor <= 1.25,
      );
    }
  }
  fake.stop();
}

// Sizes and the cold start.

function sizes() {
  const wasm = readFileSync(new URL("../../pkg/engine.wasm", import.meta.url));
  const packed = gzipSync(wasm, { level: 9 }).length;
  row("engine.wasm", bytesText(wasm.length), "≤ 2 MiB", wasm.length <= 2 * 1048576);
  row("engine.wasm, gzip", bytesText(packed), "≤ 600 KiB", packed <= 600 * 1024);
  const generated = new URL("../../src/kernel/schema/generated/", import.meta.url);
  const tables = ["tables.bin", "strings.txt"]
    .map((name) => statSync(new URL(name, generated)).size)
    .reduce((a, b) => a + b);
  row("tables in it", bytesText(tables), "≤ 400 KiB", tables <= 400 * 1024);
}

function coldStart() {
  const script = `const start = process.hrtime.bigint();
    const { FakeStripe } = await import("fakestripe");
    const fake = FakeStripe.new();
    const headers = { authorization: "Bearer " + fake.apiKey };
    await fake.fetch("https://api.stripe.com/v1/customers", { headers });
    console.log(Number(process.hrtime.bigint() - start) / 1000);`;
  const cwd = new URL("../..", import.meta.url);
  const run = () =>
    Number(execFileSync(process.execPath, ["--input-type=module", "-e", script], { cwd, encoding: "utf8" }));
  const took = median(Array.from({ length: 7 }, run));
  row("import to first answer, cold process", millis(took), "≤ 60 ms", took <= 60_000);
}

engineAlone();
growth();
partitions();
await throughClients();
// Last: what follows a partition of gigabytes is slow for a while.
renewals();
sizes();
coldStart();

const widths = [0, 1, 2, 3].map((place) => Math.max(...rows.map((cells) => cells[place].length), 8));
const line = (cells) => `| ${cells.map((cell, place) => cell.padEnd(widths[place])).join(" | ")} |`;
console.log(`\n\nNode ${process.versions.node}, ${process.platform} ${process.arch}\n`);
console.log(line(["what", "measured", "budget", "within"]));
console.log(line(widths.map((width) => "-".repeat(width))));
for (const cells of rows) console.log(line(cells));
