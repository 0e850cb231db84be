package config

// Pair is a parameter's name and its value as text.
type Pair struct{ Name, Value string }

// SetOptions is what CONFIG SET must know about the moment and the caller.
type SetOptions struct {
	AllowProtected bool // enable-protected-configs lets this connection set Protected parameters
	Loading        bool // a data set is being loaded: DenyLoading parameters are refused
}
