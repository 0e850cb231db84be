package main

import (
	"bytes"
	"compress/flate"
	"strings"
	"testing"
)

func TestTemplate(t *testing.T) {
	command := newTemplate("SET", "key:"+sequenceMark, noise(64))
	a, b := command.append(nil, 12340, 7), command.append([]byte("before"), 12340, 7)
	if string(b) != "before"+string(a) {
		t.Errorf("the same seed makes %q and %q", a, b)
	}
	key, value, ok := strings.Cut(string(a), "\r\n$64\r\n")
	if !ok || !strings.HasSuffix(key, "key:000000012340") || len(value) != 66 || strings.ContainsRune(value, noiseMark) {
		t.Errorf("%q", a)
	}
	if c := command.append(nil, 12340, 8); bytes.Equal(a, c) {
		t.Error("another seed makes the same text")
	}
	if string(command.text) != string(appendCommand(nil, "SET", "key:"+sequenceMark, noise(64))) {
		t.Error("the template was written into")
	}
}

// TestNoiseHasNoRepetitions looks at many values together: text without entropy left compresses to the six bits that
// each letter holds, and no further.
func TestNoiseHasNoRepetitions(t *testing.T) {
	var text []byte
	for i := range 2000 {
		value := make([]byte, 64)
		fillNoise(value, uint64(i))
		text = append(text, value...)
	}
	var packed bytes.Buffer
	w, _ := flate.NewWriter(&packed, flate.BestCompression)
	_, _ = w.Write(text)
	_ = w.Close()
	if least := len(text) * 6 / 8; packed.Len() < least {
		t.Errorf("%d bytes compress to %d, fewer than %d", len(text), packed.Len(), least)
	}
}

func TestEveryDatasetIsValid(t *testing.T) {
	for _, d := range datasets {
		command := newTemplate(d.command...)
		if len(command.digits) != 1 || len(command.noise) != d.elements || d.keys(1000) != 1000/d.elements {
			t.Errorf("%s: %+v", d.name, command)
		}
	}
	if _, err := selectDatasets("strings,nothing"); err == nil {
		t.Error("unknown data was accepted")
	}
}

func TestTemplateShuffles(t *testing.T) {
	one := newTemplate("__shuffle1__", "x__shuffle2__e-7", "__sequence__")
	seen := map[string]bool{}
	sorted := true
	last := ""
	for i := range 10_000 {
		text := string(one.append(nil, i, 0))
		number := text[len("*3\r\n$12\r\n"):][:12]
		if seen[number] || number >= "000800000000" {
			t.Fatalf("%d gives %q", i, text)
		}
		seen[number], sorted, last = true, sorted && number > last, number
	}
	if sorted {
		t.Error("the numbers come in order")
	}
	if got, want := string(one.append(nil, 3, 0)), "*3\r\n$12\r\n000254101967\r\n$16\r\nx000194987437e-7\r\n$12\r\n000000000003\r\n"; got != want {
		t.Errorf("%q", got)
	}
}
