package backup

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/ferrousdb/ferrous/core"
)

// backupTool is "ferrous backup".
func backupTool() core.Tool {
	return core.Tool{
		Name: "backup", Args: "[FILE] [--PARAMETER VALUE...]", Summary: "have the server that runs make a backup, and show how far it is",
		Help: `Asks the server that runs with a configuration (file, environment, parameters) for a
backup, where its backup-to says, and waits until that is made. The exit status is 0
if it was, 1 if not.
`,
		Run: func(t *core.ToolCall) int { return report(t, "backup", makeBackup(t)) },
	}
}

// report says what has gone wrong, and returns the exit status.
func report(t *core.ToolCall, tool string, err error) int {
	if err == nil {
		return 0
	}
	fmt.Fprintf(t.Stderr, "%s %s: %v\n", t.Program, tool, err)
	return 1
}

func makeBackup(t *core.ToolCall) error {
	if err := t.Configure(t.Args); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	conn, err := t.Dial(ctx, "", false)
	if err != nil {
		return err
	}
	defer conn.Close()
	a := newAsker(conn)
	if v := t.Registry.Config.Find("requirepass"); v != nil && v.String() != "" {
		if _, err := a.ask("AUTH", v.String()); err != nil {
			return err
		}
	}
	if _, err := a.ask("BACKUP", "NOW"); err != nil {
		return err
	}
	name := ""
	for {
		st, err := a.status()
		if err != nil {
			return err
		}
		if st["current"] == "" || name != "" && st["current"] != name {
			t.Progress(0, 0)
			if st["last-status"] != "ok" {
				return errors.New(st["last-status"])
			}
			fmt.Fprintf(t.Stdout, "%s, %s bytes\n", st["last"], st["last-bytes"])
			return nil
		}
		name = st["current"]
		done, _ := strconv.ParseInt(st["keys-done"], 10, 64)
		total, _ := strconv.ParseInt(st["keys-total"], 10, 64)
		size, _ := strconv.ParseInt(st["data-bytes"], 10, 64)
		t.Progress(int64(float64(size)*float64(done)/float64(max(total, 1))), size)
		time.Sleep(200 * time.Millisecond)
	}
}

// restoreTool is "ferrous restore".
func restoreTool() core.Tool {
	return core.Tool{
		Name: "restore", Args: "[--list | --check] [--from SERVER] [--force] [BACKUP | latest] [FILE] [--PARAMETER VALUE...]",
		Summary: "bring a backup back, or look at what there is",
		Help: `Brings a backup back: from where backup-to of the configuration (file, environment,
parameters) says, or a file. All of it is verified, checksum, seal and each value,
before a file of the server is touched. What was there before is renamed, and not
deleted. The server must not run; started, it loads what was brought back.

  BACKUP         a name that --list shows, the path of a backup, or latest (the default)
  --list         only list the backups
  --check        only verify
  --from SERVER  those of another backup-name
  --force        although there are data already, or a server runs
`,
		Run: func(t *core.ToolCall) int { return report(t, "restore", restore(t)) },
	}
}
