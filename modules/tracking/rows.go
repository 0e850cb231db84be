package tracking

import "github.com/ferrousdb/ferrous/core"

func doc(since, complexity, summary, args string) core.Doc {
	return core.Doc{Summary: summary, Since: since, Group: "connection", Complexity: complexity, Args: args}
}

// rows are the subcommands of CLIENT.
func (m *module) rows() []core.Command {
	const flags = core.NoScript | core.Loading | core.Stale
	rows := []core.Command{
		{
			// It looks for the session to redirect to, which may be another loop's.
			Name: "tracking", Run: core.ForClient(m.tracking), Arity: -3, Flags: flags | core.AllSessions,
			Doc: doc("6.0.0", "O(1). Some options may introduce additional complexity.",
				"Makes the server tell the connection when what it has read changes, or stop that.",
				"status(ON|OFF) [REDIRECT client-id:integer] [PREFIX prefix...+] [BCAST] [OPTIN] [OPTOUT] [NOLOOP]"),
		},
		{
			Name: "caching", Run: core.ForClient(m.caching), Arity: 3, Flags: flags,
			Doc: doc("6.0.0", "O(1)", "Says whether the keys that the next command reads are tracked.", "mode(YES|NO)"),
		},
		{
			Name: "trackinginfo", Run: core.ForClient(m.trackingInfo), Arity: 2, Flags: flags,
			Doc: doc("6.2.0", "O(1)", "Tells how the connection is tracked.", ""),
		},
		{
			Name: "getredir", Run: core.ForClient(m.getRedir), Arity: 2, Flags: flags,
			Doc: doc("6.0.0", "O(1)", "Returns the number of the connection that is told in the place of this one.", ""),
		},
	}
	for i := range rows {
		rows[i].ACL = core.CatConnection
	}
	return rows
}
