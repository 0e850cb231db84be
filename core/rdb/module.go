package rdb

// moduleAlphabet are the characters of the names of loadable modules' types.
const moduleAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

// ModuleName returns the name of a loadable module's type from its number, which
// holds nine characters of six bits each, and a version in the ten bits below.
func ModuleName(id uint64) string {
	var name [9]byte
	id >>= 10
	for i := len(name) - 1; i >= 0; i-- {
		name[i] = moduleAlphabet[id&63]
		id >>= 6
	}
	return string(name[:])
}

// The marks before each element of a loadable module's value.
const (
	moduleEOF = iota
	moduleSigned
	moduleUnsigned
	moduleFloat
	moduleDouble
	moduleString
)
