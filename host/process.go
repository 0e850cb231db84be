package host

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/config"
	"github.com/ferrousdb/ferrous/core/files"
	"github.com/ferrousdb/ferrous/host/engine"
)

// What a server does when the process is its own: signals, the pid file, who
// is told that it is ready.

// hostProcess is what a server knows of the process that is its own.
type hostProcess struct {
	file     string   // the configuration file
	warnings []string // about the configuration, for the log
	pidFile  string   // as it was written, "" for none
	manager  string   // the service manager, "no" for none
	super    *supervisor
	own      bool         // the process is the server's alone
	floor    atomic.Int64 // bytes, see raiseFloor
}

// serve runs the server until a signal or a command stops it. ready is closed
// when it serves; it may be nil.
func (srv *Server) serve(super *supervisor, ready *os.File) error {
	signals := make(chan os.Signal, 4)
	signal.Notify(signals, syscall.SIGTERM, syscall.SIGINT)
	// They are never given back: one that comes while the process ends must not end
	// it as if it had not been heeded.
	// As in Redis, a terminal that closes does not end the server; and neither
	// does whoever reads its log.
	signal.Ignore(syscall.SIGHUP, syscall.SIGPIPE)
	srv.process.manager, srv.process.super = super.String(), super
	srv.announceStart()
	super.say(srv.log, "STATUS=ferrous is loading...")
	ended := make(chan struct{})
	defer close(ended)
	go srv.obey(signals, ended)
	if err := srv.begin(); err != nil {
		return err
	}
	srv.writePidFile(ready != nil)
	srv.announceReady()
	srv.warnOfOpenDoors()
	super.ready(srv.log)
	if ready != nil {
		_, _ = ready.WriteString(daemonIsReady)
		ready.Close()
	}
	err := srv.Wait()
	super.say(srv.log, "STOPPING=1")
	srv.removePidFile()
	srv.log.Info("ferrous is now ready to exit, bye bye...")
	return err
}

// obey waits for signals until the server has ended.
func (srv *Server) obey(signals <-chan os.Signal, ended <-chan struct{}) {
	asked := false
	var again os.Signal // came while an attempt was under way, which may have failed already
	refused := make(chan error, 1)
	attempt := func(sig os.Signal) {
		asked, again = true, nil
		go func() { refused <- srv.shutdownBySignal(sig) }()
	}
	for {
		select {
		case sig := <-signals:
			switch {
			case !srv.serving.Load():
				srv.log.Warn("Received shutdown signal during loading, exiting now.")
				os.Exit(0)
			case (asked || srv.leavingAt() != 0) && sig == syscall.SIGINT:
				srv.log.Warn("You insist... exiting now.")
				os.Exit(1)
			case asked:
				again = sig
			default:
				attempt(sig)
			}
		case err := <-refused:
			if err == nil {
				continue // the server is stopping
			}
			if asked = false; again != nil {
				attempt(again)
			}
		case <-srv.ending.begun:
			if errors.As(srv.ending.failure, new(*engine.Crash)) {
				// What is broken may hold a lock that the way down needs.
				time.AfterFunc(crashTime, func() {
					srv.log.Error("the server does not come to an end, exiting now")
					os.Exit(1)
				})
			}
			select {
			case <-ended:
				return
			case sig := <-signals:
				if sig == syscall.SIGINT {
					srv.log.Warn("You insist... exiting now.")
					os.Exit(1)
				}
			}
		case <-ended:
			return
		}
	}
}

// crashTime is how long a server may take to stop after a panic.
const crashTime = 10 * time.Second

// The bits of shutdown-on-sigint and shutdown-on-sigterm.
const (
	onSignalSave = 1 << iota
	onSignalNoSave
	onSignalNow
	onSignalForce
)

func declareOnSignal(s *config.Schema, name, signal string) *config.EnumVar {
	v := s.EnumSet(config.Param{
		Name: name, Section: "general", Default: "default",
		Doc: "How to shut down at " + signal + ", as the options of SHUTDOWN: default, or any of save, nosave, now and force.",
	},
		config.Choice{Name: "default", Value: 0}, config.Choice{Name: "save", Value: onSignalSave},
		config.Choice{Name: "nosave", Value: onSignalNoSave}, config.Choice{Name: "now", Value: onSignalNow},
		config.Choice{Name: "force", Value: onSignalForce})
	v.Check(func(bits int) error {
		if bits&onSignalSave != 0 && bits&onSignalNoSave != 0 {
			return errors.New("Inconsistent shutdown-on-signal flags: save and nosave exclude each other")
		}
		return nil
	})
	return v
}

// shutdownBySignal returns an error if the server is to go on.
func (srv *Server) shutdownBySignal(sig os.Signal) error {
	name, how := "SIGTERM", srv.params.onSIGTERM
	if sig == syscall.SIGINT {
		name, how = "SIGINT", srv.params.onSIGINT
	}
	srv.log.Warn("Received " + name + " scheduling shutdown...")
	bits := how.Load()
	o := core.Shutdown{
		Save: bits&onSignalSave != 0, NoSave: bits&onSignalNoSave != 0,
		Now: bits&onSignalNow != 0, Force: bits&onSignalForce != 0,
	}
	if !o.Now {
		ctx, cancel := context.WithTimeout(context.Background(), time.Duration(srv.params.shutdownWait.Load())*time.Second)
		defer cancel()
		srv.drain(ctx)
	}
	var err error
	srv.Standstill(func() { err = srv.Shutdown(o) })
	return err
}

// drainPatience is how long a shutdown waits for a client that takes nothing.
const drainPatience = 500 * time.Millisecond

// drain waits for clients to take their last replies before a shutdown, as
// long as any of them does.
func (srv *Server) drain(ctx context.Context) {
	least, since := -1, time.Now()
	for ctx.Err() == nil {
		waiting := srv.eng.Unsent()
		if least < 0 || waiting < least {
			least, since = waiting, time.Now()
		}
		if waiting == 0 || time.Since(since) > drainPatience {
			return
		}
		select {
		case <-ctx.Done():
		case <-srv.ending.begun:
			return
		case <-time.After(5 * time.Millisecond):
		}
	}
}

// daemonPidFile is where a daemon that is told nothing else leaves its id.
const daemonPidFile = "/var/run/ferrous.pid"

func (srv *Server) writePidFile(daemon bool) {
	path := srv.params.path(srv.params.pidFile.Load())
	if path == "" {
		if !daemon {
			return
		}
		path = daemonPidFile
	}
	if err := writeNoLink(path, fmt.Appendln(nil, os.Getpid())); err != nil {
		srv.log.Warn("cannot write the pid file", "error", err)
		return
	}
	srv.process.pidFile = path
}

// writeNoLink writes a file that may be there already, for example in a directory
// where nothing may be made, but not what a link at the name points to.
func writeNoLink(path string, data []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC|files.NoFollow, 0o644)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	return errors.Join(err, f.Close())
}

// removePidFile removes the file that writePidFile has written.
func (srv *Server) removePidFile() {
	if srv.process.pidFile == "" {
		return
	}
	if err := os.Remove(srv.process.pidFile); err != nil && !errors.Is(err, os.ErrNotExist) {
		srv.log.Warn("cannot remove the pid file", "error", err)
	}
}
