package lua

import (
	"bytes"
	"math/big"
	"strings"

	vm "github.com/yuin/gopher-lua"

	"github.com/ferrousdb/ferrous/core/resp"
	"github.com/ferrousdb/ferrous/modules/scripting/lua/number"
)

// maxReplyDepth is how deep tables of a result may lie within each other: where
// Lua's stack ends.
const maxReplyDepth = 1900

// replyParser makes Lua's values of a reply. Replies come from the server itself,
// and are well-formed.
type replyParser struct {
	e *Engine
	resp.Scanner
}

// oneField makes a table of one field.
func oneField(name, v vm.LValue) *vm.LTable { return newObject([]vm.LValue{name, v}) }

// The fields of the tables that stand for replies, and what they hold.
var (
	fieldOK, fieldErr                  vm.LValue = vm.LString("ok"), vm.LString("err")
	fieldIgnore                        vm.LValue = vm.LString("ignore_error_stats_update")
	fieldOfMap, fieldSet, fieldDouble  vm.LValue = vm.LString("map"), vm.LString("set"), vm.LString("double")
	fieldBig, fieldVerbatim            vm.LValue = vm.LString("big_number"), vm.LString("verbatim_string")
	fieldFormat, fieldString, statusOK vm.LValue = vm.LString("format"), vm.LString("string"), vm.LString("OK")
)

// text makes a value of what the reply has, which is copied.
func (p *replyParser) text(b []byte) vm.LValue {
	if string(b) == "OK" {
		return statusOK
	}
	return p.e.text(b)
}

// plain makes a value of a reply that is a whole number or a text; nil of any other.
func (e *Engine) plain(reply []byte) vm.LValue {
	if len(reply) < len(":0\r\n") || reply[0] != ':' && reply[0] != '$' {
		return nil
	}
	n, i := 0, 1
	for ; i < len(reply) && i < 12 && reply[i]-'0' <= 9; i++ {
		n = n*10 + int(reply[i]-'0')
	}
	if i == 1 || i >= len(reply) || reply[i] != '\r' {
		return nil
	}
	if reply[0] == ':' {
		return e.stock.number(float64(n))
	}
	b := reply[i+2 : i+2+n]
	if string(b) == "OK" {
		return statusOK
	}
	return e.text(b)
}

func (p *replyParser) value(depth int) vm.LValue {
	t, err := p.Next()
	if err != nil {
		return vm.LNil
	}
	switch t.Kind {
	case ':':
		return p.e.stock.number(float64(t.N))
	case '$':
		if t.N < 0 {
			return vm.LFalse
		}
		return p.text(t.Text)
	case '+':
		return oneField(fieldOK, p.text(t.Text))
	case '-':
		return newObject([]vm.LValue{fieldErr, p.text(t.Text), fieldIgnore, vm.LTrue})
	case '*', '>':
		return p.array(t.N, depth)
	case '%':
		return oneField(fieldOfMap, p.object(t.N, depth, false))
	case '~':
		return oneField(fieldSet, p.object(t.N, depth, true))
	case '#':
		return vm.LBool(string(t.Text) == "t")
	case ',':
		f, _ := number.Strtod(string(t.Text))
		return oneField(fieldDouble, vm.LNumber(f))
	case '(':
		return oneField(fieldBig, p.text(t.Text))
	case '=':
		form, text, _ := bytes.Cut(t.Text, []byte(":"))
		return oneField(fieldVerbatim, newObject([]vm.LValue{fieldFormat, p.text(form), fieldString, p.text(text)}))
	case '|': // attributes go with the value that follows
		for range t.Elements() {
			p.value(depth + 1)
		}
		return p.value(depth)
	}
	return vm.LNil
}

func (p *replyParser) array(n int64, depth int) vm.LValue {
	if n < 0 {
		return vm.LFalse
	}
	t, room := newTable(int(n))
	*array(t) = room
	for i := range room {
		room[i] = p.value(depth + 1)
	}
	return t
}

