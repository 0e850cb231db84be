package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// amendments are where the suite, which is 7.0's, wants what 7.2 does not do any more and
// no setting brings back, or what this harness does otherwise. They concern helpers that
// many tests use, or the same words in many tests; single tests are named in skip.txt.
var amendments = [...]amendment{
	{
		// 7.2 packs short lists. Which ones is what the script lists/encoding is about.
		file: "tests/support/test.tcl",
		old:  "    set val [r object encoding $key]\n",
		new: "    set val [r object encoding $key]\n" +
			"    if {$enc eq {quicklist} && $val eq {listpack} && [r type $key] eq {list}} return\n",
	},
	{
		// The process id in the log, which the suite waits for, is not the server's word
		// here (see layOut) and no sign that it listens already.
		file: "tests/support/server.tcl",
		old:  "    if {$reconnect} {\n        reconnect $level\n",
		new: "    if {$reconnect} {\n" +
			"        wait_for_condition 200 10 {![catch {close [socket [dict get $srv host] [dict get $srv port]]}]} else {fail {no server}}\n" +
			"        reconnect $level\n",
	},
	{
		// The same for the servers of the tests of the append-only file, some of which do not
		// come up.
		file: "tests/support/aofmanifest.tcl",
		old:  "    set srv [start_server [list overrides $config]]\n",
		new: "    set srv [start_server [list overrides $config]]\n" +
			"    for {set i 0} {$i < 200 && [is_alive $srv] && [catch {close [socket [dict get $srv host] [dict get $srv port]]}]} {incr i} {after 10}\n",
	},
	// 7.2 words refusals otherwise, and names the user.
	{file: "tests/unit/acl.tcl", old: "*NOPERM*channels*", new: "*NOPERM*channel*", all: true},
	{file: "tests/unit/acl-v2.tcl", old: "*NOPERM*keys*", new: "*NOPERM*key*", all: true},
	{file: "tests/unit/acl.tcl", old: "This user has no", new: "User scripter has no", all: true},
	{
		file: "tests/unit/acl-v2.tcl", all: true,
		old: "This user has no permissions to access the 'otherchannel'", new: "User test-channels has no permissions to access the 'otherchannel'",
	},
	{file: "tests/unit/acl-v2.tcl", old: "This user has no", new: "User command-test has no", all: true},
	{
		// The tests that follow need the rest of it, also where there are no scripts.
		file: "tests/unit/acl.tcl",
		old:  "r ACL setuser antirez +eval +multi +exec\n",
		new:  "r ACL setuser antirez +multi +exec\n        catch {r ACL setuser antirez +eval}\n",
	},
	{
		// There is no debugger of scripts, and this is no test that could be skipped.
		file: "tests/unit/scripting.tcl",
		old:  "    r script debug sync\n    r eval {return 'hello'} 0\n    r eval {return 'hello'} 0\n}\n",
		new:  "}\n",
	},
	{
		// 7.2 keeps rules that change nothing.
		file: "tests/unit/acl.tcl",
		old:  "assert_equal {+@all} $cmdstr",
		new:  "assert_equal {+@all +client|id} $cmdstr",
	},
	{
		// 7.2 shows whether a user's payloads are checked.
		file: "tests/unit/acl.tcl",
		old:  "{user hpuser on nopass resetchannels &foo +@all} $user",
		new:  "{user hpuser on nopass sanitize-payload resetchannels &foo +@all} $user",
	},
}

// amendment is a text of a file, which is there once unless all of several are meant.
type amendment struct {
	file, old, new string
	all            bool
}

// amend applies the amendments to an unpacked suite.
func amend(suite string) error {
	for _, a := range amendments {
		path := filepath.Join(suite, a.file)
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if n := strings.Count(string(text), a.old); n != 1 && (n == 0 || !a.all) {
			return fmt.Errorf("%s: what is to be amended is there %d times", a.file, n)
		}
		if err := os.WriteFile(path, []byte(strings.ReplaceAll(string(text), a.old, a.new)), 0o644); err != nil {
			return err
		}
	}
	return nil
}
