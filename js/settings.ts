/** `fake.settings`: what the owner of an account sets in Stripe's Dashboard, and no request can. */

/** What becomes of a subscription whose invoice nobody pays. */
export type SubscriptionEnd = "cancel" | "mark_unpaid" | "leave_past_due";

/** What becomes of that invoice. */
export type InvoiceEnd = "leave_open" | "mark_uncollectible";

/** The settings of Billing: how invoices are collected and numbered. */
export interface BillingSettings {
  /**
   * When a payment that failed is tried again: the days after each failure, of three at most (none: never
   * again), or `"smart"`. Stripe's Smart Retries choose their times by a model; here it is 3, 5 and 7 days.
   * Default: `"smart"`. See https://docs.stripe.com/billing/revenue-recovery/smart-retries.
   */
  retries: "smart" | readonly number[];
  /** What happens when the last retry has failed. Default: `cancel`, `leave_open`. */
  afterRetries: { subscription: SubscriptionEnd; invoice: InvoiceEnd };
  /**
   * What happens `afterDays` days after the due date of a subscription's invoice that was sent; null: never.
   * Default: null, `cancel`, `leave_open`.
   */
  overdue: { afterDays: number | null; subscription: SubscriptionEnd; invoice: InvoiceEnd };
  /** How many days before a renewal `invoice.upcoming` comes. Default: 7. */
  upcomingDays: 3 | 7 | 15 | 30 | 45;
  /**
   * Whether each customer's invoices are counted for themselves, after `customer.invoice_prefix`, or all of
   * the account together, after `invoicePrefix`. Default: `"customer"`.
   * See https://docs.stripe.com/invoicing/customize#invoice-numbering.
   */
  numbering: "customer" | "account";
  /** 3 to 12 upper-case letters and digits. Default: 8 that the seed decides. */
  invoicePrefix: string;
  /** Whether taxes are rounded line by line, or once for each rate of an invoice. Default: `"line"`. */
  taxRounding: "line" | "invoice";
  /**
   * Whether the credit for the rest of a period is on the next invoice, or waits until the debit that it gives
   * back is paid. Default: `"at_once"`. See https://docs.stripe.com/billing/subscriptions/credit-proration-deferral.
   */
  creditProrations: "at_once" | "after_payment";
  /** What a dispute does to the subscription whose payment is disputed. Default: `"nothing"`. */
  disputed: "nothing" | "cancel" | "cancel_at_period_end";
}

/** Settings by what they are about. */
export interface AccountSettings {
  billing: BillingSettings;
}

/** Settings that change; the others stay. */
export interface SettingsChange {
  billing?: {
    [Name in keyof BillingSettings]?: BillingSettings[Name] extends { subscription: unknown }
      ? Partial<BillingSettings[Name]>
      : BillingSettings[Name];
  };
}

/** Whose settings: those of a connected account by its id. Default: the platform's own. */
export interface SettingsOptions {
  stripeAccount?: string;
}

export class Settings {
  readonly #control: (command: string, args: unknown) => unknown;

  /** @internal */
  constructor(control: (command: string, args: unknown) => unknown) {
    this.#control = control;
  }

  /** The platform's settings of Billing as they are. */
  get billing(): BillingSettings {
    return this.update({}).billing;
  }

  /**
   * Changes settings from now on, all that are given or, where one of them cannot be, none. What is planned
   * by the clock already stays, but for `upcomingDays`. A connected account has the platform's settings
   * until it is given its own. Gives all settings as they then are. Snapshots and forks take them along.
   */
  update(change: SettingsChange, { stripeAccount }: SettingsOptions = {}): AccountSettings {
    // What is undefined is not changed; null is a value.
    const settings = JSON.parse(JSON.stringify(change)) as unknown;
    return this.#control("settings", { settings, account: stripeAccount }) as AccountSettings;
  }
}
