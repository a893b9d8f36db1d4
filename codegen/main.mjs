// Makes every generated table from the installed stripe packages:
//
//   npm run codegen              writes src/kernel/schema/generated/, js/generated/ and COVERAGE.md
//   npm run codegen -- --check   fails where what is committed is not what it would write
//
// wire.mjs finds the methods, types.mjs reads the types, merge.mjs lays the majors over each other,
// model.mjs puts that together; text.mjs, pack.mjs, names.mjs and coverage.mjs write. facts.mjs holds what was
// found by hand.

import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { coverage } from "./coverage.mjs";
import { bit, LAST_MAJOR } from "./merge.mjs";
import { readModel } from "./model.mjs";
import { namesModule } from "./names.mjs";
import { pack } from "./pack.mjs";
import { textTables } from "./text.mjs";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const isCheck = process.argv.includes("--check");

const model = await readModel((major) =>
  join(root, "node_modules", major === LAST_MAJOR ? "stripe" : `stripe-${major}`),
);
const files = new Map();
for (const [name, text] of textTables(model)) files.set(`src/kernel/schema/generated/${name}`, Buffer.from(text));
const { strings, bytes, sizes } = pack(model);
files.set("src/kernel/schema/generated/strings.txt", Buffer.from(strings));
files.set("src/kernel/schema/generated/tables.bin", bytes);
files.set("js/generated/operations.ts", Buffer.from(namesModule(model, bit(LAST_MAJOR))));

const newest = model.operations.filter((operation) => operation.versions & bit(LAST_MAJOR));
files.set("COVERAGE.md", Buffer.from(coverage(root, newest)));

const stale = [];
for (const [name, content] of files) {
  const path = join(root, name);
  if (isCheck) {
    if (!read(path)?.equals(content)) stale.push(name);
    continue;
  }
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
}
if (stale.length > 0) {
  console.error(`Stale: ${stale.join(", ")}. Run: npm run codegen`);
  process.exit(1);
}
const packed = bytes.length + Buffer.byteLength(strings);
console.log(
  `${model.operations.length} operations, ${model.objects.size} objects, ${model.events.length} event types, ` +
    `${model.errors.length} error codes, ${model.versions.length} API versions`,
);
console.log(
  `packed: ${packed} bytes (strings ${Buffer.byteLength(strings)}, ` +
    `${Object.entries(sizes)
      .map(([name, size]) => `${name} ${size}`)
      .join(", ")})`,
);

function read(path) {
  try {
    return readFileSync(path);
  } catch {
    return undefined;
  }
}
