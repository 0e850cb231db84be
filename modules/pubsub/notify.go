package pubsub

import (
	"errors"
	"strconv"
	"strings"
	"sync/atomic"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/config"
)

// Keyspace events: what happens to keys is published to channels, for the classes
// that notify-keyspace-events names. The hook for changed keys is off while it
// names none.

// The letters that say to which channels, beside those of the classes.
const (
	keyspaceEvents core.Event = 1 << (24 + iota) // K: __keyspace@<db>__:<key>
	keyeventEvents                               // E: __keyevent@<db>__:<event>
)

// classes are the letters that A stands for, in the order of CONFIG GET.
var classes = [...]struct {
	letter byte
	class  core.Event
}{
	{'g', core.EventGeneric}, {'$', core.EventString}, {'l', core.EventList}, {'s', core.EventSet},
	{'h', core.EventHash}, {'z', core.EventZSet}, {'x', core.EventExpired}, {'e', core.EventEvicted},
	{'t', core.EventStream}, {'d', core.EventModule},
}

// others are the letters that A does not stand for. New keys are named among the
// classes by Redis only if not all of those are there.
var others = [...]struct {
	letter byte
	class  core.Event
}{{'n', core.EventNew}, {'K', keyspaceEvents}, {'E', keyeventEvents}, {'m', core.EventKeyMiss}}

// allClasses is A.
func allClasses() (all core.Event) {
	for _, x := range classes {
		all |= x.class
	}
	return all
}

var errEvents = errors.New("Invalid event class character. Use 'Ag$lshzxeKEtmdn'.")

func parseEvents(text string) (set core.Event, err error) {
next:
	for i := range len(text) {
		if text[i] == 'A' {
			set |= allClasses()
			continue
		}
		for _, x := range classes {
			if x.letter == text[i] {
				set |= x.class
				continue next
			}
		}
		for _, x := range others {
			if x.letter == text[i] {
				set |= x.class
				continue next
			}
		}
		return 0, errEvents
	}
	return set, nil
}

func formatEvents(set core.Event) string {
	var b strings.Builder
	all := allClasses()
	if set&all == all {
		b.WriteByte('A')
	} else {
		for _, x := range classes {
			if set&x.class != 0 {
				b.WriteByte(x.letter)
			}
		}
	}
	for _, x := range others {
		if set&x.class != 0 && (x.class != core.EventNew || set&all != all) {
			b.WriteByte(x.letter)
		}
	}
	return b.String()
}

// notifier publishes keyspace events.
type notifier struct {
	m   *module
	set atomic.Uint32 // of core.Event
	sw  *core.Switch

	param *config.CustomVar[core.Event]
}

func (n *notifier) declare(r *core.Registry) {
	n.param = config.Custom(r.Config, config.Param{
		Name: "notify-keyspace-events", Section: "notifications", Default: "",
		Doc: "Which events of keys are published: K to __keyspace@<db>__:<key>, E to __keyevent@<db>__:<event>, or both; and of which classes: g generic, $ strings, l lists, s sets, h hashes, z sorted sets, x expired, e evicted, t streams, d modules, A for all of these, n new keys, m missed keys.",
	}, config.Codec[core.Event]{
		Parse:  func(words []string, _ core.Event) (core.Event, error) { return parseEvents(words[0]) },
		Format: formatEvents,
	})
	n.sw = r.OnChange(n.changed)
	r.Config.Apply(n.apply, n.param)
}

// apply puts the parameter in force.
func (n *notifier) apply() error {
	set := n.param.Load()
	n.set.Store(uint32(set))
	n.sw.Set(set&(keyspaceEvents|keyeventEvents) != 0)
	return nil
}

// changed is the hook for changed keys.
func (n *notifier) changed(c *core.Ctx, ch core.Change) {
	set := core.Event(n.set.Load())
	if ch.Name == "" || set&ch.Class == 0 {
		return
	}
	name := []byte(ch.Name)
	if set&keyspaceEvents != 0 {
		n.m.send(c, eventChannel("__keyspace@", ch.DB, ch.Key), name)
	}
	if set&keyeventEvents != 0 {
		n.m.send(c, eventChannel("__keyevent@", ch.DB, name), ch.Key)
	}
}

func eventChannel(prefix string, db int, what []byte) []byte {
	b := make([]byte, 0, len(prefix)+len("15__:")+len(what))
	b = strconv.AppendInt(append(b, prefix...), int64(db), 10)
	return append(append(b, "__:"...), what...)
}
