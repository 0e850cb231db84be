package backup

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// schedule is when backups are made: at the minutes of a crontab's line, or after equal
// times.
type schedule struct {
	text  string
	every time.Duration // 0 for a line of crontab

	minute, hour, day, month, weekday uint64 // bits
	anyDay, anyWeekday                bool   // the fields are stars
}

// parseSchedule reads "every 6h" or five fields of a crontab; nil for nothing.
func parseSchedule(text string) (*schedule, error) {
	fields := strings.Fields(text)
	s := &schedule{text: strings.Join(fields, " ")}
	switch len(fields) {
	case 0:
		return nil, nil
	case 2:
		if fields[0] != "every" {
			break
		}
		d, err := time.ParseDuration(fields[1])
		if err != nil || d < time.Minute {
			return nil, errors.New("argument must be a time of at least a minute behind every, such as every 6h or every 30m")
		}
		s.every = d
		return s, nil
	case 5:
		var err error
		for i, f := range []struct {
			into     *uint64
			min, max int
		}{{&s.minute, 0, 59}, {&s.hour, 0, 23}, {&s.day, 1, 31}, {&s.month, 1, 12}, {&s.weekday, 0, 7}} {
			if *f.into, err = parseField(fields[i], f.min, f.max); err != nil {
				return nil, err
			}
		}
		if s.weekday&(1<<7) != 0 { // Sunday, too
			s.weekday |= 1
		}
		s.anyDay, s.anyWeekday = fields[2] == "*", fields[4] == "*"
		if s.after(time.Now()).IsZero() {
			return nil, errors.New("argument names a day that never comes")
		}
		return s, nil
	}
	return nil, errors.New("argument must be \"every TIME\" or five fields as in crontab: minute hour day month weekday")
}

// parseField reads a field: numbers, ranges, steps, separated by commas; a star is all.
func parseField(text string, low, high int) (bits uint64, err error) {
	bad := fmt.Errorf("argument has the field %q, which is not made of numbers from %d to %d, such as *, 5, 1-5, */10 or 1,3", text, low, high)
	for part := range strings.SplitSeq(text, ",") {
		part, stepText, stepped := strings.Cut(part, "/")
		step := 1
		if stepped {
			if step, err = strconv.Atoi(stepText); err != nil || step < 1 {
				return 0, bad
			}
		}
		from, to := low, high
		if part != "*" {
			first, last, isRange := strings.Cut(part, "-")
			if from, err = strconv.Atoi(first); err != nil {
				return 0, bad
			}
			to = from
			if isRange {
				if to, err = strconv.Atoi(last); err != nil {
					return 0, bad
				}
			} else if stepped {
				to = high
			}
		}
		if from < low || to > high || from > to {
			return 0, bad
		}
		for n := from; n <= to; n += step {
			bits |= 1 << n
		}
	}
	return bits, nil
}

// after returns the first time of the schedule that is later than a time; zero if there is
// none within the longest that any day of a calendar lets wait.
func (s *schedule) after(t time.Time) time.Time {
	if s.every > 0 {
		return t.Add(s.every)
	}
	t = t.Truncate(time.Minute).Add(time.Minute)
	for end := t.AddDate(9, 0, 0); t.Before(end); {
		switch {
		case s.month&(1<<t.Month()) == 0:
			t = time.Date(t.Year(), t.Month()+1, 1, 0, 0, 0, 0, t.Location())
		case !s.onDay(t):
			t = time.Date(t.Year(), t.Month(), t.Day()+1, 0, 0, 0, 0, t.Location())
		case s.hour&(1<<t.Hour()) == 0:
			// Not by the calendar: where clocks are put back an hour comes twice.
			t = t.Add(time.Hour - time.Duration(t.Minute())*time.Minute)
		case s.minute&(1<<t.Minute()) == 0:
			t = t.Add(time.Minute)
		default:
			return t
		}
	}
	return time.Time{}
}

// onDay: as in crontab, where both the day and the weekday are given one of them is enough.
func (s *schedule) onDay(t time.Time) bool {
	day, weekday := s.day&(1<<t.Day()) != 0, s.weekday&(1<<t.Weekday()) != 0
	if s.anyDay || s.anyWeekday {
		return day && weekday
	}
	return day || weekday
}
