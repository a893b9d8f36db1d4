//! Customers and what hangs on them: cash balance, legacy sources, tax ids.

use super::{Deleted, IdStyle, PLAIN, Resource, Search};

pub static RESOURCES: &[Resource] = &[
    // Under `/v1/accounts/{id}/external_accounts` the parent is `account`, the noun `external
    // account`, and the object has `available_payout_methods`, `default_for_currency` and both
    // requirements.
    Resource {
        object: "bank_account",
        prefix: "ba_",
        noun: "source",
        parent: "customer",
        indexed: &["account", "customer"],
        defaults: r#"{"bank_name": "STRIPE TEST BANK", "metadata": {}, "status": "new"}"#,
        ..PLAIN
    },
    // Under `/v1/accounts/{id}/external_accounts` the parent is `account`, the noun `external
    // account`.
    Resource {
        object: "card",
        prefix: "card_",
        noun: "source",
        parent: "customer",
        indexed: &["account", "customer"],
        defaults: r#"{
          "allow_redisplay": "unspecified", "brand": "Visa", "email": null, "fingerprint": null,
          "funding": "credit", "metadata": {}, "phone": null, "regulated_status": "unregulated",
          "wallet": null
        }"#,
        ..PLAIN
    },
    Resource {
        object: "cash_balance",
        id: IdStyle::Given,
        noun: "cash_balance",
        parent: "customer",
        defaults: r#"{
          "settings": {"reconciliation_mode": "automatic", "using_merchant_default": true}
        }"#,
        ..PLAIN
    },
    // Customers of a test clock are left out of lists unless `test_clock` is given.
    Resource {
        object: "customer",
        prefix: "cus_",
        id: IdStyle::Plain(14),
        noun: "customer",
        indexed: &["email", "test_clock"],
        search: &[
            ("created", Search::Number),
            ("email", Search::Text),
            ("metadata", Search::Token),
            ("name", Search::Text),
            ("phone", Search::Text),
        ],
        deleted: Deleted::Stub,
        defaults: r#"{
          "address": null, "currency": null, "customer_account": null, "delinquent": false,
          "discount": null, "invoice_prefix": "{upper:8}", "name": null,
          "next_invoice_sequence": 1, "phone": null, "preferred_locales": [],
          "tax_exempt": "none", "test_clock": null
        }"#,
        ..PLAIN
    },
    Resource {
        object: "customer_balance_transaction",
        prefix: "cbtxn_",
        noun: "abstracttransaction",
        path_param: "transaction",
        parent: "customer",
        indexed: &["customer"],
        defaults: r#"{"metadata": {}, "type": "adjustment"}"#,
        ..PLAIN
    },
    Resource {
        object: "customer_cash_balance_transaction",
        prefix: "ccsbtxn_",
        noun: "customer_cash_balance_transaction",
        path_param: "transaction",
        parent: "customer",
        indexed: &["customer"],
        defaults: r#"{"type": "funded"}"#,
        ..PLAIN
    },
    Resource {
        object: "customer_session",
        id: IdStyle::Given,
        noun: "customer_session",
        defaults: r#"{
          "client_secret": "cuss_secret_{random:46}",
          "components": {
            "active_entitlements": {"enabled": false}, "buy_button": {"enabled": false},
            "customer_portal": {"enabled": false},
            "customer_sheet": {"enabled": false, "features": null},
            "mobile_payment_element": {"enabled": false, "features": null},
            "payment_element": {"enabled": false, "features": null},
            "pricing_table": {"enabled": false}
          },
          "expires_at": "@now+1800"
        }"#,
        ..PLAIN
    },
    // Deleting one answers the whole object, without its secret.
    Resource {
        object: "ephemeral_key",
        prefix: "ephkey_",
        noun: "ephemeral_key",
        path_param: "key",
        defaults: r#"{
          "associated_objects": [], "expires": "@now+3600",
          "secret": "ek_test_{random:72}_00{random:8}"
        }"#,
        ..PLAIN
    },
    Resource {
        object: "funding_instructions",
        id: IdStyle::Given,
        noun: "funding_instructions",
        defaults: r#"{"funding_type": "bank_transfer"}"#,
        ..PLAIN
    },
    Resource {
        object: "source",
        prefix: "src_",
        noun: "source",
        path_param: "source",
        parent: "customer",
        indexed: &["customer"],
        defaults: r#"{
          "client_secret": "src_client_secret_{random:24}", "flow": "none", "metadata": {},
          "owner": {
            "address": null, "email": null, "name": null, "phone": null,
            "verified_address": null, "verified_email": null, "verified_name": null,
            "verified_phone": null
          },
          "status": "pending", "usage": "reusable"
        }"#,
        ..PLAIN
    },
    // The top-level list is that of the account itself (`owner[type]=self`) unless `owner` is
    // given.
    Resource {
        object: "tax_id",
        prefix: "txi_",
        noun: "tax id",
        parent: "customer",
        indexed: &["customer"],
        defaults: r#"{
          "owner": {"customer_account": null, "type": "self"},
          "verification": {
            "status": "unavailable", "verified_address": null, "verified_name": null
          }
        }"#,
        ..PLAIN
    },
];
