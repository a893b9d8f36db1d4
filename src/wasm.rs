//! The boundary: what JavaScript sees of a partition.
//!
//! The only file that names wasm-bindgen, serde-wasm-bindgen, js-sys or getrandom. It turns JavaScript
//! values into the engine's own and back, and draws the one random thing there is, the API keys.

// wasm-bindgen's macros write `unsafe` into the code they make.
#![allow(unsafe_code)]

use crate::call::Body;
use crate::errors::{Error, Outcome};
use crate::http::encode;
use crate::http::headers::ALWAYS;
use crate::map;
use crate::partition::{self, Options, Validation};
use crate::schema;
use crate::value::{Map, Value};
use serde::Serialize;
use serde_wasm_bindgen::Serializer;
use std::arch::wasm32::memory_size;
use std::hint::black_box;
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
    inner: partition::Partition,
    /// How large the memory was when it was last looked at, in pages.
    pages: usize,
}

/// How many bytes a page of WebAssembly's memory has.
const PAGE: usize = 65536;

#[wasm_bindgen]
impl Partition {
    /// `options`: `seed`, `nowMs` (milliseconds since 1970), `frozen`, `apiKey`, `validation`
    /// ("strict" or "off"), `apiVersion`; only the first two are needed.
    #[wasm_bindgen(constructor)]
    pub fn new(options: JsValue) -> Result<Partition, JsError> {
        std::panic::set_hook(Box::new(|info| keep_panic_text(&info.to_string())));
        let options = map(options)?;
        let (secret, publishable) = keys(&options)?;
        let api_version = match options.str("apiVersion") {
            "" => schema::API_VERSION.to_owned(),
            given if partition::is_version(given) => given.to_owned(),
            given => {
                let complaint = format!("fakestripe: {given} is no version of Stripe's API");
                return Err(JsError::new(&complaint));
            }
        };
        let options = Options {
            seed: options.str("seed").to_owned(),
            now: options.int("nowMs"),
            frozen: options.is_true("frozen"),
            api_key: secret,
            publishable_key: publishable,
            validation: match options.str("validation") {
                "off" => Validation::Off,
                _ => Validation::Strict,
            },
            api_version,
        };
        Ok(Partition { inner: partition::Partition::new(options), pages: memory_size::<0>() })
    }

    /// Makes room for what is to come, once the memory has had to grow: a quarter of what there is.
    ///
    /// The allocator asks for no more than it lacks, and every time the memory grows its host collects
    /// garbage. What is asked for here and given back at once the allocator keeps.
    fn make_room(&mut self) {
        if memory_size::<0>() != self.pages {
            drop(black_box(Vec::<u8>::with_capacity(memory_size::<0>() * PAGE / 4)));
            self.pages = memory_size::<0>();
        }
    }

    #[wasm_bindgen(getter, js_name = apiKey)]
    pub fn api_key(&self) -> String {
        self.inner.keys().secret().to_owned()
    }

    #[wasm_bindgen(getter, js_name = publishableKey)]
    pub fn publishable_key(&self) -> String {
        self.inner.keys().publishable().to_owned()
    }

    #[wasm_bindgen(getter, js_name = accountId)]
    pub fn account_id(&self) -> String {
        self.inner.store().platform().to_string()
    }

    /// How many webhook deliveries wait to be sent.
    #[wasm_bindgen(getter)]
    pub fn outbox(&self) -> usize {
        self.inner.store().waiting()
    }

    /// Answers a request: `head` is `METHOD URL` and then a `name: value` line for each header. The
    /// answer is the length of its head (32 bits, little-endian), the head (`STATUS OUTBOX`, then
    /// `name: value` lines), and the body.
    pub fn handle(&mut self, now_ms: f64, head: &str, body: &[u8]) -> Vec<u8> {
        self.make_room();
        self.inner.handle(now_ms as i64, head, body)
    }

