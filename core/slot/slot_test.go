package slot

import "testing"

// TestOf: what CLUSTER KEYSLOT of redis-server 7.0.15 says.
func TestOf(t *testing.T) {
	for key, want := range map[string]uint16{
		"": 0, "foo": 12182, "bar": 5061, "123456789": 12739, "{user1000}.following": 3443, "{user1000}.followers": 3443, "user1000": 3443,
		"foo{}{bar}": 8363, "foo{{bar}}zap": 4015, "{bar": 4015, "foo{bar}{zap}": 5061, "{}": 15257, "a{": 14311, "\x00\xff{\xfe}": 3793,
	} {
		if got := Of([]byte(key)); got != want {
			t.Errorf("%q: %d, want %d", key, got, want)
		}
	}
}
