//go:build unix

package host

import (
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
)

// TestUnixSocketGroup: a group that the process may give away is taken, one that
// is not known is an error.
func TestUnixSocketGroup(t *testing.T) {
	groups, err := os.Getgroups()
	if os.Geteuid() == 0 {
		groups = append(groups, 1)
	}
	if err != nil || len(groups) == 0 {
		t.Skip("this user is in no group:", err)
	}
	gid := groups[len(groups)-1]
	g, err := user.LookupGroupId(strconv.Itoa(gid))
	if err != nil {
		t.Skip("the group has no name:", err)
	}
	path := filepath.Join(t.TempDir(), "s")
	testServer(t, "--unixsocket", path, "--unixsocketperm", "770", "--unixsocketgroup", g.Name)
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if st := info.Sys().(*syscall.Stat_t); int(st.Gid) != gid || info.Mode().Perm() != 0o770 {
		t.Errorf("group %d, mode %v, want %d", st.Gid, info.Mode(), gid)
	}
	if srv, err := Start(Options{Args: []string{"--port", "0", "--unixsocket", path, "--unixsocketgroup", "no such group"}}); err == nil {
		srv.Stop()
		t.Error("an unknown group was taken")
	}
}
