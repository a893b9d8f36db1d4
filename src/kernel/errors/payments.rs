//! What the payments family says no with: cards, intents, charges, refunds, payment methods,
//! customers.
//!
//! Texts are Stripe's, from recordings and public issue threads, unless a constructor says
//! otherwise.

use super::{Decline, Error, ErrorType, Fate};
use crate::value::{Map, Value};
use std::rc::Rc;

/// Cards and their banks.
impl Error {
    /// A 402 `card_error` that refuses the request: nothing happened.
    fn card(code: &'static str, param: &'static str, message: &'static str) -> Box<Error> {
        Error::invalid(message).status(402).error_type(ErrorType::Card).code(code).param(param)
    }

    /// What a bank said. It refuses the request; [`Error::declined`] makes an outcome of it.
    pub fn card_declined(decline: &Decline) -> Box<Error> {
        let mut error = Error::invalid(decline.message)
            .status(402)
            .error_type(ErrorType::Card)
            .code(decline.code);
        if let Some(param) = decline.param {
            error = error.param(param);
        }
        for (name, value) in [
            ("decline_code", Some(decline.decline_code).filter(|code| !code.is_empty())),
            ("advice_code", decline.advice_code),
            ("network_decline_code", decline.network_decline_code),
            ("network_advice_code", decline.network_advice_code),
        ] {
            if let Some(value) = value {
                error = error.with(name, value);
            }
        }
        error
    }

    /// A decline was asked for where no bank is; nobody is told.
    pub fn no_bank_was_asked() -> Box<Error> {
        Error::invalid("No bank was asked.")
    }

    /// Makes an outcome of an error: what was saved stays.
    pub fn declined(mut self: Box<Self>) -> Box<Error> {
        self.fate = Fate::Declined;
        self
    }

    pub fn incorrect_number(param: &'static str) -> Box<Error> {
        Error::card("incorrect_number", param, "Your card number is incorrect.")
    }

    /// Text inferred from the code.
    pub fn invalid_number(param: &'static str) -> Box<Error> {
        let message = "The card number is not a valid credit card number.";
        Error::card("invalid_number", param, message)
    }

    /// Text is the long-standing one; not recorded.
    pub fn invalid_expiry_month(param: &'static str) -> Box<Error> {
        let message = "Your card's expiration month is invalid.";
        Error::card("invalid_expiry_month", param, message)
    }

    /// Text is the long-standing one; not recorded.
    pub fn invalid_expiry_year(param: &'static str) -> Box<Error> {
        let message = "Your card's expiration year is invalid.";
        Error::card("invalid_expiry_year", param, message)
    }

    /// Text is the long-standing one; not recorded.
    pub fn invalid_cvc(param: &'static str) -> Box<Error> {
        Error::card("invalid_cvc", param, "Your card's security code is invalid.")
    }

    pub fn token_already_used(id: &str) -> Box<Error> {
        Error::invalid(format!("You cannot use a Stripe token more than once: {id}."))
            .code("token_already_used")
    }

    pub fn bank_account_number_invalid() -> Box<Error> {
        Error::invalid(
            "You must use a test bank account number in test mode. Try 000123456789 or see more \
             options at https://stripe.com/docs/connect/testing#account-numbers.",
        )
        .code("account_number_invalid")
        .param("bank_account[account_number]")
    }

    /// An IBAN of a bank that takes no debits. Text inferred from the code.
    pub fn sepa_debit_refused(code: &'static str) -> Box<Error> {
        let message = match code {
            "sepa_debit_bank_not_supported" => {
                "The bank of this IBAN does not support SEPA debits."
            }
            _ => "The account of this IBAN does not support SEPA debits.",
        };
        Error::invalid(message).code(code).param("sepa_debit[iban]")
    }

