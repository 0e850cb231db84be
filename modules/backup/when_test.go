package backup

import (
	"strings"
	"testing"
	"time"
)

func TestSchedule(t *testing.T) {
	const layout = "2006-01-02 15:04 Mon"
	now := time.Date(2026, 11, 29, 16, 45, 30, 0, time.UTC) // a Sunday
	for _, c := range []struct{ text, want string }{
		{"every 6h", "2026-11-29 22:45 Sun"},
		{"every 90m", "2026-11-29 18:15 Sun"},
		{"* * * * *", "2026-11-29 16:46 Sun"},
		{"30 3 * * *", "2026-11-30 03:30 Mon"},
		{"45 16 * * *", "2026-11-30 16:45 Mon"}, // the minute that it is has begun
		{"46 16 * * *", "2026-11-29 16:46 Sun"},
		{"*/15 * * * *", "2026-11-29 17:00 Sun"},
		{"5-10,50 16 * * *", "2026-11-29 16:50 Sun"},
		{"0 0 1 * *", "2026-12-01 00:00 Tue"},
		{"0 0 29 2 *", "2028-02-29 00:00 Tue"},
		{"0 0 * * 1", "2026-11-30 00:00 Mon"},
		{"0 0 * * 7", "2026-12-06 00:00 Sun"},
		{"0 0 * * 0", "2026-12-06 00:00 Sun"},
		{"0 0 1 * 1", "2026-11-30 00:00 Mon"}, // the first, and every Monday
		{"0 12 31 1-3 *", "2027-01-31 12:00 Sun"},
		{"10/20 5 * * *", "2026-11-30 05:10 Mon"},
	} {
		s, err := parseSchedule(c.text)
		if err != nil {
			t.Errorf("%s: %v", c.text, err)
			continue
		}
		if got := s.after(now).Format(layout); got != c.want {
			t.Errorf("%s: %s, want %s", c.text, got, c.want)
		}
	}
	for text, want := range map[string]string{
		"every day": "every 6h", "every 1s": "at least a minute", "sometimes": "five fields", "60 * * * *": "from 0 to 59", "* * 0 * *": "from 1 to 31",
		"* * * 13 *": "from 1 to 12", "*/0 * * * *": "such as", "5-1 * * * *": "such as", "x * * * *": "such as", "0 0 30 2 *": "never comes",
		"0 * * *": "five fields",
	} {
		if s, err := parseSchedule(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, %v", text, s, err)
		}
	}
	if s, err := parseSchedule(""); s != nil || err != nil {
		t.Errorf("nothing: %v, %v", s, err)
	}
}

// TestClocksChange: in the night when an hour is missing, and in the one when it comes twice,
// there is one backup.
func TestClocksChange(t *testing.T) {
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Skip(err)
	}
	s, err := parseSchedule("30 4 * * *")
	if err != nil {
		t.Fatal(err)
	}
	for _, day := range []time.Time{time.Date(2026, 3, 29, 0, 0, 0, 0, zone), time.Date(2026, 10, 25, 0, 0, 0, 0, zone)} {
		if first := s.after(day); first.Hour() != 4 || first.Minute() != 30 || first.Day() != day.Day() || s.after(first).Day() == day.Day() {
			t.Errorf("%v, %v", first, s.after(first))
		}
	}
}

func TestSuperfluous(t *testing.T) {
	now := time.Date(2026, 11, 29, 0, 0, 0, 0, time.UTC)
	var all []object
	for i := range 5 { // one a day, the latest first
		all = append(all, object{name: nameOf("a", now.AddDate(0, 0, -i)), made: now.AddDate(0, 0, -i)})
	}
	for _, c := range []struct {
		keep, days int64
		want       int
	}{{0, 0, 0}, {5, 0, 0}, {2, 0, 3}, {1, 0, 4}, {0, 2, 2}, {4, 2, 2}, {2, 3, 3}, {0, 1, 3}} {
		old := superfluous(all, c.keep, c.days, now)
		if len(old) != c.want || len(old) > 0 && old[0].name == all[0].name {
			t.Errorf("keep %d, %d days: %d", c.keep, c.days, len(old))
		}
	}
	if old := superfluous(all[4:], 0, 1, now); len(old) != 0 {
		t.Error("the only one is removed")
	}
	mixed := append(ofServer(all, "b"), ofServer(append(all, object{name: nameOf("b", now)}), "a")...)
	if len(mixed) != 5 {
		t.Errorf("%v", mixed)
	}
	for _, bad := range []string{"dump.rdb", "a-x" + extension, extension, "a-20261129T000000.000Z"} {
		if _, _, ok := parseName(bad); ok {
			t.Errorf("%s is taken for a backup", bad)
		}
	}
}
