package backup

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
)

// bucket is a store of objects in a bucket of S3, or of what speaks its protocol. Objects
// appear when they are complete: an upload in parts that is given up has never been there.
type bucket struct {
	client       *minio.Client
	name, prefix string
}

// Parts of an upload are kept in memory until they are sent, for there may be a second
// attempt; and there may be ten thousand at most.
const (
	smallestPart = 16 << 20
	mostParts    = 9000
)

func newBucket(endpoint, region, access, secret, name, prefix string) (*bucket, error) {
	u, err := url.Parse(endpoint)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || strings.Trim(u.Path, "/") != "" {
		return nil, fmt.Errorf("%q is no URL such as https://s3.example.com", endpoint)
	}
	creds := credentials.NewStaticV4(access, secret, "")
	if access == "" {
		creds = credentials.NewChainCredentials([]credentials.Provider{
			&credentials.EnvAWS{}, &credentials.FileAWSCredentials{}, &credentials.IAM{},
		})
	}
	c, err := minio.New(u.Host, &minio.Options{Creds: creds, Secure: u.Scheme == "https", Region: region})
	if err != nil {
		return nil, err
	}
	c.SetAppInfo("ferrous", "backup")
	return &bucket{c, name, prefix}, nil
}

func (b *bucket) put(ctx context.Context, name string, size int64, write func(io.Writer) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	r, w := io.Pipe()
	written := make(chan error, 1)
	go func() { // ends when write does, which ends when nobody reads any more
		err := write(w)
		// The upload is given up with this error; without one it is completed.
		_ = w.CloseWithError(err)
		written <- err
	}()
	_, err := b.client.PutObject(ctx, b.name, b.prefix+name, r, -1, minio.PutObjectOptions{
		ContentType: "application/octet-stream",
		PartSize:    uint64(max(smallestPart, size/mostParts)),
		NumThreads:  1,
		// Each part with its MD5, and not signed piece by piece, which not every store reads.
		// What matters is what the backup says of itself.
		SendContentMd5:       true,
		DisableContentSha256: true,
	})
	_ = r.CloseWithError(errors.Join(err, io.ErrClosedPipe))
	if writeErr := <-written; writeErr != nil && (err == nil || !errors.Is(writeErr, io.ErrClosedPipe)) {
		return writeErr
	}
	return err
}

func (b *bucket) list(ctx context.Context) (all []object, err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	for o := range b.client.ListObjects(ctx, b.name, minio.ListObjectsOptions{Prefix: b.prefix}) {
		if o.Err != nil {
			return nil, o.Err
		}
		name := strings.TrimPrefix(o.Key, b.prefix)
		if _, at, ok := parseName(name); ok {
			all = append(all, object{name, o.Size, at})
		}
	}
	return all, nil
}

func (b *bucket) open(ctx context.Context, name string) (io.ReadCloser, int64, error) {
	o, err := b.client.GetObject(ctx, b.name, b.prefix+name, minio.GetObjectOptions{})
	if err != nil {
		return nil, 0, err
	}
	info, err := o.Stat()
	if err != nil {
		return nil, 0, errors.Join(err, o.Close())
	}
	return o, info.Size, nil
}

func (b *bucket) remove(ctx context.Context, name string) error {
	return b.client.RemoveObject(ctx, b.name, b.prefix+name, minio.RemoveObjectOptions{})
}
