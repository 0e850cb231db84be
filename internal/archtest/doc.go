// Package archtest holds the tree to its architecture: who may import whom, that
// nothing happens in init functions, that links between pages lead somewhere. It
// is tests only; nothing imports it, and it knows the packages by their paths
// alone.
//
// The rules are in rules_test.go, one line each. The linter's depguard knows
// them too and answers sooner; here they hold where no linter runs, for the
// files of other systems, and for what is linked in through others.
package archtest
