package backup

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"time"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// The form of a backup. All numbers are big-endian.
//
//	magic    "FERROUSBACKUP\x00\x01" and a zero
//	length   of the head, 4 bytes
//	head     JSON: see head
//	chunks   each: 4 bytes, the highest bit set in the last one, the others the length of
//	         what follows
//
// The chunks are a stream of at most chunkSize bytes each, cut anywhere: the dump (RDB),
// compressed as the head says. What the last one holds is no part of it but JSON about all of it (tail),
// with a SHA-256 of the dump. So a backup without its end is known to be none.
//
// With a key each chunk is sealed by AES-256-GCM, in the manner of the STREAM construction
// (Hoang, Reyhanitabar, Rogaway, Vizár 2015): the nonce is the number of the chunk, 11 bytes,
// and a byte that is 1 for the last; the additional data of each is the SHA-256 of all that is before the
// chunks. No nonce comes twice, because each backup has a key of its own: HKDF with SHA-256 of the key
// file's, the salt in the head and the text of keyUse. So chunks cannot be changed,
// left out, put in another order, taken from another backup, or cut off.

const (
	magic     = "FERROUSBACKUP\x00\x01\x00"
	chunkSize = 64 << 10
	keySize   = 32
	saltSize  = 32
	keyUse    = "ferrous backup, AES-256-GCM, version 1"
	lastChunk = 1 << 31
	mostHead  = 64 << 10
)

// head is what is known when a backup begins. It is not secret.
type head struct {
	Created     time.Time `json:"created"`
	Server      string    `json:"server"` // its version
	Keys        int64     `json:"keys"`   // in the snapshot
	Compression string    `json:"compression"`
	Cipher      string    `json:"cipher,omitempty"`
	Salt        []byte    `json:"salt,omitempty"`
}

// tail is what is known at the end.
type tail struct {
	Bytes int64  `json:"bytes"` // of the dump
	Keys  int64  `json:"keys"`
	Sum   []byte `json:"sha256"` // of the dump
}

const cipherName = "AES-256-GCM"

var compressions = [...]string{compressNone: "none", compressGzip: "gzip", compressZstd: "zstd"}

// newSeal makes the cipher of one backup.
func newSeal(key, salt []byte) (cipher.AEAD, error) {
	own, err := hkdf.Key(sha256.New, key, salt, keyUse, keySize)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(own)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}

// chunks is what writer and reader have in common.
type chunks struct {
	seal  cipher.AEAD // nil without a key
	about []byte      // additional data
	n     uint64
}

func (c *chunks) nonce(last bool) []byte {
	nonce := make([]byte, 12)
	binary.BigEndian.PutUint64(nonce[3:11], c.n)
	if last {
		nonce[11] = 1
	}
	c.n++
	return nonce
}

// writer makes a backup of the dump that is written to it. Finish it.
type writer struct {
	chunks
	to    io.Writer
	pack  io.WriteCloser // the compressor, which writes to what follows
	buf   []byte         // of the stream, less than a chunk
	out   []byte
	sum   hash.Hash
	plain int64 // bytes of the dump
	sent  int64 // bytes of the backup
}

// newWriter writes the beginning of a backup.
func newWriter(to io.Writer, h head, compression int, key []byte) (*writer, error) {
	w := &writer{to: to, sum: sha256.New()}
	h.Compression = compressions[compression]
	if key != nil {
		h.Cipher, h.Salt = cipherName, make([]byte, saltSize)
		_, _ = rand.Read(h.Salt) // does not fail
		var err error
		if w.seal, err = newSeal(key, h.Salt); err != nil {
			return nil, err
		}
	}
	text, err := json.Marshal(h)
	if err != nil {
		return nil, err
	}
	start := binary.BigEndian.AppendUint32([]byte(magic), uint32(len(text)))
	start = append(start, text...)
	about := sha256.Sum256(start)
	w.about = about[:]
	switch compression {
	case compressNone:
		w.pack = rest{w}
	case compressGzip:
		w.pack = gzip.NewWriter(rest{w})
	case compressZstd:
		// One goroutine: others have better use for the cores.
		if w.pack, err = zstd.NewWriter(rest{w}, zstd.WithEncoderConcurrency(1), zstd.WithLowerEncoderMem(true)); err != nil {
			return nil, err
		}
	}
	return w, w.send(start)
}

// Write takes a part of the dump.
func (w *writer) Write(b []byte) (int, error) {
	w.sum.Write(b)
	w.plain += int64(len(b))
	return w.pack.Write(b)
}

// finish writes the end: only then it is a backup.
func (w *writer) finish(keys int64) error {
	if err := w.pack.Close(); err != nil {
		return err
	}
	if len(w.buf) > 0 {
		if err := w.chunk(w.buf, false); err != nil {
			return err
		}
	}
	text, err := json.Marshal(tail{Bytes: w.plain, Keys: keys, Sum: w.sum.Sum(nil)})
	if err != nil {
		return err
	}
	return w.chunk(text, true)
}

// rest is a writer behind its compressor.
type rest struct{ w *writer }

func (r rest) Write(b []byte) (n int, err error) {
	w := r.w
	for n = len(b); len(b) > 0; {
		take := min(chunkSize-len(w.buf), len(b))
		w.buf = append(w.buf, b[:take]...)
		b = b[take:]
		if len(w.buf) == chunkSize {
			if err := w.chunk(w.buf, false); err != nil {
				return 0, err
			}
			w.buf = w.buf[:0]
		}
	}
	return n, nil
}

func (rest) Close() error { return nil }