    /// A bank account verified with other amounts than were sent. Text from public code.
    pub fn bank_account_not_verified() -> Box<Error> {
        Error::invalid(
            "The amounts provided do not match the amounts that were sent to the bank account.",
        )
        .code("bank_account_verification_failed")
        .param("amounts")
    }
}

/// Payment methods.
impl Error {
    /// An id that names no payment method. In the path, and among the parameters without a
    /// `Stripe-Account`, it may be one of a connected account; with one, it may be the platform's.
    pub fn no_such_payment_method(
        id: &str,
        param: &'static str,
        status: u16,
        is_connected: bool,
    ) -> Box<Error> {
        let advice = if is_connected && status == 400 {
            "OAuth key or Stripe-Account header was used but API request was provided with a \
             platform-owned payment method ID. Please ensure that the provided payment method \
             matches the specified account."
        } else {
            "It's possible this PaymentMethod exists on one of your connected accounts, in which \
             case you should retry this request on that connected account. Learn more at \
             https://stripe.com/docs/connect/authentication"
        };
        Error::invalid(format!("No such PaymentMethod: '{id}'; {advice}"))
            .status(status)
            .code("resource_missing")
            .param(param)
    }

    pub fn payment_method_spent() -> Box<Error> {
        Error::invalid(
            "The provided PaymentMethod was previously used with a PaymentIntent without Customer \
             attachment, shared with a connected account without Customer attachment, or was \
             detached from a Customer. It may not be used again. To use a PaymentMethod multiple \
             times, you must attach it to a Customer first.",
        )
    }

    pub fn payment_method_attached_already() -> Box<Error> {
        Error::invalid("The payment method you provided has already been attached to a customer.")
    }

    pub fn payment_method_not_attached() -> Box<Error> {
        Error::invalid(
            "The payment method you provided is not attached to a customer so detachment is \
             impossible.",
        )
    }

    /// An update of a payment method nobody owns. Text from public code.
    pub fn payment_method_unsaved(id: &str) -> Box<Error> {
        Error::invalid(format!(
            "You must save this PaymentMethod to a customer before you can update it: {id}."
        ))
    }

    /// A debit account that was never set up. Text inferred.
    pub fn payment_method_needs_setup(kind: &str) -> Box<Error> {
        Error::invalid(format!(
            "PaymentMethods of type {kind} can only be attached to a customer by confirming a \
             SetupIntent or a PaymentIntent with setup_future_usage."
        ))
    }

    /// The payment method is another customer's than the one given.
    pub fn payment_method_of_another(method: &str, customer: &str) -> Box<Error> {
        Error::invalid(format!(
            "The PaymentMethod {method} does not belong to the Customer you supplied {customer}. \
             Please use this PaymentMethod with the Customer that it belongs to instead."
        ))
        .param("payment_method")
    }

    /// The payment method is a customer's, and none was given.
    pub fn payment_method_needs_customer(method: &str, owner: &str) -> Box<Error> {
        Error::invalid(format!(
            "The `payment_method` parameter supplied {method} belongs to the Customer {owner}. \
             Please include the Customer in the `customer` parameter on the PaymentIntent."
        ))
        .code("parameter_missing")
        .param("source")
    }

    /// The same on a SetupIntent.
    pub fn setup_method_needs_customer(method: &str, owner: &str) -> Box<Error> {
        Error::invalid(format!(
            "The payment method supplied ({method}) belongs to the Customer {owner}. Please \
             include the Customer in the `customer` parameter on the SetupIntent."
        ))
        .param("payment_method")
    }

    /// A payment method of a type the intent does not take; `noun` is `PaymentIntent` or
    /// `SetupIntent`.
    pub fn payment_method_type_not_allowed(kind: &str, noun: &str, types: &str) -> Box<Error> {
        Error::invalid(format!(
            "The PaymentMethod provided ({kind}) is not allowed for this {noun}. Please attach a \
             PaymentMethod of one of the following types: {types}. Alternatively, update the \
             allowed payment_method_types for this {noun} to include \"{kind}\""
        ))
        .code("payment_intent_incompatible_payment_method")
        .param("payment_method")
    }

