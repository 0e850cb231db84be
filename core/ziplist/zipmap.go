package ziplist

// EachField calls fn for the fields of a zipmap in their order, until it
// returns an error, which EachField returns; see Each.
//
//	byte 0   how many fields there are, if less than 254
//	fields   length, name, length, one byte: how many unused ones follow the
//	         value, value, unused bytes
//	0xff
func EachField(b []byte, fn func(field, value []byte) error) error {
	if len(b) < 2 || b[len(b)-1] != end {
		return ErrCorrupt
	}
	want, rest, n := int(b[0]), b[1:], 0
	for rest[0] != end {
		field, after, ok := readText(rest, 0)
		if !ok {
			return ErrCorrupt
		}
		value, after, ok := readText(after, 1)
		if !ok || len(after) == 0 { // there is the end, at least
			return ErrCorrupt
		}
		if err := fn(field, value); err != nil {
			return err
		}
		rest = after
		n++
	}
	if len(rest) != 1 || want < longLength && want != n {
		return ErrCorrupt
	}
	return nil
}

// readText reads bytes with their length before them. If unused is 1, a byte
// between the two tells how many follow that mean nothing.
func readText(b []byte, unused int) (text, after []byte, ok bool) {
	n, size, ok := readLength(b)
	if !ok || n > len(b)-size-unused {
		return nil, nil, false
	}
	skip := 0
	if unused > 0 {
		if size == len(b) {
			return nil, nil, false
		}
		skip = int(b[size])
	}
	b = b[size+unused:]
	if skip > len(b)-n {
		return nil, nil, false
	}
	return b[:n:n], b[n+skip:], true
}
