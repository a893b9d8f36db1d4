//! Events, files, reports, tax, Terminal, Identity, Climate.

use super::{Deleted, IdStyle, PLAIN, Resource};

pub static RESOURCES: &[Resource] = &[
    Resource {
        object: "climate.order",
        prefix: "climorder_",
        noun: "climate.order",
        path_param: "order",
        defaults: r#"{"status": "awaiting_funds"}"#,
        ..PLAIN
    },
    // The ids are names, such as `climsku_frontier_offtake_portfolio_2027`.
    Resource {
        object: "climate.product",
        id: IdStyle::Given,
        noun: "climate.product",
        path_param: "product",
        defaults: r#"{"metric_tons_available": "0"}"#,
        ..PLAIN
    },
    // The ids are names, such as `climsup_charm_industrial`.
    Resource {
        object: "climate.supplier",
        id: IdStyle::Given,
        noun: "climate.supplier",
        path_param: "supplier",
        ..PLAIN
    },
    // `type` may end in a wildcard, such as `charge.*`.
    Resource {
        object: "event",
        prefix: "evt_",
        noun: "notification",
        indexed: &["type"],
        filters: &[("delivery_success", "!pending_webhooks"), ("types", "type")],
        defaults: r#"{"request": {"id": null, "idempotency_key": null}}"#,
        ..PLAIN
    },
    Resource {
        object: "file",
        prefix: "file_",
        noun: "file upload",
        path_param: "file",
        defaults: r#"{
          "expires_at": null,
          "links": {
            "object": "list", "data": [], "has_more": false, "url": "/v1/file_links?file={id}"
          },
          "title": null, "url": "https://files.stripe.com/v1/files/{id}/contents"
        }"#,
        ..PLAIN
    },
    Resource {
        object: "file_link",
        prefix: "link_",
        noun: "file link",
        path_param: "link",
        indexed: &["file"],
        defaults: r#"{"url": "https://files.stripe.com/links/{random:96}"}"#,
        ..PLAIN
    },
    Resource {
        object: "identity.verification_report",
        prefix: "vr_",
        noun: "identity.verification_report",
        path_param: "report",
        indexed: &["verification_session"],
        defaults: r#"{"options": {}, "type": "document"}"#,
        ..PLAIN
    },
    Resource {
        object: "identity.verification_session",
        prefix: "vs_",
        noun: "identity.verification_session",
        path_param: "session",
        indexed: &["related_customer"],
        defaults: r#"{
          "client_secret": "{id}_secret_test_{random:48}", "options": {},
          "status": "requires_input", "type": "document",
          "url": "https://verify.stripe.com/start/test_{random:48}"
        }"#,
        ..PLAIN
    },
    Resource {
        object: "reporting.report_run",
        prefix: "frr_",
        noun: "reporting.report_run",
        path_param: "report_run",
        defaults: r#"{"status": "pending"}"#,
        ..PLAIN
    },
    // The ids are names, such as `balance.summary.1`.
    Resource {
        object: "reporting.report_type",
        id: IdStyle::Given,
        noun: "reporting.report_type",
        path_param: "report_type",
        defaults: r#"{"updated": "@now", "version": 1}"#,
        ..PLAIN
    },
    Resource {
        object: "scheduled_query_run",
        prefix: "sqr_",
        noun: "scheduled_query_run",
        path_param: "scheduled_query_run",
        defaults: r#"{"status": "completed"}"#,
        ..PLAIN
    },
    // Found by `payment_intent` (`/v1/tax/associations/find`).
    Resource {
        object: "tax.association",
        prefix: "taxa_",
        noun: "tax.association",
        indexed: &["calculation", "payment_intent"],
        defaults: r#"{"tax_transaction_attempts": []}"#,
        ..PLAIN
    },
    Resource {
        object: "tax.calculation",
        prefix: "taxcalc_",
        noun: "tax.calculation",
        path_param: "calculation",
        defaults: r#"{
          "customer_details": {"tax_ids": [], "taxability_override": "none"},
          "expires_at": "@now+7776000",
          "line_items": {
            "object": "list", "data": [], "has_more": false, "total_count": 0,
            "url": "/v1/tax/calculations/{id}/line_items"
          },
          "tax_date": "@now"
        }"#,
        ..PLAIN
    },
    // The calculation is in none of its fields.
    Resource {
        object: "tax.calculation_line_item",
        prefix: "tax_li_",
        id: IdStyle::Plain(14),
        noun: "tax.calculation_line_item",
        defaults: r#"{
          "metadata": {}, "quantity": 1, "tax_behavior": "exclusive", "tax_code": "txcd_10000000"
        }"#,
        ..PLAIN
    },
    Resource {
        object: "tax.location",
        prefix: "taxloc_",
        noun: "tax.location",
        path_param: "location",
        defaults: r#"{"type": "performance"}"#,
        ..PLAIN
    },
    // `status=all` is every one.
    Resource {
        object: "tax.registration",
        prefix: "taxreg_",
        id: IdStyle::Plain(14),
        noun: "tax.registration",
        defaults: r#"{"active_from": "@now", "status": "active"}"#,
        ..PLAIN
    },
    Resource {
        object: "tax.settings",
        id: IdStyle::Given,
        noun: "tax.settings",
        defaults: r#"{
          "defaults": {"provider": "stripe", "tax_behavior": null, "tax_code": null},
          "status": "pending", "status_details": {"pending": {"missing_fields": ["head_office"]}}
        }"#,
        ..PLAIN
    },
    Resource {
        object: "tax.transaction",
        prefix: "tax_",
        noun: "tax.transaction",
        path_param: "transaction",
        indexed: &["reference"],
        defaults: r#"{
          "customer_details": {"tax_ids": [], "taxability_override": "none"},
          "line_items": {
            "object": "list", "data": [], "has_more": false, "total_count": 0,
            "url": "/v1/tax/transactions/{id}/line_items"
          },
          "metadata": {}, "posted_at": "@now", "tax_date": "@now", "type": "transaction"
        }"#,
        ..PLAIN
    },
    // The transaction is in none of its fields.
    Resource {
        object: "tax.transaction_line_item",
        prefix: "tax_li_",
        id: IdStyle::Plain(14),
        noun: "tax.transaction_line_item",
        defaults: r#"{
          "metadata": {}, "quantity": 1, "tax_behavior": "exclusive", "tax_code": "txcd_10000000",
          "type": "transaction"
        }"#,
        ..PLAIN
    },
    // Built from [`crate::resources::tax_codes`].
    Resource { object: "tax_code", id: IdStyle::Given, noun: "tax code", ..PLAIN },
    Resource {
        object: "terminal.configuration",
        prefix: "tmc_",
        id: IdStyle::Plain(14),
        noun: "terminal.configuration",
        path_param: "configuration",
        deleted: Deleted::Stub,
        defaults: r#"{"is_account_default": false}"#,
        ..PLAIN
    },
    Resource {
        object: "terminal.connection_token",
        id: IdStyle::Given,
        noun: "terminal.connection_token",
        defaults: r#"{"secret": "pst_test_{random:31}"}"#,
        ..PLAIN
    },
    Resource {
        object: "terminal.location",
        prefix: "tml_",
        id: IdStyle::Plain(24),
        noun: "terminal.location",
        path_param: "location",
        deleted: Deleted::Stub,
        defaults: r#"{
          "address": {
            "city": null, "country": null, "line1": null, "line2": null, "postal_code": null,
            "state": null
          }
        }"#,
        ..PLAIN
    },
    Resource {
        object: "terminal.onboarding_link",
        id: IdStyle::Given,
        noun: "terminal.onboarding_link",
        defaults: r#"{
          "link_type": "apple_terms_and_conditions",
          "redirect_url": "https://tap-to-pay.stripe.com/onboarding/{random:48}"
        }"#,
        ..PLAIN
    },
    Resource {
        object: "terminal.reader",
        prefix: "tmr_",
        id: IdStyle::Plain(24),
        noun: "terminal.reader",
        path_param: "reader",
        indexed: &["location"],
        deleted: Deleted::Stub,
        defaults: r#"{
          "device_type": "simulated_wisepos_e", "ip_address": "0.0.0.0", "label": "{id}",
          "last_seen_at": null, "serial_number": "{hex:8}-{hex:4}", "status": "online"
        }"#,
        ..PLAIN
    },
    // The secret is sent only in the answer to its creation.
    Resource {
        object: "webhook_endpoint",
        prefix: "we_",
        noun: "webhook endpoint",
        path_param: "webhook_endpoint",
        defaults: r#"{"secret": "whsec_{random:32}", "status": "enabled"}"#,
        ..PLAIN
    },
];
