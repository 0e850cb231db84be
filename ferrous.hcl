# ferrous.hcl: every setting of ferrous, commented out, with its default.
#
# Start with:  ferrous ferrous.hcl
# Check with:  ferrous --check-config ferrous.hcl
#
# A setting is   name = value   where a value is a number, true or false, a string in double quotes, or a list in
# brackets. Sizes with a unit are strings: "100mb" (kb, mb, gb are powers of 1024; k, m, g of 1000).
# Settings with a common beginning may be put in a block:   tls { port = 6380 }   is   tls-port = 6380.
# Other files are read in place of   include = "path"   whose path is relative to the working directory.
# A redis.conf works as well: give its path instead.
#
# Environment variables override this file (FERROUS_MAXMEMORY=100mb), options on the command line override both
# (--maxmemory 100mb). CONFIG SET changes a running server, CONFIG REWRITE writes the changes here.

# --- network --------------------------------------------------------------------------------------

# Addresses to listen on. A dash before an address means that it may be missing on this machine; *
# is every IPv4 address and ::* every IPv6 one.
# bind = ["*", "-::*"]

# TCP port to listen on; 0 for none.
# From 0 to 65535.
# port = 6379

# How many connections may wait to be accepted. The kernel's own limit (net.core.somaxconn) applies
# too.
# Fixed at start-up.
# tcp-backlog = 511

# Path of a unix socket to listen on; empty for none.
# Fixed at start-up.
# unixsocket = ""

# Permissions of the unix socket, in octal; 0 leaves them to the umask.
# From 0 to 777. Fixed at start-up.
# unixsocketperm = 0

# Name of the group that the unix socket belongs to; empty leaves it to the system.
# Fixed at start-up.
# unixsocketgroup = ""

# Seconds between TCP keep-alive probes to clients; 0 for none.
# tcp-keepalive = 300

# How many of these probes may stay without an answer before the client is given up.
# tcp-keepalive-probes = 3

# The address from which connections to other servers are opened; empty for the system's choice.
# bind-source-addr = ""

# Seconds after which an idle client is disconnected; 0 for never.
# timeout = 0

# While no password is set, serve only clients of this machine.
# protected-mode = true

# --- clients --------------------------------------------------------------------------------------

# How many clients may be connected at once. The limit of open files is raised to fit where that is
# allowed.
# maxclients = 10000

# How many bytes of incomplete requests a client may have outstanding before it is disconnected.
# client-query-buffer-limit = "1gb"

# The largest argument of a request, and the longest string value.
# proto-max-bulk-len = "512mb"

# For each class of clients (normal, replica, pubsub): bytes of unread replies at which a client is
# disconnected at once, bytes at which it is disconnected when it stays above them for so many
# seconds, and those seconds. 0 is no limit.
# client-output-buffer-limit = ["normal 0 0 0", "slave 256mb 64mb 60", "pubsub 32mb 8mb 60"]

# How many bytes the buffers of all clients may take, or which part of maxmemory (5%); beyond it
# those with the largest are disconnected. 0 is no limit.
# maxmemory-clients = 0

# --- general --------------------------------------------------------------------------------------

# Measure the duration of every command for INFO commandstats.
# stats-enabled = true

# Leave the arguments of a command that has crashed the server out of the log.
# hide-user-data-from-log = false

# Number of databases.
# From 1 to 65536. Fixed at start-up.
# databases = 16

# Number of event loops, each of which executes commands too; 0 chooses by the number of cores.
# From 0 to 256. Fixed at start-up.
# io-threads = 0

# How often a second background work is looked after, from 1 to 500; what is beyond is taken for the
# nearest of them.
# hz = 10

# Directory for the server's files. Relative names of other files are taken from here.
# CONFIG SET needs enable-protected-configs.
# dir = "./"

# Where the server is, for clients that prefer servers nearby: INFO tells it, if it is set.
# availability-zone = ""

# Run in the background, without a terminal. A service manager does better without it.
# Fixed at start-up.
# daemonize = false

# The service manager to tell when the server is ready: systemd (over NOTIFY_SOCKET), upstart (by
# stopping itself), auto for the one that the environment shows, or no.
# One of: no, systemd, upstart, auto. Fixed at start-up.
# supervised = "no"

# File to write the process id to; a daemon writes /var/run/ferrous.pid if nothing else is said.
# Fixed at start-up.
# pidfile = ""

# How much is logged.
# One of: debug, verbose, notice, warning, nothing.
# loglevel = "notice"

# File to log to; empty for standard output. It may be renamed away, the next line makes a new one.
# Fixed at start-up.
# logfile = ""

# Form of the log. Valkey calls the text legacy.
# One of: text, json, logfmt, legacy. Fixed at start-up.
# log-format = "text"

# How the log writes the time: legacy, as Redis does (but JSON has iso8601 instead); iso8601, with
# the zone; milliseconds since 1970.
# One of: legacy, iso8601, milliseconds. Fixed at start-up.
# log-timestamp-format = "legacy"

