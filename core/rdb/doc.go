// Package rdb is the wire form of Redis's dumps: lengths, strings, LZF and the
// checksum. It knows no types, files or servers: value types encode and decode
// themselves with it, the rdb module writes the frame around them.
package rdb