// object reads the n pairs of a map, or the n members of a set.
func (p *replyParser) object(n int64, depth int, set bool) *vm.LTable {
	base := len(p.e.stack)
	for range n {
		k := p.value(depth + 1)
		v := vm.LValue(vm.LTrue)
		if !set {
			v = p.value(depth + 1)
		}
		if k != vm.LNil {
			p.e.stack = append(p.e.stack, k, v)
		}
	}
	t := newObject(p.e.stack[base:])
	clear(p.e.stack[base:])
	p.e.stack = p.e.stack[:base]
	return t
}

// reply writes the result of a script. An error as the result is the script's.
func (e *Engine) reply(w *resp.Writer, v vm.LValue) *Error {
	if t, ok := v.(*vm.LTable); ok {
		if s, ok := getString(e.contents(t), "err").(vm.LString); ok {
			return &Error{
				Text:        strings.Clone(line(string(s))),
				IgnoreStats: vm.LVAsBool(getString(t, "ignore_error_stats_update")),
			}
		}
	}
	e.write(w, v, 0)
	return nil
}

// line makes one line of a text.
func line(s string) string {
	return strings.NewReplacer("\r", " ", "\n", " ").Replace(s)
}

func (e *Engine) write(w *resp.Writer, v vm.LValue, depth int) {
	switch v := v.(type) {
	case vm.LString:
		w.BulkString(string(v))
	case vm.LNumber:
		w.Int(number.ToInt64(float64(v)))
	case vm.LBool:
		switch {
		case e.proto >= 3:
			w.Bool(bool(v))
		case bool(v):
			w.Int(1)
		default:
			w.Null()
		}
	case *vm.LTable:
		e.writeTable(w, e.contents(v), depth)
	default:
		w.Null()
	}
}

func (e *Engine) writeTable(w *resp.Writer, t *vm.LTable, depth int) {
	if depth > maxReplyDepth {
		w.Error("ERR reached lua stack limit")
		return
	}
	if e.writeField(w, t, depth) {
		return
	}
	n := 0
	for rawIndex(t, n+1) != vm.LNil {
		n++
	}
	w.Array(n)
	for i := 1; i <= n; i++ {
		e.write(w, rawIndex(t, i), depth+1)
	}
}

// writeField writes a table that stands for a reply of another type by one of its
// fields.
func (e *Engine) writeField(w *resp.Writer, t *vm.LTable, depth int) bool {
	if len(keys(t)) == 0 {
		return false
	}
	if s, ok := getString(t, "err").(vm.LString); ok {
		w.Error(line(string(s)))
		return true
	}
	if s, ok := getString(t, "ok").(vm.LString); ok {
		w.Status(line(string(s)))
		return true
	}
	if f, ok := getString(t, "double").(vm.LNumber); ok {
		w.Double(float64(f))
		return true
	}
	if m, ok := getString(t, "map").(*vm.LTable); ok {
		e.writePairs(w, e.contents(m), depth, true)
		return true
	}
	if m, ok := getString(t, "set").(*vm.LTable); ok {
		e.writePairs(w, e.contents(m), depth, false)
		return true
	}
	if s, ok := getString(t, "big_number").(vm.LString); ok {
		digits := line(string(s))
		if n, ok := new(big.Int).SetString(digits, 10); ok {
			w.BigNumber(n.String())
		} else if w.RESP3() {
			w.Raw([]byte("(" + digits + "\r\n"))
		} else {
			w.BulkString(digits)
		}
		return true
	}
	if m, ok := getString(t, "verbatim_string").(*vm.LTable); ok {
		form, ok1 := getString(m, "format").(vm.LString)
		s, ok2 := getString(m, "string").(vm.LString)
		if ok1 && ok2 {
			w.Verbatim((string(form) + "   ")[:3], string(s))
			return true
		}
	}
	return false
}

func (e *Engine) writePairs(w *resp.Writer, t *vm.LTable, depth int, pairs bool) {
	n := 0
	_ = walk(t, func(_, _ vm.LValue) error { n++; return nil })
	if pairs {
		w.Map(n)
	} else {
		w.Set(n)
	}
	_ = walk(t, func(k, v vm.LValue) error {
		e.write(w, k, depth+1)
		if pairs {
			e.write(w, v, depth+1)
		}
		return nil
	})
}
