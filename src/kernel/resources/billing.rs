//! Billing: products and prices, subscriptions, invoices, quotes, usage, credits, the portal.

use super::{IdStyle, PLAIN, Resource, Search};

pub static RESOURCES: &[Resource] = &[
    Resource {
        object: "billing.alert",
        prefix: "alrt_",
        noun: "billing.alert",
        indexed: &["usage_threshold.meter"],
        filters: &[("meter", "usage_threshold.meter")],
        when_set: &[("usage_threshold", r#"{"recurrence": "one_time"}"#)],
        defaults: r#"{"alert_type": "usage_threshold", "status": "active"}"#,
        ..PLAIN
    },
    Resource {
        object: "billing.alert_triggered",
        id: IdStyle::Given,
        noun: "billing.alert_triggered",
        ..PLAIN
    },
    // Computed from the grants: never stored.
    Resource {
        object: "billing.credit_balance_summary",
        id: IdStyle::Given,
        noun: "billing.credit_balance_summary",
        ..PLAIN
    },
    // `customer` asks for the customer of the grant, which is in none of its fields.
    Resource {
        object: "billing.credit_balance_transaction",
        prefix: "cbtxn_test_61",
        id: IdStyle::Plain(30),
        noun: "billing.credit_balance_transaction",
        indexed: &["credit_grant"],
        defaults: r#"{"effective_at": "@now", "type": "credit"}"#,
        ..PLAIN
    },
    Resource {
        object: "billing.credit_grant",
        prefix: "credgr_test_61",
        id: IdStyle::Plain(30),
        noun: "billing.credit_grant",
        indexed: &["customer"],
        defaults: r#"{
          "category": "paid", "effective_at": "@now", "priority": 50, "updated": "@now"
        }"#,
        ..PLAIN
    },
    // The prefix is assumed.
    Resource {
        object: "billing.feedback_option",
        prefix: "bfo_test_61",
        id: IdStyle::Plain(30),
        noun: "billing.feedback_option",
        defaults: r#"{"status": "active"}"#,
        ..PLAIN
    },
    Resource {
        object: "billing.meter",
        prefix: "mtr_test_61",
        id: IdStyle::Plain(30),
        noun: "billing.meter",
        indexed: &["event_name"],
        defaults: r#"{
          "customer_mapping": {"event_payload_key": "stripe_customer_id", "type": "by_id"},
          "status": "active", "updated": "@now", "value_settings": {"event_payload_key": "value"}
        }"#,
        ..PLAIN
    },
    Resource {
        object: "billing.meter_event",
        id: IdStyle::Given,
        noun: "billing.meter_event",
        indexed: &["payload.stripe_customer_id"],
        defaults: r#"{
          "identifier": "{hex:8}-{hex:4}-4{hex:3}-a{hex:3}-{hex:12}", "timestamp": "@now"
        }"#,
        ..PLAIN
    },
    Resource {
        object: "billing.meter_event_adjustment",
        id: IdStyle::Given,
        noun: "billing.meter_event_adjustment",
        defaults: r#"{"status": "pending", "type": "cancel"}"#,
        ..PLAIN
    },
    // Computed from the events: `customer`, `start_time`, `end_time` and `value_grouping_window`
    // ask for it.
    Resource {
        object: "billing.meter_event_summary",
        prefix: "mtrusg_test_61",
        id: IdStyle::Plain(30),
        noun: "billing.meter_event_summary",
        parent: "meter",
        ..PLAIN
    },
    Resource {
        object: "billing_portal.configuration",
        prefix: "bpc_",
        noun: "billing_portal.configuration",
        path_param: "configuration",
        defaults: r#"{
          "active": true,
          "features": {
            "subscription_pause": {
              "duration": {
                "interval_options": [{"interval": "month", "interval_count": 1}],
                "type": "interval_options"
              }
            },
            "subscription_cancel": {"mode": "at_period_end", "proration_behavior": "none"},
            "subscription_update": {
              "billing_cycle_anchor": "unchanged", "proration_behavior": "none",
              "trial_update_behavior": "end_trial"
            }
          },
          "metadata": {}, "updated": "@now"
        }"#,
        ..PLAIN
    },
    Resource {
        object: "billing_portal.session",
        prefix: "bps_",
        noun: "billing_portal.session",
        path_param: "session",
        when_set: &[(
            "flow",
            r#"{
                  "after_completion": {
                    "hosted_confirmation": null, "redirect": null, "type": "portal_homepage"
                  }
                }"#,
        )],
        defaults: r#"{"url": "https://billing.stripe.com/p/session/test_{random:96}"}"#,
        ..PLAIN
    },
    // The caller may choose the id; a deleted one is gone (404).
    Resource {
        object: "coupon",
        id: IdStyle::Plain(8),
        noun: "coupon",
        path_param: "coupon",
        defaults: r#"{"duration": "once", "metadata": {}, "valid": true}"#,
        ..PLAIN
    },
    Resource {
        object: "credit_note",
        prefix: "cn_",
        noun: "credit note",
        indexed: &["customer", "invoice"],
        defaults: r#"{
          "effective_at": "@now",
          "lines": {
            "object": "list", "data": [], "has_more": false, "url": "/v1/credit_notes/{id}/lines"
          },
          "metadata": {},
          "pdf": "https://pay.stripe.com/credit_notes/{account}/test_{random:96}/pdf?s=ap",
          "status": "issued", "total_taxes": [], "type": "pre_payment"
        }"#,
        ..PLAIN
    },
    // The credit note is in none of its fields.
    Resource {
        object: "credit_note_line_item",
        prefix: "cnli_",
        noun: "credit note line item",
        path_param: "line",
        defaults: r#"{"metadata": {}, "quantity": 1, "taxes": [], "type": "custom_line_item"}"#,
        ..PLAIN
    },
    // Retrieved only through what it is attached to; deleting one answers the whole object.
    Resource {
        object: "discount",
        prefix: "di_",
        noun: "discount",
        defaults: r#"{"source": {"type": "coupon"}, "start": "@now"}"#,
        ..PLAIN
    },
    // `customer` asks for the customer, who is in none of its fields.
    Resource {
        object: "entitlements.active_entitlement",
        prefix: "ent_test_61",
        id: IdStyle::Plain(30),
        noun: "entitlements.active_entitlement",
        ..PLAIN
    },
    Resource {
        object: "entitlements.active_entitlement_summary",
        id: IdStyle::Given,
        noun: "entitlements.active_entitlement_summary",
        ..PLAIN
    },
    Resource {
        object: "entitlements.feature",
        prefix: "feat_test_61",
        id: IdStyle::Plain(30),
        noun: "entitlements.feature",
        indexed: &["lookup_key"],
        filters: &[("archived", "!active")],
        defaults: r#"{"active": true}"#,
        ..PLAIN
    },
    // The `param` of the error is `invoice` for GET, DELETE and send, `id` for the other verbs.
    Resource {
        object: "invoice",
        prefix: "in_",
        noun: "invoice",
        path_param: "invoice",
        indexed: &["customer", "parent.subscription_details.subscription"],
        filters: &[
            ("subscription", "parent.subscription_details.subscription"),
            ("last_finalization_error_code", "last_finalization_error.code"),
            ("last_finalization_error_type", "last_finalization_error.type"),
        ],
        search: &[
            ("created", Search::Number),
            ("currency", Search::Token),
            ("customer", Search::Token),
            ("last_finalization_error_code", Search::Text),
            ("last_finalization_error_type", Search::Text),
            ("metadata", Search::Token),
            ("number", Search::Text),
            ("receipt_number", Search::Text),
            ("status", Search::Text),
            ("subscription", Search::Text),
            ("total", Search::Number),
        ],
        defaults: r#"{
          "amount_paid_off_stripe": 0, "auto_advance": false, "billing_reason": "manual",
          "collection_method": "charge_automatically", "customer_tax_exempt": "none",
          "customer_tax_ids": [], "hosted_invoice_url": null, "invoice_pdf": null,
          "issuer": {"type": "self"},
          "lines": {
            "object": "list", "data": [], "has_more": false, "total_count": 0,
            "url": "/v1/invoices/{id}/lines"
          },
          "metadata": {}, "period_end": "@now", "period_start": "@now",
          "rendering": {
            "amount_tax_display": null, "pdf": {"page_size": "auto"}, "template": null,
            "template_version": null
          },
          "status": "draft", "subtotal_excluding_tax": 0, "total_discount_amounts": [],
          "total_excluding_tax": 0, "total_pretax_credit_amounts": [], "total_taxes": [],
          "webhooks_delivered_at": "@now"
        }"#,
        ..PLAIN
    },
    Resource {
        object: "invoice_payment",
        prefix: "inpay_",
        noun: "invoice_payment",
        path_param: "invoice_payment",
        indexed: &["invoice", "payment.payment_intent"],
        filters: &[
            ("payment[payment_intent]", "payment.payment_intent"),
            ("payment[payment_record]", "payment.payment_record"),
            ("payment[type]", "payment.type"),
        ],
        defaults: r#"{
          "is_default": true, "payment": {"type": "payment_intent"}, "status": "open"
        }"#,
        ..PLAIN
    },
    Resource {
        object: "invoice_rendering_template",
        prefix: "inrtem_",
        noun: "invoice_rendering_template",
        path_param: "template",
        defaults: r#"{"metadata": {}, "status": "active", "version": 1}"#,
        ..PLAIN
    },
    // The message ends in `(livemode=false)`: `No such Invoice Item: 'ii_...'(livemode=false)`.
    Resource {
        object: "invoiceitem",
        prefix: "ii_",
        noun: "Invoice Item",
        indexed: &["customer", "invoice"],
        filters: &[("created", "date"), ("pending", "!invoice")],
        defaults: r#"{
          "date": "@now", "discountable": true, "discounts": [], "invoicing_rules": [],
          "metadata": {}, "period": {"end": "@now", "start": "@now"}, "quantity": 1,
          "quantity_decimal": "1", "tax_rates": []
        }"#,
        ..PLAIN
    },
    // The types list a `subscription` that is not on the wire.
    Resource {
        object: "line_item",
        prefix: "il_",
        noun: "line item",
        path_param: "line_item_id",
        parent: "invoice",
        indexed: &["invoice"],
        defaults: r#"{
          "discount_amounts": [], "discountable": true, "pretax_credit_amounts": [],
          "quantity": 1, "quantity_decimal": "1", "subscription": "@absent", "taxes": []
        }"#,
        ..PLAIN
    },
    // The caller may choose the id. Every plan is also a price with the same id.
    Resource {
        object: "plan",
        prefix: "plan_",
        id: IdStyle::Plain(14),
        noun: "plan",
        path_param: "plan",
        indexed: &["product"],
        defaults: r#"{
          "active": true, "billing_scheme": "per_unit", "interval_count": 1, "metadata": {},
          "usage_type": "licensed"
        }"#,
        ..PLAIN
    },
    // `currency_options` and `tiers` are sent only when expanded.
    Resource {
        object: "price",
        prefix: "price_",
        noun: "price",
        path_param: "price",
        indexed: &["lookup_key", "product"],
        filters: &[("lookup_keys", "lookup_key")],
        search: &[
            ("active", Search::Token),
            ("currency", Search::Token),
            ("lookup_key", Search::Text),
            ("metadata", Search::Token),
            ("product", Search::Text),
            ("type", Search::Token),
        ],
        when_set: &[("recurring", r#"{"interval_count": 1, "usage_type": "licensed"}"#)],
        defaults: r#"{
          "active": true, "billing_scheme": "per_unit", "tax_behavior": "unspecified",
          "type": "one_time"
        }"#,
        ..PLAIN
    },
    // The caller may choose the id; a deleted one is gone (404).
    Resource {
        object: "product",
        prefix: "prod_",
        id: IdStyle::Plain(14),
        noun: "product",
        filters: &[("ids", "id")],
        search: &[
            ("active", Search::Token),
            ("description", Search::Text),
            ("metadata", Search::Token),
            ("name", Search::Text),
            ("shippable", Search::Token),
            ("url", Search::Text),
        ],
        defaults: r#"{
          "active": true, "attributes": [], "default_price": null, "statement_descriptor": null,
          "tax_code": null, "type": "service", "unit_label": null, "updated": "@now"
        }"#,
        ..PLAIN
    },
    // `created` asks for a time that is in none of its fields.
    Resource {
        object: "product_catalog.trial_offer",
        prefix: "to_",
        noun: "product_catalog.trial_offer",
        filters: &[("prices", "price")],
        defaults: r#"{
          "active": true, "duration": {"type": "relative"}, "end_behavior": {"type": "transition"}
        }"#,
        ..PLAIN
    },
    // The product is in none of its fields.
    Resource {
        object: "product_feature",
        prefix: "prodft_",
        id: IdStyle::Plain(14),
        noun: "product_feature",
        ..PLAIN
    },
    Resource {
        object: "promotion_code",
        prefix: "promo_",
        noun: "promotion code",
        path_param: "promotion_code",
        indexed: &["code", "customer", "promotion.coupon"],
        filters: &[("coupon", "promotion.coupon")],
        defaults: r#"{
          "active": true, "code": "{upper:8}", "metadata": {}, "promotion": {"type": "coupon"}
        }"#,
        ..PLAIN
    },
    Resource {
        object: "quote",
        prefix: "qt_",
        noun: "quote",
        path_param: "quote",
        indexed: &["customer"],
        defaults: r#"{
          "collection_method": "charge_automatically",
          "computed": {"upfront": {"total_details": {"amount_shipping": 0}}},
          "default_tax_rates": [], "expires_at": "@now+2592000",
          "invoice_settings": {"issuer": {"type": "self"}}, "status": "draft",
          "subscription_data": {
            "billing_mode": {"flexible": {"proration_discounts": "included"}, "type": "flexible"}
          },
          "total_details": {"amount_shipping": 0}
        }"#,
        ..PLAIN
    },
    Resource {
        object: "shipping_rate",
        prefix: "shr_",
        noun: "shipping rate",
        path_param: "shipping_rate_token",
        filters: &[("currency", "fixed_amount.currency")],
        defaults: r#"{"active": true, "tax_behavior": "unspecified", "type": "fixed_amount"}"#,
        ..PLAIN
    },
    // The top-level `plan` and `quantity` are those of the only item. Lists leave out `canceled`
    // and `incomplete_expired` ones unless `status` is given; `status=all` is every one,
    // `status=ended` those two. Those of a test clock show with `test_clock` or `customer` only.
    Resource {
        object: "subscription",
        prefix: "sub_",
        noun: "subscription",
        indexed: &["customer", "test_clock"],
        filters: &[("plan", "items.data.plan"), ("price", "items.data.price")],
        search: &[
            ("created", Search::Number),
            ("metadata", Search::Token),
            ("status", Search::Token),
        ],
        when_set: &[("pause_collection", r#"{"resumes_at": null}"#)],
        defaults: r#"{
          "billing_cycle_anchor": "@now",
          "billing_mode": {
            "flexible": {"proration_discounts": "included"}, "type": "flexible",
            "updated_at": "@now"
          },
          "cancellation_details": {
            "comment": null, "feedback": null, "feedback_option": null, "reason": null
          },
          "collection_method": "charge_automatically", "default_tax_rates": [],
          "invoice_settings": {"issuer": {"type": "self"}},
          "items": {
            "object": "list", "data": [], "has_more": false, "total_count": 0,
            "url": "/v1/subscription_items?subscription={id}"
          },
          "managed_payments": {"enabled": false},
          "payment_settings": {
            "payment_method_options": null, "payment_method_types": null,
            "save_default_payment_method": "off"
          },
          "plan": null, "quantity": null, "start_date": "@now", "status": "active",
          "trial_settings": {
            "end_behavior": {
              "billing_cycle_anchor": null, "missing_payment_method": "create_invoice"
            }
          }
        }"#,
        ..PLAIN
    },
    // Lists are in the order of creation. Metered items have no `quantity`.
    Resource {
        object: "subscription_item",
        prefix: "si_",
        id: IdStyle::Plain(14),
        noun: "subscription_item",
        indexed: &["subscription"],
        defaults: r#"{"current_period_start": "@now", "quantity": 1, "tax_rates": []}"#,
        ..PLAIN
    },
    Resource {
        object: "subscription_schedule",
        prefix: "sub_sched_",
        noun: "subscription_schedule",
        path_param: "schedule",
        indexed: &["customer", "subscription"],
        filters: &[("scheduled", "status=not_started")],
        defaults: r#"{
          "billing_mode": {
            "flexible": {"proration_discounts": "included"}, "type": "flexible",
            "updated_at": "@now"
          },
          "default_settings": {
            "automatic_tax": {"disabled_reason": null, "enabled": false, "liability": null},
            "billing_cycle_anchor": "automatic", "collection_method": "charge_automatically",
            "invoice_settings": {"issuer": {"type": "self"}}
          },
          "end_behavior": "release", "metadata": {}, "renewal_interval": null,
          "status": "not_started"
        }"#,
        ..PLAIN
    },
    Resource {
        object: "tax_rate",
        prefix: "txr_",
        noun: "tax rate",
        path_param: "tax_rate",
        defaults: r#"{"active": true, "metadata": {}, "rate_type": "percentage"}"#,
        ..PLAIN
    },
    Resource {
        object: "test_helpers.test_clock",
        prefix: "clock_",
        noun: "billingclock",
        path_param: "test_clock",
        defaults: r#"{"deletes_after": "@now+2592000", "status": "ready", "status_details": {}}"#,
        ..PLAIN
    },
    // Of versions before 2025-03-31 only.
    Resource {
        object: "usage_record",
        prefix: "mbur_",
        noun: "usage_record",
        indexed: &["subscription_item"],
        ..PLAIN
    },
    // Of versions before 2025-03-31 only; computed from the records.
    Resource {
        object: "usage_record_summary",
        prefix: "sis_",
        noun: "usage_record_summary",
        parent: "subscription_item",
        ..PLAIN
    },
];
