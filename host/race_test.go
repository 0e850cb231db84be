//go:build race

package host

// underRace: memory cannot be measured then.
const underRace = true
