package dump

import (
	"math/rand/v2"
	"time"
)

// Delay is what the parameters rdb-key-save-delay and key-load-delay ask for after a key: so many
// microseconds, or one after one of so many keys if it is negative.
func Delay(usec int64) time.Duration {
	if usec < 0 {
		// A shorter wait than that for a switch of tasks is had by waiting seldom.
		if rand.Int64N(-usec) > 0 {
			return 0
		}
		usec = 1
	}
	return time.Duration(usec) * time.Microsecond
}
