package config

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/ferrousdb/ferrous/core/config"
)

// preamble opens the generated file.
const preamble = `# ferrous.hcl: every setting of ferrous, commented out, with its default.
#
# Start with:  ferrous ferrous.hcl
# Check with:  ferrous --check-config ferrous.hcl
#
# A setting is   name = value   where a value is a number, true or false, a string in double quotes, or a list in
# brackets. Sizes with a unit are strings: "100mb" (kb, mb, gb are powers of 1024; k, m, g of 1000).
# Settings with a common beginning may be put in a block:   tls { port = 6380 }   is   tls-port = 6380.
# Other files are read in place of   include = "path"   whose path is relative to the working directory.
# A redis.conf works as well: give its path instead.
#
# Environment variables override this file (FERROUS_MAXMEMORY=100mb), options on the command line override both
# (--maxmemory 100mb). CONFIG SET changes a running server, CONFIG REWRITE writes the changes here.
`

// GenerateHCL writes the default file: every parameter that is not hidden, by section in order of first declaration,
// commented out, under its documentation. The same schema always gives the same text.
func GenerateHCL(s *config.Schema) []byte {
	var b bytes.Buffer
	b.WriteString(preamble)
	for _, section := range Sections(s) {
		title := "# --- " + section + " "
		fmt.Fprintf(&b, "\n%s%s\n", title, strings.Repeat("-", max(3, 100-len(title))))
		for _, v := range s.All() {
			if v.Param().Section == section && !v.Param().Has(config.Hidden) {
				writeParam(&b, v)
			}
		}
	}
	return b.Bytes()
}

// Sections lists the sections that have something to show, in order of first declaration.
func Sections(s *config.Schema) []string {
	var out []string
	seen := map[string]bool{}
	for _, v := range s.All() {
		if p := v.Param(); !seen[p.Section] && !p.Has(config.Hidden) {
			seen[p.Section] = true
			out = append(out, p.Section)
		}
	}
	return out
}

func writeParam(b *bytes.Buffer, v config.Var) {
	p := v.Param()
	b.WriteByte('\n')
	comment(b, p.Doc)
	if !strings.Contains(p.Doc, p.NoEffect) {
		comment(b, "Accepted for compatibility, without effect: "+p.NoEffect)
	}
	comment(b, Facts(v))
	fmt.Fprintf(b, "# %s\n", strings.ReplaceAll(DefaultSetting(v), "\n", "\n# "))
}

// DefaultSetting is the setting of the default, as HCL.
func DefaultSetting(v config.Var) string {
	return v.Param().Name + " = " + hclValue(v, v.DefaultLines())
}

// Facts says what may be written as a parameter's value, and when.
func Facts(v config.Var) string {
	p := v.Param()
	var out []string
	if accepted := accepted(v); accepted != "" {
		out = append(out, accepted)
	}
	switch {
	case p.Has(config.Directive):
		out = append(out, "Only in a configuration file or at start-up.")
	case p.Has(config.Immutable):
		out = append(out, "Fixed at start-up.")
	case p.Has(config.Protected):
		out = append(out, "CONFIG SET needs enable-protected-configs.")
	}
	if len(p.Aliases) > 0 {
		out = append(out, "Also called "+strings.Join(p.Aliases, ", ")+".")
	}
	return strings.Join(out, " ")
}

func accepted(v config.Var) string {
	switch v := v.(type) {
	case *config.EnumVar:
		var names []string
		for _, c := range v.Choices() {
			names = append(names, c.Name)
		}
		if v.Param().Has(config.MultiArg) {
			return "Any of: " + strings.Join(names, ", ") + "."
		}
		return "One of: " + strings.Join(names, ", ") + "."
	case *config.IntVar:
		if min, max := v.Bounds(); max < 1<<31-1 {
			return fmt.Sprintf("From %s to %s.", v.Number(min), v.Number(max))
		}
	}
	return ""
}

// comment writes text as comment lines of at most 100 columns.
func comment(b *bytes.Buffer, text string) {
	width := 0
	for _, word := range strings.Fields(text) {
		if width > 0 && width+1+len(word) > 100 {
			b.WriteByte('\n')
			width = 0
		}
		if width == 0 {
			b.WriteByte('#')
			width = 1
		}
		b.WriteByte(' ')
		b.WriteString(word)
		width += 1 + len(word)
	}
	if width > 0 {
		b.WriteByte('\n')
	}
}