    pub fn default_payment_method_not_attached(id: &str) -> Box<Error> {
        Error::invalid(format!(
            "The customer does not have a payment method with the ID {id}. The payment method must \
             be attached to the customer."
        ))
        .code("resource_missing")
        .param("invoice_settings[default_payment_method]")
    }
}

/// PaymentIntents and SetupIntents in the wrong state. All carry the intent.
impl Error {
    fn unexpected_state(message: String, intent: &Rc<Map>) -> Box<Error> {
        let (name, code) = match intent.str("object") {
            "setup_intent" => ("setup_intent", "setup_intent_unexpected_state"),
            _ => ("payment_intent", "payment_intent_unexpected_state"),
        };
        Error::invalid(message).code(code).with(name, Value::Map(intent.clone()))
    }

    /// Confirmed without anything to pay with.
    pub fn missing_payment_method(intent: &Rc<Map>) -> Box<Error> {
        let noun = noun(intent);
        let message = match intent.at("customer").as_id().filter(|_| noun == "PaymentIntent") {
            Some(customer) => format!(
                "You cannot confirm this PaymentIntent because it's missing a payment method. To \
                 confirm the PaymentIntent with {customer}, specify a payment method attached to \
                 this customer along with the customer ID."
            ),
            None => format!(
                "You cannot confirm this {noun} because it's missing a payment method. You can \
                 either update the {noun} with a payment method and then confirm it again, or \
                 confirm it again directly with a payment method or ConfirmationToken."
            ),
        };
        Error::unexpected_state(message, intent)
    }

    /// Confirmed when it can no longer be. The text for other states than `succeeded` is inferred.
    pub fn cannot_confirm(intent: &Rc<Map>) -> Box<Error> {
        let status = intent.str("status");
        let message = match (noun(intent), status) {
            ("PaymentIntent", "succeeded") => {
                "You cannot confirm this PaymentIntent because it has already succeeded after \
                 being previously confirmed."
                    .to_string()
            }
            (noun, "succeeded") => {
                format!("You cannot confirm this {noun} because it has already succeeded.")
            }
            (noun, status) => format!(
                "You cannot confirm this {noun} because it has a status of {status}. Only a {noun} \
                 with one of the following statuses may be confirmed: requires_confirmation, \
                 requires_action."
            ),
        };
        Error::unexpected_state(message, intent)
    }

    pub fn cannot_capture(intent: &Rc<Map>) -> Box<Error> {
        let was_captured =
            intent.str("status") == "succeeded" && intent.str("capture_method") == "manual";
        let message = if was_captured && intent.int("amount_received") < intent.int("amount") {
            "The remaining amount on this PaymentIntent could not be captured because the \
             remainder of the authorized amount has been released."
                .to_string()
        } else if intent.str("status") == "succeeded" {
            "This PaymentIntent could not be captured because it has already been captured."
                .to_string()
        } else {
            wrong_status(intent, "could not be captured", "captured", "requires_capture")
        };
        Error::unexpected_state(message, intent)
    }

    /// Worded after [`Error::cannot_capture`]; inferred.
    pub fn cannot_increment(intent: &Rc<Map>) -> Box<Error> {
        let message =
            wrong_status(intent, "could not be incremented", "incremented", "requires_capture");
        Error::unexpected_state(message, intent)
    }

    pub fn cannot_cancel(intent: &Rc<Map>) -> Box<Error> {
        let status = intent.str("status");
        let message = match (noun(intent), status) {
            ("SetupIntent", "canceled") => {
                "You cannot cancel this SetupIntent because it is already canceled.".to_string()
            }
            ("SetupIntent", _) => format!(
                "You cannot cancel this SetupIntent because it has a status of {status}. Only a \
                 SetupIntent with one of the following statuses may be canceled: \
                 `requires_payment_method`, `requires_confirmation`, or `requires_action`."
            ),
            _ => format!(
                "You cannot cancel this PaymentIntent because it has a status of {status}. Only a \
                 PaymentIntent with one of the following statuses may be canceled: \
                 requires_payment_method, requires_capture, requires_reauthorization, \
                 requires_confirmation, requires_action, expired, processing."
            ),
        };
        Error::unexpected_state(message, intent)
    }

