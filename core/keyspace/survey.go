package keyspace

// Survey is what there is in a keyspace: figures of its shards, which are asked for one after the other, so that
// nobody need hold all of them. The sums are those of no one moment, then; while nobody changes anything they are exact.
type Survey struct {
	Stats
	Memory    int64 // bytes that the data take
	Retained  int64 // bytes, see Keyspace.Retained
	Databases []DatabaseSurvey

	sampled, stale int64
}

// DatabaseSurvey is what there is in one database.
type DatabaseSurvey struct {
	Keys, Expires int

	ttl, sampled int64
}

// expirySample is how many keys of a shard the mean time to live is taken from, and the share of those whose time has come.
const expirySample = 4

// Survey adds what the shards of set hold, whose locks the caller holds. now is in Unix milliseconds.
func (ks *Keyspace) Survey(s *Survey, set Locks, now int64) {
	if len(s.Databases) != ks.Databases() {
		s.Databases = make([]DatabaseSurvey, ks.Databases())
	}
	for sh := range Shards {
		if set.HasShard(sh) {
			ks.surveyShard(s, sh, now)
		}
	}
}

func (ks *Keyspace) surveyShard(s *Survey, sh int, now int64) {
	shard := &ks.shards[sh]
	shard.settle()
	retired := shard.arena.RetiredBytes()
	s.Memory += shard.arena.Used() - retired
	s.Retained += retired
	s.add(&shard.stats)
	for i := range s.Databases {
		db, of := ks.DB(i), &s.Databases[i]
		of.Keys += db.ShardLen(sh)
		expires := db.ShardExpires(sh)
		if expires == 0 {
			continue
		}
		of.Expires += expires
		db.Sample(sh, uint64(now), expirySample, func(e Entry) {
			at := e.Expire()
			if at <= 0 {
				return
			}
			of.sampled++
			of.ttl += max(at-now, 0)
			s.sampled++
			if at < now {
				s.stale++
			}
		})
	}
}

// Reset makes it empty, for another use.
func (s *Survey) Reset() {
	clear(s.Databases)
	*s = Survey{Databases: s.Databases}
}

// AverageTTL estimates the mean time to live of the keys with an expiry, in milliseconds.
func (d *DatabaseSurvey) AverageTTL() int64 { return d.ttl / max(d.sampled, 1) }

// StaleShare estimates how many of the keys with an expiry are there though their time has come, in percent.
func (s *Survey) StaleShare() float64 { return 100 * float64(s.stale) / float64(max(s.sampled, 1)) }
