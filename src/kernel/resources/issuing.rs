//! Issuing: cardholders, cards, authorizations, transactions, disputes.

use super::{IdStyle, PLAIN, Resource};

pub static RESOURCES: &[Resource] = &[
    Resource {
        object: "issuing.authorization",
        prefix: "iauth_",
        noun: "issuing authorization",
        path_param: "authorization",
        indexed: &["card", "cardholder"],
        defaults: r#"{
          "amount_details": {"atm_fee": null, "cashback_amount": null},
          "authorization_method": "online", "currency": "usd", "merchant_currency": "usd",
          "merchant_data": {
            "category": "general", "category_code": "5999", "city": null, "country": null,
            "name": null, "network_id": "1234567890", "postal_code": null, "state": null,
            "tax_id": null, "terminal_id": null, "url": null
          },
          "status": "pending",
          "verification_data": {
            "address_line1_check": "not_provided", "address_postal_code_check": "not_provided",
            "cvc_check": "not_provided", "expiry_check": "match"
          }
        }"#,
        ..PLAIN
    },
    Resource {
        object: "issuing.card",
        prefix: "ic_",
        noun: "issuing card",
        path_param: "card",
        indexed: &["cardholder"],
        defaults: r#"{
          "brand": "Visa", "exp_month": 12, "exp_year": 2030, "last4": "{digits:4}",
          "migrate_tokens_from": null, "pin": null,
          "spending_controls": {
            "allowed_card_presences": null, "allowed_categories": null,
            "allowed_merchant_countries": null, "blocked_card_presences": null,
            "blocked_categories": null, "blocked_merchant_countries": null,
            "spending_limits": [], "spending_limits_currency": null
          },
          "status": "inactive",
          "wallets": {
            "apple_pay": {"eligible": true, "ineligible_reason": null},
            "google_pay": {"eligible": true, "ineligible_reason": null},
            "primary_account_identifier": null
          }
        }"#,
        ..PLAIN
    },
    Resource {
        object: "issuing.cardholder",
        prefix: "ich_",
        noun: "issuing cardholder",
        path_param: "cardholder",
        indexed: &["email"],
        when_set: &[("individual", r#"{"dob": null, "verification": null}"#)],
        defaults: r#"{
          "preferred_locales": [], "requirements": {"disabled_reason": null, "past_due": []},
          "spending_controls": {
            "allowed_card_presences": [], "allowed_categories": [],
            "allowed_merchant_countries": [], "blocked_card_presences": [],
            "blocked_categories": [], "blocked_merchant_countries": [], "spending_limits": [],
            "spending_limits_currency": null
          },
          "status": "active", "type": "individual"
        }"#,
        ..PLAIN
    },
    Resource {
        object: "issuing.dispute",
        prefix: "idp_",
        noun: "issuing dispute",
        path_param: "dispute",
        indexed: &["transaction"],
        defaults: r#"{
          "balance_transactions": [], "evidence": {"reason": "fraudulent"},
          "status": "unsubmitted"
        }"#,
        ..PLAIN
    },
    Resource {
        object: "issuing.personalization_design",
        prefix: "ipcd_",
        id: IdStyle::Plain(14),
        noun: "issuing.personalization_design",
        path_param: "personalization_design",
        filters: &[("lookup_keys", "lookup_key")],
        defaults: r#"{
          "preferences": {"is_platform_default": null},
          "rejection_reasons": {"card_logo": [], "carrier_text": []}, "status": "inactive"
        }"#,
        ..PLAIN
    },
    Resource {
        object: "issuing.physical_bundle",
        prefix: "ics_",
        id: IdStyle::Plain(14),
        noun: "issuing.physical_bundle",
        path_param: "physical_bundle",
        defaults: r#"{
          "features": {
            "card_logo": "optional", "carrier_text": "optional", "second_line": "optional"
          },
          "status": "active", "type": "standard"
        }"#,
        ..PLAIN
    },
    Resource {
        object: "issuing.token",
        prefix: "intok_",
        noun: "issuing token",
        path_param: "token",
        indexed: &["card"],
        defaults: r#"{"network": "visa", "network_updated_at": "@now", "status": "requested"}"#,
        ..PLAIN
    },
    Resource {
        object: "issuing.transaction",
        prefix: "ipi_",
        noun: "issuing transaction",
        path_param: "transaction",
        indexed: &["card", "cardholder"],
        defaults: r#"{
          "amount_details": {"atm_fee": null, "cashback_amount": null}, "currency": "usd",
          "merchant_currency": "usd",
          "merchant_data": {
            "category": "general", "category_code": "5999", "city": null, "country": null,
            "name": null, "network_id": "1234567890", "postal_code": null, "state": null,
            "tax_id": null, "terminal_id": null, "url": null
          },
          "network_data": {
            "authorization_code": null, "processing_date": null, "transaction_id": null
          },
          "type": "capture"
        }"#,
        ..PLAIN
    },
];
