/** `fakestripe/vitest`: Vitest's `test` with a partition of its own for each test, as `fake`. */

import { test as base } from "vitest";
import { FakeStripe } from "./fake.ts";
import { install } from "./intercept/install.ts";

install();

export interface Fixtures {
  fake: FakeStripe;
}

export const test = base.extend<Fixtures>({
  fake: async ({ task }, use) => {
    const file = task.file?.name.split(/[\\/]/).pop() ?? "";
    const fake = FakeStripe.new({ seed: `${file}\n${fullName(task)}` });
    try {
      await use(fake);
    } finally {
      fake.stop();
    }
  },
});

export const it = test;

interface Named {
  name: string;
  suite?: Named;
}

/** The names of the suites around a test, and its own. */
function fullName({ name, suite }: Named): string {
  return suite?.name ? `${fullName(suite)} > ${name}` : name;
}
