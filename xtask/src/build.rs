//! Building everything into `js-facade/dist`. Each part knows what it is made from and is left alone when that did not change.

use crate::{command, root};
use anyhow::{Context, Result, bail};
use std::fs;
use std::hash::{DefaultHasher, Hasher};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::SystemTime;

const PARTS: [&str; 11] = [
    "kernel",
    "programs",
    "codecs",
    "crypto",
    "transpile",
    "transform",
    "brotli",
    "zstd",
    "node-lib",
    "bundle",
    "ide",
];

/// Modules that one command builds.
const PLAIN: [&str; 4] = ["codecs", "crypto", "transpile", "brotli"];

/// Builds the named parts, or all of them.
pub fn build(only: &[String]) -> Result<()> {
    if let Some(unknown) = only.iter().find(|part| !PARTS.contains(&part.as_str())) {
        bail!("unknown part `{unknown}`; parts are {}", PARTS.join(", "));
    }
    let wanted = |part: &str| only.is_empty() || only.iter().any(|name| name == part);
    install_packages(&facade())?;
    fs::create_dir_all(dist())?;
    if wanted("kernel") {
        build_kernel()?;
    }
    if wanted("programs") {
        build_programs()?;
    }
    let plain: Vec<&str> = PLAIN.into_iter().filter(|part| wanted(part)).collect();
    build_plain_modules(&plain)?;
    if wanted("transform") {
        build_transform()?;
    }
    if wanted("zstd") {
        build_zstd()?;
    }
    if wanted("node-lib") {
        command::node(&facade(), "scripts/extract-node-lib.mjs", &[])?;
    }
    if wanted("bundle") {
        command::node(&facade(), "scripts/bundle.mjs", &[])?;
    }
    if wanted("ide") {
        build_ide()?;
    }
    Ok(())
}

fn facade() -> PathBuf {
    root().join("js-facade")
}

fn dist() -> PathBuf {
    facade().join("dist")
}

/// `npm ci` when the lockfile is newer than what is installed.
pub fn install_packages(folder: &Path) -> Result<()> {
    let lock = modified(&folder.join("package-lock.json"))
        .with_context(|| format!("{} has no package-lock.json", folder.display()))?;
    let installed = modified(&folder.join("node_modules/.package-lock.json"));
    if installed.is_none_or(|installed| installed < lock) {
        command::npm(folder, &["ci", "--no-audit", "--no-fund"])?;
        // npm keeps the hidden lockfile's time when nothing changed.
        fs::File::options()
            .append(true)
            .open(folder.join("node_modules/.package-lock.json"))?
            .set_modified(SystemTime::now())?;
    }
    Ok(())
}

fn modified(path: &Path) -> Option<SystemTime> {
    fs::metadata(path).and_then(|meta| meta.modified()).ok()
}

/// The shared-memory module.
fn build_kernel() -> Result<()> {
    command::run(kernel_cargo("build").args(["--quiet", "--profile", "wasm"]))?;
    optimize("kernel", BARE, &kernel_target(), "wasm", "-O3")
}

fn kernel_target() -> PathBuf {
    root().join("target/kernel")
}

/// `cargo TASK` for the kernel. Its flags are set for this module alone: the standard library is rebuilt with atomics, and thread
/// set-up is exported because the host, not the linker's start code, hands out stacks and thread-local blocks.
fn kernel_cargo(task: &str) -> Command {
    const FLAGS: &[&str] = &[
        "-Ctarget-feature=+atomics,+bulk-memory,+mutable-globals",
        "-Clink-arg=--shared-memory",
        "-Clink-arg=--import-memory",
        "-Clink-arg=--max-memory=4294967296",
        "-Clink-arg=--export=__stack_pointer",
        "-Clink-arg=--export=__wasm_init_tls",
        "-Clink-arg=--export=__tls_size",
        "-Clink-arg=--export=__tls_align",
        "-Clink-arg=--export=__tls_base",
    ];
    let mut cargo = Command::new("cargo");
    cargo
        .args([task, "-Zbuild-std=std,panic_abort"])
        .args(["--target", "wasm32-unknown-unknown"])
        .args(["-p", "wosix-kernel", "--target-dir"])
        .arg(kernel_target())
        // `-Zbuild-std` is the one unstable feature we use; the pinned toolchain makes it reproducible.
        .env("RUSTC_BOOTSTRAP", "1")
        .env("RUSTFLAGS", FLAGS.join(" "))
        .current_dir(root());
    cargo
}

