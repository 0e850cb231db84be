package server_test

import (
	"testing"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/coretest"
)

// zoo has a row of every shape.
func zoo(r *core.Registry) {
	r.Commands(
		core.Command{
			Name: "zoo.put", Run: nothing, Arity: -3, Flags: core.Write | core.DenyOOM, ACL: core.CatHash,
			Keys: []core.KeySpec{core.KeyAt(1, core.KeyRW|core.KeyInsert).With("why")},
			Doc: core.Doc{
				Summary: "Puts.", Since: "1.2.3", Group: "zoo", Complexity: "O(1)",
				Args:       "key [mode(NX|XX)]^2.0.0 [PAIR pair{field value:double}...+]",
				History:    []core.Note{{Version: "2.0.0", Text: "Modes."}},
				Tips:       []string{"tip"},
				Deprecated: "3.0.0", ReplacedBy: "nothing", System: true,
			},
		},
		core.Command{
			Name: "zoo.union", Run: nothing, Arity: -3, Flags: core.ReadOnly, ACL: core.CatHash,
			Keys: []core.KeySpec{core.KeyCount(1, core.KeyRO), core.AfterKeyword("TO", 3, -1, 1, core.KeyOW)},
		},
		core.Command{
			Name: "zoo.cage", Arity: -2,
			Sub: []core.Command{
				{Name: "open", Run: nothing, Arity: 3, Keys: []core.KeySpec{core.KeyAt(2, core.KeyRW)}},
				core.HelpRow("zoo", "1.0.0", core.CatConnection),
			},
		},
		core.Command{Name: "zoo.eval", Run: nothing, Arity: -2, Flags: core.NoMandatoryKeys, Keys: []core.KeySpec{core.KeyCount(1, core.KeyRW)}},
		core.Command{Name: "zoo.say", Run: nothing, Arity: 2, Keys: []core.KeySpec{core.KeyAt(1, core.KeyNotKey)}},
		core.Command{Name: "zoo.secret", Run: nothing, Arity: 1, Flags: core.Internal},
	)
}

func TestCommandInfo(t *testing.T) {
	c := start(t, nil, coretest.Module(zoo))
	c.want("COMMAND INFO Zoo.Put nosuch zoo.cage|nosuch", "*3 "+
		"*10 zoo.put :-3 *2 +write +denyoom :1 :1 :1 *3 +@write +@hash +@slow *1 tip "+
		"*1 *8 notes why flags *2 +RW +insert "+
		"begin_search *4 type index spec *2 index :1 find_keys *4 type range spec *6 lastkey :0 keystep :1 limit :0 "+
		"*0 $-1 $-1")
	c.want("COMMAND INFO zoo.union", "*1 "+
		"*10 zoo.union :-3 *2 +readonly +movablekeys :0 :0 :0 *3 +@read +@hash +@slow *0 "+
		"*2 *6 flags *1 +RO begin_search *4 type index spec *2 index :1 find_keys *4 type keynum spec *6 keynumidx :0 firstkey :1 keystep :1 "+
		"*6 flags *1 +OW begin_search *4 type keyword spec *4 keyword TO startfrom :3 find_keys *4 type range spec *6 lastkey :-1 keystep :1 limit :0 *0")
	c.want("COMMAND INFO ZOO.CAGE|help", "*1 *10 zoo.cage|help :2 *2 +loading +stale :0 :0 :0 *2 +@slow +@connection *0 *0 *0")
}

func TestCommandDocs(t *testing.T) {
	c := start(t, nil, coretest.Module(zoo))
	c.want("COMMAND DOCS zoo.put nosuch", "*2 zoo.put *18 summary Puts. since 1.2.3 group zoo complexity O(1) "+
		"doc_flags *2 +deprecated +syscmd deprecated_since 3.0.0 replaced_by nothing history *1 *2 2.0.0 Modes. "+
		"arguments *3 *8 name key type key display_text key key_spec_index :0 "+
		"*10 name mode type oneof since 2.0.0 flags *1 +optional "+
		"arguments *2 *8 name nx type pure-token display_text nx token NX *8 name xx type pure-token display_text xx token XX "+
		"*10 name pair type block token PAIR flags *3 +optional +multiple +multiple_token "+
		"arguments *2 *6 name field type string display_text field *6 name value type double display_text value")
	c.want("COMMAND DOCS zoo.cage", "*2 zoo.cage *4 group module subcommands *4 zoo.cage|open *2 group module "+
		"zoo.cage|help *8 summary Prints this help. since 1.0.0 group zoo complexity O(1)")
}

func TestCommandGetKeys(t *testing.T) {
	c := start(t, nil, coretest.Module(zoo))
	for command, want := range map[string]string{
		"zoo.put k v":               "*1 k",
		"zoo.cage open k":           "*1 k",
		"zoo.cage":                  "-ERR The command has no key arguments",
		"zoo.cage shut k":           "-ERR Invalid command specified",
		"nosuch k":                  "-ERR Invalid command specified",
		"zoo.put k":                 "-ERR Invalid number of arguments specified for command",
		"zoo.union 2 a b TO c":      "*3 a b c",
		"zoo.union 9 a b":           "-ERR Invalid arguments specified for command",
		"zoo.eval 9 a":              "*0",
		"zoo.eval 0":                "*0",
		"zoo.say channel":           "-ERR The command has no key arguments",
		"command getkeys zoo.put k": "-ERR The command has no key arguments",
	} {
		c.want("COMMAND GETKEYS "+command, want)
	}
	c.want("COMMAND GETKEYSANDFLAGS zoo.union 1 a TO b", "*2 *2 a *1 +RO *2 b *1 +OW")
}

func TestCommandList(t *testing.T) {
	c := start(t, nil, coretest.Module(zoo))
	all := "zoo.cage zoo.cage|open zoo.cage|help zoo.eval zoo.put zoo.say zoo.union"
	c.want("COMMAND LIST FILTERBY MODULE test", "*7 "+all)
	c.want("COMMAND LIST FILTERBY PATTERN ZOO.*", "*7 "+all)
	c.want("COMMAND LIST filterby pattern zoo.cage|*", "*2 zoo.cage|open zoo.cage|help")
	c.want("COMMAND LIST FILTERBY ACLCAT Hash", "*2 zoo.put zoo.union")
	c.want("COMMAND LIST FILTERBY ACLCAT nosuch", "*0")
	c.want("COMMAND LIST FILTERBY nosuch x", "-ERR syntax error")
	c.want("COMMAND COUNT", ":14") // nine of the module, five of zoo: neither the internal one nor subcommands
}
