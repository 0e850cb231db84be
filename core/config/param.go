package config

// Flag marks what a parameter may and may not do.
type Flag uint16

const (
	// Immutable: only a start-up source can give the value; CONFIG SET answers "can't set immutable config".
	Immutable Flag = 1 << iota
	// Protected: CONFIG SET needs SetOptions.AllowProtected (see the parameter enable-protected-configs).
	Protected
	// Sensitive: the value must not appear in logs, the slow log or error texts.
	Sensitive
	// Hidden: CONFIG GET shows it only under its exact name, never through a pattern; left out of the default file.
	Hidden
	// DenyLoading: CONFIG SET is refused while the server loads a data set (SetOptions.Loading).
	DenyLoading
	// Volatile: the hooks run even if the value is set to what it already was (a certificate file may have new content).
	Volatile
	// MultiArg: the value may be several words. A line of redis.conf gives them directly; CONFIG SET splits its single
	// argument at spaces. Without it a line with more than one word is an error. Lists (Strings, EnumSet) have it anyway;
	// text may have it; single numbers, names and yes/no may not.
	MultiArg
	// Directive: only a line of a start-up source, never a parameter: CONFIG GET and SET do not know it (user,
	// rename-command, loadmodule).
	Directive
	// Needed: who sets it relies on it. A server whose modules do not include the one that means it refuses any value but
	// the default, where it accepts other parameters of that module without effect.
	Needed
)

// Param is what every parameter declares about itself, whatever its type.
type Param struct {
	// Name is Redis's own, in lower case.
	Name string
	// Aliases are other names of the same parameter (slave for replica, ziplist for listpack).
	Aliases []string
	// Section groups parameters in the generated default file: "network", "memory"...
	Section string
	// Default is the value as a line of redis.conf would give it; words are separated by spaces where MultiArg is set.
	// Several lines (Repeated) are separated by newlines.
	Default string
	// Doc is one to three sentences in our own words, for the generated default file.
	Doc string
	// Flags: see the constants.
	Flags Flag
	// NoEffect, if not empty, says why the parameter is accepted and cannot mean anything here; docs/differences.md is
	// checked against it.
	NoEffect string
}

// Has tells whether all of f are set.
func (p *Param) Has(f Flag) bool { return p.Flags&f == f }

// Origin says where a value came from. The zero Origin is the default.
type Origin struct {
	// Source is a file's path, "command line", "environment variable FERROUS_PORT", "standard input" or "CONFIG SET".
	Source string
	// Line counts from 1; 0 where the source has no lines.
	Line int
}

// Var is a declared parameter, whatever its type: what *BoolVar, *IntVar and the others have in common. Only this
// package implements it.
type Var interface {
	// Param is the declaration. Callers must not change it.
	Param() *Param
	// String is the current value as CONFIG GET prints it.
	String() string
	// DefaultString is the default value as CONFIG GET would print it.
	DefaultString() string
	// Lines are the values as a configuration file states them: one element for a line, each made of unquoted words,
	// the name not included. The caller owns the result.
	Lines() [][]string
	// DefaultLines are Lines of the default value.
	DefaultLines() [][]string
	// Origin says where the current value came from.
	Origin() Origin
	// Repeats says how several lines of the parameter combine.
	Repeats() Repeat

	base() *common
	parse(words []string, onto any) (any, error) // text to boxed value, checks included; onto: nil or what to add to
	load() any                                   // boxed current value
	store(any)                                   // boxed value into place
	format(any) string
	lines(any) [][]string
}
