package clients

import (
	"time"

	"github.com/redis/go-redis/v9"
)

// far is an expiry in the future, so that what is set is not gone before it is read.
var far = time.UnixMilli(4102444800123)

// round calls every command that go-redis has a method for, but those that
// change the connection, block for ever or end the server.
func round(t *tracker, c redis.Cmdable) {
	t.do(c.FlushAll(ctx))
	stringCommands(t, c)
	bits(t, c)
	keys(t, c)
	lists(t, c)
	hashes(t, c)
	sets(t, c)
	sortedSets(t, c)
	streams(t, c)
	others(t, c)
	server(t, c)
}

func stringCommands(t *tracker, c redis.Cmdable) {
	t.do(
		c.Set(ctx, "s", "value", 0),
		c.Get(ctx, "s"),
		c.Get(ctx, "missing"),
		c.Set(ctx, "empty", "", 0),
		c.Get(ctx, "empty"),
		c.Set(ctx, "binary", "\x00\xff\r\n", 0),
		c.Get(ctx, "binary"),
		c.SetArgs(ctx, "s", "new", redis.SetArgs{Get: true, KeepTTL: true}),
		c.SetArgs(ctx, "s", "x", redis.SetArgs{Mode: "NX"}),
		c.SetArgs(ctx, "s", "dated", redis.SetArgs{ExpireAt: far}),
		c.SetNX(ctx, "nx", "1", 0),
		c.SetNX(ctx, "nx", "2", 0),
		c.SetXX(ctx, "nx", "3", 0),
		c.SetEx(ctx, "ex", "v", time.Hour),
		c.Append(ctx, "s", "more"),
		c.StrLen(ctx, "s"),
		c.GetRange(ctx, "s", 1, -2),
		c.SetRange(ctx, "s", 2, "XX"),
		c.GetSet(ctx, "s", "gone"),
		c.GetEx(ctx, "s", 0),
		c.GetDel(ctx, "s"),
		c.MSet(ctx, "a", 1, "b", "two"),
		c.MSetNX(ctx, "a", 5, "c", 6),
		c.MGet(ctx, "a", "b", "missing"),
		c.Incr(ctx, "a"), c.IncrBy(ctx, "a", 10), c.IncrByFloat(ctx, "a", 0.5),
		c.Decr(ctx, "n"), c.DecrBy(ctx, "n", 4),
		c.Incr(ctx, "b"),
		c.LCS(ctx, &redis.LCSQuery{Key1: "b", Key2: "missing"}),
		c.Set(ctx, "l1", "ohmytext", 0), c.Set(ctx, "l2", "mynewtext", 0),
		c.LCS(ctx, &redis.LCSQuery{Key1: "l1", Key2: "l2", Idx: true, WithMatchLen: true}),
		c.LCS(ctx, &redis.LCSQuery{Key1: "l1", Key2: "l2", Len: true}),
	)
}

func bits(t *tracker, c redis.Cmdable) {
	t.do(
		c.SetBit(ctx, "bits", 7, 1), c.SetBit(ctx, "bits", 100, 1),
		c.GetBit(ctx, "bits", 7), c.GetBit(ctx, "bits", 1000),
		c.BitCount(ctx, "bits", nil), c.BitCount(ctx, "bits", &redis.BitCount{Start: 0, End: 1}),
		c.BitPos(ctx, "bits", 1), c.BitPosSpan(ctx, "bits", 1, 1, -1, "BIT"),
		c.BitOpNot(ctx, "not", "bits"), c.BitOpAnd(ctx, "and", "bits", "not"), c.BitOpOr(ctx, "or", "bits", "not"), c.BitOpXor(ctx, "xor", "bits", "not"),
		c.BitField(ctx, "field", "SET", "u8", 0, 200, "OVERFLOW", "SAT", "INCRBY", "u8", 0, 100, "GET", "i5", 2),
		c.BitFieldRO(ctx, "field", "u8", 0),
	)
}

