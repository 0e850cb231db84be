// Package archtest holds the tree to its architecture: who may import whom, that
// nothing happens in init functions, that links between pages lead somewhere. It
// is tests only; nothing imports it, and it knows the packages by their paths
// alone.
//
// The rules are in rules_test.go, one line each. They hold for the files of
// other systems too, and for what is linked in through others.
package archtest
