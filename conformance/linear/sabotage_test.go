package main

import (
	"strings"
	"testing"
)

// TestLedger: what is wrong with a queue is found.
func TestLedger(t *testing.T) {
	fine := func() map[string]*element {
		return map[string]*element{
			"0:0": {list: "q0", pushCall: 1, pushReturn: 2, popCall: 10, popReturn: 11, popped: 1},
			"0:1": {list: "q0", pushCall: 3, pushReturn: 4, popCall: 12, popReturn: 13, popped: 1},
			"1:0": {list: "q1", pushCall: 5, pushReturn: 6, popCall: 8, popReturn: 9, popped: 1},
		}
	}
	if err := inTurn(fine()); err != nil {
		t.Error(err)
	}
	wrong := fine()
	wrong["0:0"].popCall, wrong["0:0"].popReturn = 14, 15
	if err := inTurn(wrong); err == nil {
		t.Error("0:0 was pushed before 0:1 and taken after it")
	}
}

// TestInOrder: messages that are lost, repeated or out of order are found.
func TestInOrder(t *testing.T) {
	for sent, want := range map[string]bool{
		"0:1 1:1 0:2 1:2": true,
		"0:1 0:3":         false,
		"0:1 0:1":         false,
		"0:2 0:1":         false,
		"0:1 nonsense":    false,
	} {
		last, right := make([]int64, 2), true
		for message := range strings.FieldsSeq(sent) {
			right = right && inOrder(last, message) == nil
		}
		if right != want {
			t.Errorf("%s: %v", sent, right)
		}
	}
}
