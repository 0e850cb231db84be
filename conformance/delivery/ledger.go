package main

import (
	"errors"
	"fmt"
	"sync"
	"time"
)

// way is how a message came to a consumer.
type way string

const (
	asNew     way = "as new"
	asHistory way = "as its own pending entry"
	asClaimed way = "claimed"
)

// message is what is known of an entry of the stream, by replies alone.
type message struct {
	added     bool          // its XADD was answered
	handled   int           // how often a consumer got it
	new       bool          // it was delivered as new
	attempts  int           // XACKs that were sent for it
	acked     int           // and how many were answered with 1
	ackedAt   time.Duration // when the first such answer was read
	confirmed bool          // there is ackedAt
}

// ledger collects what replies tell of messages, by their ids, and notices at once what
// cannot be. It is safe for concurrent use.
type ledger struct {
	begun time.Time

	mu       sync.Mutex
	messages map[string]*message
	handled  int // messages that were handled once at least
	repeated int // deliveries beyond a message's first
	claimed  int
	deaths   int // of consumers
	wrong    []string
}

func newLedger() *ledger { return &ledger{begun: time.Now(), messages: map[string]*message{}} }

// now is the time by which the order of commands and replies is told.
func (l *ledger) now() time.Duration { return time.Since(l.begun) }

func (l *ledger) at(id string) *message {
	m := l.messages[id]
	if m == nil {
		m = &message{}
		l.messages[id] = m
	}
	return m
}

// blame notes a fault; a few are enough.
func (l *ledger) blame(format string, args ...any) {
	if len(l.wrong) < 20 {
		l.wrong = append(l.wrong, fmt.Sprintf(format, args...))
	}
}

// add notes that XADD answered with an id.
func (l *ledger) add(id string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if m := l.at(id); m.added {
		l.blame("%s was given to two messages", id)
	} else {
		m.added = true
	}
}

// deliver notes that a consumer got a message by a command that it had sent at a time.
func (l *ledger) deliver(who, id string, how way, sent time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	m := l.at(id)
	if m.confirmed && sent > m.ackedAt {
		l.blame("%s came to %s %s by a command that was sent %v after it had been acknowledged", id, who, how, sent-m.ackedAt)
	}
	if how == asNew && m.new {
		l.blame("%s came to %s as new, which it had been before", id, who)
	}
	switch how {
	case asNew:
		m.new = true
	case asClaimed:
		l.claimed++
	}
	if m.handled++; m.handled == 1 {
		l.handled++
	} else {
		l.repeated++
	}
}

// acknowledging notes that XACK will be sent.
func (l *ledger) acknowledging(id string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.at(id).attempts++
}

// acknowledged notes how many entries XACK of this one says it has removed.
func (l *ledger) acknowledged(who, id string, n int64) {
	at := l.now()
	l.mu.Lock()
	defer l.mu.Unlock()
	m := l.at(id)
	switch {
	case n == 1:
		if m.acked++; m.acked > 1 {
			l.blame("%s was acknowledged for the second time, by %s", id, who)
		}
	case m.attempts < 2:
		l.blame("%s is not pending when %s, who had it, is the first to acknowledge it", id, who)
	}
	if !m.confirmed { // 0 says as well that it is acknowledged
		m.confirmed, m.ackedAt = true, at
	}
}

func (l *ledger) died() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.deaths++
}

// progress is how many messages were handled.
func (l *ledger) progress() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.handled
}

// compare compares the books with all the ids in the stream, when nothing is pending.
func (l *ledger) compare(ids map[string]bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for id, m := range l.messages {
		if m.added && !ids[id] {
			l.blame("%s was added and is not in the stream", id)
		}
	}
	for id := range ids {
		switch m := l.messages[id]; {
		case m == nil || m.handled == 0:
			l.blame("%s was never handled", id)
		case m.attempts == 0:
			l.blame("%s is not pending, and nobody has acknowledged it", id)
		}
	}
}

// complaint returns what was wrong.
func (l *ledger) complaint() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	var errs []error
	for _, w := range l.wrong {
		errs = append(errs, errors.New(w))
	}
	return errors.Join(errs...)
}

// summary is what happened, for people.
type summary struct {
	messages, repeated, claimed, deaths, kills int
	took                                       time.Duration
}

func (l *ledger) summary() summary {
	l.mu.Lock()
	defer l.mu.Unlock()
	return summary{messages: l.handled, repeated: l.repeated, claimed: l.claimed, deaths: l.deaths}
}

func (s summary) String() string {
	return fmt.Sprintf("%d messages handled, %d deliveries repeated, %d by claims; %d consumers died, the server %d times; %v",
		s.messages, s.repeated, s.claimed, s.deaths, s.kills, s.took)
}
