// Package cjson is JSON as lua-cjson 2.1 reads and writes it, with its options and
// its texts of errors. Values are of whatever type the caller has: a Maker makes
// them and a Reader looks into them, so that the package knows no VM.
package cjson

// Invalid is what encoding does with numbers that JSON lacks.
type Invalid int

const (
	Refuse Invalid = iota
	Print
	Null
)

// Config is the options of one instance of the library.
type Config struct {
	SparseConvert bool // excessively sparse arrays become objects, else are refused
	SparseRatio   int  // an array is excessively sparse if its length is more than so many times its items; 0: never
	SparseSafe    int  // and more than this
	EncodeDepth   int
	DecodeDepth   int
	Precision     int // significant digits of numbers
	KeepBuffer    bool
	EncodeInvalid Invalid
	DecodeInvalid bool // reads inf, nan and hexadecimal numbers
	MaxBytes      int  // of what is encoded; 0: unlimited
}

// Default is the configuration of a new instance.
func Default() Config {
	return Config{
		SparseRatio: 2, SparseSafe: 10,
		EncodeDepth: 1000, DecodeDepth: 1000,
		Precision: 14, KeepBuffer: true, DecodeInvalid: true,
	}
}
