package strings

import (
	"bytes"
	"math"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/decimal"
)

// option is a set of the words that follow SET's value or GETEX's key.
type option uint16

const (
	optEX option = 1 << iota
	optPX
	optNX
	optXX
	optGet
	optKeepTTL
	optEXAT
	optPXAT
	optPersist

	optTimes = optEX | optPX | optEXAT | optPXAT // a time follows
	forSet   = optTimes | optNX | optXX | optGet | optKeepTTL
	forGetex = optTimes | optPersist
)

// optionWords says how each option is written and what it cannot stand beside.
var optionWords = [...]struct {
	word    string
	opt     option
	against option
}{
	{"EX", optEX, optTimes&^optEX | optKeepTTL | optPersist},
	{"PX", optPX, optTimes&^optPX | optKeepTTL | optPersist},
	{"NX", optNX, optXX},
	{"XX", optXX, optNX},
	{"GET", optGet, 0},
	{"KEEPTTL", optKeepTTL, optTimes},
	{"EXAT", optEXAT, optTimes&^optEXAT | optKeepTTL | optPersist},
	{"PXAT", optPXAT, optTimes&^optPXAT | optKeepTTL | optPersist},
	{"PERSIST", optPersist, optTimes},
}

// options are the parsed words.
type options struct {
	set  option
	time []byte // the argument of the last of EX, PX, EXAT and PXAT
}

// parseOptions reads words of which allowed may occur. A word may be repeated.
func parseOptions(args [][]byte, allowed option) (options, error) {
	var o options
	for i := 0; i < len(args); i++ {
		opt, against := findOption(args[i])
		if opt&allowed == 0 || o.set&against != 0 {
			return o, core.ErrSyntax
		}
		o.set |= opt
		if opt&optTimes != 0 {
			if i++; i == len(args) {
				return o, core.ErrSyntax
			}
			o.time = args[i]
		}
	}
	return o, nil
}

func findOption(arg []byte) (opt, against option) {
	for i := range optionWords {
		w := &optionWords[i]
		if len(arg) == len(w.word) && bytes.EqualFold(arg, []byte(w.word)) {
			return w.opt, w.against
		}
	}
	return 0, 0
}

func (o *options) has(opt option) bool { return o.set&opt != 0 }

// deadline returns the expiry that the options ask for, in Unix milliseconds; 0
// if there is none.
func (o *options) deadline(c *core.Ctx) (int64, error) {
	if !o.has(optTimes) {
		return 0, nil
	}
	n, ok := decimal.Parse(o.time)
	if !ok {
		return 0, core.ErrNotInteger
	}
	scale, base := int64(1), int64(0)
	if o.has(optEX | optEXAT) {
		scale = 1000
	}
	if o.has(optEX | optPX) {
		base = c.Now
	}
	if n <= 0 || n > math.MaxInt64/scale || n*scale > math.MaxInt64-base {
		return 0, core.ErrExpireTime(c.Cmd.FullName())
	}
	return n*scale + base, nil
}
