//! Makes the engine's WebAssembly module and the JavaScript that instantiates it.
//!
//! `cargo run -p xtask --profile xtask -- wasm` compiles `src/` for wasm32, runs wasm-bindgen (as a
//! library, so that its version is the one in Cargo.lock), runs binaryen's wasm-opt over the result and
//! writes `js/generated/engine.mjs`, its declarations, and `pkg/engine.wasm`.
//!
//! With `--quick` it is compiled in a few seconds and left as it is, larger and slower: for trying out a
//! change. With `--build-std` the standard library is compiled from its sources, for toolchains that have no
//! precompiled one for wasm32.

mod base64;
mod glue;

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};
use wasm_bindgen_cli_support::Bindgen;

type Outcome<T> = Result<T, Box<dyn Error>>;

const TARGET: &str = "wasm32-unknown-unknown";

/// What Rust's wasm32 target may use, so what wasm-opt has to expect.
const WASM_FEATURES: [&str; 7] = [
    "--enable-bulk-memory",
    "--enable-bulk-memory-opt",
    "--enable-multivalue",
    "--enable-mutable-globals",
    "--enable-nontrapping-float-to-int",
    "--enable-reference-types",
    "--enable-sign-ext",
];

fn main() {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let outcome = match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["wasm", ref options @ ..] => Way::of(options).and_then(wasm),
        _ => Err("usage: xtask wasm [--build-std] [--quick]".into()),
    };
    if let Err(error) = outcome {
        eprintln!("xtask: {error}");
        std::process::exit(1);
    }
}

/// How the module is made.
#[derive(Clone, Copy)]
struct Way {
    /// The standard library is compiled too.
    build_std: bool,
    /// In a few seconds, without what makes it small and fast.
    quick: bool,
}

impl Way {
    fn of(options: &[&str]) -> Outcome<Way> {
        let mut way = Way { build_std: false, quick: false };
        for option in options {
            match *option {
                "--build-std" => way.build_std = true,
                "--quick" => way.quick = true,
                _ => return Err(format!("there is no option {option}").into()),
            }
        }
        Ok(way)
    }

    fn profile(self) -> &'static str {
        if self.quick { "quick" } else { "release" }
    }
}

fn wasm(way: Way) -> Outcome<()> {
    let root =
        Path::new(env!("CARGO_MANIFEST_DIR")).parent().ok_or("xtask has no parent folder")?;
    let compiled = compile(root, way)?;

    let mut bindgen = Bindgen::new();
    bindgen
        .input_path(&compiled)
        .web(true)?
        .typescript(true)
        .omit_default_module_path(true)
        .remove_name_section(true)
        .remove_producers_section(true);
    let folder = root.join("target/xtask");
    let snippets = folder.join("snippets");
    if snippets.exists() {
        fs::remove_dir_all(&snippets)?;
    }
    bindgen.out_name("engine").generate(&folder)?;
    if snippets.exists() {
        return Err("the engine brings JavaScript snippets, which the glue has no place for".into());
    }
    let typescript = fs::read_to_string(folder.join("engine.d.ts"))?;
    let javascript = fs::read_to_string(folder.join("engine.js"))?;
    let made = folder.join("engine_bg.wasm");
    let optimized = if way.quick { fs::read(&made)? } else { optimize(root, &made)? };

    let engine = glue::Engine {
        javascript: &javascript,
        typescript: &typescript,
        wasm: &optimized,
        stack_bytes: stack_bytes(root)?,
    };
    let generated = root.join("js/generated");
    fs::create_dir_all(&generated)?;
    fs::write(generated.join("engine.mjs"), engine.module()?)?;
    fs::write(generated.join("engine.d.mts"), engine.declarations()?)?;
    fs::create_dir_all(root.join("pkg"))?;
    fs::write(root.join("pkg/engine.wasm"), &optimized)?;
    Ok(())
}

/// Compiles the engine and returns where the module is.
fn compile(root: &Path, way: Way) -> Outcome<PathBuf> {
    let target_dir = env::var_os("CARGO_TARGET_DIR").map_or(root.join("target"), PathBuf::from);
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or("cargo".into()));
    cargo
        .current_dir(root)
        .args(["build", "--profile", way.profile(), "--lib", "--locked", "--package", "fakestripe"])
        .args(["--target", TARGET])
        .arg("--config")
        .arg(format!("target.{TARGET}.rustflags={}", path_flags(root)))
        .arg("--target-dir")
        .arg(&target_dir)
        // They would take the place of those in .cargo/config.toml, without which nothing links.
        .env_remove("RUSTFLAGS")
        .env_remove("CARGO_ENCODED_RUSTFLAGS");
    if way.build_std {
        cargo.env("RUSTC_BOOTSTRAP", "1").args(["-Z", "build-std=std,panic_abort"]);
    }
    if !cargo.status()?.success() {
        return Err("the engine does not compile for wasm32 (see above)".into());
    }
    Ok(target_dir.join(TARGET).join(way.profile()).join("fakestripe.wasm"))
}

/// Flags that keep the paths of the building machine out of the module, so that two machines build the
/// same bytes.
fn path_flags(root: &Path) -> String {
    let cargo_home = env::var_os("CARGO_HOME")
        .map(PathBuf::from)
        .or_else(|| env::home_dir().map(|home| home.join(".cargo")));
    let mut flags = vec![format!("--remap-path-prefix={}=fakestripe", root.display())];
    if let Some(home) = cargo_home {
        flags.push(format!("--remap-path-prefix={}=cargo", home.display()));
    }
    let quoted: Vec<String> = flags.iter().map(|flag| format!("{flag:?}")).collect();
    format!("[{}]", quoted.join(","))
}

/// Runs wasm-opt of the npm package binaryen.
fn optimize(root: &Path, wasm: &Path) -> Outcome<Vec<u8>> {
    let tool = root.join("node_modules/binaryen/bin/wasm-opt");
    if !tool.exists() {
        return Err("wasm-opt is missing: run `npm ci` first".into());
    }
    let optimized = wasm.with_file_name("engine_optimized.wasm");
    let status = Command::new("node")
        .arg(tool)
        .arg("-Oz")
        .args(WASM_FEATURES)
        .arg(wasm)
        .arg("-o")
        .arg(&optimized)
        .status()?;
    if !status.success() {
        return Err("wasm-opt failed (see above)".into());
    }
    Ok(fs::read(optimized)?)
}

/// The stack's size, as .cargo/config.toml sets it for the linker: the stack is the first thing in
/// memory, so this is also where a partition's state begins.
fn stack_bytes(root: &Path) -> Outcome<usize> {
    let config = fs::read_to_string(root.join(".cargo/config.toml"))?;
    let (_, after) = config.split_once("-zstack-size=").ok_or("no stack size in the config")?;
    let digits: String = after.chars().take_while(char::is_ascii_digit).collect();
    Ok(digits.parse()?)
}
