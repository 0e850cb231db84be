package cas

import (
	"testing"

	"github.com/ferrousdb/ferrous/core/coretest"
	"github.com/ferrousdb/ferrous/modules"
)

func TestSet(t *testing.T) {
	feed := &coretest.Feed{}
	c := coretest.Serve(t, append(modules.Full(), New(), feed)).Client()
	c.Want("CAS.SET k 1 2", "0")
	c.Want("SET k 1 EX 100", "OK")
	feed.Take()
	c.Want("CAS.SET k 0 2", "0")
	c.Want("CAS.SET k 1 2", "1")
	c.Want("GET k", "2")
	c.Want("TTL k", "100")
	if fed, events := feed.Take(); fed != "CAS.SET k 1 2" || events != "set k" {
		t.Errorf("fed %q, events %q", fed, events)
	}
	c.Want("LPUSH l x", "1")
	c.Want("CAS.SET l x y", "-WRONGTYPE Operation against a key holding the wrong kind of value")
}
