// Package core is the contract between the ferrous host and its modules, and
// all that a module needs to be written: read this page, then the types it
// names. core knows no sockets, files or other modules.
//
// # A module
//
// A module is a value with a name that registers things:
//
//	package hello
//
//	func New() core.Module { return &module{} }
//
//	type module struct{ greeting *config.StringVar }
//
//	func (*module) Name() string { return "hello" }
//
//	func (m *module) Register(r *core.Registry) error {
//		m.greeting = r.Config.Text(config.Param{
//			Name: "hello-greeting", Section: "hello", Default: "hello",
//			Doc: "The word that HELLO.COUNT answers with.",
//		})
//		r.Commands(core.Command{
//			Name: "hello.count", Run: m.count, Arity: 2,
//			Flags: core.Write | core.DenyOOM | core.Fast, ACL: core.CatString,
//			Keys: core.FirstKey(core.KeyRW|core.KeyUpdate),
//			Doc: core.Doc{Summary: "Counts greetings.", Since: "1.0.0", Group: "string", Args: "key"},
//		})
//		return nil
//	}
//
//	func (m *module) count(c *core.Ctx) error {
//		e, err := c.FindTypeForWrite(c.Args[1], keyspace.String)
//		if err != nil {
//			return err // -WRONGTYPE
//		}
//		n := int64(0)
//		if e.OK() && e.IsInt() {
//			n = e.Int()
//		}
//		c.SetInt(c.Args[1], n+1, keyspace.KeepTTL)
//		c.Changed(core.EventString, "hello", c.Args[1])
//		c.Array(2)
//		c.BulkString(m.greeting.Load())
//		c.Int(n + 1)
//		return nil
//	}
//
// It is linked in by naming it where the server is composed:
//
//	host.Main(append(modules.Full(), hello.New())...)
//
// # What a handler may rely on
//
// The row declares the keys, so the host has locked them before the handler
// runs: it owns them, and is written as if single-threaded. It never takes a
// lock on keys, never blocks and does no I/O. Arguments point into the read
// buffer and die with the call. An error returned becomes the error reply, and
// then nothing else may have been written.
//
// What it owns are its keys and its session. Handlers of other keys run at the
// same time on other event loops, so the module's own fields want atomics or a
// mutex of their own; under such a mutex nothing else is locked.
//
// Keys are opened with Ctx.Find (reading), Ctx.FindForWrite (changing) or
// Ctx.Peek (looking without counting as an access). What an Entry gives out is
// valid until the key is changed or the handler returns. Values are changed
// only through the Entry's and DB's methods (Put, Grow, OpenObject...), which
// see to it that a snapshot in progress never moves.
//
// After each change the handler calls Ctx.Changed once: that one call counts
// the change, feeds log and replicas, wakes blocked clients, invalidates caches
// and publishes the keyspace event. Ctx.Propagate replaces what is fed when the
// command is not deterministic.
//
// # More
//
//   - Subcommands: Command.Sub. Whole-keyspace commands: the flag AllKeys.
//   - Blocking: Ctx.Block with a Retry. Other sessions: the flag AllSessions.
//   - Value types: a keyspace.Object, and Registry.Type with the row that an ObjectType
//     makes; FindObject, OpenObject and PutObject to get at its values. (Rows of ValueType
//     are for Redis's own types.)
//   - Refusing commands for what they are, in some state of the server: Registry.Guard.
//   - Hooks: Registry.OnChange, OnFeed, OnBefore, OnAfter, OnFlush, OnSwap,
//     OnSession, OnReset, OnExecuted, OnTurnEnd. Those that return a Switch are off
//     until it is set.
//   - Subcommands of DEBUG: Registry.Debug.
//   - INFO: Registry.Info. Configuration: Registry.Config.
//   - Per-session state: Registry.SessionSlot and Session.Slots.
//   - Taking over a session's commands: Session.Push.
//   - Commands within a command: Ctx.Call.
package core
