// Package acl brings access control: users with passwords, and rules about the
// commands they may run, the keys those may touch and the channels they may use.
//
// A user (user.go) has selectors (selector.go), made by rules (rules.go); what a
// command needs is read off its row and compared with them (check.go), so no
// command is known here by name. Sessions carry their user as core.Permissions;
// a user who may do everything is carried as nil, which costs nothing. What is
// refused is counted and remembered (log.go). Users come from ACL SETUSER, from
// the configuration or from a file of their own (file.go).
//
// Users change only while every event loop stands still (ACL SETUSER, ACL LOAD,
// CONFIG SET), so the loops read them without locks.
package acl

import (
	"errors"
	"math"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/config"
)

// New makes the module.
func New() core.Module { return &module{} }

type module struct {
	registry *core.Table
	server   core.Server
	slot     int // of a session's *user, nothing if it has not authenticated

	users       map[string]*user
	defaultUser *user
	password    string // the hash of requirepass, "" for none

	stated       *config.CustomVar[[][]string]
	file         *config.StringVar
	openChannels *config.EnumVar
	requirePass  *config.StringVar // nil without the module that has it
	log          log
}

// Name implements core.Module.
func (*module) Name() string { return "acl" }

// Register implements core.Module.
func (m *module) Register(r *core.Registry) error {
	m.registry, m.log.registry = r.Table(), r.Table()
	m.slot = r.SessionSlot()
	m.declare(r.Config)
	config.UseIf(r.Config, "requirepass", &m.requirePass)
	r.Authenticate(m)
	r.Commands(m.row())
	r.Info(core.InfoSection{Name: "stats", Fill: m.log.info})
	return nil
}

// Start implements core.Starter: users are loaded. requirepass says the password
// of the default user unless what is loaded does.
func (m *module) Start(s core.Server) error {
	m.server = s
	m.defaultUser = m.newDefault()
	m.users = map[string]*user{defaultName: m.defaultUser}
	if v := m.requirePass; v != nil {
		m.password = optionalHash(v.Load())
		m.defaultUser.setPassword(m.password)
	}
	lines := m.stated.Load()
	if m.file.Load() == "" {
		return m.loadStated(lines)
	}
	if len(lines) > 0 {
		return errors.New("users are defined in the configuration and aclfile is set: use one of the two, or rules that " +
			"look as if they were in force would not be")
	}
	m.tidy()
	if err := m.load(nil); err != nil {
		return errors.New(err.Text)
	}
	return nil
}

const defaultName = "default"

// newDefault makes a default user who may do everything without a password.
func (m *module) newDefault() *user {
	u := m.newUser(defaultName)
	u.enabled, u.noPass = true, true
	root := u.selectors[0]
	root.allowAll()
	root.anyKey, root.anyChannel = true, true
	u.settle()
	return u
}

// declare declares the parameters.
func (m *module) declare(s *config.Schema) {
	m.file = s.Text(config.Param{
		Name: "aclfile", Section: "security", Default: "", Flags: config.Immutable | config.Needed,
		Doc: "A file of users, one a line in the form of the directive user, which ACL LOAD reads and ACL SAVE writes. Users are then not stated in the configuration.",
	})
	m.stated = config.Custom(s, config.Param{
		Name: "user", Section: "security", Default: "",
		Flags: config.MultiArg | config.Directive | config.Sensitive | config.Needed,
		Doc:   "A user: the name, then rules as ACL SETUSER takes them, such as alice on >password ~cached:* +@read. One line for each.",
	}, config.Codec[[][]string]{
		Parse:  m.parseStated,
		Format: func(lines [][]string) string { return "" },
		Lines:  func(lines [][]string) [][]string { return lines },
		Repeat: config.Collect,
	})
	m.openChannels = s.Enum(config.Param{
		Name: "acl-pubsub-default", Section: "security", Default: "resetchannels",
		Doc: "Which channels of pub/sub a new user may use: none (resetchannels) or all (allchannels).",
	}, config.Choice{Name: "allchannels", Value: 1}, config.Choice{Name: "resetchannels", Value: 0})
	m.log.limit = s.Int(config.Param{
		Name: "acllog-max-len", Section: "security", Default: "128",
		Doc: "How many refusals ACL LOG remembers.",
	}, 0, math.MaxInt64)
}
