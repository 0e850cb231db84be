package pubsub

import "github.com/ferrousdb/ferrous/core"

func doc(since, complexity, summary, args string, tips ...string) core.Doc {
	return core.Doc{Summary: summary, Since: since, Group: "pubsub", Complexity: complexity, Args: args, Tips: tips}
}

func (m *module) rows() []core.Command {
	const listens = core.PubSub | core.NoScript | core.Loading | core.Stale | core.WhileSubscribed
	const tells = core.PubSub | core.Loading | core.Stale | core.Fast | core.MayReplicate
	channels, shards, patterns := channelKind(), shardKind(), patternKind()
	from := func(use core.ChannelUse, pattern bool) core.Channels {
		return core.Channels{First: 1, Rest: use != core.Publishes, Pattern: pattern, Use: use}
	}
	shardKeys := []core.KeySpec{core.KeyRange(1, -1, 1, core.KeyNotKey)}
	return []core.Command{
		{
			Name: "subscribe", Run: m.subscribe(channels), Arity: -2, Flags: listens, Channels: from(core.Subscribes, false),
			Doc: doc("2.0.0", "O(N) where N is the number of channels to subscribe to.",
				"Subscribes to channels.", "channel..."),
		},
		{
			Name: "unsubscribe", Run: m.unsubscribe(channels), Arity: -1, Flags: listens, Channels: from(core.Unsubscribes, false),
			Doc: doc("2.0.0", "O(N) where N is the number of channels to unsubscribe.",
				"Ends the subscription of channels, or of all.", "[channel...]"),
		},
		{
			Name: "psubscribe", Run: m.subscribe(patterns), Arity: -2, Flags: listens, Channels: from(core.Subscribes, true),
			Doc: doc("2.0.0", "O(N) where N is the number of patterns to subscribe to.",
				"Subscribes to all channels whose names match patterns.", "pattern:pattern..."),
		},
		{
			Name: "punsubscribe", Run: m.unsubscribe(patterns), Arity: -1, Flags: listens, Channels: from(core.Unsubscribes, true),
			Doc: doc("2.0.0", "O(N) where N is the number of patterns to unsubscribe.",
				"Ends the subscription of patterns, or of all.", "[pattern:pattern...]"),
		},
		{
			Name: "ssubscribe", Run: m.subscribe(shards), Arity: -2, Flags: listens, Channels: from(core.Subscribes, false), Keys: shardKeys,
			Doc: doc("7.0.0", "O(N) where N is the number of shard channels to subscribe to.",
				"Subscribes to shard channels.", "shardchannel..."),
		},
		{
			Name: "sunsubscribe", Run: m.unsubscribe(shards), Arity: -1, Flags: listens, Channels: from(core.Unsubscribes, false), Keys: shardKeys,
			Doc: doc("7.0.0", "O(N) where N is the number of shard channels to unsubscribe.",
				"Ends the subscription of shard channels, or of all.", "[shardchannel...]"),
		},
		{
			Name: "publish", Run: m.publish, Arity: 3, Flags: tells, Channels: from(core.Publishes, false),
			Doc: doc("2.0.0", "O(N+M) where N is the number of clients subscribed to the receiving channel and M is the total number of subscribed patterns (by any client).",
				"Sends a message to all who listen to a channel.", "channel message"),
		},
		{
			Name: "spublish", Run: m.publishShard, Arity: 3, Flags: tells, Channels: from(core.Publishes, false),
			Keys: []core.KeySpec{core.KeyAt(1, core.KeyNotKey)},
			Doc: doc("7.0.0", "O(N) where N is the number of clients subscribed to the receiving shard channel.",
				"Sends a message to all who listen to a shard channel.", "shardchannel message"),
		},
		{
			Name: "pubsub", Arity: -2, Sub: m.inspection(),
			Doc: doc("2.8.0", "Depends on subcommand.", "A container for commands about channels and who listens to them.", ""),
		},
	}
}

// inspection are the subcommands of PUBSUB.
func (m *module) inspection() []core.Command {
	const flags = core.PubSub | core.Loading | core.Stale
	return []core.Command{
		{
			Name: "channels", Run: list(&m.channels), Arity: -2, Flags: flags,
			Doc: doc("2.8.0", "O(N) where N is the number of active channels, and assuming constant time pattern matching (relatively short channels and patterns)",
				"Names the channels that somebody listens to.", "[pattern:pattern]"),
		},
		{
			Name: "numpat", Run: m.numPat, Arity: 2, Flags: flags,
			Doc: doc("2.8.0", "O(1)", "Counts the patterns that somebody is subscribed to.", ""),
		},
		{
			Name: "numsub", Run: number(&m.channels), Arity: -2, Flags: flags,
			Doc: doc("2.8.0", "O(N) for the NUMSUB subcommand, where N is the number of requested channels",
				"Counts who listens to channels, patterns left aside.", "[channel...]"),
		},
		{
			Name: "shardchannels", Run: list(&m.shards), Arity: -2, Flags: flags,
			Doc: doc("7.0.0", "O(N) where N is the number of active shard channels, and assuming constant time pattern matching (relatively short shard channels).",
				"Names the shard channels that somebody listens to.", "[pattern:pattern]"),
		},
		{
			Name: "shardnumsub", Run: number(&m.shards), Arity: -2, Flags: flags,
			Doc: doc("7.0.0", "O(N) for the SHARDNUMSUB subcommand, where N is the number of requested shard channels",
				"Counts who listens to shard channels.", "[shardchannel...]"),
		},
		core.HelpRow("pubsub", "6.2.0", 0),
	}
}
