//! The boundary: what JavaScript sees of a partition.
//!
//! The only file that names wasm-bindgen, serde-wasm-bindgen, js-sys or getrandom. It turns JavaScript
//! values into the engine's own and back, and draws the one random thing there is, the API keys.

// wasm-bindgen's macros write `unsafe` into the code they make.
#![allow(unsafe_code)]

use crate::value::{Map, Value};
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    /// Keeps the text of a panic where it outlives the trap that follows: the glue's factory defines
    /// this function, one for each instance.
    #[wasm_bindgen(js_name = fakestripePanicked)]
    fn keep_panic_text(text: &str);
}

/// One isolated Stripe. Each lives in a WebAssembly instance of its own.
#[wasm_bindgen]
pub struct Partition {
    api_key: String,
    publishable_key: String,
    account_id: String,
}

#[wasm_bindgen]
impl Partition {
    #[wasm_bindgen(constructor)]
    pub fn new(options: JsValue) -> Result<Partition, JsError> {
        std::panic::set_hook(Box::new(|info| keep_panic_text(&info.to_string())));
        let options = map(options)?;
        let secret = random_text()?;
        let api_key = match options.str("apiKey") {
            "" => format!("sk_test_51{secret}"),
            given => given.to_owned(),
        };
        Ok(Partition {
            api_key,
            publishable_key: format!("pk_test_51{}", random_text()?),
            account_id: "acct_1FakeStripe00000".to_owned(),
        })
    }

    #[wasm_bindgen(getter, js_name = apiKey)]
    pub fn api_key(&self) -> String {
        self.api_key.clone()
    }

    #[wasm_bindgen(getter, js_name = publishableKey)]
    pub fn publishable_key(&self) -> String {
        self.publishable_key.clone()
    }

    #[wasm_bindgen(getter, js_name = accountId)]
    pub fn account_id(&self) -> String {
        self.account_id.clone()
    }
}

fn map(value: JsValue) -> Result<Map, JsError> {
    match serde_wasm_bindgen::from_value(value)? {
        Value::Map(map) => Ok(map),
        _ => Ok(Map::default()),
    }
}

/// 24 letters and digits that nobody can guess: a key is what leads a request to its partition.
fn random_text() -> Result<String, JsError> {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789Ab";
    let mut bytes = [0; 24];
    getrandom::fill(&mut bytes)
        .map_err(|error| JsError::new(&format!("fakestripe: no random bytes here: {error}")))?;
    Ok(bytes.iter().map(|byte| char::from(ALPHABET[usize::from(byte & 63)])).collect())
}
