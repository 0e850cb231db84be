package core

import "testing"

// TestFeedOfOneCommand: nothing that one command has said about the feed holds for the
// next one, be it that it fed nothing itself. After a plain SWAPDB each EXEC of the loop
// collected what others, whose keys it had not locked, deleted meanwhile.
func TestFeedOfOneCommand(t *testing.T) {
	c := &Ctx{Hooks: &Hooks{}}
	c.Hooks.Swapped(c, 0, 1)
	c.FeedTo(FeedLog)
	c.Reset(&Command{}, nil)
	if c.Swapped() {
		t.Error("the command before has swapped databases, not this one")
	}
	if c.feed.skip != 0 {
		t.Error("the command before has chosen who is fed, not this one")
	}
}