func keys(t *tracker, c redis.Cmdable) {
	t.do(
		c.Set(ctx, "k", "v", 0),
		c.Exists(ctx, "k", "k", "missing"),
		c.Type(ctx, "k"), c.Type(ctx, "missing"),
		c.TTL(ctx, "k"), c.PTTL(ctx, "missing"),
		c.ExpireAt(ctx, "k", far), c.ExpireTime(ctx, "k"),
		c.PExpireAt(ctx, "k", far), c.PExpireTime(ctx, "k"),
		c.ExpireNX(ctx, "k", time.Hour), c.ExpireXX(ctx, "k", time.Hour), c.ExpireGT(ctx, "k", time.Minute), c.ExpireLT(ctx, "k", time.Minute),
		c.Expire(ctx, "k", time.Hour), c.PExpire(ctx, "k", time.Hour),
		c.Persist(ctx, "k"), c.Persist(ctx, "k"),
		c.Copy(ctx, "k", "copy", 0, false), c.Copy(ctx, "k", "copy", 0, false), c.Copy(ctx, "k", "copy", 0, true),
		c.Rename(ctx, "k", "renamed"), c.Rename(ctx, "k", "x"), c.RenameNX(ctx, "renamed", "copy"),
		c.Move(ctx, "renamed", 5),
		c.Touch(ctx, "copy", "missing"),
		c.Unlink(ctx, "copy"), c.Del(ctx, "copy"),
		c.MSet(ctx, "scan:1", 1, "scan:2", 2, "scan:3", "three"),
		c.ObjectEncoding(ctx, "scan:3"), c.ObjectRefCount(ctx, "scan:3"),
		c.RestoreReplace(ctx, "restored", 0, "\x00\x05\x76\x61\x6c\x75\x65\x0a\x00\x81\xf6\xc1\x38\xc1\xaa\x9b\x6e"), c.Get(ctx, "restored"),
	)
	t.sort(c.Keys(ctx, "scan:*"))
	t.try(
		c.RandomKey(ctx), c.ObjectIdleTime(ctx, "scan:1"), c.ObjectFreq(ctx, "missing"), c.Dump(ctx, "scan:1"),
		c.Scan(ctx, 0, "*", 1000), c.ScanType(ctx, 0, "*", 1000, "string"),
		c.TTL(ctx, "ex"), c.PTTL(ctx, "ex"),
		c.MemoryUsage(ctx, "scan:1"),
	)
	t.do(
		c.RPush(ctx, "tosort", 3, 1, 2),
		c.Sort(ctx, "tosort", &redis.Sort{Order: "DESC"}), c.SortRO(ctx, "tosort", &redis.Sort{Alpha: true}),
		c.SortStore(ctx, "tosort", "sorted", &redis.Sort{Count: 2}),
		c.SortInterfaces(ctx, "tosort", &redis.Sort{Get: []string{"scan:*", "#"}}),
	)
}

func lists(t *tracker, c redis.Cmdable) {
	t.do(
		c.RPush(ctx, "list", "a", "b", "c", "a"), c.LPush(ctx, "list", "z"),
		c.RPushX(ctx, "nolist", "x"), c.LPushX(ctx, "list", "y"),
		c.LLen(ctx, "list"), c.LRange(ctx, "list", 0, -1), c.LIndex(ctx, "list", 1), c.LIndex(ctx, "list", 99),
		c.LSet(ctx, "list", 0, "Y"), c.LSet(ctx, "list", 99, "Y"),
		c.LInsertBefore(ctx, "list", "b", "before"), c.LInsertAfter(ctx, "list", "nosuch", "x"),
		c.LPos(ctx, "list", "a", redis.LPosArgs{}), c.LPosCount(ctx, "list", "a", 0, redis.LPosArgs{}),
		c.LRem(ctx, "list", -1, "a"), c.LTrim(ctx, "list", 1, -1),
		c.LPop(ctx, "list"), c.RPop(ctx, "list"), c.LPopCount(ctx, "list", 2), c.RPopCount(ctx, "nolist", 2),
		c.RPush(ctx, "l2l", 1, 2, 3),
		c.LMove(ctx, "l2l", "other", "LEFT", "RIGHT"), c.RPopLPush(ctx, "l2l", "other"),
		c.BLMove(ctx, "l2l", "other", "LEFT", "LEFT", time.Second), c.BRPopLPush(ctx, "other", "l2l", time.Second),
		c.BLPop(ctx, time.Second, "nolist", "other"), c.BRPop(ctx, time.Second, "other"),
		c.LMPop(ctx, "left", 2, "nolist", "l2l"), c.BLMPop(ctx, time.Second, "right", 1, "l2l", "list"),
		c.Get(ctx, "list"),
	)
}

