package geo

import (
	"bytes"

	"github.com/ferrousdb/ferrous/core"
)

const (
	reads  = core.KeyRO | core.KeyAccess
	stores = core.KeyOW | core.KeyUpdate
	add    = core.Write | core.DenyOOM
)

const (
	addCost    = "O(log(N)) for each member, where N is the number of members."
	memberCost = "O(N) where N is the number of members asked for."
	searchCost = "O(N+log(M)) where N is the number of members in the cells around the area and M that of all members."
)

// The arguments of the searches, as they have grown.
const (
	unitArg  = "unit(M|KM|FT|MI)"
	withArgs = " [WITHCOORD] [WITHDIST] [WITHHASH]"
	countArg = " [count-block{COUNT count:integer [ANY]}]"
	countNew = " [count-block{COUNT count:integer [ANY]^6.2.0}]"
	orderArg = " [order(ASC|DESC)]"
	storeArg = " [store(STORE storekey:key@1<key>|STOREDIST storedistkey:key@2<key>)]"
	circle   = " radius:double " + unitArg
	fromArg  = " from(FROMMEMBER member|FROMLONLAT fromlonlat{longitude:double latitude:double})"
	byArg    = " by(circle{BYRADIUS" + circle + "}|box{BYBOX width:double height:double " + unitArg + "})"
)

func doc(since, complexity, summary, args string, notes ...core.Note) core.Doc {
	return core.Doc{Summary: summary, Since: since, Group: "geo", Complexity: complexity, Args: args, History: notes}
}

var (
	anyNote  = core.Note{Version: "6.2.0", Text: "The option `ANY` of `COUNT`."}
	unitNote = core.Note{Version: "7.0.0", Text: "Names of units in upper case."}
)

func replaced(d core.Doc, by string) core.Doc {
	d.Deprecated, d.ReplacedBy = "6.2.0", by
	return d
}

// rows is the command table. The facts are Redis 7.2's.
func rows() []core.Command {
	rows := append(memberRows(), append(searchRows(), oldRows()...)...)
	for i := range rows {
		rows[i].ACL = core.CatGeo
	}
	return rows
}

func memberRows() []core.Command {
	return []core.Command{
		{Name: "geoadd", Run: geoadd, Arity: -5, Flags: add, Keys: core.FirstKey(core.KeyRW | core.KeyUpdate),
			Doc: doc("3.2.0", addCost, "Adds members with their places, or moves them.",
				"key [condition(NX|XX)]^6.2.0 [change=CH]^6.2.0 data{longitude:double latitude:double member}...",
				core.Note{Version: "6.2.0", Text: "The options `CH`, `NX` and `XX`."})},
		{Name: "geopos", Run: geopos, Arity: -2, Flags: core.ReadOnly, Keys: core.FirstKey(reads),
			Doc: doc("3.2.0", memberCost, "Tells where members are.", "key [member...]")},
		{Name: "geohash", Run: geohash, Arity: -2, Flags: core.ReadOnly, Keys: core.FirstKey(reads),
			Doc: doc("3.2.0", memberCost, "Tells where members are, as geohash texts.", "key [member...]")},
		{Name: "geodist", Run: geodist, Arity: -4, Flags: core.ReadOnly, Keys: core.FirstKey(reads),
			Doc: doc("3.2.0", "O(1)", "Tells the distance between two members.", "key member1 member2 [unit(M|KM|FT|MI)]")},
	}
}

func searchRows() []core.Command {
	return []core.Command{
		{Name: "geosearch", Run: geosearch, Arity: -7, Flags: core.ReadOnly, Keys: core.FirstKey(reads),
			Doc: doc("6.2.0", searchCost, "Answers the members inside a circle or a box.",
				"key"+fromArg+byArg+orderArg+countArg+withArgs, unitNote)},
		{Name: "geosearchstore", Run: geosearchstore, Arity: -8, Flags: add,
			Keys: []core.KeySpec{core.KeyAt(1, stores), core.KeyAt(2, reads)},
			Doc: doc("6.2.0", searchCost, "Stores the members inside a circle or a box in another key.",
				"destination:key source:key@1"+fromArg+byArg+orderArg+countArg+" [STOREDIST]", unitNote)},
	}
}

// oldRows are the commands that GEOSEARCH and GEOSEARCHSTORE replace.
func oldRows() []core.Command {
	const around, aroundMember = "Answers or stores the members inside a circle around a place.", "Answers or stores the members inside a circle around a member."
	old := func(name string, run core.Handler, arity, from int, d core.Doc) core.Command {
		return core.Command{Name: name, Run: run, Arity: arity, Flags: add, FindKeys: storeKeys,
			Keys: []core.KeySpec{
				core.KeyAt(1, reads),
				core.AfterKeyword("STORE", from, 0, 1, stores),
				core.AfterKeyword("STOREDIST", from, 0, 1, stores),
			},
			Doc: replaced(d, "`GEOSEARCH` and `GEOSEARCHSTORE`")}
	}
	return []core.Command{
		old("georadius", georadius, -6, 6, doc("3.2.0", searchCost, around,
			"key longitude:double latitude:double"+circle+withArgs+countNew+orderArg+storeArg, anyNote, unitNote)),
		old("georadiusbymember", georadiusbymember, -5, 5, doc("3.2.0", searchCost, aroundMember,
			"key member"+circle+withArgs+countArg+orderArg+storeArg, unitNote)),
		{Name: "georadius_ro", Run: georadiusRO, Arity: -6, Flags: core.ReadOnly, Keys: core.FirstKey(reads),
			Doc: replaced(doc("3.2.10", searchCost, "Answers the members inside a circle around a place.",
				"key longitude:double latitude:double"+circle+withArgs+countNew+orderArg, anyNote), "`GEOSEARCH`")},
		{Name: "georadiusbymember_ro", Run: georadiusbymemberRO, Arity: -5, Flags: core.ReadOnly, Keys: core.FirstKey(reads),
			Doc: replaced(doc("3.2.10", searchCost, "Answers the members inside a circle around a member.",
				"key member"+circle+withArgs+countArg+orderArg), "`GEOSEARCH`")},
	}
}

// storeKeys finds the keys of GEORADIUS: of several that it is told to store in, the
// last one counts.
func storeKeys(args [][]byte) ([]core.KeyRef, error) {
	refs := []core.KeyRef{{Index: 1, Flags: reads}}
	if i := storeKey(args); i > 0 {
		refs = append(refs, core.KeyRef{Index: i, Flags: stores})
	}
	return refs, nil
}

// storeKey returns where the key to store in stands, 0 if there is none.
func storeKey(args [][]byte) (at int) {
	for i := 5; i+1 < len(args); i++ {
		if bytes.EqualFold(args[i], []byte("store")) || bytes.EqualFold(args[i], []byte("storedist")) {
			i++
			at = i
		}
	}
	return at
}
