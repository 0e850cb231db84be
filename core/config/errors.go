package config

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// The reasons Redis gives for refusing a value.
var (
	errArguments       = errors.New("wrong number of arguments")
	errYesNo           = errors.New("argument must be 'yes' or 'no'")
	errInteger         = errors.New("argument couldn't be parsed into an integer")
	errOctal           = errors.New("argument couldn't be parsed as an octal number")
	errMemory          = errors.New("argument must be a memory value")
	errMemoryOrPercent = errors.New("argument must be a memory or percent value")
)

// Advise adds to the reason for refusing a value what to do about it. CONFIG SET answers the reason alone, which is Redis's;
// at start-up the advice follows.
func Advise(err error, advice string) error { return &advised{err, advice} }

type advised struct {
	error
	advice string
}

func outOfBounds(min, max int64, base int) error {
	return fmt.Errorf("argument must be between %s and %s inclusive", strconv.FormatInt(min, base), strconv.FormatInt(max, base))
}

func notOneOf(choices []Choice) error {
	names := make([]string, len(choices))
	for i, c := range choices {
		names[i] = c.Name
	}
	return errors.New("argument(s) must be one of the following: " + strings.Join(names, ", "))
}

func parseBool(text string) (value, ok bool) {
	switch {
	case strings.EqualFold(text, "yes"):
		return true, true
	case strings.EqualFold(text, "no"):
		return false, true
	}
	return false, false
}
