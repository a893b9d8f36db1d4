// TypeScript to pkg/: one build for every environment, as ESM and CommonJS, with declarations for both.
import { defineConfig } from "tsdown";

export default defineConfig({
  cwd: new URL("..", import.meta.url).pathname,
  entry: ["js/index.ts", "js/setup.ts", "js/vitest.ts"],
  outDir: "pkg",
  format: ["esm", "cjs"],
  dts: true,
  platform: "neutral",
  target: "es2022",
  // pkg/engine.wasm is there already; xtask/setup.mjs removes what else is.
  clean: false,
  // `.mjs` and `.cjs` everywhere, so that no environment has to guess.
  fixedExtension: true,
  inputOptions: { checks: { pluginTimings: false } },
});
