package script

import (
	"errors"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/ferrousdb/ferrous/conformance/resp"
)

// Loose says how much of two replies need not be equal. The zero Loose compares
// everything, to the byte. Every kind of looseness is named in the script, with its
// reason.
type Loose struct {
	unordered bool     // arrays, sets and maps are multisets, at every depth
	pairs     bool     // the outermost array is a multiset, of pairs where it is flat
	fields    []string // values of these fields do not matter
	only      []string // only these fields matter

	approx  float64 // numbers may differ by this much,
	percent bool    // or by this share of the larger
	slack   int64   // integers may differ by this much

	kind    bool     // only the kind of the reply
	code    bool     // only an error's first word
	names   bool     // only that the fields of the one are among those of the other
	without []string // but for these
	ignored bool
	regexes []*regexp.Regexp // both must match, nothing else matters
}

func (l Loose) zero() bool {
	return !l.unordered && !l.pairs && l.fields == nil && l.only == nil && l.approx == 0 &&
		l.slack == 0 && !l.kind && !l.code && !l.names && !l.ignored && l.regexes == nil
}

// with returns l where a line has a looseness of its own, else the file's.
func (l Loose) with(file Loose) Loose {
	if l.zero() {
		return file
	}
	return l
}

// Ignored reports whether nothing is compared at all.
func (l Loose) Ignored() bool { return l.ignored }

// parse adds what a line like "~approx 10% -- why" says.
func (l *Loose) parse(line string) error {
	what, _, err := cutReason(line)
	if err != nil {
		return err
	}
	name, arg, _ := strings.Cut(what, " ")
	arg = strings.TrimSpace(arg)
	switch name {
	case "~unordered":
		l.unordered = true
	case "~pairs":
		l.pairs = true
	case "~type":
		l.kind = true
	case "~error-code":
		l.code = true
	case "~names":
		l.names, l.without = true, strings.Fields(arg)
		return nil
	case "~ignore":
		l.ignored = true
	default:
		return l.parseWithArg(name, arg)
	}
	if arg != "" {
		return fmt.Errorf("%s takes no argument", name)
	}
	return nil
}

func (l *Loose) parseWithArg(name, arg string) error {
	if arg == "" {
		return fmt.Errorf("%s is unknown or lacks its argument", name)
	}
	switch name {
	case "~fields":
		l.fields = strings.Fields(arg)
	case "~only":
		l.only = strings.Fields(arg)
	case "~approx":
		digits, percent := strings.CutSuffix(arg, "%")
		n, err := strconv.ParseFloat(digits, 64)
		if err != nil || n <= 0 {
			return fmt.Errorf("~approx %q is neither a number nor a percentage", arg)
		}
		l.approx, l.percent = n, percent
	case "~ttl":
		digits, ok := strings.CutSuffix(arg, "ms")
		if !ok {
			digits, ok = strings.CutSuffix(arg, "s")
		}
		n, err := strconv.ParseInt(digits, 10, 64)
		if err != nil || !ok || n <= 0 {
			return fmt.Errorf("~ttl %q is not like 50ms or 1s", arg)
		}
		l.slack = n
	case "~regex":
		if len(arg) < 2 || arg[0] != '/' || arg[len(arg)-1] != '/' {
			return errors.New("~regex needs /an expression/")
		}
		re, err := regexp.Compile("(?s)" + arg[1:len(arg)-1])
		if err != nil {
			return err
		}
		l.regexes = append(l.regexes, re)
	default:
		return fmt.Errorf("unknown looseness %s", name)
	}
	return nil
}

// Check returns an error if v alone breaks a demand of the looseness: a ~regex it
// does not match, an error code asked of what is no error.
func (l Loose) Check(v resp.Value) error {
	for _, re := range l.regexes {
		if !re.MatchString(plain(v)) {
			return fmt.Errorf("no match of /%s/", re)
		}
	}
	if l.code && !v.IsErr() {
		return errors.New("not an error reply")
	}
	return nil
}

