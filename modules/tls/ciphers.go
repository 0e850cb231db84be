package tls

import (
	"crypto/tls"
	"slices"
	"strings"
)

// suite is a cipher suite of TLS 1.2 and older that crypto/tls has, with the
// words that select it in an OpenSSL cipher list (man openssl-ciphers).
type suite struct {
	id    uint16
	iana  string
	words []string
}

// suites lists what crypto/tls has. The words of a suite follow from its IANA
// name, such as TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256.
func suites() (all []suite) {
	for _, c := range append(tls.CipherSuites(), tls.InsecureCipherSuites()...) {
		exchange, rest, ok := strings.Cut(strings.TrimPrefix(c.Name, "TLS_"), "_WITH_")
		if !ok {
			continue // of TLS 1.3, where there is nothing to choose
		}
		all = append(all, suite{c.ID, c.Name, suiteWords(exchange, rest)})
	}
	return all
}

func suiteWords(exchange, rest string) []string {
	words := []string{"ALL", "COMPLEMENTOFDEFAULT"}
	name := ""
	switch exchange {
	case "RSA":
		words = append(words, "KRSA", "RSA", "ARSA")
	case "ECDHE_RSA":
		words = append(words, "ECDHE", "KECDHE", "EECDH", "KEECDH", "ARSA")
		name = "ECDHE-RSA-"
	case "ECDHE_ECDSA":
		words = append(words, "ECDHE", "KECDHE", "EECDH", "KEECDH", "AECDSA", "ECDSA")
		name = "ECDHE-ECDSA-"
	}
	strong := []string{"HIGH", "DEFAULT"}
	parts := strings.Split(rest, "_")
	mac := parts[len(parts)-1]
	switch {
	case parts[0] == "AES":
		name += "AES" + parts[1] + "-"
		words = append(words, "AES", "AES"+parts[1])
		if parts[2] == "GCM" {
			name += "GCM-"
			words = append(words, "AESGCM")
		}
	case parts[0] == "CHACHA20":
		name += "CHACHA20-POLY1305" // OpenSSL names no hash here
		words = append(words, "CHACHA20")
		mac = ""
	case parts[0] == "3DES":
		name += "DES-CBC3-"
		words = append(words, "3DES")
		strong = []string{"MEDIUM"}
	default:
		name += "RC4-"
		words = append(words, "RC4")
		strong = []string{"MEDIUM"}
	}
	if slices.Contains(strong, "DEFAULT") {
		words = slices.DeleteFunc(words, func(w string) bool { return w == "COMPLEMENTOFDEFAULT" })
	}
	switch {
	case mac == "SHA":
		words = append(words, "SHA", "SHA1", "TLSV1", "SSLV3")
	case strings.Contains(name, "CBC") || mac == "" || slices.Contains(words, "AESGCM"):
		words = append(words, "TLSV1.2", "AEAD")
	default:
		words = append(words, "TLSV1.2", mac)
	}
	return append(append(words, strong...), name+mac)
}

// cipherSuites reads an OpenSSL cipher list: words separated by colons, commas
// or blanks; each is the name of a suite, or of a group, or several joined by
// plus signs, which selects what is in all of them. A minus takes suites out,
// an exclamation mark for good, and words that begin with + or @ are about the
// order, which does not matter here. IANA's names are names too. The second
// result are the words that select nothing.
func cipherSuites(list string) (ids []uint16, unknown []string) {
	all := suites()
	chosen, killed := map[uint16]bool{}, map[uint16]bool{}
	for _, word := range strings.FieldsFunc(list, func(r rune) bool { return strings.ContainsRune(":,; ", r) }) {
		if word[0] == '+' || word[0] == '@' {
			continue
		}
		name := strings.TrimLeft(word, "!-")
		found := false
		for _, s := range all {
			if !s.matches(name) {
				continue
			}
			found = true
			switch word[0] {
			case '!':
				killed[s.id] = true
			case '-':
				delete(chosen, s.id)
			default:
				chosen[s.id] = true
			}
		}
		// What is not there need not be taken out.
		if !found && name == word {
			unknown = append(unknown, word)
		}
	}
	for _, s := range all {
		if chosen[s.id] && !killed[s.id] {
			ids = append(ids, s.id)
		}
	}
	return ids, unknown
}

func (s suite) matches(name string) bool {
	if strings.EqualFold(name, s.iana) {
		return true
	}
	for word := range strings.SplitSeq(strings.ToUpper(name), "+") {
		if !slices.Contains(s.words, word) {
			return false
		}
	}
	return true
}
