package scripting

import (
	"time"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/glob"
	"github.com/ferrousdb/ferrous/core/rdb"
)

// fcall makes the handler of FCALL and FCALL_RO.
func (m *module) fcall(readOnly bool) core.Handler {
	return func(c *core.Ctx) error {
		c.Show()
		f := m.libraries.function(c.Args[1])
		if f == nil {
			return core.Err("Function not found")
		}
		n, err := c.ArgInt(2)
		if err != nil {
			return core.Err("Bad number of keys provided")
		}
		switch {
		case n > int64(len(c.Args)-3):
			return core.Err("Number of keys can't be greater than number of args")
		case n < 0:
			return core.Err("Number of keys can't be negative")
		}
		if err := m.mayRun(c, f.flags, readOnly); err != nil {
			return err
		}
		j := job{name: f.Name, what: "function", flags: f.flags, readOnly: readOnly || f.flags&noWrites != 0, function: f.Function}
		return m.functionRunner().execute(c, j, c.Args[3:3+n], c.Args[3+n:])
	}
}

// functionLoad is FUNCTION LOAD [REPLACE] code.
func (m *module) functionLoad(c *core.Ctx) error {
	replace, last := false, len(c.Args)-1
	for i := 2; i < last; i++ {
		if !c.Is(i, "replace") {
			return core.Err("Unknown option given: " + core.Shown(c.Args[i]))
		}
		replace = true
	}
	l, err := m.build(c.Args[last], timeoutFor(c), func(name string) error {
		if !replace && m.libraries.has(name) {
			return core.Err("Library '" + name + "' already exists")
		}
		return nil
	})
	if err != nil {
		return err
	}
	if err := m.libraries.add([]*library{l}, replace); err != nil {
		return err
	}
	c.CountChanges(1)
	c.BulkString(l.name)
	return nil
}

// timeoutFor is how long a library may take to load that a command brings: what
// comes from a log or from a master has been loaded in time once.
func timeoutFor(c *core.Ctx) time.Duration {
	if c.Obeyed {
		return fileTimeout
	}
	return loadTimeout
}

// functionDelete is FUNCTION DELETE name.
func (m *module) functionDelete(c *core.Ctx) error {
	if !m.libraries.remove(string(c.Args[2])) {
		return core.Err("Library not found")
	}
	c.CountChanges(1)
	c.OK()
	return nil
}

// functionFlush is FUNCTION FLUSH [SYNC|ASYNC]; either way the collector does the work.
func (m *module) functionFlush(c *core.Ctx) error {
	if len(c.Args) > 3 {
		return core.ErrSubcommand("function", c.Args[1])
	}
	if len(c.Args) == 3 && !c.Is(2, "sync") && !c.Is(2, "async") {
		return core.Err("FUNCTION FLUSH only supports SYNC|ASYNC option")
	}
	m.libraries.flush()
	m.functions.Store(nil) // with its engine
	c.CountChanges(1)
	c.OK()
	return nil
}

// functionList is FUNCTION LIST [LIBRARYNAME pattern] [WITHCODE].
func (m *module) functionList(c *core.Ctx) error {
	var pattern []byte
	withCode := false
	for i := 2; i < len(c.Args); i++ {
		switch {
		case !withCode && c.Is(i, "withcode"):
			withCode = true
		case pattern == nil && c.Is(i, "libraryname"):
			if i++; i == len(c.Args) {
				return core.Err("library name argument was not given")
			}
			pattern = c.Args[i]
		default:
			return core.Err("Unknown argument " + core.Shown(c.Args[i]))
		}
	}
	var shown []*library
	for _, l := range m.libraries.list() {
		if pattern == nil || glob.MatchFold(pattern, []byte(l.name)) {
			shown = append(shown, l)
		}
	}
	c.Array(len(shown))
	for _, l := range shown {
		l.write(c, withCode)
	}
	return nil
}