# Whether CONFIG SET may change parameters that reach the file system: no, yes, or local (from this
# machine).
# One of: no, yes, local. Fixed at start-up.
# enable-protected-configs = "no"

# Whether the DEBUG command may be used: no, yes, or local (from this machine).
# One of: no, yes, local. Fixed at start-up.
# enable-debug-command = "no"

# How to shut down at SIGINT, as the options of SHUTDOWN: default, or any of save, nosave, now and
# force.
# Any of: default, save, nosave, now, force.
# shutdown-on-sigint = "default"

# How to shut down at SIGTERM, as the options of SHUTDOWN: default, or any of save, nosave, now and
# force.
# Any of: default, save, nosave, now, force.
# shutdown-on-sigterm = "default"

# Modules that are switched off, by their names: their commands and types of values are not there.
# --modules lists what there is. A file with values of theirs is refused, and left as it is.
# Fixed at start-up.
# disable-modules = ""

# Seconds that a shutdown waits at most for replicas to get the last writes, and for clients to take
# their last replies.
# shutdown-timeout = 10

# --- memory ---------------------------------------------------------------------------------------

# How many bytes the data may take; beyond it keys are evicted, or writes refused, by
# maxmemory-policy. 0 is no limit.
# maxmemory = 0

# Which keys give way when maxmemory is reached.
# One of: volatile-lru, volatile-lfu, volatile-random, volatile-ttl, allkeys-lru, allkeys-lfu,
# allkeys-random, noeviction.
# maxmemory-policy = "noeviction"

# How many keys are compared to choose one for eviction.
# maxmemory-samples = 5

# How long a command may be held up by eviction, which then goes on in the background: 10 is half a
# millisecond, 0 as short as can be, 100 until it is done.
# From 0 to 100.
# maxmemory-eviction-tenacity = 10

# How slowly the access counter of the LFU policies grows.
# lfu-log-factor = 10

# Minutes after which an access counter that is not used falls by one; 0 for never.
# lfu-decay-time = 1

# How eagerly expired keys are looked for, from 1 to 10.
# From 1 to 10.
# active-expire-effort = 1

# Ask the system for huge pages for the data: random writes get faster, memory is taken in larger
# steps.
# Fixed at start-up.
# arena-huge-pages = false

# Move data together when overwriting with values of other sizes has left much memory unused.
# activedefrag = true

# Waste below this is left alone.
# active-defrag-ignore-bytes = "100mb"

# Waste in percent of the data from which moving begins.
# From 0 to 1000.
# active-defrag-threshold-lower = 10

# Waste in percent of the data at which it is done with the greatest effort.
# From 0 to 1000.
# active-defrag-threshold-upper = 100

# The least share of a CPU to spend on it, in percent.
# From 1 to 99.
# active-defrag-cycle-min = 1

# The greatest share of a CPU to spend on it, in percent.
# From 1 to 99.
# active-defrag-cycle-max = 25

# --- accepted for Redis ---------------------------------------------------------------------------

# Accepted, without effect: there is no logo.
# Fixed at start-up.
# always-show-logo = false

# Accepted, without effect: tables grow a segment at a time, there is no rehashing.
# activerehashing = true

# Accepted, without effect: memory does not come from jemalloc.
# jemalloc-bg-thread = true

# Accepted, without effect: background work is paced by what there is to do.
# dynamic-hz = true

# Accepted, without effect: every event loop reads, executes and writes.
# Fixed at start-up.
# io-threads-do-reads = false

# Accepted, without effect: ferrous never forks, so huge pages do it no harm; see arena-huge-pages.
# Fixed at start-up.
# disable-thp = true

# Accepted, without effect: use taskset or the service manager.
# Fixed at start-up. Also called server-cpulist.
# server_cpulist = ""

# Accepted, without effect: there are no background threads to place.
# Fixed at start-up. Also called bio-cpulist.
# bio_cpulist = ""

# Accepted, without effect: there is no child process to place.
# Fixed at start-up. Also called aof-rewrite-cpulist.
# aof_rewrite_cpulist = ""

# Accepted, without effect: there is no child process to place.
# Fixed at start-up. Also called bgsave-cpulist.
# bgsave_cpulist = ""

# Accepted, without effect: the process keeps its name.
# proc-title-template = "{title} {listen-addr} {server-mode}"

# Accepted, without effect: the process keeps its name.
# Fixed at start-up.
# set-proc-title = true

# Accepted, without effect: a crash always prints the Go stack traces.
# crash-log-enabled = true

# Accepted, without effect: there is no memory test after a crash.
# crash-memcheck-enabled = true

# Accepted, without effect: a panic always ends the process with its stack traces.
# use-exit-on-panic = false

# Accepted, without effect: strings are compared byte by byte.
# locale-collate = ""

# Accepted, without effect: log to standard output and let the service manager collect it.
# Fixed at start-up.
# syslog-enabled = false

# Accepted, without effect: see syslog-enabled.
# Fixed at start-up.
# syslog-ident = "redis"

# Accepted, without effect: connections are accepted as they come.
# From 1 to 1000.
# max-new-connections-per-cycle = 10

