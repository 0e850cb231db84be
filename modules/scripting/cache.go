package scripting

import (
	"container/list"
	"crypto/sha1"
	"encoding/hex"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/ferrousdb/ferrous/modules/scripting/lua"
)

// script is one that is known by its SHA1.
type script struct {
	sha   string // 40 lower-case hexadecimal digits
	body  string
	chunk *lua.Chunk
	flags flags

	// place is that in the order in which scripts of EVAL were used last; those of
	// SCRIPT LOAD have none, and stay.
	place *list.Element
}

// memory is what it takes, about: the text, and a compiled form of like size.
func (s *script) memory() int64 { return int64(3*len(s.body)) + 512 }

// mostEvals is how many scripts are kept that only EVAL has brought, as since Redis
// 7.4: a client that writes values into its scripts must not fill the memory.
const mostEvals = 500

// cache holds all scripts. Whoever uses it holds all shards.
type cache struct {
	bySHA  map[string]*script
	byBody map[string]*script
	evals  *list.List // of *script, the one used last in front
	memory atomic.Int64
	count  atomic.Int64 // of scripts, for those who do not hold the shards
	flagged
}

func newCache() *cache {
	return &cache{bySHA: map[string]*script{}, byBody: map[string]*script{}, evals: list.New()}
}

// flagged are the flags of the scripts that have some. They are asked for before a
// command may run, when its caller holds no locks; where there is none, that is
// one load.
type flagged struct {
	n     atomic.Int32
	mu    sync.Mutex
	known map[string]flags
}

func (f *flagged) note(s *script) {
	if s.flags&compat != 0 {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.known == nil {
		f.known = map[string]flags{}
	}
	f.known[s.sha] = s.flags
	f.n.Store(int32(len(f.known)))
}

func (f *flagged) forget(s *script) {
	if s.flags&compat != 0 {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.known, s.sha)
	f.n.Store(int32(len(f.known)))
}

// of returns the flags of a script by its SHA1; those of one that has none, or that
// is not known, are compat.
func (f *flagged) of(sha []byte) flags {
	if f.n.Load() == 0 || len(sha) != 2*sha1.Size {
		return compat
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if x, ok := f.known[string(sha)]; ok {
		return x
	}
	if x, ok := f.known[strings.ToLower(string(sha))]; ok {
		return x
	}
	return compat
}

// find returns a script by its SHA1 in any case, nil if it is not known.
func (c *cache) find(sha []byte) *script {
	s := c.bySHA[string(sha)]
	if s == nil && len(sha) == 2*sha1.Size {
		s = c.bySHA[strings.ToLower(string(sha))]
	}
	if s != nil && s.place != nil {
		c.evals.MoveToFront(s.place)
	}
	return s
}

// load returns the script of a text, compiling it if it is new. keep says that it is
// to stay whatever else is run (SCRIPT LOAD).
func (c *cache) load(body []byte, keep bool) (*script, error) {
	s := c.byBody[string(body)]
	if s == nil {
		var err error
		if s, err = compile(string(body)); err != nil {
			return nil, err
		}
		c.bySHA[s.sha], c.byBody[s.body] = s, s
		c.memory.Add(s.memory())
		c.count.Add(1)
		c.note(s)
		s.place = c.evals.PushFront(s)
	}
	switch {
	case s.place == nil:
	case keep:
		c.evals.Remove(s.place)
		s.place = nil
	default:
		c.evals.MoveToFront(s.place)
	}
	for c.evals.Len() > mostEvals {
		c.remove(c.evals.Back().Value.(*script))
	}
	return s, nil
}

func (c *cache) remove(s *script) {
	if s.place != nil {
		c.evals.Remove(s.place)
	}
	delete(c.bySHA, s.sha)
	delete(c.byBody, s.body)
	c.forget(s)
	c.memory.Add(-s.memory())
	c.count.Add(-1)
}

// flush forgets all scripts.
func (c *cache) flush() {
	clear(c.bySHA)
	clear(c.byBody)
	c.evals.Init()
	c.memory.Store(0)
	c.count.Store(0)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.known = nil
	c.n.Store(0)
}

// compile reads a script: its first line may say what it does (flags.go).
func compile(body string) (*script, error) {
	sum := sha1.Sum([]byte(body))
	s := &script{sha: hex.EncodeToString(sum[:]), body: body, flags: compat}
	if strings.HasPrefix(body, "#!") {
		var err error
		if s.flags, err = parseShebang(body); err != nil {
			return nil, err
		}
	}
	var err error
	if s.chunk, err = lua.Compile(body, "@user_script"); err != nil {
		return nil, errCompile(err)
	}
	return s, nil
}
