/**
 * The errors of the library API. They carry what stripe-node's errors carry, so that a test can look
 * at either in the same way. They are not instances of the `stripe` package's own classes, which
 * this package does not load.
 */

/** The `error` hash of an answer. */
export interface RawError {
  type?: string;
  message?: string;
  code?: string;
  param?: string;
  decline_code?: string;
  charge?: string;
  doc_url?: string;
  advice_code?: string;
  [member: string]: unknown;
}

/** What the library API throws where Stripe's API would answer with an error. */
export class FakeStripeError extends Error {
  /** The class that stripe-node would throw, such as `StripeCardError`. */
  readonly type: string;
  /** Stripe's own `type`, such as `card_error`. */
  readonly rawType: string | undefined;
  readonly code: string | undefined;
  readonly param: string | undefined;
  readonly decline_code: string | undefined;
  readonly charge: string | undefined;
  readonly doc_url: string | undefined;
  readonly payment_intent: any;
  readonly payment_method: any;
  readonly payment_method_type: any;
  readonly setup_intent: any;
  readonly source: any;
  readonly detail: string | undefined;
  readonly statusCode: number | undefined;
  readonly requestId: string | undefined;
  readonly headers: Record<string, string>;
  readonly raw: RawError;

  constructor(raw: RawError, statusCode?: number, requestId?: string) {
    super(raw.message ?? "The request failed.");
    this.raw = { ...raw };
    this.rawType = raw.type;
    this.type = className(raw, statusCode);
    this.name = this.type;
    this.code = raw.code;
    this.param = raw.param;
    this.decline_code = raw.decline_code;
    this.charge = raw.charge;
    this.doc_url = raw.doc_url;
    this.payment_intent = raw["payment_intent"];
    this.payment_method = raw["payment_method"];
    this.payment_method_type = raw["payment_method_type"];
    this.setup_intent = raw["setup_intent"];
    this.source = raw["source"];
    this.detail = raw["detail"] as string | undefined;
    this.statusCode = statusCode;
    this.requestId = requestId;
    this.headers = requestId === undefined ? {} : { "request-id": requestId };
  }
}

/** stripe-node chooses its class by the status, and by `type` or `code` where several share one. */
function className(raw: RawError, status: number | undefined): string {
  if (status === 429 || (status === 400 && raw.code === "rate_limit")) return "StripeRateLimitError";
  if (raw.type === "idempotency_error") return "StripeIdempotencyError";
  switch (status) {
    case 400:
    case 404:
      return "StripeInvalidRequestError";
    case 401:
      return "StripeAuthenticationError";
    case 402:
      return "StripeCardError";
    case 403:
      return "StripePermissionError";
    default:
      return "StripeAPIError";
  }
}
