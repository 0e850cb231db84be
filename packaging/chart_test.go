package packaging

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"text/template"

	"github.com/Masterminds/sprig/v3"
	"go.yaml.in/yaml/v3"
)

// render does what "helm template" does with the chart, as far as the chart goes: Go's
// templates with sprig's functions, and include, toYaml, required and fail. Helm itself is
// a client of Kubernetes, many times the size of ferrous.
func render(t *testing.T, set string) (string, error) {
	t.Helper()
	const dir = "helm/ferrous"
	values, chart := documents(t, read(t, dir+"/values.yaml"))[0], documents(t, read(t, dir+"/Chart.yaml"))[0]
	for _, doc := range documents(t, set) {
		merge(t, values, doc, "")
	}
	capital := map[string]any{}
	for key, v := range chart {
		capital[strings.ToUpper(key[:1])+key[1:]] = v
	}
	var tmpl *template.Template
	funcs := sprig.TxtFuncMap()
	maps.Copy(funcs, template.FuncMap{
		"include": func(name string, data any) (string, error) {
			var b bytes.Buffer
			err := tmpl.ExecuteTemplate(&b, name, data)
			return b.String(), err
		},
		"toYaml": func(v any) string {
			var b bytes.Buffer
			e := yaml.NewEncoder(&b)
			e.SetIndent(2)
			_ = e.Encode(v)
			return strings.TrimSuffix(b.String(), "\n")
		},
		"required": func(why string, v any) (any, error) {
			if v == nil || v == "" {
				return nil, errors.New(why)
			}
			return v, nil
		},
		"fail":      func(why string) (string, error) { return "", errors.New(why) },
		"sha256sum": func(text string) string { return fmt.Sprintf("%x", sha256.Sum256([]byte(text))) },
	})
	tmpl = template.New("chart").Funcs(funcs).Option("missingkey=zero")
	names, err := filepath.Glob(dir + "/templates/*")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		if _, err := tmpl.New(filepath.Base(name)).Parse(read(t, name)); err != nil {
			t.Fatal(err)
		}
	}
	data := map[string]any{
		"Values": values, "Chart": capital,
		"Release": map[string]any{"Name": "shop", "Namespace": "prod", "Service": "Helm"},
	}
	var all strings.Builder
	for _, name := range names {
		base := filepath.Base(name)
		if strings.HasPrefix(base, "_") {
			continue
		}
		var b bytes.Buffer
		if err := tmpl.ExecuteTemplate(&b, base, data); err != nil {
			return "", err
		}
		if base != "NOTES.txt" {
			all.WriteString("---\n" + b.String() + "\n")
		}
	}
	return all.String(), nil
}

// merge puts values over those of the chart, which has to know each.
func merge(t *testing.T, onto, from map[string]any, path string) {
	t.Helper()
	for key, v := range from {
		old, known := onto[key]
		if !known {
			t.Fatalf("the chart has no value %s%s", path, key)
		}
		inner, ok := v.(map[string]any)
		if outer, both := old.(map[string]any); ok && both && len(outer) > 0 {
			merge(t, outer, inner, path+key+".")
			continue
		}
		onto[key] = v
	}
}

// kinds are the objects, by kind and name.
func kinds(t *testing.T, text string) map[string]map[string]any {
	t.Helper()
	found := map[string]map[string]any{}
	for _, doc := range documents(t, text) {
		name := fmt.Sprint(doc["kind"], "/", at(t, doc, "metadata", "name"))
		if found[name] != nil {
			t.Errorf("%s is there twice", name)
		}
		found[name] = doc
	}
	return found
}

