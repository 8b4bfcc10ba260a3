//! One trial: serves blocks by phase, answers at the end of some, dumps what is left.

use std::fs::File;
use std::io::{self, ErrorKind, Read, Write};
use std::os::fd::{FromRawFd, RawFd};
use std::panic::{self, AssertUnwindSafe};
use std::process;

use serde_json::{json, Value};

use crate::block::{phase, Block, BlockFile};
use crate::clock::{Sleep, Spin};
use crate::evidence::Witness;
use crate::failure::Failure;
use crate::layout::{is_payload, Layout, State};
use crate::process::{fault_cost_ns, peak_rss_bytes, rss_bytes, Usage};
use crate::serve::serve;
use crate::service::Service;
use crate::spec::{Spec, WaitSpec};
use crate::store::Store;

/// Writes one JSON line to the runner.
pub fn answer(event: &str, mut figures: Value) -> Result<(), Failure> {
    figures["event"] = Value::from(event);
    io::stdout()
        .write_all(format!("{figures}\n").as_bytes())
        .map_err(Failure::of_io("answering"))
}

/// The two pipes: which block is next, and that it is done.
struct Tokens {
    ready: File,
    done: File,
    blocks: usize,
    next: usize,
}

impl Tokens {
    fn new(ready: RawFd, done: RawFd, blocks: usize) -> Self {
        // SAFETY: both descriptors were handed over to this process by whoever started it. One that
        // is not open is told by the first read or write.
        let (ready, done) = unsafe { (File::from_raw_fd(ready), File::from_raw_fd(done)) };
        Self {
            ready,
            done,
            blocks,
            next: 0,
        }
    }

    /// Waits for the next block: its phase and number. None: told to quit, or the runner is gone.
    fn next(&mut self) -> Result<Option<(u8, usize)>, Failure> {
        let mut token = [0];
        let read = loop {
            match self.ready.read(&mut token) {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                other => break other.map_err(Failure::of_io("reading the ready pipe"))?,
            }
        };
        if read == 0 || token[0] == phase::QUIT {
            return Ok(None);
        }
        let number = self.next;
        self.next = (number + 1) % self.blocks;
        Ok(Some((token[0], number)))
    }

    fn done(&mut self, phase: u8) -> Result<(), Failure> {
        self.done
            .write_all(&[phase])
            .map_err(Failure::of_io("writing to the done pipe"))
    }
}

type Serve<L> = fn(&mut Block<'_>, &mut Service<L>, &mut Witness);

/// Serves one trial.
pub struct Worker<'a, L> {
    file: &'a mut BlockFile,
    tokens: Tokens,
    service: Service<L>,
    serve: Serve<L>,
    witness: Witness,
    payload_bytes: usize,
    rss_before: usize,
    fault_ns: i64,
    usage_before: Usage,
    measuring: bool,
    served: usize,
}

impl<'a, L: Layout> Worker<'a, L> {
    /// `rss_before`: the resident set before the layout was made, the store already there.
    pub fn new(
        spec: &Spec,
        file: &'a mut BlockFile,
        store: Box<dyn Store>,
        layout: L,
        rss_before: usize,
    ) -> Result<Self, Failure> {
        let fault_ns = fault_cost_ns()?;
        Ok(Self {
            tokens: Tokens::new(spec.ready_fd, spec.done_fd, file.blocks()),
            service: Service::new(layout, store, spec.store.step),
            serve: match spec.wait {
                WaitSpec::Spin => serve::<L, Spin>,
                WaitSpec::Sleep => serve::<L, Sleep>,
            },
            witness: Witness::new(file.evidence(), spec.slow_ns),
            payload_bytes: spec.payload_bytes,
            rss_before,
            fault_ns,
            usage_before: Usage::now()?,
            measuring: false,
            served: 0,
            file,
        })
    }

    /// Serves until told to quit, or until the runner is gone.
    pub fn run(mut self) -> Result<(), Failure> {
        self.answer_ready()?;
        while let Some((phase, number)) = self.tokens.next()? {
            if phase == phase::DUMP {
                return self.dump(number);
            }
            self.serve_block(phase, number)?;
            self.tokens.done(phase)?;
        }
        Ok(())
    }

