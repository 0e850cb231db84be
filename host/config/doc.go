// Package config brings the sources of configuration to the schema of core/config, and writes configuration files.
//
// What lives here: Load, which reads everything a server is started with; the redis.conf and HCL formats; Rewrite, which
// is CONFIG REWRITE; GenerateHCL, which writes the commented default file.
//
// Who may call it: the host's start-up and its CONFIG command, and the tool that writes ferrous.hcl. Modules never do:
// they declare parameters and read handles.
//
// # Sources
//
// Later wins: the schema's defaults; the file named by the first argument (HCL if its name ends in .hcl, redis.conf
// format otherwise); standard input if the first or last argument is a dash, in redis.conf format; environment variables
// (FERROUS_MAXMEMORY, FERROUS_TLS_PORT: the parameter in upper case, dashes as underscores); options on the command line
// as redis-server takes them (--port 7000 --save "").
//
// Parameters that collect lines, as save does, collect them across sources too, as in Redis: an option adds to what the
// file says, and an empty value starts again from nothing. Only the environment replaces, because a variable states the
// whole value; its lines are separated by newlines.
//
// The sources meet in a config.Store (koanf's in the full server, else a plain map): what is merged is, for every
// parameter, its lines in order with their origins. The lines then go through the schema one by one, so that every mistake of every source is
// reported in one run, even in a value that a later source overrides.
package config