    /// A field that is fixed once the intent was confirmed.
    pub fn cannot_update(intent: &Rc<Map>, field: &str) -> Box<Error> {
        let (noun, status) = (noun(intent), intent.str("status"));
        if noun == "SetupIntent" && status == "succeeded" {
            let message = "You cannot update this SetupIntent because it has already succeeded.";
            return Error::unexpected_state(message.to_string(), intent);
        }
        let message = format!(
            "This {noun}'s {field} could not be updated because it has a status of {status}. You \
             may only update the {field} of a {noun} with one of the following statuses: \
             requires_payment_method, requires_confirmation, requires_action."
        );
        Error::unexpected_state(message, intent).param(field.to_string())
    }

    /// An update of a canceled intent. The list at the end is inferred.
    pub fn cannot_update_canceled(intent: &Rc<Map>) -> Box<Error> {
        let noun = noun(intent);
        let message = format!(
            "This {noun} could not be updated because it has a status of canceled. You may only \
             update a {noun} with one of the following statuses: requires_payment_method, \
             requires_confirmation, requires_action, processing, requires_capture, succeeded."
        );
        Error::unexpected_state(message, intent)
    }

    /// An action on an intent that waits for none.
    pub fn not_actionable(intent: &Rc<Map>) -> Box<Error> {
        let (noun, status) = (noun(intent), intent.str("status"));
        let name = if noun == "SetupIntent" { "setup_intent" } else { "payment_intent" };
        Error::invalid(format!(
            "This {noun} cannot be actioned on because it has a status of {status}. Only a {noun} \
             with one of the following statuses may be actioned on: [\"requires_action\"]."
        ))
        .code("intent_invalid_state")
        .with(name, Value::Map(intent.clone()))
    }

    /// Confirmed where a redirect is possible and there is nowhere to return to.
    pub fn return_url_missing(intent: &Rc<Map>) -> Box<Error> {
        let (noun, name) = match noun(intent) {
            "SetupIntent" => ("SetupIntent", "setup_intent"),
            _ => ("PaymentIntent", "payment_intent"),
        };
        Error::invalid(format!(
            "This {noun} is configured to accept payment methods enabled in your Dashboard. \
             Because some of these payment methods might redirect your customer off of your page, \
             you must provide a `return_url`. If you don't want to accept redirect-based payment \
             methods, set `automatic_payment_methods[enabled]` to `true` and \
             `automatic_payment_methods[allow_redirects]` to `never` when creating Setup Intents \
             and Payment Intents."
        ))
        .with(name, Value::Map(intent.clone()))
    }

    pub fn capture_too_large() -> Box<Error> {
        Error::invalid(
            "The payment could not be captured because the requested capture amount is greater \
             than the amount you can capture for this charge. Contact us via \
             https://support.stripe.com/contact/ for help.",
        )
        .code("amount_too_large")
    }

    /// An increment that is none. Text inferred.
    pub fn increment_too_small() -> Box<Error> {
        Error::invalid("The amount must be greater than the current amount of the PaymentIntent.")
            .code("amount_too_small")
            .param("amount")
    }

    /// More increments than an authorization can have. Text inferred.
    pub fn too_many_increments() -> Box<Error> {
        Error::invalid("This PaymentIntent's authorization has been incremented 10 times already.")
    }

    /// An intent stays its customer's. Text from public issue threads.
    pub fn customer_is_fixed() -> Box<Error> {
        Error::invalid(
            "You cannot modify `customer` on a PaymentIntent once it already has been set. To \
             fulfill a payment with a different Customer, cancel this PaymentIntent and create a \
             new one.",
        )
        .param("customer")
    }