/// Clippy on the modules as they are built: natively the kernel is an empty crate, and imports are left out.
pub fn lint() -> Result<()> {
    let deny = ["--quiet", "--", "-D", "warnings"];
    command::run(kernel_cargo("clippy").args(deny))?;
    let mut cargo = Command::new("cargo");
    cargo
        .args(["clippy", "--target", "wasm32-unknown-unknown"])
        .env("RUSTFLAGS", PLAIN_FLAGS)
        .current_dir(root());
    for part in PLAIN.iter().chain(&["programs", "transform"]) {
        cargo.args(["-p", &format!("wosix-{part}")]);
    }
    command::run(cargo.args(deny))?;
    command::run(zstd_cargo("clippy").args(deny))
}

/// WebAssembly without a system below it.
const BARE: &str = "wasm32-unknown-unknown";

/// Features of WebAssembly that every browser we run in has.
const PLAIN_FLAGS: &str = "-Ctarget-feature=+bulk-memory,+mutable-globals,+simd128";

/// jsh, npm and the commands, built for size: together with a standard library built the same way they are a third smaller.
fn build_programs() -> Result<()> {
    command::run(
        Command::new("cargo")
            .args(["build", "--quiet", "-Zbuild-std=std,panic_abort"])
            .arg("-Zbuild-std-features=optimize_for_size")
            .args(["--target", "wasm32-unknown-unknown"])
            .args(["--profile", "wasm-small", "-p", "wosix-programs"])
            // As for the kernel.
            .env("RUSTC_BOOTSTRAP", "1")
            .env("RUSTFLAGS", PLAIN_FLAGS)
            .current_dir(root()),
    )?;
    optimize(
        "programs",
        BARE,
        &root().join("target"),
        "wasm-small",
        "-Oz",
    )
}

/// The other modules with private memory: plain builds.
fn build_plain_modules(parts: &[&str]) -> Result<()> {
    if parts.is_empty() {
        return Ok(());
    }
    let mut cargo = Command::new("cargo");
    cargo
        .args(["build", "--quiet", "--target", "wasm32-unknown-unknown"])
        .args(["--profile", "wasm"])
        .env("RUSTFLAGS", PLAIN_FLAGS)
        .current_dir(root());
    for part in parts {
        cargo.args(["-p", &format!("wosix-{part}")]);
    }
    command::run(&mut cargo)?;
    for part in parts {
        optimize(part, BARE, &root().join("target"), "wasm", "-O3")?;
    }
    Ok(())
}

