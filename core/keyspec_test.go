package core

import (
	"bytes"
	"fmt"
	"testing"
)

// What Redis 7.2 reports for commands whose keys are declared like this.
func TestKeyRange(t *testing.T) {
	incomplete := KeyRange(1, 0, 1, KeyRW|KeyIncomplete)
	for name, test := range map[string]struct {
		keys []KeySpec
		want string // first last step movable
	}{
		"ping":        {nil, "0 0 0 false"},
		"get":         {[]KeySpec{KeyAt(1, KeyRO)}, "1 1 1 false"},
		"object":      {[]KeySpec{KeyAt(2, KeyRO)}, "2 2 1 false"},
		"del":         {[]KeySpec{KeyRange(1, -1, 1, KeyRM)}, "1 -1 1 false"},
		"blpop":       {[]KeySpec{KeyRange(1, -2, 1, KeyRW)}, "1 -2 1 false"},
		"mset":        {[]KeySpec{KeyRange(1, -1, 2, KeyOW)}, "1 -1 2 false"},
		"lmove":       {[]KeySpec{KeyAt(1, KeyRW), KeyAt(2, KeyRW)}, "1 2 1 false"},
		"sunionstore": {[]KeySpec{KeyAt(1, KeyOW), KeyRange(2, -1, 1, KeyRO)}, "1 -1 1 false"},
		"zunionstore": {[]KeySpec{KeyAt(1, KeyOW), KeyCount(2, KeyRO)}, "1 1 1 true"},
		"zunion":      {[]KeySpec{KeyCount(1, KeyRO)}, "0 0 0 true"},
		"xread":       {[]KeySpec{AfterKeyword("STREAMS", 1, -1, 1, KeyRO)}, "0 0 0 true"},
		"sort_ro":     {[]KeySpec{KeyAt(1, KeyRO), UnknownKeys(KeyRO)}, "1 1 1 true"},
		"gap":         {[]KeySpec{KeyAt(1, KeyRW), KeyAt(3, KeyRW)}, "1 1 1 true"},
		"some":        {[]KeySpec{incomplete}, "1 1 1 true"},
	} {
		cmd := Command{Keys: test.keys}
		first, last, step, movable := cmd.KeyRange()
		if got := fmt.Sprint(first, last, step, movable); got != test.want {
			t.Errorf("%s: got %s, want %s", name, got, test.want)
		}
	}
}

func TestAppendKeys(t *testing.T) {
	streams := AfterKeyword("STREAMS", 1, -1, 1, KeyRO)
	streams.Limit = 2
	for _, test := range []struct {
		spec KeySpec
		args string
		want string // positions, or "error"
	}{
		{KeyAt(1, KeyRO), "GET k", "[1]"},
		{KeyAt(1, KeyRO), "GET", "[]"},
		{KeyRange(1, -1, 1, KeyRM), "DEL a b c", "[1 2 3]"},
		{KeyRange(1, -2, 1, KeyRW), "BLPOP a b 0", "[1 2]"},
		{KeyRange(1, -1, 2, KeyOW), "MSET a 1 b 2", "[1 3]"},
		{KeyRange(1, -1, 2, KeyOW), "MSET a 1 b", "[1 3]"},
		{KeyRange(1, 1, 1, KeyRO), "LCS a", "error"},
		{KeyCount(1, KeyRO), "ZUNION 2 a b WITHSCORES", "[2 3]"},
		{KeyCount(1, KeyRO), "ZUNION 3 a b", "error"},
		{KeyCount(1, KeyRO), "ZUNION -1 a", "error"},
		{KeyCount(1, KeyRO), "ZUNION x a", "error"},
		{KeyCount(1, KeyRO), "ZUNION 99999999999999999999 a", "error"},
		{KeyCount(2, KeyRO), "EVAL script 0", "[]"},
		{streams, "XREAD COUNT 5 streams a b 0 0", "[4 5]"},
		{streams, "XREAD STREAMS a b 0", "[2]"},
		{streams, "XREAD COUNT 5", "[]"},
		{AfterKeyword("KEYS", -2, -1, 1, KeyRW), "MIGRATE h 1 KEYS 0 9 KEYS a b", "[7 8]"},
		{AfterKeyword("STORE", 2, 0, 1, KeyOW), "SORT k STORE d x", "[3]"},
		{UnknownKeys(KeyRO), "SORT k", "[]"},
		{KeyAt(1, KeyNotKey), "SPUBLISH c m", "[]"},
	} {
		cmd := Command{Keys: []KeySpec{test.spec}}
		refs, err := cmd.AppendKeys(nil, bytes.Fields([]byte(test.args)))
		positions := []int{}
		for _, r := range refs {
			positions = append(positions, r.Index)
		}
		got := fmt.Sprint(positions)
		if err != nil {
			got = "error"
		}
		if got != test.want {
			t.Errorf("%s: got %s, want %s", test.args, got, test.want)
		}
	}
}

func TestCategories(t *testing.T) {
	for _, test := range []struct {
		flags    Flags
		declared Category
		want     string
	}{
		{ReadOnly | Fast, CatString, "[read string fast]"},
		{Write, CatList, "[write list slow]"},
		{ReadOnly, CatScripting, "[slow scripting]"},
		{Admin, 0, "[admin slow dangerous]"},
		{Blocking | Write, CatList, "[write list slow blocking]"},
		{PubSub | Fast, 0, "[pubsub fast]"},
	} {
		if got := fmt.Sprint(test.flags.categories(test.declared).Names()); got != test.want {
			t.Errorf("%v: got %s, want %s", test.flags.Names(), got, test.want)
		}
	}
}
