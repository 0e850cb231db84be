package http

import (
	"encoding/base64"
	"math"
	"math/big"
	"strconv"
	"unicode/utf8"
)

// exact is the largest integer up to which JavaScript's numbers are exact.
const exact = 1 << 53

// encode makes of a reply what JSON can say: strings that are no UTF-8 are {"b64": ...}, numbers
// that JavaScript would round or does not know {"n": ...}, errors {"error": ...}, maps {"map": [key, value, ...]}.
func encode(v any) any {
	switch v := v.(type) {
	case []byte:
		if utf8.Valid(v) {
			return string(v)
		}
		return map[string]string{"b64": base64.StdEncoding.EncodeToString(v)}
	case failure:
		return map[string]string{"error": string(v)}
	case int64:
		if v > exact || v < -exact {
			return map[string]string{"n": strconv.FormatInt(v, 10)}
		}
	case float64:
		if math.IsInf(v, 0) || math.IsNaN(v) {
			return map[string]string{"n": strconv.FormatFloat(v, 'g', -1, 64)}
		}
	case *big.Int:
		return map[string]string{"n": v.String()}
	case pairs:
		return map[string]any{"map": encodeAll(v)}
	case []any:
		return encodeAll(v)
	}
	return v
}

func encodeAll(all []any) []any {
	encoded := make([]any, len(all))
	for i, v := range all {
		encoded[i] = encode(v)
	}
	return encoded
}
