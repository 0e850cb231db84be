// Command floor is the smallest Go program that answers PING on the unix socket that its last arguments name as a
// server's do (--unixsocket PATH ...): what of sizes' figures is Go's.
package main

import (
	"fmt"
	"net"
	"os"
	"slices"
)

func main() {
	l, err := net.Listen("unix", os.Args[slices.Index(os.Args, "--unixsocket")+1])
	for err == nil {
		var conn net.Conn
		if conn, err = l.Accept(); err == nil {
			go answer(conn)
		}
	}
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

func answer(conn net.Conn) {
	defer conn.Close()
	request := make([]byte, 64)
	for {
		if _, err := conn.Read(request); err != nil {
			return
		}
		if _, err := conn.Write([]byte("+PONG\r\n")); err != nil {
			return
		}
	}
}
