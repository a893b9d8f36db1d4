//! Connect: accounts, persons, capabilities, application fees, apps.

use super::{IdStyle, PLAIN, Resource};

pub static RESOURCES: &[Resource] = &[
    // A new standard account of the United States; type, country and requirements are the
    // domain's. An unknown or deleted one is refused with 403 `account_invalid`.
    Resource {
        object: "account",
        prefix: "acct_1",
        id: IdStyle::Plain(15),
        noun: "account",
        path_param: "account",
        when_set: &[(
            "company",
            r#"{
                  "address": {
                    "city": null, "country": null, "line1": null, "line2": null,
                    "postal_code": null, "state": null
                  },
                  "directors_provided": false, "executives_provided": false, "name": null,
                  "owners_provided": false, "tax_id_provided": false,
                  "verification": {
                    "document": {
                      "back": null, "details": null, "details_code": null, "front": null
                    }
                  }
                }"#,
        )],
        defaults: r#"{
          "business_profile": {
            "annual_revenue": null, "estimated_worker_count": null, "mcc": null,
            "minority_owned_business_designation": null, "name": null,
            "product_description": null, "specified_commercial_transactions_act_url": null,
            "support_address": null, "support_email": null, "support_phone": null,
            "support_url": null, "url": null
          },
          "business_type": null, "capabilities": {},
          "controller": {
            "fees": {"payer": "account"}, "is_controller": true,
            "losses": {"payments": "stripe"}, "requirement_collection": "stripe",
            "stripe_dashboard": {"type": "full"}, "type": "application"
          },
          "country": "US", "created": "@now", "default_currency": "usd",
          "external_accounts": {
            "object": "list", "data": [], "has_more": false, "total_count": 0,
            "url": "/v1/accounts/{id}/external_accounts"
          },
          "future_requirements": {
            "alternatives": [], "current_deadline": null, "currently_due": [],
            "disabled_reason": null, "errors": [], "eventually_due": [], "past_due": [],
            "pending_verification": []
          },
          "metadata": {},
          "requirements": {
            "alternatives": [], "current_deadline": null,
            "currently_due": [
              "business_profile.product_description", "business_profile.support_phone",
              "business_profile.url", "external_account", "tos_acceptance.date",
              "tos_acceptance.ip"
            ],
            "disabled_reason": "requirements.past_due", "errors": [],
            "eventually_due": [
              "business_profile.product_description", "business_profile.support_phone",
              "business_profile.url", "external_account", "tos_acceptance.date",
              "tos_acceptance.ip"
            ],
            "past_due": [
              "business_profile.product_description", "business_profile.support_phone",
              "business_profile.url", "external_account", "tos_acceptance.date",
              "tos_acceptance.ip"
            ],
            "pending_verification": []
          },
          "settings": {
            "bacs_debit_payments": {"display_name": null, "service_user_number": null},
            "branding": {
              "icon": null, "logo": null, "primary_color": null, "secondary_color": null
            },
            "card_issuing": {"tos_acceptance": {"date": null, "ip": null}},
            "card_payments": {
              "decline_on": {"avs_failure": false, "cvc_failure": false},
              "statement_descriptor_prefix": null, "statement_descriptor_prefix_kana": null,
              "statement_descriptor_prefix_kanji": null
            },
            "dashboard": {"display_name": null, "timezone": "Etc/UTC"},
            "invoices": {"default_account_tax_ids": null, "hosted_payment_method_save": "offer"},
            "payments": {
              "statement_descriptor": null, "statement_descriptor_kana": null,
              "statement_descriptor_kanji": null
            },
            "payouts": {
              "debit_negative_balances": true,
              "schedule": {"delay_days": 2, "interval": "daily"}, "statement_descriptor": null
            },
            "sepa_debit_payments": {}
          },
          "tos_acceptance": {"date": null, "ip": null, "user_agent": null}, "type": "standard"
        }"#,
        ..PLAIN
    },
    // The URL names the account, so the domain writes it.
    Resource {
        object: "account_link",
        id: IdStyle::Given,
        noun: "account_link",
        defaults: r#"{"expires_at": "@now+300"}"#,
        ..PLAIN
    },
    Resource {
        object: "account_session",
        id: IdStyle::Given,
        noun: "account_session",
        defaults: r#"{"client_secret": "accs_secret__{random:58}", "expires_at": "@now+3600"}"#,
        ..PLAIN
    },
    Resource {
        object: "application",
        prefix: "ca_",
        id: IdStyle::Plain(32),
        noun: "application",
        ..PLAIN
    },
    Resource {
        object: "application_fee",
        prefix: "fee_",
        noun: "application fee",
        indexed: &["charge"],
        defaults: r#"{
          "refunds": {
            "object": "list", "data": [], "has_more": false, "total_count": 0,
            "url": "/v1/application_fees/{id}/refunds"
          }
        }"#,
        ..PLAIN
    },
    // The prefix is assumed.
    Resource {
        object: "apps.install",
        prefix: "appinst_",
        noun: "apps.install",
        indexed: &["account", "app"],
        defaults: r#"{"channel": "testing", "status": "installed"}"#,
        ..PLAIN
    },
    // Found by `name` and `scope` (`/v1/apps/secrets/find`); `payload` is sent only when expanded.
    Resource {
        object: "apps.secret",
        prefix: "appsecret_",
        id: IdStyle::Plain(34),
        noun: "apps.secret",
        ..PLAIN
    },
    // The id is the capability's name, such as `card_payments`, once per account.
    Resource {
        object: "capability",
        id: IdStyle::Given,
        noun: "capability",
        path_param: "capability",
        parent: "account",
        indexed: &["account"],
        defaults: r#"{
          "future_requirements": {
            "alternatives": [], "current_deadline": null, "currently_due": [],
            "disabled_reason": null, "errors": [], "eventually_due": [], "past_due": [],
            "pending_verification": []
          },
          "requirements": {
            "alternatives": [], "current_deadline": null, "currently_due": [],
            "disabled_reason": null, "errors": [], "eventually_due": [], "past_due": [],
            "pending_verification": []
          },
          "status": "unrequested"
        }"#,
        ..PLAIN
    },
    // The prefix is assumed.
    Resource {
        object: "connect_collection_transfer",
        prefix: "cct_",
        noun: "connect_collection_transfer",
        ..PLAIN
    },
    // Built from [`crate::resources::countries`].
    Resource {
        object: "country_spec",
        id: IdStyle::Given,
        noun: "country spec",
        path_param: "country",
        ..PLAIN
    },
    Resource {
        object: "fee_refund",
        prefix: "fr_",
        noun: "fee refund",
        parent: "fee",
        indexed: &["fee"],
        defaults: r#"{"metadata": {}}"#,
        ..PLAIN
    },
    Resource {
        object: "login_link",
        id: IdStyle::Given,
        noun: "login_link",
        defaults: r#"{"url": "https://connect.stripe.com/express/{random:12}"}"#,
        ..PLAIN
    },
    Resource {
        object: "person",
        prefix: "person_",
        noun: "person",
        path_param: "person",
        parent: "account",
        indexed: &["account"],
        defaults: r#"{
          "additional_tos_acceptances": {
            "account": {"date": null, "ip": null, "user_agent": null}
          },
          "address": {
            "city": null, "country": null, "line1": null, "line2": null, "postal_code": null,
            "state": null
          },
          "dob": {"day": null, "month": null, "year": null}, "email": null, "first_name": null,
          "future_requirements": {
            "alternatives": [], "currently_due": [], "errors": [], "eventually_due": [],
            "past_due": [], "pending_verification": []
          },
          "id_number_provided": false, "last_name": null, "metadata": {}, "phone": null,
          "relationship": {
            "authorizer": false, "director": false, "executive": false, "legal_guardian": false,
            "owner": false, "percent_ownership": null, "representative": false, "title": null
          },
          "requirements": {
            "alternatives": [], "currently_due": [], "errors": [], "eventually_due": [],
            "past_due": [], "pending_verification": []
          },
          "ssn_last_4_provided": false,
          "verification": {
            "additional_document": {
              "back": null, "details": null, "details_code": null, "front": null
            },
            "details": null, "details_code": null,
            "document": {"back": null, "details": null, "details_code": null, "front": null},
            "status": "unverified"
          }
        }"#,
        ..PLAIN
    },
];
