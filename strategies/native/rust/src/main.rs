//! A worker of gclab in Rust: serves one trial with a cache that no collector walks.
//!
//! One JSON object in on standard input (the spec), JSON lines out on standard output, blocks by
//! tokens on two pipes in between. The contract is `docs/block-format.md`.

mod block;
mod clock;
mod evidence;
mod failure;
mod flat;
mod header;
mod known_pause;
mod layout;
mod lru_layout;
mod null;
mod pending;
mod process;
mod serve;
mod service;
mod spec;
mod store;
mod worker;

use std::io;
use std::panic::{self, AssertUnwindSafe};
use std::process::ExitCode;

use serde_json::json;

use block::BlockFile;
use failure::Failure;
use flat::FlatLayout;
use known_pause::KnownPause;
use lru_layout::LruLayout;
use null::Null;
use spec::LayoutSpec;
use worker::{answer, Worker};

fn main() -> ExitCode {
    panic::set_hook(Box::new(|_| ())); // the answer `failed` says what it was, in one line
    let mut file = None;
    let outcome = panic::catch_unwind(AssertUnwindSafe(|| run(&mut file)))
        .unwrap_or_else(|panic| Err(Failure::of_panic(&*panic)));
    let Err(failure) = outcome else {
        return ExitCode::SUCCESS;
    };
    if let Some(file) = &file {
        file.report_error(failure.code);
    }
    // Where even the answers' pipe is gone, nobody is left to be told.
    let _ = answer(
        "failed",
        json!({"code": failure.code as i64, "reason": failure.reason}),
    );
    ExitCode::FAILURE
}

/// Serves the trial. The file is the caller's, so that a failure can be written into it.
fn run(file: &mut Option<BlockFile>) -> Result<(), Failure> {
    let given = spec::read(io::stdin().lock())?;
    process::pin(given.cpu()?)?;
    let file = file.insert(BlockFile::open(&given.block_file()?)?);
    let spec = given.spec()?;
    let store = store::open(&spec.store)?;
    let rss_before = process::rss_bytes()?;
    let (capacity, payload_bytes) = (spec.capacity, spec.payload_bytes);
    match spec.layout {
        LayoutSpec::Lru { update, pending } => {
            let layout = LruLayout::new(capacity, payload_bytes, update, pending);
            Worker::new(&spec, file, store, layout, rss_before)?.run()
        }
        LayoutSpec::Flat => {
            let layout = FlatLayout::new(capacity, payload_bytes)?;
            Worker::new(&spec, file, store, layout, rss_before)?.run()
        }
        LayoutSpec::Null => Worker::new(&spec, file, store, Null, rss_before)?.run(),
        LayoutSpec::KnownPause { pause_ns, every_ns } => {
            let layout = KnownPause::new(pause_ns, every_ns);
            Worker::new(&spec, file, store, layout, rss_before)?.run()
        }
    }
}