// TestChart: what the chart makes of values is what they say, and the server takes the
// configuration.
func TestChart(t *testing.T) {
	bin := program(t)
	for _, c := range []struct {
		name, set string
		objects   []string
		config    []string
	}{
		{"a password", "auth: {password: secret}",
			[]string{"ConfigMap/shop-ferrous", "Secret/shop-ferrous", "Service/shop-ferrous", "Service/shop-ferrous-headless", "ServiceAccount/shop-ferrous", "StatefulSet/shop-ferrous"},
			[]string{"port 6379", "maxmemory 402653184", "appendonly yes"}},
		{"replicas by TLS", "replicas: 2\nmetrics: {enabled: true}\nauth: {existingSecret: s}\ntls: {enabled: true, existingSecret: certs}\nserviceAccount: {create: false}",
			[]string{"ConfigMap/shop-ferrous", "Service/shop-ferrous", "Service/shop-ferrous-headless", "Service/shop-ferrous-replica", "StatefulSet/shop-ferrous", "StatefulSet/shop-ferrous-replica"},
			[]string{"port 0", "tls-port 6379", "tls-auth-clients no", "tls-auto-reload-interval 60", "http-port 9121"}},
		{"nothing kept", "auth: {enabled: false}\npersistence: {enabled: false}\nresources: {limits: {memory: 2G}}\nnetworkPolicy: {enabled: true, from: [{podSelector: {}}]}\nserviceAccount: {create: false}\nextraEnv: [{name: FERROUS_HZ, value: \"20\"}]\nnodeSelector: {disk: fast}",
			[]string{"ConfigMap/shop-ferrous", "NetworkPolicy/shop-ferrous", "Service/shop-ferrous", "Service/shop-ferrous-headless", "StatefulSet/shop-ferrous"},
			[]string{"protected-mode no", "maxmemory 1500000000"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			text, err := render(t, c.set)
			if err != nil {
				t.Fatal(err)
			}
			all := kinds(t, text)
			if got := slices.Sorted(maps.Keys(all)); !slices.Equal(got, c.objects) {
				t.Errorf("%q", got)
			}
			config := at(t, all["ConfigMap/shop-ferrous"], "data", "ferrous.conf").(string)
			for _, line := range c.config {
				if !strings.Contains("\n"+config+"\n", "\n"+line+"\n") {
					t.Errorf("%q is not in\n%s", line, config)
				}
			}
			path := filepath.Join(t.TempDir(), "ferrous.conf")
			if err := os.WriteFile(path, []byte(strings.Replace(config, "dir /data", "dir "+t.TempDir(), 1)), 0o600); err != nil {
				t.Fatal(err)
			}
			args := []string{"--check-config", path}
			for name, object := range all {
				if !strings.HasPrefix(name, "StatefulSet/") {
					continue
				}
				pod := at(t, object, "spec", "template", "spec")
				for _, arg := range at(t, pod, "containers", 0, "args").([]any)[1:] {
					args = append(args, arg.(string))
				}
				if probe := fmt.Sprint(at(t, pod, "containers", 0, "readinessProbe", "exec", "command")); probe != "[/ferrous ping /etc/ferrous/ferrous.conf]" {
					t.Error(probe)
				}
				if at(t, pod, "enableServiceLinks") != false || at(t, pod, "securityContext", "runAsNonRoot") != true {
					t.Error("the pod is not shut off as it should be")
				}
				want := fmt.Sprint(at(t, object, "spec", "selector", "matchLabels"))
				labels := at(t, object, "spec", "template", "metadata", "labels").(map[string]any)
				if got := fmt.Sprint(labels); !strings.Contains(got, strings.Trim(want, "map[]")) {
					t.Errorf("the selector %s does not find the pods, %s", want, got)
				}
			}
			command(t, nil, bin, args...)
		})
	}
	for set, want := range map[string]string{
		"auth: {password: \"\"}":                                   "auth.password or auth.existingSecret is needed",
		"auth: {password: x}\ntls: {enabled: true}":                "tls.existingSecret is needed",
		"auth: {password: x}\nresources: {limits: {memory: lots}}": "is no quantity",
	} {
		if _, err := render(t, set); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", set, err)
		}
	}
}
