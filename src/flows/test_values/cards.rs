//! Every card number of Stripe's testing documentation, and what happens to whoever uses it.
//!
//! Stripe's page: <https://docs.stripe.com/testing>. A row holds what a card shows (brand, funding,
//! issuing country) and how its bank, the checks, 3D Secure and Radar behave. [`NAMES`] holds the
//! `pm_card_*` and `tok_*` ids that stand for the numbers. What a stored card shows is enough to
//! find its row again; a test proves that no two rows show the same.

pub use crate::errors::Decline;

/// How a card's bank answers.
#[derive(Clone, Copy, Debug)]
pub enum Bank {
    Approves,
    /// Says no to being saved, set up and charged.
    Declines(&'static Decline),
    /// Lets itself be saved and set up, and says no to charges.
    DeclinesCharges(&'static Decline),
    /// Says no to everything where a security code was given.
    DeclinesSecurityCode(&'static Decline),
}

/// What a check of the address or security code gives, where there is something to check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Check {
    Pass,
    Fail,
    Unavailable,
}

impl Check {
    pub fn name(self) -> &'static str {
        match self {
            Check::Pass => "pass",
            Check::Fail => "fail",
            Check::Unavailable => "unavailable",
        }
    }
}

/// When a card asks for 3D Secure, and what follows.
#[derive(Clone, Copy, Debug)]
pub enum Authentication {
    /// Supported, but the holder is not enrolled: never asks.
    NotEnrolled,
    NotSupported,
    /// Asks only where it was requested.
    Optional,
    /// Asks on session; off session it needs to have been set up before.
    UnlessSetUp,
    /// Asks every time.
    Always,
    /// Asks on session; counts as set up off session.
    SetUpAlready,
    /// Asks; the bank declines afterwards, and off session at once.
    ThenDeclined(&'static Decline),
    /// Asks on session; off session the bank declines.
    OffSessionDeclined(&'static Decline),
    /// Asks, but the lookup itself fails, which declines the payment.
    LookupFails,
    /// Asks on session where the card is to be used again, as Indian mandates do; off session the
    /// holder may have taken the mandate back.
    Mandate(Option<&'static Decline>),
    /// The same, and the payment that was announced to the holder fails.
    MandateThenDeclined(&'static Decline),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Risk {
    Normal,
    /// Succeeds, and is put in the review queue.
    Elevated,
    /// Blocked.
    Highest,
}

/// How a charge is disputed.
#[derive(Debug, PartialEq, Eq)]
pub struct Contest {
    pub reason: &'static str,
    pub case_type: &'static str,
    /// The network's code for the reason; empty where it has none.
    pub network_reason_code: &'static str,
    /// The state in which it begins.
    pub status: &'static str,
    /// What of a network's own programmes it is eligible for; empty where nothing.
    pub eligible: &'static str,
    /// How many disputes there are, each of its share of the amount.
    pub count: i64,
}

/// What happens after a charge has succeeded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Aftermath {
    Nothing,
    /// The holder disputes it.
    Dispute(&'static Contest),
    /// The bank warns of fraud, and no more.
    FraudWarning,
    /// A refund stays pending for a while, then succeeds.
    RefundPending,
    /// A refund succeeds, then fails.
    RefundFails,
    /// The money is available at once.
    Available,
    /// The connected account crosses a threshold: what is asked of it later is due now. A field of
    /// the account that is named stops being true as well, until that is handed in.
    Hastens(Option<&'static str>),
}

/// One card of the testing documentation.
#[derive(Clone, Copy, Debug)]
pub struct TestCard {
    pub number: &'static str,
    pub brand: &'static str,
    pub funding: &'static str,
    /// Where it was issued.
    pub country: &'static str,
    /// The network beside the brand's own, for cards of two networks.
    pub co_brand: Option<&'static str>,
    pub bank: Bank,
    pub cvc: Check,
    pub postal_code: Check,
    pub line1: Check,
    pub authentication: Authentication,
    pub risk: Risk,
    pub aftermath: Aftermath,
}

impl TestCard {
    /// How a reader makes sure of the card's holder.
    pub fn verification(&self) -> &'static str {
        match self.number {
            "4001007020000002" | "4000008260000075" => "offline_pin",
            "4001000360000005" | "4000002760000008" => "online_pin",
            _ => "approval",
        }
    }
}

/// What a bank says to a payment by a reader, by how the amount ends: the cents of Stripe's physical
/// test card. Those at which it may ask for a PIN are approved.
///
/// Stripe's page: <https://docs.stripe.com/terminal/references/testing#physical-test-cards>.
pub fn by_amount(amount: i64) -> Option<&'static Decline> {
    match amount.rem_euclid(100) {
        1 => decline("call_issuer"),
        5 => decline("generic_decline"),
        55 => decline("incorrect_pin"),
        60 => decline("online_or_offline_pin_required"),
        65 => decline("withdrawal_count_limit_exceeded"),
        75 => decline("pin_try_exceeded"),
        _ => None,
    }
}

/// What the rows below build on.
const VISA: TestCard = TestCard {
    number: "",
    brand: "visa",
    funding: "credit",
    country: "US",
    co_brand: None,
    bank: Bank::Approves,
    cvc: Check::Pass,
    postal_code: Check::Pass,
    line1: Check::Pass,
    authentication: Authentication::NotEnrolled,
    risk: Risk::Normal,
    aftermath: Aftermath::Nothing,
};
const MASTERCARD: TestCard = TestCard { brand: "mastercard", ..VISA };
const AMEX: TestCard = TestCard { brand: "amex", ..VISA };
const DISCOVER: TestCard = TestCard { brand: "discover", ..VISA };
const DINERS: TestCard = TestCard { brand: "diners", ..VISA };
const JCB: TestCard = TestCard { brand: "jcb", country: "JP", ..VISA };
const UNIONPAY: TestCard = TestCard { brand: "unionpay", country: "CN", ..VISA };
const UNKNOWN: TestCard = TestCard { brand: "unknown", ..VISA };

// The declines. Codes and texts as recorded; `fraudulent` comes from Radar and has no network
// codes.

pub static GENERIC: Decline = GENERIC_TERMS;
pub static INSUFFICIENT_FUNDS: Decline = Decline {
    decline_code: "insufficient_funds",
    network_decline_code: Some("51"),
    network_advice_code: Some("02"),
    message: "Your card has insufficient funds.",
    ..GENERIC
};
pub static LOST_CARD: Decline = Decline {
    decline_code: "lost_card",
    advice_code: Some("do_not_try_again"),
    network_decline_code: Some("41"),
    network_advice_code: Some("01"),
    ..GENERIC
};
pub static STOLEN_CARD: Decline =
    Decline { decline_code: "stolen_card", network_decline_code: Some("43"), ..LOST_CARD };
pub static EXPIRED_CARD: Decline = Decline {
    code: "expired_card",
    decline_code: "expired_card",
    param: Some("exp_month"),
    advice_code: Some("confirm_card_data"),
    network_decline_code: Some("54"),
    network_advice_code: Some("03"),
    message: "Your card has expired.",
};
pub static INCORRECT_CVC: Decline = Decline {
    code: "incorrect_cvc",
    decline_code: "incorrect_cvc",
    param: Some("cvc"),
    network_decline_code: Some("N7"),
    message: "Your card's security code is incorrect.",
    ..EXPIRED_CARD
};
pub static PROCESSING_ERROR: Decline = Decline {
    code: "processing_error",
    decline_code: "processing_error",
    network_decline_code: Some("06"),
    message: "An error occurred while processing your card. Try again in a little bit.",
    ..GENERIC
};
pub static VELOCITY: Decline = Decline {
    decline_code: "card_velocity_exceeded",
    network_decline_code: Some("61"),
    network_advice_code: Some("02"),
    message: "Your card was declined for making repeated attempts too frequently or exceeding its \
              amount limit.",
    ..GENERIC
};
/// Radar's block, not a bank's answer.
pub static FRAUDULENT: Decline = Decline {
    decline_code: "fraudulent",
    advice_code: None,
    network_decline_code: None,
    ..GENERIC
};
/// The rule "block if the postal code check fails", which recorded accounts had on.
pub static INCORRECT_ZIP: Decline = Decline {
    code: "incorrect_zip",
    decline_code: "",
    param: Some("address_zip"),
    advice_code: None,
    network_decline_code: None,
    network_advice_code: None,
    message: "Your card could not be authorized using the postal code provided. Please update the \
              postal code, or contact your card issuer for further details.",
};
/// The rule "block if the security code check fails".
pub static CVC_CHECK_FAILED: Decline = Decline {
    decline_code: "",
    advice_code: None,
    network_decline_code: None,
    network_advice_code: None,
    ..INCORRECT_CVC
};
/// Off session, a card that wants 3D Secure.
pub static AUTHENTICATION_REQUIRED: Decline = Decline {
    code: "authentication_required",
    decline_code: "authentication_required",
    advice_code: None,
    network_decline_code: None,
    message: "Your card was declined. This transaction requires authentication.",
    ..GENERIC
};
/// `error_on_requires_action` where an action is required. The text is inferred.
pub static AUTHENTICATION_NOT_HANDLED: Decline =
    Decline { decline_code: "authentication_not_handled", ..AUTHENTICATION_REQUIRED };

/// Recorded; it has neither a decline code nor a page.
pub static MANDATE_CANCELED: Decline = Decline {
    code: "india_recurring_payment_mandate_canceled",
    decline_code: "",
    param: None,
    advice_code: None,
    network_decline_code: None,
    network_advice_code: None,
    message: "The provided mandate has been canceled by the card holder.",
};

// The disputes. Those of fraud, of goods not received and inquiries are recorded; the others have
// what the documentation and the types of the `stripe` package say, and are inferred as a whole.

pub static FRAUD: Contest = Contest {
    reason: "fraudulent",
    case_type: "chargeback",
    network_reason_code: "10.4",
    status: "needs_response",
    eligible: "",
    count: 1,
};
pub static NOT_RECEIVED: Contest =
    Contest { reason: "product_not_received", network_reason_code: "13.1", ..FRAUD };
pub static INQUIRY: Contest = Contest {
    case_type: "inquiry",
    network_reason_code: "10",
    status: "warning_needs_response",
    ..FRAUD
};
pub static TWICE: Contest = Contest { count: 2, ..FRAUD };
pub static COMPELLING_EVIDENCE: Contest =
    Contest { eligible: "visa_compelling_evidence_3", ..FRAUD };
pub static VISA_COMPLIANCE: Contest = Contest {
    reason: "noncompliant",
    case_type: "compliance",
    network_reason_code: "",
    eligible: "visa_compliance",
    ..FRAUD
};
pub static MASTERCARD_COMPLIANCE: Contest =
    Contest { eligible: "mastercard_compliance", ..VISA_COMPLIANCE };
/// Resolved by the network before it became a chargeback.
pub static RESOLVED: Contest = Contest { case_type: "resolution", status: "prevented", ..FRAUD };
/// Kept off by evidence the network had.
pub static BLOCKED: Contest = Contest { case_type: "block", ..RESOLVED };
/// Of a debit that can be answered for, and one of a scheme where nothing can.
pub static UNAUTHORIZED_DEBIT: Contest =
    Contest { reason: "debit_not_authorized", case_type: "", network_reason_code: "", ..FRAUD };
pub static FINAL_DEBIT: Contest = Contest { status: "lost", ..UNAUTHORIZED_DEBIT };

/// A decline of which only the code is known: what banks advise with it is not.
const fn plain(decline_code: &'static str) -> Decline {
    Decline {
        decline_code,
        advice_code: None,
        network_decline_code: None,
        network_advice_code: None,
        ..GENERIC_TERMS
    }
}

/// A card error that names a parameter and has no decline code.
const fn mistaken(
    code: &'static str,
    param: Option<&'static str>,
    message: &'static str,
) -> Decline {
    Decline { code, param, message, ..plain("") }
}

const GENERIC_TERMS: Decline = Decline {
    code: "card_declined",
    decline_code: "generic_decline",
    param: None,
    advice_code: Some("try_again_later"),
    network_decline_code: Some("01"),
    network_advice_code: None,
    message: "Your card was declined.",
};

/// Every decline and every card error there is, for tests that ask for one by its code.
///
/// Stripe's pages: <https://docs.stripe.com/declines/codes>, <https://docs.stripe.com/error-codes>.
/// That those of which no text is known say what most say is inferred.
#[rustfmt::skip]
static DECLINES: &[&Decline] = &[
    &GENERIC, &INSUFFICIENT_FUNDS, &LOST_CARD, &STOLEN_CARD, &EXPIRED_CARD, &INCORRECT_CVC,
    &PROCESSING_ERROR, &VELOCITY, &FRAUDULENT, &INCORRECT_ZIP, &AUTHENTICATION_REQUIRED,
    &AUTHENTICATION_NOT_HANDLED, &MANDATE_CANCELED,
    &plain("approve_with_id"), &plain("call_issuer"),
    &Decline { message: "Your card is not supported.", ..plain("card_not_supported") },
    &plain("currency_not_supported"), &plain("do_not_honor"), &plain("do_not_try_again"),
    &plain("duplicate_transaction"), &plain("incorrect_pin"), &plain("invalid_account"),
    &plain("invalid_amount"), &plain("invalid_pin"), &plain("issuer_not_available"),
    &plain("merchant_blacklist"), &plain("mobile_device_authentication_required"),
    &plain("new_account_information_available"), &plain("no_action_taken"), &plain("not_permitted"),
    &plain("offline_pin_required"), &plain("online_or_offline_pin_required"), &plain("pickup_card"),
    &plain("pin_try_exceeded"), &plain("reenter_transaction"), &plain("restricted_card"),
    &plain("revocation_of_all_authorizations"), &plain("revocation_of_authorization"),
    &plain("security_violation"), &plain("service_not_allowed"), &plain("stop_payment_order"),
    &plain("testmode_decline"), &plain("transaction_not_allowed"), &plain("try_again_later"),
    &plain("withdrawal_count_limit_exceeded"),
    &mistaken("authentication_failure", None, "Your card was declined."),
    &mistaken("bank_account_declined", None, "Your bank account was declined."),
    &mistaken("card_decline_rate_limit_exceeded", None, "Your card was declined."),
    &mistaken("incorrect_address", None, "Your card's address is incorrect."),
    &mistaken("incorrect_number", Some("number"), "Your card number is incorrect."),
    &mistaken("incorrect_postal_code", None, "Your card's postal code is incorrect."),
    &mistaken("invalid_cvc", Some("cvc"), "Your card's security code is invalid."),
    &mistaken("invalid_expiry_month", Some("exp_month"), "Your card's expiration month is invalid."),
    &mistaken("invalid_expiry_year", Some("exp_year"), "Your card's expiration year is invalid."),
    &mistaken("invalid_number", Some("number"), "The card number is not a valid credit card number."),
];

/// The decline with that decline code, else the card error with that code.
pub fn decline(code: &str) -> Option<&'static Decline> {
    let is_it = |decline: &&&Decline| decline.decline_code == code;
    let by_code = || DECLINES.iter().find(|decline| decline.code == code);
    DECLINES.iter().find(is_it).or_else(by_code).copied()
}

#[rustfmt::skip]
pub static CARDS: &[TestCard] = &[
    // By brand.
    TestCard { number: "4242424242424242", ..VISA },
    TestCard { number: "4000056655665556", funding: "debit", ..VISA },
    TestCard { number: "5555555555554444", ..MASTERCARD },
    TestCard { number: "2223003122003222", ..MASTERCARD },
    TestCard { number: "5200828282828210", funding: "debit", ..MASTERCARD },
    TestCard { number: "5105105105105100", funding: "prepaid", ..MASTERCARD },
    TestCard { number: "378282246310005", authentication: Authentication::NotSupported, ..AMEX },
    TestCard { number: "371449635398431", ..AMEX },
    TestCard { number: "6011111111111117", ..DISCOVER },
    TestCard { number: "6011000990139424", ..DISCOVER },
    TestCard { number: "6011981111111113", funding: "debit", ..DISCOVER },
    TestCard { number: "3056930009020004", ..DINERS },
    TestCard { number: "36227206271667", ..DINERS },
    TestCard { number: "6555900000604105", ..DISCOVER },
    TestCard { number: "3566002020360505", ..JCB },
    TestCard { number: "6200000000000005", ..UNIONPAY },
    TestCard { number: "6200000000000047", funding: "debit", ..UNIONPAY },
    TestCard { number: "6205500000000000004", ..UNIONPAY },
    // Of two networks, and for health accounts.
    TestCard { number: "4000002500001001", country: "FR", co_brand: Some("cartes_bancaires"), ..VISA },
    TestCard { number: "5555552500001001", country: "FR", co_brand: Some("cartes_bancaires"), ..MASTERCARD },
    TestCard { number: "4000050360000001", funding: "debit", country: "AU", co_brand: Some("eftpos_au"), ..VISA },
    TestCard { number: "5555050360000080", funding: "debit", country: "AU", co_brand: Some("eftpos_au"), ..MASTERCARD },
    TestCard { number: "4000051230000072", funding: "debit", ..VISA },
    TestCard { number: "5200828282828897", funding: "debit", ..MASTERCARD },
    // By country.
    TestCard { number: "4000002030000002", country: "CZ", ..VISA },
    TestCard { number: "4000007050000006", country: "SI", ..VISA },
    TestCard { number: "4000000320000021", country: "AR", ..VISA },
    TestCard { number: "4000002080000001", country: "DK", ..VISA },
    TestCard { number: "4000007030000001", country: "SK", ..VISA },
    TestCard { number: "4000000760000002", country: "BR", ..VISA },
    TestCard { number: "4000002330000009", country: "EE", ..VISA },
    TestCard { number: "4000007240000007", country: "ES", ..VISA },
    TestCard { number: "4000001240000000", country: "CA", ..VISA },
    TestCard { number: "4000002460000001", country: "FI", ..VISA },
    TestCard { number: "4000007520000008", country: "SE", ..VISA },
    TestCard { number: "4000001520000001", country: "CL", ..VISA },
    TestCard { number: "4000002500000003", country: "FR", ..VISA },
    TestCard { number: "4000007560000009", country: "CH", ..VISA },
    TestCard { number: "4000001700000003", country: "CO", ..VISA },
    TestCard { number: "4000002760000016", country: "DE", ..VISA },
    TestCard { number: "4000008260000000", country: "GB", ..VISA },
    TestCard { number: "4000001880000005", country: "CR", ..VISA },
    TestCard { number: "4000002920000005", country: "GI", ..VISA },
    TestCard { number: "4000058260000005", funding: "debit", country: "GB", ..VISA },
    TestCard { number: "4000002180000000", country: "EC", ..VISA },
    TestCard { number: "4000003000000030", country: "GR", ..VISA },
    TestCard { number: "5555558265554449", country: "GB", ..MASTERCARD },
    TestCard { number: "4000004840008001", country: "MX", ..VISA },
    TestCard { number: "4000003480000005", country: "HU", ..VISA },
    TestCard { number: "4000000360000006", country: "AU", ..VISA },
    TestCard { number: "5062210000000009", country: "MX", ..UNKNOWN },
    TestCard { number: "4000003720000005", country: "IE", ..VISA },
    TestCard { number: "4000001560000002", country: "CN", ..VISA },
    TestCard { number: "4000005910000000", country: "PA", ..VISA },
    TestCard { number: "4000003800000008", country: "IT", ..VISA },
    TestCard { number: "4000003440000004", country: "HK", ..VISA },
    TestCard { number: "4000006000000066", country: "PY", ..VISA },
    TestCard { number: "4000004280000005", country: "LV", ..VISA },
    TestCard {
        number: "4000003560000008",
        country: "IN",
        authentication: Authentication::Mandate(None),
        ..VISA
    },
    TestCard { number: "4000006040000068", country: "PE", ..VISA },
    TestCard { number: "4000004380000004", country: "LI", ..VISA },
    TestCard { number: "4000003920000003", country: "JP", ..VISA },
    TestCard { number: "4000008580000003", country: "UY", ..VISA },
    TestCard { number: "4000004400000000", country: "LT", ..VISA },
    TestCard { number: "3530111333300000", ..JCB },
    TestCard { number: "4000007840000001", country: "AE", ..VISA },
    TestCard { number: "4000004420000006", country: "LU", ..VISA },
    TestCard { number: "4000004580000002", country: "MY", ..VISA },
    TestCard { number: "5200007840000022", country: "AE", ..MASTERCARD },
    TestCard { number: "4000004700000007", country: "MT", ..VISA },
    TestCard { number: "4000005540000008", country: "NZ", ..VISA },
    TestCard { number: "4000000400000008", country: "AT", ..VISA },
    TestCard { number: "4000005280000002", country: "NL", ..VISA },
    TestCard { number: "4000007020000003", country: "SG", ..VISA },
    TestCard { number: "4000000560000004", country: "BE", ..VISA },
    TestCard { number: "4000005780000007", country: "NO", ..VISA },
    TestCard { number: "4000001580000008", country: "TW", ..VISA },
    TestCard { number: "4000001000000000", country: "BG", ..VISA },
    TestCard { number: "4000006160000005", country: "PL", ..VISA },
    TestCard { number: "4000007640000003", country: "TH", ..VISA },
    TestCard { number: "4000001120000005", country: "BY", ..VISA },
    TestCard { number: "4000006200000007", country: "PT", ..VISA },
    TestCard { number: "4000057640000008", funding: "debit", country: "TH", ..VISA },
    TestCard { number: "4000001910000009", country: "HR", ..VISA },
    TestCard { number: "4000006420000001", country: "RO", ..VISA },
    TestCard { number: "4000001960000008", country: "CY", ..VISA },
    TestCard { number: "4000006820000007", country: "SA", ..VISA },
    // Declined.
    TestCard { number: "4000000000000002", bank: Bank::Declines(&GENERIC), ..VISA },
    TestCard { number: "4000000000009995", bank: Bank::Declines(&INSUFFICIENT_FUNDS), ..VISA },
    TestCard { number: "4000000000009987", bank: Bank::Declines(&LOST_CARD), ..VISA },
    TestCard { number: "4000000000009979", bank: Bank::Declines(&STOLEN_CARD), ..VISA },
    TestCard { number: "4000000000000069", bank: Bank::Declines(&EXPIRED_CARD), ..VISA },
    TestCard { number: "4000000000000127", bank: Bank::DeclinesSecurityCode(&INCORRECT_CVC), ..VISA },
    TestCard { number: "4000000000000119", bank: Bank::Declines(&PROCESSING_ERROR), ..VISA },
    TestCard { number: "4000000000006975", bank: Bank::Declines(&VELOCITY), ..VISA },
    TestCard { number: "4000000000000341", bank: Bank::DeclinesCharges(&GENERIC), ..VISA },
    // The documentation has ids but no numbers for the next two; these are ours.
    TestCard { number: "4000000000010340", bank: Bank::DeclinesCharges(&LOST_CARD), ..VISA },
    TestCard { number: "4000000000020349", bank: Bank::DeclinesCharges(&STOLEN_CARD), ..VISA },
    // Fraud and checks.
    TestCard { number: "4100000000000019", risk: Risk::Highest, cvc: Check::Unavailable, ..VISA },
    TestCard { number: "4000000000004954", risk: Risk::Highest, ..VISA },
    TestCard { number: "4000000000009235", risk: Risk::Elevated, ..VISA },
    TestCard { number: "4000008400000407", ..VISA },
    TestCard { number: "4000008400000159", ..VISA },
    TestCard { number: "4000008400001017", ..VISA },
    TestCard { number: "4001858821843804", risk: Risk::Highest, ..VISA },
    TestCard { number: "4000008405600003", authentication: Authentication::Always, ..VISA },
    TestCard { number: "4000000000000101", cvc: Check::Fail, ..VISA },
    TestCard { number: "4000000000000036", postal_code: Check::Fail, ..VISA },
    TestCard { number: "4000058400307872", cvc: Check::Fail, risk: Risk::Elevated, ..VISA },
    TestCard { number: "4000058400306072", postal_code: Check::Fail, risk: Risk::Elevated, ..VISA },
    TestCard { number: "4000000000000028", line1: Check::Fail, ..VISA },
    TestCard { number: "4000000000000010", line1: Check::Fail, postal_code: Check::Fail, ..VISA },
    TestCard {
        number: "4000000000000044",
        line1: Check::Unavailable,
        postal_code: Check::Unavailable,
        ..VISA
    },
    // Disputed, refunded, available.
    TestCard { number: "4000000000000259", aftermath: Aftermath::Dispute(&FRAUD), ..VISA },
    TestCard { number: "4000000000002685", aftermath: Aftermath::Dispute(&NOT_RECEIVED), ..VISA },
    TestCard { number: "4000000000001976", aftermath: Aftermath::Dispute(&INQUIRY), ..VISA },
    TestCard { number: "4000000000005423", aftermath: Aftermath::FraudWarning, ..VISA },
    TestCard { number: "4000000404000079", aftermath: Aftermath::Dispute(&TWICE), ..VISA },
    TestCard { number: "4000000404000038", aftermath: Aftermath::Dispute(&COMPELLING_EVIDENCE), ..VISA },
    TestCard { number: "4000008400000779", aftermath: Aftermath::Dispute(&VISA_COMPLIANCE), ..VISA },
    TestCard { number: "5105008400000002", aftermath: Aftermath::Dispute(&MASTERCARD_COMPLIANCE), ..MASTERCARD },
    TestCard { number: "4000000001000043", aftermath: Aftermath::Dispute(&FRAUD), ..VISA },
    TestCard { number: "4000000404004816", aftermath: Aftermath::Dispute(&RESOLVED), ..VISA },
    TestCard { number: "4000000404005649", aftermath: Aftermath::Dispute(&BLOCKED), ..VISA },
    TestCard { number: "5105000300000018", aftermath: Aftermath::Dispute(&RESOLVED), ..MASTERCARD },
    TestCard { number: "4000000000007726", aftermath: Aftermath::RefundPending, ..VISA },
    TestCard { number: "4000000000005126", aftermath: Aftermath::RefundFails, ..VISA },
    TestCard { number: "4000000000000077", aftermath: Aftermath::Available, ..VISA },
    TestCard {
        number: "4000003720000278",
        country: "IE",
        aftermath: Aftermath::Available,
        ..VISA
    },
    // 3D Secure.
    TestCard {
        number: "4000002500003155",
        country: "FR",
        authentication: Authentication::UnlessSetUp,
        ..VISA
    },
    TestCard {
        number: "4000002760003184",
        country: "DE",
        authentication: Authentication::Always,
        ..VISA
    },
    TestCard {
        number: "4000003800000446",
        country: "IT",
        authentication: Authentication::SetUpAlready,
        ..VISA
    },
    TestCard {
        number: "4000008260003178",
        country: "GB",
        authentication: Authentication::ThenDeclined(&INSUFFICIENT_FUNDS),
        ..VISA
    },
    TestCard {
        number: "4000000000003220",
        country: "IE",
        authentication: Authentication::Always,
        ..VISA
    },
    TestCard { number: "4000008400000027", authentication: Authentication::Always, ..VISA },
    TestCard {
        number: "4000008400001629",
        authentication: Authentication::ThenDeclined(&GENERIC),
        ..VISA
    },
    TestCard { number: "4000008400001280", authentication: Authentication::LookupFails, ..VISA },
    TestCard { number: "4000000000003055", authentication: Authentication::Optional, ..VISA },
    TestCard { number: "4000000000003097", authentication: Authentication::Optional, ..VISA },
    TestCard { number: "4000000032200000", ..VISA },
    TestCard {
        number: "4000000000003063",
        authentication: Authentication::OffSessionDeclined(&GENERIC),
        ..VISA
    },
    // Challenges of the mobile SDKs, captchas, PINs.
    TestCard { number: "4000582600000094", country: "GB", authentication: Authentication::Always, ..VISA },
    TestCard { number: "4000582600000045", country: "GB", authentication: Authentication::Always, ..VISA },
    TestCard { number: "4000582600000102", country: "GB", authentication: Authentication::Always, ..VISA },
    TestCard { number: "4000582600000110", country: "GB", authentication: Authentication::Always, ..VISA },
    TestCard { number: "4000000000003238", authentication: Authentication::Always, ..VISA },
    TestCard { number: "4000000000003246", authentication: Authentication::Always, ..VISA },
    TestCard { number: "4000000000003253", authentication: Authentication::Always, ..VISA },
    TestCard { number: "4000000000001208", ..VISA },
    TestCard { number: "4000000000003725", ..VISA },
    TestCard { number: "4001007020000002", country: "SG", ..VISA },
    TestCard { number: "4000008260000075", country: "GB", ..VISA },
    TestCard { number: "4001000360000005", country: "AU", ..VISA },
    TestCard { number: "4000002760000008", country: "DE", ..VISA },
    // India's mandates.
    TestCard {
        number: "4000003560000123",
        country: "IN",
        authentication: Authentication::Mandate(None),
        ..VISA
    },
    TestCard {
        number: "4000003560000297",
        country: "IN",
        authentication: Authentication::MandateThenDeclined(&MANDATE_CANCELED),
        ..VISA
    },
    TestCard {
        number: "4000003560000248",
        country: "IN",
        authentication: Authentication::MandateThenDeclined(&GENERIC),
        ..VISA
    },
    TestCard {
        number: "4000003560000263",
        country: "IN",
        authentication: Authentication::Mandate(Some(&MANDATE_CANCELED)),
        ..VISA
    },
    // What a connected account has to do next.
    TestCard {
        number: "4000000000004202",
        aftermath: Aftermath::Hastens(None),
        ..VISA
    },
    TestCard {
        number: "4000000000004210",
        aftermath: Aftermath::Hastens(Some("charges_enabled")),
        ..VISA
    },
    TestCard {
        number: "4000000000004236",
        aftermath: Aftermath::Hastens(Some("payouts_enabled")),
        ..VISA
    },
    // Debit cards that are paid out to, where their payouts fail.
    TestCard { number: "4000056655665572", funding: "debit", ..VISA },
    TestCard { number: "4000056755665555", funding: "debit", ..VISA },
    TestCard { number: "4000054400000005", funding: "debit", country: "LT", ..VISA },
    TestCard { number: "4000054400000013", funding: "debit", country: "LT", ..VISA },
    TestCard { number: "4000054400000021", funding: "debit", country: "LT", ..VISA },
    TestCard { number: "5555054400000001", funding: "debit", country: "LT", ..MASTERCARD },
    TestCard { number: "4000051240000005", funding: "debit", country: "CA", ..VISA },
    TestCard { number: "4000051240000021", funding: "debit", country: "CA", ..VISA },
    TestCard { number: "4000051240000039", funding: "debit", country: "CA", ..VISA },
    TestCard { number: "5510121240000006", funding: "debit", country: "CA", ..MASTERCARD },
    TestCard { number: "4000054420000001", funding: "debit", country: "LU", ..VISA },
    TestCard { number: "4000054420000019", funding: "debit", country: "LU", ..VISA },
    TestCard { number: "4000054420000027", funding: "debit", country: "LU", ..VISA },
    TestCard { number: "5555054420000007", funding: "debit", country: "LU", ..MASTERCARD },
    TestCard { number: "4000057020000008", funding: "debit", country: "SG", ..VISA },
    TestCard { number: "4000057020000016", funding: "debit", country: "SG", ..VISA },
    TestCard { number: "4000057020000024", funding: "debit", country: "SG", ..VISA },
    TestCard { number: "2227200000000009", funding: "debit", country: "SG", ..MASTERCARD },
    TestCard { number: "4000054700000002", funding: "debit", country: "MT", ..VISA },
    TestCard { number: "4000054700000010", funding: "debit", country: "MT", ..VISA },
    TestCard { number: "4000054700000028", funding: "debit", country: "MT", ..VISA },
    TestCard { number: "5555054700000008", funding: "debit", country: "MT", ..MASTERCARD },
    TestCard { number: "4000050360000019", funding: "debit", country: "AU", ..VISA },
    TestCard { number: "4000050360000027", funding: "debit", country: "AU", ..VISA },
    TestCard { number: "4000050360000035", funding: "debit", country: "AU", ..VISA },
    TestCard { number: "5555050360000023", funding: "debit", country: "AU", ..MASTERCARD },
    TestCard { number: "4000055280000007", funding: "debit", country: "NL", ..VISA },
    TestCard { number: "4000055280000015", funding: "debit", country: "NL", ..VISA },
    TestCard { number: "4000055280000023", funding: "debit", country: "NL", ..VISA },
    TestCard { number: "5555055280000003", funding: "debit", country: "NL", ..MASTERCARD },
    TestCard { number: "4000057840000006", funding: "debit", country: "AE", ..VISA },
    TestCard { number: "4000057840000014", funding: "debit", country: "AE", ..VISA },
    TestCard { number: "4000057840000022", funding: "debit", country: "AE", ..VISA },
    TestCard { number: "5555057840000002", funding: "debit", country: "AE", ..MASTERCARD },
    TestCard { number: "4000056200000002", funding: "debit", country: "PT", ..VISA },
    TestCard { number: "4000056200000010", funding: "debit", country: "PT", ..VISA },
    TestCard { number: "4000056200000028", funding: "debit", country: "PT", ..VISA },
    TestCard { number: "5555056200000008", funding: "debit", country: "PT", ..MASTERCARD },
    TestCard { number: "4000058260000203", funding: "debit", country: "GB", ..VISA },
    TestCard { number: "4000058260000211", funding: "debit", country: "GB", ..VISA },
    TestCard { number: "4000058260000229", funding: "debit", country: "GB", ..VISA },
    TestCard { number: "5555058260000100", funding: "debit", country: "GB", ..MASTERCARD },
    TestCard { number: "4000057030000006", funding: "debit", country: "SK", ..VISA },
    TestCard { number: "4000057030000014", funding: "debit", country: "SK", ..VISA },
    TestCard { number: "4000057030000022", funding: "debit", country: "SK", ..VISA },
    TestCard { number: "5555057030000002", funding: "debit", country: "SK", ..MASTERCARD },
    TestCard { number: "4000050400000003", funding: "debit", country: "AT", ..VISA },
    TestCard { number: "4000050400000011", funding: "debit", country: "AT", ..VISA },
    TestCard { number: "4000050400000029", funding: "debit", country: "AT", ..VISA },
    TestCard { number: "5555050400000009", funding: "debit", country: "AT", ..MASTERCARD },
    TestCard { number: "4000057050000001", funding: "debit", country: "SI", ..VISA },
    TestCard { number: "4000057050000019", funding: "debit", country: "SI", ..VISA },
    TestCard { number: "4000057050000027", funding: "debit", country: "SI", ..VISA },
    TestCard { number: "5555057050000007", funding: "debit", country: "SI", ..MASTERCARD },
    TestCard { number: "4000050560000009", funding: "debit", country: "BE", ..VISA },
    TestCard { number: "4000050560000017", funding: "debit", country: "BE", ..VISA },
    TestCard { number: "4000050560000025", funding: "debit", country: "BE", ..VISA },
    TestCard { number: "5555050560000005", funding: "debit", country: "BE", ..MASTERCARD },
    TestCard { number: "4000057240000036", funding: "debit", country: "ES", ..VISA },
    TestCard { number: "4000057240000010", funding: "debit", country: "ES", ..VISA },
    TestCard { number: "4000057240000028", funding: "debit", country: "ES", ..VISA },
    TestCard { number: "5555057240000008", funding: "debit", country: "ES", ..MASTERCARD },
    TestCard { number: "4000051910000004", funding: "debit", country: "HR", ..VISA },
    TestCard { number: "4000051910000012", funding: "debit", country: "HR", ..VISA },
    TestCard { number: "4000051910000020", funding: "debit", country: "HR", ..VISA },
    TestCard { number: "5555051910000000", funding: "debit", country: "HR", ..MASTERCARD },
    TestCard { number: "4000052080000006", funding: "debit", country: "DK", ..VISA },
    TestCard { number: "4000052080000014", funding: "debit", country: "DK", ..VISA },
    TestCard { number: "4000052080000022", funding: "debit", country: "DK", ..VISA },
    TestCard { number: "5555052080000002", funding: "debit", country: "DK", ..MASTERCARD },
    TestCard { number: "4000051960000003", funding: "debit", country: "CY", ..VISA },
    TestCard { number: "4000051960000011", funding: "debit", country: "CY", ..VISA },
    TestCard { number: "4000051960000029", funding: "debit", country: "CY", ..VISA },
    TestCard { number: "5555051960000009", funding: "debit", country: "CY", ..MASTERCARD },
    TestCard { number: "4000054580000031", funding: "debit", country: "MY", ..VISA },
    TestCard { number: "4000054580000015", funding: "debit", country: "MY", ..VISA },
    TestCard { number: "4000054580000023", funding: "debit", country: "MY", ..VISA },
    TestCard { number: "5555054580000003", funding: "debit", country: "MY", ..MASTERCARD },
    TestCard { number: "4000052330000004", funding: "debit", country: "EE", ..VISA },
    TestCard { number: "4000052330000012", funding: "debit", country: "EE", ..VISA },
    TestCard { number: "4000052330000020", funding: "debit", country: "EE", ..VISA },
    TestCard { number: "5555052330000000", funding: "debit", country: "EE", ..MASTERCARD },
    TestCard { number: "4000055540000003", funding: "debit", country: "NZ", ..VISA },
    TestCard { number: "4000055540000011", funding: "debit", country: "NZ", ..VISA },
    TestCard { number: "4000055540000029", funding: "debit", country: "NZ", ..VISA },
    TestCard { number: "5555055540000165", funding: "debit", country: "NZ", ..MASTERCARD },
    TestCard { number: "4000052460000006", funding: "debit", country: "FI", ..VISA },
    TestCard { number: "4000052460000014", funding: "debit", country: "FI", ..VISA },
    TestCard { number: "4000052460000022", funding: "debit", country: "FI", ..VISA },
    TestCard { number: "5555052460000002", funding: "debit", country: "FI", ..MASTERCARD },
    TestCard { number: "4000055780000002", funding: "debit", country: "NO", ..VISA },
    TestCard { number: "4000055780000010", funding: "debit", country: "NO", ..VISA },
    TestCard { number: "4000055780000028", funding: "debit", country: "NO", ..VISA },
    TestCard { number: "5555055780000008", funding: "debit", country: "NO", ..MASTERCARD },
    TestCard { number: "4000052500000008", funding: "debit", country: "FR", ..VISA },
    TestCard { number: "4000052500000016", funding: "debit", country: "FR", ..VISA },
    TestCard { number: "4000052500000024", funding: "debit", country: "FR", ..VISA },
    TestCard { number: "5555052500000004", funding: "debit", country: "FR", ..MASTERCARD },
    TestCard { number: "4000057520000003", funding: "debit", country: "SE", ..VISA },
    TestCard { number: "4000057520000011", funding: "debit", country: "SE", ..VISA },
    TestCard { number: "4000057520000029", funding: "debit", country: "SE", ..VISA },
    TestCard { number: "5555057520000009", funding: "debit", country: "SE", ..MASTERCARD },
    TestCard { number: "4000052760000037", funding: "debit", country: "DE", ..VISA },
    TestCard { number: "4000052760000011", funding: "debit", country: "DE", ..VISA },
    TestCard { number: "4000052760000029", funding: "debit", country: "DE", ..VISA },
    TestCard { number: "5555052760000009", funding: "debit", country: "DE", ..MASTERCARD },
    TestCard { number: "4000052030000007", funding: "debit", country: "CZ", ..VISA },
    TestCard { number: "4000052030000015", funding: "debit", country: "CZ", ..VISA },
    TestCard { number: "4000052030000023", funding: "debit", country: "CZ", ..VISA },
    TestCard { number: "5555052030000003", funding: "debit", country: "CZ", ..MASTERCARD },
    TestCard { number: "4000053000000001", funding: "debit", country: "GR", ..VISA },
    TestCard { number: "4000053000000019", funding: "debit", country: "GR", ..VISA },
    TestCard { number: "4000053000000027", funding: "debit", country: "GR", ..VISA },
    TestCard { number: "5555053000000007", funding: "debit", country: "GR", ..MASTERCARD },
    TestCard { number: "4000053480000000", funding: "debit", country: "HU", ..VISA },
    TestCard { number: "4000053480000018", funding: "debit", country: "HU", ..VISA },
    TestCard { number: "4000053480000026", funding: "debit", country: "HU", ..VISA },
    TestCard { number: "5555053480000006", funding: "debit", country: "HU", ..MASTERCARD },
    TestCard { number: "4000053720000000", funding: "debit", country: "IE", ..VISA },
    TestCard { number: "4000053720000018", funding: "debit", country: "IE", ..VISA },
    TestCard { number: "4000053720000026", funding: "debit", country: "IE", ..VISA },
    TestCard { number: "5555053720000006", funding: "debit", country: "IE", ..MASTERCARD },
    TestCard { number: "4000056160000000", funding: "debit", country: "PL", ..VISA },
    TestCard { number: "4000056160000018", funding: "debit", country: "PL", ..VISA },
    TestCard { number: "4000056160000026", funding: "debit", country: "PL", ..VISA },
    TestCard { number: "5555056160000006", funding: "debit", country: "PL", ..MASTERCARD },
    TestCard { number: "4000053800000037", funding: "debit", country: "IT", ..VISA },
    TestCard { number: "4000053800000011", funding: "debit", country: "IT", ..VISA },
    TestCard { number: "4000053800000029", funding: "debit", country: "IT", ..VISA },
    TestCard { number: "5555053800000009", funding: "debit", country: "IT", ..MASTERCARD },
    TestCard { number: "4000056420000030", funding: "debit", country: "RO", ..VISA },
    TestCard { number: "4000056420000014", funding: "debit", country: "RO", ..VISA },
    TestCard { number: "4000056420000022", funding: "debit", country: "RO", ..VISA },
    TestCard { number: "5555056420000002", funding: "debit", country: "RO", ..MASTERCARD },
    TestCard { number: "4000054280000000", funding: "debit", country: "LV", ..VISA },
    TestCard { number: "4000054280000018", funding: "debit", country: "LV", ..VISA },
    TestCard { number: "4000054280000026", funding: "debit", country: "LV", ..VISA },
    TestCard { number: "5555054280000006", funding: "debit", country: "LV", ..MASTERCARD },
];

/// The numbers that `pm_card_` and `tok_` ids stand for, by what follows the prefix; sorted.
pub static NAMES: &[(&str, &str)] = &[
    ("adaptive3dsChallenge", "4000008405600003"),
    ("ae", "4000007840000001"),
    ("ae_mastercard", "5200007840000022"),
    ("amex", "378282246310005"),
    ("amex_threeDSecureNotSupported", "378282246310005"),
    ("ar", "4000000320000021"),
    ("at", "4000000400000008"),
    ("au", "4000000360000006"),
    ("authenticationRequired", "4000002760003184"),
    ("authenticationRequiredChargeDeclinedInsufficientFunds", "4000008260003178"),
    ("authenticationRequiredOnSetup", "4000002500003155"),
    ("authenticationRequiredSetupForOffSession", "4000003800000446"),
    ("avsFail", "4000000000000010"),
    ("avsLine1Fail", "4000000000000028"),
    ("avsUnchecked", "4000000000000044"),
    ("avsZipFail", "4000000000000036"),
    ("avsZipFailElevatedRisk", "4000058400306072"),
    ("be", "4000000560000004"),
    ("bg", "4000001000000000"),
    ("br", "4000000760000002"),
    ("by", "4000001120000005"),
    ("bypassPending", "4000000000000077"),
    ("bypassPendingInternational", "4000003720000278"),
    ("ca", "4000001240000000"),
    ("ch", "4000007560000009"),
    ("chargeCustomerFail", "4000000000000341"),
    ("chargeDeclined", "4000000000000002"),
    ("chargeDeclinedExpiredCard", "4000000000000069"),
    ("chargeDeclinedFraudulent", "4100000000000019"),
    ("chargeDeclinedIncorrectCvc", "4000000000000127"),
    ("chargeDeclinedInsufficientFunds", "4000000000009995"),
    ("chargeDeclinedProcessingError", "4000000000000119"),
    ("cl", "4000001520000001"),
    ("cn", "4000001560000002"),
    ("co", "4000001700000003"),
    ("cr", "4000001880000005"),
    ("createAutoRepresentmentEligibleDispute", "4000000001000043"),
    ("createCe3BlockDispute", "4000000404005649"),
    ("createCe3EligibleDispute", "4000000404000038"),
    ("createComplianceDispute", "4000008400000779"),
    ("createDispute", "4000000000000259"),
    ("createDisputeInquiry", "4000000000001976"),
    ("createDisputeProductNotReceived", "4000000000002685"),
    ("createEthocaAlert", "5105000300000018"),
    ("createIssuerFraudRecord", "4000000000005423"),
    ("createMastercardComplianceDispute", "5105008400000002"),
    ("createMultipleDisputes", "4000000404000079"),
    ("createRapidDisputeResolutionDispute", "4000000404004816"),
    ("cvcCheckFail", "4000000000000101"),
    ("cvcCheckFailElevatedRisk", "4000058400307872"),
    ("cy", "4000001960000008"),
    ("cz", "4000002030000002"),
    ("de", "4000002760000016"),
    ("debit_visaFsaProductCode", "4000051230000072"),
    ("debit_visaHsaProductCode", "4000051230000072"),
    ("diners", "3056930009020004"),
    ("discover", "6011111111111117"),
    ("discover_debit_us_transferSuccess", "6011981111111113"),
    ("dk", "4000002080000001"),
    ("ec", "4000002180000000"),
    ("ee", "4000002330000009"),
    ("es", "4000007240000007"),
    ("fi", "4000002460000001"),
    ("fr", "4000002500000003"),
    ("freeTrialAbuseBlock", "4001858821843804"),
    ("gb", "4000008260000000"),
    ("gb_debit", "4000058260000005"),
    ("gb_mastercard", "5555558265554449"),
    ("gi", "4000002920000005"),
    ("gr", "4000003000000030"),
    ("highEfwScore", "4000008400000159"),
    ("highFraudDisputeScore", "4000008400000407"),
    ("hk", "4000003440000004"),
    ("hr", "4000001910000009"),
    ("hu", "4000003480000005"),
    ("ie", "4000003720000005"),
    ("in", "4000003560000008"),
    ("it", "4000003800000008"),
    ("jcb", "3566002020360505"),
    ("jp", "4000003920000003"),
    ("li", "4000004380000004"),
    ("lt", "4000004400000000"),
    ("lu", "4000004420000006"),
    ("lv", "4000004280000005"),
    ("mastercard", "5555555555554444"),
    ("mastercard_cartesBancaires", "5555552500001001"),
    ("mastercard_debit", "5200828282828210"),
    ("mastercard_debit_ae_transferSuccess", "5555057840000002"),
    ("mastercard_debit_at_transferSuccess", "5555050400000009"),
    ("mastercard_debit_au_transferSuccess", "5555050360000023"),
    ("mastercard_debit_be_transferSuccess", "5555050560000005"),
    ("mastercard_debit_ca_transferSuccess", "5510121240000006"),
    ("mastercard_debit_cy_transferSuccess", "5555051960000009"),
    ("mastercard_debit_cz_transferSuccess", "5555052030000003"),
    ("mastercard_debit_de_transferSuccess", "5555052760000009"),
    ("mastercard_debit_dk_transferSuccess", "5555052080000002"),
    ("mastercard_debit_ee_transferSuccess", "5555052330000000"),
    ("mastercard_debit_eftposAuCoBranded", "5555050360000080"),
    ("mastercard_debit_es_transferSuccess", "5555057240000008"),
    ("mastercard_debit_fi_transferSuccess", "5555052460000002"),
    ("mastercard_debit_fr_transferSuccess", "5555052500000004"),
    ("mastercard_debit_gb_transferSuccess", "5555058260000100"),
    ("mastercard_debit_gr_transferSuccess", "5555053000000007"),
    ("mastercard_debit_hr_transferSuccess", "5555051910000000"),
    ("mastercard_debit_hu_transferSuccess", "5555053480000006"),
    ("mastercard_debit_ie_transferSuccess", "5555053720000006"),
    ("mastercard_debit_it_transferSuccess", "5555053800000009"),
    ("mastercard_debit_lt_transferSuccess", "5555054400000001"),
    ("mastercard_debit_lu_transferSuccess", "5555054420000007"),
    ("mastercard_debit_lv_transferSuccess", "5555054280000006"),
    ("mastercard_debit_mastercardFsaProductCode", "5200828282828897"),
    ("mastercard_debit_mt_transferSuccess", "5555054700000008"),
    ("mastercard_debit_my_transferSuccess", "5555054580000003"),
    ("mastercard_debit_nl_transferSuccess", "5555055280000003"),
    ("mastercard_debit_no_transferSuccess", "5555055780000008"),
    ("mastercard_debit_nz_transferSuccess", "5555055540000165"),
    ("mastercard_debit_pl_transferSuccess", "5555056160000006"),
    ("mastercard_debit_pt_transferSuccess", "5555056200000008"),
    ("mastercard_debit_ro_transferSuccess", "5555056420000002"),
    ("mastercard_debit_se_transferSuccess", "5555057520000009"),
    ("mastercard_debit_sg_transferSuccess", "2227200000000009"),
    ("mastercard_debit_si_transferSuccess", "5555057050000007"),
    ("mastercard_debit_sk_transferSuccess", "5555057030000002"),
    ("mastercard_debit_us_transferSuccess", "5200828282828210"),
    ("mastercard_prepaid", "5105105105105100"),
    ("mt", "4000004700000007"),
    ("mx", "4000004840008001"),
    ("my", "4000004580000002"),
    ("nl", "4000005280000002"),
    ("no", "4000005780000007"),
    ("nz", "4000005540000008"),
    ("offline_pin_cvm", "4001007020000002"),
    ("offline_pin_sca_retry", "4000008260000075"),
    ("online_pin_cvm", "4001000360000005"),
    ("online_pin_sca_retry", "4000002760000008"),
    ("pa", "4000005910000000"),
    ("pe", "4000006040000068"),
    ("pendingRefund", "4000000000007726"),
    ("pl", "4000006160000005"),
    ("pt", "4000006200000007"),
    ("py", "4000006000000066"),
    ("radarBlock", "4100000000000019"),
    ("radarDynamicRiskThreshold", "4000008400001017"),
    ("refundFail", "4000000000005126"),
    ("riskLevelElevated", "4000000000009235"),
    ("riskLevelHighest", "4000000000004954"),
    ("ro", "4000006420000001"),
    ("se", "4000007520000008"),
    ("sg", "4000007020000003"),
    ("si", "4000007050000006"),
    ("sk", "4000007030000001"),
    ("th_credit", "4000007640000003"),
    ("th_debit", "4000057640000008"),
    ("threeDSecure2Required", "4000000000003220"),
    ("threeDSecureOptional", "4000000000003055"),
    ("threeDSecureOptionalProcessingError", "4000000000003097"),
    ("threeDSecureRequired", "4000000000003063"),
    ("threeDSecureRequiredChargeDeclined", "4000008400001629"),
    ("threeDSecureRequiredProcessingError", "4000008400001280"),
    ("tw", "4000001580000008"),
    ("unionpay", "6200000000000005"),
    ("us", "4242424242424242"),
    ("uy", "4000008580000003"),
    ("visa", "4242424242424242"),
    ("visa_cartesBancaires", "4000002500001001"),
    ("visa_chargeCustomerFail", "4000000000000341"),
    ("visa_chargeCustomerFailLostCard", "4000000000010340"),
    ("visa_chargeCustomerFailStolenCard", "4000000000020349"),
    ("visa_chargeDeclined", "4000000000000002"),
    ("visa_chargeDeclinedExpiredCard", "4000000000000069"),
    ("visa_chargeDeclinedFraudulent", "4100000000000019"),
    ("visa_chargeDeclinedIncorrectCvc", "4000000000000127"),
    ("visa_chargeDeclinedInsufficientFunds", "4000000000009995"),
    ("visa_chargeDeclinedLostCard", "4000000000009987"),
    ("visa_chargeDeclinedProcessingError", "4000000000000119"),
    ("visa_chargeDeclinedStolenCard", "4000000000009979"),
    ("visa_chargeDeclinedVelocityLimitExceeded", "4000000000006975"),
    ("visa_credit_ae", "4000007840000001"),
    ("visa_credit_au", "4000000360000006"),
    ("visa_debit", "4000056655665556"),
    ("visa_debit_ae_instantPayoutUnsupported", "4000057840000022"),
    ("visa_debit_ae_transferFail", "4000057840000014"),
    ("visa_debit_ae_transferSuccess", "4000057840000006"),
    ("visa_debit_at_instantPayoutUnsupported", "4000050400000029"),
    ("visa_debit_at_transferFail", "4000050400000011"),
    ("visa_debit_at_transferSuccess", "4000050400000003"),
    ("visa_debit_au_instantPayoutUnsupported", "4000050360000035"),
    ("visa_debit_au_transferFail", "4000050360000027"),
    ("visa_debit_au_transferSuccess", "4000050360000019"),
    ("visa_debit_be_instantPayoutUnsupported", "4000050560000025"),
    ("visa_debit_be_transferFail", "4000050560000017"),
    ("visa_debit_be_transferSuccess", "4000050560000009"),
    ("visa_debit_ca_instantPayoutUnsupported", "4000051240000039"),
    ("visa_debit_ca_transferFail", "4000051240000021"),
    ("visa_debit_ca_transferSuccess", "4000051240000005"),
    ("visa_debit_chargeDeclinedInsufficientFunds", "4000000000009995"),
    ("visa_debit_cy_instantPayoutUnsupported", "4000051960000029"),
    ("visa_debit_cy_transferFail", "4000051960000011"),
    ("visa_debit_cy_transferSuccess", "4000051960000003"),
    ("visa_debit_cz_instantPayoutUnsupported", "4000052030000023"),
    ("visa_debit_cz_transferFail", "4000052030000015"),
    ("visa_debit_cz_transferSuccess", "4000052030000007"),
    ("visa_debit_de_instantPayoutUnsupported", "4000052760000029"),
    ("visa_debit_de_transferFail", "4000052760000011"),
    ("visa_debit_de_transferSuccess", "4000052760000037"),
    ("visa_debit_dk_instantPayoutUnsupported", "4000052080000022"),
    ("visa_debit_dk_transferFail", "4000052080000014"),
    ("visa_debit_dk_transferSuccess", "4000052080000006"),
    ("visa_debit_ee_instantPayoutUnsupported", "4000052330000020"),
    ("visa_debit_ee_transferFail", "4000052330000012"),
    ("visa_debit_ee_transferSuccess", "4000052330000004"),
    ("visa_debit_eftposAuCoBranded", "4000050360000001"),
    ("visa_debit_es_instantPayoutUnsupported", "4000057240000028"),
    ("visa_debit_es_transferFail", "4000057240000010"),
    ("visa_debit_es_transferSuccess", "4000057240000036"),
    ("visa_debit_fi_instantPayoutUnsupported", "4000052460000022"),
    ("visa_debit_fi_transferFail", "4000052460000014"),
    ("visa_debit_fi_transferSuccess", "4000052460000006"),
    ("visa_debit_fr_instantPayoutUnsupported", "4000052500000024"),
    ("visa_debit_fr_transferFail", "4000052500000016"),
    ("visa_debit_fr_transferSuccess", "4000052500000008"),
    ("visa_debit_gb_instantPayoutUnsupported", "4000058260000229"),
    ("visa_debit_gb_transferFail", "4000058260000211"),
    ("visa_debit_gb_transferSuccess", "4000058260000203"),
    ("visa_debit_gr_instantPayoutUnsupported", "4000053000000027"),
    ("visa_debit_gr_transferFail", "4000053000000019"),
    ("visa_debit_gr_transferSuccess", "4000053000000001"),
    ("visa_debit_hr_instantPayoutUnsupported", "4000051910000020"),
    ("visa_debit_hr_transferFail", "4000051910000012"),
    ("visa_debit_hr_transferSuccess", "4000051910000004"),
    ("visa_debit_hu_instantPayoutUnsupported", "4000053480000026"),
    ("visa_debit_hu_transferFail", "4000053480000018"),
    ("visa_debit_hu_transferSuccess", "4000053480000000"),
    ("visa_debit_ie_instantPayoutUnsupported", "4000053720000026"),
    ("visa_debit_ie_transferFail", "4000053720000018"),
    ("visa_debit_ie_transferSuccess", "4000053720000000"),
    ("visa_debit_it_instantPayoutUnsupported", "4000053800000029"),
    ("visa_debit_it_transferFail", "4000053800000011"),
    ("visa_debit_it_transferSuccess", "4000053800000037"),
    ("visa_debit_lt_instantPayoutUnsupported", "4000054400000021"),
    ("visa_debit_lt_transferFail", "4000054400000013"),
    ("visa_debit_lt_transferSuccess", "4000054400000005"),
    ("visa_debit_lu_instantPayoutUnsupported", "4000054420000027"),
    ("visa_debit_lu_transferFail", "4000054420000019"),
    ("visa_debit_lu_transferSuccess", "4000054420000001"),
    ("visa_debit_lv_instantPayoutUnsupported", "4000054280000026"),
    ("visa_debit_lv_transferFail", "4000054280000018"),
    ("visa_debit_lv_transferSuccess", "4000054280000000"),
    ("visa_debit_mt_instantPayoutUnsupported", "4000054700000028"),
    ("visa_debit_mt_transferFail", "4000054700000010"),
    ("visa_debit_mt_transferSuccess", "4000054700000002"),
    ("visa_debit_my_instantPayoutUnsupported", "4000054580000023"),
    ("visa_debit_my_transferFail", "4000054580000015"),
    ("visa_debit_my_transferSuccess", "4000054580000031"),
    ("visa_debit_nl_instantPayoutUnsupported", "4000055280000023"),
    ("visa_debit_nl_transferFail", "4000055280000015"),
    ("visa_debit_nl_transferSuccess", "4000055280000007"),
    ("visa_debit_no_instantPayoutUnsupported", "4000055780000028"),
    ("visa_debit_no_transferFail", "4000055780000010"),
    ("visa_debit_no_transferSuccess", "4000055780000002"),
    ("visa_debit_nz_instantPayoutUnsupported", "4000055540000029"),
    ("visa_debit_nz_transferFail", "4000055540000011"),
    ("visa_debit_nz_transferSuccess", "4000055540000003"),
    ("visa_debit_pl_instantPayoutUnsupported", "4000056160000026"),
    ("visa_debit_pl_transferFail", "4000056160000018"),
    ("visa_debit_pl_transferSuccess", "4000056160000000"),
    ("visa_debit_pt_instantPayoutUnsupported", "4000056200000028"),
    ("visa_debit_pt_transferFail", "4000056200000010"),
    ("visa_debit_pt_transferSuccess", "4000056200000002"),
    ("visa_debit_ro_instantPayoutUnsupported", "4000056420000022"),
    ("visa_debit_ro_transferFail", "4000056420000014"),
    ("visa_debit_ro_transferSuccess", "4000056420000030"),
    ("visa_debit_se_instantPayoutUnsupported", "4000057520000029"),
    ("visa_debit_se_transferFail", "4000057520000011"),
    ("visa_debit_se_transferSuccess", "4000057520000003"),
    ("visa_debit_sg_instantPayoutUnsupported", "4000057020000024"),
    ("visa_debit_sg_transferFail", "4000057020000016"),
    ("visa_debit_sg_transferSuccess", "4000057020000008"),
    ("visa_debit_si_instantPayoutUnsupported", "4000057050000027"),
    ("visa_debit_si_transferFail", "4000057050000019"),
    ("visa_debit_si_transferSuccess", "4000057050000001"),
    ("visa_debit_sk_instantPayoutUnsupported", "4000057030000022"),
    ("visa_debit_sk_transferFail", "4000057030000014"),
    ("visa_debit_sk_transferSuccess", "4000057030000006"),
    ("visa_debit_us_instantPayoutUnsupported", "4000056755665555"),
    ("visa_debit_us_transferFail", "4000056655665572"),
    ("visa_debit_us_transferSuccess", "4000056655665556"),
    ("visa_triggerChargeBlock", "4000000000004210"),
    ("visa_triggerNextRequirements", "4000000000004202"),
    ("visa_triggerPayoutBlock", "4000000000004236"),
];

/// How a debit card can be paid out to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PaysOut {
    Always,
    NotAtOnce,
    Never,
}

/// How that card can be paid out to; the names of the documentation say it.
pub fn pays_out(number: &str) -> PaysOut {
    let is =
        |ending: &str| NAMES.iter().any(|(name, other)| *other == number && name.ends_with(ending));
    match (is("_transferFail"), is("_instantPayoutUnsupported")) {
        (true, _) => PaysOut::Never,
        (_, true) => PaysOut::NotAtOnce,
        _ => PaysOut::Always,
    }
}

/// The row of a number, where the documentation has one.
pub fn by_number(number: &str) -> Option<&'static TestCard> {
    CARDS.iter().find(|card| card.number == number)
}

/// The row that `pm_card_<name>` and `tok_<name>` stand for.
pub fn by_name(name: &str) -> Option<&'static TestCard> {
    let at = NAMES.binary_search_by(|(other, _)| (*other).cmp(name)).ok()?;
    by_number(NAMES[at].1)
}

