package core

import (
	"context"
	"net"
	"time"

	"github.com/ferrousdb/ferrous/core/keyspace"
)

// Server is what modules may ask of the host. Unless a method says otherwise it
// may be called from any goroutine.
type Server interface {
	Execution
	Figures

	// Log returns the logger of the server; modules use Named.
	Log() Logger
	// Registry returns what all modules have registered.
	Registry() *Table
	// Keyspace returns the data. Outside a command take its locks.
	Keyspace() *keyspace.Keyspace
	// StartTime is when the server was started.
	StartTime() time.Time
	// Shutdown stops the server after the command that asked for it, or later (ErrShutdownWaits):
	// then AwaitShutdown tells if it comes to nothing.
	Shutdown(o Shutdown) error
	// AwaitShutdown has end called, from anywhere, when the shutdown that waits has come to nothing,
	// which may be now.
	AwaitShutdown(end func())
	// AbortShutdown cancels a shutdown that is waiting; an error if none is.
	AbortShutdown() error
	// LookForInfo makes the look that INFO with some sections ("default", "all", "everything" or
	// names) takes. It may be called from anywhere.
	LookForInfo(sections []string) *Look
	// Info appends the fields of the sections that were looked for to b. The caller is a command
	// with Surveys, or has Survey's Ctx, or everything stands still for it (then c may be nil).
	Info(c *Ctx, b []byte, look *Look) []byte
	// ResetStats is CONFIG RESETSTAT; only for commands with AllKeys and AllSessions.
	ResetStats()
	// ConfigFile returns the path of the configuration file, "" if there is none.
	ConfigFile() string
	// RewriteConfig writes the current configuration into its file; with all, parameters too that
	// have their defaults and are not in it.
	RewriteConfig(all bool) error
	// Load runs fn, which brings data in: total bytes, for the progress that is
	// shown in INFO and in the log. Keys are shown whatever their expiry
	// meanwhile. It is called by a source (Registry.OnLoad), with no lock held,
	// or by a command with AllSessions and AllKeys. ctx ends when the server
	// is told to stop; fn then returns soon, with any error.
	Load(total int64, fn func(ctx context.Context, p *Progress) error) error
	// Loading reports whether data are being brought in, so that clients are
	// answered -LOADING.
	Loading() bool
	// LoadsBeside reports whether data are being brought in beside those that are served.
	LoadsBeside() bool
	// Reload is Load for a server that serves, called with no lock held. Clients are
	// answered -LOADING meanwhile, as at the start; or, beside, they are served from
	// the data that are there, but for commands with NoAsyncLoading, and what fn brings
	// in is kept apart until it is complete (keyspace.Aside). ctx ends as well when the
	// given one does.
	Reload(ctx context.Context, total int64, beside bool, fn func(ctx context.Context, p *Progress) error) error
	// SetAuthority says who decides what becomes of data that nobody has written to.
	// The caller holds all locks.
	SetAuthority(a Authority)
	// Dial opens a connection to another server, by TLS if it is to be secure, as the
	// host's parameters say. ctx bounds it all. The caller closes it.
	Dial(ctx context.Context, address string, secure bool) (net.Conn, error)
	// Serve serves a client that has come by another way than the server's own listeners: a
	// session like any other, which is nobody's until it authenticates. It returns when the
	// server serves, at the latest when ctx ends. From its first reply on the session may be
	// asked through its Conn. With an error, guest.Conn is still the caller's.
	Serve(ctx context.Context, guest Guest) (*Session, error)
	// Background is the place for the one job that may run in the background.
	Background() *Background
	// Path returns where the file is that a parameter names: relative names
	// begin at the parameter dir.
	Path(name string) string
	// Loops returns how many event loops execute commands: what background work
	// leaves the processor's other cores to.
	Loops() int
	// ActiveExpire switches the background deletion of expired keys.
	ActiveExpire(on bool)
	// Executable and arguments, for INFO.
	Executable() string
	// Version returns the versions that the server reports.
	Version() Versions
}

