//! What billing refuses. The messages were recorded in test mode, unless a comment says otherwise.

use super::Error;

impl Error {
    /// Nothing to pay with: neither the invoice, its subscription nor the customer names anything.
    pub fn no_default_payment_method() -> Box<Error> {
        Error::invalid(
            "This customer has no attached payment source or default payment method. Please \
             consider adding a default payment method. For more information, visit \
             https://stripe.com/docs/billing/subscriptions/payment-methods-setting\
             #payment-method-priority.",
        )
        .code("resource_missing")
    }

    pub fn days_until_due_missing(allows_date: bool) -> Box<Error> {
        let what = if allows_date { "'due_date' or 'days_until_due'" } else { "'days_until_due'" };
        Error::invalid(format!(
            "If invoice collection method is 'send_invoice', you must specify {what}."
        ))
    }

    pub fn days_until_due_unexpected() -> Box<Error> {
        Error::invalid(
            "You can only specify 'days_until_due' if invoice collection method is 'send_invoice'.",
        )
    }

    pub fn pending_if_incomplete_on_create() -> Box<Error> {
        Error::invalid(
            "Setting `payment_behavior` to `pending_if_incomplete` has no effect when creating a \
             subscription.",
        )
        .param("payment_behavior")
    }

    pub fn trial_end_in_past(given: i64) -> Box<Error> {
        Error::invalid(format!(
            "The parameter `trial_end` expects a unix timestamp representing a date and time in \
             the future. You specified the value `{given}` which is in the past."
        ))
        .param("trial_end")
    }

    /// `error_if_incomplete`, and the bank wants the customer. The wording is recalled.
    pub fn subscription_requires_action() -> Box<Error> {
        Error::invalid(
            "Payment for this subscription requires additional user action before it can be \
             completed successfully.",
        )
        .status(402)
        .error_type(super::ErrorType::Card)
        .code("subscription_payment_intent_requires_action")
    }

    /// Paying an invoice whose bank wants the customer. The wording is recalled.
    pub fn invoice_requires_action() -> Box<Error> {
        Error::invalid(
            "This payment requires additional user action before it can be completed \
             successfully. Payment can be completed using the PaymentIntent associated with the \
             invoice.",
        )
        .status(402)
        .error_type(super::ErrorType::Card)
        .code("invoice_payment_intent_requires_action")
        .declined()
    }

    pub fn invoice_already_paid() -> Box<Error> {
        Error::invalid("Invoice is already paid")
    }

    pub fn invoice_not_open() -> Box<Error> {
        Error::invalid("You can only pass in open invoices. This invoice isn't open.")
    }

    pub fn invoice_paid_not_voidable() -> Box<Error> {
        Error::invalid("Invoices with `paid` payments cannot be voided.")
    }

    pub fn invoice_uncollectible_already() -> Box<Error> {
        Error::invalid("This invoice has already been marked uncollectible.")
    }

    pub fn invoice_finalized_already() -> Box<Error> {
        Error::invalid(
            "This invoice is already finalized, you can't re-finalize a non-draft invoice.",
        )
    }

    pub fn invoice_not_deletable() -> Box<Error> {
        Error::invalid("You can only delete draft invoices.")
    }

    pub fn invoice_not_sendable() -> Box<Error> {
        Error::invalid(
            "This invoice cannot be sent right now. Please contact us via \
             https://support.stripe.com/contact with details, so we can help.",
        )
    }

    pub fn invoice_frozen(field: String) -> Box<Error> {
        Error::invalid("Finalized invoices can't be updated in this way").param(field)
    }
}