/// By itself: built with the others it would turn on its features of the core for them. A dependency of the compiler's (the table of
/// browsers, for making syntax older, which is never asked for) brings wasm-bindgen's glue along; it is cut off again.
fn build_transform() -> Result<()> {
    const EXPORTS: [&str; 7] = [
        "memory",
        "alloc",
        "transform_types",
        "code_ptr",
        "code_len",
        "meta_ptr",
        "meta_len",
    ];
    command::run(
        Command::new("cargo")
            .args(["build", "--quiet", "--target", BARE, "--profile", "wasm"])
            .args(["-p", "wosix-transform"])
            .env("RUSTFLAGS", PLAIN_FLAGS)
            .current_dir(root()),
    )?;
    let target = root().join("target");
    let folder = target.join(format!("{BARE}/wasm"));
    let nodes = EXPORTS.map(|name| format!(r#"{{"name":"{name}","export":"{name}","root":true}}"#));
    let graph = folder.join("wosix_transform.graph.json");
    fs::write(&graph, format!("[{}]", nodes.join(",")))?;
    let reached = folder.join("wosix_transform_reached.wasm");
    command::run(
        Command::new("node")
            .arg(facade().join("node_modules/binaryen/bin/wasm-metadce"))
            .arg("--graph-file")
            .arg(graph)
            .arg("-o")
            .arg(&reached)
            .arg(folder.join("wosix_transform.wasm"))
            // It lists what it leaves out.
            .stdout(Stdio::null()),
    )?;
    optimize_file("transform", &reached, &["-Oz", "--remove-imports"])
}

/// Zstandard. The library is made of a C program and wants the types of a C standard library, which Rust has for WASI only.
fn build_zstd() -> Result<()> {
    command::run(zstd_cargo("build").args(["--quiet", "--profile", "wasm"]))?;
    optimize(
        "zstd",
        "wasm32-wasip1",
        &root().join("target"),
        "wasm",
        "-O3",
    )
}

fn zstd_cargo(task: &str) -> Command {
    let mut cargo = Command::new("cargo");
    cargo
        .args([task, "--target", "wasm32-wasip1", "-p", "wosix-zstd"])
        .env("RUSTFLAGS", PLAIN_FLAGS)
        // The library's build script goes by the machine it runs on and assembles a file for x86-64, which nothing here refers to:
        // the linker leaves it out. Without these it asks for a C compiler for WebAssembly.
        .env("CC_wasm32_wasip1", "cc")
        .env("AR_wasm32_wasip1", "ar")
        .env("CRATE_CC_NO_DEFAULTS", "1")
        .current_dir(root());
    cargo
}

/// [`optimize_file`] of what cargo made for `triple` with `profile`.
fn optimize(part: &str, triple: &str, target: &Path, profile: &str, level: &str) -> Result<()> {
    let made = target.join(format!("{triple}/{profile}/wosix_{part}.wasm"));
    optimize_file(part, &made, &[level])
}

/// `wasm-opt` with `options` from `made` to `dist/<part>.wasm`, unless that was made from the same already.
fn optimize_file(part: &str, made: &Path, options: &[&str]) -> Result<()> {
    let bytes = fs::read(made).with_context(|| format!("cannot read {}", made.display()))?;
    let mut hasher = DefaultHasher::new();
    hasher.write(&bytes);
    hasher.write(options.join(" ").as_bytes());
    let stamp = format!("{:016x}", hasher.finish());
    let output = dist().join(format!("{part}.wasm"));
    let stamp_file = dist().join(format!(".{part}.stamp"));
    if output.exists() && fs::read_to_string(&stamp_file).is_ok_and(|old| old == stamp) {
        return Ok(());
    }
    // No feature flags: wasm-opt reads them from the module's target_features section.
    command::run(
        Command::new("node")
            .arg(facade().join("node_modules/binaryen/bin/wasm-opt"))
            .args(options)
            .args(["--strip-debug", "--strip-producers", "-o"])
            .arg(&output)
            .arg(made),
    )?;
    fs::write(stamp_file, stamp)?;
    Ok(())
}

/// The web IDE, bundled by Vite, into `dist/ide` where `wosix serve` finds it.
fn build_ide() -> Result<()> {
    let ide = root().join("examples/ide");
    install_packages(&ide)?;
    let sources = newest(&ide, &["node_modules", "dist"])?;
    let output = dist().join("ide/index.html");
    if modified(&output).is_some_and(|built| built > sources) {
        return Ok(());
    }
    command::npm(
        &ide,
        &["run", "build", "--silent", "--", "--logLevel", "warn"],
    )
}

/// Time of the newest file under `folder`, without the named children.
fn newest(folder: &Path, without: &[&str]) -> Result<SystemTime> {
    let mut latest = SystemTime::UNIX_EPOCH;
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if without.iter().any(|name| entry.file_name() == *name) {
            continue;
        }
        let meta = entry.metadata()?;
        let time = if meta.is_dir() {
            newest(&entry.path(), without)?
        } else {
            meta.modified()?
        };
        latest = latest.max(time);
    }
    Ok(latest)
}
