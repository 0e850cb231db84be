package host

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/ferrousdb/ferrous/core"
)

// checkTool is "ferrous check".
func (srv *Server) checkTool() core.Tool {
	return core.Tool{
		Name: checkName, Args: "[--fix] [--disable-modules \"NAME...\"] FILE...", Summary: "examine files that keep data (RDB, AOF)",
		Help: `Examines files that keep data and tells what is in them, where they are damaged,
or what this server lacks to load them. The exit status is 1 if one of them is
damaged or cannot be loaded.

  --disable-modules  check as a server would whose modules of these names are off
  --fix              repair what can be repaired, after asking
`,
		Run: srv.check,
	}
}

const checkName = "check"

// checkWithout takes the modules that are to be off out of the arguments of a "ferrous check": there has to be
// none of them from the beginning.
func checkWithout(args []string) (rest []string, off string) {
	if len(args) == 0 || args[0] != checkName {
		return args, ""
	}
	at := slices.Index(args, "--"+disableModules().Name)
	if at < 0 || at+1 == len(args) {
		return args, ""
	}
	return slices.Concat(args[:at], args[at+2:]), args[at+1]
}

func (srv *Server) check(t *core.ToolCall) int {
	args, stdout, stderr := t.Args, t.Stdout, t.Stderr
	fix := false
	var files []string
	for i, arg := range args {
		switch {
		case arg == "--fix":
			fix = true
			continue
		case arg == "-h" || arg == "--help":
			fmt.Fprint(stdout, t.Usage)
			return 0
		case arg == "--":
			files = append(files, args[i+1:]...)
		case strings.HasPrefix(arg, "-"):
			fmt.Fprintf(stderr, "%s check: unknown option %s\n%s", t.Program, arg, t.Usage)
			return 1
		default:
			files = append(files, arg)
			continue
		}
		break
	}
	if len(files) == 0 {
		fmt.Fprint(stderr, t.Usage)
		return 1
	}
	status := 0
	answers := bufio.NewReader(t.Stdin)
	for _, name := range files {
		b := &bar{w: stderr, on: isTerminal(stderr)}
		err := srv.checkFile(name, core.CheckOptions{
			Fix: fix, Registry: srv.registry, Out: besideBar{stdout, b}, Progress: b.show,
			Ask: func() bool {
				b.clear()
				fmt.Fprint(stdout, "Continue? [y/N]: ")
				answer, _ := answers.ReadString('\n')
				return strings.EqualFold(strings.TrimSpace(answer), "y")
			},
		})
		b.clear()
		if err != nil {
			fmt.Fprintf(stderr, "%s check: %s: %v\n", t.Program, name, err)
			status = 1
		}
	}
	return status
}

// headSize is how much of a file tells its format.
const headSize = 512

func (srv *Server) checkFile(name string, o core.CheckOptions) error {
	head, err := readHead(name)
	if err != nil {
		return systemError(err)
	}
	var formats []string
	for _, c := range srv.registry.Checkers() {
		if c.Knows(name, head) {
			return c.Check(name, o)
		}
		formats = append(formats, c.Format)
	}
	if formats == nil {
		return errors.New("no module of this server keeps files")
	}
	return fmt.Errorf("unknown format; known are %s", strings.Join(formats, ", "))
}

func readHead(name string) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	head := make([]byte, headSize)
	n, err := io.ReadFull(f, head)
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		err = nil
	}
	return head[:n], err
}

// isTerminal reports whether somebody may be looking at w.
func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// bar shows progress in the last line of a terminal.
type bar struct {
	w     io.Writer
	on    bool
	shown string
}

const barWidth = 40

func (b *bar) show(done, total int64) {
	if !b.on || total <= 0 {
		return
	}
	n := int(min(done, total) * barWidth / total)
	line := fmt.Sprintf("[%s%s] %3d%% of %s", strings.Repeat("#", n), strings.Repeat(".", barWidth-n),
		min(done, total)*100/total, core.HumanBytes(total))
	if line != b.shown {
		b.shown = line
		fmt.Fprint(b.w, "\r"+line)
	}
}

// clear takes the bar off.
func (b *bar) clear() {
	if b.shown != "" {
		fmt.Fprint(b.w, "\r"+strings.Repeat(" ", len(b.shown))+"\r")
		b.shown = ""
	}
}

// besideBar writes to a terminal that may show a bar.
type besideBar struct {
	io.Writer
	bar *bar
}

func (w besideBar) Write(b []byte) (int, error) {
	w.bar.clear()
	return w.Writer.Write(b)
}
