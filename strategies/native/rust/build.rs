//! Tells the program which compiler made it: results carry the version.

use std::env;
use std::process::Command;

fn main() {
    let compiler = env::var_os("RUSTC").expect("cargo names the compiler");
    let said = Command::new(compiler)
        .arg("--version")
        .output()
        .expect("the compiler that is about to be used can be started");
    let said = String::from_utf8_lossy(&said.stdout); // "rustc 1.95.0 (59807616e 2026-04-14)"
    let version = said.split_whitespace().nth(1).unwrap_or("unknown");
    println!("cargo::rustc-env=COMPILER_VERSION={version}");
    println!("cargo::rerun-if-changed=build.rs");
}
