package packaging

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// TestPackages makes the .deb and the .rpm as "make dist" does, looks into the first, and
// has dpkg unpack it into an empty system.
func TestPackages(t *testing.T) {
	bin, tree := program(t), t.TempDir()
	nfpm := filepath.Join(tree, "nfpm")
	run := func(dir, name string, args ...string) string {
		t.Helper()
		cmd := exec.Command(name, args...)
		cmd.Dir, cmd.Env = dir, append(os.Environ(), "VERSION=1.2.3", "ARCH="+runtime.GOARCH, "GOWORK=off")
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
		}
		return string(out)
	}
	run(".", "go", "build", "-o", nfpm, "github.com/goreleaser/nfpm/v2/cmd/nfpm")
	// What scripts/dist.sh has made by then.
	share, arch := filepath.Join(tree, "bin/dist/share"), filepath.Join(tree, "bin/dist", runtime.GOARCH)
	for _, dir := range []string{share, arch} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	absolute, err := filepath.Abs(top)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"packaging", "ferrous.hcl", "LICENSE"} {
		if err := os.Symlink(filepath.Join(absolute, name), filepath.Join(tree, name)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Link(bin, filepath.Join(arch, "ferrous")); err != nil {
		if err := os.Symlink(bin, filepath.Join(arch, "ferrous")); err != nil {
			t.Fatal(err)
		}
	}
	for name, kind := range map[string]string{"ferrous.1.gz": "man", "ferrous.bash": "bash", "_ferrous": "zsh", "ferrous.fish": "fish"} {
		text, err := exec.Command(bin, "docs", kind).Output()
		if err == nil {
			err = os.WriteFile(filepath.Join(share, name), text, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, kind := range []string{"deb", "rpm"} {
		run(tree, nfpm, "package", "--config", "packaging/nfpm.yaml", "--packager", kind, "--target", "ferrous."+kind)
	}
	if rpm, err := os.ReadFile(filepath.Join(tree, "ferrous.rpm")); err != nil || !bytes.HasPrefix(rpm, []byte{0xed, 0xab, 0xee, 0xdb}) {
		t.Errorf("that is no .rpm: %v", err)
	}
	if _, err := exec.LookPath("dpkg-deb"); err != nil {
		t.Skip("there is no dpkg to ask about the .deb")
	}
	list := run(tree, "dpkg-deb", "-c", "ferrous.deb")
	for _, want := range []string{
		"-rwxr-xr-x root/root ./usr/bin/ferrous", "-rw-r----- root/root ./etc/ferrous/ferrous.hcl",
		"drwxr-x--- root/root ./var/lib/ferrous/", "-rw-r--r-- root/root ./lib/systemd/system/ferrous.service",
		"./etc/logrotate.d/ferrous", "./usr/share/man/man1/ferrous.1.gz", "./usr/share/bash-completion/completions/ferrous",
		"./usr/share/zsh/vendor-completions/_ferrous", "./usr/share/fish/vendor_completions.d/ferrous.fish",
	} {
		mode, path := "", want
		if m, p, ok := strings.Cut(want, " ./"); ok {
			mode, path = m, "./"+p
		}
		found := false
		for line := range strings.Lines(list) {
			found = found || strings.HasSuffix(strings.TrimRight(line, "\n"), " "+path) && strings.HasPrefix(line, mode)
		}
		if !found {
			t.Errorf("the .deb lacks %s:\n%s", want, list)
		}
	}
	if conffiles := run(tree, "dpkg-deb", "-I", "ferrous.deb", "conffiles"); conffiles != "/etc/ferrous/ferrous.hcl\n/etc/logrotate.d/ferrous\n" {
		t.Errorf("conffiles: %q", conffiles)
	}
	if fields := run(tree, "dpkg-deb", "-f", "ferrous.deb", "Package", "Version", "Section"); fields != "Package: ferrous\nVersion: 1.2.3\nSection: database\n" {
		t.Errorf("%q", fields)
	}
	for _, script := range []string{"postinst", "prerm"} {
		run(".", "sh", "-n", filepath.Join("scripts", script))
	}
	if os.Getuid() != 0 {
		t.Skip("only root may have dpkg unpack for others")
	}
	root := filepath.Join(tree, "root")
	for _, dir := range []string{"var/lib/dpkg/info", "var/lib/dpkg/updates", "var/lib/dpkg/triggers"} {
		if err := os.MkdirAll(filepath.Join(root, dir), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"status", "available"} {
		if err := os.WriteFile(filepath.Join(root, "var/lib/dpkg", name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	run(tree, "dpkg", "--root="+root, "--log=/dev/null", "--unpack", "ferrous.deb")
	if out := run("/", filepath.Join(root, "usr/bin/ferrous"), "--version"); !strings.HasPrefix(out, "ferrous v=") {
		t.Errorf("what was installed says %q", out)
	}
	if out := run(tree, "dpkg", "--root="+root, "--status", "ferrous"); !strings.Contains(out, "Status: install ok unpacked") {
		t.Error(out)
	}
}
