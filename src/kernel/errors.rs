//! Every error, every message.
//!
//! Errors are values made by the constructors of this file; call sites pass what they have and
//! never write a message. An error is either a *refusal* (the transaction is dropped, nothing
//! happened) or a *decline* (an outcome: it is committed and answered with 402).

mod billing;
mod checkout;
mod connect;
mod payments;

use crate::value::{Map, Text, Value};

/// The four values of `type` that v1 sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorType {
    Api,
    Card,
    Idempotency,
    InvalidRequest,
    /// Of connect.stripe.com: shown as `error` and `error_description`.
    OAuth,
}

impl ErrorType {
    pub fn name(self) -> &'static str {
        match self {
            ErrorType::Api => "api_error",
            ErrorType::Card => "card_error",
            ErrorType::Idempotency => "idempotency_error",
            ErrorType::InvalidRequest | ErrorType::OAuth => "invalid_request_error",
        }
    }
}

/// What happens to the work of a request that ends in an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// The request was wrong: nothing happened.
    Refused,
    /// The world said no: what was saved stays, and events go out.
    Declined,
}

/// What a bank or Stripe itself says when it declines.
#[derive(Debug, PartialEq, Eq)]
pub struct Decline {
    pub code: &'static str,
    pub decline_code: &'static str,
    pub param: Option<&'static str>,
    pub advice_code: Option<&'static str>,
    pub network_decline_code: Option<&'static str>,
    pub network_advice_code: Option<&'static str>,
    pub message: &'static str,
}

/// An answer that is no success.
#[derive(Clone, Debug)]
pub struct Error {
    pub status: u16,
    pub error_type: ErrorType,
    pub code: Option<Text>,
    pub param: Option<Text>,
    pub message: Text,
    /// Further members of the `error` hash: `decline_code`, `charge`, `payment_intent` and so on.
    pub more: Map,
    pub fate: Fate,
    /// Whether the operation had begun: Stripe keeps only such answers under an idempotency key.
    pub began: bool,
    /// Headers this error has beyond those of every answer; names in lower case.
    pub headers: Vec<(&'static str, Text)>,
}

/// The result of everything that can be refused or declined.
pub type Outcome<T> = Result<T, Box<Error>>;

/// Lists of values that Stripe tells in an order of their own (verbatim in many public reports).
const TOLD_OTHERWISE: &[&[&str]] = &[
    &[
        "active",
        "past_due",
        "unpaid",
        "canceled",
        "incomplete",
        "incomplete_expired",
        "trialing",
        "paused",
        "all",
        "ended",
    ],
    &["draft", "open", "void", "paid", "uncollectible"],
];

impl Error {
    /// A 400 `invalid_request_error` with neither code nor param.
    pub fn invalid(message: impl Into<Text>) -> Box<Error> {
        Error::saying(message.into())
    }

    // The bodies below are made once, not at each of the hundreds of places that make an error.
    #[inline(never)]
    fn saying(message: Text) -> Box<Error> {
        Box::new(Error {
            status: 400,
            error_type: ErrorType::InvalidRequest,
            code: None,
            param: None,
            message,
            more: Map::new(),
            fate: Fate::Refused,
            began: false,
            headers: Vec::new(),
        })
    }

    #[inline(never)]
    fn set_code(mut self: Box<Self>, code: Text) -> Box<Error> {
        self.code = Some(code);
        self
    }

    #[inline(never)]
    fn set_param(mut self: Box<Self>, param: Text) -> Box<Error> {
        self.param = Some(param);
        self
    }

    #[inline(never)]
    fn add(mut self: Box<Self>, name: &'static str, value: Value) -> Box<Error> {
        self.more.set(name, value);
        self
    }

    #[inline(never)]
    fn add_header(mut self: Box<Self>, name: &'static str, value: Text) -> Box<Error> {
        self.headers.push((name, value));
        self
    }

    /// The same, of an operation that had begun.
    pub fn begun(mut self: Box<Self>) -> Box<Error> {
        self.began = true;
        self
    }

    pub fn status(mut self: Box<Self>, status: u16) -> Box<Error> {
        self.status = status;
        self
    }

    pub fn code(self: Box<Self>, code: impl Into<Text>) -> Box<Error> {
        self.set_code(code.into())
    }

    pub fn param(self: Box<Self>, param: impl Into<Text>) -> Box<Error> {
        self.set_param(param.into())
    }

    /// The same error in other words.
    pub fn message(mut self: Box<Self>, message: String) -> Box<Error> {
        self.message = message.into();
        self
    }

    pub fn error_type(mut self: Box<Self>, error_type: ErrorType) -> Box<Error> {
        self.error_type = error_type;
        self
    }

    /// Adds a further member of the `error` hash.
    pub fn with(self: Box<Self>, name: &'static str, value: impl Into<Value>) -> Box<Error> {
        self.add(name, value.into())
    }

