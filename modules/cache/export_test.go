package cache

import "github.com/ferrousdb/ferrous/core/config"

// AbsentList and AbsentLine are for the test that knows the full set, which this package
// may not import.
func AbsentList() string { return absentList }

// AbsentLine is the line of a module's parameter.
func AbsentLine(module string, p *config.Param) string { return makeAbsent(module, p).String() }
