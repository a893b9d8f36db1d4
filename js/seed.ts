/**
 * The default seed: the running test's name and file where the runner tells it, else the
 * how-manieth partition of this file it is. Ids follow from the seed, so it must be the same on every
 * machine and in every run; of the file's path only the last part is.
 */

interface Expect {
  getState?(): { currentTestName?: string; testPath?: string };
}

/** How many partitions each test has made. */
const made = new Map<string, number>();

/** What the runner says about the running test: Jest and Vitest tell it through `expect`. */
export function runningTest(): { name: string; file: string } {
  const globals = globalThis as { [name: symbol]: unknown; expect?: unknown };
  const expect = (globals.expect ?? globals[Symbol.for("expect-global")]) as Expect | undefined;
  try {
    const state = expect?.getState?.();
    const file = state?.testPath?.split(/[\\/]/).pop() ?? "";
    return { name: state?.currentTestName ?? "", file };
  } catch {
    return { name: "", file: "" };
  }
}

export function defaultSeed(): string {
  const { name, file } = runningTest();
  const test = `${file}\n${name}`;
  const nth = (made.get(test) ?? 0) + 1;
  made.set(test, nth);
  return `${test}\n${nth}`;
}
