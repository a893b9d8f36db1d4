//! The balance and what moves it: balance transactions, transfers, payouts, top-ups, reserves.

use super::{IdStyle, PLAIN, Resource};

pub static RESOURCES: &[Resource] = &[
    // Computed from the balance transactions; this is that of an account without any.
    Resource {
        object: "balance",
        id: IdStyle::Given,
        noun: "balance",
        defaults: r#"{
          "available": [{"amount": 0, "currency": "usd", "source_types": {"card": 0}}],
          "pending": [{"amount": 0, "currency": "usd", "source_types": {"card": 0}}]
        }"#,
        ..PLAIN
    },
    Resource {
        object: "balance_settings",
        id: IdStyle::Given,
        noun: "balance_settings",
        defaults: r#"{
          "payments": {
            "debit_negative_balances": true,
            "payouts": {
              "automatic_transfer_rules_by_currency": null, "minimum_balance_by_currency": null,
              "schedule": {"interval": "daily"}, "statement_descriptor": null,
              "status": "enabled"
            },
            "settlement_timing": {"delay_days": 2}
          }
        }"#,
        ..PLAIN
    },
    // `payout` asks for what an automatic payout paid out, which is in none of its fields.
    Resource {
        object: "balance_transaction",
        prefix: "txn_",
        id: IdStyle::Payment,
        noun: "balance transaction",
        indexed: &["source", "type"],
        defaults: r#"{
          "available_on": "@now", "balance_type": "payments", "reporting_category": "charge",
          "status": "pending", "type": "charge"
        }"#,
        ..PLAIN
    },
    // Built from [`crate::money::rate`]; the id is the currency.
    Resource {
        object: "exchange_rate",
        id: IdStyle::Given,
        noun: "exchange rate",
        path_param: "rate_id",
        ..PLAIN
    },
    Resource {
        object: "payout",
        prefix: "po_",
        noun: "payout",
        path_param: "payout",
        indexed: &["destination"],
        defaults: r#"{
          "arrival_date": "@now", "metadata": {}, "method": "standard",
          "reconciliation_status": "not_applicable", "source_type": "card", "status": "pending",
          "trace_id": {"status": "pending", "value": null}, "type": "bank_account"
        }"#,
        ..PLAIN
    },
    // The prefix is assumed.
    Resource {
        object: "reserve.hold",
        prefix: "resh_",
        noun: "reserve.hold",
        defaults: r#"{
          "created_by": "application", "destination": "risk_reserved", "metadata": {},
          "reason": "standalone", "source_type": "card"
        }"#,
        ..PLAIN
    },
    // The prefix is assumed.
    Resource {
        object: "reserve.plan",
        prefix: "resp_",
        noun: "reserve.plan",
        defaults: r#"{
          "created_by": "application", "destination": "risk_reserved", "metadata": {},
          "status": "active", "type": "manual_release"
        }"#,
        ..PLAIN
    },
    // The prefix is assumed.
    Resource {
        object: "reserve.release",
        prefix: "resr_",
        noun: "reserve.release",
        defaults: r#"{
          "created_by": "application", "destination": "payments", "metadata": {},
          "reason": "hold_released_early", "released_at": "@now"
        }"#,
        ..PLAIN
    },
    // The prefix is assumed.
    Resource {
        object: "reserve_transaction",
        prefix: "rtx_",
        noun: "reserve_transaction",
        ..PLAIN
    },
    Resource {
        object: "tax_deducted_at_source",
        prefix: "itds_",
        noun: "tax_deducted_at_source",
        ..PLAIN
    },
    Resource {
        object: "topup",
        prefix: "tu_",
        noun: "topup",
        path_param: "topup",
        defaults: r#"{
          "expected_availability_date": "@now", "initiated_by": "user", "status": "pending"
        }"#,
        ..PLAIN
    },
    Resource {
        object: "transfer",
        prefix: "tr_",
        noun: "transfer",
        path_param: "transfer",
        indexed: &["destination", "transfer_group"],
        defaults: r#"{
          "destination_payment": null,
          "reversals": {
            "object": "list", "data": [], "has_more": false, "total_count": 0,
            "url": "/v1/transfers/{id}/reversals"
          },
          "source_type": "card"
        }"#,
        ..PLAIN
    },
    Resource {
        object: "transfer_reversal",
        prefix: "trr_",
        noun: "transfer reversal",
        parent: "transfer",
        indexed: &["transfer"],
        defaults: r#"{"metadata": {}}"#,
        ..PLAIN
    },
];