# Accepted, without effect: the cipher suites of TLS 1.3 are all safe and cannot be chosen in Go.
# tls-ciphersuites = ""

# Accepted, without effect: the best suite that both sides have is chosen, with the speed of the
# hardware in mind.
# tls-prefer-server-ciphers = false

# Accepted, without effect: there are no suites with Diffie-Hellman over integers.
# tls-dh-params-file = ""

# Accepted, without effect: sessions are kept by the clients, as tickets.
# tls-session-cache-size = 20480

# Accepted, without effect: the service manager sets it.
# oom-score-adj = "no"

# Accepted, without effect: the service manager sets it.
# oom-score-adj-values = ["0", "200", "800"]

# Accepted, without effect: ferrous does not refuse to start for warnings.
# ignore-warnings = ""

# Accepted, without effect: see syslog-enabled.
# Fixed at start-up.
# syslog-facility = "local0"

# Accepted, without effect: connections are not marked.
# Fixed at start-up.
# socket-mark-id = 0

# Accepted, without effect: defragmentation goes by segments of a table.
# active-defrag-max-scan-fields = 1000

# Accepted, without effect: RESTORE always checks its payload.
# One of: no, yes, clients.
# sanitize-dump-payload = "no"

# Accepted, without effect: modules are linked in, not loaded.
# Fixed at start-up.
# enable-module-command = "no"

# Accepted, without effect: there is no cluster mode yet.
# cluster-allow-pubsubshard-when-down = true

# Accepted, without effect: there is no cluster mode yet.
# cluster-allow-reads-when-down = false

# Accepted, without effect: there is no cluster mode yet.
# cluster-allow-replica-migration = true

# Accepted, without effect: there is no cluster mode yet.
# cluster-announce-bus-port = 0

# Accepted, without effect: there is no cluster mode yet.
# cluster-announce-hostname = ""

# Accepted, without effect: there is no cluster mode yet.
# cluster-announce-ip = ""

# Accepted, without effect: there is no cluster mode yet.
# cluster-announce-port = 0

# Accepted, without effect: there is no cluster mode yet.
# cluster-announce-tls-port = 0

# Accepted, without effect: there is no cluster mode yet.
# Fixed at start-up.
# cluster-config-file = "nodes.conf"

# Accepted, without effect: there is no cluster mode yet.
# Fixed at start-up.
# cluster-enabled = false

# Accepted, without effect: there is no cluster mode yet.
# cluster-link-sendbuf-limit = 0

# Accepted, without effect: there is no cluster mode yet.
# cluster-migration-barrier = 1

# Accepted, without effect: there is no cluster mode yet.
# cluster-node-timeout = 15000

# Accepted, without effect: there is no cluster mode yet.
# Fixed at start-up.
# cluster-port = 0

# Accepted, without effect: there is no cluster mode yet.
# cluster-preferred-endpoint-type = "ip"

# Accepted, without effect: there is no cluster mode yet.
# Also called cluster-slave-no-failover.
# cluster-replica-no-failover = false

# Accepted, without effect: there is no cluster mode yet.
# Also called cluster-slave-validity-factor.
# cluster-replica-validity-factor = 10

# Accepted, without effect: there is no cluster mode yet.
# cluster-require-full-coverage = true

# Accepted, without effect: a replica has one connection to its master.
# Also called repl-rdb-channel.
# dual-channel-replication-enabled = false

# Accepted, without effect: a replica has one connection to its master.
# replica-full-sync-buffer-limit = 0

# Accepted, without effect: links are of plain TCP.
# repl-mptcp = false

# Accepted, without effect: there is no cluster mode yet.
# slot-migration-max-failover-repl-bytes = "0"

# Accepted, without effect: what is sent to replicas is not compressed.
# repl-compression = 0

# Accepted, without effect: what is sent to replicas is not compressed.
# repl-compression-max-latency = 100

# Accepted, without effect: certificates of masters and replicas are checked for their authority,
# not for names.
# tls-expected-peer-name = ""

# Accepted, without effect: there is no cluster mode yet.
# cluster-announce-client-ipv4 = ""

# Accepted, without effect: there is no cluster mode yet.
# cluster-announce-client-ipv6 = ""

# Accepted, without effect: there is no cluster mode yet.
# cluster-announce-client-port = 0

# Accepted, without effect: there is no cluster mode yet.
# cluster-announce-client-tls-port = 0

# Accepted, without effect: there is no cluster mode yet.
# cluster-announce-human-nodename = ""

# Accepted, without effect: there is no cluster mode yet.
# cluster-blacklist-ttl = 60

# Accepted, without effect: there is no cluster mode yet.
# cluster-compatibility-sample-ratio = 0

# Accepted, without effect: there is no cluster mode yet.
# cluster-config-save-behavior = "sync"

# Accepted, without effect: there is no cluster mode yet.
# Fixed at start-up.
# cluster-databases = 1

# Accepted, without effect: there is no cluster mode yet.
# cluster-manual-failover-timeout = 5000

# Accepted, without effect: there is no cluster mode yet.
# cluster-message-gossip-perc = 10

