package aof

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/ferrousdb/ferrous/core/arena"
)

// errMore says that the rest of a command is not in the buffer yet.
var errMore = errors.New("read on")

// errTorn is the error for a log that ends in the middle of a command, or of a
// unit of commands.
var errTorn = errors.New("unexpected end of file")

// damage is the error for bytes that are no log.
type damage struct {
	at   int64 // where in the file
	what string
}

// nowhere is the offset of what is wrong with a command, whose place is told
// later.
const nowhere = -1

func (d *damage) Error() string { return fmt.Sprintf("at offset %d: %s", d.at, d.what) }

// reader reads the commands of a log. Memory grows with what is really there,
// not with what lengths claim. It is stricter than Redis, which takes most
// bytes where ends of lines belong: a damaged file is better found than
// played.
type reader struct {
	src  io.Reader
	size int64  // of the file: an argument that would go beyond it is torn
	buf  []byte // what has been read and not been used yet is buf[at:]
	at   int
	off  int64 // of buf[at] in the file
	line int64 // the number of the line at off, the first being 1
	eof  bool
	want int64 // how many bytes the command at buf[at:] has at least, as far as that is known
	args [][]byte
	note []byte // the last annotation of a position that was passed over
}

const (
	readAtOnce   = 256 << 10
	keepRead     = 4 << 20 // the largest buffer that is kept
	longestNote  = 1024    // an annotation, its end included
	longestCount = 20      // the first line of a command or an argument, its end included
)

// newReader reads from src, whose first byte is at offset off of a file of size
// bytes.
func newReader(src io.Reader, off, size int64) *reader {
	return &reader{src: src, off: off, size: size, line: 1}
}

// next returns the next command: at least one argument, valid until the call
// after. Annotations are skipped. At the end the error is io.EOF, errTorn if the
// file ends within a command or in zeros, a *damage, or the error of reading. With an error
// off is where the command begins.
func (r *reader) next() ([][]byte, error) {
	for {
		used, lines, err := r.parse(r.buf[r.at:])
		switch {
		case err == nil:
			r.at += used
			r.off += int64(used)
			r.line += lines
			if len(r.args) > 0 {
				return r.args, nil
			}
		case err != errMore:
			var d *damage
			if errors.As(err, &d) && r.zeros(d.at) {
				err = errTorn
			}
			return nil, err
		case r.eof && r.at == len(r.buf):
			return nil, io.EOF
		case r.eof:
			return nil, errTorn
		default:
			if err := r.more(); err != nil {
				return nil, err
			}
		}
	}
}

// zeros reports whether from offset at on there are only zeros, to the end of the
// file: so it may look after a power failure, when a file system knew already how
// long the file had become but not yet what was in it. No log goes on like that.
// If the end of a line was torn in two, what is wrong is its first byte. It reads
// the rest of the file.
func (r *reader) zeros(at int64) bool {
	b := bytes.TrimPrefix(r.buf[r.at+int(at-r.off):], []byte{'\r'})
	for len(bytes.Trim(b, "\x00")) == 0 {
		if r.eof {
			return true
		}
		r.at = len(r.buf)
		if r.more() != nil {
			return false
		}
		b = r.buf
	}
	return false
}

// more reads on. When one command fills the room it doubles, or becomes as large as the
// argument wants that has not come whole.
func (r *reader) more() error {
	left := copy(r.buf, r.buf[r.at:])
	r.buf, r.at = r.buf[:left], 0
	gone := cap(r.buf) > keepRead && max(int64(left), r.want) < readAtOnce // what was large
	if cap(r.buf)-left < readAtOnce || int64(cap(r.buf)) < r.want || gone {
		size := max(2*left, 2*readAtOnce)
		if r.want > 0 {
			size = int(r.want) + readAtOnce
		}
		grown := make([]byte, left, size)
		arena.Copy(grown, r.buf)
		r.buf = grown
	}
	n, err := io.ReadFull(r.src, r.buf[left:cap(r.buf)])
	r.buf = r.buf[:left+n]
	if err == io.EOF || errors.Is(err, io.ErrUnexpectedEOF) {
		r.eof, err = true, nil
	}
	return err
}

// parse reads one command, or annotation, from the beginning of b: its
// arguments, none for an annotation, are in r.args. errMore says that b does not
// hold all of it.
func (r *reader) parse(b []byte) (used int, lines int64, err error) {
	r.args, r.want = r.args[:0], 0
	if len(b) == 0 {
		return 0, 0, errMore
	}
	if b[0] == '#' {
		end := bytes.IndexByte(b[:min(len(b), longestNote)], '\n')
		switch {
		case end >= 0:
			if bytes.HasPrefix(b, []byte(positionMark)) {
				r.note = append(r.note[:0], b[:end]...)
			}
			return end + 1, 1, nil
		case len(b) < longestNote:
			return 0, 0, errMore
		}
		zero := max(0, bytes.IndexByte(b[:longestNote], 0)) // there is none in text
		return 0, 0, &damage{r.off + int64(zero), "an annotation that does not end"}
	}
	count, used, err := r.count(b, 0, '*')
	if err == nil && count == 0 {
		err = &damage{r.off, "a command without arguments"}
	}
	for i := int64(0); i < count && err == nil; i++ {
		used, err = r.argument(b, used)
	}
	return used, 1 + 2*count, err
}

// argument reads an argument at b[at:] and returns where the next one begins.
func (r *reader) argument(b []byte, at int) (int, error) {
	n, at, err := r.count(b, at, '$')
	if err != nil {
		return at, err
	}
	if r.off+int64(at)+n+2 > r.size {
		return at, errTorn
	}
	if int64(len(b)-at) < n+2 {
		r.want = int64(at) + n + 2 // which the file has
		return at, errMore
	}
	end := at + int(n)
	if b[end] != '\r' || b[end+1] != '\n' {
		return end, &damage{r.off + int64(end), fmt.Sprintf("%q where an argument of %d bytes should end", b[end:end+2], n)}
	}
	r.args = append(r.args, b[at:end:end])
	return end + 2, nil
}

// count reads a line of a letter and a number at b[at:] and returns where the
// next one begins.
func (r *reader) count(b []byte, at int, letter byte) (n int64, next int, err error) {
	line := b[at:min(len(b), at+longestCount)]
	for i, c := range line {
		switch {
		case i == 0 && c == letter, i > 1 && c == '\r' && i+1 == len(line):
		case i > 0 && c >= '0' && c <= '9' && n < 1<<50:
			n = n*10 + int64(c-'0')
		case i > 1 && c == '\r' && line[i+1] == '\n':
			return n, at + i + 2, nil
		default:
			return 0, at, &damage{r.off + int64(at+i), fmt.Sprintf("%q in a line that should be '%c' and a number", c, letter)}
		}
	}
	if len(line) == longestCount {
		return 0, at, &damage{r.off + int64(at), "a line that does not end"}
	}
	return 0, at, errMore
}