    /// Adds a header; names in lower case.
    pub fn header(self: Box<Self>, name: &'static str, value: impl Into<Text>) -> Box<Error> {
        self.add_header(name, value.into())
    }
}

/// Codes that come without `doc_url`, because Stripe's documentation has no entry for them.
///
/// `india_recurring_payment_mandate_canceled` was recorded without one; the others are in no list
/// of documented codes.
static UNDOCUMENTED: &[&str] = &[
    "india_recurring_payment_mandate_canceled",
    "missing_payment_information",
    "more_permissions_required_for_application",
    "property_expansion_max_depth",
];

/// The page about a code, for those that have one.
pub fn doc_url(code: &str) -> Option<String> {
    let documented = !UNDOCUMENTED.contains(&code);
    documented.then(|| format!("https://stripe.com/docs/error-codes/{}", code.replace('_', "-")))
}

/// A key as errors show it: the first 8 and the last 4 characters, one `*` for each between.
///
/// Keys of 12 characters and fewer have nothing between and are shown whole, as recorded.
pub fn masked(key: &str) -> String {
    let hidden = key.chars().count().saturating_sub(12);
    let shown = |(at, c)| if (8..8 + hidden).contains(&at) { '*' } else { c };
    key.chars().enumerate().map(shown).collect()
}

/// Who asks, and with which version of the API. Source: recordings, public issue threads.
impl Error {
    /// No `Authorization` header, or one without a key.
    pub fn missing_api_key() -> Box<Error> {
        Error::unauthorized(
            "You did not provide an API key. You need to provide your API key in the Authorization \
             header, using Bearer auth (e.g. 'Authorization: Bearer YOUR_SECRET_KEY'). See \
             https://stripe.com/docs/api#authentication for details, or we can help at \
             https://support.stripe.com/.",
        )
    }

    /// A key nobody has.
    pub fn invalid_api_key(key: &str) -> Box<Error> {
        Error::unauthorized(format!("Invalid API Key provided: {}", masked(key)))
    }

    /// A key that was rolled.
    pub fn expired_api_key(key: &str) -> Box<Error> {
        let message = format!("Expired API Key provided: {}", masked(key));
        Error::unauthorized(message).code("api_key_expired")
    }

    /// A publishable key where only a secret one will do. The status is not confirmed.
    pub fn secret_key_required() -> Box<Error> {
        Error::unauthorized(
            "This API call cannot be made with a publishable API key. Please use a secret API key. \
             You can find a list of your API keys at https://dashboard.stripe.com/account/apikeys.",
        )
        .code("secret_key_required")
    }

    /// A live key: Stripe would take it, a partition must not.
    ///
    /// Differs from Stripe: a request made with a live key moves real money there.
    pub fn live_key(key: &str) -> Box<Error> {
        Error::unauthorized(format!(
            "fakestripe: a live key was used ({}). No request made with a live key is answered or \
             sent on; use the apiKey of a FakeStripe.",
            masked(key)
        ))
        .header("stripe-should-retry", "false")
    }

    fn unauthorized(message: impl Into<Text>) -> Box<Error> {
        Error::invalid(message).status(401).header("www-authenticate", "Bearer realm=\"Stripe\"")
    }

    /// A restricted key without the permission, such as `rak_charge_write`.
    pub fn permission_required(key: &str, account: &str, permission: &str) -> Box<Error> {
        Error::invalid(format!(
            "The provided key '{}' does not have the required permissions for this endpoint on \
             account '{account}'. Having the '{permission}' permission would allow this request to \
             continue.",
            masked(key)
        ))
        .status(403)
        .code("more_permissions_required_for_application")
    }

    /// `Stripe-Account` names an account this key does not reach.
    pub fn account_invalid(key: &str, account: &str) -> Box<Error> {
        Error::invalid(format!(
            "The provided key '{}' does not have access to account '{account}' (or that account \
             does not exist). Application access may have been revoked.",
            masked(key)
        ))
        .status(403)
        .code("account_invalid")
    }

    /// `Stripe-Account` and the account in the path differ.
    pub fn account_mismatch() -> Box<Error> {
        Error::invalid(
            "The account specified in the path of /v1/accounts/:account does not match the account \
             specified in the Stripe-Account header.",
        )
    }

    pub fn connect_not_enabled() -> Box<Error> {
        Error::invalid(
            "You can only create new accounts if you've signed up for Connect, which you can learn \
             how to do at https://stripe.com/docs/connect.",
        )
    }

    /// A `Stripe-Version` that never was.
    pub fn invalid_version(version: &str) -> Box<Error> {
        Error::invalid(format!("Invalid Stripe API version: {version}"))
    }

