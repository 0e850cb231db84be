package core

import (
	"errors"
	"strings"
)

// Error is an error that a client sees: a code ("ERR", "WRONGTYPE") and a
// text. Any other error that a handler returns is answered as ERR with its
// text. Errors are values: compare them with ==.
type Error struct{ Code, Text string }

// Error returns the reply's content: the code, a blank, the text.
func (e Error) Error() string { return e.Code + " " + e.Text }

// Err makes an error with the code ERR.
func Err(text string) error { return Error{"ERR", text} }

// The errors that many commands share, in Redis's words.
var (
	ErrSyntax       = Err("syntax error")
	ErrWrongType    = error(Error{"WRONGTYPE", "Operation against a key holding the wrong kind of value"})
	ErrNotInteger   = Err("value is not an integer or out of range")
	ErrNotFloat     = Err("value is not a valid float")
	ErrInt32        = Err("value is out of range, value must between -2147483648 and 2147483647")
	ErrOutOfRange   = Err("value is out of range")
	ErrNotPositive  = Err("value is out of range, must be positive")
	ErrIndexRange   = Err("index out of range")
	ErrNoSuchKey    = Err("no such key")
	ErrSameObject   = Err("source and destination objects are the same")
	ErrDBIndex      = Err("DB index is out of range")
	ErrOverflow     = Err("increment or decrement would overflow")
	ErrNaN          = Err("increment would produce NaN or Infinity")
	ErrTooLarge     = Err("string exceeds maximum allowed size (proto-max-bulk-len)")
	ErrTimeoutFloat = Err("timeout is not a float or out of range")
	ErrTimeoutInt   = Err("timeout is not an integer or out of range")
	ErrTimeoutRange = Err("timeout is out of range")
	ErrTimeoutNeg   = Err("timeout is negative")
	ErrExec         = error(Error{"EXECABORT", "Transaction discarded because of previous errors."})
	ErrOOM          = error(Error{"OOM", "command not allowed when used memory > 'maxmemory'."})
	ErrBusyKey      = error(Error{"BUSYKEY", "Target key name already exists."})
	ErrNoAuth       = error(Error{"NOAUTH", "Authentication required."})
	ErrWrongPass    = error(Error{"WRONGPASS", "invalid username-password pair or user is disabled."})
	ErrNoProto      = error(Error{"NOPROTO", "unsupported protocol version"})
	ErrLoading      = error(Error{"LOADING", "Redis is loading the dataset in memory"})
	ErrUnblocked    = error(Error{"UNBLOCKED", "client unblocked via CLIENT UNBLOCK"})
)

// ErrKilled is why nothing is played any more of what comes by a connection: it was
// ended by somebody else. No client sees it.
var ErrKilled = errors.New("the session was ended")

// ErrExpireTime is the error for an expiry that is not positive or overflows.
func ErrExpireTime(command string) error {
	return Err("invalid expire time in '" + command + "' command")
}

// ErrSubcommand is the error of a container of commands for a subcommand that
// it does not know, or not with these arguments.
func ErrSubcommand(container string, sub []byte) error {
	name := string(sub[:min(len(sub), 128)])
	return Err("unknown subcommand or wrong number of arguments for '" + name + "'. Try " + strings.ToUpper(container) + " HELP.")
}

// ErrArity is the error for a wrong number of arguments; command is the full
// name, "get" or "config|get".
func ErrArity(command string) error {
	return Err("wrong number of arguments for '" + command + "' command")
}
