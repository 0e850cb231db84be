// Package config is the one schema of configuration parameters of a server instance.
//
// What lives here: the declaration of a parameter (name, aliases, default, documentation, mutability), the typed handle
// through which the server reads its value, and the operations every source of configuration shares: CONFIG GET, CONFIG
// SET, loading at start-up, and the lines CONFIG REWRITE writes.
//
// Who may call it: the host and every module, at set-up, to declare; the host afterwards, to load sources and to serve
// CONFIG. Handles are read from anywhere.
//
// What it never does: it knows nothing of files, servers, connections or koanf. The sources are in host/config.
//
// # Use
//
//	s := config.NewSchema()
//	port := s.Int(config.Param{
//		Name: "port", Section: "network", Default: "6379",
//		Doc: "TCP port to listen on; 0 listens on none.",
//	}, 0, 65535)
//	port.Check(func(v int64) error { ... })        // pure validation, before anything changes
//	s.Apply(func() error { ... }, port, tlsPort)   // side effect, after all values of a CONFIG SET are in place
//	err := s.Freeze()                              // reports every mistake of declaration at once
//	...
//	port.Load()                                    // lock-free, hot paths welcome
//
// # Life cycle and concurrency
//
// Declaring (everything up to Freeze) belongs to one goroutine. After Freeze the set of parameters never changes. Set,
// Load and Var.Origin take the schema's own mutex, so CONFIG SET is serialised; a handle's Load is a single atomic read
// and takes nothing, and Get is made of such reads. A CONFIG SET of several parameters is all-or-nothing in its outcome,
// but a concurrent reader may see the first new value a moment before the second.
package config