# Accepted, without effect: there is no cluster mode yet.
# cluster-ping-interval = 1000

# Accepted, without effect: there is no cluster mode yet.
# cluster-slot-migration-handoff-max-lag-bytes = "1mb"

# Accepted, without effect: there is no cluster mode yet.
# cluster-slot-migration-log-max-len = 1000

# Accepted, without effect: there is no cluster mode yet.
# cluster-slot-migration-max-archived-tasks = 32

# Accepted, without effect: there is no cluster mode yet.
# cluster-slot-migration-sync-buffer-drain-timeout = 60000

# Accepted, without effect: there is no cluster mode yet.
# cluster-slot-migration-write-pause-timeout = 10000

# Accepted, without effect: there is no cluster mode yet.
# cluster-slot-stats-enabled = "no"

# Accepted, without effect: every event loop reads, executes and writes.
# events-per-io-thread = 2

# Accepted, without effect: every event loop reads, executes and writes.
# io-threads-always-active = false

# Accepted, without effect: every event loop reads, executes and writes.
# min-io-threads-avoid-copy-reply = 7

# Accepted, without effect: every event loop reads, executes and writes.
# min-string-size-avoid-copy-reply = "16kb"

# Accepted, without effect: every event loop reads, executes and writes.
# min-string-size-avoid-copy-reply-threaded = "64kb"

# Accepted, without effect: requests that have arrived together are looked up together, up to 32 of
# them.
# prefetch-batch-max-size = 16

# Accepted, without effect: requests that have arrived together are looked up together, up to 32 of
# them.
# lookahead = 16

# Accepted, without effect: connections are accepted as they come.
# max-new-tls-connections-per-cycle = 1

# Accepted, without effect: listeners are of plain TCP.
# Fixed at start-up.
# mptcp = false

# Accepted, without effect: there is no RDMA.
# rdma-bind = ""

# Accepted, without effect: there is no RDMA.
# rdma-completion-vector = -1

# Accepted, without effect: there is no RDMA.
# rdma-port = 0

# Accepted, without effect: there is no RDMA.
# rdma-rx-size = "1mb"

# Accepted, without effect: defragmentation paces itself by active-defrag-cycle-min and -max.
# active-defrag-cycle-us = 500

# Accepted, without effect: there is no type of arrays.
# array-slice-size = 4096

# Accepted, without effect: there is no type of arrays.
# array-sparse-kmax = 10

# Accepted, without effect: there is no type of arrays.
# array-sparse-kmin = 5

# Accepted, without effect: every server chooses its own; SCAN's cursors are this server's.
# Fixed at start-up.
# hash-seed = ""

# Accepted, without effect: hashes do not share the names of their fields.
# hash-max-template-entries = 0

# Accepted, without effect: hashes do not share the names of their fields.
# hash-min-template-entries = 0

# Accepted, without effect: hashes do not share the names of their fields.
# hash-rdb-load-max-template-entries = 0

# Accepted, without effect: hashes do not share the names of their fields.
# hash-rdb-load-min-template-entries = 0

# Accepted, without effect: hashes do not share the names of their fields.
# hash-rdb-load-template-disassembly-threshold = 0

# Accepted, without effect: there is no mode in which a server does not expire keys: import with
# DEBUG SET-ACTIVE-EXPIRE 0, or from a file.
# import-mode = false

# Accepted, without effect: there are no histograms of the size of keys.
# key-memory-histograms = false

# Accepted, without effect: expired keys are deleted wherever they are met.
# lazyexpire-nested-arbitrary-keys = true

# Accepted, without effect: streams do not recognize entries that are added twice.
# stream-idmp-duration = 100

# Accepted, without effect: streams do not recognize entries that are added twice.
# stream-idmp-maxsize = 100

# Accepted, without effect: there is no type of vectors.
# vset-force-single-threaded-execution = false

# Accepted, without effect: a log that is damaged is for ferrous check --fix.
# aof-load-corrupt-tail-max-size = 0

# Accepted, without effect: BACKUP is another command here, with parameters of its own: see
# backup-to.
# backup-sealed-ttl = 0

# Accepted, without effect: BACKUP is another command here, with parameters of its own: see
# backup-to.
# Fixed at start-up.
# backupdirname = "backupdir"

# Accepted, without effect: the file to load is named by dir and dbfilename, or is the log of
# appenddirname.
# Fixed at start-up.
# preload-file = ""

# Accepted, without effect: dumps of versions that are not known are refused.
# rdb-version-check = "strict"

# Accepted, without effect: there is no log of large requests and replies.
# commandlog-large-reply-max-len = 128

# Accepted, without effect: there is no log of large requests and replies.
# commandlog-large-request-max-len = 128

# Accepted, without effect: there is no log of large requests and replies.
# commandlog-reply-larger-than = 1048576

# Accepted, without effect: there is no log of large requests and replies.
# commandlog-request-larger-than = 1048576

# Accepted, without effect: ferrous answers as Redis.
# extended-redis-compatibility = false

# Accepted, without effect: scripts see what they see in Redis 7.2.
# Fixed at start-up.
# lua-enable-deprecated-api = false

