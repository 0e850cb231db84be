package tls

import (
	"crypto/ecdsa"
	"crypto/x509"
	"encoding/pem"
	"strings"
	"testing"
)

func TestTLSKeyWithPassword(t *testing.T) {
	// The same key three times: openssl ecparam -name prime256v1 -genkey,
	// openssl pkcs8 -topk8 -v2 aes-256-cbc, openssl ec -aes128.
	for _, test := range []struct{ name, key string }{{"PKCS #8", keyPKCS8}, {"3DES, SHA-1", keyPKCS8Old}, {"DEK-Info", keyLegacy}} {
		got, err := decryptKey([]byte(test.key), []byte("sesame"))
		if err != nil {
			t.Errorf("%s: %v", test.name, err)
			continue
		}
		if key := parseKey(t, got); !key.Equal(parseKey(t, []byte(keyPlain))) {
			t.Errorf("%s: another key", test.name)
		}
		if _, err := decryptKey([]byte(test.key), []byte("wrong")); err == nil {
			t.Errorf("%s: decrypted with a wrong password", test.name)
		}
	}
	if got, err := decryptKey([]byte(keyPlain), []byte("sesame")); err != nil || string(got) != keyPlain {
		t.Errorf("a key in the clear: %v", err)
	}
}

func parseKey(t *testing.T, data []byte) *ecdsa.PrivateKey {
	t.Helper()
	for {
		block, rest := pem.Decode(data)
		if block == nil {
			t.Fatalf("no key in %q", data)
		}
		if key, err := x509.ParseECPrivateKey(block.Bytes); err == nil {
			return key
		}
		if key, err := x509.ParsePKCS8PrivateKey(block.Bytes); err == nil {
			return key.(*ecdsa.PrivateKey)
		}
		data = rest
	}
}

func FuzzDecryptKey(f *testing.F) {
	for _, key := range []string{keyPlain, keyPKCS8, keyPKCS8Old, keyLegacy} {
		f.Add([]byte(key))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if strings.Contains(string(data), "ENCRYPTED") && len(data) > 2000 {
			return
		}
		_, _ = decryptKey(data, []byte("sesame"))
	})
}