func hashes(t *tracker, c redis.Cmdable) {
	t.do(
		c.HSet(ctx, "hash", "f", 1, "g", "two"), c.HSet(ctx, "hash", map[string]any{"h": 3.5}), c.HMSet(ctx, "hash", "i", "4"),
		c.HSetNX(ctx, "hash", "f", "x"), c.HGet(ctx, "hash", "g"), c.HGet(ctx, "hash", "missing"),
		c.HMGet(ctx, "hash", "f", "missing"), c.HGetAll(ctx, "hash"), c.HGetAll(ctx, "nohash"),
		c.HExists(ctx, "hash", "f"), c.HLen(ctx, "hash"), c.HStrLen(ctx, "hash", "g"),
		c.HIncrBy(ctx, "hash", "f", 5), c.HIncrByFloat(ctx, "hash", "h", 0.25), c.HIncrBy(ctx, "hash", "g", 1),
		c.HDel(ctx, "hash", "f", "missing"),
	)
	t.sort(c.HKeys(ctx, "hash"), c.HVals(ctx, "hash"))
	t.try(
		c.HRandField(ctx, "hash", 2), c.HRandFieldWithValues(ctx, "hash", 2), c.HScan(ctx, "hash", 0, "*", 10),
	)
}

func sets(t *tracker, c redis.Cmdable) {
	t.do(
		c.SAdd(ctx, "s1", 1, 2, 3), c.SAdd(ctx, "s2", "2", "3", "four"), c.SCard(ctx, "s1"),
		c.SIsMember(ctx, "s1", 2), c.SMIsMember(ctx, "s1", 2, 9),
		c.SInterCard(ctx, 0, "s1", "s2"), c.SInterStore(ctx, "si", "s1", "s2"), c.SUnionStore(ctx, "su", "s1", "s2"), c.SDiffStore(ctx, "sd", "s1", "s2"),
		c.SMove(ctx, "s1", "s2", 1), c.SRem(ctx, "s2", "four", "nosuch"), c.SMembersMap(ctx, "s2"),
		c.SPop(ctx, "sd"),
	)
	t.sort(c.SMembers(ctx, "s1"), c.SInter(ctx, "s1", "s2"), c.SUnion(ctx, "s1", "s2"), c.SDiff(ctx, "s2", "s1"), c.SPopN(ctx, "si", 5))
	t.try(c.SRandMember(ctx, "s1"), c.SRandMemberN(ctx, "s1", -5), c.SScan(ctx, "s1", 0, "*", 10))
}

