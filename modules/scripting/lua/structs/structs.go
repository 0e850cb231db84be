// Package structs is Redis's struct library: values packed as C lays out its
// structs. It knows no VM: the caller takes arguments and pushes results.
package structs

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"

	"github.com/ferrousdb/ferrous/modules/scripting/lua/number"
)

const (
	maxInt   = 32 // bytes of an integer
	maxAlign = 8
)

// ArgError is a complaint about an argument, by its number.
type ArgError struct {
	Arg  int
	Text string
}

func (e *ArgError) Error() string { return e.Text }

// layout walks a format.
type layout struct {
	format string
	big    bool
	align  int
}

// next returns the next option with its size in bytes.
func (l *layout) next() (option byte, size int, err error) {
	option = l.format[0]
	l.format = l.format[1:]
	switch option {
	case 'B', 'b', 'x':
		size = 1
	case 'H', 'h':
		size = 2
	case 'L', 'l', 'T', 'd':
		size = 8
	case 'f':
		size = 4
	case 'c':
		size, err = l.number(1)
	case 'i', 'I':
		if size, err = l.number(4); err == nil && size > maxInt {
			err = fmt.Errorf("integral size %d is larger than limit of %d", size, maxInt)
		}
	}
	return option, size, err
}

func (l *layout) number(otherwise int) (int, error) {
	if l.format == "" || l.format[0] < '0' || l.format[0] > '9' {
		return otherwise, nil
	}
	n := 0
	for l.format != "" && l.format[0] >= '0' && l.format[0] <= '9' {
		digit := int(l.format[0] - '0')
		if n > math.MaxInt32/10 || n*10 > math.MaxInt32-digit {
			return 0, errors.New("integral size overflow")
		}
		n = n*10 + digit
		l.format = l.format[1:]
	}
	return n, nil
}

// padding is how many bytes precede an option of that size at that offset.
func (l *layout) padding(offset int, option byte, size int) int {
	if size == 0 || option == 'c' {
		return 0
	}
	size = min(size, l.align)
	return (size - offset&(size-1)) & (size - 1)
}

// control obeys an option that stands for no value.
func (l *layout) control(option byte) error {
	switch option {
	case ' ':
	case '>':
		l.big = true
	case '<':
		l.big = false
	case '!':
		n, err := l.number(maxAlign)
		if err != nil {
			return err
		}
		if n <= 0 || n&(n-1) != 0 {
			return fmt.Errorf("alignment %d is not a power of 2", n)
		}
		l.align = n
	default:
		return &ArgError{1, fmt.Sprintf("invalid format option '%c'", option)}
	}
	return nil
}

// Args gives the arguments of Pack, from 1 on being the format itself. They end
// the call by themselves if they are missing or of a wrong type.
type Args interface {
	Number(arg int) float64
	String(arg int) string
}

// Pack appends the arguments from the second on as the format says, at most limit
// bytes of them (0: any number).
func Pack(b []byte, format string, args Args, limit int) ([]byte, error) {
	l := layout{format: format, align: 1}
	arg, base := 2, len(b)
	for l.format != "" {
		option, size, err := l.next()
		if err != nil {
			return b, err
		}
		if limit > 0 && len(b)-base+size > limit {
			return b, errors.New("not enough memory")
		}
		for n := l.padding(len(b)-base, option, size); n > 0; n-- {
			b = append(b, 0)
		}
		switch option {
		case 'b', 'B', 'h', 'H', 'l', 'L', 'T', 'i', 'I':
			b = appendInt(b, args.Number(arg), size, l.big)
			arg++
		case 'x':
			b = append(b, 0)
		case 'f':
			b = l.order().AppendUint32(b, math.Float32bits(float32(args.Number(arg))))
			arg++
		case 'd':
			b = l.order().AppendUint64(b, math.Float64bits(args.Number(arg)))
			arg++
		case 'c', 's':
			s := args.String(arg)
			arg++
			if size == 0 {
				size = len(s)
			}
			if len(s) < size {
				return b, &ArgError{arg, "string too short"}
			}
			b = append(b, s[:size]...)
			if option == 's' {
				b = append(b, 0)
			}
		default:
			if err := l.control(option); err != nil {
				return b, err
			}
		}
	}
	return b, nil
}

