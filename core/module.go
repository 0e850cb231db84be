package core

import (
	"reflect"

	"github.com/ferrousdb/ferrous/core/logging"
)

// Module is a family of commands, value types or services that a server is
// composed of. A module is a value made by its package's New; all its state is
// in it, so that several servers may live in one process.
//
// Its life: Name and Register are called once, before anything else and from
// one goroutine. If it is a Starter, Start is called when the configuration is
// loaded and before the server listens; if it is a Stopper, Stop when no more
// commands will run. All other calls come through what it has registered.
type Module interface {
	// Name is a short lower-case word, unique in a server. A module without one ("") is told
	// of nowhere.
	Name() string
	// Register declares what the module brings. Mistakes of declaration are
	// collected by the Registry and reported together when it is frozen, so a
	// module returns an error only for reasons of its own.
	Register(r *Registry) error
}

// Starter is a Module with something to do before the server listens.
type Starter interface {
	// Start may keep s. It must not block; goroutines that it starts end in Stop.
	Start(s Server) error
}

// Stopper is a Module with something to end.
type Stopper interface {
	// Stop is called once, after the last command, on every way down.
	Stop()
}

// Branded is a Module that gives the program its name, for --help, --version and the
// log. A program without one is called ferrous.
type Branded interface {
	// Program is the name, such as ferrous-cache.
	Program() string
}

// PackageOf returns the path of the Go package that a module is of.
func PackageOf(m Module) string {
	t := reflect.TypeOf(m)
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return t.PkgPath()
}

// Logger is what the server and its modules log through.
type Logger = logging.Logger

// Logging registers what makes the server's log; without it the host writes lines of the same
// forms itself. Which messages are logged is decided before they come to it.
func (r *Registry) Logging(to func(logging.Target) Logger) {
	if r.logging != nil {
		r.fail("another module makes the log already")
		return
	}
	r.logging = to
}

// Logger makes the server's log.
func (r *Table) Logger(t logging.Target) Logger {
	if r.logging != nil {
		return r.logging(t)
	}
	return logging.New(t)
}
