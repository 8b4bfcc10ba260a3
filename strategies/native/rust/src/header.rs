//! The header of the block file: what it says, and what is refused.

use std::ops::Range;

use crate::failure::Failure;

const VERSION: i64 = 1;
const MAGIC: i64 = i64::from_le_bytes(*b"GCLABBLK");
const BYTE_ORDER_MARK: i64 = 0x0102_0304_0506_0708;
const CLOCK_MONOTONIC: i64 = 1;
pub const HEADER_WORDS: usize = 64;
pub const HEADER_BYTES: usize = 8 * HEADER_WORDS;
pub const EVIDENCE_WORDS: usize = 12;
const BLOCK_SIZES: Range<usize> = 64..16_385;

/// Places of the header's words.
#[derive(Clone, Copy, Debug)]
#[repr(usize)]
pub enum Word {
    Magic = 0,
    Version,
    ByteOrder,
    Clock,
    FileBytes,
    Blocks,
    BlockSize,
    TableOffset,
    BlocksOffset,
    BlockStride,
    DueColumn,
    KeyColumn,
    ArgumentColumn,
    StartedColumn,
    FinishedColumn,
    OperationColumn,
    OutcomeColumn,
    EvidenceOffset = 22,
    EvidenceCapacity,
    EvidenceRecordWords,
    EvidenceWritten,
    T0 = 27,
    Error,
}

const COLUMNS: [(Word, usize); 7] = [
    (Word::DueColumn, 8),
    (Word::KeyColumn, 8),
    (Word::ArgumentColumn, 8),
    (Word::StartedColumn, 8),
    (Word::FinishedColumn, 8),
    (Word::OperationColumn, 1),
    (Word::OutcomeColumn, 1),
];

/// Where everything is in a block file, all of it inside of the file and nothing on top of another.
#[derive(Debug)]
pub struct Geometry {
    pub blocks: usize,
    pub block_size: usize,
    pub block_stride: usize,
    /// Bytes of the block table, of all blocks, and of the evidence ring.
    pub table: Range<usize>,
    pub ring: Range<usize>,
    pub evidence: Range<usize>,
    /// Offsets of the columns within a block, in the order of `Block`'s fields.
    pub columns: [usize; 7],
}

impl Geometry {
    /// Reads the header of a file of that many bytes; refuses what this worker cannot serve.
    pub fn of(words: &[i64; HEADER_WORDS], bytes: usize) -> Result<Self, Failure> {
        check_identity(words, bytes)?;
        let header = Header { words, bytes };
        let (blocks, block_size) = (header.count(Word::Blocks)?, header.count(Word::BlockSize)?);
        if blocks == 0 || !BLOCK_SIZES.contains(&block_size) || block_size % 8 != 0 {
            return Err(Failure::header(format!(
                "{blocks} blocks of {block_size} records; expected one at least, of 64 to 16,384"
            )));
        }
        let block_stride = header.count(Word::BlockStride)?;
        let geometry = Self {
            blocks,
            block_size,
            block_stride,
            table: header.region(Word::TableOffset, blocks, 16, bytes)?,
            ring: header.region(Word::BlocksOffset, blocks, block_stride, bytes)?,
            evidence: header.evidence()?,
            columns: header.columns(block_size, block_stride)?,
        };
        let Self {
            table,
            ring,
            evidence,
            ..
        } = &geometry;
        let parts = [&(0..HEADER_BYTES), table, ring, evidence].map(Range::clone);
        if block_stride % 8 != 0 || overlap(parts.to_vec()) {
            return Err(Failure::header("parts of the block file overlap"));
        }
        Ok(geometry)
    }
}

fn check_identity(words: &[i64; HEADER_WORDS], bytes: usize) -> Result<(), Failure> {
    let word = |place: Word| words[place as usize];
    if word(Word::Magic) != MAGIC {
        return Err(Failure::header("not a block file: wrong magic"));
    }
    if word(Word::Version) != VERSION {
        return Err(Failure::header(format!(
            "block format version {}, this worker speaks version {VERSION}",
            word(Word::Version)
        )));
    }
    if word(Word::ByteOrder) != BYTE_ORDER_MARK {
        return Err(Failure::header("byte order differs from this machine's"));
    }
    if word(Word::Clock) != CLOCK_MONOTONIC {
        return Err(Failure::header(format!(
            "clock {} is unknown; expected CLOCK_MONOTONIC (1)",
            word(Word::Clock)
        )));
    }
    if usize::try_from(word(Word::FileBytes)) != Ok(bytes) {
        return Err(Failure::header(format!(
            "block file is {bytes} bytes, its header says {}",
            word(Word::FileBytes)
        )));
    }
    Ok(())
}

struct Header<'a> {
    words: &'a [i64; HEADER_WORDS],
    bytes: usize,
}

