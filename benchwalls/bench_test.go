package walls

import (
	"testing"

	"github.com/ferrousdb/ferrous/host"
	"github.com/ferrousdb/ferrous/modules"
)

func BenchmarkDoor(b *testing.B) {
	srv, err := host.Start(host.Options{Modules: modules.Full(), Args: []string{"--port", "0", "--save", "", "--io-threads", "1"}, Pipes: 1})
	if err != nil {
		b.Fatal(err)
	}
	defer srv.Stop()
	p := srv.Pipe(0)
	p.Exchange(nil, []byte("SET k v\r\nSET n 1\r\n"))
	for _, x := range []struct{ name, req string }{
		{"PING", "*1\r\n$4\r\nPING\r\n"},
		{"GET", "*2\r\n$3\r\nGET\r\n$1\r\nk\r\n"},
		{"SET", "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$1\r\nv\r\n"},
		{"INCR", "*2\r\n$4\r\nINCR\r\n$1\r\nn\r\n"},
		{"MSET2", "*5\r\n$4\r\nMSET\r\n$1\r\na\r\n$1\r\n1\r\n$1\r\nb\r\n$1\r\n2\r\n"},
		{"RANDOMKEY-all-shards", "*1\r\n$9\r\nRANDOMKEY\r\n"},
		{"MULTI-INCR-EXEC", "*1\r\n$5\r\nMULTI\r\n*2\r\n$4\r\nINCR\r\n$1\r\nn\r\n*1\r\n$4\r\nEXEC\r\n"},
		{"MULTI-RANDOMKEY-EXEC", "*1\r\n$5\r\nMULTI\r\n*1\r\n$9\r\nRANDOMKEY\r\n*1\r\n$4\r\nEXEC\r\n"},
	} {
		req := []byte(x.req)
		for range 4 {
			req = append(req, req...)
		}
		b.Run(x.name, func(b *testing.B) {
			var dst []byte
			for i := 0; i < b.N; i += 16 {
				dst = p.Exchange(dst[:0], req)
			}
		})
	}
}
