package core

import "github.com/ferrousdb/ferrous/core/keyspace"

// Handler executes one command. When it runs, the locks of the shards of all
// keys that the command's row declares are held: it owns them and is written
// as if single-threaded. It must not block, sleep or do I/O. It either writes
// exactly one reply through its Ctx and returns nil, or returns an error,
// having written nothing, which becomes the error reply.
type Handler func(c *Ctx) error

// Command is one row of a command table: everything there is to know about a
// command, said once. Dispatch, arity errors, the locks taken, what MULTI may
// queue, COMMAND INFO / DOCS / GETKEYS, ACL categories and key permissions,
// what scripts may call and the statistics all derive from it.
type Command struct {
	// Name in lower case. A subcommand has its own name only ("get" for
	// CONFIG GET).
	Name string
	// Run executes the command. A container (a row with Sub) may leave it nil.
	Run Handler
	// Arity counts the arguments with the command name; negative means "at
	// least". For a subcommand both names count.
	Arity int
	// Flags say how the command behaves; see the constants.
	Flags Flags
	// ACL holds the categories that cannot be derived from Flags: the data
	// family (CatString...), CatConnection, CatDangerous and so on. The
	// registry adds @read, @write, @fast, @slow, @admin, @dangerous, @blocking
	// and @pubsub from the flags.
	ACL Category
	// Keys says where the keys stand in the arguments and what is done to them.
	Keys []KeySpec
	// FindKeys, when set, finds all keys of one call where Keys cannot
	// (a numkeys that follows other arguments, optional STORE destinations).
	FindKeys func(args [][]byte) ([]KeyRef, error)
	// VaryFlags tells what is done to the keys of one call that are declared with
	// KeyVariableFlags (SET reads too if it is given GET).
	VaryFlags func(args [][]byte) KeyFlags
	// Sub makes the command a container: its second argument chooses a row.
	Sub []Command
	// Member is the argument that names the member (field, element) of the only
	// key's value that the command looks up first, 0 if there is none. It is a hint:
	// in a pipeline its memory is asked for before the command runs.
	Member int
	// Channels says which arguments name channels of pub/sub, for permissions.
	Channels Channels
	// Doc is what COMMAND DOCS tells.
	Doc Doc
	// Plan, when set, replaces the key declaration as the source of the locks
	// to take (EXEC locks what was queued). It runs before any lock is held.
	Plan func(c *Ctx) keyspace.Locks
	// CallFlags, when set, tells the flags of one call where they are not those
	// of the row (EXEC is a write if a write is queued). It runs before any lock
	// is held.
	CallFlags func(c *Ctx) Flags
	// Calls, when set, visits the commands that a call is going to run (those that
	// EXEC has queued) until fn returns false. It runs before any lock is held.
	Calls func(c *Ctx, fn func(cmd *Command, args [][]byte) bool)
	// Refused, when set, is told that a call was not let run, and why (wrong
	// arity, no permission, out of memory); it returns the error to answer.
	Refused func(c *Ctx, err error) error
	// Look, for a row with Surveys, makes the look that is taken before Run is called, which has it by
	// Ctx.Looked. It runs before any lock is held.
	Look func(c *Ctx) *Look
	// Redact, for a row with Sensitive, names the arguments of a call that must
	// not be shown in logs; nil for all.
	Redact func(c *Ctx, hide func(arg int))

	reg *registered
}

// Doc documents a command for people and for COMMAND DOCS.
type Doc struct {
	Summary    string // one sentence, in our own words
	Since      string // the Redis version that brought it
	Group      string // "string", "generic", "connection", "server", ...; "module" if it is left out
	Complexity string
	// Args is the syntax of the arguments, in the notation of package syntax:
	//
	//	key value [condition(NX|XX)] [GET] [EX seconds:integer]
	Args       string
	History    []Note   // changes since, oldest first
	Tips       []string // client tips, such as "nondeterministic_output"
	Deprecated string   // the version that deprecated it, if any
	ReplacedBy string   // what to use instead of a deprecated command
	System     bool     // only for the server's own use and for tests
}

