package conformance

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/ferrousdb/ferrous/conformance/resp"
)

// Entry is one recorded reply of the oracle.
type Entry struct {
	Command string // the script's line
	// Reply is the reply reduced to what is compared of it.
	Reply resp.Value
	// Since marks a line whose reply is written in the script, not recorded.
	Since bool
}

// Recording is what is kept of a script: its entries per protocol version.
//
// The file is text: a heading per protocol, then two lines per reply, the command and,
// indented, the literal.
type Recording map[int][]Entry

const sinceMark = "@since"

// LoadRecording reads a recording; a missing file is an empty one.
func LoadRecording(path string) (Recording, error) {
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return Recording{}, nil
	}
	if err != nil {
		return nil, err
	}
	rec, err := parseRecording(data)
	if err != nil {
		return nil, fmt.Errorf("%s:%w", path, err)
	}
	return rec, nil
}

func parseRecording(data []byte) (Recording, error) {
	rec := Recording{}
	proto, command, line := 0, "", 0
	lines := bufio.NewScanner(bytes.NewReader(data))
	lines.Buffer(nil, 64<<20)
	for lines.Scan() {
		line++
		text := lines.Text()
		reply, indented := strings.CutPrefix(text, "\t")
		switch {
		case text == "[resp2]" || text == "[resp3]":
			proto = int(text[5] - '0')
		case !indented:
			command = text
		case proto == 0 || command == "":
			return nil, fmt.Errorf("%d: a reply without its command", line)
		default:
			entry := Entry{Command: command, Since: reply == sinceMark}
			if !entry.Since {
				var err error
				if entry.Reply, err = resp.ParseLiteral(reply); err != nil {
					return nil, fmt.Errorf("%d: %w", line, err)
				}
			}
			rec[proto] = append(rec[proto], entry)
			command = ""
		}
	}
	return rec, lines.Err()
}

// Format returns the text of a recording.
func (rec Recording) Format() []byte {
	var b bytes.Buffer
	for _, proto := range []int{2, 3} {
		if rec[proto] == nil {
			continue
		}
		fmt.Fprintf(&b, "[resp%d]\n", proto)
		for _, e := range rec[proto] {
			reply := sinceMark
			if !e.Since {
				reply = e.Reply.String()
			}
			fmt.Fprintf(&b, "%s\n\t%s\n", e.Command, reply)
		}
	}
	return b.Bytes()
}

// Save writes a recording, leaving the file alone if it says the same already.
func (rec Recording) Save(path string) error {
	text := rec.Format()
	if old, err := os.ReadFile(path); err == nil && bytes.Equal(old, text) {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return os.WriteFile(path, text, 0o644)
}

// Equal reports whether two recordings say the same.
func (rec Recording) Equal(other Recording) bool {
	return bytes.Equal(rec.Format(), other.Format())
}
