package clients

// tries ioredis | ioredis, ioredis6 | every command by itself, in pipelines, auto-pipelined; transactions, publish/subscribe, authentication

import (
	"context"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// The modes of ioredis/run.mjs, with the commands without which one is idle.
var modes = []struct {
	name, transcript string
	needs            []string
	args             []string
}{
	{"round", "calls", nil, nil},
	{"pipeline", "calls", nil, nil},
	{"auto", "calls", nil, nil},
	{"multi", "multi", []string{"multi", "evalsha", "scan"}, nil},
	{"pubsub", "pubsub", []string{"subscribe"}, nil},
	{"auth", "auth", nil, []string{"--requirepass", "secret"}},
}

func TestIORedis(t *testing.T) {
	if _, err := os.Stat("ioredis/node_modules"); err != nil {
		t.Skip("ioredis is not installed (npm ci in conformance/clients/ioredis)")
	}
	for _, library := range []string{"ioredis", "ioredis6"} {
		for _, mode := range modes {
			t.Run(library+"/"+mode.name, func(t *testing.T) {
				open := start(t)
				known := commandsOf(t, open)
				for _, name := range mode.needs {
					if !known[name] {
						t.Skipf("the server has no %s", name)
					}
				}
				addr := open
				if mode.args != nil {
					addr = start(t, mode.args...)
				}
				_, port, _ := strings.Cut(addr, ":")
				limited, cancel := context.WithTimeout(ctx, time.Minute)
				defer cancel()
				cmd := exec.CommandContext(limited, "node", "run.mjs", library, mode.name, port)
				cmd.Dir = "ioredis"
				cmd.Stderr = os.Stderr
				out, err := cmd.Output()
				if err != nil {
					t.Fatalf("node: %v", err)
				}
				tr := &tracker{known: known}
				has := func(string) bool { return true }
				if mode.transcript == "calls" {
					has = tr.hasMethod
				}
				lines := strings.Split(strings.TrimSuffix(string(out), "\n"), "\n")
				compare(t, "ioredis-"+mode.transcript+".txt", lines, has)
			})
		}
	}
}

// hasMethod is has for a line that begins with a method of ioredis.
func (t *tracker) hasMethod(line string) bool {
	call, _, _ := strings.Cut(line, ": ")
	words := strings.Fields(call)
	words[0] = strings.TrimSuffix(words[0], "Buffer")
	return t.known[t.commandName(words)]
}