    /// A `/v2/` request without `Stripe-Version`. The wording is ours; the documentation only says
    /// that the header is mandatory there.
    pub fn version_required() -> Box<Error> {
        Error::invalid("The Stripe-Version header is required for requests to /v2 endpoints.")
    }
}

/// Requests that cannot be read, or that no operation answers.
impl Error {
    /// A method and path that Stripe has not published. Source: public issue threads, recordings.
    pub fn unrecognized_url(method: &str, path: &str) -> Box<Error> {
        let advice = if path.ends_with('/') {
            "If you are trying to list objects, remove the trailing slash. If you are trying to \
             retrieve an object, make sure you passed a valid (non-empty) identifier in your code. "
        } else {
            ""
        };
        Error::invalid(format!(
            "Unrecognized request URL ({method}: {path}). {advice}Please see \
             https://stripe.com/docs or we can help at https://support.stripe.com/."
        ))
        .status(404)
    }

    /// A published operation that nobody wrote yet.
    ///
    /// Differs from Stripe: there it is answered.
    pub fn not_implemented(operation: &str) -> Box<Error> {
        Error::invalid(format!("fakestripe: {operation} is not implemented."))
            .status(501)
            .error_type(ErrorType::Api)
            .header("stripe-should-retry", "false")
    }

    /// A verb that the object's status does not allow.
    ///
    /// Differs from Stripe: the sentence is Stripe's for payment intents; other objects' are not
    /// known.
    pub fn wrong_status(verb: &str, noun: &str, status: &str, from: &[&str]) -> Box<Error> {
        Error::invalid(format!(
            "You cannot {verb} this {noun} because it has a status of {status}. Only a {noun} with \
             one of the following statuses may be {verb}ed: {}.",
            from.join(", ")
        ))
    }

    /// A quote is finalized for somebody and about something. The sentence is assumed.
    pub fn quote_lacks(what: &str) -> Box<Error> {
        Error::invalid(format!("A quote must have {what} to be finalized."))
    }

    /// A name that is no method of the stripe client.
    pub fn unknown_method(name: &str) -> Box<Error> {
        Error::control(format!("the stripe client has no method {name}"))
    }

    /// Something the test asked of the partition that cannot be done.
    pub fn control(complaint: impl std::fmt::Display) -> Box<Error> {
        Error::invalid(format!("fakestripe: {complaint}."))
    }

    /// A host under stripe.com that serves no API.
    pub fn unknown_host(host: &str) -> Box<Error> {
        Error::invalid(format!(
            "fakestripe: {host} is not one of the hosts that serve Stripe's API (api.stripe.com, \
             files.stripe.com, connect.stripe.com, meter-events.stripe.com)."
        ))
        .status(404)
        .header("stripe-should-retry", "false")
    }

    /// A body that is no form. Stripe says this to JSON sent to `/v1` (verbatim in public code).
    pub fn unreadable_form() -> Box<Error> {
        Error::invalid(
            "Invalid request (check that your POST content type is \
             application/x-www-form-urlencoded). If you have any questions, we can help at \
             https://support.stripe.com/.",
        )
    }

    /// A body of a type Stripe does not read (verbatim in public issue threads).
    pub fn unsupported_content_type(content_type: &str) -> Box<Error> {
        Error::invalid(format!(
            "Invalid request: unsupported Content-Type {content_type}. If error persists and you \
             need assistance, please contact support@stripe.com."
        ))
    }

    /// A multipart body that breaks its own rules. Stripe's wording is not known.
    pub fn unreadable_multipart(flaw: &str) -> Box<Error> {
        Error::invalid(format!("Invalid request: the multipart/form-data body {flaw}."))
    }

    /// A body under `/v2/` that is no JSON object. Stripe's wording is not known.
    pub fn unreadable_json(flaw: &str) -> Box<Error> {
        Error::invalid(format!("Invalid request: the body must be a JSON object ({flaw})."))
            .code("invalid_fields")
    }

    /// Text that is not UTF-8. Stripe's wording is not known.
    pub fn invalid_utf8() -> Box<Error> {
        Error::invalid("Invalid request: the parameters contain bytes that are not valid UTF-8.")
    }

    /// Brackets within brackets within brackets. Stripe's limit and wording are not known.
    pub fn nested_too_deeply(name: &str, levels: usize) -> Box<Error> {
        Error::invalid(format!(
            "Invalid request: `{name}` is nested more than {levels} levels deep."
        ))
        .param(name.to_string())
    }

    /// A method, path and query too long for the server before Stripe's own.
    ///
    /// Differs from Stripe: there the answer is a page of HTML.
    pub fn url_too_long() -> Box<Error> {
        Error::invalid("414 Request-URI Too Large").status(414)
    }
}

/// Waiting one's turn, and doing things once. Source: recordings, public issue threads.
impl Error {
    pub fn rate_limit() -> Box<Error> {
        Error::invalid(
            "Testmode request rate limit exceeded, the rate limits in testmode are lower than \
             livemode. You can learn more about rate limits here \
             https://stripe.com/docs/rate-limits.",
        )
        .status(429)
        .code("rate_limit")
        .header("stripe-rate-limited-reason", "global-rate")
    }