func (l *layout) order() interface {
	binary.AppendByteOrder
	binary.ByteOrder
} {
	if l.big {
		return binary.BigEndian
	}
	return binary.LittleEndian
}

func appendInt(b []byte, f float64, size int, big bool) []byte {
	n := number.ToUint64(f)
	if f < 0 {
		n = uint64(number.ToInt64(f))
	}
	at := len(b)
	for i := 0; i < size; i++ {
		b = append(b, byte(n))
		n >>= 8
	}
	if big {
		for i, j := at, len(b)-1; i < j; i, j = i+1, j-1 {
			b[i], b[j] = b[j], b[i]
		}
	}
	return b
}

func readInt(s string, signed, big bool) float64 {
	n := uint64(0)
	for i := range len(s) {
		if big {
			n = n<<8 | uint64(s[i])
		} else {
			n = n<<8 | uint64(s[len(s)-1-i])
		}
	}
	if !signed {
		return float64(n)
	}
	if mask := ^uint64(0) << ((len(s)*8 - 1) & 63); n&mask != 0 {
		n |= mask
	}
	return float64(int64(n))
}

// Results takes the results of Unpack.
type Results interface {
	Number(f float64)
	String(s string)
	// Take removes the last result, if it is a number.
	Take() (float64, bool)
}

// Unpack reads values from offset on (counted from 0), and returns the offset
// behind them.
func Unpack(format, data string, offset int, out Results) (int, error) {
	l := layout{format: format, align: 1}
	short := &ArgError{2, "data string too short"}
	for l.format != "" {
		option, size, err := l.next()
		if err != nil {
			return 0, err
		}
		offset += l.padding(offset, option, size)
		if size > len(data) || offset > len(data)-size {
			return 0, short
		}
		field := data[offset:]
		switch option {
		case 'b', 'B', 'h', 'H', 'l', 'L', 'T', 'i', 'I':
			out.Number(readInt(field[:size], option >= 'a', l.big))
		case 'x':
		case 'f':
			out.Number(float64(math.Float32frombits(l.order().Uint32([]byte(field[:4])))))
		case 'd':
			out.Number(math.Float64frombits(l.order().Uint64([]byte(field[:8]))))
		case 'c':
			if size == 0 {
				f, ok := out.Take()
				if !ok {
					return 0, errors.New("format 'c0' needs a previous size")
				}
				if !(f >= 0 && f <= float64(len(field))) {
					return 0, short
				}
				size = int(f)
			}
			out.String(field[:size])
		case 's':
			for size < len(field) && field[size] != 0 {
				size++
			}
			if size == len(field) {
				return 0, errors.New("unfinished string in data")
			}
			out.String(field[:size])
			size++
		default:
			if err := l.control(option); err != nil {
				return 0, err
			}
		}
		offset += size
	}
	return offset, nil
}

// Size is how many bytes a format of fixed size takes.
func Size(format string) (int, error) {
	l := layout{format: format, align: 1}
	total := 0
	for l.format != "" {
		option, size, err := l.next()
		if err != nil {
			return 0, err
		}
		total += l.padding(total, option, size)
		switch {
		case option == 's':
			return 0, &ArgError{1, "option 's' has no fixed size"}
		case option == 'c' && size == 0:
			return 0, &ArgError{1, "option 'c0' has no fixed size"}
		case size == 0 && option != 'c':
			if err := l.control(option); err != nil {
				return 0, err
			}
		}
		if total > math.MaxInt32-size {
			return 0, &ArgError{1, "format too large"}
		}
		total += size
	}
	return total, nil
}
