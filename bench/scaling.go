package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
)

// scalingDir is the program that measures how ferrous scales over cores inside one process, without the network. It is
// a program of its own because it, unlike this one, imports the server.
const scalingDir = "bench/scaling"

// scaling runs that program; it prints for people on standard error and JSON on standard output.
func (b *bench) scaling(ctx context.Context) error {
	if _, err := os.Stat(scalingDir); err != nil {
		return fmt.Errorf("the scaling section needs %s, run from the root of the repository: %w", scalingDir, err)
	}
	var out bytes.Buffer
	cmd := exec.CommandContext(ctx, "go", "run", "./"+scalingDir, "-json", "-")
	cmd.Stdout, cmd.Stderr = &out, os.Stderr
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("%s: %w", scalingDir, err)
	}
	if !json.Valid(out.Bytes()) {
		return errors.New(scalingDir + " did not print JSON")
	}
	b.report.Scaling = out.Bytes()
	_, err := os.Stdout.Write(out.Bytes())
	return err
}
