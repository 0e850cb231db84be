package backup

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
)

// store is where backups are.
type store interface {
	// put makes a backup of what write writes: all of it, or nothing. size is about how
	// much that will be, in bytes.
	put(ctx context.Context, name string, size int64, write func(io.Writer) error) error
	// list returns the backups, whoever's they are, in no order.
	list(ctx context.Context) ([]object, error)
	// open returns a backup's bytes and how many there are. Close them.
	open(ctx context.Context, name string) (io.ReadCloser, int64, error)
	// remove deletes one.
	remove(ctx context.Context, name string) error
}

// object is a backup in a store.
type object struct {
	name  string
	bytes int64
	made  time.Time // as its name tells
}

// extension is that of backups' names.
const extension = ".ferrousbackup"

const stamp = "20060102T150405.000Z"

// nameOf is the name of a backup of a server.
func nameOf(server string, at time.Time) string {
	return server + "-" + at.UTC().Format(stamp) + extension
}

// parseName reads a name; ok is false for what is no backup's.
func parseName(name string) (server string, at time.Time, ok bool) {
	rest, ok := strings.CutSuffix(name, extension)
	i := strings.LastIndexByte(rest, '-')
	if !ok || i < 0 {
		return "", at, false
	}
	at, err := time.Parse(stamp, rest[i+1:])
	return rest[:i], at, err == nil
}

// open returns the store that the parameters name, nil for none. path is where the file is
// that a parameter names.
func (p *params) open(path func(string) string) (store, error) {
	to := p.to.Load()
	bucket, prefix, err := bucketOf(to)
	switch {
	case err != nil || to == "":
		return nil, err
	case bucket == "":
		return directory{path(to)}, nil
	}
	s, err := newBucket(p.endpoint.Load(), p.region.Load(), p.access.Load(), p.secret.Load(), bucket, prefix)
	if err != nil {
		return nil, fmt.Errorf("backup-s3-endpoint: %w", err)
	}
	return s, nil
}

// ofServer returns the backups of a server, the latest first; all if it has no name.
func ofServer(all []object, server string) (own []object) {
	for _, o := range all {
		if s, _, _ := parseName(o.name); server == "" || s == server {
			own = append(own, o)
		}
	}
	slices.SortFunc(own, func(a, b object) int { return b.made.Compare(a.made) })
	return own
}

// superfluous returns which of a server's backups, the latest first, are not to be kept:
// those behind the first keep, and those older than days; never the first.
func superfluous(own []object, keep, days int64, now time.Time) (old []object) {
	for i, o := range own {
		many := keep > 0 && int64(i) >= keep
		late := days > 0 && now.Sub(o.made) > time.Duration(days)*24*time.Hour
		if i > 0 && (many || late) {
			old = append(old, o)
		}
	}
	return old
}
