//! Money management of v2: payments out and in, how people are paid, and who they are.
//!
//! Stripe's page: <https://docs.stripe.com/api/v2/money-management>.
//!
//! Differs from Stripe: balances of financial accounts do not move; payments stay as they were
//! made until they are canceled. Financial accounts come from seeding.

use crate::call::{Body, Call};
use crate::crud;
use crate::errors::{Error, Outcome};
use crate::map;
use crate::route::Routes;
use crate::schema::Object;
use crate::store::Tx;
use crate::value::{Map, Value};

pub static ROUTES: Routes = &[
    ("POST /v2/money_management/financial_addresses", create_address),
    ("POST /v2/money_management/inbound_transfers", transfer_in),
    ("POST /v2/money_management/outbound_payments", pay_out),
    ("POST /v2/money_management/outbound_setup_intents", set_up),
    ("POST /v2/money_management/outbound_setup_intents/{id}", change_setup),
    ("POST /v2/money_management/payout_intents", intend),
    ("GET /v2/money_management/payout_methods_bank_account_spec", spec),
    ("POST /v2/money_management/recipient_verifications", verify),
    ("POST /v2/money_management/test_helpers/financial_addresses/{id}/credit", credit),
    ("POST /v2/test_helpers/money_management/recipient_verifications", verify),
];

const FINANCIAL_ACCOUNT: &str = "v2.money_management.financial_account";

/// Refuses a reference to nothing.
fn expect(tx: &Tx<'_>, object: &str, params: &Map, path: &str) -> Outcome<()> {
    match params.path(path).as_str() {
        Some(id) if !tx.exists(object, id) => {
            Err(Error::no_such_reference(object, id, path.to_string()))
        }
        _ => Ok(()),
    }
}

fn create_address(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    expect(tx, FINANCIAL_ACCOUNT, &call.params, "financial_account")?;
    let mut address = crud::draft(tx, call)?;
    let given = call.params.at("bank_account").as_map().cloned().unwrap_or_default();
    let currency = given.at("currency").as_str().unwrap_or("usd").to_string();
    let (country, kind) = match currency.as_str() {
        "eur" => ("DE", "iban"),
        "gbp" => ("GB", "sort_code"),
        _ => ("US", "aba"),
    };
    let country = given.at("country").as_str().unwrap_or(country).to_string();
    let details = map! { "country": country, "currency": currency.clone(), "type": kind };
    address.set("bank_account", details);
    address.set("settlement_currency", currency);
    Ok(tx.save(address).into())
}

fn transfer_in(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    expect(tx, FINANCIAL_ACCOUNT, &call.params, "to.financial_account")?;
    let mut transfer = crud::draft(tx, call)?;
    let amount = transfer.at("amount").clone();
    let method = call.params.path("from.payment_method").clone();
    transfer.set(
        "from",
        map! {
            "debited": amount.clone(),
            "payment_method": map! { "type": "us_bank_account", "us_bank_account": method },
        },
    );
    transfer.map_mut("to").set("credited", amount);
    let id = format!("ibth_test_{}", tx.characters("inbound_transfer_history", 24));
    let history = map! {
        "created": crud::now(tx, true),
        "effective_at": crud::now(tx, true),
        "id": id,
        "type": "bank_debit_queued",
        "bank_debit_queued": Map::new(),
    };
    transfer.set("transfer_history", vec![Value::from(history)]);
    Ok(tx.save(transfer).into())
}

fn pay_out(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    expect(tx, FINANCIAL_ACCOUNT, &call.params, "from.financial_account")?;
    let mut payment = crud::draft(tx, call)?;
    let amount = payment.at("amount").clone();
    payment.map_mut("from").set("debited", amount.clone());
    payment.map_mut("to").set("credited", amount);
    Ok(tx.save(payment).into())
}

fn intend(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    expect(tx, FINANCIAL_ACCOUNT, &call.params, "from.financial_account")?;
    let mut intent = crud::draft(tx, call)?;
    if call.params.str("confirmation_method") == "manual" {
        intent.set("status", "requires_action");
        intent.set("next_action", map! { "confirm": Map::new(), "type": "confirm" });
    }
    Ok(tx.save(intent).into())
}

/// A payout method whose details are given is there, and ready, at once.
fn set_up(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let intent = crud::draft(tx, call)?;
    let intent = fill(tx, call, intent)?;
    Ok(tx.save(intent).into())
}

fn change_setup(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let intent = crud::load(tx, call)?;
    let intent = fill(tx, call, intent)?;
    Ok(tx.save(intent).into())
}