    pub fn application_fee_without_account() -> Box<Error> {
        Error::invalid(
            "Can only apply an application_fee_amount when the PaymentIntent is attempting a \
             direct payment (using an OAuth key or Stripe-Account header) or destination payment \
             (using `transfer_data[destination]`).",
        )
        .code("parameter_missing")
        .param("application_fee_amount")
    }

    /// A parameter that only confirming knows. Text from public issue threads.
    pub fn only_with_confirm(param: &'static str, noun: &str) -> Box<Error> {
        Error::invalid(format!(
            "The parameter `{param}` cannot be passed when creating a {noun} unless `confirm` is \
             set to true."
        ))
        .param(param)
    }

    /// Nobody is there to agree to what comes later. Text from public issue threads; code inferred.
    pub fn off_session_setup() -> Box<Error> {
        Error::invalid(
            "You cannot confirm with the `off_session` parameter when `setup_future_usage` is also \
             set on the PaymentIntent because you cannot set up future usages when processing \
             payments off-session.",
        )
        .code("payment_intent_invalid_parameter")
        .param("off_session")
    }

    /// What the customer saw is not what the intent says. Text inferred.
    pub fn amount_to_confirm_mismatch() -> Box<Error> {
        let message = "The `amount_to_confirm` does not match the amount of the PaymentIntent.";
        Error::invalid(message).param("amount_to_confirm")
    }

    /// An amount with a part that its currency does not have. Text inferred.
    pub fn amount_not_divisible(currency: &str, step: i64) -> Box<Error> {
        let currency = currency.to_ascii_uppercase();
        Error::invalid(format!("Amounts in {currency} must be divisible by {step}."))
            .code("parameter_invalid_integer")
            .param("amount")
    }

    /// A confirmation token is good for one intent. Text inferred.
    pub fn confirmation_token_used(id: &str) -> Box<Error> {
        Error::invalid(format!("The ConfirmationToken {id} has already been used."))
            .param("confirmation_token")
    }

    /// A debit without the account holder's consent. Text of Stripe's page on failed ACH debits.
    pub fn mandate_missing(intent: &Rc<Map>) -> Box<Error> {
        let (noun, name) = match noun(intent) {
            "SetupIntent" => ("SetupIntent", "setup_intent"),
            _ => ("PaymentIntent", "payment_intent"),
        };
        Error::invalid(format!(
            "This {noun} requires a mandate, but no existing mandate was found. Collect mandate \
             acceptance from the customer and try again, providing acceptance data in the \
             mandate_data parameter."
        ))
        .with(name, Value::Map(intent.clone()))
    }

    /// Microdeposits that are not those that were sent. Text of Stripe's page on ACH debits; that of
    /// descriptor codes is worded after it.
    pub fn microdeposits_mismatch(by_amounts: bool, left: i64) -> Box<Error> {
        let (what, code) = match by_amounts {
            true => ("amounts provided do not match the amounts that were", "amounts"),
            false => {
                ("descriptor code provided does not match the one that was", "descriptor_code")
            }
        };
        Error::invalid(format!(
            "The {what} sent to the bank account. You have {left} verification attempts remaining."
        ))
        .code(format!("payment_method_microdeposit_verification_{code}_mismatch"))
    }

    /// An account that can no longer be verified. Texts of Stripe's page on ACH debits.
    pub fn microdeposits_failed(code: &'static str) -> Box<Error> {
        let message = match code {
            "payment_method_microdeposit_verification_attempts_exceeded" => {
                "Exceeded number of allowed verification attempts"
            }
            "payment_method_microdeposit_verification_timeout" => {
                "Microdeposit timeout. Customer hasn't verified their bank account within the \
                 required 10 day period."
            }
            _ => {
                "Microdeposits failed. Please check the account, institution and transit numbers \
                 provided"
            }
        };
        Error::invalid(message).code(code)
    }

