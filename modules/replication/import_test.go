package replication_test

import (
	"context"
	"strings"
	"testing"

	"github.com/ferrousdb/ferrous/core/coretest"
)

// TestImport: a server takes over the data of another one, and is on its own then.
func TestImport(t *testing.T) {
	s, port := startTCP(t, t.TempDir(), "--requirepass", "secret", "--databases", "20")
	c := s.client()
	c.do("AUTH secret")
	c.fill("1")
	source := "redis://default:secret@127.0.0.1:" + port
	idle := start(t)
	im := idle.Registry().Importer()
	look := func(want ...string) {
		t.Helper()
		var out strings.Builder
		if err := im.Preview(context.Background(), source, idle.Registry(), idle.Dial, &out); err != nil {
			t.Fatal(err)
		}
		for _, text := range want {
			if !strings.Contains(out.String(), text) {
				t.Errorf("%q is not in\n%s", text, out.String())
			}
		}
	}
	look("1 keys of the type list", "2 keys of the type stream", "All of it would come.")
	c.do("SELECT 17")
	c.do("SET far away")
	look("does not come: database 17")
	c.do("DEL far")

	args, err := im.Arguments(source)
	if err != nil {
		t.Fatal(err)
	}
	r := start(t, args...)
	im = r.Registry().Importer()
	coretest.Eventually(t, "it is in sync", func() bool { st := im.State(); return st.Synced && st.Lag == 0 && st.Keys > 10 })
	im.Promote()
	replica := r.client()
	if st := im.State(); !st.Promoted || replica.do("SET k v") != "OK" || replica.do("GET s1") != "v" {
		t.Errorf("it is not on its own: %+v", st)
	}
	for _, bad := range []string{"", "127.0.0.1", "http://x", "redis://", "redis://h:99999", "redis://h/3"} {
		if _, err := im.Arguments(bad); err == nil {
			t.Errorf("%q is taken for a source", bad)
		}
	}
}
