package replication

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/keyspace"
	"github.com/ferrousdb/ferrous/core/resp"
	"github.com/ferrousdb/ferrous/core/wire"
)

// Taking over a server that runs: "ferrous import". The server follows it as its
// replica, which is all there is to it; what is here looks through the source beforehand
// and tells how far the server is.

// importer implements core.Importer.
type importer struct{ m *module }

// source is where data are imported from.
type source struct {
	master         address
	user, password string
	secure         bool
}

func parseSource(text string) (s source, err error) {
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "redis" && u.Scheme != "rediss" || u.Hostname() == "" || strings.Trim(u.Path, "/0") != "" {
		return s, errors.New("the source is to be redis://[user:password@]host[:port], or rediss:// for TLS; all its databases are imported")
	}
	s = source{master: address{u.Hostname(), 6379}, user: u.User.Username(), secure: u.Scheme == "rediss"}
	s.password, _ = u.User.Password()
	if p := u.Port(); p != "" {
		if s.master.port, err = strconv.Atoi(p); err != nil || s.master.port > 65535 {
			return s, errMasterPort
		}
	}
	return s, nil
}

// Arguments implements core.Importer. Clients cannot write until the server is on its
// own.
func (importer) Arguments(text string) ([]string, error) {
	s, err := parseSource(text)
	if err != nil {
		return nil, err
	}
	args := []string{"--replicaof", s.master.host, strconv.Itoa(s.master.port)}
	if s.password != "" {
		args = append(args, "--masterauth", s.password)
		if s.user != "" {
			args = append(args, "--masteruser", s.user)
		}
	}
	if s.secure {
		args = append(args, "--tls-replication", "yes")
	}
	return args, nil
}

// State implements core.Importer.
func (i importer) State() core.ImportState {
	u, ks := &i.m.up, i.m.srv.Keyspace()
	u.mu.Lock()
	l := u.link
	u.mu.Unlock()
	if l == nil {
		return core.ImportState{Doing: "on its own", Promoted: true}
	}
	st := core.ImportState{Doing: importDoing[l.phase()], Synced: l.is(connected), Total: l.total.Load(), Read: l.read.Load(), Lag: l.unread.Load()}
	ks.Lock(keyspace.AllShards)
	defer ks.Unlock(keyspace.AllShards)
	for db := range ks.Databases() {
		st.Keys += int64(ks.DB(db).Len())
	}
	return st
}

var importDoing = [...]string{"waiting for the source", "connecting", "introducing itself", "taking the data in", "following"}

// Promote implements core.Importer.
func (i importer) Promote() { i.m.srv.Standstill(i.m.replicaOfNoOne) }

// Preview implements core.Importer.
func (i importer) Preview(ctx context.Context, text string, r *core.Table, dial func(context.Context, string, bool) (net.Conn, error), out io.Writer) error {
	s, err := parseSource(text)
	if err != nil {
		return err
	}
	conn, err := dial(ctx, s.master.String(), s.secure)
	if err != nil {
		return err
	}
	defer conn.Close()
	v := &viewer{conn: conn, r: resp.NewReader(bufio.NewReader(conn)), registry: r, databases: int(i.m.up.databases.Load()), out: out}
	if s.password != "" {
		words := []string{"AUTH", s.password}
		if s.user != "" {
			words = []string{"AUTH", s.user, s.password}
		}
		if _, err := v.do(words...); err != nil {
			return err
		}
	}
	return v.look()
}

// viewer looks through a source.
type viewer struct {
	conn      net.Conn
	r         *resp.Reader
	registry  *core.Table
	databases int // how many there are here
	out       io.Writer
	missing   int // what would not come
}

