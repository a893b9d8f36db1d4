/** `fake.clock`: reads and moves the time of one partition. */


/** A moment: a Date, a text that Date understands, or seconds since 1970 as Stripe has them. */
export type Moment = Date | string | number;

/** A span of time. Months and years are calendar months and years. */
export interface Span {
  years?: number;
  months?: number;
  weeks?: number;
  days?: number;
  hours?: number;
  minutes?: number;
  seconds?: number;
}

export function milliseconds(moment: Moment): number {
  // Dates of another realm are dates too, so what counts is what they can do.
  const ms =
    typeof moment === "number"
      ? moment * 1000
      : typeof moment === "string"
        ? Date.parse(moment)
        : moment?.getTime?.();
  if (typeof ms !== "number" || !Number.isFinite(ms)) {
    throw new TypeError(
      `fakestripe: ${String(moment)} is no moment. Give a Date, an ISO 8601 text, or seconds.`,
    );
  }
  return Math.trunc(ms);
}

export class Clock {
  readonly #control: (command: string, args: unknown) => unknown;

  /** @internal */
  constructor(control: (command: string, args: unknown) => unknown) {
    this.#control = control;
  }

  /** The partition's time. */
  now(): Date {
    return new Date(Number(this.#control("clock.now", {})));
  }

  /** Moves the time ahead; whatever falls due on the way happens, in order. */
  advance(span: Span): Date {
    return this.#moved(this.#control("clock.advance", span));
  }

  /** Moves the time ahead to a moment; whatever falls due on the way happens, in order. */
  advanceTo(moment: Moment): Date {
    return this.#moved(this.#control("clock.advanceTo", { at: milliseconds(moment) }));
  }

  /** Stops the time, at its present moment or the one given. */
  freeze(at?: Moment): Date {
    const args = at === undefined ? {} : { at: milliseconds(at) };
    return this.#moved(this.#control("clock.freeze", args));
  }

  /** Lets the time run with `Date.now()` again, from where it is. */
  follow(): Date {
    return this.#moved(this.#control("clock.follow", {}));
  }

  #moved(nowMs: unknown): Date {
    return typeof nowMs === "number" ? new Date(nowMs) : this.now();
  }
}

