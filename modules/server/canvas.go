package server

import "unicode/utf8"

// canvas is a picture of dots, drawn with the Braille patterns of Unicode: each
// character is a cell of two by four dots.
type canvas struct {
	width, height int // in dots
	columns       int
	cells         []byte // the dots of each character, as bits
}

func newCanvas(columns, rows int) *canvas {
	return &canvas{2 * columns, 4 * rows, columns, make([]byte, columns*rows)}
}

// dotBits are the bits of a pattern by row and column (Unicode chapter 21.1).
var dotBits = [4][2]byte{{0x01, 0x08}, {0x02, 0x10}, {0x04, 0x20}, {0x40, 0x80}}

// set makes a dot; what lies outside is cut off.
func (cv *canvas) set(x, y int) {
	if x < 0 || y < 0 || x >= cv.width || y >= cv.height {
		return
	}
	cv.cells[y/4*cv.columns+x/2] |= dotBits[y%4][x%2]
}

// bytes returns the picture as lines of UTF-8.
func (cv *canvas) bytes() (text []byte) {
	const blank = 0x2800
	for i, cell := range cv.cells {
		text = utf8.AppendRune(text, blank+rune(cell))
		if (i+1)%cv.columns == 0 {
			text = append(text, '\n')
		}
	}
	return text
}
