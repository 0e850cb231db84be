package ferrous_test

import (
	"reflect"
	"testing"
	"time"

	"github.com/ferrousdb/ferrous"
)

// TestOpen: what is written is there when the directory is opened again.
func TestOpen(t *testing.T) {
	dir := t.TempDir()
	for round := range 3 {
		db, err := ferrous.Open(dir)
		if err != nil {
			t.Fatal(err)
		}
		if n, err := db.Do("INCR", "rounds"); n != int64(round+1) || err != nil {
			t.Errorf("round %d: %v, %v", round, n, err)
		}
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	}
}

// TestDo: arguments and replies of every kind.
func TestDo(t *testing.T) {
	db, err := ferrous.Open("")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for _, x := range []struct {
		args []any
		want any
	}{
		{[]any{"SET", "k", []byte("a\x00b"), "EX", 100 * time.Second}, "OK"},
		{[]any{"GET", "k"}, "a\x00b"},
		{[]any{"TTL", "k"}, int64(100)},
		{[]any{"GET", "none"}, nil},
		{[]any{"RPUSH", "l", 1, int64(2), 2.5, true, false}, int64(5)},
		{[]any{"LRANGE", "l", 0, -1}, []any{"1", "2", "2.5", "1", "0"}},
	} {
		if got, err := db.Do(x.args...); err != nil || !reflect.DeepEqual(got, x.want) {
			t.Errorf("%v: %v, %v", x.args, got, err)
		}
	}
	if _, err := db.Do("INCR", "k"); err != ferrous.Error("ERR value is not an integer or out of range") {
		t.Errorf("an error reply: %v", err)
	}
	if _, err := db.Do("SET", "k", struct{}{}); err == nil {
		t.Error("an argument of another type was taken")
	}
	waiter, err := db.Conn()
	if err != nil {
		t.Fatal(err)
	}
	defer waiter.Close()
	if err := waiter.Send("BLPOP", "queue", 0); err != nil {
		t.Fatal(err)
	}
	if _, err := db.Do("RPUSH", "queue", "x"); err != nil {
		t.Error(err)
	}
	if got, err := waiter.Receive(); err != nil || !reflect.DeepEqual(got, []any{"queue", "x"}) {
		t.Errorf("BLPOP: %v, %v", got, err)
	}
	if _, err := db.Do("QUIT"); err != nil {
		t.Error(err)
	}
	if _, err := db.Do("PING"); err == nil {
		t.Error("a connection that has ended answers")
	}
	if got, err := db.Do("PING"); err != nil || got != "PONG" {
		t.Errorf("after that: %v, %v", got, err)
	}
}