    pub fn lock_timeout() -> Box<Error> {
        Error::invalid(
            "This object cannot be accessed right now because another API request or Stripe \
             process is currently accessing it. If you see this error intermittently, retry the \
             request. If you see this error frequently and are making multiple concurrent \
             requests to a single object, make your requests serially or at a lower rate.",
        )
        .status(429)
        .code("lock_timeout")
        .header("stripe-should-retry", "true")
    }

    /// A fault of Stripe's own.
    pub fn internal(status: u16) -> Box<Error> {
        Error::invalid(
            "An unknown error occurred. If you have any questions, we can help at \
             https://support.stripe.com/.",
        )
        .status(status)
        .error_type(ErrorType::Api)
    }

    /// A key used again with other parameters.
    pub fn idempotency_mismatch(key: &str) -> Box<Error> {
        Error::invalid(format!(
            "Keys for idempotent requests can only be used with the same parameters they were \
             first used with. Try using a key other than '{key}' if you meant to execute a \
             different request."
        ))
        .error_type(ErrorType::Idempotency)
    }

    /// A key used again on another path; the path of this request comes first, then the stored one.
    pub fn idempotency_endpoint(key: &str, path: &str, first_path: &str) -> Box<Error> {
        Error::invalid(format!(
            "Keys for idempotent requests can only be used for the same endpoint they were first \
             used for ('{path}' vs '{first_path}'). Try using a key other than '{key}' if you \
             meant to execute a different request."
        ))
        .error_type(ErrorType::Idempotency)
    }

    /// An empty `Idempotency-Key`. The same answer for one beyond 255 characters is not confirmed.
    pub fn idempotency_key_malformed() -> Box<Error> {
        Error::invalid("Idempotency Key must be a non-empty string.")
    }

    /// A key whose first request is still running.
    pub fn idempotency_key_in_use(key: &str) -> Box<Error> {
        Error::invalid(format!(
            "There is currently another in-progress request using this Idempotent Key (that \
             probably means you submitted twice, and the other request is still going through): \
             {key}. Please try again later."
        ))
        .status(409)
        .code("idempotency_key_in_use")
    }
}

/// Parameters that do not fit the operation. `path` is the parameter in bracket form, such as
/// `items[0][price]`. Source: recordings, public issue threads.
impl Error {
    pub fn parameter_missing(path: &str) -> Box<Error> {
        Error::invalid(format!("Missing required param: {path}."))
            .code("parameter_missing")
            .param(path.to_string())
    }

    /// Neither of two parameters was given, as in `Must provide source or customer.`
    pub fn must_provide(names: &[&str]) -> Box<Error> {
        let message = format!("Must provide {}.", alternatives(names));
        Error::invalid(message).code("parameter_missing")
    }

    /// Every unknown name of one level at once; `param` is the first.
    pub fn parameter_unknown(paths: &[String]) -> Box<Error> {
        let plural = if paths.len() == 1 { "" } else { "s" };
        let first = paths.first().cloned().unwrap_or_default();
        Error::invalid(format!("Received unknown parameter{plural}: {}", paths.join(", ")))
            .code("parameter_unknown")
            .param(first)
    }

    /// One unknown name that is nearly a known one; the question is Stripe's (a public issue
    /// thread).
    pub fn parameter_misspelt(path: &str, meant: &str) -> Box<Error> {
        Error::invalid(format!("Received unknown parameter: {path}. Did you mean {meant}?"))
            .code("parameter_unknown")
            .param(path.to_string())
    }

    pub fn parameter_empty(path: &str) -> Box<Error> {
        Error::invalid(format!(
            "You passed an empty string for '{path}'. We assume empty values are an attempt to \
             unset a parameter; however '{path}' cannot be unset. You should remove '{path}' from \
             your request or supply a non-empty value."
        ))
        .code("parameter_invalid_empty")
        .param(path.to_string())
    }

    pub fn invalid_integer(path: &str, value: &str) -> Box<Error> {
        Error::invalid(format!("Invalid integer: {value}"))
            .code("parameter_invalid_integer")
            .param(path.to_string())
    }

    /// An integer below what the parameter takes.
    pub fn below_minimum(path: &str, least: i64) -> Box<Error> {
        Error::invalid(format!("This value must be greater than or equal to {least}."))
            .code("parameter_invalid_integer")
            .param(path.to_string())
    }

    /// An integer above what the parameter takes; worded after [`Error::below_minimum`].
    pub fn above_maximum(path: &str, most: i64) -> Box<Error> {
        Error::invalid(format!("This value must be less than or equal to {most}."))
            .code("parameter_invalid_integer")
            .param(path.to_string())
    }

    /// A number with a fraction was expected. Inferred from the message about integers.
    pub fn invalid_decimal(path: &str, value: &str) -> Box<Error> {
        Error::invalid(format!("Invalid decimal: {value}")).param(path.to_string())
    }

    /// `true` or `false` was expected. Inferred from the message about integers.
    pub fn invalid_boolean(path: &str, value: &str) -> Box<Error> {
        Error::invalid(format!("Invalid boolean: {value}")).param(path.to_string())
    }

