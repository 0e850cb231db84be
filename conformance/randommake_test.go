package conformance

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"

	"github.com/ferrousdb/ferrous/conformance/resp"
)

// played is a command, and how its replies are compared.
type played struct {
	args              []string
	random, unordered bool
	near              bool     // times
	looks             bool     // made by inspection
	unpacked          bool     // it tells an encoding that need not be the same
	queued            []played // what an EXEC executes
}

// commandPlay makes commands.
type commandPlay struct {
	rng     *rand.Rand
	table   []*playCommand
	kinds   []*playCommand // those of this round
	group   string         // of the command being made
	sorts   bool           // whether the round has SORT, which unpacks sorted sets there
	lex     bool           // whether the round is one of sorted sets whose scores are all 0: ranges by bytes mean nothing elsewhere
	old     bool           // the oracle is older than 7.2: it packs other values, and scripts may not call what blocks
	random  bool           // whether its reply is not determined
	counted bool           // the argument before says how many keys there are
}

func (p *commandPlay) one(of ...string) string { return of[p.rng.IntN(len(of))] }
func (p *commandPlay) num(below int) string    { return strconv.Itoa(p.rng.IntN(below)) }
func (p *commandPlay) chance(in int) bool      { return p.rng.IntN(in) == 0 }

// focus is the commands of a round: those of one or two families besides the generic ones, so that values grow, or all.
func (p *commandPlay) focus() []*playCommand {
	var groups []string
	for _, c := range p.table {
		if !slices.Contains(groups, c.group) {
			groups = append(groups, c.group)
		}
	}
	if p.lex {
		groups = []string{"sorted-set"}
	} else if *playOnly != "" {
		groups = strings.Split(*playOnly, ",")
	} else if !p.chance(4) {
		groups = []string{p.one(groups...), p.one(groups...), "generic"}
	}
	var kinds []*playCommand
	for _, c := range p.table {
		if slices.Contains(groups, c.group) {
			kinds = append(kinds, c)
			if c.group != "generic" && c.group != "server" && c.group != "connection" {
				kinds = append(kinds, c, c)
			}
		}
	}
	return kinds
}

// commands are the next ones: one, or a transaction.
func (p *commandPlay) commands() (list []played) {
	switch n := p.rng.IntN(100); {
	case n < 3:
		exec := played{args: []string{"EXEC"}}
		list = append(list, played{args: []string{"MULTI"}})
		for range 1 + p.rng.IntN(4) {
			exec.queued = append(exec.queued, p.command())
		}
		return append(append(list, exec.queued...), exec)
	case n < 5:
		return append(list, played{args: []string{"SELECT", p.one("0", "0", "1", "15", "16", "-1", "x")}})
	case n < 12:
		c := p.command()
		if p.old && strings.HasPrefix(strings.ToUpper(c.args[0]), "B") {
			return append(list, c)
		}
		c.args = append([]string{p.one("EVAL", "EVAL", "EVAL_RO"), p.one(
			"return redis.call(unpack(ARGV))", "return redis.pcall(unpack(ARGV))", "redis.setresp(3) return {redis.call(unpack(ARGV))}",
			"#!lua\nreturn redis.call(unpack(ARGV))", "#!lua flags=no-writes\nreturn redis.pcall(unpack(ARGV))", "local r = redis.pcall(unpack(ARGV)) return type(r)"), "0"}, c.args...)
		c.unordered = c.unordered || strings.Contains(c.args[1], "setresp") // maps have no order
		return append(list, c)
	case n < 14:
		c := p.command()
		if strings.EqualFold(c.args[0], "PFMERGE") || len(c.args) == 1 { // without sources it has no keys there; 7.0 wants two words
			return append(list, c)
		}
		return append(list, played{args: append([]string{"COMMAND", p.one("GETKEYS", "GETKEYSANDFLAGS")}, c.args...)})
	}
	return append(list, p.command())
}

// command makes one command.
func (p *commandPlay) command() played {
	c := p.kinds[p.rng.IntN(len(p.kinds))]
	name := strings.Join(c.name, " ")
	sorts := name == "SORT" || name == "SORT_RO"
	if sorts && !p.sorts {
		return p.command()
	}
	p.group, p.random = c.group, c.random
	cmd := played{args: slices.Clone(c.name), random: c.random, unordered: c.unordered || sorts}
	for _, a := range c.args {
		cmd.args = p.add(cmd.args, a)
	}
	switch name {
	case "TTL", "PTTL", "EXPIRETIME", "PEXPIRETIME":
		cmd.near, cmd.random = true, false
	}
	if fixed := len(c.name); !p.lex && p.chance(25) && len(cmd.args) > fixed && !slices.ContainsFunc(c.args, func(a playArg) bool { return a.name == "timeout" }) {
		cmd.args = p.spoil(cmd.args, fixed)
	}
	if !p.comparable(name, cmd.args) {
		return p.command()
	}
	if p.chance(10) {
		cmd.args[0] = strings.ToLower(cmd.args[0])
	}
	return cmd
}

