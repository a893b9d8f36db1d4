// From a fresh clone to a built package: what is missing is fetched, what is stale is made again.
//
// Stale is decided by content: each stage keeps a digest of what it was made from under target/stamps/.

import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ask, root, run, say } from "./terminal.mjs";

/** Something only the person at the keyboard can mend; its message says how. */
export class Trouble extends Error {}

const WASM = "wasm32-unknown-unknown";

const ENGINE_SOURCES = [
  "Cargo.toml", "Cargo.lock", "rust-toolchain.toml", ".cargo/config.toml", "src", "xtask/Cargo.toml", "xtask/src",
];
const PACKAGE_SOURCES = ["package.json", "package-lock.json", "tsconfig.json", "xtask/tsdown.config.mjs", "js"];

/** `quick` builds an engine that is larger and slower, in a few seconds, for trying out a change. */
export async function build({ quick = false } = {}) {
  await installPackages();
  const products = ["js/generated/engine.mjs", "js/generated/engine.d.mts", "pkg/engine.wasm"];
  await stage("engine", ENGINE_SOURCES, products, () => makeEngine(quick), quick ? "quick" : "");
  await stage("package", PACKAGE_SOURCES, ["pkg/index.mjs", "pkg/index.cjs", "pkg/index.d.mts", "pkg/index.d.cts"], makePackage);
}

async function installPackages() {
  const lock = join(root, "package-lock.json");
  const installed = join(root, "node_modules/.package-lock.json");
  const digest = digestOf(["package-lock.json"]);
  if (existsSync(installed) && (stampOf("packages") === digest || statSync(installed).mtimeMs >= statSync(lock).mtimeMs)) return;
  const fresh = !existsSync(join(root, "node_modules"));
  await timed("Installing npm packages", async () => {
    // `ci` is exact and begins anew; `install` only adds what is missing.
    const args = fresh ? ["ci"] : ["install", "--no-save"];
    if (!(await run("npm", [...args, "--no-audit", "--no-fund", "--loglevel=error"]))) {
      throw new Trouble(
        "npm could not install the packages that building takes (its own words are above). " +
          "The first run needs the npm registry: check the network or the proxy, then run the command again.",
      );
    }
  });
  stamp("packages", digest);
}

async function makeEngine(quick) {
  const howToGetStd = await findRust();
  await timed("Building the engine (the first time takes about two minutes)", async () => {
    const xtask = ["run", "--locked", "--package", "xtask", "--profile", "xtask", "--", "wasm", ...howToGetStd, ...(quick ? ["--quick"] : [])];
    if (!(await run("cargo", xtask))) {
      throw new Trouble(
        "The engine could not be built (the reason is above). Where it says that a crate could not be downloaded, " +
          "the first build needs the crates registry: check the network or the proxy, then run the command again.",
      );
    }
  });
}

/** Makes sure of cargo and of a standard library for wasm; returns xtask's arguments for the latter. */
async function findRust() {
  if (ask("cargo", "--version") === undefined) {
    throw new Trouble(
      "There is no working `cargo` here, and the engine is written in Rust. Install Rust with rustup " +
        "(https://rustup.rs), open a new terminal, and run the command again.",
    );
  }
  const sysroot = ask("rustc", "--print", "sysroot") ?? "";
  const standardLibrary = join(sysroot, "lib/rustlib", WASM);
  if (existsSync(standardLibrary)) return [];
  say(`Adding Rust's target ${WASM}`);
  await run("rustup", ["target", "add", WASM]);
  if (existsSync(standardLibrary)) return [];
  if (!existsSync(join(sysroot, "lib/rustlib/src/rust/library"))) await run("rustup", ["component", "add", "rust-src"]);
  if (existsSync(join(sysroot, "lib/rustlib/src/rust/library"))) {
    say(`Without it: compiling the standard library for ${WASM} from its sources`);
    return ["--build-std"];
  }
  throw new Trouble(
    `Rust's standard library for ${WASM} is not installed and could not be fetched. With a network, ` +
      `\`rustup target add ${WASM}\` gets it; a distribution's Rust has it in a package of its own (Debian: ` +
      "`libstd-rust-dev-wasm32`). The sources of the standard library (`rustup component add rust-src`) do as well.",
  );
}

async function makePackage() {
  await timed("Building the package", async () => {
    for (const name of readdirSync(join(root, "pkg"))) {
      if (name !== "engine.wasm") rmSync(join(root, "pkg", name), { recursive: true });
    }
    const tsdown = join(root, "node_modules/tsdown/dist/run.mjs");
    if (!(await run(process.execPath, [tsdown, "--config", "xtask/tsdown.config.mjs", "--logLevel", "warn"]))) {
      throw new Trouble("The TypeScript in js/ could not be built (the reason is above).");
    }
  });
}

/** Runs `make` unless all of `products` are there and made from just these sources, in that way. */
async function stage(name, sources, products, make, way = "") {
  const digest = digestOf(sources) + way;
  if (stampOf(name) === digest && products.every((product) => existsSync(join(root, product)))) return;
  await make();
  stamp(name, digest);
}

async function timed(what, work) {
  say(`${what} ...`);
  const start = Date.now();
  await work();
  say(`${what}: done in ${((Date.now() - start) / 1000).toFixed(1)} s`);
}

function stampFile(name) {
  return join(root, "target/stamps", name);
}

function stampOf(name) {
  return existsSync(stampFile(name)) ? readFileSync(stampFile(name), "utf8") : undefined;
}

function stamp(name, digest) {
  mkdirSync(join(root, "target/stamps"), { recursive: true });
  writeFileSync(stampFile(name), digest);
}

/** One digest of the names and contents of these files and of all files in these folders. */
function digestOf(sources) {
  const hash = createHash("sha256").update(process.versions.node);
  const add = (path) => {
    const full = join(root, path);
    if (!existsSync(full)) return;
    if (statSync(full).isDirectory()) {
      for (const name of readdirSync(full).sort()) add(`${path}/${name}`);
    } else {
      hash.update(`\0${path}\0`).update(readFileSync(full));
    }
  };
  sources.forEach(add);
  return hash.digest("hex");
}
