package host

// Parameters of Redis 7.4 to 8.10, of Valkey 8 to 9.1, and directives that have been
// retired: what means nothing here, so that files written for any of them start
// ferrous. What can mean something is declared where it does. Numbers and names are
// those of the releases (cmd/ferrous/testdata/directives.txt).

const (
	oneLink      = "a replica has one connection to its master"
	noRDMA       = "there is no RDMA"
	noDebug      = "it is a means of testing Redis"
	loopsReadToo = "every event loop reads, executes and writes"
	noArrays     = "there is no type of arrays"
	noTemplates  = "hashes do not share the names of their fields"
	noBackup     = "BACKUP is another command here, with parameters of its own: see backup-to"
)

var newerParams = [...]acceptedRow{
	// Retired: Redis takes the lines and forgets them.
	{"list-max-ziplist-entries", "", "", text | retired, "lists are limited by list-max-listpack-size"},
	{"list-max-ziplist-value", "", "", text | retired, "lists are limited by list-max-listpack-size"},
	{"lua-replicate-commands", "", "", text | retired, "scripts are always repeated by their effects"},
	{"gopher-enabled", "", "no", yesno | retired, "there is no Gopher"},

	// Replication.
	{"dual-channel-replication-enabled", "repl-rdb-channel", "no", yesno, oneLink},
	{"replica-full-sync-buffer-limit", "", "0", size, oneLink},
	{"repl-mptcp", "", "no", yesno, "links are of plain TCP"},
	{"slot-migration-max-failover-repl-bytes", "", "0", text, noCluster},

	{"repl-compression", "", "0", number, "what is sent to replicas is not compressed"},
	{"repl-compression-max-latency", "", "100", number, "what is sent to replicas is not compressed"},
	{"tls-expected-peer-name", "", "", text, "certificates of masters and replicas are checked for their authority, not for names"},

	// Cluster.
	{"cluster-announce-client-ipv4", "", "", text, noCluster},
	{"cluster-announce-client-ipv6", "", "", text, noCluster},
	{"cluster-announce-client-port", "", "0", number, noCluster},
	{"cluster-announce-client-tls-port", "", "0", number, noCluster},
	{"cluster-announce-human-nodename", "", "", text, noCluster},
	{"cluster-blacklist-ttl", "", "60", number, noCluster},
	{"cluster-compatibility-sample-ratio", "", "0", number, noCluster},
	{"cluster-config-save-behavior", "", "sync", text, noCluster},
	{"cluster-databases", "", "1", number | fixed, noCluster},
	{"cluster-manual-failover-timeout", "", "5000", number, noCluster},
	{"cluster-message-gossip-perc", "", "10", number, noCluster},
	{"cluster-ping-interval", "", "1000", number, noCluster},
	{"cluster-slot-migration-handoff-max-lag-bytes", "", "1mb", size, noCluster},
	{"cluster-slot-migration-log-max-len", "", "1000", number, noCluster},
	{"cluster-slot-migration-max-archived-tasks", "", "32", number, noCluster},
	{"cluster-slot-migration-sync-buffer-drain-timeout", "", "60000", number, noCluster},
	{"cluster-slot-migration-write-pause-timeout", "", "10000", number, noCluster},
	{"cluster-slot-stats-enabled", "", "no", words, noCluster},

	// Threads and connections.
	{"events-per-io-thread", "", "2", number, loopsReadToo},
	{"io-threads-always-active", "", "no", yesno, loopsReadToo},
	{"min-io-threads-avoid-copy-reply", "", "7", number, loopsReadToo},
	{"min-string-size-avoid-copy-reply", "", "16384", size, loopsReadToo},
	{"min-string-size-avoid-copy-reply-threaded", "", "65536", size, loopsReadToo},
	{"prefetch-batch-max-size", "", "16", number, "requests that have arrived together are looked up together, up to 32 of them"},
	{"lookahead", "", "16", number, "requests that have arrived together are looked up together, up to 32 of them"},
	{"max-new-tls-connections-per-cycle", "", "1", number, "connections are accepted as they come"},
	{"mptcp", "", "no", yesno | fixed, "listeners are of plain TCP"},
	{"rdma-bind", "", "", words, noRDMA},
	{"rdma-completion-vector", "", "-1", number, noRDMA},
	{"rdma-port", "", "0", number, noRDMA},
	{"rdma-rx-size", "", "1048576", size, noRDMA},

	// Data.
	{"active-defrag-cycle-us", "", "500", number, "defragmentation paces itself by active-defrag-cycle-min and -max"},
	{"array-slice-size", "", "4096", number, noArrays},
	{"array-sparse-kmax", "", "10", number, noArrays},
	{"array-sparse-kmin", "", "5", number, noArrays},
	{"hash-seed", "", "", text | fixed, "every server chooses its own; SCAN's cursors are this server's"},
	{"hash-max-template-entries", "", "0", number, noTemplates},
	{"hash-min-template-entries", "", "0", number, noTemplates},
	{"hash-rdb-load-max-template-entries", "", "0", number, noTemplates},
	{"hash-rdb-load-min-template-entries", "", "0", number, noTemplates},
	{"hash-rdb-load-template-disassembly-threshold", "", "0", number, noTemplates},
	{"import-mode", "", "no", yesno | never, "there is no mode in which a server does not expire keys: import with DEBUG SET-ACTIVE-EXPIRE 0, or from a file"},
	{"key-memory-histograms", "", "no", yesno, "there are no histograms of the size of keys"},
	{"lazyexpire-nested-arbitrary-keys", "", "yes", yesno, "expired keys are deleted wherever they are met"},
	{"stream-idmp-duration", "", "100", number, "streams do not recognize entries that are added twice"},
	{"stream-idmp-maxsize", "", "100", number, "streams do not recognize entries that are added twice"},
	{"vset-force-single-threaded-execution", "", "no", yesno, "there is no type of vectors"},

	// Files.
	{"aof-load-corrupt-tail-max-size", "", "0", size, "a log that is damaged is for ferrous check --fix"},
	{"backup-sealed-ttl", "", "0", number, noBackup},
	{"backupdirname", "", "backupdir", text | fixed, noBackup},
	{"preload-file", "", "", text | fixed | never, "the file to load is named by dir and dbfilename, or is the log of appenddirname"},
	{"rdb-version-check", "", "strict", text, "dumps of versions that are not known are refused"},

	// What is watched.
	{"commandlog-large-reply-max-len", "", "128", number, "there is no log of large requests and replies"},
	{"commandlog-large-request-max-len", "", "128", number, "there is no log of large requests and replies"},
	{"commandlog-reply-larger-than", "", "1048576", number, "there is no log of large requests and replies"},
	{"commandlog-request-larger-than", "", "1048576", number, "there is no log of large requests and replies"},

	// What ferrous does not have, or does always.
	{"extended-redis-compatibility", "", "no", yesno, "ferrous answers as Redis"},
	{"lua-enable-deprecated-api", "", "no", yesno | fixed, "scripts see what they see in Redis 7.2"},
	{"lua-enable-insecure-api", "", "no", yesno | fixed, "scripts see what they see in Redis 7.2"},
	{"client-default-resp", "", "2", number | fixed, noDebug},
	{"debug-context", "", "", text, noDebug},
	{"enable-debug-assert", "", "no", yesno | fixed, noDebug},
	{"req-res-logfile", "", "", text | fixed, noDebug},
	{"watchdog-period", "", "0", number, noDebug},
}
