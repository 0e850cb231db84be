package tls

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/des" // old keys are encrypted with it
	"crypto/pbkdf2"
	"crypto/sha1" // the default of the format
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"errors"
	"fmt"
	"hash"
)

// decryptKey returns the first private key in PEM data without its encryption:
// PKCS #8 (RFC 5958, with PBES2 of RFC 8018), which is what OpenSSL writes
// today, or the older one whose headers begin with DEK-Info. A key that is not
// encrypted is returned as it is.
func decryptKey(data, password []byte) ([]byte, error) {
	for rest := data; ; {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			return data, nil
		}
		var der []byte
		var err error
		kind := block.Type
		switch {
		case kind == "ENCRYPTED PRIVATE KEY":
			kind = "PRIVATE KEY"
			der, err = decryptPKCS8(block.Bytes, password)
		case block.Headers["DEK-Info"] != "":
			//lint:ignore SA1019 weak as it is, OpenSSL and Redis users have such keys
			der, err = x509.DecryptPEMBlock(block, password)
		default:
			continue
		}
		if err != nil {
			return nil, err
		}
		return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), nil
	}
}

// The ASN.1 of RFC 8018, appendix A.

type encryptedKey struct {
	Algorithm pkix.AlgorithmIdentifier
	Data      []byte
}

type pbes2Params struct {
	KDF    pkix.AlgorithmIdentifier
	Cipher pkix.AlgorithmIdentifier
}

type pbkdf2Params struct {
	Salt       []byte
	Iterations int
	KeyLength  int                      `asn1:"optional"`
	PRF        pkix.AlgorithmIdentifier `asn1:"optional"`
}

const (
	oidPBES2  = "1.2.840.113549.1.5.13"
	oidPBKDF2 = "1.2.840.113549.1.5.12"
)

// prfHash returns the hash whose HMAC is a pseudo-random function of PBKDF2;
// SHA-1 is what no name means.
func prfHash(id string) func() hash.Hash {
	switch id {
	case "", "1.2.840.113549.2.7":
		return sha1.New
	case "1.2.840.113549.2.9":
		return sha256.New
	case "1.2.840.113549.2.10":
		return sha512.New384
	case "1.2.840.113549.2.11":
		return sha512.New
	}
	return nil
}

// keyCipher returns a cipher to be run in CBC mode, and the length of its keys.
func keyCipher(id string) (open func(key []byte) (cipher.Block, error), keyLength int) {
	switch id {
	case "2.16.840.1.101.3.4.1.2":
		return aes.NewCipher, 16
	case "2.16.840.1.101.3.4.1.22":
		return aes.NewCipher, 24
	case "2.16.840.1.101.3.4.1.42":
		return aes.NewCipher, 32
	case "1.2.840.113549.3.7":
		return des.NewTripleDESCipher, 24
	}
	return nil, 0
}

// maxIterations bounds the seconds that a key file can ask for.
const maxIterations = 20_000_000

var errKeyFormat = errors.New("the private key is encrypted in a way that is not known")

func decryptPKCS8(der, password []byte) ([]byte, error) {
	var key encryptedKey
	var scheme pbes2Params
	var kdf pbkdf2Params
	var iv []byte
	if err := unmarshal(der, &key); err != nil {
		return nil, err
	}
	if id := key.Algorithm.Algorithm.String(); id != oidPBES2 {
		return nil, fmt.Errorf("%w: scheme %s", errKeyFormat, id)
	}
	if err := unmarshal(key.Algorithm.Parameters.FullBytes, &scheme); err != nil {
		return nil, err
	}
	if id := scheme.KDF.Algorithm.String(); id != oidPBKDF2 {
		return nil, fmt.Errorf("%w: key derivation %s", errKeyFormat, id)
	}
	if err := unmarshal(scheme.KDF.Parameters.FullBytes, &kdf); err != nil {
		return nil, err
	}
	prf := ""
	if kdf.PRF.Algorithm != nil {
		prf = kdf.PRF.Algorithm.String()
	}
	newHash := prfHash(prf)
	open, keyLength := keyCipher(scheme.Cipher.Algorithm.String())
	if newHash == nil || open == nil {
		return nil, fmt.Errorf("%w: %s with %s", errKeyFormat, scheme.Cipher.Algorithm, prf)
	}
	if err := unmarshal(scheme.Cipher.Parameters.FullBytes, &iv); err != nil {
		return nil, err
	}
	if kdf.Iterations < 1 || kdf.Iterations > maxIterations {
		return nil, fmt.Errorf("%w: %d iterations", errKeyFormat, kdf.Iterations)
	}
	secret, err := pbkdf2.Key(newHash, string(password), kdf.Salt, kdf.Iterations, keyLength)
	if err != nil {
		return nil, err
	}
	block, err := open(secret)
	if err != nil {
		return nil, err
	}
	return decryptCBC(block, iv, key.Data)
}

func unmarshal(der []byte, into any) error {
	if rest, err := asn1.Unmarshal(der, into); err != nil || len(rest) > 0 {
		return errKeyFormat
	}
	return nil
}

// decryptCBC decrypts and takes the padding off.
func decryptCBC(block cipher.Block, iv, data []byte) ([]byte, error) {
	size := block.BlockSize()
	if len(iv) != size || len(data) == 0 || len(data)%size != 0 {
		return nil, errKeyFormat
	}
	out := make([]byte, len(data))
	cipher.NewCBCDecrypter(block, iv).CryptBlocks(out, data)
	pad := int(out[len(out)-1])
	if pad == 0 || pad > size {
		return nil, errors.New("the password does not fit the private key")
	}
	for _, b := range out[len(out)-pad:] {
		if int(b) != pad {
			return nil, errors.New("the password does not fit the private key")
		}
	}
	return out[:len(out)-pad], nil
}