# Accepted, without effect: scripts see what they see in Redis 7.2.
# Fixed at start-up.
# lua-enable-insecure-api = false

# Accepted, without effect: it is a means of testing Redis.
# Fixed at start-up.
# client-default-resp = 2

# Accepted, without effect: it is a means of testing Redis.
# debug-context = ""

# Accepted, without effect: it is a means of testing Redis.
# Fixed at start-up.
# enable-debug-assert = false

# Accepted, without effect: it is a means of testing Redis.
# Fixed at start-up.
# req-res-logfile = ""

# Accepted, without effect: it is a means of testing Redis.
# watchdog-period = 0

# --- scripts --------------------------------------------------------------------------------------

# How many milliseconds a script may run before other clients are answered -BUSY, and SCRIPT KILL,
# FUNCTION KILL and SHUTDOWN NOSAVE may end it.
# Also called lua-time-limit.
# busy-reply-threshold = 5000

# How many instructions of the Lua machine a script may execute. 0 is no limit. A script that is
# over it ends with an error; what it has written stays, as after any error.
# lua-instruction-limit = 0

# By how many bytes, about, a script may make the process grow. 0 is no limit. A script that is over
# it ends with an error; what it has written stays, as after any error.
# lua-memory-limit = 0

# How many milliseconds a script may run. 0 is no limit. A script that is over it ends with an
# error; what it has written stays, as after any error.
# lua-timeout = 0

# --- security -------------------------------------------------------------------------------------

# Another name for a command, or none (an empty one) to switch it off: the name, then the new one.
# One line for each. Access control (ACL) is the better way to keep commands from clients.
# Only in a configuration file or at start-up.
# rename-command = []

# The password that clients must give by AUTH or HELLO before anything else. Empty: none is asked
# for.
# requirepass = ""

# A file of users, one a line in the form of the directive user, which ACL LOAD reads and ACL SAVE
# writes. Users are then not stated in the configuration.
# Fixed at start-up.
# aclfile = ""

# A user: the name, then rules as ACL SETUSER takes them, such as alice on >password ~cached:*
# +@read. One line for each.
# Only in a configuration file or at start-up.
# user = []

# Which channels of pub/sub a new user may use: none (resetchannels) or all (allchannels).
# One of: allchannels, resetchannels.
# acl-pubsub-default = "resetchannels"

# How many refusals ACL LOG remembers.
# acllog-max-len = 128

# --- lazyfree -------------------------------------------------------------------------------------

# Repeat the deletion of expired keys as UNLINK instead of DEL in the log and on replicas.
# lazyfree-lazy-expire = false

# Repeat a RESTORE whose expiry has passed as UNLINK instead of DEL in the log and on replicas.
# lazyfree-lazy-server-del = false

# Repeat the deletion of evicted keys as UNLINK instead of DEL in the log and on replicas.
# lazyfree-lazy-eviction = false

# Make DEL free values in the background, as UNLINK does.
# Accepted for compatibility, without effect: every deletion leaves large values to a background
# sweep
# lazyfree-lazy-user-del = false

# Make FLUSHALL and FLUSHDB free the data in the background when neither SYNC nor ASYNC is given.
# Accepted for compatibility, without effect: every deletion leaves large values to a background
# sweep
# lazyfree-lazy-user-flush = false

# --- tls ------------------------------------------------------------------------------------------

# Whether MIGRATE connects to the other server by TLS.
# tls-cluster = false

# TCP port to listen on for TLS; 0 for none.
# From 0 to 65535.
# tls-port = 0

# PEM file with the certificate chain of the server.
# tls-cert-file = ""

# PEM file with the private key of the certificate.
# tls-key-file = ""

# Password of the private key, if it is encrypted.
# tls-key-file-pass = ""

# PEM file with the authorities that clients' certificates are checked against.
# tls-ca-cert-file = ""

# Directory of such files.
# tls-ca-cert-dir = ""

# Whether clients must show a certificate: yes, no, or optional.
# One of: no, yes, optional.
# tls-auth-clients = "yes"

# Which name in a client's certificate is that of its user, who is then logged in without a
# password: the common name of the subject (CN), or the URI, the DNS name or the mail address among
# the alternative names, the first that is a user. Only certificates that an authority of
# tls-ca-cert-file has signed count.
# One of: off, CN, URI, DNS, email.
# tls-auth-clients-user = "off"

# Every how many seconds to look whether the files of certificates, keys and authorities have
# changed, and to read them again if so; 0 for only when CONFIG SET names one again. Connections
# that are open stay as they are.
# tls-auto-reload-interval = 0

# Versions of TLS to offer, such as "TLSv1.2 TLSv1.3"; empty for both of these.
# tls-protocols = ""

# Cipher suites to offer with TLS 1.2 and older, as OpenSSL's cipher list or by their IANA names;
# empty for Go's choice of safe ones. The order does not matter.
# tls-ciphers = ""

# Let clients resume a TLS session without a whole handshake, by tickets that they keep.
# tls-session-caching = true