/// The row of a stored card, found by what it shows. Cards outside the documentation behave like
/// `4242424242424242`.
pub fn by_face(brand: &str, last4: &str, country: &str, funding: &str) -> &'static TestCard {
    let shows = |card: &&TestCard| {
        card.number.ends_with(last4)
            && card.brand == brand
            && card.country == country
            && card.funding == funding
    };
    CARDS.iter().find(shows).unwrap_or(&CARDS[0])
}

/// Whether a number's last digit is the one the others ask for.
pub fn has_check_digit(number: &str) -> bool {
    let digit = |(at, byte): (usize, u8)| {
        let digit = u32::from(byte - b'0') << (at % 2);
        if digit < 10 { digit } else { digit - 9 }
    };
    number.bytes().rev().enumerate().map(digit).sum::<u32>() % 10 == 0
}

/// The brand of a number outside the documentation, by how it begins.
pub fn brand_of(number: &str) -> &'static str {
    let begins = |digits: usize| number.get(..digits).and_then(|text| text.parse::<u32>().ok());
    match (begins(1), begins(2), begins(4)) {
        (Some(4), _, _) => "visa",
        (_, Some(51..=55), _) | (_, _, Some(2221..=2720)) => "mastercard",
        (_, Some(34 | 37), _) => "amex",
        (_, Some(64 | 65), _) | (_, _, Some(6011)) => "discover",
        (_, Some(35), _) => "jcb",
        (_, Some(30 | 36 | 38 | 39), _) => "diners",
        (_, Some(62 | 81), _) => "unionpay",
        _ => "unknown",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_sorted_and_stand_for_numbers_with_a_row() {
        assert!(NAMES.windows(2).all(|pair| pair[0].0 < pair[1].0));
        for (name, number) in NAMES {
            assert!(by_number(number).is_some(), "{name} stands for {number}, which has no row");
        }
    }

    #[test]
    fn every_number_has_its_check_digit_and_what_it_shows_finds_it_again() {
        for card in CARDS {
            assert!(has_check_digit(card.number), "{}", card.number);
            let last4 = &card.number[card.number.len() - 4..];
            let found = by_face(card.brand, last4, card.country, card.funding);
            assert_eq!(found.number, card.number);
        }
        assert!(!has_check_digit("4242424242424241"));
    }

    #[test]
    fn a_number_outside_the_documentation_has_the_brand_it_begins_with() {
        let table = [
            ("4012888888881881", "visa"),
            ("5425233430109903", "mastercard"),
            ("2720992593319364", "mastercard"),
            ("343434343434343", "amex"),
            ("30569309025904", "diners"),
            ("3530111333300000", "jcb"),
            ("6304000000000000", "unknown"),
        ];
        for (number, brand) in table {
            assert_eq!(brand_of(number), brand, "{number}");
        }
    }
}
