export { AsCustomer, type CheckoutDetails, Portal } from "./as-customer.ts";
export { Clock, type Moment, type Span } from "./clock.ts";
export { Snapshot } from "./engine/partition.ts";
export { FakeStripeError, type RawError } from "./errors.ts";
export {
  type CopyOptions,
  FakeStripe,
  type FakeStripeOptions,
  type StripeClientOptions,
} from "./fake.ts";
export type { Failure, Match, OwnAnswer, OwnHandler } from "./faults.ts";
export type { RequestRecord } from "./log.ts";
export type {
  AccountSettings,
  BillingSettings,
  Settings,
  SettingsChange,
  SettingsOptions,
} from "./settings.ts";
export type {
  Delivery,
  DeliveryAttempt,
  Forwarding,
  ForwardOptions,
  Target,
  Webhooks,
} from "./webhooks.ts";
export type { LiveList } from "./state.ts";
export type { Library, Seeded, SeedRows, State } from "./types.ts";