# Seconds for which a TLS session can be resumed; 0 for as long as TLS allows.
# tls-session-cache-timeout = 300

# PEM file with the certificate to show to other servers; empty for that of tls-cert-file.
# tls-client-cert-file = ""

# PEM file with the private key of tls-client-cert-file.
# tls-client-key-file = ""

# Password of that key, if it is encrypted.
# tls-client-key-file-pass = ""

# --- lists ----------------------------------------------------------------------------------------

# How much of a list is packed together, and up to which size the list is nothing but that. -1 to -5
# are 4, 8, 16, 32 and 64 kilobytes; a positive number is a number of elements.
# Also called list-max-ziplist-size.
# list-max-listpack-size = -2

# How many pieces at both ends of a list stay as they are while those between are compressed; 0
# compresses none.
# list-compress-depth = 0

# After how many seconds in which nobody reads or changes them the pieces in the middle of a list of
# megabytes are compressed, in the background, whatever is pushed and popped at its ends; 0: never.
# With list-compress-depth they are at once.
# From 0 to 65535.
# list-compress-idle = 60

# --- hashes ---------------------------------------------------------------------------------------

# A hash of so many fields at most is packed: small, and slow to search if it is long.
# Also called hash-max-ziplist-entries.
# hash-max-listpack-entries = 512

# A hash is packed only while no field and no value has more bytes than this.
# Also called hash-max-ziplist-value.
# hash-max-listpack-value = 64

# --- sets -----------------------------------------------------------------------------------------

# A set of so many integers at most, and of nothing else, is kept as a sorted array of numbers.
# set-max-intset-entries = 512

# A set of so many members at most is packed: small, and slow to search if it is long.
# set-max-listpack-entries = 128

# A set is packed only while no member has more bytes than this.
# set-max-listpack-value = 64

# --- sorted sets ----------------------------------------------------------------------------------

# A sorted set of so many members at most is packed: small, and slow to search if it is long.
# Also called zset-max-ziplist-entries.
# zset-max-listpack-entries = 128

# A sorted set is packed only while no member has more bytes than this.
# Also called zset-max-ziplist-value.
# zset-max-listpack-value = 64

# --- replication ----------------------------------------------------------------------------------

# How much of what replicas are sent is kept in memory at least, for a replica that was cut off and
# comes back: it gets what it has missed instead of everything.
# repl-backlog-size = "1mb"

# After how many seconds without a replica what is kept for those who come back is forgotten; 0 for
# never.
# repl-backlog-ttl = 3600

# After how many seconds without a sign of life a replica, or a master, is taken for lost. More than
# repl-ping-replica-period.
# repl-timeout = 60

# How often a master sends its replicas a PING, in seconds.
# Also called repl-ping-slave-period.
# repl-ping-replica-period = 10

# Whether a full sync waits for repl-diskless-sync-delay, so that several replicas share it. No file
# is ever written for one.
# repl-diskless-sync = true

# How many seconds a full sync waits for more replicas to come.
# repl-diskless-sync-delay = 5

# A full sync waits for no more when so many replicas have come; 0 for no number.
# repl-diskless-sync-max-replicas = 0

# The version of the RDB format that replicas are sent which do not say what they read, as Redis
# does not: 10 for Redis 7.0, 11 for 7.2, 12 for 7.4.
# From 10 to 12.
# repl-rdb-version = 10

# Where the stream goes that a replica is behind by more than client-output-buffer-limit lets it
# have in memory. Relative names begin at dir.
# repl-spill-dir = "."

# How much of the stream may be on the disk for replicas that are behind, before they are
# disconnected; 0 to disconnect them at client-output-buffer-limit, as Redis does.
# repl-spill-size = "1gb"

# Whether what replicas are sent may wait for more, up to 40 ms, so that packets are full: less
# traffic for more lag.
# repl-disable-tcp-nodelay = false

# With fewer replicas that have said something within min-replicas-max-lag seconds, commands that
# write are refused; 0 for never.
# Also called min-slaves-to-write.
# min-replicas-to-write = 0

# After how many seconds of silence a replica does not count for min-replicas-to-write; 0 switches
# that off.
# Also called min-slaves-max-lag.
# min-replicas-max-lag = 10

# The master whose replica the server is, host and port; empty for none. REPLICAOF changes it.
# Fixed at start-up. Also called slaveof.
# replicaof = []

# The password that the master asks for.
# Also called primaryauth.
# masterauth = ""

# The user that the password is of, if it is not the default one.
# Also called primaryuser.
# masteruser = ""

# Whether the connection to the master is by TLS.
# tls-replication = false

# Whether a replica that has no connection to its master answers from the data that it has; else it
# refuses most commands with -MASTERDOWN.
# Also called slave-serve-stale-data.
# replica-serve-stale-data = true

# Whether clients cannot write to a replica. What they write is not sent to anybody, and lost with
# the next full sync.
# Also called slave-read-only.
# replica-read-only = true

# How a replica takes in all data of its master: disabled, from a file, which is received first;
# on-empty-db, directly if it has no data; swapdb, directly and beside the old data, which are
# served meanwhile; flush-before-load, directly when the old data have been dropped.
# One of: disabled, on-empty-db, swapdb, flush-before-load.
# repl-diskless-load = "disabled"