// Execution is the part of a Server that has to do with sessions, and with who executes
// what.
type Execution interface {
	// Now returns the time in Unix milliseconds, as of the last tick of the
	// clock that commands see.
	Now() int64
	// Sessions visits every session until fn returns false; only for
	// commands with the flag AllSessions, without Surveys.
	Sessions(fn func(s *Session) bool)
	// Session finds a session by its ID; same conditions. Nil if it has ended.
	Session(id uint64) *Session
	// Pause holds back commands of clients until the time given in Unix
	// milliseconds: all of them, or only those that may write. A pause that
	// goes on is never shortened, and never weakened. The caller holds all locks
	// (a command with AllKeys), as that of Unpause.
	Pause(until int64, writesOnly bool)
	// HoldWrites holds back commands that may write, and leaves expired keys where they are,
	// until it is called again for the same reason, whatever pauses begin and end meanwhile. Same conditions
	// as Pause.
	HoldWrites(why string, on bool)
	// HoldKeys holds back commands of clients that may write to some keys of a database,
	// until release is called, once, from anywhere: as long something is made of their
	// values elsewhere. Two kinds of writes come nevertheless: what had been let run, and waited
	// for its locks, and what does not declare its keys, or comes from a master. The caller
	// holds the keys' locks.
	HoldKeys(db int, keys [][]byte) (release func())
	// Unpause ends a pause.
	Unpause()
	// UnblockAll ends the waits for which why returns an error: because of their
	// keys, which have gone to another server, or for any reason of its own.
	// Same conditions.
	UnblockAll(why func(db int, keys [][]byte) error)
	// CommandStats visits the statistics of commands that have been called;
	// same conditions.
	CommandStats(fn func(cmd *Command, s CommandStats))
	// Errors returns how often each error code was replied; same conditions.
	Errors() map[string]int64
	// Player makes an executor of commands that come from no client: from a log,
	// or from a replica's master. A command with AllSessions and AllKeys that
	// plays others gives its Ctx; whoever else does, with no lock held, gives nil.
	Player(within *Ctx) Player
	// Continue runs fn for a command that has returned, and has gone on in the background,
	// with its locks: what fn changes is counted, fed and seen as a change by a command,
	// of a client that there is not any more. Its reply goes nowhere. args are the command's,
	// copied. The caller holds no lock. The error is fn's, or says that the server cannot go on.
	Continue(cmd *Command, db int, args [][]byte, fn func(c *Ctx) error) error
	// Standstill runs fn as a command with AllSessions and AllKeys would be: while
	// nothing else runs. The caller holds no lock.
	Standstill(fn func())
	// Survey runs fn after a look as a command with Surveys would be run by a client, or as
	// Standstill does if somebody just holds all shards and takes long over it; c is nil then.
	// The caller holds no lock.
	Survey(look *Look, fn func(c *Ctx))
	// LookAround takes a look while everything stands still.
	LookAround(look *Look)
	// Follow makes a session of a connection to a master, which the server has opened
	// itself, and what executes the commands that come by it. The caller holds no lock.
	Follow(link Link) Follower
	// Dirty returns how many changes commands have made since the start, without
	// those of the command that is running. It is exact for who holds the locks of
	// all shards (locked); others see it as of the last wake-up of each event loop.
	Dirty(locked bool) int64
}

// Versions of a server.
type Versions struct {
	Redis   string // whose behaviour it has: redis_version in INFO, version in HELLO
	Ferrous string // its own
}

// CommandStats counts the calls of one command.
type CommandStats struct {
	Calls    int64
	Nanos    int64 // time spent, in nanoseconds
	Rejected int64 // refused before running
	Failed   int64 // replied with an error
}

// Shutdown says how to stop.
type Shutdown struct {
	Save   bool // save even without save points
	NoSave bool // do not save even with them
	Now    bool // do not wait for replicas
	Force  bool // ignore errors of saving
}

// Authority is who decides over data that nobody has written to. The zero value is
// the server itself.
type Authority struct {
	// Expiry is what is done with keys whose time has come: a replica leaves that to
	// its master.
	Expiry keyspace.ExpiryMode
	// KeepAll leaves it to the master to make room in memory: nothing is evicted, and
	// no command refused, whatever maxmemory says.
	KeepAll bool
}

// Guest is a client that a module brings in.
type Guest struct {
	Conn            net.Conn // what it sends and is sent; the server closes it
	Addr, LocalAddr string   // what CLIENT LIST shows, and protected mode looks at
	TLS             bool     // its way is encrypted
}

// Link is a connection to a master, as clients see it in CLIENT LIST.
type Link struct {
	Addr, LocalAddr string
	Conn            net.Conn // may be nil; the host does not use it but to describe it
	// Close ends the connection, when the session is killed or ended. It does not
	// block, and may be called more than once.
	Close func()
}

// Follower plays what a master has sent. To what it plays keys have not expired,
// whatever their time. Its session is in CLIENT LIST until Close.
type Follower interface {
	Player
	// Turn runs fn, which plays units, as one turn of the executor: cheaper than each by
	// itself. Others wait for its end: it takes milliseconds at most.
	Turn(fn func())
	// PlayUnit plays commands in one piece: nobody sees some of them done and others
	// not, and their writes are fed as one unit. Errors that they reply are counted and
	// logged, and change nothing. raw, the bytes in which they have come, are published
	// under the same locks (Registry.OnStream); all of it is valid during the call. It is
	// called in a Turn. The error is the first; ErrKilled means that the session was
	// ended, and nothing was played.
	PlayUnit(unit [][][]byte, raw []byte) error
	// Warm tells which keys are about to be looked up by units that follow, so that
	// memory is waited for once and not for each. It is only a hint.
	Warm(keys [][]byte)
	// Select chooses the database that the stream goes on in.
	Select(db int)
	// Paused reports whether CLIENT PAUSE is in force.
	Paused() bool
	// Killed reports whether the session was ended by somebody else.
	Killed() bool
}

// Player executes commands one after the other, as a client of its own that
// begins with database 0: nobody is asked whether they may run, and they may run
// while the server loads. It takes the locks that they need. It is for one
// goroutine.
type Player interface {
	// Play runs a command. The error is that of a command that is unknown or has
	// the wrong number of arguments, or the error that it replied; a reply is
	// not kept. args need be valid only during the call.
	Play(args [][]byte) error
	// DB returns the selected database.
	DB() int
	// Close ends the player.
	Close()
}
