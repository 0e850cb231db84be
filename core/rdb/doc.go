// Package rdb is the wire form of Redis's dumps: lengths, strings, numbers,
// LZF, the checksum and the footer of a DUMP payload. It knows no values, files
// or servers: value types encode and decode themselves with it, the rdb module
// writes the frame around them.
//
// Writing appends to a byte slice (AppendLen, AppendString, ...) and cannot
// fail. Reading goes through a Reader, which takes foreign bytes: it never
// panics, never trusts a declared length for an allocation, and remembers its
// first error, so that a decoder checks once at the end.
//
// The format is Redis's, learned from its published description and from what
// redis-server writes.
package rdb

// Versions of the format. Version 11 is Redis 7.2's.
const (
	Version    = 11 // what is written
	MaxVersion = 12 // the newest that is read

	// VersionMemberExpiry is the first with members that expire by themselves
	// (TypeHashMetadata): what is written if there are any.
	VersionMemberExpiry = 12
)

// The type bytes: what kind of value follows, in which layout.
const (
	TypeString           = 0
	TypeList             = 1
	TypeSet              = 2
	TypeZSet             = 3 // scores as text
	TypeHash             = 4
	TypeZSet2            = 5 // scores as binary doubles
	TypeModulePreGA      = 6
	TypeModule2          = 7 // a type that is not Redis's: see ModuleName
	TypeHashZipmap       = 9
	TypeListZiplist      = 10
	TypeSetIntset        = 11
	TypeZSetZiplist      = 12
	TypeHashZiplist      = 13
	TypeListQuicklist    = 14 // of ziplists
	TypeStreamListpacks  = 15
	TypeHashListpack     = 16
	TypeZSetListpack     = 17
	TypeListQuicklist2   = 18 // of listpacks and plain nodes
	TypeStreamListpacks2 = 19
	TypeSetListpack      = 20
	TypeStreamListpacks3 = 21
	TypeHashMetadataPre  = 22 // Redis 7.4 before its release
	TypeHashListpackPre  = 23
	TypeHashMetadata     = 24 // Redis 7.4: fields with expiries
	TypeHashListpackEx   = 25
)

// The opcodes that stand where a type byte may stand.
const (
	OpSlotInfo      = 244 // slot, size, size of its expires
	OpFunction2     = 245 // source text of a function library
	OpFunctionPreGA = 246
	OpModuleAux     = 247
	OpIdle          = 248 // LRU idle time of the next key, in seconds
	OpFreq          = 249 // LFU counter of the next key
	OpAux           = 250 // name and value
	OpResizeDB      = 251 // number of keys, number of keys that expire
	OpExpireMillis  = 252
	OpExpireSeconds = 253
	OpSelectDB      = 254
	OpEOF           = 255
)

// The first two bits of a length, and the two forms that take all eight.
const (
	len6       = 0
	len14      = 1
	lenEncoded = 3 // no length: the other six bits are a string encoding
	len32      = 0x80
	len64      = 0x81
)

// The string encodings.
const (
	encInt8  = 0
	encInt16 = 1
	encInt32 = 2
	encLZF   = 3
)

// TypeName names the type of value that a type byte stands for, as TYPE does; "" for
// those that stand for no certain one, or none.
func TypeName(op byte) string {
	switch op {
	case TypeString:
		return "string"
	case TypeList, TypeListZiplist, TypeListQuicklist, TypeListQuicklist2:
		return "list"
	case TypeSet, TypeSetIntset, TypeSetListpack:
		return "set"
	case TypeZSet, TypeZSet2, TypeZSetZiplist, TypeZSetListpack:
		return "zset"
	case TypeHash, TypeHashZipmap, TypeHashZiplist, TypeHashListpack,
		TypeHashMetadata, TypeHashMetadataPre, TypeHashListpackEx, TypeHashListpackPre:
		return "hash"
	case TypeStreamListpacks, TypeStreamListpacks2, TypeStreamListpacks3:
		return "stream"
	}
	return ""
}

// Layout names how a value of a type byte is laid out, as Redis's log does;
// "Value" for those that have no name of their own.
func Layout(op byte) string {
	switch op {
	case TypeHashZipmap:
		return "Zipmap"
	case TypeListZiplist, TypeListQuicklist:
		return "Ziplist"
	case TypeHashZiplist:
		return "Hash ziplist"
	case TypeZSetZiplist:
		return "Zset ziplist"
	case TypeSetIntset:
		return "Intset"
	case TypeListQuicklist2:
		return "Listpack"
	case TypeHashListpack, TypeHashListpackPre, TypeHashListpackEx:
		return "Hash listpack"
	case TypeSetListpack:
		return "Set listpack"
	case TypeZSetListpack:
		return "Zset listpack"
	case TypeStreamListpacks, TypeStreamListpacks2, TypeStreamListpacks3:
		return "Stream listpack"
	}
	return "Value"
}
