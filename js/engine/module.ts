/**
 * The engine's code, compiled once per realm.
 *
 * It is compiled synchronously, so that `FakeStripe.new()` needs no `await`; browsers allow that up
 * to a size well above ours. Places that forbid it call `await FakeStripe.init()` first.
 */

import { bytes } from "../generated/engine.mjs";

let compiled: WebAssembly.Module | undefined;

export function engineModule(): WebAssembly.Module {
  if (compiled) return compiled;
  try {
    compiled = new WebAssembly.Module(bytes());
  } catch (error) {
    throw new Error(
      "fakestripe: the engine could not be compiled synchronously here. " +
        "Call `await FakeStripe.init()` once before the first `FakeStripe.new()`.",
      { cause: error },
    );
  }
  return compiled;
}

/**
 * Compiles the engine without blocking, or takes a module that the platform compiled: some allow
 * only modules that were imported (`import engine from "fakestripe/engine.wasm"`).
 */
export async function initEngine(module?: WebAssembly.Module): Promise<void> {
  compiled = module ?? compiled ?? (await WebAssembly.compile(bytes()));
}
