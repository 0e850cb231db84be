// Package packaging holds what turns the program into packages: an image, a unit, a chart,
// .deb and .rpm. There is no Go in it but tests, which look at all of that as far as they
// can without a network. It is a Go module of its own, so that the tools which make
// packages are nobody else's dependencies.
package packaging
