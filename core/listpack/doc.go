// Package listpack is Redis's packed sequence of strings and integers: the form
// of small collections in memory and in dumps, byte for byte. It only reads and
// writes bytes; where they are kept is the caller's business.
//
// A pack is a header, elements and an end mark:
//
//	total bytes   4, little-endian
//	elements      2, little-endian; 65535 means: count them
//	elements      ...
//	end           1, 0xff
//
// An element is an encoding with its data, followed by the length of both,
// written so that it can be read from its end; so a pack is walked in both
// directions.
//
//	0xxxxxxx                    an integer from 0 to 127
//	10xxxxxx  data              a string of up to 63 bytes
//	110xxxxx xxxxxxxx           an integer of 13 bits
//	1110xxxx xxxxxxxx  data     a string of up to 4095 bytes
//	0xf0, 4 bytes, data         a longer string
//	0xf1 0xf2 0xf3 0xf4         an integer of 2, 3, 4 or 8 bytes, little-endian
//
// A string that is an integer in canonical form is stored as one, so an element
// does not tell which of both it was given as.
//
// What stands between header and end mark is called a region. Functions on
// elements take regions, and positions are offsets in them; so they also serve
// sequences without a header (the chunks of a long list). They trust their
// input: foreign bytes go through Validate first.
//
// The format is published as listpack.md in antirez's repository of that name.
package listpack
