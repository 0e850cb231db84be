package http_test

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"
)

const own = "X-Ferrous: 1"

// TestPage: the page and all that it names are there, come from the server itself, and hold
// nothing that a browser is not allowed to run.
func TestPage(t *testing.T) {
	r := serve(t, "--requirepass", "secret")
	page := r.get("/", "")
	r.wantCode(page, 200, "the page, to anybody")
	policy := page.header.Get("Content-Security-Policy")
	for _, want := range []string{"default-src 'none'", "script-src 'self'", "frame-ancestors 'none'"} {
		if !strings.Contains(policy, want) {
			t.Errorf("the policy lacks %s", want)
		}
	}
	seen := map[string]bool{}
	var look func(text string)
	look = func(text string) {
		if outside := regexp.MustCompile(`(?:src|href)="(?:https?:)?//|<script>|<style| on[a-z]+="`).FindString(text); outside != "" {
			t.Errorf("%q is no part of the page", outside)
		}
		for _, m := range regexp.MustCompile(`(?:href|src)="console/([^"]+)"|from "\./([^"]+)"`).FindAllStringSubmatch(text, -1) {
			name := m[1] + m[2]
			if seen[name] {
				continue
			}
			seen[name] = true
			a := r.get("/console/"+name, "")
			r.wantCode(a, 200, name)
			if kind := a.header.Get("Content-Type"); strings.HasSuffix(name, ".js") != strings.Contains(kind, "javascript") {
				t.Errorf("%s is %s", name, kind)
			}
			look(a.body)
		}
	}
	look(page.body)
	if len(seen) < 8 {
		t.Errorf("the page names %d files", len(seen))
	}
	r.wantCode(r.get("/console/../http.go", ""), 404, "what is no part of the page")
	r.wantCode(r.get("/elsewhere", ""), 404, "another page")
}

// runs sends commands and returns the answer.
func (r *rig) runs(user, body string, headers ...string) answer {
	return r.send("POST", "/api/run", user, body, append(headers, own)...)
}

// TestRun: commands run as the user, one after the other, and their replies come back
// whatever they are.
func TestRun(t *testing.T) {
	r := serve(t)
	for _, x := range []struct{ commands, want string }{
		{`[["SET","k","v"],["GET","k"],["GET","nothing"]]`, `["OK","v",null]`},
		{`[["SET",{"b64":"/wA="},"x"],["KEYS","[^k]*"],["DEL",{"b64":"/wA="}]]`, `["OK",[{"b64":"/wA="}],1]`},
		{`[["LPUSH","k","x"],["NOSUCH"]]`, `[{"error":"WRONGTYPE Operation against a key holding the wrong kind of value"},{"error":"ERR unknown command 'NOSUCH', with args beginning with: "}]`},
		{`[["HSET","h","f","1"],["HGETALL","h"]]`, `[1,{"map":["f","1"]}]`},
		{`[["SET","n","9223372036854775807"],["INCRBY","n","0"],["ZADD","z","1.5","m"],["ZSCORE","z","m"],["ZADD","z","inf","i"],["ZSCORE","z","i"]]`,
			`["OK",{"n":"9223372036854775807"},1,1.5,1,{"n":"+Inf"}]`},
		{`[["DEBUG","PROTOCOL","BIGNUM"],["DEBUG","PROTOCOL","TRUE"],["DEBUG","PROTOCOL","VERBATIM"]]`,
			`[{"n":"1234567999999999999999999999999999999"},true,"This is a verbatim\nstring"]`},
	} {
		a := r.runs("", `{"commands":`+x.commands+`}`)
		if want := `{"replies":` + x.want + `}`; a.code != 200 || a.body != want {
			t.Errorf("%s\n got %d %s\nwant %s", x.commands, a.code, a.body, want)
		}
	}
	if a := r.runs("", `{"db":5,"commands":[["SET","there","1"]]}`); a.code != 200 {
		t.Errorf("%s", a.body)
	}
	c := r.Client()
	c.Must("SELECT 5")
	c.Want("GET there", "1")
	for _, body := range []string{"", "{", `{"commands":[[]]}`, `{"commands":[[1]]}`, `{"commands":[[{"b64":"!"}]]}`, `{"db":99,"commands":[["PING"]]}`, `{"db":-1,"commands":[["PING"]]}`} {
		r.wantCode(r.runs("", body), 400, body)
	}
	c.Args("SET", "long", strings.Repeat("x", 17<<20))
	r.wantCode(r.runs("", `{"db":5,"commands":[["GET","long"]]}`), 413, "a reply that is too large")
	r.wantCode(r.runs("", `{"commands":[["PING","`+strings.Repeat("x", 9<<20)+`"]]}`), 400, "a request that is too large")
	c.AwaitInfo("connected_clients", "1")
}

