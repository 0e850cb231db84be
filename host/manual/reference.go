package manual

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/ferrousdb/ferrous/core/config"
	hostconfig "github.com/ferrousdb/ferrous/host/config"
)

// Reference writes the reference of the parameters as a page in Markdown.
func (p Program) Reference() []byte {
	var b bytes.Buffer
	b.WriteString(`# Configuration reference

<!-- Generated from the schema: go test ./cmd/ferrous -update -->

Every parameter of the full server, with its default as a line of ` + "`ferrous.hcl`" + `. The same names are options (` + "`--port 7000`" + `), lines of a
` + "`redis.conf`" + ` (` + "`port 7000`" + `), environment variables (` + "`FERROUS_PORT=7000`" + `) and what CONFIG GET and SET know. Later sources win: defaults, file,
environment, command line.

`)
	with, without := p.sections()
	for _, s := range with {
		fmt.Fprintf(&b, "- [%s](#%s): ", s.name, strings.ReplaceAll(s.name, " ", "-"))
		for i, v := range s.params {
			if i > 0 {
				b.WriteString(", ")
			}
			fmt.Fprintf(&b, "[%s](#%[1]s)", v.Param().Name)
		}
		b.WriteByte('\n')
	}
	fmt.Fprintf(&b, "\nAnother %d are accepted for Redis and Valkey and have no effect: [differences](differences.md) says why.\n", len(without))
	for _, s := range with {
		fmt.Fprintf(&b, "\n## %s\n", s.name)
		for _, v := range s.params {
			reference(&b, v)
		}
	}
	return b.Bytes()
}

func reference(b *bytes.Buffer, v config.Var) {
	p := v.Param()
	fmt.Fprintf(b, "\n### %s\n\n%s", p.Name, escapeMarkdown(p.Doc))
	if facts := hostconfig.Facts(v); facts != "" {
		b.WriteString(" " + escapeMarkdown(facts))
	}
	fmt.Fprintf(b, "\n\n```\n%s\n```\n", hostconfig.DefaultSetting(v))
}

// escapeMarkdown keeps the stars and angle brackets of a text.
func escapeMarkdown(text string) string {
	return strings.NewReplacer("*", `\*`, "<", `\<`, "_", `\_`).Replace(text)
}