    /// What `last_payment_error` holds when the customer failed to authenticate.
    pub fn authentication_failed(is_setup: bool) -> Box<Error> {
        let code = if is_setup {
            "setup_intent_authentication_failure"
        } else {
            "payment_intent_authentication_failure"
        };
        Error::invalid(
            "The provided PaymentMethod has failed authentication. You can provide \
             payment_method_data or a new PaymentMethod to attempt to fulfill this PaymentIntent \
             again.",
        )
        .code(code)
    }

    /// What `last_payment_error` holds when a debit, voucher or redirect came to nothing.
    pub fn payment_attempt_failed(code: &str) -> Box<Error> {
        let code = if code.is_empty() { "payment_intent_payment_attempt_failed" } else { code };
        // Text inferred from the code.
        let error = Error::invalid("The payment failed.").status(402);
        error.error_type(ErrorType::Card).code(code.to_string())
    }
}

/// Words of the error texts for an intent.
fn noun(intent: &Map) -> &'static str {
    match intent.str("object") {
        "setup_intent" => "SetupIntent",
        _ => "PaymentIntent",
    }
}

fn wrong_status(intent: &Map, could_not: &str, may_be: &str, statuses: &str) -> String {
    let (noun, status) = (noun(intent), intent.str("status"));
    format!(
        "This {noun} {could_not} because it has a status of {status}. Only a {noun} with one of \
         the following statuses may be {may_be}: {statuses}."
    )
}

/// Charges.
impl Error {
    pub fn charge_already_captured(charge: &str) -> Box<Error> {
        Error::invalid(format!("Charge {charge} has already been captured."))
            .code("charge_already_captured")
    }

    /// An authorization that ran out or was released. Text from public issue threads.
    pub fn charge_not_capturable(charge: &str) -> Box<Error> {
        Error::invalid(format!("Charge {charge} could not be captured because it has expired."))
            .code("charge_expired_for_capture")
    }

    pub fn charge_of_intent_capture(intent: &str) -> Box<Error> {
        Error::invalid(format!(
            "This uncaptured Charge was created by a PaymentIntent ({intent}). You must capture \
             the PaymentIntent instead of capturing the Charge directly. For more information, see \
             https://stripe.com/docs/payments/payment-intents/creating-payment-intents#separate-auth-capture"
        ))
    }

    pub fn charge_of_intent_refund(intent: &str) -> Box<Error> {
        Error::invalid(format!(
            "This uncaptured Charge was created by a PaymentIntent ({intent}). You must cancel the \
             PaymentIntent to reverse the authorization instead of refunding the Charge directly. \
             For more information, see \
             https://stripe.com/docs/payments/payment-intents/creating-payment-intents#separate-auth-capture"
        ))
    }

    pub fn charge_of_intent_transfer_group(intent: &str) -> Box<Error> {
        Error::invalid(format!(
            "This Charge was created by a PaymentIntent ({intent}). You must update the \
             `transfer_group` on the PaymentIntent instead of updating the Charge directly. See \
             https://stripe.com/docs/api#update_payment_intent"
        ))
        .param("transfer_group")
    }

    pub fn too_many_charges(transfer_group: &str) -> Box<Error> {
        Error::invalid(format!("Too many charges with transfer group: `{transfer_group}`"))
            .param("transfer_group")
    }

    /// A customer is charged who has nothing to charge.
    pub fn customer_without_source(has_payment_method: bool) -> Box<Error> {
        if has_payment_method {
            return Error::invalid(
                "This Customer doesn't have any legacy saved payment details, but does have a \
                 Payment Method attached. Use a Payment Intent instead of creating a Charge: \
                 https://stripe.com/docs/payments/payment-intents/migration",
            )
            .status(402)
            .error_type(ErrorType::Card)
            .code("missing")
            .param("card");
        }
        Error::card(
            "missing",
            "card",
            "This Customer doesn't have any saved payment details. Attach a legacy Token, Card, \
             Bank Account, or Source to this Customer and then try this request again, or use \
             Payment Intents and Payment Methods instead.",
        )
    }