    /// A list or hash where text was expected; `dump` is the value as JSON.
    pub fn invalid_string(path: &str, dump: &str) -> Box<Error> {
        Error::invalid(format!("Invalid string: {dump}")).param(path.to_string())
    }

    /// Text beyond the parameter's limit: shown by its first and last four characters, as recorded.
    pub fn too_long(path: &str, value: &str, most: usize) -> Box<Error> {
        let head: String = value.chars().take(4).collect();
        let skipped = value.chars().count().saturating_sub(4);
        let tail: String = value.chars().skip(skipped).collect();
        let message = format!("Invalid string: {head}...{tail}; must be at most {most} characters");
        Error::invalid(message).param(path.to_string())
    }

    /// Quoted in public code as Stripe's.
    pub fn statement_descriptor_too_long(path: &str, most: usize) -> Box<Error> {
        Error::invalid(format!("The statement descriptor must be at most {most} characters."))
            .param(path.to_string())
    }

    /// Quoted in public code as Stripe's; what is wrong comes without a full stop.
    pub fn statement_descriptor_invalid(path: &str, fault: &str) -> Box<Error> {
        Error::invalid(format!("The statement descriptor {fault}.")).param(path.to_string())
    }

    /// Quoted in public code as Stripe's.
    pub fn too_many_places(path: &str, value: &str, most: usize) -> Box<Error> {
        Error::invalid(format!(
            "Invalid decimal: {}; must contain at most {most} decimal places.",
            scientific(value)
        ))
        .param(path.to_string())
    }

    /// A number below what the parameter takes, as text. Quoted in public code as Stripe's.
    pub fn decimal_too_small(path: &str, value: &str, least: &str) -> Box<Error> {
        Error::invalid(format!(
            "This value must be greater than or equal to {least} (it currently is '{}').",
            scientific(value)
        ))
        .param(path.to_string())
    }

    /// Quoted in public code as Stripe's: a number that counts something, or is an amount.
    pub fn invalid_count(path: &str, takes_zero: bool) -> Box<Error> {
        let kind = if takes_zero { "non-negative" } else { "positive" };
        Error::invalid(format!("Invalid {kind} integer")).param(path.to_string())
    }

    pub fn invalid_array(path: &str) -> Box<Error> {
        Error::invalid("Invalid array").param(path.to_string())
    }

    /// `a[1]=x` without `a[0]`, or `a[x]=y` where a list was expected (verbatim in an API log).
    pub fn array_keys(path: &str, keys: &[String], expected: usize) -> Box<Error> {
        let keys: Vec<String> = keys.iter().map(|key| format!("`{key}`")).collect();
        Error::invalid(format!(
            "If passing an array with explicit keys (e.g. foo[0]=a&foo[1]=b) instead of as an \
             array (e.g. foo[]=a&foo[]=b), the keys must be numeric and sequential starting from \
             0. You passed the keys {}, we expected to have a key with the value `{expected}`.",
            keys.join(", ")
        ))
        .param(path.to_string())
    }

    /// More elements than the parameter takes.
    pub fn array_too_long(path: &str, most: usize) -> Box<Error> {
        Error::invalid(format!("Array {path} exceeded maximum {most} allowed elements."))
            .param(path.to_string())
    }

    /// Quoted in public code as Stripe's.
    pub fn too_many_tax_rates(path: &str, most: usize) -> Box<Error> {
        Error::invalid(format!("You cannot apply more than {most} tax rates here."))
            .param(path.to_string())
    }

    pub fn invalid_object(path: &str) -> Box<Error> {
        Error::invalid("Invalid object").param(path.to_string())
    }

    /// A value outside the parameter's list, which is told in the order of the alphabet but for few.
    pub fn invalid_choice(path: &str, values: &[&str]) -> Box<Error> {
        let is_it = |told: &&&[&str]| {
            told.len() == values.len() && told.iter().all(|value| values.contains(value))
        };
        let values = TOLD_OTHERWISE.iter().find(is_it).map_or(values, |told| told);
        Error::invalid(format!("Invalid {path}: must be one of {}", alternatives(values)))
            .param(path.to_string())
    }

    /// Parameters that rule each other out; `param` is the first.
    pub fn mutually_exclusive(names: &[&str]) -> Box<Error> {
        let first = names.first().map_or(String::new(), ToString::to_string);
        let message =
            format!("You may only specify one of these parameters: {}.", names.join(", "));
        Error::invalid(message).param(first)
    }

    /// Inferred from the code, which is Stripe's.
    pub fn invalid_email(path: &str, value: &str) -> Box<Error> {
        Error::invalid(format!("Invalid email address: {value}"))
            .code("email_invalid")
            .param(path.to_string())
    }

    /// A URL such as `/thanks` (verbatim in many public reports).
    pub fn url_without_scheme(path: &str) -> Box<Error> {
        Error::invalid("Invalid URL: An explicit scheme (such as https) must be provided.")
            .code("url_invalid")
            .param(path.to_string())
    }

