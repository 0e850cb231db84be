package core

// What a negative count of HRANDFIELD and its kin may ask for: members that may be
// the same, so the reply has no bound in the data. Redis makes whatever is asked for.
const (
	maxRepeats     = 1 << 27
	maxRepeatBytes = 1 << 30
)

// Repeat writes a reply that may say the same any number of times: begin opens it,
// and one is called n times. What would be too much for any client is an error, which
// takes the place of what was written; what has become too much for this one is given
// up.
func (c *Ctx) Repeat(n int64, begin, one func()) error {
	if n > maxRepeats {
		return ErrOutOfRange
	}
	mark := c.Mark()
	for begin(); n > 0 && !c.Unwanted(); n-- {
		if one(); c.Mark()-mark > maxRepeatBytes {
			return ErrOutOfRange
		}
	}
	return nil
}