    /// A customer has one currency. Text inferred.
    pub fn balance_in_other_currency(customer: &str, currency: &str) -> Box<Error> {
        let currency = currency.to_ascii_uppercase();
        Error::invalid(format!(
            "The currency of the transaction must be the customer's: {customer} has {currency}."
        ))
        .param("currency")
    }

    /// A tax id of a form that its type does not have. Text from public issue threads.
    pub fn tax_id_invalid(kind: &str) -> Box<Error> {
        Error::invalid(format!("Invalid value for {kind}.")).code("tax_id_invalid").param("value")
    }

    /// More than a customer sent. Text inferred.
    pub fn cash_balance_too_low() -> Box<Error> {
        Error::invalid("The customer's cash balance does not hold that much in this currency.")
            .param("amount")
    }

    /// Text inferred.
    pub fn transfer_needs_customer() -> Box<Error> {
        Error::invalid(
            "A PaymentIntent must have a customer to be paid from the customer's cash balance.",
        )
        .code("parameter_missing")
        .param("customer")
    }

    pub fn source_not_linked(customer: &str, source: &str) -> Box<Error> {
        Error::invalid(format!(
            "Customer {customer} does not have a linked source with ID {source}."
        ))
        .status(402)
        .error_type(ErrorType::Card)
        .code("missing")
        .param("source")
    }

    /// A source that is not, or no longer, to be charged. Text inferred.
    pub fn source_not_chargeable(status: &str) -> Box<Error> {
        Error::invalid(format!(
            "The source you provided is not in a chargeable state (its status is {status})."
        ))
        .param("source")
    }

    pub fn dispute_closed() -> Box<Error> {
        Error::invalid("This dispute is already closed")
    }

    pub fn charge_without_dispute(charge: &str) -> Box<Error> {
        Error::invalid(format!("No dispute for charge: {charge}")).status(404)
    }
}

/// Refunds.
impl Error {
    pub fn refund_of_nothing() -> Box<Error> {
        Error::invalid(
            "One of the following params should be provided for this request: payment_intent or \
             charge.",
        )
    }

    pub fn intent_without_charge(intent: &str) -> Box<Error> {
        Error::invalid(format!(
            "This PaymentIntent ({intent}) does not have a successful charge to refund."
        ))
    }

    pub fn charge_already_refunded(charge: &str) -> Box<Error> {
        Error::invalid(format!("Charge {charge} has already been refunded."))
            .code("charge_already_refunded")
    }

    pub fn charge_disputed(charge: &str) -> Box<Error> {
        Error::invalid(format!("Charge {charge} has been charged back; cannot issue a refund."))
            .code("charge_disputed")
    }

    /// `amount` and `limit` come formatted, such as `$11.00`.
    pub fn refund_too_large(amount: &str, limit: &str, is_first: bool) -> Box<Error> {
        let of = if is_first { "charge amount" } else { "unrefunded amount on charge" };
        Error::invalid(format!("Refund amount ({amount}) is greater than {of} ({limit})"))
            .param("amount")
    }

    pub fn partial_refund_of_uncaptured() -> Box<Error> {
        Error::invalid(
            "You cannot partially refund an uncaptured charge. Instead, capture the charge for an \
             amount less than the original amount",
        )
    }

    pub fn refund_not_cancelable() -> Box<Error> {
        Error::invalid("Canceling this refund is unsupported.")
    }

    /// A refund of a charge that never succeeded. Text inferred.
    pub fn refund_of_failed(charge: &str) -> Box<Error> {
        Error::invalid(format!("Charge {charge} did not succeed; there is nothing to refund."))
    }
}
