package core

import (
	"cmp"

	"github.com/ferrousdb/ferrous/core/order"
)

// Guard is a state of the server in which commands are refused for what they are,
// whatever their arguments: while it loads, while the disk fails, while a script
// keeps it busy. A guard is a row: what it refuses follows from the flags in the
// rows of commands. It is off until its Switch is turned on; guards that are off
// cost nothing, those that are on a look at each command, also within a pipeline.
// What depends on keys is for OnBefore.
type Guard struct {
	Name string
	// Order says who is asked first where several refuse: the lowest. Those of
	// Redis are the constants.
	Order GuardOrder
	// Refuses are the flags of which a command must have one to be refused; 0 means
	// every command. Spares are those that let it pass all the same.
	Refuses, Spares Flags
	// Doors are those that it stands at; none means everywhere but in EXEC, which
	// asks for all that is queued when it is itself let in.
	Doors Doors
	// Err is the answer.
	Err error
	// Why, if set, is asked in the end, and returns the answer or nil. It may be
	// called with locks held, and takes none but leaves.
	Why func(c *Ctx) error
}

// GuardOrder is a place in the order in which guards are asked.
type GuardOrder int

// The order of Redis.
const (
	GuardOOM GuardOrder = 10 * (iota + 1)
	GuardMisconf
	GuardNoReplicas
	GuardReadOnly
	GuardMasterDown
	GuardLoading
	GuardBusy
)

// Doors is a set of places that commands come from.
type Doors uint8

// At makes a set of doors.
func At(where ...Where) (d Doors) {
	for _, w := range where {
		d |= 1 << w
	}
	return d
}

const usualDoors = Doors(1<<TopLevel | 1<<InMulti | 1<<InScript | 1<<Retried)

// Guard registers a guard.
func (r *Registry) Guard(g Guard) *Switch {
	if g.Err == nil && g.Why == nil {
		r.fail("guard %q has no answer", g.Name)
	}
	if g.Doors == 0 {
		g.Doors = usualDoors
	}
	sw := r.Hooks.newSwitch(8)
	r.Hooks.guards = append(r.Hooks.guards, hook[Guard]{sw, g})
	order.Stable(r.Hooks.guards, func(a, b hook[Guard]) int { return cmp.Compare(a.fn.Order, b.fn.Order) })
	return sw
}

// Refusal asks the guards whether a command with these flags would be refused at a
// door, whatever it is: what scripts ask before they begin. It returns the answer.
func (c *Ctx) Refusal(flags Flags, where Where) error {
	if c.Obeyed || !c.Hooks.any(hookGuard) {
		return nil
	}
	return c.Hooks.guard(c, flags, where)
}

// Guarded reports whether any guard or any hook of OnBefore is on.
func (h *Hooks) Guarded() bool { return h.any(hookGuard | hookBefore) }

// Refusal asks the guards, then the hooks of OnBefore, whether c's command may
// run, and returns the error to answer if not. flags are those of the call.
func (h *Hooks) Refusal(c *Ctx, flags Flags, where Where) error {
	if !h.Guarded() {
		return nil
	}
	if err := h.guard(c, flags, where); err != nil {
		return err
	}
	for _, x := range h.before {
		if x.sw.on.Load() {
			if err := x.fn(c, where); err != nil {
				return err
			}
		}
	}
	return nil
}

// guard asks the guards only.
func (h *Hooks) guard(c *Ctx, flags Flags, where Where) error {
	if where == InScript {
		flags &^= TellsHealth // it tells those who ask from outside
		if c.Committed {
			flags &^= Write
		}
	}
	for i := range h.guards {
		if !h.guards[i].sw.on.Load() {
			continue
		}
		g := &h.guards[i].fn
		if g.Doors&(1<<where) == 0 || g.Refuses != 0 && flags&g.Refuses == 0 || flags&g.Spares != 0 {
			continue
		}
		if g.Why == nil {
			return g.Err
		}
		if err := g.Why(c); err != nil {
			return err
		}
	}
	return nil
}
