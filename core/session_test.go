package core

import (
	"errors"
	"testing"
)

// gate is an interceptor that deals with some commands.
type gate struct {
	deals   bool
	err     error
	seen    int
	refused int
}

func (g *gate) Command(*Ctx) (bool, error) { g.seen++; return g.deals, g.err }
func (g *gate) Refused(*Ctx, error)        { g.refused++ }

func TestInterceptorsNest(t *testing.T) {
	s := &Session{}
	below, mid, top := &gate{}, &gate{}, &gate{}
	s.Pop(top) // of none
	for _, g := range []*gate{below, mid, top} {
		s.Push(g)
	}
	s.Pop(&gate{}) // a stranger
	last := &gate{}
	s.PushLast(last)
	mid.deals, mid.err = true, errors.New("no")
	if done, err := s.Intercept.Command(nil); !done || err != mid.err {
		t.Errorf("the answer is %v, %v", done, err)
	}
	if top.seen != 1 || mid.seen != 1 || below.seen != 0 || last.seen != 0 {
		t.Errorf("seen by %d, %d, %d, %d", top.seen, mid.seen, below.seen, last.seen)
	}
	s.Pop(mid)
	if done, _ := s.Intercept.Command(nil); done || below.seen != 1 || last.seen != 1 {
		t.Error("an interceptor that was taken out still deals with commands, or others do not see them")
	}
	s.Intercept.Refused(nil, nil)
	if top.refused != 1 || below.refused != 1 || last.refused != 1 || mid.refused != 0 {
		t.Error("a refusal was not told to all")
	}
	s.Pop(last)
	s.Pop(below)
	if s.Intercept != Interceptor(top) {
		t.Error("the last one is not alone")
	}
	s.Pop(top)
	if s.Intercept != nil {
		t.Error("an interceptor is left")
	}
}

// TestInterceptorBehindOne: who takes commands for later stands behind the only
// other, too.
func TestInterceptorBehindOne(t *testing.T) {
	s, front, queue := &Session{}, &gate{}, &gate{deals: true}
	s.Push(front)
	s.PushLast(queue)
	if done, _ := s.Intercept.Command(nil); !done || front.seen != 1 || queue.seen != 1 {
		t.Errorf("seen by %d and %d", front.seen, queue.seen)
	}
}