impl Header<'_> {
    fn count(&self, word: Word) -> Result<usize, Failure> {
        let value = self.words[word as usize];
        usize::try_from(value)
            .map_err(|_| Failure::header(format!("header word {} is {value}", word as usize)))
    }

    /// Returns where `items` items of `item_bytes` lie from the word's offset on, within `limit`.
    fn region(
        &self,
        offset: Word,
        items: usize,
        item_bytes: usize,
        limit: usize,
    ) -> Result<Range<usize>, Failure> {
        let begin = self.count(offset)?;
        let end = items
            .checked_mul(item_bytes)
            .and_then(|length| begin.checked_add(length));
        match end {
            Some(end) if end <= limit && begin % 8 == 0 => Ok(begin..end),
            _ => Err(Failure::header(format!(
                "header word {}: {items} items at {begin} do not fit",
                offset as usize
            ))),
        }
    }

    fn evidence(&self) -> Result<Range<usize>, Failure> {
        let capacity = self.count(Word::EvidenceCapacity)?;
        let words = self.count(Word::EvidenceRecordWords)?;
        if capacity == 0 {
            return Ok(0..0);
        }
        if words != EVIDENCE_WORDS {
            return Err(Failure::header(format!(
                "evidence records of {words} words, this worker writes {EVIDENCE_WORDS}"
            )));
        }
        self.region(Word::EvidenceOffset, capacity, 8 * words, self.bytes)
    }

    fn columns(&self, block_size: usize, stride: usize) -> Result<[usize; 7], Failure> {
        let mut ranges = Vec::with_capacity(COLUMNS.len());
        for (word, item_bytes) in COLUMNS {
            ranges.push(self.region(word, block_size, item_bytes, stride)?);
        }
        let mut offsets = [0; 7];
        for (offset, range) in offsets.iter_mut().zip(&ranges) {
            *offset = range.start;
        }
        if overlap(ranges) {
            return Err(Failure::header("columns of a block overlap"));
        }
        Ok(offsets)
    }
}

fn overlap(mut ranges: Vec<Range<usize>>) -> bool {
    ranges.retain(|range| !range.is_empty());
    ranges.sort_by_key(|range| range.start);
    ranges.windows(2).any(|pair| pair[0].end > pair[1].start)
}

#[cfg(test)]
pub mod tests {
    use super::*;

    /// The words of a file of 2 blocks of 64 records and room for 2 records of evidence.
    pub fn words() -> [i64; HEADER_WORDS] {
        let mut words = [0; HEADER_WORDS];
        let known = [
            (Word::Magic, MAGIC),
            (Word::Version, 1),
            (Word::ByteOrder, BYTE_ORDER_MARK),
            (Word::Clock, 1),
            (Word::FileBytes, 6_112),
            (Word::Blocks, 2),
            (Word::BlockSize, 64),
            (Word::TableOffset, 512),
            (Word::EvidenceOffset, 544),
            (Word::EvidenceCapacity, 2),
            (Word::EvidenceRecordWords, 12),
            (Word::BlocksOffset, 736),
            (Word::BlockStride, 2_688),
        ];
        for (word, value) in known {
            words[word as usize] = value;
        }
        for (place, (word, _)) in COLUMNS.iter().enumerate() {
            words[*word as usize] = 512 * place.min(5) as i64;
        }
        words[Word::OutcomeColumn as usize] = 2_624;
        words
    }

    fn refusal(word: Word, value: i64) -> String {
        let mut words = words();
        words[word as usize] = value;
        Geometry::of(&words, 6_112).unwrap_err().reason
    }

    #[test]
    fn a_good_header_is_read() {
        let geometry = Geometry::of(&words(), 6_112).unwrap();
        assert_eq!(geometry.table, 512..544);
        assert_eq!(geometry.evidence, 544..736);
        assert_eq!(geometry.ring, 736..6_112);
        assert_eq!(
            geometry.columns,
            [0, 512, 1_024, 1_536, 2_048, 2_560, 2_624]
        );
    }

    #[test]
    fn another_format_is_refused() {
        assert!(refusal(Word::Magic, 1).contains("magic"));
        assert!(refusal(Word::Version, 2).contains("version 2"));
        assert!(refusal(Word::ByteOrder, BYTE_ORDER_MARK.swap_bytes()).contains("byte order"));
        assert!(refusal(Word::Clock, 7).contains("clock 7"));
        assert!(refusal(Word::FileBytes, 6_000).contains("its header says 6000"));
    }

    #[test]
    fn what_lies_outside_or_on_top_of_another_is_refused() {
        assert!(refusal(Word::Blocks, 3).contains("do not fit"));
        assert!(refusal(Word::Blocks, -1).contains("is -1"));
        assert!(refusal(Word::BlockSize, 65).contains("of 65 records"));
        assert!(refusal(Word::BlockStride, i64::MAX).contains("do not fit"));
        assert!(refusal(Word::OutcomeColumn, 2_632).contains("do not fit"));
        assert!(refusal(Word::KeyColumn, 0).contains("columns of a block overlap"));
        assert!(refusal(Word::EvidenceOffset, 512).contains("overlap"));
        assert!(refusal(Word::EvidenceRecordWords, 11).contains("of 11 words"));
    }
}
