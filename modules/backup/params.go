package backup

import (
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"os"
	"regexp"
	"strings"

	"github.com/ferrousdb/ferrous/core/config"
)

type params struct {
	to          *config.StringVar
	name        *config.StringVar
	schedule    *config.CustomVar[*schedule]
	keep, days  *config.IntVar
	compression *config.EnumVar
	keyFile     *config.StringVar

	endpoint, region, access, secret *config.StringVar
}

// The values of backup-compression are those in the head of a backup.
const (
	compressNone = iota
	compressGzip
	compressZstd
)

func (p *params) declare(s *config.Schema) {
	par := func(name, def, doc string, flags config.Flag) config.Param {
		return config.Param{Name: name, Section: "backup", Default: def, Doc: doc, Flags: flags}
	}
	p.to = s.Text(par("backup-to", "", "Where backups go: a directory, or s3://bucket/prefix; empty for nowhere.", config.Protected|config.Needed))
	p.to.Check(func(to string) error {
		_, _, err := bucketOf(to)
		return err
	})
	p.name = s.Text(par("backup-name", "ferrous", "What the names of this server's backups begin with: servers that share a place need different ones. Letters, digits, dots, underscores.", 0))
	p.name.Check(func(name string) error {
		if !regexp.MustCompile(`^[A-Za-z0-9._]+$`).MatchString(name) {
			return errors.New("argument must be of letters, digits, dots and underscores")
		}
		return nil
	})
	p.schedule = config.Custom(s, par("backup-schedule", "", "When to make backups: \"every 6h\", or as in crontab \"minute hour day month weekday\" (\"30 3 * * *\"), in local time; empty for only when BACKUP NOW asks.", config.MultiArg|config.Needed),
		config.Codec[*schedule]{
			Parse: func(words []string, _ *schedule) (*schedule, error) { return parseSchedule(strings.Join(words, " ")) },
			Format: func(s *schedule) string {
				if s == nil {
					return ""
				}
				return s.text
			},
			Lines: func(s *schedule) [][]string {
				if s == nil {
					return [][]string{{""}}
				}
				return [][]string{strings.Fields(s.text)}
			},
		})
	p.keep = s.Int(par("backup-keep", "7", "How many backups are kept, those of this server's name; 0 for all. Older ones are deleted after one has succeeded.", 0), 0, math.MaxInt32)
	p.days = s.Int(par("backup-keep-days", "0", "For how many days backups are kept, whatever their number; 0 for no limit. The latest stays in any case.", 0), 0, math.MaxInt32)
	p.compression = s.Enum(par("backup-compression", "zstd", "How backups are compressed.", 0),
		config.Choice{Name: "none", Value: compressNone}, config.Choice{Name: "gzip", Value: compressGzip}, config.Choice{Name: "zstd", Value: compressZstd})
	p.keyFile = s.Text(par("backup-key-file", "", "File with the key that encrypts backups, 64 hexadecimal digits (openssl rand -hex 32); empty for no encryption. Without it nobody reads them again: keep it elsewhere, too.", config.Protected|config.Needed))
	p.endpoint = s.Text(par("backup-s3-endpoint", "https://s3.amazonaws.com", "URL of the object store.", config.Protected))
	p.region = s.Text(par("backup-s3-region", "", "Region of the bucket; empty to ask the store.", config.Protected))
	p.access = s.Text(par("backup-s3-access-key", "", "Access key of the object store; empty to look where other programs do: AWS_ACCESS_KEY_ID, ~/.aws/credentials, the role of the machine.", config.Sensitive|config.Protected))
	p.secret = s.Text(par("backup-s3-secret-key", "", "Secret key that goes with backup-s3-access-key.", config.Sensitive|config.Protected))
}

// bucketOf splits s3://bucket/prefix; bucket is empty for a directory.
func bucketOf(to string) (bucket, prefix string, err error) {
	scheme, rest, url := strings.Cut(to, "://")
	if !url {
		return "", "", nil
	}
	if scheme != "s3" {
		return "", "", fmt.Errorf("argument must be a directory or s3://bucket/prefix")
	}
	bucket, prefix, _ = strings.Cut(rest, "/")
	if bucket == "" {
		return "", "", errors.New("argument must name a bucket: s3://bucket/prefix")
	}
	if prefix = strings.Trim(prefix, "/"); prefix != "" {
		prefix += "/"
	}
	return bucket, prefix, nil
}

// key reads the key file; nil if there is none.
func (p *params) key(path func(string) string) ([]byte, error) {
	if p.keyFile.Load() == "" {
		return nil, nil
	}
	text, err := os.ReadFile(path(p.keyFile.Load()))
	if err != nil {
		return nil, fmt.Errorf("backup-key-file: %w", err)
	}
	key, err := hex.DecodeString(strings.TrimSpace(string(text)))
	if err != nil || len(key) != keySize {
		return nil, fmt.Errorf("backup-key-file: %s must hold %d hexadecimal digits (openssl rand -hex %d)", p.keyFile.Load(), 2*keySize, keySize)
	}
	return key, nil
}
