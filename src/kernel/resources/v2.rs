//! The objects of the v2 API. Their times are texts: `@time` instead of `@now`.

use super::{IdStyle, PLAIN, Resource};

pub static RESOURCES: &[Resource] = &[
    Resource {
        object: "v2.billing.meter_event",
        id: IdStyle::Given,
        noun: "v2.billing.meter_event",
        defaults: r#"{
          "created": "@time", "identifier": "{hex:8}-{hex:4}-4{hex:3}-a{hex:3}-{hex:12}",
          "timestamp": "@time"
        }"#,
        ..PLAIN
    },
    // The prefix is assumed.
    Resource {
        object: "v2.billing.meter_event_adjustment",
        prefix: "mtr_evt_adj_test_61",
        id: IdStyle::Plain(42),
        noun: "v2.billing.meter_event_adjustment",
        defaults: r#"{"created": "@time", "status": "pending", "type": "cancel"}"#,
        ..PLAIN
    },
    // The prefix is assumed.
    Resource {
        object: "v2.billing.meter_event_session",
        prefix: "mes_test_61",
        id: IdStyle::Plain(42),
        noun: "v2.billing.meter_event_session",
        defaults: r#"{
          "authentication_token": "token_{random:64}", "created": "@time",
          "expires_at": "@time+900"
        }"#,
        ..PLAIN
    },
    // The prefix is assumed.
    Resource {
        object: "v2.commerce.product_catalog_import",
        prefix: "pcimprt_test_61",
        id: IdStyle::Plain(42),
        noun: "v2.commerce.product_catalog_import",
        filters: &[
            ("created_gt", "created>"),
            ("created_gte", "created>="),
            ("created_lt", "created<"),
            ("created_lte", "created<="),
        ],
        defaults: r#"{"created": "@time", "mode": "upsert", "status": "awaiting_upload"}"#,
        ..PLAIN
    },
    // Closed accounts are left out of lists unless `closed` is given.
    Resource {
        object: "v2.core.account",
        prefix: "acct_1",
        id: IdStyle::Plain(15),
        noun: "v2.core.account",
        defaults: r#"{"applied_configurations": [], "created": "@time"}"#,
        ..PLAIN
    },
    // The URL names the account, so the domain writes it.
    Resource {
        object: "v2.core.account_link",
        id: IdStyle::Given,
        noun: "v2.core.account_link",
        defaults: r#"{"created": "@time", "expires_at": "@time+300"}"#,
        ..PLAIN
    },
    Resource {
        object: "v2.core.account_person",
        prefix: "person_test_61",
        id: IdStyle::Plain(42),
        noun: "v2.core.account_person",
        parent: "account",
        indexed: &["account"],
        defaults: r#"{"created": "@time", "updated": "@time"}"#,
        ..PLAIN
    },
    Resource {
        object: "v2.core.account_person_token",
        prefix: "perstok_61",
        id: IdStyle::Plain(42),
        noun: "v2.core.account_person_token",
        defaults: r#"{"created": "@time", "expires_at": "@time+600"}"#,
        ..PLAIN
    },
    Resource {
        object: "v2.core.account_token",
        prefix: "accttok_61",
        id: IdStyle::Plain(42),
        noun: "v2.core.account_token",
        defaults: r#"{"created": "@time", "expires_at": "@time+600"}"#,
        ..PLAIN
    },
    Resource {
        object: "v2.core.event",
        prefix: "evt_test_65",
        id: IdStyle::Plain(44),
        noun: "v2.core.event",
        filters: &[
            ("gt", "created>"),
            ("gte", "created>="),
            ("lt", "created<"),
            ("lte", "created<="),
            ("object_id", "related_object.id"),
            ("types", "type"),
        ],
        defaults: r#"{"created": "@time"}"#,
        ..PLAIN
    },
    Resource {
        object: "v2.core.event_destination",
        prefix: "ed_test_61",
        id: IdStyle::Plain(42),
        noun: "v2.core.event_destination",
        when_set: &[("webhook_endpoint", r#"{"signing_secret": "whsec_test_{random:32}"}"#)],
        defaults: r#"{
          "created": "@time", "description": "", "event_payload": "thin", "status": "enabled",
          "type": "webhook_endpoint", "updated": "@time"
        }"#,
        ..PLAIN
    },
    Resource {
        object: "v2.core.vault.gb_bank_account",
        prefix: "gbba_test_61",
        id: IdStyle::Plain(42),
        noun: "v2.core.vault.gb_bank_account",
        defaults: r#"{
          "bank_account_type": "checking", "bank_name": "STRIPE TEST BANK", "created": "@time",
          "supported_currencies": ["gbp"]
        }"#,
        ..PLAIN
    },
    Resource {
        object: "v2.core.vault.us_bank_account",
        prefix: "usba_test_61",
        id: IdStyle::Plain(42),
        noun: "v2.core.vault.us_bank_account",
        filters: &[("verification_status", "verification.status")],
        defaults: r#"{
          "bank_account_type": "checking", "bank_name": "STRIPE TEST BANK", "created": "@time",
          "supported_currencies": ["usd"], "verification": {"status": "unverified"}
        }"#,
        ..PLAIN
    },
    // `adjusted_flow` asks for the id in any member of that hash. The prefix is assumed.
    Resource {
        object: "v2.money_management.adjustment",
        prefix: "adj_test_61",
        id: IdStyle::Plain(42),
        noun: "v2.money_management.adjustment",
        defaults: r#"{"created": "@time"}"#,
        ..PLAIN
    },
    Resource {
        object: "v2.money_management.financial_account",
        prefix: "fa_test_65",
        id: IdStyle::Plain(42),
        noun: "v2.money_management.financial_account",
        filters: &[("statuses", "status")],
        defaults: r#"{
          "country": "US", "created": "@time", "metadata": {}, "status": "open",
          "storage": {"holds_currencies": ["usd"]}, "type": "storage"
        }"#,
        ..PLAIN
    },
    Resource {
        object: "v2.money_management.financial_address",
        prefix: "finaddr_test_65",
        id: IdStyle::Plain(42),
        noun: "v2.money_management.financial_address",
        indexed: &["financial_account"],
        defaults: r#"{"created": "@time", "status": "pending", "type": "bank_account"}"#,
        ..PLAIN
    },
    Resource {
        object: "v2.money_management.financial_address_credit_simulation",
        id: IdStyle::Given,
        noun: "v2.money_management.financial_address_credit_simulation",
        defaults: r#"{"status": "received"}"#,
        ..PLAIN
    },
    Resource {
        object: "v2.money_management.inbound_transfer",
        prefix: "ibt_test_65",
        id: IdStyle::Plain(42),
        noun: "v2.money_management.inbound_transfer",
        defaults: r#"{"created": "@time", "transfer_history": []}"#,
        ..PLAIN
    },
    Resource {
        object: "v2.money_management.outbound_payment",
        prefix: "obp_test_65",
        id: IdStyle::Plain(42),
        noun: "v2.money_management.outbound_payment",
        filters: &[("recipient", "to.recipient")],
        defaults: r#"{
          "cancelable": true, "created": "@time", "expected_arrival_date": "@time+172800",
          "recipient_notification": {"setting": "configured"}, "statement_descriptor": "Stripe",
          "status": "processing", "status_transitions": {}
        }"#,
        ..PLAIN
    },
    // The prefix is assumed.
    Resource {
        object: "v2.money_management.outbound_setup_intent",
        prefix: "osi_test_65",
        id: IdStyle::Plain(42),
        noun: "v2.money_management.outbound_setup_intent",
        defaults: r#"{
          "created": "@time", "status": "requires_payout_method", "usage_intent": "payment"
        }"#,
        ..PLAIN
    },
    // The prefix is assumed.
    Resource {
        object: "v2.money_management.payout_intent",
        prefix: "pint_test_65",
        id: IdStyle::Plain(42),
        noun: "v2.money_management.payout_intent",
        defaults: r#"{
          "confirmation_method": "automatic", "created": "@time", "status": "pending",
          "status_transitions": {}
        }"#,
        ..PLAIN
    },
    // A bank account of the United States; other payout methods have prefixes of their own.
    Resource {
        object: "v2.money_management.payout_method",
        prefix: "usba_test_65",
        id: IdStyle::Plain(42),
        noun: "v2.money_management.payout_method",
        defaults: r#"{
          "created": "@time", "type": "bank_account",
          "usage_status": {"payments": "eligible", "transfers": "eligible"}
        }"#,
        ..PLAIN
    },
    Resource {
        object: "v2.money_management.payout_methods_bank_account_spec",
        id: IdStyle::Given,
        noun: "v2.money_management.payout_methods_bank_account_spec",
        ..PLAIN
    },
    Resource {
        object: "v2.money_management.received_credit",
        prefix: "rc_test_65",
        id: IdStyle::Plain(42),
        noun: "v2.money_management.received_credit",
        defaults: r#"{
          "created": "@time", "status": "succeeded",
          "status_transitions": {"succeeded_at": "@time"}, "type": "bank_transfer"
        }"#,
        ..PLAIN
    },
    // The prefix is assumed.
    Resource {
        object: "v2.money_management.recipient_verification",
        prefix: "recver_test_65",
        id: IdStyle::Plain(42),
        noun: "v2.money_management.recipient_verification",
        defaults: r#"{
          "created": "@time", "expires_at": "@time+900", "match_result": "match",
          "match_result_details": {"message": "The name matches."}, "status": "verified",
          "verification_type": "confirmation_of_payee"
        }"#,
        ..PLAIN
    },
    // `flow` asks for the id in any member of that hash.
    Resource {
        object: "v2.money_management.transaction",
        prefix: "trxn_test_65",
        id: IdStyle::Plain(42),
        noun: "v2.money_management.transaction",
        indexed: &["financial_account"],
        defaults: r#"{
          "category": "adjustment", "created": "@time",
          "regulatory_receipt": {"status": "not_applicable"}, "status": "posted",
          "status_transitions": {"posted_at": "@time"}
        }"#,
        ..PLAIN
    },
    Resource {
        object: "v2.money_management.transaction_entry",
        prefix: "trxne_test_65",
        id: IdStyle::Plain(42),
        noun: "v2.money_management.transaction_entry",
        indexed: &["transaction"],
        defaults: r#"{
          "created": "@time", "effective_at": "@time",
          "transaction_details": {"category": "adjustment"}
        }"#,
        ..PLAIN
    },
];
