package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// scalingDir is the program that measures how ferrous scales over cores inside one process, without the network. It is
// a program of its own because it, unlike this one, imports the server.
const scalingDir = "bench/scaling"

// scaling builds and runs that program, which prints for people on standard error and JSON on standard output. (go run
// would not pass on the signal that ends it.)
func (b *bench) scaling(ctx context.Context) error {
	if _, err := os.Stat(scalingDir); err != nil {
		return fmt.Errorf("the scaling section needs %s, run from the root of the repository: %w", scalingDir, err)
	}
	binary := filepath.Join(b.launcher.tmp, "scaling")
	if out, err := exec.CommandContext(ctx, "go", "build", "-o", binary, "./"+scalingDir).CombinedOutput(); err != nil {
		return fmt.Errorf("building %s: %w\n%s", scalingDir, err, out)
	}
	var out bytes.Buffer
	cmd := exec.CommandContext(ctx, binary, "-json", "-")
	cmd.Stdout, cmd.Stderr, cmd.SysProcAttr = &out, os.Stderr, childAttributes()
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("%s: %w", scalingDir, err)
	}
	if !json.Valid(out.Bytes()) {
		return errors.New(scalingDir + " did not print JSON")
	}
	b.report.Scaling = out.Bytes()
	return nil
}
