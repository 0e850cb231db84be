// Package network carries bytes between clients and whoever executes what they
// ask for: it listens and accepts, over TCP, TLS and unix sockets, drives
// connections by event loops over epoll or by goroutines of their own, and keeps
// what a client has not taken yet (Output, Buffers).
//
// It knows no request and no reply. What comes in is handed to a Session within a
// turn of its Worker, and what goes out leaves through the session's Link. These
// three, in link.go, are the whole of the wall between this package and the one
// that executes.
package network
