package engine

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"
)

// parseAll feeds data in pieces of the given size and returns the requests, as
// joined words, and the error that ended them.
func parseAll(data []byte, piece int, lim limits) (requests []string, err error) {
	var p parser
	var have []byte
	for len(data) > 0 || len(have) > 0 {
		n := min(piece, len(data))
		have = append(have, data[:n]...)
		data = data[n:]
		for {
			args, used, err := p.next(have, nil, lim)
			if errors.Is(err, errIncomplete) {
				break
			}
			if err != nil {
				return requests, err
			}
			if len(args) > 0 {
				requests = append(requests, string(bytes.Join(args, []byte{'|'})))
			}
			have = have[used:]
		}
		if n == 0 {
			return requests, errIncomplete
		}
	}
	return requests, nil
}

var normal = limits{bulk: 512 << 20}

func TestParseRequests(t *testing.T) {
	for _, test := range []struct{ in, want string }{
		{"*1\r\n$4\r\nPING\r\n", "PING"},
		{"*2\r\n$3\r\nGET\r\n$1\r\na\r\n*1\r\n$4\r\nPING\r\n", "GET|a PING"},
		{"*2\r\n$4\r\nECHO\r\n$0\r\n\r\n", "ECHO|"},
		{"*0\r\n*-1\r\nPING\r\n", "PING"},
		{"\r\n\nPING\n", "PING"},
		{"set a \"b\\x41\\n\" 'c\\'d'\r\n", "set|a|bA\n|c'd"},
		{"*2\r\n$3\r\nGET\r\n$3\r\n\r\n\r\n\r\n", "GET|\r\n\r"},
		{"a\vb \f'c'\v\"d\"\r\n", "a\vb|c|d"},
		{"PING\na\x00b\r\nPING\r\n", "PING"},
		{"PING\n*1\x00\r\n$4\r\nPING\r\n", "PING"},
		{"PING\n*1\r\n$4\x00\r\nPING\r\n", "PING"},
	} {
		for piece := 1; piece <= len(test.in); piece++ {
			got, err := parseAll([]byte(test.in), piece, normal)
			if strings.Join(got, " ") != test.want || err != nil && !errors.Is(err, errIncomplete) {
				t.Fatalf("%q in pieces of %d: %q, %v; want %q", test.in, piece, got, err, test.want)
			}
		}
	}
}

// The texts are those of redis-server 7.0.15.
func TestParseErrors(t *testing.T) {
	anonymous := limits{bulk: 512 << 20, anonymous: true}
	for _, test := range []struct {
		in, want string
		lim      limits
	}{
		{"*x\r\n", "invalid multibulk length", normal},
		{"*01\r\n$4\r\nPING\r\n", "invalid multibulk length", normal},
		{"*-0\r\n", "invalid multibulk length", normal},
		{"*+1\r\n$4\r\nPING\r\n", "invalid multibulk length", normal},
		{"*1\r\n$04\r\nPING\r\n", "invalid bulk length", normal},
		{"*1\r\n$-0\r\n\r\n", "invalid bulk length", normal},
		{"*3000000000\r\n", "invalid multibulk length", normal},
		{"*1\r\nfoo\r\n", "expected '$', got 'f'", normal},
		{"*1\r\n\r\n", "expected '$', got '\r'", normal},
		{"*1\r\n$-1\r\n", "invalid bulk length", normal},
		{"*1\r\n$600000000\r\n", "invalid bulk length", normal},
		{"*1\r\n$2x\r\n", "invalid bulk length", normal},
		{"set a \"b\r\n", "unbalanced quotes in request", normal},
		{"set a \"b\"c\r\n", "unbalanced quotes in request", normal},
		{strings.Repeat("a", 70000), "too big inline request", normal},
		{"*" + strings.Repeat("1", 70000), "too big mbulk count string", normal},
		{"*1\r\n$" + strings.Repeat("1", 70000), "too big bulk count string", normal},
		{"\x00" + strings.Repeat("\r\n", 35000), "too big inline request", normal},
		{"*11\r\n", "unauthenticated multibulk length", anonymous},
		{"*1\r\n$16385\r\n", "unauthenticated bulk length", anonymous},
	} {
		_, err := parseAll([]byte(test.in), 16384, test.lim)
		if err == nil || err.Error() != "Protocol error: "+test.want {
			t.Errorf("%.40q: %v; want %q", test.in, err, test.want)
		}
	}
}

// FuzzParse: whatever comes, in whatever pieces, the parser neither panics nor
// depends on how the bytes were cut.
func FuzzParse(f *testing.F) {
	f.Add([]byte("*2\r\n$3\r\nGET\r\n$1\r\na\r\nPING \"a\\x00\"\r\n"), 3)
	f.Add([]byte("*1\r\n$-5\r\n"), 1)
	f.Add([]byte("*3\r\n$3\r\nSET\r\n$100000\r\n"), 7)
	f.Fuzz(func(t *testing.T, data []byte, piece int) {
		if piece < 1 || piece > 1<<16 {
			return
		}
		lim := limits{bulk: 1 << 20}
		whole, err1 := parseAll(data, len(data)+1, lim)
		parts, err2 := parseAll(data, piece, lim)
		if fmt.Sprint(whole) != fmt.Sprint(parts) || fmt.Sprint(err1) != fmt.Sprint(err2) {
			t.Fatalf("whole: %q %v; in pieces of %d: %q %v", whole, err1, piece, parts, err2)
		}
	})
}
