/**
 * Keeps Node's own streams going while `process.nextTick` is faked.
 *
 * sinon, and Vitest if told to, replace the real `nextTick`, on which core streams wait. While an
 * answer is read, the one found when this was loaded is put back.
 */

import { builtin } from "../builtin.ts";

type Tick = NodeJS.Process["nextTick"];

const process = builtin("process");
const trueTick = process?.nextTick;

/**
 * What stands in while an answer is read. Somebody may have kept it and put it back later; then it
 * is as good as the fake that it covered.
 */
const standIn: Tick = (callback, ...args) =>
  (0 < held ? trueTick! : faked).call(process, callback, ...args);

/** What was covered, and what is to be there once no answer is being read any more. */
let faked: Tick;
let afterwards: Tick;
let held = 0;

const nothing = () => {};

/** Puts the true tick back until the function returned is called. */
export function guardTicks(): () => void {
  if (!process || (held === 0 && !isFaked())) return nothing;
  if (held === 0) cover(process.nextTick);
  held += 1;
  let isReleased = false;
  return () => {
    if (isReleased) return;
    isReleased = true;
    held -= 1;
    if (held === 0) define({ value: afterwards, writable: true });
  };
}

/** Vitest puts the true tick back for a moment whenever it reports, so a faked `Date` tells too. */
function isFaked(): boolean {
  return process!.nextTick !== trueTick || "clock" in globalThis.Date;
}

/**
 * Others write this property too, and not only to begin or end a fake: what they write counts once
 * the answer has been read.
 */
function cover(present: Tick): void {
  if (present !== standIn) faked = present;
  afterwards = faked;
  define({
    get: () => standIn,
    set: (tick: Tick) => {
      afterwards = tick === standIn ? faked : tick;
    },
  });
}

function define(how: PropertyDescriptor): void {
  Object.defineProperty(process, "nextTick", { ...how, configurable: true, enumerable: true });
}