func sortedSets(t *tracker, c redis.Cmdable) {
	members := []redis.Z{{Score: 1, Member: "one"}, {Score: 2.5, Member: "two"}, {Score: 3, Member: "three"}}
	t.do(
		c.ZAdd(ctx, "z", members...), c.ZAddNX(ctx, "z", redis.Z{Score: 9, Member: "one"}), c.ZAddXX(ctx, "z", redis.Z{Score: 1.5, Member: "one"}),
		c.ZAddGT(ctx, "z", redis.Z{Score: 0, Member: "one"}), c.ZAddLT(ctx, "z", redis.Z{Score: 1, Member: "one"}),
		c.ZAddArgsIncr(ctx, "z", redis.ZAddArgs{Members: members[:1]}),
		c.ZIncrBy(ctx, "z", 0.5, "two"), c.ZScore(ctx, "z", "two"), c.ZScore(ctx, "z", "missing"), c.ZMScore(ctx, "z", "one", "missing"),
		c.ZCard(ctx, "z"), c.ZCount(ctx, "z", "-inf", "(3"), c.ZRank(ctx, "z", "three"), c.ZRevRank(ctx, "z", "three"), c.ZRank(ctx, "z", "missing"),
		c.ZRange(ctx, "z", 0, -1), c.ZRangeWithScores(ctx, "z", 0, -1), c.ZRevRange(ctx, "z", 0, 0), c.ZRevRangeWithScores(ctx, "z", 0, 0),
		c.ZRangeByScore(ctx, "z", &redis.ZRangeBy{Min: "2", Max: "+inf", Count: 1}), c.ZRangeByScoreWithScores(ctx, "z", &redis.ZRangeBy{Min: "2", Max: "+inf"}),
		c.ZRevRangeByScore(ctx, "z", &redis.ZRangeBy{Min: "2", Max: "+inf"}), c.ZRevRangeByScoreWithScores(ctx, "z", &redis.ZRangeBy{Min: "2", Max: "+inf"}),
		c.ZRangeArgs(ctx, redis.ZRangeArgs{Key: "z", Start: 0, Stop: 1, Rev: true}), c.ZRangeStore(ctx, "zr", redis.ZRangeArgs{Key: "z", Start: 0, Stop: 1}),
		c.ZAdd(ctx, "lex", redis.Z{Member: "a"}, redis.Z{Member: "b"}, redis.Z{Member: "c"}),
		c.ZLexCount(ctx, "lex", "[a", "(c"), c.ZRangeByLex(ctx, "lex", &redis.ZRangeBy{Min: "-", Max: "[b"}), c.ZRevRangeByLex(ctx, "lex", &redis.ZRangeBy{Min: "(a", Max: "+"}),
		c.ZRemRangeByLex(ctx, "lex", "[c", "[c"), c.ZRemRangeByRank(ctx, "lex", 0, 0), c.ZRemRangeByScore(ctx, "lex", "0", "0"),
		c.ZUnion(ctx, redis.ZStore{Keys: []string{"z", "zr"}, Weights: []float64{1, 2}, Aggregate: "MAX"}), c.ZUnionWithScores(ctx, redis.ZStore{Keys: []string{"z", "zr"}}),
		c.ZInter(ctx, &redis.ZStore{Keys: []string{"z", "zr"}}), c.ZInterWithScores(ctx, &redis.ZStore{Keys: []string{"z", "zr"}}), c.ZInterCard(ctx, 0, "z", "zr"),
		c.ZDiff(ctx, "z", "zr"), c.ZDiffWithScores(ctx, "z", "zr"),
		c.ZUnionStore(ctx, "zu", &redis.ZStore{Keys: []string{"z", "zr"}}), c.ZInterStore(ctx, "zi", &redis.ZStore{Keys: []string{"z", "zr"}}), c.ZDiffStore(ctx, "zd", "z", "zr"),
		c.ZPopMin(ctx, "zu"), c.ZPopMax(ctx, "zu", 1), c.BZPopMin(ctx, time.Second, "zu"), c.BZPopMax(ctx, time.Second, "nozset", "zi"),
		c.ZMPop(ctx, "min", 2, "nozset", "z"), c.BZMPop(ctx, time.Second, "max", 1, "z"), c.ZRem(ctx, "z", "one", "missing"),
	)
	t.try(c.ZRandMember(ctx, "z", 1), c.ZRandMemberWithScores(ctx, "z", 1), c.ZScan(ctx, "z", 0, "*", 10))
}

