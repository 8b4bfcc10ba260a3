package main

import (
	"fmt"
	"os"
	"syscall"
	"unsafe"
)

// Places of the header's words, one 64-bit word each in native byte order (docs/block-format.md).
const (
	wordMagic = iota
	wordVersion
	wordByteOrder
	wordClock
	wordFileBytes
	wordBlocks
	wordBlockSize
	wordTableOffset
	wordBlocksOffset
	wordBlockStride
	wordDueColumn
	wordKeyColumn
	wordArgumentColumn
	wordStartedColumn
	wordFinishedColumn
	wordOperationColumn
	wordOutcomeColumn
	wordGCOffset
	wordGCCapacity
	wordGCRecordWords
	wordGCWritten
	wordGCLost
	wordEvidenceOffset
	wordEvidenceCapacity
	wordEvidenceRecordWords
	wordEvidenceWritten
	wordEvidenceLost
	wordT0
	wordError
	headerWords = 64
)

const (
	blockVersion   = 1
	byteOrderMark  = 0x0102030405060708
	clockMonotonic = 1

	gcRecordWords       = 6
	evidenceRecordWords = 12
)

// blockMagic is the bytes GCLABBLK, read as a native word: where the byte order differs, so does it.
var blockMagic = *(*int64)(unsafe.Pointer(&[8]byte{'G', 'C', 'L', 'A', 'B', 'B', 'L', 'K'}))

// blockFile is the mapped block file: header, rings and blocks. Its memory is not Go's.
type blockFile struct {
	words    []int64
	gc       []int64
	evidence []int64
	blocks   []block
}

// block is one block: its columns, and its count and phase in the block table.
type block struct {
	due        []int64
	keys       []int64
	arguments  []uint64
	started    []int64
	finished   []int64
	operations []uint8
	outcomes   []uint8
	count      *int64
	phase      *int64
}

// openBlockFile maps an existing file, unlinks it (a crash then leaves nothing behind) and checks it.
// Every page is mapped at once, before anything is timed.
func openBlockFile(path string) (*blockFile, error) {
	file, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	size := info.Size()
	if size < 8*headerWords {
		return nil, fmt.Errorf("block file of %d bytes is shorter than its header", size)
	}
	bytes, err := syscall.Mmap(int(file.Fd()), 0, int(size),
		syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_SHARED|syscall.MAP_POPULATE)
	if err != nil {
		return nil, fmt.Errorf("block file %s: %w", path, err)
	}
	if err := os.Remove(path); err != nil {
		return nil, err
	}
	words := unsafe.Slice((*int64)(unsafe.Pointer(&bytes[0])), size/8)
	if err := checkHeader(words, size); err != nil {
		return nil, err
	}
	return newBlockFile(bytes, words)
}

// checkHeader refuses what is not a block file of this version, clock and byte order.
func checkHeader(words []int64, size int64) error {
	switch {
	case words[wordMagic] != blockMagic:
		return fmt.Errorf("not a block file: wrong magic")
	case words[wordVersion] != blockVersion:
		return fmt.Errorf("block format version %d, this worker speaks version %d",
			words[wordVersion], blockVersion)
	case words[wordByteOrder] != byteOrderMark:
		return fmt.Errorf("byte order differs from this machine's")
	case words[wordClock] != clockMonotonic:
		return fmt.Errorf("clock %d is unknown; expected CLOCK_MONOTONIC (1)", words[wordClock])
	case words[wordFileBytes] != size:
		return fmt.Errorf("block file is %d bytes, its header says %d", size, words[wordFileBytes])
	case words[wordBlocks] < 1 || words[wordBlocks] > size/16:
		return fmt.Errorf("block file has %d blocks", words[wordBlocks])
	case words[wordBlockSize] < 1 || words[wordBlockSize] > size:
		return fmt.Errorf("block file has blocks of %d records", words[wordBlockSize])
	}
	return nil
}

// newBlockFile lays typed slices over the mapping; it refuses what would lie outside of it.
func newBlockFile(bytes []byte, words []int64) (*blockFile, error) {
	v := view{bytes: bytes}
	f := &blockFile{
		words:    words,
		gc:       over[int64](&v, words[wordGCOffset], words[wordGCCapacity]*gcRecordWords),
		evidence: over[int64](&v, words[wordEvidenceOffset], words[wordEvidenceCapacity]*evidenceRecordWords),
		blocks:   make([]block, words[wordBlocks]),
	}
	table := over[int64](&v, words[wordTableOffset], 2*words[wordBlocks])
	for number := range f.blocks {
		base := words[wordBlocksOffset] + int64(number)*words[wordBlockStride]
		size := words[wordBlockSize]
		f.blocks[number] = block{
			due:        over[int64](&v, base+words[wordDueColumn], size),
			keys:       over[int64](&v, base+words[wordKeyColumn], size),
			arguments:  over[uint64](&v, base+words[wordArgumentColumn], size),
			started:    over[int64](&v, base+words[wordStartedColumn], size),
			finished:   over[int64](&v, base+words[wordFinishedColumn], size),
			operations: over[uint8](&v, base+words[wordOperationColumn], size),
			outcomes:   over[uint8](&v, base+words[wordOutcomeColumn], size),
		}
		if v.outside {
			break
		}
		f.blocks[number].count, f.blocks[number].phase = &table[2*number], &table[2*number+1]
	}
	if v.outside || words[wordGCRecordWords] != gcRecordWords ||
		words[wordEvidenceCapacity] > 0 && words[wordEvidenceRecordWords] != evidenceRecordWords {
		return nil, fmt.Errorf("the header's offsets and sizes do not fit the block file")
	}
	return f, nil
}

// view is the mapping, and whether anything was asked of it that it does not hold.
type view struct {
	bytes   []byte
	outside bool
}

// over returns count items of the mapping from a byte offset on.
func over[T any](v *view, offset, count int64) []T {
	var item T
	size, end := int64(unsafe.Sizeof(item)), int64(len(v.bytes))
	if offset < 0 || offset%size != 0 || offset > end || count < 0 || count > (end-offset)/size {
		v.outside = true
		return nil
	}
	if count == 0 {
		return nil
	}
	return unsafe.Slice((*T)(unsafe.Pointer(&v.bytes[offset])), count)
}
