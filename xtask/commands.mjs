// What can be asked of run.mjs.

import { bench, checks, demonstration, tests, writeSizes } from "./steps.mjs";
import { Trouble, build } from "./setup.mjs";
import { say } from "./terminal.mjs";

const commands = {
  /** Makes everything that is stale. */
  build: () => build(),

  /** The same in a few seconds, with an engine that is larger and slower: to try out a change. */
  quick: () => build({ quick: true }),

  /** The demonstration. */
  async start() {
    await build();
    await demonstration();
  },

  /** The table of measurements. */
  async bench() {
    await build();
    await bench();
  },

  /** Every test. */
  async test(only) {
    await build();
    await tests(only);
  },

  /** Every test, and whatever else has to hold before a change is taken. */
  async check() {
    await build();
    await checks();
  },

  /** Writes down how large the engine's module is. */
  async sizes() {
    await build();
    writeSizes();
  },
};

try {
  const [name = "", ...rest] = process.argv.slice(2);
  if (!Object.hasOwn(commands, name)) {
    throw new Trouble(`What to do? One of: ${Object.keys(commands).join(", ")}.`);
  }
  await commands[name](rest);
} catch (error) {
  if (!(error instanceof Trouble)) throw error;
  say(`\n${error.message}`);
  process.exitCode = 1;
}
