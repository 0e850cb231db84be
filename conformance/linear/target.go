package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/ferrousdb/ferrous/conformance"
	"github.com/ferrousdb/ferrous/conformance/tool"
)

// target is a server under test.
type target struct {
	bin string
	arg []string
	srv *conformance.Server
}

// begin starts a server with so many loops; bin "" is this program.
func begin(bin, dir string, loops int, args ...string) (*target, error) {
	if bin == "" {
		var err error
		if bin, err = tool.Self(); err != nil {
			return nil, err
		}
	}
	t := &target{bin: bin, arg: []string{"--io-threads", fmt.Sprint(loops)}}
	return t.sibling(dir, args...)
}

// sibling starts a server of the same kind in a directory of its own, or, after a kill,
// in the same.
func (t *target) sibling(dir string, args ...string) (*target, error) {
	srv, err := conformance.StartServer(t.bin, dir, append(t.arg[:len(t.arg):len(t.arg)], args...)...)
	if err != nil {
		return nil, err
	}
	return &target{bin: t.bin, arg: t.arg, srv: srv}, nil
}

func (t *target) addr() string { return t.srv.Addr }

func (t *target) kill() { t.srv.Kill() }

// stop ends the server in good order and returns what is wrong with it.
func (t *target) stop() error {
	alive := t.srv.Alive()
	t.srv.Stop()
	if !alive {
		return errors.Join(errors.New("the server has ended:\n"+t.srv.Log()), t.complaint())
	}
	return t.complaint()
}

// complaint returns what the race detector has to say.
func (t *target) complaint() error {
	log, err := os.ReadFile(filepath.Join(t.srv.Dir, "server.log"))
	if err != nil {
		return err
	}
	if i := bytes.Index(log, []byte("WARNING: DATA RACE")); i >= 0 {
		return fmt.Errorf("%s", log[i:min(len(log), i+6000)])
	}
	return nil
}