    /// `supported` in Stripe's order, which begins with the account's own currency.
    pub fn invalid_currency(path: &str, value: &str, supported: &[&str]) -> Box<Error> {
        Error::invalid(format!(
            "Invalid currency: {value}. Stripe currently supports these currencies: {}",
            supported.join(", ")
        ))
        .param(path.to_string())
    }

    pub fn metadata_key_too_long(path: &str, key: &str, most: usize) -> Box<Error> {
        Error::invalid(format!(
            "Metadata keys can have up to {most} characters, but you passed in a key that is {} \
             characters. Invalid key: {key}",
            key.chars().count()
        ))
        .param(path.to_string())
    }

    pub fn metadata_value_too_long(path: &str, value: &str, most: usize) -> Box<Error> {
        Error::invalid(format!(
            "Metadata values can have up to {most} characters, but you passed in a value that is \
             {} characters. Invalid value: {value}",
            value.chars().count()
        ))
        .param(path.to_string())
    }

    pub fn metadata_too_many_keys(path: &str, count: usize, most: usize) -> Box<Error> {
        let message = format!("Metadata can have up to {most} keys, but you've set {count}");
        Error::invalid(message).param(path.to_string())
    }
}

/// Words joined as Stripe joins them: `a`, `a or b`, `a, b, or c`.
fn alternatives(words: &[&str]) -> String {
    match words {
        [] => String::new(),
        [word] => word.to_string(),
        [first, second] => format!("{first} or {second}"),
        [most @ .., last] => format!("{}, or {last}", most.join(", ")),
    }
}

/// Amounts that are no amounts. `least` and `most` come formatted, such as `$0.50`.
impl Error {
    /// A PaymentIntent over nothing. The two spaces after the parenthesis are Stripe's.
    pub fn amount_is_zero() -> Box<Error> {
        Error::invalid(
            "The amount must be greater than or equal to the minimum charge amount allowed for \
             your account and the currency set \
             (https://docs.stripe.com/currencies#minimum-and-maximum-charge-amounts).  If you want \
             to save a Payment Method for future use without an immediate payment, use a Setup \
             Intent instead: https://docs.stripe.com/payments/setup-intents",
        )
        .code("parameter_invalid_integer")
        .param("amount")
    }

    /// The wording of 2020, `Amount must be at least 50 cents`, has given way to this one
    /// (inferred).
    pub fn amount_too_small(path: &str, least: &str, currency: &str) -> Box<Error> {
        Error::invalid(format!("Amount must be at least {least} {currency}"))
            .code("amount_too_small")
            .param(path.to_string())
    }

    pub fn amount_too_large(path: &str, most: &str) -> Box<Error> {
        Error::invalid(format!("Amount must be no more than {most}"))
            .code("amount_too_large")
            .param(path.to_string())
    }
}

/// Lists, searches and expansion. Source: public issue threads, documentation.
impl Error {
    pub fn both_cursors() -> Box<Error> {
        Error::invalid(
            "Received both starting_after and ending_before parameters. Please pass in only one.",
        )
    }

    /// A `page` no search answered with. Stripe's wording is not known.
    pub fn invalid_page(page: &str) -> Box<Error> {
        Error::invalid(format!("Invalid page: {page}")).param("page")
    }

    /// A path that names nothing expandable. Within a list, `data.` may have been forgotten.
    pub fn not_expandable(path: &str, in_list: bool) -> Box<Error> {
        let advice = if in_list && !path.starts_with("data.") {
            format!(" You may want to try expanding 'data.{path}' instead.")
        } else {
            String::new()
        };
        Error::invalid(format!("This property cannot be expanded ({path}).{advice}"))
    }

    pub fn expanded_too_deep(path: &str) -> Box<Error> {
        Error::invalid(format!(
            "You cannot expand more than 4 levels of a property. Property: {path}"
        ))
        .code("property_expansion_max_depth")
    }

    /// `resource` in the plural of its URL, such as `payment_intents`.
    pub fn search_field_unsupported(field: &str, resource: &str) -> Box<Error> {
        Error::invalid(format!(
            "Field `{field}` is an unsupported search field for resource `{resource}`. See \
             http://stripe.com/docs/search#query-fields-for-{} for a list of supported fields.",
            resource.replace('_', "-")
        ))
    }

    pub fn search_query_unreadable() -> Box<Error> {
        Error::invalid(
            "We were unable to parse your search query. Try using the format \
             `metadata[\"key\"]:\"value\"` to query for metadata or key:\"value\" to query for \
             other fields.",
        )
    }

    /// An operator the field does not have. Stripe's wording is not known.
    pub fn search_operator_unsupported(field: &str, operator: &str) -> Box<Error> {
        Error::invalid(format!(
            "Operator `{operator}` is not supported for field `{field}`. See \
             https://stripe.com/docs/search#search-query-language for supported operators."
        ))
    }

