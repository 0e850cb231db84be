package acl

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"slices"
	"strings"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/config"
)

// user is who may log in and what he may do then. It is the permissions of his
// sessions, which follow when he is changed.
type user struct {
	m    *module
	name string
	rights
}

// rights are all of a user but the name.
type rights struct {
	enabled, noPass, skipSanitize bool

	passwords []string    // SHA-256, in lower-case hexadecimal
	selectors []*selector // the first is the root, which rules without parentheses change

	// perms is the user, or nil if one of the selectors allows everything; anyKey,
	// that all of them allow every key.
	perms  core.Permissions
	anyKey bool
}

// newUser makes a user who may do nothing, which is how users begin.
func (m *module) newUser(name string) *user {
	u := &user{m: m, name: name}
	u.selectors = []*selector{m.newSelector()}
	u.settle()
	return u
}

// clone returns a copy of the rights that shares nothing with them.
func (r *rights) clone() rights {
	c := *r
	c.passwords = slices.Clone(r.passwords)
	c.selectors = make([]*selector, len(r.selectors))
	for i, s := range r.selectors {
		c.selectors[i] = s.clone()
	}
	return c
}

// settle works out what is derived, after the rights were changed.
func (u *user) settle() {
	u.perms = u
	u.anyKey = !slices.ContainsFunc(u.selectors, func(s *selector) bool { return !s.anyKey })
	if slices.ContainsFunc(u.selectors, func(s *selector) bool { return s.anyCommand && s.anyKey && s.anyChannel }) {
		u.perms = nil
	}
}

// open reports whether whoever connects is taken for this user without asking.
func (u *user) open() bool { return u.enabled && u.noPass }

// accepts reports whether a password lets the user in. It takes the same time
// whatever a wrong one has in common with a right one.
func (u *user) accepts(password []byte) bool {
	if !u.enabled || u.noPass {
		return u.enabled
	}
	given, ok := hashOf(password), 0
	for _, p := range u.passwords {
		ok |= subtle.ConstantTimeCompare([]byte(given), []byte(p))
	}
	return ok == 1
}

func hashOf[T string | []byte](password T) string {
	sum := sha256.Sum256([]byte(password))
	return hex.EncodeToString(sum[:])
}

// setPassword is what requirepass says about the default user; hash "" is none.
func (u *user) setPassword(hash string) {
	u.passwords, u.noPass = nil, hash == ""
	if hash != "" {
		u.passwords = []string{hash}
	}
}

// flags are the user's flags, in the order in which they are shown.
func (u *user) flags() (names []string) {
	if u.enabled {
		names = append(names, "on")
	} else {
		names = append(names, "off")
	}
	if u.noPass {
		names = append(names, "nopass")
	}
	if u.skipSanitize {
		return append(names, "skip-sanitize-payload")
	}
	return append(names, "sanitize-payload")
}

// rules are the rules that make such a user, as words.
func (u *user) rules() []string {
	words := u.flags()
	for _, p := range u.passwords {
		words = append(words, "#"+p)
	}
	for i, s := range u.selectors {
		if i == 0 {
			words = append(words, s.rules()...)
		} else {
			words = append(words, "("+strings.Join(quoted(s.rules()), " ")+")")
		}
	}
	return words
}

// quoted puts words into quotes that would not be read as they are. Redis does not,
// and reads another selector than it has written.
func quoted(words []string) []string {
	for i, w := range words {
		if strings.ContainsAny(w, `"'`) || strings.HasSuffix(w, ")") {
			words[i] = config.Quote(w)
		}
	}
	return words
}

// line is the user as ACL LIST shows it and files state it.
func (u *user) line() string { return "user " + u.name + " " + strings.Join(u.rules(), " ") }
