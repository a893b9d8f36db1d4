//! What checkout sessions and payment links refuse.

use super::{Error, ErrorType};
use crate::value::{Map, Text};

impl Error {
    /// Recorded.
    pub fn checkout_total_too_small(least: &str, currency: &str) -> Box<Error> {
        let currency = currency.to_ascii_uppercase();
        Error::invalid(format!(
            "The Checkout Session's total amount due must add up to at least {least} {currency}"
        ))
        .code("amount_too_small")
    }

    pub fn checkout_total_too_large(most: &str, currency: &str) -> Box<Error> {
        let currency = currency.to_ascii_uppercase();
        Error::invalid(format!(
            "The Checkout Session's total amount due must be no more than {most} {currency}"
        ))
        .code("amount_too_large")
    }

    /// Quoted in public issue threads, as are the next four.
    pub fn checkout_recurring_price(param: String) -> Box<Error> {
        Error::invalid(
            "You specified `payment` mode but passed a recurring price. Either switch to \
             `subscription` mode or use only one-time prices.",
        )
        .param(param)
    }

    pub fn checkout_recurring_price_missing() -> Box<Error> {
        Error::invalid(
            "You must provide at least one recurring price in `subscription` mode when using \
             prices.",
        )
    }

    pub fn checkout_lines_in_setup() -> Box<Error> {
        Error::invalid("You can not pass `line_items` in `setup` mode.").param("line_items")
    }

    pub fn checkout_lines_missing(mode: &str) -> Box<Error> {
        Error::invalid(format!("The `line_items` parameter is required in {mode} mode."))
            .param("line_items")
    }

    /// `page` is the `ui_mode`.
    pub fn checkout_params_of_page(page: &str, names: &[&str]) -> Box<Error> {
        Error::invalid(format!(
            "The following parameters are not supported with `ui_mode: {page}`: {}.",
            names.join(", ")
        ))
    }

    /// Text inferred, as are those of the next three.
    pub fn checkout_quantity_missing(place: usize) -> Box<Error> {
        Error::invalid(format!("Quantity is required. Add `quantity` to `line_items[{place}]`"))
            .param(format!("line_items[{place}]"))
    }

    pub fn checkout_param_of_mode(param: &str, mode: &str) -> Box<Error> {
        Error::invalid(format!("You can only pass `{param}` in `{mode}` mode."))
            .param(param.to_string())
    }

    pub fn checkout_expires_too_soon() -> Box<Error> {
        Error::invalid(
            "The `expires_at` timestamp must be at least 30 minutes from Checkout Session \
             creation.",
        )
        .param("expires_at")
    }

    pub fn checkout_expires_too_late() -> Box<Error> {
        Error::invalid(
            "The `expires_at` timestamp must be less than 24 hours from Checkout Session creation.",
        )
        .param("expires_at")
    }

    /// Recorded.
    pub fn checkout_not_open(status: &str) -> Box<Error> {
        Error::invalid(format!(
            "Only Checkout Sessions with a status in [\"open\"] can be expired. This Checkout \
             Session has a status of `{status}`."
        ))
    }

    /// What the page tells a customer whose payment failed: the error that the intent remembers.
    pub fn payment_declined(remembered: &Map) -> Box<Error> {
        let mut error = Error::invalid(remembered.str("message").to_string())
            .status(402)
            .error_type(ErrorType::Card)
            .code(remembered.str("code").to_string())
            .declined();
        for name in ["advice_code", "charge", "decline_code", "payment_method"] {
            if let Some(value) = remembered.get(name) {
                error = error.with(name, value.clone());
            }
        }
        error
    }

    /// What a test asks for in the name of a customer whom the portal does not let.
    pub fn portal_not_offered(feature: &str, configuration: &str) -> Box<Error> {
        Error::control(format!(
            "the customer portal does not offer that: `features.{feature}` of its configuration \
             {configuration} is not enabled"
        ))
    }

    /// Quoted in public issue threads, as is the next one.
    pub fn price_inactive(param: impl Into<Text>) -> Box<Error> {
        Error::invalid("The price specified is inactive. This field only accepts active prices.")
            .param(param)
    }

    pub fn price_of_other_currency(own: &str, expected: &str, param: String) -> Box<Error> {
        Error::invalid(format!(
            "The price specified only supports `{own}`. This doesn't match the expected currency: \
             `{expected}`."
        ))
        .param(param)
    }
}
