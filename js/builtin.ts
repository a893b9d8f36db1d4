/**
 * The only door to Node's own modules.
 *
 * One build serves Node, Bun, Deno and browsers, so nothing is imported from `node:`; bundlers would
 * stumble over it. Where there is no `process.getBuiltinModule`, there is no Node.
 */

type Builtins = {
  http: typeof import("node:http");
  https: typeof import("node:https");
  net: typeof import("node:net");
  tls: typeof import("node:tls");
  stream: typeof import("node:stream");
  module: typeof import("node:module");
  util: typeof import("node:util");
  process: NodeJS.Process;
  async_hooks: typeof import("node:async_hooks");
  worker_threads: typeof import("node:worker_threads");
};

/** The module of that name, or undefined outside Node and its relatives. */
export function builtin<Name extends keyof Builtins>(name: Name): Builtins[Name] | undefined {
  const process = (globalThis as { process?: NodeJS.Process }).process;
  if (typeof process?.getBuiltinModule !== "function") return undefined;
  return process.getBuiltinModule(`node:${name}`) as Builtins[Name] | undefined;
}
