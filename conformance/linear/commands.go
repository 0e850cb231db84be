package main

import (
	"maps"
	"slices"
	"strconv"
	"time"
)

const (
	ok        = "OK"
	null      = "nil"
	wrongType = "-WRONGTYPE"
	errorCode = "-ERR"
)

// turn is the execution of a command on a state that is not sealed yet.
type turn struct {
	state *state
	o     *operation
	db    int
	got   string // the server's reply, for commands that may choose; "" if it is not known
}

// run executes a command as a sequential server would and returns its reply.
func (t turn) run(args []string) string {
	f := commands[args[0]]
	if f == nil {
		panic("the model does not know " + args[0]) // the tests draw nothing else
	}
	return f(t, args[1:])
}

func (t turn) keys() map[string]value { return t.state.dbs[t.db] }

// of returns a key's value if it is of a kind; wrong if it is of another.
func (t turn) of(kind, key string) (v value, wrong bool) {
	v, there := t.keys()[key]
	if !there {
		return value{kind: kind}, false
	}
	return v, v.kind != kind
}

// put stores a value, of which nothing is left when a collection is empty.
func (t turn) put(key string, v value) {
	if v.kind != "string" && len(v.elems) == 0 {
		delete(t.keys(), key)
		return
	}
	t.keys()[key] = v
}

// expires gives a value the time to live of a command: it counts from when that ran.
func (t turn) expires(v value, ms string) value {
	n, _ := strconv.ParseInt(ms, 10, 64)
	ttl := n * int64(time.Millisecond)
	v.early, v.late = t.o.call+ttl-int64(slack), forever
	if t.o.ret != forever {
		v.late = t.o.ret + ttl + int64(slack)
	}
	return v
}