func streams(t *tracker, c redis.Cmdable) {
	t.do(
		c.XAdd(ctx, &redis.XAddArgs{Stream: "st", ID: "1-1", Values: []string{"f", "v"}}), c.XAdd(ctx, &redis.XAddArgs{Stream: "st", ID: "2-1", Values: []string{"f", "w", "g", "x"}}),
		c.XAdd(ctx, &redis.XAddArgs{Stream: "nost", NoMkStream: true, ID: "1-1", Values: []string{"f", "v"}}), c.XAdd(ctx, &redis.XAddArgs{Stream: "st", ID: "1-1", Values: []string{"f", "v"}}),
		c.XLen(ctx, "st"), c.XRange(ctx, "st", "-", "+"), c.XRangeN(ctx, "st", "-", "+", 1), c.XRevRange(ctx, "st", "+", "-"), c.XRevRangeN(ctx, "st", "+", "-", 1),
		c.XRead(ctx, &redis.XReadArgs{Streams: []string{"st", "1-1"}, Block: -1}), c.XRead(ctx, &redis.XReadArgs{Streams: []string{"st", "9-9"}, Block: -1}),
		c.XGroupCreate(ctx, "st", "g", "0"), c.XGroupCreate(ctx, "st", "g", "0"), c.XGroupCreateMkStream(ctx, "st2", "g", "$"),
		c.XGroupCreateConsumer(ctx, "st", "g", "idle"),
		c.XReadGroup(ctx, &redis.XReadGroupArgs{Group: "g", Consumer: "c", Streams: []string{"st", ">"}, Count: 5, Block: -1}),
		c.XPending(ctx, "st", "g"), c.XAck(ctx, "st", "g", "1-1"),
		c.XClaim(ctx, &redis.XClaimArgs{Stream: "st", Group: "g", Consumer: "d", Messages: []string{"2-1"}}), c.XClaimJustID(ctx, &redis.XClaimArgs{Stream: "st", Group: "g", Consumer: "d", Messages: []string{"2-1"}}),
		c.XAutoClaim(ctx, &redis.XAutoClaimArgs{Stream: "st", Group: "g", Consumer: "e", Start: "0"}), c.XAutoClaimJustID(ctx, &redis.XAutoClaimArgs{Stream: "st", Group: "g", Consumer: "e", Start: "0"}),
		c.XGroupSetID(ctx, "st", "g", "0"), c.XInfoGroups(ctx, "st"), c.XGroupDelConsumer(ctx, "st", "g", "e"), c.XGroupDestroy(ctx, "st", "g"),
		c.XDel(ctx, "st", "1-1"), c.XTrimMaxLen(ctx, "st", 1), c.XTrimMinID(ctx, "st", "3"), c.XLen(ctx, "st"),
	)
	t.try(
		c.XGroupCreate(ctx, "st", "h", "0"), c.XReadGroup(ctx, &redis.XReadGroupArgs{Group: "h", Consumer: "c", Streams: []string{"st", ">"}, Block: -1}),
		c.XPendingExt(ctx, &redis.XPendingExtArgs{Stream: "st", Group: "h", Start: "-", End: "+", Count: 10}),
		c.XInfoStream(ctx, "st"), c.XInfoStreamFull(ctx, "st", 10), c.XInfoConsumers(ctx, "st", "h"),
	)
}

