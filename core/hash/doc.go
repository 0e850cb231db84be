// Package hash is the hash as data: fields with values, each field with an
// expiry of its own if it is given one. It knows neither commands nor replies;
// the module of hashes is built on it, and SORT reads through it.
//
// A small hash is packed into its key's entry as a listpack of field, value,
// field, value ..., byte for byte as Redis has it. A large one, or one with a
// field that expires, is a keyspace.Object: a hash table whose entries are the
// fields, with their values and expiries, in the shard's arena. Both stand behind
// the same three things:
//
//   - View reads a value, live or frozen in a snapshot: Of(entry.Value(), now).
//   - Editor changes the value of a key: Edit(db, key, entry, now). It converts
//     from the packed to the large form by the limits of the configuration.
//   - Builder makes a whole value, for dumps and copies.
//
// # Expiry of fields
//
// A field whose time is past is gone for every View with that time, whether it
// has been removed or not. Removing it is up to the next change that meets it,
// or to keyspace.Sweep, to which the large form is a keyspace.Expirer; both tell
// keyspace.Events. On a replica, and while data are being loaded, an Editor takes
// fields as they are and removes none by itself.
//
// Byte slices handed out are valid until the hash is changed, or as the method
// says; what is stored is copied.
//
// Locks: whoever holds the lock of the key's shard may use a View or an Editor
// of it. A View of a frozen value needs no lock until its snapshot ends.
package hash
