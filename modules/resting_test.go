package modules

import (
	"bytes"
	"fmt"
	"strconv"
	"testing"
	"time"

	"github.com/ferrousdb/ferrous/host"
)

// The middle of a long list of which nobody asks is compressed, and is what it was.
func TestRestingList(t *testing.T) {
	srv, err := host.Start(host.Options{Modules: Full(), Args: []string{"--port", "0", "--list-compress-idle", "1"}, Pipes: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer srv.Stop()
	pipe := srv.Pipe(0)
	do := func(args ...string) string { return string(pipe.Exchange(nil, request(args...))) }
	const n = 120_000
	for i := range n / 400 {
		all := []string{"RPUSH", "list"}
		for j := range 400 {
			all = append(all, fmt.Sprintf("element:%012d", 400*i+j))
		}
		do(all...)
	}
	usage := func() int {
		n, err := strconv.Atoi(string(bytes.TrimSpace([]byte(do("MEMORY", "USAGE", "list"))[1:])))
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	for end := time.Now().Add(20 * time.Second); usage() > n*22/2; time.Sleep(20 * time.Millisecond) { // 22 bytes each when plain
		if time.Now().After(end) {
			t.Fatalf("the list takes %d bytes", usage())
		}
	}
	for _, i := range []int{0, 10_000, 60_000, n - 1} {
		if got, want := do("LINDEX", "list", strconv.Itoa(i)), fmt.Sprintf("$20\r\nelement:%012d\r\n", i); got != want {
			t.Errorf("element %d is %q", i, got)
		}
	}
}
