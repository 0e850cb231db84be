package acl_test

import (
	"strings"
	"testing"

	"github.com/ferrousdb/ferrous/host"
)

// BenchmarkSession runs GET, sixteen to a request, from the parser to the reply: as a
// user who may do everything, which costs nothing, and as others.
func BenchmarkSession(b *testing.B) {
	for _, x := range []struct{ name, rules string }{
		{"everything", "+@all ~* &*"},
		{"all_keys", "+@all -config ~*"},
		{"some_keys", "+@read ~key:*"},
		{"selectors", "+set ~x (+append ~y) (+@read ~key:*)"},
	} {
		b.Run(x.name, func(b *testing.B) {
			srv, err := host.Start(host.Options{Modules: modules(), Args: append([]string{"--port", "0", "--user", "default", "on", "nopass"}, strings.Fields(x.rules)...), Pipes: 1})
			if err != nil {
				b.Fatal(err)
			}
			defer srv.Stop()
			pipe := srv.Pipe(0)
			request := []byte(strings.Repeat("*2\r\n$3\r\nGET\r\n$9\r\nkey:12345\r\n", 16))
			var reply []byte
			b.ReportAllocs()
			b.ResetTimer()
			for i := 0; i < b.N; i += 16 {
				reply = pipe.Exchange(reply[:0], request)
			}
			if reply[0] == '-' {
				b.Fatalf("%s", reply)
			}
		})
	}
}
