package acl

import "github.com/ferrousdb/ferrous/core"

func doc(since, complexity, summary, args string, tips ...string) core.Doc {
	return core.Doc{Summary: summary, Since: since, Group: "server", Complexity: complexity, Args: args, Tips: tips}
}

// row is the container ACL.
func (m *module) row() core.Command {
	const asks = core.NoScript | core.Loading | core.Stale
	const admin = asks | core.Admin
	const changes = admin | core.AllSessions
	toAll := []string{"request_policy:all_nodes", "response_policy:all_succeeded"}
	return core.Command{
		Name: "acl", Arity: -2,
		Doc: doc("6.0.0", "Depends on subcommand.", "A container for commands about users and what they may do.", ""),
		Sub: []core.Command{
			{
				Name: "cat", Run: m.cat, Arity: -2, Flags: asks,
				Doc: doc("6.0.0", "O(1) since the categories and commands are a fixed set.",
					"Names the categories of commands, or the commands of one.", "[category]"),
			},
			{
				Name: "deluser", Run: m.delUser, Arity: -3, Flags: changes,
				Doc: doc("6.0.0", "O(1) amortized time considering the typical user.",
					"Deletes users and closes their connections.", "username...", toAll...),
			},
			{
				Name: "dryrun", Run: m.dryRun, Arity: -4, Flags: admin,
				Doc: doc("7.0.0", "O(1).", "Tells whether a user may run a command, without running it.", "username command [arg...]"),
			},
			{
				Name: "genpass", Run: genPass, Arity: -2, Flags: asks,
				Doc: doc("6.0.0", "O(1)", "Returns random digits, fit for a password.", "[bits:integer]"),
			},
			{
				Name: "getuser", Run: m.getUser, Arity: 3, Flags: admin,
				Doc: core.WithHistory(doc("6.0.0", "O(N). Where N is the number of password, command and pattern rules that the user has.",
					"Describes a user.", "username"),
					"6.2.0", "Channel patterns of pub/sub.",
					"7.0.0", "Selectors; patterns of keys and channels are told as rules."),
			},
			{
				Name: "list", Run: m.list, Arity: 2, Flags: admin,
				Doc: doc("6.0.0", "O(N). Where N is the number of configured users.", "Describes all users, as a file of users does.", ""),
			},
			{
				Name: "load", Run: m.loadFile, Arity: 2, Flags: changes,
				Doc: doc("6.0.0", "O(N). Where N is the number of configured users.", "Reads the file of users again.", ""),
			},
			{
				Name: "log", Run: m.showLog, Arity: -2, Flags: admin,
				Doc: core.WithHistory(doc("6.0.0", "O(N) with N being the number of entries shown.",
					"Shows what was refused lately.", "[operation(count:integer|RESET)]"),
					"7.2.0", "The entry's number and its times."),
			},
			{
				Name: "save", Run: m.saveFile, Arity: 2, Flags: admin,
				Doc: doc("6.0.0", "O(N). Where N is the number of configured users.", "Writes all users into the file of users.", "", toAll...),
			},
			{
				Name: "setuser", Run: m.setUser, Arity: -3, Flags: changes | core.Sensitive,
				Doc: core.WithHistory(doc("6.0.0", "O(N). Where N is the number of rules provided.",
					"Makes a user, or changes one by rules.", "username [rule...]", toAll...),
					"6.2.0", "Channel patterns of pub/sub.",
					"7.0.0", "Selectors, and patterns of keys for reading and for writing."),
			},
			{
				Name: "users", Run: m.userNames, Arity: 2, Flags: admin,
				Doc: doc("6.0.0", "O(N). Where N is the number of configured users.", "Names all users.", ""),
			},
			{
				Name: "whoami", Run: core.ForClient(whoAmI), Arity: 2, Flags: asks,
				Doc: doc("6.0.0", "O(1)", "Returns the name of the connection's user.", ""),
			},
			core.HelpRow("server", "6.0.0", 0),
		},
	}
}