// comparable reports whether both servers have to do the same.
func (p *commandPlay) comparable(name string, args []string) bool {
	if !p.lex && (strings.Contains(name, "LEX") || slices.ContainsFunc(args, func(a string) bool { return strings.EqualFold(a, "BYLEX") })) {
		return false
	}
	switch name {
	case "LSET": // redis-server takes the lower half of the index
		if len(args) < 3 {
			return true
		}
		n, err := strconv.Atoi(args[2])
		return err != nil || int(int32(n)) == n
	case "SORT", "SORT_RO": // sorted by nothing, a set has an order of its own, and so has what is stored of it
		for i, a := range args {
			if strings.EqualFold(a, "STORE") || strings.EqualFold(a, "BY") && i+1 < len(args) && !strings.Contains(args[i+1], "*") {
				return false
			}
		}
	case "ZRANK", "ZREVRANK":
		return !p.old || len(args) <= 3 // 7.2's have an option
	}
	return !p.old || !slices.Contains(args, "STOREDIST") // distances have all digits
}

// spoil makes a mistake.
func (p *commandPlay) spoil(args []string, fixed int) []string {
	at := fixed + p.rng.IntN(len(args)-fixed)
	switch p.rng.IntN(5) {
	case 0:
		return slices.Delete(args, at, at+1)
	case 1:
		return slices.Insert(args, at, args[at])
	case 2:
		return append(args, p.one("x", "GET", "COUNT", "5", "", "LIMIT", "NX", "XX", "GT", "CH", "STORE", "0"))
	case 3:
		other := fixed + p.rng.IntN(len(args)-fixed)
		args[at], args[other] = args[other], args[at]
		return args
	}
	args[at] = p.one("", "x", "-1", "0", "1e3", "nan", "9223372036854775807", p.zero(), "(1", "[a", strings.Repeat("y", 70), " 1", "+1", "0x1")
	return args
}

// add appends what an argument may be.
func (p *commandPlay) add(args []string, a playArg) []string {
	if a.optional && !p.chance(3) {
		return args
	}
	times := 1
	if a.multiple {
		for times < 12 && p.chance(2) {
			times++
		}
		if p.chance(30) {
			times += p.rng.IntN(200)
		}
	}
	for i := range times {
		if a.token != "" && (i == 0 || a.multipleToken) {
			args = append(args, a.token)
		}
		switch a.typ {
		case "oneof":
			args = p.add(args, a.args[p.rng.IntN(len(a.args))].required())
		case "block":
			for _, b := range a.args {
				args = p.add(args, b)
			}
		case "pure-token":
		default:
			args = append(args, p.value(a))
		}
	}
	if a.typ == "key" && a.multiple && len(args) > times { // how many keys: it stands before them
		if n, err := strconv.Atoi(args[len(args)-times-1]); err == nil && n >= 0 && n < 1000 && !p.chance(20) && p.counted {
			args[len(args)-times-1] = strconv.Itoa(times)
		}
		p.counted = false
	}
	if a.name == "numkeys" {
		p.counted = true
	}
	return args
}

func (a playArg) required() playArg {
	a.optional = false
	return a
}

// value makes a word.
func (p *commandPlay) value(a playArg) string {
	switch a.typ {
	case "key":
		return p.key()
	case "pattern":
		return p.one("*", "h*", "*:1", "[a-m]*", "w:*", "w:*->f:1", "#", "", "\\*", "k?", "[^a]*", "list:*", "nosort", "hash:*->f:*", "*->", "->*", "hash:*->")
	case "unix-time":
		if strings.Contains(a.name, "milli") {
			return p.one("4102444800"+p.num(10)+"00", "4102444801000", "1", "0", "-1", "9223372036854775807", "99999999999999", "x")
		}
		return p.one("410244480"+p.num(10), "4102444801", "1", "0", "-1", "9223372036854775807", "9223372036854775", "9223372036854776", "x")
	case "double":
		return p.double(a.name)
	case "integer":
		return p.integer(a.name)
	}
	return p.text(a.name)
}

