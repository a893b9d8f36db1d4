// What the types do not say, but the tables need: written by hand.

/**
 * Numbers that may have a fraction. v1 writes every number as `number`; all those not named here are
 * integers. By name of the field, wherever it is.
 */
export const FRACTIONS = new Set([
  "amount_percent",
  "application_fee_percent",
  "balance_percentage",
  "effective_percentage",
  "exchange_rate",
  "flat_percentage",
  "height",
  "latitude",
  "longitude",
  "metric_tons_float",
  "percent_off",
  "percent_ownership",
  "percentage",
  "percentage_decimal",
  "rate",
  "width",
]);

/** Maps of numbers that may have a fraction. */
export const FRACTION_MAPS = new Set(["rates"]);

/** Types that stand for whatever object a place is about. */
export const ANYTHING = new Set(["Event.Data.Object", "Event.Data.PreviousAttributes", "V2.Core.Event.Changes"]);

/** Unions of hundreds of events, each of the shape of one base. */
export const BASES = new Map([
  ["Event", "EventBase"],
  ["V2.Core.Event", "V2.Core.EventBase"],
]);

/** Where one value of `object` has several types, the one that the name alone means. */
export const MAIN_TYPES = new Map([]);

/** Names of the objects that a type has no `object` field for, though operations answer with them. */
export const NAMES = new Map([]);