# The address by which a replica says that it can be reached; empty for the one that its connection
# comes from.
# Also called slave-announce-ip.
# replica-announce-ip = ""

# The port by which a replica says that it can be reached; 0 for the one that it listens on.
# From 0 to 65535. Also called slave-announce-port.
# replica-announce-port = 0

# Whether Sentinel shows the replica to clients.
# replica-announced = true

# Which replica Sentinel makes the master: the one with the lowest number, never one with 0.
# Also called slave-priority.
# replica-priority = 100

# Whether a replica evicts nothing, whatever maxmemory says, and leaves that to its master.
# Also called slave-ignore-maxmemory.
# replica-ignore-maxmemory = true

# Accepted, without effect: data are always dropped in the background.
# Also called slave-lazy-flush.
# replica-lazy-flush = false

# Whether a replica goes on with what its master sends while it cannot write to its disk; else it
# stops the server.
# replica-ignore-disk-write-errors = false

# What follows when a command of the master is answered with an error, so that the data may differ:
# ignore, which counts and logs it, or panic, which stops the server. panic-on-replicas does that,
# too.
# One of: ignore, panic, panic-on-replicas.
# propagation-error-behavior = "ignore"

# Whether a replica that keeps neither dumps nor a log deletes the file in which it has received its
# master's data.
# rdb-del-sync-files = false

# --- hyperloglog ----------------------------------------------------------------------------------

# A HyperLogLog takes the dense form, of 12 KiB, when the sparse one would be longer than this.
# Longer sparse ones save memory and cost time.
# hll-sparse-max-bytes = 3000

# --- streams --------------------------------------------------------------------------------------

# A block of a stream gets no further entry that would make it longer than this; 0 is for no limit.
# stream-node-max-bytes = "4kb"

# A block of a stream has so many entries at most; 0 is for no limit. Trimming with ~ removes whole
# blocks.
# stream-node-max-entries = 100

# --- notifications --------------------------------------------------------------------------------

# Which events of keys are published: K to __keyspace@<db>__:<key>, E to __keyevent@<db>__:<event>,
# or both; and of which classes: g generic, $ strings, l lists, s sets, h hashes, z sorted sets, x
# expired, e evicted, t streams, d modules, A for all of these, n new keys, m missed keys.
# notify-keyspace-events = ""

# --- client-side caching --------------------------------------------------------------------------

# How many keys are remembered at most for clients that keep copies of them (CLIENT TRACKING); of
# what is too much, some are invalidated. 0 is no limit.
# tracking-table-max-keys = 1000000

# --- observability --------------------------------------------------------------------------------

# Keep a log of slow commands. With no, slowlog-log-slower-than says nothing.
# slowlog-enabled = true

# From how many microseconds on a command goes into the slow log: 0 for every command, -1 for none.
# Also called commandlog-execution-slower-than.
# slowlog-log-slower-than = 10000

# How many commands the slow log holds.
# Also called commandlog-slow-execution-max-len.
# slowlog-max-len = 128

# How many arguments of a command the slow log keeps.
# slowlog-entry-max-argc = 32

# How many bytes of an argument the slow log keeps.
# slowlog-entry-max-string-len = 128

# Allow MONITOR. Setting no disconnects the clients that use it.
# monitor-enabled = true

# From how many milliseconds on a command, or background work that held commands up, is an event for
# LATENCY; 0 for none.
# latency-monitor-threshold = 0

# Count how long each command takes, for LATENCY HISTOGRAM and INFO latencystats. It needs
# stats-enabled.
# latency-tracking = true

# Which percentiles INFO latencystats tells.
# latency-tracking-info-percentiles = ["50", "99", "99.9"]

# --- append-only file -----------------------------------------------------------------------------

# Keep a log of all writes, from which the data are restored at the next start. It has precedence
# over a dump.
# appendonly = false

# What the names of the log's files begin with.
# Fixed at start-up.
# appendfilename = "appendonly.aof"

# Directory of the log's files, inside that of the server's files.
# Fixed at start-up.
# appenddirname = "appendonlydir"

# When what was written to the log is made to reach the disk: always (no reply is sent before),
# everysec (at most about two seconds are lost if the machine fails), or no (when the system likes).
# One of: everysec, always, no.
# appendfsync = "everysec"

# Leave appendfsync out while a background job writes a dump or rewrites the log.
# no-appendfsync-on-rewrite = false

# The log is rewritten when it has grown by so many percent since the last time; 0 for never.
# auto-aof-rewrite-percentage = 100

# But not before it has this size.
# auto-aof-rewrite-min-size = "64mb"

# Start even if the log ends in the middle of a command, as after a failure of the machine: the rest
# is cut off.
# aof-load-truncated = true

# Write the base of the log as a dump, which is smaller and faster to load than commands.
# aof-use-rdb-preamble = true

# Note the time in the log, so that it can be cut off at a point in time.
# aof-timestamp-enabled = false

