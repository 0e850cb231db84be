package server

import (
	"strings"

	"github.com/ferrousdb/ferrous/core"
)

// debugProtocol replies with a value of each type of the protocol. The values
// are those that tests of client libraries expect.
func debugProtocol(c *core.Ctx) error {
	switch strings.ToLower(string(c.Args[2])) {
	case "string":
		c.BulkString("Hello World")
	case "integer":
		c.Int(12345)
	case "double":
		c.Double(3.141)
	case "null":
		c.Null()
	case "array":
		c.Array(3)
		writeUpTo(c, 3)
	case "set":
		c.Set(3)
		writeUpTo(c, 3)
	case "map":
		c.Map(3)
		for i := range 3 {
			c.Int(int64(i))
			c.Bool(i == 1)
		}
	case "attrib":
		if c.Attribute(1) {
			c.BulkString("key-popularity")
			c.Array(2)
			c.BulkString("key:123")
			c.Int(90)
		}
		c.BulkString("Some real reply following the attribute")
	case "push":
		if !c.RESP3() {
			return core.Err("RESP2 is not supported by this command")
		}
		// Since 7.2 a push follows the reply of the command that caused it.
		c.BulkString("Some real reply following the push reply")
		c.Push(2)
		c.BulkString("server-cpu-usage")
		c.Int(42)
	case "true":
		c.Bool(true)
	case "false":
		c.Bool(false)
	case "verbatim":
		c.Verbatim("txt", "This is a verbatim\nstring")
	case "bignum":
		c.BigNumber("1234567999999999999999999999999999999")
	default:
		return core.Err("Wrong protocol type name. Please use one of the following: string|integer|double|bignum|null|array|set|map|attrib|push|verbatim|true|false")
	}
	return nil
}

func writeUpTo(c *core.Ctx, n int64) {
	for i := range n {
		c.Int(i)
	}
}
