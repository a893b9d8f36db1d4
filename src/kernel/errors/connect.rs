//! Errors of Connect: accounts, persons, external accounts, transfers, payouts, OAuth.

use super::{Error, ErrorType};
use crate::value::Text;

/// Accounts and what belongs to them. Texts that are not marked otherwise are verbatim in
/// recordings or public issue threads.
impl Error {
    /// The platform's own account where only connected ones are meant.
    pub fn own_account() -> Box<Error> {
        Error::invalid(
            "You cannot use this method on your own account: you may only use it on connected \
             accounts.",
        )
    }

    pub fn country_unknown(country: &str) -> Box<Error> {
        Error::invalid(format!(
            "Country '{country}' is unknown. Try using a 2-character alphanumeric country code \
             instead, such as 'US', 'EG', or 'GB'. A full list of country codes is available at \
             https://stripe.com/global"
        ))
        .code("country_code_invalid")
        .param("country")
    }

    /// Stripe's wording is not known.
    pub fn second_representative() -> Box<Error> {
        Error::invalid("An account can only have one representative.")
            .param("relationship[representative]")
    }

    pub fn routing_number_invalid() -> Box<Error> {
        Error::invalid("Routing number must have 9 digits")
            .code("routing_number_invalid")
            .param("bank_account[routing_number]")
    }

    pub fn account_number_not_of_test_mode() -> Box<Error> {
        Error::invalid(
            "You must use a test bank account number in test mode. Try 000123456789 or see more \
             options at https://stripe.com/docs/connect/testing#account-numbers.",
        )
        .code("account_number_invalid")
        .param("bank_account[account_number]")
    }

    /// Code documented; text inferred from its description.
    pub fn no_debit_card() -> Box<Error> {
        Error::invalid(
            "The card provided as an external account is not supported for payouts. Provide a \
             non-prepaid, non-credit debit card instead.",
        )
        .code("invalid_card_type")
        .param("external_account")
    }

    pub fn default_external_account() -> Box<Error> {
        Error::invalid(
            "You cannot delete the default external account for your default currency. Please \
             make another external account the default using the `default_for_currency` param, \
             and then delete this one.",
        )
    }

    pub fn account_update_link() -> Box<Error> {
        Error::invalid("You cannot create `account_update` type Account Links for this account.")
            .param("type")
    }

    pub fn login_link_before_onboarding() -> Box<Error> {
        Error::invalid(
            "Cannot create a login link for an account that has not completed onboarding.",
        )
    }

    /// Stripe's wording is not known.
    pub fn no_express_dashboard() -> Box<Error> {
        Error::invalid(
            "Cannot create a login link for an account that does not have access to the Express \
             Dashboard.",
        )
    }
}

/// Money between accounts and out of them.
impl Error {
    pub fn insufficient_for_transfer() -> Box<Error> {
        Error::invalid(
            "You have insufficient available funds in your Stripe account. Try adding funds \
             directly to your available balance by creating Charges using the 4000000000000077 \
             test card. See: https://stripe.com/docs/testing#available-balance",
        )
        .code("balance_insufficient")
    }

    pub fn destination_cannot_receive() -> Box<Error> {
        Error::invalid(
            "Your destination account needs to have at least one of the following capabilities \
             enabled: transfers, crypto_transfers, legacy_payments",
        )
        .code("insufficient_capabilities_for_transfer")
    }

    /// As quoted in public issue threads.
    pub fn merchant_cannot_charge() -> Box<Error> {
        Error::invalid(
            "You cannot create a charge on a connected account without the `card_payments` \
             capability enabled.",
        )
    }

    /// `most` and `wanted` as money, such as `$10.00`.
    pub fn reversal_too_large(wanted: &str, most: &str) -> Box<Error> {
        Error::invalid(format!(
            "Transfer reversal amount ({wanted}) is greater than unreversed amount on transfer \
             ({most})"
        ))
        .param("amount")
    }

    pub fn transfer_reversed(id: &str) -> Box<Error> {
        Error::invalid(format!("Transfer {id} is already fully reversed."))
    }