// Canon reduces a reply to what is compared of it. Canon(Canon(v)) equals Canon(v),
// so that a recording of the one stands in for the other.
func (l Loose) Canon(v resp.Value) resp.Value {
	switch {
	case l.ignored || l.regexes != nil:
		return resp.Value{Kind: resp.Simple, Text: "*"}
	case l.kind:
		return bare(v)
	case l.code:
		code, _, _ := strings.Cut(v.Text, " ")
		return resp.Value{Kind: v.Kind, Text: code}
	case l.names:
		return fieldNames(v)
	}
	if l.fields != nil {
		v = mapFields(v, func(name string) bool { return slices.Contains(l.fields, name) }, false)
	}
	if l.only != nil {
		v = mapFields(v, func(name string) bool { return !slices.Contains(l.only, name) }, true)
	}
	if l.pairs {
		v = sortPairs(v)
	}
	if l.unordered {
		v = sortDeep(v)
	}
	return v
}

// Match returns an error that tells where got differs from want, nil if it does not.
func (l Loose) Match(want, got resp.Value) error {
	if err := l.Check(got); err != nil {
		return err
	}
	want, got = l.Canon(want), l.Canon(got)
	switch {
	case l.names:
		return missingNames(want, got, l.without)
	case l.approx == 0 && l.slack == 0:
		if !want.Equal(got) {
			return errors.New("replies differ")
		}
		return nil
	}
	return l.near(want, got)
}

// near compares structure exactly and numbers within the tolerance.
func (l Loose) near(want, got resp.Value) error {
	if want.Kind != got.Kind || want.IsNil != got.IsNil || len(want.Elems) != len(got.Elems) {
		return errors.New("replies differ in shape")
	}
	for i := range want.Elems {
		if err := l.near(want.Elems[i], got.Elems[i]); err != nil {
			return err
		}
	}
	if want.Text == got.Text || l.closeText(want, got) {
		return nil
	}
	return fmt.Errorf("%s is not near %s", got, want)
}

func (l Loose) closeText(want, got resp.Value) bool {
	if l.slack > 0 {
		a, errA := strconv.ParseInt(want.Text, 10, 64)
		b, errB := strconv.ParseInt(got.Text, 10, 64)
		// A missing key (-2) or time to live (-1) is never near a real one.
		if errA == nil && errB == nil && a >= 0 && b >= 0 && max(a-b, b-a) <= l.slack {
			return true
		}
	}
	if l.approx > 0 {
		a, errA := strconv.ParseFloat(want.Text, 64)
		b, errB := strconv.ParseFloat(got.Text, 64)
		limit := l.approx
		if l.percent {
			limit *= max(math.Abs(a), math.Abs(b)) / 100
		}
		return errA == nil && errB == nil && math.Abs(a-b) <= limit
	}
	return false
}

// bare is a value of the same kind with nothing in it.
func bare(v resp.Value) resp.Value {
	w := resp.Value{Kind: v.Kind, IsNil: v.IsNil}
	switch v.Kind {
	case resp.Int, resp.Double, resp.BigNumber:
		w.Text = "0"
	case resp.Bool:
		w.Text = "f"
	case resp.Verbatim:
		w.Text = "txt:"
	}
	return w
}

func sortDeep(v resp.Value) resp.Value {
	w := v
	w.Elems = nil
	for _, e := range v.Elems {
		w.Elems = append(w.Elems, sortDeep(e))
	}
	if v.Kind == resp.Map {
		sortGroups(w.Elems, 2)
	} else {
		sortGroups(w.Elems, 1)
	}
	return w
}

// sortPairs sorts the pairs of a map or of a flat array, or the elements of one
// that holds arrays. Which of them an array is must not depend on the order.
func sortPairs(v resp.Value) resp.Value {
	w := v
	w.Elems = slices.Clone(v.Elems)
	size := 2
	nested := v.Kind != resp.Map && slices.ContainsFunc(v.Elems, func(e resp.Value) bool { return e.Kind == resp.Array })
	if len(v.Elems)%2 != 0 || nested {
		size = 1
	}
	sortGroups(w.Elems, size)
	return w
}

// sortGroups sorts consecutive groups of size elements by their wire form.
func sortGroups(vs []resp.Value, size int) {
	groups := slices.Collect(slices.Chunk(slices.Clone(vs), size))
	key := func(group []resp.Value) string {
		var b []byte
		for _, v := range group {
			b = v.Append(b)
		}
		return string(b)
	}
	slices.SortFunc(groups, func(a, b []resp.Value) int { return strings.Compare(key(a), key(b)) })
	copy(vs, slices.Concat(groups...))
}
