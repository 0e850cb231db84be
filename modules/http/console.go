package http

import (
	"embed"
	"io/fs"
	"mime"
	nethttp "net/http"
	"path"
)

// The console is a page that talks to /api as any program could. The page itself holds no
// data and is given to everybody; what it shows is asked for by the user who logs in.

//go:embed console
var consoleFiles embed.FS

// policy is what a browser may do for the page: load what comes with it, and talk to the
// server that it came from.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// console is / and /console/: the page and what belongs to it.
func (m *module) console(w nethttp.ResponseWriter, r *nethttp.Request) error {
	name := path.Join("console", path.Base(r.URL.Path))
	if r.URL.Path == "/" {
		name = "console/index.html"
	}
	text, err := fs.ReadFile(consoleFiles, name)
	if err != nil {
		return status{nethttp.StatusNotFound, "there is no such page"}
	}
	w.Header().Set("Content-Type", mime.TypeByExtension(path.Ext(name)))
	w.Header().Set("Content-Security-Policy", policy)
	w.Header().Set("Referrer-Policy", "no-referrer")
	_, _ = w.Write(text)
	return nil
}
