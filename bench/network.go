package main

import (
	"context"
	"fmt"
)

// Sections about connections more than about commands: through TLS, new ones all the time, and many of them at once.

// overTLS is the section tls: GET and SET through TLS.
func (b *bench) overTLS(ctx context.Context) error {
	servers, stop, err := b.startEach(ctx, b.launcher.startTLS)
	if err != nil {
		return err
	}
	defer stop()
	t := b.table()
	for _, x := range []test{testNamed("get"), testNamed("set")} {
		for _, pipeline := range []int{1, 16} {
			l := b.connectionLoad(x, b.opts.clients)
			l.pipeline, l.secure = pipeline, true
			c, err := b.connectionCase(ctx, t, x.name+"_tls", l, servers)
			if err != nil {
				return err
			}
			b.report.TLS = append(b.report.TLS, c)
		}
	}
	t.footer(b.report.TLS)
	return nil
}

// mostReconnects keeps the runs of a server within the ports that there are for connections to it: each is kept for some time after.
const mostReconnects = 6000

// churn is the section about clients that connect anew for every command.
func (b *bench) churn(ctx context.Context) error {
	servers, stop, err := b.startAll(ctx)
	if err != nil {
		return err
	}
	defer stop()
	t := b.table()
	l := b.connectionLoad(testNamed("ping_mbulk"), b.opts.clients)
	l.reconnect = true
	l.test.most = func(int) int { return mostReconnects }
	c, err := b.connectionCase(ctx, t, "connect, ping", l, servers)
	if err != nil {
		return err
	}
	b.report.Churn = append(b.report.Churn, c)
	return nil
}

// connections is the section about many clients.
func (b *bench) connections(ctx context.Context) error {
	most := b.opts.active[len(b.opts.active)-1]
	if err := raiseFileLimit(uint64(most) + 200); err != nil {
		return err
	}
	servers, stop, err := b.startAll(ctx)
	if err != nil {
		return err
	}
	defer stop()
	t := b.table()
	for _, n := range b.opts.active {
		for _, s := range servers {
			// Redis admits 10 000 unless told otherwise; a server that does not know the parameter may have no such limit.
			_, _ = s.do(ctx, "CONFIG", "SET", "maxclients", fmt.Sprint(most+100))
		}
		c, err := b.connectionCase(ctx, t, fmt.Sprintf("get, %d clients", n), b.connectionLoad(testNamed("get"), n), servers)
		if err != nil {
			return err
		}
		b.report.Connections = append(b.report.Connections, c)
	}
	t.footer(b.report.Connections)
	return nil
}

// connectionLoad is a load of these sections: small values, one request at a time.
func (b *bench) connectionLoad(x test, clients int) load {
	return load{test: x, clients: clients, pipeline: 1, size: memoryValueSize, keys: b.opts.keyspace, threads: b.opts.threads}
}

// connectionCase measures one of them and prints it under a name.
func (b *bench) connectionCase(ctx context.Context, t *ratioTable, name string, l load, servers []*server) (*comparison, error) {
	c, err := b.measure(ctx, l, servers)
	if err != nil {
		return nil, err
	}
	c.Test, c.Size = name, l.size
	t.row(c)
	return c, nil
}
