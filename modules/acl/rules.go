package acl

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/config"
)

// What is wrong with a rule, in Redis's words.
var (
	errUnknown   = errors.New("Unknown command or category name in ACL")
	errRule      = errors.New("Syntax error")
	errAllKeys   = errors.New("Adding a pattern after the * pattern (or the 'allkeys' flag) is not valid and does not have any effect. Try 'resetkeys' to start with an empty list of patterns")
	errAllChans  = errors.New("Adding a pattern after the * pattern (or the 'allchannels' flag) is not valid and does not have any effect. Try 'resetchannels' to start with an empty list of channels")
	errNoSuchPw  = errors.New("The password you are trying to remove from the user does not exist")
	errBadHash   = errors.New("The password hash must be exactly 64 characters and contain only lowercase hexadecimal characters")
	errDuplicate = errors.New("Duplicate user found. A user can only be defined once in config files")
	errSubArg    = errors.New("Allowing first-arg of a subcommand is not supported")
)

// apply changes the user by one rule, or returns one of the errors above and may
// have changed nothing. The caller settles the user afterwards.
func (u *user) apply(rule string) error {
	if rule == "" {
		return nil
	}
	switch strings.ToLower(rule) {
	case "on":
		u.enabled = true
	case "off":
		u.enabled = false
	case "skip-sanitize-payload":
		u.skipSanitize = true
	case "sanitize-payload":
		u.skipSanitize = false
	case "nopass":
		u.noPass, u.passwords = true, nil
	case "resetpass":
		u.noPass, u.passwords = false, nil
	case "clearselectors":
		u.selectors = u.selectors[:1:1]
	case "reset":
		u.rights = u.m.newUser(u.name).rights
	default:
		return u.applyOther(rule)
	}
	return nil
}

// applyOther is apply for rules that begin with a sign.
func (u *user) applyOther(rule string) error {
	switch rule[0] {
	case '>', '#', '<', '!':
		return u.applyPassword(rule)
	case '(':
		if rule[len(rule)-1] != ')' {
			break
		}
		s, err := u.m.parseSelector(rule[1 : len(rule)-1])
		if err == nil {
			u.selectors = append(u.selectors, s)
		}
		return err
	}
	return u.selectors[0].apply(u.m.registry, rule)
}

func (u *user) applyPassword(rule string) error {
	hash := rule[1:]
	if rule[0] == '>' || rule[0] == '<' {
		hash = hashOf(hash)
	} else if len(hash) != 64 || strings.Trim(hash, "0123456789abcdef") != "" {
		return errBadHash
	}
	at := slices.Index(u.passwords, hash)
	if rule[0] == '<' || rule[0] == '!' {
		if at < 0 {
			return errNoSuchPw
		}
		u.passwords = slices.Delete(u.passwords, at, at+1)
		return nil
	}
	if at < 0 {
		u.passwords = append(u.passwords, hash)
	}
	u.noPass = false
	return nil
}

// parseSelector makes a selector of the rules between parentheses.
func (m *module) parseSelector(rules string) (*selector, error) {
	words, err := config.SplitWords(rules)
	if err != nil {
		return nil, errRule
	}
	s := m.newSelector()
	for _, w := range words {
		if err := s.apply(m.registry, w); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// apply changes the selector by one rule.
func (s *selector) apply(r *core.Table, rule string) error {
	switch strings.ToLower(rule) {
	case "allkeys", "~*":
		s.anyKey, s.keys = true, nil
	case "resetkeys":
		s.anyKey, s.keys = false, nil
	case "allchannels", "&*":
		s.anyChannel, s.channels = true, nil
	case "resetchannels":
		s.anyChannel, s.channels = false, nil
	case "allcommands", "+@all":
		s.allowAll()
	case "nocommands", "-@all":
		s.allowNone()
	case "":
		return errRule
	default:
		return s.applyOther(r, rule)
	}
	return nil
}

func (s *selector) applyOther(r *core.Table, rule string) error {
	switch rule[0] {
	case '~', '%':
		return s.applyKey(rule)
	case '&':
		switch {
		case s.anyChannel:
			return errAllChans
		case hasSpaces(rule[1:]):
			return errRule
		}
		s.channel(rule[1:])
		return nil
	case '+', '-':
		return s.applyCommand(r, rule[1:], rule[0] == '+')
	}
	return errRule
}

func (s *selector) applyKey(rule string) error {
	if s.anyKey {
		return errAllKeys
	}
	how, pattern, _ := strings.Cut(rule, "~")
	k := keyPattern{reads | writes, pattern}
	if how != "" {
		switch strings.ToUpper(how) {
		case "%R":
			k.access = reads
		case "%W":
			k.access = writes
		case "%RW", "%WR":
		default:
			return errRule
		}
	}
	if hasSpaces(pattern) {
		return errRule
	}
	s.key(k)
	return nil
}

// applyCommand is for what follows + or -.
func (s *selector) applyCommand(r *core.Table, name string, allow bool) error {
	if strings.HasPrefix(name, "@") {
		cat := core.CategoryByName(strings.ToLower(name[1:]))
		if cat == 0 {
			return errUnknown
		}
		s.remember(name, allow)
		s.category(r.All(), cat, allow)
		return nil
	}
	if i := strings.LastIndexByte(name, '|'); allow && i >= 0 {
		return s.applyPart(r, name, name[:i], name[i+1:])
	}
	cmd := r.Find(name)
	if cmd == nil {
		return errUnknown
	}
	s.command(cmd, allow)
	s.remember(cmd.FullName(), allow)
	return nil
}

// applyPart allows a subcommand, or a command with a first argument.
func (s *selector) applyPart(r *core.Table, name, container, part string) error {
	cmd := r.Find(container)
	switch {
	case cmd == nil:
		return errUnknown
	case cmd.Container() != nil:
		return errSubArg
	case part == "", hasSpaces(part):
		return errRule
	case len(cmd.Sub) == 0:
		s.firstArg(cmd, part)
	default:
		sub := r.Find(name)
		if sub == nil {
			return errUnknown
		}
		s.command(sub, true)
	}
	s.remember(name, true)
	return nil
}

// hasSpaces reports what names and patterns must not hold, so that rules can be
// written down as words.
func hasSpaces(s string) bool { return strings.ContainsAny(s, " \t\n\v\f\r\x00") }

// merge puts together the words of selectors that were split at blanks. An error
// is the word with the parenthesis that nothing closes.
func merge(words []string) (rules []string, open string) {
	start := -1
	for i, w := range words {
		closes := strings.HasSuffix(w, ")")
		switch {
		case start < 0 && strings.HasPrefix(w, "(") && !closes:
			start = i
		case start >= 0 && closes:
			rules = append(rules, strings.Join(words[start:i+1], " "))
			start = -1
		case start < 0:
			rules = append(rules, w)
		}
	}
	if start >= 0 {
		return nil, words[start]
	}
	return rules, ""
}

// ruleError is a rule that cannot be applied.
type ruleError struct {
	rule   string
	reason error
}

// Error implements error.
func (e *ruleError) Error() string {
	return fmt.Sprintf("Error in ACL SETUSER modifier '%s': %s", e.rule, e.reason)
}

// applyAll changes the user by rules, whose selectors may be split into words.
// After an error the user is of no use.
func (u *user) applyAll(words []string) error {
	rules, open := merge(words)
	if open != "" {
		return fmt.Errorf("Unmatched parenthesis in acl selector starting at '%s'.", open)
	}
	for _, rule := range rules {
		if err := u.apply(rule); err != nil {
			return &ruleError{rule, err}
		}
	}
	u.settle()
	return nil
}