// TestPermissions: nothing is allowed by HTTP that is not allowed otherwise.
func TestPermissions(t *testing.T) {
	r := serve(t)
	c := r.Client()
	c.Must("ACL SETUSER reader on >r ~open:* +@read +info")
	c.Must("SET open:k 1")
	a := r.runs("reader:r", `{"commands":[["GET","open:k"],["GET","closed"],["SET","open:k","2"],["CONFIG","GET","*"]]}`)
	if strings.Count(a.body, "NOPERM") != 3 || !strings.Contains(a.body, `["1",`) {
		t.Errorf("%s", a.body)
	}
	c.Want("GET open:k", "1")
	var me struct {
		User     string
		Commands []string
	}
	if err := json.Unmarshal([]byte(r.get("/api/me", "reader:r", own).body), &me); err != nil {
		t.Fatal(err)
	}
	can := " " + strings.Join(me.Commands, " ") + " "
	if me.User != "reader" || !strings.Contains(can, " get ") || !strings.Contains(can, " info ") || strings.Contains(can, " set ") || strings.Contains(can, " config|get ") {
		t.Errorf("%s may %s", me.User, can)
	}
	r.wantCode(r.get("/api/figures", "reader:r", own), 200, "figures")
	r.wantCode(r.get("/api/config", "reader:r", own), 403, "configuration")
	c.Must("ACL SETUSER default on >secret")
	for _, path := range []string{"/api/me", "/api/figures", "/api/config"} {
		a := r.get(path, "", own)
		r.wantCode(a, 401, path)
		if a.header.Get("WWW-Authenticate") != "" {
			t.Errorf("%s makes the browser ask, which the page does itself", path)
		}
	}
	r.wantCode(r.runs("", `{"commands":[["PING"]]}`), 401, "nobody")
}

// TestForgery: a page of another site can make a browser send a request, and gets nothing by
// it.
func TestForgery(t *testing.T) {
	r := serve(t)
	ping := `{"commands":[["SET","forged","1"]]}`
	r.wantCode(r.send("POST", "/api/run", "", ping), 403, "without the header of our own")
	r.wantCode(r.runs("", ping, "Origin: http://evil.example"), 403, "from another origin")
	r.wantCode(r.runs("", ping, "Origin: null"), 403, "from a page without an origin")
	r.wantCode(r.runs("", ping, "Sec-Fetch-Site: cross-site"), 403, "from another site")
	r.wantCode(r.runs("", ping, "Host: evil.example"), 403, "by a name that leads here")
	r.wantCode(r.send("OPTIONS", "/api/run", "", "", "Origin: http://evil.example", "Access-Control-Request-Method: POST"), 405, "a preflight")
	r.wantCode(r.get("/api/run", "", own), 405, "a GET that writes")
	r.Client().Want("EXISTS forged", "0")
	r.wantCode(r.runs("", ping, "Origin: "+r.base, "Sec-Fetch-Site: same-origin"), 200, "the console itself")
	r.Client().Want("EXISTS forged", "1")
}

// TestConfiguration: what CONFIG GET tells, with the defaults, and without secrets.
func TestConfiguration(t *testing.T) {
	r := serve(t, "--requirepass", "much-too-secret", "--hz", "50")
	a := r.get("/api/config", "default:much-too-secret", own)
	if strings.Contains(a.body, "much-too-secret") {
		t.Error("a password is told")
	}
	var all []struct {
		Name, Value, Default string
		Changed, Fixed       bool
	}
	if err := json.Unmarshal([]byte(a.body), &all); err != nil {
		t.Fatal(err)
	}
	for _, p := range all {
		if p.Name == "hz" && (p.Value != "50" || p.Default != "10" || !p.Changed || p.Fixed) || p.Name == "timeout" && p.Changed || p.Name == "http-port" && !p.Fixed {
			t.Errorf("%+v", p)
		}
	}
	if len(all) < 100 {
		t.Errorf("%d parameters", len(all))
	}
}
