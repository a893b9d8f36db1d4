/**
 * Keeps Node's own streams going while `process.nextTick` is faked.
 *
 * sinon, and Vitest if told to, replace the real `nextTick`, on which core streams wait. While an
 * answer is read, the one found when this was loaded is put back.
 */

import { builtin } from "../builtin.ts";

const process = builtin("process");
const trueTick = process?.nextTick;

type Tick = NodeJS.Process["nextTick"];

/** A time during which one and the same fake is covered. */
interface Guard {
  faked: Tick;
  standIn: Tick;
  held: number;
}

let guard: Guard | undefined;

const nothing = () => {};

/** Puts the true tick back until the function returned is called. */
export function guardTicks(): () => void {
  if (!process || process.nextTick === trueTick) return nothing;
  // The stand-in is not the true tick itself, so that it is seen when a fake ends, or another
  // begins, while an answer is still being read: what is there then is left alone.
  if (process.nextTick !== guard?.standIn) {
    const standIn: Tick = (callback, ...args) => trueTick!.call(process, callback, ...args);
    guard = { faked: process.nextTick, standIn, held: 0 };
    process.nextTick = standIn;
  }
  const held = guard;
  held.held += 1;
  let isReleased = false;
  return () => {
    if (isReleased) return;
    isReleased = true;
    held.held -= 1;
    if (held.held === 0 && process.nextTick === held.standIn) process.nextTick = held.faked;
  };
}