// commands are those that the model knows, in the forms that the tests draw.
var commands = map[string]func(t turn, a []string) string{
	"SET": func(t turn, a []string) string {
		old, there := t.keys()[a[0]]
		v := value{kind: "string", text: a[1]}
		for i := 2; i < len(a); i++ {
			switch a[i] {
			case "NX":
				if there {
					return null
				}
			case "XX":
				if !there {
					return null
				}
			case "KEEPTTL":
				v.early, v.late = old.early, old.late
			case "PX":
				v = t.expires(v, a[i+1])
				i++
			}
		}
		t.put(a[0], v)
		return ok
	},
	"GET": func(t turn, a []string) string {
		v, wrong := t.of("string", a[0])
		return text(v, wrong, t.has(a[0]))
	},
	"GETSET": func(t turn, a []string) string {
		v, wrong := t.of("string", a[0])
		reply := text(v, wrong, t.has(a[0]))
		if !wrong {
			t.put(a[0], value{kind: "string", text: a[1]})
		}
		return reply
	},
	"GETDEL": func(t turn, a []string) string {
		v, wrong := t.of("string", a[0])
		reply := text(v, wrong, t.has(a[0]))
		if !wrong {
			delete(t.keys(), a[0])
		}
		return reply
	},
	"APPEND": func(t turn, a []string) string {
		v, wrong := t.of("string", a[0])
		if wrong {
			return wrongType
		}
		v.text += a[1]
		t.put(a[0], v)
		return number(len(v.text))
	},
	"INCR": func(t turn, a []string) string {
		v, wrong := t.of("string", a[0])
		if wrong {
			return wrongType
		}
		n := 0
		if t.has(a[0]) {
			var err error
			if n, err = strconv.Atoi(v.text); err != nil {
				return errorCode
			}
		}
		v.text = strconv.Itoa(n + 1)
		t.put(a[0], v)
		return number(n + 1)
	},
	"MSET": mset,
	"MSETNX": func(t turn, a []string) string {
		for i := 0; i < len(a); i += 2 {
			if t.has(a[i]) {
				return ":0"
			}
		}
		mset(t, a)
		return ":1"
	},
	"MGET": func(t turn, a []string) string {
		var elems []string
		for _, key := range a {
			v, wrong := t.of("string", key)
			elems = append(elems, text(v, false, t.has(key) && !wrong))
		}
		return list(elems)
	},

	"DEL":    remove,
	"UNLINK": remove,
	"EXISTS": func(t turn, a []string) string {
		n := 0
		for _, key := range a {
			if t.has(key) {
				n++
			}
		}
		return number(n)
	},
	"RENAME": rename,
	"RENAMENX": func(t turn, a []string) string {
		if t.has(a[0]) && t.has(a[1]) {
			return ":0"
		}
		if reply := rename(t, a); reply != ok {
			return reply
		}
		return ":1"
	},
	"COPY": func(t turn, a []string) string { // with REPLACE
		if a[0] == a[1] {
			return errorCode
		}
		v, there := t.keys()[a[0]]
		if there {
			t.put(a[1], v)
		}
		return truth(there)
	},
	"MOVE": func(t turn, a []string) string {
		v, there := t.keys()[a[0]]
		to := t
		to.db, _ = strconv.Atoi(a[1])
		switch {
		case to.db == t.db:
			return errorCode
		case !there || to.has(a[0]):
			return ":0"
		}
		delete(t.keys(), a[0])
		to.put(a[0], v)
		return ":1"
	},
	"PEXPIRE": func(t turn, a []string) string {
		v, there := t.keys()[a[0]]
		if there {
			t.put(a[0], t.expires(v, a[1]))
		}
		return truth(there)
	},
	"PERSIST": func(t turn, a []string) string {
		v, there := t.keys()[a[0]]
		if !there || v.late == 0 {
			return ":0"
		}
		v.early, v.late = 0, 0
		t.put(a[0], v)
		return ":1"
	},
	"PTTL": func(t turn, a []string) string {
		switch v, there := t.keys()[a[0]]; {
		case !there:
			return ":-2"
		case v.late == 0:
			return ":-1"
		}
		return ":ttl"
	},

	"DBSIZE": func(t turn, _ []string) string { return number(len(t.keys())) },
	"KEYS":   func(t turn, _ []string) string { return list(slices.Sorted(maps.Keys(t.keys()))) },
	"RANDOMKEY": func(t turn, _ []string) string {
		if len(t.keys()) == 0 {
			return null
		}
		if t.has(t.got) {
			return t.got
		}
		return "one of the keys"
	},
	"FLUSHDB": func(t turn, _ []string) string {
		clear(t.keys())
		return ok
	},
	"FLUSHALL": func(t turn, _ []string) string {
		for _, db := range t.state.dbs {
			clear(db)
		}
		return ok
	},
	"SWAPDB": func(t turn, _ []string) string { // 0 1
		d := &t.state.dbs
		d[0], d[1] = d[1], d[0]
		return ok
	},

	"LPUSH": func(t turn, a []string) string { return push(t, a, false) },
	"RPUSH": func(t turn, a []string) string { return push(t, a, true) },
	"LPOP":  func(t turn, a []string) string { return pop(t, a[0], "LEFT") },
	"RPOP":  func(t turn, a []string) string { return pop(t, a[0], "RIGHT") },
	"LLEN":  func(t turn, a []string) string { return size(t, "list", a[0]) },
	"LRANGE": func(t turn, a []string) string { // 0 -1
		return all(t, "list", a[0])
	},
	"LMOVE":     func(t turn, a []string) string { return move(t, a[0], a[1], a[2], a[3]) },
	"RPOPLPUSH": func(t turn, a []string) string { return move(t, a[0], a[1], "RIGHT", "LEFT") },
	"BLMOVE":    func(t turn, a []string) string { return move(t, a[0], a[1], a[2], a[3]) },
	"BLPOP":     func(t turn, a []string) string { return blockingPop(t, a, "LEFT") },
	"BRPOP":     func(t turn, a []string) string { return blockingPop(t, a, "RIGHT") },

	"SADD": func(t turn, a []string) string {
		v, wrong := t.of("set", a[0])
		if wrong {
			return wrongType
		}
		n := len(v.elems)
		v.elems = union(v.elems, a[1:])
		t.put(a[0], v)
		return number(len(v.elems) - n)
	},
	"SREM": func(t turn, a []string) string {
		v, wrong := t.of("set", a[0])
		if wrong {
			return wrongType
		}
		n := len(v.elems)
		v.elems = without(v.elems, a[1])
		t.put(a[0], v)
		return number(n - len(v.elems))
	},
	"SCARD":    func(t turn, a []string) string { return size(t, "set", a[0]) },
	"SMEMBERS": func(t turn, a []string) string { return all(t, "set", a[0]) },
	"SISMEMBER": func(t turn, a []string) string {
		v, wrong := t.of("set", a[0])
		if wrong {
			return wrongType
		}
		return truth(slices.Contains(v.elems, a[1]))
	},
	"SMOVE": func(t turn, a []string) string {
		from, wrong := t.of("set", a[0])
		if !t.has(a[0]) {
			return ":0"
		}
		if to, wrongTo := t.of("set", a[1]); wrong || wrongTo {
			return wrongType
		} else if !slices.Contains(from.elems, a[2]) {
			return ":0"
		} else if a[0] != a[1] {
			from.elems = without(from.elems, a[2])
			to.elems = union(to.elems, a[2:])
			t.put(a[0], from)
			t.put(a[1], to)
		}
		return ":1"
	},
	"SUNION": func(t turn, a []string) string {
		elems, wrong := unite(t, a)
		if wrong {
			return wrongType
		}
		return list(elems)
	},
	"SUNIONSTORE": func(t turn, a []string) string {
		elems, wrong := unite(t, a[1:])
		if wrong {
			return wrongType
		}
		t.put(a[0], value{kind: "set", elems: elems})
		return number(len(elems))
	},
}

