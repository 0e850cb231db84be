package wire

// batchMembers is how many members a command of a Batch adds, as in Redis.
const batchMembers = 64

// Batch makes the commands that rebuild a value: each begins with the same words and adds a bounded
// number of members, so that no command is long, however many members there are.
type Batch struct {
	emit    func(args ...[]byte) error
	args    [][]byte
	head    int // how many of them begin every command
	members int
	text    []byte // what Keep has copied for the command
	err     error
}

// NewBatch makes one that gives its commands to emit, whose error ends it. The arguments that emit gets
// are valid during its call.
func NewBatch(emit func(args ...[]byte) error, head ...[]byte) *Batch {
	return &Batch{emit: emit, args: append(make([][]byte, 0, len(head)+2*batchMembers), head...), head: len(head)}
}

// Keep copies an argument that does not last until its command is emitted: until End, at the latest.
func (b *Batch) Keep(arg []byte) []byte {
	at := len(b.text)
	b.text = append(b.text, arg...) // arguments before may be pieces of what it was
	return b.text[at:len(b.text):len(b.text)]
}

// Add adds a member, of one argument or several. After an error it does nothing more.
func (b *Batch) Add(member ...[]byte) error {
	b.args = append(b.args, member...)
	if b.members++; b.members == batchMembers {
		return b.End()
	}
	return b.err
}

// End emits what is left.
func (b *Batch) End() error {
	if b.members > 0 && b.err == nil {
		b.err = b.emit(b.args...)
	}
	b.args, b.members, b.text = b.args[:b.head], 0, b.text[:0]
	return b.err
}