// chunk writes a chunk.
func (w *writer) chunk(b []byte, last bool) error {
	size := len(b)
	if w.seal != nil {
		size += w.seal.Overhead()
	}
	mark := uint32(size)
	if last {
		mark |= lastChunk
	}
	w.out = binary.BigEndian.AppendUint32(w.out[:0], mark)
	if w.seal != nil {
		w.out = w.seal.Seal(w.out, w.nonce(last), b, w.about)
	} else {
		w.out = append(w.out, b...)
	}
	return w.send(w.out)
}

func (w *writer) send(b []byte) error {
	n, err := w.to.Write(b)
	w.sent += int64(n)
	return err
}

// What may be wrong with a backup.
var (
	errNoBackup = errors.New("this is no backup of ferrous")
	errCutOff   = errors.New("the backup is not whole: its end is missing")
	errDamaged  = errors.New("the backup is damaged, or the key is another")
	errSum      = errors.New("the backup is damaged: the checksum of what is in it does not match")
	errNeedsKey = errors.New("the backup is encrypted: backup-key-file has to name the key")
)

// reader reads the dump in a backup. At its end it has verified all of it.
type reader struct {
	chunks
	head head
	tail tail
	from io.Reader
	dump io.Reader // decompressed
	end  func()    // gives back what the decompressor has
	buf  []byte    // of a chunk, the rest to be read
	room []byte
	last bool // the tail is there
	sum  hash.Hash
	n    int64
}

// newReader reads the beginning of a backup. key may be nil. Close it.
func newReader(from io.Reader, key []byte) (*reader, error) {
	r := &reader{from: from, sum: sha256.New(), end: func() {}}
	start := make([]byte, len(magic)+4)
	if _, err := io.ReadFull(from, start); err != nil || string(start[:len(magic)]) != magic {
		return nil, errNoBackup
	}
	size := binary.BigEndian.Uint32(start[len(magic):])
	if size > mostHead {
		return nil, errNoBackup
	}
	text := make([]byte, size)
	if _, err := io.ReadFull(from, text); err != nil {
		return nil, errCutOff
	}
	if json.Unmarshal(text, &r.head) != nil {
		return nil, errNoBackup
	}
	about := sha256.Sum256(append(start, text...))
	r.about = about[:]
	switch {
	case r.head.Cipher == "" && key != nil:
		// Who expects sealed backups must not be given one that anybody has made.
		return nil, errors.New("the backup is not encrypted, though backup-key-file is set")
	case r.head.Cipher == "":
	case r.head.Cipher != cipherName:
		return nil, fmt.Errorf("the backup is encrypted in a way that is not known (%s)", r.head.Cipher)
	case key == nil:
		return nil, errNeedsKey
	default:
		var err error
		if r.seal, err = newSeal(key, r.head.Salt); err != nil {
			return nil, err
		}
	}
	switch r.head.Compression {
	case "none":
		r.dump = stream{r}
	case "gzip":
		z, err := gzip.NewReader(stream{r})
		if err != nil {
			return nil, r.why(err)
		}
		z.Multistream(false)
		r.dump = z
	case "zstd":
		z, err := zstd.NewReader(stream{r}, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(64<<20))
		if err != nil {
			return nil, r.why(err)
		}
		r.dump, r.end = z, z.Close
	default:
		return nil, fmt.Errorf("the backup is compressed in a way that is not known (%s)", r.head.Compression)
	}
	return r, nil
}

// Close gives back what the reader has taken.
func (r *reader) Close() { r.end() }

// why prefers what is wrong with the chunks to what the decompressor makes of that.
func (r *reader) why(err error) error {
	for _, known := range []error{errCutOff, errDamaged} {
		if errors.Is(err, known) {
			return known
		}
	}
	return fmt.Errorf("the backup is damaged: %w", err)
}

// Read implements io.Reader. io.EOF means that everything was there, and as it was written.
func (r *reader) Read(b []byte) (int, error) {
	n, err := r.dump.Read(b)
	r.sum.Write(b[:n])
	r.n += int64(n)
	if err == nil {
		return n, nil
	}
	if err != io.EOF {
		return n, r.why(err)
	}
	// Nothing but the tail may follow.
	for !r.last {
		if err := r.next(); err != nil {
			return n, err
		}
		if !r.last && len(r.buf) > 0 {
			return n, errDamaged
		}
	}
	if r.n != r.tail.Bytes || !bytes.Equal(r.sum.Sum(nil), r.tail.Sum) {
		return n, errSum
	}
	return n, io.EOF
}

// stream is the compressed dump.
type stream struct{ r *reader }

func (s stream) Read(b []byte) (int, error) {
	r := s.r
	for len(r.buf) == 0 {
		if r.last {
			return 0, io.EOF
		}
		if err := r.next(); err != nil {
			return 0, err
		}
	}
	n := copy(b, r.buf)
	r.buf = r.buf[n:]
	return n, nil
}

// next reads a chunk into buf, or the tail.
func (r *reader) next() error {
	var mark [4]byte
	if _, err := io.ReadFull(r.from, mark[:]); err != nil {
		return cut(err)
	}
	size := binary.BigEndian.Uint32(mark[:])
	last := size&lastChunk != 0
	if size &^= lastChunk; size > chunkSize+64 {
		return errDamaged
	}
	if r.room == nil {
		r.room = make([]byte, chunkSize+64)
	}
	b := r.room[:size]
	if _, err := io.ReadFull(r.from, b); err != nil {
		return cut(err)
	}
	if r.seal != nil {
		var err error
		if b, err = r.seal.Open(b[:0], r.nonce(last), b, r.about); err != nil {
			return errDamaged
		}
	}
	if !last {
		r.buf = b
		return nil
	}
	if json.Unmarshal(b, &r.tail) != nil {
		return errDamaged
	}
	r.last = true
	return nil
}

// cut is an error of reading: an end too early is what is wrong with the backup.
func cut(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return errCutOff
	}
	return err
}