func others(t *tracker, c redis.Cmdable) {
	t.do(
		c.PFAdd(ctx, "hll", "a", "b"), c.PFCount(ctx, "hll"), c.PFMerge(ctx, "hll2", "hll"),
		c.GeoAdd(ctx, "geo", &redis.GeoLocation{Name: "Palermo", Longitude: 13.361389, Latitude: 38.115556}, &redis.GeoLocation{Name: "Catania", Longitude: 15.087269, Latitude: 37.502669}),
		c.GeoHash(ctx, "geo", "Palermo", "nowhere"), c.GeoDist(ctx, "geo", "Palermo", "Catania", "km"),
		c.GeoRadius(ctx, "geo", 15, 37, &redis.GeoRadiusQuery{Radius: 200, WithDist: true, Sort: "ASC"}), c.GeoRadiusByMember(ctx, "geo", "Palermo", &redis.GeoRadiusQuery{Radius: 200, Sort: "ASC"}),
		c.GeoRadiusStore(ctx, "geo", 15, 37, &redis.GeoRadiusQuery{Radius: 200, Store: "near"}),
		c.GeoSearch(ctx, "geo", &redis.GeoSearchQuery{Member: "Palermo", Radius: 500, RadiusUnit: "km", Sort: "ASC"}),
		c.GeoSearchLocation(ctx, "geo", &redis.GeoSearchLocationQuery{GeoSearchQuery: redis.GeoSearchQuery{Longitude: 15, Latitude: 37, BoxWidth: 400, BoxHeight: 400, BoxUnit: "km", Sort: "DESC"}, WithCoord: true, WithDist: true, WithHash: true}),
		c.GeoSearchStore(ctx, "geo", "near2", &redis.GeoSearchStoreQuery{GeoSearchQuery: redis.GeoSearchQuery{Member: "Palermo", Radius: 500, RadiusUnit: "km"}}),
		c.Eval(ctx, "return {KEYS[1], ARGV[1], 1, false}", []string{"k"}, "a"), c.Eval(ctx, "return redis.call('nosuch')", nil),
		c.EvalRO(ctx, "return 1", nil), c.ScriptLoad(ctx, "return 42"), c.EvalSha(ctx, "1fa00e76656cc152ad327c13fe365858fd7be306", nil),
		c.EvalShaRO(ctx, "1fa00e76656cc152ad327c13fe365858fd7be306", nil), c.ScriptExists(ctx, "1fa00e76656cc152ad327c13fe365858fd7be306", "x"),
		c.ScriptFlush(ctx), c.EvalSha(ctx, "1fa00e76656cc152ad327c13fe365858fd7be306", nil), c.ScriptKill(ctx),
		c.FunctionLoad(ctx, "#!lua name=lib\nredis.register_function('one', function() return 1 end)"), c.FCall(ctx, "one", nil), c.FCallRo(ctx, "one", nil),
		c.FunctionList(ctx, redis.FunctionListQuery{}), c.FunctionDelete(ctx, "lib"), c.FunctionFlush(ctx),
		c.Publish(ctx, "nobody", "x"), c.SPublish(ctx, "nobody", "x"), c.PubSubChannels(ctx, "*"), c.PubSubNumSub(ctx, "a"), c.PubSubNumPat(ctx), c.PubSubShardChannels(ctx, "*"), c.PubSubShardNumSub(ctx, "a"),
	)
	t.try(c.FunctionStats(ctx), c.FunctionDump(ctx), c.GeoPos(ctx, "geo", "Palermo", "nowhere"))
}

func server(t *tracker, c redis.Cmdable) {
	t.do(
		c.Ping(ctx), c.Echo(ctx, "hello"), c.ClientGetName(ctx), c.ClientUnblock(ctx, 999999), c.ClientKill(ctx, "1.2.3.4:5"), c.ClientKillByFilter(ctx, "ID", "999999"),
		c.ClientPause(ctx, 0), c.ClientUnpause(ctx),
		c.CommandGetKeys(ctx, "mset", "a", 1, "b", 2), c.CommandGetKeysAndFlags(ctx, "get", "a"),
		c.ConfigSet(ctx, "timeout", "100"), c.ConfigGet(ctx, "timeout"), c.ConfigSet(ctx, "nosuch", "1"), c.ConfigResetStat(ctx),
		c.SlowLogReset(ctx), c.FlushDB(ctx), c.DBSize(ctx), c.FlushDBAsync(ctx), c.FlushAllAsync(ctx),
	)
	t.try(
		c.ClientID(ctx), c.ClientInfo(ctx), c.ClientList(ctx), c.Command(ctx), c.CommandList(ctx, nil), c.Time(ctx), c.Info(ctx), c.Info(ctx, "server", "clients"),
		c.LastSave(ctx), c.SlowLogGet(ctx, 10), c.ConfigGet(ctx, "*"),
	)
}
