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
// The file is text: a command, then, indented, the literal of its reply; two of them,
// each after its protocol, where RESP2 and RESP3 differ.
type Recording map[int][]Entry

var protocols = []int{2, 3}

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
	command, line := "", 0
	lines := bufio.NewScanner(bytes.NewReader(data))
	lines.Buffer(nil, 64<<20)
	for lines.Scan() {
		line++
		reply, indented := strings.CutPrefix(lines.Text(), "\t")
		if !indented {
			command = lines.Text()
			continue
		}
		if command == "" {
			return nil, fmt.Errorf("%d: a reply without its command", line)
		}
		protos := protocols
		if rest, ok := strings.CutPrefix(reply, "resp2 "); ok {
			protos, reply = []int{2}, rest
		} else if rest, ok := strings.CutPrefix(reply, "resp3 "); ok {
			protos, reply = []int{3}, rest
		}
		entry, err := parseEntry(command, reply)
		if err != nil {
			return nil, fmt.Errorf("%d: %w", line, err)
		}
		for _, p := range protos {
			rec[p] = append(rec[p], entry)
		}
	}
	return rec, lines.Err()
}

func parseEntry(command, reply string) (Entry, error) {
	if reply == sinceMark {
		return Entry{Command: command, Since: true}, nil
	}
	v, err := resp.ParseLiteral(reply)
	return Entry{Command: command, Reply: v}, err
}

func (e Entry) reply() string {
	if e.Since {
		return sinceMark
	}
	return e.Reply.String()
}

// Format returns the text of a recording. Both protocols' entries, where there are
// both, are of the same commands.
func (rec Recording) Format() []byte {
	var b bytes.Buffer
	for i := range max(len(rec[2]), len(rec[3])) {
		switch {
		case i >= len(rec[3]):
			fmt.Fprintf(&b, "%s\n\tresp2 %s\n", rec[2][i].Command, rec[2][i].reply())
		case i >= len(rec[2]):
			fmt.Fprintf(&b, "%s\n\tresp3 %s\n", rec[3][i].Command, rec[3][i].reply())
		case rec[2][i].reply() == rec[3][i].reply():
			fmt.Fprintf(&b, "%s\n\t%s\n", rec[2][i].Command, rec[2][i].reply())
		default:
			fmt.Fprintf(&b, "%s\n\tresp2 %s\n\tresp3 %s\n", rec[2][i].Command, rec[2][i].reply(), rec[3][i].reply())
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
