package acl

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/files"
)

// Users of the configuration, and users of the file that aclfile names.

// parseStated reads a directive "user name rules...". The rules are tried out, so
// that a mistake is told with its line.
func (m *module) parseStated(words []string, lines [][]string) ([][]string, error) {
	if len(words) == 0 {
		return lines, nil
	}
	name := words[0]
	if hasSpaces(name) {
		return nil, errors.New("Spaces not allowed in ACL usernames")
	}
	for _, line := range lines {
		if line[0] == name {
			return nil, fmt.Errorf("Error in user declaration '%s': %w", name, errDuplicate)
		}
	}
	if err := m.newUser(name).applyAll(words[1:]); err != nil {
		var bad *ruleError
		if errors.As(err, &bad) {
			err = fmt.Errorf("Error in user declaration '%s': %w", bad.rule, bad.reason)
		}
		return nil, err
	}
	return append(slices.Clip(lines), slices.Clone(words)), nil
}

// loadStated makes the users of the configuration.
func (m *module) loadStated(lines [][]string) error {
	for _, words := range lines {
		u := m.newUser(words[0])
		if err := u.applyAll(words[1:]); err != nil {
			return err
		}
		m.put(nil, u.name, u.rights)
		if !u.enabled {
			m.server.Log().Named("acl").Info("a user of the configuration is disabled: there is no 'on' among its rules", "user", u.name)
		}
	}
	return nil
}

var errNoFile = core.Err("This Redis instance is not configured to use an ACL file. You may want to specify users via the ACL SETUSER command and then issue a CONFIG REWRITE (assuming you have a Redis configuration file set) in order to store users in the Redis configuration.")

// loadFile is ACL LOAD.
func (m *module) loadFile(c *core.Ctx) error {
	if m.file.Load() == "" {
		return errNoFile
	}
	if err := m.load(c); err != nil {
		return *err
	}
	c.OK()
	return nil
}

// load replaces all users by those of the file, or returns everything that is wrong
// with it and changes nothing. Sessions of users that are gone, or are others now,
// end; those of users that the file leaves as they are go on. c is nil at the start.
func (m *module) load(c *core.Ctx) *core.Error {
	path := m.file.Load()
	text, err := os.ReadFile(m.server.Path(path))
	if err != nil {
		var cause *os.PathError
		reason := err.Error()
		if errors.As(err, &cause) {
			reason = cause.Err.Error()
		}
		return &core.Error{Code: "ERR", Text: fmt.Sprintf("Error loading ACLs, opening file '%s': %s", path, describeErrno(reason))}
	}
	users, wrong := m.parseFile(path, string(text))
	if wrong != "" {
		return &core.Error{Code: "ERR", Text: wrong + "WARNING: ACL errors detected, no change to the previously active ACL rules was performed"}
	}
	fresh := users[defaultName]
	if fresh == nil {
		fresh = m.newDefault()
	}
	old := m.users
	m.users = users
	m.users[defaultName] = m.defaultUser
	m.put(c, defaultName, fresh.rights)
	if c == nil {
		return nil
	}
	for name, u := range old {
		switch now := users[name]; {
		case u == m.defaultUser:
		case now != nil && now.line() == u.line():
			users[name] = u // whose sessions go on
		default:
			m.remove(c, u)
		}
	}
	m.changed()
	return nil
}

// describeErrno writes an error of the system as the C library does, with a capital.
func describeErrno(text string) string {
	if text == "" {
		return text
	}
	return strings.ToUpper(text[:1]) + text[1:]
}

// parseFile reads a file of users. wrong tells all mistakes, each followed by ". ".
func (m *module) parseFile(path, text string) (users map[string]*user, wrong string) {
	users = map[string]*user{}
	for i, line := range strings.Split(text, "\n") {
		line = strings.Trim(line, " \t\r\n")
		if line == "" {
			continue
		}
		words := strings.Split(line, " ")
		at := fmt.Sprintf("%s:%d", path, i+1)
		switch {
		case words[0] != "user" || len(words) < 2:
			wrong += at + " should start with user keyword followed by the username. "
		case hasSpaces(words[1]):
			wrong += "'" + at + ": username '" + words[1] + "' contains invalid characters. "
		case users[words[1]] != nil:
			wrong += fmt.Sprintf("WARNING: Duplicate user '%s' found on line %d. ", words[1], i+1)
		default:
			u := m.newUser(words[1])
			users[u.name] = u
			wrong += u.applyLine(at, words[2:])
		}
	}
	return users, wrong
}

// applyLine applies the rules of a line and returns what is wrong with them. Of
// mistakes that are not about commands only the first is told: the others may
// follow from it, and they may show passwords.
func (u *user) applyLine(at string, words []string) (wrong string) {
	rules, open := merge(words)
	if open != "" {
		return at + ": Unmatched parenthesis in selector definition."
	}
	failed := false
	for _, rule := range rules {
		rule = strings.Trim(rule, "\t\r\n")
		switch err := u.apply(rule); {
		case err == nil:
		case err == errUnknown:
			wrong += fmt.Sprintf("%s: Error in applying operation '%s': %s. ", at, rule, err)
		case !failed:
			wrong += fmt.Sprintf("%s: %s. ", at, err)
			failed = true
		}
	}
	u.settle()
	return wrong
}

// tidy removes what an ACL SAVE that was cut off has left behind.
func (m *module) tidy() {
	removed, err := files.Tidy(m.server.Path(m.file.Load()))
	if len(removed) > 0 {
		m.server.Log().Named("acl").Info("removed what an ACL SAVE that was cut off has left behind", "files", strings.Join(removed, " "))
	}
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		m.server.Log().Named("acl").Warn("cannot remove what an ACL SAVE has left behind", "error", err)
	}
}

// saveFile is ACL SAVE. The file is replaced as a whole, or stays as it was; it
// holds hashes of passwords, so a new one is for nobody else to read.
func (m *module) saveFile(c *core.Ctx) error {
	if m.file.Load() == "" {
		return errNoFile
	}
	var b strings.Builder
	for _, name := range m.names() {
		b.WriteString(m.users[name].line() + "\n")
	}
	path := m.server.Path(m.file.Load())
	if err := files.Replace(path, []byte(b.String()), 0o600); err != nil {
		m.server.Log().Named("acl").Warn("the file of users cannot be saved", "error", err)
		return core.Err("There was an error trying to save the ACLs. Please check the server logs for more information")
	}
	c.OK()
	return nil
}