func (p *commandPlay) key() string {
	group := p.group
	if !p.lex && p.chance(12) {
		group = p.one("string", "list", "hash", "set", "sorted-set", "hyperloglog", "geo", "bitmap")
	}
	switch group {
	case "string", "list", "hash", "set", "sorted-set", "hyperloglog", "geo", "bitmap":
	default:
		group = p.one("string", "list", "hash", "set", "sorted-set", "hyperloglog", "geo", "bitmap")
	}
	if p.chance(100) {
		return p.one("", "w:"+p.num(5), "no key", "\x00\xff")
	}
	return group + ":" + p.num(5)
}

func (p *commandPlay) double(name string) string {
	if p.lex && !strings.Contains(name, "timeout") {
		return "0"
	}
	if strings.Contains(name, "timeout") {
		return p.one("0.001", "0.01", "-1", "x", "0.002")
	}
	if name == "longitude" || name == "latitude" || name == "radius" || name == "width" || name == "height" {
		return p.one(strconv.Itoa(p.rng.IntN(170)-85), fmt.Sprintf("%.3f", p.rng.Float64()*100), "13.361389", "38.115556", "200", "0", "-1", "1000", "181", "inf", "nan", "x", "1e10")
	}
	if p.old && p.chance(15) {
		return p.one("inf", "-inf", "nan", "x", "", " 1", ".5", "+5", "-0")
	}
	if p.chance(15) {
		return p.one("inf", "-inf", "+inf", "nan", "1e400", "x", "", "0x10", " 1", "1 ", "-0", "1e308", "infinity", "1e-3000", "1.", ".5", "+5", "1e", "INF", "1_0", "0b1")
	}
	return strconv.FormatFloat(float64(p.rng.IntN(400)-200)/8, 'g', -1, 64)
}

func (p *commandPlay) integer(name string) string {
	switch {
	case strings.Contains(name, "timeout"):
		return p.one("0.001", "0.01", "-1", "x", "0.002")
	case name == "numkeys":
		return p.one("1", "1", "1", "1", "1", "1", "2", "0", "-1", "x")
	case strings.Contains(name, "seconds"), strings.Contains(name, "ttl"):
		return p.one(strconv.Itoa(200000+p.rng.IntN(800000)), strconv.Itoa(200000+p.rng.IntN(800000)), strconv.Itoa(200000+p.rng.IntN(800000)),
			"0", "-1", "-1000", "9223372036854775807", "9223372036854775", "9223372036854776", "-9223372036854775808", "x", "1.5", "")
	case strings.Contains(name, "db"), name == "index1", name == "index2":
		return p.one("0", "1", "0", "1", "15", "16", "-1", "x", "99999999999")
	}
	if p.lex && name == "increment" {
		return "0"
	}
	if name == "count" && p.random {
		return p.one("5", "-5", "0", "x", "3", "-3", "9223372036854775807", "-9223372036854775808")
	}
	if p.old && p.group == "sorted-set" { // 7.0 prints great scores in another way
		return p.one("0", "1", "-1", "2", "x", "", "1.5", p.num(9))
	}
	if p.chance(12) {
		return p.one("9223372036854775807", "-9223372036854775807", "9223372036854775808", "18446744073709551615", "x", "", "1.5", " 1", "+1", "01", "-0", "1e3", "99999999999", "-2147483649", "4294967296", "4294967295")
	}
	if p.chance(6) {
		return p.num(3000)
	}
	return strconv.Itoa(p.rng.IntN(14) - 4)
}

