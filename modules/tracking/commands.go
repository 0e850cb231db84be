package tracking

import (
	"fmt"

	"github.com/ferrousdb/ferrous/core"
)

// wish is what CLIENT TRACKING asks for.
type wish struct {
	redirect int64 // 0 for nobody
	state    uint32
	prefixes []string
}

var (
	errRedirectTwice = core.Err("A client can only redirect to a single other client")
	errRedirectNone  = core.Err("The client ID you want redirect to does not exist")
	errPrefix        = core.Err("PREFIX option requires BCAST mode to be enabled")
	errSwitchBcast   = core.Err("You can't switch BCAST mode on/off before disabling tracking for this client, and then re-enabling it with a different mode.")
	errBcastOpt      = core.Err("OPTIN and OPTOUT are not compatible with BCAST")
	errBothOpt       = core.Err("You can't specify both OPTIN mode and OPTOUT mode")
	errSwitchOpt     = core.Err("You can't switch OPTIN/OPTOUT mode before disabling tracking for this client, and then re-enabling it with a different mode.")
	errCaching       = core.Err("CLIENT CACHING can be called only when the client is in tracking mode with OPTIN or OPTOUT mode enabled")
	errCachingYes    = core.Err("CLIENT CACHING YES is only valid when tracking is enabled in OPTIN mode.")
	errCachingNo     = core.Err("CLIENT CACHING NO is only valid when tracking is enabled in OPTOUT mode.")
)

// tracking is CLIENT TRACKING ON|OFF [REDIRECT id] [PREFIX prefix ...] [BCAST]
// [OPTIN] [OPTOUT] [NOLOOP]. The options are looked at even if it is OFF.
func (m *module) tracking(c *core.Ctx) error {
	w, err := parse(c)
	if err != nil {
		return err
	}
	switch {
	case c.Is(2, "off"):
		m.stop(c.Session)
		c.TakeMessages()
	case c.Is(2, "on"):
		cl := m.of(c.Session)
		if err := cl.allows(w); err != nil {
			return err
		}
		var to *client
		if w.redirect != 0 {
			to = m.of(c.Server.Session(uint64(w.redirect)))
		}
		if w.state&broadcasting != 0 && len(w.prefixes) == 0 {
			w.prefixes = []string{""}
		}
		m.start(cl, to, w.state, w.prefixes)
	default:
		return core.ErrSyntax
	}
	c.OK()
	return nil
}

func parse(c *core.Ctx) (w wish, err error) {
	states := map[string]uint32{"bcast": broadcasting, "optin": optIn, "optout": optOut, "noloop": noLoop}
next:
	for i := 3; i < len(c.Args); i++ {
		more := i+1 < len(c.Args)
		switch {
		case c.Is(i, "redirect") && more:
			i++
			if w.redirect != 0 {
				return w, errRedirectTwice
			}
			if w.redirect, err = c.ArgInt(i); err != nil {
				return w, err
			}
			if w.redirect <= 0 || c.Server.Session(uint64(w.redirect)) == nil {
				return w, errRedirectNone
			}
			continue
		case c.Is(i, "prefix") && more:
			i++
			w.prefixes = append(w.prefixes, string(c.Args[i]))
			continue
		}
		for word, state := range states {
			if c.Is(i, word) {
				w.state |= state
				continue next
			}
		}
		return w, core.ErrSyntax
	}
	return w, nil
}

// allows returns the error if the client cannot track like that: in itself, or
// after what it has asked for before.
func (cl *client) allows(w wish) error {
	had := cl.state.Load()
	switch bcast := w.state & broadcasting; {
	case bcast == 0 && len(w.prefixes) > 0:
		return errPrefix
	case had&tracks != 0 && had&broadcasting != bcast:
		return errSwitchBcast
	case bcast != 0 && w.state&(optIn|optOut) != 0:
		return errBcastOpt
	case w.state&optIn != 0 && w.state&optOut != 0:
		return errBothOpt
	case w.state&optIn != 0 && had&optOut != 0 || w.state&optOut != 0 && had&optIn != 0:
		return errSwitchOpt
	}
	if a, b, existing, clash := overlap(cl.prefixes, w.prefixes); clash {
		which := "another provided"
		if existing {
			which = "an existing"
		}
		return core.Err(fmt.Sprintf("Prefix '%s' overlaps with %s prefix '%s'. Prefixes for a single client must not overlap.", a, which, b))
	}
	return nil
}

// caching is CLIENT CACHING YES|NO.
func (m *module) caching(c *core.Ctx) error {
	cl := m.of(c.Session)
	switch {
	case !cl.is(tracks):
		return errCaching
	case c.Is(2, "yes"):
		if !cl.is(optIn) {
			return errCachingYes
		}
	case c.Is(2, "no"):
		if !cl.is(optOut) {
			return errCachingNo
		}
	default:
		return core.ErrSyntax
	}
	cl.state.Or(choice)
	c.OK()
	return nil
}

// getRedir is CLIENT GETREDIR.
func (m *module) getRedir(c *core.Ctx) error {
	c.Int(m.redirection(c.Session))
	return nil
}

// redirection returns who gets the invalidations of a session: -1 if it does not track, 0
// for itself.
func (m *module) redirection(s *core.Session) int64 {
	cl, _ := s.Slots[m.slot].(*client)
	switch {
	case cl == nil || !s.Marks.Has(m.tracked):
		return -1
	case cl.redirect.Load() == nil:
		return 0
	}
	return int64(cl.redirect.Load().session.ID)
}

// trackingInfo is CLIENT TRACKINGINFO.
func (m *module) trackingInfo(c *core.Ctx) error {
	cl := m.of(c.Session)
	state := cl.state.Load()
	flags := []string{"off"}
	if state&tracks != 0 {
		flags[0] = "on"
	}
	for _, f := range []struct {
		on   bool
		name string
	}{
		{state&broadcasting != 0, "bcast"},
		{state&optIn != 0, "optin"},
		{state&optIn != 0 && state&choice != 0, "caching-yes"},
		{state&optOut != 0, "optout"},
		{state&optOut != 0 && state&choice != 0, "caching-no"},
		{state&noLoop != 0, "noloop"},
		{c.Session.Marks.Has(m.broken), "broken_redirect"},
	} {
		if f.on {
			flags = append(flags, f.name)
		}
	}
	c.Map(3)
	c.BulkString("flags")
	c.Set(len(flags))
	for _, f := range flags {
		c.BulkString(f)
	}
	c.BulkString("redirect")
	c.Int(m.redirection(c.Session))
	c.BulkString("prefixes")
	c.Array(len(cl.prefixes)) // only its own commands change them
	for _, p := range cl.prefixes {
		c.BulkString(p)
	}
	return nil
}
