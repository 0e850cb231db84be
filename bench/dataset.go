package main

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// dataset is a kind of data that the persistence section saves and loads.
type dataset struct {
	name     string
	elements int      // of each key
	command  []string // that makes one key; see template for the marks
}

const collectionSize = 20 // elements of each key that is a collection

// datasets is the table. Values are text that does not compress, which is the more work for those who try.
var datasets = []dataset{
	{"strings", 1, []string{"SET", "key:" + sequenceMark, noise(memoryValueSize)}},
	{"hashes", collectionSize, ofCollection("HSET", func(i int) []string { return []string{fmt.Sprintf("field:%02d", i), noise(16)} })},
	{"lists", collectionSize, ofCollection("RPUSH", func(int) []string { return []string{noise(16)} })},
	{"zsets", collectionSize, ofCollection("ZADD", func(i int) []string { return []string{strconv.Itoa(i * 7919 % 1000), noise(16)} })},
}

func ofCollection(command string, element func(i int) []string) []string {
	words := []string{command, "key:" + sequenceMark}
	for i := range collectionSize {
		words = append(words, element(i)...)
	}
	return words
}

// keys is how many keys hold n elements.
func (d dataset) keys(n int) int { return max(n/d.elements, 1) }

// load fills a server with n elements.
func (d dataset) load(ctx context.Context, s *server, n int) error {
	t := newTemplate(d.command...)
	_, err := pipelineJob{commands: d.keys(n), batch: max(500/d.elements, 1), window: 4,
		build: func(buf []byte, i int) []byte { return t.append(buf, i, uint64(i)) }}.run(ctx, s)
	return err
}

func datasetNames() []string {
	names := make([]string, len(datasets))
	for i, d := range datasets {
		names[i] = d.name
	}
	return names
}

// selectDatasets returns the rows named in a comma-separated list.
func selectDatasets(list string) ([]dataset, error) {
	var chosen []dataset
	for name := range strings.SplitSeq(list, ",") {
		i := slices.IndexFunc(datasets, func(d dataset) bool { return d.name == name })
		if i < 0 {
			return nil, fmt.Errorf("no data is named %q; there are %s", name, strings.Join(datasetNames(), " "))
		}
		chosen = append(chosen, datasets[i])
	}
	return chosen, nil
}

// template is a command in wire form with holes: twelve digits where sequenceMark was, twelve digits of another number below
// shuffleBelow for each of shuffleMarks, which follows from the sequence without being in its order, and noise.
type template struct {
	text   []byte
	digits []digitsAt
	noise  [][2]int // from, to
}

// digitsAt is a place for twelve digits, and what makes the number of the sequence's.
type digitsAt struct {
	at     int
	factor int // of the sequence, modulo shuffleBelow; 0 for the sequence itself
}

const shuffleBelow = 800_000_000

// shuffleMarks are as long as the digits, like sequenceMark. Their factors have no divisor in common with shuffleBelow, so no number
// comes twice before all have come.
var shuffleMarks = map[string]int{"__shuffle1__": 618_033_989, "__shuffle2__": 331_662_479}

const noiseMark = '~'

// noise marks n bytes of a command that are to be random text.
func noise(n int) string { return strings.Repeat(string(noiseMark), n) }

func newTemplate(words ...string) template {
	t := template{text: appendCommand(nil, words...)}
	for at := 0; at < len(t.text); at++ {
		switch {
		case bytes.HasPrefix(t.text[at:], []byte(sequenceMark)):
			t.digits = append(t.digits, digitsAt{at: at})
		case t.text[at] == '_' && shuffleMarks[string(t.text[at:min(at+len(sequenceMark), len(t.text))])] != 0:
			t.digits = append(t.digits, digitsAt{at, shuffleMarks[string(t.text[at:at+len(sequenceMark)])]})
		case t.text[at] == noiseMark:
			from := at
			for t.text[at] == noiseMark {
				at++
			}
			t.noise = append(t.noise, [2]int{from, at})
		}
	}
	return t
}

// append appends the command with digits that tell sequence, and with the text that belongs to seed.
func (t template) append(buf []byte, sequence int, seed uint64) []byte {
	start := len(buf)
	buf = append(buf, t.text...)
	command := buf[start:]
	for _, d := range t.digits {
		n := sequence
		if d.factor != 0 {
			n = sequence * d.factor % shuffleBelow
		}
		appendDigits(command[:d.at], n)
	}
	for _, n := range t.noise {
		seed = fillNoise(command[n[0]:n[1]], seed)
	}
	return buf
}

// noiseLetters are 64, so that six random bits choose one: there is nothing for a compressor that looks for repetitions,
// as those of RDB files do.
const noiseLetters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_"

// fillNoise fills b with text that follows from seed, and returns another seed to go on with. The generator is
// splitmix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014).
func fillNoise(b []byte, seed uint64) uint64 {
	// Neighbouring seeds must not share a sequence shifted by one.
	seed *= 0xd1342543de82ef95
	for len(b) > 0 {
		seed += 0x9e3779b97f4a7c15
		z := seed
		z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
		z = (z ^ z>>27) * 0x94d049bb133111eb
		z ^= z >> 31
		n := min(10, len(b))
		for i := range n {
			b[i] = noiseLetters[z&63]
			z >>= 6
		}
		b = b[n:]
	}
	return seed
}
