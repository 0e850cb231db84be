package main

import (
	"archive/tar"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
)

const (
	tarballName = "redis_7.0.15.orig.tar.gz"
	tarballSHA  = "4b1dc4ee6d622a09fff9c6777191209750fb5e5a725ef78ea012d6eef4c22982"
	tarballRoot = "redis-7.0.15/"
)

// debSource lists the source packages of the Debian release whose redis is 7.0.15. The
// orig tarball is the same in every update of it.
const debSource = `Types: deb-src
URIs: http://deb.debian.org/debian
Suites: bookworm
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg
`

// fetchSuite returns the path of the tarball, downloading it into the cache if it is
// not there. Its checksum is verified either way.
func fetchSuite(ctx context.Context, cache string, out io.Writer) (string, error) {
	tarball := filepath.Join(cache, tarballName)
	err := verify(tarball)
	if !errors.Is(err, fs.ErrNotExist) {
		return tarball, err
	}
	fmt.Fprintf(out, "fetching %s into %s\n", tarballName, cache)
	if err := os.MkdirAll(cache, 0o755); err != nil {
		return "", err
	}
	if err := download(ctx, cache); err != nil {
		return "", err
	}
	return tarball, verify(tarball)
}

func verify(file string) error {
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return err
	}
	if sum := hex.EncodeToString(h.Sum(nil)); sum != tarballSHA {
		return fmt.Errorf("%s: sha256 is %s, not %s", file, sum, tarballSHA)
	}
	return nil
}

// download gets the tarball with apt-get. The source list and apt's state are files of
// our own, so that the machine's configuration is neither needed nor changed.
func download(ctx context.Context, cache string) error {
	apt, err := os.MkdirTemp("", "ferrous-apt-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(apt)
	for _, dir := range []string{"sources", "lists/partial", "cache/archives/partial"} {
		if err := os.MkdirAll(filepath.Join(apt, dir), 0o755); err != nil {
			return err
		}
	}
	if err := os.WriteFile(filepath.Join(apt, "sources/src.sources"), []byte(debSource), 0o644); err != nil {
		return err
	}
	settings := []string{
		"-o", "Dir::Etc::sourcelist=/dev/null", "-o", "Dir::Etc::sourceparts=" + apt + "/sources",
		"-o", "Dir::State::lists=" + apt + "/lists", "-o", "Dir::Cache=" + apt + "/cache",
		"-o", "APT::Sandbox::User=", "-o", "Acquire::Languages=none", "-q",
	}
	for _, args := range [][]string{
		{"update"},
		{"source", "--download-only", "--tar-only", "redis"},
	} {
		cmd := exec.CommandContext(ctx, "apt-get", append(settings[:len(settings):len(settings)], args...)...)
		cmd.Dir = cache
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("apt-get %s: %w\n%s\n(put %s into %s by hand if apt-get cannot)", args[0], err, out, tarballName, cache)
		}
	}
	return nil
}

// extractSuite unpacks the tests and their starters into dir, and nothing else.
func extractSuite(tarball, dir string) error {
	f, err := os.Open(tarball)
	if err != nil {
		return err
	}
	defer f.Close()
	gz, err := gzip.NewReader(f)
	if err != nil {
		return err
	}
	for r := tar.NewReader(gz); ; {
		h, err := r.Next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return fmt.Errorf("%s: %w", tarball, err)
		}
		name, ok := strings.CutPrefix(h.Name, tarballRoot)
		if !ok || h.Typeflag != tar.TypeReg || name != "runtest" && name != "runtest-sentinel" && !strings.HasPrefix(name, "tests/") {
			continue
		}
		if !filepath.IsLocal(name) {
			return fmt.Errorf("%s: %q leads out of it", tarball, h.Name)
		}
		if err := extractFile(filepath.Join(dir, name), h.FileInfo().Mode().Perm(), r); err != nil {
			return err
		}
	}
}

func extractFile(path string, mode fs.FileMode, r io.Reader) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, mode)
	if err != nil {
		return err
	}
	_, err = io.Copy(f, r)
	return errors.Join(err, f.Close())
}

var allTests = regexp.MustCompile(`(?s)set ::all_tests \{(.*?)\}`)

// unitsOf reads the list of units from the suite itself; those of Sentinel come last.
func unitsOf(suite string) ([]string, error) {
	file := filepath.Join(suite, "tests/test_helper.tcl")
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	m := allTests.FindSubmatch(data)
	if m == nil {
		return nil, fmt.Errorf("%s: no list of tests", file)
	}
	sentinel, err := sentinelUnits(suite)
	return append(strings.Fields(string(m[1])), sentinel...), err
}