// WithTips gives a documentation its client tips.
//
//go:noinline
func WithTips(d Doc, tips ...string) Doc {
	d.Tips = tips
	return d
}

// WithHistory adds changes to a documentation: pairs of a version and what it
// brought.
//
//go:noinline
func WithHistory(d Doc, notes ...string) Doc {
	for ; len(notes) > 1; notes = notes[2:] {
		d.History = append(d.History, Note{Version: notes[0], Text: notes[1]})
	}
	return d
}

// DebugCommand is a subcommand of DEBUG. It is not a row of the command table:
// DEBUG is for tests and for people who look inside, and no client asks for its
// shape. Every module brings those that concern it.
type DebugCommand struct {
	Name string // in upper case
	// Args is the syntax as DEBUG HELP shows it, such as "<key> [<key> ...]".
	Args string
	// Help is what it does, in one sentence or more; lines are split at "\n".
	Help string
	// Arity counts the arguments, DEBUG and Name included, as in Command.
	Arity int
	// Run executes it, with the locks of all shards held and all loops stopped.
	Run Handler
}

// Channels says where a command has the names of channels, and what it does with
// them. The zero value is for commands that have none.
type Channels struct {
	First   int  // the argument that is the first
	Rest    bool // all that follow are, too
	Pattern bool // they are patterns
	// Use is what is done: it takes permission to publish and to subscribe, none
	// to unsubscribe.
	Use ChannelUse
}

// ChannelUse is what a command does with channels.
type ChannelUse uint8

// The uses.
const (
	NoChannels ChannelUse = iota
	Publishes
	Subscribes
	Unsubscribes
)

// Note is one line of a command's history.
type Note struct{ Version, Text string }

// Flags are a command's properties.
type Flags uint64

// The flags that COMMAND INFO shows, in Redis's meaning.
const (
	Write            Flags = 1 << iota // may change the data
	ReadOnly                           // reads data, never changes them
	DenyOOM                            // refused when memory is exhausted
	ModuleCommand                      // brought by a loadable module (never set here)
	Admin                              // administrative
	PubSub                             // concerns publish/subscribe
	NoScript                           // scripts may not call it
	Blocking                           // may block the client
	Loading                            // allowed while the data set is loading
	Stale                              // allowed on a replica with stale data
	SkipMonitor                        // not shown by MONITOR
	SkipSlowlog                        // not logged by SLOWLOG
	Asking                             // implies ASKING in a cluster
	Fast                               // constant or logarithmic time
	NoAuth                             // allowed before authentication
	MayReplicate                       // may propagate though it is no Write
	NoMulti                            // refused inside MULTI
	MovableKeys                        // key positions need FindKeys (derived)
	AllowBusy                          // allowed while a script keeps the server busy
	NoAsyncLoading                     // refused during an asynchronous load
	TouchesArbitrary                   // touches keys that are not arguments
	NoMandatoryKeys                    // keys are optional
)

// The flags that only ferrous knows.
const (
	// AllKeys takes every shard's lock: the command works on the whole
	// keyspace or on keys that it does not declare.
	AllKeys Flags = 1 << (40 + iota)
	// AllSessions stops every event loop for the length of the call, so that
	// the handler may read and change other sessions (CLIENT LIST, KILL).
	AllSessions
	// NotQueued is executed at once inside MULTI instead of being queued.
	NotQueued
	// Internal commands are left out of COMMAND LIST and COMMAND COUNT.
	Internal
	// Sensitive arguments are redacted in MONITOR, the slow log and the log.
	Sensitive
	// TellsHealth is for what monitors ask whether all is well: it is refused for
	// the reasons for which writes are (the disk fails), with their error.
	TellsHealth
	// Long is for what may run for long with all shards locked: it is watched, and
	// yields (Ctx.Yield).
	Long
	// WhileSubscribed is allowed to clients of RESP2 that are subscribed to channels.
	WhileSubscribed
	// Surveys, beside AllKeys and AllSessions, is for who looks at one thing after the other (INFO, CLIENT
	// LIST): called by a client itself, the command stops nothing and locks no key. Instead every event loop
	// is asked in turn before it runs: see Command.Look, Server.Info and Figures.Memory. Ctx.Surveyed tells
	// that it was so; within another command (EXEC, a script) the other two flags count as ever.
	Surveys
)