func (t turn) has(key string) bool {
	_, there := t.keys()[key]
	return there
}

func text(v value, wrong, there bool) string {
	switch {
	case wrong:
		return wrongType
	case !there:
		return null
	}
	return v.text
}

func mset(t turn, a []string) string {
	for i := 0; i < len(a); i += 2 {
		t.put(a[i], value{kind: "string", text: a[i+1]})
	}
	return ok
}

func rename(t turn, a []string) string {
	v, there := t.keys()[a[0]]
	if !there {
		return errorCode
	}
	delete(t.keys(), a[0])
	t.put(a[1], v)
	return ok
}

func remove(t turn, a []string) string {
	n := 0
	for _, key := range a {
		if t.has(key) {
			delete(t.keys(), key)
			n++
		}
	}
	return number(n)
}

func push(t turn, a []string, right bool) string {
	v, wrong := t.of("list", a[0])
	if wrong {
		return wrongType
	}
	for _, e := range a[1:] {
		v.elems = join(v.elems, e, right)
	}
	t.put(a[0], v)
	return number(len(v.elems))
}

// join returns a new list with one element more.
func join(elems []string, e string, right bool) []string {
	if right {
		return slices.Concat(elems, []string{e})
	}
	return slices.Concat([]string{e}, elems)
}

func pop(t turn, key, side string) string {
	v, wrong := t.of("list", key)
	switch {
	case wrong:
		return wrongType
	case len(v.elems) == 0:
		return null
	}
	var e string
	if last := len(v.elems) - 1; side == "LEFT" {
		e, v.elems = v.elems[0], v.elems[1:]
	} else {
		e, v.elems = v.elems[last], v.elems[:last:last]
	}
	t.put(key, v)
	return e
}

func move(t turn, from, to, out, in string) string {
	_, wrong := t.of("list", from)
	switch {
	case wrong:
		return wrongType
	case !t.has(from):
		return null
	}
	if _, wrong := t.of("list", to); wrong {
		return wrongType
	}
	e := pop(t, from, out)
	push(t, []string{to, e}, in == "RIGHT")
	return e
}

// blockingPop is BLPOP and BRPOP of one key. Which of several a client that waited is
// served from, no later state tells; the queues' own test looks at those.
func blockingPop(t turn, a []string, side string) string {
	e := pop(t, a[0], side)
	if e == null || e == wrongType {
		return e
	}
	return list([]string{a[0], e})
}

func size(t turn, kind, key string) string {
	v, wrong := t.of(kind, key)
	if wrong {
		return wrongType
	}
	return number(len(v.elems))
}

func all(t turn, kind, key string) string {
	v, wrong := t.of(kind, key)
	if wrong {
		return wrongType
	}
	return list(v.elems)
}

// union returns a new sorted set.
func union(a, b []string) []string {
	elems := slices.Concat(a, b)
	slices.Sort(elems)
	return slices.Compact(elems)
}

func without(elems []string, gone string) []string {
	return slices.DeleteFunc(slices.Clone(elems), func(e string) bool { return e == gone })
}

func unite(t turn, keys []string) (elems []string, wrong bool) {
	for _, key := range keys {
		v, wrong := t.of("set", key)
		if wrong {
			return nil, true
		}
		elems = union(elems, v.elems)
	}
	return elems, false
}
