//go:build !unix

package files

// NoFollow is no flag here.
const NoFollow = 0
