package host

import (
	"fmt"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/host/manual"
)

// Manual is what package manual writes about: a server's program.
func (srv *Server) Manual() manual.Program {
	return manual.Program{
		Name: srv.program(), Version: srv.Version(), Modules: srv.registry.Modules(), Tools: srv.tools(), Schema: srv.registry.Config,
	}
}

// docsTool is "ferrous docs": what packages install beside the program.
func (srv *Server) docsTool() core.Tool {
	return core.Tool{
		Name: "docs", Args: "man | bash | zsh | fish | reference", Summary: "print the man page, completion for a shell, or the reference of parameters",
		Help: `Prints texts about this program, made of its own tables: the manual page, completion
for a shell, the reference of the parameters in Markdown.

  ferrous docs man >/usr/share/man/man1/ferrous.1
  source <(ferrous docs bash)
`,
		Run: func(t *core.ToolCall) int {
			p := srv.Manual()
			texts := map[string]func() []byte{"man": p.Man, "bash": p.Bash, "zsh": p.Zsh, "fish": p.Fish, "reference": p.Reference}
			if len(t.Args) != 1 || texts[t.Args[0]] == nil {
				fmt.Fprint(t.Stderr, t.Usage)
				return 1
			}
			_, err := t.Stdout.Write(texts[t.Args[0]]())
			if err != nil {
				return 1
			}
			return 0
		},
	}
}
