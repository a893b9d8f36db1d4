//! Payments: intents, charges, refunds, disputes, payment methods, Checkout, Radar.

use super::{IdStyle, PLAIN, Resource, Search};

pub static RESOURCES: &[Resource] = &[
    Resource {
        object: "apple_pay_domain",
        prefix: "apwc_",
        noun: "apple_pay_domain",
        path_param: "domain",
        ..PLAIN
    },
    // The outcome, the captured amounts and the balance transaction are the charging flow's.
    // Charges paid by other means than cards have the prefix `py_`. In searches `refunded` is true
    // (in full), false (in part) or null (not at all).
    Resource {
        object: "charge",
        prefix: "ch_",
        id: IdStyle::Payment,
        noun: "charge",
        indexed: &["customer", "payment_intent", "transfer_group"],
        search: &[
            ("amount", Search::Number),
            ("billing_details.address.postal_code", Search::Token),
            ("created", Search::Number),
            ("currency", Search::Token),
            ("customer", Search::Token),
            ("disputed", Search::Token),
            ("metadata", Search::Token),
            ("payment_method_details.card.brand", Search::Token),
            ("payment_method_details.card.exp_month", Search::Token),
            ("payment_method_details.card.exp_year", Search::Token),
            ("payment_method_details.card.fingerprint", Search::Token),
            ("payment_method_details.card.last4", Search::Token),
            ("payment_method_details.card_present.brand", Search::Token),
            ("payment_method_details.card_present.exp_month", Search::Token),
            ("payment_method_details.card_present.exp_year", Search::Token),
            ("payment_method_details.card_present.fingerprint", Search::Token),
            ("payment_method_details.card_present.last4", Search::Token),
            ("payment_method_details.interac_present.brand", Search::Token),
            ("payment_method_details.interac_present.exp_month", Search::Token),
            ("payment_method_details.interac_present.exp_year", Search::Token),
            ("payment_method_details.interac_present.fingerprint", Search::Token),
            ("payment_method_details.interac_present.last4", Search::Token),
            ("refunded", Search::Token),
            ("status", Search::Token),
        ],
        defaults: r#"{
          "billing_details": {
            "address": {
              "city": null, "country": null, "line1": null, "line2": null, "postal_code": null,
              "state": null
            }
          },
          "captured": true, "destination": null, "dispute": null, "fraud_details": {},
          "order": null, "paid": true, "radar_options": {}, "status": "succeeded"
        }"#,
        ..PLAIN
    },
    // These are the defaults of mode `payment`; the domain changes what differs in the other
    // modes. The error for an unknown id names no `param`, and echoes the id without quotes.
    Resource {
        object: "checkout.session",
        prefix: "cs_test_a1",
        id: IdStyle::Plain(56),
        noun: "checkout.session",
        path_param: "",
        indexed: &["customer", "invoice", "payment_intent", "payment_link", "subscription"],
        filters: &[("customer_details[email]", "customer_details.email")],
        when_set: &[(
            "consent_collection",
            r#"{
                  "payment_method_reuse_agreement": null, "promotions": null,
                  "terms_of_service": null
                }"#,
        )],
        defaults: r##"{
          "adaptive_pricing": {"enabled": true}, "automatic_tax": {"provider": null},
          "branding_settings": {
            "background_color": "#ffffff", "border_style": "rounded", "button_color": "#0074d4",
            "display_name": "", "font_family": "default", "icon": null, "logo": null
          },
          "customer_creation": "if_required", "discounts": [], "expires_at": "@now+86400",
          "invoice_creation": {
            "enabled": false,
            "invoice_data": {
              "account_tax_ids": null, "custom_fields": null, "description": null,
              "footer": null, "issuer": null, "metadata": {}, "rendering_options": null
            }
          },
          "managed_payments": {"enabled": false}, "metadata": {}, "mode": "payment",
          "payment_method_collection": "if_required",
          "payment_method_options": {"card": {"request_three_d_secure": "automatic"}},
          "payment_method_types": ["card"], "payment_status": "unpaid",
          "phone_number_collection": {"enabled": false}, "status": "open",
          "total_details": {"amount_discount": 0, "amount_shipping": 0, "amount_tax": 0},
          "ui_mode": "hosted_page", "url": "https://checkout.stripe.com/c/pay/{id}#{random:64}"
        }"##,
        ..PLAIN
    },
    Resource {
        object: "confirmation_token",
        prefix: "ctoken_",
        noun: "confirmation_token",
        path_param: "confirmation_token",
        defaults: r#"{"expires_at": "@now+43200", "metadata": {}, "use_stripe_sdk": true}"#,
        ..PLAIN
    },
    Resource {
        object: "dispute",
        prefix: "du_",
        noun: "dispute",
        path_param: "dispute",
        indexed: &["charge", "payment_intent"],
        defaults: r#"{
          "balance_transaction": null, "evidence": {"enhanced_evidence": {}},
          "evidence_details": {
            "due_by": "@now+691200", "enhanced_eligibility": {},
            "submission_method": "not_submitted"
          },
          "payment_method_details": {
            "card": {
              "brand": "visa", "case_type": "chargeback", "network": "visa",
              "network_reason_code": "10.4"
            },
            "type": "card"
          },
          "reason": "fraudulent", "status": "needs_response"
        }"#,
        ..PLAIN
    },
    Resource {
        object: "forwarding.request",
        prefix: "fwdreq_",
        noun: "forwarding.request",
        defaults: r#"{"metadata": {}}"#,
        ..PLAIN
    },
    // The parent (a Checkout Session, a payment link, a quote) is in none of its fields.
    Resource {
        object: "item",
        prefix: "li_",
        noun: "item",
        defaults: r#"{"metadata": {}}"#,
        ..PLAIN
    },
    Resource {
        object: "mandate",
        prefix: "mandate_",
        noun: "mandate",
        path_param: "mandate",
        indexed: &["payment_method"],
        defaults: r#"{
          "customer_acceptance": {"type": "online"}, "multi_use": {}, "status": "active",
          "type": "multi_use"
        }"#,
        ..PLAIN
    },
    Resource {
        object: "payment_attempt_record",
        prefix: "par_",
        noun: "payment_attempt_record",
        indexed: &["payment_record"],
        defaults: r#"{
          "processor_details": {"custom": {"payment_reference": null}, "type": "custom"},
          "reported_by": "self"
        }"#,
        ..PLAIN
    },
    Resource {
        object: "payment_intent",
        prefix: "pi_",
        id: IdStyle::Payment,
        noun: "payment_intent",
        path_param: "intent",
        indexed: &["customer"],
        search: &[
            ("amount", Search::Number),
            ("created", Search::Number),
            ("currency", Search::Token),
            ("customer", Search::Token),
            ("metadata", Search::Token),
            ("status", Search::Token),
        ],
        defaults: r#"{
          "amount_details": {"tip": {}}, "capture_method": "automatic_async",
          "client_secret": "{id}_secret_{random:25}", "confirmation_method": "automatic",
          "managed_payments": {"enabled": false}, "payment_method_options": {},
          "payment_method_types": ["card"], "shared_payment_granted_token": null, "source": null,
          "status": "requires_payment_method", "transfer_data": null
        }"#,
        ..PLAIN
    },
    // The payment intent is in none of its fields.
    Resource {
        object: "payment_intent_amount_details_line_item",
        prefix: "uli_",
        id: IdStyle::Plain(14),
        noun: "payment_intent_amount_details_line_item",
        ..PLAIN
    },
    Resource {
        object: "payment_link",
        prefix: "plink_",
        noun: "payment link",
        path_param: "payment_link",
        when_set: &[
            ("restrictions", r#"{"completed_sessions": {"count": 0}}"#),
            ("subscription_data", r#"{"invoice_settings": {"issuer": {"type": "self"}}}"#),
        ],
        defaults: r#"{
          "active": true,
          "after_completion": {
            "hosted_confirmation": {"custom_message": null}, "type": "hosted_confirmation"
          },
          "billing_address_collection": "auto", "customer_creation": "if_required",
          "invoice_creation": {
            "enabled": false,
            "invoice_data": {
              "account_tax_ids": null, "custom_fields": null, "description": null,
              "footer": null, "issuer": null, "metadata": {}, "rendering_options": null
            }
          },
          "managed_payments": {"enabled": false}, "payment_method_collection": "always",
          "submit_type": "auto", "tax_id_collection": {"enabled": false, "required": "never"},
          "url": "https://buy.stripe.com/test_{random:18}"
        }"#,
        ..PLAIN
    },
    // Without `customer` (or `customer_account`) the top-level list is empty.
    Resource {
        object: "payment_method",
        prefix: "pm_",
        noun: "PaymentMethod",
        path_param: "payment_method",
        parent: "customer",
        indexed: &["customer"],
        defaults: r#"{
          "allow_redisplay": "unspecified",
          "billing_details": {
            "address": {
              "city": null, "country": null, "line1": null, "line2": null, "postal_code": null,
              "state": null
            }
          },
          "metadata": {}, "shared_payment_granted_token": null
        }"#,
        ..PLAIN
    },
    Resource {
        object: "payment_method_configuration",
        prefix: "pmc_",
        noun: "payment_method_configuration",
        path_param: "configuration",
        defaults: r#"{
          "acss_debit": {
            "available": false,
            "display_preference": {"overridable": null, "preference": "off", "value": "off"}
          },
          "active": true,
          "affirm": {
            "available": false,
            "display_preference": {"overridable": null, "preference": "off", "value": "off"}
          },
          "afterpay_clearpay": {
            "available": false,
            "display_preference": {"overridable": null, "preference": "off", "value": "off"}
          },
          "alipay": {
            "available": false,
            "display_preference": {"overridable": null, "preference": "off", "value": "off"}
          },
          "amazon_pay": {
            "available": false,
            "display_preference": {"overridable": null, "preference": "off", "value": "off"}
          },
          "apple_pay": {
            "available": true,
            "display_preference": {"overridable": null, "preference": "on", "value": "on"}
          },
          "bancontact": {
            "available": false,
            "display_preference": {"overridable": null, "preference": "off", "value": "off"}
          },
          "blik": {
            "available": false,
            "display_preference": {"overridable": null, "preference": "off", "value": "off"}
          },
          "card": {
            "available": true,
            "display_preference": {"overridable": null, "preference": "on", "value": "on"}
          },
          "cartes_bancaires": {
            "available": false,
            "display_preference": {"overridable": null, "preference": "off", "value": "off"}
          },
          "cashapp": {
            "available": false,
            "display_preference": {"overridable": null, "preference": "off", "value": "off"}
          },
          "customer_balance": {
            "available": false,
            "display_preference": {"overridable": null, "preference": "off", "value": "off"}
          },
          "eps": {
            "available": false,
            "display_preference": {"overridable": null, "preference": "off", "value": "off"}
          },
          "giropay": {
            "available": false,
            "display_preference": {"overridable": null, "preference": "off", "value": "off"}
          },
          "google_pay": {
            "available": true,
            "display_preference": {"overridable": null, "preference": "on", "value": "on"}
          },
          "ideal": {
            "available": false,
            "display_preference": {"overridable": null, "preference": "off", "value": "off"}
          },
          "klarna": {
            "available": false,
            "display_preference": {"overridable": null, "preference": "off", "value": "off"}
          },
          "link": {
            "available": true,
            "display_preference": {"overridable": null, "preference": "on", "value": "on"}
          },
          "name": "Default",
          "p24": {
            "available": false,
            "display_preference": {"overridable": null, "preference": "off", "value": "off"}
          },
          "sepa_debit": {
            "available": false,
            "display_preference": {"overridable": null, "preference": "off", "value": "off"}
          },
          "sofort": {
            "available": false,
            "display_preference": {"overridable": null, "preference": "off", "value": "off"}
          },
          "us_bank_account": {
            "available": false,
            "display_preference": {"overridable": null, "preference": "off", "value": "off"}
          },
          "wechat_pay": {
            "available": false,
            "display_preference": {"overridable": null, "preference": "off", "value": "off"}
          }
        }"#,
        ..PLAIN
    },
    Resource {
        object: "payment_method_domain",
        prefix: "pmd_",
        noun: "payment_method_domain",
        path_param: "payment_method_domain",
        defaults: r#"{
          "amazon_pay": {"status": "active"}, "apple_pay": {"status": "active"}, "enabled": true,
          "google_pay": {"status": "active"}, "klarna": {"status": "active"},
          "link": {"status": "active"}, "paypal": {"status": "active"}
        }"#,
        ..PLAIN
    },
    Resource {
        object: "payment_record",
        prefix: "pr_",
        noun: "payment_record",
        filters: &[("created_after", "created>"), ("created_before", "created<")],
        defaults: r#"{
          "processor_details": {"custom": {"payment_reference": null}, "type": "custom"},
          "reported_by": "self"
        }"#,
        ..PLAIN
    },
    Resource {
        object: "radar.early_fraud_warning",
        prefix: "issfr_",
        noun: "radar.early_fraud_warning",
        path_param: "early_fraud_warning",
        indexed: &["charge", "payment_intent"],
        defaults: r#"{"actionable": true, "fraud_type": "misc"}"#,
        ..PLAIN
    },
    Resource {
        object: "radar.payment_evaluation",
        prefix: "peval_",
        noun: "radar.payment_evaluation",
        defaults: r#"{
          "created_at": "@now", "metadata": {}, "recommended_action": "continue",
          "signals": {
            "fraudulent_payment": {"evaluated_at": "@now", "risk_level": "normal", "score": 10}
          }
        }"#,
        ..PLAIN
    },
    // `contains` asks for a list that has that item: the items are rows of their own.
    Resource {
        object: "radar.value_list",
        prefix: "rsl_",
        noun: "radar.value_list",
        path_param: "value_list",
        defaults: r#"{
          "created_by": "jenny.rosen@example.com", "item_type": "string",
          "list_items": {
            "object": "list", "data": [], "has_more": false, "total_count": 0,
            "url": "/v1/radar/value_list_items?value_list={id}"
          }
        }"#,
        ..PLAIN
    },
    Resource {
        object: "radar.value_list_item",
        prefix: "rsli_",
        noun: "radar.value_list_item",
        path_param: "item",
        indexed: &["value_list"],
        defaults: r#"{"created_by": "jenny.rosen@example.com"}"#,
        ..PLAIN
    },
    // Refunds of payments by other means than cards have the prefix `pyr_`.
    Resource {
        object: "refund",
        prefix: "re_",
        id: IdStyle::Payment,
        noun: "refund",
        indexed: &["charge", "payment_intent"],
        defaults: r#"{
          "destination_details": {
            "card": {
              "reference_status": "pending", "reference_type": "acquirer_reference_number",
              "type": "refund"
            },
            "type": "card"
          },
          "metadata": {}, "status": "succeeded"
        }"#,
        ..PLAIN
    },
    Resource {
        object: "review",
        prefix: "prv_",
        noun: "review",
        path_param: "review",
        indexed: &["payment_intent"],
        defaults: r#"{"open": true, "opened_reason": "rule", "reason": "rule"}"#,
        ..PLAIN
    },
    Resource {
        object: "setup_attempt",
        prefix: "setatt_",
        noun: "setup_attempt",
        indexed: &["setup_intent"],
        defaults: r#"{
          "payment_method_details": {"type": "card"}, "status": "succeeded",
          "usage": "off_session"
        }"#,
        ..PLAIN
    },
    Resource {
        object: "setup_intent",
        prefix: "seti_",
        noun: "setupintent",
        path_param: "intent",
        indexed: &["customer", "payment_method"],
        defaults: r#"{
          "client_secret": "{id}_secret_{random:31}", "customer_account": null,
          "flow_directions": null, "managed_payments": {"enabled": false}, "metadata": {},
          "payment_method_options": {}, "payment_method_types": ["card"],
          "status": "requires_payment_method", "usage": "off_session"
        }"#,
        ..PLAIN
    },
    Resource {
        object: "source_mandate_notification",
        prefix: "srcmn_",
        noun: "source_mandate_notification",
        defaults: r#"{"status": "submitted"}"#,
        ..PLAIN
    },
    Resource {
        object: "source_transaction",
        prefix: "srctxn_",
        noun: "source_transaction",
        parent: "source",
        indexed: &["source"],
        defaults: r#"{"status": "succeeded"}"#,
        ..PLAIN
    },
    // The prefix is assumed.
    Resource {
        object: "three_d_secure.authentication",
        prefix: "tdsa_",
        noun: "three_d_secure.authentication",
        defaults: r#"{
          "channel": {"type": "browser"}, "directory_server": "visa",
          "message_category": "payment_authentication", "metadata": {},
          "status": "requires_submission"
        }"#,
        ..PLAIN
    },
    // Tokens of bank accounts begin with `btok_`, of accounts with `ct_`, of persons with `cpt_`,
    // of personal ids with `pii_`.
    Resource {
        object: "token",
        prefix: "tok_",
        noun: "token",
        path_param: "token",
        defaults: r#"{"type": "card"}"#,
        ..PLAIN
    },
];
