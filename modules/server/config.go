package server

import (
	"errors"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/config"
)

// configGet is CONFIG GET pattern [pattern ...].
func configGet(c *core.Ctx) error {
	patterns := make([]string, 0, len(c.Args)-2)
	for _, arg := range c.Args[2:] {
		patterns = append(patterns, string(arg))
	}
	found := c.Server.Registry().Config.Get(patterns...)
	c.Map(len(found))
	for _, pair := range found {
		c.BulkString(pair.Name)
		c.BulkString(pair.Value)
	}
	return nil
}

// configSet is CONFIG SET name value [name value ...]. It runs with everything
// stopped, so that the hooks of parameters may change any part of the server.
func configSet(c *core.Ctx) error {
	args := c.Args[2:]
	if len(args)%2 != 0 {
		return core.ErrSyntax
	}
	pairs := make([]config.Pair, 0, len(args)/2)
	for ; len(args) > 0; args = args[2:] {
		pairs = append(pairs, config.Pair{Name: string(args[0]), Value: string(args[1])})
	}
	err := c.Server.Registry().Config.Set(pairs, config.SetOptions{
		AllowProtected: allowed(c, "enable-protected-configs"), Loading: c.Server.Loading() || c.Server.LoadsBeside(),
	})
	if errors.Is(err, config.ErrLoading) {
		return core.ErrLoading
	}
	if err != nil {
		return err
	}
	c.OK()
	return nil
}

// redactConfig names the secrets of a call of CONFIG SET: the values of passwords.
func redactConfig(c *core.Ctx, hide func(arg int)) {
	for i := 2; i+1 < len(c.Args); i += 2 {
		v := c.Server.Registry().Config.Find(string(c.Args[i]))
		if v != nil && v.Param().Has(config.Sensitive) {
			hide(i + 1)
		}
	}
}

// allowed reports whether the client may use a facility that a parameter
// protects with no, yes or local. Without such a parameter it may not.
func allowed(c *core.Ctx, parameter string) bool {
	v := c.Server.Registry().Config.Find(parameter)
	if v == nil {
		return false
	}
	switch v.String() {
	case "yes":
		return true
	case "local":
		return isLocal(c.Session)
	}
	return false
}

func configResetStat(c *core.Ctx) error {
	c.Server.ResetStats()
	c.OK()
	return nil
}

func configRewrite(c *core.Ctx) error {
	if c.Server.ConfigFile() == "" {
		return core.Err("The server is running without a config file")
	}
	if err := c.Server.RewriteConfig(false); err != nil {
		return core.Err("Rewriting config file: " + err.Error())
	}
	c.OK()
	return nil
}
