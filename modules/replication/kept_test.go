package replication_test

import "testing"

// TestLogsOfReplicas: WAITAOF counts replicas whose own log is safe, and hears of it without waiting for the beat of a second's
// time that is to come after the sync of a second's time.
func TestLogsOfReplicas(t *testing.T) {
	master, port := startTCP(t, t.TempDir())
	replica, _ := startTCP(t, t.TempDir(), "--replicaof", "127.0.0.1 "+port, "--appendonly", "yes", "--appendfsync", "no")
	m, r := master.client(), replica.client()
	follows(t, r, m)
	m.want("SET k v", "OK")
	m.want("WAITAOF 0 1 50", "0 0") // nobody syncs
	for _, policy := range []string{"everysec", "always", "everysec"} {
		r.want("CONFIG SET appendfsync "+policy, "OK")
		m.want("SET k "+policy, "OK")
		m.want("WAITAOF 0 1 30000", "0 1")
	}
	r.want("CONFIG SET appendonly no", "OK")
	m.want("SET k w", "OK")
	m.want("WAITAOF 0 1 50", "0 0") // there is no log
	m.want("WAIT 1 30000", "1")
	r.want("CONFIG SET appendonly yes", "OK")
	m.want("SET k x", "OK")
	m.want("WAITAOF 0 1 30000", "0 1") // when it has its base
}
