package backup

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/config"
	"github.com/ferrousdb/ferrous/core/dump"
	"github.com/ferrousdb/ferrous/core/files"
)

// wanted is what "ferrous restore" is asked for.
type wanted struct {
	list, check, force bool
	from               string // a backup-name, "" for all
	fromOther          bool   // from was said
	name               string // of the backup; "" for the latest
}

// parseWanted reads the arguments; the rest are the configuration's.
func parseWanted(args []string) (w wanted, rest []string, err error) {
	for len(args) > 0 {
		switch arg := args[0]; {
		case arg == "--list":
			w.list = true
		case arg == "--check":
			w.check = true
		case arg == "--force":
			w.force = true
		case arg == "--from" && len(args) > 1:
			w.from, w.fromOther = args[1], true
			args = args[1:]
		case arg == "--from":
			return w, nil, errors.New("--from needs the name of a server")
		case arg == "latest":
			return w, args[1:], nil
		case strings.HasSuffix(arg, extension):
			w.name = arg
			return w, args[1:], nil
		default:
			return w, args, nil
		}
		args = args[1:]
	}
	return w, nil, nil
}

func restore(t *core.ToolCall) error {
	w, rest, err := parseWanted(t.Args)
	if err != nil {
		return err
	}
	// The parameters are those of the module of the server that this program would be.
	p, err := paramsOf(t)
	if err != nil {
		return err
	}
	if err := t.Configure(rest); err != nil {
		return err
	}
	ctx := context.Background()
	s, err := p.open(t.Path)
	if err != nil {
		return err
	}
	if strings.ContainsRune(w.name, os.PathSeparator) {
		s, w.name = directory{filepath.Dir(w.name)}, filepath.Base(w.name)
	}
	if s == nil {
		return errors.New("backup-to is not set: name where the backups are, or a file")
	}
	if !w.fromOther {
		w.from = p.name.Load()
	}
	if w.list {
		return list(ctx, t, s, w.from)
	}
	if w.name == "" {
		all, err := s.list(ctx)
		if err != nil {
			return err
		}
		own := ofServer(all, w.from)
		if len(own) == 0 {
			return fmt.Errorf("there is no backup of the server %q; --list --from \"\" shows those of all", w.from)
		}
		w.name = own[0].name
	}
	key, err := p.key(t.Path)
	if err != nil {
		return err
	}
	var to target
	if !w.check {
		if to, err = findTarget(t, w.force); err != nil {
			return err
		}
	}
	return bring(ctx, t, s, w, key, to)
}

// paramsOf finds the parameters of the module in a schema, by their names.
func paramsOf(t *core.ToolCall) (*params, error) {
	p, s := &params{}, t.Registry.Config
	for name, into := range map[string]**config.StringVar{
		"backup-to": &p.to, "backup-name": &p.name, "backup-key-file": &p.keyFile, "backup-s3-endpoint": &p.endpoint,
		"backup-s3-region": &p.region, "backup-s3-access-key": &p.access, "backup-s3-secret-key": &p.secret,
	} {
		v, ok := s.Find(name).(*config.StringVar)
		if !ok {
			return nil, fmt.Errorf("this program has no parameter %s", name)
		}
		*into = v
	}
	return p, nil
}

func list(ctx context.Context, t *core.ToolCall, s store, from string) error {
	all, err := s.list(ctx)
	if err != nil {
		return err
	}
	for _, o := range ofServer(all, from) {
		fmt.Fprintf(t.Stdout, "%s  %s  %s\n", o.made.Local().Format(time.DateTime), o.name, core.HumanBytes(o.bytes))
	}
	return nil
}

// target is what a restored dump becomes.
type target struct {
	file  string   // the dump
	log   string   // the directory of the log whose base it is, "" without a log
	aside []string // what is there already
}

