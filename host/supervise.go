package host

import (
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/config"
)

// The values of supervised.
const (
	supervisedNo = iota
	supervisedSystemd
	supervisedUpstart
	supervisedAuto
)

func declareSupervised(s *config.Schema) *config.EnumVar {
	return s.Enum(config.Param{
		Name: "supervised", Section: "general", Default: "no", Flags: config.Immutable,
		Doc: "The service manager to tell when the server is ready: systemd (over NOTIFY_SOCKET), upstart (by stopping itself), auto for the one that the environment shows, or no.",
	},
		config.Choice{Name: "no", Value: supervisedNo}, config.Choice{Name: "systemd", Value: supervisedSystemd},
		config.Choice{Name: "upstart", Value: supervisedUpstart}, config.Choice{Name: "auto", Value: supervisedAuto})
}

// supervisor is the service manager that waits for news, nil if there is none.
type supervisor struct {
	name   string
	socket string // of systemd (man sd_notify)
}

func (s *supervisor) String() string {
	if s == nil {
		return "no"
	}
	return s.name
}

// supervisor finds out who has started the server. A manager that is not
// there, by the environment, is none.
func (srv *Server) supervisor(environ []string) *supervisor {
	mode := srv.params.supervised.Load()
	if mode == supervisedNo {
		return nil
	}
	for _, v := range environ {
		if socket, ok := strings.CutPrefix(v, "NOTIFY_SOCKET="); ok && socket != "" && mode != supervisedUpstart {
			return &supervisor{"systemd", socket}
		}
		if strings.HasPrefix(v, "UPSTART_JOB=") && mode != supervisedSystemd {
			return &supervisor{name: "upstart"}
		}
	}
	return nil
}

// ready tells that the server serves.
func (s *supervisor) ready(log core.Logger) {
	s.say(log, "STATUS=Ready to accept connections\nREADY=1")
	if s != nil && s.name == "upstart" {
		if err := stopSelf(); err != nil { // goes on when upstart continues it
			log.Warn("cannot tell upstart", "error", err)
		}
	}
}

// startPatience is how much longer systemd is to wait for a start that has just said
// that it goes on.
const startPatience = 60 * time.Second

// goesOn tells that the start takes its time: a load of many gigabytes is no hanging one.
func (s *supervisor) goesOn(log core.Logger, status string) {
	s.say(log, fmt.Sprintf("STATUS=%s\nEXTEND_TIMEOUT_USEC=%d", status, startPatience.Microseconds()))
}

// say sends a state to systemd.
func (s *supervisor) say(log core.Logger, state string) {
	if s == nil || s.socket == "" {
		return
	}
	// A name that begins with @ is in Linux's abstract namespace; package net
	// knows that.
	conn, err := net.Dial("unixgram", s.socket)
	if err == nil {
		_, err = conn.Write([]byte(state + "\n"))
		conn.Close()
	}
	if err != nil {
		log.Warn("cannot notify systemd", "socket", s.socket, "error", err)
	}
}
