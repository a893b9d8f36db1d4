/**
 * `fakestripe/setup`: the one-line import for a runner's setup files.
 *
 * It installs at once, before any module of the app can capture `fetch`, and stops after each test
 * the partitions that the test made and did not stop.
 */

import { alive } from "./fake.ts";
import { install } from "./intercept/install.ts";
import { runningTest } from "./seed.ts";

install();

type Hook = (body: () => void) => void;
const { beforeEach, afterEach } = globalThis as { beforeEach?: Hook; afterEach?: Hook };

if (typeof beforeEach === "function" && typeof afterEach === "function") {
  let running = 0;
  let before = new Set(alive);

  beforeEach(() => {
    // What was made outside of tests, in a `beforeAll` perhaps, is meant to stay.
    if (running === 0) before = new Set(alive);
    running += 1;
  });

  afterEach(() => {
    running -= 1;
    // While other tests still run, nobody can tell whose a partition is.
    if (0 < running) return;
    const { name } = runningTest();
    for (const fake of alive) if (!before.has(fake) && fake.madeIn === name) fake.stop();
  });
}
