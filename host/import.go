package host

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/ferrousdb/ferrous/core"
)

// importTool is "ferrous import", which is a server that runs: see run.
func importTool() core.Tool {
	return core.Tool{
		Name: "import", Args: "[--dry-run | --promote-when-synced] redis://[USER:PASSWORD@]HOST[:PORT] [FILE] [--PARAMETER VALUE...]",
		Summary: "take over the data of a server that runs",
		Help: `Starts a server that takes in all data of another one (Redis, Valkey, ferrous) while
that goes on, follows its changes, and shows how far it is. Enter makes it
independent: from then on it takes writes of its own.

  --dry-run                only tell what would come, and what would not
  --promote-when-synced    do not wait for Enter
`,
	}
}

// importing is "ferrous import" once it is understood.
type importing struct {
	importer core.Importer
	source   string
	dry      bool
	atOnce   bool // promote when in sync
}

// parseImport reads the arguments of "ferrous import". The rest are those of a server
// that follows the source. status is not below 0 if that is all there is to do.
func (srv *Server) parseImport(args []string, stdout, stderr io.Writer) (im *importing, rest []string, status int) {
	im = &importing{importer: srv.registry.Importer()}
	if im.importer == nil {
		fmt.Fprintf(stderr, "%s has no module that could import data\n", srv.program())
		return nil, nil, 1
	}
	for len(args) > 0 && im.source == "" {
		switch arg := args[0]; arg {
		case "--dry-run":
			im.dry = true
		case "--promote-when-synced":
			im.atOnce = true
		case "-h", "--help":
			fmt.Fprint(stdout, toolUsage(srv.program(), importTool()))
			return nil, nil, 0
		default:
			im.source = arg
		}
		args = args[1:]
	}
	more, err := im.importer.Arguments(im.source)
	if err != nil {
		fmt.Fprintf(stderr, "%s import: %v\n%s", srv.program(), err, toolUsage(srv.program(), importTool()))
		return nil, nil, 1
	}
	file := 0
	if len(args) > 0 && !strings.HasPrefix(args[0], "-") {
		file = 1
	}
	return im, slices.Concat(args[:file], more, args[file:]), -1
}

// preview is --dry-run.
func (im *importing) preview(srv *Server, stdout, stderr io.Writer) int {
	if err := im.importer.Preview(context.Background(), im.source, srv.registry, srv.net.Dial, stdout); err != nil {
		fmt.Fprintf(stderr, "%s import: %v\n", srv.program(), err)
		return 1
	}
	return 0
}

// watch shows how far the import is and promotes the server when it is told to. It
// ends with the server, or when the server is on its own.
func (im *importing) watch(srv *Server, stdin io.Reader, out io.Writer) {
	enter := make(chan struct{})
	go func() { // ends with the process, as standard input does
		if _, err := bufio.NewReader(stdin).ReadString('\n'); err == nil {
			close(enter)
		}
	}()
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	asked, said := im.atOnce, ""
	for {
		select {
		case <-srv.ending.begun:
			return
		case <-enter:
			asked, enter = true, nil
		case <-tick.C:
		}
		if !srv.serving.Load() {
			continue
		}
		st := im.importer.State()
		if line := importLine(st); line != said {
			said = line
			fmt.Fprintln(out, line)
		}
		switch {
		case st.Promoted:
			return
		case asked && st.Synced && st.Lag == 0:
			im.importer.Promote()
			fmt.Fprintln(out, "The server is on its own now.")
			return
		}
	}
}

// importLine tells a state to people.
func importLine(st core.ImportState) string {
	text := st.Doing
	if st.Total > 0 && !st.Synced {
		text += fmt.Sprintf(", %s of %s (%d%%)", core.HumanBytes(st.Read), core.HumanBytes(st.Total), 100*st.Read/st.Total)
	} else if !st.Synced && st.Read > 0 {
		text += ", " + core.HumanBytes(st.Read)
	}
	text += fmt.Sprintf(", %d keys", st.Keys)
	if st.Synced {
		text += fmt.Sprintf(", %d bytes behind; Enter makes the server independent", st.Lag)
	}
	return text
}
