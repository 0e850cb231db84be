package backup

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
)

// asker asks a server that runs.
type asker struct {
	conn net.Conn
	r    *bufio.Reader
}

// ask sends a command and returns the reply: a text, or the texts of an array.
func (a asker) ask(words ...string) ([]string, error) {
	request := fmt.Appendf(nil, "*%d\r\n", len(words))
	for _, w := range words {
		request = fmt.Appendf(request, "$%d\r\n%s\r\n", len(w), w)
	}
	if _, err := a.conn.Write(request); err != nil {
		return nil, err
	}
	return a.reply()
}

func (a asker) reply() ([]string, error) {
	line, err := a.r.ReadString('\n')
	if err != nil {
		return nil, err
	}
	line = strings.TrimRight(line, "\r\n")
	if line == "" {
		return nil, errors.New("the server answers what is no reply")
	}
	n, _ := strconv.Atoi(line[1:])
	switch line[0] {
	case '-':
		return nil, errors.New(line[1:])
	case '$':
		if n < 0 || n > 1<<20 {
			return []string{""}, nil
		}
		text := make([]byte, n+2)
		_, err := io.ReadFull(a.r, text)
		return []string{string(text[:n])}, err
	case '*':
		var all []string
		for range n {
			one, err := a.reply()
			if err != nil {
				return nil, err
			}
			all = append(all, one...)
		}
		return all, nil
	}
	return []string{line[1:]}, nil
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
