package transactions_test

import "testing"

// TestStatistics: queued commands are counted when they run, and their errors are
// theirs, not EXEC's.
func TestStatistics(t *testing.T) {
	c := start(t, 1, figures)[0]
	c.Do("SET k abc", "MULTI", "INCR k", "GET k", "EXEC")
	c.Do("MULTI", "GET k", "DISCARD")
	c.Do("MULTI", "NOSUCH", "GET k", "EXEC")
	c.Do("MULTI", "MULTI", "WATCH k", "EXEC", "EXEC", "EXEC now")
	for command, want := range map[string]string{
		"incr":    "1 calls, 0 rejected, 1 failed",
		"get":     "1 calls, 0 rejected, 0 failed",
		"multi":   "5 calls, 0 rejected, 1 failed",
		"watch":   "1 calls, 0 rejected, 1 failed",
		"exec":    "4 calls, 1 rejected, 2 failed",
		"discard": "1 calls, 0 rejected, 0 failed",
	} {
		c.want(want, "figures "+command)
	}
}
