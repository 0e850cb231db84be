// Package hcl reads the part of HashiCorp's configuration language that a settings file needs: attributes, blocks
// without labels, strings, numbers, booleans, lists and comments. No expressions, no references, no here-documents.
//
//	# comment        // comment        /* comment */
//	port = 7000
//	maxmemory-policy = "allkeys-lru"
//	save = ["900 1", "60 10000"]
//	tls {
//	  port = 6380    # the attribute tls-port
//	}
//
// Blocks are flattened: an attribute's name is joined to the names of the blocks around it with dashes. A file in this
// subset means the same to any other HCL reader, with one exception: strings also understand \xHH, because our values
// are bytes and not only Unicode text. For the same reason ${ and %{, which start templates elsewhere, must be written
// $${ and %%{.
//
// It is our own because a settings file needs so little of the language, and because the language's own libraries are
// under the MPL while everything in ferrous is permissively licensed.
//
// Only host/config calls it. It knows nothing of parameters, and never touches a file.
package hcl

import "fmt"

// File is a parsed source.
type File struct {
	Attrs []Attr // in the order of the source
}

// Attr is one attribute.
type Attr struct {
	Name  string // with the names of its blocks
	Line  int    // of the name, from 1
	Start int    // byte offset of the name
	Value Value
}

// Kind is what a value is.
type Kind int

const (
	String Kind = iota
	Number
	Bool
	List
)

func (k Kind) String() string {
	return [...]string{"a string", "a number", "true or false", "a list"}[k]
}

// Value is the right side of an attribute, or an element of a list.
type Value struct {
	Kind       Kind
	Text       string  // a string unquoted, a number as written, "true" or "false"
	List       []Value // the elements of a list
	Line       int     // where it starts, from 1
	Start, End int     // byte offsets
}

// Error is a mistake in a source.
type Error struct {
	Line, Column int // from 1; columns count bytes
	Message      string
}

func (e *Error) Error() string { return fmt.Sprintf("%d:%d: %s", e.Line, e.Column, e.Message) }

// maxErrors bounds how many mistakes Parse reports before it gives up.
const maxErrors = 20

// Parse reads a source. It goes on behind a mistake with the next line, so that one run reports them all; the file holds
// whatever could be read.
func Parse(src []byte) (*File, []*Error) {
	p := &parser{src: string(src), line: 1, names: map[string]int{}}
	if len(p.src) >= 3 && p.src[:3] == "\ufeff" {
		p.pos, p.lineStart = 3, 3
	}
	p.file()
	return &p.out, p.errs
}
