//! Treasury and Financial Connections.

use super::{IdStyle, PLAIN, Resource};

pub static RESOURCES: &[Resource] = &[
    // `session` asks for the accounts of a session, which is in none of their fields.
    Resource {
        object: "financial_connections.account",
        prefix: "fca_",
        noun: "financial_connections.account",
        path_param: "account",
        defaults: r#"{
          "account_numbers": null, "category": "cash", "display_name": "Test Institution",
          "institution_name": "Test Institution", "last4": "6789",
          "permissions": ["payment_method"], "status": "active", "subcategory": "checking",
          "subscriptions": [], "supported_payment_method_types": ["us_bank_account"]
        }"#,
        ..PLAIN
    },
    Resource {
        object: "financial_connections.account_owner",
        prefix: "fcaown_",
        noun: "financial_connections.account_owner",
        parent: "ownership",
        indexed: &["ownership"],
        ..PLAIN
    },
    Resource {
        object: "financial_connections.account_ownership",
        prefix: "fcaowns_",
        noun: "financial_connections.account_ownership",
        path_param: "ownership",
        ..PLAIN
    },
    // The prefix is assumed.
    Resource {
        object: "financial_connections.authorization",
        prefix: "fcauth_",
        noun: "financial_connections.authorization",
        path_param: "authorization",
        defaults: r#"{"status": "active"}"#,
        ..PLAIN
    },
    Resource {
        object: "financial_connections.session",
        prefix: "fcsess_",
        noun: "financial_connections.session",
        path_param: "session",
        defaults: r#"{
          "accounts": {
            "object": "list", "data": [], "has_more": false,
            "url": "/v1/financial_connections/accounts"
          },
          "client_secret": "{id}_secret_{random:24}", "prefetch": []
        }"#,
        ..PLAIN
    },
    // `transaction_refresh[after]` is a point in the order of refreshes, not a value.
    Resource {
        object: "financial_connections.transaction",
        prefix: "fctxn_",
        noun: "financial_connections.transaction",
        path_param: "transaction",
        indexed: &["account"],
        defaults: r#"{
          "status": "posted", "transacted_at": "@now",
          "transaction_refresh": "fctxnref_{random:24}", "updated": "@now"
        }"#,
        ..PLAIN
    },
    Resource {
        object: "treasury.credit_reversal",
        prefix: "credrev_",
        noun: "treasury.credit_reversal",
        path_param: "credit_reversal",
        indexed: &["financial_account", "received_credit"],
        defaults: r#"{
          "hosted_regulatory_receipt_url":
            "https://payments.stripe.com/regulatory-receipt/{random:88}",
          "network": "ach", "status": "processing"
        }"#,
        ..PLAIN
    },
    // `resolution` (won, lost) is in none of its fields.
    Resource {
        object: "treasury.debit_reversal",
        prefix: "debrev_",
        noun: "treasury.debit_reversal",
        path_param: "debit_reversal",
        indexed: &["financial_account", "received_debit"],
        defaults: r#"{
          "hosted_regulatory_receipt_url":
            "https://payments.stripe.com/regulatory-receipt/{random:88}",
          "network": "ach", "status": "processing"
        }"#,
        ..PLAIN
    },
    Resource {
        object: "treasury.financial_account",
        prefix: "fa_",
        noun: "treasury.financial_account",
        path_param: "financial_account",
        defaults: r#"{
          "active_features": [],
          "balance": {
            "cash": {"usd": 0}, "inbound_pending": {"usd": 0}, "outbound_pending": {"usd": 0}
          },
          "country": "US", "is_default": false, "metadata": {}, "nickname": null,
          "pending_features": [],
          "platform_restrictions": {
            "inbound_flows": "unrestricted", "outbound_flows": "unrestricted"
          },
          "restricted_features": [], "status": "open", "supported_currencies": ["usd"]
        }"#,
        ..PLAIN
    },
    Resource {
        object: "treasury.financial_account_features",
        id: IdStyle::Given,
        noun: "treasury.financial_account_features",
        ..PLAIN
    },
    Resource {
        object: "treasury.inbound_transfer",
        prefix: "ibt_",
        noun: "treasury.inbound_transfer",
        indexed: &["financial_account"],
        defaults: r#"{
          "cancelable": true,
          "hosted_regulatory_receipt_url":
            "https://payments.stripe.com/regulatory-receipt/{random:88}",
          "returned": false, "statement_descriptor": "transfer", "status": "processing",
          "status_transitions": {"failed_at": null, "succeeded_at": null}
        }"#,
        ..PLAIN
    },
    Resource {
        object: "treasury.outbound_payment",
        prefix: "obp_",
        noun: "treasury.outbound_payment",
        indexed: &["customer", "financial_account"],
        defaults: r#"{
          "cancelable": true, "expected_arrival_date": "@now+172800",
          "hosted_regulatory_receipt_url":
            "https://payments.stripe.com/regulatory-receipt/{random:88}",
          "statement_descriptor": "payment", "status": "processing"
        }"#,
        ..PLAIN
    },
    Resource {
        object: "treasury.outbound_transfer",
        prefix: "obt_",
        noun: "treasury.outbound_transfer",
        path_param: "outbound_transfer",
        indexed: &["financial_account"],
        defaults: r#"{
          "cancelable": true,
          "destination_payment_method_details": {
            "billing_details": {
              "address": {
                "city": null, "country": null, "line1": null, "line2": null,
                "postal_code": null, "state": null
              },
              "email": null, "name": null
            },
            "type": "us_bank_account"
          },
          "expected_arrival_date": "@now+172800",
          "hosted_regulatory_receipt_url":
            "https://payments.stripe.com/regulatory-receipt/{random:88}",
          "statement_descriptor": "transfer", "status": "processing"
        }"#,
        ..PLAIN
    },
    Resource {
        object: "treasury.received_credit",
        prefix: "rc_",
        noun: "treasury.received_credit",
        indexed: &["financial_account"],
        defaults: r#"{
          "description": "Stripe Test",
          "hosted_regulatory_receipt_url":
            "https://payments.stripe.com/regulatory-receipt/{random:88}",
          "initiating_payment_method_details": {
            "billing_details": {
              "address": {
                "city": null, "country": null, "line1": null, "line2": null,
                "postal_code": null, "state": null
              },
              "email": null, "name": null
            },
            "type": "us_bank_account",
            "us_bank_account": {
              "bank_name": "STRIPE TEST BANK", "last4": "6789", "routing_number": "110000000"
            }
          },
          "linked_flows": {"source_flow_details": null}, "network": "ach", "status": "succeeded"
        }"#,
        ..PLAIN
    },
    Resource {
        object: "treasury.received_debit",
        prefix: "rd_",
        noun: "treasury.received_debit",
        indexed: &["financial_account"],
        defaults: r#"{
          "description": "Stripe Test",
          "hosted_regulatory_receipt_url":
            "https://payments.stripe.com/regulatory-receipt/{random:88}",
          "initiating_payment_method_details": {
            "billing_details": {
              "address": {
                "city": null, "country": null, "line1": null, "line2": null,
                "postal_code": null, "state": null
              },
              "email": null, "name": null
            },
            "type": "us_bank_account",
            "us_bank_account": {
              "bank_name": "STRIPE TEST BANK", "last4": "6789", "routing_number": "110000000"
            }
          },
          "network": "ach", "status": "succeeded"
        }"#,
        ..PLAIN
    },
    Resource {
        object: "treasury.transaction",
        prefix: "trxn_",
        noun: "treasury.transaction",
        indexed: &["financial_account"],
        defaults: r#"{"flow_details": null, "flow_type": "other", "status": "open"}"#,
        ..PLAIN
    },
    Resource {
        object: "treasury.transaction_entry",
        prefix: "trxne_",
        noun: "treasury.transaction_entry",
        indexed: &["financial_account", "transaction"],
        defaults: r#"{
          "effective_at": "@now", "flow_details": null, "flow_type": "other", "type": "other"
        }"#,
        ..PLAIN
    },
];
