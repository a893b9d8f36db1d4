//! wasm-bindgen's JavaScript, made into a factory.
//!
//! wasm-bindgen writes a module that holds one instance in its own variables. Every partition is an
//! instance of its own, so the module's body becomes the body of a function: each call has its own
//! variables. What has no state (text encoders, the class of errors) stays outside and is made once.
//!
//! The pieces are found by their text. A version of wasm-bindgen that writes them differently stops the
//! build with a sentence naming the piece.

use crate::{Outcome, base64};

/// What the engine is made of, before it is written down.
pub struct Engine<'a> {
    /// What wasm-bindgen wrote for its target `web`.
    pub javascript: &'a str,
    pub typescript: &'a str,
    pub wasm: &'a [u8],
    pub stack_bytes: usize,
}

const HEADER: &str =
    "// Written by xtask/src/glue.rs: change that program, or src/wasm.rs, instead.\n";

/// The once-only part: what all instances share.
const SHARED: &str = r#"
const builtin = (name) => globalThis.process?.getBuiltinModule?.(name);
// Some test environments (Jest's jsdom) have a window without these.
const Encoder = globalThis.TextEncoder ?? builtin("node:util").TextEncoder;
const Decoder = globalThis.TextDecoder ?? builtin("node:util").TextDecoder;
const cachedTextEncoder = new Encoder();
const cachedTextDecoder = new Decoder("utf-8", { ignoreBOM: true });
const decodeText = (bytes) => cachedTextDecoder.decode(bytes);
const fillRandom = (bytes) => (globalThis.crypto ?? builtin("node:crypto").webcrypto).getRandomValues(bytes);
// An instance's memory goes as a whole; there is nothing to give back to it one by one.
const PartitionFinalization = { register() {}, unregister() {} };

export function bytes() {
    if (typeof Uint8Array.fromBase64 === "function") return Uint8Array.fromBase64(BASE64);
    if (typeof Buffer === "function") return Buffer.from(BASE64, "base64");
    const binary = atob(BASE64);
    const decoded = new Uint8Array(binary.length);
    for (let place = 0; place < binary.length; place++) decoded[place] = binary.charCodeAt(place);
    return decoded;
}
"#;

const FACTORY_START: &str = r#"
export function createInstance(wasmModule) {
    let panicked;
    const fakestripePanicked = (text) => { panicked = text; };
"#;

const FACTORY_END: &str = r#"
    const instance = new WebAssembly.Instance(wasmModule, __wbg_get_imports());
    __wbg_finalize_init(instance, wasmModule);
    const { memory, __wbindgen_externrefs: references } = wasm;
    const firstReference = references.length;

    function save(partition) {
        const kept = [];
        for (let place = firstReference; place < references.length; place++) kept.push(references.get(place));
        return { state: new Uint8Array(memory.buffer.slice(STACK_BYTES)), references: kept, pointer: partition.__wbg_ptr };
    }

    function load(saved) {
        const missing = saved.state.length + STACK_BYTES - memory.buffer.byteLength;
        if (missing > 0) memory.grow(Math.ceil(missing / 65536));
        new Uint8Array(memory.buffer).set(saved.state, STACK_BYTES);
        if (saved.references.length > 0) references.grow(saved.references.length);
        saved.references.forEach((value, place) => references.set(firstReference + place, value));
        const partition = Object.create(Partition.prototype);
        partition.__wbg_ptr = saved.pointer;
        return partition;
    }

    return { Partition, memory, exports: wasm, panicText: () => panicked, save, load };
}
"#;

const DECLARATIONS: &str = r#"
/** A copy of everything one partition is: only `load` of an instance of the same module reads it. */
export interface Saved {
    readonly state: Uint8Array;
    readonly references: readonly unknown[];
    readonly pointer: number;
}

/** One instance of the engine: its own memory, its own state, one partition. */
export interface Instance {
    readonly Partition: typeof Partition;
    readonly memory: WebAssembly.Memory;
    readonly exports: WebAssembly.Exports;
    /** What the engine said before it trapped, or nothing if it never panicked. */
    panicText(): string | undefined;
    save(partition: Partition): Saved;
    /** Makes this instance, which must be fresh, a copy of the one that was saved. */
    load(saved: Saved): Partition;
}

/** The WebAssembly module's bytes. */
export function bytes(): Uint8Array<ArrayBuffer>;
export function createInstance(wasmModule: WebAssembly.Module): Instance;
"#;

impl Engine<'_> {
    /// The text of `engine.mjs`.
    pub fn module(&self) -> Outcome<String> {
        // Beyond this point the glue only loads and instantiates, which the factory does itself.
        let body = before(self.javascript, "async function __wbg_load(")?;
        let body = replace(body, "export class Partition {", "class Partition {")?;
        let body = replace(&body, "let wasmModule, wasmInstance, wasm;", "let wasm;")?;
        let body = replace(&body, "    wasmInstance = instance;\n", "")?;
        let body = replace(&body, "    wasmModule = module;\n", "")?;
        let body = replace(&body, "globalThis.crypto.getRandomValues(", "fillRandom(")?;
        let body = cut(&body, "const PartitionFinalization = ", "unregister: () => {} }", ";\n")?;
        let body = cut(&body, "let cachedTextDecoder = ", "function decodeText(bytes) {", "\n}\n")?;
        let body = cut(&body, "const cachedTextEncoder = ", "written: buf.length", "\n}\n")?;
        if body.contains("export ") || body.contains("import.meta") {
            return Err("wasm-bindgen's glue has exports beyond the class Partition".into());
        }
        let wasm = base64::encode(self.wasm);
        Ok([
            HEADER,
            &format!("const STACK_BYTES = {};\n", self.stack_bytes),
            &format!("const BASE64 = \"{wasm}\";\n"),
            SHARED,
            FACTORY_START,
            &body,
            FACTORY_END,
        ]
        .concat())
    }

    /// The text of `engine.d.mts`.
    pub fn declarations(&self) -> Outcome<String> {
        let class = before(self.typescript, "export type InitInput")?;
        Ok([HEADER, class, DECLARATIONS].concat())
    }
}

/// What stands before that mark.
fn before<'a>(text: &'a str, mark: &str) -> Outcome<&'a str> {
    text.split_once(mark).map(|(before, _)| before).ok_or_else(|| missing(mark))
}

/// Replaces the one place where that text stands.
fn replace(text: &str, old: &str, new: &str) -> Outcome<String> {
    match text.matches(old).count() {
        1 => Ok(text.replacen(old, new, 1)),
        _ => Err(missing(old)),
    }
}

/// Removes what begins with `start`, goes on past `middle`, and ends with the next `end`.
fn cut(text: &str, start: &str, middle: &str, end: &str) -> Outcome<String> {
    let (before, rest) = text.split_once(start).ok_or_else(|| missing(start))?;
    let (_, rest) = rest.split_once(middle).ok_or_else(|| missing(middle))?;
    let (_, after) = rest.split_once(end).ok_or_else(|| missing(end))?;
    Ok([before, after].concat())
}

fn missing(piece: &str) -> Box<dyn std::error::Error> {
    format!("wasm-bindgen's glue does not have `{piece}` where it was: adapt xtask/src/glue.rs")
        .into()
}
