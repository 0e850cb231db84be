package tls

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// Reload implements core.Secure.
func (p *params) Reload() int64 { return p.reload.Load() }

// Look implements core.Secure: names, sizes and times of the files. A
// link that leads elsewhere shows by what it leads to.
func (p *params) Look() string {
	names := []string{p.cert.Load(), p.key.Load(), p.caFile.Load()}
	if dir := p.caDir.Load(); dir != "" {
		inside, _ := filepath.Glob(filepath.Join(dir, "*"))
		names = append(names, inside...)
	}
	var b strings.Builder
	for _, name := range names {
		if name == "" {
			continue
		}
		info, err := os.Stat(name)
		if err != nil {
			fmt.Fprintf(&b, "%s: %v\n", name, err)
			continue
		}
		fmt.Fprintf(&b, "%s: %d %d\n", name, info.Size(), info.ModTime().UnixNano())
	}
	return b.String()
}
