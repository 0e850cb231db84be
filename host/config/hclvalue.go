package config

import (
	"strings"

	"github.com/ferrousdb/ferrous/core/config"
	"github.com/ferrousdb/ferrous/host/config/hcl"
)

// hclValue writes lines of v (see config.Var.Lines) as the value of an attribute, so that attrLines reads them back.
func hclValue(v config.Var, lines [][]string) string {
	if len(lines) == 0 {
		return "[]"
	}
	switch v.(type) {
	case *config.BoolVar:
		return map[string]string{"yes": "true", "no": "false"}[lines[0][0]]
	case *config.IntVar, *config.MemoryVar:
		if isDigits(strings.TrimPrefix(lines[0][0], "-")) { // written bare
			return lines[0][0]
		}
	}
	if v.Repeats() == config.LastWins {
		return hclWords(v, lines[0])
	}
	if len(lines) == 1 {
		return hcl.Quote(lineText(v, lines[0]))
	}
	texts := make([]string, len(lines))
	for i, words := range lines {
		texts[i] = hcl.Quote(lineText(v, words))
	}
	return hclList(texts)
}

func hclWords(v config.Var, words []string) string {
	switch len(words) {
	case 0:
		return `""`
	case 1:
		return hcl.Quote(lineText(v, words))
	}
	quoted := make([]string, len(words))
	for i, w := range words {
		quoted[i] = hcl.Quote(w)
	}
	return hclList(quoted)
}

// hclList keeps short lists on a line.
func hclList(elements []string) string {
	if inline := "[" + strings.Join(elements, ", ") + "]"; len(inline) <= 80 {
		return inline
	}
	return "[\n  " + strings.Join(elements, ",\n  ") + ",\n]"
}

// lineText is one line as one text. A parameter of several words splits it again when it is loaded, so the words are
// quoted where they need it.
func lineText(v config.Var, words []string) string {
	if !v.Param().Has(config.MultiArg) {
		return words[0]
	}
	quoted := make([]string, len(words))
	for i, w := range words {
		quoted[i] = config.QuoteIfNeeded(w)
		if w == "" && len(words) == 1 {
			quoted[i] = ""
		}
	}
	return strings.Join(quoted, " ")
}
