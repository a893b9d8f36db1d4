import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

export default defineConfig({
  root: fileURLToPath(new URL("..", import.meta.url)),
  test: {
    include: ["tests/js/**/*.test.ts", "tests/js/**/*.test.mjs"],
    // Vitest's child processes lose messages while a test fakes `process.nextTick`; threads do not.
    pool: "threads",
    testTimeout: 30_000,
  },
});