// findTarget finds out where the data of the server are, and refuses to go on if that would
// do harm.
func findTarget(t *core.ToolCall, force bool) (to target, err error) {
	text := func(name string) string {
		if v := t.Registry.Config.Find(name); v != nil {
			return v.String()
		}
		return ""
	}
	if text("dbfilename") == "" {
		return to, errors.New("this program keeps no data: it has no dbfilename")
	}
	to.file = t.Path(text("dbfilename"))
	if text("appendonly") == "yes" {
		to.log = t.Path(text("appenddirname"))
		to.file = filepath.Join(to.log, text("appendfilename")+".1.base.rdb")
		if left, err := os.ReadDir(to.log); err == nil && len(left) > 0 {
			to.aside = append(to.aside, to.log)
		}
	} else if _, err := os.Lstat(to.file); !errors.Is(err, fs.ErrNotExist) {
		to.aside = append(to.aside, to.file)
	}
	if force {
		return to, nil
	}
	if len(to.aside) > 0 {
		return to, fmt.Errorf("there are data already: %s. With --force they are renamed", strings.Join(to.aside, ", "))
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	if conn, err := t.Dial(ctx, "", false); err == nil {
		defer conn.Close()
		return to, fmt.Errorf("a server runs at %s, and would write its own data over those: stop it first, or say --force if it is another one", conn.RemoteAddr())
	}
	return to, nil
}

// bring verifies a backup and, unless it is only to be checked, puts it where the server
// looks for its data.
func bring(ctx context.Context, t *core.ToolCall, s store, w wanted, key []byte, to target) (err error) {
	in, size, err := s.open(ctx, w.name)
	if err != nil {
		return err
	}
	defer in.Close()
	r, err := newReader(&watched{Reader: in, t: t, total: size}, key)
	if err != nil {
		return fmt.Errorf("%s: %w", w.name, err)
	}
	defer r.Close()
	// Beside where it is to be, so that it only has to be renamed.
	dir := t.Path(".")
	f, err := os.OpenFile(filepath.Join(dir, ".restore-"+rand.Text()), os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	defer func() {
		f.Close()
		_ = os.Remove(f.Name()) // unless it has been renamed
		t.Progress(0, 0)
	}()
	n, err := io.Copy(f, r)
	if err == nil {
		_, err = f.Seek(0, io.SeekStart)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", w.name, err)
	}
	rep, err := dump.Scan(ctx, f, n, t.Registry, dump.ScanOptions{Checksum: true, Decode: true})
	if err == nil {
		err = rep.Loadable()
	}
	if err != nil {
		return fmt.Errorf("%s: %w", w.name, err)
	}
	t.Progress(0, 0)
	fmt.Fprintf(t.Stdout, "%s of %s: whole and sound, %d keys, %s\n", w.name, r.head.Created.Local().Format(time.DateTime), r.tail.Keys, core.HumanBytes(n))
	if w.check {
		return nil
	}
	if err := f.Sync(); err != nil {
		return err
	}
	return to.take(t, f.Name())
}

// take gives the restored dump its name. What has it is renamed before.
func (to target) take(t *core.ToolCall, file string) error {
	mark := ".before-restore-" + time.Now().UTC().Format(stamp)
	for _, old := range to.aside {
		if err := os.Rename(old, old+mark); err != nil {
			return err
		}
		fmt.Fprintf(t.Stdout, "what was there is now %s\n", old+mark)
	}
	if to.log == "" {
		if err := os.Rename(file, to.file); err != nil {
			return err
		}
		fmt.Fprintf(t.Stdout, "restored to %s: start the server\n", to.file)
		return files.SyncDir(filepath.Dir(to.file))
	}
	// A log of nothing but its base, as Redis 7 writes it.
	if err := os.MkdirAll(to.log, 0o755); err != nil {
		return err
	}
	if err := os.Rename(file, to.file); err != nil {
		return err
	}
	base := filepath.Base(to.file)
	name := strings.TrimSuffix(base, ".1.base.rdb") + ".manifest"
	if err := files.Replace(filepath.Join(to.log, name), fmt.Appendf(nil, "file %s seq 1 type b\n", config.QuoteIfNeeded(base)), 0o644); err != nil {
		return err
	}
	fmt.Fprintf(t.Stdout, "restored to %s: start the server\n", to.log)
	return files.SyncDir(filepath.Dir(to.log))
}

// watched shows how far a backup has been read.
type watched struct {
	io.Reader
	t           *core.ToolCall
	done, total int64
}

func (w *watched) Read(b []byte) (int, error) {
	n, err := w.Reader.Read(b)
	w.done += int64(n)
	w.t.Progress(w.done, w.total)
	return n, err
}
