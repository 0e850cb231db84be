package dump

import (
	"context"
	"time"
)

// sleep waits for d, or until ctx is cancelled.
func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

// hurryEvery is how long a sleep lasts at least that somebody may end.
const hurryEvery = 10 * time.Millisecond

// sleepUnless sleeps, in steps, until hurry, if there is one, says that it is enough.
func sleepUnless(ctx context.Context, d time.Duration, hurry func() bool) error {
	if hurry == nil {
		return sleep(ctx, d)
	}
	for end := time.Now().Add(d); !hurry(); {
		rest := time.Until(end)
		if rest <= 0 {
			break
		}
		if err := sleep(ctx, min(rest, hurryEvery)); err != nil {
			return err
		}
	}
	return nil
}
