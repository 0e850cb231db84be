package packaging

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// top is the tree's.
const top = ".."

func read(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// command runs a program in the tree and returns what it prints.
func command(t *testing.T, env []string, name string, args ...string) string {
	t.Helper()
	cmd := exec.Command(name, args...)
	cmd.Dir, cmd.Env = top, append(os.Environ(), env...)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
	return string(out)
}

// documents reads YAML strictly: a key that is there twice is an error.
func documents(t *testing.T, text string) (all []map[string]any) {
	t.Helper()
	d := yaml.NewDecoder(strings.NewReader(text))
	for {
		var doc map[string]any
		if err := d.Decode(&doc); err != nil {
			if err.Error() == "EOF" {
				return all
			}
			t.Fatalf("%v\n%s", err, text)
		}
		if doc != nil {
			all = append(all, doc)
		}
	}
}

// at walks into a document: at(d, "spec", "template") and, for lists, by number.
func at(t *testing.T, v any, path ...any) any {
	t.Helper()
	for _, step := range path {
		switch x := v.(type) {
		case map[string]any:
			v = x[step.(string)]
		case []any:
			v = x[step.(int)]
		default:
			t.Fatalf("%v: there is nothing at %v", path, step)
		}
	}
	return v
}

// TestConfiguration: what the packages and the compose file configure is valid, and the
// unit starts what the package installs.
func TestConfiguration(t *testing.T) {
	bin := program(t)
	conf := strings.ReplaceAll(read(t, "ferrous.hcl"), "/var/lib/ferrous", t.TempDir())
	path := filepath.Join(t.TempDir(), "ferrous.hcl")
	if err := os.WriteFile(path, []byte(conf), 0o600); err != nil {
		t.Fatal(err)
	}
	command(t, nil, bin, "--check-config", path)

	doc := documents(t, read(t, "docker/compose.yaml"))[0]
	for _, service := range []string{"ferrous", "replica"} {
		args := at(t, doc, "services", service, "command").([]any)
		words := []string{"--check-config", filepath.Join(t.TempDir(), "ferrous.conf")}
		content := strings.NewReplacer("${FERROUS_PASSWORD:?set FERROUS_PASSWORD}", "secret", "${FERROUS_PASSWORD}", "secret").
			Replace(at(t, doc, "configs", "server", "content").(string))
		if err := os.WriteFile(words[1], []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		for _, arg := range args[1:] {
			words = append(words, fmt.Sprint(arg))
		}
		command(t, nil, bin, words...)
		if test := fmt.Sprint(at(t, doc, "services", service, "healthcheck", "test")); test != "[CMD /ferrous ping /etc/ferrous.conf]" {
			t.Error(test)
		}
	}
}

// TestUnit: systemd understands every line of the unit.
func TestUnit(t *testing.T) {
	unit := read(t, "systemd/ferrous.service")
	for _, line := range []string{"Type=notify", "ExecStart=/usr/bin/ferrous /etc/ferrous/ferrous.hcl", "NoNewPrivileges=yes", "ProtectSystem=strict"} {
		if !strings.Contains(unit, line+"\n") {
			t.Errorf("the unit lacks %s", line)
		}
	}
	if conf := read(t, "ferrous.hcl"); !strings.Contains(conf, `supervised = "systemd"`) {
		t.Error("the unit waits to be notified, and the configuration does not ask for it")
	}
	analyze, err := exec.LookPath("systemd-analyze")
	if err != nil {
		t.Skip("there is no systemd-analyze to ask about the rest")
	}
	path := filepath.Join(t.TempDir(), "ferrous.service")
	unit = strings.Replace(unit, "/usr/bin/ferrous ", program(t)+" ", 1)
	unit = strings.Replace(unit, "Documentation=man:ferrous(1) ", "Documentation=", 1) // is not installed here
	if err := os.WriteFile(path, []byte(unit), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(analyze, "verify", path).CombinedOutput()
	for line := range strings.Lines(string(out)) {
		if strings.Contains(line, "ferrous") {
			t.Error(line)
		}
	}
	if err != nil && !bytes.Contains(out, []byte("ferrous")) {
		t.Logf("systemd-analyze verify: %v, about other units:\n%s", err, out)
	}
}

// TestLogrotate: logrotate understands the file.
func TestLogrotate(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ferrous")
	conf := strings.Replace(read(t, "logrotate/ferrous"), "su ferrous ferrous", "su root root", 1)
	if err := os.WriteFile(path, []byte(conf), 0o600); err != nil {
		t.Fatal(err)
	}
	logrotate, err := exec.LookPath("logrotate")
	if err != nil {
		logrotate = "/usr/sbin/logrotate"
	}
	if _, err := os.Stat(logrotate); err != nil {
		t.Skip("there is no logrotate")
	}
	out, err := exec.Command(logrotate, "-d", "-s", filepath.Join(t.TempDir(), "state"), path).CombinedOutput()
	if err != nil || bytes.Contains(out, []byte("error:")) {
		t.Errorf("%v\n%s", err, out)
	}
}

// TestGoreleaser: the release by goreleaser has the contents of that by "make dist".
func TestGoreleaser(t *testing.T) {
	release := documents(t, read(t, filepath.Join(top, ".goreleaser.yaml")))[0]
	packages := documents(t, read(t, "nfpm.yaml"))[0]
	files := func(list any) map[string]string {
		found := map[string]string{}
		for _, entry := range list.([]any) {
			e := entry.(map[string]any)
			found[fmt.Sprint(e["dst"], " ", e["packager"])] = fmt.Sprint(e["src"], " ", e["type"], " ", e["file_info"])
		}
		return found
	}
	want := files(packages["contents"])
	delete(want, "/usr/bin/ferrous <nil>") // is its own affair
	got := files(at(t, release, "nfpms", 0, "contents"))
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf(".goreleaser.yaml and packaging/nfpm.yaml differ:\n%v\n%v", got, want)
	}
	for _, key := range []string{"recommends", "suggests", "license", "section"} {
		if got, want := fmt.Sprint(at(t, release, "nfpms", 0, key)), fmt.Sprint(packages[key]); got != want {
			t.Errorf("%s: %s, %s", key, got, want)
		}
	}
	for _, entry := range packages["contents"].([]any) {
		src, ok := entry.(map[string]any)["src"].(string)
		if !ok || strings.HasPrefix(src, "bin/") {
			continue
		}
		if _, err := os.Stat(filepath.Join(top, src)); err != nil {
			t.Error(err)
		}
	}
}