    /// Serves a block; an empty one ends its phase.
    fn serve_block(&mut self, phase: u8, number: usize) -> Result<(), Failure> {
        let records = self.file.block(number)?.due.len();
        if phase == phase::WARM_UP {
            self.service.store.charge();
        }
        match (phase, records) {
            (phase::WARM_UP, 0) => return self.answer_warm(),
            (phase::MEASURE, 0) => return self.answer_finished(),
            (phase::MEASURE, _) if !self.measuring => {
                self.measuring = true;
                self.service.layout.measure_from(self.file.t0_ns());
            }
            _ => {}
        }
        let mut block = self.file.block(number)?;
        let serving = || (self.serve)(&mut block, &mut self.service, &mut self.witness);
        if let Err(panic) = panic::catch_unwind(AssertUnwindSafe(serving)) {
            let at = block.finished.iter().position(|stamp| *stamp == 0);
            return Err(Failure::trial(format!(
                "operation {} (phase {}): {}",
                self.served + at.unwrap_or(records),
                phase::name(phase),
                Failure::of_panic(&*panic).reason
            )));
        }
        self.served += records;
        self.witness.look(self.service.counters());
        Ok(())
    }

    fn answer_ready(&self) -> Result<(), Failure> {
        let runtime = json!({
            "name": "Rust",
            "version": env!("COMPILER_VERSION"),
            "collector": "none",
        });
        let figures = json!({
            "pid": process::id(),
            "runtime": runtime,
            "gc": {},
            "fault_ns": self.fault_ns,
        });
        answer("ready", figures)
    }

    fn answer_warm(&mut self) -> Result<(), Failure> {
        self.usage_before = Usage::now()?;
        let figures = json!({
            "rss_before_bytes": self.rss_before,
            "rss_bytes": rss_bytes()?,
            "entries": self.service.layout.len(),
            "gc": {},
        });
        answer("warm", figures)
    }

    fn answer_finished(&self) -> Result<(), Failure> {
        let usage = Usage::now()?.since(&self.usage_before);
        let figures = json!({
            "usage": usage,
            "rss_bytes": rss_bytes()?,
            "peak_rss_bytes": peak_rss_bytes()?,
            "entries": self.service.layout.len(),
            "index_epoch": self.service.layout.index_epoch(),
            "gc": {},
            "policy_ns": 0,
            "commit_thread_ns": 0,
        });
        answer("finished", figures)
    }

    /// Dumps the cache, least recent first, and then the store, the first block being there.
    fn dump(self, number: usize) -> Result<(), Failure> {
        let (file, mut tokens) = (self.file, self.tokens);
        let cached = self.service.layout.items().map(|item| {
            let intact = item.payload.len() == self.payload_bytes
                && is_payload(item.payload, item.state.message_id);
            (item.key, item.state, intact)
        });
        let Some(number) = section(file, &mut tokens, number, cached)? else {
            return Ok(());
        };
        let stored = self.service.store.items();
        let stored = stored.map(|(key, state)| (key, state, true));
        section(file, &mut tokens, number, stored)?;
        Ok(())
    }
}

/// Writes rows to block after block, as tokens ask for them, and an empty one behind the last.
///
/// Returns the block of the next section; None where no other is asked for.
fn section(
    file: &mut BlockFile,
    tokens: &mut Tokens,
    mut number: usize,
    rows: impl Iterator<Item = (i64, State, bool)>,
) -> Result<Option<usize>, Failure> {
    let mut rows = rows.fuse(); // it is asked once more after its end
    loop {
        let written = fill(file.whole_block(number), &mut rows);
        file.set_count(number, written);
        tokens.done(phase::DUMP)?;
        let Some((_, next)) = tokens.next()? else {
            return Ok(None);
        };
        number = next;
        if written == 0 {
            return Ok(Some(number));
        }
    }
}

fn fill(block: Block<'_>, rows: &mut impl Iterator<Item = (i64, State, bool)>) -> usize {
    let mut written = 0;
    for (place, (key, state, intact)) in (0..block.due.len()).zip(rows) {
        block.keys[place] = key;
        block.arguments[place] = state.message_id;
        block.due[place] = i64::from(state.mentions);
        block.outcomes[place] = u8::from(!intact);
        written += 1;
    }
    written
}