func (l *library) write(c *core.Ctx, withCode bool) {
	fields := 3
	if withCode {
		fields++
	}
	c.Map(fields)
	c.BulkString("library_name")
	c.BulkString(l.name)
	c.BulkString("engine")
	c.BulkString("LUA")
	c.BulkString("functions")
	c.Array(len(l.functions))
	for _, f := range l.functions {
		c.Map(3)
		c.BulkString("name")
		c.BulkString(f.Name)
		c.BulkString("description")
		if f.Described {
			c.BulkString(f.Description)
		} else {
			c.Null()
		}
		c.BulkString("flags")
		names := f.flags.names()
		c.Set(len(names))
		for _, name := range names {
			c.Status(name)
		}
	}
	if withCode {
		c.BulkString("library_code")
		c.Bulk(l.code)
	}
}

// functionStats is FUNCTION STATS, which is answered while a function runs.
func (m *module) functionStats(c *core.Ctx) error {
	s := m.current.Load()
	if s != nil && s.what != "function" {
		return busy(s.what)
	}
	c.Map(2)
	c.BulkString("running_script")
	if s == nil {
		c.Null()
	} else {
		c.Map(3)
		c.BulkString("name")
		c.BulkString(s.name)
		c.BulkString("command")
		c.Array(len(s.command))
		for _, a := range s.command {
			c.Bulk(a)
		}
		c.BulkString("duration_ms")
		c.Int(time.Since(s.begun).Milliseconds())
	}
	libs, functions, _ := m.libraries.counts()
	c.BulkString("engines")
	c.Map(1)
	c.BulkString("LUA")
	c.Map(2)
	c.BulkString("libraries_count")
	c.Int(int64(libs))
	c.BulkString("functions_count")
	c.Int(int64(functions))
	return nil
}

// functionDump is FUNCTION DUMP: what a file has of the libraries, and a footer.
func (m *module) functionDump(c *core.Ctx) error {
	var b []byte
	for _, l := range m.libraries.list() {
		b = append(b, rdb.OpFunction2)
		b = rdb.AppendString(b, l.code, true)
	}
	c.Bulk(rdb.AppendFooter(b))
	return nil
}

// functionRestore is FUNCTION RESTORE payload [FLUSH|APPEND|REPLACE].
func (m *module) functionRestore(c *core.Ctx) error {
	if len(c.Args) > 4 {
		return core.ErrSubcommand("function", c.Args[1])
	}
	flush, replace := false, false
	if len(c.Args) == 4 {
		switch {
		case c.Is(3, "append"):
		case c.Is(3, "replace"):
			replace = true
		case c.Is(3, "flush"):
			flush = true
		default:
			return core.Err("Wrong restore policy given, value should be either FLUSH, APPEND or REPLACE.")
		}
	}
	payload, err := rdb.CheckFooter(c.Args[2], true)
	if err != nil {
		return err
	}
	libs, err := m.unpack(payload, timeoutFor(c))
	if err != nil {
		return err
	}
	if flush {
		err = m.libraries.replaceAll(libs)
	} else {
		err = m.libraries.add(libs, replace)
	}
	if err != nil {
		return err
	}
	c.CountChanges(1)
	c.OK()
	return nil
}

// unpack makes the libraries of a payload of FUNCTION DUMP.
func (m *module) unpack(payload []byte, timeout time.Duration) (libs []*library, err error) {
	seen := map[string]bool{}
	for r := rdb.NewReader(payload); r.Offset() < len(payload); {
		switch r.Byte() {
		case rdb.OpFunction2:
		case rdb.OpFunctionPreGA:
			return nil, core.Err("Pre-release function format not supported.")
		default:
			return nil, core.Err("given type is not a function")
		}
		text := r.String()
		if r.Err() != nil {
			return nil, core.Err("Failed loading library payload")
		}
		l, err := m.build(text, timeout, func(name string) error {
			if seen[name] {
				return core.Err("Library '" + name + "' already exists")
			}
			seen[name] = true
			return nil
		})
		if err != nil {
			return nil, err
		}
		libs = append(libs, l)
	}
	return libs, nil
}

// fcallFlags are those of a call of FCALL or FCALL_RO: the function's.
func (m *module) fcallFlags(c *core.Ctx) core.Flags {
	if len(c.Args) > 1 {
		if f := m.libraries.function(c.Args[1]); f != nil {
			return f.flags.of(c.Cmd.Flags)
		}
	}
	return c.Cmd.Flags
}
