package backup

import (
	"bufio"
	"errors"
	"net"
	"strconv"

	"github.com/ferrousdb/ferrous/core/resp"
	"github.com/ferrousdb/ferrous/core/wire"
)

// asker asks a server that runs.
type asker struct {
	conn net.Conn
	r    *resp.Reader
}

func newAsker(conn net.Conn) asker { return asker{conn, resp.NewReader(bufio.NewReader(conn))} }

// ask sends a command and returns the reply: a text, or the texts of an array.
func (a asker) ask(words ...string) ([]string, error) {
	if _, err := a.conn.Write(wire.AppendWords(nil, words...)); err != nil {
		return nil, err
	}
	return a.reply()
}

func (a asker) reply() ([]string, error) {
	t, err := a.r.Next()
	switch {
	case err != nil:
		return nil, err
	case t.Kind == '-':
		return nil, errors.New(string(t.Text))
	case t.Kind == ':':
		return []string{strconv.FormatInt(t.N, 10)}, nil
	case t.Kind != '*':
		return []string{string(t.Text)}, nil
	}
	var all []string
	for range t.Elements() {
		one, err := a.reply()
		if err != nil {
			return nil, err
		}
		all = append(all, one...)
	}
	return all, nil
}

// status is BACKUP STATUS, by name.
func (a asker) status() (map[string]string, error) {
	words, err := a.ask("BACKUP", "STATUS")
	if err != nil {
		return nil, err
	}
	found := map[string]string{}
	for i := 0; i+1 < len(words); i += 2 {
		found[words[i]] = words[i+1]
	}
	return found, nil
}