    /// `AND` beside `OR`. Stripe's wording is not known; that they exclude each other is
    /// documented.
    pub fn search_mixed() -> Box<Error> {
        Error::invalid("Search queries cannot mix AND and OR clauses.")
    }

    /// Stripe's wording and limit are not confirmed.
    pub fn search_too_many_clauses(most: usize) -> Box<Error> {
        Error::invalid(format!("Search queries can have up to {most} clauses."))
    }

    /// `a~"bc"`. Stripe's wording is not known; the least length is documented.
    pub fn search_substring_too_short(field: &str) -> Box<Error> {
        Error::invalid(format!(
            "Substring searches need at least 3 characters. Field `{field}` has fewer."
        ))
    }

    /// Search in a version before it existed; the second sentence is inferred.
    pub fn search_version_too_old(version: &str) -> Box<Error> {
        Error::invalid(format!(
            "Search is not supported on api version {version}. Update your API version, or set the \
             API Version of this request to 2020-08-27 or greater."
        ))
    }
}

/// Ids that name nothing, or something taken. Source: recordings.
impl Error {
    /// An id in the path that names nothing: 404 `resource_missing`.
    pub fn no_such(noun: &str, id: &str, param: impl Into<Text>) -> Box<Error> {
        // Recorded: checkout sessions are named without quotes.
        let quote = if noun == "checkout.session" { "" } else { "'" };
        let message = format!("No such {noun}: {quote}{id}{quote}");
        let mut error = Error::invalid(message).status(404).code("resource_missing");
        // A few resources name none: see `Resource::path_param`.
        error.param = Some(param.into()).filter(|param| !param.is_empty());
        error
    }

    /// An id among the parameters that names nothing: 400 `resource_missing`.
    pub fn no_such_reference(noun: &str, id: &str, param: impl Into<Text>) -> Box<Error> {
        Error::no_such(noun, id, param).status(400)
    }

    /// A `lookup_key` that an active price has.
    pub fn lookup_key_taken(price: &str) -> Box<Error> {
        Error::invalid(format!("A price (`{price}`) already uses that lookup key."))
            .param("lookup_key")
    }

    /// A subscription can only be to what recurs.
    pub fn price_not_recurring(param: impl Into<Text>) -> Box<Error> {
        Error::invalid(
            "The price specified is set to `type=one_time` but this field only accepts prices with \
             `type=recurring`.",
        )
        .param(param)
    }

    pub fn product_has_prices() -> Box<Error> {
        Error::invalid(
            "This product cannot be deleted because it has one or more user-created prices.",
        )
    }

    pub fn subscription_canceled() -> Box<Error> {
        Error::invalid(
            "A canceled subscription can only update its cancellation_details and metadata.",
        )
        .code("invalid_canceled_subscription_fields")
    }

    pub fn no_active_discount(noun: &str, id: &str) -> Box<Error> {
        Error::invalid(format!("No active discount for {noun}: {id}"))
            .code("resource_missing")
            .status(404)
    }

    /// A meter event whose identifier another one has. The sentence is assumed.
    pub fn meter_event_known(identifier: &str) -> Box<Error> {
        Error::invalid(format!("An event already exists with identifier {identifier}."))
    }

    /// The sentence is assumed.
    pub fn meter_event_unknown(identifier: &str) -> Box<Error> {
        Error::invalid(format!("No event found with identifier {identifier}."))
            .code("resource_missing")
            .param("cancel[identifier]")
    }

    /// Summaries begin and end with a minute, an hour or a day. The sentence is assumed.
    pub fn meter_window_unaligned(name: &'static str, seconds: i64) -> Box<Error> {
        let unit = match seconds {
            60 => "minute",
            3600 => "hour",
            _ => "UTC day",
        };
        Error::invalid(format!("`{name}` must be aligned with {unit} boundaries.")).param(name)
    }

    /// Credit of which some was used cannot be taken back. The sentence is assumed.
    pub fn credit_grant_used() -> Box<Error> {
        Error::invalid("This credit grant has already been applied and cannot be voided.")
    }

    /// A card without `shipping` cannot be on its way. The sentence is assumed.
    pub fn card_not_shipped() -> Box<Error> {
        Error::invalid("This card has no shipping details.")
    }

    /// A payment for more than the financial account holds. The sentence is assumed.
    pub fn financial_account_short(id: &str) -> Box<Error> {
        Error::invalid(format!("The financial account {id} does not hold enough for this."))
            .code("balance_insufficient")
    }

    /// An answer to a reader that asks nothing. The sentence is assumed.
    /// A card held to a reader that waits for none. The sentence is assumed.
    pub fn reader_not_waiting() -> Box<Error> {
        Error::invalid("The reader is not waiting for a payment method.")
    }

    pub fn reader_not_collecting() -> Box<Error> {
        Error::invalid("The reader is not collecting inputs.")
    }

