//! The block file: the boundary of the measured process, as `docs/block-format.md` has it.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::ops::Range;
use std::os::fd::AsRawFd;
use std::path::Path;
use std::ptr;
use std::slice;
use std::sync::atomic::{AtomicI64, Ordering};

use crate::failure::{Code, Failure};
use crate::header::{Geometry, Word, EVIDENCE_WORDS, HEADER_BYTES, HEADER_WORDS};

/// Bits of the outcome column; 0 is a hit. In the dump, 1 marks a payload that is not intact.
pub const MISS: u8 = 1;
pub const EVICTED: u8 = 2;

/// The value of a token: what the block is for.
pub mod phase {
    pub const FILL: u8 = 1;
    pub const AGE: u8 = 2;
    pub const WARM_UP: u8 = 3;
    pub const MEASURE: u8 = 4;
    pub const DUMP: u8 = 5;
    pub const QUIT: u8 = 6;

    pub fn name(phase: u8) -> &'static str {
        match phase {
            FILL => "fill",
            AGE => "age",
            WARM_UP => "warm_up",
            MEASURE => "measure",
            _ => "unknown",
        }
    }
}

/// The operation column; whatever is none of these is a commit.
pub mod operation {
    pub const READ: u8 = 0;
    pub const ACK: u8 = 1;
    pub const MENTION: u8 = 2;
}

/// Words outside of the blocks: the runner looks at some of them at any time.
type Words = &'static [AtomicI64];

/// The columns of one block, each as long as the block has records.
pub struct Block<'a> {
    pub due: &'a mut [i64],
    pub keys: &'a mut [i64],
    pub arguments: &'a mut [u64],
    pub started: &'a mut [i64],
    pub finished: &'a mut [i64],
    pub operations: &'a [u8],
    pub outcomes: &'a mut [u8],
}

/// Where the evidence of slow operations goes.
pub struct EvidenceRing {
    header: Words,
    records: Words,
}

impl EvidenceRing {
    /// Writes the next record, and only then that it is there.
    pub fn write(&self, record: &[i64; EVIDENCE_WORDS]) {
        let written = &self.header[Word::EvidenceWritten as usize];
        let number = written.load(Ordering::Relaxed);
        let capacity = self.records.len() / EVIDENCE_WORDS;
        let begin = number as usize % capacity * EVIDENCE_WORDS;
        for (place, value) in self.records[begin..].iter().zip(record) {
            place.store(*value, Ordering::Relaxed);
        }
        written.store(number + 1, Ordering::Release);
    }
}

/// A mapped block file. It stays mapped until the process ends.
pub struct BlockFile {
    base: *mut u8,
    geometry: Geometry,
    header: Words,
    table: Words,
}

impl BlockFile {
    /// Maps an existing file, unlinks it (a crash then leaves nothing behind), checks its header.
    pub fn open(path: &Path) -> Result<Self, Failure> {
        let failed = |error| {
            Failure::header(format!(
                "cannot open block file {}: {error}",
                path.display()
            ))
        };
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .open(path)
            .map_err(failed)?;
        let bytes = file.metadata().map_err(failed)?.len() as usize;
        if bytes < HEADER_BYTES {
            return Err(Failure::header(format!(
                "block file of {bytes} bytes is shorter than its header"
            )));
        }
        let base = map(&file, bytes).map_err(failed)?;
        fs::remove_file(path).map_err(failed)?;
        let header = words_at(base, 0..HEADER_BYTES);
        let mut words = [0; HEADER_WORDS];
        for (word, place) in words.iter_mut().zip(header) {
            *word = place.load(Ordering::Relaxed);
        }
        let geometry = Geometry::of(&words, bytes)?;
        let table = words_at(base, geometry.table.clone());
        Ok(Self {
            base,
            geometry,
            header,
            table,
        })
    }

    /// How many blocks there are in the ring.
    pub fn blocks(&self) -> usize {
        self.geometry.blocks
    }

    /// The ring for evidence; None where the runner wants none.
    pub fn evidence(&self) -> Option<EvidenceRing> {
        let range = self.geometry.evidence.clone();
        (!range.is_empty()).then(|| EvidenceRing {
            header: self.header,
            records: words_at(self.base, range),
        })
    }

    /// Start of the measured phase, CLOCK_MONOTONIC ns.
    pub fn t0_ns(&self) -> i64 {
        self.header[Word::T0 as usize].load(Ordering::Relaxed)
    }

    pub fn report_error(&self, code: Code) {
        self.header[Word::Error as usize].store(code as i64, Ordering::Relaxed);
    }

    /// The records that the runner put into a block.
    pub fn block(&mut self, number: usize) -> Result<Block<'_>, Failure> {
        let count = self.table[2 * number].load(Ordering::Relaxed);
        match usize::try_from(count) {
            Ok(records) if records <= self.geometry.block_size => Ok(self.view(number, records)),
            _ => Err(Failure::trial(format!(
                "block {number} has {count} records where {} fit",
                self.geometry.block_size
            ))),
        }
    }

    /// A block with all the room that it has.
    pub fn whole_block(&mut self, number: usize) -> Block<'_> {
        self.view(number, self.geometry.block_size)
    }

    pub fn set_count(&mut self, number: usize, records: usize) {
        self.table[2 * number].store(records as i64, Ordering::Relaxed);
    }

    fn view(&mut self, number: usize, records: usize) -> Block<'_> {
        let geometry = &self.geometry;
        assert!(number < geometry.blocks && records <= geometry.block_size);
        let first = geometry.ring.start + number * geometry.block_stride;
        let [due, keys, arguments, started, finished, operations, outcomes] =
            geometry.columns.map(|column| first + column);
        // SAFETY: the geometry has found every column inside of the mapping, on its own and at a
        // multiple of 8. The runner leaves a block alone until its token comes back, and `self` is
        // borrowed for as long as the columns are.
        unsafe {
            Block {
                due: slice::from_raw_parts_mut(self.base.add(due).cast(), records),
                keys: slice::from_raw_parts_mut(self.base.add(keys).cast(), records),
                arguments: slice::from_raw_parts_mut(self.base.add(arguments).cast(), records),
                started: slice::from_raw_parts_mut(self.base.add(started).cast(), records),
                finished: slice::from_raw_parts_mut(self.base.add(finished).cast(), records),
                operations: slice::from_raw_parts(self.base.add(operations), records),
                outcomes: slice::from_raw_parts_mut(self.base.add(outcomes), records),
            }
        }
    }
}

/// Maps the file with every page in place before anything is timed.
fn map(file: &File, bytes: usize) -> io::Result<*mut u8> {
    // SAFETY: a fresh mapping at an address of the kernel's choice, of a file that is open.
    let base = unsafe {
        libc::mmap(
            ptr::null_mut(),
            bytes,
            libc::PROT_READ | libc::PROT_WRITE,
            libc::MAP_SHARED | libc::MAP_POPULATE,
            file.as_raw_fd(),
            0,
        )
    };
    if base == libc::MAP_FAILED {
        return Err(io::Error::last_os_error());
    }
    Ok(base.cast())
}

/// Views words of the mapping that are in no block.
fn words_at(base: *mut u8, bytes: Range<usize>) -> Words {
    // SAFETY: callers name a range inside of the mapping, at a multiple of 8, that no column has a
    // part in. The mapping is never undone.
    unsafe { slice::from_raw_parts(base.add(bytes.start).cast(), bytes.len() / 8) }
}
