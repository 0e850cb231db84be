package connection_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/coretest"
)

const wrongPass = "-WRONGPASS invalid username-password pair or user is disabled."

// setPassword is CONFIG SET requirepass, which belongs to another module.
func setPassword(r *core.Registry) {
	r.Commands(core.Command{
		Name: "setpassword", Arity: 2, Flags: core.AllKeys | core.AllSessions,
		Run: func(c *core.Ctx) error {
			err := c.Server.Registry().Config.Set([]pair{{Name: "requirepass", Value: string(c.Args[1])}}, options{})
			if err == nil {
				c.OK()
			}
			return err
		},
	})
}

func TestPassword(t *testing.T) {
	_, clients := start(t, 3, coretest.Module(setPassword))
	a, b, c := clients[0], clients[1], clients[2]
	a.Want("AUTH x", "-ERR AUTH <password> called without any password configured for the default user. Are you sure your configuration is correct?")
	a.Want("AUTH default x", "+OK")
	a.Want("SETPASSWORD secret", "+OK")

	b.Want("PING", "+PONG") // who was in stays in
	b.Want("RESET", "+RESET")
	b.Want("PING", "-NOAUTH Authentication required.")
	for _, wrong := range []string{"AUTH Secret", "AUTH secretx", "AUTH secre", `AUTH ""`, "AUTH default x", "AUTH nobody secret"} {
		b.Want(wrong, wrongPass)
	}
	b.Want("PING", "-NOAUTH Authentication required.")
	b.Want("AUTH secret", "+OK")
	b.Want("PING", "+PONG")

	c.Want("RESET", "+RESET")
	a.Want(`SETPASSWORD ""`, "+OK") // and lets everybody in
	c.Want("PING", "+PONG")
}

func TestHelloDoesAllOrNothing(t *testing.T) {
	_, clients := start(t, 1, coretest.Module(setPassword))
	c := clients[0]
	for _, refused := range []string{
		"HELLO 4", "HELLO x", "HELLO 3 SETNAME a AUTH nobody x", "HELLO 3 SETNAME a FOO", "HELLO 3 SETNAME \x01", "HELLO 3 AUTH default",
	} {
		if reply := c.Raw(refused); !strings.HasPrefix(reply, "-") {
			t.Errorf("%s: %q", refused, reply)
		}
	}
	if f := c.fields(); f["resp"] != "2" || f["name"] != "" {
		t.Errorf("a refused HELLO left resp=%s name=%s", f["resp"], f["name"])
	}
	c.Want("SETPASSWORD secret", "+OK")
	c.Want("RESET", "+RESET")
	if reply := c.Raw("HELLO 3"); !strings.HasPrefix(reply, "-NOAUTH HELLO must be called") {
		t.Errorf("HELLO without authentication: %q", reply)
	}
	if reply := c.Raw("HELLO 3 AUTH default secret SETNAME me"); !strings.HasPrefix(reply, "%7\r\n$6\r\nserver\r\n$5\r\nredis\r\n") {
		t.Errorf("HELLO: %q", reply)
	}
	if f := c.fields(); f["resp"] != "3" || f["name"] != "me" {
		t.Errorf("HELLO gave resp=%s name=%s", f["resp"], f["name"])
	}
}

// A subscriber of RESP2 gets PING's answer in the form of a message.
func TestPingOfSubscriber(t *testing.T) {
	_, clients := start(t, 1, coretest.Module(func(r *core.Registry) {
		r.Commands(core.Command{Name: "subscribe", Arity: 1, Run: func(c *core.Ctx) error {
			c.Session.Subscriber = true
			c.OK()
			return nil
		}})
	}))
	c := clients[0]
	c.Want("SUBSCRIBE", "+OK")
	c.Want("PING", "*2\r\n$4\r\npong\r\n$0\r\n")
	c.Want("PING hi", "*2\r\n$4\r\npong\r\n$2\r\nhi")
	c.Raw("HELLO 3")
	c.Want("PING hi", "$2\r\nhi")
}

func TestReset(t *testing.T) {
	var was *core.Session
	_, clients := start(t, 1, coretest.Module(func(r *core.Registry) {
		r.OnReset(func(s *core.Session) { was = s })
	}))
	c := clients[0]
	for _, command := range []string{"SELECT 3", "CLIENT SETNAME me", "CLIENT SETINFO LIB-NAME lib", "CLIENT NO-EVICT on", "CLIENT NO-TOUCH on", "HELLO 3"} {
		c.Raw(command)
	}
	if f := c.fields(); f["flags"] != "UeT" || f["db"] != "3" {
		t.Errorf("before: %v", f)
	}
	c.Want("RESET", "+RESET")
	f := c.fields()
	if f["flags"] != "U" || f["db"] != "0" || f["name"] != "" || f["resp"] != "2" || f["lib-name"] != "lib" {
		t.Errorf("after: %v", f)
	}
	if was == nil {
		t.Error("the hook was not called")
	}
}

func TestReplyModes(t *testing.T) {
	_, clients := start(t, 1)
	c := clients[0]
	for _, step := range [][2]string{
		{"CLIENT REPLY SKIP", ""},
		{"PING", ""},
		{"PING", "+PONG"},
		{"CLIENT REPLY SKIP", ""},
		{"CLIENT REPLY SKIP", ""},
		{"PING", ""},
		{"PING", "+PONG"},
		{"CLIENT REPLY SKIP", ""},
		{"CLIENT REPLY ON", "+OK"},
		{"CLIENT REPLY OFF", ""},
		{"CLIENT REPLY SKIP", ""},
		{"NOSUCH", ""},
		{"PING", ""},
		{"CLIENT REPLY ON", "+OK"},
		{"CLIENT REPLY x", "-ERR syntax error"},
	} {
		c.Want(step[0], step[1])
	}
}

