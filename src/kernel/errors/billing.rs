//! What billing refuses. The messages were recorded in test mode, unless a comment says otherwise.

use super::Error;
use crate::money;

impl Error {
    /// The sentence is assumed.
    pub fn feature_key_taken(key: &str) -> Box<Error> {
        Error::invalid(format!("An active feature with the lookup key '{key}' already exists."))
            .code("resource_already_exists")
            .param("lookup_key")
    }

    /// The sentence is assumed.
    pub fn feature_attached_already() -> Box<Error> {
        Error::invalid("This feature is already attached to this product.")
            .param("entitlement_feature")
    }

    /// A portal flow for something that its configuration does not offer. The words are recalled.
    pub fn portal_feature_disabled(done: &str, feature: &str) -> Box<Error> {
        Error::invalid(format!(
            "This subscription cannot be {done} because the {feature} feature in the portal \
             configuration is disabled."
        ))
    }

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

    /// As applications quote it.
    pub fn subscription_incomplete() -> Box<Error> {
        Error::invalid(
            "You cannot update a subscription in `incomplete` status in a way that results in a \
             new invoice or invoice items. Only minor attributes, like `metadata` or \
             `default_payment_method`, can be updated on such subscriptions.",
        )
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

    /// That those of subscriptions are not revised is documented, the words are assumed.
    pub fn invoice_not_revisable() -> Box<Error> {
        Error::invalid("Invoices that are attached to subscriptions cannot be revised.")
            .param("from_invoice[invoice]")
    }

    /// The limit is documented, the words are assumed.
    pub fn invoice_full(most: i64) -> Box<Error> {
        Error::invalid(format!("An invoice can have at most {most} line items."))
    }

    /// That an invoice's own payment intent is not edited or canceled directly is documented, the words
    /// are assumed.
    pub fn intent_of_invoice(verb: &str, param: &'static str) -> Box<Error> {
        let error = Error::invalid(format!(
            "You cannot {verb} this PaymentIntent because it was created by an Invoice. Change or \
             void the Invoice instead."
        ));
        if param.is_empty() { error } else { error.param(param) }
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

    pub fn invoice_not_editable() -> Box<Error> {
        Error::invalid("Invalid invoice: This invoice is no longer editable")
            .code("invoice_not_editable")
    }

    /// `send_invoice` for a customer who has no email address.
    pub fn invoice_without_email() -> Box<Error> {
        Error::invalid(
            "Missing email. In order to create invoices that are sent to the customer, the \
             customer must have a valid email.",
        )
    }

    /// Invoices without lines, which versions before 2022-08-01 did not have.
    pub fn nothing_to_invoice() -> Box<Error> {
        Error::invalid("Nothing to invoice for customer").code("invoice_no_customer_line_items")
    }

    pub fn due_date_unexpected() -> Box<Error> {
        Error::invalid(
            "You can only specify 'due_date' or 'days_until_due' if invoice collection method is \
             'send_invoice'.",
        )
    }

    pub fn no_such_invoice_item(id: &str) -> Box<Error> {
        Error::no_such("Invoice Item", id, "id")
            .message(format!("No such Invoice Item: '{id}'(livemode=false)"))
    }

    pub fn invoice_item_deleted() -> Box<Error> {
        Error::invalid("This invoice item has been deleted.")
    }

    /// The wording is assumed.
    pub fn invoice_item_taken(id: &str, param: &str) -> Box<Error> {
        Error::invalid(format!("The invoice item `{id}` is already on an invoice."))
            .param(param.to_string())
    }

    pub fn no_such_line(id: &str) -> Box<Error> {
        Error::no_such_reference("invoice line item", id, "line_item_id")
    }

    pub fn price_not_one_time(param: String) -> Box<Error> {
        Error::invalid(
            "The price specified is set to `type=recurring` but this field only accepts prices \
             with `type=one_time`.",
        )
        .param(param)
    }

    /// Automatic tax for a customer whose country is not known. The wording is recalled.
    pub fn tax_location_invalid() -> Box<Error> {
        Error::invalid(
            "The customer's location isn't recognized. Set a valid customer address in order to \
             automatically calculate tax.",
        )
        .code("customer_tax_location_invalid")
    }

    /// The wording is assumed.
    pub fn taxed_automatically(param: &'static str) -> Box<Error> {
        Error::invalid(format!("You cannot set `{param}` when automatic tax is enabled."))
            .param(param)
    }

    /// The wording is assumed.
    pub fn line_reference_taken(reference: &str, place: usize) -> Box<Error> {
        Error::invalid(format!("The reference `{reference}` is used by another line item."))
            .param(format!("line_items[{place}][reference]"))
    }

    /// The wording is assumed.
    pub fn tax_date_too_far() -> Box<Error> {
        Error::invalid("The tax date can be at most 31 days in the past or in the future.")
            .param("tax_date")
    }

    /// The wording is assumed.
    pub fn calculation_expired(id: &str) -> Box<Error> {
        Error::invalid(format!("The tax calculation {id} has expired.")).param("calculation")
    }

    /// A session of a customer whose country is not known, and who is not asked for it.
    pub fn checkout_tax_location() -> Box<Error> {
        Error::invalid(
            "Automatic tax calculation in Checkout requires a valid address on the Customer. Add a \
             valid address to the Customer or set `customer_update[address]` to 'auto' to save the \
             billing address entered in Checkout to the Customer.",
        )
        .code("customer_tax_location_invalid")
    }

    // Credit notes. The words of these are assumed.

    pub fn credit_note_not_finalized(status: &str) -> Box<Error> {
        Error::invalid(format!(
            "Credit notes can only be created for open, paid or uncollectible invoices. This \
             invoice is {status}."
        ))
        .param("invoice")
    }

    pub fn credit_note_of_nothing() -> Box<Error> {
        Error::invalid("You must credit the invoice for a positive amount.").param("amount")
    }

    pub fn credit_note_too_large(most: i64) -> Box<Error> {
        Error::invalid(format!(
            "The credit note amount must be less than or equal to the remaining creditable amount \
             ({most})."
        ))
        .param("amount")
    }

    pub fn credit_note_sum(sum: i64, paid: i64, currency: &str) -> Box<Error> {
        Error::invalid(format!(
            "The sum of credit amount, refund amount and out of band amount ({}) must equal the \
             credit note amount ({}).",
            money::format(sum, currency),
            money::format(paid, currency),
        ))
    }

    pub fn credit_note_without_payment() -> Box<Error> {
        Error::invalid(
            "This invoice was not paid through Stripe, so that nothing can be refunded. Use \
             `credit_amount` or `out_of_band_amount` instead.",
        )
        .param("refund_amount")
    }

    pub fn credit_note_void_already() -> Box<Error> {
        Error::invalid("This credit note has already been voided.")
    }

    pub fn credit_note_not_voidable() -> Box<Error> {
        Error::invalid("You can only void a credit note if the associated invoice is open.")
    }

    // Prices and products.

    pub fn price_without_product() -> Box<Error> {
        Error::invalid("You must specify either `product` or `product_data` when creating a price.")
    }

    pub fn price_without_amount() -> Box<Error> {
        Error::invalid(
            "Prices require an `unit_amount` or `unit_amount_decimal` parameter to be set.",
        )
    }

    /// The words are those of the time when the longest interval was a year.
    pub fn interval_too_long(every: &str, most: i64) -> Box<Error> {
        Error::invalid(format!(
            "The interval_count for {every} prices can't be greater than {most}"
        ))
        .param("recurring[interval_count]")
    }

    pub fn tier_without_amount() -> Box<Error> {
        Error::invalid("An entry in the tiers array is missing an amount.").param("tiers")
    }

    /// The wording is assumed.
    pub fn tiers_out_of_order() -> Box<Error> {
        Error::invalid(
            "The tiers must be in ascending order of `up_to`, and the last one must be `inf`.",
        )
        .param("tiers")
    }

    /// The wording is assumed.
    pub fn tiers_unexpected() -> Box<Error> {
        Error::invalid("Tiers can only be set on prices with `billing_scheme=tiered`.")
            .param("tiers")
    }

    /// The wording is assumed.
    pub fn custom_amount_recurring() -> Box<Error> {
        Error::invalid("Prices with `custom_unit_amount` cannot be recurring.")
            .param("custom_unit_amount")
    }

    /// The wording is assumed.
    pub fn custom_amount_unexpected(param: String) -> Box<Error> {
        Error::invalid(
            "The price specified has a `custom_unit_amount`, which can only be used with Checkout \
             Sessions and Payment Links.",
        )
        .param(param)
    }

    /// Text from public issue threads.
    pub fn currency_option_of_own(currency: &str, is_update: bool) -> Box<Error> {
        let (what, then) = match is_update {
            true => ("an update to a currency option", "update the top-level params instead"),
            false => ("a currency option", "it will be added automatically on creation"),
        };
        Error::invalid(format!(
            "You are specifying {what} that matches the top-level currency for this price. Please \
             remove this currency option and {then}."
        ))
        .param(format!("currency_options[{currency}]"))
    }

    pub fn tiers_not_recurring() -> Box<Error> {
        Error::invalid("Prices with `type=one_time` are not supported with tiered billing.")
            .param("interval")
    }

    /// Text from public issue threads.
    pub fn checkout_quantity_metered(place: usize) -> Box<Error> {
        Error::invalid(format!(
            "Quantity should not be specified where usage_type is `metered`. Remove quantity from \
             `line_items[{place}]`"
        ))
    }

    pub fn proration_date_of_nothing() -> Box<Error> {
        Error::invalid("Cannot specify proration date without specifying a subscription")
    }

    /// Usage of what has a meter. Text from public issue threads.
    pub fn usage_record_metered(item: &str) -> Box<Error> {
        Error::invalid(format!(
            "Cannot create a usage record for `{item}` because it is not on the legacy metered \
             billing system. Call /v1/billing/meter_events instead."
        ))
    }

    /// Usage of what is paid for before it is used. The wording is assumed.
    pub fn usage_record_licensed() -> Box<Error> {
        Error::invalid(
            "Usage records can only be created for subscription items whose price has \
             `usage_type=metered`.",
        )
    }

    /// Text from public issue threads.
    pub fn usage_record_too_early() -> Box<Error> {
        Error::invalid(
            "Cannot create the usage record with this timestamp because timestamps must be after \
             the subscription's last invoice period (or current period start time).",
        )
        .param("timestamp")
    }

    /// The wording is assumed.
    pub fn usage_record_too_late() -> Box<Error> {
        Error::invalid(
            "Cannot create the usage record with this timestamp because timestamps must not be in \
             the future.",
        )
        .param("timestamp")
    }

    /// What a meter would not have counted, where that is looked at before the answer.
    pub fn meter_event(code: &'static str, message: String) -> Box<Error> {
        Error::invalid(message).code(code)
    }

    /// An active meter has that name for its events. The wording is assumed.
    pub fn meter_known(event_name: &str) -> Box<Error> {
        Error::invalid(format!("An active meter already exists with event name {event_name}."))
            .code("resource_already_exists")
            .param("event_name")
    }

    /// A price can only be of an active meter. The wording is assumed.
    pub fn meter_inactive() -> Box<Error> {
        Error::invalid("The meter specified is inactive. This field only accepts active meters.")
            .param("recurring[meter]")
    }

    pub fn metered_without_meter() -> Box<Error> {
        Error::invalid(
            "Starting with Stripe version `2025-03-31.basil`, metered prices must be backed by \
             meters.",
        )
    }

    /// The wording is assumed.
    pub fn tax_behavior_fixed() -> Box<Error> {
        Error::invalid(
            "The `tax_behavior` of a price cannot be changed once it is `inclusive` or \
             `exclusive`.",
        )
        .param("tax_behavior")
    }

    /// The wording is assumed.
    pub fn default_price_not_archivable() -> Box<Error> {
        Error::invalid(
            "This price cannot be archived because it is the default price of its product.",
        )
    }

    /// The wording is assumed.
    pub fn default_price_of_another(price: &str) -> Box<Error> {
        Error::invalid(format!(
            "The price `{price}` cannot be the default price because it belongs to another \
             product."
        ))
        .param("default_price")
    }

    // Coupons, promotion codes, discounts.

    pub fn coupon_of_nothing() -> Box<Error> {
        Error::invalid("Must provide percent_off or amount_off.").code("parameter_missing")
    }

    pub fn coupon_of_both() -> Box<Error> {
        Error::invalid(
            "Received both percent_off and amount_off parameters. Please pass in only one.",
        )
    }

    pub fn coupon_without_currency() -> Box<Error> {
        Error::invalid("You must pass currency when passing amount_off").param("currency")
    }

    pub fn coupon_without_months() -> Box<Error> {
        Error::invalid(
            "The duration_in_months param must be set when creating a coupon with a repeating \
             duration",
        )
        .param("duration")
    }

    /// The wording is assumed.
    pub fn percent_too_large() -> Box<Error> {
        Error::invalid("Invalid percent_off: must be less than or equal to 100")
            .param("percent_off")
    }

    pub fn time_in_past(param: &'static str, given: i64) -> Box<Error> {
        Error::invalid(format!(
            "The parameter `{param}` expects a unix timestamp representing a date and time in \
             the future. You specified the value `{given}` which is in the past."
        ))
        .param(param)
    }

    pub fn time_too_far(param: &'static str) -> Box<Error> {
        Error::invalid("Invalid timestamp: can be no more than five years in the future.")
            .param(param)
    }

    /// A coupon that was used as often as it may be, or whose time is over. The wording is recalled.
    pub fn coupon_expired(id: &str, param: &str) -> Box<Error> {
        Error::invalid(format!("Coupon expired: {id}"))
            .code("coupon_expired")
            .param(param.to_string())
    }

    pub fn promotion_without_coupon() -> Box<Error> {
        Error::invalid("You must pass promotion.coupon when passing promotion")
            .param("promotion.coupon")
    }

    pub fn promotion_code_malformed(code: &str) -> Box<Error> {
        Error::invalid(format!(
            "This value must match the regex pattern. (/\\A[a-zA-Z0-9\\-_]+\\z/ does not match for \
             the value {code})."
        ))
        .param("code")
    }

    pub fn promotion_code_taken(code: &str) -> Box<Error> {
        Error::invalid(format!("An active promotion code with `code: {code}` already exists."))
    }

    /// The wording is assumed.
    pub fn promotion_code_spent() -> Box<Error> {
        Error::invalid(
            "This promotion code cannot be activated because its coupon is no longer valid.",
        )
        .param("active")
    }

    /// The wording is recalled.
    pub fn promotion_code_expired(param: &str) -> Box<Error> {
        Error::invalid("This promotion code is expired or cannot be redeemed by this customer.")
            .code("coupon_expired")
            .param(param.to_string())
    }

    pub fn promotion_code_not_first(param: &str) -> Box<Error> {
        Error::invalid(
            "This promotion code cannot be redeemed because the associated customer has prior \
             transactions.",
        )
        .param(param.to_string())
    }

    /// Quoted in public code as Stripe's.
    pub fn promotion_code_minimum(param: &str) -> Box<Error> {
        Error::invalid(
            "This promotion code cannot be redeemed because the associated purchase does not meet \
             the minimum amount requirement.",
        )
        .param(param.to_string())
    }

    /// The wording is assumed.
    pub fn promotion_code_minimum_later(param: &str) -> Box<Error> {
        Error::invalid(
            "Promotion codes with a `minimum_amount` restriction cannot be used on invoice items, \
             subscription items, or updates of subscriptions.",
        )
        .param(param.to_string())
    }

    /// The wording is assumed.
    pub fn promotion_code_outlives(param: &'static str) -> Box<Error> {
        Error::invalid(format!("The `{param}` of a promotion code cannot exceed its coupon's."))
            .param(param)
    }

    /// Text from public code.
    pub fn coupon_repeating_once(id: &str) -> Box<Error> {
        Error::invalid(format!(
            "Coupon {id} has `duration=repeating` and cannot be applied to one-time objects. \
             (invoice item)."
        ))
    }

    /// The wording is assumed.
    pub fn coupon_months_unexpected() -> Box<Error> {
        Error::invalid("You can only pass duration_in_months when duration is repeating")
            .param("duration_in_months")
    }
}

/// Subscriptions. What was not recorded says so.
impl Error {
    pub fn trial_given_twice() -> Box<Error> {
        Error::invalid(
            "You cannot set `trial_end` or `trial_period_days` when `trial_from_plan=true`.",
        )
    }

    /// The words are recalled.
    pub fn anchor_too_late(natural: i64) -> Box<Error> {
        Error::invalid(format!(
            "billing_cycle_anchor cannot be later than next natural billing date ({natural}) for \
             plan"
        ))
        .param("billing_cycle_anchor")
    }

    /// The words are assumed.
    pub fn anchor_in_past() -> Box<Error> {
        Error::invalid("billing_cycle_anchor must be a timestamp in the future")
            .param("billing_cycle_anchor")
    }

    /// The words are assumed; that only months and years can be anchored so is documented.
    pub fn anchor_config_of_days() -> Box<Error> {
        Error::invalid(
            "`billing_cycle_anchor_config` is only supported for prices with an interval of \
             `month` or `year`.",
        )
        .param("billing_cycle_anchor_config")
    }

    /// The words are assumed.
    pub fn backdated_ahead() -> Box<Error> {
        Error::invalid("`backdate_start_date` must be a timestamp in the past.")
            .param("backdate_start_date")
    }

    /// The words are assumed; the limit is documented.
    pub fn backdated_too_far() -> Box<Error> {
        Error::invalid("The first invoice would have more than 250 line items.")
            .param("backdate_start_date")
    }

    /// The words are assumed; the limit is documented.
    pub fn trial_too_long() -> Box<Error> {
        Error::invalid("`trial_end` cannot be more than two years after `billing_cycle_anchor`.")
            .code("subscription_update_trial_after_billing_cycle_anchor")
            .param("trial_end")
    }

    /// The words are assumed.
    pub fn trial_offer_inactive(param: String) -> Box<Error> {
        Error::invalid("The trial offer specified is inactive.").param(param)
    }

    /// The words are assumed; that trial offers want flexible billing and no other trial is
    /// documented.
    pub fn trial_offer_unfit(reason: &str) -> Box<Error> {
        Error::invalid(format!("Trial offers cannot be used with {reason}."))
    }

    /// The words are recalled.
    pub fn too_many_subscriptions(customer: &str, most: usize) -> Box<Error> {
        Error::invalid(format!(
            "Customer {customer} already has the maximum {most} current subscriptions"
        ))
        .code("customer_max_subscriptions")
        .param("customer")
    }

    /// Five years are documented, the words assumed.
    pub fn finalizes_out_of_range() -> Box<Error> {
        Error::invalid(
            "`automatically_finalizes_at` must be a timestamp in the future, at most five years \
             from now.",
        )
        .param("automatically_finalizes_at")
    }

    /// The words are assumed.
    pub fn cancel_at_in_past() -> Box<Error> {
        Error::invalid("`cancel_at` must be a timestamp in the future.").param("cancel_at")
    }

    pub fn duplicate_price(price: &str) -> Box<Error> {
        Error::invalid(format!(
            "Cannot create a Subscription with multiple Subscription Items with the same Price: \
             {price}"
        ))
        .param("plan")
    }

    pub fn price_taken(price: &str, item: &str) -> Box<Error> {
        Error::invalid(format!(
            "A new item with Price {price} can't be added to this Subscription because an \
             existing Subscription Item {item} is already using that Price. If you want to update \
             the existing item (e.g., to adjust the quantity), pass the existing Subscription \
             Item's `id` in your update request: \
             https://stripe.com/docs/api/subscriptions/update#update_subscription-items-id"
        ))
        .param("plan")
    }

    pub fn currencies_mixed(own: &str, others: &str, param: String) -> Box<Error> {
        Error::invalid(format!(
            "This `price` has `currency={own}`, but other items use `currency={others}`. All items \
             must have pricing in the same currency. When using multi-currency prices, you can \
             specify `currency` at the top level, to be used by all items."
        ))
        .param(param)
    }

    pub fn currencies_of_customer(currency: &str) -> Box<Error> {
        Error::invalid(format!(
            "You cannot combine currencies on a single customer. This customer has an active \
             subscription, subscription schedule, discount, quote, or invoice item with currency \
             {currency}"
        ))
    }

    pub fn intervals_mixed() -> Box<Error> {
        Error::invalid(
            "Currency and interval fields must match across all plans on this subscription. Found \
             mismatch in interval field.",
        )
    }

    /// The words are assumed.
    pub fn last_item() -> Box<Error> {
        Error::invalid("A subscription must have at least one active plan.")
    }

    pub fn proration_date_outside() -> Box<Error> {
        Error::invalid("Cannot specify proration date outside of current subscription period")
            .param("proration_date")
    }

    pub fn cancellation_details_early() -> Box<Error> {
        Error::invalid(
            "`cancellation_details` can only be set on subscriptions that are set to cancel.",
        )
        .param("cancellation_details")
    }

    pub fn subscription_not_paused() -> Box<Error> {
        Error::invalid("You can only resume a subscription if it is `paused`.")
    }

    /// What keeps a subscription from being paused, named by its field. The words are assumed.
    pub fn subscription_not_pausable(because: &str) -> Box<Error> {
        Error::invalid(match because {
            "billing_mode" => {
                "You can only pause a subscription if its `billing_mode` is `flexible`."
            }
            "schedule" => "You cannot pause a subscription that is managed by a schedule.",
            _ => "You can only pause a subscription if it is `active` or `trialing`.",
        })
    }

    /// The words are assumed.
    pub fn resumption_is_charged() -> Box<Error> {
        Error::invalid(
            "You can only resume a subscription if its `collection_method` is \
             `charge_automatically`.",
        )
    }

    /// The words are assumed.
    pub fn not_with_pending_updates(name: &str) -> Box<Error> {
        Error::invalid(format!(
            "You cannot pass `{name}` with `payment_behavior` set to `pending_if_incomplete`."
        ))
        .param(name.to_string())
    }

    /// The words are assumed.
    pub fn pending_updates_are_charged() -> Box<Error> {
        Error::invalid(
            "You can only set `payment_behavior` to `pending_if_incomplete` if the subscription's \
             `collection_method` is `charge_automatically`.",
        )
        .param("payment_behavior")
    }

    /// The words are assumed.
    pub fn prorations_stay_itemized() -> Box<Error> {
        Error::invalid("You cannot change `proration_discounts` from `itemized` to `included`.")
            .param("billing_mode[flexible][proration_discounts]")
    }

    /// The words are assumed.
    pub fn preview_names_nothing() -> Box<Error> {
        Error::invalid(
            "You must provide at least one of `subscription`, `subscription_details[items]`, \
             `schedule`, `schedule_details[phases]` or `invoice_items` to preview an invoice.",
        )
    }

    pub fn subscription_item_invalid(id: &str) -> Box<Error> {
        Error::invalid(format!("Invalid subscription_item id: {id}"))
    }

    /// Recorded of the older URL, whose words these are.
    pub fn preview_of_nothing() -> Box<Error> {
        Error::invalid(
            "You must either provide a `customer` or a `subscription` to the upcoming invoice \
             endpoint.",
        )
    }

    /// Text from public issue threads.
    pub fn nothing_upcoming(customer: &str) -> Box<Error> {
        Error::invalid(format!("No upcoming invoices for customer: {customer}"))
            .status(404)
            .code("invoice_upcoming_none")
    }

    /// As quoted publicly.
    pub fn schedule_attached(schedule: &str) -> Box<Error> {
        Error::invalid(format!(
            "You cannot migrate a subscription that is already attached to a schedule: \
             `{schedule}`."
        ))
    }

    /// A schedule that is over; `done` is what was to be done, in its third form. As quoted publicly.
    pub fn schedule_over(verb: &str, status: &str, done: &str) -> Box<Error> {
        Error::invalid(format!(
            "You cannot {verb} a subscription schedule that is currently in the `{status}` status. \
             It must be in `not_started, active` status to be {done}."
        ))
    }

    /// As quoted publicly.
    pub fn phases_unanchored() -> Box<Error> {
        Error::invalid(
            "The subscription schedule update is missing at least one phase with a `start_date` to \
             anchor end dates to.",
        )
    }

    /// As quoted publicly.
    pub fn schedule_takes_nothing_else(name: &str) -> Box<Error> {
        Error::invalid(format!("You cannot set `{name}` if `from_subscription` is set."))
            .param(name.to_string())
    }

    /// As quoted publicly.
    pub fn current_phase_moved() -> Box<Error> {
        Error::invalid("You can not modify the start date of the current phase.")
    }

    /// What no phase can be. The words are assumed.
    pub fn phase_impossible(place: usize, name: &str) -> Box<Error> {
        let why = match name {
            "start_date" => "A phase must begin where the phase before it ends.",
            "end_date" => "A phase must end after it begins.",
            "duration" => "You may only specify one of these parameters: end_date, duration.",
            "trial" => "You may only specify one of these parameters: trial, trial_end.",
            "trial_end" => "The trial of a phase must end within the phase.",
            _ => "A phase that is a trial cannot set the billing cycle anchor to `phase_start`.",
        };
        Error::invalid(why).param(format!("phases[{place}][{name}]"))
    }

    /// The words are those of schedules made from subscriptions.
    pub fn quote_clone_takes_nothing_else(name: &str) -> Box<Error> {
        Error::invalid(format!("You cannot set `{name}` if `from_quote` is set."))
            .param(name.to_string())
    }

    /// The words are assumed.
    pub fn quote_has_customer() -> Box<Error> {
        Error::invalid("The customer of a quote cannot be changed.").param("customer")
    }

    /// What cannot be billed in advance. The words are assumed.
    pub fn prebilling_impossible(name: &str) -> Box<Error> {
        let why = match name {
            "billing_mode" => "Billing schedules need the flexible billing mode.",
            "proration_behavior" => "Billing schedules cannot be used without prorations.",
            "schedule" => "Subscriptions that a schedule manages cannot be billed in advance.",
            "applies_to" => "Usage cannot be billed in advance.",
            "cancel_at" => "No subscription is billed for longer than until it is canceled.",
            _ => "`bill_until` must not be before the end of the current period.",
        };
        Error::invalid(why).param("billing_schedules")
    }

    /// What a portal configuration cannot be. The words are assumed.
    pub fn portal_configuration(name: &str) -> Box<Error> {
        let why = match name {
            "features[subscription_update][products]" => "The portal shows at most 10 products.",
            _ => {
                "Cancellations in the portal cannot be invoiced, and are prorated with \
                 `mode=immediately` only."
            }
        };
        Error::invalid(why).param(name.to_string())
    }

    /// A portal flow that would change nothing. The words are recalled.
    pub fn portal_without_changes() -> Box<Error> {
        Error::invalid(
            "This subscription cannot be updated because there are no changes to confirm.",
        )
    }

    /// As quoted publicly.
    pub fn subscription_scheduled(schedule: &str) -> Box<Error> {
        Error::invalid(format!(
            "The subscription is managed by the subscription schedule `{schedule}`, and updating \
             any cancelation behavior directly is not allowed. Please update the schedule instead."
        ))
    }

    /// What cannot be paused on a schedule, and what a pause there cannot be. The words are assumed.
    pub fn pause_impossible(name: &str) -> Box<Error> {
        let why = match name {
            "pause" => "A pause schedule needs a time to pause at.",
            "resume_at" => "A subscription can only resume after it is paused.",
            "pause_at" => "A subscription cannot be paused in the past.",
            "key" => "You can provide only one pause schedule.",
            _ => {
                "Pause schedules need flexible billing mode and automatic collection in every \
                 phase."
            }
        };
        Error::invalid(why).param("pause_schedules")
    }

    /// The words are assumed.
    pub fn test_clock_back() -> Box<Error> {
        Error::invalid("The test clock can only be advanced to a time after its `frozen_time`.")
            .param("frozen_time")
    }

    /// The words are assumed.
    pub fn test_clock_too_far() -> Box<Error> {
        Error::invalid(
            "The test clock cannot be advanced by more than two intervals of its shortest \
             subscription, or two years where it has none.",
        )
        .param("frozen_time")
    }

    /// The words are assumed.
    pub fn test_clock_full(kind: &str, most: usize) -> Box<Error> {
        let of = if kind == "subscription" { "customer of a test clock" } else { "test clock" };
        Error::invalid(format!("A {of} can have at most {most} {kind}s."))
    }

    /// The words are assumed.
    pub fn test_clock_attached(customer: &str) -> Box<Error> {
        Error::invalid(format!("The customer {customer} is already attached to a test clock."))
            .param("customer")
    }
}
