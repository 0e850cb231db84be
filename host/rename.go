package host

import (
	"errors"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/config"
)

// declareRenames declares the directive rename-command. It is checked line by line
// as it is read, so that an error tells where it is.
func (srv *Server) declareRenames() {
	srv.renames = config.Custom(srv.registry.Config, config.Param{
		Name: "rename-command", Section: "security", Default: "", Flags: config.MultiArg | config.Directive,
		Doc: "Another name for a command, or none (an empty one) to switch it off: the name, then the new one. One line for each. Access control (ACL) is the better way to keep commands from clients.",
	}, config.Codec[core.Renames]{
		Parse: func(words []string, before core.Renames) (core.Renames, error) {
			if len(words) != 2 {
				return nil, errors.New("a command's name and its new one are wanted")
			}
			all := append(before[:len(before):len(before)], [2]string{words[0], words[1]})
			return all, srv.registry.CheckRenames(all)
		},
		Format: func(core.Renames) string { return "" },
		Lines: func(all core.Renames) (lines [][]string) {
			for _, pair := range all {
				lines = append(lines, []string{pair[0], pair[1]})
			}
			return lines
		},
		Repeat: config.Collect,
	})
}
