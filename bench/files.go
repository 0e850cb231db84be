package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"
)

// fileRun is one server that saves its data, or that starts and loads them, with nothing else to do.
type fileRun struct {
	Seconds float64 `json:"seconds"`
	CPU     float64 `json:"cpu_seconds"`
	Bytes   int64   `json:"file_bytes"`
}

// loadPatience is how long a server may take to load.
const loadPatience = 10 * time.Minute

// files is the part about SAVE and about starting with the file that it left.
func (b *bench) files(ctx context.Context) error {
	for _, data := range b.opts.datasets {
		dirs, err := b.saves(ctx, data)
		if err == nil {
			err = b.loads(ctx, data, dirs)
		}
		for _, dir := range dirs {
			_ = os.RemoveAll(dir)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", data.name, err)
		}
		if err := b.printFiles(data); err != nil {
			return err
		}
	}
	return nil
}

// saves fills every server with data and has them save in turns. It returns the directories with the files, by server,
// when the servers have ended; they are the caller's to remove.
func (b *bench) saves(ctx context.Context, data dataset) (map[string]string, error) {
	servers, stop, err := b.startAll(ctx)
	if err != nil {
		return nil, err
	}
	defer stop()
	dirs := map[string]string{}
	for _, s := range servers {
		dirs[s.Name] = s.dir
		if err := data.load(ctx, s, b.opts.keys); err != nil {
			return dirs, err
		}
	}
	b.report.Persistence.Saves[data.name], err = alternate(b.opts.rounds, servers, func(s *server) (*fileRun, error) {
		if _, err := s.settle(ctx); err != nil {
			return nil, s.explain(err)
		}
		took, err := measured(s, func() error { _, err := s.do(ctx, "SAVE"); return err })
		if err != nil {
			return nil, err
		}
		return newFileRun(took.to.Sub(took.from), took.cpu, s.dir)
	})
	return dirs, err
}

// loads starts the servers in turns, each alone and with its own file. The file was just written or read, so that it is
// the server that is measured and not the disk.
func (b *bench) loads(ctx context.Context, data dataset, dirs map[string]string) error {
	specs := make([]*server, len(b.opts.servers)) // not started, but that is how turns are taken
	for i, spec := range b.opts.servers {
		specs[i] = &server{serverSpec: spec}
	}
	rounds, err := alternate(b.opts.rounds, specs, func(spec *server) (*fileRun, error) {
		s, err := b.launcher.startIn(ctx, spec.serverSpec, dirs[spec.Name], loadPatience)
		if err != nil {
			return nil, err
		}
		defer s.stop()
		cpu, err := s.settle(ctx)
		if err != nil {
			return nil, s.explain(err)
		}
		size, err := s.do(ctx, "DBSIZE")
		if want := strconv.Itoa(data.keys(b.opts.keys)); err == nil && size != want {
			err = s.explain(fmt.Errorf("it has loaded %s keys of %s", size, want))
		}
		if err != nil {
			return nil, err
		}
		return newFileRun(s.ready, cpu, s.dir)
	})
	b.report.Persistence.Loads[data.name] = rounds
	return err
}

func newFileRun(took, cpu time.Duration, dir string) (*fileRun, error) {
	file, err := os.Stat(filepath.Join(dir, "dump.rdb"))
	if err != nil {
		return nil, err
	}
	return &fileRun{Seconds: took.Seconds(), CPU: cpu.Seconds(), Bytes: file.Size()}, nil
}

func (b *bench) printFiles(data dataset) error {
	sh := newSheet(b.opts)
	for _, x := range []struct {
		label  string
		rounds map[string][]*fileRun
	}{
		{"save", b.report.Persistence.Saves[data.name]},
		{"load", b.report.Persistence.Loads[data.name]},
	} {
		row := func(label, format string, g *goal, get func(*fileRun) float64) {
			sh.rounds(data.name+" "+x.label+label, format, func(name string) []float64 { return each(x.rounds[name], get) }, g)
		}
		row(", s", "%.3f", &fileGoal, func(r *fileRun) float64 { return r.Seconds })
		row(", CPU s", "%.3f", nil, func(r *fileRun) float64 { return r.CPU })
		if x.label == "save" {
			row("d file, MB", "%.1f", nil, func(r *fileRun) float64 { return megabytes(r.Bytes) })
		}
	}
	return sh.print(os.Stdout)
}