// flagNames are the names in COMMAND INFO, in Redis's order. MayReplicate is
// not shown there.
var flagNames = [...]struct {
	flag Flags
	name string
}{
	{Write, "write"}, {ReadOnly, "readonly"}, {DenyOOM, "denyoom"}, {ModuleCommand, "module"},
	{Admin, "admin"}, {PubSub, "pubsub"}, {NoScript, "noscript"}, {Blocking, "blocking"},
	{Loading, "loading"}, {Stale, "stale"}, {SkipMonitor, "skip_monitor"},
	{SkipSlowlog, "skip_slowlog"}, {Asking, "asking"}, {Fast, "fast"}, {NoAuth, "no_auth"},
	{NoMandatoryKeys, "no_mandatory_keys"}, {NoMulti, "no_multi"},
	{MovableKeys, "movablekeys"}, {AllowBusy, "allow_busy"}, {NoAsyncLoading, "no_async_loading"},
}

// Names returns the flags as COMMAND INFO names them.
func (f Flags) Names() []string {
	var names []string
	for _, x := range flagNames {
		if f&x.flag != 0 {
			names = append(names, x.name)
		}
	}
	return names
}

// Category is a set of ACL categories.
type Category uint64

// The ACL categories, in Redis's order.
const (
	CatKeyspace Category = 1 << iota
	CatRead
	CatWrite
	CatSet
	CatSortedSet
	CatList
	CatHash
	CatString
	CatBitmap
	CatHyperLogLog
	CatGeo
	CatStream
	CatPubSub
	CatAdmin
	CatFast
	CatSlow
	CatBlocking
	CatDangerous
	CatConnection
	CatTransaction
	CatScripting
)

var categoryNames = [...]string{
	"keyspace", "read", "write", "set", "sortedset", "list", "hash", "string", "bitmap",
	"hyperloglog", "geo", "stream", "pubsub", "admin", "fast", "slow", "blocking", "dangerous",
	"connection", "transaction", "scripting",
}

// Names returns the categories of the set, without "@", in Redis's order.
func (c Category) Names() []string {
	var names []string
	for i, name := range categoryNames {
		if c&(1<<i) != 0 {
			names = append(names, name)
		}
	}
	return names
}

// CategoryByName finds a category by its name without "@"; 0 if there is none.
func CategoryByName(name string) Category {
	for i, n := range categoryNames {
		if n == name {
			return 1 << i
		}
	}
	return 0
}

// Categories returns every category name, in Redis's order.
func Categories() []string { return append([]string(nil), categoryNames[:]...) }

// categories returns all categories of a command: those declared and those
// that follow from its flags, as Redis derives them. What a script does is not
// told by the command that runs it, hence the exception for @read.
func (f Flags) categories(declared Category) Category {
	c := declared
	add := func(flag Flags, cat Category) {
		if f&flag != 0 {
			c |= cat
		}
	}
	add(Write, CatWrite)
	add(Admin, CatAdmin|CatDangerous)
	add(PubSub, CatPubSub)
	add(Blocking, CatBlocking)
	if f&ReadOnly != 0 && declared&CatScripting == 0 {
		c |= CatRead
	}
	if f&Fast != 0 {
		c |= CatFast
	} else {
		c |= CatSlow
	}
	return c
}