func (p *commandPlay) text(name string) string {
	switch name {
	case "min", "max", "start", "stop", "end":
		if p.chance(2) {
			return p.one("", "(") + strconv.FormatFloat(float64(p.rng.IntN(400)-200)/8, 'g', -1, 64)
		}
		return p.one("-", "+", "[m:1", "(m:3", "[", "(", "-inf", "+inf", "(inf", "(-inf", "m:1", "[\xff", "[\x00", "", "[m:2", "nan", "(nan", "0", "-1", "1", "2")
	case "encoding":
		return p.one("u8", "i8", "u"+p.num(66), "i"+p.num(66), "u63", "i64", "u64", "i65", "u0", "x", "", "8")
	case "offset":
		return p.one("#", "") + p.num(60)
	case "timeout":
		return p.one("0.001", "0.01", "-1", "x")
	case "cursor":
		return "0"
	case "function-code":
		return "#!lua name=lib" + p.num(3) + "\nredis.register_function('fn" + p.num(3) + "', function(k, a) return redis.pcall(unpack(a)) end)"
	case "library-name", "library-name-pattern":
		return "lib" + p.one("0", "1", "2", "*")
	case "function":
		return "fn" + p.num(4)
	case "serialized-value":
		return p.one(playDumps...)
	case "script":
		return p.one("return 1", "return ARGV[1]", "x =", "")
	case "sha1":
		return p.one("e0e1f9fabfc9d4800c877a703b823ac0578ff8db", "x")
	case "channel", "shardchannel":
		return "ch" + p.num(3)
	case "element", "member", "field", "value", "string", "data", "argument", "pivot", "message", "key", "newvalue":
	default:
		if p.chance(4) {
			return p.one("x", "on", "off", "yes", "no", "", "0", name)
		}
	}
	switch p.rng.IntN(20) {
	case 0:
		return p.one("", p.zero(), "\xff\xfe", strings.Repeat("v", 63+p.rng.IntN(4)), strings.Repeat("long", p.rng.IntN(2000)), "9223372036854775807", "-9223372036854775808", "9223372036854775808", " 5", "05", "-0", "3.0", "1e5", "nan", "inf")
	case 1, 2, 3:
		return strconv.Itoa(p.rng.IntN(70000) - 35000)
	case 4:
		return strconv.FormatFloat(float64(p.rng.IntN(4000)-2000)/16, 'g', -1, 64)
	case 5:
		return strconv.FormatInt(p.rng.Int64()>>p.rng.IntN(60), 10)
	case 6, 7, 8:
		return "m:" + p.num(300)
	}
	return strings.ToLower(name[:1]) + ":" + p.num(9)
}

// zero is what C takes for the end of a text: where a text is no datum, redis-server does not see what follows.
func (p *commandPlay) zero() string {
	switch p.group {
	case "connection", "sorted-set":
		return "\xff"
	}
	return "\x00"
}

// playDumps are payloads of RESTORE.
var playDumps = []string{"", "x", "\x00\x03abc\x0a\x00"}

// inspection looks at all that there is.
func (p *commandPlay) inspection() (list []played) {
	for _, g := range []string{"string", "list", "hash", "set", "sorted-set", "hyperloglog", "geo", "bitmap"} {
		for i := range 5 {
			key := g + ":" + strconv.Itoa(i)
			list = append(list, played{args: []string{"OBJECT", "ENCODING", key}, unpacked: p.sorts || p.old, looks: true}, played{args: []string{"PTTL", key}, near: true, looks: true})
		}
	}
	return append(list, played{args: []string{"DEBUG", "DIGEST"}}, played{args: []string{"DBSIZE"}})
}

// told is what of a reply is compared.
func (c played) told(v resp.Value) string {
	switch {
	case v.IsErr():
		return v.String()
	case c.queued != nil:
		if v.IsNull() {
			return v.String()
		}
		var list []string
		left := c.queued
		for _, e := range v.Elems {
			if len(v.Elems) != len(c.queued) { // some were refused: it is not known which
				list = append(list, e.Kind.String())
				continue
			}
			list = append(list, left[0].told(e))
			left = left[1:]
		}
		return strings.Join(list, "\n")
	case c.random:
		if v.Kind == resp.Bulk || v.Kind == resp.Double || v.IsNull() {
			return ""
		}
		return v.Kind.String()
	case c.unpacked && slices.Contains([]string{"listpack", "skiplist", "quicklist", "hashtable"}, v.Text):
		return "packed or not"
	case c.near:
		return nearly(v)
	case c.unordered:
		return sorted(v).String()
	}
	return v.String()
}

// nearly is a time to the half minute, unless it is one of the small numbers that say that there is none.
func nearly(v resp.Value) string {
	n, err := strconv.ParseInt(v.Text, 10, 64)
	if err != nil || n < 100 { // what is given in milliseconds is 200 seconds and more
		return v.String()
	}
	return "some time"
}

// sorted is a reply whose elements, at all depths, are in an order of their own.
func sorted(v resp.Value) resp.Value {
	elems := make([]resp.Value, len(v.Elems))
	for i, e := range v.Elems {
		elems[i] = sorted(e)
	}
	slices.SortFunc(elems, func(a, b resp.Value) int { return strings.Compare(a.String(), b.String()) })
	v.Elems = elems
	return v
}