    /// Stripe's wording is not known; the one for charges was taken.
    pub fn fee_refund_too_large(wanted: &str, most: &str) -> Box<Error> {
        Error::invalid(format!(
            "Refund amount ({wanted}) is greater than unrefunded amount on fee ({most})"
        ))
        .param("amount")
    }

    /// Stripe's wording is not known; the one for charges was taken.
    pub fn fee_refunded(id: &str) -> Box<Error> {
        Error::invalid(format!("Application fee {id} has already been refunded."))
    }

    /// The two blanks are Stripe's.
    pub fn insufficient_for_payout(source_type: &str) -> Box<Error> {
        Error::invalid(format!(
            "You have insufficient funds in your Stripe account for this transfer. Your \
             {source_type} balance is too low.  You can use the /v1/balance endpoint to view your \
             Stripe balance (for more details, see stripe.com/docs/api#balance)."
        ))
        .code("balance_insufficient")
    }

    pub fn no_external_account(currency: &str) -> Box<Error> {
        Error::invalid(format!(
            "Sorry, you don't have any external accounts in that currency ({currency})."
        ))
    }

    pub fn instant_payout_too_large() -> Box<Error> {
        Error::invalid(
            "Instant Payouts to bank accounts are only supported for amounts less than or equal \
             to $9999",
        )
    }

    /// Stripe's wording is not known.
    pub fn instant_payouts_unsupported() -> Box<Error> {
        Error::invalid("The destination does not support instant payouts.")
            .code("instant_payouts_unsupported")
            .param("method")
    }

    /// Told by many integrations that ask for what a manual payout paid out.
    pub fn payout_not_automatic() -> Box<Error> {
        Error::invalid(
            "Balance transaction history can only be filtered on automatic transfers, not manual.",
        )
        .param("payout")
    }

    pub fn source_transaction_currency(settled: &str, asked: &str) -> Box<Error> {
        Error::invalid(format!(
            "The currency of source_transaction's balance transaction ({settled}) must be the same \
             as the transfer currency ({asked})"
        ))
    }

    pub fn payout_not_pending() -> Box<Error> {
        Error::invalid("Payouts can only be canceled while they are pending.")
    }

    /// Stripe's wording is not known.
    pub fn payout_not_reversible() -> Box<Error> {
        Error::invalid("Payouts can only be reversed once they have been paid.")
    }

    /// Stripe's wording is not known.
    pub fn topup_not_pending() -> Box<Error> {
        Error::invalid("Top-ups can only be canceled while they are pending.")
    }

    pub fn topup_unsupported(country: &str, currency: &str) -> Box<Error> {
        let currency = currency.to_ascii_uppercase();
        Error::invalid(format!(
            "Top-up creation is not supported for country {country} and currency {currency}."
        ))
    }
}

/// OAuth, whose errors have a form of their own: `{error, error_description}`.
impl Error {
    /// `code` is one of OAuth's, such as `invalid_grant`.
    pub fn oauth(status: u16, code: &'static str, description: impl Into<Text>) -> Box<Error> {
        Error::invalid(description).status(status).code(code).error_type(ErrorType::OAuth)
    }

    /// Stripe's words, as its own clients quote them.
    pub fn oauth_unauthenticated() -> Box<Error> {
        Error::oauth(
            401,
            "invalid_client",
            "No authentication was provided. Send your secret API key using the Authorization \
             header, or as a client_secret POST parameter.",
        )
    }

    /// An error as connect.stripe.com tells it. What it says of an unknown grant type is inferred.
    pub fn into_oauth(self: Box<Error>) -> Box<Error> {
        if self.error_type == ErrorType::OAuth {
            return self;
        }
        let is_grant = self.param.as_deref() == Some("grant_type");
        let is_missing = self.code.as_deref() == Some("parameter_missing");
        match (self.status, is_grant) {
            (401, _) => Error::oauth(401, "invalid_client", self.message),
            (_, true) if is_missing => {
                Error::oauth(400, "invalid_request", "No grant type specified")
            }
            (_, true) => Error::oauth(400, "unsupported_grant_type", "Unsupported grant type"),
            (500.., _) => self,
            (status, _) => Error::oauth(status, "invalid_request", self.message),
        }
    }
}