// look tells what there is, and what of it the server can take in.
func (v *viewer) look() error {
	info, err := v.do("INFO")
	if err != nil {
		return err
	}
	fields := map[string]string{}
	var databases []int
	for line := range strings.Lines(fmt.Sprint(info)) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), ":")
		fields[name] = value
		if n, err := strconv.Atoi(strings.TrimPrefix(name, "db")); err == nil && strings.HasPrefix(name, "db") {
			databases = append(databases, n)
		}
	}
	fmt.Fprintf(v.out, "The source is a %s, version %s; its data take %s.\n", fields["role"], fields["redis_version"], fields["used_memory_human"])
	limit := v.databases
	types := map[string]int{}
	for _, db := range databases {
		if db >= limit {
			v.lacks("database %d: there are %d here (parameter databases)", db, limit)
			continue
		}
		if err := v.scan(db, types); err != nil {
			return err
		}
	}
	for _, name := range slices.Sorted(maps.Keys(types)) {
		if v.registry.TypeNamed(name) == nil {
			v.lacks("%d keys of the type %s, which no module here knows: the import would be refused", types[name], name)
			continue
		}
		fmt.Fprintf(v.out, "  %10d keys of the type %s\n", types[name], name)
	}
	v.functions()
	if reply, err := v.do("COMMAND", "INFO", "psync"); err == nil {
		if rows, ok := reply.([]any); ok && len(rows) == 1 && rows[0] == nil {
			v.lacks("everything: the source does not let others follow it (it has no PSYNC)")
		}
	}
	if v.missing == 0 {
		fmt.Fprintln(v.out, "All of it would come.")
	}
	return nil
}

// scan counts the keys of a database by their types.
func (v *viewer) scan(db int, types map[string]int) error {
	if _, err := v.do("SELECT", strconv.Itoa(db)); err != nil {
		return err
	}
	for cursor := "0"; ; {
		reply, err := v.do("SCAN", cursor, "COUNT", "1000")
		if err != nil {
			return err
		}
		parts, ok := reply.([]any)
		if !ok || len(parts) != 2 {
			return errors.New("the source answers SCAN in an unknown way")
		}
		keys, _ := parts[1].([]any)
		var b []byte
		for _, k := range keys {
			b = wire.AppendWords(b, "TYPE", fmt.Sprint(k))
		}
		if _, err := v.conn.Write(b); err != nil {
			return err
		}
		for range keys {
			name, err := v.reply()
			if err != nil {
				return err
			}
			if name != "none" { // it has gone meanwhile
				types[fmt.Sprint(name)]++
			}
		}
		if cursor = fmt.Sprint(parts[0]); cursor == "0" {
			return nil
		}
	}
}

// functions tells of the libraries of functions, and of modules.
func (v *viewer) functions() {
	if reply, err := v.do("FUNCTION", "LIST"); err == nil {
		all, _ := reply.([]any)
		fmt.Fprintf(v.out, "  %10d libraries of functions\n", len(all))
		if len(all) > 0 && !v.registry.Functions.Owned() {
			v.lacks("functions are kept, and cannot be called here: no module runs them")
		}
	}
	if reply, err := v.do("MODULE", "LIST"); err == nil {
		all, _ := reply.([]any)
		for _, m := range all {
			if fields, ok := m.([]any); ok && len(fields) > 1 && !slices.Contains(v.registry.Modules(), fmt.Sprint(fields[1])) {
				v.lacks("the commands of the source's module %v", fields[1])
			}
		}
	}
}

// lacks tells what would not come.
func (v *viewer) lacks(format string, args ...any) {
	v.missing++
	fmt.Fprintf(v.out, "  does not come: "+format+"\n", args...)
}

// do sends a command and returns its reply: a string, a number, nil or []any.
func (v *viewer) do(words ...string) (any, error) {
	if _, err := v.conn.Write(wire.AppendWords(nil, words...)); err != nil {
		return nil, err
	}
	return v.reply()
}

// reply reads a reply.
func (v *viewer) reply() (any, error) {
	t, err := v.r.Next()
	switch {
	case errors.Is(err, resp.ErrFormat):
		return nil, errors.New("the source answers with what is no reply")
	case err != nil:
		return nil, errors.Join(err, errors.New("the source has ended the connection"))
	case t.Kind == '-':
		return nil, errors.New(string(t.Text))
	case t.Null():
		return nil, nil
	case t.Kind != '*':
		return string(t.Text), nil
	}
	var all []any
	for range t.Elements() {
		one, err := v.reply()
		if err != nil && one == nil {
			return nil, err
		}
		all = append(all, one)
	}
	return all, nil
}
