/**
 * Keeps Node's own streams going while `process.nextTick` is faked.
 *
 * sinon, and Vitest if told to, replace the real `nextTick`, on which core streams wait. While an
 * answer is read, the one found when this was loaded is put back.
 */

import { builtin } from "../builtin.ts";

const process = builtin("process");
const trueTick = process?.nextTick;

let guards = 0;
let faked: NodeJS.Process["nextTick"] | undefined;

/** What stands in while guarding. It is not the true one, so that an end of the faking is seen. */
const standIn: NodeJS.Process["nextTick"] = (callback, ...args) => {
  trueTick!.call(process, callback, ...args);
};

const nothing = () => {};

/** Puts the true tick back until the function returned is called. */
export function guardTicks(): () => void {
  if (!process || (guards === 0 && process.nextTick === trueTick)) return nothing;
  if (guards === 0) faked = process.nextTick;
  guards += 1;
  process.nextTick = standIn;
  let held = true;
  return () => {
    if (!held) return;
    held = false;
    guards -= 1;
    if (guards === 0 && process.nextTick === standIn) process.nextTick = faked!;
  };
}