    /// Calls a method of the stripe client by its name, such as `customers.create`: `args` are the ids
    /// of the path, then the parameters, then the options (`stripeAccount`). Gives `{ ok }` or
    /// `{ error }`.
    pub fn call(&mut self, now_ms: f64, name: &str, args: JsValue) -> Result<JsValue, JsError> {
        self.make_room();
        let Value::List(args) = serde_wasm_bindgen::from_value(args)? else {
            return Err(JsError::new("fakestripe: the arguments of a call are a list"));
        };
        let mut args = args.into_iter().peekable();
        let mut ids = Vec::new();
        let wanted = schema::operation(name).map_or(0, schema::Operation::ids);
        while let Some(Value::Str(id)) = args.next_if(|arg| arg.as_str().is_some()) {
            if ids.len() == wanted {
                break;
            }
            ids.push(id.to_string());
        }
        let mut maps = args.map(|arg| arg.into_map().unwrap_or_default());
        let params = maps.next().unwrap_or_default();
        let options = maps.next().unwrap_or_default();
        let account = options.at("stripeAccount").as_str().map(str::to_owned);
        let outcome = self.inner.call(now_ms as i64, name, ids, params, account);
        answer(outcome.map(|body| match body {
            Body::Json(value) => value,
            Body::Bytes { bytes, .. } => {
                bytes.into_iter().map(|byte| i64::from(byte).into()).collect::<Vec<_>>().into()
            }
        }))
    }

    /// The headers that every answer has besides those `handle` gives, as `name: value` lines.
    #[wasm_bindgen(getter, js_name = constantHeaders)]
    pub fn constant_headers(&self) -> String {
        ALWAYS.to_owned()
    }

    /// How many objects of a type the platform has; deleted ones do not count.
    pub fn count(&self, object: &str) -> usize {
        self.inner.store().count(self.inner.store().platform(), object)
    }

    /// The object of a type at that place in the order of creation; undefined past the end.
    pub fn item(&self, object: &str, index: usize) -> Result<JsValue, JsError> {
        let store = self.inner.store();
        match store.nth(store.platform(), object, index) {
            Some(object) => js(object.as_ref()),
            None => Ok(JsValue::UNDEFINED),
        }
    }

    /// The object of a type with that id; undefined where there is none.
    pub fn find(&self, object: &str, id: &str) -> Result<JsValue, JsError> {
        let store = self.inner.store();
        match store.find(store.platform(), object, id).filter(|row| !row.deleted) {
            Some(row) => js(row.object.as_ref()),
            None => Ok(JsValue::UNDEFINED),
        }
    }

    /// Does what the test wants of the partition itself: see `src/control.rs`. Gives `{ ok }` or
    /// `{ error }`.
    pub fn control(
        &mut self,
        now_ms: f64,
        command: &str,
        args: JsValue,
    ) -> Result<JsValue, JsError> {
        self.make_room();
        let mut args = map(args)?;
        if command == "rekey" {
            let (secret, publishable) = keys(&args)?;
            args.set("apiKey", secret);
            args.set("publishableKey", publishable);
        }
        answer(self.inner.control(now_ms as i64, command, args))
    }
}

fn js(value: &impl Serialize) -> Result<JsValue, JsError> {
    Ok(value.serialize(&Serializer::json_compatible())?)
}

fn answer(outcome: Outcome<Value>) -> Result<JsValue, JsError> {
    match outcome {
        Ok(value) => js(&map! { "ok": value }),
        Err(error) => js(&refusal(&error)),
    }
}

fn refusal(error: &Error) -> Map {
    let mut members = encode::members(error, None);
    members.set("status", i64::from(error.status));
    map! { "error": members }
}

fn map(value: JsValue) -> Result<Map, JsError> {
    let value: Value = serde_wasm_bindgen::from_value(value)?;
    Ok(value.into_map().unwrap_or_default())
}

/// The keys asked for, or new ones.
fn keys(options: &Map) -> Result<(String, String), JsError> {
    let secret = match options.str("apiKey") {
        "" => format!("sk_test_51{}", random_text()?),
        given => given.to_owned(),
    };
    Ok((secret, format!("pk_test_51{}", random_text()?)))
}

/// 24 letters and digits that nobody can guess: a key is what leads a request to its partition.
fn random_text() -> Result<String, JsError> {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789Ab";
    let mut bytes = [0; 24];
    getrandom::fill(&mut bytes)
        .map_err(|error| JsError::new(&format!("fakestripe: no random bytes here: {error}")))?;
    Ok(bytes.iter().map(|byte| char::from(ALPHABET[usize::from(byte & 63)])).collect())
}
