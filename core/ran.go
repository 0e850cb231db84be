package core

// What a module may do between a command's run and the next: remember what it has
// read, before anybody can change that (OnExecuted); send its client something after
// the reply (Ctx.AfterReply); and send at once what a whole turn of an event loop has
// brought together (OnTurnEnd).

// OnExecuted registers a hook for commands that have run, those run by others and
// retries of blocked ones included, called while the locks of their keys are
// still held and what they have changed is fed, whatever was replied. So what it notes of a key is noted before
// the next change of that key. It takes no locks but leaves. Commands that come
// from no client may be left out.
func (r *Registry) OnExecuted(fn func(c *Ctx)) *Switch {
	sw := r.Hooks.newSwitch(6)
	r.Hooks.ran = append(r.Hooks.ran, hook[func(*Ctx)]{sw, fn})
	return sw
}

// OnTurnEnd registers a hook for what an event loop has brought together: it is called
// before the replies of a batch of commands leave, so that whoever has one knows
// that what OnTurnEnd sends comes before whatever follows, and at the end of the
// loop's turn. loop is that of Ctx.Loop. No shard is locked.
func (r *Registry) OnTurnEnd(fn func(loop int)) *Switch {
	sw := r.Hooks.newSwitch(7)
	r.Hooks.turn = append(r.Hooks.turn, hook[func(int)]{sw, fn})
	return sw
}

// Ran tells the hooks that a command has run; it is the host's.
func (h *Hooks) Ran(c *Ctx) {
	if !h.any(hookRan) {
		return
	}
	for _, x := range h.ran {
		if x.sw.on.Load() {
			x.fn(c)
		}
	}
}

// Turn tells the hooks that a loop has done what there was to do; it is the host's.
func (h *Hooks) Turn(loop int) {
	if !h.any(hookTurn) {
		return
	}
	for _, x := range h.turn {
		if x.sw.on.Load() {
			x.fn(loop)
		}
	}
}

// AfterReply sends a message to the session of the call right after the call's reply,
// or that of the command which has called this one: before the replies to what
// the client sent next. It is sent even if the client wants no replies. Messages
// for other sessions go through Conn.DeliverMessage; so may one for this session
// whose place among the replies does not matter.
func (c *Ctx) AfterReply(m *Message) { c.afterReply = append(c.afterReply, m) }

// TakeMessages writes the messages that are on their way to the session of the
// call (Conn.DeliverMessage, Deliver). A handler that ends what brings them, or changes the form
// that they come in, calls it in between: no more are sent then, and those that
// were come before its reply, as the client expects. Within a transaction, whose
// reply they would break, they are dropped: nobody can tell that they were not
// sent later.
func (c *Ctx) TakeMessages() {
	if c.Exec == nil || c.Session == nil || c.Session.Quiet() { // its replies come as messages, too
		return
	}
	take := c.Raw
	if c.NoBlock {
		take = func([]byte) {}
	}
	c.Exec.TakeMessages(c.Session, take)
}

// TakeAfterReply returns what AfterReply was given, and forgets it; it is the host's.
func (c *Ctx) TakeAfterReply() []*Message {
	t := c.afterReply
	c.afterReply = nil
	return t
}

// HasAfterReply reports whether there is anything for TakeAfterReply.
func (c *Ctx) HasAfterReply() bool { return len(c.afterReply) > 0 }
