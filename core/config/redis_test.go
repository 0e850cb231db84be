package config

import (
	"bufio"
	"fmt"
	"net"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// settings are CONFIG SETs (name, value, name, value...) and Redis's answer, seen on redis-server 7.0.15.
var settings = []struct {
	args []string
	want string
}{
	{[]string{"foo", "1"}, "Unknown option or number of arguments for CONFIG SET - 'foo'"},
	{[]string{"maxmemory", "bad", "FOO", "1"}, "Unknown option or number of arguments for CONFIG SET - 'FOO'"},
	{[]string{"Daemonize", "yes", "foo", "1"}, "CONFIG SET failed (possibly related to argument 'Daemonize') - can't set immutable config"},
	{[]string{"dbfilename", "x"}, "CONFIG SET failed (possibly related to argument 'dbfilename') - can't set protected config"},
	{[]string{"timeout", "1", "TIMEOUT", "2"}, "CONFIG SET failed (possibly related to argument 'TIMEOUT') - duplicate parameter"},
	{[]string{"replica-priority", "1", "slave-priority", "100"}, "OK"},
	{[]string{"SLAVE-priority", "bad"}, "CONFIG SET failed (possibly related to argument 'slave-priority') - argument couldn't be parsed into an integer"},
	{[]string{"MAXMEMORY", "lots"}, "CONFIG SET failed (possibly related to argument 'maxmemory') - argument must be a memory value"},
	{[]string{"maxmemory", "-1"}, "CONFIG SET failed (possibly related to argument 'maxmemory') - argument must be a memory value"},
	{[]string{"maxmemory", "1.5gb"}, "CONFIG SET failed (possibly related to argument 'maxmemory') - argument must be a memory value"},
	{[]string{"maxmemory", "1GB"}, "OK"},
	{[]string{"maxmemory", "1tb"}, "CONFIG SET failed (possibly related to argument 'maxmemory') - argument must be a memory value"},
	{[]string{"maxmemory", "50%"}, "CONFIG SET failed (possibly related to argument 'maxmemory') - argument must be a memory value"},
	{[]string{"maxmemory", "kb"}, "OK"},
	{[]string{"maxmemory", ""}, "OK"},
	{[]string{"maxmemory", "007"}, "OK"},
	{[]string{"maxmemory", "0"}, "OK"},
	{[]string{"proto-max-bulk-len", "1"}, "CONFIG SET failed (possibly related to argument 'proto-max-bulk-len') - argument must be between 1048576 and 9223372036854775807 inclusive"},
	{[]string{"maxmemory-clients", "200%"}, "CONFIG SET failed (possibly related to argument 'maxmemory-clients') - percentage argument must be less or equal to 100"},
	{[]string{"maxmemory-clients", "x"}, "CONFIG SET failed (possibly related to argument 'maxmemory-clients') - argument must be a memory or percent value"},
	{[]string{"maxmemory-clients", "%"}, "CONFIG SET failed (possibly related to argument 'maxmemory-clients') - argument must be a memory or percent value"},
	{[]string{"maxmemory-clients", "-5%"}, "CONFIG SET failed (possibly related to argument 'maxmemory-clients') - argument must be a memory or percent value"},
	{[]string{"maxmemory-clients", "5%"}, "OK"},
	{[]string{"maxmemory-clients", "0"}, "OK"},
	{[]string{"timeout", "-1"}, "CONFIG SET failed (possibly related to argument 'timeout') - argument must be between 0 and 2147483647 inclusive"},
	{[]string{"timeout", "abc"}, "CONFIG SET failed (possibly related to argument 'timeout') - argument couldn't be parsed into an integer"},
	{[]string{"timeout", ""}, "CONFIG SET failed (possibly related to argument 'timeout') - argument couldn't be parsed into an integer"},
	{[]string{"timeout", "007"}, "CONFIG SET failed (possibly related to argument 'timeout') - argument couldn't be parsed into an integer"},
	{[]string{"timeout", "+7"}, "CONFIG SET failed (possibly related to argument 'timeout') - argument couldn't be parsed into an integer"},
	{[]string{"timeout", "99999999999999999999"}, "CONFIG SET failed (possibly related to argument 'timeout') - argument couldn't be parsed into an integer"},
	{[]string{"hash-max-listpack-entries", "-1"}, "CONFIG SET failed (possibly related to argument 'hash-max-listpack-entries') - argument must be between 0 and 9223372036854775807 inclusive"},
	{[]string{"rdbcompression", "true"}, "CONFIG SET failed (possibly related to argument 'rdbcompression') - argument must be 'yes' or 'no'"},
	{[]string{"rdbcompression", "YES"}, "OK"},
	{[]string{"appendfsync", "sometimes"}, "CONFIG SET failed (possibly related to argument 'appendfsync') - argument(s) must be one of the following: everysec, always, no"},
	{[]string{"appendfsync", "ALWAYS"}, "OK"},
	{[]string{"appendfsync", "everysec now"}, "CONFIG SET failed (possibly related to argument 'appendfsync') - argument(s) must be one of the following: everysec, always, no"},
	{[]string{"shutdown-on-sigterm", ""}, "CONFIG SET failed (possibly related to argument 'shutdown-on-sigterm') - argument(s) must be one of the following: default, save, nosave, now, force"},
	{[]string{"shutdown-on-sigterm", "save  now"}, "CONFIG SET failed (possibly related to argument 'shutdown-on-sigterm') - argument(s) must be one of the following: default, save, nosave, now, force"},
	{[]string{"shutdown-on-sigterm", "save nosave"}, "CONFIG SET failed (possibly related to argument 'shutdown-on-sigterm') - shutdown options SAVE and NOSAVE can't be used simultaneously"},
	{[]string{"shutdown-on-sigterm", "force NOW nosave"}, "OK"},
	{[]string{"save", "1"}, "CONFIG SET failed (possibly related to argument 'save') - Invalid save parameters"},
	{[]string{"save", "900 1 60 1"}, "OK"},
	{[]string{"save", ""}, "OK"},
	{[]string{"client-output-buffer-limit", "normal"}, "CONFIG SET failed (possibly related to argument 'client-output-buffer-limit') - Wrong number of arguments in buffer limit configuration."},
	{[]string{"client-output-buffer-limit", ""}, "OK"},
}

// readings are what CONFIG GET answers after all of settings.
var readings = []Pair{
	{"maxmemory", "0"}, {"rdbcompression", "yes"}, {"appendfsync", "always"}, {"timeout", "0"}, {"replica-priority", "100"},
	{"shutdown-on-sigterm", "nosave now force"}, {"save", ""}, {"proto-max-bulk-len", "536870912"}, {"maxmemory-clients", "0"},
}

func TestSetTexts(t *testing.T) {
	s := redisLike(t)
	for _, c := range settings {
		var pairs []Pair
		for i := 0; i < len(c.args); i += 2 {
			pairs = append(pairs, Pair{c.args[i], c.args[i+1]})
		}
		got := "OK"
		if err := s.Set(pairs, SetOptions{}); err != nil {
			got = err.Error()
		}
		if got != c.want {
			t.Errorf("CONFIG SET %q:\ngot  %s\nwant %s", c.args, got, c.want)
		}
	}
	for _, r := range readings {
		if got := s.Find(r.Name).String(); got != r.Value {
			t.Errorf("%s = %q, want %q", r.Name, got, r.Value)
		}
	}
}

// TestTablesAgainstRedis keeps the tables above honest where a real server is installed.
func TestTablesAgainstRedis(t *testing.T) {
	path, err := exec.LookPath("redis-server")
	if err != nil {
		t.Skip("no redis-server here")
	}
	redis := startRedis(t, path)
	for _, c := range settings {
		got := redis(append([]string{"CONFIG", "SET"}, c.args...)...)
		if strings.TrimPrefix(got, "ERR ") != c.want {
			t.Errorf("CONFIG SET %q:\nredis %s\nwant  %s", c.args, got, c.want)
		}
	}
	for _, r := range readings {
		if got := redis("CONFIG", "GET", r.Name); got != r.Value {
			t.Errorf("redis has %s = %q, want %q", r.Name, got, r.Value)
		}
	}
}

// startRedis runs a server of the test's own on a free port; the function returned sends a command and answers its
// status, error, or the last of a pair of strings.
func startRedis(t *testing.T, path string) func(args ...string) string {
	t.Helper()
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := free.Addr().String()
	free.Close()
	_, port, _ := net.SplitHostPort(addr)
	cmd := exec.Command(path, "--port", port, "--bind", "127.0.0.1", "--save", "", "--dir", t.TempDir())
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	var conn net.Conn
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(20 * time.Millisecond) {
		if conn, err = net.Dial("tcp", addr); err == nil {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() { conn.Close() })
	in := bufio.NewReader(conn)
	return func(args ...string) string {
		t.Helper()
		fmt.Fprintf(conn, "*%d\r\n", len(args))
		for _, a := range args {
			fmt.Fprintf(conn, "$%d\r\n%s\r\n", len(a), a)
		}
		line, err := in.ReadString('\n')
		for more := strings.Count("*", line[:1]) * 4; more > 0 && err == nil; more-- { // *2 $ name $ value
			line, err = in.ReadString('\n')
			line = "$" + line
		}
		if err != nil {
			t.Fatal(err)
		}
		return strings.TrimRight(line[1:], "\r\n")
	}
}
