// What the types do not say, but the tables need: written by hand.

/**
 * Numbers that may have a fraction. v1 writes every number as `number`; all those not named here are
 * integers. By name of the field, wherever it is.
 */
export const FRACTIONS = new Set([
  "aggregated_value",
  "amount_percent",
  "application_fee_percent",
  "dispute_rate",
  "effective_percentage",
  "exchange_rate",
  "height",
  "invalid_account_number_decline_rate_past_hour",
  "invalid_credentials_decline_rate_past_hour",
  "latitude",
  "length",
  "longitude",
  "percent",
  "percent_off",
  "percent_ownership",
  "percentage",
  "score",
  "weight",
  "width",
]);

/** Maps of numbers that may have a fraction. */
export const FRACTION_MAPS = new Set(["rates"]);

/** Types that stand for whatever object a place is about. */
export const ANYTHING = new Set([
  "Event.Data.Object",
  "Event.Data.PreviousAttributes",
  "V2.Core.Event.Changes",
]);

/** Unions of hundreds of events, each of the shape of one base. */
export const BASES = new Map([
  ["Event", "EventBase"],
  ["V2.Core.Event", "V2.Core.EventBase"],
]);

/** Where one value of `object` has several types, the one that the name alone means. */
export const MAIN_TYPES = new Map([]);

/** Names of the objects that a type has no `object` field for, though operations answer with them. */
export const NAMES = new Map([]);
