package host

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"os"
	"runtime"
	"strings"
	"time"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/config"
	hostconfig "github.com/ferrousdb/ferrous/host/config"
)

// Main is the main function of a server made of the given modules: it reads
// the configuration, serves until it is told to stop, and exits the process.
func Main(modules ...core.Module) {
	os.Exit(run(modules, processArgs(), os.Environ(), os.Stdin, os.Stdout, os.Stderr))
}

// arguments are the program's, its name not included.
type arguments struct {
	list []string
	// hide overwrites the secrets among those from an offset on, where the system shows
	// them; nil where it does not.
	hide func(s *config.Schema, offset int)
}

func run(modules []core.Module, original arguments, environ []string, stdin io.Reader, stdout, stderr io.Writer) int {
	var input bytes.Buffer // what was read from stdin
	_, _, configuration := hostconfig.ParseCommand(original.list, nil)
	off := hostconfig.Peek(disableModules(), configuration, environ, io.TeeReader(stdin, &input))
	list, without := checkWithout(original.list)
	if without != "" {
		off = without
	}
	srv, err := newServer(modules, off)
	if err != nil {
		fmt.Fprintln(stderr, programOf(modules)+":", err)
		return 1
	}
	tools := srv.tools()
	action, word, args := hostconfig.ParseCommand(list, toolNames(tools))
	if (action == hostconfig.Run || action == hostconfig.Tool) && original.hide != nil && without == "" {
		original.hide(srv.registry.Config, len(original.list)-len(args))
	}
	var im *importing
	switch action {
	case hostconfig.Version:
		fmt.Fprintln(stdout, srv.versionLine())
		return 0
	case hostconfig.Help:
		fmt.Fprint(stdout, srv.help(tools))
		return 0
	case hostconfig.Modules:
		srv.listModules(stdout)
		return 0
	case hostconfig.DefaultConfig:
		_, _ = stdout.Write(hostconfig.GenerateHCL(srv.registry.Config))
		return 0
	case hostconfig.Tool:
		if word != importTool().Name {
			return srv.runTool(tools, word, args, environ, stdin, stdout, stderr)
		}
		var status int
		if im, args, status = srv.parseImport(args, stdout, stderr); status >= 0 {
			return status
		}
	}
	again := io.MultiReader(bytes.NewReader(bytes.Clone(input.Bytes())), io.TeeReader(stdin, &input))
	loaded, err := hostconfig.Load(srv.registry.Config, args, environ, again)
	if err != nil {
		fmt.Fprintf(stderr, "*** FATAL CONFIG FILE ERROR (%s %s) ***\n%v\n", srv.program(), Version, err)
		return 1
	}
	srv.process.file = loaded.File
	srv.process.own = true
	srv.process.warnings = loaded.Warnings
	if action == hostconfig.CheckConfig {
		for _, w := range loaded.Warnings {
			fmt.Fprintln(stdout, "warning:", w)
		}
		fmt.Fprintln(stdout, "The configuration is valid.")
		return 0
	}
	if im != nil {
		if im.dry {
			return im.preview(srv, stdout, stderr)
		}
		go im.watch(srv, stdin, stderr)
	}
	super := srv.supervisor(environ)
	ready, daemon := daemonReady(environ)
	if srv.params.daemonize.Load() && !daemon && super == nil {
		if err := daemonize(original.list, environ, &input, stderr); err != nil {
			fmt.Fprintln(stderr, programOf(modules)+":", err)
			return 1
		}
		return 0
	}
	if daemon {
		stdout = io.Discard
	}
	closeLog, err := srv.openLog(stdout)
	if err != nil {
		fmt.Fprintln(stderr, programOf(modules)+":", err)
		return 1
	}
	defer closeLog()
	if err := srv.serve(super, ready); err != nil {
		srv.log.Error(err.Error())
		if daemon {
			fmt.Fprintln(stderr, programOf(modules)+":", err)
		}
		return 1
	}
	return 0
}

// program is the name of the program that is made of these modules.
func (srv *Server) program() string { return programOf(srv.modules) }

func programOf(modules []core.Module) string {
	name := "ferrous"
	for _, m := range modules {
		if b, ok := m.(core.Branded); ok {
			name = b.Program()
		}
	}
	return name
}

// versionLine is laid out like redis-server's, and tells the modules.
func (srv *Server) versionLine() string {
	sha, dirty := srv.facts.revision, 0
	if srv.facts.dirty {
		dirty = 1
	}
	return fmt.Sprintf("%s v=%s sha=%.8s:%d malloc=ferrous-arena bits=%d redis=%s %s modules=%s",
		srv.program(), Version, sha, dirty, 32<<(^uint(0)>>63), redisVersion, runtime.Version(), strings.Join(srv.registry.Modules(), ","))
}

// announceStart says who is starting. The test suite of Redis waits for the
// words before "PID".
func (srv *Server) announceStart() {
	srv.log.Info(fmt.Sprintf("%s %s is starting, PID: %d", srv.program(), Version, os.Getpid()))
	for _, w := range srv.process.warnings {
		srv.log.Warn(w)
	}
	srv.log.Info("modules: " + strings.Join(srv.registry.Modules(), " "))
	for _, s := range hostconfig.Settings(srv.registry.Config) {
		srv.log.Debug("configuration", "name", s.Name, "value", s.Value, "from", s.Origin.String())
		v := srv.registry.Config.Find(s.Name)
		if why := v.Param().NoEffect; why != "" && v.String() != v.DefaultString() {
			srv.log.Warn("a parameter without effect", "name", s.Name, "value", s.Value, "reason", why)
		}
	}
}

// announceReady says what listens where, and how to connect.
func (srv *Server) announceReady() {
	srv.net.Listening(func(kind string, addr net.Addr) {
		srv.log.Info("listening", "kind", kind, "address", addr.String())
	})
	ready := fmt.Sprintf("Ready to accept connections after %d ms", time.Since(srv.start).Milliseconds())
	if port := srv.params.net.Port.Load(); port != 0 {
		ready += fmt.Sprintf("; try: redis-cli -p %d", port)
	} else if path := srv.params.path(srv.params.net.UnixSocket.Load()); path != "" {
		ready += "; try: redis-cli -s " + path
	}
	srv.log.Info(ready)
}
