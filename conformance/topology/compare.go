package main

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ferrousdb/ferrous/conformance/resp"
)

// contents are a node's data, key by key. Functions are there, too.
type contents map[string]item

// item is what DEBUG DIGEST-VALUE says of a value, when its key expires, and of a stream what
// the digest leaves out.
type item struct {
	text  string
	until int64 // Unix milliseconds, -1 for ever
}

// gone reports whether the key may have expired by now, and be there or not.
func (i item) gone() bool { return i.until >= 0 && i.until <= time.Now().UnixMilli() }

// read reads all there is, which counts is a part of or not (see stream).
func read(n *node, counts bool) (contents, error) {
	c, err := n.dial()
	if err != nil {
		return nil, err
	}
	defer c.close()
	all := contents{}
	for db := range databases {
		if _, err := c.do("SELECT", strconv.Itoa(db)); err != nil {
			return nil, err
		}
		keys, err := c.do("KEYS", "*")
		if err != nil {
			return nil, err
		}
		var ask [][]string
		for _, k := range keys.Elems {
			ask = append(ask, []string{"DEBUG", "DIGEST-VALUE", k.Text}, []string{"PEXPIRETIME", k.Text}, []string{"TYPE", k.Text})
		}
		replies, err := c.pipeline(ask)
		if err != nil {
			return nil, err
		}
		for i, k := range keys.Elems {
			until, err := strconv.ParseInt(replies[3*i+1].Text, 10, 64)
			if err != nil {
				return nil, err
			}
			if until == -2 { // it has expired meanwhile
				continue
			}
			text := fmt.Sprint(replies[3*i], " until ", until)
			if replies[3*i+2].Text == "stream" {
				v, err := c.do("XINFO", "STREAM", k.Text, "FULL", "COUNT", "0")
				if err != nil {
					return nil, err
				}
				text += stream(v, counts)
			}
			all[fmt.Sprintf("%d: %s %s", db, replies[3*i+2].Text, k.Text)] = item{text, until}
		}
	}
	libraries, err := c.do("FUNCTION", "LIST", "WITHCODE")
	if err != nil {
		return nil, err
	}
	for _, l := range libraries.Elems {
		all["library "+field(l, "library_name").Text] = item{field(l, "library_code").Text, -1}
	}
	return all, nil
}

// stream tells of a stream what both 7.0 and 7.2 know: not when a consumer was seen last. counts
// says whether how much groups have read is the same everywhere.
func stream(v resp.Value, counts bool) string {
	var b strings.Builder
	for _, name := range []string{"length", "last-generated-id", "max-deleted-entry-id", "entries-added"} {
		fmt.Fprintf(&b, " %s=%s", name, field(v, name).Text)
	}
	for _, g := range field(v, "groups").Elems {
		fmt.Fprintf(&b, "; %s at %s", field(g, "name").Text, field(g, "last-delivered-id").Text)
		if counts { // which 7.0 does not always pass on
			fmt.Fprintf(&b, ", %s read", field(g, "entries-read"))
		}
		fmt.Fprintf(&b, ", pending %s: ", field(g, "pending"))
		var names []string
		for _, c := range field(g, "consumers").Elems {
			names = append(names, field(c, "name").Text+" "+field(c, "pending").String())
		}
		slices.Sort(names)
		b.WriteString(strings.Join(names, ", "))
	}
	return b.String()
}

// field returns the value of a name in an array of names and values.
func field(v resp.Value, name string) resp.Value {
	for i := 0; i+1 < len(v.Elems); i += 2 {
		if v.Elems[i].Text == name {
			return v.Elems[i+1]
		}
	}
	return resp.Value{}
}

// differences tells, in some lines, how one node's data differ from another's.
func differences(a, b contents) []string {
	var lines []string
	for _, k := range slices.Sorted(maps.Keys(a)) {
		switch other, ok := b[k]; {
		case !ok && !a[k].gone():
			lines = append(lines, k+": only the first has it")
		case ok && other != a[k]:
			lines = append(lines, k+":\n    "+a[k].text+"\n    "+other.text)
		}
	}
	for _, k := range slices.Sorted(maps.Keys(b)) {
		if _, ok := a[k]; !ok && !b[k].gone() {
			lines = append(lines, k+": only the second has it")
		}
	}
	if len(lines) > 20 {
		lines = append(lines[:20], fmt.Sprintf("... and %d more", len(lines)-20))
	}
	return lines
}
