package script

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/ferrousdb/ferrous/conformance/resp"
)

// Version is a server's version: major, minor, patch.
type Version [3]int

// ParseVersion reads "7.2" or "7.0.15".
func ParseVersion(s string) (Version, error) {
	var v Version
	parts := strings.Split(s, ".")
	if len(parts) < 2 || len(parts) > 3 {
		return v, fmt.Errorf("%q is not a version", s)
	}
	for i, part := range parts {
		n, err := strconv.Atoi(part)
		if err != nil {
			return v, fmt.Errorf("%q is not a version", s)
		}
		v[i] = n
	}
	return v, nil
}

// Before reports whether v is older than w.
func (v Version) Before(w Version) bool {
	for i := range v {
		if v[i] != w[i] {
			return v[i] < w[i]
		}
	}
	return false
}

func (v Version) String() string { return fmt.Sprintf("%d.%d.%d", v[0], v[1], v[2]) }

// Expect is a reply written down in a script: a literal, or /a regular expression/
// over the reply's text.
type Expect struct {
	literal resp.Value
	regex   *regexp.Regexp
}

// ParseExpect reads a literal (see package resp) or a /regular expression/.
func ParseExpect(s string) (Expect, error) {
	s = strings.TrimSpace(s)
	if len(s) > 1 && s[0] == '/' && s[len(s)-1] == '/' {
		re, err := regexp.Compile("(?s)" + s[1:len(s)-1])
		return Expect{regex: re}, err
	}
	v, err := resp.ParseLiteral(s)
	return Expect{literal: v}, err
}

// Check returns an error that tells what was wanted if v, a reply over the given
// protocol, is not what was written. A literal in RESP3 form stands for its RESP2
// form too, and nil or nil* in RESP3 for the one null there is.
func (e Expect) Check(v resp.Value, proto int, loose Loose) error {
	if e.regex != nil {
		if !e.regex.MatchString(plain(v)) {
			return fmt.Errorf("want a match of /%s/", e.regex)
		}
		return nil
	}
	want := e.literal.Upgrade()
	if proto == 2 {
		want = e.literal.Downgrade()
	}
	return loose.Match(want, v)
}

// plain is a reply's text where it has one, its literal otherwise.
func plain(v resp.Value) string {
	switch v.Kind {
	case resp.Simple, resp.Error, resp.Bulk, resp.BulkError:
		if !v.IsNil && v.Attrs == nil {
			return v.Text
		}
	case resp.Verbatim:
		return v.Text[len("txt:"):]
	}
	return v.String()
}