# Sync a base that is being written every few megabytes and not all at once at its end.
# aof-rewrite-incremental-fsync = true

# --- snapshots ------------------------------------------------------------------------------------

# When to save by itself: pairs of seconds and changes. After so many seconds, if there were so many
# changes at least, a save begins. With none the data are saved only when asked for.
# save = ["3600 1", "300 100", "60 10000"]

# Name of the RDB file, in dir.
# CONFIG SET needs enable-protected-configs.
# dbfilename = "dump.rdb"

# Compress strings in RDB files and in the payloads of DUMP.
# rdbcompression = true

# Put a checksum at the end of RDB files, and verify it when they are loaded.
# Fixed at start-up.
# rdbchecksum = true

# Refuse writes while there are save points and the last save in the background has failed, so that
# somebody notices.
# stop-writes-on-bgsave-error = true

# Have the disk take a file as it is written, every 4 MB, and not all of it at the end.
# rdb-save-incremental-fsync = true

# How many cores save. 0 is as many as there are, for a save in the background as many as the event
# loops leave.
# From 0 to 1024.
# save-threads = 0

# --- audit ----------------------------------------------------------------------------------------

# File that the audit log is appended to, one JSON object a line; empty for none. It may be renamed
# away: a new one is made.
# CONFIG SET needs enable-protected-configs.
# audit-log-file = ""

# What is noted: connections (their begin and end), logins, refusals (commands that were not let
# run, for lack of permission or any other reason), admin (commands that Redis calls administrative
# or dangerous), writes, reads, others.
# Any of: connections, logins, refusals, admin, writes, reads, others.
# audit-log-events = ["connections", "logins", "refusals", "admin"]

# Users whose doings are noted, empty for all; a minus before a name leaves that one out.
# audit-log-users = ""

# Which arguments are noted: none; keys, and all of commands that have no keys; or all. Secrets
# never are.
# One of: none, keys, all.
# audit-log-arguments = "keys"

# Refuse commands on data while the audit log cannot be written.
# audit-log-required = false

# --- backup ---------------------------------------------------------------------------------------

# Where backups go: a directory, or s3://bucket/prefix; empty for nowhere.
# CONFIG SET needs enable-protected-configs.
# backup-to = ""

# What the names of this server's backups begin with: servers that share a place need different
# ones. Letters, digits, dots, underscores.
# backup-name = "ferrous"

# When to make backups: "every 6h", or as in crontab "minute hour day month weekday" ("30 3 * * *"),
# in local time; empty for only when BACKUP NOW asks.
# backup-schedule = ""

# How many backups are kept, those of this server's name; 0 for all. Older ones are deleted after
# one has succeeded.
# backup-keep = 7

# For how many days backups are kept, whatever their number; 0 for no limit. The latest stays in any
# case.
# backup-keep-days = 0

# How backups are compressed.
# One of: none, gzip, zstd.
# backup-compression = "zstd"

# File with the key that encrypts backups, 64 hexadecimal digits (openssl rand -hex 32); empty for
# no encryption. Without it nobody reads them again: keep it elsewhere, too.
# CONFIG SET needs enable-protected-configs.
# backup-key-file = ""

# URL of the object store.
# CONFIG SET needs enable-protected-configs.
# backup-s3-endpoint = "https://s3.amazonaws.com"

# Region of the bucket; empty to ask the store.
# CONFIG SET needs enable-protected-configs.
# backup-s3-region = ""

# Access key of the object store; empty to look where other programs do: AWS_ACCESS_KEY_ID,
# ~/.aws/credentials, the role of the machine.
# CONFIG SET needs enable-protected-configs.
# backup-s3-access-key = ""

# Secret key that goes with backup-s3-access-key.
# CONFIG SET needs enable-protected-configs.
# backup-s3-secret-key = ""

# --- http -----------------------------------------------------------------------------------------

# TCP port to serve HTTP on: figures for Prometheus, probes, profiles, a console. 0 for none.
# From 0 to 65535. Fixed at start-up.
# http-port = 0

# The addresses that http-port is opened at, written as those of bind.
# Fixed at start-up.
# http-bind = ["127.0.0.1", "-::1"]

# Serve HTTPS instead of HTTP. The certificate is that of http-tls-cert-file, or that of
# tls-cert-file if there is none.
# Fixed at start-up.
# http-tls = false

# PEM file with the certificate chain for http-tls. Changed files are read again.
# Fixed at start-up.
# http-tls-cert-file = ""

# PEM file with the private key of http-tls-cert-file.
# Fixed at start-up.
# http-tls-key-file = ""

# --- toplist --------------------------------------------------------------------------------------

# Keep lists of the keys that are used most and of the largest, for TOPLIST and INFO toplist.
# toplist-enabled = false

# How many keys each list has.
# From 1 to 1024.
# toplist-size = 32

# Of how many commands one is looked at for hot keys. Fewer are more exact and cost more.
# From 1 to 1048576.
# toplist-sample = 256

# Seconds over which hot keys are counted: those that are over and those under way.
# From 1 to 86400.
# toplist-window = 60
