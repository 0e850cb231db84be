// Package tool is the frame of the programs beside it: how they begin and end, and how one
// of them, or its test, is the server that it tries. It knows nothing of what they try.
package tool

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/ferrousdb/ferrous/host"
	"github.com/ferrousdb/ferrous/modules"
)

// Main runs a program until it is done or a signal ends its context, and exits with 1,
// telling what is wrong, if it fails.
func Main(name string, run func(ctx context.Context) error) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, name+":", err)
		stop()
		os.Exit(1)
	}
}

// Parse reads the flags of a program that takes nothing beside them.
func Parse() error {
	flag.Parse()
	if flag.NArg() > 0 {
		return fmt.Errorf("unexpected argument %q", flag.Arg(0))
	}
	return nil
}

// asServer is the environment variable that makes a program a server.
const asServer = "CONFORMANCE_SERVER"

// Serve makes the process a server, and does not return, if it was started through Self. It
// is the first that main, or TestMain, does.
func Serve() {
	if os.Getenv(asServer) != "" {
		host.Main(modules.Full()...)
	}
}

// Self returns the path of this program, which is a server when it is started from here on.
// So the server is built as the program is: with the race detector, if that is.
func Self() (string, error) {
	self, err := os.Executable()
	if err != nil {
		return "", err
	}
	// Children inherit it, and only they read it.
	return self, os.Setenv(asServer, "1")
}
