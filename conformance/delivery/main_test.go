package main

import (
	"math/rand/v2"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/ferrousdb/ferrous/conformance/tool"
)

// TestMain makes the test binary a server if it is told to, as main does.
func TestMain(m *testing.M) {
	tool.Serve()
	os.Exit(m.Run())
}

// TestDelivery is the command's work in small; the command does it at length.
func TestDelivery(t *testing.T) {
	for _, loops := range []int{1, 2} {
		o := options{
			server: os.Getenv("FERROUS_BIN"), loops: loops, consumers: 150, messages: 1500, kills: 2, mortality: 0.05,
			patience: time.Minute, seed: rand.Uint64() >> 32, dir: t.TempDir(), say: t.Logf,
		}
		sum, err := run(t.Context(), o)
		t.Logf("%d loops, seed %d: %s", loops, o.seed, sum)
		if err != nil {
			t.Fatal(err)
		}
		if sum.messages < o.messages || sum.kills != o.kills+1 || sum.deaths == 0 || sum.claimed == 0 {
			t.Errorf("%s: that is not what was to be tried", sum)
		}
	}
}

// What a server must not do is found.
func TestLedger(t *testing.T) {
	get := func(l *ledger, who string, how way) { l.deliver(who, "1-0", how, l.now()) }
	ack := func(l *ledger, who string, n int64) { l.acknowledging("1-0"); l.acknowledged(who, "1-0", n) }
	for _, c := range []struct {
		name string
		play func(l *ledger)
		want string // of the complaint
	}{
		{"all is well", func(l *ledger) { l.add("1-0"); get(l, "a", asNew); ack(l, "a", 1) }, ""},
		{"read again", func(l *ledger) { l.add("1-0"); get(l, "a", asNew); get(l, "a", asHistory); ack(l, "a", 1) }, ""},
		{"taken over", func(l *ledger) {
			l.add("1-0")
			get(l, "a", asNew)
			get(l, "b", asClaimed)
			ack(l, "b", 1)
			ack(l, "a", 0)
		}, ""},
		{"the reply to XADD is lost", func(l *ledger) { get(l, "a", asNew); ack(l, "a", 1) }, ""},
		{"claimed while it is acknowledged", func(l *ledger) {
			l.add("1-0")
			sent := l.now()
			get(l, "a", asNew)
			ack(l, "a", 1)
			l.deliver("b", "1-0", asClaimed, sent)
		}, ""},
		{"never handled", func(l *ledger) { l.add("1-0") }, "never handled"},
		{"not acknowledged and not pending", func(l *ledger) { l.add("1-0"); get(l, "a", asNew) }, "nobody has acknowledged"},
		{"new twice", func(l *ledger) { l.add("1-0"); get(l, "a", asNew); get(l, "b", asNew); ack(l, "a", 1) }, "as new, which it had been before"},
		{"comes back", func(l *ledger) { l.add("1-0"); get(l, "a", asNew); ack(l, "a", 1); get(l, "b", asClaimed) }, "after it had been acknowledged"},
		{"acknowledged twice", func(l *ledger) { l.add("1-0"); get(l, "a", asNew); ack(l, "a", 1); ack(l, "b", 1) }, "for the second time"},
		{"gone before it is acknowledged", func(l *ledger) { l.add("1-0"); get(l, "a", asNew); ack(l, "a", 0) }, "is not pending when"},
		{"one id for two", func(l *ledger) { l.add("1-0"); l.add("1-0"); get(l, "a", asNew); ack(l, "a", 1) }, "two messages"},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := newLedger()
			c.play(l)
			l.compare(map[string]bool{"1-0": true})
			err := l.complaint()
			if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
				t.Errorf("complaint %v, not %q", err, c.want)
			}
		})
	}
	l := newLedger()
	l.add("1-0")
	l.compare(nil)
	if err := l.complaint(); err == nil || !strings.Contains(err.Error(), "is not in the stream") {
		t.Errorf("a message that is lost: %v", err)
	}
}
