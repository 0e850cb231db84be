package host

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/config"
	"github.com/ferrousdb/ferrous/core/resp"
	"github.com/ferrousdb/ferrous/host/doctor"
)

// doctorTool is "ferrous doctor".
func (srv *Server) doctorTool() core.Tool {
	return core.Tool{
		Name: "doctor", Args: "[--json] [FILE] [--PARAMETER VALUE...]", Summary: "look at this machine and the configuration, and say what to change",
		Help: `Looks at this machine and at the configuration (file, environment, parameters), asks
the server that runs with it, if one does, and says in plain words what to change. It
changes nothing. The exit status is 0 if nothing has to be changed, 1 if something
should be, 2 if something is dangerous, 3 if the configuration is not valid.

  --json    for programs: {"worst": "...", "findings": [{"rule", "level", "what", "do"}]}
`,
		Run: srv.doctor,
	}
}

func (srv *Server) doctor(t *core.ToolCall) int {
	args := t.Args
	asJSON := len(args) > 0 && args[0] == "--json"
	if asJSON {
		args = args[1:]
	}
	if err := t.Configure(args); err != nil {
		fmt.Fprintf(t.Stderr, "%s doctor: the configuration is not valid:\n%v\n", t.Program, err)
		return 3
	}
	p := srv.patient()
	p.Machine = doctor.Look(srv.params.path("."))
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	if info, err := srv.askInfo(ctx, t); err != nil {
		p.Unreachable = err.Error()
	} else {
		p.Info = doctor.ParseInfo(info)
	}
	found := doctor.Examine(p)
	if asJSON {
		doctor.PrintJSON(t.Stdout, found)
	} else {
		doctor.Print(t.Stdout, found)
	}
	return int(doctor.Worst(found))
}

// patient is what the configuration says to a doctor.
func (srv *Server) patient() *doctor.Patient {
	s := srv.registry.Config
	p := &doctor.Patient{Schema: s, Open: srv.letsAllIn(), Files: map[string]doctor.File{}}
	look := func(name string, secret bool) {
		if name = srv.params.path(name); name == "" {
			return
		}
		info, err := os.Stat(name)
		file := doctor.File{Secret: secret, Err: err}
		if err == nil {
			file.Mode = info.Mode()
		}
		p.Files[name] = file
	}
	text := func(name string) string {
		if v := s.Find(name); v != nil {
			return v.String()
		}
		return ""
	}
	look(srv.process.file, srv.secretsIn(srv.process.file))
	look(text("tls-key-file"), true)
	look(text("aclfile"), true)
	if secure := srv.registry.Secure(); secure != nil {
		if name, expires, err := secure.Certificate(); name != "" {
			p.Files[name] = doctor.File{Expires: expires, Err: err}
		}
	}
	return p
}

// secretsIn reports whether a value that must not be shown comes from a file.
func (srv *Server) secretsIn(file string) bool {
	for _, v := range srv.registry.Config.All() {
		if v.Param().Has(config.Sensitive) && file != "" && v.Origin().Source == file {
			return true
		}
	}
	return false
}

// letsAllIn reports whether the default user needs no password, as far as the
// configuration tells.
func (srv *Server) letsAllIn() bool {
	s := srv.registry.Config
	open := true
	if v := s.Find("requirepass"); v != nil {
		open = v.String() == ""
	}
	rules := func(words []string) {
		if len(words) == 0 || words[0] != "default" {
			return
		}
		for _, rule := range words[1:] {
			switch {
			case rule == "nopass":
				open = true
			case strings.HasPrefix(rule, ">"), strings.HasPrefix(rule, "#"), rule == "off", rule == "resetpass", rule == "reset":
				open = false
			}
		}
	}
	if v := s.Find("user"); v != nil {
		for _, words := range v.Lines() {
			rules(words)
		}
	}
	if v := s.Find("aclfile"); v != nil && v.String() != "" {
		text, _ := os.ReadFile(srv.params.path(v.String()))
		for line := range strings.Lines(string(text)) {
			if words := strings.Fields(line); len(words) > 1 && words[0] == "user" {
				rules(words[1:])
			}
		}
	}
	return open
}

// askInfo asks the server that the configuration describes how it is.
func (srv *Server) askInfo(ctx context.Context, t *core.ToolCall) (string, error) {
	conn, err := t.Dial(ctx, "", false)
	if err != nil {
		return "", err
	}
	defer conn.Close()
	if deadline, ok := ctx.Deadline(); ok {
		_ = conn.SetDeadline(deadline)
	}
	r := resp.NewReader(bufio.NewReader(conn))
	if v := t.Registry.Config.Find("requirepass"); v != nil && v.String() != "" {
		if _, err := exchange(conn, r, "AUTH", v.String()); err != nil {
			return "", err
		}
	}
	info, err := exchange(conn, r, "INFO", "everything")
	if err == nil && info.kind != '$' {
		err = errors.New(info.text)
	}
	return info.text, err
}

// warnOfOpenDoors says at the start who can reach what he should not.
func (srv *Server) warnOfOpenDoors() {
	for _, f := range doctor.Open(srv.patient()) {
		srv.log.Warn(f.What + " " + f.Do)
	}
}