func TestKill(t *testing.T) {
	_, clients := start(t, 4)
	a, b, c, d := clients[0], clients[1], clients[2], clients[3]
	id := func(c *client) string { return c.fields()["id"] }
	b.Raw("CLIENT SETNAME b")
	a.Want("CLIENT KILL ID "+id(a), ":0") // SKIPME is yes
	a.Want("CLIENT KILL ID "+id(b)+" TYPE pubsub", ":0")
	a.Want("CLIENT KILL ID "+id(b)+" USER nobody", "-ERR No such user 'nobody'")
	a.Want("CLIENT KILL ID "+id(b)+" USER default TYPE normal", ":1")
	if !b.closed() || c.closed() {
		t.Error("the wrong connection was closed")
	}
	a.Want("CLIENT KILL LADDR pipe:0 SKIPME yes", ":2")
	if !c.closed() || !d.closed() {
		t.Error("connections chosen by LADDR are open")
	}
	a.Want("CLIENT KILL ADDR pipe:0 SKIPME no", ":1")
	if !a.closed() {
		t.Error("the caller chose itself and is open")
	}
}

// The request that asks is still in the buffer.
func TestQueryBuffer(t *testing.T) {
	_, clients := start(t, 1)
	if f := clients[0].fields(); f["qbuf"] != "26" || f["argv-mem"] != "10" { // as Redis says of CLIENT INFO
		t.Errorf("qbuf=%s argv-mem=%s", f["qbuf"], f["argv-mem"])
	}
}

// The names and their order are a format that programs parse.
func TestListFormat(t *testing.T) {
	_, clients := start(t, 2)
	reply := clients[0].Raw("CLIENT LIST")
	lines := strings.Split(strings.TrimSpace(reply), "\n")[1:]
	if len(lines) != 2 {
		t.Fatalf("%d lines for two clients: %q", len(lines), reply)
	}
	var names []string
	for _, f := range strings.Fields(lines[0]) {
		name, _, _ := strings.Cut(f, "=")
		names = append(names, name)
	}
	const want = "id addr laddr fd name age idle flags db sub psub ssub multi qbuf qbuf-free argv-mem multi-mem rbs rbp obl oll omem tot-mem events cmd user redir resp lib-name lib-ver"
	if got := strings.Join(names, " "); got != want {
		t.Errorf("got fields\n%s, want\n%s", got, want)
	}
}

// TestFlagLetters: what modules add stands where Redis has it, in whatever order they come,
// and what Redis does not have at the end.
func TestFlagLetters(t *testing.T) {
	var marks []core.Mark
	_, clients := start(t, 1, coretest.Module(func(r *core.Registry) {
		for _, letter := range []byte("zdrBRtO") {
			marks = append(marks, r.Mark(letter))
		}
		r.ClientFlag(core.ClientFlag{Letter: 'P', On: func(s *core.Session, _ *core.ConnInfo) bool { return s.Subscriber }})
		for _, name := range []string{"mine", "redir", "multi", "sub"} {
			r.ClientField(core.ClientField{Name: name, Append: func(b []byte, s *core.Session) []byte { return append(b, "of-"+name...) }})
		}
		r.Commands(core.Command{Name: "mark", Arity: 1, Run: func(c *core.Ctx) error {
			s := c.Session
			s.Subscriber, s.NoEvict, s.NoTouch = true, true, true
			for _, m := range marks {
				s.Marks.Set(m, true)
			}
			c.OK()
			return nil
		}})
	}))
	c := clients[0]
	if f := c.fields(); f["flags"] != "U" || f["redir"] != "of-redir" || f["multi"] != "of-multi" || f["psub"] != "0" {
		t.Errorf("a new session: %v", f)
	}
	c.Want("MARK", "+OK")
	if f := c.fields(); f["flags"] != "OPtRBdUreTz" {
		t.Errorf("after: %v", f)
	}
	var names []string
	for _, f := range strings.Fields(c.Raw("CLIENT LIST"))[1:] {
		name, _, _ := strings.Cut(f, "=")
		names = append(names, name)
	}
	if got := strings.Join(names[8:13], " ") + " ... " + strings.Join(names[len(names)-3:], " "); got != "db sub psub ssub multi ... lib-name lib-ver mine" {
		t.Error(got)
	}
}

// A log or a master may ask for anything; without a client most of it makes no
// sense and must not bring the server down.
func TestWithoutClient(t *testing.T) {
	srv, _ := start(t, 0)
	for _, command := range []string{
		"HELLO 3", "AUTH x", "QUIT", "RESET", "CLIENT ID", "CLIENT INFO", "CLIENT GETNAME", "CLIENT SETNAME x",
		"CLIENT SETINFO LIB-NAME x", "CLIENT REPLY OFF", "CLIENT NO-EVICT on", "CLIENT NO-TOUCH on",
	} {
		err := srv.Player(nil).Play(bytes.Fields([]byte(command)))
		if err == nil || err.Error() != "this command needs a client connection" {
			t.Errorf("%s: %v", command, err)
		}
	}
}