fn fill(tx: &mut Tx<'_>, call: &Call, mut intent: Map) -> Outcome<Map> {
    const METHOD: &str = "v2.money_management.payout_method";
    expect(tx, METHOD, &call.params, "payout_method")?;
    let known = call.params.at("payout_method").as_str().and_then(|id| tx.get(METHOD, id).cloned());
    let method = match (known, call.params.at("payout_method_data").as_map()) {
        (Some(known), _) => Some(known),
        (None, Some(data)) => {
            let kind = Object::find(METHOD).expect("a published type");
            let mut method = crud::draft_kind(tx, kind, data)?;
            describe(&mut method, data);
            method.set("latest_outbound_setup_intent", intent.at("id").clone());
            Some(tx.save(method))
        }
        (None, None) => None,
    };
    if let Some(method) = method {
        intent.set("payout_method", Value::Map(method));
        intent.set("status", "succeeded");
    }
    Ok(intent)
}

/// What a payout method says of the bank account or card it was made of.
fn describe(method: &mut Map, data: &Map) {
    let last4 = |number: &str| {
        let digits: Vec<char> = number.chars().collect();
        digits[digits.len().saturating_sub(4)..].iter().collect::<String>()
    };
    let currencies: Vec<Value> = vec!["usd".into()];
    if let Some(bank) = data.at("bank_account").as_map() {
        let account = method.map_mut("bank_account");
        account.set(
            "bank_account_type",
            bank.at("bank_account_type").as_str().unwrap_or("checking").to_string(),
        );
        account.set("bank_name", "STRIPE TEST BANK");
        account.set("country", bank.at("country").as_str().unwrap_or("US").to_string());
        account.set("last4", last4(bank.str("account_number")));
        account.set("supported_currencies", currencies.clone());
    }
    if let Some(card) = data.at("card").as_map() {
        let details = method.map_mut("card");
        details.set("exp_month", card.at("exp_month").clone());
        details.set("exp_year", card.at("exp_year").clone());
        details.set("last4", last4(card.str("number")));
        details.set("supported_currencies", currencies);
    }
}

/// The fields a bank account of a country needs.
fn spec(_tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let field = |name: &'static str, human: &'static str, length: i64, example: &'static str| {
        let field = map! {
            "currencies": Value::List(vec!["usd".into()]),
            "local_name": name,
            "local_name_human": map! { "content": human, "localization_key": name },
            "max_length": length,
            "min_length": length.min(9),
            "placeholder": example,
            "stripe_name": name,
            "validation_regex": "^[0-9]+$",
        };
        Value::from(field)
    };
    let fields = vec![
        field("routing_number", "Routing number", 9, "110000000"),
        field("account_number", "Account number", 17, "000123456789"),
    ];
    let mut countries = Map::new();
    countries.append("US", map! { "fields": fields });
    if let Some(wanted) = call.params.at("countries").as_list() {
        countries.retain(|(code, _)| wanted.iter().any(|wanted| wanted.as_str() == Some(code)));
    }
    let spec = map! {
        "object": "v2.money_management.payout_methods_bank_account_spec",
        "countries": countries,
        "livemode": false,
    };
    Ok(spec.into())
}

fn verify(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let mut verification = crud::draft(tx, call)?;
    let result = call.params.at("match_result").as_str().unwrap_or("match").to_string();
    if result != "match" {
        verification.set("status", "awaiting_acknowledgement");
        let details = verification.map_mut("match_result_details");
        details.set("message", format!("The result is {}.", result.replace('_', " ")));
    }
    Ok(tx.save(verification).into())
}

/// Money comes in at an address.
fn credit(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let address = crud::load_kind(tx, "v2.money_management.financial_address", call.id(0))?;
    let kind = Object::find("v2.money_management.received_credit").expect("a published type");
    let mut received = crud::new(tx, kind, &Map::new());
    let amount = call.params.at("amount").clone();
    received.set("amount", amount.clone());
    received.set("amount_received", amount);
    received.set("financial_account", address.at("financial_account").clone());
    received.set(
        "bank_transfer",
        map! {
            "financial_address": address.at("id").clone(),
            "network": call.params.at("network").clone(),
            "originating_bank_account": map! {
                "bank_name": "STRIPE TEST BANK", "last4": "6789", "type": "us_bank_account",
            },
        },
    );
    tx.save(received);
    let simulated = map! {
        "object": "v2.money_management.financial_address_credit_simulation",
        "livemode": false,
        "status": "received",
    };
    Ok(simulated.into())
}
