package replication

import "github.com/ferrousdb/ferrous/core"

// fed takes a write from the feed into the stream. It is on while this is a master whose
// stream is kept.
func (m *module) fed(f core.Fed) {
	if f.Skip&core.FeedReplicas == 0 {
		m.stream.feed(f)
	}
}