    /// A tax transaction's `reference` that another one has. The sentence is assumed.
    pub fn reference_taken(reference: &str) -> Box<Error> {
        Error::invalid(format!("A transaction with the reference {reference} already exists."))
            .param("reference")
    }

    /// A second object with an id the caller chose; `noun` capitalised, such as `Coupon`.
    pub fn already_exists(noun: &str) -> Box<Error> {
        let mut noun = noun.to_string();
        if let Some(first) = noun.get_mut(..1) {
            first.make_ascii_uppercase();
        }
        Error::invalid(format!("{noun} already exists.")).code("resource_already_exists")
    }

    /// A card or bank account that is not this customer's; `kind` is `card` or `bank account`.
    pub fn not_the_customers(customer: &str, kind: &str, id: &str) -> Box<Error> {
        Error::invalid(format!("Customer {customer} does not have {kind} with ID {id}"))
            .status(404)
            .code("resource_missing")
            .param("id")
    }
}

/// A decimal text as Stripe's errors write numbers: `0.15e1` for 1.5.
fn scientific(value: &str) -> String {
    let (sign, text) = value.strip_prefix('-').map_or(("", value), |rest| ("-", rest));
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let all = format!("{whole}{part}");
    let digits = all.trim_start_matches('0');
    let exponent = whole.len() as i64 - (all.len() - digits.len()) as i64;
    match digits.trim_end_matches('0') {
        "" => "0.0".to_string(),
        digits => format!("{sign}0.{digits}e{exponent}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_shown_by_their_first_eight_and_last_four_characters() {
        let table = [
            ("", ""),
            ("blabla", "blabla"),
            ("sk_test_mock", "sk_test_mock"),
            ("sk_test_amock", "sk_test_*mock"),
            (
                "sk_test_51AAAAAAAAAAAAAAAAAAAAAAAAAAAAuCJm",
                "sk_test_******************************uCJm",
            ),
            ("ключ-ключ-ключ", "ключ-клю**ключ"),
        ];
        for (key, shown) in table {
            assert_eq!(masked(key), shown, "{key}");
        }
    }

    #[test]
    fn words_are_joined_with_a_serial_comma() {
        let table: [(&[&str], &str); 4] = [
            (&[], ""),
            (&["a"], "a"),
            (&["auto", "never"], "auto or never"),
            (&["draft", "open", "void"], "draft, open, or void"),
        ];
        for (words, joined) in table {
            assert_eq!(alternatives(words), joined);
        }
    }

    #[test]
    fn a_code_has_a_page_named_after_it_where_it_has_one() {
        let page = "https://stripe.com/docs/error-codes/parameter-invalid-integer";
        assert_eq!(doc_url("parameter_invalid_integer").as_deref(), Some(page));
        assert_eq!(doc_url("india_recurring_payment_mandate_canceled"), None);
    }

    /// Stripe's list of codes is closed. Besides it there are two codes seen only in answers, and
    /// the one of v2 for fields that do not fit.
    #[test]
    fn every_code_is_one_of_stripes() {
        let more = [
            "invalid_fields",
            "more_permissions_required_for_application",
            "property_expansion_max_depth",
        ];
        let codes = include_str!("errors.rs").split(".code(\"").skip(1);
        for code in codes.filter_map(|rest| rest.split('"').next()) {
            let is_stripes = crate::schema::is_error_code(code) || more.contains(&code);
            assert!(is_stripes || code.is_empty() || code.contains('\\'), "{code}");
        }
    }

    #[test]
    fn a_trailing_slash_gets_advice() {
        let plain = Error::unrecognized_url("GET", "/v1/nope");
        assert_eq!(
            plain.message,
            "Unrecognized request URL (GET: /v1/nope). Please see https://stripe.com/docs or we \
             can help at https://support.stripe.com/."
        );
        assert_eq!(plain.status, 404);
        let slash = Error::unrecognized_url("POST", "/v1/customers/");
        assert_eq!(
            slash.message,
            "Unrecognized request URL (POST: /v1/customers/). If you are trying to list objects, \
             remove the trailing slash. If you are trying to retrieve an object, make sure you \
             passed a valid (non-empty) identifier in your code. Please see \
             https://stripe.com/docs or we can help at https://support.stripe.com/."
        );
    }

    #[test]
    fn too_long_a_text_is_shown_by_its_ends() {
        let value = format!("cs_t{}eCUl", "x".repeat(300));
        let error = Error::too_long("session", &value, 66);
        assert_eq!(error.message, "Invalid string: cs_t...eCUl; must be at most 66 characters");
    }

    #[test]
    fn unknown_names_are_told_at_once() {
        let one = Error::parameter_unknown(&["wat".to_string()]);
        assert_eq!(one.message, "Received unknown parameter: wat");
        let two = Error::parameter_unknown(&["wat".to_string(), "huh".to_string()]);
        assert_eq!(two.message, "Received unknown parameters: wat, huh");
        assert_eq!(two.param.as_deref(), Some("wat"));
    }
}
